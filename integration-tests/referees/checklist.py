"""What the AWS quickstart for Chainlink nodes builds, fact by fact, and whether an account holds it.

The 83 resources of the quickstart with its default parameters have numbers here, in the order of its stacks
(`aws-quickstart/quickstart-chainlinklabs-chainlink-node` with its submodules at the commits it pins): 1 to 26 are of the
VPC, and absent where it is deployed into a VPC that exists. A fact says of some of them what has to be in the account. It
is read with boto3, and found by what it is and what it is connected with: nothing here knows how clctl names or tags what
it makes, or shares a line with it. What has no fact is in NO_FACT, each with the reason; where a fact asks for something
else than the quickstart's templates say, it names the defect of these that it leaves out (`D..`, see DEFECTS).
"""

import collections
import dataclasses
import functools
import json
import re

import botocore.exceptions

ZONES = ("us-east-1a", "us-east-1b")
CIDR = "10.0.0.0/16"
PRIVATE = ("10.0.0.0/19", "10.0.32.0/19")
PUBLIC = ("10.0.128.0/20", "10.0.144.0/20")
EVERYBODY = "0.0.0.0/0"
EMAIL = "chainlinkuser@email.com"
GIB = 1024**3

# The quickstart's defects that facts leave out.
DEFECTS = {
    "D6": "fixed names of secrets, log groups, load balancer and target group: one environment in an account and region",
    "D8": "PostgreSQL 11.9, past the end of its support and charged for",
    "D9": "a role with AdministratorAccess for a foreign account, and one that may take it on: neither is of use",
    "D10": "DevOps Guru is connected with no topic, and looks at every stack of the account",
    "D12": "IMDSv1",
    "D13": "launch configurations, which new accounts cannot make",
    "D15": "the metric filter of the bastion matches lines that nobody writes: SSHCommandCount is always 0",
    "D18": "scripts that are read from S3 buckets of the quickstart, which are deprecated",
    "D19": "ICMP of every kind is let in to the bastion from everywhere",
    "D20": "nodes and database let in the whole VPC, the database whatever is in its own group",
    "D21": "TLS 1.0 and 1.1, and none between nodes and database",
    "D22": "the volumes of the nodes are not encrypted",
    "D23": "the key of the database is not rotated",
    "D24": "permissions that are too wide, or that allow nothing",
    "D25": "alarms of the database go to an address in somebody else's domain",
    "D26": "health is asked for at /, where a node that waits is unhealthy for ever",
    "D30": "Amazon Linux 2",
    "D32": "the log group of the bastion keeps everything for ever",
    "D33": "two agents for logs",
}

# What of the 83 has no fact, and why.
NO_FACT = {
    1: "a nested stack: there are no stacks",
    26: "a nested stack",
    27: "a nested stack",
    37: "a nested stack",
    62: "a nested stack",
    29: "D15",
    67: "D18, D24",
    79: "D9",
    80: "D9",
}


class NotSo(Exception):
    """A fact that does not hold."""


@dataclasses.dataclass(frozen=True)
class Fact:
    name: str
    resources: tuple
    # Those of the VPC are facts only where it is made.
    new_vpc: bool
    check: object


FACTS = {}


def fact(*resources):
    def add(check):
        assert check.__name__ not in FACTS, check.__name__
        FACTS[check.__name__] = Fact(check.__name__, resources, max(resources) <= 26, check)
        return check

    return add


def holds(condition, text):
    if not condition:
        raise NotSo(text)


def one(found, what):
    found = list(found)
    holds(len(found) == 1, f"there are {len(found)} of: {what}")
    return found[0]


def failures(client, given=None):
    """{name: why} of the facts that do not hold; `given` is the VPC that exists, if one does."""
    account = Account(client, given)
    failed = {}
    for it in FACTS.values():
        if it.new_vpc and given is not None:
            continue
        try:
            it.check(account)
        except NotSo as why:
            failed[it.name] = str(why)
        except botocore.exceptions.ClientError as error:
            failed[it.name] = str(error)
    return failed


def listed(value):
    return value if isinstance(value, list) else [value]


@dataclasses.dataclass(frozen=True)
class Given:
    """A VPC that exists, with its subnets by zone."""

    vpc: str
    private: tuple
    public: tuple


def once(method):
    """A method that is asked once of each account and argument."""
    name = method.__name__

    @functools.wraps(method)
    def asked(self, *args):
        if (name, args) not in self.answers:
            self.answers[name, args] = method(self, *args)
        return self.answers[name, args]

    return asked


