"""Sequences of EC2: each builds something of its own, looks at it from all sides, and takes it away.

They are held against https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ by what docs/simulator.md lists.
"""

import json

from drive import sequence, tags


def filters(**pairs):
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in pairs.items()]


def tagged(value, key="Name"):
    return [{"Name": f"tag:{key}", "Values": [value]}]


def vpc(d, cidr="10.0.0.0/16", name="main"):
    made = d.ec2("CreateVpc", CidrBlock=cidr, TagSpecifications=tags("vpc", Name=name))["Vpc"]["VpcId"]
    d.wait("ec2", "vpc_available", VpcIds=[made])
    return made


def subnet(d, of, cidr="10.0.0.0/24", zone="us-east-1a"):
    made = d.ec2(
        "CreateSubnet",
        VpcId=of,
        CidrBlock=cidr,
        AvailabilityZone=zone,
        TagSpecifications=tags("subnet", Name=cidr),
    )["Subnet"]["SubnetId"]
    d.wait("ec2", "subnet_available", SubnetIds=[made])
    return made


def gateway(d, of):
    made = d.ec2("CreateInternetGateway", TagSpecifications=tags("internet-gateway", Name="main"))
    made = made["InternetGateway"]["InternetGatewayId"]
    d.ec2("AttachInternetGateway", InternetGatewayId=made, VpcId=of)
    d.ec2(
        "DescribeInternetGateways",
        InternetGatewayIds=[made],
        until=lambda it: it["InternetGateways"][0]["Attachments"][0]["State"] == "available",
    )
    return made


def group(d, of, name):
    made = d.ec2(
        "CreateSecurityGroup",
        GroupName=name,
        Description=f"the {name}",
        VpcId=of,
        TagSpecifications=tags("security-group", Name=name),
    )
    return made["GroupId"]


@sequence
def places(d):
    """What an account finds in a region."""
    d.ec2("DescribeAccountAttributes", AttributeNames=["supported-platforms"])
    d.ec2("DescribeRegions", RegionNames=["us-east-1", "eu-west-1"])
    d.ec2("DescribeAvailabilityZones")
    d.ec2("DescribeAvailabilityZones", ZoneNames=["us-east-1b"])
    d.ec2("DescribeAvailabilityZones", ZoneNames=["us-east-1q"], fails="InvalidParameterValue")
    main = d.ec2("DescribeVpcs", Filters=filters(is_default="true"))["Vpcs"][0]
    d.ec2("DescribeSubnets", Filters=filters(vpc_id=main["VpcId"]))
    d.ec2("DescribeNetworkAcls", Filters=filters(vpc_id=main["VpcId"]))
    d.ec2("DescribeRouteTables", Filters=filters(vpc_id=main["VpcId"]))
    d.ec2("DescribeInternetGateways", Filters=[{"Name": "attachment.vpc-id", "Values": [main["VpcId"]]}])
    d.ec2("DescribeSecurityGroups", Filters=filters(vpc_id=main["VpcId"]))
    d.ec2("DescribeDhcpOptions", DhcpOptionsIds=[main["DhcpOptionsId"]])


