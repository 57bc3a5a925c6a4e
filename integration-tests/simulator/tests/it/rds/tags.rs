//! Tags, and the tagging API's view of them.

use serde_json::json;

use super::{running, seen};

const ARN: &str = "arn:aws:rds:us-east-1:123456789012:db:db";

#[tokio::test(start_paused = true)]
async fn tags_come_with_the_instance_and_change_later() {
    let tags =
        [("Tags.Tag.1.Key", "owner"), ("Tags.Tag.1.Value", "me"), ("CopyTagsToSnapshot", "true")];
    let (client, _net) = running(&tags).await;
    let there = seen(&client, "db").await;
    assert_eq!(there.text("TagList"), "<Tag><Key>owner</Key><Value>me</Value></Tag>");
    let more = [("ResourceName", ARN), ("Tags.Tag.1.Key", "stage"), ("Tags.Tag.1.Value", "")];
    client.rds("AddTagsToResource", &more).await.good();
    let named = [("ResourceName", ARN)];
    let listed = client.rds("ListTagsForResource", &named).await.good();
    assert_eq!(listed.texts("Key"), ["owner", "stage"]);
    let automated = client.rds("DescribeDBSnapshots", &[]).await.good();
    assert_eq!(automated.texts("Key"), ["owner"]);
    let found = client.tagging("GetResources", json!({ "ResourceTypeFilters": ["rds:db"] })).await;
    let found = found.good().value();
    assert_eq!(found["ResourceTagMappingList"][0]["ResourceARN"], ARN);
    let gone = [named[0], ("TagKeys.member.1", "owner")];
    client.rds("RemoveTagsFromResource", &gone).await.good();
    let listed = client.rds("ListTagsForResource", &named).await.good();
    assert_eq!(listed.texts("Key"), ["stage"]);
}

#[tokio::test(start_paused = true)]
async fn groups_tell_their_tags_only_where_they_are_asked_for() {
    let client = crate::client::Client::calm();
    let group = [
        ("DBParameterGroupName", "mine"),
        ("DBParameterGroupFamily", "postgres17"),
        ("Description", "x"),
        ("Tags.Tag.1.Key", "owner"),
        ("Tags.Tag.1.Value", "me"),
    ];
    let made = client.rds("CreateDBParameterGroup", &group).await.good();
    assert!(made.texts("Key").is_empty());
    let named = [("ResourceName", "arn:aws:rds:us-east-1:123456789012:pg:mine")];
    let listed = client.rds("ListTagsForResource", &named).await.good();
    assert_eq!(listed.texts("Key"), ["owner"]);
    let found = client.tagging("GetResources", json!({ "ResourceTypeFilters": ["rds:pg"] })).await;
    assert!(found.good().body.contains("pg:mine"));
}

#[tokio::test(start_paused = true)]
async fn wrong_tags_and_wrong_names_are_refused() {
    let (client, _net) = running(&[]).await;
    let add =
        |arn, key| [("ResourceName", arn), ("Tags.Tag.1.Key", key), ("Tags.Tag.1.Value", "x")];
    for (params, code) in [
        (add(ARN, "aws:mine"), "InvalidParameterValue"),
        (add("db", "a"), "InvalidParameterValue"),
        (add("arn:aws:rds:us-east-1:123456789012:db:none", "a"), "DBInstanceNotFound"),
        (add("arn:aws:rds:us-east-1:123456789012:subgrp:none", "a"), "DBSubnetGroupNotFoundFault"),
        (add("arn:aws:rds:us-east-1:123456789012:og:mine", "a"), "ClctlSimulatorUnsupported"),
    ] {
        assert_eq!(client.rds("AddTagsToResource", &params).await.code(), code, "{params:?}");
    }
    let none = client.rds("AddTagsToResource", &[("ResourceName", ARN)]).await;
    assert_eq!(none.code(), "MissingParameter");
}
