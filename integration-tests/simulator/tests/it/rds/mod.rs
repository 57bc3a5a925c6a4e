//! RDS, after <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/Welcome.html>.

mod backup;
mod cluster;
mod drift;
mod event_subscription;
mod groups;
mod instance;
mod looks;
mod modify;
mod network;
mod snapshot;
mod storm;
mod tags;

use clctl_simulator::Settings;

use crate::client::{Answer, Client};

/// A VPC with a subnet in each of two zones.
pub(crate) struct Net {
    pub(crate) vpc: String,
    pub(crate) subnets: [String; 2],
}

pub(crate) async fn net(client: &Client) -> Net {
    let vpc = client.vpc().await;
    let mut subnets = Vec::new();
    for (cidr, zone) in [("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1b")] {
        let params = [("VpcId", &*vpc), ("CidrBlock", cidr), ("AvailabilityZone", zone)];
        subnets.push(client.ec2("CreateSubnet", &params).await.good().text("subnetId"));
    }
    let [a, b] = subnets.try_into().unwrap();
    Net { vpc, subnets: [a, b] }
}

/// A subnet group `net` over both subnets.
pub(crate) async fn subnet_group(client: &Client) -> Net {
    let net = net(client).await;
    let params = [
        ("DBSubnetGroupName", "net"),
        ("DBSubnetGroupDescription", "two zones"),
        ("SubnetIds.SubnetIdentifier.1", &*net.subnets[0]),
        ("SubnetIds.SubnetIdentifier.2", &*net.subnets[1]),
    ];
    client.rds("CreateDBSubnetGroup", &params).await.good();
    net
}

/// What a new instance needs.
pub(crate) const PLAIN: &[(&str, &str)] = &[
    ("DBInstanceIdentifier", "db"),
    ("Engine", "postgres"),
    ("EngineVersion", "17.6"),
    ("DBInstanceClass", "db.m6g.large"),
    ("AllocatedStorage", "100"),
    ("StorageType", "gp3"),
    ("MasterUsername", "chainlink"),
    ("MasterUserPassword", "correct-horse-battery"),
    ("DBSubnetGroupName", "net"),
];

/// The same with more, or with other values.
pub(crate) async fn create(client: &Client, more: &[(&str, &str)]) -> Answer {
    let kept = PLAIN.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
    let params: Vec<_> = kept.chain(more).filter(|it| !it.1.is_empty()).copied().collect();
    client.rds("CreateDBInstance", &params).await
}

pub(crate) async fn seen(client: &Client, id: &str) -> Answer {
    client.rds("DescribeDBInstances", &[("DBInstanceIdentifier", id)]).await
}

pub(crate) async fn status(client: &Client, id: &str) -> String {
    seen(client, id).await.text("DBInstanceStatus")
}

/// Waits until the instance is in a state.
#[track_caller]
pub(crate) fn until(client: &Client, id: &str, wanted: &str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for _ in 0..400 {
            let answer = seen(client, id).await;
            let now = answer.text("DBInstanceStatus");
            if now == wanted || (wanted == "gone" && answer.code() == "DBInstanceNotFound") {
                return;
            }
            client.wait(30).await;
        }
        let answer = seen(client, id).await;
        assert_eq!(answer.text("DBInstanceStatus"), wanted, "{caller}: {}", answer.body);
    }
}

/// A client with an instance `db` that is available.
pub(crate) async fn running(more: &[(&str, &str)]) -> (Client, Net) {
    let client = Client::calm();
    let net = subnet_group(&client).await;
    create(&client, more).await.good();
    until(&client, "db", "available").await;
    (client, net)
}

pub(crate) async fn modify(client: &Client, params: &[(&str, &str)]) -> Answer {
    let params: Vec<_> =
        [("DBInstanceIdentifier", "db")].into_iter().chain(params.iter().copied()).collect();
    client.rds("ModifyDBInstance", &params).await
}

pub(crate) async fn delete(client: &Client, params: &[(&str, &str)]) -> Answer {
    let params: Vec<_> =
        [("DBInstanceIdentifier", "db")].into_iter().chain(params.iter().copied()).collect();
    client.rds("DeleteDBInstance", &params).await
}

pub(crate) fn answering(fact: &str, answer: u64) -> Client {
    let mut settings = Settings::calm();
    settings.disputes.insert(fact.to_owned(), answer);
    Client::new(settings)
}
