//! Graphs declared by hand: what no spec asks for, and less than any spec does.

use std::collections::BTreeMap;

use clctl::{
    aws::{
        Aws, Environment, Tags,
        autoscaling::{AutoScalingGroup, AutoScalingGroupConfig, BorrowedKey, service_linked_role},
        backup::{
            BackupPlan, BackupPlanConfig, BackupRule, BackupSelection, BackupSelectionConfig,
            BackupVault, BackupVaultConfig,
        },
        cloudwatch::{Alarm, AlarmConfig, Body, Dashboard, DashboardConfig, Query},
        devops_guru::{
            NotificationChannel, NotificationChannelConfig, ResourceCollection,
            ResourceCollectionConfig,
        },
        ec2::{
            AttachedVpc, DefaultRules, DhcpOptions, DhcpOptionsConfig, Direction, Eip, EipConfig,
            EipId, FlowLog, FlowLogConfig, ImageId, InternetGateway, InternetGatewayConfig,
            InternetGatewayId, KeyName, KeyPair, KeyPairConfig, LaunchTags, LaunchTemplate,
            LaunchTemplateConfig, LaunchTemplateOutputs, Leads, LogDestination, Metadata,
            NatGateway, NatGatewayConfig, NatGatewayId, Peer, PublicKey, RouteTable,
            RouteTableConfig, RouteTableId, Rule, SecurityGroup, SecurityGroupConfig,
            SecurityGroupId, SecurityGroupRules, SecurityGroupRulesConfig, Subnet, SubnetConfig,
            SubnetId, Target, UserData, Volume, Vpc, VpcConfig, VpcEndpoint, VpcEndpointConfig,
            VpcId,
        },
        elb::{
            Action, Certificate, Condition, FixedResponse, HealthCheck, Listener, ListenerArn,
            ListenerConfig, ListenerRule, ListenerRuleConfig, LoadBalancer, LoadBalancerArn,
            LoadBalancerConfig, NetworkLoadBalancer, NetworkLoadBalancerConfig, Place, Redirect,
            TargetGroup, TargetGroupArn, TargetGroupConfig,
        },
        fleet::{BOOT_TAG, Instances, InstancesConfig, Versions},
        iam::{HeldRole, InstanceProfile, InstanceProfileConfig, Role, RoleArn, RoleConfig},
        kms::{Key, KeyArn, KeyConfig, Rotation},
        logs::{
            LogGroup, LogGroupArn, LogGroupConfig, MetricFilter, MetricFilterConfig, Named,
            Retention, of_cluster, of_database,
        },
        policy::{Policy, Statement},
        rds::{
            CLUSTER_LOGS, Cluster, ClusterConfig, ClusterInstance, ClusterInstanceConfig,
            ClusterParameterGroup, EngineVersion, EventSubscription, EventSubscriptionConfig,
            FORCE_SSL, Instance, InstanceConfig, LOGS, Login, LoginVersion, ParameterGroup,
            ParameterGroupConfig, Parameters, Storage, SubnetGroup, SubnetGroupConfig,
        },
        route53::{AliasTarget, DnsName, DnsRecord, DnsRecordConfig, HostedZoneId},
        secrets::{Origin, ResourcePolicy, Secret, SecretConfig, SecretOutputs},
        sns::{Receivers, Subscriptions, SubscriptionsConfig, Topic, TopicArn, TopicConfig},
    },
    engine::{
        Address, After, Config, Declared, Graph, Initially, Input, Loose, Ref, Resource, Told,
    },
};

fn login(secret: &Ref<Secret>) -> Login<Declared> {
    let version = |secret: &SecretOutputs| secret.version.as_deref().map(LoginVersion::all_of);
    Login {
        secret: Told(Some(secret.output("arn", |secret| secret.arn.clone()))),
        version: Told(Some(Initially::Always(secret.given("version", version)))),
    }
}

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

/// What the sample of a kind is called. There is one part of the account's collection that is an environment's, and it
/// has no name that could say otherwise.
pub(crate) fn sample_name(kind: &str) -> &'static str {
    if kind == ResourceCollection::ABOUT.name { "main" } else { SAMPLE }
}

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

