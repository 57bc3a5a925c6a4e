"""Every waiter that botocore has for what the simulator models comes to its end, and not before its time."""

import boto3
import botocore.exceptions
import pytest

import drive
import sequences_balancers
import sequences_compute
import sequences_ec2
import sequences_names
import sequences_rds
import sequences_watch
import servers

GONE = "0123456789abcdef0"


def available(d, service):
    """The waiters of a service whose operation is modelled."""
    client = d.client(service)
    scope = drive.SCOPES.get(service, service)
    for name in client.waiter_names:
        operation = client.get_waiter(name).config.operation
        if (scope, operation) in d.simulated and (service, name) not in NEVER:
            yield name


@pytest.fixture(scope="module")
def world(simulated, checked):
    server = servers.simulator()
    yield drive.Drive(server, checked, simulated)
    server.stop()


@pytest.fixture(scope="module")
def scene(world):
    """What is waited for: name of the waiter, what it asks for, what has to be done first."""
    d = world
    vpc = d.ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = d.ec2("CreateSubnet", VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    d.wait("ec2", "subnet_available", SubnetIds=[subnet])
    sequences_rds.subnet_group(d)
    return vpc, subnet


def nat(d, subnet):
    made = d.ec2("CreateNatGateway", SubnetId=subnet, ConnectivityType="private")
    return made["NatGateway"]["NatGatewayId"]


def key_pair(d):
    return d.ec2("ImportKeyPair", KeyName="waited-for", PublicKeyMaterial=sequences_ec2.KEY)["KeyName"]


def interface(d, subnet):
    made = d.ec2("CreateNetworkInterface", SubnetId=subnet)
    return made["NetworkInterface"]["NetworkInterfaceId"]


def group(d, vpc):
    return d.ec2("CreateSecurityGroup", GroupName="waited-for", Description="x", VpcId=vpc)["GroupId"]


def instance(d, subnet):
    return sequences_compute.launch(d, subnet)


def stopped(d, subnet):
    one = instance(d, subnet)
    d.wait("ec2", "instance_running", InstanceIds=[one])
    d.ec2("StopInstances", InstanceIds=[one])
    return one


def terminated(d, subnet):
    one = instance(d, subnet)
    d.wait("ec2", "instance_running", InstanceIds=[one])
    d.ec2("TerminateInstances", InstanceIds=[one])
    return one


def of(d, instance):
    """The volume of an instance."""
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return d.ec2("DescribeVolumes", Filters=mine)["Volumes"][0]["VolumeId"]


def left(d, subnet):
    """A volume that an instance has left behind."""
    keep = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}]
    one = sequences_compute.launch(d, subnet, BlockDeviceMappings=keep)
    kept = of(d, one)
    d.wait("ec2", "instance_running", InstanceIds=[one])
    d.ec2("TerminateInstances", InstanceIds=[one])
    return kept


def deleted_volume(d, subnet):
    kept = left(d, subnet)
    d.wait("ec2", "volume_available", VolumeIds=[kept])
    d.ec2("DeleteVolume", VolumeId=kept)
    return kept


TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'


def role(d):
    return d.iam("CreateRole", RoleName="waited-for", AssumeRolePolicyDocument=TRUST)["Role"]["RoleName"]


def profile(d):
    return d.iam("CreateInstanceProfile", InstanceProfileName="waited-for")["InstanceProfile"]["InstanceProfileName"]


def database(d, name):
    sequences_rds.instance(d, name)
    return name


