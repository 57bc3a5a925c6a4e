"""Every paginator that botocore has for what the simulator models: pages of one to five, or as small as the service
allows, hold what one list does, in its order."""

import datetime

import boto3
import botocore.exceptions
import pytest

import drive
import sequences_backup
import sequences_balancers
import sequences_compute
import sequences_names
import sequences_rds
import sequences_watch
import servers

# Lists of which the sequences leave nothing: what to make so that there is something to turn the pages of.
MANY = 7


def paginators(simulated):
    """(service, operation, the paginator's configuration) of all that are modelled."""
    session = boto3.session.Session(region_name=servers.REGION)
    names = {scope: boto for boto, scope in drive.SCOPES.items()}
    for service in sorted({service for service, _ in simulated}):
        client = session.client(names.get(service, service), aws_access_key_id="x", aws_secret_access_key="x")
        for method, operation in sorted(client.meta.method_to_api_mapping.items()):
            if (service, operation) in simulated and client.can_paginate(method):
                yield names.get(service, service), method, operation


ROLE = "pages-0"
ACTIONS = [f"ssm:GetParameter{end}" for end in ("", "s", "sByPath", "History")] + [
    f"ssm:{verb}Parameter" for verb in ("Put", "Delete", "Label")
]
READING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"*"}]}'
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":["ec2.amazonaws.com","vpc-flow-logs.amazonaws.com"]}}]}'
)

# What a list needs to be asked for.
ASKED = {
    "DescribeDBClusterParameters": {"DBClusterParameterGroupName": "default.aurora-postgresql17"},
    "DescribeDBParameters": {"DBParameterGroupName": "default.postgres17"},
    "DescribeEvents": {"Duration": 14 * 24 * 60},
    "DescribeImages": {"Owners": ["amazon"]},
    "DescribeLaunchTemplateVersions": {"LaunchTemplateName": "pages-0"},
    "DescribeLoadBalancerTargetGroups": {"AutoScalingGroupName": "pages-0"},
    "DescribeOrderableDBInstanceOptions": {"Engine": "postgres", "DBInstanceClass": "db.m6g.large"},
    "FilterLogEvents": {"logGroupName": "/pages/0"},
    "DescribeLogStreams": {"logGroupName": "/pages/0"},
    "DescribeVpcEndpointServices": {},
    "GetAccountAuthorizationDetails": {"Filter": ["Role"]},
    "GetMetricData": {
        "MetricDataQueries": [
            {
                "Id": "m",
                "MetricStat": {"Metric": {"Namespace": "pages", "MetricName": "m0"}, "Period": 60, "Stat": "Sum"},
            }
        ],
        "StartTime": 1767225600,
        "EndTime": 1767225600 + 14 * 86400,
    },
    "GetParametersByPath": {"Path": "/pages", "Recursive": True},
    "GetTagValues": {"Key": "n"},
    "ListAttachedRolePolicies": {"RoleName": ROLE},
    "ListAWSDefaultServiceQuotas": {"ServiceCode": "vpc"},
    "ListInstanceProfileTags": {"InstanceProfileName": ROLE},
    "ListInstanceProfilesForRole": {"RoleName": ROLE},
    "ListRolePolicies": {"RoleName": ROLE},
    "ListRoleTags": {"RoleName": ROLE},
    "ListServiceQuotas": {"ServiceCode": "vpc"},
    "SimulateCustomPolicy": {"PolicyInputList": [READING], "ActionNames": ACTIONS},
    "SimulatePrincipalPolicy": {
        "PolicySourceArn": f"arn:aws:iam::123456789012:role/{ROLE}",
        "ActionNames": ACTIONS,
    },
}

# Of these the default quotas let an account have fewer than a page of the smallest size and one more:
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
# and https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
FEW = {
    "DescribeCertificates",
    "DescribeDhcpOptions",
    "DescribeEventSubscriptions",
    "DescribeInternetGateways",
    "DescribeNetworkAcls",
    "DescribeVpcs",
}
# For how many databases an upgrade is due by now is drawn: for more than a page of them, or not.
DRAWN = {"DescribePendingMaintenanceActions"}
# RDS's smallest page is one of twenty: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
SIZES = {"rds": (1, 20, 25)}
# Of these nobody can choose the size of a page, and the world has not as many as one of AWS's holds; a page of data
# points is a part of each series.
UNSIZED = {
    "GetMetricData",
    "GetResourceCollection",
    "GetTagKeys",
    "GetTagValues",
    "ListDashboards",
    "ListMetrics",
    "ListNotificationChannels",
    "ListSubscriptions",
    "ListSubscriptionsByTopic",
    "ListTopics",
}


# How far back, and how near to now, a database can be restored goes on while it is listed.
MOVING = {"EarliestRestorableTime", "LatestRestorableTime", "RestoreWindow"}


