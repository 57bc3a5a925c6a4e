"""Sequences of RDS: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"""

from drive import alone, sequence

PASSWORD = "correct-horse-battery"
TAGS = [{"Key": "team", "Value": "oracles"}]
ARN = "arn:aws:rds:us-east-1:123456789012"
COMBINATION, INVALID = "InvalidParameterCombination", "InvalidParameterValue"


def network(d):
    """A subnet group over two zones; the security group of its VPC."""
    vpc = d.ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = []
    for n, zone in enumerate(("us-east-1a", "us-east-1b")):
        place = {"VpcId": vpc, "CidrBlock": f"10.0.{n}.0/24", "AvailabilityZone": zone}
        subnets.append(d.ec2("CreateSubnet", **place)["Subnet"]["SubnetId"])
    return subnets, d.ec2("CreateSecurityGroup", GroupName="db", Description="db", VpcId=vpc)["GroupId"]


def subnet_group(d):
    subnets, group = network(d)
    named = {"DBSubnetGroupName": "Net", "DBSubnetGroupDescription": "two zones"}
    d.rds("CreateDBSubnetGroup", **named, SubnetIds=subnets, Tags=TAGS)
    return subnets, group


def is_there(kind, status):
    """Whether the one that is listed is in a state."""
    return lambda answer: answer[kind][0]["DBInstanceStatus" if kind == "DBInstances" else "Status"] == status


def until(d, status, name="db"):
    d.rds("DescribeDBInstances", DBInstanceIdentifier=name, until=is_there("DBInstances", status))


def cluster_until(d, status):
    d.rds("DescribeDBClusters", DBClusterIdentifier="cluster", until=is_there("DBClusters", status))


def instance(d, name="db", **more):
    wanted = {
        "DBInstanceIdentifier": name,
        "Engine": "postgres",
        "EngineVersion": "17.5",
        "DBInstanceClass": "db.m6g.large",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "MasterUsername": "chainlink",
        "MasterUserPassword": PASSWORD,
        "DBSubnetGroupName": "net",
    }
    return d.rds("CreateDBInstance", **{**wanted, **more})


@alone
def subnet_groups(d):
    """A group and what it refuses."""
    subnets, _ = subnet_group(d)
    named = {"DBSubnetGroupName": "net"}
    described = {"DBSubnetGroupDescription": "again"}
    d.rds("CreateDBSubnetGroup", **named, **described, SubnetIds=subnets, fails="DBSubnetGroupAlreadyExists")
    d.rds("CreateDBSubnetGroup", DBSubnetGroupName="x", **described, SubnetIds=subnets[:1], fails="DBSubnetGroupDoesNotCoverEnoughAZs")
    d.rds("CreateDBSubnetGroup", DBSubnetGroupName="x", **described, SubnetIds=["subnet-0123456789abcdef0"], fails="InvalidSubnet")
    d.rds("ModifyDBSubnetGroup", **named, **described, SubnetIds=subnets)
    d.rds("ModifyDBSubnetGroup", DBSubnetGroupName="none", SubnetIds=subnets, fails="DBSubnetGroupNotFoundFault")
    d.rds("DescribeDBSubnetGroups")
    d.rds("DescribeDBSubnetGroups", DBSubnetGroupName="none", fails="DBSubnetGroupNotFoundFault")
    arn = f"{ARN}:subgrp:net"
    d.rds("ListTagsForResource", ResourceName=arn)
    d.rds("AddTagsToResource", ResourceName=arn, Tags=[{"Key": "stage", "Value": ""}])
    d.rds("RemoveTagsFromResource", ResourceName=arn, TagKeys=["team"])
    d.rds("ListTagsForResource", ResourceName=arn)
    none = f"{ARN}:db:none"
    d.rds("ListTagsForResource", ResourceName=none, fails="DBInstanceNotFound")
    d.rds("AddTagsToResource", ResourceName=none, Tags=TAGS, fails="DBInstanceNotFound")
    d.rds("RemoveTagsFromResource", ResourceName=none, TagKeys=["team"], fails="DBInstanceNotFound")
    d.rds("DeleteDBSubnetGroup", **named)
    d.rds("DeleteDBSubnetGroup", **named, fails="DBSubnetGroupNotFoundFault")


