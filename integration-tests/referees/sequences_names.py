"""Sequences of names: https://docs.aws.amazon.com/Route53/latest/APIReference/, and DHCP options of EC2."""

from drive import alone, tags

BATCH = "InvalidChangeBatch"


def zone(d, name="example.com", **more):
    made = d.route53("CreateHostedZone", Name=name, CallerReference=name, **more)
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/")


def record(name, value, kind="A"):
    return {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}


def change(d, zone, *changes, **more):
    changes = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    return d.route53("ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch={"Changes": changes}, **more)


@alone
def hosted_zones(d):
    """Zones and their tags."""
    net, com = zone(d, "example.net"), zone(d, HostedZoneConfig={"Comment": "ours"})
    d.route53("CreateHostedZone", Name="x.org", CallerReference="example.com", fails="HostedZoneAlreadyExists")
    d.route53("CreateHostedZone", Name="a..b", CallerReference="x", fails="InvalidDomainName")
    d.route53("GetHostedZone", Id=com)
    d.route53("GetHostedZone", Id="Z0123456789", fails="NoSuchHostedZone")
    assert len(d.route53("ListHostedZones")["HostedZones"]) == 2
    d.route53("ListHostedZones", MaxItems="1")
    by_name = d.route53("ListHostedZonesByName")["HostedZones"]
    assert [it["Name"] for it in by_name] == ["example.com.", "example.net."]
    d.route53("ListHostedZonesByName", HostedZoneId=com, fails="InvalidInput")
    about = {"ResourceType": "hostedzone", "ResourceId": com}
    d.route53("ChangeTagsForResource", **about, AddTags=[{"Key": "team", "Value": "oracles"}])
    assert d.route53("ListTagsForResource", **about)["ResourceTagSet"]["Tags"]
    # An empty list of tags is an empty element, as AWS writes it; the model has none.
    other = {"ResourceType": "hostedzone", "ResourceId": net}
    d.route53("ChangeTagsForResource", **other, AddTags=[{"Key": "team", "Value": ""}])
    d.route53("ListTagsForResources", ResourceType="hostedzone", ResourceIds=[com, net])
    d.route53("ChangeTagsForResource", **about, RemoveTagKeys=["team"])
    none = {"ResourceType": "hostedzone", "ResourceId": "Z0123456789"}
    d.route53("ListTagsForResource", **none, fails="NoSuchHostedZone")
    d.route53("ListTagsForResources", ResourceType="hostedzone", ResourceIds=["Z0123456789"], fails="NoSuchHostedZone")
    d.route53("ChangeTagsForResource", **none, RemoveTagKeys=["team"], fails="NoSuchHostedZone")
    d.route53("ListHostedZones", HostedZoneType="nothing", fails="InvalidInput")
    d.route53("DeleteHostedZone", Id=net)
    d.route53("DeleteHostedZone", Id=net, fails="NoSuchHostedZone")


@alone
def records(d):
    """Records, and what refuses a batch."""
    id = zone(d)
    one, two = record("a.example.com", "192.0.2.1"), record("a.example.com", "192.0.2.2")
    made = change(d, id, ("CREATE", one))
    d.route53("GetChange", Id=made["ChangeInfo"]["Id"], until=lambda it: it["ChangeInfo"]["Status"] == "INSYNC")
    d.route53("GetChange", Id="C0123456789", fails="NoSuchChange")
    change(d, id, ("CREATE", two), fails=BATCH)
    change(d, id, ("DELETE", two), fails=BATCH)
    change(d, id, ("DELETE", one), ("CREATE", two))
    alias = {"HostedZoneId": id, "DNSName": "a.example.com", "EvaluateTargetHealth": False}
    change(d, id, ("CREATE", {"Name": "b.example.com", "Type": "A", "AliasTarget": alias}))
    weighted = {"Name": "w.example.com", "Type": "A", "SetIdentifier": "one", "Weight": 1}
    change(d, id, ("CREATE", {**record("w.example.com", "192.0.2.3"), **weighted}))
    change(d, id, ("UPSERT", record("*.example.com", '"text"', "TXT")))
    change(d, "Z0123456789", ("CREATE", one), fails="NoSuchHostedZone")
    names = [it["Name"] for it in d.route53("ListResourceRecordSets", HostedZoneId=id)["ResourceRecordSets"]]
    wild = "\\052.example.com."
    assert names == ["example.com.", "example.com.", wild, "a.example.com.", "b.example.com.", "w.example.com."], names
    d.route53("ListResourceRecordSets", HostedZoneId=id, StartRecordType="A", fails="InvalidInput")
    d.route53("ListResourceRecordSets", HostedZoneId=id, StartRecordName="b.example.com", MaxItems="1")
    d.route53("DeleteHostedZone", Id=id, fails="HostedZoneNotEmpty")


@alone
def dhcp_options(d):
    """Sets, and the VPC that has one."""
    vpc = d.ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    options = [
        {"Key": "domain-name", "Values": ["ec2.internal"]},
        {"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]},
    ]
    specification = tags("dhcp-options", team="oracles")
    made = d.ec2("CreateDhcpOptions", DhcpConfigurations=options, TagSpecifications=specification)
    set = {"DhcpOptionsId": made["DhcpOptions"]["DhcpOptionsId"]}
    wrong = [{"Key": "ntp-servers", "Values": ["nobody"]}]
    d.ec2("CreateDhcpOptions", DhcpConfigurations=wrong, fails="InvalidParameterValue")
    d.ec2("AssociateDhcpOptions", VpcId=vpc, **set)
    d.ec2("AssociateDhcpOptions", VpcId=vpc, DhcpOptionsId="dopt-0123456789abcdef0", fails="InvalidDhcpOptionID.NotFound")
    d.ec2("DeleteDhcpOptions", **set, fails="DependencyViolation")
    d.ec2("AssociateDhcpOptions", VpcId=vpc, DhcpOptionsId="default")
    d.ec2("DeleteDhcpOptions", **set)
    d.ec2("DeleteDhcpOptions", **set, fails="InvalidDhcpOptionID.NotFound")
