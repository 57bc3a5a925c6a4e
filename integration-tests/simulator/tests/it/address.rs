//! Elastic IP addresses, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html>.

use clctl_simulator::Settings;

use crate::client::Client;

/// A world in which one disputed fact is answered so.
fn disputed(fact: &str, answer: u64) -> Client {
    let mut settings = Settings::calm();
    settings.disputes.insert(fact.to_owned(), answer);
    Client::new(settings)
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
#[tokio::test(start_paused = true)]
async fn five_addresses_per_region_are_enough() {
    let client = Client::calm();
    for _ in 0..5 {
        let made = client.ec2("AllocateAddress", &[("Domain", "vpc")]).await.good();
        assert_eq!(
            (made.text("domain"), made.text("publicIpv4Pool")),
            ("vpc".into(), "amazon".into())
        );
        assert!(made.text("allocationId").starts_with("eipalloc-"));
    }
    let sixth = client.ec2("AllocateAddress", &[]).await;
    assert_eq!(sixth.code(), "AddressLimitExceeded");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html>
#[tokio::test(start_paused = true)]
async fn addresses_are_listed_without_pages_and_by_id_address_and_tag() {
    let client = Client::calm();
    let tags = [
        ("TagSpecification.1.ResourceType", "elastic-ip"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "oracle"),
    ];
    let made = client.ec2("AllocateAddress", &tags).await.good();
    let (id, ip) = (made.text("allocationId"), made.text("publicIp"));
    client.ec2("AllocateAddress", &[]).await.good();
    for (name, value) in
        [("tag:Name", "oracle"), ("allocation-id", &id), ("public-ip", &ip), ("tag-key", "Name")]
    {
        let of = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let found = client.ec2("DescribeAddresses", &of).await.good();
        assert_eq!(found.texts("allocationId"), [id.as_str()], "{name}");
        assert_eq!(found.text("networkBorderGroup"), "us-east-1");
    }
    let found = client.ec2("DescribeAddresses", &[("PublicIp.1", &ip)]).await.good();
    assert_eq!(found.texts("allocationId"), [id]);
    let page = client.ec2("DescribeAddresses", &[("MaxResults", "5")]).await;
    assert_eq!(page.status, 501);
    let unknown = [("AllocationId.1", "eipalloc-0123456789abcdef0")];
    let refused = client.ec2("DescribeAddresses", &unknown).await;
    assert_eq!(refused.code(), "InvalidAllocationID.NotFound");
    let refused = client.ec2("DescribeAddresses", &[("PublicIp.1", "192.0.2.1")]).await;
    assert_eq!(refused.code(), "InvalidAddress.NotFound");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html>
#[tokio::test(start_paused = true)]
async fn an_address_is_associated_where_a_gateway_is_and_moves_only_if_it_may() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
    let (first, second) = (client.interface(&subnet).await, client.interface(&subnet).await);
    let address = client.ec2("AllocateAddress", &[]).await.good().text("allocationId");
    let to = [("AllocationId", &*address), ("NetworkInterfaceId", &*first)];
    assert_eq!(client.ec2("AssociateAddress", &to).await.code(), "Gateway.NotAttached");
    let gateway = client.attached_gateway(&vpc).await;
    let made = client.ec2("AssociateAddress", &to).await.good().text("associationId");
    let again = client.ec2("AssociateAddress", &to).await.good().text("associationId");
    assert_eq!(made, again);
    let found = client.ec2("DescribeAddresses", &[("AllocationId.1", &address)]).await;
    assert_eq!(found.text("networkInterfaceId"), first);
    assert_eq!(found.text("networkInterfaceOwnerId"), "123456789012");

    let pair = [("InternetGatewayId", &*gateway), ("VpcId", &*vpc)];
    assert_eq!(client.ec2("DetachInternetGateway", &pair).await.code(), "DependencyViolation");

    let other = [to[0], ("NetworkInterfaceId", &*second), ("AllowReassociation", "false")];
    let refused = client.ec2("AssociateAddress", &other).await;
    assert_eq!(refused.code(), "Resource.AlreadyAssociated");
    let moved = client.ec2("AssociateAddress", &other[..2]).await.good().text("associationId");
    assert_ne!(moved, made);
    let release = [("AllocationId", &*address)];
    assert_eq!(client.ec2("ReleaseAddress", &release).await.code(), "InvalidIPAddress.InUse");
    client.ec2("DisassociateAddress", &[("AssociationId", &moved)]).await.good();
    client.ec2("DetachInternetGateway", &pair).await.good();
    client.ec2("ReleaseAddress", &release).await.good();
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateAddress.html> calls it
/// idempotent; the service was seen to refuse.
#[tokio::test(start_paused = true)]
async fn an_association_that_is_gone_is_a_disputed_matter() {
    for (answer, code) in [(0, ""), (1, "InvalidAssociationID.NotFound")] {
        let client = disputed("disassociate-address-again", answer);
        let vpc = client.vpc().await;
        client.attached_gateway(&vpc).await;
        let subnet = client.subnet(&vpc, "10.0.1.0/24").await;
        let interface = client.interface(&subnet).await;
        let address = client.ec2("AllocateAddress", &[]).await.good().text("allocationId");
        let to = [("AllocationId", &*address), ("NetworkInterfaceId", &*interface)];
        let id = client.ec2("AssociateAddress", &to).await.good().text("associationId");
        client.ec2("DisassociateAddress", &[("AssociationId", &id)]).await.good();
        let again = client.ec2("DisassociateAddress", &[("AssociationId", &id)]).await;
        assert_eq!(again.code(), code);
        let never = [("AssociationId", "eipassoc-0123456789abcdef0")];
        let refused = client.ec2("DisassociateAddress", &never).await;
        assert_eq!(refused.code(), "InvalidAssociationID.NotFound");
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html>
#[tokio::test(start_paused = true)]
async fn a_released_address_is_unknown_or_somebody_elses() {
    for (answer, code) in [(0, "InvalidAllocationID.NotFound"), (1, "AuthFailure")] {
        let client = disputed("release-address-again", answer);
        let address = client.ec2("AllocateAddress", &[]).await.good().text("allocationId");
        let elsewhere = [("AllocationId", &*address), ("NetworkBorderGroup", "us-east-1-bos-1")];
        let refused = client.ec2("ReleaseAddress", &elsewhere).await;
        assert_eq!(refused.code(), "InvalidAddress.NotFound");
        client.ec2("ReleaseAddress", &elsewhere[..1]).await.good();
        assert_eq!(client.ec2("ReleaseAddress", &elsewhere[..1]).await.code(), code);
        let never = [("AllocationId", "eipalloc-0123456789abcdef0")];
        let refused = client.ec2("ReleaseAddress", &never).await;
        assert_eq!(refused.code(), "InvalidAllocationID.NotFound");
    }
}
