//! Rules of security groups, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html>.

use clctl_simulator::Settings;

use crate::client::{Answer, Client};

/// A permission of one peer, as parameters.
fn permission<'a>(
    protocol: &'a str,
    ports: Option<(&'a str, &'a str)>,
    peer: (&'a str, &'a str),
) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("IpPermissions.1.IpProtocol", protocol), peer];
    if let Some((from, to)) = ports {
        all.extend([("IpPermissions.1.FromPort", from), ("IpPermissions.1.ToPort", to)]);
    }
    all
}

const IPV4: &str = "IpPermissions.1.IpRanges.1.CidrIp";
const IPV6: &str = "IpPermissions.1.Ipv6Ranges.1.CidrIpv6";
const GROUP: &str = "IpPermissions.1.Groups.1.GroupId";
const LIST: &str = "IpPermissions.1.PrefixListIds.1.PrefixListId";

struct Group {
    client: Client,
    vpc: String,
    id: String,
}

impl Group {
    async fn new(settings: Settings) -> Self {
        let client = Client::new(settings);
        let vpc = client.vpc().await;
        let id = client.group(&vpc, "web").await;
        Self { client, vpc, id }
    }

    async fn call(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        let mut all = vec![("GroupId", &*self.id)];
        all.extend(params);
        self.client.ec2(action, &all).await
    }

    async fn allow(&self, params: &[(&str, &str)]) -> Answer {
        self.call("AuthorizeSecurityGroupIngress", params).await
    }

