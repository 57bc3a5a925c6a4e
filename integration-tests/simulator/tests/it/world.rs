//! The world itself: its file, its clock, its census, its drifts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use clctl_simulator::{Seed, Settings, Simulator};
use serde_json::json;

use crate::client::Client;

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder.join("world.json")
}

#[tokio::test(start_paused = true)]
async fn a_file_is_shared_and_keeps_the_worlds_own_clock() {
    let path = file("shared");
    let open = || {
        let simulator = Simulator::open(&path, Settings::calm()).unwrap();
        Client { simulator, region: "us-east-1", key: "AKIATEST" }
    };
    let (one, two) = (open(), open());
    let vpc = one.vpc().await;
    two.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).await.good();
    two.wait(1000).await;
    two.ec2("DescribeVpcs", &[]).await.good();
    one.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
    let gone = two.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).await;
    assert_eq!(gone.code(), "InvalidVpcID.NotFound");
    let later = two.simulator.now();
    drop((one, two));
    // Time does not pass while nobody has the world open.
    tokio::time::sleep(std::time::Duration::from_hours(24)).await;
    let again = open();
    assert!(again.simulator.now() <= later);
    assert_eq!(again.simulator.with(|world| world.now()), again.simulator.now());

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::write(&path, "{}").unwrap();
    assert!(Simulator::open(&path, Settings::calm()).is_err());
    assert!(again.try_ec2("DescribeVpcs", &[]).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_world() {
    let mut told = Vec::new();
    for seed in [7, 7, 8] {
        let client = Client::new(Settings::stormy(seed));
        let mut story = Vec::new();
        for number in 0..40 {
            let cidr = format!("10.{number}.0.0/16");
            let answer = client.try_ec2("CreateVpc", &[("CidrBlock", &cidr)]).await;
            story.push(answer.map(|it| it.body).map_err(|it| it.to_string()));
            client.wait(5).await;
        }
        told.push(story);
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0], told[2]);
}

/// A random story, in which most is refused: what stays is whole and can be written and read back.
#[tokio::test(start_paused = true)]
async fn whatever_happens_the_world_stays_whole() {
    for seed in 0..20 {
        let client = Client::new(Settings::stormy(seed));
        let mut chance = seed;
        let mut draw = |bound: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(chance >> 33).unwrap() % bound
        };
        let mut ids = BTreeMap::<&str, Vec<String>>::new();
        for number in 0..200 {
            let mut any = |name: &'static str| {
                let known = ids.entry(name).or_default();
                let id = known.get(draw(known.len() + 1)).cloned();
                (name, id.unwrap_or_else(|| "nonsense".to_owned()))
            };
            let cidr = ("CidrBlock", format!("10.{}.0.0/{}", number % 3, 14 + number % 16));
            let (action, params) = match number % 13 {
                0 => ("CreateVpc", vec![cidr]),
                1 | 2 => ("CreateSubnet", vec![any("VpcId"), cidr]),
                3 => ("CreateInternetGateway", vec![]),
                4 => ("AttachInternetGateway", vec![any("InternetGatewayId"), any("VpcId")]),
                5 => ("CreateRouteTable", vec![any("VpcId")]),
                6 => ("AssociateRouteTable", vec![any("RouteTableId"), any("SubnetId")]),
                7 => {
                    let route = ("DestinationCidrBlock", format!("{number}.0.0.0/8"));
                    let target = any("InternetGatewayId");
                    ("CreateRoute", vec![any("RouteTableId"), route, ("GatewayId", target.1)])
                }
                8 => ("DetachInternetGateway", vec![any("InternetGatewayId"), any("VpcId")]),
                9 => ("DeleteSubnet", vec![any("SubnetId")]),
                10 => ("DeleteRouteTable", vec![any("RouteTableId")]),
                11 => ("DeleteVpc", vec![any("VpcId")]),
                _ => ("DescribeRouteTables", vec![]),
            };
            let params: Vec<_> = params.iter().map(|it| (it.0, it.1.as_str())).collect();
            let answer = client.try_ec2(action, &params).await;
            if let Some(answer) = answer.ok().filter(|it| it.status == 200) {
                for (name, element) in [
                    ("VpcId", "vpcId"),
                    ("SubnetId", "subnetId"),
                    ("RouteTableId", "routeTableId"),
                    ("InternetGatewayId", "internetGatewayId"),
                ] {
                    ids.entry(name).or_default().extend(answer.texts(element));
                }
            }
            client.wait(number % 7).await;
        }
        let (text, again) = client.simulator.with(|world| {
            let text = serde_json::to_string(world).unwrap();
            let read: clctl_simulator::World = serde_json::from_str(&text).unwrap();
            (text, serde_json::to_string(&read).unwrap())
        });
        assert_eq!(text, again);
        let (objects, timeline) =
            client.simulator.with(|world| (world.objects(), world.timeline()));
        for object in objects {
            let moments = timeline.iter().find(|it| it.object == object).unwrap();
            assert_eq!(moments.life.deleted, None, "{object:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_network_to_deploy_into_is_there_and_ready() {
    let client = Client::new(Settings::default());
    let made = client.simulator.with(|world| world.seed(Seed::Network));
    assert!(made.iter().all(|it| !it.1.is_empty()), "{made:?}");
    let id = |name: &str| made.iter().find(|it| it.0 == name).unwrap().1.clone();
    let vpc = client.ec2("DescribeVpcs", &[("VpcId.1", &id("user-vpc"))]).await.good();
    assert_eq!(vpc.text("cidrBlock"), "10.42.0.0/16");
    assert_eq!(vpc.text("state"), "available");
    let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &*id("user-vpc"))];
    let subnets = client.ec2("DescribeSubnets", &of).await.good();
    assert_eq!(subnets.texts("subnetId").len(), 4);
    let table = client.ec2("DescribeRouteTables", &[("RouteTableId.1", &id("user-public"))]).await;
    assert_eq!(table.good().texts("gatewayId"), ["local".to_owned(), id("user-igw")]);
}

