//! Token buckets per region and API, with the numbers AWS documents.
//!
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Time;

/// A token, in the parts the buckets count: whole numbers, so that a world read back from its file
/// is the very same world.
const TOKEN: u64 = 1_000_000;

/// How much a bucket holds, in tokens, and how much it gains, in thousandths of a token per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    size: u64,
    refill: u64,
}

/// A bucket of this size that gains so much per second.
pub(crate) const fn rate(size: u64, refill: u64) -> Rate {
    Rate { size, refill: refill * 1000 }
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
            rate(50, 10)
        }
        "DescribeSecurityGroupReferences" | "DescribeStaleSecurityGroups" => rate(20, 5),
        "CreateTags" | "DeleteTags" => rate(100, 10),
        "CreateNatGateway" | "DeleteNatGateway" => rate(10, 1),
        "CreateVpcEndpoint"
        | "ModifyVpcEndpoint"
        | "DeleteVpcEndpoints"
        | "AcceptVpcEndpointConnections" => Rate { size: 4, refill: 300 },
        "CreateLaunchTemplateVersion"
        | "ModifyLaunchTemplate"
        | "CreateNetworkInterface"
        | "DeleteNetworkInterface" => rate(100, 5),
        other if other.starts_with("Describe") => rate(100, 20),
        _ => rate(50, 5),
    }
}

/// The rate of an SSM action.
///
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>
pub(crate) fn ssm(operation: &str) -> Rate {
    match operation {
        "GetParameter" | "GetParameters" | "GetParametersByPath" => rate(40, 40),
        "DescribeParameters" => rate(10, 10),
        "PutParameter" => rate(3, 3),
        _ => rate(5, 5),
    }
}

/// The rate of a KMS operation.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>
pub(crate) fn kms(operation: &str) -> Rate {
    let per_second = match operation {
        "DescribeKey" | "ListResourceTags" => 2000,
        "GetKeyPolicy" | "GetKeyRotationStatus" => 1000,
        "ListAliases" | "ListKeys" => 500,
        "ListGrants" => 100,
        "CreateGrant" => 50,
        "RetireGrant" | "RevokeGrant" => 30,
        "DeleteAlias" | "EnableKeyRotation" | "PutKeyPolicy" | "ScheduleKeyDeletion" => 15,
        "TagResource" => 10,
        _ => 5,
    };
    rate(per_second, per_second)
}

/// The rate of all of Auto Scaling's actions together.
///
/// AWS publishes none; groups of clients that asked much more than once a second were seen to be throttled:
/// <https://github.com/kubernetes/autoscaler/issues/252>.
pub(crate) fn autoscaling() -> Rate {
    rate(100, 10)
}

/// The rate of all of IAM's actions together, in the whole account.
///
/// AWS publishes none; more than about fifteen a second were seen to be throttled.
pub(crate) fn iam() -> Rate {
    rate(60, 15)
}

/// The rate of an action of SNS.
///
/// <https://docs.aws.amazon.com/general/latest/gr/sns.html>; of what it does not name, as of the tag calls.
pub(crate) fn sns(operation: &str) -> Rate {
    let per_second = match operation {
        "Publish" => 30_000,
        "ConfirmSubscription" | "Subscribe" | "Unsubscribe" => 100,
        "CreateTopic"
        | "DeleteTopic"
        | "GetTopicAttributes"
        | "ListSubscriptions"
        | "ListSubscriptionsByTopic"
        | "ListTopics" => 30,
        _ => 10,
    };
    rate(per_second, per_second)
}

/// The rate of all of RDS's actions together, in a region.
///
/// AWS publishes none; bursts of some dozens were seen to be throttled
/// (<https://github.com/awslabs/rds-snapshot-tool/issues/29>).
pub(crate) fn rds() -> Rate {
    rate(50, 10)
}

/// The rate of all of Route 53's actions together, in the whole account.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests>
pub(crate) fn route53() -> Rate {
    rate(5, 5)
}

/// The bucket that an action of Elastic Load Balancing takes from.
///
/// AWS publishes that there is one for most actions, one for those that make or change things, and one for targets, and
/// not how large they are: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html>.
pub(crate) fn elb_bucket(operation: &str) -> &'static str {
    match operation {
        "RegisterTargets" | "DeregisterTargets" => "targets",
        other if other.starts_with("Describe") => "describe",
        _ => "change",
    }
}

/// The rate of an action of Elastic Load Balancing.
pub(crate) fn elb(operation: &str) -> Rate {
    match elb_bucket(operation) {
        "change" => rate(40, 10),
        "describe" => rate(40, 20),
        _ => rate(100, 20),
    }
}

/// The rate of an operation of ACM.
///
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html#api-rate-limits>
pub(crate) fn acm(operation: &str) -> Rate {
    let per_second = match operation {
        "DeleteCertificate" | "DescribeCertificate" | "ListTagsForCertificate" => 10,
        "ListCertificates" => 8,
        _ => 5,
    };
    rate(per_second, per_second)
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Level {
    left: u64,
    at: Time,
}

/// The buckets of the account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Buckets(BTreeMap<String, Level>);

impl Buckets {
    /// Takes a token from the bucket called `name`; false when there is none.
    pub(crate) fn take(&mut self, name: String, rate: Rate, now: Time) -> bool {
        let full = rate.size * TOKEN;
        let level = self.0.entry(name).or_insert(Level { left: full, at: now });
        let passed = now.as_millis().saturating_sub(level.at.as_millis());
        level.left = passed.saturating_mul(rate.refill).saturating_add(level.left).min(full);
        level.at = level.at.max(now);
        let Some(left) = level.left.checked_sub(TOKEN) else { return false };
        level.left = left;
        true
    }
}