def deleted_database(d, name):
    d.wait("rds", "db_instance_available", DBInstanceIdentifier=database(d, name))
    d.rds("DeleteDBInstance", DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    return name


def cluster(d, name):
    user = {"MasterUsername": "chainlink", "MasterUserPassword": sequences_rds.PASSWORD}
    d.rds("CreateDBCluster", DBClusterIdentifier=name, Engine="aurora-postgresql", DBSubnetGroupName="net", **user)
    return name


def deleted_cluster(d, name):
    d.wait("rds", "db_cluster_available", DBClusterIdentifier=cluster(d, name))
    d.rds("DeleteDBCluster", DBClusterIdentifier=name, SkipFinalSnapshot=True)
    return name


def snapshot(d, name):
    d.wait("rds", "db_instance_available", DBInstanceIdentifier=database(d, f"of-{name}"))
    d.rds("CreateDBSnapshot", DBInstanceIdentifier=f"of-{name}", DBSnapshotIdentifier=name)
    return name


def deleted_snapshot(d, name):
    d.wait("rds", "db_snapshot_available", DBSnapshotIdentifier=snapshot(d, name))
    d.rds("DeleteDBSnapshot", DBSnapshotIdentifier=name)
    return name


def cluster_snapshot(d, name):
    d.wait("rds", "db_cluster_available", DBClusterIdentifier=cluster(d, f"of-{name}"))
    d.rds("CreateDBClusterSnapshot", DBClusterIdentifier=f"of-{name}", DBClusterSnapshotIdentifier=name)
    return name


def deleted_cluster_snapshot(d, name):
    d.wait("rds", "db_cluster_snapshot_available", DBClusterSnapshotIdentifier=cluster_snapshot(d, name))
    d.rds("DeleteDBClusterSnapshot", DBClusterSnapshotIdentifier=name)
    return name


def balancer(d, name):
    """A load balancer in the default VPC."""
    main = d.ec2("DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    home = [{"Name": "vpc-id", "Values": [main]}]
    subnets = [it["SubnetId"] for it in d.ec2("DescribeSubnets", Filters=home)["Subnets"]][:2]
    return sequences_balancers.balancer(d, subnets, name)


def deleted_balancer(d, name):
    arn = balancer(d, name)
    d.wait("elbv2", "load_balancer_available", LoadBalancerArns=[arn])
    d.elbv2("DeleteLoadBalancer", LoadBalancerArn=arn)
    return arn


def deregistered(d, vpc, subnet):
    """A target that drains."""
    group = {"TargetGroupArn": sequences_balancers.target_group(d, vpc)}
    one = instance(d, subnet)
    d.wait("ec2", "instance_running", InstanceIds=[one])
    d.elbv2("RegisterTargets", **group, Targets=[{"Id": one}])
    d.elbv2("DeregisterTargets", **group, Targets=[{"Id": one}])
    return {**group, "Targets": [{"Id": one}]}


def changed(d):
    """A change of records, which takes its time."""
    id = sequences_names.zone(d)
    made = sequences_names.change(d, id, ("CREATE", sequences_names.record("a.example.com", "192.0.2.1")))
    return made["ChangeInfo"]["Id"]


def alarm(d):
    d.cloudwatch("PutMetricAlarm", AlarmName="waited-for", **sequences_watch.WATCHED)
    return "waited-for"


NEVER = {
    # Nothing answers on the instances of a world that is served.
    ("elbv2", "target_in_service"),
    # Alarms on other alarms and on logs are not simulated.
    ("cloudwatch", "composite_alarm_exists"),
    ("cloudwatch", "log_alarm_exists"),
}

# What each waiter waits for; one that is not here fails the test below.
WAITERS = {
    ("ec2", "image_available"): lambda d, vpc, subnet: {"ImageIds": [sequences_compute.image(d)]},
    ("ec2", "image_exists"): lambda d, vpc, subnet: {"ImageIds": [sequences_compute.image(d)]},
    ("ec2", "instance_exists"): lambda d, vpc, subnet: {"InstanceIds": [instance(d, subnet)]},
    ("ec2", "instance_running"): lambda d, vpc, subnet: {"InstanceIds": [instance(d, subnet)]},
    ("ec2", "instance_status_ok"): lambda d, vpc, subnet: {"InstanceIds": [instance(d, subnet)]},
    ("ec2", "instance_stopped"): lambda d, vpc, subnet: {"InstanceIds": [stopped(d, subnet)]},
    ("ec2", "instance_terminated"): lambda d, vpc, subnet: {"InstanceIds": [terminated(d, subnet)]},
    ("ec2", "system_status_ok"): lambda d, vpc, subnet: {"InstanceIds": [instance(d, subnet)]},
    ("ec2", "volume_available"): lambda d, vpc, subnet: {"VolumeIds": [left(d, subnet)]},
    ("ec2", "volume_deleted"): lambda d, vpc, subnet: {"VolumeIds": [deleted_volume(d, subnet)]},
    ("ec2", "volume_in_use"): lambda d, vpc, subnet: {"VolumeIds": [of(d, instance(d, subnet))]},
    ("ec2", "internet_gateway_exists"): lambda d, vpc, subnet: {
        "InternetGatewayIds": [d.ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]]
    },
    ("ec2", "nat_gateway_available"): lambda d, vpc, subnet: {"NatGatewayIds": [nat(d, subnet)]},
    ("ec2", "nat_gateway_deleted"): lambda d, vpc, subnet: {"NatGatewayIds": [deleted(d, nat(d, subnet))]},
    ("ec2", "network_interface_available"): lambda d, vpc, subnet: {"NetworkInterfaceIds": [interface(d, subnet)]},
    ("ec2", "security_group_exists"): lambda d, vpc, subnet: {"GroupIds": [group(d, vpc)]},
    ("ec2", "subnet_available"): lambda d, vpc, subnet: {"SubnetIds": [subnet]},
    ("ec2", "vpc_available"): lambda d, vpc, subnet: {"VpcIds": [vpc]},
    ("ec2", "vpc_exists"): lambda d, vpc, subnet: {"VpcIds": [vpc]},
    ("ec2", "key_pair_exists"): lambda d, vpc, subnet: {"KeyNames": [key_pair(d)]},
    ("rds", "db_instance_available"): lambda d, vpc, subnet: {"DBInstanceIdentifier": database(d, "comes")},
    ("rds", "db_instance_deleted"): lambda d, vpc, subnet: {"DBInstanceIdentifier": deleted_database(d, "goes")},
    ("rds", "db_cluster_available"): lambda d, vpc, subnet: {"DBClusterIdentifier": cluster(d, "comes")},
    ("rds", "db_cluster_deleted"): lambda d, vpc, subnet: {"DBClusterIdentifier": deleted_cluster(d, "goes")},
    ("rds", "db_snapshot_available"): lambda d, vpc, subnet: {"DBSnapshotIdentifier": snapshot(d, "comes")},
    ("rds", "db_snapshot_completed"): lambda d, vpc, subnet: {"DBSnapshotIdentifier": snapshot(d, "completes")},
    ("rds", "db_snapshot_deleted"): lambda d, vpc, subnet: {"DBSnapshotIdentifier": deleted_snapshot(d, "goes")},
    ("rds", "db_cluster_snapshot_available"): lambda d, vpc, subnet: {
        "DBClusterSnapshotIdentifier": cluster_snapshot(d, "comes")
    },
    ("rds", "db_cluster_snapshot_deleted"): lambda d, vpc, subnet: {
        "DBClusterSnapshotIdentifier": deleted_cluster_snapshot(d, "goes")
    },
    ("acm", "certificate_validated"): lambda d, vpc, subnet: {"CertificateArn": sequences_balancers.CERTIFICATE},
    ("cloudwatch", "alarm_exists"): lambda d, vpc, subnet: {"AlarmNames": [alarm(d)]},
    ("elbv2", "load_balancer_available"): lambda d, vpc, subnet: {"LoadBalancerArns": [balancer(d, "comes")]},
    ("elbv2", "load_balancer_exists"): lambda d, vpc, subnet: {"LoadBalancerArns": [balancer(d, "exists")]},
    ("elbv2", "load_balancers_deleted"): lambda d, vpc, subnet: {"LoadBalancerArns": [deleted_balancer(d, "goes")]},
    ("elbv2", "target_deregistered"): lambda d, vpc, subnet: deregistered(d, vpc, subnet),
    ("route53", "resource_record_sets_changed"): lambda d, vpc, subnet: {"Id": changed(d)},
    ("iam", "role_exists"): lambda d, vpc, subnet: {"RoleName": role(d)},
    ("iam", "instance_profile_exists"): lambda d, vpc, subnet: {"InstanceProfileName": profile(d)},
}


def deleted(d, gateway):
    d.wait("ec2", "nat_gateway_available", NatGatewayIds=[gateway])
    d.ec2("DeleteNatGateway", NatGatewayId=gateway)
    return gateway


def services(simulated):
    names = {scope: boto for boto, scope in drive.SCOPES.items()}
    return sorted({names.get(service, service) for service, _ in simulated})


def test_every_waiter_of_what_is_modelled_ends(world, scene, simulated, checked):
    waited, before = [], len(checked.complaints)
    for service in services(simulated):
        for name in available(world, service):
            assert (service, name) in WAITERS, f"what does the waiter {name} of {service} wait for?"
            world.wait(service, name, **WAITERS[service, name](world, *scene))
            waited.append(name)
    assert sorted(set(checked.complaints[before:])) == []
    assert len(waited) == len(WAITERS), waited
    checked.waiters = set(waited)


def test_a_waiter_gives_up_on_what_fails_or_never_comes(world, scene):
    client = world.client("ec2")
    for name, ids in (
        ("vpc_exists", {"VpcIds": [f"vpc-{GONE}"]}),
        ("security_group_exists", {"GroupIds": [f"sg-{GONE}"]}),
    ):
        with pytest.raises(botocore.exceptions.WaiterError, match="Max attempts"):
            client.get_waiter(name).wait(**ids, WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    # A public NAT gateway in a VPC without an internet gateway fails; the waiter says so instead of waiting on.
    address = world.ec2("AllocateAddress", Domain="vpc")["AllocationId"]
    failing = world.ec2("CreateNatGateway", SubnetId=scene[1], AllocationId=address)["NatGateway"]["NatGatewayId"]
    with pytest.raises(botocore.exceptions.WaiterError, match="failed"):
        world.wait("ec2", "nat_gateway_available", NatGatewayIds=[failing])


def test_botocore_has_the_waiters_that_are_waited_with():
    session = boto3.session.Session(region_name=servers.REGION)
    for service, name in WAITERS:
        client = session.client(service, aws_access_key_id="x", aws_secret_access_key="x")
        assert name in client.waiter_names, (service, name)
