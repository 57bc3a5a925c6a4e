"""What each operation refuses, where no other sequence provokes it: mostly what is not there."""

from drive import sequence

NOTHING = "0123456789abcdef0"
KEY = "00000000-0000-4000-8000-000000000000"
TAGS = [{"Key": "team", "Value": "oracles"}]
BAD_FILTER = [{"Name": "nonsense", "Values": ["x"]}]


@sequence
def refused_ec2(d):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    group, interface, subnet, vpc = (f"{kind}-{NOTHING}" for kind in ("sg", "eni", "subnet", "vpc"))
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    d.ec2("AllocateAddress", Domain="vpc", DryRun=True, fails="DryRunOperation")
    d.ec2("CreateInternetGateway", DryRun=True, fails="DryRunOperation")
    d.ec2("AssociateAddress", AllocationId=f"eipalloc-{NOTHING}", NetworkInterfaceId=interface, fails="InvalidAllocationID.NotFound")
    d.ec2("DisassociateAddress", AssociationId="nonsense", fails=("InvalidAssociationID.NotFound", "InvalidAssociationID.Malformed"))
    d.ec2("AuthorizeSecurityGroupEgress", GroupId=group, IpPermissions=[rule], fails="InvalidGroup.NotFound")
    d.ec2("RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[rule], fails="InvalidGroup.NotFound")
    d.ec2("UpdateSecurityGroupRuleDescriptionsIngress", GroupId=group, IpPermissions=[rule], fails="InvalidGroup.NotFound")
    d.ec2("UpdateSecurityGroupRuleDescriptionsEgress", GroupId=group, IpPermissions=[rule], fails="InvalidGroup.NotFound")
    changed = {"SecurityGroupRuleId": f"sgr-{NOTHING}", "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIpv4": "10.0.0.0/8"}}
    d.ec2("ModifySecurityGroupRules", GroupId=group, SecurityGroupRules=[changed], fails="InvalidGroup.NotFound")
    d.ec2("CreateNetworkInterface", SubnetId=subnet, fails="InvalidSubnetID.NotFound")
    d.ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface, Description={"Value": "x"}, fails="InvalidNetworkInterfaceID.NotFound")
    d.ec2("ModifySubnetAttribute", SubnetId=subnet, MapPublicIpOnLaunch={"Value": True}, fails="InvalidSubnetID.NotFound")
    d.ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsSupport={"Value": True}, fails="InvalidVpcID.NotFound")
    d.ec2("DescribeVpcAttribute", VpcId=vpc, Attribute="enableDnsSupport", fails="InvalidVpcID.NotFound")
    d.ec2("ReplaceRouteTableAssociation", AssociationId=f"rtbassoc-{NOTHING}", RouteTableId=f"rtb-{NOTHING}", fails=("InvalidAssociationID.NotFound", "InvalidRouteTableID.NotFound"))
    d.ec2("CreateVpcEndpoint", VpcId=vpc, VpcEndpointType="Gateway", ServiceName="com.amazonaws.us-east-1.s3", fails="InvalidVpcID.NotFound")
    d.ec2("ModifyVpcEndpoint", VpcEndpointId=f"vpce-{NOTHING}", PrivateDnsEnabled=True, fails=("InvalidVpcEndpoint.NotFound", "InvalidVpcEndpointId.NotFound"))
    d.ec2("DeleteVpcEndpoints", VpcEndpointIds=["nonsense"], DryRun=True, fails=("DryRunOperation", "InvalidVpcEndpointId.Malformed"))
    d.ec2("DeleteFlowLogs", FlowLogIds=["fl-" + NOTHING], DryRun=True, fails="DryRunOperation")
    d.ec2("DeleteKeyPair", KeyName="none", DryRun=True, fails="DryRunOperation")
    d.ec2("DeleteTags", Resources=[vpc], Tags=[{"Key": "team"}], fails="InvalidVpcID.NotFound")
    d.ec2("DescribeSecurityGroupReferences", GroupId=[group], fails="InvalidGroup.NotFound")
    d.ec2("DescribeAccountAttributes", AttributeNames=["nonsense"], fails="InvalidParameterValue")
    d.ec2("DescribeRegions", RegionNames=["nonsense"], fails="InvalidParameterValue")
    for operation in ("DescribeDhcpOptions", "DescribeNetworkAcls", "DescribeSecurityGroupRules", "DescribeTags", "DescribeVpcEndpointServices"):
        d.ec2(operation, Filters=BAD_FILTER, fails="InvalidParameterValue")