def groups_of(d, kind, family):
    name = {f"{kind}Name": "Mine"}
    lists = kind.replace("Group", "s")
    group = {**name, "DBParameterGroupFamily": family, "Description": "ours"}
    d.rds(f"Create{kind}", **group, Tags=TAGS)
    d.rds(f"Create{kind}", **group, fails="DBParameterGroupAlreadyExists")
    d.rds(f"Describe{kind}s")
    d.rds(f"Describe{kind}s", **{f"{kind}Name": "none"}, fails="DBParameterGroupNotFound")
    now = [{"ParameterName": "log_statement", "ParameterValue": "ddl", "ApplyMethod": "immediate"}]
    later = [{"ParameterName": "max_connections", "ParameterValue": "300", "ApplyMethod": "pending-reboot"}]
    at_once = [{**later[0], "ApplyMethod": "immediate"}]
    d.rds(f"Modify{kind}", **name, Parameters=now + later)
    d.rds(f"Modify{kind}", **name, Parameters=at_once, fails=COMBINATION)
    d.rds(f"Describe{lists}", **name, Source="user")
    d.rds(f"Describe{lists}", **name)
    d.rds(f"Describe{lists}", **{f"{kind}Name": "none"}, fails="DBParameterGroupNotFound")
    d.rds(f"Reset{kind}", **name, Parameters=[{"ParameterName": "log_statement", "ApplyMethod": "immediate"}])
    d.rds(f"Reset{kind}", **name, ResetAllParameters=True)
    d.rds(f"Reset{kind}", **{f"{kind}Name": "default.{family}".format(family=family)}, ResetAllParameters=True, fails="InvalidDBParameterGroupState")
    d.rds(f"Delete{kind}", **name)
    d.rds(f"Delete{kind}", **name, fails="DBParameterGroupNotFound")


@alone
def parameter_groups(d):
    """Groups of instances and of clusters."""
    groups_of(d, "DBParameterGroup", "postgres17")
    groups_of(d, "DBClusterParameterGroup", "aurora-postgresql17")


@alone
def looking_around(d):
    """Versions, classes, certificates, events, what is due."""
    d.rds("DescribeDBEngineVersions")
    d.rds("DescribeDBEngineVersions", Engine="postgres", EngineVersion="17", DefaultOnly=True)
    d.rds("DescribeDBEngineVersions", Engine="nonsense", fails=INVALID)
    d.rds("DescribeOrderableDBInstanceOptions", Engine="postgres", DBInstanceClass="db.m6g.large")
    d.rds("DescribeOrderableDBInstanceOptions", Engine="aurora-postgresql", EngineVersion="17.5")
    d.rds("DescribeOrderableDBInstanceOptions", Engine="nonsense", fails=INVALID)
    d.rds("DescribeCertificates")
    d.rds("DescribeCertificates", CertificateIdentifier="none", fails="CertificateNotFound")
    d.rds("DescribeEvents", SourceIdentifier="db", fails=COMBINATION)
    d.rds("DescribePendingMaintenanceActions", ResourceIdentifier=f"{ARN}:db:none", fails="ResourceNotFoundFault")