    async fn rules(&self) -> Answer {
        let of = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", &*self.id)];
        self.client.ec2("DescribeSecurityGroupRules", &of).await.good()
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
#[tokio::test(start_paused = true)]
async fn protocols_ports_and_ranges_take_the_one_form_aws_keeps() {
    for (protocol, ports, peer, expected) in [
        ("6", Some(("22", "22")), (IPV4, "100.68.0.18/18"), "tcp 22 22 100.68.0.0/18"),
        ("17", Some(("1", "9")), (IPV4, "0.0.0.0/0"), "udp 1 9 0.0.0.0/0"),
        ("-1", Some(("1", "9")), (IPV4, "10.0.0.0/8"), "-1 -1 -1 10.0.0.0/8"),
        ("50", Some(("1", "9")), (IPV4, "10.0.0.0/8"), "50 -1 -1 10.0.0.0/8"),
        ("1", Some(("8", "-1")), (IPV4, "10.0.0.0/8"), "icmp 8 -1 10.0.0.0/8"),
        ("58", None, (IPV6, "2001:DB8:0::1/32"), "icmpv6 -1 -1 2001:db8::/32"),
        ("TCP", Some(("0", "65535")), (IPV6, "::/0"), "tcp 0 65535 ::/0"),
        ("tcp", Some(("443", "443")), (LIST, "pl-63a5400a"), "tcp 443 443 pl-63a5400a"),
    ] {
        let group = Group::new(Settings::calm()).await;
        let made = group.allow(&permission(protocol, ports, peer)).await.good();
        let id = made.text("securityGroupRuleId");
        let of = [("SecurityGroupRuleId.1", &*id)];
        let seen = group.client.ec2("DescribeSecurityGroupRules", &of).await.good();
        for answer in [made, seen] {
            let peers = ["cidrIpv4", "cidrIpv6", "prefixListId"].map(|it| answer.text(it)).concat();
            let (from, to) = (answer.text("fromPort"), answer.text("toPort"));
            assert_eq!(format!("{} {from} {to} {peers}", answer.text("ipProtocol")), expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_is_refused() {
    let group = Group::new(Settings::calm()).await;
    let other = group.client.vpc().await;
    let stranger = group.client.group(&other, "stranger").await;
    let any = (IPV4, "0.0.0.0/0");
    let port = Some(("22", "22"));
    for (protocol, ports, peer, code) in [
        ("foo", port, any, "InvalidParameterValue"),
        ("256", port, any, "InvalidParameterValue"),
        ("all", port, any, "InvalidParameterValue"),
        ("tcp", None, any, "InvalidParameterValue"),
        ("tcp", Some(("23", "22")), any, "InvalidParameterValue"),
        ("tcp", Some(("-1", "-1")), any, "InvalidParameterValue"),
        ("tcp", Some(("0", "65536")), any, "InvalidParameterValue"),
        ("icmp", None, any, "InvalidParameterValue"),
        ("icmp", Some(("-1", "3")), any, "InvalidParameterValue"),
        ("tcp", port, (IPV4, "10.0.0.1"), "InvalidParameterValue"),
        ("tcp", port, (IPV4, "10.0.0.0/33"), "InvalidParameterValue"),
        ("tcp", port, (IPV4, "::/0"), "InvalidParameterValue"),
        ("tcp", port, (IPV6, "0.0.0.0/0"), "InvalidParameterValue"),
        ("tcp", port, (GROUP, "sg-0123456789abcdef0"), "InvalidGroup.NotFound"),
        ("tcp", port, (GROUP, "web"), "InvalidGroupId.Malformed"),
        ("tcp", port, (GROUP, &stranger), "InvalidGroup.NotFound"),
        ("tcp", port, (LIST, "pl-00000000"), "InvalidPrefixListID.NotFound"),
        ("tcp", port, ("IpPermissions.1.Foo", "bar"), "MissingParameter"),
        ("tcp", port, ("IpPermissions.1.Groups.1.GroupName", "web"), "ClctlSimulatorUnsupported"),
    ] {
        let refused = group.allow(&permission(protocol, ports, peer)).await;
        assert_eq!(refused.code(), code, "{protocol} {ports:?} {peer:?}");
    }
    let mut described = permission("tcp", port, any);
    described.push(("IpPermissions.1.IpRanges.1.Description", "it's"));
    assert_eq!(group.allow(&described).await.code(), "InvalidParameterValue");
    let flat = [("IpProtocol", "tcp"), ("FromPort", "1"), ("ToPort", "2"), ("CidrIp", any.1)];
    let refused = group.call("AuthorizeSecurityGroupEgress", &flat).await;
    assert_eq!(refused.status, 501);
    assert_eq!(group.rules().await.texts("securityGroupRuleId").len(), 1);
    group.allow(&flat).await.good();
    assert_eq!(group.rules().await.texts("securityGroupRuleId").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_duplicate_fails_the_whole_call() {
    let group = Group::new(Settings::calm()).await;
    let ports = Some(("22", "22"));
    group.allow(&permission("tcp", ports, (IPV4, "10.1.0.0/16"))).await.good();
    let mut two = permission("tcp", ports, (IPV4, "10.2.0.0/16"));
    two.push(("IpPermissions.1.IpRanges.2.CidrIp", "10.1.5.5/16"));
    two.push(("IpPermissions.1.IpRanges.2.Description", "another text is no other rule"));
    let refused = group.allow(&two).await;
    assert_eq!(refused.code(), "InvalidPermission.Duplicate");
    insta::assert_snapshot!(
        refused.text("Message"),
        @"the specified rule &quot;peer: 10.1.0.0/16, TCP, from port: 22, to port: 22, ALLOW&quot; already exists"
    );
    let mut twice = permission("tcp", ports, (IPV4, "10.3.0.0/16"));
    twice.push(("IpPermissions.1.IpRanges.2.CidrIp", "10.3.0.1/16"));
    assert_eq!(group.allow(&twice).await.code(), "InvalidParameterValue");
    assert_eq!(group.rules().await.texts("cidrIpv4").len(), 2);
    // The other way it is another rule.
    group.call("AuthorizeSecurityGroupEgress", &two).await.good();
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>: 60 each way, apart
/// for IPv4 and IPv6; a group counts for both.
#[tokio::test(start_paused = true)]
async fn sixty_rules_each_way_for_either_protocol() {
    let group = Group::new(Settings::calm()).await;
    let (mut names, mut ranges) = (Vec::new(), Vec::new());
    for number in 1..=60 {
        names.push(format!("IpPermissions.1.IpRanges.{number}.CidrIp"));
        ranges.push(format!("10.{number}.0.0/16"));
    }
    let mut sixty = vec![("IpPermissions.1.IpProtocol", "-1")];
    sixty.extend(names.iter().map(String::as_str).zip(ranges.iter().map(String::as_str)));
    group.allow(&sixty).await.good();
    let more = group.allow(&permission("-1", None, (IPV4, "11.0.0.0/8"))).await;
    assert_eq!(more.code(), "RulesPerSecurityGroupLimitExceeded");
    group.allow(&permission("-1", None, (IPV6, "::/0"))).await.good();
    let more = group.allow(&permission("-1", None, (GROUP, &group.id))).await;
    assert_eq!(more.code(), "RulesPerSecurityGroupLimitExceeded");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html>
#[tokio::test(start_paused = true)]
async fn revoking_what_is_not_there_revokes_nothing() {
    let group = Group::new(Settings::calm()).await;
    let ports = Some(("22", "22"));
    let one = permission("tcp", ports, (IPV4, "10.1.0.0/16"));
    let id = group.allow(&one).await.good().text("securityGroupRuleId");
    let mut two = one.clone();
    two.push(("IpPermissions.1.IpRanges.2.CidrIp", "10.2.0.0/16"));
    let refused = group.call("RevokeSecurityGroupIngress", &two).await;
    assert_eq!(refused.code(), "InvalidPermission.NotFound");
    assert!(group.rules().await.texts("securityGroupRuleId").contains(&id));
    let wrong_way = [("SecurityGroupRuleId.1", &*id)];
    let refused = group.call("RevokeSecurityGroupEgress", &wrong_way).await;
    assert_eq!(refused.code(), "InvalidSecurityGroupRuleId.NotFound");
    let both = [wrong_way[0], one[0], one[1], one[2], one[3]];
    let refused = group.call("RevokeSecurityGroupIngress", &both).await;
    assert_eq!(refused.code(), "InvalidParameterCombination");
    assert_eq!(group.call("RevokeSecurityGroupIngress", &[]).await.code(), "MissingParameter");
    // A description need not match.
    let mut described = permission("6", ports, (IPV4, "10.1.2.3/16"));
    described.push(("IpPermissions.1.IpRanges.1.Description", "whatever"));
    let gone = group.call("RevokeSecurityGroupIngress", &described).await.good();
    assert_eq!(gone.text("securityGroupRuleId"), id);
    let again = group.call("RevokeSecurityGroupIngress", &wrong_way).await;
    assert_eq!(again.code(), "InvalidSecurityGroupRuleId.NotFound");
    let malformed = [("SecurityGroupRuleId.1", "rule")];
    let refused = group.call("RevokeSecurityGroupIngress", &malformed).await;
    assert_eq!(refused.code(), "InvalidSecurityGroupRuleId.Malformed");
}

/// The same document: in the default VPC it is no error.
#[tokio::test(start_paused = true)]
async fn in_the_default_vpc_what_is_not_there_is_only_told() {
    let client = Client::calm();
    let params = [("GroupName", "named"), ("GroupDescription", "d")];
    client.ec2("CreateSecurityGroup", &params).await.good();
    let mut two = vec![("GroupName", "named")];
    two.extend(permission("-1", None, (IPV4, "10.1.0.0/16")));
    client.ec2("AuthorizeSecurityGroupIngress", &two).await.good();
    two.push(("IpPermissions.1.IpRanges.2.CidrIp", "10.2.0.0/16"));
    let done = client.ec2("RevokeSecurityGroupIngress", &two).await.good();
    assert_eq!(
        (done.texts("cidrIp"), done.texts("cidrIpv4")),
        (vec!["10.2.0.0/16".into()], vec!["10.1.0.0/16".into()])
    );
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroupRules.html>
#[tokio::test(start_paused = true)]
async fn rules_have_tags_of_their_own_and_few_filters() {
    let group = Group::new(Settings::calm()).await;
    let mut tagged = permission("tcp", Some(("1", "2")), (GROUP, &group.id));
    tagged.extend([
        ("TagSpecification.1.ResourceType", "security-group-rule"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "own"),
    ]);
    let made = group.allow(&tagged).await.good();
    let id = made.text("securityGroupRuleId");
    let of = [("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", "own")];
    let found = group.client.ec2("DescribeSecurityGroupRules", &of).await.good();
    assert_eq!(found.texts("securityGroupRuleId"), [id]);
    let referenced = found.text("referencedGroupInfo");
    assert!(referenced.contains(&group.id) && referenced.contains("123456789012"));
    for name in ["vpc-id", "ip-permission.cidr", "is-egress"] {
        let of = [("Filter.1.Name", name), ("Filter.1.Value.1", "x")];
        let refused = group.client.ec2("DescribeSecurityGroupRules", &of).await;
        assert_eq!(refused.code(), "InvalidParameterValue");
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html>
#[tokio::test(start_paused = true)]
async fn a_rule_is_modified_in_place_but_not_its_kind_of_peer() {
    for (answer, kept) in [(0, ""), (1, "old")] {
        let mut settings = Settings::calm();
        settings.disputes.insert("modify-rule-without-description".to_owned(), answer);
        let group = Group::new(settings).await;
        let mut params = permission("tcp", Some(("80", "80")), (IPV4, "10.1.0.0/16"));
        params.push(("IpPermissions.1.IpRanges.1.Description", "old"));
        let id = group.allow(&params).await.good().text("securityGroupRuleId");
        group.allow(&permission("tcp", Some(("81", "81")), (IPV4, "10.1.0.0/16"))).await.good();
        let change = |port: &'static str, peer: &'static str, value: &'static str| {
            let part = |name: &str| format!("SecurityGroupRule.1.SecurityGroupRule.{name}");
            [
                ("SecurityGroupRule.1.SecurityGroupRuleId".to_owned(), id.clone()),
                (part("IpProtocol"), "tcp".to_owned()),
                (part("FromPort"), port.to_owned()),
                (part("ToPort"), port.to_owned()),
                (part(peer), value.to_owned()),
            ]
        };
        for (port, peer, value, code) in [
            ("80", "CidrIpv6", "::/0", "InvalidParameterValue"),
            ("81", "CidrIpv4", "10.1.0.0/16", "InvalidPermission.Duplicate"),
            ("80", "Description", "no peer", "MissingParameter"),
            ("82", "CidrIpv4", "10.9.9.9/16", ""),
        ] {
            let all = change(port, peer, value);
            let params: Vec<_> = all.iter().map(|it| (&*it.0, &*it.1)).collect();
            let answer = group.call("ModifySecurityGroupRules", &params).await;
            assert_eq!(answer.code(), code, "{port} {peer}");
        }
        let seen = [("SecurityGroupRuleId.1", &*id)];
        let seen = group.client.ec2("DescribeSecurityGroupRules", &seen).await.good();
        assert_eq!(
            (seen.text("fromPort"), seen.text("cidrIpv4")),
            ("82".into(), "10.9.0.0/16".into())
        );
        assert_eq!(seen.text("description"), kept);
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UpdateSecurityGroupRuleDescriptionsIngress.html>
#[tokio::test(start_paused = true)]
async fn descriptions_change_by_rule_or_by_permission() {
    let group = Group::new(Settings::calm()).await;
    let one = permission("-1", None, (IPV4, "10.1.0.0/16"));
    let id = group.allow(&one).await.good().text("securityGroupRuleId");
    let action = "UpdateSecurityGroupRuleDescriptionsIngress";
    let by_rule = [
        ("SecurityGroupRuleDescription.1.SecurityGroupRuleId", &*id),
        ("SecurityGroupRuleDescription.1.Description", "by rule"),
    ];
    group.call(action, &by_rule).await.good();
    assert_eq!(group.rules().await.texts("description"), ["by rule"]);
    let mut by_permission = one.clone();
    by_permission.push(("IpPermissions.1.IpRanges.1.Description", "by permission"));
    group.call(action, &by_permission).await.good();
    assert_eq!(group.rules().await.texts("description"), ["by permission"]);
    group.call(action, &one).await.good();
    assert!(group.rules().await.texts("description").is_empty());
    let other = permission("-1", None, (IPV4, "10.2.0.0/16"));
    let refused = group.call(action, &other).await;
    assert_eq!(refused.code(), "InvalidPermission.NotFound");
    let wrong_way = "UpdateSecurityGroupRuleDescriptionsEgress";
    let refused = group.call(wrong_way, &by_rule).await;
    assert_eq!(refused.code(), "InvalidSecurityGroupRuleId.NotFound");
}

/// Somebody else may take a rule away, add one, or change its text.
#[tokio::test(start_paused = true)]
async fn rules_and_gateways_and_addresses_drift() {
    let mut told = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let group = Group::new(Settings::calm()).await;
        let address = group.client.ec2("AllocateAddress", &[]).await.good().text("allocationId");
        let subnet = group.client.subnet(&group.vpc, "10.0.1.0/24").await;
        let private = [("SubnetId", &*subnet), ("ConnectivityType", "private")];
        let gateway = group.client.ec2("CreateNatGateway", &private).await.good();
        group.client.wait(150).await;
        let gateway = gateway.text("natGatewayId");
        let mark = [
            ("ResourceId.1", &*group.id),
            ("ResourceId.2", &*address),
            ("ResourceId.3", &*gateway),
            ("Tag.1.Key", "clctl.dev/uid"),
        ];
        group.client.ec2("CreateTags", &mark).await.good();
        let said = group.client.simulator.with(|world| world.drift(seed)).unwrap();
        let words = said.split(' ').filter(|it| !it.contains('-') && !it.contains('('));
        told.insert(words.collect::<Vec<_>>().join(" "));
    }
    let told: Vec<_> = told.into_iter().collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    is deleted
    is released
    lets in SSH from everywhere
    the description of the rule of is 'changed' now
    the rule of is revoked
    ");
}