@sequence
def vpcs(d):
    """A VPC's life."""
    main = vpc(d)
    d.ec2("DescribeVpcs", VpcIds=[main])
    d.ec2("DescribeVpcs", Filters=tagged("main"))
    d.ec2("DescribeVpcs", Filters=tagged("ma*") + filters(cidr="10.0.0.0/16"))
    d.ec2("DescribeVpcs", Filters=tagged("none"))
    d.ec2("DescribeVpcs", Filters=filters(nonsense="x"), fails="InvalidParameterValue")
    d.ec2("DescribeVpcs", VpcIds=["vpc-0123456789abcdef0"], fails="InvalidVpcID.NotFound")
    d.ec2("DescribeVpcs", VpcIds=["nonsense"], fails="InvalidVpcID.Malformed")
    for attribute in ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"):
        d.ec2("DescribeVpcAttribute", VpcId=main, Attribute=attribute)
    d.ec2("ModifyVpcAttribute", VpcId=main, EnableDnsHostnames={"Value": True})
    d.ec2("DescribeVpcAttribute", VpcId=main, Attribute="enableDnsHostnames")
    d.ec2("ModifyVpcAttribute", VpcId=main, EnableDnsHostnames={"Value": False})
    d.ec2("ModifyVpcAttribute", VpcId=main, EnableDnsSupport={"Value": False})
    d.ec2("DescribeVpcAttribute", VpcId=main, Attribute="enableDnsSupport")
    # What comes with it.
    d.ec2("DescribeSecurityGroups", Filters=filters(vpc_id=main))
    d.ec2("DescribeRouteTables", Filters=filters(vpc_id=main))
    d.ec2("DescribeNetworkAcls", Filters=filters(vpc_id=main))
    d.ec2("CreateVpc", CidrBlock="10.0.0.0/8", fails="InvalidVpc.Range")
    d.ec2("CreateVpc", CidrBlock="10.0.0.0/29", fails="InvalidVpc.Range")
    d.ec2("CreateVpc", CidrBlock="nonsense", fails="InvalidParameterValue")
    d.ec2("CreateVpc", CidrBlock="10.9.0.0/16", TagSpecifications=tags("subnet", Name="x"), fails="InvalidParameterValue")
    odd = d.ec2("CreateVpc", CidrBlock="10.66.3.9/16")["Vpc"]["VpcId"]
    d.ec2("DeleteVpc", VpcId=odd)
    d.ec2("CreateVpc", CidrBlock="10.9.0.0/16", DryRun=True, fails="DryRunOperation")
    d.ec2("DescribeVpcs", Filters=filters(cidr="10.9.0.0/16"))
    d.ec2("DeleteVpc", VpcId=main)
    d.ec2("DeleteVpc", VpcId=main, fails="InvalidVpcID.NotFound")


