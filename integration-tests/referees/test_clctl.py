"""The real binary on moto, end to end: what it made is looked at with boto3, and what it left."""

import collections
import datetime
import os
import pathlib
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import account
import roles
import sequences_ec2
import servers

EXAMPLES = servers.ROOT / "examples"
CLCTL = servers.TARGET / "clctl"
MARK = "clctl.dev/environment"


def linked(things):
    """Roles that AWS makes for groups and load balancers, once in an account: nobody's environment, and they stay."""
    return {it for it in things if it[0] == "iam-role" and it[1].startswith("AWSServiceRoleFor")}


@pytest.fixture(scope="module")
def mended():
    server = servers.moto(mended=True)
    yield server
    server.stop()


@pytest.fixture
def played(mended):
    """An account in which nothing is yet but a key pair of somebody's; what runs on instances is played."""
    servers.reset(mended)
    mended.client("ec2").import_key_pair(KeyName="operations", PublicKeyMaterial=sequences_ec2.KEY)
    with roles.Crew(mended):
        yield mended


# A database that is protected is deleted in two steps, as the tests of clctl show. What is off here is not driven
# against moto: it knows AWS Backup's plans and vaults, and neither selections nor recovery points.
UNPROTECTED = "  database: {deletionProtection: false}\n  backup: {enabled: false}\n"


def public():
    return (EXAMPLES / "public-endpoints.yaml").read_text() + UNPROTECTED


def minimal():
    return (EXAMPLES / "minimal.yaml").read_text() + UNPROTECTED


def node():
    return (EXAMPLES / "node.yaml").read_text() + "\n" + UNPROTECTED


def wide():
    """What no example has at once: endpoints, flow logs, a key pair to import; and nothing is kept."""
    changed = node()
    for old, new in (
        (
            "        natGateways: OnePerZone\n",
            "        natGateways: Single\n        interfaceEndpoints: [secretsmanager, logs]\n"
            "    flowLogs: {enabled: true}\n",
        ),
        ("keyPair: {name: operations}", f'keyPair: {{publicKey: "{sequences_ec2.KEY.decode()}"}}'),
        ("  nodes:\n", "  policies: {deletion: {keystorePassword: Delete, database: Delete}}\n\n  nodes:\n"),
        ("  name: demo\n", "  name: wide\n"),
    ):
        assert changed.count(old) == 1, old
        changed = changed.replace(old, new)
    return changed


# The certificate of the examples; moto knows none, and chooses the ARN of one that is imported.
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


def certificate(server):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "node.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=300))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    return server.client("acm").import_certificate(
        Certificate=made.public_bytes(pem),
        PrivateKey=key.private_bytes(pem, traditional, serialization.NoEncryption()),
    )["CertificateArn"]


# The values that the examples wait for; what nobody may read in them.
CANARY = "c4n4ry"
VALUES = {
    "sepolia-http": f"https://rpc.example.com/{CANARY}",
    "sepolia-websocket": f"wss://rpc.example.com/{CANARY}",
}


# What stands after `apply`, by kind; the rest of what a kind counts was there before.
STANDING = {
    public: {
        "vpc": 1, "subnet": 4, "internet-gateway": 1, "eip": 2, "nat-gateway": 2, "route-table": 3,
        "security-group": 4, "vpc-endpoint": 1, "iam-role": 1, "instance-profile": 1, "kms-key": 1, "secret": 3,
        "log-group": 3, "parameter": 1, "db-subnet-group": 1, "db-parameter-group": 1, "db-instance": 1,
        "launch-template": 1, "auto-scaling-group": 1, "instance": 2,
        "alarm": 22, "dashboard": 1, "db-event-subscription": 2, "topic": 1, "subscription": 1,
    },
    node: {
        "vpc": 1, "subnet": 4, "internet-gateway": 1, "eip": 3, "nat-gateway": 2, "route-table": 3,
        "security-group": 4, "vpc-endpoint": 1, "iam-role": 2, "instance-profile": 2, "kms-key": 1, "secret": 5,
        "log-group": 4, "parameter": 1, "db-subnet-group": 1, "db-parameter-group": 1, "db-instance": 1,
        "launch-template": 2, "auto-scaling-group": 2, "instance": 3, "load-balancer": 1, "listener": 2, "listener-rule": 2, "target-group": 1,
        "alarm": 23, "dashboard": 1, "db-event-subscription": 2, "topic": 1, "subscription": 1,
    },
    wide: {
        "vpc": 1, "subnet": 4, "internet-gateway": 1, "eip": 2, "nat-gateway": 1, "route-table": 3,
        "security-group": 5, "vpc-endpoint": 3, "iam-role": 3, "instance-profile": 2, "kms-key": 1, "secret": 5,
        "log-group": 5, "parameter": 1, "key-pair": 1, "flow-log": 1, "db-subnet-group": 1, "db-parameter-group": 1,
        "db-instance": 1, "launch-template": 2, "auto-scaling-group": 2, "instance": 3, "load-balancer": 1, "listener": 2, "listener-rule": 2, "target-group": 1,
        "alarm": 22, "dashboard": 1, "db-event-subscription": 2, "topic": 1, "subscription": 1,
    },
}  # fmt: skip