pub(crate) fn topic_arn(of: &Ref<Topic>) -> Input<TopicArn> {
    of.output("arn", |topic| topic.arn.clone())
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

pub(crate) fn alias_of(of: &Ref<LoadBalancer>) -> Input<AliasTarget> {
    of.output("dnsName", |it| AliasTarget::new(&it.dns_name, &it.hosted_zone_id))
}

pub(crate) fn balancer_arn(of: &Ref<LoadBalancer>) -> Input<LoadBalancerArn> {
    of.output("arn", |balancer| balancer.arn.clone())
}

pub(crate) fn network_arn(of: &Ref<NetworkLoadBalancer>) -> Input<LoadBalancerArn> {
    of.output("arn", |balancer| balancer.arn.clone())
}

pub(crate) fn target_group_arn(of: &Ref<TargetGroup>) -> Input<TargetGroupArn> {
    of.output("arn", |group| group.arn.clone())
}

pub(crate) fn listener_arn(of: &Ref<Listener>) -> Input<ListenerArn> {
    of.output("arn", |listener| listener.arn.clone())
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

use clctl_simulator::{Settings, World};

use crate::truth::CERTIFICATE;

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
        Tags::declared(self.environment, R::ABOUT.name, name, &user)
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
        let name = sample_name(R::ABOUT.name);
        (self.variant != Variant::Absent).then(|| self.add::<R>(name, declared))
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

    /// A subnet with a way out through each of both gateways.
    pub(crate) fn ways_out(&mut self, vpc: &Ref<Vpc>) -> (Ref<Subnet>, Ref<RouteTable>) {
        let subnet = self.subnet("main", vpc, "10.1.0.0/24");
        let gateway = self.gateway("main", vpc);
        let eip = self.eip("main");
        let nat = self.nat("main", &subnet, &eip, &gateway);
        let routes = [route(ANYWHERE, to_gateway(&gateway)), route("192.0.2.0/24", to_nat(&nat))];
        let tags = self.tags::<RouteTable>("main");
        let subnets = vec![Loose(subnet_id(&subnet))];
        let table = RouteTableConfig { vpc: vpc_id(vpc), routes: routes.into(), subnets, tags };
        let table = self.add::<RouteTable>("main", table);
        (subnet, table)
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

    pub(crate) fn vault(&mut self, name: &str, key: &Ref<Key>) -> Ref<BackupVault> {
        let declared = BackupVaultConfig {
            key: key_arn(key),
            access_policy: ResourcePolicy::None,
            tags: self.tags::<BackupVault>(name),
        };
        self.add::<BackupVault>(name, declared)
    }

    /// A rule that copies every day, and keeps what it copies so long.
    pub(crate) fn backup_rule(vault: &Ref<BackupVault>, days: i32) -> BackupRule<Declared> {
        BackupRule {
            name: "daily".to_owned(),
            vault: vault.output("arn", |vault| vault.arn.clone()),
            schedule: "cron(0 5 * * ? *)".to_owned(),
            retention_in_days: days,
            start_window_minutes: 480,
            completion_window_minutes: 10_080,
            other: String::new(),
        }
    }

    pub(crate) fn backup_plan(&mut self, name: &str, vault: &Ref<BackupVault>) -> Ref<BackupPlan> {
        let declared = BackupPlanConfig {
            name: format!("{}-{name}", self.environment.name),
            rules: vec![Self::backup_rule(vault, 35)],
            tags: self.tags::<BackupPlan>(name),
        };
        self.add::<BackupPlan>(name, declared)
    }

    /// A topic to which alarms may publish.
    pub(crate) fn topic(&mut self, name: &str, key: &Ref<Key>) -> Ref<Topic> {
        let publish = Statement::allow("Publish", ["sns:Publish"])
            .by("Service", "cloudwatch.amazonaws.com".to_owned())
            .by("Service", "events.rds.amazonaws.com".to_owned());
        let account = [self.environment.account.clone()];
        let declared = TopicConfig {
            key: key_arn(key),
            policy: Policy::of([publish.only("StringEquals", "aws:SourceAccount", account)]),
            attributes: TopicConfig::usual(),
            tags: self.tags::<Topic>(name),
        };
        self.add::<Topic>(name, declared)
    }

    pub(crate) fn collection(&self) -> ResourceCollectionConfig {
        ResourceCollectionConfig {
            app_boundary_key: Told::of(self.environment.boundary.clone()),
            tag_value: Told::of(self.environment.name.clone()),
        }
    }

    /// DevOps Guru looks at the environment, and tells this topic.
    pub(crate) fn looked_at(&mut self, topic: &Ref<Topic>) {
        let collection = self.collection();
        self.add::<ResourceCollection>("main", collection);
        self.add::<NotificationChannel>(&topic.address().name, Self::channel(topic));
    }

    pub(crate) fn channel(topic: &Ref<Topic>) -> NotificationChannelConfig<Declared> {
        NotificationChannelConfig {
            topic: topic_arn(topic),
            severities: NotificationChannelConfig::usual_severities(),
            message_types: NotificationChannelConfig::usual_message_types(),
        }
    }

    pub(crate) fn secret(&mut self, name: &str, key: &Ref<Key>) -> Ref<Secret> {
        let declared = SecretConfig {
            description: name.to_owned(),
            key: key_arn(key),
            origin: Origin::Generated(32),
            resource_policy: ResourcePolicy::None,
            tags: self.tags::<Secret>(name),
        };
        self.add::<Secret>(name, declared)
    }

    /// Subnets in two zones, and the group of them.
    pub(crate) fn subnet_group(&mut self, name: &str, vpc: &Ref<Vpc>) -> Ref<SubnetGroup> {
        let subnets = [("a", "10.1.8.0/24"), ("b", "10.1.9.0/24")];
        let subnets =
            subnets.map(|(zone, cidr)| self.subnet_in(zone, &format!("{name}-{zone}"), vpc, cidr));
        let declared = SubnetGroupConfig {
            vpc: vpc_id(vpc),
            description: name.to_owned(),
            subnets: subnets.iter().map(subnet_id).collect(),
            tags: self.tags::<SubnetGroup>(name),
        };
        self.add::<SubnetGroup>(name, declared)
    }

    pub(crate) fn parameter_group(&mut self, name: &str) -> Ref<ParameterGroup> {
        let declared = ParameterGroupConfig {
            family: "postgres17".to_owned(),
            description: name.to_owned(),
            parameters: encrypted([]),
            tags: self.tags::<ParameterGroup>(name),
        };
        self.add::<ParameterGroup>(name, declared)
    }

    /// A database as small as there is one.
    pub(crate) fn instance(
        &mut self,
        name: &str,
        base: &InstanceBase<'_>,
    ) -> InstanceConfig<Declared> {
        let InstanceBase { subnets, group, parameters, key, secret } = base;
        let address = Address::new(Instance::ABOUT.name, name);
        let log = format!("{}{}/postgresql", LOGS, self.environment.display_name(&address));
        let log = self.named_log_group(&of_database("postgresql"), Named::Exactly(log), key);
        InstanceConfig {
            version: EngineVersion::new("17"),
            class: Told::of("db.m6g.large".to_owned()),
            multi_az: Told(Some(true)),
            storage_type: Told::of("gp3".to_owned()),
            allocated_storage: Storage::AtLeast(20),
            max_allocated_storage: Told(Some(100)),
            iops: Told(None),
            storage_throughput: Told(None),
            key: key_arn(key),
            database_name: Told::of("chainlink".to_owned()),
            master_username: "chainlink".to_owned(),
            login: login(secret),
            port: 5432,
            subnet_group: Told(Some(subnets.output("arn", |group| group.arn.clone()))),
            security_groups: Told(Some(vec![group_id(group)])),
            parameter_group: Told(Some(parameters.output("arn", |group| group.arn.clone()))),
            publicly_accessible: Told(Some(false)),
            backup_retention_period: Told(Some(7)),
            preferred_backup_window: Told::of("03:00-03:30".to_owned()),
            preferred_maintenance_window: Told::of("sun:04:00-sun:04:30".to_owned()),
            auto_minor_version_upgrade: Told(Some(false)),
            copy_tags_to_snapshot: Told(Some(true)),
            deletion_protection: Told(Some(false)),
            performance_insights: Told(Some(true)),
            log_exports: Told(Some(vec!["postgresql".to_owned()])),
            log_groups: After::node(&log),
            iam_authentication: Told(Some(false)),
            running: Told(Some(true)),
            tags: self.tags::<Instance>(name),
        }
    }

    pub(crate) fn cluster_parameter_group(&mut self, name: &str) -> Ref<ClusterParameterGroup> {
        let declared = ParameterGroupConfig {
            family: "aurora-postgresql16".to_owned(),
            description: name.to_owned(),
            parameters: encrypted([]),
            tags: self.tags::<ClusterParameterGroup>(name),
        };
        self.add::<ClusterParameterGroup>(name, declared)
    }

    /// A group of parameters for the instances of a cluster.
    pub(crate) fn aurora_parameter_group(&mut self, name: &str) -> Ref<ParameterGroup> {
        let name = format!("aurora-{name}");
        let declared = ParameterGroupConfig {
            family: "aurora-postgresql16".to_owned(),
            description: name.clone(),
            parameters: Parameters::default(),
            tags: self.tags::<ParameterGroup>(&name),
        };
        self.add::<ParameterGroup>(&name, declared)
    }

    /// A cluster of Aurora.
    pub(crate) fn cluster(
        &mut self,
        name: &str,
        base: &ClusterBase<'_>,
    ) -> ClusterConfig<Declared> {
        let ClusterBase { subnets, group, parameters, key, secret } = base;
        let address = Address::new(Cluster::ABOUT.name, name);
        let log = format!("{}{}/postgresql", CLUSTER_LOGS, self.environment.display_name(&address));
        let node = if name == "other" { "other-postgresql" } else { &of_cluster("postgresql") };
        let log = self.named_log_group(node, Named::Exactly(log), key);
        ClusterConfig {
            version: EngineVersion::new("16"),
            storage_type: Told::of("aurora".to_owned()),
            key: Told(Some(key_arn(key))),
            database_name: Told::of("chainlink".to_owned()),
            master_username: "chainlink".to_owned(),
            login: login(secret),
            port: Told(Some(5432)),
            subnet_group: Told(Some(subnets.output("arn", |group| group.arn.clone()))),
            security_groups: Told(Some(vec![group_id(group)])),
            parameter_group: Told(Some(parameters.output("arn", |group| group.arn.clone()))),
            instance_parameter_group: Told(None),
            backup_retention_period: Told(Some(7)),
            preferred_backup_window: Told::of("03:00-03:30".to_owned()),
            preferred_maintenance_window: Told::of("sun:04:00-sun:04:30".to_owned()),
            copy_tags_to_snapshot: Told(Some(true)),
            deletion_protection: Told(Some(false)),
            log_exports: Told(Some(vec!["postgresql".to_owned()])),
            log_groups: After::node(&log),
            iam_authentication: Told(Some(false)),
            http_endpoint: Told(Some(false)),
            running: Told(Some(true)),
            tags: self.tags::<Cluster>(name),
        }
    }

    /// An instance of a cluster.
    pub(crate) fn cluster_instance(
        &self,
        name: &str,
        cluster: &Ref<Cluster>,
        parameters: &Ref<ParameterGroup>,
        key: &Ref<Key>,
    ) -> ClusterInstanceConfig<Declared> {
        ClusterInstanceConfig {
            cluster: cluster.output("arn", |cluster| cluster.arn.clone()),
            class: Told::of("db.r6g.large".to_owned()),
            zone: Told::of(self.zone("a")),
            parameter_group: Told(Some(parameters.output("arn", |group| group.arn.clone()))),
            publicly_accessible: Told(Some(false)),
            auto_minor_version_upgrade: Told(Some(false)),
            preferred_maintenance_window: Told::of("sun:04:00-sun:04:30".to_owned()),
            promotion_tier: Told(Some(1)),
            performance_insights: Told(Some(true)),
            insights_key: Told(Some(key_arn(key))),
            tags: self.tags::<ClusterInstance>(name),
        }
    }

    pub(crate) fn log_group(&mut self, name: &str, key: &Ref<Key>) -> Ref<LogGroup> {
        self.named_log_group(name, Named::ByAddress, key)
    }

    fn named_log_group(&mut self, name: &str, named: Named, key: &Ref<Key>) -> Ref<LogGroup> {
        let (retention, tags) = (Retention::Days(30), self.tags::<LogGroup>(name));
        self.add::<LogGroup>(
            name,
            LogGroupConfig { name: named, retention, key: key_arn(key), tags },
        )
    }
}

/// What instances are launched with.
pub(crate) struct LaunchBase<'a> {
    pub(crate) group: &'a Ref<SecurityGroup>,
    pub(crate) profile: &'a Ref<InstanceProfile>,
    pub(crate) key: &'a Ref<Key>,
}

impl Stand<'_> {
    /// The newest image, in a world that has just begun.
    pub(crate) fn image(&self) -> String {
        World::new(Settings::default()).newest_image(&self.environment.region).unwrap_or_default()
    }

    /// Says of something that it is the environment's.
    pub(crate) fn signed(&self, about: &str) -> String {
        self.environment.signed(about)
    }

    pub(crate) fn profile(&mut self, name: &str) -> Ref<InstanceProfile> {
        let role = self.role(name, "ec2.amazonaws.com");
        let tags = self.tags::<InstanceProfile>(name);
        self.add::<InstanceProfile>(name, InstanceProfileConfig { role: held(&role), tags })
    }

    /// A key under which AWS's services may publish.
    pub(crate) fn publishing_key(&mut self, name: &str) -> Ref<Key> {
        let Policy { version, mut statements } = self.key_policy();
        statements.push(
            Statement::allow("Publish", ["kms:Decrypt", "kms:GenerateDataKey*"])
                .to(["*".to_owned()])
                .by("Service", "cloudwatch.amazonaws.com".to_owned())
                .by("Service", "events.rds.amazonaws.com".to_owned()),
        );
        let declared = KeyConfig {
            description: self.environment.signed(name),
            policy: Policy { version, statements },
            rotation: Rotation::Days(365),
            enabled: true,
            aliased: true,
            tags: self.tags::<Key>(name),
        };
        self.add::<Key>(name, declared)
    }

    /// A key under which a group may launch.
    pub(crate) fn launching_key(&mut self, name: &str) -> Ref<Key> {
        let Policy { version, mut statements } = self.key_policy();
        statements.push(
            Statement::allow("Launch", ["kms:*"])
                .to(["*".to_owned()])
                .by("AWS", "*".to_owned())
                .only("StringEquals", "aws:PrincipalArn", [service_linked_role(self.environment)])
                .only("StringEquals", "kms:CallerAccount", [self.environment.account.clone()]),
        );
        let declared = KeyConfig {
            description: self.environment.signed(name),
            policy: Policy { version, statements },
            rotation: Rotation::Days(365),
            enabled: true,
            aliased: true,
            tags: self.tags::<Key>(name),
        };
        self.add::<Key>(name, declared)
    }

    /// The tags of what is launched, with others where that field is changed.
    pub(crate) fn launch_tags(&self, field: &str) -> Tags {
        let team = self.pick(field, "oracles", "changed");
        // Nothing of clctl's runs on them, and so nobody says that it has started.
        let user = BTreeMap::from([
            ("team".to_owned(), team.to_owned()),
            (BOOT_TAG.to_owned(), "done".to_owned()),
        ]);
        Tags::launched(self.environment, SAMPLE, &user, None)
    }

    pub(crate) fn launch_template(
        &mut self,
        name: &str,
        base: &LaunchBase<'_>,
    ) -> LaunchTemplateConfig<Declared> {
        LaunchTemplateConfig {
            version_description: self.signed(name),
            image: Initially::Always(ImageId::new(self.image())),
            instance_type: "m6i.large".to_owned(),
            instance_profile: base.profile.output("arn", |profile| profile.arn.clone()),
            key_name: KeyName(None).into(),
            user_data: UserData::new("#cloud-config\n").into(),
            security_groups: vec![group_id(base.group)],
            public_address: false,
            metadata: Metadata::strict(),
            root_volume: Volume {
                volume_type: "gp3".to_owned(),
                size: 8,
                iops: 3000,
                throughput: 125,
                encrypted: true,
                key: key_arn(base.key),
                delete_on_termination: true,
            },
            detailed_monitoring: false,
            tenancy: "default".to_owned(),
            shutdown_behavior: "terminate".to_owned(),
            launch_tags: LaunchTags::everywhere(&self.launch_tags("")),
            other_settings: Vec::new(),
            foreign_versions: Vec::new(),
            tags: self.tags::<LaunchTemplate>(name),
        }
    }

    pub(crate) fn instances(
        group: &Ref<AutoScalingGroup>,
        template: &Ref<LaunchTemplate>,
    ) -> InstancesConfig<Declared> {
        InstancesConfig {
            group: group.output("arn", |group| group.arn.clone()),
            versions: Versions::Each(
                template.output("version", LaunchTemplateOutputs::to_launch_from),
            ),
            stuck: Vec::new(),
            unmarked: Vec::new(),
            image: Told(None),
        }
    }

    pub(crate) fn scaling_group(
        &self,
        name: &str,
        template: &Ref<LaunchTemplate>,
        subnets: &[&Ref<Subnet>],
    ) -> AutoScalingGroupConfig<Declared> {
        AutoScalingGroupConfig {
            template: template.output("version", LaunchTemplateOutputs::to_launch_from),
            subnets: subnets.iter().map(|subnet| subnet_id(subnet)).collect(),
            min_size: 1,
            max_size: 2,
            desired_capacity: 1,
            health_check_type: "EC2".to_owned(),
            health_check_grace_period: 300,
            default_cooldown: 300,
            default_instance_warmup: -1,
            termination_policies: vec!["Default".to_owned()],
            new_instances_protected: false,
            max_instance_lifetime: 0,
            capacity_rebalance: false,
            instance_maintenance: "none".to_owned(),
            zone_distribution: "balanced-best-effort".to_owned(),
            deletion_protection: "none".to_owned(),
            suspended_processes: vec!["AZRebalance".to_owned()],
            enabled_metrics: vec!["GroupInServiceInstances".to_owned()],
            target_groups: Vec::new(),
            propagated_tags: Vec::new(),
            borrowed_key: BorrowedKey(None),
            database: Told(None),
            image: Told(None),
            needs: After::default(),
            tags: self.tags::<AutoScalingGroup>(name),
        }
    }
}

