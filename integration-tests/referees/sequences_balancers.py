"""Sequences of Elastic Load Balancing and ACM:
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/, https://docs.aws.amazon.com/acm/latest/APIReference/
"""

import sequences_compute
from drive import alone, sequence

TAGS = [{"Key": "team", "Value": "oracles"}]
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
NONE = "0123456789abcdef"
INVALID, IMPOSSIBLE = "ValidationError", "InvalidConfigurationRequest"
# What the served world has from the beginning.
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


def network(d):
    """A VPC with a way out: its id, two subnets, a security group."""
    vpc = d.ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = d.ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    d.ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    subnets = []
    for n, zone in enumerate(("us-east-1a", "us-east-1b")):
        place = {"VpcId": vpc, "CidrBlock": f"10.0.{n}.0/24", "AvailabilityZone": zone}
        subnets.append(d.ec2("CreateSubnet", **place)["Subnet"]["SubnetId"])
    return vpc, subnets, d.ec2("CreateSecurityGroup", GroupName="web", Description="x", VpcId=vpc)["GroupId"]


def balancer(d, subnets, name="gui", **more):
    return d.elbv2("CreateLoadBalancer", Name=name, Subnets=subnets, **more)["LoadBalancers"][0]["LoadBalancerArn"]


def target_group(d, vpc, name="nodes", **more):
    wanted = {"Name": name, "Protocol": "HTTP", "Port": 6688, "VpcId": vpc, "HealthCheckPath": "/health"}
    return d.elbv2("CreateTargetGroup", **{**wanted, **more})["TargetGroups"][0]["TargetGroupArn"]


def answer(code):
    return [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": code}}]


def path(*values):
    return [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}]


def listener(d, load_balancer, actions, port=80, **more):
    wanted = {"LoadBalancerArn": load_balancer, "Protocol": "HTTP", "Port": port, "DefaultActions": actions}
    return d.elbv2("CreateListener", **{**wanted, **more})["Listeners"][0]["ListenerArn"]


@sequence
def what_is_told_of_balancers(d):
    """What clctl looks at again of what it made, and moto tells otherwise: see mended_moto.py."""
    _, subnets, group = network(d)
    arn = balancer(d, subnets, SecurityGroups=[group])
    d.elbv2("DescribeLoadBalancerAttributes", LoadBalancerArn=arn)
    plain = listener(d, arn, answer("404"))
    d.elbv2("DescribeListenerAttributes", ListenerArn=plain)


@alone
def balancers(d):
    """Load balancers, where they are, and their attributes."""
    vpc, subnets, group = network(d)
    d.elbv2("CreateLoadBalancer", Name="a_b", Subnets=subnets, fails=INVALID)
    d.elbv2("CreateLoadBalancer", Name="gui", Subnets=subnets[:1], fails=INVALID)
    d.elbv2("CreateLoadBalancer", Name="gui", Subnets=subnets, IpAddressType="dualstack", fails=IMPOSSIBLE)
    arn = balancer(d, subnets, SecurityGroups=[group], Tags=TAGS)
    assert balancer(d, subnets, SecurityGroups=[group]) == arn
    d.elbv2("CreateLoadBalancer", Name="gui", Subnets=subnets, Scheme="internal", fails="DuplicateLoadBalancerName")
    d.wait("elbv2", "load_balancer_available", LoadBalancerArns=[arn])
    named = {"LoadBalancerArn": arn}
    d.elbv2("DescribeLoadBalancers", Names=["none"], fails="LoadBalancerNotFound")
    protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    d.elbv2("ModifyLoadBalancerAttributes", **named, Attributes=protect)
    d.elbv2("DescribeLoadBalancerAttributes", **named)
    d.elbv2("ModifyLoadBalancerAttributes", **named, Attributes=[{"Key": "nonsense", "Value": "1"}], fails=IMPOSSIBLE)
    d.elbv2("DeleteLoadBalancer", **named, fails="OperationNotPermitted")
    d.elbv2("ModifyLoadBalancerAttributes", **named, Attributes=[{**protect[0], "Value": "false"}])
    other = d.ec2("CreateSecurityGroup", GroupName="other", Description="x", VpcId=vpc)["GroupId"]
    d.elbv2("SetSecurityGroups", **named, SecurityGroups=[other])
    d.elbv2("SetSecurityGroups", **named, SecurityGroups=[f"sg-{NONE}0"], fails="InvalidSecurityGroup")
    d.elbv2("SetSubnets", **named, Subnets=subnets)
    d.elbv2("SetSubnets", **named, Subnets=[f"subnet-{NONE}0", subnets[0]], fails="SubnetNotFound")
    d.elbv2("SetIpAddressType", **named, IpAddressType="ipv4")
    d.elbv2("SetIpAddressType", **named, IpAddressType="dualstack", fails=IMPOSSIBLE)
    d.elbv2("DeleteLoadBalancer", **named)
    d.wait("elbv2", "load_balancers_deleted", LoadBalancerArns=[arn])
    d.elbv2("DescribeLoadBalancerAttributes", **named, fails="LoadBalancerNotFound")
    d.elbv2("DescribeAccountLimits")
    d.elbv2("DescribeAccountLimits", Marker="nonsense", fails=INVALID)
    d.elbv2("DescribeSSLPolicies", Names=["ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"])
    d.elbv2("DescribeSSLPolicies", Names=["none"], fails="SSLPolicyNotFound")


