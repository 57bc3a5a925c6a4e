//! Elastic Load Balancing, after <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html>.

mod balancer;
mod drift;
mod groups;
mod health;
mod listener;
mod rule;
mod target_group;

use clctl_simulator::Settings;

use crate::client::{Answer, Client};

/// The certificate that the user has.
pub(crate) const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";

/// A VPC with a way out, two subnets and a security group, and in it what a test makes.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) vpc: String,
    pub(crate) subnets: [String; 2],
    pub(crate) group: String,
}

impl Stage {
    pub(crate) async fn new(settings: Settings) -> Self {
        let client = Client::new(settings);
        let vpc = client.vpc().await;
        client.attached_gateway(&vpc).await;
        let mut subnets = Vec::new();
        for (cidr, zone) in [("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1b")] {
            let params = [("VpcId", &*vpc), ("CidrBlock", cidr), ("AvailabilityZone", zone)];
            subnets.push(client.ec2("CreateSubnet", &params).await.good().text("subnetId"));
        }
        let group = client.group(&vpc, "balancer").await;
        client
            .simulator
            .with(|world| world.bring_certificate("us-east-1", CERTIFICATE, "*.example.com"));
        let subnets = subnets.try_into().unwrap();
        Self { client, vpc, subnets, group }
    }

    pub(crate) async fn calm() -> Self {
        Self::new(Settings::calm()).await
    }

    pub(crate) async fn elb(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.client.elb(action, params).await
    }

    /// A load balancer for the web called `gui`, with more parameters or others.
    pub(crate) async fn balancer(&self, more: &[(&str, &str)]) -> Answer {
        let params = [
            ("Name", "gui"),
            ("Subnets.member.1", &*self.subnets[0]),
            ("Subnets.member.2", &*self.subnets[1]),
            ("SecurityGroups.member.1", &*self.group),
        ];
        let kept = params.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
        let params: Vec<_> = kept.chain(more).filter(|it| !it.1.is_empty()).copied().collect();
        self.elb("CreateLoadBalancer", &params).await
    }

    /// A load balancer that works; gives its ARN.
    pub(crate) async fn active(&self, more: &[(&str, &str)]) -> String {
        let arn = self.balancer(more).await.good().text("LoadBalancerArn");
        self.client.wait(300).await;
        let seen = self.elb("DescribeLoadBalancers", &[("LoadBalancerArns.member.1", &*arn)]).await;
        assert_eq!(seen.good().text("Code"), "active");
        arn
    }

    /// A target group called `nodes`, with more parameters or others.
    pub(crate) async fn targets(&self, more: &[(&str, &str)]) -> Answer {
        let params = [
            ("Name", "nodes"),
            ("Protocol", "HTTP"),
            ("Port", "6688"),
            ("VpcId", &*self.vpc),
            ("HealthCheckPath", "/health"),
            ("Matcher.HttpCode", "200-299"),
        ];
        let kept = params.iter().filter(|it| !more.iter().any(|other| other.0 == it.0));
        let params: Vec<_> = kept.chain(more).filter(|it| !it.1.is_empty()).copied().collect();
        self.elb("CreateTargetGroup", &params).await
    }

    /// A listener of HTTP that forwards to a target group.
    pub(crate) async fn forward(&self, balancer: &str, group: &str) -> String {
        let params = [
            ("LoadBalancerArn", balancer),
            ("Protocol", "HTTP"),
            ("Port", "80"),
            ("DefaultActions.member.1.Type", "forward"),
            ("DefaultActions.member.1.TargetGroupArn", group),
        ];
        self.elb("CreateListener", &params).await.good().text("ListenerArn")
    }
}