@sequence
def subnets(d):
    """Subnets: where they fit and where not."""
    main = vpc(d)
    first = subnet(d, main)
    subnet(d, main, "10.0.1.0/24", "us-east-1b")
    d.ec2("DescribeSubnets", SubnetIds=[first])
    d.ec2("DescribeSubnets", Filters=filters(vpc_id=main))
    d.ec2("DescribeSubnets", Filters=filters(availability_zone="us-east-1b", vpc_id=main))
    d.ec2("DescribeSubnets", SubnetIds=["subnet-0123456789abcdef0"], fails="InvalidSubnetID.NotFound")
    d.ec2("ModifySubnetAttribute", SubnetId=first, MapPublicIpOnLaunch={"Value": True})
    d.ec2("DescribeSubnets", SubnetIds=[first])
    d.ec2("CreateSubnet", VpcId=main, CidrBlock="10.1.0.0/24", fails="InvalidSubnet.Range")
    d.ec2("CreateSubnet", VpcId=main, CidrBlock="10.0.0.128/25", fails="InvalidSubnet.Conflict")
    d.ec2("CreateSubnet", VpcId=main, CidrBlock="10.0.9.0/24", AvailabilityZone="us-east-1q", fails="InvalidParameterValue")
    d.ec2("CreateSubnet", VpcId="vpc-0123456789abcdef0", CidrBlock="10.0.9.0/24", fails="InvalidVpcID.NotFound")
    odd = d.ec2("CreateSubnet", VpcId=main, CidrBlock="10.0.5.9/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    d.ec2("DeleteVpc", VpcId=main, fails="DependencyViolation")
    for it in (first, odd):
        d.ec2("DeleteSubnet", SubnetId=it)
    d.ec2("DeleteSubnet", SubnetId=first, fails="InvalidSubnetID.NotFound")
    for it in d.ec2("DescribeSubnets", Filters=filters(vpc_id=main))["Subnets"]:
        d.ec2("DeleteSubnet", SubnetId=it["SubnetId"])
    d.ec2("DeleteVpc", VpcId=main)


@sequence
def internet_gateways(d):
    """An internet gateway: one VPC, and one for each VPC."""
    main, other = vpc(d), vpc(d, "10.1.0.0/16", "other")
    first = gateway(d, main)
    d.ec2("DescribeInternetGateways", Filters=tagged("main"))
    d.ec2("AttachInternetGateway", InternetGatewayId=first, VpcId=main, fails="Resource.AlreadyAssociated")
    d.ec2("AttachInternetGateway", InternetGatewayId=first, VpcId=other, fails="Resource.AlreadyAssociated")
    second = d.ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    d.ec2("AttachInternetGateway", InternetGatewayId=second, VpcId=main, fails="InvalidParameterValue")
    d.ec2("DetachInternetGateway", InternetGatewayId=second, VpcId=other, fails="Gateway.NotAttached")
    d.ec2("DescribeInternetGateways", InternetGatewayIds=["igw-0123456789abcdef0"], fails="InvalidInternetGatewayID.NotFound")
    d.ec2("DeleteInternetGateway", InternetGatewayId=first, fails="DependencyViolation")
    d.ec2("DeleteVpc", VpcId=main, fails="DependencyViolation")
    d.ec2("DetachInternetGateway", InternetGatewayId=first, VpcId=main)
    d.ec2("DescribeInternetGateways", InternetGatewayIds=[first], until=lambda it: not it["InternetGateways"][0]["Attachments"])
    d.ec2("DeleteInternetGateway", InternetGatewayId=first)
    d.ec2("DeleteInternetGateway", InternetGatewayId=first, fails="InvalidInternetGatewayID.NotFound")
    d.ec2("DeleteInternetGateway", InternetGatewayId=second)
    d.ec2("DeleteVpc", VpcId=main)
    d.ec2("DeleteVpc", VpcId=other)


def associated(it):
    states = [a["AssociationState"]["State"] for a in it["RouteTables"][0]["Associations"]]
    return all(state == "associated" for state in states)


@sequence
def route_tables(d):
    """Tables, their routes and whose they are."""
    main, other = vpc(d), vpc(d, "10.1.0.0/16", "other")
    out, elsewhere = gateway(d, main), gateway(d, other)
    first, second = subnet(d, main), subnet(d, main, "10.0.1.0/24")
    table = d.ec2("CreateRouteTable", VpcId=main, TagSpecifications=tags("route-table", Name="public"), ClientToken="t1")
    again = d.ec2("CreateRouteTable", VpcId=main, TagSpecifications=tags("route-table", Name="public"), ClientToken="t1")
    d.ec2("CreateRouteTable", VpcId=other, ClientToken="t1", fails="IdempotentParameterMismatch")
    table, twin = table["RouteTable"]["RouteTableId"], again["RouteTable"]["RouteTableId"]
    d.ec2("DescribeRouteTables", Filters=tagged("public"))
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    d.ec2("CreateRoute", **route, GatewayId=out)
    d.ec2("CreateRoute", **route, GatewayId=out, fails="RouteAlreadyExists")
    d.ec2("CreateRoute", RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId=elsewhere, fails="InvalidParameterValue")
    d.ec2("CreateRoute", RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId="igw-0123456789abcdef0", fails=("InvalidGatewayID.NotFound", "InvalidInternetGatewayID.NotFound"))
    d.ec2("ReplaceRoute", **route, GatewayId=out)
    d.ec2("ReplaceRoute", RouteTableId=table, DestinationCidrBlock="198.51.100.0/24", GatewayId=out, fails="InvalidParameterValue")
    d.ec2("DeleteRoute", RouteTableId=table, DestinationCidrBlock="198.51.100.0/24", fails="InvalidRoute.NotFound")
    d.ec2("DeleteRoute", RouteTableId=table, DestinationCidrBlock="10.0.0.0/16", fails="InvalidParameterValue")
    at = d.ec2("AssociateRouteTable", RouteTableId=table, SubnetId=first)["AssociationId"]
    d.ec2("DescribeRouteTables", RouteTableIds=[table], until=associated)
    d.ec2("DescribeRouteTables", Filters=[{"Name": "association.subnet-id", "Values": [first]}])
    moved = d.ec2("CreateRouteTable", VpcId=main)["RouteTable"]["RouteTableId"]
    d.ec2("AssociateRouteTable", RouteTableId=moved, SubnetId=first, fails="Resource.AlreadyAssociated")
    at = d.ec2("ReplaceRouteTableAssociation", RouteTableId=moved, AssociationId=at)["NewAssociationId"]
    d.ec2("DescribeRouteTables", RouteTableIds=[moved], until=associated)
    d.ec2("DeleteRouteTable", RouteTableId=moved, fails="DependencyViolation")
    d.ec2("DisassociateRouteTable", AssociationId="rtbassoc-0123456789abcdef0", fails="InvalidAssociationID.NotFound")
    mains = d.ec2("DescribeRouteTables", Filters=[*filters(vpc_id=main), {"Name": "association.main", "Values": ["true"]}])
    mains = mains["RouteTables"][0]
    d.ec2("DisassociateRouteTable", AssociationId=mains["Associations"][0]["RouteTableAssociationId"], fails="InvalidParameterValue")
    d.ec2("DeleteRouteTable", RouteTableId=mains["RouteTableId"], fails="DependencyViolation")
    # The way that is gone is a black hole.
    d.ec2("DetachInternetGateway", InternetGatewayId=out, VpcId=main)
    d.ec2("DescribeRouteTables", RouteTableIds=[table])
    d.ec2("DeleteRoute", **route)
    d.ec2("DisassociateRouteTable", AssociationId=at)
    d.ec2("DescribeRouteTables", RouteTableIds=[moved], until=lambda it: not it["RouteTables"][0]["Associations"])
    d.ec2("DeleteRouteTable", RouteTableId=moved)
    d.ec2("DeleteVpc", VpcId=main, fails="DependencyViolation")
    d.ec2("DeleteRouteTable", RouteTableId=table)
    if twin != table:
        d.forget("ec2", "delete_route_table", RouteTableId=twin)
    d.ec2("DescribeRouteTables", RouteTableIds=[table], fails="InvalidRouteTableID.NotFound")
    for it in (first, second):
        d.ec2("DeleteSubnet", SubnetId=it)
    d.ec2("DetachInternetGateway", InternetGatewayId=elsewhere, VpcId=other)
    for it in (out, elsewhere):
        d.ec2("DescribeInternetGateways", InternetGatewayIds=[it], until=lambda it: not it["InternetGateways"][0]["Attachments"])
        d.ec2("DeleteInternetGateway", InternetGatewayId=it)
    for it in (main, other):
        d.ec2("DeleteVpc", VpcId=it)


@sequence
def security_groups(d):
    """Groups, and what they let through."""
    main = vpc(d)
    web, app = group(d, main, "web"), group(d, main, "app")
    d.ec2("CreateSecurityGroup", GroupName="web", Description="x", VpcId=main, fails="InvalidGroup.Duplicate")
    d.ec2("CreateSecurityGroup", GroupName="sg-web", Description="x", VpcId=main, fails="InvalidParameterValue")
    d.ec2("DescribeSecurityGroups", GroupIds=[web])
    d.ec2("DescribeSecurityGroups", Filters=[*filters(vpc_id=main), {"Name": "group-name", "Values": ["app"]}])
    d.ec2("DescribeSecurityGroups", GroupIds=["sg-0123456789abcdef0"], fails="InvalidGroup.NotFound")
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    ssh["IpRanges"] = [{"CidrIp": "10.0.0.0/8", "Description": "from us"}]
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    https["UserIdGroupPairs"] = [{"GroupId": web, "Description": "from the web"}]
    made = d.ec2(
        "AuthorizeSecurityGroupIngress",
        GroupId=web,
        IpPermissions=[ssh],
        TagSpecifications=tags("security-group-rule", Name="ssh"),
    )
    rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    d.ec2("AuthorizeSecurityGroupIngress", GroupId=app, IpPermissions=[https])
    d.ec2("AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[ssh], fails="InvalidPermission.Duplicate")
    d.ec2("AuthorizeSecurityGroupIngress", GroupId=web, CidrIp="nonsense", IpProtocol="tcp", FromPort=1, ToPort=1, fails="InvalidParameterValue")
    odd = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "10.9.0.5/16"}]}
    two = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.7.0.0/16"}]}
    d.ec2("AuthorizeSecurityGroupIngress", GroupId=app, IpPermissions=[odd, two])
    d.ec2("AuthorizeSecurityGroupEgress", GroupId=web, IpPermissions=[{**ssh, "IpRanges": [{"CidrIp": "10.5.0.0/16"}]}])
    d.ec2("DescribeSecurityGroupRules", Filters=filters(group_id=web))
    d.ec2("DescribeSecurityGroupRules", Filters=filters(group_id=app))
    d.ec2("DescribeSecurityGroupRules", SecurityGroupRuleIds=[rule])
    d.ec2("DescribeSecurityGroupRules", Filters=tagged("ssh"))
    d.ec2("DescribeSecurityGroups", GroupIds=[web, app])
    d.ec2("DescribeSecurityGroupReferences", GroupId=[web])
    d.ec2(
        "ModifySecurityGroupRules",
        GroupId=web,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": rule,
                "SecurityGroupRule": {
                    "IpProtocol": "tcp",
                    "FromPort": 22,
                    "ToPort": 23,
                    "CidrIpv4": "10.0.0.0/8",
                    "Description": "wider",
                },
            }
        ],
    )
    d.ec2("DescribeSecurityGroupRules", SecurityGroupRuleIds=[rule])
    wider = {**ssh, "ToPort": 23}
    d.ec2(
        "UpdateSecurityGroupRuleDescriptionsIngress",
        GroupId=web,
        IpPermissions=[{**wider, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "said otherwise"}]}],
    )
    d.ec2(
        "UpdateSecurityGroupRuleDescriptionsEgress",
        GroupId=web,
        IpPermissions=[{**ssh, "IpRanges": [{"CidrIp": "10.5.0.0/16", "Description": "out"}]}],
    )
    d.ec2("DescribeSecurityGroups", GroupIds=[web])
    d.ec2("RevokeSecurityGroupIngress", GroupId=web, SecurityGroupRuleIds=[rule])
    d.ec2("RevokeSecurityGroupIngress", GroupId=web, SecurityGroupRuleIds=["sgr-0123456789abcdef0"], fails="InvalidSecurityGroupRuleId.NotFound")
    d.ec2("RevokeSecurityGroupIngress", GroupId=web, IpPermissions=[ssh], fails="InvalidPermission.NotFound")
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    d.ec2("RevokeSecurityGroupEgress", GroupId=web, IpPermissions=[everything])
    d.ec2("DescribeSecurityGroups", GroupIds=[web])
    d.ec2("DeleteSecurityGroup", GroupId=web, fails="DependencyViolation")
    default = d.ec2("DescribeSecurityGroups", Filters=[*filters(vpc_id=main), {"Name": "group-name", "Values": ["default"]}])
    d.ec2("DeleteSecurityGroup", GroupId=default["SecurityGroups"][0]["GroupId"], fails="CannotDelete")
    d.ec2("DeleteVpc", VpcId=main, fails="DependencyViolation")
    d.ec2("DeleteSecurityGroup", GroupId=app)
    d.ec2("DeleteSecurityGroup", GroupId=web)
    d.ec2("DeleteSecurityGroup", GroupId=web, fails="InvalidGroup.NotFound")
    d.ec2("DeleteVpc", VpcId=main)


