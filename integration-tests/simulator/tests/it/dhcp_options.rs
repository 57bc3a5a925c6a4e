//! DHCP option sets, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html>.

use clctl_simulator::Settings;

use crate::client::Client;

const DOMAIN: [(&str, &str); 2] =
    [("DhcpConfiguration.1.Key", "domain-name"), ("DhcpConfiguration.1.Value.1", "ec2.internal")];

async fn set(client: &Client) -> String {
    client.ec2("CreateDhcpOptions", &DOMAIN).await.good().text("dhcpOptionsId")
}

#[tokio::test(start_paused = true)]
async fn a_set_has_what_it_was_made_with() {
    let client = Client::calm();
    let params = [
        &DOMAIN[..],
        &[
            ("DhcpConfiguration.2.Key", "domain-name-servers"),
            ("DhcpConfiguration.2.Value.1", "10.0.0.2,10.0.0.3"),
            ("DhcpConfiguration.3.Key", "ntp-servers"),
            ("DhcpConfiguration.3.Value.1", "169.254.169.123"),
            ("TagSpecification.1.ResourceType", "dhcp-options"),
            ("TagSpecification.1.Tag.1.Key", "team"),
            ("TagSpecification.1.Tag.1.Value", "oracles"),
        ],
    ]
    .concat();
    let made = client.ec2("CreateDhcpOptions", &params).await.good();
    let id = made.text("dhcpOptionsId");
    let keys = ["domain-name", "domain-name-servers", "ntp-servers", "team"];
    assert_eq!(made.texts("key"), keys);
    let values = ["ec2.internal", "10.0.0.2", "10.0.0.3", "169.254.169.123", "oracles"];
    assert_eq!(made.texts("value"), values);
    for (filter, value) in [("key", "ntp-servers"), ("value", "10.0.0.3"), ("tag:team", "oracles")]
    {
        let asked = [("Filter.1.Name", filter), ("Filter.1.Value.1", value)];
        let found = client.ec2("DescribeDhcpOptions", &asked).await.good();
        assert_eq!(found.texts("dhcpOptionsId"), [id.as_str()], "{filter}");
    }
}

#[tokio::test(start_paused = true)]
async fn values_that_are_none_are_refused() {
    let client = Client::calm();
    for (key, value, code) in [
        ("domain-name-servers", "nobody", "InvalidParameterValue"),
        ("ntp-servers", "time.example.com", "InvalidParameterValue"),
        (
            "domain-name-servers",
            "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5",
            "InvalidParameterValue",
        ),
        ("netbios-node-type", "3", "InvalidParameterValue"),
        ("router", "10.0.0.1", "InvalidParameterValue"),
        ("domain-name-servers", "AmazonProvidedDNS,10.0.0.1", "ClctlSimulatorUnsupported"),
    ] {
        let params = [("DhcpConfiguration.1.Key", key), ("DhcpConfiguration.1.Value.1", value)];
        assert_eq!(client.ec2("CreateDhcpOptions", &params).await.code(), code, "{key} {value}");
    }
    assert_eq!(client.ec2("CreateDhcpOptions", &[]).await.code(), "MissingParameter");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteDhcpOptions.html>
#[tokio::test(start_paused = true)]
async fn a_set_that_a_vpc_has_cannot_be_deleted() {
    for (answer, theirs) in [(0, "dopt-"), (1, "default")] {
        let mut settings = Settings::calm();
        settings.disputes.insert("vpc-default-dhcp-options".to_owned(), answer);
        let client = Client::new(settings);
        let (vpc, id) = (client.vpc().await, set(&client).await);
        let pair = [("VpcId", vpc.as_str()), ("DhcpOptionsId", id.as_str())];
        client.ec2("AssociateDhcpOptions", &pair).await.good();
        let has = || async {
            client.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).await.good().text("dhcpOptionsId")
        };
        assert_eq!(has().await, id);
        let early = client.ec2("DeleteDhcpOptions", &pair[1..]).await;
        assert_eq!(early.code(), "DependencyViolation");
        let pair = [pair[0], ("DhcpOptionsId", "default")];
        client.ec2("AssociateDhcpOptions", &pair).await.good();
        assert!(has().await.starts_with(theirs) && has().await != id, "{}", has().await);
        let named = [("DhcpOptionsId", id.as_str())];
        client.ec2("DeleteDhcpOptions", &named).await.good();
        let again = client.ec2("DeleteDhcpOptions", &named).await;
        assert_eq!(again.code(), "InvalidDhcpOptionID.NotFound");
        let made = client.ec2("CreateVpc", &[("CidrBlock", "10.9.0.0/16")]).await.good();
        assert!(made.text("dhcpOptionsId").starts_with("dopt-"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_associated_with_nothing() {
    let client = Client::calm();
    let (vpc, id) = (client.vpc().await, set(&client).await);
    let pair = [("VpcId", vpc.as_str()), ("DhcpOptionsId", "dopt-0123456789abcdef0")];
    let unknown = client.ec2("AssociateDhcpOptions", &pair).await;
    assert_eq!(unknown.code(), "InvalidDhcpOptionID.NotFound");
    let pair = [("VpcId", "vpc-0123456789abcdef0"), ("DhcpOptionsId", id.as_str())];
    let unknown = client.ec2("AssociateDhcpOptions", &pair).await;
    assert_eq!(unknown.code(), "InvalidVpcID.NotFound");
}
