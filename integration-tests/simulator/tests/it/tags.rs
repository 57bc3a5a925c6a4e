//! Tags, after <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>.

use crate::client::Client;

#[tokio::test(start_paused = true)]
async fn tags_at_creation_are_for_the_thing_that_is_made() {
    let client = Client::calm();
    let create = async |kind: &str, tags: &[(&str, &str)]| {
        let mut all = vec![("CidrBlock", "10.0.0.0/16"), ("TagSpecification.1.ResourceType", kind)];
        all.extend(tags);
        client.ec2("CreateVpc", &all).await
    };
    let one = [("TagSpecification.1.Tag.1.Key", "a"), ("TagSpecification.1.Tag.1.Value", "1")];
    assert_eq!(create("subnet", &one).await.code(), "InvalidParameterValue");
    assert_eq!(create("vpc", &[]).await.code(), "InvalidParameterValue");
    let reserved = [("TagSpecification.1.Tag.1.Key", "AWS:x")];
    assert_eq!(create("vpc", &reserved).await.code(), "InvalidParameterValue");
    let twice = [one[0], one[1], ("TagSpecification.1.Tag.2.Key", "a")];
    assert_eq!(create("vpc", &twice).await.code(), "InvalidParameterValue");
    let made = create("vpc", &one).await.good();
    assert_eq!((made.text("key"), made.text("value")), ("a".to_owned(), "1".to_owned()));
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>
#[tokio::test(start_paused = true)]
async fn fifty_tags_are_enough() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let keys: Vec<_> = (1..=51).map(|it| (format!("Tag.{it}.Key"), format!("k{it}"))).collect();
    let mut all: Vec<_> = keys.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    all.push(("ResourceId.1", &vpc));
    assert_eq!(client.ec2("CreateTags", &all).await.code(), "TagLimitExceeded");
    all.remove(0);
    client.ec2("CreateTags", &all).await.good();
    let more = [("ResourceId.1", vpc.as_str()), ("Tag.1.Key", "more")];
    assert_eq!(client.ec2("CreateTags", &more).await.code(), "TagLimitExceeded");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>
#[tokio::test(start_paused = true)]
async fn a_tag_is_deleted_by_key_or_by_key_and_value() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    let on = ("ResourceId.1", vpc.as_str());
    let tags = [on, ("Tag.1.Key", "a"), ("Tag.1.Value", "1"), ("Tag.2.Key", "b")];
    client.ec2("CreateTags", &tags).await.good();
    let left = async || {
        let filter = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", vpc.as_str())];
        client.ec2("DescribeTags", &filter).await.good().texts("key")
    };
    let other = [on, ("Tag.1.Key", "a"), ("Tag.1.Value", "2")];
    client.ec2("DeleteTags", &other).await.good();
    assert_eq!(left().await, ["a", "b"]);
    client.ec2("DeleteTags", &[on, ("Tag.1.Key", "b"), ("Tag.1.Value", "")]).await.good();
    assert_eq!(left().await, ["a"]);
    client.ec2("DeleteTags", &[on]).await.good();
    assert!(left().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_unknown_resource_fails_the_whole_call() {
    let client = Client::calm();
    let vpc = client.vpc().await;
    for (id, code) in [
        ("subnet-0123456789abcdef0", "InvalidSubnetID.NotFound"),
        ("nonsense", "InvalidID"),
        ("i-0123456789abcdef0", "InvalidInstanceID.NotFound"),
        ("snap-0123456789abcdef0", "ClctlSimulatorUnsupported"),
    ] {
        let both = [("ResourceId.1", vpc.as_str()), ("ResourceId.2", id), ("Tag.1.Key", "a")];
        assert_eq!(client.ec2("CreateTags", &both).await.code(), code);
    }
    assert!(client.ec2("DescribeTags", &[]).await.good().texts("key").is_empty());
}