@sequence
def nat_gateways(d):
    """Addresses and NAT gateways, and who has to wait for whom."""
    main = vpc(d)
    out, within = gateway(d, main), subnet(d, main)
    first = d.ec2("AllocateAddress", Domain="vpc", TagSpecifications=tags("elastic-ip", Name="first"))
    spare = d.ec2("AllocateAddress", Domain="vpc")["AllocationId"]
    address = first["AllocationId"]
    d.ec2("DescribeAddresses", AllocationIds=[address])
    d.ec2("DescribeAddresses", Filters=tagged("first"))
    d.ec2("DescribeAddresses", AllocationIds=["eipalloc-0123456789abcdef0"], fails="InvalidAllocationID.NotFound")
    made = d.ec2(
        "CreateNatGateway",
        SubnetId=within,
        AllocationId=address,
        ClientToken="n1",
        TagSpecifications=tags("natgateway", Name="first"),
    )["NatGateway"]["NatGatewayId"]
    d.wait("ec2", "nat_gateway_available", NatGatewayIds=[made])
    d.ec2("DescribeNatGateways", NatGatewayIds=[made])
    d.ec2("DescribeNatGateways", Filters=tagged("first") + filters(state="available"))
    d.ec2("DescribeNatGateways", Filters=tagged("none"))
    d.ec2("DescribeNatGateways", NatGatewayIds=["nat-0123456789abcdef0"], fails="NatGatewayNotFound")
    d.ec2("CreateNatGateway", SubnetId="subnet-0123456789abcdef0", AllocationId=spare, fails="InvalidSubnetID.NotFound")
    d.ec2("DescribeAddresses", AllocationIds=[address])
    d.ec2("DescribeNetworkInterfaces", Filters=filters(subnet_id=within))
    table = d.ec2("CreateRouteTable", VpcId=main)["RouteTable"]["RouteTableId"]
    d.ec2("CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=made)
    d.ec2("DescribeRouteTables", RouteTableIds=[table])
    d.ec2("ReleaseAddress", AllocationId=address, fails=("InvalidIPAddress.InUse", "AuthFailure"))
    d.ec2("DetachInternetGateway", InternetGatewayId=out, VpcId=main, fails="DependencyViolation")
    d.ec2("DeleteSubnet", SubnetId=within, fails="DependencyViolation")
    d.ec2("DeleteNatGateway", NatGatewayId="nat-0123456789abcdef0", fails="NatGatewayNotFound")
    d.ec2("DeleteNatGateway", NatGatewayId=made)
    d.wait("ec2", "nat_gateway_deleted", NatGatewayIds=[made])
    d.ec2("DescribeNatGateways", NatGatewayIds=[made])
    d.ec2("DescribeNetworkInterfaces", Filters=filters(subnet_id=within))
    d.ec2("DescribeAddresses", AllocationIds=[address])
    d.ec2("DescribeRouteTables", RouteTableIds=[table])
    d.ec2("DeleteRouteTable", RouteTableId=table)
    for it in (address, spare):
        d.ec2("ReleaseAddress", AllocationId=it)
    d.ec2("ReleaseAddress", AllocationId=address, fails="InvalidAllocationID.NotFound")
    d.ec2("DeleteSubnet", SubnetId=within)
    d.ec2("DetachInternetGateway", InternetGatewayId=out, VpcId=main)
    d.ec2("DescribeInternetGateways", InternetGatewayIds=[out], until=lambda it: not it["InternetGateways"][0]["Attachments"])
    d.ec2("DeleteInternetGateway", InternetGatewayId=out)
    d.ec2("DeleteVpc", VpcId=main)


@sequence
def network_interfaces(d):
    """Interfaces: addresses of theirs, groups of theirs, and what they keep from going."""
    main = vpc(d)
    out, within, web = gateway(d, main), subnet(d, main), group(d, main, "web")
    made = d.ec2(
        "CreateNetworkInterface",
        SubnetId=within,
        Description="ours",
        Groups=[web],
        TagSpecifications=tags("network-interface", Name="ours"),
    )["NetworkInterface"]["NetworkInterfaceId"]
    d.wait("ec2", "network_interface_available", NetworkInterfaceIds=[made])
    d.ec2("DescribeNetworkInterfaces", NetworkInterfaceIds=[made])
    d.ec2("DescribeNetworkInterfaces", Filters=filters(group_id=web))
    d.ec2("DescribeNetworkInterfaces", NetworkInterfaceIds=["eni-0123456789abcdef0"], fails="InvalidNetworkInterfaceID.NotFound")
    d.ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=made, SourceDestCheck={"Value": False})
    d.ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=made, Description={"Value": "said otherwise"})
    d.ec2("DescribeNetworkInterfaces", NetworkInterfaceIds=[made])
    address = d.ec2("AllocateAddress", Domain="vpc")["AllocationId"]
    at = d.ec2("AssociateAddress", AllocationId=address, NetworkInterfaceId=made)["AssociationId"]
    d.ec2("DescribeAddresses", AllocationIds=[address])
    d.ec2("ReleaseAddress", AllocationId=address, fails="InvalidIPAddress.InUse")
    d.ec2("DisassociateAddress", AssociationId=at)
    d.ec2("ReleaseAddress", AllocationId=address)
    d.ec2("DeleteSecurityGroup", GroupId=web, fails="DependencyViolation")
    d.ec2("DeleteSubnet", SubnetId=within, fails="DependencyViolation")
    d.ec2("DeleteNetworkInterface", NetworkInterfaceId=made)
    d.ec2("DeleteNetworkInterface", NetworkInterfaceId=made, fails="InvalidNetworkInterfaceID.NotFound")
    d.ec2("DeleteSecurityGroup", GroupId=web)
    d.ec2("DeleteSubnet", SubnetId=within)
    d.ec2("DetachInternetGateway", InternetGatewayId=out, VpcId=main)
    d.ec2("DescribeInternetGateways", InternetGatewayIds=[out], until=lambda it: not it["InternetGateways"][0]["Attachments"])
    d.ec2("DeleteInternetGateway", InternetGatewayId=out)
    d.ec2("DeleteVpc", VpcId=main)