impl Stand<'_> {
    /// Two subnets in two zones, from which there is a way to the internet.
    pub(crate) fn open_subnets(
        &mut self,
        name: &str,
        vpc: &Ref<Vpc>,
    ) -> ([Ref<Subnet>; 2], Ref<RouteTable>) {
        let gateway = self.gateway(name, vpc);
        let subnets = [("a", "10.1.8.0/24"), ("b", "10.1.9.0/24")];
        let subnets =
            subnets.map(|(zone, cidr)| self.subnet_in(zone, &format!("{name}-{zone}"), vpc, cidr));
        let declared = RouteTableConfig {
            vpc: vpc_id(vpc),
            routes: [route(ANYWHERE, to_gateway(&gateway))].into(),
            subnets: subnets.iter().map(|subnet| Loose(subnet_id(subnet))).collect(),
            tags: self.tags::<RouteTable>(name),
        };
        let table = self.add::<RouteTable>(name, declared);
        (subnets, table)
    }

    pub(crate) fn load_balancer(
        &self,
        name: &str,
        vpc: &Ref<Vpc>,
        subnets: &[&Ref<Subnet>],
        group: &Ref<SecurityGroup>,
    ) -> LoadBalancerConfig<Declared> {
        LoadBalancerConfig {
            vpc: vpc_id(vpc),
            scheme: "internal".to_owned(),
            subnets: subnets.iter().map(|subnet| subnet_id(subnet)).collect(),
            security_groups: vec![group_id(group)],
            ip_address_type: "ipv4".to_owned(),
            idle_timeout: 60,
            deletion_protection: false,
            drop_invalid_header_fields: true,
            desync_mitigation_mode: "defensive".to_owned(),
            attributes: LoadBalancerConfig::<Declared>::usual_attributes(),
            needs: After::default(),
            tags: self.tags::<LoadBalancer>(name),
        }
    }

    /// Where a network load balancer is in a zone.
    pub(crate) fn place(
        &self,
        zone: &str,
        subnet: &Ref<Subnet>,
        eip: Option<&Ref<Eip>>,
    ) -> (String, Place<Declared>) {
        (self.zone(zone), Place { subnet: subnet_id(subnet), eip: eip.map(eip_id) })
    }

    pub(crate) fn network_load_balancer(
        &self,
        name: &str,
        vpc: &Ref<Vpc>,
        zones: [(String, Place<Declared>); 2],
        group: &Ref<SecurityGroup>,
    ) -> NetworkLoadBalancerConfig<Declared> {
        NetworkLoadBalancerConfig {
            vpc: vpc_id(vpc),
            scheme: "internet-facing".to_owned(),
            zones: zones.into(),
            security_groups: vec![group_id(group)],
            ip_address_type: "ipv4".to_owned(),
            cross_zone: true,
            deletion_protection: false,
            attributes: NetworkLoadBalancerConfig::<Declared>::usual_attributes(),
            needs: After::default(),
            tags: self.tags::<NetworkLoadBalancer>(name),
        }
    }

    pub(crate) fn dhcp_options(&self, name: &str, vpc: &Ref<Vpc>) -> DhcpOptionsConfig<Declared> {
        DhcpOptionsConfig {
            vpc: attached(vpc),
            associated: true,
            domain_name: "ec2.internal".to_owned(),
            domain_name_servers: vec!["AmazonProvidedDNS".to_owned()],
            ntp_servers: Vec::new(),
            tags: self.tags::<DhcpOptions>(name),
        }
    }

    /// A load balancer, and all it stands on.
    pub(crate) fn balanced(&mut self, name: &str, vpc: &Ref<Vpc>) -> Ref<LoadBalancer> {
        let (subnets, _) = self.open_subnets(name, vpc);
        let group = self.closed_group(name, vpc);
        let declared = self.load_balancer(name, vpc, &[&subnets[0], &subnets[1]], &group);
        self.add::<LoadBalancer>(name, declared)
    }

    pub(crate) fn target_group(&self, name: &str, vpc: &Ref<Vpc>) -> TargetGroupConfig<Declared> {
        TargetGroupConfig {
            vpc: vpc_id(vpc),
            target_type: "instance".to_owned(),
            protocol: "HTTP".to_owned(),
            protocol_version: "HTTP1".to_owned(),
            port: 6688,
            ip_address_type: "ipv4".to_owned(),
            health_check: HealthCheck {
                enabled: true,
                protocol: "HTTP".to_owned(),
                port: "traffic-port".to_owned(),
                path: "/health".to_owned(),
                matcher: "200-299".to_owned(),
                interval: 10,
                timeout: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 2,
            },
            deregistration_delay: 15,
            attributes: TargetGroupConfig::<Declared>::usual_attributes("HTTP"),
            tags: self.tags::<TargetGroup>(name),
        }
    }

    /// One of connections.
    pub(crate) fn network_target_group(
        &self,
        name: &str,
        vpc: &Ref<Vpc>,
    ) -> TargetGroupConfig<Declared> {
        let usual = self.target_group(name, vpc);
        TargetGroupConfig {
            protocol: "TCP".to_owned(),
            protocol_version: String::new(),
            port: 6690,
            health_check: HealthCheck { port: "6688".to_owned(), ..usual.health_check },
            attributes: TargetGroupConfig::<Declared>::usual_attributes("TCP"),
            ..usual
        }
    }

    /// One that hands on connections.
    pub(crate) fn network_listener(
        &self,
        name: &str,
        balancer: &Ref<NetworkLoadBalancer>,
        targets: &Ref<TargetGroup>,
    ) -> ListenerConfig<Declared> {
        ListenerConfig {
            load_balancer: network_arn(balancer),
            port: 6690,
            protocol: "TCP".to_owned(),
            certificate: Certificate(None).into(),
            ssl_policy: String::new(),
            mutual_authentication: "off".to_owned(),
            default_action: Action::Forward(target_group_arn(targets)),
            attributes: ListenerConfig::<Declared>::usual_attributes("TCP"),
            tags: self.tags::<Listener>(name),
        }
    }

    /// One that sends everything on to HTTPS.
    pub(crate) fn listener(
        &self,
        name: &str,
        balancer: &Ref<LoadBalancer>,
    ) -> ListenerConfig<Declared> {
        ListenerConfig {
            load_balancer: balancer_arn(balancer),
            port: 80,
            protocol: "HTTP".to_owned(),
            certificate: Certificate(None).into(),
            ssl_policy: String::new(),
            mutual_authentication: "off".to_owned(),
            default_action: Action::Redirect(Redirect::to_https()),
            attributes: ListenerConfig::<Declared>::usual_attributes("HTTP"),
            tags: self.tags::<Listener>(name),
        }
    }
}