@alone
def network_balancers(d):
    """A load balancer with addresses that stay."""
    vpc, subnets, _ = network(d)
    address = d.ec2("AllocateAddress", Domain="vpc")["AllocationId"]
    places = [{"SubnetId": subnets[0], "AllocationId": address}]
    made = d.elbv2("CreateLoadBalancer", Name="peers", Type="network", SubnetMappings=places)["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    d.wait("elbv2", "load_balancer_available", LoadBalancerArns=[arn])
    d.ec2("ReleaseAddress", AllocationId=address, fails="InvalidIPAddress.InUse")
    d.elbv2("SetSecurityGroups", LoadBalancerArn=arn, SecurityGroups=[f"sg-{NONE}0"], fails="InvalidSecurityGroup")
    peers = target_group(d, vpc, "peers", Protocol="TCP", Port=6690, HealthCheckProtocol="HTTP")
    on = listener(d, arn, [{"Type": "forward", "TargetGroupArn": peers}], port=6690, Protocol="TCP")
    idle = [{"Key": "tcp.idle_timeout.seconds", "Value": "400"}]
    d.elbv2("ModifyListenerAttributes", ListenerArn=on, Attributes=idle)
    d.elbv2("DescribeListenerAttributes", ListenerArn=on)
    idle[0]["Value"] = "1"
    d.elbv2("ModifyListenerAttributes", ListenerArn=on, Attributes=idle, fails=IMPOSSIBLE)
    d.elbv2("DescribeListenerAttributes", ListenerArn=f"{ARN}:listener/net/none/{NONE}/{NONE}", fails="ListenerNotFound")
    d.elbv2("ModifyListener", ListenerArn=on, DefaultActions=answer("404"), fails="InvalidLoadBalancerAction")
    d.elbv2("DeleteLoadBalancer", LoadBalancerArn=arn)


@alone
def target_groups(d):
    """Target groups, and an instance that nothing answers on."""
    vpc, subnets, group = network(d)
    arn = target_group(d, vpc, Matcher={"HttpCode": "200-299"})
    assert target_group(d, vpc, Matcher={"HttpCode": "200-299"}) == arn
    named = {"TargetGroupArn": arn}
    missing = {"TargetGroupArn": f"{ARN}:targetgroup/none/{NONE}"}
    wanted = {"Name": "nodes", "Protocol": "HTTP", "VpcId": vpc}
    d.elbv2("CreateTargetGroup", **wanted, Port=80, fails="DuplicateTargetGroupName")
    d.elbv2("ModifyTargetGroup", **named, HealthyThresholdCount=2, HealthCheckPort="8080")
    d.elbv2("ModifyTargetGroup", **named, HealthCheckProtocol="TCP", fails=IMPOSSIBLE)
    d.elbv2("DescribeTargetGroups", TargetGroupArns=[arn])
    d.elbv2("DescribeTargetGroups", Names=["none"], fails="TargetGroupNotFound")
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]
    d.elbv2("ModifyTargetGroupAttributes", **named, Attributes=delay)
    d.elbv2("DescribeTargetGroupAttributes", **named)
    delay[0]["Value"] = "4000"
    d.elbv2("ModifyTargetGroupAttributes", **named, Attributes=delay, fails=IMPOSSIBLE)
    d.elbv2("DescribeTargetGroupAttributes", **missing, fails="TargetGroupNotFound")
    one = sequences_compute.launch(d, subnets[0])
    d.wait("ec2", "instance_running", InstanceIds=[one])
    target = [{"Id": one}]
    d.elbv2("RegisterTargets", **named, Targets=target)
    d.elbv2("RegisterTargets", **named, Targets=[{"Id": f"i-{NONE}0"}], fails="InvalidTarget")
    d.elbv2("RegisterTargets", **missing, Targets=target, fails="TargetGroupNotFound")
    load_balancer = balancer(d, subnets, SecurityGroups=[group])
    listener(d, load_balancer, [{"Type": "forward", "TargetGroupArn": arn}])
    d.wait("elbv2", "load_balancer_available", LoadBalancerArns=[load_balancer])

    def state(answer):
        return [it["TargetHealth"]["State"] for it in answer["TargetHealthDescriptions"]]

    d.elbv2("DescribeTargetHealth", **named, until=lambda it: state(it) == ["unhealthy"])
    d.elbv2("DescribeTargetHealth", **missing, fails="TargetGroupNotFound")
    d.elbv2("DeregisterTargets", **named, Targets=target)
    d.elbv2("DeregisterTargets", **missing, Targets=target, fails="TargetGroupNotFound")
    d.elbv2("DescribeTargetHealth", **named, until=lambda it: state(it) == [])
    d.elbv2("DeleteTargetGroup", **named, fails="ResourceInUse")
    d.elbv2("DeleteLoadBalancer", LoadBalancerArn=load_balancer)
    d.elbv2("DeleteTargetGroup", **named)