@sequence
def labels(d):
    """Tags of everything."""
    main = vpc(d)
    within, web = subnet(d, main), group(d, main, "web")
    d.ec2("CreateTags", Resources=[main, within, web], Tags=[{"Key": "team", "Value": "oracles"}, {"Key": "stage", "Value": "test"}])
    d.ec2("DescribeTags", Filters=filters(resource_id=main))
    d.ec2("DescribeTags", Filters=[*filters(key="team"), *filters(resource_type="subnet")])
    d.ec2("DescribeSubnets", Filters=tagged("oracles", "team"))
    d.ec2("DescribeVpcs", Filters=[{"Name": "tag-key", "Values": ["team"]}])
    d.ec2("CreateTags", Resources=[main], Tags=[{"Key": "team", "Value": "others"}])
    d.ec2("DeleteTags", Resources=[main, within], Tags=[{"Key": "stage"}])
    d.ec2("DeleteTags", Resources=[main], Tags=[{"Key": "team", "Value": "nobody"}])
    d.ec2("DescribeVpcs", VpcIds=[main])
    d.ec2("CreateTags", Resources=["vpc-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "b"}], fails="InvalidVpcID.NotFound")
    d.ec2("CreateTags", Resources=[main], Tags=[{"Key": "aws:a", "Value": "b"}], fails="InvalidParameterValue")
    many = [{"Key": f"k{n}", "Value": ""} for n in range(51)]
    d.ec2("CreateTags", Resources=[main], Tags=many, fails="TagLimitExceeded")
    d.ec2("DeleteSecurityGroup", GroupId=web)
    d.ec2("DeleteSubnet", SubnetId=within)
    d.ec2("DeleteVpc", VpcId=main)


# A key made for these tests alone; nobody has its private half.
KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEa5rEJBRkBkFD2VpS8FRKOyAdmCxDmvjKLFXWqNMlgo referee"


@sequence
def key_pairs(d):
    """Key pairs, imported."""
    d.ec2("ImportKeyPair", KeyName="ours", PublicKeyMaterial=KEY, TagSpecifications=tags("key-pair", Name="ours"))
    d.ec2("ImportKeyPair", KeyName="ours", PublicKeyMaterial=KEY, fails="InvalidKeyPair.Duplicate")
    d.ec2("ImportKeyPair", KeyName="odd", PublicKeyMaterial=b"nonsense", fails="InvalidKey.Format")
    d.ec2("DescribeKeyPairs", KeyNames=["ours"])
    d.ec2("DescribeKeyPairs", KeyNames=["ours"], IncludePublicKey=True)
    d.ec2("DescribeKeyPairs", Filters=tagged("ours"))
    d.ec2("DescribeKeyPairs", KeyNames=["none"], fails="InvalidKeyPair.NotFound")
    d.ec2("DeleteKeyPair", KeyName="ours")
    d.ec2("DescribeKeyPairs", KeyNames=["ours"], fails="InvalidKeyPair.NotFound")
    made = [d.ec2("ImportKeyPair", KeyName=name, PublicKeyMaterial=KEY)["KeyPairId"] for name in ("one", "two")]
    d.ec2("DescribeKeyPairs", KeyPairIds=made[:1])
    d.ec2("DeleteKeyPair", KeyPairId=made[0])
    d.ec2("DescribeKeyPairs", KeyNames=["one"], fails="InvalidKeyPair.NotFound")
    d.ec2("DeleteKeyPair", KeyName="two")


@sequence
def vpc_endpoints(d):
    """Endpoints: gateways in route tables and interfaces in subnets."""
    main = vpc(d)
    d.ec2("ModifyVpcAttribute", VpcId=main, EnableDnsHostnames={"Value": True})
    first, second, web = subnet(d, main), subnet(d, main, "10.0.1.0/24", "us-east-1b"), group(d, main, "web")
    table = d.ec2("CreateRouteTable", VpcId=main)["RouteTable"]["RouteTableId"]
    d.ec2("DescribeVpcEndpointServices", ServiceNames=["com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.ssm"])
    store = d.ec2(
        "CreateVpcEndpoint",
        VpcId=main,
        VpcEndpointType="Gateway",
        ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=[table],
        TagSpecifications=tags("vpc-endpoint", Name="s3"),
    )["VpcEndpoint"]["VpcEndpointId"]
    d.ec2("DescribeRouteTables", RouteTableIds=[table], until=lambda it: len(it["RouteTables"][0]["Routes"]) == 2)
    d.ec2("DescribeVpcEndpoints", VpcEndpointIds=[store])
    door = d.ec2(
        "CreateVpcEndpoint",
        VpcId=main,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.ssm",
        SubnetIds=[first],
        SecurityGroupIds=[web],
        PrivateDnsEnabled=True,
        TagSpecifications=tags("vpc-endpoint", Name="ssm"),
    )["VpcEndpoint"]["VpcEndpointId"]
    up = lambda it: it["VpcEndpoints"][0]["State"] == "available"  # noqa: E731
    d.ec2("DescribeVpcEndpoints", VpcEndpointIds=[door], until=up)
    d.ec2("DescribeVpcEndpoints", Filters=tagged("ssm") + filters(vpc_id=main))
    d.ec2("DescribeVpcEndpoints", Filters=filters(vpc_id=main, vpc_endpoint_type="Gateway"))
    d.ec2("DescribeVpcEndpoints", VpcEndpointIds=["vpce-0123456789abcdef0"], fails="InvalidVpcEndpointId.NotFound")
    d.ec2("ModifyVpcEndpoint", VpcEndpointId=door, AddSubnetIds=[second])
    both = lambda it: up(it) and len(it["VpcEndpoints"][0]["NetworkInterfaceIds"]) == 2  # noqa: E731
    d.ec2("DescribeVpcEndpoints", VpcEndpointIds=[door], until=both)
    d.ec2("DeleteSubnet", SubnetId=second, fails="DependencyViolation")
    d.ec2("DeleteVpcEndpoints", VpcEndpointIds=[store, door])
    d.ec2("DescribeVpcEndpoints", Filters=filters(vpc_id=main), until=lambda it: not it["VpcEndpoints"])
    d.ec2("DescribeNetworkInterfaces", Filters=filters(vpc_id=main), until=lambda it: not it["NetworkInterfaces"])
    d.ec2("DescribeRouteTables", RouteTableIds=[table], until=lambda it: len(it["RouteTables"][0]["Routes"]) == 1)
    d.ec2("DeleteRouteTable", RouteTableId=table)
    d.ec2("DeleteSecurityGroup", GroupId=web)
    for it in (first, second):
        d.ec2("DeleteSubnet", SubnetId=it)
    d.ec2("DeleteVpc", VpcId=main)


@sequence
def flow_logs(d):
    """Flow logs to a log group, in a role's name."""
    name = "/referee/flows"
    main = vpc(d)
    d.logs("CreateLogGroup", logGroupName=name)
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )
    role = d.iam("CreateRole", RoleName="flows", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    wanted = {
        "ResourceIds": [main],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogGroupName": name,
        "DeliverLogsPermissionArn": role,
    }
    made = d.ec2(
        "CreateFlowLogs",
        **wanted,
        MaxAggregationInterval=600,
        TagSpecifications=tags("vpc-flow-log", Name="flows"),
    )["FlowLogIds"]
    d.ec2("CreateFlowLogs", **wanted, MaxAggregationInterval=600)
    d.ec2("CreateFlowLogs", **{**wanted, "TrafficType": "REJECT"}, MaxAggregationInterval=61, fails="InvalidParameter")
    d.ec2("DescribeFlowLogs", FlowLogIds=list(made))
    d.ec2("DescribeFlowLogs", Filter=tagged("flows"))
    d.ec2("DescribeFlowLogs", Filter=filters(resource_id=main))
    d.ec2("DescribeFlowLogs", FlowLogIds=["fl-0123456789abcdef0"], fails="InvalidFlowLogId.NotFound")
    d.ec2("DeleteFlowLogs", FlowLogIds=list(made))
    d.ec2("DescribeFlowLogs", Filter=filters(resource_id=main))
    d.ec2("DeleteFlowLogs", FlowLogIds=list(made))
    d.ec2("DeleteVpc", VpcId=main)
    d.iam("DeleteRole", RoleName="flows")
    d.logs("DeleteLogGroup", logGroupName=name)
