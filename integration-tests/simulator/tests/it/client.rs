//! A client of the simulator: writes requests, reads answers.

use std::{fmt::Write as _, time::Duration};

use bytes::Bytes;
use clctl_simulator::{Dropped, Settings, Simulator};
use http::{Request, Response};

/// Calls a simulator as somebody with a key in a region.
pub(crate) struct Client {
    pub(crate) simulator: Simulator,
    pub(crate) region: &'static str,
    pub(crate) key: &'static str,
}

/// What came back, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The text of the first element of that name.
    pub(crate) fn text(&self, name: &str) -> String {
        self.texts(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements of that name.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let parts = self.body.split(&open).skip(1);
        parts.filter_map(|it| it.split_once(&close)).map(|it| it.0.to_owned()).collect()
    }

    /// The error code; empty when it is none.
    pub(crate) fn code(&self) -> String {
        self.text("Code")
    }

    /// The answer as JSON.
    #[track_caller]
    pub(crate) fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The error code of a JSON answer; empty when it is none.
    #[track_caller]
    pub(crate) fn kind(&self) -> String {
        self.value()["__type"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer, which has to be good.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { simulator: Simulator::in_memory(settings), region: "us-east-1", key: "AKIATEST" }
    }

    pub(crate) fn calm() -> Self {
        Self::new(Settings::calm())
    }

    /// A call of EC2.
    pub(crate) async fn ec2(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.try_ec2(action, params).await.unwrap()
    }

    pub(crate) async fn try_ec2(
        &self,
        action: &str,
        params: &[(&str, &str)],
    ) -> Result<Answer, Dropped> {
        self.query("ec2", "2016-11-15", action, params).await
    }

    async fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        params: &[(&str, &str)],
    ) -> Result<Answer, Dropped> {
        let mut form = format!("Action={action}&Version={version}");
        for (name, value) in params {
            let value =
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            write!(form, "&{name}={value}").unwrap();
        }
        self.send(service, "application/x-www-form-urlencoded", None, form).await
    }

    /// A call of IAM.
    pub(crate) async fn iam(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.query("iam", "2010-05-08", action, params).await.unwrap()
    }

    /// A call of Auto Scaling.
    pub(crate) async fn autoscaling(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.query("autoscaling", "2011-01-01", action, params).await.unwrap()
    }

    /// A call of RDS.
    pub(crate) async fn rds(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.query("rds", "2014-10-31", action, params).await.unwrap()
    }

    /// A call of Route 53: `GET hostedzone/Z1/rrset?name=a.example.com`, with a body if it has one.
    pub(crate) async fn route53(&self, asked: &str, body: &str) -> Answer {
        self.try_route53(asked, body).await.unwrap()
    }

    pub(crate) async fn try_route53(&self, asked: &str, body: &str) -> Result<Answer, Dropped> {
        let (method, path) = asked.split_once(' ').unwrap();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/route53/aws4_request, \
             SignedHeaders=host, Signature=0123abcd",
            self.key
        );
        let request = Request::builder()
            .method(method)
            .uri(format!("https://route53.amazonaws.com/2013-04-01/{path}"))
            .header("authorization", authorization);
        self.raw(request.body(Bytes::from(body.to_owned())).unwrap()).await
    }

    /// A change of one set of records of a hosted zone: `CREATE`, and what is in the set.
    pub(crate) async fn record(&self, zone: &str, action: &str, set: &str) -> Answer {
        let change = format!(
            "<Change><Action>{action}</Action><ResourceRecordSet>{set}</ResourceRecordSet></Change>"
        );
        self.records(zone, &change).await
    }

    /// A batch of changes of a hosted zone.
    pub(crate) async fn records(&self, zone: &str, changes: &str) -> Answer {
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
             <ChangeBatch><Changes>{changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        self.route53(&format!("POST hostedzone/{zone}/rrset"), &body).await
    }

    /// A call of Elastic Load Balancing.
    pub(crate) async fn elb(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.query("elasticloadbalancing", "2015-12-01", action, params).await.unwrap()
    }

    /// A call of ACM.
    pub(crate) async fn acm(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("acm", "CertificateManager", operation, body).await
    }

    /// A call of SNS.
    pub(crate) async fn sns(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.query("sns", "2010-03-31", action, params).await.unwrap()
    }

    /// A new topic; gives its ARN.
    pub(crate) async fn topic(&self, name: &str) -> String {
        self.sns("CreateTopic", &[("Name", name)]).await.good().text("TopicArn")
    }

    /// The newest image of Amazon Linux.
    pub(crate) async fn image(&self) -> String {
        let name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let told = self.ssm("GetParameter", serde_json::json!({ "Name": name })).await.good();
        told.value()["Parameter"]["Value"].as_str().unwrap().to_owned()
    }

    /// A new role that instances may assume; gives its ARN.
    pub(crate) async fn role(&self, name: &str) -> String {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let params = [("RoleName", name), ("AssumeRolePolicyDocument", trust)];
        self.iam("CreateRole", &params).await.good().text("Arn")
    }

    /// A call of SSM.
    pub(crate) async fn ssm(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("ssm", "AmazonSSM", operation, body).await
    }

    /// A call of Secrets Manager.
    pub(crate) async fn secrets(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("secretsmanager", "secretsmanager", operation, body).await
    }

    /// A call of CloudWatch Logs.
    pub(crate) async fn logs(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("logs", "Logs_20140328", operation, body).await
    }

    /// A call of CloudWatch.
    pub(crate) async fn cloudwatch(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("monitoring", "GraniteServiceVersion20100801", operation, body).await
    }

    /// A call of Service Quotas.
    pub(crate) async fn quotas(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("servicequotas", "ServiceQuotasV20190624", operation, body).await
    }

    /// A call of the Resource Groups Tagging API.
    pub(crate) async fn tagging(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("tagging", "ResourceGroupsTaggingAPI_20170126", operation, body).await
    }

    async fn json(
        &self,
        service: &str,
        target: &str,
        operation: &str,
        body: serde_json::Value,
    ) -> Answer {
        let target = format!("{target}.{operation}");
        let kind = "application/x-amz-json-1.1";
        self.send(service, kind, Some(&target), body.to_string()).await.unwrap()
    }

    /// A call of KMS.
    pub(crate) async fn kms(&self, operation: &str, body: serde_json::Value) -> Answer {
        self.json("kms", "TrentService", operation, body).await
    }

    /// A call of a service in REST.
    pub(crate) async fn rest(
        &self,
        service: &str,
        method: &str,
        path: &str,
        body: serde_json::Value,
    ) -> Answer {
        let credential = format!("{}/20260101/{}/{service}/aws4_request", self.key, self.region);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0123abcd"
        );
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{service}.{}.amazonaws.com{path}", self.region))
            .header("content-type", "application/json")
            .header("authorization", authorization)
            .body(Bytes::from(body));
        let response = self.simulator.call(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let error = response.headers().get("x-amzn-errortype").cloned();
        let mut body = String::from_utf8(response.into_body().to_vec()).unwrap();
        // What went wrong is in a header here; tests look for it where the other protocols have it.
        if let Some(error) = error {
            let mut value: serde_json::Value = serde_json::from_str(&body).unwrap();
            value["__type"] = error.to_str().unwrap().into();
            body = value.to_string();
        }
        Answer { status, body }
    }

    pub(crate) async fn send(
        &self,
        service: &str,
        kind: &str,
        target: Option<&str>,
        body: String,
    ) -> Result<Answer, Dropped> {
        let credential = format!("{}/20260101/{}/{service}/aws4_request", self.key, self.region);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0123abcd"
        );
        let mut request = Request::post(format!("http://{service}.{}.amazonaws.com/", self.region))
            .header("content-type", kind)
            .header("authorization", authorization);
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        self.raw(request.body(Bytes::from(body)).unwrap()).await
    }

    pub(crate) async fn raw(&self, request: Request<Bytes>) -> Result<Answer, Dropped> {
        let response: Response<Bytes> = self.simulator.call(request).await?;
        let status = response.status().as_u16();
        let body = String::from_utf8(response.into_body().to_vec()).unwrap();
        Ok(Answer { status, body })
    }

    /// Lets time pass.
    pub(crate) async fn wait(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// A new VPC 10.0.0.0/16.
    pub(crate) async fn vpc(&self) -> String {
        self.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await.good().text("vpcId")
    }

    /// A new subnet.
    pub(crate) async fn subnet(&self, vpc: &str, cidr: &str) -> String {
        let params = [("VpcId", vpc), ("CidrBlock", cidr)];
        self.ec2("CreateSubnet", &params).await.good().text("subnetId")
    }

    /// A new internet gateway, attached.
    pub(crate) async fn attached_gateway(&self, vpc: &str) -> String {
        let made = self.ec2("CreateInternetGateway", &[]).await.good();
        let id = made.text("internetGatewayId");
        let pair = [("InternetGatewayId", id.as_str()), ("VpcId", vpc)];
        self.ec2("AttachInternetGateway", &pair).await.good();
        id
    }

    /// A new network interface.
    pub(crate) async fn interface(&self, subnet: &str) -> String {
        let made = self.ec2("CreateNetworkInterface", &[("SubnetId", subnet)]).await.good();
        made.text("networkInterfaceId")
    }

    /// A new security group.
    pub(crate) async fn group(&self, vpc: &str, name: &str) -> String {
        let params = [("GroupName", name), ("GroupDescription", name), ("VpcId", vpc)];
        self.ec2("CreateSecurityGroup", &params).await.good().text("groupId")
    }

    /// Who am I.
    pub(crate) async fn sts(&self) -> Answer {
        let form = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
        self.send("sts", "application/x-www-form-urlencoded", None, form).await.unwrap()
    }
}
