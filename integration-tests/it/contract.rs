//! What every kind has to keep, tested on a sample of each.
//!
//! A new kind needs a sample here and nothing else: a table of what it stands on, the usual value
//! and another one of every field.

use std::collections::BTreeSet;

use clctl::{
    aws::{
        Aws, Mode,
        ec2::{
            Direction, Eip, EipConfig, InternetGateway, InternetGatewayConfig, NatGateway,
            NatGatewayConfig, Peer, RouteTable, RouteTableConfig, Rule, SecurityGroup,
            SecurityGroupConfig, SecurityGroupRules, SecurityGroupRulesConfig, Subnet,
            SubnetConfig, Vpc, VpcConfig,
        },
        kinds,
    },
    engine::{
        After, AnyKind, Cell, Class, Creation, Done, Loose, OnChange, Outputs, PhysicalId,
        Resource, Scope, Seen, Step,
    },
    field,
};
use clctl_simulator::World;
use tokio::sync::OnceCell;

use crate::{
    harness::{Bench, Wanted, name, steps},
    stand::{
        ANYWHERE, SAMPLE, Stand, Variant, attached, eip_id, group_id, route, subnet_id, tcp,
        to_gateway, to_nat, vpc_id,
    },
};

/// How to declare one object of a kind, with the usual value or another one of each field.
struct Sample {
    kind: &'static str,
    declare: fn(&mut Stand<'_>),
    /// Fields that can be declared in one way only.
    fixed: &'static [&'static str],
    /// Writes of what is declared beside it and comes and goes with it.
    beside: &'static [&'static str],
    /// What somebody else has to do so that every write is needed.
    meddling: &'static [(&'static str, &'static str)],
}

