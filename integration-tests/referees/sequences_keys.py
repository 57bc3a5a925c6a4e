"""Sequences of KMS: https://docs.aws.amazon.com/kms/latest/APIReference/"""

import json

from drive import sequence

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ours",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
)
NONE = "00000000-0000-4000-8000-000000000000"


@sequence
def keys(d):
    """A key's life, as far as it is one."""
    made = d.kms("CreateKey", Policy=POLICY, Description="ours", Tags=[{"TagKey": "team", "TagValue": "oracles"}])
    key = made["KeyMetadata"]["KeyId"]
    d.kms("DescribeKey", KeyId=key)
    d.kms("DescribeKey", KeyId=made["KeyMetadata"]["Arn"])
    d.kms("DescribeKey", KeyId=NONE, fails="NotFoundException")
    d.kms("ListKeys")
    d.kms("GetKeyPolicy", KeyId=key, PolicyName="default")
    d.kms("GetKeyPolicy", KeyId=key)
    d.kms("PutKeyPolicy", KeyId=key, PolicyName="default", Policy=POLICY)
    d.kms("PutKeyPolicy", KeyId=key, PolicyName="default", Policy="{", fails="MalformedPolicyDocumentException")
    d.kms("UpdateKeyDescription", KeyId=key, Description="said otherwise")
    d.kms("TagResource", KeyId=key, Tags=[{"TagKey": "stage", "TagValue": "test"}])
    d.kms("UntagResource", KeyId=key, TagKeys=["team"])
    d.kms("ListResourceTags", KeyId=key)
    d.kms("GetKeyRotationStatus", KeyId=key)
    d.kms("EnableKeyRotation", KeyId=key, RotationPeriodInDays=180)
    d.kms("GetKeyRotationStatus", KeyId=key)
    d.kms("DisableKeyRotation", KeyId=key)
    d.kms("CreateAlias", AliasName="alias/referee", TargetKeyId=key)
    d.kms("CreateAlias", AliasName="alias/referee", TargetKeyId=key, fails="AlreadyExistsException")
    d.kms("ListAliases", KeyId=key)
    d.kms("DescribeKey", KeyId="alias/referee")
    other = d.kms("CreateKey")["KeyMetadata"]["KeyId"]
    d.kms("UpdateAlias", AliasName="alias/referee", TargetKeyId=other)
    d.kms("ListAliases", KeyId=other)
    d.kms("DeleteAlias", AliasName="alias/referee")
    d.kms("DeleteAlias", AliasName="alias/referee", fails="NotFoundException")
    grantee = "arn:aws:iam::123456789012:root"
    grant = d.kms("CreateGrant", KeyId=key, GranteePrincipal=grantee, Operations=["Decrypt"])["GrantId"]
    second = d.kms("CreateGrant", KeyId=key, GranteePrincipal=grantee, RetiringPrincipal=grantee, Operations=["Encrypt"])
    d.kms("ListGrants", KeyId=key)
    d.kms("RevokeGrant", KeyId=key, GrantId=grant)
    d.kms("RetireGrant", KeyId=made["KeyMetadata"]["Arn"], GrantId=second["GrantId"])
    d.kms("ListGrants", KeyId=key)
    d.kms("DisableKey", KeyId=key)
    d.kms("DescribeKey", KeyId=key)
    d.kms("EnableKey", KeyId=key)
    d.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=3, fails="ValidationException")
    d.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    d.kms("DescribeKey", KeyId=key)
    d.kms("EnableKey", KeyId=key, fails="KMSInvalidStateException")
    d.kms("CancelKeyDeletion", KeyId=key)
    d.kms("DescribeKey", KeyId=key)
    d.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=30)
    other = d.kms("DescribeKey", KeyId=other)["KeyMetadata"]["Arn"]
    d.kms("ScheduleKeyDeletion", KeyId=other, PendingWindowInDays=30)
