//! Graphs declared by hand: what no spec asks for, and less than any spec does.

use std::collections::BTreeMap;

use clctl::{
    aws::{
        Aws, Environment, Tags,
        ec2::{
            AttachedVpc, DefaultRules, Direction, Eip, EipConfig, EipId, FlowLog, FlowLogConfig,
            InternetGateway, InternetGatewayConfig, InternetGatewayId, KeyPair, KeyPairConfig,
            Leads, LogDestination, NatGateway, NatGatewayConfig, NatGatewayId, Peer, PublicKey,
            RouteTable, RouteTableConfig, RouteTableId, Rule, SecurityGroup, SecurityGroupConfig,
            SecurityGroupId, SecurityGroupRules, SecurityGroupRulesConfig, Subnet, SubnetConfig,
            SubnetId, Target, Vpc, VpcConfig, VpcEndpoint, VpcEndpointConfig, VpcId,
        },
        iam::{HeldRole, InstanceProfile, InstanceProfileConfig, Role, RoleArn, RoleConfig},
        kms::{Key, KeyArn, KeyConfig, Rotation},
        logs::{LogGroup, LogGroupConfig, Retention},
        policy::{Policy, Statement},
        secrets::{Origin, ResourcePolicy, Secret, SecretConfig},
    },
    engine::{After, Config, Declared, Graph, Input, Loose, Ref, Resource},
};

/// A graph that is being declared.
pub(crate) struct Stand<'a> {
    environment: &'a Environment,
    graph: Graph<Aws>,
    variant: Variant,
}

/// Which form of a sample is declared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// None: only what it stands on.
    Absent,
    /// The usual one.
    Usual,
    /// One with another value of this field.
    Changed(&'static str),
}

/// What the node is called whose kind is tested.
pub(crate) const SAMPLE: &str = "sample";

/// A public key.
pub(crate) const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILcGii0oVoRSVPTKJlMQaDiXSo+D396YLQ0Zc1/mIybg";

/// Everywhere.
pub(crate) const ANYWHERE: &str = "0.0.0.0/0";

pub(crate) fn vpc_id(of: &Ref<Vpc>) -> Input<VpcId> {
    of.output("id", |vpc| vpc.id.clone())
}

pub(crate) fn attached(to: &Ref<Vpc>) -> Input<AttachedVpc> {
    to.output("id", |vpc| AttachedVpc(Some(vpc.id.clone())))
}

pub(crate) fn subnet_id(of: &Ref<Subnet>) -> Input<SubnetId> {
    of.output("id", |subnet| subnet.id.clone())
}

pub(crate) fn eip_id(of: &Ref<Eip>) -> Input<EipId> {
    of.output("id", |eip| eip.id.clone())
}

pub(crate) fn group_id(of: &Ref<SecurityGroup>) -> Input<SecurityGroupId> {
    of.output("id", |group| group.id.clone())
}

pub(crate) fn table_id(of: &Ref<RouteTable>) -> Input<RouteTableId> {
    of.output("id", |table| table.id.clone())
}

pub(crate) fn key_arn(of: &Ref<Key>) -> Input<KeyArn> {
    of.output("arn", |key| key.arn.clone())
}

pub(crate) fn role_arn(of: &Ref<Role>) -> Input<RoleArn> {
    of.output("arn", |role| role.arn.clone())
}

pub(crate) fn held(role: &Ref<Role>) -> Input<HeldRole> {
    role.output("arn", |role| HeldRole(Some(role.arn.clone())))
}

pub(crate) fn destination(of: &Ref<LogGroup>) -> Input<LogDestination> {
    of.output("arn", |group| LogDestination::new(&group.arn))
}

pub(crate) fn to_gateway(to: &Ref<InternetGateway>) -> Target<Declared> {
    let id: Input<InternetGatewayId> = to.output("id", |gateway| gateway.id.clone());
    Target::InternetGateway(id)
}

pub(crate) fn to_nat(to: &Ref<NatGateway>) -> Target<Declared> {
    let id: Input<NatGatewayId> = to.output("id", |gateway| gateway.id.clone());
    Target::NatGateway(id)
}

pub(crate) fn route(to: &str, target: Target<Declared>) -> (String, Target<Declared>) {
    (to.to_owned(), target)
}

pub(crate) fn tcp(direction: Direction, port: u16, said: &str) -> Rule<Declared> {
    Rule::tcp(direction, port, Peer::Cidr("192.0.2.0/24".parse().unwrap()), said)
}

impl<'a> Stand<'a> {
    pub(crate) fn new(environment: &'a Environment, variant: Variant) -> Self {
        Self { environment, graph: Graph::default(), variant }
    }

    pub(crate) fn graph(self) -> Graph<Aws> {
        self.graph
    }