class Account:
    """What is read of an account; `client` makes boto3's client of a service."""

    def __init__(self, client, given):
        self.client = functools.cache(client)
        self.given = given
        self.answers = {}
        self.read = functools.cache(self._read)

    def _read(self, service, operation, key, **params):
        client = self.client(service)
        if client.can_paginate(operation):
            pages = client.get_paginator(operation).paginate(**params)
            return [it for page in pages for it in page[key]]
        return getattr(client, operation)(**params)[key]

    # The network.

    @once
    def vpc(self):
        if self.given:
            return one(
                (it for it in self.read("ec2", "describe_vpcs", "Vpcs") if it["VpcId"] == self.given.vpc), "the VPC"
            )
        of = self.read("ec2", "describe_vpcs", "Vpcs")
        return one((it for it in of if it["CidrBlock"] == CIDR and not it["IsDefault"]), f"VPC of {CIDR}")

    def within(self, operation, key):
        vpc = self.vpc()["VpcId"]
        return [it for it in self.read("ec2", operation, key) if it["VpcId"] == vpc]

    @once
    def subnet(self, kind, number):
        """A subnet, by its range or by what was given."""
        subnets = self.within("describe_subnets", "Subnets")
        if self.given:
            wanted = getattr(self.given, kind)[number]
            return one((it for it in subnets if it["SubnetId"] == wanted), "that subnet")
        cidr = (PRIVATE if kind == "private" else PUBLIC)[number]
        return one((it for it in subnets if it["CidrBlock"] == cidr), f"subnet {cidr}")

    def subnets(self, kind):
        return {self.subnet(kind, number)["SubnetId"] for number in (0, 1)}

    def table(self, subnet):
        """The route table that a subnet is associated with."""

        def its(table):
            return any(it.get("SubnetId") == subnet["SubnetId"] for it in table["Associations"])

        return one(filter(its, self.within("describe_route_tables", "RouteTables")), "route table of the subnet")

    def way_out(self, subnet):
        routes = self.table(subnet)["Routes"]
        return one((it for it in routes if it.get("DestinationCidrBlock") == EVERYBODY), "default route")

    def nat_gateway(self, number):
        subnet = self.subnet("public", number)["SubnetId"]
        gateways = self.within("describe_nat_gateways", "NatGateways")
        return one(
            (it for it in gateways if it["SubnetId"] == subnet and it["State"] == "available"),
            "NAT gateway in the public subnet",
        )

    def security_group(self, group):
        return one((it for it in self.within("describe_security_groups", "SecurityGroups") if it["GroupId"] == group), group)

    # What runs.

    @once
    def group(self, kind):
        """The Auto Scaling group in the private subnets or in the public ones."""
        groups = self.read("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
        wanted = self.subnets(kind)
        return one(
            (it for it in groups if set(it["VPCZoneIdentifier"].split(",")) <= wanted), f"group in the {kind} subnets"
        )

    @once
    def launched(self, kind):
        """What the instances of a group are launched with."""
        template = self.group(kind).get("LaunchTemplate")
        holds(template, "the group has no launch template")
        version = self.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
        )
        return one(version["LaunchTemplateVersions"], "version of the template")["LaunchTemplateData"]

    def interface(self, kind):
        return one(self.launched(kind).get("NetworkInterfaces", []), "network interface of the template")

    def their_group(self, kind):
        """The security group of the instances."""
        return self.security_group(one(self.interface(kind)["Groups"], "security group of the instances"))

    @once
    def profile(self, kind):
        profile = self.launched(kind).get("IamInstanceProfile")
        holds(profile, "the instances have no profile")
        name = profile.get("Name") or profile["Arn"].rsplit("/", 1)[1]
        return self.client("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"]

    @once
    def role(self, kind):
        return one(self.profile(kind)["Roles"], "role in the profile")

    @once
    def statements(self, role):
        """What the policies in a role say."""
        names = self.read("iam", "list_role_policies", "PolicyNames", RoleName=role)
        said = [self.client("iam").get_role_policy(RoleName=role, PolicyName=name) for name in names]
        return [it for each in said for it in listed(each["PolicyDocument"]["Statement"])]

    def may(self, role, action, resource="*"):
        """Whether the policies in a role allow it, be it under a condition."""
        said = [
            it["Effect"]
            for it in self.statements(role["RoleName"])
            if any(matches(one, action) for one in listed(it.get("Action", [])))
            and any(matches(one, resource) for one in listed(it.get("Resource", [])))
        ]
        return "Allow" in said and "Deny" not in said

    def attached(self, role):
        found = self.read("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role["RoleName"])
        return {it["PolicyName"] for it in found}

    @once
    def log_group(self, kind):
        """The log group that they may write to."""
        role = self.role(kind)
        groups = self.read("logs", "describe_log_groups", "logGroups")

        def writes(group):
            arn = group["arn"].removesuffix(":*")
            return self.may(role, "logs:PutLogEvents", f"{arn}:log-stream:x")

        return one(filter(writes, groups), "log group that they write to")

    def instances(self, kind):
        """The running instances of a group."""
        ids = {it["InstanceId"] for it in self.group(kind)["Instances"]}
        found = [it for each in self.read("ec2", "describe_instances", "Reservations") for it in each["Instances"]]
        return [it for it in found if it["InstanceId"] in ids and it["State"]["Name"] == "running"]

    # The database, and who is told of it.

    def subnet_group(self):
        vpc = self.vpc()["VpcId"]
        groups = self.read("rds", "describe_db_subnet_groups", "DBSubnetGroups")
        return one((it for it in groups if it["VpcId"] == vpc), "database subnet group of the VPC")

    @once
    def cluster(self):
        name = self.subnet_group()["DBSubnetGroupName"]
        clusters = self.read("rds", "describe_db_clusters", "DBClusters")
        return one((it for it in clusters if it["DBSubnetGroup"] == name), "database cluster")

    def databases(self):
        cluster = self.cluster()["DBClusterIdentifier"]
        found = self.read("rds", "describe_db_instances", "DBInstances")
        return [it for it in found if it.get("DBClusterIdentifier") == cluster]

    def database_group(self):
        groups = self.cluster()["VpcSecurityGroups"]
        return self.security_group(one(groups, "security group of the database")["VpcSecurityGroupId"])

    @once
    def key(self):
        return self.client("kms").describe_key(KeyId=self.cluster()["KmsKeyId"])["KeyMetadata"]

    def topic(self):
        """The topic that the alarms of the cluster go to."""
        told = {it for alarm in self.alarms("CPUUtilization") for it in alarm["AlarmActions"]}
        topics = {it["TopicArn"] for it in self.read("sns", "list_topics", "Topics")}
        return one(told & topics, "topic of the alarms")

    @once
    def alarms(self, metric):
        """The alarms of a metric of the database: of its cluster, or one of each of its instances."""
        found = []
        cluster = self.cluster()["DBClusterIdentifier"]
        names = {it["DBInstanceIdentifier"] for it in self.databases()}
        for alarm in self.read("cloudwatch", "describe_alarms", "MetricAlarms"):
            for namespace, name, statistic, dimensions in measured(alarm):
                if (namespace, name) == ("AWS/RDS", metric):
                    if dimensions == {"DBClusterIdentifier": cluster}:
                        return [alarm | {"is": statistic}]
                    if dimensions.get("DBInstanceIdentifier") in names:
                        found.append(alarm | {"is": statistic})
        holds(found and len(found) == len(names), f"no alarm of {metric} for each instance, nor one of the cluster")
        return found

    def secret(self, pattern):
        """A secret that the nodes may read, by what it is called or described as."""
        role = self.role("private")
        secrets = self.read("secretsmanager", "list_secrets", "SecretList")

        def theirs(secret):
            called = f"{secret['Name']} {secret.get('Description', '')}"
            may = self.may(role, "secretsmanager:GetSecretValue", secret["ARN"])
            return re.search(pattern, called, re.IGNORECASE) and may

        return one(filter(theirs, secrets), f"secret of {pattern} that the nodes may read")

    # The way in.

    def balancer(self):
        vpc = self.vpc()["VpcId"]
        found = self.read("elbv2", "describe_load_balancers", "LoadBalancers")
        return one((it for it in found if it["VpcId"] == vpc and it["Type"] == "application"), "load balancer")

    def balancer_group(self):
        return self.security_group(one(self.balancer()["SecurityGroups"], "security group of the load balancer"))

    def targets(self):
        vpc = self.vpc()["VpcId"]
        found = self.read("elbv2", "describe_target_groups", "TargetGroups")
        return one((it for it in found if it["VpcId"] == vpc), "target group")

    def listener(self, port):
        found = self.client("elbv2").describe_listeners(LoadBalancerArn=self.balancer()["LoadBalancerArn"])
        return one((it for it in found["Listeners"] if it["Port"] == port), f"listener at {port}")


def matches(pattern, value):
    """Whether a pattern of a policy matches it."""
    pattern = "".join({"*": ".*", "?": "."}.get(it, re.escape(it)) for it in pattern)
    return re.fullmatch(pattern, value, re.IGNORECASE) is not None


def measured(alarm):
    """What an alarm looks at: namespace, metric, statistic, dimensions."""
    if "MetricName" in alarm:
        yield alarm["Namespace"], alarm["MetricName"], alarm.get("Statistic"), dimensions(alarm["Dimensions"])
    for query in alarm.get("Metrics", []):
        if said := query.get("MetricStat"):
            metric = said["Metric"]
            yield metric["Namespace"], metric["MetricName"], said["Stat"], dimensions(metric.get("Dimensions", []))


def dimensions(said):
    return {it["Name"]: it["Value"] for it in said}


def name_of(thing):
    return next((it["Value"] for it in thing.get("Tags") or [] if it["Key"] == "Name"), "")


def admits(group, protocol, port, cidr=None, member=None):
    """Whether a group lets that in: from a range, or from the members of a group."""
    for rule in group["IpPermissions"]:
        if rule["IpProtocol"] == protocol and (rule.get("FromPort"), rule.get("ToPort")) == (port, port):
            if cidr in {it["CidrIp"] for it in rule["IpRanges"]} - {None}:
                return True
            if member in {it["GroupId"] for it in rule["UserIdGroupPairs"]} - {None}:
                return True
    return False


def lets_out(group):
    return any(
        rule["IpProtocol"] == "-1" and EVERYBODY in {it["CidrIp"] for it in rule["IpRanges"]}
        for rule in group["IpPermissionsEgress"]
    )


def trusts(role, service):
    said = role["AssumeRolePolicyDocument"]
    said = json.loads(said) if isinstance(said, str) else said
    return any(
        it["Effect"] == "Allow"
        and service in listed(it.get("Principal", {}).get("Service", []))
        and "sts:AssumeRole" in listed(it["Action"])
        for it in listed(said["Statement"])
    )


# The VPC.


@fact(2, 4)
def dhcp_options_of_the_region(account):
    wanted = account.vpc()["DhcpOptionsId"]
    options = account.read("ec2", "describe_dhcp_options", "DhcpOptions")
    said = one((it for it in options if it["DhcpOptionsId"] == wanted), "DHCP options")
    said = {it["Key"]: [value["Value"] for value in it["Values"]] for it in said["DhcpConfigurations"]}
    holds(said.get("domain-name") == ["ec2.internal"], f"the domain name is {said.get('domain-name')}")
    holds(said.get("domain-name-servers") == ["AmazonProvidedDNS"], "it is not AWS's DNS that is told")


@fact(3)
def vpc_with_dns(account):
    vpc = account.vpc()
    holds(vpc["InstanceTenancy"] == "default", f"its tenancy is {vpc['InstanceTenancy']}")
    holds(name_of(vpc), "it has no name")
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        said = account.client("ec2").describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
        holds(said[attribute[0].upper() + attribute[1:]]["Value"], f"{attribute} is off")


@fact(5, 6)
def internet_gateway_is_attached(account):
    vpc = account.vpc()["VpcId"]
    gateways = account.read("ec2", "describe_internet_gateways", "InternetGateways")
    attached = [it for it in gateways for to in it["Attachments"] if to["VpcId"] == vpc and to["State"] == "available"]
    holds(name_of(one(attached, "internet gateway of the VPC")), "it has no name")


def is_subnet(account, kind, number):
    subnet = account.subnet(kind, number)
    holds(subnet["AvailabilityZone"] == ZONES[number], f"it is in {subnet['AvailabilityZone']}")
    holds(kind in name_of(subnet).lower(), f"its name does not say that it is {kind}: {name_of(subnet)}")
    holds(subnet["MapPublicIpOnLaunch"] == (kind == "public"), "what is launched in it is public, or is not")


@fact(7)
def first_private_subnet(account):
    is_subnet(account, "private", 0)


@fact(8)
def second_private_subnet(account):
    is_subnet(account, "private", 1)


@fact(9)
def first_public_subnet(account):
    is_subnet(account, "public", 0)


@fact(10)
def second_public_subnet(account):
    is_subnet(account, "public", 1)


def has_a_table_alone(account, number):
    table = account.table(account.subnet("private", number))
    homes = [it["SubnetId"] for it in table["Associations"] if "SubnetId" in it]
    holds(len(homes) == 1, "another subnet has the same route table")
    holds("private" in name_of(table).lower(), f"the table is called {name_of(table)}")


def goes_out_by_its_zone(account, number):
    route = account.way_out(account.subnet("private", number))
    nat = account.nat_gateway(number)["NatGatewayId"]
    holds(route.get("NatGatewayId") == nat, "it does not go out by the NAT gateway of its zone")
    holds(route["State"] == "active", f"the route is {route['State']}")


@fact(11, 13)
def first_private_route_table(account):
    has_a_table_alone(account, 0)


@fact(12)
def first_private_subnet_goes_out_by_nat(account):
    goes_out_by_its_zone(account, 0)


@fact(14, 16)
def second_private_route_table(account):
    has_a_table_alone(account, 1)


@fact(15)
def second_private_subnet_goes_out_by_nat(account):
    goes_out_by_its_zone(account, 1)


@fact(17, 19, 20)
def public_route_table(account):
    tables = {account.table(account.subnet("public", number))["RouteTableId"] for number in (0, 1)}
    holds(len(tables) == 1, "the public subnets have two route tables")
    table = account.table(account.subnet("public", 0))
    holds("public" in name_of(table).lower(), f"the table is called {name_of(table)}")


@fact(18)
def public_subnets_go_out_by_the_internet_gateway(account):
    for number in (0, 1):
        route = account.way_out(account.subnet("public", number))
        holds(route.get("GatewayId", "").startswith("igw-"), "a public subnet does not go out by an internet gateway")


def has_an_address_of_its_own(account, number):
    address = one(account.nat_gateway(number)["NatGatewayAddresses"], "address of the NAT gateway")
    elastic = account.read("ec2", "describe_addresses", "Addresses")
    found = one((it for it in elastic if it["AllocationId"] == address["AllocationId"]), "Elastic IP address")
    holds(found["Domain"] == "vpc", "the address is none of a VPC")


@fact(21, 23)
def first_nat_gateway(account):
    has_an_address_of_its_own(account, 0)


@fact(22, 24)
def second_nat_gateway(account):
    has_an_address_of_its_own(account, 1)


@fact(25)
def s3_is_reached_within_aws(account):
    endpoints = account.within("describe_vpc_endpoints", "VpcEndpoints")
    endpoint = one((it for it in endpoints if it["ServiceName"] == "com.amazonaws.us-east-1.s3"), "endpoint for S3")
    holds(endpoint["VpcEndpointType"] == "Gateway", "it is no gateway")
    tables = {account.table(account.subnet("private", number))["RouteTableId"] for number in (0, 1)}
    holds(tables <= set(endpoint["RouteTableIds"]), "a private route table does not have it")
    statement = one(listed(json.loads(endpoint["PolicyDocument"])["Statement"]), "statement of its policy")
    asked = [listed(statement[it]) for it in ("Effect", "Action", "Resource")]
    holds(asked == [["Allow"], ["*"], ["*"]], "its policy does not allow everything")


# The bastion.


@fact(28)
def log_group_of_the_bastion(account):
    """D32: the quickstart's keeps everything for ever."""
    holds(account.log_group("public").get("retentionInDays"), "nothing in it ever expires")


@fact(30)
def role_of_the_bastion(account):
    role = account.role("public")
    holds(trusts(role, "ec2.amazonaws.com"), "EC2 may not take it on")
    holds("AmazonSSMManagedInstanceCore" in account.attached(role), "Session Manager does not work")
    # What CloudWatchAgentServerPolicy is for: D24.
    may = account.may(role, "logs:CreateLogStream", account.log_group("public")["arn"].removesuffix(":*") + ":log-stream:x")
    holds(may, "the agent makes no log stream")


def own_addresses(account):
    """Elastic IP addresses of nobody's NAT gateway, interface of the load balancer or the like."""
    nats = {it["AllocationId"] for number in (0, 1) for it in nat_addresses(account, number)}
    return [it for it in account.read("ec2", "describe_addresses", "Addresses") if it["AllocationId"] not in nats]


def nat_addresses(account, number):
    gateways = account.within("describe_nat_gateways", "NatGateways")
    subnet = account.subnet("public", number)["SubnetId"]
    return [it for nat in gateways if nat["SubnetId"] == subnet for it in nat["NatGatewayAddresses"] if "AllocationId" in it]


@fact(31)
def the_bastion_may_take_its_address(account):
    role = account.role("public")
    holds(account.may(role, "ec2:DescribeAddresses"), "it may not look for its address")
    bastion = one(account.instances("public"), "running bastion")
    owner = account.client("sts").get_caller_identity()["Account"]
    of = f"arn:aws:ec2:us-east-1:{owner}:"
    holds(account.may(role, "ec2:AssociateAddress", f"{of}instance/{bastion['InstanceId']}"), "it may take no address")
    addresses = [f"{of}elastic-ip/{it['AllocationId']}" for it in own_addresses(account)]
    holds(any(account.may(role, "ec2:AssociateAddress", it) for it in addresses), "there is no address that it may take")


@fact(32)
def profile_of_the_bastion(account):
    holds(account.role("public"), "no role")


@fact(33)
def the_bastion_has_an_address_that_stays(account):
    bastion = one(account.instances("public"), "running bastion")
    held = [it for it in own_addresses(account) if it.get("InstanceId") == bastion["InstanceId"]]
    holds(one(held, "address of the bastion")["Domain"] == "vpc", "the address is none of a VPC")


def is_a_group_of(account, kind, size):
    group = account.group(kind)
    sizes = (group["MinSize"], group["DesiredCapacity"], group["MaxSize"])
    holds(sizes == (size, size, size), f"minimum, desired and maximum are {sizes}")
    zones = set(group["VPCZoneIdentifier"].split(","))
    holds(zones == account.subnets(kind), f"it is not in both {kind} subnets")
    named = [it for it in group["Tags"] if it["Key"] == "Name" and it["PropagateAtLaunch"]]
    said = account.launched(kind).get("TagSpecifications", [])
    named += [it for of in said if of["ResourceType"] == "instance" for it in of["Tags"] if it["Key"] == "Name"]
    holds(named, "its instances have no name")
    holds(len(account.instances(kind)) == size, f"{len(account.instances(kind))} of its instances run")


@fact(34)
def one_bastion_at_a_time(account):
    is_a_group_of(account, "public", 1)


def is_launched_so(account, kind, types, gigabytes, public):
    """D13: by a launch template. D12: by IMDSv2. D30: of Amazon Linux 2023."""
    said = account.launched(kind)
    holds(said["InstanceType"] in types, f"it is a {said['InstanceType']}")
    holds(said["MetadataOptions"]["HttpTokens"] == "required", "IMDSv1 is answered: D12")
    holds(account.interface(kind)["AssociatePublicIpAddress"] == public, "it is public, or is not")
    holds(said.get("KeyName"), "it has no key pair")
    disk = one(said["BlockDeviceMappings"], "volume")
    holds(disk["DeviceName"] == "/dev/xvda", f"the volume is {disk['DeviceName']}")
    disk = disk["Ebs"]
    holds(disk["VolumeSize"] >= gigabytes, f"its volume has {disk['VolumeSize']} GiB")
    holds(disk["DeleteOnTermination"], "its volume is not deleted with it")
    holds(disk["Encrypted"], "its volume is not encrypted: D22")
    image = account.client("ec2").describe_images(ImageIds=[said["ImageId"]])["Images"]
    image = one(image, "image")
    holds(image["Architecture"] == "x86_64" and "al2023" in image["Name"], f"its image is {image['Name']}")
    holds(len(said.get("UserData", "")) > 100, "it has no user data to speak of")


@fact(35)
def what_a_bastion_is(account):
    """t2.micro, or its successor. Its volume is as large as the image asks for: nothing is kept on it."""
    is_launched_so(account, "public", ("t2.micro", "t3.micro"), 8, public=True)


@fact(36)
def ssh_to_the_bastion(account):
    """D19: without ICMP."""
    group = account.their_group("public")
    holds(admits(group, "tcp", 22, cidr=EVERYBODY), "RemoteAccessCIDR is not let in by SSH")
    holds(lets_out(group), "it does not get out")


# The database.


@fact(38)
def somebody_is_told_of_the_database(account):
    """D25: not somebody in another domain."""
    client = account.client("sns")
    told = client.list_subscriptions_by_topic(TopicArn=account.topic())["Subscriptions"]
    holds(("email", EMAIL) in {(it["Protocol"], it["Endpoint"]) for it in told}, f"{EMAIL} is not told")


@fact(39)
def key_of_the_database(account):
    """D23: the quickstart's is not rotated."""
    key = account.key()
    holds(key["KeyManager"] == "CUSTOMER" and key["KeyState"] == "Enabled", f"it is {key['KeyManager']}, {key['KeyState']}")
    policy = json.loads(account.client("kms").get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    roots = [
        it
        for it in listed(policy["Statement"])
        if any(str(who).endswith(":root") for who in listed(it.get("Principal", {}).get("AWS", [])))
        and "kms:*" in listed(it["Action"])
        and it["Effect"] == "Allow"
    ]
    holds(roots, "the account itself may not administrate it")


@fact(40)
def alias_of_the_key(account):
    aliases = account.read("kms", "list_aliases", "Aliases", KeyId=account.key()["KeyId"])
    one(aliases, "alias of the key")


@fact(41, 42, 43)
def three_instances_of_the_database(account):
    """D8: of an engine that is supported."""
    instances = account.databases()
    holds(len(instances) == 3, f"there are {len(instances)}")
    for it in instances:
        name = it["DBInstanceIdentifier"]
        holds(it["DBInstanceStatus"] == "available", f"{name} is {it['DBInstanceStatus']}")
        holds(it["DBInstanceClass"] == "db.t3.medium", f"{name} is a {it['DBInstanceClass']}")
        holds(not it["PubliclyAccessible"], f"{name} is public")
        holds(not it["AutoMinorVersionUpgrade"], f"{name} is upgraded by itself")
        holds(name_of({"Tags": it["TagList"]}), f"{name} has no name tag")
    zones = {it["AvailabilityZone"] for it in instances}
    holds(zones == set(ZONES), f"they are in {zones}")
    writers = [it for it in account.cluster()["DBClusterMembers"] if it["IsClusterWriter"]]
    holds(len(writers) == 1, f"{len(writers)} of them write")


@fact(44)
def parameter_group_of_the_instances(account):
    names = {it["DBParameterGroupName"] for db in account.databases() for it in db["DBParameterGroups"]}
    groups = account.read("rds", "describe_db_parameter_groups", "DBParameterGroups")
    group = one((it for it in groups if {it["DBParameterGroupName"]} == names), "parameter group of the instances")
    holds(not group["DBParameterGroupName"].startswith("default."), "it is AWS's own")
    holds(group["DBParameterGroupFamily"].startswith("aurora-postgresql"), group["DBParameterGroupFamily"])


@fact(45)
def parameter_group_of_the_cluster(account):
    """D21: with rds.force_ssl."""
    name = account.cluster()["DBClusterParameterGroup"]
    holds(not name.startswith("default."), "it is AWS's own")
    said = account.read("rds", "describe_db_cluster_parameters", "Parameters", DBClusterParameterGroupName=name)
    forced = one((it for it in said if it["ParameterName"] == "rds.force_ssl"), "rds.force_ssl")
    holds(forced.get("ParameterValue") == "1", "connections without TLS are taken: D21")


@fact(46)
def aurora_cluster(account):
    """D8: of a version that is supported."""
    cluster = account.cluster()
    for member, wanted in {
        "Status": "available",
        "Engine": "aurora-postgresql",
        "BackupRetentionPeriod": 7,
        "DatabaseName": "PostgresDB",
        "MasterUsername": "postgresadmin",
        "Port": 5432,
        "StorageEncrypted": True,
        "EnabledCloudwatchLogsExports": ["postgresql"],
    }.items():
        holds(cluster.get(member) == wanted, f"{member} is {cluster.get(member)}")
    holds(int(cluster["EngineVersion"].split(".")[0]) >= 14, f"it is PostgreSQL {cluster['EngineVersion']}: D8")
    holds(name_of({"Tags": cluster["TagList"]}), "it has no name tag")
    groups = {it["logGroupName"] for it in account.read("logs", "describe_log_groups", "logGroups")}
    holds(f"/aws/rds/cluster/{cluster['DBClusterIdentifier']}/postgresql" in groups, "its log has no group")


@fact(47)
def subnet_group_of_the_database(account):
    subnets = {it["SubnetIdentifier"] for it in account.subnet_group()["Subnets"]}
    holds(subnets == account.subnets("private"), "it is not made of both private subnets")


@fact(48, 49)
def nodes_reach_the_database(account):
    """D20: the nodes alone, not the whole VPC or whatever is in the database's own group."""
    nodes = account.their_group("private")["GroupId"]
    group = account.database_group()
    holds(admits(group, "tcp", 5432, member=nodes), "they do not")
    others = [it for it in group["IpPermissions"] if it["IpRanges"] or it["Ipv6Ranges"] or it["IpProtocol"] == "-1"]
    holds(not others, "others do too: D20")


def is_watched(account, metric, statistics, threshold, below=False):
    for alarm in account.alarms(metric):
        name = alarm["AlarmName"]
        way = "LessThan" if below else "GreaterThan"
        holds(alarm["ComparisonOperator"].startswith(way), f"{name} is wrong where it is {alarm['ComparisonOperator']}")
        holds(alarm["Threshold"] == threshold, f"{name} is wrong beyond {alarm['Threshold']}")
        holds(alarm["is"] in statistics, f"{name} looks at {alarm['is']}")
        holds(alarm["ActionsEnabled"] and alarm["AlarmActions"], f"{name} tells nobody")
        holds(account.topic() in alarm["AlarmActions"], f"{name} tells somebody else")


@fact(50, 51, 52)
def processors_of_the_database_are_watched(account):
    is_watched(account, "CPUUtilization", {"Maximum"}, 80)


@fact(53, 54, 55)
def transaction_ids_of_the_database_are_watched(account):
    is_watched(account, "MaximumUsedTransactionIDs", {"Average", "Maximum"}, 600_000_000)


@fact(56, 57, 58)
def storage_of_the_database_is_watched(account):
    is_watched(account, "FreeLocalStorage", {"Average", "Minimum"}, 5 * GIB, below=True)


def is_told_of(account, source_type, sources, categories):
    events = account.read("rds", "describe_event_subscriptions", "EventSubscriptionsList")
    found = [it for it in events if it["SourceType"] == source_type and set(it["SourceIdsList"]) == set(sources)]
    said = one(found, f"subscription to events of {source_type}")
    holds(said["Enabled"], "it is off")
    holds(said["SnsTopicArn"] == account.topic(), "another topic is told")
    missing = set(categories) - set(said["EventCategoriesList"])
    holds(not missing, f"nobody is told of {sorted(missing)}")


@fact(59)
def events_of_the_cluster_are_told(account):
    cluster = account.cluster()["DBClusterIdentifier"]
    is_told_of(account, "db-cluster", [cluster], ["failover", "failure", "notification"])


@fact(60)
def events_of_the_instances_are_told(account):
    categories = (
        "availability", "configuration change", "deletion", "failover", "failure", "maintenance", "notification",
        "recovery",
    )  # fmt: skip
    names = [it["DBInstanceIdentifier"] for it in account.databases()]
    is_told_of(account, "db-instance", names, categories)


@fact(61)
def events_of_the_parameter_group_are_told(account):
    groups = {it["DBParameterGroupName"] for db in account.databases() for it in db["DBParameterGroups"]}
    is_told_of(account, "db-parameter-group", groups, ["configuration change"])


# The nodes.


@fact(63)
def two_nodes(account):
    is_a_group_of(account, "private", 2)
    wanted = account.targets()["TargetGroupArn"]
    holds(wanted in account.group("private")["TargetGroupARNs"], "the load balancer does not know of them")
    zones = {it["Placement"]["AvailabilityZone"] for it in account.instances("private")}
    holds(zones == set(ZONES), f"they are in {zones}")


@fact(64)
def what_a_node_is(account):
    is_launched_so(account, "private", ("t3.small",), 30, public=False)


@fact(65)
def who_reaches_the_nodes(account):
    """D20: the bastion and the load balancer, not the whole VPC."""
    group = account.their_group("private")
    bastion, balancer = account.their_group("public"), account.balancer_group()
    holds(admits(group, "tcp", 22, member=bastion["GroupId"]), "the bastion does not")
    holds(admits(group, "tcp", 6688, member=balancer["GroupId"]), "the load balancer does not")
    holds(lets_out(group), "they do not get out")


@fact(66)
def profile_of_the_nodes(account):
    holds(account.role("private"), "no role")


@fact(68)
def role_of_the_nodes(account):
    role = account.role("private")
    holds(trusts(role, "ec2.amazonaws.com"), "EC2 may not take it on")
    holds("AmazonSSMManagedInstanceCore" in account.attached(role), "Session Manager does not work")
    arn = account.log_group("private")["arn"].removesuffix(":*")
    for action in ("CreateLogStream", "PutLogEvents", "DescribeLogStreams"):
        holds(account.may(role, f"logs:{action}", f"{arn}:log-stream:x"), f"they may not {action}")
    holds(account.may(role, "cloudwatch:PutMetricData"), "they may tell no metrics")


@fact(69)
def https_to_the_load_balancer(account):
    group = account.balancer_group()
    for port in (80, 443):
        holds(admits(group, "tcp", port, cidr=EVERYBODY), f"RemoteAccessCIDR is not let in at {port}")


@fact(70)
def load_balancer(account):
    """D6: whatever it is called."""
    balancer = account.balancer()
    holds(balancer["Scheme"] == "internet-facing", f"it is {balancer['Scheme']}")
    holds(balancer["State"]["Code"] == "active", f"it is {balancer['State']['Code']}")
    subnets = {it["SubnetId"] for it in balancer["AvailabilityZones"]}
    holds(subnets == account.subnets("public"), "it is not in both public subnets")


@fact(71)
def target_group(account):
    """D26: health is asked for where a node says it, and at least as often as every 15 seconds."""
    group = account.targets()
    holds((group["Protocol"], group["Port"]) == ("HTTP", 6688), f"it is {group['Protocol']} {group['Port']}")
    holds(group["HealthCheckEnabled"] and group["HealthCheckProtocol"] == "HTTP", "nobody asks how they are")
    holds(group["HealthCheckIntervalSeconds"] <= 15, f"asked every {group['HealthCheckIntervalSeconds']} s")
    expected = group["Matcher"]["HttpCode"]
    holds(expected.startswith("200"), f"healthy is {expected}")
    health = account.client("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    states = collections.Counter(it["TargetHealth"]["State"] for it in health["TargetHealthDescriptions"])
    holds(states["healthy"] == 1 and states.total() == 2, f"of the nodes are {dict(states)}")


@fact(72)
def http_is_sent_to_https(account):
    action = one(account.listener(80)["DefaultActions"], "default action")
    holds(action["Type"] == "redirect", f"what comes to it is not sent on: {action['Type']}")
    said = action["RedirectConfig"]
    wanted = {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }
    holds(said == wanted, f"it is sent to {said}")


@fact(73)
def https_is_for_the_nodes(account):
    """D21: not by TLS 1.0 or 1.1."""
    listener = account.listener(443)
    holds(listener["Protocol"] == "HTTPS", f"it is {listener['Protocol']}")
    holds("TLS13-1-2" in listener["SslPolicy"] or "TLS-1-2" in listener["SslPolicy"], f"{listener['SslPolicy']}: D21")
    certificate = one(listener["Certificates"], "certificate")["CertificateArn"]
    status = account.client("acm").describe_certificate(CertificateArn=certificate)["Certificate"]["Status"]
    holds(status == "ISSUED", f"the certificate is {status}")
    action = one(listener["DefaultActions"], "default action")
    holds(action["Type"] == "forward", f"it does not go to the nodes: {action['Type']}")
    groups = action.get("ForwardConfig", {}).get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
    holds([it["TargetGroupArn"] for it in groups] == [account.targets()["TargetGroupArn"]], "it goes elsewhere")


def streams(account, pattern):
    name = account.log_group("private")["logGroupName"]
    found = account.read("logs", "describe_log_streams", "logStreams", logGroupName=name)
    return {it["logStreamName"] for it in found if any(one in it["logStreamName"] for one in pattern)}


@fact(74)
def logs_of_the_nodes(account):
    holds(account.log_group("private").get("retentionInDays") == 7, "they are not kept for 7 days")
    ids = [it["InstanceId"] for it in account.instances("private")]
    holds(streams(account, ids), "nothing of the nodes is in it")


@fact(75)
def logs_of_how_the_nodes_start(account):
    """D33: by one agent; in a stream of its own for each node."""
    for it in account.instances("private"):
        found = streams(account, [it["InstanceId"]])
        holds(len(found) == 2, f"of {it['InstanceId']} there are the streams {sorted(found)}")


def is_a_password(account, pattern):
    secret = account.secret(pattern)
    holds(secret.get("Description"), "it has no description")
    value = account.client("secretsmanager").get_secret_value(SecretId=secret["ARN"])["SecretString"]
    holds(16 <= len(value) <= 50, f"it has {len(value)} characters")


@fact(76)
def password_of_the_database(account):
    is_a_password(account, r"database[- ]password")


@fact(77)
def password_of_the_gui(account):
    is_a_password(account, r"(admin|gui|api)[- ]password")


@fact(78)
def password_of_the_wallet(account):
    is_a_password(account, r"(wallet|keystore)[- ]password")


# DevOps Guru.

GURU = re.compile(r"([a-z0-9-]+\.)?devops-guru\.amazonaws\.com")


@fact(81)
def topic_of_devops_guru(account):
    """D10: the quickstart's is told nothing."""
    client = account.client("sns")
    said = client.get_topic_attributes(TopicArn=account.topic())["Attributes"]
    key = account.client("kms").describe_key(KeyId=said["KmsMasterKeyId"])["KeyMetadata"]
    holds(key["KeyManager"] == "CUSTOMER", "it is not encrypted with a key of the account's")
    publishers = [
        it
        for it in listed(json.loads(said["Policy"])["Statement"])
        if it["Effect"] == "Allow"
        and "sns:Publish" in [str(action).replace("SNS:", "sns:") for action in listed(it["Action"])]
        and any(GURU.fullmatch(who) for who in listed(it.get("Principal", {}).get("Service", [])))
    ]
    holds(publishers, "DevOps Guru may not publish to it")


@fact(82)
def key_of_the_topic_of_devops_guru(account):
    client, kms = account.client("sns"), account.client("kms")
    key = client.get_topic_attributes(TopicArn=account.topic())["Attributes"]["KmsMasterKeyId"]
    key = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"]
    holds(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"], "it is not rotated")
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    actions = {
        action
        for it in listed(policy["Statement"])
        if it["Effect"] == "Allow"
        and any(GURU.fullmatch(who) for who in listed(it.get("Principal", {}).get("Service", [])))
        for action in listed(it["Action"])
    }
    holds("kms:Decrypt" in actions, "DevOps Guru may not decrypt with it")
    holds(any(it.startswith("kms:GenerateDataKey") for it in actions), "DevOps Guru may not encrypt with it")


@fact(83)
def devops_guru_looks_at_it(account):
    """D10: at this environment, and whoever is to be told is told."""
    guru = account.client("devops-guru")
    tags = guru.get_resource_collection(ResourceCollectionType="AWS_TAGS")["ResourceCollection"].get("Tags", [])
    holds([value for it in tags for value in it["TagValues"]], "it looks at nothing that has a tag")
    key, values = tags[0]["AppBoundaryKey"], tags[0]["TagValues"]
    cluster = {it["Key"]: it["Value"] for it in account.cluster()["TagList"]}
    holds(cluster.get(key) in values, "it does not look at the database")
    channels = guru.list_notification_channels()["Channels"]
    told = {it["Config"]["Sns"]["TopicArn"] for it in channels}
    holds(account.topic() in told, "it tells nobody")
