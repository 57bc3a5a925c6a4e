//! Token buckets per region and API, with the numbers AWS documents.
//!
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Time;

/// How much a bucket holds and how much it gains per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    size: f64,
    refill: f64,
}

const fn rate(size: f64, refill: f64) -> Rate {
    Rate { size, refill }
}

/// The rate of an EC2 action; `narrow` when the request has a filter, an id or a page size.
pub(crate) fn ec2(operation: &str, narrow: bool) -> Rate {
    match operation {
        "DescribeInstances"
        | "DescribeInstanceStatus"
        | "DescribeNetworkInterfaces"
        | "DescribeSecurityGroups"
        | "DescribeSnapshots"
        | "DescribeSpotInstanceRequests"
        | "DescribeVolumes"
            if !narrow =>
        {
            rate(50.0, 10.0)
        }
        "DescribeSecurityGroupReferences" | "DescribeStaleSecurityGroups" => rate(20.0, 5.0),
        "CreateTags" | "DeleteTags" => rate(100.0, 10.0),
        "CreateNatGateway" | "DeleteNatGateway" => rate(10.0, 1.0),
        "CreateVpcEndpoint"
        | "ModifyVpcEndpoint"
        | "DeleteVpcEndpoints"
        | "AcceptVpcEndpointConnections" => rate(4.0, 0.3),
        "CreateLaunchTemplateVersion"
        | "ModifyLaunchTemplate"
        | "CreateNetworkInterface"
        | "DeleteNetworkInterface" => rate(100.0, 5.0),
        other if other.starts_with("Describe") => rate(100.0, 20.0),
        _ => rate(50.0, 5.0),
    }
}

/// The rate of an SSM action.
///
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>
pub(crate) fn ssm(operation: &str) -> Rate {
    match operation {
        "GetParameter" | "GetParameters" | "GetParametersByPath" => rate(40.0, 40.0),
        "DescribeParameters" => rate(10.0, 10.0),
        "PutParameter" => rate(3.0, 3.0),
        _ => rate(5.0, 5.0),
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Level {
    left: f64,
    at: Time,
}

/// The buckets of the account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Buckets(BTreeMap<String, Level>);

impl Buckets {
    /// Takes a token from the bucket called `name`; false when there is none.
    pub(crate) fn take(&mut self, name: String, rate: Rate, now: Time) -> bool {
        let level = self.0.entry(name).or_insert(Level { left: rate.size, at: now });
        let gained = now.since(level.at).as_secs_f64() * rate.refill;
        level.left = (level.left + gained).min(rate.size);
        level.at = level.at.max(now);
        let enough = level.left >= 1.0;
        if enough {
            level.left -= 1.0;
        }
        enough
    }
}
