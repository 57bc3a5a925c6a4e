"""Sequences of IAM: https://docs.aws.amazon.com/IAM/latest/APIReference/"""

import json

from drive import sequence

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
READING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*"}]}
)
MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


@sequence
def roles(d):
    """A role's life, and its policies."""
    team = [{"Key": "team", "Value": "oracles"}]
    d.iam("CreateRole", RoleName="node", Path="/clctl/", AssumeRolePolicyDocument=TRUST, Description="of the node", MaxSessionDuration=7200, Tags=team)
    d.iam("CreateRole", RoleName="node", AssumeRolePolicyDocument=TRUST, fails="EntityAlreadyExists")
    d.iam("CreateRole", RoleName="other", AssumeRolePolicyDocument="{", fails="MalformedPolicyDocument")
    d.iam("GetRole", RoleName="node")
    d.iam("GetRole", RoleName="none", fails="NoSuchEntity")
    d.iam("ListRoles", PathPrefix="/clctl/")
    d.iam("UpdateRole", RoleName="node", Description="said otherwise", MaxSessionDuration=3600)
    d.iam("UpdateAssumeRolePolicy", RoleName="node", PolicyDocument=TRUST)
    d.iam("GetRole", RoleName="node")
    d.iam("TagRole", RoleName="node", Tags=[{"Key": "stage", "Value": "test"}])
    d.iam("UntagRole", RoleName="node", TagKeys=["team"])
    d.iam("ListRoleTags", RoleName="node")
    d.iam("PutRolePolicy", RoleName="node", PolicyName="reading", PolicyDocument=READING)
    d.iam("PutRolePolicy", RoleName="node", PolicyName="broken", PolicyDocument="{", fails="MalformedPolicyDocument")
    d.iam("GetRolePolicy", RoleName="node", PolicyName="reading")
    d.iam("GetRolePolicy", RoleName="node", PolicyName="none", fails="NoSuchEntity")
    d.iam("ListRolePolicies", RoleName="node")
    d.iam("AttachRolePolicy", RoleName="node", PolicyArn=MANAGED)
    d.iam("AttachRolePolicy", RoleName="node", PolicyArn=MANAGED + "None", fails="NoSuchEntity")
    d.iam("ListAttachedRolePolicies", RoleName="node")
    d.iam("SimulateCustomPolicy", PolicyInputList=[READING], ActionNames=["ssm:GetParameter", "ssm:PutParameter"])
    d.iam("SimulatePrincipalPolicy", PolicySourceArn="arn:aws:iam::123456789012:role/clctl/node", ActionNames=["ssm:GetParameter"])
    d.iam("GetAccountAuthorizationDetails", Filter=["Role"])
    d.iam("DeleteRole", RoleName="node", fails="DeleteConflict")
    d.iam("DetachRolePolicy", RoleName="node", PolicyArn=MANAGED)
    d.iam("DetachRolePolicy", RoleName="node", PolicyArn=MANAGED, fails="NoSuchEntity")
    d.iam("DeleteRole", RoleName="node", fails="DeleteConflict")
    d.iam("DeleteRolePolicy", RoleName="node", PolicyName="reading")
    d.iam("DeleteRole", RoleName="node")
    d.iam("DeleteRole", RoleName="node", fails="NoSuchEntity")


@sequence
def instance_profiles(d):
    """An instance profile, and the one role in it."""
    d.iam("CreateInstanceProfile", InstanceProfileName="node", Path="/clctl/", Tags=[{"Key": "team", "Value": "oracles"}])
    d.iam("CreateInstanceProfile", InstanceProfileName="node", fails="EntityAlreadyExists")
    d.iam("GetInstanceProfile", InstanceProfileName="none", fails="NoSuchEntity")
    for name in ("first", "second"):
        d.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)
    d.iam("AddRoleToInstanceProfile", InstanceProfileName="node", RoleName="first")
    d.iam("AddRoleToInstanceProfile", InstanceProfileName="node", RoleName="second", fails="LimitExceeded")
    d.iam("GetInstanceProfile", InstanceProfileName="node")
    d.iam("ListInstanceProfiles", PathPrefix="/clctl/")
    d.iam("ListInstanceProfilesForRole", RoleName="first")
    d.iam("TagInstanceProfile", InstanceProfileName="node", Tags=[{"Key": "stage", "Value": "test"}])
    d.iam("UntagInstanceProfile", InstanceProfileName="node", TagKeys=["team"])
    d.iam("ListInstanceProfileTags", InstanceProfileName="node")
    d.iam("DeleteInstanceProfile", InstanceProfileName="node", fails="DeleteConflict")
    d.iam("DeleteRole", RoleName="first", fails="DeleteConflict")
    d.iam("RemoveRoleFromInstanceProfile", InstanceProfileName="node", RoleName="first")
    d.iam("RemoveRoleFromInstanceProfile", InstanceProfileName="node", RoleName="first", fails="NoSuchEntity")
    d.iam("DeleteInstanceProfile", InstanceProfileName="node")
    d.iam("DeleteInstanceProfile", InstanceProfileName="node", fails="NoSuchEntity")
    for name in ("first", "second"):
        d.iam("DeleteRole", RoleName=name)


@sequence
def service_linked_roles(d):
    """The role that Auto Scaling makes for itself."""
    d.iam("CreateServiceLinkedRole", AWSServiceName="autoscaling.amazonaws.com")
    d.iam("GetRole", RoleName="AWSServiceRoleForAutoScaling")
