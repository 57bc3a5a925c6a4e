//! Network interfaces, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html>.

use clctl_simulator::Settings;

use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn an_interface_is_made_in_the_default_group_unless_others_are_named() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let group = client.group(&vpc, "web").await;
    let plain = client.ec2("CreateNetworkInterface", &[("SubnetId", &subnet)]).await.good();
    assert_eq!(plain.text("groupName"), "default");
    assert_eq!(
        (plain.text("status"), plain.text("interfaceType")),
        ("pending".into(), "interface".into())
    );
    client.wait(3).await;
    let id = plain.text("networkInterfaceId");
    let seen = client.ec2("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", &id)]).await;
    assert_eq!(seen.good().text("status"), "available");
    let params = [
        ("SubnetId", &*subnet),
        ("SecurityGroupId.1", &*group),
        ("PrivateIpAddress", "10.0.1.20"),
        ("Description", "somebody else's"),
        ("ClientToken", "one"),
    ];
    let made = client.ec2("CreateNetworkInterface", &params).await.good();
    assert_eq!(made.text("privateIpAddress"), "10.0.1.20");
    let again = client.ec2("CreateNetworkInterface", &params).await.good();
    assert_eq!(again.text("networkInterfaceId"), made.text("networkInterfaceId"));
    for (name, value) in [
        ("group-id", &*group),
        ("private-ip-address", "10.0.1.20"),
        ("description", "somebody*"),
        ("group-name", "web"),
    ] {
        let of = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let found = client.ec2("DescribeNetworkInterfaces", &of).await.good();
        assert_eq!(found.texts("networkInterfaceId"), [made.text("networkInterfaceId")], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let other = client.vpc().await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let stranger = client.group(&other, "stranger").await;
    let place = ("SubnetId", &*subnet);
    client.ec2("CreateNetworkInterface", &[place, ("PrivateIpAddress", "10.0.1.9")]).await.good();
    for (name, value, code) in [
        ("PrivateIpAddress", "10.0.1.9", "InvalidIPAddress.InUse"),
        ("PrivateIpAddress", "10.0.2.9", "InvalidParameterValue"),
        ("PrivateIpAddress", "10.0.1.3", "InvalidParameterValue"),
        ("SecurityGroupId.1", "sg-0123456789abcdef0", "InvalidSecurityGroupID.NotFound"),
        ("SecurityGroupId.1", "web", "InvalidGroupId.Malformed"),
        ("SecurityGroupId.1", &stranger, "InvalidParameter"),
        ("SecondaryPrivateIpAddressCount", "2", "ClctlSimulatorUnsupported"),
        ("InterfaceType", "efa", "ClctlSimulatorUnsupported"),
    ] {
        let refused = client.ec2("CreateNetworkInterface", &[place, (name, value)]).await;
        assert_eq!(refused.code(), code, "{name} {value}");
    }
    let mut many = vec![place];
    let groups: Vec<_> = ["a", "b", "c", "d", "e", "f"].to_vec();
    let mut ids = Vec::new();
    for name in groups {
        ids.push(client.group(&vpc, name).await);
    }
    let names = [1, 2, 3, 4, 5, 6].map(|it| format!("SecurityGroupId.{it}"));
    many.extend(names.iter().map(String::as_str).zip(ids.iter().map(String::as_str)));
    let refused = client.ec2("CreateNetworkInterface", &many).await;
    assert_eq!(refused.code(), "SecurityGroupsPerInterfaceLimitExceeded");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html>
#[tokio::test(start_paused = true)]
async fn an_interface_moves_to_other_groups_and_frees_the_first() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let (first, second) = (client.group(&vpc, "first").await, client.group(&vpc, "second").await);
    let params = [("SubnetId", &*subnet), ("SecurityGroupId.1", &*first)];
    let id = client.ec2("CreateNetworkInterface", &params).await.text("networkInterfaceId");
    let refused = client.ec2("DeleteSecurityGroup", &[("GroupId", &first)]).await;
    assert_eq!(refused.code(), "DependencyViolation");
    let change = [("NetworkInterfaceId", &*id), ("SecurityGroupId.1", &*second)];
    client.ec2("ModifyNetworkInterfaceAttribute", &change).await.good();
    let two = [change[0], change[1], ("Description.Value", "both")];
    let refused = client.ec2("ModifyNetworkInterfaceAttribute", &two).await;
    assert_eq!(refused.code(), "InvalidParameterCombination");
    client.ec2("DeleteSecurityGroup", &[("GroupId", &first)]).await.good();
    client.ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", &id)]).await.good();
    client.ec2("DeleteSecurityGroup", &[("GroupId", &second)]).await.good();
    client.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).await.good();
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html>
#[tokio::test(start_paused = true)]
async fn what_aws_manages_is_not_ours_to_delete() {
    for (answer, code) in [(0, "InvalidNetworkInterface.InUse"), (1, "InvalidParameterValue")] {
        let mut settings = Settings::calm();
        settings.disputes.insert("delete-interface-in-use".to_owned(), answer);
        let client = Client::new(settings);
        let vpc = client.vpc().await;
        let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
        let private = [("SubnetId", &*subnet), ("ConnectivityType", "private")];
        client.ec2("CreateNatGateway", &private).await.good();
        client.wait(20).await;
        let seen = client.ec2("DescribeNetworkInterfaces", &[]).await.good();
        let id = seen.text("networkInterfaceId");
        let refused = client.ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", &id)]).await;
        assert_eq!(refused.code(), code);
        let change = [("NetworkInterfaceId", &*id), ("Description.Value", "mine")];
        let refused = client.ec2("ModifyNetworkInterfaceAttribute", &change).await;
        assert_eq!(refused.code(), "AuthFailure");
    }
}