def steady(item):
    """An item without what goes on while it is listed."""
    return {name: it for name, it in item.items() if name not in MOVING} if isinstance(item, dict) else item


def databases(d):
    """As many as a page of RDS's smallest size holds, and some."""
    subnets, _ = sequences_rds.network(d)
    user = {"MasterUsername": "chainlink", "MasterUserPassword": sequences_rds.PASSWORD}
    for n in range(22):
        named = {"DBSubnetGroupName": "net" if n == 0 else f"net-{n}", "DBSubnetGroupDescription": "x"}
        d.rds("CreateDBSubnetGroup", **named, SubnetIds=subnets)
        for kind, family in (("DB", "postgres17"), ("DBCluster", "aurora-postgresql17")):
            group = {f"{kind}ParameterGroupName": f"g{n}", "DBParameterGroupFamily": family, "Description": "x"}
            d.rds(f"Create{kind}ParameterGroup", **group)
        sequences_rds.instance(d, f"db{n}", AutoMinorVersionUpgrade=True)
        cluster = {"DBClusterIdentifier": f"cluster{n}", "Engine": "aurora-postgresql", "DBSubnetGroupName": "net"}
        d.rds("CreateDBCluster", **cluster, **user)
    # The first backup of each is there before it is available.
    for n in range(22):
        d.wait("rds", "db_instance_available", DBInstanceIdentifier=f"db{n}")


