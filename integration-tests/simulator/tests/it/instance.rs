//! Instances, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html> and
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html>.

use clctl_simulator::Settings;
use serde_json::json;

use crate::client::{Answer, Client};

/// A network to launch in.
pub(crate) struct Network {
    pub(crate) client: Client,
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    pub(crate) image: String,
}

impl Network {
    pub(crate) async fn new(settings: Settings) -> Self {
        let client = Client::new(settings);
        let vpc = client.vpc().await;
        let params =
            [("VpcId", &*vpc), ("CidrBlock", "10.0.1.0/24"), ("AvailabilityZone", "us-east-1a")];
        let subnet = client.ec2("CreateSubnet", &params).await.good().text("subnetId");
        let image = client.image().await;
        Self { client, vpc, subnet, image }
    }

    pub(crate) async fn calm() -> Self {
        Self::new(Settings::calm()).await
    }

    async fn run(&self, more: &[(&str, &str)]) -> Answer {
        let mut params = vec![("ImageId", &*self.image), ("MinCount", "1"), ("MaxCount", "1")];
        for (name, value) in [("InstanceType", "t3.micro"), ("SubnetId", &*self.subnet)] {
            if !more.iter().any(|it| it.0 == name) {
                params.push((name, value));
            }
        }
        params.extend(more);
        params.retain(|it| !it.1.is_empty());
        self.client.ec2("RunInstances", &params).await
    }

    async fn launch(&self, more: &[(&str, &str)]) -> String {
        self.run(more).await.good().text("instanceId")
    }

    pub(crate) async fn see(&self, id: &str) -> Answer {
        self.client.ec2("DescribeInstances", &[("InstanceId.1", id)]).await
    }