/// The hosted zone that everybody brings along, and a name in it.
pub(crate) const ZONE: &str = "Z0123456789ABCDEFGHIJ";
pub(crate) const NAME: &str = "node.oracles.example.com";

/// A name that leads to a load balancer.
pub(crate) fn named(name: &str, balancer: &Ref<LoadBalancer>) -> DnsRecordConfig<Declared> {
    DnsRecordConfig {
        zone: HostedZoneId::new(ZONE).into(),
        name: DnsName::new(name),
        target: alias_of(balancer),
        evaluate_target_health: false,
        marked: true,
        noted: true,
    }
}

/// What a database stands on.
pub(crate) struct InstanceBase<'a> {
    pub(crate) subnets: &'a Ref<SubnetGroup>,
    pub(crate) group: &'a Ref<SecurityGroup>,
    pub(crate) parameters: &'a Ref<ParameterGroup>,
    pub(crate) key: &'a Ref<Key>,
    pub(crate) secret: &'a Ref<Secret>,
}

/// What a cluster stands on.
pub(crate) struct ClusterBase<'a> {
    pub(crate) subnets: &'a Ref<SubnetGroup>,
    pub(crate) group: &'a Ref<SecurityGroup>,
    pub(crate) parameters: &'a Ref<ClusterParameterGroup>,
    pub(crate) key: &'a Ref<Key>,
    pub(crate) secret: &'a Ref<Secret>,
}

