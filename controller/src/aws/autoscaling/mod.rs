//! Auto Scaling: groups of instances that AWS keeps as many as they are to be.

mod group;
mod release;
mod tags;

pub use self::group::{
    AutoScalingGroup, AutoScalingGroupArn, AutoScalingGroupConfig, AutoScalingGroupOutputs,
    BorrowedKey,
};

pub(super) use self::{
    group::{LIST, describe},
    tags::pairs,
};

use super::Environment;

/// Whose role it is that groups launch with
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html>).
const SERVICE: &str = "autoscaling.amazonaws.com";

/// The ARN of the role that groups launch with, which AWS keeps for the whole account.
pub fn service_linked_role(environment: &Environment) -> String {
    let Environment { partition, account, .. } = environment;
    format!(
        "arn:{partition}:iam::{account}:role/aws-service-role/{SERVICE}/AWSServiceRoleForAutoScaling"
    )
}
