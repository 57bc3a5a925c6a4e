//! VPCs, after <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html>.

use crate::client::Client;

/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
#[tokio::test(start_paused = true)]
async fn a_vpc_is_pending_then_available_and_its_host_bits_are_gone() {
    let client = Client::calm();
    let made = client.ec2("CreateVpc", &[("CidrBlock", "10.0.0.5/16")]).await.good();
    let id = made.text("vpcId");
    assert_eq!(
        (made.text("cidrBlock").as_str(), made.text("state").as_str()),
        ("10.0.0.0/16", "pending")
    );
    client.wait(5).await;
    let seen = client.ec2("DescribeVpcs", &[("VpcId.1", &id)]).await.good();
    assert_eq!(seen.text("state"), "available");
    assert_eq!(seen.text("isDefault"), "false");
}
