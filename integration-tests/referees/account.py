"""What an account holds, as boto3 tells it: by kind, the id of each object with its tags."""


def pages(client, operation, key, **params):
    method = getattr(client, operation)
    if client.can_paginate(operation):
        return [it for page in client.get_paginator(operation).paginate(**params) for it in page[key]]
    return method(**params)[key]


def tags(listed, key="Key", value="Value"):
    return {it[key]: it[value] for it in listed or []}


# EC2's lists: operation, list, id, and what of it is as good as gone.
EC2 = {
    "vpc": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "internet-gateway": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "eip": ("describe_addresses", "Addresses", "AllocationId"),
    "nat-gateway": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "route-table": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "security-group": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "vpc-endpoint": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "key-pair": ("describe_key_pairs", "KeyPairs", "KeyPairId"),
    "flow-log": ("describe_flow_logs", "FlowLogs", "FlowLogId"),
    "network-interface": ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "volume": ("describe_volumes", "Volumes", "VolumeId"),
    "launch-template": ("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
}


def ec2(client):
    for kind, (operation, key, name) in EC2.items():
        for it in pages(client, operation, key):
            if it.get("State") in ("deleted", "deleting"):
                continue
            listed = it.get("Tags") or it.get("TagSet")
            yield kind, it[name], it, tags(listed)
    for reservation in pages(client, "describe_instances", "Reservations"):
        for it in reservation["Instances"]:
            if it["State"]["Name"] not in ("shutting-down", "terminated"):
                yield "instance", it["InstanceId"], it, tags(it.get("Tags"))


def autoscaling(client):
    for it in pages(client, "describe_auto_scaling_groups", "AutoScalingGroups"):
        yield "auto-scaling-group", it["AutoScalingGroupName"], it, tags(it["Tags"])


def rds(client):
    for it in pages(client, "describe_db_instances", "DBInstances"):
        yield "db-instance", it["DBInstanceIdentifier"], it, tags(it["TagList"])
    # Those of AWS's own making go with their instance.
    for it in pages(client, "describe_db_snapshots", "DBSnapshots", SnapshotType="manual"):
        yield "db-snapshot", it["DBSnapshotIdentifier"], it, tags(it["TagList"])
    for it in pages(client, "describe_event_subscriptions", "EventSubscriptionsList"):
        listed = client.list_tags_for_resource(ResourceName=it["EventSubscriptionArn"])["TagList"]
        yield "db-event-subscription", it["CustSubscriptionId"], it, tags(listed)
    for kind in ("Subnet", "Parameter"):
        for it in pages(client, f"describe_db_{kind.lower()}_groups", f"DB{kind}Groups"):
            listed = client.list_tags_for_resource(ResourceName=it[f"DB{kind}GroupArn"])["TagList"]
            yield f"db-{kind.lower()}-group", it[f"DB{kind}GroupName"], it, tags(listed)


def iam(client):
    for it in pages(client, "list_roles", "Roles"):
        yield "iam-role", it["RoleName"], it, tags(client.list_role_tags(RoleName=it["RoleName"])["Tags"])
    for it in pages(client, "list_instance_profiles", "InstanceProfiles"):
        name = it["InstanceProfileName"]
        whole = client.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        yield "instance-profile", name, whole, tags(whole.get("Tags"))


def kms(client):
    for it in pages(client, "list_keys", "Keys"):
        key = client.describe_key(KeyId=it["KeyId"])["KeyMetadata"]
        if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion":
            listed = client.list_resource_tags(KeyId=it["KeyId"])["Tags"]
            yield "kms-key", it["KeyId"], key, tags(listed, "TagKey", "TagValue")


def secrets(client):
    for it in pages(client, "list_secrets", "SecretList"):
        yield "secret", it["Name"], it, tags(it.get("Tags"))


def logs(client):
    for it in pages(client, "describe_log_groups", "logGroups"):
        arn = it["arn"].removesuffix(":*")
        yield "log-group", it["logGroupName"], it, client.list_tags_for_resource(resourceArn=arn)["tags"]


def parameters(client):
    for it in pages(client, "describe_parameters", "Parameters"):
        # AWS's own, which moto makes when somebody reads one: no account's.
        if it["Name"].startswith("/aws/service/"):
            continue
        listed = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=it["Name"])["TagList"]
        yield "parameter", it["Name"], it, tags(listed)


def cloudwatch(client):
    for it in pages(client, "describe_alarms", "MetricAlarms"):
        listed = client.list_tags_for_resource(ResourceARN=it["AlarmArn"])["Tags"]
        yield "alarm", it["AlarmName"], it, tags(listed)
    for it in pages(client, "list_dashboards", "DashboardEntries"):
        listed = client.list_tags_for_resource(ResourceARN=it["DashboardArn"])["Tags"]
        yield "dashboard", it["DashboardName"], it, tags(listed)


def sns(client):
    for it in pages(client, "list_topics", "Topics"):
        arn = it["TopicArn"]
        listed = client.list_tags_for_resource(ResourceArn=arn)["Tags"]
        yield "topic", arn, client.get_topic_attributes(TopicArn=arn)["Attributes"], tags(listed)
        # These have no tags: they are whose topic it is.
        for told in pages(client, "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn):
            yield "subscription", told["SubscriptionArn"], told, tags(listed)


def elbv2(client):
    kinds = []
    for it in pages(client, "describe_load_balancers", "LoadBalancers"):
        kinds.append(("load-balancer", it["LoadBalancerArn"], it))
        for listener in pages(client, "describe_listeners", "Listeners", LoadBalancerArn=it["LoadBalancerArn"]):
            kinds.append(("listener", listener["ListenerArn"], listener))
            for rule in pages(client, "describe_rules", "Rules", ListenerArn=listener["ListenerArn"]):
                if not rule["IsDefault"]:
                    kinds.append(("listener-rule", rule["RuleArn"], rule))
    kinds += [("target-group", it["TargetGroupArn"], it) for it in pages(client, "describe_target_groups", "TargetGroups")]
    for kind, arn, it in kinds:
        (said,) = client.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        yield kind, arn, it, tags(said["Tags"])


def everything(server):
    """{(kind, id): (the object, its tags)}."""
    services = (
        ("ec2", ec2),
        ("autoscaling", autoscaling),
        ("rds", rds),
        ("iam", iam),
        ("kms", kms),
        ("secretsmanager", secrets),
        ("logs", logs),
        ("ssm", parameters),
        ("cloudwatch", cloudwatch),
        ("sns", sns),
        ("elbv2", elbv2),
    )
    return {
        (kind, name): (it, of)
        for service, listed in services
        for kind, name, it, of in listed(server.client(service))
    }
