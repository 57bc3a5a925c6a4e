"""Sequences of AWS Backup and DevOps Guru, for the simulator alone: moto's backups make nothing, and it has no DevOps
Guru. https://docs.aws.amazon.com/aws-backup/latest/devguide/api-reference.html,
https://docs.aws.amazon.com/devops-guru/latest/APIReference/Welcome.html"""

import datetime
import json

from drive import alone

import sequences_rds

ACCOUNT = "arn:aws:iam::123456789012"
DATABASE = "arn:aws:rds:us-east-1:123456789012:db:db"
MISSING, WRONG = "ResourceNotFoundException", "InvalidParameterValueException"
NOWHERE = "AccessDeniedException"


def vault(d, name="vault"):
    key = d.kms("CreateKey")["KeyMetadata"]["Arn"]
    return d.backup("CreateBackupVault", BackupVaultName=name, EncryptionKeyArn=key, BackupVaultTags={"team": "oracles"})


def document(days=35, schedule="cron(30 * * * ? *)"):
    rule = {"RuleName": "often", "TargetBackupVaultName": "vault", "ScheduleExpression": schedule}
    return {"BackupPlanName": "often", "Rules": [{**rule, "Lifecycle": {"DeleteAfterDays": days}}]}


def role(d):
    trust = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = d.iam("CreateRole", RoleName="copies", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    may = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "rds:*", "Resource": "*"}]})
    d.iam("PutRolePolicy", RoleName="copies", PolicyName="copies", PolicyDocument=may)
    return made


@alone
def backup_vaults(d):
    """A vault, its policy and its tags, and what they refuse."""
    arn = vault(d)["BackupVaultArn"]
    d.backup("CreateBackupVault", BackupVaultName="v", EncryptionKeyArn=arn, fails=WRONG)
    d.backup("DescribeBackupVault", BackupVaultName="vault")
    d.backup("DescribeBackupVault", BackupVaultName="other", fails=NOWHERE)
    d.backup("ListBackupVaults", MaxResults=1)
    d.backup("ListBackupVaults", NextToken="nonsense", fails=WRONG)
    named = {"BackupVaultName": "vault"}
    d.backup("GetBackupVaultAccessPolicy", **named, fails=MISSING)
    policy = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    d.backup("PutBackupVaultAccessPolicy", **named, Policy=policy)
    d.backup("PutBackupVaultAccessPolicy", **named, Policy="{", fails=WRONG)
    d.backup("GetBackupVaultAccessPolicy", **named)
    d.backup("DeleteBackupVaultAccessPolicy", **named)
    d.backup("DeleteBackupVaultAccessPolicy", BackupVaultName="other", fails=NOWHERE)
    d.backup("TagResource", ResourceArn=arn, Tags={"stage": "test"})
    d.backup("TagResource", ResourceArn=arn, Tags={"aws:stage": "test"}, fails=WRONG)
    d.backup("UntagResource", ResourceArn=arn, TagKeyList=["team"])
    d.backup("UntagResource", ResourceArn="nothing", TagKeyList=["team"], fails=WRONG)
    assert d.backup("ListTags", ResourceArn=arn)["Tags"] == {"stage": "test"}
    d.backup("ListTags", ResourceArn=f"{arn}s", fails=MISSING)
    d.backup("DeleteBackupVault", **named)
    d.backup("DeleteBackupVault", **named, fails=NOWHERE)


@alone
def backup_plans(d):
    """A plan, its versions, what it selects, and what they refuse."""
    vault(d)
    made = d.backup("CreateBackupPlan", BackupPlan=document(), CreatorRequestId="once")
    d.backup("CreateBackupPlan", BackupPlan=document(), CreatorRequestId="once")
    d.backup("CreateBackupPlan", BackupPlan=document(), fails="AlreadyExistsException")
    plan = {"BackupPlanId": made["BackupPlanId"]}
    nothing = {"BackupPlanId": "01234567-89ab-cdef-0123-456789abcdef"}
    d.backup("GetBackupPlan", **plan)
    d.backup("GetBackupPlan", **nothing, fails=MISSING)
    d.backup("UpdateBackupPlan", **plan, BackupPlan=document(7))
    d.backup("UpdateBackupPlan", **plan, BackupPlan=document(7, "rate(1 day)"), fails=WRONG)
    d.backup("ListBackupPlans")
    d.backup("ListBackupPlans", NextToken="nonsense", fails=WRONG)
    selection = {"SelectionName": "database", "IamRoleArn": f"{ACCOUNT}:role/nobody", "Resources": [DATABASE]}
    d.backup("CreateBackupSelection", **plan, BackupSelection=selection, fails=WRONG)
    selection["IamRoleArn"] = role(d)
    selected = d.backup("CreateBackupSelection", **plan, BackupSelection=selection)
    which = {**plan, "SelectionId": selected["SelectionId"]}
    d.backup("GetBackupSelection", **which)
    d.backup("ListBackupSelections", **plan)
    d.backup("ListBackupSelections", **nothing, fails=MISSING)
    d.backup("DeleteBackupPlan", **plan, fails="InvalidRequestException")
    d.backup("DeleteBackupSelection", **which)
    d.backup("DeleteBackupSelection", **which, fails=MISSING)
    d.backup("GetBackupSelection", **which, fails=MISSING)
    d.backup("DeleteBackupPlan", **plan)
    d.backup("DeleteBackupPlan", **plan, fails=MISSING)