@alone
def listeners(d):
    """Listeners, their certificates and rules, and the tags of all."""
    vpc, subnets, _ = network(d)
    arn = balancer(d, subnets, Tags=TAGS)
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    plain = listener(d, arn, [{"Type": "redirect", "RedirectConfig": redirect}])
    group = target_group(d, vpc, Tags=TAGS)
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    secure = {
        "Protocol": "HTTPS",
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "Certificates": [{"CertificateArn": CERTIFICATE}],
    }
    on = listener(d, arn, forward, port=443, Tags=TAGS, **secure)
    named, missing = {"ListenerArn": on}, {"ListenerArn": on.replace("/gui/", "/none/")}
    wanted = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 443, "DefaultActions": forward}
    d.elbv2("CreateListener", **wanted, fails="DuplicateListener")
    d.elbv2("CreateListener", **{**wanted, "Protocol": "HTTPS", "Port": 444}, fails=INVALID)
    d.elbv2("DescribeListeners", LoadBalancerArn=arn)
    d.elbv2("DescribeListeners", ListenerArns=[missing["ListenerArn"]], fails="ListenerNotFound")
    d.elbv2("ModifyListener", **named, SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")
    d.elbv2("ModifyListener", **named, SslPolicy="none", fails="SSLPolicyNotFound")
    more = [{"CertificateArn": CERTIFICATE}]
    d.elbv2("AddListenerCertificates", **named, Certificates=more)
    d.elbv2("AddListenerCertificates", ListenerArn=plain, Certificates=more, fails=INVALID)
    d.elbv2("DescribeListenerCertificates", **named)
    d.elbv2("DescribeListenerCertificates", **missing, fails="ListenerNotFound")
    d.elbv2("RemoveListenerCertificates", **named, Certificates=more, fails="OperationNotPermitted")
    absent = [{"CertificateArn": CERTIFICATE.replace("1234-1234", "4321-1234")}]
    d.elbv2("RemoveListenerCertificates", **named, Certificates=absent)
    closed = {"Conditions": path("/metrics", "/debug/*"), "Actions": answer("403")}
    rule = d.elbv2("CreateRule", **named, Priority=10, **closed, Tags=TAGS)["Rules"][0]["RuleArn"]
    d.elbv2("CreateRule", **named, Priority=10, **closed, fails="PriorityInUse")
    d.elbv2("ModifyRule", RuleArn=rule, Conditions=path("/metrics"))
    d.elbv2("SetRulePriorities", RulePriorities=[{"RuleArn": rule, "Priority": 20}])
    rules = d.elbv2("DescribeRules", **named)["Rules"]
    default = next(it["RuleArn"] for it in rules if it["IsDefault"])
    d.elbv2("ModifyRule", RuleArn=default, Actions=answer("404"), fails="OperationNotPermitted")
    d.elbv2("DescribeRules", RuleArns=[rule.replace("/gui/", "/none/")], fails="RuleNotFound")
    order = [{"RuleArn": rule.replace("/gui/", "/none/"), "Priority": 20}]
    d.elbv2("SetRulePriorities", RulePriorities=order, fails="RuleNotFound")
    d.elbv2("DescribeTags", ResourceArns=[arn, group, on, rule])
    d.elbv2("DescribeTags", ResourceArns=[missing["ListenerArn"]], fails="ListenerNotFound")
    d.elbv2("AddTags", ResourceArns=[arn, rule], Tags=[{"Key": "stage", "Value": "x"}])
    d.elbv2("AddTags", ResourceArns=[missing["ListenerArn"]], Tags=TAGS, fails="ListenerNotFound")
    d.elbv2("RemoveTags", ResourceArns=[arn, rule], TagKeys=["stage"])
    d.elbv2("RemoveTags", ResourceArns=[missing["ListenerArn"]], TagKeys=["stage"], fails="ListenerNotFound")
    d.acm("DeleteCertificate", CertificateArn=CERTIFICATE, fails="ResourceInUseException")
    d.elbv2("DeleteRule", RuleArn=rule)
    d.elbv2("DeleteRule", RuleArn=rule, fails="RuleNotFound")
    d.elbv2("DeleteListener", **named)
    d.elbv2("DeleteListener", **named, fails="ListenerNotFound")
    # A target group that is not there: the reference names no error, and none comes.
    d.elbv2("DeleteTargetGroup", TargetGroupArn=group)
    d.elbv2("DeleteTargetGroup", TargetGroupArn="nonsense", fails=INVALID)


@alone
def certificates(d):
    """A certificate that is asked for, and one that is there."""
    d.acm("RequestCertificate", DomainName="nonsense", fails="ValidationException")
    wanted = {"DomainName": "a.example.com", "ValidationMethod": "DNS", "IdempotencyToken": "once"}
    arn = d.acm("RequestCertificate", **wanted, Tags=TAGS)["CertificateArn"]
    assert d.acm("RequestCertificate", **wanted)["CertificateArn"] == arn
    named, missing = {"CertificateArn": arn}, {"CertificateArn": CERTIFICATE.replace("1234-1234", "4321-1234")}
    gone = "ResourceNotFoundException"

    def has_record(answer):
        return "ResourceRecord" in answer["Certificate"]["DomainValidationOptions"][0]

    d.acm("DescribeCertificate", **named, until=has_record)
    d.acm("DescribeCertificate", CertificateArn=CERTIFICATE)
    d.acm("DescribeCertificate", **missing, fails=gone)
    d.acm("ListCertificates", CertificateStatuses=["ISSUED"])
    d.acm("ListCertificates", NextToken="nonsense", fails="InvalidArgsException")
    d.acm("AddTagsToCertificate", **named, Tags=[{"Key": "stage", "Value": "x"}])
    d.acm("AddTagsToCertificate", **missing, Tags=TAGS, fails=gone)
    d.acm("ListTagsForCertificate", **named)
    d.acm("ListTagsForCertificate", **missing, fails=gone)
    d.acm("RemoveTagsFromCertificate", **named, Tags=TAGS)
    d.acm("RemoveTagsFromCertificate", **missing, Tags=TAGS, fails=gone)
    d.acm("DeleteCertificate", **named)
    d.acm("DeleteCertificate", **named, fails=gone)