impl Sample {
    const fn of<R: Resource>(declare: fn(&mut Stand<'_>)) -> Self {
        Self { kind: R::ABOUT.name, declare, fixed: &[], beside: &[], meddling: &[] }
    }
}

const SAMPLES: &[Sample] = &[
    Sample { fixed: &["default_security_group_rules"], ..Sample::of::<Vpc>(vpc) },
    Sample::of::<Subnet>(subnet),
    Sample { fixed: &["attached"], ..Sample::of::<InternetGateway>(gateway) },
    Sample::of::<Eip>(eip),
    Sample::of::<NatGateway>(nat),
    Sample {
        meddling: &[
            ("CreateRouteTable", "VpcId=@vpc/main"),
            (
                "ReplaceRouteTableAssociation",
                "RouteTableId=@1&AssociationId=@association/subnet/main",
            ),
        ],
        ..Sample::of::<RouteTable>(table)
    },
    Sample { beside: &["ec2:RevokeSecurityGroupEgress"], ..Sample::of::<SecurityGroup>(group) },
    Sample::of::<SecurityGroupRules>(rules),
];

fn vpc(stand: &mut Stand<'_>) {
    let declared = VpcConfig {
        cidr: stand.pick(field!(VpcConfig.cidr), "10.2.0.0/16", "10.3.0.0/16").parse().unwrap(),
        dns_support: stand.pick(field!(VpcConfig.dns_support), true, false),
        dns_hostnames: stand.pick(field!(VpcConfig.dns_hostnames), false, true),
        default_security_group_rules: Vec::new(),
        tags: stand.tags::<Vpc>(SAMPLE),
    };
    stand.sample::<Vpc>(declared);
}

fn subnet(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let declared = SubnetConfig {
        vpc: vpc_id(stand.pick(field!(SubnetConfig.vpc), &main, &other)),
        zone: stand.pick(field!(SubnetConfig.zone), "us-east-1a", "us-east-1b").to_owned(),
        cidr: stand.pick(field!(SubnetConfig.cidr), "10.1.1.0/24", "10.1.1.0/25").parse().unwrap(),
        map_public_ip: stand.pick(field!(SubnetConfig.map_public_ip), true, false),
        tags: stand.tags::<Subnet>(SAMPLE),
    };
    stand.sample::<Subnet>(declared);
}

fn gateway(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let declared = InternetGatewayConfig {
        vpc: attached(stand.pick(field!(InternetGatewayConfig.vpc), &main, &other)),
        attached: true,
        tags: stand.tags::<InternetGateway>(SAMPLE),
    };
    stand.sample::<InternetGateway>(declared);
}

fn eip(stand: &mut Stand<'_>) {
    let tags = stand.tags::<Eip>(SAMPLE);
    stand.sample::<Eip>(EipConfig { tags });
}

fn nat(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    let gateway = stand.gateway("main", &vpc);
    let subnets = ["10.1.0.0/24", "10.1.1.0/24"].map(|cidr| stand.subnet(cidr, &vpc, cidr));
    let eips = ["main", "other"].map(|name| stand.eip(name));
    let declared = NatGatewayConfig {
        subnet: subnet_id(stand.pick(field!(NatGatewayConfig.subnet), &subnets[0], &subnets[1])),
        eip: eip_id(stand.pick(field!(NatGatewayConfig.eip), &eips[0], &eips[1])),
        internet_gateway: After::node(&gateway),
        tags: stand.tags::<NatGateway>(SAMPLE),
    };
    stand.sample::<NatGateway>(declared);
}

fn table(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let gateway = stand.gateway("main", &main);
    let subnets = ["main", "public"];
    let subnets = [(subnets[0], "10.1.0.0/24"), (subnets[1], "10.1.1.0/24")]
        .map(|(name, cidr)| stand.subnet(name, &main, cidr));
    let eip = stand.eip("main");
    let nat = stand.nat("main", &subnets[1], &eip, &gateway);
    let usual =
        [route(ANYWHERE, to_gateway(&gateway)), route("192.0.2.0/24", to_gateway(&gateway))];
    let changed = [route(ANYWHERE, to_nat(&nat)), route("198.51.100.0/24", to_gateway(&gateway))];
    let mut declared = RouteTableConfig {
        vpc: vpc_id(&main),
        routes: stand.pick(field!(RouteTableConfig.routes), usual, changed).into(),
        subnets: vec![Loose(subnet_id(stand.pick(
            field!(RouteTableConfig.subnets),
            &subnets[0],
            &subnets[1],
        )))],
        tags: stand.tags::<RouteTable>(SAMPLE),
    };
    // Nothing of one VPC can be in a table of another.
    if stand.changes(field!(RouteTableConfig.vpc)) {
        let tags = declared.tags;
        declared =
            RouteTableConfig { vpc: vpc_id(&other), routes: [].into(), subnets: Vec::new(), tags };
    }
    stand.sample::<RouteTable>(declared);
}

fn group(stand: &mut Stand<'_>) {
    let (main, other) = (stand.vpc("main"), stand.vpc("other"));
    let declared = SecurityGroupConfig {
        vpc: vpc_id(stand.pick(field!(SecurityGroupConfig.vpc), &main, &other)),
        description: stand.pick(field!(SecurityGroupConfig.description), "this", "that").to_owned(),
        tags: stand.tags::<SecurityGroup>(SAMPLE),
    };
    // Every group's rules are declared with it; these are the ones it is made with.
    if let Some(group) = stand.sample::<SecurityGroup>(declared) {
        stand.rules(&group, vec![Rule::all_out()]);
    }
}

fn rules(stand: &mut Stand<'_>) {
    let vpc = stand.vpc("main");
    // Rules are of another group if their group is replaced.
    let about = stand.pick(field!(SecurityGroupRulesConfig.group), "this", "that");
    let group = stand.group(SAMPLE, &vpc, about);
    let among = Rule::tcp(Direction::Ingress, 80, Peer::Group(group_id(&group)), "among us");
    let usual = vec![
        tcp(Direction::Ingress, 22, "in"),
        among.clone(),
        tcp(Direction::Egress, 443, "out"),
        tcp(Direction::Egress, 80, "out"),
    ];
    let changed = vec![
        tcp(Direction::Ingress, 22, "said otherwise"),
        tcp(Direction::Ingress, 8080, "in"),
        tcp(Direction::Egress, 443, "said otherwise"),
        tcp(Direction::Egress, 8080, "out"),
    ];
    let rules = stand.pick(field!(SecurityGroupRulesConfig.rules), usual, changed);
    stand.sample::<SecurityGroupRules>(SecurityGroupRulesConfig { group: group_id(&group), rules });
}

impl Sample {
    fn wanted(&self, variant: Variant) -> Wanted {
        let declare = self.declare;
        Wanted::graph("contract", move |environment| {
            let mut stand = Stand::new(environment, variant);
            declare(&mut stand);
            stand.graph()
        })
    }

    fn address(&self) -> String {
        format!("{}/{SAMPLE}", self.kind)
    }

    fn kind(&self) -> &'static dyn AnyKind<Aws> {
        static KINDS: std::sync::OnceLock<clctl::engine::Kinds<Aws>> = std::sync::OnceLock::new();
        let all = KINDS.get_or_init(kinds::all);
        all.iter().find(|kind| kind.about().name == self.kind).unwrap().as_ref()
    }

    /// A bench of its own on which the usual sample stands.
    async fn bench(&self) -> Bench {
        static WORLDS: OnceCell<Vec<World>> = OnceCell::const_new();
        let worlds = WORLDS.get_or_init(async || {
            let mut worlds = Vec::new();
            for sample in SAMPLES {
                worlds.push(Bench::standing(&sample.wanted(Variant::Usual)).await.world());
            }
            worlds
        });
        let nth = SAMPLES.iter().position(|sample| sample.kind == self.kind).unwrap();
        Bench::at(worlds.await[nth].clone())
    }

