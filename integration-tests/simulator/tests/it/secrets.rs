//! Secrets, after
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html> and its
//! sisters.

use clctl_simulator::{Lag, Quotas, Settings, Span};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const ONE: &str = "11111111-1111-1111-1111-111111111111";
const TWO: &str = "22222222-2222-2222-2222-222222222222";
const THREE: &str = "33333333-3333-3333-3333-333333333333";

async fn create(client: &Client, name: &str, text: &str) -> Answer {
    let body = json!({ "Name": name, "SecretString": text, "ClientRequestToken": ONE });
    client.secrets("CreateSecret", body).await
}

async fn put(client: &Client, name: &str, token: &str, text: &str) -> Answer {
    let body = json!({ "SecretId": name, "SecretString": text, "ClientRequestToken": token });
    client.secrets("PutSecretValue", body).await
}

async fn on(client: &Client, operation: &str, name: &str) -> Answer {
    client.secrets(operation, json!({ "SecretId": name })).await
}

fn listed(answer: &Answer) -> Vec<String> {
    let all = answer.value()["SecretList"].as_array().unwrap().clone();
    all.iter().map(|it| it["Name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_creation_repeated_with_its_token_is_one_creation() {
    let client = Client::calm();
    let made = create(&client, "/clctl/a", "v").await.good().value();
    assert_eq!(made["VersionId"], ONE);
    let arn = made["ARN"].as_str().unwrap().to_owned();
    let start = "arn:aws:secretsmanager:us-east-1:123456789012:secret:/clctl/a-";
    assert!(arn.strip_prefix(start).is_some_and(|it| it.len() == 6), "{arn}");
    assert_eq!(create(&client, "/clctl/a", "v").await.good().value(), made);
    let other = create(&client, "/clctl/a", "w").await;
    assert_eq!((other.status, other.kind().as_str()), (400, "ResourceExistsException"));
    let body = json!({ "Name": "/clctl/a", "SecretString": "v", "ClientRequestToken": TWO });
    assert_eq!(client.secrets("CreateSecret", body).await.kind(), "ResourceExistsException");
}

#[tokio::test(start_paused = true)]
async fn a_secret_without_a_value_has_no_version() {
    let client = Client::calm();
    let made = client.secrets("CreateSecret", json!({ "Name": "a", "ClientRequestToken": ONE }));
    assert_eq!(made.await.good().value()["VersionId"], Value::Null);
    assert_eq!(on(&client, "DescribeSecret", "a").await.value()["VersionIdsToStages"], Value::Null);
    assert_eq!(on(&client, "GetSecretValue", "a").await.kind(), "ResourceNotFoundException");
    put(&client, "a", TWO, "v").await.good();
    assert_eq!(on(&client, "GetSecretValue", "a").await.good().value()["SecretString"], "v");
}

#[tokio::test(start_paused = true)]
async fn requests_have_rules() {
    let client = Client::calm();
    let long = "x".repeat(513);
    let large = "x".repeat(65_537);
    let tag = json!([{ "Key": "aws:x", "Value": "1" }]);
    let twice = json!([{ "Key": "x", "Value": "1" }, { "Key": "x", "Value": "2" }]);
    let good = json!({ "Name": "a", "SecretString": "v", "ClientRequestToken": ONE });
    for (member, value, code) in [
        ("Name", json!("a b"), "ValidationException"),
        ("Name", json!(""), "ValidationException"),
        ("Name", json!(long), "ValidationException"),
        ("SecretString", json!(""), "ValidationException"),
        ("SecretString", json!(large), "ValidationException"),
        ("SecretBinary", json!("AAAA"), "InvalidParameterException"),
        ("ClientRequestToken", json!("short"), "InvalidParameterException"),
        ("ClientRequestToken", json!(null), "InvalidParameterException"),
        ("Description", json!("x".repeat(2049)), "ValidationException"),
        ("Tags", tag, "InvalidParameterException"),
        ("Tags", twice, "InvalidParameterException"),
        ("AddReplicaRegions", json!([{ "Region": "eu-north-1" }]), "ClctlSimulatorUnsupported"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        assert_eq!(client.secrets("CreateSecret", body).await.kind(), code, "{member}");
    }
    let nothing = client.secrets("ListSecrets", json!({})).await.good();
    assert!(listed(&nothing).is_empty());
    let binary = json!({ "Name": "b", "SecretBinary": "c2VjcmV0", "ClientRequestToken": ONE });
    client.secrets("CreateSecret", binary).await.good();
    let got = on(&client, "GetSecretValue", "b").await.good().value();
    assert_eq!((&got["SecretBinary"], &got["SecretString"]), (&json!("c2VjcmV0"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_put_is_idempotent_by_its_token_and_moves_the_labels() {
    let client = Client::calm();
    create(&client, "a", "1").await.good();
    for _ in 0..2 {
        let answer = put(&client, "a", TWO, "2").await.good().value();
        assert_eq!(answer["VersionStages"], json!(["AWSCURRENT"]));
    }
    assert_eq!(put(&client, "a", TWO, "other").await.kind(), "ResourceExistsException");
    let stages = on(&client, "DescribeSecret", "a").await.value()["VersionIdsToStages"].clone();
    assert_eq!(stages, json!({ ONE: ["AWSPREVIOUS"], TWO: ["AWSCURRENT"] }));
    put(&client, "a", THREE, "3").await.good();
    let stages = on(&client, "DescribeSecret", "a").await.value()["VersionIdsToStages"].clone();
    assert_eq!(stages, json!({ TWO: ["AWSPREVIOUS"], THREE: ["AWSCURRENT"] }));
    for (which, expected) in [
        (json!({}), "3"),
        (json!({ "VersionStage": "AWSPREVIOUS" }), "2"),
        (json!({ "VersionId": ONE }), "1"),
    ] {
        let mut body = which;
        body["SecretId"] = json!("a");
        let got = client.secrets("GetSecretValue", body).await.good().value();
        assert_eq!(got["SecretString"], expected);
    }
    let both = json!({ "SecretId": "a", "VersionId": ONE, "VersionStage": "AWSCURRENT" });
    assert_eq!(client.secrets("GetSecretValue", both).await.kind(), "InvalidRequestException");
    let all = json!({ "SecretId": "a", "IncludeDeprecated": true });
    let all = client.secrets("ListSecretVersionIds", all).await.good().value();
    assert_eq!(all["Versions"].as_array().unwrap().len(), 3);
    assert_eq!(all["Versions"][0]["KmsKeyIds"], json!(["DefaultEncryptionKey"]));
    let labelled = on(&client, "ListSecretVersionIds", "a").await.good().value();
    assert_eq!(labelled["Versions"].as_array().unwrap().len(), 2);
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>
#[tokio::test(start_paused = true)]
async fn labels_move_only_from_where_they_are_said_to_be() {
    let client = Client::calm();
    create(&client, "a", "1").await.good();
    put(&client, "a", TWO, "2").await.good();
    let stage = async |from: Option<&str>, to: Option<&str>, stage: &str| {
        let body = json!({
            "SecretId": "a", "VersionStage": stage, "RemoveFromVersionId": from,
            "MoveToVersionId": to,
        });
        client.secrets("UpdateSecretVersionStage", body).await
    };
    let invalid = "InvalidParameterException";
    assert_eq!(stage(None, Some(ONE), "AWSCURRENT").await.kind(), invalid);
    assert_eq!(stage(Some(ONE), Some(ONE), "AWSCURRENT").await.kind(), invalid);
    assert_eq!(stage(Some(TWO), None, "AWSCURRENT").await.kind(), invalid);
    assert_eq!(stage(None, Some(THREE), "x").await.kind(), "ResourceNotFoundException");
    stage(Some(TWO), Some(ONE), "AWSCURRENT").await.good();
    stage(None, Some(ONE), "mine").await.good();
    let stages = on(&client, "DescribeSecret", "a").await.value()["VersionIdsToStages"].clone();
    assert_eq!(stages, json!({ ONE: ["AWSCURRENT", "mine"], TWO: ["AWSPREVIOUS"] }));
    stage(Some(ONE), None, "mine").await.good();
    let got = on(&client, "GetSecretValue", "a").await.good().value();
    assert_eq!(
        (&got["SecretString"], &got["VersionStages"]),
        (&json!("1"), &json!(["AWSCURRENT"]))
    );
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
#[tokio::test(start_paused = true)]
async fn versions_are_many_in_a_day_and_a_hundred_after_it() {
    let client = Client::calm();
    create(&client, "a", "1").await.good();
    let token = |number: u32| format!("00000000-0000-0000-0000-{number:012}");
    for number in 0..99 {
        put(&client, "a", &token(number), "x").await.good();
    }
    assert_eq!(put(&client, "a", &token(100), "x").await.kind(), "LimitExceededException");
    client.wait(25 * 3600).await;
    put(&client, "a", &token(100), "x").await.good();
    let all = json!({ "SecretId": "a", "IncludeDeprecated": true });
    let all = client.secrets("ListSecretVersionIds", all).await.good().value();
    assert_eq!(all["Versions"].as_array().unwrap().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_it_names() {
    let client = Client::calm();
    let body = json!({
        "Name": "a", "SecretString": "1", "ClientRequestToken": ONE, "Description": "first",
    });
    client.secrets("CreateSecret", body).await.good();
    let before = on(&client, "DescribeSecret", "a").await.value();
    client.wait(10).await;
    let nothing = json!({ "SecretId": "a", "Description": "second" });
    let answer = client.secrets("UpdateSecret", nothing).await.good().value();
    assert_eq!(answer["VersionId"], Value::Null);
    let after = on(&client, "DescribeSecret", "a").await.value();
    assert_eq!(after["Description"], "second");
    assert_eq!(after["VersionIdsToStages"], before["VersionIdsToStages"]);
    assert!(after["LastChangedDate"].as_f64() > before["LastChangedDate"].as_f64());
    let value = json!({ "SecretId": "a", "SecretString": "2", "ClientRequestToken": TWO });
    let answer = client.secrets("UpdateSecret", value.clone()).await.good().value();
    assert_eq!(answer["VersionId"], TWO);
    let again = client.secrets("UpdateSecret", value).await;
    assert_eq!(again.kind(), "ResourceExistsException", "as its reference says");
    assert_eq!(on(&client, "GetSecretValue", "a").await.value()["SecretString"], "2");
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html>
#[tokio::test(start_paused = true)]
async fn a_secret_is_found_by_name_whole_arn_and_partial_arn() {
    let client = Client::calm();
    let arn = create(&client, "a", "1").await.good().value()["ARN"].as_str().unwrap().to_owned();
    let partial = arn.rsplit_once('-').unwrap().0.to_owned();
    for id in ["a", &arn, &partial] {
        assert_eq!(on(&client, "DescribeSecret", id).await.good().value()["ARN"], arn);
    }
    let like = create(&client, "b-secret", "1").await.good().value()["ARN"].clone();
    let partial = like.as_str().unwrap().rsplit_once('-').unwrap().0.to_owned();
    for id in [partial.as_str(), "nope", &format!("{partial}-zzzzzz")] {
        let missing = on(&client, "DescribeSecret", id).await;
        assert_eq!(missing.kind(), "ResourceNotFoundException", "{id}");
    }
    assert_eq!(on(&client, "DescribeSecret", "a?").await.kind(), "ValidationException");
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
#[tokio::test(start_paused = true)]
async fn a_deleted_secret_keeps_its_name_until_the_window_is_over() {
    let client = Client::calm();
    let first = create(&client, "a", "1").await.good().value()["ARN"].clone();
    for (days, forced) in [(json!(6), false), (json!(31), false), (json!(7), true)] {
        let body = json!({
            "SecretId": "a", "RecoveryWindowInDays": days, "ForceDeleteWithoutRecovery": forced,
        });
        let refused = client.secrets("DeleteSecret", body).await;
        assert_eq!(refused.kind(), "InvalidParameterException", "{days}");
    }
    let week = json!({ "SecretId": "a", "RecoveryWindowInDays": 7 });
    client.secrets("DeleteSecret", week.clone()).await.good();
    let refused = "InvalidRequestException";
    assert_eq!(client.secrets("DeleteSecret", week.clone()).await.kind(), refused);
    let again = create(&client, "a", "1").await;
    assert_eq!(again.kind(), refused);
    assert!(again.body.contains("a secret with this name is already scheduled for deletion"));
    for operation in ["GetSecretValue", "GetResourcePolicy"] {
        assert_eq!(on(&client, operation, "a").await.kind(), refused, "{operation}");
    }
    assert_eq!(put(&client, "a", TWO, "2").await.kind(), refused);
    assert!(on(&client, "DescribeSecret", "a").await.good().value()["DeletedDate"].is_f64());
    let shown = client.secrets("ListSecrets", json!({})).await;
    assert!(listed(&shown).is_empty());
    let planned = client.secrets("ListSecrets", json!({ "IncludePlannedDeletion": true })).await;
    assert_eq!(listed(&planned), ["a"]);
    assert_eq!(client.simulator.with(|world| world.lingering()).len(), 1);
    on(&client, "RestoreSecret", "a").await.good();
    assert_eq!(on(&client, "GetSecretValue", "a").await.good().value()["SecretString"], "1");
    client.secrets("DeleteSecret", week).await.good();
    client.wait(7 * 86_400 + 60).await;
    assert_eq!(on(&client, "DescribeSecret", "a").await.kind(), "ResourceNotFoundException");
    assert_eq!(on(&client, "RestoreSecret", "a").await.kind(), "ResourceNotFoundException");
    let second = create(&client, "a", "1").await.good().value()["ARN"].clone();
    assert_ne!(first, second);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_by_force_has_no_way_back_and_takes_a_moment() {
    let client = Client::calm();
    create(&client, "a", "1").await.good();
    let forced = json!({ "SecretId": "a", "ForceDeleteWithoutRecovery": true });
    client.secrets("DeleteSecret", forced.clone()).await.good();
    assert_eq!(on(&client, "RestoreSecret", "a").await.kind(), "InvalidRequestException");
    assert_eq!(create(&client, "a", "1").await.kind(), "InvalidRequestException");
    client.wait(60).await;
    client.secrets("DeleteSecret", forced).await.good();
    let gone = on(&client, "DeleteSecret", "a").await;
    assert_eq!(gone.kind(), "ResourceNotFoundException");
    create(&client, "a", "2").await.good();
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html>
#[tokio::test(start_paused = true)]
async fn lists_are_filtered_and_come_in_pages() {
    let client = Client::calm();
    for (name, key) in [("/env/one", "env"), ("/env/two", "env-x"), ("other", "x")] {
        let body = json!({
            "Name": name, "Description": format!("The {name}"),
            "Tags": [{ "Key": key, "Value": "v1" }],
        });
        client.secrets("CreateSecret", body).await.good();
        client.wait(1).await;
    }
    let found = async |key: &str, values: Value| {
        let body = json!({ "Filters": [{ "Key": key, "Values": values }] });
        client.secrets("ListSecrets", body).await
    };
    for (key, value, names) in [
        ("name", json!(["/env/"]), vec!["/env/one", "/env/two"]),
        ("name", json!(["/ENV/"]), vec![]),
        ("name", json!(["!/env/"]), vec!["other"]),
        ("tag-key", json!(["env"]), vec!["/env/one", "/env/two"]),
        ("tag-key", json!(["x"]), vec!["other"]),
        ("tag-value", json!(["v"]), vec!["/env/one", "/env/two", "other"]),
        ("description", json!(["the /ENV/"]), vec!["/env/one", "/env/two"]),
        ("all", json!(["two"]), vec!["/env/two"]),
        ("name", json!(["other", "/env/one"]), vec!["/env/one", "other"]),
    ] {
        assert_eq!(listed(&found(key, value.clone()).await.good()), names, "{key} {value}");
    }
    assert_eq!(found("name", json!(["a*"])).await.kind(), "ValidationException");
    let page = client.secrets("ListSecrets", json!({ "MaxResults": 2 })).await.good();
    assert_eq!(listed(&page), ["/env/one", "/env/two"]);
    let next = json!({ "MaxResults": 2, "NextToken": page.value()["NextToken"] });
    let rest = client.secrets("ListSecrets", next).await.good();
    assert_eq!((listed(&rest), &rest.value()["NextToken"]), (vec!["other".into()], &Value::Null));
    let wrong = client.secrets("ListSecrets", json!({ "NextToken": "x" })).await;
    assert_eq!(wrong.kind(), "InvalidNextTokenException");
    let many = client.secrets("ListSecrets", json!({ "MaxResults": 101 })).await;
    assert_eq!(many.kind(), "ValidationException");
    let fall = client.secrets("ListSecrets", json!({ "SortOrder": "desc" })).await.good();
    assert_eq!(listed(&fall), ["other", "/env/two", "/env/one"]);
}

#[tokio::test(start_paused = true)]
async fn lists_lag_more_than_descriptions() {
    let lag = Lag { by_id: Span::fixed(0), listed: Span::seconds(300, 300), dependents: false };
    let client = Client::new(Settings { lag, ..Settings::calm() });
    create(&client, "a", "1").await.good();
    on(&client, "DescribeSecret", "a").await.good();
    let mut seen = 0;
    for _ in 0..20 {
        seen += listed(&client.secrets("ListSecrets", json!({})).await).len();
    }
    assert!(seen < 20, "{seen}");
    client.wait(300).await;
    assert_eq!(listed(&client.secrets("ListSecrets", json!({})).await), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn tags_come_and_go_and_are_fifty_at_most() {
    let client = Client::calm();
    create(&client, "a", "1").await.good();
    let tags: Vec<_> = (0..50).map(|it| json!({ "Key": format!("k{it}"), "Value": "" })).collect();
    client.secrets("TagResource", json!({ "SecretId": "a", "Tags": tags })).await.good();
    let one = json!({ "SecretId": "a", "Tags": [{ "Key": "more", "Value": "1" }] });
    let many = client.secrets("TagResource", one).await;
    assert_eq!(many.kind(), "InvalidParameterException");
    let keys: Vec<_> = (1..50).map(|it| format!("k{it}")).chain(["absent".into()]).collect();
    client.secrets("UntagResource", json!({ "SecretId": "a", "TagKeys": keys })).await.good();
    let shown = on(&client, "DescribeSecret", "a").await.good().value();
    assert_eq!(shown["Tags"], json!([{ "Key": "k0", "Value": "" }]));
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>
#[tokio::test(start_paused = true)]
async fn passwords_have_what_is_asked_for() {
    let client = Client::calm();
    let password = async |body: Value| {
        let answer = client.secrets("GetRandomPassword", body).await;
        (answer.kind(), answer.value()["RandomPassword"].as_str().unwrap_or_default().to_owned())
    };
    let (_, first) = password(json!({})).await;
    let (_, second) = password(json!({})).await;
    assert_eq!(first.len(), 32);
    assert_ne!(first, second);
    for _ in 0..20 {
        let (_, short) = password(json!({ "PasswordLength": 4 })).await;
        let has = |test: fn(char) -> bool| short.chars().any(test);
        assert!(
            has(|it| it.is_ascii_lowercase())
                && has(|it| it.is_ascii_uppercase())
                && has(|it| it.is_ascii_digit())
                && has(|it| it.is_ascii_punctuation()),
            "{short}"
        );
    }
    let body = json!({
        "PasswordLength": 200, "ExcludePunctuation": true, "ExcludeUppercase": true,
        "ExcludeCharacters": "abc012", "IncludeSpace": true,
    });
    let (_, plain) = password(body).await;
    let good = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == ' ';
    assert!(plain.chars().all(|it| good(it) && !"abc012".contains(it)), "{plain}");
    assert!(plain.contains(' '));
    for (body, code) in [
        (json!({ "PasswordLength": 3 }), "InvalidParameterException"),
        (json!({ "PasswordLength": 0 }), "ValidationException"),
        (json!({ "PasswordLength": 4097 }), "ValidationException"),
        (json!({ "ExcludeCharacters": "0123456789" }), "InvalidParameterException"),
    ] {
        assert_eq!(password(body.clone()).await.0, code, "{body}");
    }
    let loose = json!({ "ExcludeCharacters": "0123456789", "RequireEachIncludedType": false });
    assert_eq!(password(loose).await.1.len(), 32);
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>
#[tokio::test(start_paused = true)]
async fn a_resource_policy_is_read_before_it_is_kept() {
    let client = Client::calm();
    create(&client, "a", "1").await.good();
    let put = async |policy: &str, block: bool| {
        let body = json!({ "SecretId": "a", "ResourcePolicy": policy, "BlockPublicPolicy": block });
        client.secrets("PutResourcePolicy", body).await
    };
    let public = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }],
    });
    let mut nobody = public.clone();
    nobody["Statement"][0]["Principal"] = Value::Null;
    nobody["Statement"][0].as_object_mut().unwrap().remove("Principal");
    for wrong in ["nonsense", "{}", &nobody.to_string()] {
        assert_eq!(put(wrong, false).await.kind(), "MalformedPolicyDocumentException", "{wrong}");
    }
    let mut stranger = public.clone();
    stranger["Statement"][0]["Principal"] =
        json!({ "AWS": "arn:aws:iam::123456789012:role/nobody" });
    let refused = put(&stranger.to_string(), false).await;
    assert_eq!(refused.kind(), "MalformedPolicyDocumentException");
    assert!(refused.body.contains("unsupported principal"));
    assert_eq!(put(&public.to_string(), true).await.kind(), "PublicPolicyException");
    let none = on(&client, "GetResourcePolicy", "a").await.good().value();
    assert_eq!(none["ResourcePolicy"], Value::Null);
    put(&public.to_string(), false).await.good();
    let kept = on(&client, "GetResourcePolicy", "a").await.good().value();
    assert_eq!(kept["ResourcePolicy"], public.to_string());
    on(&client, "DeleteResourcePolicy", "a").await.good();
    let none = on(&client, "GetResourcePolicy", "a").await.good().value();
    assert_eq!(none["ResourcePolicy"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn there_are_quotas() {
    let quotas = Quotas { secrets: 1, ..Quotas::default() };
    let client = Client::new(Settings { quotas, ..Settings::calm() });
    create(&client, "a", "1").await.good();
    assert_eq!(create(&client, "b", "1").await.kind(), "LimitExceededException");
}

#[tokio::test(start_paused = true)]
async fn a_value_is_in_no_debug_output() {
    let client = Client::calm();
    create(&client, "a", "hush-hush").await.good();
    let put = json!({ "Name": "/p", "Value": "hush-hush", "Type": "SecureString" });
    client.ssm("PutParameter", put).await.good();
    let shown = client.simulator.with(|world| format!("{world:?}"));
    assert!(shown.contains("AWSCURRENT") && !shown.contains("hush-hush"));
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
#[tokio::test(start_paused = true)]
async fn a_value_needs_a_key_that_can_be_used_and_an_empty_secret_none() {
    let client = Client::calm();
    let made = client.kms("CreateKey", json!({})).await.good().value();
    let key = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let with = async |name: &str, key: &str| {
        let body = json!({
            "Name": name, "SecretString": "1", "ClientRequestToken": ONE, "KmsKeyId": key,
        });
        client.secrets("CreateSecret", body).await
    };
    with("a", &key).await.good();
    assert_eq!(on(&client, "DescribeSecret", "a").await.value()["KmsKeyId"], key);
    let versions = on(&client, "ListSecretVersionIds", "a").await.value();
    assert_eq!(versions["Versions"][0]["KmsKeyIds"], json!([key]));
    assert_eq!(with("b", "alias/none").await.kind(), "EncryptionFailure");
    let empty = json!({ "Name": "b", "KmsKeyId": "alias/none", "ClientRequestToken": ONE });
    client.secrets("CreateSecret", empty).await.good();
    assert_eq!(put(&client, "b", TWO, "1").await.kind(), "EncryptionFailure");
    client.kms("DisableKey", json!({ "KeyId": key })).await.good();
    assert_eq!(on(&client, "GetSecretValue", "a").await.kind(), "DecryptionFailure");
    assert_eq!(put(&client, "a", TWO, "2").await.kind(), "EncryptionFailure");
    on(&client, "DescribeSecret", "a").await.good();
    let default = json!({ "SecretId": "a", "KmsKeyId": "" });
    client.secrets("UpdateSecret", default).await.good();
    assert_eq!(on(&client, "DescribeSecret", "a").await.value()["KmsKeyId"], Value::Null);
    on(&client, "GetSecretValue", "a").await.good();
    let named = with("c", "alias/aws/secretsmanager").await.good();
    assert!(named.value()["VersionId"].is_string());
    assert_eq!(on(&client, "DescribeSecret", "c").await.value()["KmsKeyId"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_policy_does_not_let_the_caller_in_is_denied() {
    let client = Client::calm();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
                "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*",
            },
            {
                "Effect": "Allow", "Principal": { "AWS": "*" },
                "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*",
                "Condition": {
                    "StringEquals": { "kms:ViaService": "secretsmanager.eu-north-1.amazonaws.com" },
                },
            },
        ],
    });
    let body = json!({ "Policy": policy.to_string() });
    let made = client.kms("CreateKey", body).await.good().value();
    let body = json!({
        "Name": "a", "SecretString": "1", "ClientRequestToken": ONE,
        "KmsKeyId": made["KeyMetadata"]["Arn"],
    });
    let denied = client.secrets("CreateSecret", body).await;
    assert_eq!((denied.status, denied.kind().as_str()), (400, "AccessDeniedException"));
}

#[tokio::test(start_paused = true)]
async fn somebody_changes_what_is_ours() {
    let client = Client::calm();
    let body = json!({
        "Name": "a", "SecretString": "1", "ClientRequestToken": ONE,
        "Tags": [{ "Key": "clctl.dev/uid", "Value": "u" }, { "Key": "x", "Value": "1" }],
    });
    client.secrets("CreateSecret", body).await.good();
    let untouched = on(&client, "DescribeSecret", "a").await.value();
    let mut said = std::collections::BTreeSet::new();
    for seed in 0..30 {
        let mut world = client.simulator.with(|world| world.clone());
        let says = world.drift(seed).unwrap();
        let other = Client::calm();
        other.simulator.with(|it| *it = world);
        let drifted = on(&other, "DescribeSecret", "a").await.good().value();
        assert_ne!(drifted, untouched, "{says}");
        assert_eq!(drifted["Tags"][0]["Key"], "clctl.dev/uid");
        said.insert(says);
    }
    assert_eq!(said.len(), 6, "{said:?}");
}