    async fn state(&self, id: &str) -> String {
        self.see(id).await.good().text("name")
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_pending_runs_and_passes_its_checks_later() {
    let network = Network::calm().await;
    let (client, launched) = (&network.client, network.run(&[]).await.good());
    let id = launched.text("instanceId");
    assert_eq!((launched.text("name"), launched.text("code")), ("pending".into(), "0".into()));
    assert_eq!(launched.text("httpTokens"), "required");
    assert_eq!(launched.text("httpPutResponseHopLimit"), "2");
    let status =
        async || client.ec2("DescribeInstanceStatus", &[("InstanceId.1", &*id)]).await.good();
    assert!(status().await.texts("instanceId").is_empty());
    client.wait(60).await;
    let seen = network.see(&id).await.good();
    assert_eq!(seen.text("name"), "running");
    assert!(seen.text("privateIpAddress").starts_with("10.0.1."));
    assert_eq!(
        (seen.text("subnetId"), seen.text("ipAddress")),
        (network.subnet.clone(), String::new())
    );
    assert_eq!(status().await.texts("status")[..2], ["initializing", "initializing"]);
    client.wait(180).await;
    assert_eq!(status().await.texts("status")[..2], ["ok", "passed"]);

    let interface = [("Filter.1.Name", "attachment.instance-id"), ("Filter.1.Value.1", &*id)];
    let interface = client.ec2("DescribeNetworkInterfaces", &interface).await.good();
    assert_eq!(interface.text("networkInterfaceId"), seen.text("networkInterfaceId"));
    assert_eq!(
        (interface.text("status"), interface.text("instanceOwnerId")),
        ("in-use".into(), "123456789012".into())
    );
    let eni = interface.text("networkInterfaceId");
    let delete = client.ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", &eni)]).await;
    assert_eq!(delete.code(), "InvalidNetworkInterface.InUse");
    let volumes = [("Filter.1.Name", "attachment.instance-id"), ("Filter.1.Value.1", &*id)];
    let volumes = client.ec2("DescribeVolumes", &volumes).await.good();
    assert_eq!((volumes.text("size"), volumes.text("volumeType")), ("8".into(), "gp3".into()));
    assert_eq!(volumes.text("volumeId"), seen.text("volumeId"));
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html>
#[tokio::test(start_paused = true)]
async fn a_terminated_instance_holds_its_network_until_it_is_gone_and_is_shown_for_an_hour() {
    let network = Network::calm().await;
    let client = &network.client;
    let group = client.group(&network.vpc, "g").await;
    let id = network.launch(&[("SecurityGroupId.1", &group)]).await;
    client.wait(60).await;
    let subnet = [("SubnetId", &*network.subnet)];
    let held = async || {
        let groups =
            client.ec2("DeleteSecurityGroup", &[("GroupId", &group), ("DryRun", "true")]).await;
        (groups.code(), client.ec2("DeleteSubnet", &subnet).await.code())
    };
    let in_use = ("DryRunOperation".to_owned(), "DependencyViolation".to_owned());
    assert_eq!(held().await, in_use);
    let delete = client.ec2("DeleteSecurityGroup", &[("GroupId", &group)]).await;
    assert_eq!(delete.code(), "DependencyViolation");
    let ended = client.ec2("TerminateInstances", &[("InstanceId.1", &id)]).await.good();
    assert_eq!(ended.texts("name"), ["shutting-down", "running"]);
    assert_eq!(held().await, in_use);
    client.wait(180).await;
    let seen = network.see(&id).await.good();
    assert_eq!(seen.text("name"), "terminated");
    assert_eq!(
        (seen.text("subnetId"), seen.text("privateIpAddress")),
        (String::new(), String::new())
    );
    assert!(
        seen.body.contains("<stateReason><code>Client.UserInitiatedShutdown</code>"),
        "{}",
        seen.body
    );
    assert!(client.ec2("DescribeVolumes", &[]).await.good().texts("volumeId").is_empty());
    client.ec2("DeleteSecurityGroup", &[("GroupId", &group)]).await.good();
    client.ec2("DeleteSubnet", &subnet).await.good();
    // Terminated again it is what it is.
    client.ec2("TerminateInstances", &[("InstanceId.1", &id)]).await.good();
    let census = client.simulator.with(|world| (world.objects(), world.lingering()));
    assert!(!census.0.iter().any(|it| it.id == id) && census.1.iter().any(|it| it.id == id));
    client.wait(3_700).await;
    assert_eq!(network.see(&id).await.code(), "InvalidInstanceID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn what_a_launch_lacks_or_what_does_not_fit_is_told_at_once() {
    let network = Network::calm().await;
    let client = &network.client;
    let elsewhere = client.vpc().await;
    let strange = client.group(&elsewhere, "strange").await;
    client.iam("CreateInstanceProfile", &[("InstanceProfileName", "empty")]).await.good();
    let arm = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";
    let arm = client.ssm("GetParameter", json!({ "Name": arm })).await.good().value();
    let arm = arm["Parameter"]["Value"].as_str().unwrap().to_owned();
    let long = "QUFB".repeat(5_462);
    for (more, code) in [
        (vec![("ImageId", "ami-0123456789abcdef0")], "InvalidAMIID.NotFound"),
        (vec![("ImageId", "ami-nonsense")], "InvalidAMIID.Malformed"),
        (vec![("ImageId", &*arm)], "InvalidParameterValue"),
        (vec![("InstanceType", "nonsense")], "InvalidParameterValue"),
        (vec![("InstanceType", "x2iedn.32xlarge")], "ClctlSimulatorUnsupported"),
        (vec![("SubnetId", "subnet-0123456789abcdef0")], "InvalidSubnetID.NotFound"),
        (vec![("KeyName", "nobody")], "InvalidKeyPair.NotFound"),
        (vec![("SecurityGroupId.1", &*strange)], "InvalidParameter"),
        (vec![("IamInstanceProfile.Name", "nobody")], "InvalidParameterValue"),
        (vec![("IamInstanceProfile.Name", "empty")], "InvalidParameterValue"),
        (vec![("UserData", "%%%")], "InvalidUserData.Malformed"),
        (vec![("UserData", &*long)], "InvalidParameterValue"),
        (vec![("MetadataOptions.HttpPutResponseHopLimit", "65")], "InvalidParameterValue"),
        (vec![("MetadataOptions.HttpTokens", "maybe")], "InvalidParameterValue"),
        (
            vec![
                ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
                ("BlockDeviceMapping.1.Ebs.VolumeSize", "4"),
            ],
            "InvalidBlockDeviceMapping",
        ),
        (
            vec![
                ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
                ("BlockDeviceMapping.1.Ebs.KmsKeyId", "x"),
            ],
            "InvalidParameterDependency",
        ),
        (
            vec![
                ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
                ("BlockDeviceMapping.1.Ebs.Iops", "4001"),
            ],
            "InvalidParameterCombination",
        ),
        (
            vec![
                ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
                ("BlockDeviceMapping.1.Ebs.Throughput", "751"),
            ],
            "InvalidParameterCombination",
        ),
        (
            vec![
                ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
                ("BlockDeviceMapping.1.Ebs.Iops", "2999"),
            ],
            "InvalidParameterValue",
        ),
        (vec![("InstanceMarketOptions.MarketType", "spot")], "ClctlSimulatorUnsupported"),
        (vec![("HibernationOptions.Configured", "true")], "ClctlSimulatorUnsupported"),
        (vec![("MaxCount", "0")], "InvalidParameterValue"),
        (vec![("NetworkInterface.1.DeviceIndex", "0")], "InvalidParameterCombination"),
    ] {
        let answer = network.run(&more).await;
        assert_eq!(answer.code(), code, "{more:?}: {}", answer.body);
    }
    assert!(client.ec2("DescribeInstances", &[]).await.good().texts("instanceId").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_good_for_one_launch() {
    let network = Network::calm().await;
    let once = network.launch(&[("ClientToken", "t")]).await;
    assert_eq!(network.launch(&[("ClientToken", "t")]).await, once);
    let other = network.run(&[("ClientToken", "t"), ("KeyName", "k")]).await;
    assert_eq!(other.code(), "IdempotentParameterMismatch");
    assert_eq!(network.see(&once).await.good().text("clientToken"), "t");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html>
#[tokio::test(start_paused = true)]
async fn tags_with_a_slash_cannot_be_read_by_the_instance_itself() {
    let network = Network::calm().await;
    let tag = [
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "clctl.dev/uid"),
        ("TagSpecification.1.Tag.1.Value", "u"),
    ];
    let readable = ("MetadataOptions.InstanceMetadataTags", "enabled");
    let refused = network.run(&[tag[0], tag[1], tag[2], readable]).await;
    assert!(refused.text("Message").starts_with("'clctl.dev/uid' is not a valid tag key."));
    let id = network.launch(&tag).await;
    let change = [("InstanceId", &*id), ("InstanceMetadataTags", "enabled")];
    let refused = network.client.ec2("ModifyInstanceMetadataOptions", &change).await;
    assert_eq!(refused.code(), "InvalidParameterValue");
    let plain = network.launch(&[readable]).await;
    let slash = [("ResourceId.1", &*plain), ("Tag.1.Key", "a/b"), ("Tag.1.Value", "c")];
    assert_eq!(network.client.ec2("CreateTags", &slash).await.code(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn it_is_stopped_started_and_rebooted_and_protected_from_both_ends() {
    let network = Network::calm().await;
    let client = &network.client;
    let id = network.launch(&[]).await;
    let one = [("InstanceId.1", &*id)];
    assert_eq!(client.ec2("StopInstances", &one).await.code(), "IncorrectInstanceState");
    client.wait(60).await;
    client.ec2("RebootInstances", &one).await.good();
    let protect = async |what: &str, value: &str| {
        let name = format!("{what}.Value");
        let params = [("InstanceId", &*id), (&*name, value)];
        client.ec2("ModifyInstanceAttribute", &params).await.good();
        let params = [("InstanceId", &*id), ("Attribute", "disableApiTermination")];
        client.ec2("DescribeInstanceAttribute", &params).await.good().text("value")
    };
    assert_eq!(protect("DisableApiTermination", "true").await, "true");
    assert_eq!(client.ec2("TerminateInstances", &one).await.code(), "OperationNotPermitted");
    protect("DisableApiStop", "true").await;
    assert_eq!(client.ec2("StopInstances", &one).await.code(), "OperationNotPermitted");
    protect("DisableApiStop", "false").await;
    let two = [
        ("InstanceId", &*id),
        ("DisableApiStop.Value", "true"),
        ("SourceDestCheck.Value", "false"),
    ];
    let both = client.ec2("ModifyInstanceAttribute", &two).await;
    assert_eq!(both.code(), "InvalidParameterCombination");
    let kind = [("InstanceId", &*id), ("InstanceType.Value", "t3.small")];
    assert_eq!(client.ec2("ModifyInstanceAttribute", &kind).await.code(), "IncorrectInstanceState");
    client.ec2("StopInstances", &one).await.good();
    assert_eq!(network.state(&id).await, "stopping");
    client.wait(90).await;
    assert_eq!(network.state(&id).await, "stopped");
    client.ec2("ModifyInstanceAttribute", &kind).await.good();
    client.ec2("StartInstances", &one).await.good();
    client.wait(60).await;
    let seen = network.see(&id).await.good();
    assert_eq!(
        (seen.text("name"), seen.text("instanceType")),
        ("running".into(), "t3.small".into())
    );
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html>
#[tokio::test(start_paused = true)]
async fn an_elastic_ip_address_goes_to_a_running_instance_and_from_one_to_the_next() {
    let network = Network::calm().await;
    let client = &network.client;
    client.attached_gateway(&network.vpc).await;
    let public = [
        ("SubnetId", ""),
        ("NetworkInterface.1.DeviceIndex", "0"),
        ("NetworkInterface.1.SubnetId", &*network.subnet),
        ("NetworkInterface.1.AssociatePublicIpAddress", "true"),
    ];
    let (first, second) = (network.launch(&public).await, network.launch(&[]).await);
    let address = client.ec2("AllocateAddress", &[]).await.good();
    let (allocation, ip) = (address.text("allocationId"), address.text("publicIp"));
    let give = async |to: &str, more: &[(&str, &str)]| {
        let mut params = vec![("AllocationId", &*allocation), ("InstanceId", to)];
        params.extend(more);
        client.ec2("AssociateAddress", &params).await
    };
    assert_eq!(give(&first, &[]).await.code(), "InvalidInstanceID");
    let eni = network.see(&first).await.good().text("networkInterfaceId");
    let by_interface = [("AllocationId", &*allocation), ("NetworkInterfaceId", &*eni)];
    let early = client.ec2("AssociateAddress", &by_interface).await;
    assert_eq!(early.code(), "IncorrectInstanceState");
    client.wait(60).await;
    let own = network.see(&first).await.good().text("ipAddress");
    assert!(!own.is_empty() && own != ip);
    give(&first, &[]).await.good();
    assert_eq!(network.see(&first).await.good().text("ipAddress"), ip);
    let addresses = client.ec2("DescribeAddresses", &[]).await.good();
    assert_eq!(addresses.text("instanceId"), first);
    let stays = give(&second, &[("AllowReassociation", "false")]).await;
    assert_eq!(stays.code(), "Resource.AlreadyAssociated");
    give(&second, &[("AllowReassociation", "true")]).await.good();
    assert_eq!(network.see(&second).await.good().text("ipAddress"), ip);
    let another = network.see(&first).await.good().text("ipAddress");
    assert!(!another.is_empty() && another != own && another != ip);
    client.ec2("TerminateInstances", &[("InstanceId.1", &second)]).await.good();
    client.wait(200).await;
    client.ec2("ReleaseAddress", &[("AllocationId", &allocation)]).await.good();
}

/// <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html>; that the key is looked at later:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html>.
#[tokio::test(start_paused = true)]
async fn a_volume_whose_key_cannot_be_used_ends_the_instance_after_the_answer() {
    let network = Network::calm().await;
    let client = &network.client;
    let key = client.kms("CreateKey", json!({})).await.good().value();
    let key = key["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    let encrypted = [
        ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
        ("BlockDeviceMapping.1.Ebs.Encrypted", "true"),
        ("BlockDeviceMapping.1.Ebs.KmsKeyId", &*key),
    ];
    let good = network.launch(&encrypted).await;
    client.kms("DisableKey", json!({ "KeyId": key })).await.good();
    let bad = network.launch(&encrypted).await;
    assert_eq!(network.state(&bad).await, "pending");
    client.wait(60).await;
    assert_eq!(network.state(&good).await, "running");
    let ended = network.see(&bad).await.good();
    assert_eq!(ended.text("name"), "terminated");
    assert!(
        ended.body.contains("<code>Client.InvalidKMSKey.InvalidState</code>"),
        "{}",
        ended.body
    );
    let volume = client.ec2("DescribeVolumes", &[]).await.good();
    assert_eq!((volume.texts("volumeId").len(), volume.text("kmsKeyId")), (2, key));
}

#[tokio::test(start_paused = true)]
async fn quotas_and_capacity_are_those_of_the_world() {
    let mut settings = Settings::calm();
    settings.quotas.instance_vcpus = 5;
    settings.short_of = vec!["us-east-1b".to_owned(), "us-east-1a/t3.large".to_owned()];
    let network = Network::new(settings).await;
    let large = network.run(&[("InstanceType", "t3.large")]).await;
    assert_eq!((large.status, large.code()), (500, "InsufficientInstanceCapacity".to_owned()));
    let params = [
        ("VpcId", &*network.vpc),
        ("CidrBlock", "10.0.2.0/24"),
        ("AvailabilityZone", "us-east-1b"),
    ];
    let other = network.client.ec2("CreateSubnet", &params).await.good().text("subnetId");
    let lost = network.run(&[("SubnetId", &other)]).await;
    assert_eq!(lost.code(), "InsufficientInstanceCapacity");
    let some = network.run(&[("MaxCount", "4")]).await.good();
    assert_eq!(some.texts("instanceId").len(), 2);
    assert_eq!(network.run(&[]).await.code(), "VcpuLimitExceeded");
    let code = json!({ "ServiceCode": "ec2", "QuotaCode": "L-1216C47A" });
    let told = network.client.quotas("GetServiceQuota", code).await.good().value();
    assert_eq!(told["Quota"]["Value"], 5.0);
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>
#[tokio::test(start_paused = true)]
async fn instances_are_listed_by_launches_in_pages_and_by_filters() {
    let network = Network::calm().await;
    let client = &network.client;
    let many = network.run(&[("MinCount", "3"), ("MaxCount", "3")]).await.good();
    assert_eq!(many.texts("amiLaunchIndex"), ["0", "1", "2"]);
    let mut all = many.texts("instanceId");
    for _ in 0..5 {
        all.push(network.launch(&[]).await);
    }
    all.sort();
    let first = client.ec2("DescribeInstances", &[("MaxResults", "5")]).await.good();
    assert_eq!(first.texts("reservationId").len(), 5);
    let token = first.text("nextToken");
    let next = [("MaxResults", "5"), ("NextToken", &*token)];
    let rest = client.ec2("DescribeInstances", &next).await.good();
    let mut seen = [first.texts("instanceId"), rest.texts("instanceId")].concat();
    seen.sort();
    assert_eq!(seen, all);
    let both = [("MaxResults", "5"), ("InstanceId.1", &*all[0])];
    assert_eq!(client.ec2("DescribeInstances", &both).await.code(), "InvalidParameterCombination");
    for (name, value, count) in [
        ("instance-state-name", "pending", 8),
        ("subnet-id", &*network.subnet, 8),
        ("instance-type", "t3.*", 8),
        ("launch-index", "2", 1),
        ("instance-id", &*all[3], 1),
        ("instance-state-name", "running", 0),
    ] {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let found = client.ec2("DescribeInstances", &filter).await.good();
        assert_eq!(found.texts("instanceId").len(), count, "{name}");
    }
}

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html>
#[tokio::test(start_paused = true)]
async fn the_public_parameters_name_images_that_are_there() {
    let client = Client::calm();
    let path = "/aws/service/ami-amazon-linux-latest";
    let told = client.ssm("GetParametersByPath", json!({ "Path": path })).await.good().value();
    let names = told["Parameters"].as_array().unwrap();
    assert_eq!(names.len(), 10);
    for it in names {
        let id = it["Value"].as_str().unwrap();
        let image = client.ec2("DescribeImages", &[("ImageId.1", id)]).await.good();
        assert_eq!(image.text("imageOwnerAlias"), "amazon");
        let name = it["Name"].as_str().unwrap();
        assert!(name.ends_with(&image.text("architecture")), "{name}");
    }
    let before = client.image().await;
    client.simulator.with(clctl_simulator::World::publish_images);
    let after = client.image().await;
    assert_ne!(before, after);
    let both = [("ImageId.1", &*before), ("ImageId.2", &*after)];
    assert_eq!(client.ec2("DescribeImages", &both).await.good().texts("imageId").len(), 2);
    let wrong = json!({ "Name": format!("{path}/nonsense") });
    assert_eq!(client.ssm("GetParameter", wrong).await.kind(), "ParameterNotFound");
    let other = json!({ "Name": "/aws/service/ecs/optimized-ami/x" });
    assert_eq!(client.ssm("GetParameter", other).await.kind(), "ClctlSimulatorUnsupported");
}

#[tokio::test(start_paused = true)]
async fn types_and_where_they_are_offered_are_listed() {
    let client = Client::calm();
    let one = client.ec2("DescribeInstanceTypes", &[("InstanceType.1", "m6i.large")]).await.good();
    assert_eq!((one.text("defaultVCpus"), one.text("sizeInMiB")), ("2".into(), "8192".into()));
    let wrong = client.ec2("DescribeInstanceTypes", &[("InstanceType.1", "nonsense")]).await;
    assert_eq!(wrong.code(), "InvalidInstanceType");
    let zones = [
        ("LocationType", "availability-zone"),
        ("Filter.1.Name", "instance-type"),
        ("Filter.1.Value.1", "t3.micro"),
    ];
    let zones = client.ec2("DescribeInstanceTypeOfferings", &zones).await.good();
    assert_eq!(zones.texts("location").len(), 6);
}
