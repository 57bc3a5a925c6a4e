//! Log groups, after
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>.

use serde_json::json;

use super::{allow, arn, calm, takes, to};

#[tokio::test(start_paused = true)]
async fn a_log_group_takes_a_permission_for_each_call() {
    let both = calm().await;
    let (name, bare) = ("/node/a", arn("logs", "log-group:/node/a"));
    let whole = format!("{bare}:log-stream:");
    let make = [
        to("logs:CreateLogGroup", &whole).when("aws:RequestTag/owner", "us"),
        to("logs:TagResource", &bare).when("aws:RequestTag/owner", "us"),
    ];
    let new = json!({ "logGroupName": name, "tags": { "owner": "us" } });
    takes(&both, &make, async |it| it.logs("CreateLogGroup", new.clone()).await).await;
    let named = json!({ "logGroupName": name });
    let days = json!({ "logGroupName": name, "retentionInDays": 7 });
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        {
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "kms:*", "Resource": "*",
        },
        {
            "Effect": "Allow", "Principal": { "Service": "logs.us-east-1.amazonaws.com" },
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                "kms:Describe*"],
            "Resource": "*",
            "Condition": { "ArnEquals": { "kms:EncryptionContext:aws:logs:arn": bare } },
        },
    ] });
    let key = json!({ "Policy": policy.to_string() });
    let key = both.0.kms("CreateKey", key).await.good().value();
    // CloudWatch Logs uses the key in its own name: the caller needs no permission on it.
    let associate = json!({ "logGroupName": name, "kmsKeyId": key["KeyMetadata"]["Arn"] });
    for (action, body) in [
        ("logs:PutRetentionPolicy", days),
        ("logs:DeleteRetentionPolicy", named.clone()),
        ("logs:AssociateKmsKey", associate),
        ("logs:DescribeLogStreams", named.clone()),
    ] {
        let grant = to(action, &whole).when("aws:ResourceTag/owner", "us");
        let operation = action.trim_start_matches("logs:");
        takes(&both, &[grant], async |it| it.logs(operation, body.clone()).await).await;
    }
    for (action, body) in [
        ("logs:ListTagsForResource", json!({ "resourceArn": bare })),
        ("logs:TagResource", json!({ "resourceArn": bare, "tags": { "k": "v" } })),
        ("logs:UntagResource", json!({ "resourceArn": bare, "tagKeys": ["k"] })),
    ] {
        let grant = to(action, &bare).when("aws:ResourceTag/owner", "us");
        let operation = action.trim_start_matches("logs:");
        takes(&both, &[grant], async |it| it.logs(operation, body.clone()).await).await;
    }
    for (body, of) in [
        (json!({}), arn("logs", "log-group::log-stream:")),
        (json!({ "logGroupNamePrefix": "/node/" }), arn("logs", "log-group:/node/:log-stream:")),
    ] {
        let list = [to("logs:DescribeLogGroups", of)];
        takes(&both, &list, async |it| it.logs("DescribeLogGroups", body.clone()).await).await;
    }
    let answers = |answer: u64| {
        let fact = ("permission-to-list-log-groups".to_owned(), answer);
        both.0.simulator.with(|world| world.settings_mut().disputes.extend([fact]));
    };
    answers(1);
    let all = [to("logs:DescribeLogGroups", "*")];
    takes(&both, &all, async |it| it.logs("DescribeLogGroups", json!({})).await).await;
    answers(0);
    let stream = [to("logs:CreateLogStream", format!("{whole}s"))];
    let body = json!({ "logGroupName": name, "logStreamName": "s" });
    takes(&both, &stream, async |it| it.logs("CreateLogStream", body.clone()).await).await;
    let delete = [to("logs:DeleteLogGroup", &whole).when("aws:ResourceTag/owner", "us")];
    takes(&both, &delete, async |it| it.logs("DeleteLogGroup", named.clone()).await).await;
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
#[tokio::test(start_paused = true)]
async fn the_older_permission_to_tag_is_good_at_creation_and_a_star_covers_the_streams() {
    let (admin, role) = calm().await;
    let policy = json!([{
        "Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:TagLogGroup"],
        "Resource": [arn("logs", "log-group:/node/*:*"), arn("logs", "log-group:/node/*")]
    }]);
    allow(&admin, &policy).await;
    let new = json!({ "logGroupName": "/node/b", "tags": { "owner": "us" } });
    role.logs("CreateLogGroup", new).await.good();
}
