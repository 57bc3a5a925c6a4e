//! Launch templates, after
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html> and its sisters.

use crate::{client::Client, instance::Network};

const DATA: &[(&str, &str)] = &[
    ("LaunchTemplateData.InstanceType", "m6i.large"),
    ("LaunchTemplateData.UserData", "IyEvYmluL3NoCg=="),
    ("LaunchTemplateData.MetadataOptions.HttpTokens", "required"),
    ("LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit", "1"),
    ("LaunchTemplateData.BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
    ("LaunchTemplateData.BlockDeviceMapping.1.Ebs.Encrypted", "true"),
    ("LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize", "30"),
    ("LaunchTemplateData.TagSpecification.1.ResourceType", "instance"),
    ("LaunchTemplateData.TagSpecification.1.Tag.1.Key", "Name"),
    ("LaunchTemplateData.TagSpecification.1.Tag.1.Value", "node"),
];

async fn create(client: &Client, name: &str, more: &[(&str, &str)]) -> String {
    let mut params = vec![("LaunchTemplateName", name)];
    params.extend(DATA);
    params.extend(more);
    client.ec2("CreateLaunchTemplate", &params).await.good().text("launchTemplateId")
}

#[tokio::test(start_paused = true)]
async fn a_template_gives_back_what_it_was_given_and_nothing_else() {
    let client = Client::calm();
    let id = create(&client, "nodes", &[]).await;
    let all =
        client.ec2("DescribeLaunchTemplateVersions", &[("LaunchTemplateId", &id)]).await.good();
    assert_eq!(
        (all.text("versionNumber"), all.text("defaultVersion")),
        ("1".into(), "true".into())
    );
    let data = all.body.split("<launchTemplateData>").nth(1).unwrap();
    let data = data.split("</launchTemplateData>").next().unwrap();
    assert_eq!(
        data,
        "<blockDeviceMappingSet><item><deviceName>/dev/xvda</deviceName><ebs><encrypted>true\
         </encrypted><volumeSize>30</volumeSize></ebs></item></blockDeviceMappingSet>\
         <instanceType>m6i.large</instanceType><userData>IyEvYmluL3NoCg==</userData>\
         <tagSpecificationSet><item><resourceType>instance</resourceType><tagSet><item><key>Name\
         </key><value>node</value></item></tagSet></item></tagSpecificationSet><metadataOptions>\
         <httpTokens>required</httpTokens><httpPutResponseHopLimit>1</httpPutResponseHopLimit>\
         </metadataOptions>"
    );
}

#[tokio::test(start_paused = true)]
async fn every_change_is_a_new_version_and_none_becomes_the_default_by_itself() {
    let client = Client::calm();
    let id = create(&client, "nodes", &[]).await;
    let template = ("LaunchTemplateId", &*id);
    let plain = [template, ("LaunchTemplateData.InstanceType", "t3.micro")];
    let second = client.ec2("CreateLaunchTemplateVersion", &plain).await.good();
    assert_eq!(
        (second.text("versionNumber"), second.text("defaultVersion")),
        ("2".into(), "false".into())
    );
    assert!(!second.body.contains("userData"));
    let merged =
        [template, ("SourceVersion", "1"), ("LaunchTemplateData.InstanceType", "t3.micro")];
    let third = client.ec2("CreateLaunchTemplateVersion", &merged).await.good();
    assert_eq!(third.text("userData"), "IyEvYmluL3NoCg==");
    assert_eq!(third.text("instanceType"), "t3.micro");
    let versions = async |asked: &[&str]| {
        let names: Vec<_> =
            (1..).zip(asked).map(|(n, _)| format!("LaunchTemplateVersion.{n}")).collect();
        let mut params = vec![template];
        params.extend(names.iter().map(String::as_str).zip(asked.iter().copied()));
        client.ec2("DescribeLaunchTemplateVersions", &params).await
    };
    assert_eq!(versions(&[]).await.good().texts("versionNumber"), ["3", "2", "1"]);
    assert_eq!(versions(&["$Latest", "$Default"]).await.good().texts("versionNumber"), ["3", "1"]);
    assert_eq!(versions(&["7"]).await.code(), "InvalidLaunchTemplateId.VersionNotFound");
    let default = [template, ("SetDefaultVersion", "2")];
    client.ec2("ModifyLaunchTemplate", &default).await.good();
    let gone = [
        template,
        ("LaunchTemplateVersion.1", "2"),
        ("LaunchTemplateVersion.2", "3"),
        ("LaunchTemplateVersion.3", "9"),
    ];
    let gone = client.ec2("DeleteLaunchTemplateVersions", &gone).await.good();
    assert_eq!(gone.texts("versionNumber"), ["3", "2", "9"]);
    assert_eq!(gone.texts("code"), ["unexpectedError", "launchTemplateVersionDoesNotExist"]);
    // A number is never given again.
    assert_eq!(
        client.ec2("CreateLaunchTemplateVersion", &plain).await.good().text("versionNumber"),
        "4"
    );
    // Without a template: the latest and the default one of all.
    create(&client, "others", &[]).await;
    let all = [("LaunchTemplateVersion.1", "$Latest"), ("LaunchTemplateVersion.2", "$Default")];
    let all = client.ec2("DescribeLaunchTemplateVersions", &all).await.good();
    assert_eq!(all.texts("versionNumber").len(), 3);
    let bare = client.ec2("DescribeLaunchTemplateVersions", &[]).await;
    assert_eq!(bare.code(), "MissingParameter");
}

#[tokio::test(start_paused = true)]
async fn names_are_unique_and_a_template_goes_with_all_its_versions() {
    let client = Client::calm();
    let id = create(&client, "nodes", &[("ClientToken", "t")]).await;
    assert_eq!(create(&client, "nodes", &[("ClientToken", "t")]).await, id);
    let again = [("LaunchTemplateName", "nodes"), DATA[0]];
    let again = client.ec2("CreateLaunchTemplate", &again).await;
    assert_eq!(again.code(), "InvalidLaunchTemplateName.AlreadyExistsException");
    for (params, code) in [
        (
            vec![("LaunchTemplateName", "x y"), DATA[0]],
            "InvalidLaunchTemplateName.MalformedException",
        ),
        (vec![("LaunchTemplateName", "nothing")], "MissingParameter"),
        (
            vec![("LaunchTemplateName", "user-data"), ("LaunchTemplateData.UserData", "%")],
            "InvalidUserData.Malformed",
        ),
        (
            vec![
                ("LaunchTemplateName", "spot"),
                ("LaunchTemplateData.InstanceMarketOptions.MarketType", "spot"),
            ],
            "ClctlSimulatorUnsupported",
        ),
        (
            vec![("LaunchTemplateName", "kernel"), ("LaunchTemplateData.KernelId", "k")],
            "ClctlSimulatorUnsupported",
        ),
    ] {
        assert_eq!(client.ec2("CreateLaunchTemplate", &params).await.code(), code, "{params:?}");
    }
    client.ec2("DeleteLaunchTemplate", &[("LaunchTemplateName", "nodes")]).await.good();
    let by_id = client.ec2("DescribeLaunchTemplates", &[("LaunchTemplateId.1", &id)]).await;
    assert_eq!(by_id.code(), "InvalidLaunchTemplateId.NotFound");
    let by_name = client.ec2("DescribeLaunchTemplates", &[("LaunchTemplateName.1", "nodes")]).await;
    assert_eq!(by_name.code(), "InvalidLaunchTemplateName.NotFoundException");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html>
#[tokio::test(start_paused = true)]
async fn a_launch_says_more_than_its_template() {
    let network = Network::calm().await;
    let client = &network.client;
    let id = create(client, "nodes", &[("LaunchTemplateData.ImageId", &network.image)]).await;
    let params = [
        ("LaunchTemplate.LaunchTemplateId", &*id),
        ("LaunchTemplate.Version", "$Latest"),
        ("InstanceType", "t3.micro"),
        ("SubnetId", &*network.subnet),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "more"),
        ("TagSpecification.1.Tag.1.Value", "1"),
    ];
    let run = client.ec2("RunInstances", &params).await.good();
    assert_eq!(run.text("instanceType"), "t3.micro");
    assert_eq!(
        (run.text("httpTokens"), run.text("httpPutResponseHopLimit")),
        ("required".into(), "1".into())
    );
    let keys = run.texts("key");
    assert_eq!(keys, ["Name", "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version", "more"]);
    let instance = run.text("instanceId");
    let like = client.ec2("GetLaunchTemplateData", &[("InstanceId", &instance)]).await.good();
    assert_eq!(
        (like.text("instanceType"), like.text("httpPutResponseHopLimit")),
        ("t3.micro".into(), "1".into())
    );
    assert_eq!(like.texts("key"), ["Name", "more"]);
    let volume = client.ec2("DescribeVolumes", &[]).await.good();
    assert_eq!((volume.text("size"), volume.text("encrypted")), ("30".into(), "true".into()));
    assert!(volume.text("kmsKeyId").starts_with("arn:aws:kms:us-east-1:123456789012:key/"));
}
