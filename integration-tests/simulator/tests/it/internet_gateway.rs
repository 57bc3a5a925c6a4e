//! Internet gateways, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html>.

use clctl_simulator::Settings;

use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn one_gateway_per_vpc_and_one_vpc_per_gateway() {
    for (answer, code) in [(0, "InvalidParameterValue"), (1, "Resource.AlreadyAssociated")] {
        let mut settings = Settings::calm();
        settings.disputes.insert("attach-second-internet-gateway".to_owned(), answer);
        let client = Client::new(settings);
        let (vpc, other) = (client.vpc().await, client.vpc().await);
        let gateway = client.attached_gateway(&vpc).await;
        for vpc in [&vpc, &other] {
            let again = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc)];
            let refused = client.ec2("AttachInternetGateway", &again).await;
            assert_eq!(refused.code(), "Resource.AlreadyAssociated");
        }
        let second = client.ec2("CreateInternetGateway", &[]).await.text("internetGatewayId");
        let pair = [("InternetGatewayId", second.as_str()), ("VpcId", vpc.as_str())];
        assert_eq!(client.ec2("AttachInternetGateway", &pair).await.code(), code);
    }
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteInternetGateway.html>
#[tokio::test(start_paused = true)]
async fn a_gateway_is_detached_once_and_then_deleted() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let gateway = client.attached_gateway(&vpc).await;
    let pair = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];
    let early = client.ec2("DeleteInternetGateway", &pair[..1]).await;
    assert_eq!(early.code(), "DependencyViolation");
    client.ec2("DetachInternetGateway", &pair).await.good();
    let again = client.ec2("DetachInternetGateway", &pair).await;
    assert_eq!(again.code(), "Gateway.NotAttached");
    client.ec2("DeleteInternetGateway", &pair[..1]).await.good();
    let gone = client.ec2("DescribeInternetGateways", &[("InternetGatewayId.1", &gateway)]).await;
    assert_eq!(gone.code(), "InvalidInternetGatewayID.NotFound");
}
