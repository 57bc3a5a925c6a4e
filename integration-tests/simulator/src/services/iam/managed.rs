//! Policies that AWS manages: those this simulator knows, in their default version.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use serde_json::{Value, json};

use super::document::{Document, Grammar};
use crate::fault::Fault;

/// A policy of AWS's: the part of its ARN behind `arn:aws:iam::aws:policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Managed(&'static str);

const BEFORE: &str = "arn:aws:iam::aws:policy";

const KNOWN: &[&str] = &[
    "/AdministratorAccess",
    "/AmazonEC2ContainerRegistryReadOnly",
    "/AmazonSSMManagedInstanceCore",
    "/CloudWatchAgentServerPolicy",
    "/PowerUserAccess",
    "/ReadOnlyAccess",
    "/SecurityAudit",
    "/aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup",
    "/aws-service-role/AWSEC2SpotServiceRolePolicy",
    "/aws-service-role/AWSElasticLoadBalancingServiceRolePolicy",
    "/aws-service-role/AmazonDevOpsGuruServiceRolePolicy",
    "/aws-service-role/AmazonRDSServiceRolePolicy",
    "/aws-service-role/AmazonSSMServiceRolePolicy",
    "/aws-service-role/AutoScalingServiceRolePolicy",
    "/service-role/AWSBackupServiceRolePolicyForBackup",
    "/service-role/AWSBackupServiceRolePolicyForRestores",
    "/service-role/AmazonRDSEnhancedMonitoringRole",
];

/// The policy of an ARN.
pub(super) fn find(arn: &str) -> Option<Managed> {
    let rest = arn.strip_prefix(BEFORE)?;
    KNOWN.iter().find(|it| **it == rest).map(|it| Managed(it))
}

/// The name in an ARN of a policy.
pub(super) fn name(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |it| it.1)
}

/// The path in an ARN of a policy.
pub(super) fn path(arn: &str) -> &str {
    let rest = arn.strip_prefix(BEFORE).unwrap_or("/");
    rest.rfind('/').and_then(|it| rest.get(..=it)).unwrap_or("/")
}

impl Managed {
    /// Whether it cannot be attached to a role of the customer's.
    pub(super) fn is_for_services_alone(self) -> bool {
        self.0.starts_with("/aws-service-role/")
    }

    /// What it says.
    pub(super) fn document(self) -> Result<Document, Fault> {
        let unmodelled = || Fault::unsupported(format!("what {BEFORE}{} says", self.0));
        let value = says(self.0).ok_or_else(unmodelled)?;
        Document::read(&value, Grammar::Identity).map_err(|_| unmodelled())
    }
}

fn says(path: &str) -> Option<Value> {
    let text = match path {
        "/AdministratorAccess" => ADMINISTRATOR_ACCESS,
        "/PowerUserAccess" => POWER_USER_ACCESS,
        "/AmazonEC2ContainerRegistryReadOnly" => AMAZONEC2_CONTAINER_REGISTRY_READ_ONLY,
        "/AmazonSSMManagedInstanceCore" => AMAZONSSM_MANAGED_INSTANCE_CORE,
        "/CloudWatchAgentServerPolicy" => CLOUD_WATCH_AGENT_SERVER_POLICY,
        "/service-role/AmazonRDSEnhancedMonitoringRole" => AMAZONRDS_ENHANCED_MONITORING_ROLE,
        _ => return None,
    };
    let statements: Value = serde_json::from_str(text).ok()?;
    Some(json!({ "Version": "2012-10-17", "Statement": statements }))
}

const ADMINISTRATOR_ACCESS: &str = r#"[
    { "Effect": "Allow", "Action": "*", "Resource": "*" }
]"#;

