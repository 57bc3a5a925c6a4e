//! Security groups, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>.

use clctl_simulator::Settings;

use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn names_are_unique_in_a_vpc_whatever_their_case() {
    let client = Client::calm();
    let (vpc, other) = (client.vpc().await, client.vpc().await);
    client.group(&vpc, "Web").await;
    client.group(&other, "web").await;
    let again = [("GroupName", "wEB"), ("GroupDescription", "again"), ("VpcId", &*vpc)];
    let refused = client.ec2("CreateSecurityGroup", &again).await;
    assert_eq!(refused.code(), "InvalidGroup.Duplicate");
    assert!(refused.text("Message").contains(&vpc));
}

#[tokio::test(start_paused = true)]
async fn names_and_descriptions_have_rules() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let long = "x".repeat(256);
    for (name, description, code) in [
        ("sg-web", "d", "InvalidParameterValue"),
        ("caf\u{e9}", "d", "InvalidParameterValue"),
        ("it's", "d", "InvalidParameterValue"),
        (&*long, "d", "InvalidParameterValue"),
        ("good", "it's", "InvalidParameterValue"),
        ("good", &long, "InvalidParameterValue"),
        ("good", "", "MissingParameter"),
        ("", "d", "MissingParameter"),
        ("default", "d", "InvalidGroup.Reserved"),
        ("a._-:/()#,@[]+=&;{}!$*", "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*", ""),
    ] {
        let params = [("GroupName", name), ("GroupDescription", description), ("VpcId", &vpc)];
        let answer = client.ec2("CreateSecurityGroup", &params).await;
        assert_eq!(answer.code(), code, "{name} {description}");
    }
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>,
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
#[tokio::test(start_paused = true)]
async fn groups_begin_with_rules_of_their_own() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let of = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &*vpc)];
    let default = client.ec2("DescribeSecurityGroups", &of).await.good();
    let id = default.texts("groupId")[0].clone();
    let of = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", &*id)];
    let rules = client.ec2("DescribeSecurityGroupRules", &of).await.good();
    let mut ways = rules.texts("isEgress");
    ways.sort();
    assert_eq!(ways, ["false", "true"]);
    assert_eq!(rules.texts("ipProtocol"), ["-1", "-1"]);
    assert_eq!((rules.text("fromPort"), rules.text("cidrIpv4")), ("-1".into(), "0.0.0.0/0".into()));
    assert!(rules.text("referencedGroupInfo").contains(&id));
    let refused = client.ec2("DeleteSecurityGroup", &[("GroupId", &id)]).await;
    assert_eq!(refused.code(), "CannotDelete");

    let own = client.group(&vpc, "web").await;
    let seen = client.ec2("DescribeSecurityGroups", &[("GroupId.1", &own)]).await.good();
    assert_eq!(seen.text("ipPermissions"), "");
    assert_eq!(seen.texts("cidrIp"), ["0.0.0.0/0"]);
    assert!(seen.texts("fromPort").is_empty());
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html>
#[tokio::test(start_paused = true)]
async fn groups_are_found_by_what_they_allow_and_rules_of_a_kind_are_shown_together() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let (web, db) = (client.group(&vpc, "web").await, client.group(&vpc, "db").await);
    let allow = [
        ("GroupId", &*db),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "5432"),
        ("IpPermissions.1.ToPort", "5432"),
        ("IpPermissions.1.Groups.1.GroupId", &*web),
        ("IpPermissions.1.IpRanges.1.CidrIp", "10.1.0.0/16"),
        ("IpPermissions.2.IpProtocol", "tcp"),
        ("IpPermissions.2.FromPort", "5432"),
        ("IpPermissions.2.ToPort", "5432"),
        ("IpPermissions.2.IpRanges.1.CidrIp", "10.2.0.0/16"),
        ("IpPermissions.2.IpRanges.1.Description", "second"),
    ];
    client.ec2("AuthorizeSecurityGroupIngress", &allow).await.good();
    let seen = client.ec2("DescribeSecurityGroups", &[("GroupId.1", &db)]).await.good();
    assert_eq!(seen.texts("fromPort"), ["5432"]);
    let mut ranges = seen.texts("cidrIp");
    ranges.sort();
    assert_eq!(ranges, ["0.0.0.0/0", "10.1.0.0/16", "10.2.0.0/16"]);
    for (name, value, expected) in [
        ("ip-permission.group-id", &*web, 1),
        ("ip-permission.cidr", "10.2.0.0/16", 1),
        ("ip-permission.from-port", "5432", 1),
        ("ip-permission.group-name", "web", 1),
        ("egress.ip-permission.cidr", "10.2.0.0/16", 0),
        ("egress.ip-permission.protocol", "-1", 2),
        ("group-name", "db", 1),
        ("description", "db", 1),
    ] {
        let of = [
            ("Filter.1.Name", "group-id"),
            ("Filter.1.Value.1", &*web),
            ("Filter.1.Value.2", &*db),
            ("Filter.2.Name", name),
            ("Filter.2.Value.1", value),
        ];
        let found = client.ec2("DescribeSecurityGroups", &of).await.good();
        assert_eq!(found.texts("groupName").len(), expected, "{name} {value}");
    }
    for (id, code) in
        [("sg-0123456789abcdef0", "InvalidGroup.NotFound"), ("web", "InvalidGroupId.Malformed")]
    {
        let refused = client.ec2("DescribeSecurityGroups", &[("GroupId.1", id)]).await;
        assert_eq!(refused.code(), code);
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html>
#[tokio::test(start_paused = true)]
async fn a_group_that_another_groups_rule_names_stays() {
    for (answer, code) in [(0, "DependencyViolation"), (1, "InvalidGroup.InUse")] {
        let mut settings = Settings::calm();
        settings.disputes.insert("delete-security-group-in-use".to_owned(), answer);
        let client = Client::new(settings);
        let vpc = client.vpc().await;
        let (web, db) = (client.group(&vpc, "web").await, client.group(&vpc, "db").await);
        let mut rules = Vec::new();
        for (one, other) in [(&web, &db), (&db, &web), (&web, &web)] {
            let allow = [
                ("GroupId", &**one),
                ("IpPermissions.1.IpProtocol", "-1"),
                ("IpPermissions.1.Groups.1.GroupId", other),
            ];
            let made = client.ec2("AuthorizeSecurityGroupIngress", &allow).await.good();
            rules.push(made.text("securityGroupRuleId"));
        }
        for id in [&web, &db] {
            let refused = client.ec2("DeleteSecurityGroup", &[("GroupId", id)]).await;
            assert_eq!(refused.code(), code);
        }
        assert_eq!(client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.code(), "DependencyViolation");
        let revoke = [("GroupId", &*db), ("SecurityGroupRuleId.1", &*rules[1])];
        client.ec2("RevokeSecurityGroupIngress", &revoke).await.good();
        let done = client.ec2("DeleteSecurityGroup", &[("GroupId", &web)]).await.good();
        assert_eq!(done.text("groupId"), web);
        client.ec2("DeleteSecurityGroup", &[("GroupId", &db)]).await.good();
        let again = client.ec2("DeleteSecurityGroup", &[("GroupId", &db)]).await;
        assert_eq!(again.code(), "InvalidGroup.NotFound");
        client.ec2("DeleteVpc", &[("VpcId", &vpc)]).await.good();
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>: in the default
/// VPC a group has a name that calls may use.
#[tokio::test(start_paused = true)]
async fn without_a_vpc_a_group_is_in_the_default_one_and_goes_by_its_name() {
    let client = Client::calm();
    let params = [("GroupName", "named"), ("GroupDescription", "in the default VPC")];
    client.ec2("CreateSecurityGroup", &params).await.good();
    let seen = client.ec2("DescribeSecurityGroups", &[("GroupName.1", "named")]).await.good();
    assert_eq!(seen.text("groupName"), "named");
    let both = [("GroupName", "named"), ("GroupId", &*seen.text("groupId"))];
    let refused = client.ec2("DeleteSecurityGroup", &both).await;
    assert_eq!(refused.code(), "InvalidParameterCombination");
    client.ec2("DeleteSecurityGroup", &both[..1]).await.good();
    let unknown = client.ec2("DescribeSecurityGroups", &[("GroupName.1", "named")]).await;
    assert_eq!(unknown.code(), "InvalidGroup.NotFound");
}

/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
#[tokio::test(start_paused = true)]
async fn a_new_group_may_be_unknown_to_the_call_that_follows() {
    let mut unknown = 0;
    for seed in 0..40 {
        let mut settings = Settings::stormy(seed);
        settings.weather = Settings::calm().weather;
        let client = Client::new(settings);
        client.wait(60).await;
        let vpc = client.ec2("DescribeVpcs", &[]).await.good().text("vpcId");
        let params = [("GroupName", "new"), ("GroupDescription", "new"), ("VpcId", &*vpc)];
        let id = client.ec2("CreateSecurityGroup", &params).await.good().text("groupId");
        let allow = [
            ("GroupId", &*id),
            ("IpPermissions.1.IpProtocol", "-1"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/8"),
        ];
        let first = client.ec2("AuthorizeSecurityGroupIngress", &allow).await;
        if first.status != 200 {
            assert_eq!(first.code(), "InvalidGroup.NotFound");
            unknown += 1;
            client.wait(11).await;
            client.ec2("AuthorizeSecurityGroupIngress", &allow).await.good();
        }
    }
    assert!((5..35).contains(&unknown), "{unknown}");
}
