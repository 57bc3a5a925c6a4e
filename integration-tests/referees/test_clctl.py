"""The real binary on moto, end to end: what it made is looked at with boto3, and what it left."""

import collections
import os
import pathlib
import subprocess

import pytest

import account
import sequences_ec2
import servers

# moto never shows that Performance Insights are on, nor most of what a group and its instances are told, and nobody on it
# plays what runs on an instance: what these tests looked at before there were databases and nodes cannot end any more.
pytestmark = pytest.mark.skip(reason="moto's RDS and Auto Scaling are not mended yet: no apply comes to an end")

EXAMPLES = servers.ROOT / "examples"
CLCTL = servers.TARGET / "clctl"
MARK = "clctl.dev/environment"


@pytest.fixture(scope="module")
def mended():
    server = servers.moto(mended=True)
    yield server
    server.stop()


def minimal():
    return (EXAMPLES / "minimal.yaml").read_text()


def node():
    return (EXAMPLES / "node.yaml").read_text()


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
        ("  nodes:\n", "  policies: {deletion: {keystorePassword: Delete}}\n\n  nodes:\n"),
        ("  name: demo\n", "  name: wide\n"),
    ):
        assert changed.count(old) == 1, old
        changed = changed.replace(old, new)
    return changed


# What stands after `apply`, by kind; the rest of what a kind counts was there before.
STANDING = {
    minimal: {
        "vpc": 1, "subnet": 4, "internet-gateway": 1, "eip": 2, "nat-gateway": 2, "route-table": 3,
        "security-group": 4, "vpc-endpoint": 1, "iam-role": 1, "instance-profile": 1, "kms-key": 1, "secret": 5,
        "log-group": 1, "parameter": 1,
    },
    node: {
        "vpc": 1, "subnet": 4, "internet-gateway": 1, "eip": 2, "nat-gateway": 2, "route-table": 3,
        "security-group": 4, "vpc-endpoint": 1, "iam-role": 2, "instance-profile": 2, "kms-key": 1, "secret": 5,
        "log-group": 2, "parameter": 1,
    },
    wide: {
        "vpc": 1, "subnet": 4, "internet-gateway": 1, "eip": 1, "nat-gateway": 1, "route-table": 3,
        "security-group": 5, "vpc-endpoint": 3, "iam-role": 3, "instance-profile": 2, "kms-key": 1, "secret": 5,
        "log-group": 3, "parameter": 1, "key-pair": 1, "flow-log": 1,
    },
}  # fmt: skip

# What stays after `delete`, by kind.
KEPT = {
    minimal: {"secret": 1, "kms-key": 1},
    node: {"secret": 1, "kms-key": 1},
    wide: {},
}


class Run:
    def __init__(self, server, spec, folder):
        self.file = folder / "node.yaml"
        self.file.write_text(spec)
        self.server = server
        self.folder = folder

    def __call__(self, *words, code=0, stdin=""):
        ran = subprocess.run(
            [CLCTL, *words, "-f", self.file],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=240,
            env=servers.environment(
                AWS_ENDPOINT_URL=self.server.url, CLCTL_STATE=str(self.folder / "state"), CI="1"
            ),
        )
        assert ran.returncode == code, f"clctl {' '.join(words)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr


def counts(things):
    return dict(collections.Counter(kind for kind, _ in things))


@pytest.mark.parametrize("spec", [minimal, node, wide], ids=lambda it: it.__name__)
def test_a_life(spec, mended, tmp_path):
    servers.reset(mended)
    before = account.everything(mended)
    run = Run(mended, spec(), tmp_path)
    name = {"minimal": "minimal", "node": "demo", "wide": "wide"}[spec.__name__]

    assert "to create" in run("diff", code=1)
    assert account.everything(mended).keys() == before.keys(), "diff changed something"

    run("apply", "--yes", "--timeout", "3m")
    made = account.everything(mended)
    ours = {key: it for key, it in made.items() if it[1].get(MARK) == name}
    assert counts(ours) == STANDING[spec]
    beside = made.keys() - before.keys() - ours.keys()
    # Children that AWS makes inside: the main route table, the default group, interfaces of gateways and endpoints.
    assert {kind for kind, _ in beside} <= {"route-table", "security-group", "network-interface"}, beside
    looks_right(mended, ours)

    assert "No changes" in run("diff")
    calls = run("apply", "--yes", "--show-calls", "--timeout", "3m")
    assert " 0 of them writes" in calls, calls
    assert account.everything(mended).keys() == made.keys()

    is_repaired(mended, run, ours)

    run("delete", "--yes", "--timeout", "3m")
    left = account.everything(mended)
    assert counts(left.keys() - before.keys()) == KEPT[spec], sorted(left.keys() - before.keys())
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
    told = run("diff", code=1)
    assert "3 to update" in told or told.count("~ ") >= 3, told
    run("apply", "--yes", "--timeout", "3m")
    (repaired,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert any("NatGatewayId" in route for route in repaired["Routes"])
    assert server.client("iam").get_role(RoleName=role)["Role"]["MaxSessionDuration"] == 3600
    assert "No changes" in run("diff")


def test_a_value_that_is_put_reaches_secrets_manager_and_no_output(mended, tmp_path):
    servers.reset(mended)
    run = Run(mended, minimal(), tmp_path)
    run("apply", "--yes", "--timeout", "3m")
    value = "https://rpc.example.com/c4n4ry"
    told = run("secret", "put", "sepolia-http", "--from-stdin", stdin=value)
    told += run("secret", "list") + run("diff") + run("apply", "--yes", "-vv", "--show-calls")
    assert "c4n4ry" not in told
    found = mended.client("secretsmanager").get_secret_value(SecretId="/clctl/minimal/sepolia-http")
    assert found["SecretString"] == value
    for folder, _, files in os.walk(tmp_path / "state"):
        for file in files:
            assert b"c4n4ry" not in (pathlib.Path(folder) / file).read_bytes(), file
    run("delete", "--yes", "--timeout", "3m")