#[tokio::test(start_paused = true)]
async fn an_open_network_has_a_way_out_of_its_private_subnets() {
    let client = Client::calm();
    let made = client.simulator.with(|world| world.seed(Seed::OpenNetwork));
    assert!(made.iter().all(|it| !it.1.is_empty()), "{made:?}");
    let id = |name: &str| made.iter().find(|it| it.0 == name).unwrap().1.clone();
    let table = [("RouteTableId.1", &*id("user-private"))];
    let table = client.ec2("DescribeRouteTables", &table).await.good();
    assert_eq!(table.text("natGatewayId"), id("user-nat"));
    client.wait(300).await;
    let nat = client.ec2("DescribeNatGateways", &[("NatGatewayId.1", &id("user-nat"))]).await;
    assert_eq!(nat.good().text("state"), "available");
    let of = [("Filter.1.Name", "tag:tier"), ("Filter.1.Value.1", "private")];
    let private = client.ec2("DescribeSubnets", &of).await.good();
    assert_eq!(private.texts("subnetId").len(), 2);
    // Whoever asks what a call named is told.
    let named = client.simulator.calls().into_iter().find(|it| it.operation.ends_with("Gateways"));
    assert_eq!(named.unwrap().names, [id("user-nat")]);
}

#[tokio::test(start_paused = true)]
async fn the_timeline_tells_when_things_were_made_ready_and_gone() {
    let client = Client::calm();
    let start = client.simulator.now();
    let vpc = client.vpc().await;
    client.wait(60).await;
    client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
    let timeline = client.simulator.with(|world| world.timeline());
    let life = timeline.iter().find(|it| it.object.id == vpc).unwrap().life;
    let ready = life.ready.unwrap();
    assert!(life.created >= start && ready > life.created && life.deleted.unwrap() > ready);
}

