//! An environment without clctl: a database, secrets, and a group of nodes with the user data that clctl renders.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clctl::bootstrap::{self, BastionInputs, NodeInputs};
use clctl_fleet::Fleet;
use clctl_simulator::{Settings, Simulator};
use serde_json::json;

use crate::{
    client::{Answer, Client},
    harness::example,
};

pub(crate) const DATABASE: &str = "clctl-minimal-database";
pub(crate) const PASSWORD: &str = "correct-horse-battery";
pub(crate) const LOG_GROUP: &str = "/clctl/minimal/nodes";
const GROUP: (&str, &str) = ("AutoScalingGroupName", "nodes");
const UID: &str = "0123456789abcdef";

/// The image of an older release, of the default one, and of one that nobody has seen yet.
pub(crate) const OLDER: &str =
    "sha256:7d8302f8133866302c1dbe08739bd6fb86780d34018cc43a76c3d01b2ea1da3b";
pub(crate) const USUAL: &str =
    "sha256:993029b4188aaa2ea71ae93e943cb7f73715a9a110a9db02c7e75a755b77ef13";

/// Stands for the image of the default release, and a database on Aurora.
pub(crate) const AURORA: &str = "aurora";

pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) fleet: Fleet,
    vpc: String,
    pub(crate) subnets: [String; 2],
    groups: [String; 2],
    template: String,
    image: String,
}