@sequence
def refused_iam(d):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/"""
    role, profile = {"RoleName": "none"}, {"InstanceProfileName": "none"}
    missing = "NoSuchEntity"
    d.iam("CreateServiceLinkedRole", AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="!", fails=("ValidationError", "InvalidInput"))
    d.iam("DeleteRolePolicy", **role, PolicyName="none", fails=missing)
    d.iam("ListAttachedRolePolicies", **role, fails=missing)
    d.iam("ListInstanceProfilesForRole", **role, fails=missing)
    d.iam("ListRolePolicies", **role, fails=missing)
    d.iam("ListRoleTags", **role, fails=missing)
    d.iam("TagRole", **role, Tags=TAGS, fails=missing)
    d.iam("UntagRole", **role, TagKeys=["team"], fails=missing)
    d.iam("UpdateRole", **role, fails=missing)
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
    d.iam("UpdateAssumeRolePolicy", **role, PolicyDocument=trust, fails=missing)
    d.iam("ListInstanceProfileTags", **profile, fails=missing)
    d.iam("TagInstanceProfile", **profile, Tags=TAGS, fails=missing)
    d.iam("UntagInstanceProfile", **profile, TagKeys=["team"], fails=missing)
    d.iam("SimulateCustomPolicy", PolicyInputList=["{"], ActionNames=["ssm:GetParameter"], fails="InvalidInput")
    d.iam("SimulatePrincipalPolicy", PolicySourceArn="arn:aws:iam::123456789012:role/none", ActionNames=["ssm:GetParameter"], fails=missing)
    for operation in ("ListRoles", "ListInstanceProfiles"):
        d.iam(operation, PathPrefix="nonsense", fails="ValidationError")
    d.iam("GetAccountAuthorizationDetails", Filter=["Role"], Marker="nonsense", fails="ValidationError")


@sequence
def refused_kms(d):
    """https://docs.aws.amazon.com/kms/latest/APIReference/"""
    missing = {"KeyId": KEY, "fails": "NotFoundException"}
    d.kms("CreateKey", Policy="{", fails="MalformedPolicyDocumentException")
    grantee = "arn:aws:iam::123456789012:root"
    d.kms("CreateGrant", **missing, GranteePrincipal=grantee, Operations=["Decrypt"])
    for operation in ("CancelKeyDeletion", "DisableKey", "DisableKeyRotation", "EnableKeyRotation"):
        d.kms(operation, **missing)
    for operation in ("GetKeyPolicy", "GetKeyRotationStatus", "ListAliases", "ListGrants", "ListResourceTags"):
        d.kms(operation, **missing)
    d.kms("ListKeys", Marker="nonsense", fails="InvalidMarkerException")
    d.kms("RetireGrant", KeyId=f"arn:aws:kms:us-east-1:123456789012:key/{KEY}", GrantId="0" * 64, fails="NotFoundException")
    d.kms("RevokeGrant", **missing, GrantId="0" * 64)
    d.kms("TagResource", **missing, Tags=[{"TagKey": "team", "TagValue": "oracles"}])
    d.kms("UntagResource", **missing, TagKeys=["team"])
    d.kms("UpdateAlias", AliasName="alias/none", TargetKeyId=KEY, fails="NotFoundException")
    d.kms("UpdateKeyDescription", **missing, Description="x")


