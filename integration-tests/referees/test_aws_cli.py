"""The AWS CLI on the simulator: each service makes, shows and removes something, in each form of output."""

import csv
import json
import pathlib
import subprocess
import sys

import pytest

import drive
import servers

AWS = pathlib.Path(sys.executable).with_name("aws")
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


@pytest.fixture(scope="module")
def world():
    server = servers.simulator()
    # What a group launches from.
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    image = aws(server, "ssm", "get-parameter", "--name", name)["Parameter"]["Value"]
    data = json.dumps({"ImageId": image, "InstanceType": "t3.micro"})
    template = ["create-launch-template", "--launch-template-name", "cli", "--launch-template-data", data]
    aws(server, "ec2", *template)
    default = ["--filters", "Name=is-default,Values=true", "--query", "Vpcs[0].VpcId"]
    server.vpc = aws(server, "ec2", "describe-vpcs", *default)
    server.key = aws(server, "kms", "create-key", "--query", "KeyMetadata.Arn")
    yield server
    server.stop()


def aws(world, *words, form="json"):
    """What the CLI says, which has to go well and complain of nothing."""
    ran = subprocess.run(
        [AWS, "--endpoint-url", world.url, "--output", form, *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=servers.environment(),
    )
    assert ran.returncode == 0 and ran.stderr == "", f"aws {' '.join(words)}: {ran.stderr}"
    if form == "json":
        return json.loads(ran.stdout) if ran.stdout else None
    return ran.stdout


def refused(world, *words):
    ran = subprocess.run(
        [AWS, "--endpoint-url", world.url, *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=servers.environment(),
    )
    assert ran.returncode != 0, words
    return ran.stderr


# service: what makes, shows and removes; `{}` is what making says under the query, or the name itself. Then how
# its absence is told, and a word of what is shown.
LIVES = {
    "acm": (
        "request-certificate --domain-name cli.example.com --query CertificateArn",
        "describe-certificate --certificate-arn {}",
        "delete-certificate --certificate-arn {}",
        "ResourceNotFoundException",
        "cli.example.com",
    ),
    "autoscaling": (
        "create-auto-scaling-group --auto-scaling-group-name cli --min-size 0 --max-size 1"
        " --availability-zones us-east-1a --launch-template LaunchTemplateName=cli",
        "describe-auto-scaling-groups --auto-scaling-group-names cli",
        "delete-auto-scaling-group --auto-scaling-group-name cli",
        None,
        "autoScalingGroupName/cli",
    ),
    "backup": (
        "create-backup-vault --backup-vault-name cli --encryption-key-arn KEY --query BackupVaultName",
        "describe-backup-vault --backup-vault-name {}",
        "delete-backup-vault --backup-vault-name {}",
        "AccessDeniedException",
        "arn:aws:backup:us-east-1:123456789012:backup-vault:cli",
    ),
    "devops-guru": (
        "add-notification-channel --query Id --config Sns={TopicArn=arn:aws:sns:us-east-1:123456789012:cli}",
        "list-notification-channels",
        "remove-notification-channel --id {}",
        None,
        "arn:aws:sns:us-east-1:123456789012:cli",
    ),
    "ec2": (
        "create-vpc --cidr-block 10.5.0.0/16 --query Vpc.VpcId",
        "describe-vpcs --vpc-ids {}",
        "delete-vpc --vpc-id {}",
        "InvalidVpcID.NotFound",
        "10.5.0.0/16",
    ),
    "elbv2": (
        "create-target-group --name cli --protocol HTTP --port 80 --vpc-id VPC"
        " --query TargetGroups[0].TargetGroupArn",
        "describe-target-groups --target-group-arns {}",
        "delete-target-group --target-group-arn {}",
        "TargetGroupNotFound",
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/cli/",
    ),
    "iam": (
        f"create-role --role-name cli --assume-role-policy-document {TRUST} --query Role.RoleName",
        "get-role --role-name {}",
        "delete-role --role-name {}",
        "NoSuchEntity",
        "arn:aws:iam::123456789012:role/cli",
    ),
    "kms": (
        "create-key --description cli --query KeyMetadata.KeyId",
        "describe-key --key-id {}",
        "schedule-key-deletion --key-id {} --pending-window-in-days 7",
        None,
        "ENCRYPT_DECRYPT",
    ),
    "logs": (
        "create-log-group --log-group-name /cli",
        "describe-log-streams --log-group-name /cli",
        "delete-log-group --log-group-name /cli",
        "ResourceNotFoundException",
        "",
    ),
    "rds": (
        "create-db-parameter-group --db-parameter-group-name cli --db-parameter-group-family postgres17 --description x",
        "describe-db-parameter-groups --db-parameter-group-name cli",
        "delete-db-parameter-group --db-parameter-group-name cli",
        "DBParameterGroupNotFound",
        "arn:aws:rds:us-east-1:123456789012:pg:cli",
    ),
    "cloudwatch": (
        None,
        "list-metrics --namespace cli",
        None,
        None,
        "",
    ),
    "route53": (
        "create-hosted-zone --name cli.example.com --caller-reference cli --query HostedZone.Id",
        "get-hosted-zone --id {}",
        "delete-hosted-zone --id {}",
        "NoSuchHostedZone",
        "cli.example.com.",
    ),
    "sns": (
        "create-topic --name cli --query TopicArn",
        "get-topic-attributes --topic-arn {}",
        "delete-topic --topic-arn {}",
        "NotFound",
        "arn:aws:sns:us-east-1:123456789012:cli",
    ),
    "secretsmanager": (
        "create-secret --name cli --secret-string x --query Name",
        "describe-secret --secret-id {}",
        "delete-secret --secret-id {} --force-delete-without-recovery",
        None,
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:cli-",
    ),
    "ssm": (
        "put-parameter --name /cli --value x --type String",
        "get-parameter --name /cli",
        "delete-parameter --name /cli",
        "ParameterNotFound",
        "arn:aws:ssm:us-east-1:123456789012:parameter/cli",
    ),
    "service-quotas": (
        None,
        "get-service-quota --service-code vpc --quota-code L-F678F1CE",
        None,
        None,
        "L-F678F1CE",
    ),
    "resourcegroupstaggingapi": (None, "get-resources", None, None, ""),
    "sts": (None, "get-caller-identity", None, None, "123456789012"),
}


@pytest.mark.parametrize("service", sorted(LIVES))
def test_a_life_in_each_form_of_output(service, world):
    make, show, remove, absent, word = LIVES[service]
    made = ""
    if make:
        made = aws(world, service, *make.replace("VPC", world.vpc).replace("KEY", world.key).split()) or ""
    show = [it.format(made) for it in show.split()]
    said = aws(world, service, *show)
    assert isinstance(said, dict) and word in json.dumps(said), said
    text = aws(world, service, *show, form="text")
    assert word in text
    table = aws(world, service, *show, form="table")
    assert word in table
    if text.strip():
        # Tabs, and as many of them in each line of a kind; a frame around all.
        assert list(csv.reader(text.splitlines(), delimiter="\t"))
        assert all(line[0] in "|+-" for line in table.splitlines() if line), table
    if remove:
        aws(world, service, *(it.format(made) for it in remove.split()))
    if absent:
        assert absent in refused(world, service, *show)


def test_every_service_of_the_simulator_has_a_life(simulated):
    names = {scope: boto for boto, scope in drive.SCOPES.items()}
    assert {names.get(service, service) for service, _ in simulated} == set(LIVES)


def test_pages_are_cut_and_taken_up_again(world):
    for n in range(7):
        aws(world, "ssm", "put-parameter", "--name", f"/pages/{n}", "--value", "x", "--type", "String")
    for words, key, name in (
        ("ssm get-parameters-by-path --path /pages --page-size 2", "Parameters", "Name"),
        ("ec2 describe-subnets --page-size 5", "Subnets", "SubnetId"),
        ("service-quotas list-service-quotas --service-code vpc --page-size 3", "Quotas", "QuotaCode"),
    ):
        whole = [it[name] for it in aws(world, *words.split())[key]]
        taken, token, rounds = [], [], 0
        while True:
            page = aws(world, *words.split(), "--max-items", "4", *token)
            assert len(page[key]) <= 4
            taken += [it[name] for it in page[key]]
            rounds += 1
            if "NextToken" not in page:
                break
            token = ["--starting-token", page["NextToken"]]
        assert taken == whole and rounds == -(-len(whole) // 4), words


def test_the_cli_waits(world):
    vpc = aws(world, "ec2", "create-vpc", "--cidr-block", "10.6.0.0/16")["Vpc"]["VpcId"]
    aws(world, "ec2", "wait", "vpc-available", "--vpc-ids", vpc)