@alone
def backup_jobs(d):
    """A schedule that makes a recovery point of a database."""
    sequences_rds.subnet_group(d)
    sequences_rds.instance(d)
    sequences_rds.until(d, "available")
    vault(d)
    made = d.backup("CreateBackupPlan", BackupPlan=document())
    plan = made["BackupPlanId"]
    # Soon, by the world's clock.
    soon = made["CreationDate"] + datetime.timedelta(minutes=10)
    d.backup("UpdateBackupPlan", BackupPlanId=plan, BackupPlan=document(schedule=f"cron({soon.astimezone(datetime.UTC).minute} * * * ? *)"))
    selection = {"SelectionName": "database", "IamRoleArn": role(d), "Resources": [DATABASE]}
    d.backup("CreateBackupSelection", BackupPlanId=plan, BackupSelection=selection)
    done = d.backup("ListBackupJobs", ByState="COMPLETED", until=lambda answer: answer["BackupJobs"])["BackupJobs"][0]
    d.backup("ListBackupJobs", NextToken="nonsense", fails=WRONG)
    d.backup("DescribeBackupJob", BackupJobId=done["BackupJobId"])
    d.backup("DescribeBackupJob", BackupJobId="nothing", fails=MISSING)
    named = {"BackupVaultName": "vault"}
    point = d.backup("ListRecoveryPointsByBackupVault", **named, ByResourceArn=DATABASE)["RecoveryPoints"][0]
    d.backup("ListRecoveryPointsByBackupVault", BackupVaultName="other", fails=NOWHERE)
    arn = {"RecoveryPointArn": point["RecoveryPointArn"]}
    d.backup("DescribeRecoveryPoint", **named, **arn)
    d.backup("DescribeRecoveryPoint", **named, RecoveryPointArn=DATABASE, fails=MISSING)
    d.backup("DeleteBackupVault", **named, fails="InvalidRequestException")
    d.backup("DeleteRecoveryPoint", **named, **arn)
    d.backup("DeleteRecoveryPoint", **named, **arn, fails=MISSING)


@alone
def devops_guru(d):
    """What it looks at, whom it tells, and what they refuse."""
    wrong, none = "ValidationException", "ResourceNotFoundException"

    def tagged(key, *values):
        return {"Tags": [{"AppBoundaryKey": key, "TagValues": list(values)}]}

    d.guru("GetResourceCollection", ResourceCollectionType="AWS_TAGS", fails=none)
    d.guru("DescribeAccountHealth")
    d.guru("UpdateResourceCollection", Action="ADD", ResourceCollection=tagged("devops-guru-x", "a", "b"))
    d.guru("UpdateResourceCollection", Action="ADD", ResourceCollection=tagged("x", "a"), fails=wrong)
    d.guru("GetResourceCollection", ResourceCollectionType="AWS_TAGS")
    d.guru("UpdateResourceCollection", Action="REMOVE", ResourceCollection=tagged("devops-guru-x", "a", "b"))
    topic = {"Sns": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:one"}}
    made = d.guru("AddNotificationChannel", Config=topic)
    d.guru("AddNotificationChannel", Config=topic, fails="ConflictException")
    d.guru("ListNotificationChannels")
    d.guru("ListNotificationChannels", NextToken="nonsense", fails=wrong)
    d.guru("RemoveNotificationChannel", Id=made["Id"])
    d.guru("RemoveNotificationChannel", Id=made["Id"], fails=none)
    d.guru("UpdateServiceIntegration", ServiceIntegration={"OpsCenter": {"OptInStatus": "ENABLED"}})
    d.guru("UpdateServiceIntegration", fails=wrong)
    d.guru("DescribeServiceIntegration")