    /// Fields of which the sample has another value, whose change costs one of these.
    async fn fields(&self, costs: &[OnChange]) -> Vec<&'static str> {
        let plan = self.bench().await.diff(&self.wanted(Variant::Usual)).await;
        let planned = plan.nodes.iter().find(|it| it.node.address().to_string() == self.address());
        // What is declared to be anything is an order, and no difference.
        let rows = planned.unwrap().node.want(&Outputs::default());
        let differs = |row: &&clctl::engine::Row| {
            row.cell != Cell::Any
                && !self.fixed.contains(&row.field)
                && costs.contains(&row.on_change)
        };
        rows.iter().filter(differs).map(|row| row.field).collect()
    }
}

#[test]
fn every_kind_has_a_sample() {
    let samples: Vec<&str> = SAMPLES.iter().map(|sample| sample.kind).collect();
    let kinds: Vec<&str> = kinds::all().iter().map(|kind| kind.about().name).collect();
    assert_eq!(samples, kinds);
}

#[tokio::test(start_paused = true)]
async fn what_is_created_is_as_declared_and_a_second_apply_writes_nothing() {
    for sample in SAMPLES {
        sample.bench().await.is_settled(&sample.wanted(Variant::Usual)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_set_in_place_is_named_and_set_once_and_nothing_else_is_touched() {
    for sample in SAMPLES {
        for field in sample.fields(&[OnChange::InPlace, OnChange::Interrupts]).await {
            let (bench, address) = (sample.bench().await, sample.address());
            let (wanted, when) =
                (sample.wanted(Variant::Changed(field)), format!("{address} {field}"));
            let before = bench.truth();
            let changed = bench.apply(&wanted).await.complete();
            assert_eq!(steps(&changed.plan), [format!("update {address} {field}")]);
            for (step, done) in &changed.report.done {
                let expected = if name(step) == address { Done::Changed } else { Done::Kept };
                assert_eq!(*done, expected, "{when}: {}", name(step));
            }
            let sets = bench.events().iter().filter(|it| it.starts_with("Changed")).count();
            assert_eq!(sets, 1, "{when}");
            let own = |thing: &&crate::truth::Thing| thing.kind != "security-group-rule";
            let ids = |things: &crate::truth::Truth| -> Vec<String> {
                things.things().iter().filter(own).map(|thing| thing.id.clone()).collect()
            };
            assert_eq!(ids(&bench.truth()), ids(&before), "{when}");
            bench.is_settled(&wanted).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_cannot_be_set_makes_the_object_anew_and_removes_the_old_one() {
    for sample in SAMPLES {
        for field in sample.fields(&[OnChange::Replace]).await {
            let (bench, address) = (sample.bench().await, sample.address());
            let (wanted, when) =
                (sample.wanted(Variant::Changed(field)), format!("{address} {field}"));
            let facet = sample.kind == SecurityGroupRules::ABOUT.name;
            let object = if facet { format!("security-group/{SAMPLE}") } else { address.clone() };
            let (before, old) = (bench.truth(), bench.truth().id(&object));
            let replaced = bench.apply(&wanted).await.complete();
            let said = steps(&replaced.plan);
            let of = format!("replace {address} ");
            let named = said.iter().filter_map(|it| it.strip_prefix(&of));
            let named: Vec<&str> = named.flat_map(|fields| fields.split(',')).collect();
            assert!(named.contains(&field), "{when}: {said:?}");
            let after = bench.truth();
            assert_ne!(after.id(&object), old, "{when}");
            assert!(!after.ids().contains(&old.as_str()), "{when}");
            assert_eq!(after.owned(), before.owned(), "{when}");
            bench.is_settled(&wanted).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_is_gone_and_may_be_removed_again() {
    for sample in SAMPLES {
        let (bench, without) = (sample.bench().await, sample.wanted(Variant::Absent));
        let removed = bench.apply(&without).await.complete();
        let said = steps(&removed.plan);
        assert!(said.contains(&format!("remove {}", sample.address())), "{said:?}");
        assert!(said.iter().all(|step| step.starts_with("remove ")), "{said:?}");
        bench.is_settled(&without).await;
        let session = bench.connect(&without, Mode::ReadWrite).await.unwrap();
        let mut removals = removed.plan.removals.iter().map(|removal| &removal.seen);
        let seen = removals.find(|seen| name_of(seen.as_ref()) == sample.address()).unwrap();
        let again = sample.kind().delete(&session.aws, seen.as_ref()).await;
        let fine = again.as_ref().err().is_none_or(|error| error.class == Class::NotFound);
        assert!(fine, "{}: {again:?}", sample.kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_leaves_nothing_behind() {
    for sample in SAMPLES {
        let bench = Bench::calm();
        bench.somebody().ec2("DescribeVpcs", &[]).await.good();
        let (before, wanted) = (bench.truth(), sample.wanted(Variant::Usual));
        bench.apply(&wanted).await.complete();
        bench.delete(&wanted).await.complete();
        assert_eq!(bench.truth().ids(), before.ids(), "{}", sample.kind);
        let again = bench.delete(&wanted).await.complete();
        assert!(again.writes.is_empty(), "{}: {:?}", sample.kind, again.writes);
    }
}

fn ec2<'a>(operations: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    operations.into_iter().map(|operation| format!("ec2:{operation}")).collect()
}

fn said(operations: &[&str]) -> BTreeSet<String> {
    operations.iter().map(|operation| (*operation).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_kind_makes_the_writes_it_says_and_says_none_that_it_does_not_make() {
    for sample in SAMPLES {
        let bench = Bench::calm();
        bench.apply(&sample.wanted(Variant::Absent)).await.complete();
        let mut variants = vec![Variant::Usual];
        for field in sample.fields(&[OnChange::InPlace, OnChange::Interrupts]).await {
            variants.extend([Variant::Changed(field), Variant::Usual]);
        }
        let mut made = BTreeSet::new();
        for variant in variants {
            made.extend(bench.apply(&sample.wanted(variant)).await.complete().writes);
        }
        bench.meddle(sample.meddling).await;
        for variant in [Variant::Usual, Variant::Absent] {
            made.extend(bench.apply(&sample.wanted(variant)).await.complete().writes);
        }
        // The marker is no kind's.
        made.remove("PutParameter");
        let mut made = ec2(made.iter().map(String::as_str));
        made.retain(|write| !sample.beside.contains(&write.as_str()));
        assert_eq!(made, said(sample.kind().about().calls.write), "{}", sample.kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_makes_the_reads_it_says_and_says_none_that_it_does_not_make() {
    for sample in SAMPLES {
        let bench = sample.bench().await;
        let session = bench.connect(&sample.wanted(Variant::Usual), Mode::ReadOnly).await.unwrap();
        let (aws, kind) = (session.aws.as_ref(), sample.kind());
        let before = aws.calls.made().len();
        let all = kind.find(aws, Scope::Owned).await.unwrap();
        let seen = all.iter().find(|seen| name_of(seen.as_ref()) == sample.address()).unwrap();
        let by_id = kind.find(aws, Scope::Ids(std::slice::from_ref(seen.id()))).await.unwrap();
        assert_eq!(by_id.len(), 1, "{}", sample.kind);
        assert_eq!(by_id[0].rows(), seen.rows(), "{}", sample.kind);
        kind.blockers(aws, seen.as_ref()).await.unwrap();
        let made = aws.calls.made().split_off(before).into_iter().map(|call| call.operation);
        assert_eq!(made.collect::<BTreeSet<_>>(), said(kind.about().calls.read), "{}", sample.kind);
    }
}

fn name_of(seen: &dyn Seen) -> String {
    seen.address().map(|address| address.to_string()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_not_found_and_that_is_no_error_of_another_kind() {
    for sample in SAMPLES {
        let bench = Bench::calm();
        let session = bench.connect(&sample.wanted(Variant::Usual), Mode::ReadOnly).await.unwrap();
        let kind = sample.kind();
        assert!(kind.find(&session.aws, Scope::Owned).await.unwrap().is_empty());
        let id = PhysicalId(kind.about().ids.replacen('*', "0123456789abcdef0", 1));
        let found = kind.find(&session.aws, Scope::Ids(std::slice::from_ref(&id))).await;
        let fine = match &found {
            Ok(found) => found.is_empty(),
            Err(error) => error.class == Class::NotFound,
        };
        assert!(fine, "{}: {:?}", sample.kind, found.err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_is_told_from_others_by_the_beginning_of_its_ids() {
    for sample in SAMPLES {
        let plan = sample.bench().await.diff(&sample.wanted(Variant::Usual)).await;
        for seen in plan.nodes.iter().filter_map(|planned| planned.seen.as_ref()) {
            let named: Vec<&str> = kinds::all()
                .iter()
                .map(|kind| kind.about())
                .filter(|about| about.creation != Creation::Facet && about.is_id(seen.id()))
                .map(|about| about.name)
                .collect();
            assert!(named.len() <= 1, "{} is one of {named:?}", seen.id());
            assert!(seen.kind().is_id(seen.id()), "{} {}", seen.kind().name, seen.id());
        }
        let steps = plan.nodes.iter().map(|planned| Step::Ensure(planned.node.address().clone()));
        assert!(steps.map(|step| name(&step)).any(|step| step == sample.address()));
    }
}