# What stays after `delete`, by kind.
KEPT = {
    public: {"secret": 1, "kms-key": 1, "db-snapshot": 1},
    node: {"secret": 1, "kms-key": 1, "db-snapshot": 1},
    wide: {},
}


class Run:
    def __init__(self, server, spec, folder):
        self.file = folder / "node.yaml"
        self.file.write_text(spec.replace(CERTIFICATE, certificate(server)) if CERTIFICATE in spec else spec)
        self.server = server
        self.folder = folder

    def __call__(self, *words, code=0, stdin="", state="state"):
        ran = subprocess.run(
            [CLCTL, *words, "-f", self.file],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=240,
            env=servers.environment(
                AWS_ENDPOINT_URL=self.server.url, CLCTL_STATE=str(self.folder / state), CI="1"
            ),
        )
        assert ran.returncode == code, f"clctl {' '.join(words)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr


# moto simulates no policies and knows no default quotas (docs/referees.md): nothing can be known beforehand.
APPLY = ("apply", "--yes", "--skip-preflight")


def counts(things):
    return dict(collections.Counter(kind for kind, _ in things))


def stand(run):
    """Applies it; where that waits for values that nobody has given yet, they are given and it goes on."""
    told = ""
    if any(f"{{secret: {name}}}" in run.file.read_text() for name in VALUES):
        told += run(*APPLY, "--timeout", "3m", code=6)
        for name, value in VALUES.items():
            assert f"secret/{name} has no value yet" in told, told
            told += run("secret", "put", name, "--from-stdin", stdin=value)
    return told + run(*APPLY, "-vv", "--show-calls", "--timeout", "3m")


@pytest.mark.parametrize("spec", [public, node, wide], ids=lambda it: it.__name__)
def test_a_life(spec, played, tmp_path):
    before = account.everything(played)
    run = Run(played, spec(), tmp_path)
    name = {"public": "first", "node": "demo", "wide": "wide"}[spec.__name__]

    assert "to create" in run("diff", code=1)
    assert account.everything(played).keys() == before.keys(), "diff changed something"

    stand(run)
    made = account.everything(played)
    ours = {key: it for key, it in made.items() if it[1].get(MARK) == name}
    assert counts(ours) == STANDING[spec]
    beside = made.keys() - before.keys() - ours.keys() - linked(made)
    # Children that AWS makes inside: the main route table, the default group, interfaces, disks of instances.
    children = {"route-table", "security-group", "network-interface", "volume"}
    assert {kind for kind, _ in beside} <= children, beside
    looks_right(played, ours)

    assert "No changes" in run("diff")
    # Who has no record of what was made finds it in the account.
    assert "No changes" in run("diff", state="elsewhere")
    calls = run(*APPLY, "--show-calls", "--timeout", "3m")
    assert " 0 of them writes" in calls, calls
    assert account.everything(played).keys() == made.keys()

    is_repaired(played, run, ours)
    assert account.everything(played).keys() == made.keys(), "something was replaced"

    run("delete", "--yes", "--timeout", "3m")
    left = account.everything(played)
    kept = left.keys() - before.keys() - linked(left)
    assert counts(kept) == KEPT[spec], sorted(kept)
    assert before.keys() <= left.keys(), "something of somebody else is gone"


def of_kind(ours, kind):
    return [it for (of, _), (it, _) in ours.items() if of == kind]


