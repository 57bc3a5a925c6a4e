//! A database in a storm: late lists, lost answers, throttles; whoever asks again gets there.

use std::fmt::Write as _;

use clctl_simulator::Settings;

use super::PLAIN;
use crate::client::{Answer, Client};

/// Whether a refusal is as good as success when a call is made again.
fn is_done(action: &str, code: &str) -> bool {
    let ending = if action.starts_with("Create") { "AlreadyExists" } else { "NotFound" };
    let again = action.starts_with("Create") || action.starts_with("Delete");
    again && code.trim_end_matches("Fault").ends_with(ending) && code.starts_with(&action[6..])
}

/// Asks until there is an answer that is good, or that says it was done before.
async fn insist(client: &Client, service: &str, action: &str, params: &[(&str, &str)]) -> Answer {
    let version = if service == "rds" { "2014-10-31" } else { "2016-11-15" };
    let mut form = format!("Action={action}&Version={version}");
    for (name, value) in params {
        write!(form, "&{name}={value}").unwrap();
    }
    let mut tries = 0;
    loop {
        let kind = "application/x-www-form-urlencoded";
        if let Ok(answer) = client.send(service, kind, None, form.clone()).await {
            if answer.status == 200 || is_done(action, &answer.code()) {
                return answer;
            }
            assert!(answer.status != 501 && tries < 400, "{action}: {}", answer.body);
        }
        tries += 1;
        client.wait(15).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_again_gets_there() {
    for seed in 0..12 {
        let client = Client::new(Settings::stormy(seed));
        let vpc = insist(&client, "ec2", "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await;
        let vpc = vpc.text("vpcId");
        let mut group = vec![
            ("DBSubnetGroupName", "net".to_owned()),
            ("DBSubnetGroupDescription", "x".to_owned()),
        ];
        for (index, zone) in [(1, "us-east-1a"), (2, "us-east-1b")] {
            let cidr = format!("10.0.{index}.0/24");
            let params = [("VpcId", &*vpc), ("CidrBlock", &cidr), ("AvailabilityZone", zone)];
            // The answer may have been lost: then there is a conflict, and the subnet is looked up.
            let of = [("Filter.1.Name", "cidr-block"), ("Filter.1.Value.1", &*cidr)];
            let mut id = String::new();
            while id.is_empty() {
                let mut form = "Action=CreateSubnet&Version=2016-11-15".to_owned();
                for (name, value) in params {
                    write!(form, "&{name}={value}").unwrap();
                }
                let kind = "application/x-www-form-urlencoded";
                client.send("ec2", kind, None, form).await.ok();
                client.wait(30).await;
                id = insist(&client, "ec2", "DescribeSubnets", &of).await.text("subnetId");
            }
            let name = if index == 1 {
                "SubnetIds.SubnetIdentifier.1"
            } else {
                "SubnetIds.SubnetIdentifier.2"
            };
            group.push((name, id));
        }
        let group: Vec<_> = group.iter().map(|it| (it.0, it.1.as_str())).collect();
        insist(&client, "rds", "CreateDBSubnetGroup", &group).await;
        insist(&client, "rds", "CreateDBInstance", PLAIN).await;
        let named = ("DBInstanceIdentifier", "db");
        let later = [named, ("BackupRetentionPeriod", "7"), ("ApplyImmediately", "true")];
        client.wait(1800).await;
        insist(&client, "rds", "ModifyDBInstance", &later).await;
        client.wait(1800).await;
        let there = insist(&client, "rds", "DescribeDBInstances", &[named]).await;
        assert_eq!(there.text("DBInstanceStatus"), "available", "{seed}");
        assert_eq!(there.text("BackupRetentionPeriod"), "7", "{seed}");
        let skip = [named, ("SkipFinalSnapshot", "true")];
        insist(&client, "rds", "DeleteDBInstance", &skip).await;
        insist(&client, "rds", "DeleteDBSubnetGroup", &group[..1]).await;
        client.wait(120).await;
        let left = client.simulator.with(|world| world.objects());
        let kinds = ["db", "snapshot", "subgrp"];
        let left: Vec<_> = left.iter().filter(|it| kinds.contains(&&*it.kind)).collect();
        assert!(left.is_empty(), "{seed}: {left:?}");
    }
}