def stock(d):
    """Several of each kind."""
    vpcs = [d.ec2("CreateVpc", CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in range(3)]
    vpc = vpcs[0]
    role = d.iam("CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    key = d.kms("CreateKey")["KeyMetadata"]["KeyId"]
    managed = ("AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy")
    for name in managed:
        d.iam("AttachRolePolicy", RoleName=ROLE, PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    now = None
    for n in range(MANY):
        tag = [{"Key": f"n{n}", "Value": str(n)}]
        place = {"VpcId": vpc, "CidrBlock": f"10.0.{n}.0/24", "AvailabilityZone": f"us-east-1{'ab'[n % 2]}"}
        subnet = d.ec2("CreateSubnet", **place)["Subnet"]["SubnetId"]
        group = d.ec2("CreateSecurityGroup", GroupName=f"g{n}", Description="x", VpcId=vpc)["GroupId"]
        d.ec2("CreateNetworkInterface", SubnetId=subnet, Groups=[group])
        table = d.ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
        d.ec2("CreateTags", Resources=[subnet], Tags=[{"Key": "n", "Value": str(n)}])
        if n % 2 == 0:
            # As many as a zone may have.
            d.ec2("CreateNatGateway", SubnetId=subnet, ConnectivityType="private")
        if n in (1, 3):
            d.ec2("CreateNatGateway", SubnetId=subnet, ConnectivityType="private")
        service = "com.amazonaws.us-east-1.s3"
        d.ec2("CreateVpcEndpoint", VpcId=vpc, VpcEndpointType="Gateway", ServiceName=service, RouteTableIds=[table])
        d.logs("CreateLogGroup", logGroupName=f"/pages/{n}")
        d.logs("CreateLogStream", logGroupName="/pages/0", logStreamName=f"s{n}")
        if now is None:
            made = d.logs("DescribeLogStreams", logGroupName="/pages/0")
            now = made["logStreams"][0]["creationTime"]
        event = {"timestamp": now + n, "message": f"m{n}"}
        d.logs("PutLogEvents", logGroupName="/pages/0", logStreamName="s0", logEvents=[event])
        flow = {"ResourceIds": [subnet], "ResourceType": "Subnet", "TrafficType": "ALL"}
        d.ec2("CreateFlowLogs", **flow, LogGroupName=f"/pages/{n}", DeliverLogsPermissionArn=role)
        d.cloudwatch("PutMetricData", Namespace="pages", MetricData=[{"MetricName": f"m{n}", "Value": 1.0}])
        d.ssm("PutParameter", Name=f"/pages/p{n}", Value="x", Type="String")
        d.secretsmanager("CreateSecret", Name=f"/pages/s{n}", SecretString="x")
        if n:
            d.iam("CreateRole", RoleName=f"pages-{n}", AssumeRolePolicyDocument=TRUST)
        d.iam("PutRolePolicy", RoleName=ROLE, PolicyName=f"p{n}", PolicyDocument=READING)
        d.iam("TagRole", RoleName=ROLE, Tags=tag)
        d.iam("CreateInstanceProfile", InstanceProfileName=f"pages-{n}")
        d.iam("AddRoleToInstanceProfile", InstanceProfileName=f"pages-{n}", RoleName=ROLE)
        d.iam("TagInstanceProfile", InstanceProfileName=ROLE, Tags=tag)
        d.kms("CreateAlias", AliasName=f"alias/pages-{n}", TargetKeyId=key)
        d.kms("CreateGrant", KeyId=key, GranteePrincipal=role, Operations=["Decrypt"], Name=f"g{n}")
        d.kms("TagResource", KeyId=key, Tags=[{"TagKey": f"n{n}", "TagValue": str(n)}])
    databases(d)
    stock_compute(d)
    stock_balancers(d)
    stock_names(d)
    stock_watch(d)
    stock_copies(d)
    # What a first delivery changes in a flow log must not come between two pages.
    d.ec2("DescribeFlowLogs", until=lambda it: all("DeliverLogsStatus" in one for one in it["FlowLogs"]))
    ASKED["ListGrants"] = ASKED["ListResourceTags"] = {"KeyId": key}


def stock_balancers(d):
    """Load balancers in the default VPC, a listener with rules and its certificate twice, certificates."""
    main = d.ec2("DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    home = [{"Name": "vpc-id", "Values": [main]}]
    subnets = [it["SubnetId"] for it in d.ec2("DescribeSubnets", Filters=home)["Subnets"]][:2]
    arns = [sequences_balancers.balancer(d, subnets, f"pages-{n}") for n in range(3)]
    secure = [{"CertificateArn": sequences_balancers.CERTIFICATE}]
    answer = sequences_balancers.answer("404")
    for n in range(MANY):
        https = {"Protocol": "HTTPS", "Certificates": secure}
        on = sequences_balancers.listener(d, arns[0], answer, port=8000 + n, **https)
        d.acm("RequestCertificate", DomainName=f"pages-{n}.example.com")
    for n in range(MANY):
        d.elbv2("CreateRule", ListenerArn=on, Priority=n + 1, Conditions=sequences_balancers.path(f"/{n}"), Actions=answer)
    d.elbv2("AddListenerCertificates", ListenerArn=on, Certificates=secure)
    for arn in arns:
        d.wait("elbv2", "load_balancer_available", LoadBalancerArns=[arn])
    ASKED["DescribeListeners"] = {"LoadBalancerArn": arns[0]}
    ASKED["DescribeListenerCertificates"] = ASKED["DescribeRules"] = {"ListenerArn": on}


def stock_names(d):
    """Zones, and records of one."""
    zones = [sequences_names.zone(d, f"z{n}.example.com") for n in range(MANY)]
    for n in range(MANY):
        name = sequences_names.record(f"r{n}.z0.example.com", "192.0.2.1")
        sequences_names.change(d, zones[0], ("CREATE", name))
    ASKED["ListResourceRecordSets"] = {"HostedZoneId": zones[0]}


def stock_watch(d):
    """Who is told of what."""
    for n in range(MANY):
        topic = sequences_watch.topic(d, f"t{n}")
        d.sns("Subscribe", TopicArn=topic, Protocol="email", Endpoint="operator@example.com")
        d.cloudwatch("PutMetricAlarm", AlarmName=f"a{n}", **sequences_watch.WATCHED)
        d.cloudwatch("PutDashboard", DashboardName=f"d{n}", DashboardBody='{"widgets": []}')
        counted = [{"metricName": "x", "metricNamespace": "pages", "metricValue": "1"}]
        d.logs("PutMetricFilter", logGroupName="/pages/0", filterName=f"f{n}", filterPattern="x", metricTransformations=counted)
        d.rds("CreateEventSubscription", SubscriptionName=f"e{n}", SnsTopicArn=topic)
    ASKED["ListSubscriptionsByTopic"] = {"TopicArn": topic}
    sns = {"Sns": {"TopicArn": topic}}
    d.guru("AddNotificationChannel", Config=sns)
    ours = {"Tags": [{"AppBoundaryKey": "devops-guru-x", "TagValues": ["a"]}]}
    d.guru("UpdateResourceCollection", Action="ADD", ResourceCollection=ours)
    ASKED["GetResourceCollection"] = {"ResourceCollectionType": "AWS_TAGS"}


def stock_copies(d):
    """Vaults, plans, what one selects, and copies of databases that it has made."""
    sequences_backup.vault(d)
    vault = {"BackupVaultName": "vault"}
    for n in range(MANY):
        sequences_backup.vault(d, f"vault-{n}")
    role, plans = sequences_backup.role(d), []
    for n in range(MANY):
        document = sequences_backup.document()
        plans.append(d.backup("CreateBackupPlan", BackupPlan={**document, "BackupPlanName": f"p{n}"}))
    plan = {"BackupPlanId": plans[0]["BackupPlanId"]}
    for n in range(MANY):
        one = {"SelectionName": f"s{n}", "IamRoleArn": role, "Resources": [f"{sequences_backup.DATABASE}{n}"]}
        d.backup("CreateBackupSelection", **plan, BackupSelection=one)
    soon = plans[0]["CreationDate"] + datetime.timedelta(minutes=10)
    schedule = f"cron({soon.astimezone(datetime.UTC).minute} * * * ? *)"
    d.backup("UpdateBackupPlan", **plan, BackupPlan=sequences_backup.document(schedule=schedule))
    made = {"ByState": "COMPLETED"}
    d.backup("ListBackupJobs", **made, until=lambda it: len(it["BackupJobs"]) >= MANY)
    # No more are made while they are listed: it begins with the year.
    d.backup("UpdateBackupPlan", **plan, BackupPlan=sequences_backup.document(schedule="cron(0 5 1 12 ? *)"))
    ASKED["ListBackupSelections"] = plan
    ASKED["ListRecoveryPointsByBackupVault"] = vault


def stock_compute(d):
    """Instances on their own and in groups, in the default VPC."""
    main = d.ec2("DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    home = [{"Name": "vpc-id", "Values": [main]}]
    subnet = d.ec2("DescribeSubnets", Filters=home)["Subnets"][0]["SubnetId"]
    for n in range(MANY):
        sequences_compute.launch(d, subnet)
        sequences_compute.template(d, f"pages-{n}")
        new = {"LaunchTemplateData": {"InstanceType": "t3.small"}}
        d.ec2("CreateLaunchTemplateVersion", LaunchTemplateName="pages-0", **new)
        group = {"AutoScalingGroupName": f"pages-{n}"}
        plan = {"LaunchTemplate": {"LaunchTemplateName": f"pages-{n}"}, "VPCZoneIdentifier": subnet}
        tag = {"ResourceId": f"pages-{n}", "ResourceType": "auto-scaling-group", "Key": "n", "Value": str(n)}
        d.autoscaling("CreateAutoScalingGroup", **group, **plan, MinSize=1, MaxSize=1, Tags=[tag])
        target = sequences_balancers.target_group(d, main, f"pages-{n}")
        d.autoscaling("AttachLoadBalancerTargetGroups", AutoScalingGroupName="pages-0", TargetGroupARNs=[target])
        kinds = ["autoscaling:EC2_INSTANCE_LAUNCH"]
        topic = {"TopicARN": sequences_compute.TOPIC, "NotificationTypes": kinds}
        d.autoscaling("PutNotificationConfiguration", **group, **topic)
    d.autoscaling(
        "DescribeAutoScalingInstances",
        until=lambda it: [each["LifecycleState"] for each in it["AutoScalingInstances"]] == ["InService"] * MANY,
    )
    launched = {"Name": "instance-state-name", "Values": ["pending"]}
    d.ec2("DescribeInstances", Filters=[launched], until=lambda it: not it["Reservations"])


@pytest.fixture(scope="module")
def stocked(simulated, checked):
    """A world of its own with several of each kind, so that the default quotas are not in the way of others."""
    server = servers.simulator()
    stock(drive.Drive(server, checked, simulated))
    yield server
    server.stop()


def test_pages_hold_what_one_list_does(stocked, simulated, checked):
    turned, whole_only = set(), set()
    before = len(checked.complaints)
    for service, method, operation in paginators(simulated):
        client = stocked.client(service, checked)
        asked = ASKED.get(operation, {})
        pager = client.get_paginator(method)
        keys = pager.result_keys

        def listed(**config):
            pages = list(pager.paginate(**asked, PaginationConfig=config))  # noqa: B023
            return len(pages), [[steady(it) for page in pages for it in key.search(page) or []] for key in keys]  # noqa: B023

        _, whole = listed()
        most = max(map(len, whole))
        assert most, f"{operation} lists nothing: stock it"
        if operation in UNSIZED:
            whole_only.add(operation)
            continue
        for size in SIZES.get(service, range(1, 6)):
            try:
                pages, items = listed(PageSize=size)
            except botocore.exceptions.ParamValidationError:
                # The model says so itself: EC2's smallest page is mostly one of five.
                assert service == "ec2" and size < 5, (operation, size)
                continue
            except botocore.exceptions.ClientError as error:
                # Where only the reference says so.
                code = error.response["Error"]["Code"]
                least = {"ec2": 5, "rds": 20}.get(service, 0)
                assert code == "InvalidParameterValue" and size < least, (operation, size, error)
                continue
            # The world goes on: something may have changed between the two, and has not each time.
            for _ in range(3):
                if items == whole:
                    break
                _, whole = listed()
                pages, items = listed(PageSize=size)
            assert items == whole, f"{operation} in pages of {size}"
            assert pages >= most / size, f"{operation} in pages of {size}: {pages} for {most}"
            if pages > 1:
                turned.add(operation)
        if operation not in turned:
            whole_only.add(operation)
    assert sorted(set(checked.complaints[before:])) == []
    assert whole_only - DRAWN == FEW | UNSIZED
    checked.paginators = turned | whole_only