def looks_right(server, ours):
    """What the spec asks for in any of its forms, as boto3 sees it."""
    ec2 = server.client("ec2")
    (vpc,) = of_kind(ours, "vpc")
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        said = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
        assert said[attribute[0].upper() + attribute[1:]]["Value"], attribute
    subnets = {it["SubnetId"]: it for it in of_kind(ours, "subnet")}
    assert {it["AvailabilityZone"] for it in subnets.values()} == {"us-east-1a", "us-east-1b"}
    public = {name for name, it in subnets.items() if it["MapPublicIpOnLaunch"]}
    assert len(public) == 2
    (gateway,) = of_kind(ours, "internet-gateway")
    assert [it["VpcId"] for it in gateway["Attachments"]] == [vpc["VpcId"]]
    nats = {it["NatGatewayId"]: it for it in of_kind(ours, "nat-gateway")}
    assert all(it["State"] == "available" and it["SubnetId"] in public for it in nats.values())
    for table in of_kind(ours, "route-table"):
        (out,) = [it for it in table["Routes"] if it.get("DestinationCidrBlock") == "0.0.0.0/0"]
        homes = {it["SubnetId"] for it in table["Associations"]}
        if homes & public:
            assert out["GatewayId"] == gateway["InternetGatewayId"] and homes == public
        else:
            assert out["NatGatewayId"] in nats
    (key,) = of_kind(ours, "kms-key")
    kms = server.client("kms")
    assert key["KeyState"] == "Enabled"
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    aliases = kms.list_aliases(KeyId=key["KeyId"])["Aliases"]
    assert [it["AliasName"].startswith("alias/clctl-") for it in aliases] == [True]
    for secret in of_kind(ours, "secret"):
        assert secret["KmsKeyId"] in (key["Arn"], key["KeyId"])
    for group in of_kind(ours, "log-group"):
        assert group["kmsKeyId"] == key["Arn"] and group["retentionInDays"] > 0
    for profile in of_kind(ours, "instance-profile"):
        (role,) = profile["Roles"]
        trust = role["AssumeRolePolicyDocument"]["Statement"]
        assert [it["Principal"] for it in trust] == [{"Service": ["ec2.amazonaws.com"]}]
    private = subnets.keys() - public
    (database,) = of_kind(ours, "db-instance")
    assert database["StorageEncrypted"] and database["KmsKeyId"] == key["Arn"]
    assert database["MultiAZ"] and database["PerformanceInsightsEnabled"] and not database["PubliclyAccessible"]
    assert {it["SubnetIdentifier"] for it in database["DBSubnetGroup"]["Subnets"]} == private
    for group in of_kind(ours, "auto-scaling-group"):
        assert len(group["Instances"]) == group["DesiredCapacity"]
        from_ = {"LaunchTemplateId": group["LaunchTemplate"]["LaunchTemplateId"]}
        (version,) = ec2.describe_launch_template_versions(**from_)["LaunchTemplateVersions"]
        assert group["LaunchTemplate"]["Version"] == str(version["VersionNumber"])
        said = version["LaunchTemplateData"]
        assert said["MetadataOptions"]["HttpTokens"] == "required"
        (disk,) = said["BlockDeviceMappings"]
        assert disk["Ebs"]["Encrypted"] and disk["Ebs"]["KmsKeyId"] == key["Arn"]
        (interface,) = said["NetworkInterfaces"]
        outside = interface["AssociatePublicIpAddress"]
        assert set(group["VPCZoneIdentifier"].split(",")) == (public if outside else private)
    everyone = [
        permission
        for group in of_kind(ours, "security-group")
        for permission in group["IpPermissions"]
        for it in permission["IpRanges"]
        if it["CidrIp"] == "0.0.0.0/0"
    ]
    # The peer-to-peer port of the nodes may be open to everybody, and nothing else.
    assert {it["FromPort"] for it in everyone} <= {6690}, everyone
    (default,) = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    assert not default["IpPermissions"] and not default["IpPermissionsEgress"]


def is_repaired(server, run, ours):
    """What somebody else changed is seen and set right."""
    ec2 = server.client("ec2")
    (vpc,) = of_kind(ours, "vpc")
    table = next(
        it for it in of_kind(ours, "route-table") if any("NatGatewayId" in route for route in it["Routes"])
    )["RouteTableId"]
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Name", "Value": "somebody's"}])
    (role, *_) = [name for kind, name in ours if kind == "iam-role"]
    server.client("iam").update_role(RoleName=role, MaxSessionDuration=7200)
    rds, autoscaling = server.client("rds"), server.client("autoscaling")
    (database,) = of_kind(ours, "db-instance")
    database = {"DBInstanceIdentifier": database["DBInstanceIdentifier"]}
    rds.modify_db_instance(**database, BackupRetentionPeriod=1, ApplyImmediately=True)
    (group,) = [name for kind, name in ours if kind == "auto-scaling-group" and name.endswith("-nodes")]
    autoscaling.resume_processes(AutoScalingGroupName=group)
    told = run("diff", code=1)
    assert "Plan: 5 to change, " in told, told
    run(*APPLY, "--timeout", "3m")
    (repaired,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert any("NatGatewayId" in route for route in repaired["Routes"])
    assert server.client("iam").get_role(RoleName=role)["Role"]["MaxSessionDuration"] == 3600
    (repaired,) = rds.describe_db_instances(**database)["DBInstances"]
    assert repaired["BackupRetentionPeriod"] == 7
    (repaired,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    assert [it["ProcessName"] for it in repaired["SuspendedProcesses"]] == ["AZRebalance"]
    assert "No changes" in run("diff")


def test_a_value_that_is_put_reaches_secrets_manager_and_no_output(played, tmp_path):
    run = Run(played, minimal(), tmp_path)
    told = stand(run) + run("secret", "list") + run("diff")
    assert CANARY not in told
    for name, value in VALUES.items():
        found = played.client("secretsmanager").get_secret_value(SecretId=f"/clctl/minimal/{name}")
        assert found["SecretString"] == value
    for folder, _, files in os.walk(tmp_path / "state"):
        for file in files:
            assert CANARY.encode() not in (pathlib.Path(folder) / file).read_bytes(), file
    run("delete", "--yes", "--timeout", "3m")