@alone
def databases(d):
    """An instance's life."""
    subnets, group = subnet_group(d)
    made = instance(d, MultiAZ=True, VpcSecurityGroupIds=[group], Tags=TAGS, StorageEncrypted=True, DBName="chainlink",
                    EnableCloudwatchLogsExports=["postgresql"], EnablePerformanceInsights=True, CopyTagsToSnapshot=True,
                    MaxAllocatedStorage=200, DeletionProtection=True)
    assert made is None or made["DBInstance"]["DBInstanceStatus"] == "creating"
    d.rds("CreateDBInstance", DBInstanceIdentifier="db", Engine="postgres", DBInstanceClass="db.m6g.large", fails="DBInstanceAlreadyExists")
    d.wait("rds", "db_instance_available", DBInstanceIdentifier="db")
    d.rds("DescribeDBInstances")
    d.rds("DescribeDBInstances", DBInstanceIdentifier="none", fails="DBInstanceNotFound")
    named = {"DBInstanceIdentifier": "db"}
    d.rds("ModifyDBInstance", **named, DBInstanceClass="db.m6g.xlarge", BackupRetentionPeriod=7, MasterUserPassword="another-password-1")
    d.rds("ModifyDBInstance", DBInstanceIdentifier="none", BackupRetentionPeriod=7, fails="DBInstanceNotFound")
    until(d, "available")
    d.rds("ModifyDBInstance", **named, AllocatedStorage=150, CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"]}, ApplyImmediately=True)
    until(d, "storage-optimization")
    d.rds("RebootDBInstance", **named, ForceFailover=True)
    d.rds("RebootDBInstance", DBInstanceIdentifier="none", fails="DBInstanceNotFound")
    until(d, "available")
    d.rds("CreateDBSnapshot", **named, DBSnapshotIdentifier="snap", Tags=TAGS)
    d.rds("CreateDBSnapshot", **named, DBSnapshotIdentifier="snap", fails="DBSnapshotAlreadyExists")
    d.rds("DescribeDBSnapshots", DBSnapshotIdentifier="none", fails="DBSnapshotNotFound")
    d.wait("rds", "db_snapshot_available", DBSnapshotIdentifier="snap")
    d.rds("DescribeDBSnapshots")
    until(d, "available")
    place = {"DBSubnetGroupName": "net"}
    d.rds("RestoreDBInstanceFromDBSnapshot", DBInstanceIdentifier="restored", DBSnapshotIdentifier="snap", **place)
    d.rds("RestoreDBInstanceFromDBSnapshot", DBInstanceIdentifier="x", DBSnapshotIdentifier="none", fails="DBSnapshotNotFound")
    source = {"SourceDBInstanceIdentifier": "db", "UseLatestRestorableTime": True}
    d.rds("RestoreDBInstanceToPointInTime", TargetDBInstanceIdentifier="then", **source, **place)
    d.rds("RestoreDBInstanceToPointInTime", TargetDBInstanceIdentifier="then", **source, fails="DBInstanceAlreadyExists")
    d.rds("StopDBInstance", **named)
    d.rds("StopDBInstance", DBInstanceIdentifier="none", fails="DBInstanceNotFound")
    until(d, "stopped")
    d.rds("StartDBInstance", **named)
    d.rds("StartDBInstance", DBInstanceIdentifier="none", fails="DBInstanceNotFound")
    until(d, "available")
    d.rds("DescribeEvents", Duration=1440)
    d.rds("DescribePendingMaintenanceActions")
    d.rds("DeleteDBSubnetGroup", DBSubnetGroupName="net", fails="InvalidDBSubnetGroupStateFault")
    d.rds("DeleteDBInstance", **named, SkipFinalSnapshot=True, fails=COMBINATION)
    d.rds("ModifyDBInstance", **named, DeletionProtection=False)
    d.rds("DeleteDBInstance", **named, FinalDBSnapshotIdentifier="last")
    d.wait("rds", "db_instance_deleted", DBInstanceIdentifier="db")
    d.rds("DeleteDBSnapshot", DBSnapshotIdentifier="snap")
    d.rds("DeleteDBSnapshot", DBSnapshotIdentifier="snap", fails="DBSnapshotNotFound")


@sequence
def what_is_told_of_databases(d):
    """What clctl looks at again of what it made, and moto tells otherwise: see mended_moto.py."""
    subnet_group(d)
    instance(d, EnablePerformanceInsights=True)
    until(d, "available")


@alone
def clusters(d):
    """A cluster's life, and that of its instances."""
    _, group = subnet_group(d)
    wanted = {
        "DBClusterIdentifier": "Cluster",
        "Engine": "aurora-postgresql",
        "EngineVersion": "17.5",
        "MasterUsername": "chainlink",
        "MasterUserPassword": PASSWORD,
        "DBSubnetGroupName": "net",
        "VpcSecurityGroupIds": [group],
    }
    scaling = {"MinCapacity": 0.5, "MaxCapacity": 4}
    d.rds("CreateDBCluster", **wanted, DatabaseName="chainlink", StorageEncrypted=True, Tags=TAGS,
          EnableCloudwatchLogsExports=["postgresql"], ServerlessV2ScalingConfiguration=scaling)
    d.rds("CreateDBCluster", **wanted, fails="DBClusterAlreadyExistsFault")
    d.wait("rds", "db_cluster_available", DBClusterIdentifier="cluster")
    member = {"DBClusterIdentifier": "cluster", "Engine": "aurora-postgresql"}
    for name, size in (("one", "db.r6g.large"), ("two", "db.serverless")):
        d.rds("CreateDBInstance", DBInstanceIdentifier=name, DBInstanceClass=size, **member)
    for name in ("one", "two"):
        d.wait("rds", "db_instance_available", DBInstanceIdentifier=name)
    d.rds("DescribeDBClusters")
    d.rds("DescribeDBClusters", DBClusterIdentifier="none", fails="DBClusterNotFoundFault")
    named = {"DBClusterIdentifier": "cluster"}
    d.rds("FailoverDBCluster", **named)
    d.rds("FailoverDBCluster", DBClusterIdentifier="none", fails="DBClusterNotFoundFault")
    cluster_until(d, "available")
    d.rds("ModifyDBCluster", **named, MasterUserPassword="another-password-1", EngineVersion="17.6")
    d.rds("ModifyDBCluster", DBClusterIdentifier="none", BackupRetentionPeriod=7, fails="DBClusterNotFoundFault")
    cluster_until(d, "resetting-master-credentials")
    cluster_until(d, "available")
    endpoint = {"ResourceArn": "arn:aws:rds:us-east-1:123456789012:cluster:cluster"}
    d.rds("EnableHttpEndpoint", **endpoint)
    d.rds("DisableHttpEndpoint", **endpoint)
    d.rds("StopDBCluster", **named)
    d.rds("StopDBCluster", DBClusterIdentifier="none", fails="DBClusterNotFoundFault")
    cluster_until(d, "stopped")
    d.rds("StartDBCluster", **named)
    cluster_until(d, "available")
    d.rds("DescribeDBClusterAutomatedBackups")
    d.rds("DescribeDBInstanceAutomatedBackups")
    d.rds("StartDBCluster", DBClusterIdentifier="none", fails="DBClusterNotFoundFault")
    for operation in ("EnableHttpEndpoint", "DisableHttpEndpoint"):
        d.rds(operation, ResourceArn="arn:aws:rds:us-east-1:123456789012:cluster:none", fails="ResourceNotFoundFault")
    nonsense = [{"Name": "nonsense", "Values": ["x"]}]
    for operation in ("DescribeDBClusterAutomatedBackups", "DescribeDBInstanceAutomatedBackups"):
        d.rds(operation, Filters=nonsense, fails="InvalidParameterValue")
    snap = {"DBClusterSnapshotIdentifier": "snap"}
    d.rds("CreateDBClusterSnapshot", **named, **snap, Tags=TAGS)
    d.rds("CreateDBClusterSnapshot", **named, **snap, fails="DBClusterSnapshotAlreadyExistsFault")
    d.wait("rds", "db_cluster_snapshot_available", **snap)
    d.rds("DescribeDBClusterSnapshots")
    d.rds("DescribeDBClusterSnapshots", DBClusterSnapshotIdentifier="none", fails="DBClusterSnapshotNotFoundFault")
    restore = {"DBClusterIdentifier": "restored", "Engine": "aurora-postgresql", "DBSubnetGroupName": "net"}
    d.rds("RestoreDBClusterFromSnapshot", **restore, SnapshotIdentifier="snap")
    d.rds("RestoreDBClusterFromSnapshot", **restore, SnapshotIdentifier="none", fails="DBClusterSnapshotNotFoundFault")
    then = {"DBClusterIdentifier": "then", "UseLatestRestorableTime": True, "DBSubnetGroupName": "net"}
    d.rds("RestoreDBClusterToPointInTime", **then, SourceDBClusterIdentifier="cluster")
    d.rds("RestoreDBClusterToPointInTime", **then, SourceDBClusterIdentifier="none", fails="DBClusterNotFoundFault")
    d.rds("DeleteDBCluster", **named, SkipFinalSnapshot=True, fails="InvalidDBClusterStateFault")
    for name in ("one", "two"):
        d.rds("DeleteDBInstance", DBInstanceIdentifier=name)
    cluster_until(d, "available")
    d.rds("DeleteDBCluster", **named, FinalDBSnapshotIdentifier="last")
    d.wait("rds", "db_cluster_deleted", DBClusterIdentifier="cluster")
    d.rds("DeleteDBClusterSnapshot", **snap)
    d.rds("DeleteDBClusterSnapshot", **snap, fails="DBClusterSnapshotNotFoundFault")
