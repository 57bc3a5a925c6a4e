"""Sequences of Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/apireference/"""

import json

from drive import sequence

TOKENS = [f"{n}{n}{n}{n}{n}{n}{n}{n}-0000-4000-8000-000000000000" for n in range(6)]


@sequence
def secrets(d):
    """A secret's life, its versions and labels."""
    name = "/referee/secret"
    team = [{"Key": "team", "Value": "oracles"}]
    made = d.secretsmanager("CreateSecret", Name=name, SecretString="one", ClientRequestToken=TOKENS[0], Description="ours", Tags=team)
    d.secretsmanager("CreateSecret", Name=name, SecretString="one", ClientRequestToken=TOKENS[0], Description="ours", Tags=team)
    d.secretsmanager("CreateSecret", Name=name, SecretString="two", fails="ResourceExistsException")
    d.secretsmanager("DescribeSecret", SecretId=name)
    d.secretsmanager("DescribeSecret", SecretId=made["ARN"])
    d.secretsmanager("DescribeSecret", SecretId="/referee/none", fails="ResourceNotFoundException")
    d.secretsmanager("GetSecretValue", SecretId=name)
    d.secretsmanager("PutSecretValue", SecretId=name, SecretString="two", ClientRequestToken=TOKENS[1])
    d.secretsmanager("PutSecretValue", SecretId=name, SecretString="three", ClientRequestToken=TOKENS[1], fails="ResourceExistsException")
    d.secretsmanager("GetSecretValue", SecretId=name)
    d.secretsmanager("GetSecretValue", SecretId=name, VersionStage="AWSPREVIOUS")
    d.secretsmanager("ListSecretVersionIds", SecretId=name)
    d.secretsmanager("UpdateSecretVersionStage", SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=TOKENS[0], RemoveFromVersionId=TOKENS[1])
    d.secretsmanager("DescribeSecret", SecretId=name)
    d.secretsmanager("UpdateSecret", SecretId=name, Description="said otherwise")
    d.secretsmanager("TagResource", SecretId=name, Tags=[{"Key": "stage", "Value": "test"}])
    d.secretsmanager("UntagResource", SecretId=name, TagKeys=["team"])
    d.secretsmanager("ListSecrets", Filters=[{"Key": "name", "Values": ["/referee/"]}])
    policy = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    d.secretsmanager("PutResourcePolicy", SecretId=name, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [policy]}))
    d.secretsmanager("GetResourcePolicy", SecretId=name)
    d.secretsmanager("DeleteResourcePolicy", SecretId=name)
    d.secretsmanager("GetRandomPassword", PasswordLength=40, ExcludePunctuation=True)
    d.secretsmanager("DeleteSecret", SecretId=name, RecoveryWindowInDays=3, fails="InvalidParameterException")
    d.secretsmanager("DeleteSecret", SecretId=name, RecoveryWindowInDays=7)
    d.secretsmanager("GetSecretValue", SecretId=name, fails="InvalidRequestException")
    d.secretsmanager("CreateSecret", Name=name, SecretString="x", fails="InvalidRequestException")
    d.secretsmanager("DescribeSecret", SecretId=name)
    d.secretsmanager("ListSecrets", Filters=[{"Key": "name", "Values": ["/referee/"]}])
    d.secretsmanager("ListSecrets", Filters=[{"Key": "name", "Values": ["/referee/"]}], IncludePlannedDeletion=True)
    d.secretsmanager("RestoreSecret", SecretId=name)
    d.secretsmanager("GetSecretValue", SecretId=name)
    d.secretsmanager("DeleteSecret", SecretId=name, ForceDeleteWithoutRecovery=True)