@sequence
def refused_logs(d):
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"""
    missing = {"logGroupName": "/referee/none", "fails": "ResourceNotFoundException"}
    arn = {"resourceArn": "arn:aws:logs:us-east-1:123456789012:log-group:/referee/none", "fails": "ResourceNotFoundException"}
    d.logs("DeleteLogStream", **missing, logStreamName="s")
    d.logs("DeleteRetentionPolicy", **missing)
    d.logs("DescribeLogGroups", logGroupNamePrefix="a", logGroupNamePattern="b", fails="InvalidParameterException")
    d.logs("DescribeLogStreams", **missing)
    d.logs("DisassociateKmsKey", **missing)
    d.logs("FilterLogEvents", **missing)
    d.logs("GetLogEvents", **missing, logStreamName="s")
    d.logs("ListLogGroups", nextToken="nonsense", fails="InvalidParameterException")
    d.logs("ListTagsForResource", **arn)
    d.logs("PutLogEvents", **missing, logStreamName="s", logEvents=[{"timestamp": 1, "message": "x"}])
    d.logs("PutLogGroupDeletionProtection", logGroupIdentifier="/referee/none", deletionProtectionEnabled=True, fails="ResourceNotFoundException")
    d.logs("TagLogGroup", **missing, tags={"a": "b"})
    d.logs("TagResource", **arn, tags={"a": "b"})
    d.logs("UntagLogGroup", **missing, tags=["a"])
    d.logs("UntagResource", **arn, tagKeys=["a"])


@sequence
def refused_secrets(d):
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/"""
    missing = {"SecretId": "/referee/none", "fails": "ResourceNotFoundException"}
    policy = '{"Version":"2012-10-17","Statement":[]}'
    d.secretsmanager("DeleteResourcePolicy", **missing)
    d.secretsmanager("GetRandomPassword", PasswordLength=1, RequireEachIncludedType=True, fails=("InvalidParameterException", "ValidationException"))
    d.secretsmanager("GetResourcePolicy", **missing)
    d.secretsmanager("ListSecretVersionIds", **missing)
    d.secretsmanager("ListSecrets", NextToken="nonsense", fails="InvalidNextTokenException")
    d.secretsmanager("PutResourcePolicy", SecretId="/referee/none", ResourcePolicy=policy, fails=("ResourceNotFoundException", "MalformedPolicyDocumentException"))
    d.secretsmanager("RestoreSecret", **missing)
    d.secretsmanager("TagResource", **missing, Tags=TAGS)
    d.secretsmanager("UntagResource", **missing, TagKeys=["team"])
    d.secretsmanager("UpdateSecret", **missing, Description="x")
    d.secretsmanager("UpdateSecretVersionStage", **missing, VersionStage="AWSCURRENT", MoveToVersionId=KEY)


@sequence
def refused_others(d):
    """Of SSM, Service Quotas and the tagging API."""
    team = {"ResourceType": "Parameter", "ResourceId": "/referee/none", "fails": "InvalidResourceId"}
    d.ssm("AddTagsToResource", **team, Tags=TAGS)
    d.ssm("RemoveTagsFromResource", **team, TagKeys=["team"])
    d.ssm("DescribeParameters", ParameterFilters=[{"Key": "nonsense", "Values": ["x"]}], fails="InvalidFilterKey")
    d.ssm("GetParameters", Names=[""], fails="ValidationException")
    d.ssm("DeleteParameters", Names=[""], fails="ValidationException")
    d.ssm("GetParametersByPath", Path="/referee", NextToken="nonsense", fails="InvalidNextToken")
    missing = {"ServiceCode": "nonsense", "fails": "NoSuchResourceException"}
    d.quotas("GetAWSDefaultServiceQuota", **missing, QuotaCode="L-00000000")
    d.quotas("ListAWSDefaultServiceQuotas", **missing)
    d.quotas("ListServiceQuotas", **missing)
    d.tagging("GetResources", PaginationToken="nonsense", fails="InvalidParameterException")
    d.tagging("GetTagKeys", PaginationToken="nonsense", fails="InvalidParameterException")
    d.tagging("GetTagValues", Key="team", PaginationToken="nonsense", fails="InvalidParameterException")
