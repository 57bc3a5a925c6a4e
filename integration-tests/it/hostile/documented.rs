//! What AWS documents of its answers.

/// How a list says that there is more.
pub(crate) struct Paging {
    /// Where the next page is named.
    pub(crate) token: &'static str,
    /// What says that there is one, where the name alone does not.
    pub(crate) more: &'static str,
}

/// How a list says so; nothing if it has no pages.
pub(crate) fn paging(operation: &str) -> Option<Paging> {
    const NO_PAGES: &[&str] =
        &["ec2:DescribeAddresses", "ec2:DescribeKeyPairs", "ec2:DescribeVpcAttribute"];
    let (token, more) = match operation.split_once(':')? {
        ("ec2", name) if name.starts_with("Describe") && !NO_PAGES.contains(&operation) => {
            ("nextToken", "")
        }
        ("backup", name) if name.starts_with("List") => ("NextToken", ""),
        ("iam", name) if name.starts_with("List") || name == "GetAccountAuthorizationDetails" => {
            ("Marker", "IsTruncated")
        }
        ("kms", name) if name.starts_with("List") => ("NextMarker", "Truncated"),
        ("secretsmanager", "ListSecrets")
        | ("autoscaling", "DescribeAutoScalingGroups")
        | ("devops-guru", "GetResourceCollection" | "ListNotificationChannels")
        | ("sns", "ListSubscriptionsByTopic")
        | ("cloudwatch", "DescribeAlarms" | "ListDashboards")
        | ("ssm", "GetParametersByPath") => ("NextToken", ""),
        ("logs", "DescribeLogGroups" | "DescribeMetricFilters") => ("nextToken", ""),
        ("rds", name) if name.starts_with("Describe") => ("Marker", ""),
        ("elasticloadbalancing", "DescribeTags") => return None,
        ("elasticloadbalancing", name) if name.ends_with("Attributes") => return None,
        ("elasticloadbalancing", name) if name.starts_with("Describe") => ("NextMarker", ""),
        ("tag", "GetResources") => ("PaginationToken", ""),
        _ => return None,
    };
    Some(Paging { token, more })
}

/// Where an answer about one object says which it is.
pub(crate) fn name(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "cloudwatch:GetDashboard" => "DashboardName",
        "iam:GetInstanceProfile" => "InstanceProfileName",
        "iam:GetRole" => "RoleName",
        "iam:GetRolePolicy" => "PolicyName",
        "kms:DescribeKey" => "Arn",
        "rds:DescribeDBSubnetGroups" => "DBSubnetGroupName",
        "rds:DescribeDBParameterGroups" => "DBParameterGroupName",
        "rds:DescribeDBClusterParameterGroups" => "DBClusterParameterGroupName",
        "rds:DescribeDBClusters" => "DBClusterIdentifier",
        "rds:DescribeEventSubscriptions" => "CustSubscriptionId",
        "secretsmanager:DescribeSecret" | "secretsmanager:GetResourcePolicy" => "ARN",
        _ => return None,
    })
}