/// These parameters, and that connections are encrypted.
pub(crate) fn encrypted<const N: usize>(more: [(&str, &str); N]) -> Parameters {
    let all = more.into_iter().chain([(FORCE_SSL, "1")]);
    Parameters(all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// What watches the rest: one of each kind.
fn watched(stand: &mut Stand<'_>, log: &Ref<LogGroup>, database: &Ref<Instance>) {
    let key = stand.publishing_key("alarms");
    let topic = stand.topic("main", &key);
    let receivers = Receivers::of(["ops@example.com"]);
    let declared = SubscriptionsConfig { topic: topic_arn(&topic), receivers };
    stand.add::<Subscriptions>("main", declared);
    stand.looked_at(&topic);
    let declared = MetricFilterConfig {
        group: log.output("arn", |group| LogGroupArn::new(group.arn.as_str())),
        pattern: "{ $.level = \"fatal\" }".to_owned(),
        namespace: "clctl/drift".to_owned(),
        metric: "fatal".to_owned(),
        value: "1".to_owned(),
        other_settings: Vec::new(),
    };
    stand.add::<MetricFilter>("main", declared);
    let declared = AlarmConfig {
        description: "a sample".to_owned(),
        queries: vec![Query::metric("clctl/drift", "fatal", "Sum", 300)],
        comparison: "GreaterThanThreshold".to_owned(),
        threshold: 0.0,
        evaluation_periods: 3,
        datapoints_to_alarm: 2,
        missing_data: "missing".to_owned(),
        actions_enabled: true,
        alarm_actions: vec![topic_arn(&topic)],
        ok_actions: Vec::new(),
        insufficient_data_actions: Vec::new(),
        other_settings: Vec::new(),
        needs: After::default(),
        tags: stand.tags::<Alarm>("main"),
    };
    stand.add::<Alarm>("main", declared);
    let text = r##"{"widgets":[{"type":"text","x":0,"y":0,"width":24,"height":2,"properties":{"markdown":"# all"}}]}"##;
    let declared =
        DashboardConfig { body: Body::new(text).into(), tags: stand.tags::<Dashboard>("main") };
    stand.add::<Dashboard>("main", declared);
    let declared = EventSubscriptionConfig {
        topic: topic_arn(&topic),
        source_type: "db-instance".to_owned(),
        sources: vec![database.output("identifier", |database| database.identifier.clone())],
        categories: vec!["failover".to_owned()],
        enabled: true,
        tags: stand.tags::<EventSubscription>("main"),
    };
    stand.add::<EventSubscription>("main", declared);
}

/// What saves the rest: one of each kind.
fn saved(stand: &mut Stand<'_>, key: &Ref<Key>) {
    let vault = stand.vault("main", key);
    let plan = stand.backup_plan("main", &vault);
    let copies = stand.role("copies", "backup.amazonaws.com");
    let selection = BackupSelectionConfig {
        plan: plan.output("arn", |plan| plan.arn.clone()),
        role: role_arn(&copies),
        resources: vec![stand.environment.arn("rds", "db:somewhere").into()],
        other: String::new(),
    };
    stand.add::<BackupSelection>("main", selection);
}

/// One object of each kind, and none more than that takes.
pub(crate) fn one_of_each(environment: &Environment) -> Graph<Aws> {
    let mut stand = Stand::new(environment, Variant::Usual);
    let vpc = stand.vpc("main");
    let (subnet, table) = stand.ways_out(&vpc);
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
    let secret = stand.secret("main", &key);
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
    saved(&mut stand, &key);
    let (subnets, parameters) = (stand.subnet_group("main", &vpc), stand.parameter_group("main"));
    let (subnets, parameters) = (&subnets, &parameters);
    let base = InstanceBase { subnets, group: &group, parameters, key: &key, secret: &secret };
    let database = stand.instance("main", &base);
    let database = stand.add::<Instance>("main", database);
    let parameters = &stand.cluster_parameter_group("main");
    let own = stand.aurora_parameter_group("main");
    let base = ClusterBase { subnets, group: &group, parameters, key: &key, secret: &secret };
    let cluster = stand.cluster("main", &base);
    let cluster = stand.add::<Cluster>("main", cluster);
    let member = stand.cluster_instance("main", &cluster, &own, &key);
    stand.add::<ClusterInstance>("main", member);
    let other = stand.subnet_in("b", "launch", &vpc, "10.1.7.0/24");
    let declared = stand.load_balancer("main", &vpc, &[&subnet, &other], &group);
    let balancer = stand.add::<LoadBalancer>("main", declared);
    let declared = stand.target_group("main", &vpc);
    let targets = stand.add::<TargetGroup>("main", declared);
    let declared = ListenerConfig {
        port: 443,
        protocol: "HTTPS".to_owned(),
        certificate: Certificate(Some(CERTIFICATE.to_owned())).into(),
        ssl_policy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09".to_owned(),
        default_action: Action::Forward(target_group_arn(&targets)),
        ..stand.listener("main", &balancer)
    };
    let listener = stand.add::<Listener>("main", declared);
    let declared = ListenerRuleConfig {
        listener: listener_arn(&listener),
        priority: 10,
        conditions: vec![Condition::path(["/debug", "/metrics"])],
        action: Action::FixedResponse(FixedResponse::not_found()),
        transforms: Vec::new(),
        tags: stand.tags::<ListenerRule>("main"),
    };
    stand.add::<ListenerRule>("main", declared);
    for_peers(&mut stand, &vpc, (&subnet, &other), &group, &table);
    // No two environments have one name.
    let name = format!("{}.oracles.example.com", environment.name);
    stand.add::<DnsRecord>("main", named(&name, &balancer));
    let declared = stand.dhcp_options("main", &vpc);
    stand.add::<DhcpOptions>("main", declared);
    let (profile, key) = (stand.profile("launch"), stand.launching_key("launch"));
    let base = LaunchBase { group: &group, profile: &profile, key: &key };
    let declared = stand.launch_template("main", &base);
    let template = stand.add::<LaunchTemplate>("main", declared);
    let declared = AutoScalingGroupConfig {
        target_groups: vec![target_group_arn(&targets)],
        ..stand.scaling_group("main", &template, &[&subnet, &other])
    };
    let group = stand.add::<AutoScalingGroup>("main", declared);
    let declared = Stand::instances(&group, &template);
    stand.add::<Instances>("main", declared);
    watched(&mut stand, &log, &database);
    stand.graph()
}

/// A way in for other nodes.
fn for_peers(
    stand: &mut Stand<'_>,
    vpc: &Ref<Vpc>,
    (one, other): (&Ref<Subnet>, &Ref<Subnet>),
    group: &Ref<SecurityGroup>,
    way_out: &Ref<RouteTable>,
) {
    let address = stand.eip("peers");
    let zones = [stand.place("a", one, Some(&address)), stand.place("b", other, None)];
    let declared = NetworkLoadBalancerConfig {
        needs: After::node(way_out),
        ..stand.network_load_balancer("peers", vpc, zones, group)
    };
    let peers = stand.add::<NetworkLoadBalancer>("peers", declared);
    let declared = stand.network_target_group("peers", vpc);
    let reached = stand.add::<TargetGroup>("peers", declared);
    let declared = stand.network_listener("peers", &peers, &reached);
    stand.add::<Listener>("peers", declared);
}