#[tokio::test(start_paused = true)]
async fn drift_touches_only_what_is_owned_and_says_what_it_did() {
    let client = Client::calm();
    client.ec2("DescribeVpcs", &[]).await.good();
    assert_eq!(client.simulator.with(|world| world.drift(1)), None);
    let mut told = BTreeSet::new();
    for seed in 0..40 {
        let client = Client::calm();
        let vpc = client.vpc().await;
        let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
        let gateway = client.attached_gateway(&vpc).await;
        let table = client.ec2("CreateRouteTable", &[("VpcId", &vpc)]).await.text("routeTableId");
        let route = [
            ("RouteTableId", table.as_str()),
            ("DestinationCidrBlock", "0.0.0.0/0"),
            ("GatewayId", gateway.as_str()),
        ];
        client.ec2("CreateRoute", &route).await.good();
        let pair = [route[0], ("SubnetId", subnet.as_str())];
        client.ec2("AssociateRouteTable", &pair).await.good();
        let marks = [("Tag.1.Key", "clctl.dev/uid"), ("Tag.2.Key", "Name"), ("Tag.2.Value", "x")];
        let ids = [&vpc, &subnet, &gateway, &table];
        for id in ids {
            let mut all = marks.to_vec();
            all.push(("ResourceId.1", id));
            client.ec2("CreateTags", &all).await.good();
        }
        let said = client.simulator.with(|world| world.drift(seed)).unwrap();
        // Its default group goes with the VPC, and takes no tags of its own.
        let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc.as_str())];
        let group = client.ec2("DescribeSecurityGroups", &of).await.good().text("groupId");
        let owned = ids.into_iter().chain([&group]).any(|it| said.contains(it.as_str()));
        assert!(owned, "{said}");
        let words = said.split(' ').filter(|it| !it.contains('-') && !it.contains('/'));
        told.insert(words.collect::<Vec<_>>().join(" "));
    }
    assert!(told.len() > 7, "{told:?}");
}

/// Whatever takes tags takes them from somebody else, each by the calls of its own service.
#[tokio::test(start_paused = true)]
async fn somebody_retags_whatever_takes_tags() {
    let client = Client::calm();
    client.vpc().await;
    client.role("role").await;
    client.iam("CreateInstanceProfile", &[("InstanceProfileName", "profile")]).await.good();
    client.kms("CreateKey", json!({})).await.good();
    let secret = json!({ "Name": "secret" });
    client.secrets("CreateSecret", secret).await.good();
    client.logs("CreateLogGroup", json!({ "logGroupName": "group" })).await.good();
    let parameter = json!({ "Name": "/parameter", "Value": "x", "Type": "String" });
    client.ssm("PutParameter", parameter).await.good();
    let tags = |of: &[(&str, &str)]| {
        of.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect::<BTreeMap<_, _>>()
    };
    let (put, more) = (tags(&[("team", "a/b"), ("stage", "")]), tags(&[("team", "c")]));
    let mut kinds = BTreeSet::new();
    client.simulator.with(|world| {
        for (object, _) in world.tagged() {
            // Aliases have no tags, and a key of AWS's own takes none.
            if world.retag(&object, &put, &[]) {
                assert!(world.retag(&object, &more, &["stage".to_owned()]), "{object:?}");
                kinds.insert(object.kind);
            }
        }
        for (object, tags) in world.tagged().iter().filter(|it| kinds.contains(&it.0.kind)) {
            let ours = object.kind != "key" || !tags.is_empty();
            assert!(!ours || *tags == more, "{object:?} {tags:?}");
        }
        let nowhere = world.objects()[0].clone();
        let nowhere = clctl_simulator::Object { id: "nothing".to_owned(), ..nowhere };
        assert!(!world.retag(&nowhere, &put, &[]));
    });
    let protect = json!({ "logGroupIdentifier": "group", "deletionProtectionEnabled": true });
    client.logs("PutLogGroupDeletionProtection", protect).await.good();
    let group = json!({ "logGroupName": "group" });
    assert_eq!(client.logs("DeleteLogGroup", group.clone()).await.status, 400);
    client.simulator.with(|world| {
        assert!(world.objects().iter().all(|it| world.unprotect(it)));
    });
    client.logs("DeleteLogGroup", group).await.good();
    let expected = ["vpc", "role", "instance-profile", "key", "secret", "log-group", "parameter"];
    assert!(expected.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

#[test]
fn settings_are_shown_in_one_line_and_lose_nothing_when_written() {
    for settings in [Settings::default(), Settings::calm(), Settings::stormy(3)] {
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
        assert!(!settings.to_string().contains('\n'));
    }
    let partial: Settings = serde_json::from_str(r#"{"seed": 9}"#).unwrap();
    assert_eq!(partial, Settings { seed: 9, ..Settings::default() });
    insta::assert_snapshot!(
        Settings::default(),
        @"realistic world: seed 1, lag by id 0 s..2 s and in lists 0 s..20 s, NAT gateway 75 s..150 s up and 60 s..180 s down, token buckets on, faults 0‰, latency 20 ms..120 ms, speed 1"
    );
}