    /// The zone of this letter.
    pub(crate) fn zone(&self, letter: &str) -> String {
        format!("{}{letter}", self.environment.region)
    }

    /// The endpoint service of that name.
    pub(crate) fn service(&self, name: &str) -> String {
        format!("com.amazonaws.{}.{name}", self.environment.region)
    }

    /// Whether the sample has another value of this field.
    pub(crate) fn changes(&self, field: &str) -> bool {
        matches!(self.variant, Variant::Changed(changed) if changed == field)
    }

    /// The usual value of this field, or the other one.
    pub(crate) fn pick<T>(&self, field: &str, usual: T, other: T) -> T {
        if self.changes(field) { other } else { usual }
    }

    pub(crate) fn tags<R: Resource>(&self, name: &str) -> Tags {
        let user = if name == SAMPLE && self.changes("tags") {
            [("team", "changed"), ("owner", "added")]
        } else {
            [("team", "oracles"), ("stage", "test")]
        };
        let user: BTreeMap<_, _> =
            user.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Tags::declared(self.environment, R::ABOUT.name, name, "devops-guru-clctl", &user)
    }

    pub(crate) fn add<R: Resource<Cloud = Aws>>(
        &mut self,
        name: &str,
        declared: <R::Config as Config>::Declared,
    ) -> Ref<R> {
        self.graph.add::<R>(name, declared).unwrap()
    }

    /// Declares the node whose kind is tested, unless it is to be absent.
    pub(crate) fn sample<R: Resource<Cloud = Aws>>(
        &mut self,
        declared: <R::Config as Config>::Declared,
    ) -> Option<Ref<R>> {
        (self.variant != Variant::Absent).then(|| self.add::<R>(SAMPLE, declared))
    }

    pub(crate) fn vpc(&mut self, name: &str) -> Ref<Vpc> {
        let declared = VpcConfig {
            cidr: "10.1.0.0/16".parse().unwrap(),
            dns_support: true,
            dns_hostnames: true,
            default_security_group_rules: DefaultRules::NONE,
            tags: self.tags::<Vpc>(name),
        };
        self.add::<Vpc>(name, declared)
    }

    pub(crate) fn subnet(&mut self, name: &str, vpc: &Ref<Vpc>, cidr: &str) -> Ref<Subnet> {
        self.subnet_in("a", name, vpc, cidr)
    }

    pub(crate) fn subnet_in(
        &mut self,
        zone: &str,
        name: &str,
        vpc: &Ref<Vpc>,
        cidr: &str,
    ) -> Ref<Subnet> {
        let declared = SubnetConfig {
            vpc: vpc_id(vpc),
            zone: self.zone(zone),
            cidr: cidr.parse().unwrap(),
            map_public_ip: true,
            tags: self.tags::<Subnet>(name),
        };
        self.add::<Subnet>(name, declared)
    }

    pub(crate) fn gateway(&mut self, name: &str, vpc: &Ref<Vpc>) -> Ref<InternetGateway> {
        let tags = self.tags::<InternetGateway>(name);
        let declared = InternetGatewayConfig { vpc: attached(vpc), attached: true, tags };
        self.add::<InternetGateway>(name, declared)
    }

    pub(crate) fn eip(&mut self, name: &str) -> Ref<Eip> {
        let tags = self.tags::<Eip>(name);
        self.add::<Eip>(name, EipConfig { tags })
    }

    pub(crate) fn nat(
        &mut self,
        name: &str,
        subnet: &Ref<Subnet>,
        eip: &Ref<Eip>,
        gateway: &Ref<InternetGateway>,
    ) -> Ref<NatGateway> {
        let declared = NatGatewayConfig {
            subnet: subnet_id(subnet),
            eip: eip_id(eip),
            internet_gateway: After::node(gateway),
            tags: self.tags::<NatGateway>(name),
        };
        self.add::<NatGateway>(name, declared)
    }

    pub(crate) fn group(&mut self, name: &str, vpc: &Ref<Vpc>, about: &str) -> Ref<SecurityGroup> {
        let declared = SecurityGroupConfig {
            vpc: vpc_id(vpc),
            description: about.to_owned(),
            tags: self.tags::<SecurityGroup>(name),
        };
        self.add::<SecurityGroup>(name, declared)
    }

    pub(crate) fn rules(&mut self, of: &Ref<SecurityGroup>, rules: Vec<Rule<Declared>>) {
        let declared = SecurityGroupRulesConfig { group: group_id(of), rules };
        self.add::<SecurityGroupRules>(&of.address().name.clone(), declared);
    }

    /// A group with the rules it is made with.
    pub(crate) fn closed_group(&mut self, name: &str, vpc: &Ref<Vpc>) -> Ref<SecurityGroup> {
        let group = self.group(name, vpc, "lets nobody in");
        self.rules(&group, vec![Rule::all_out()]);
        group
    }