/// What AWS documents to be in every answer that shows such an object, and every answer.
pub(crate) fn required(operation: &str) -> &'static [&'static str] {
    match operation {
        _ if operation.starts_with("ec2:") => required_of_ec2(operation),
        _ if operation.starts_with("backup:") => required_of_backup(operation),
        "autoscaling:DescribeAutoScalingGroups" => &[
            "AutoScalingGroups",
            "AutoScalingGroupName",
            "AutoScalingGroupARN",
            "MinSize",
            "MaxSize",
            "DesiredCapacity",
            "DefaultCooldown",
            "HealthCheckType",
        ],
        "autoscaling:DescribeScalingActivities" => &["Activities"],
        "cloudwatch:DescribeAlarms" => &[
            "MetricAlarms",
            "AlarmName",
            "AlarmArn",
            "ComparisonOperator",
            "EvaluationPeriods",
            "ActionsEnabled",
        ],
        "cloudwatch:ListDashboards" => &["DashboardEntries", "DashboardName"],
        "cloudwatch:GetDashboard" => &["DashboardName", "DashboardBody"],
        "cloudwatch:ListTagsForResource" | "iam:ListInstanceProfileTags" => {
            &["Tags", "Key", "Value"]
        }
        "iam:GetAccountAuthorizationDetails" => {
            &["RoleDetailList", "RoleName", "RolePolicyList", "AttachedManagedPolicies"]
        }
        "iam:GetRole" => {
            &["Role", "RoleName", "Arn", "AssumeRolePolicyDocument", "MaxSessionDuration"]
        }
        "iam:GetRolePolicy" => &["RoleName", "PolicyName", "PolicyDocument"],
        "iam:GetInstanceProfile" => &["InstanceProfile", "InstanceProfileName", "Arn", "Roles"],
        "iam:ListInstanceProfiles" => &["InstanceProfiles", "InstanceProfileName", "Arn", "Roles"],
        "iam:ListInstanceProfilesForRole" => &["InstanceProfiles", "InstanceProfileName"],
        "iam:ListRolePolicies" => &["PolicyNames"],
        "iam:ListAttachedRolePolicies" => &["AttachedPolicies", "PolicyArn"],
        "kms:ListAliases" => &["Aliases", "AliasName", "AliasArn"],
        "kms:DescribeKey" => &["KeyMetadata", "KeyId", "Arn", "KeyState"],
        "kms:GetKeyPolicy" => &["Policy"],
        "kms:GetKeyRotationStatus" => &["KeyRotationEnabled"],
        "kms:ListResourceTags" => &["Tags", "TagKey", "TagValue"],
        "logs:DescribeLogGroups" => &["logGroups", "logGroupName"],
        "logs:DescribeMetricFilters" => &[
            "metricFilters",
            "filterName",
            "filterPattern",
            "logGroupName",
            "metricTransformations",
            "metricName",
            "metricNamespace",
            "metricValue",
        ],
        "logs:ListTagsForResource" => &["tags"],
        "secretsmanager:ListSecrets" => &["SecretList", "ARN", "Name"],
        "secretsmanager:DescribeSecret" => &["ARN", "Name"],
        "secretsmanager:GetResourcePolicy" => &["ARN"],
        _ if operation.starts_with("rds:") => required_of_rds(operation),
        _ if operation.starts_with("elasticloadbalancing:") => required_of_balancers(operation),
        "acm:DescribeCertificate" => {
            &["Certificate", "CertificateArn", "Status", "NotAfter", "DomainName"]
        }
        "secretsmanager:GetSecretValue" => &["SecretString"],
        "secretsmanager:GetRandomPassword" => &["RandomPassword"],
        "route53:GetHostedZone" => &["HostedZone", "Id", "Name"],
        "route53:ListResourceRecordSets" => &[
            "ResourceRecordSets",
            "Name",
            "Type",
            "HostedZoneId",
            "DNSName",
            "EvaluateTargetHealth",
            "Value",
            "IsTruncated",
            "MaxItems",
        ],
        "devops-guru:GetResourceCollection" => &["AppBoundaryKey", "TagValues"],
        "devops-guru:ListNotificationChannels" => &["Channels", "Id", "Config", "Sns", "TopicArn"],
        "sns:GetTopicAttributes" => &["Attributes"],
        "sns:ListSubscriptionsByTopic" => {
            &["Subscriptions", "SubscriptionArn", "Protocol", "Endpoint"]
        }
        "sns:ListTagsForResource" => &["Tags", "Key", "Value"],
        "ssm:GetParameter" => &["Parameter"],
        "ssm:GetParametersByPath" => &["Parameters", "Name", "Value"],
        "ssm:ListTagsForResource" => &["TagList", "Key", "Value"],
        "tag:GetResources" => &["ResourceTagMappingList", "ResourceARN"],
        "sts:GetCallerIdentity" => &["Account", "Arn"],
        _ => &[],
    }
}

fn required_of_backup(operation: &str) -> &'static [&'static str] {
    match operation {
        "backup:DescribeBackupVault" => {
            &["BackupVaultName", "BackupVaultArn", "EncryptionKeyArn", "NumberOfRecoveryPoints"]
        }
        "backup:GetBackupPlan" => &[
            "BackupPlan",
            "BackupPlanId",
            "BackupPlanArn",
            "BackupPlanName",
            "Rules",
            "RuleName",
            "TargetBackupVaultName",
            "ScheduleExpression",
            "StartWindowMinutes",
            "CompletionWindowMinutes",
        ],
        "backup:GetBackupSelection" => {
            &["SelectionId", "BackupSelection", "SelectionName", "IamRoleArn"]
        }
        "backup:ListBackupPlans" => &["BackupPlansList"],
        "backup:ListBackupSelections" => &["BackupSelectionsList", "SelectionId"],
        "backup:ListBackupVaults" => &["BackupVaultList"],
        "backup:ListRecoveryPointsByBackupVault" => &["RecoveryPoints"],
        "backup:ListTags" => &["Tags"],
        _ => &[],
    }
}