/// What the role of a node may do, as `bootstrap::grants` has it.
fn policy() -> String {
    let own = json!({ "aws:ResourceTag/clctl.dev/uid": UID });
    let keys = json!(["clctl.dev/boot", "clctl.dev/role", "clctl.dev/heartbeat"]);
    json!({ "Version": "2012-10-17", "Statement": [
        {
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": "arn:aws:ec2:us-east-1:123456789012:instance/*",
            "Condition": {
                "StringEquals": own,
                "ForAllValues:StringEquals": { "aws:TagKeys": keys },
                "Null": { "aws:TagKeys": "false" },
            },
        },
        {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:/clctl/minimal/*",
        },
        {
            "Effect": "Allow",
            "Action": ["rds:DescribeDBInstances", "rds:DescribeDBClusters"],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": format!("arn:aws:logs:us-east-1:123456789012:log-group:{LOG_GROUP}:*"),
        },
        { "Effect": "Allow", "Action": "ec2:DescribeAddresses", "Resource": "*" },
        { "Effect": "Allow", "Action": "ec2:AssociateAddress", "Resource": "*" },
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": { "StringEquals": { "cloudwatch:namespace": "clctl/minimal" } },
        },
    ]})
    .to_string()
}

impl Stage {
    /// Everything but database and nodes.
    pub(crate) async fn empty(seed: u64) -> Self {
        let settings = Settings { jitter: true, seed, ..Settings::calm() };
        Self::on(Simulator::in_memory(settings), seed).await
    }

    /// The same, in this world.
    pub(crate) async fn on(simulator: Simulator, seed: u64) -> Self {
        let client = Client { simulator, region: "us-east-1", key: "AKIATEST" };
        let fleet = Fleet::settle(&client.simulator, seed);
        let vpc = client.vpc().await;
        let gateway = client.attached_gateway(&vpc).await;
        let tables = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &*vpc)];
        let table = client.ec2("DescribeRouteTables", &tables).await.good().text("routeTableId");
        let route = [
            ("RouteTableId", &*table),
            ("DestinationCidrBlock", "0.0.0.0/0"),
            ("GatewayId", &*gateway),
        ];
        client.ec2("CreateRoute", &route).await.good();
        let mut subnets = Vec::new();
        for (cidr, zone) in [("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1b")] {
            let params = [("VpcId", &*vpc), ("CidrBlock", cidr), ("AvailabilityZone", zone)];
            let made = client.ec2("CreateSubnet", &params).await.good().text("subnetId");
            let public = [("SubnetId", &*made), ("MapPublicIpOnLaunch.Value", "true")];
            client.ec2("ModifySubnetAttribute", &public).await.good();
            subnets.push(made);
        }
        let [nodes, database] =
            [client.group(&vpc, "nodes").await, client.group(&vpc, "database").await];
        let from_nodes = [
            ("GroupId", &*database),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "5432"),
            ("IpPermissions.1.ToPort", "5432"),
            ("IpPermissions.1.Groups.1.GroupId", &*nodes),
        ];
        client.ec2("AuthorizeSecurityGroupIngress", &from_nodes).await.good();
        for (name, value) in [
            ("keystore-password", "a-keystore-password"),
            ("admin-password", "an-admin-password-1"),
            ("database-password", PASSWORD),
            ("sepolia-http", "https://rpc.example.com/key"),
            ("sepolia-websocket", "wss://rpc.example.com/key"),
        ] {
            let body = json!({
                "Name": format!("/clctl/minimal/{name}"), "SecretString": value,
                "ClientRequestToken": format!("{name:x<36}"),
            });
            client.secrets("CreateSecret", body).await.good();
        }
        client.logs("CreateLogGroup", json!({ "logGroupName": LOG_GROUP })).await.good();
        client.role("node").await;
        let put = [("RoleName", "node"), ("PolicyName", "p"), ("PolicyDocument", &*policy())];
        client.iam("PutRolePolicy", &put).await.good();
        let profile = ("InstanceProfileName", "node");
        client.iam("CreateInstanceProfile", &[profile]).await.good();
        client.iam("AddRoleToInstanceProfile", &[profile, ("RoleName", "node")]).await.good();
        let image = client.image().await;
        let subnets: [String; 2] = subnets.try_into().unwrap();
        let net = [
            ("DBSubnetGroupName", "net"),
            ("DBSubnetGroupDescription", "two zones"),
            ("SubnetIds.SubnetIdentifier.1", &*subnets[0]),
            ("SubnetIds.SubnetIdentifier.2", &*subnets[1]),
        ];
        client.rds("CreateDBSubnetGroup", &net).await.good();
        let template = String::new();
        let groups = [nodes, database];
        Self { client, fleet, vpc, subnets, groups, template, image }
    }

    /// With a database that is available.
    pub(crate) async fn with_database(seed: u64) -> Self {
        let stage = Self::empty(seed).await;
        stage.create_database().await;
        stage
    }

    /// With both nodes at work.
    pub(crate) async fn with_nodes(seed: u64) -> Self {
        let mut stage = Self::with_database(seed).await;
        stage.launch(USUAL).await;
        stage.settled(900).await;
        stage
    }

    pub(crate) async fn create_database(&self) {
        let params = [
            ("DBInstanceIdentifier", DATABASE),
            ("DBName", "chainlink"),
            ("Engine", "postgres"),
            ("EngineVersion", "17.6"),
            ("DBInstanceClass", "db.m6g.large"),
            ("AllocatedStorage", "100"),
            ("StorageType", "gp3"),
            ("MultiAZ", "true"),
            ("PubliclyAccessible", "false"),
            ("MasterUsername", "chainlink"),
            ("MasterUserPassword", PASSWORD),
            ("DBSubnetGroupName", "net"),
            ("VpcSecurityGroupIds.VpcSecurityGroupId.1", &*self.groups[1]),
        ];
        self.client.rds("CreateDBInstance", &params).await.good();
        self.until_database("available").await;
    }

    pub(crate) async fn restore(&self, snapshot: &str) {
        let params = [
            ("DBInstanceIdentifier", DATABASE),
            ("DBSnapshotIdentifier", snapshot),
            ("DBSubnetGroupName", "net"),
            ("MultiAZ", "true"),
            ("PubliclyAccessible", "false"),
            ("VpcSecurityGroupIds.VpcSecurityGroupId.1", &*self.groups[1]),
        ];
        self.client.rds("RestoreDBInstanceFromDBSnapshot", &params).await.good();
        self.until_database("available").await;
    }

    pub(crate) async fn database(&self, action: &str, more: &[(&str, &str)]) -> Answer {
        let mut params = vec![("DBInstanceIdentifier", DATABASE)];
        params.extend(more);
        self.client.rds(action, &params).await
    }

    pub(crate) async fn until_database(&self, wanted: &str) {
        for _ in 0..400 {
            let told = self.database("DescribeDBInstances", &[]).await;
            let gone = wanted == "gone" && told.code() == "DBInstanceNotFound";
            if gone || told.text("DBInstanceStatus") == wanted {
                return;
            }
            self.client.wait(15).await;
        }
        panic!("the database is not {wanted}");
    }

    /// A cluster of Aurora in place of the instance, with a writer and a reader.
    pub(crate) async fn create_cluster(&self) {
        let params = [
            ("DBClusterIdentifier", DATABASE),
            ("DatabaseName", "chainlink"),
            ("Engine", "aurora-postgresql"),
            ("MasterUsername", "chainlink"),
            ("MasterUserPassword", PASSWORD),
            ("DBSubnetGroupName", "net"),
            ("VpcSecurityGroupIds.VpcSecurityGroupId.1", &*self.groups[1]),
        ];
        self.client.rds("CreateDBCluster", &params).await.good();
        self.client.wait(300).await;
        for name in ["one", "two"] {
            let params = [
                ("DBInstanceIdentifier", name),
                ("DBClusterIdentifier", DATABASE),
                ("DBInstanceClass", "db.r6g.large"),
                ("Engine", "aurora-postgresql"),
                ("PubliclyAccessible", "false"),
            ];
            self.client.rds("CreateDBInstance", &params).await.good();
        }
        self.client.wait(1_800).await;
    }

    /// The user data of a node with this image.
    pub(crate) fn user_data(digest: &str) -> String {
        let older = format!(
            "{}    chainlink:\n      digest: {digest}\n      version: 2.72.0\n",
            example("minimal")
        );
        let text = match digest {
            USUAL => example("minimal"),
            AURORA => include_str!("../../../examples/aurora.yaml"),
            _ => &older,
        };
        let documents = clctl_spec::parse("node.yaml", text).unwrap();
        let document = documents.into_iter().next().unwrap();
        let data = bootstrap::node(&NodeInputs {
            environment: document.node.metadata.name.as_str(),
            spec: &document.node.spec,
            uid: UID,
            secrets_path: "/clctl/minimal/",
            log_group: LOG_GROUP,
            database: DATABASE,
            announce: &["192.0.2.10:6690".to_owned()],
            secret_versions: &std::collections::BTreeMap::new(),
        });
        STANDARD.encode(data.unwrap().packed())
    }

    /// Makes the group of nodes, or gives it another version of its template.
    pub(crate) async fn launch(&mut self, digest: &str) {
        let data = Self::user_data(digest);
        let content = [
            ("LaunchTemplateData.ImageId", &*self.image),
            ("LaunchTemplateData.InstanceType", "t3.medium"),
            ("LaunchTemplateData.IamInstanceProfile.Name", "node"),
            ("LaunchTemplateData.SecurityGroupId.1", &*self.groups[0]),
            ("LaunchTemplateData.UserData", &*data),
        ];
        if self.template.is_empty() {
            let mut params = vec![("LaunchTemplateName", "nodes")];
            params.extend(content);
            let made = self.client.ec2("CreateLaunchTemplate", &params).await.good();
            self.template = made.text("launchTemplateId");
            let subnets = self.subnets.join(",");
            let params = [
                GROUP,
                ("MinSize", "2"),
                ("MaxSize", "2"),
                ("VPCZoneIdentifier", &*subnets),
                ("LaunchTemplate.LaunchTemplateId", &*self.template),
                ("LaunchTemplate.Version", "1"),
                ("Tags.member.1.Key", "clctl.dev/uid"),
                ("Tags.member.1.Value", UID),
                ("Tags.member.1.PropagateAtLaunch", "true"),
            ];
            self.client.autoscaling("CreateAutoScalingGroup", &params).await.good();
            let process = [GROUP, ("ScalingProcesses.member.1", "AZRebalance")];
            self.client.autoscaling("SuspendProcesses", &process).await.good();
        } else {
            let mut params = vec![("LaunchTemplateId", &*self.template)];
            params.extend(content);
            let made = self.client.ec2("CreateLaunchTemplateVersion", &params).await.good();
            let params = [
                GROUP,
                ("LaunchTemplate.LaunchTemplateId", &*self.template),
                ("LaunchTemplate.Version", &*made.text("versionNumber")),
            ];
            self.client.autoscaling("UpdateAutoScalingGroup", &params).await.good();
        }
    }

    /// Launches a bastion that may claim these addresses; gives its id.
    pub(crate) async fn launch_bastion(&self, addresses: &[String]) -> String {
        let documents = clctl_spec::parse("node.yaml", example("full")).unwrap();
        let document = documents.into_iter().next().unwrap();
        let data = bootstrap::bastion(&BastionInputs {
            bastion: document.node.spec.access.bastion.as_ref().unwrap(),
            log_group: LOG_GROUP,
            addresses,
        });
        let data = STANDARD.encode(data.unwrap().packed());
        let params = [
            ("ImageId", &*self.image),
            ("InstanceType", "t3.micro"),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("SubnetId", &*self.subnets[0]),
            ("SecurityGroupId.1", &*self.groups[0]),
            ("IamInstanceProfile.Name", "node"),
            ("UserData", &*data),
            ("TagSpecification.1.ResourceType", "instance"),
            ("TagSpecification.1.Tag.1.Key", "clctl.dev/uid"),
            ("TagSpecification.1.Tag.1.Value", UID),
        ];
        self.client.ec2("RunInstances", &params).await.good().text("instanceId")
    }

    /// Sets a secret.
    pub(crate) async fn put(&self, name: &str, value: &str) {
        let body = json!({
            "SecretId": format!("/clctl/minimal/{name}"), "SecretString": value,
            "ClientRequestToken": format!("{value:x<36}"),
        });
        self.client.secrets("PutSecretValue", body).await.good();
    }

    /// Waits until one node serves and another waits; gives them.
    pub(crate) async fn settled(&self, seconds: u64) -> (String, String) {
        for _ in 0..seconds / 5 {
            self.client.wait(5).await;
            if let ([active], [standby]) = (&*self.fleet.serving(), &*self.fleet.waiting()) {
                return (active.clone(), standby.clone());
            }
        }
        panic!("{:#?}\n{:#?}", self.fleet.nodes(), self.fleet.observations());
    }

    /// Who serves now, and who waits.
    pub(crate) fn pair(&self) -> (String, String) {
        let (serving, waiting) = (self.fleet.serving(), self.fleet.waiting());
        let ([active], [standby]) = (&*serving, &*waiting) else {
            panic!("{:#?}", self.fleet.observations())
        };
        (active.clone(), standby.clone())
    }

    /// How long it takes until this instance serves, in seconds.
    pub(crate) async fn until_served_by(&self, instance: &str, most: u64) -> f64 {
        let begun = self.client.simulator.now();
        for _ in 0..most * 2 {
            if self.fleet.serving() == [instance] {
                let now = self.client.simulator.now();
                return now.since(begun).as_secs_f64();
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("{instance} does not serve: {:#?}", self.fleet.observations());
    }

    /// A tag of an instance.
    pub(crate) async fn tag(&self, instance: &str, key: &str) -> String {
        let params = [
            ("Filter.1.Name", "resource-id"),
            ("Filter.1.Value.1", instance),
            ("Filter.2.Name", "key"),
            ("Filter.2.Value.1", key),
        ];
        self.client.ec2("DescribeTags", &params).await.good().text("value")
    }

    pub(crate) async fn console(&self, instance: &str) -> String {
        let latest = [("InstanceId", instance), ("Latest", "true")];
        let told = self.client.ec2("GetConsoleOutput", &latest).await.good();
        String::from_utf8(STANDARD.decode(told.text("output")).unwrap()).unwrap()
    }

    /// Takes the rule away that lets nodes connect to the database.
    pub(crate) async fn close_database(&self) {
        let rule = [
            ("GroupId", &*self.groups[1]),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "5432"),
            ("IpPermissions.1.ToPort", "5432"),
            ("IpPermissions.1.Groups.1.GroupId", &*self.groups[0]),
        ];
        self.client.ec2("RevokeSecurityGroupIngress", &rule).await.good();
    }

    /// Takes the way out of the VPC away.
    pub(crate) async fn close_internet(&self) {
        let tables = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &*self.vpc)];
        let table =
            self.client.ec2("DescribeRouteTables", &tables).await.good().text("routeTableId");
        let route = [("RouteTableId", &*table), ("DestinationCidrBlock", "0.0.0.0/0")];
        self.client.ec2("DeleteRoute", &route).await.good();
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        &self.client.simulator
    }
}
