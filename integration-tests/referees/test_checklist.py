"""The quickstart with its defaults, as clctl builds it in the sandbox, before the checklist of its facts."""

import pathlib
import re
import shutil
import subprocess
import time

import pytest

import checklist
import servers

CLCTL = servers.TARGET / "clctl"
SPEC = pathlib.Path(__file__).with_name("quickstart.yaml")
VALUES = {"sepolia-http": "https://rpc.example.com/key", "sepolia-websocket": "wss://rpc.example.com/key"}

class Sandbox:
    """The built-in simulator, its world in a folder of its own: clctl in its process, others on a loopback port."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words, code=0, stdin=""):
        ran = subprocess.run(
            [CLCTL, *words],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=300,
            env=servers.environment(CLCTL_STATE=str(self.folder), CLCTL_SANDBOX="1", CI="1"),
        )
        assert ran.returncode == code, f"clctl {words} ended with {ran.returncode}: {ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr

    def copy(self, folder):
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Sandbox(folder)

    def serve(self, speed=1):
        def says(line):
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            return found[0] if found else None

        return servers.Server(
            "the sandbox",
            [CLCTL, "sandbox", "serve", "--port", "0", "--speed", str(speed)],
            says,
            CLCTL_STATE=str(self.folder),
            CLCTL_SANDBOX="1",
        )


def build(sandbox, spec):
    file = sandbox.folder / "node.yaml"
    file.write_text(spec)
    sandbox("apply", "--yes", "-f", file, code=6)
    for name, value in VALUES.items():
        sandbox("secret", "put", name, "--from-stdin", "-f", file, stdin=value)
    sandbox("apply", "--yes", "-f", file)
    assert "No changes" in sandbox("diff", "-f", file)


# What somebody has who deploys into a VPC that exists, beside what is of the VPC in the quickstart.
NETWORK = {
    "subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "route table": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "internet gateway": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "NAT gateway": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "endpoint": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "VPC": ("describe_vpcs", "Vpcs", "VpcId"),
    "DHCP options": ("describe_dhcp_options", "DhcpOptions", "DhcpOptionsId"),
}


def network(server):
    client = server.client("ec2")
    read = {what: getattr(client, operation)()[key] for what, (operation, key, _) in NETWORK.items()}
    return {what: sorted(it[NETWORK[what][2]] for it in found) for what, found in read.items()}


@pytest.fixture(scope="module")
def in_a_vpc_of_its_own(tmp_path_factory):
    sandbox = Sandbox(tmp_path_factory.mktemp("new"))
    build(sandbox, SPEC.read_text())
    return sandbox


@pytest.fixture(scope="module")
def in_a_vpc_that_exists(tmp_path_factory):
    sandbox = Sandbox(tmp_path_factory.mktemp("existing"))
    said = sandbox("sandbox", "seed", "vpc")
    ids = dict(re.findall(r"(user-[\w-]+)\s+(\w+-[0-9a-f]{17})", said))
    given = checklist.Given(
        ids["user-vpc"],
        (ids["user-private-a"], ids["user-private-b"]),
        (ids["user-public-a"], ids["user-public-b"]),
    )
    server = sandbox.serve()
    before = network(server)
    server.stop()
    existing = (
        f"      existing:\n        vpc: {{id: {given.vpc}}}\n"
        f"        privateSubnets: {{ids: [{', '.join(given.private)}]}}\n"
        f"        publicSubnets: {{ids: [{', '.join(given.public)}]}}\n"
    )
    create = "      create: {cidr: 10.0.0.0/16}\n"
    spec = SPEC.read_text()
    assert spec.count(create) == 1
    build(sandbox, spec.replace(create, existing))
    return sandbox, given, before


def test_every_resource_of_the_quickstart_is_of_one_fact_or_there_is_a_reason():
    of_facts = [number for it in checklist.FACTS.values() for number in it.resources]
    assert sorted([*of_facts, *checklist.NO_FACT]) == list(range(1, 84))
    said = " ".join([*checklist.NO_FACT.values(), pathlib.Path(checklist.__file__).read_text()])
    for defect in checklist.DEFECTS:
        assert len(re.findall(rf"\b{defect}\b", said)) > 1, f"{defect} is left out nowhere"


def test_an_account_in_which_nothing_was_built_has_none_of_it(tmp_path):
    sandbox = Sandbox(tmp_path)
    sandbox("sandbox", "status")
    server = sandbox.serve()
    failed = checklist.failures(server.client)
    server.stop()
    assert failed.keys() == checklist.FACTS.keys()


def test_a_vpc_alone_has_none_of_what_is_built_in_it(tmp_path):
    sandbox = Sandbox(tmp_path)
    ids = dict(re.findall(r"(user-[\w-]+)\s+(\w+-[0-9a-f]{17})", sandbox("sandbox", "seed", "vpc")))
    subnets = [tuple(ids[f"user-{kind}-{zone}"] for zone in "ab") for kind in ("private", "public")]
    server = sandbox.serve()
    failed = checklist.failures(server.client, checklist.Given(ids["user-vpc"], *subnets))
    server.stop()
    assert failed.keys() == {name for name, it in checklist.FACTS.items() if not it.new_vpc}


def test_in_a_vpc_of_its_own_all_of_it_holds(in_a_vpc_of_its_own, tmp_path):
    server = in_a_vpc_of_its_own.copy(tmp_path).serve()
    failed = checklist.failures(server.client)
    server.stop()
    assert not failed, failed


def test_in_a_vpc_that_exists_all_of_it_holds_but_the_vpc(in_a_vpc_that_exists, tmp_path):
    sandbox, given, before = in_a_vpc_that_exists
    server = sandbox.copy(tmp_path).serve()
    failed = checklist.failures(server.client, given)
    after = network(server)
    server.stop()
    assert not failed, failed
    assert after == before, "something of the network was added or taken away"


SPOILS = {}


def spoils(*facts):
    """What somebody may do, and the facts that do not hold then; all others do."""

    def add(run):
        SPOILS[run.__name__] = (run, set(facts))
        return run

    return add


@spoils("dhcp_options_of_the_region")
def another_dns_server_is_told(account):
    ec2 = account.client("ec2")
    said = [{"Key": "domain-name-servers", "Values": ["10.0.0.9"]}]
    made = ec2.create_dhcp_options(DhcpConfigurations=said)["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=made, VpcId=account.vpc()["VpcId"])


@spoils("vpc_with_dns")
def names_are_given_to_nobody(account):
    account.client("ec2").modify_vpc_attribute(VpcId=account.vpc()["VpcId"], EnableDnsHostnames={"Value": False})


@spoils("first_private_subnet_goes_out_by_nat")
def a_route_is_deleted(account):
    table = account.table(account.subnet("private", 0))["RouteTableId"]
    account.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock=checklist.EVERYBODY)


@spoils("second_private_subnet_goes_out_by_nat")
def a_subnet_goes_out_by_the_other_zone(account):
    table = account.table(account.subnet("private", 1))["RouteTableId"]
    account.client("ec2").replace_route(
        RouteTableId=table,
        DestinationCidrBlock=checklist.EVERYBODY,
        NatGatewayId=account.nat_gateway(0)["NatGatewayId"],
    )


@spoils("second_public_subnet")
def a_public_subnet_gives_no_addresses(account):
    subnet = account.subnet("public", 1)["SubnetId"]
    account.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})


@spoils("s3_is_reached_within_aws")
def a_route_table_loses_the_endpoint(account):
    (endpoint,) = account.within("describe_vpc_endpoints", "VpcEndpoints")
    table = account.table(account.subnet("private", 0))["RouteTableId"]
    account.client("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=[table])


def lets_nobody_in(account, group, port):
    rules = [it for it in group["IpPermissions"] if it.get("FromPort") == port]
    account.client("ec2").revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=rules)


@spoils("ssh_to_the_bastion")
def ssh_is_closed(account):
    lets_nobody_in(account, account.their_group("public"), 22)


@spoils("who_reaches_the_nodes")
def ssh_to_the_nodes_is_closed(account):
    lets_nobody_in(account, account.their_group("private"), 22)


@spoils("https_to_the_load_balancer")
def the_load_balancer_is_closed(account):
    lets_nobody_in(account, account.balancer_group(), 80)


@spoils("nodes_reach_the_database")
def the_whole_vpc_reaches_the_database(account):
    account.client("ec2").authorize_security_group_ingress(
        GroupId=account.database_group()["GroupId"],
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": checklist.CIDR}]}
        ],
    )


@spoils("the_bastion_has_an_address_that_stays")
def the_bastion_loses_its_address(account):
    (bastion,) = account.instances("public")
    (held,) = [it for it in checklist.own_addresses(account) if it.get("InstanceId") == bastion["InstanceId"]]
    account.client("ec2").disassociate_address(AssociationId=held["AssociationId"])


@spoils("role_of_the_nodes")
def session_manager_is_taken_from_the_nodes(account):
    account.client("iam").detach_role_policy(
        RoleName=account.role("private")["RoleName"],
        PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    )


@spoils("password_of_the_database", "password_of_the_gui", "password_of_the_wallet")
def no_secret_may_be_read(account):
    denied = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"secretsmanager:*","Resource":"*"}]}'
    account.client("iam").put_role_policy(
        RoleName=account.role("private")["RoleName"], PolicyName="denied", PolicyDocument=denied
    )


@spoils("password_of_the_gui")
def a_password_is_deleted(account):
    account.client("secretsmanager").delete_secret(SecretId=account.secret("admin-password")["ARN"])


@spoils("two_nodes")
def a_third_node_is_allowed(account):
    name = account.group("private")["AutoScalingGroupName"]
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=name, MaxSize=3)


@spoils("one_bastion_at_a_time")
def the_bastion_may_be_in_one_zone_only(account):
    name, subnet = account.group("public")["AutoScalingGroupName"], account.subnet("public", 0)["SubnetId"]
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=name, VPCZoneIdentifier=subnet, AvailabilityZones=[checklist.ZONES[0]]
    )


@spoils("what_a_node_is")
def nodes_are_launched_larger(account):
    group = account.group("private")
    template = group["LaunchTemplate"]
    made = account.client("ec2").create_launch_template_version(
        LaunchTemplateId=template["LaunchTemplateId"],
        SourceVersion=template["Version"],
        LaunchTemplateData={"InstanceType": "t3.medium"},
    )["LaunchTemplateVersion"]
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group["AutoScalingGroupName"],
        LaunchTemplate={
            "LaunchTemplateId": template["LaunchTemplateId"],
            "Version": str(made["VersionNumber"]),
        },
    )


@spoils("alias_of_the_key")
def the_key_loses_its_alias(account):
    kms = account.client("kms")
    (alias,) = kms.list_aliases(KeyId=account.key()["KeyId"])["Aliases"]
    kms.delete_alias(AliasName=alias["AliasName"])


@spoils("key_of_the_topic_of_devops_guru")
def the_key_is_not_rotated(account):
    account.client("kms").disable_key_rotation(KeyId=account.key()["KeyId"])


@spoils("topic_of_devops_guru")
def devops_guru_may_not_publish(account):
    topic = account.topic()
    policy = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"cloudwatch.amazonaws.com"}},"Action":"sns:Publish","Resource":"{topic}"}}]}}'
    account.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


@spoils("processors_of_the_database_are_watched")
def an_alarm_is_muted(account):
    names = [it["AlarmName"] for it in account.alarms("CPUUtilization")]
    account.client("cloudwatch").disable_alarm_actions(AlarmNames=names)


@spoils("storage_of_the_database_is_watched")
def an_alarm_is_deleted(account):
    names = [it["AlarmName"] for it in account.alarms("FreeLocalStorage")]
    account.client("cloudwatch").delete_alarms(AlarmNames=names)


@spoils("events_of_the_cluster_are_told")
def failovers_are_told_nobody(account):
    events = account.read("rds", "describe_event_subscriptions", "EventSubscriptionsList")
    (name,) = [it["CustSubscriptionId"] for it in events if it["SourceType"] == "db-cluster"]
    account.client("rds").modify_event_subscription(SubscriptionName=name, EventCategories=["maintenance"])


@spoils("aurora_cluster")
def backups_are_kept_for_a_day(account):
    name = account.cluster()["DBClusterIdentifier"]
    account.client("rds").modify_db_cluster(DBClusterIdentifier=name, BackupRetentionPeriod=1, ApplyImmediately=True)


@spoils("three_instances_of_the_database")
def an_instance_is_upgraded_by_itself(account):
    name = account.databases()[0]["DBInstanceIdentifier"]
    account.client("rds").modify_db_instance(
        DBInstanceIdentifier=name, AutoMinorVersionUpgrade=True, ApplyImmediately=True
    )


@spoils("parameter_group_of_the_cluster")
def connections_without_tls_are_taken(account):
    account.client("rds").modify_db_cluster_parameter_group(
        DBClusterParameterGroupName=account.cluster()["DBClusterParameterGroup"],
        Parameters=[{"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}],
    )


@spoils("http_is_sent_to_https")
def http_is_answered(account):
    said = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = account.listener(80)["ListenerArn"]
    account.client("elbv2").modify_listener(ListenerArn=listener, DefaultActions=[said])


@spoils("https_is_for_the_nodes")
def old_tls_is_spoken(account):
    listener = account.listener(443)["ListenerArn"]
    account.client("elbv2").modify_listener(ListenerArn=listener, SslPolicy="ELBSecurityPolicy-2016-08")


@spoils("target_group")
def health_is_asked_for_once_a_minute(account):
    arn = account.targets()["TargetGroupArn"]
    account.client("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckIntervalSeconds=60)


@spoils("logs_of_the_nodes")
def logs_are_kept_for_a_day(account):
    name = account.log_group("private")["logGroupName"]
    account.client("logs").put_retention_policy(logGroupName=name, retentionInDays=1)


@spoils("log_group_of_the_bastion")
def logs_are_kept_for_ever(account):
    account.client("logs").delete_retention_policy(logGroupName=account.log_group("public")["logGroupName"])


# How fast the world's clock runs here, and for how long, in seconds, somebody may not see yet what was done.
SPEED, PATIENCE = 5, 120


@pytest.mark.parametrize("name", sorted(SPOILS))
def test_what_is_spoilt_is_seen_and_nothing_else(name, in_a_vpc_of_its_own, tmp_path):
    spoil, facts = SPOILS[name]
    server = in_a_vpc_of_its_own.copy(tmp_path).serve(SPEED)
    try:
        spoil(checklist.Account(server.client, None))
        end = time.monotonic() + PATIENCE
        while (failed := checklist.failures(server.client)).keys() != facts:
            assert time.monotonic() < end, failed
    finally:
        server.stop()