const POWER_USER_ACCESS: &str = r#"[
    {
        "Effect": "Allow",
        "NotAction": ["iam:*", "organizations:*", "account:*"],
        "Resource": "*"
    },
    {
        "Effect": "Allow",
        "Action": [
            "account:GetAccountInformation",
            "account:GetGovCloudAccountInformation",
            "account:GetPrimaryEmail",
            "account:ListRegions",
            "iam:CreateServiceLinkedRole",
            "iam:DeleteServiceLinkedRole",
            "iam:ListRoles",
            "organizations:DescribeEffectivePolicy",
            "organizations:DescribeOrganization"
        ],
        "Resource": "*"
    }
]"#;

const AMAZONEC2_CONTAINER_REGISTRY_READ_ONLY: &str = r#"[
    {
        "Effect": "Allow",
        "Action": [
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetRepositoryPolicy",
            "ecr:DescribeRepositories",
            "ecr:ListImages",
            "ecr:DescribeImages",
            "ecr:BatchGetImage",
            "ecr:GetLifecyclePolicy",
            "ecr:GetLifecyclePolicyPreview",
            "ecr:ListTagsForResource",
            "ecr:DescribeImageScanFindings"
        ],
        "Resource": "*"
    }
]"#;

const AMAZONSSM_MANAGED_INSTANCE_CORE: &str = r#"[
    {
        "Effect": "Allow",
        "Action": [
            "ssm:DescribeAssociation",
            "ssm:GetDeployablePatchSnapshotForInstance",
            "ssm:GetDocument",
            "ssm:DescribeDocument",
            "ssm:GetManifest",
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:ListAssociations",
            "ssm:ListInstanceAssociations",
            "ssm:PutInventory",
            "ssm:PutComplianceItems",
            "ssm:PutConfigurePackageResult",
            "ssm:UpdateAssociationStatus",
            "ssm:UpdateInstanceAssociationStatus",
            "ssm:UpdateInstanceInformation"
        ],
        "Resource": "*"
    },
    {
        "Effect": "Allow",
        "Action": [
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel"
        ],
        "Resource": "*"
    },
    {
        "Effect": "Allow",
        "Action": [
            "ec2messages:AcknowledgeMessage",
            "ec2messages:DeleteMessage",
            "ec2messages:FailMessage",
            "ec2messages:GetEndpoint",
            "ec2messages:GetMessages",
            "ec2messages:SendReply"
        ],
        "Resource": "*"
    }
]"#;

const CLOUD_WATCH_AGENT_SERVER_POLICY: &str = r#"[
    {
        "Sid": "CWACloudWatchServerPermissions",
        "Effect": "Allow",
        "Action": [
            "cloudwatch:PutMetricData",
            "ec2:DescribeVolumes",
            "ec2:DescribeTags",
            "logs:PutLogEvents",
            "logs:PutRetentionPolicy",
            "logs:DescribeLogStreams",
            "logs:DescribeLogGroups",
            "logs:CreateLogStream",
            "logs:CreateLogGroup",
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:GetSamplingStatisticSummaries"
        ],
        "Resource": "*"
    },
    {
        "Sid": "CWASSMServerPermissions",
        "Effect": "Allow",
        "Action": ["ssm:GetParameter"],
        "Resource": "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"
    }
]"#;

const AMAZONRDS_ENHANCED_MONITORING_ROLE: &str = r#"[
    {
        "Sid": "EnableCreationAndManagementOfRDSCloudwatchLogGroups",
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
        "Resource": ["arn:aws:logs:*:*:log-group:RDS*"]
    },
    {
        "Sid": "EnableCreationAndManagementOfRDSCloudwatchLogStreams",
        "Effect": "Allow",
        "Action": [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "logs:DescribeLogStreams",
            "logs:GetLogEvents"
        ],
        "Resource": ["arn:aws:logs:*:*:log-group:RDS*:log-stream:*"]
    }
]"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_policy_is_a_good_document() {
        let told = KNOWN.iter().filter(|it| Managed(it).document().is_ok());
        assert_eq!(told.count(), 6);
        let arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole";
        assert_eq!(path(arn), "/service-role/");
        assert_eq!(name(arn), "AmazonRDSEnhancedMonitoringRole");
    }
}