    pub(crate) fn table(&mut self, name: &str, vpc: &Ref<Vpc>) -> Ref<RouteTable> {
        let tags = self.tags::<RouteTable>(name);
        let (routes, subnets) = ([].into(), Vec::new());
        let declared = RouteTableConfig { vpc: vpc_id(vpc), routes, subnets, tags };
        self.add::<RouteTable>(name, declared)
    }

    pub(crate) fn role(&mut self, name: &str, service: &str) -> Ref<Role> {
        let declared = RoleConfig {
            description: name.to_owned(),
            trust: Policy::assumed_by(service),
            max_session_seconds: 3600,
            policies: BTreeMap::new(),
            attached: Vec::new(),
            tags: self.tags::<Role>(name),
        };
        self.add::<Role>(name, declared)
    }

    /// The account decides, and CloudWatch Logs may use it for whatever group.
    pub(crate) fn key_policy(&self) -> Policy<Declared> {
        let everything = || ["*".to_owned()];
        let all = Statement::allow("All", ["kms:*"]).to(everything());
        let logs = [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:Describe*",
        ];
        let logs = Statement::allow("Logs", logs).to(everything());
        let service = format!("logs.{}.amazonaws.com", self.environment.region);
        Policy::of([all.by("AWS", self.environment.account.clone()), logs.by("Service", service)])
    }

    pub(crate) fn key(&mut self, name: &str) -> Ref<Key> {
        let declared = KeyConfig {
            description: self.environment.signed(name),
            policy: self.key_policy(),
            rotation: Rotation::Days(365),
            enabled: true,
            aliased: true,
            tags: self.tags::<Key>(name),
        };
        self.add::<Key>(name, declared)
    }

    pub(crate) fn log_group(&mut self, name: &str, key: &Ref<Key>) -> Ref<LogGroup> {
        let (retention, tags) = (Retention::Days(30), self.tags::<LogGroup>(name));
        self.add::<LogGroup>(name, LogGroupConfig { retention, key: key_arn(key), tags })
    }
}

/// One object of each kind, and none more than that takes.
pub(crate) fn one_of_each(environment: &Environment) -> Graph<Aws> {
    let mut stand = Stand::new(environment, Variant::Usual);
    let vpc = stand.vpc("main");
    let subnet = stand.subnet("main", &vpc, "10.1.0.0/24");
    let gateway = stand.gateway("main", &vpc);
    let eip = stand.eip("main");
    let nat = stand.nat("main", &subnet, &eip, &gateway);
    let routes = [route(ANYWHERE, to_gateway(&gateway)), route("192.0.2.0/24", to_nat(&nat))];
    let tags = stand.tags::<RouteTable>("main");
    let subnets = vec![Loose(subnet_id(&subnet))];
    let table = RouteTableConfig { vpc: vpc_id(&vpc), routes: routes.into(), subnets, tags };
    let table = stand.add::<RouteTable>("main", table);
    let group = stand.group("main", &vpc, "one of each");
    let among = Rule::tcp(Direction::Ingress, 22, Peer::Group(group_id(&group)), "among us");
    stand.rules(&group, vec![among, tcp(Direction::Egress, 443, "out")]);
    let endpoint = VpcEndpointConfig {
        vpc: vpc_id(&vpc),
        service: stand.service("s3"),
        leads: Leads::Gateway,
        route_tables: vec![table_id(&table)],
        subnets: Vec::new(),
        security_groups: Vec::new(),
        private_dns: false,
        policy: Policy::open(),
        tags: stand.tags::<VpcEndpoint>("main"),
    };
    stand.add::<VpcEndpoint>("main", endpoint);
    let (public_key, tags) = (PublicKey(PUBLIC_KEY.to_owned()), stand.tags::<KeyPair>("main"));
    stand.add::<KeyPair>("main", KeyPairConfig { public_key, tags });
    let role = stand.role("main", "vpc-flow-logs.amazonaws.com");
    let tags = stand.tags::<InstanceProfile>("main");
    stand.add::<InstanceProfile>("main", InstanceProfileConfig { role: held(&role), tags });
    let key = stand.key("main");
    let secret = SecretConfig {
        description: "one of each".to_owned(),
        key: key_arn(&key),
        origin: Origin::Generated(32),
        resource_policy: ResourcePolicy::None,
        tags: stand.tags::<Secret>("main"),
    };
    stand.add::<Secret>("main", secret);
    let log = stand.log_group("main", &key);
    let flow_log = FlowLogConfig {
        vpc: vpc_id(&vpc),
        traffic: "ALL".to_owned(),
        destination: destination(&log),
        role: role_arn(&role),
        interval_seconds: 600,
        tags: stand.tags::<FlowLog>("main"),
    };
    stand.add::<FlowLog>("main", flow_log);
    stand.graph()
}