fn required_of_ec2(operation: &str) -> &'static [&'static str] {
    match operation {
        "ec2:DescribeVpcs" => &["vpcSet", "vpcId", "state", "cidrBlock"],
        "ec2:DescribeVpcAttribute" => &["enableDnsSupport", "enableDnsHostnames", "value"],
        "ec2:DescribeSubnets" => &[
            "subnetSet",
            "subnetId",
            "state",
            "vpcId",
            "cidrBlock",
            "availabilityZone",
            "mapPublicIpOnLaunch",
        ],
        "ec2:DescribeInternetGateways" => {
            &["internetGatewaySet", "internetGatewayId", "attachmentSet", "vpcId"]
        }
        "ec2:DescribeNatGateways" => &["natGatewaySet", "natGatewayId", "state", "subnetId"],
        "ec2:DescribeAddresses" => &["addressesSet", "allocationId", "publicIp"],
        "ec2:DescribeRouteTables" => &[
            "routeTableSet",
            "routeTableId",
            "vpcId",
            "routeSet",
            "associationSet",
            "destinationCidrBlock",
        ],
        "ec2:DescribeSecurityGroups" => &[
            "securityGroupInfo",
            "groupId",
            "groupDescription",
            "ipPermissions",
            "ipPermissionsEgress",
            "ipProtocol",
        ],
        "ec2:DescribeSecurityGroupRules" => {
            &["securityGroupRuleSet", "securityGroupRuleId", "groupId", "isEgress", "ipProtocol"]
        }
        "ec2:DescribeKeyPairs" => &["keySet", "keyPairId", "keyName", "publicKey"],
        "ec2:DescribeVpcEndpoints" => &[
            "vpcEndpointSet",
            "vpcEndpointId",
            "vpcEndpointType",
            "vpcId",
            "serviceName",
            "state",
            "policyDocument",
        ],
        "ec2:DescribeDhcpOptions" => &["dhcpOptionsSet", "dhcpOptionsId", "dhcpConfigurationSet"],
        "ec2:DescribeFlowLogs" => &[
            "flowLogSet",
            "flowLogId",
            "resourceId",
            "trafficType",
            "maxAggregationInterval",
            "deliverLogsPermissionArn",
        ],
        "ec2:DescribeInstances" => {
            &["reservationSet", "instancesSet", "instanceId", "launchTime", "instanceState"]
        }
        "ec2:DescribeLaunchTemplates" => {
            &["launchTemplates", "launchTemplateId", "launchTemplateName", "defaultVersionNumber"]
        }
        "ec2:DescribeLaunchTemplateVersions" => &[
            "launchTemplateVersionSet",
            "launchTemplateId",
            "versionNumber",
            "defaultVersion",
            "launchTemplateData",
        ],
        _ => &[],
    }
}

fn required_of_balancers(operation: &str) -> &'static [&'static str] {
    match operation {
        "elasticloadbalancing:DescribeLoadBalancers" => &[
            "LoadBalancers",
            "LoadBalancerArn",
            "DNSName",
            "CanonicalHostedZoneId",
            "Scheme",
            "VpcId",
            "State",
            "Code",
            "AvailabilityZones",
            "SubnetId",
        ],
        "elasticloadbalancing:DescribeTargetGroups" => &[
            "TargetGroups",
            "TargetGroupArn",
            "Protocol",
            "Port",
            "VpcId",
            "TargetType",
            "HealthCheckProtocol",
            "HealthCheckPort",
            "HealthCheckEnabled",
            "HealthCheckIntervalSeconds",
            "HealthCheckTimeoutSeconds",
            "HealthyThresholdCount",
            "UnhealthyThresholdCount",
        ],
        "elasticloadbalancing:DescribeListeners" => {
            &["Listeners", "ListenerArn", "LoadBalancerArn", "Port", "Protocol", "DefaultActions"]
        }
        "elasticloadbalancing:DescribeRules" => {
            &["Rules", "RuleArn", "Priority", "Conditions", "Field", "Actions", "Type"]
        }
        "elasticloadbalancing:DescribeTags" => &["TagDescriptions", "ResourceArn", "Tags", "Key"],
        "elasticloadbalancing:DescribeListenerAttributes"
        | "elasticloadbalancing:DescribeLoadBalancerAttributes"
        | "elasticloadbalancing:DescribeTargetGroupAttributes" => &["Attributes", "Key"],
        _ => &[],
    }
}

fn required_of_rds(operation: &str) -> &'static [&'static str] {
    match operation {
        "rds:DescribeEventSubscriptions" => &[
            "EventSubscriptionsList",
            "CustSubscriptionId",
            "EventSubscriptionArn",
            "Status",
            "SnsTopicArn",
            "Enabled",
        ],
        "rds:DescribeDBSubnetGroups" => {
            &["DBSubnetGroups", "DBSubnetGroupName", "DBSubnetGroupArn", "VpcId", "Subnets"]
        }
        "rds:DescribeDBParameterGroups" => {
            &["DBParameterGroups", "DBParameterGroupName", "DBParameterGroupArn"]
        }
        "rds:DescribeDBParameters" | "rds:DescribeDBClusterParameters" => {
            &["Parameters", "ParameterName"]
        }
        "rds:DescribeDBInstances" => &[
            "DBInstances",
            "DBInstanceIdentifier",
            "DBInstanceArn",
            "DBInstanceStatus",
            "DBInstanceClass",
            "EngineVersion",
            "StorageType",
            "AllocatedStorage",
            "MasterUsername",
        ],
        "rds:DescribeDBSnapshots" => &["DBSnapshots"],
        "rds:DescribeDBClusterParameterGroups" => &[
            "DBClusterParameterGroups",
            "DBClusterParameterGroupName",
            "DBClusterParameterGroupArn",
        ],
        "rds:DescribeDBClusters" => &[
            "DBClusters",
            "DBClusterIdentifier",
            "DBClusterArn",
            "Status",
            "EngineVersion",
            "MasterUsername",
        ],
        "rds:DescribeDBClusterSnapshots" => &["DBClusterSnapshots"],
        "rds:ListTagsForResource" => &["TagList", "Key"],
        _ => &[],
    }
}
