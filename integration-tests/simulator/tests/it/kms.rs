//! Keys, after <https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html> and
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>.

use clctl_simulator::{Lag, Settings, Span, World};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const DAY: u64 = 86_400;

fn value(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn kind(answer: &Answer) -> String {
    value(answer)["__type"].as_str().unwrap_or_default().to_owned()
}

fn says(answer: &Answer) -> String {
    value(answer)["message"].as_str().unwrap_or_default().to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Client {
    /// A call of KMS that has to be good.
    async fn kms_good(&self, operation: &str, body: Value) -> Value {
        value(&self.kms(operation, body).await.good())
    }

    /// A new key: its id.
    async fn key(&self) -> String {
        text(&self.kms_good("CreateKey", json!({})).await["KeyMetadata"]["KeyId"])
    }

    async fn state(&self, key: &str) -> String {
        let metadata = self.kms_good("DescribeKey", json!({ "KeyId": key })).await;
        text(&metadata["KeyMetadata"]["KeyState"])
    }

    /// All items of a list, page by page.
    async fn all(&self, operation: &str, list: &str, mut body: Value) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = self.kms_good(operation, body.clone()).await;
            all.extend(page[list].as_array().unwrap().clone());
            assert_eq!(page["Truncated"].as_bool(), Some(page.get("NextMarker").is_some()));
            let Some(next) = page.get("NextMarker") else { return all };
            body["Marker"] = next.clone();
        }
    }
}

fn arn(key: &str) -> String {
    format!("arn:aws:kms:us-east-1:123456789012:key/{key}")
}

/// A policy with one statement more than the account's own.
fn policy(statement: &Value) -> String {
    let root = json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": "kms:*", "Resource": "*",
    });
    json!({ "Version": "2012-10-17", "Statement": [root, statement] }).to_string()
}

#[tokio::test(start_paused = true)]
async fn every_create_call_makes_a_key_with_what_it_was_given() {
    let client = Client::calm();
    let wanted = json!({
        "Description": "of the node", "Tags": [{ "TagKey": "env", "TagValue": "one" }],
        "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
        "MultiRegion": false,
    });
    let first = client.kms_good("CreateKey", wanted.clone()).await["KeyMetadata"].clone();
    let second = client.kms_good("CreateKey", wanted).await["KeyMetadata"].clone();
    assert_ne!(first["KeyId"], second["KeyId"]);
    let id = text(&first["KeyId"]);
    for name in [id.clone(), arn(&id)] {
        let shown = client.kms_good("DescribeKey", json!({ "KeyId": name })).await;
        assert_eq!(shown["KeyMetadata"], first);
    }
    assert_eq!(first["Arn"], arn(&id));
    assert_eq!(first["Description"], "of the node");
    assert_eq!((&first["KeyState"], &first["Enabled"]), (&json!("Enabled"), &json!(true)));
    assert_eq!(first["KeyManager"], "CUSTOMER");
    let tags = client.kms_good("ListResourceTags", json!({ "KeyId": id })).await;
    assert_eq!(tags["Tags"], json!([{ "TagKey": "env", "TagValue": "one" }]));
    let said = client.kms_good("GetKeyPolicy", json!({ "KeyId": id })).await;
    assert_eq!(said["PolicyName"], "default");
    let usual: Value = serde_json::from_str(said["Policy"].as_str().unwrap()).unwrap();
    let account = &usual["Statement"][0]["Principal"]["AWS"];
    assert_eq!(account, "arn:aws:iam::123456789012:root");
}

#[tokio::test(start_paused = true)]
async fn other_kinds_of_keys_are_refused_loudly() {
    let client = Client::calm();
    for body in [
        json!({ "KeySpec": "RSA_2048" }),
        json!({ "KeyUsage": "SIGN_VERIFY" }),
        json!({ "Origin": "EXTERNAL" }),
        json!({ "MultiRegion": true }),
        json!({ "XksKeyId": "x" }),
    ] {
        let refused = client.kms("CreateKey", body.clone()).await;
        assert_eq!(kind(&refused), "ClctlSimulatorUnsupported", "{body}");
    }
    let encrypt = client.kms("Encrypt", json!({ "KeyId": client.key().await })).await;
    assert_eq!(encrypt.status, 501);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_found_by_the_names_that_are_its_own() {
    let client = Client::calm();
    let key = client.key().await;
    let unknown = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let elsewhere = format!("arn:aws:kms:eu-west-1:123456789012:key/{key}");
    let volume = format!("arn:aws:ebs:us-east-1:123456789012:key/{key}");
    for (name, code, message) in [
        (unknown, "NotFoundException", format!("Key '{}' does not exist", arn(unknown))),
        ("what", "NotFoundException", "Invalid keyId 'what'".to_owned()),
        (&elsewhere, "NotFoundException", "Invalid arn eu-west-1".to_owned()),
        (&volume, "InvalidArnException", format!("Invalid arn {volume}")),
        (
            "alias/none",
            "NotFoundException",
            "Alias arn:aws:kms:us-east-1:123456789012:alias/none is not found.".to_owned(),
        ),
    ] {
        let refused = client.kms("DescribeKey", json!({ "KeyId": name })).await;
        assert_eq!((kind(&refused).as_str(), says(&refused)), (code, message));
    }
    let nothing = client.kms("DescribeKey", json!({})).await;
    assert_eq!(kind(&nothing), "ValidationException");
    let body = json!({ "AliasName": "alias/mine", "TargetKeyId": arn(&key) });
    client.kms_good("CreateAlias", body).await;
    for name in ["alias/mine", "arn:aws:kms:us-east-1:123456789012:alias/mine"] {
        let shown = client.kms_good("DescribeKey", json!({ "KeyId": name })).await;
        assert_eq!(shown["KeyMetadata"]["KeyId"], key);
        let policy = client.kms("GetKeyPolicy", json!({ "KeyId": name })).await;
        assert_eq!(kind(&policy), "NotFoundException");
    }
}

/// The table of <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>.
#[tokio::test(start_paused = true)]
async fn the_state_of_a_key_decides_what_it_can_be_asked() {
    let client = Client::calm();
    let (disabled, pending) = (client.key().await, client.key().await);
    let other = client.key().await;
    for (name, key) in [("alias/disabled", &disabled), ("alias/pending", &pending)] {
        client.kms_good("CreateAlias", json!({ "AliasName": name, "TargetKeyId": key })).await;
    }
    client.kms_good("DisableKey", json!({ "KeyId": disabled })).await;
    client.kms_good("ScheduleKeyDeletion", json!({ "KeyId": pending })).await;
    assert_eq!(client.state(&disabled).await, "Disabled");
    assert_eq!(client.state(&pending).await, "PendingDeletion");
    let grant = json!({
        "GranteePrincipal": "arn:aws:iam::123456789012:root", "Operations": ["Decrypt"],
    });
    let tags = json!({ "Tags": [{ "TagKey": "a", "TagValue": "b" }] });
    let account = policy(&json!({
        "Effect": "Allow", "Principal": "*", "Action": "kms:DescribeKey", "Resource": "*",
    }));
    let fine = ["", ""];
    let calls = [
        ("EnableKeyRotation", json!({}), ["DisabledException", "KMSInvalidStateException"]),
        ("DisableKeyRotation", json!({}), ["DisabledException", "KMSInvalidStateException"]),
        ("CreateGrant", grant, ["DisabledException", "KMSInvalidStateException"]),
        ("GetKeyRotationStatus", json!({}), fine),
        ("GetKeyPolicy", json!({}), fine),
        ("PutKeyPolicy", json!({ "Policy": account }), fine),
        ("ListResourceTags", json!({}), fine),
        ("ListGrants", json!({}), fine),
        ("TagResource", tags, ["", "KMSInvalidStateException"]),
        ("UntagResource", json!({ "TagKeys": ["a"] }), ["", "KMSInvalidStateException"]),
        ("UpdateKeyDescription", json!({ "Description": "" }), ["", "KMSInvalidStateException"]),
        ("DisableKey", json!({}), ["", "KMSInvalidStateException"]),
        ("CancelKeyDeletion", json!({}), ["KMSInvalidStateException", ""]),
    ];
    for (operation, body, codes) in calls {
        for (key, code) in [&disabled, &pending].into_iter().zip(codes) {
            let mut body = body.clone();
            body["KeyId"] = json!(key);
            let answer = client.kms(operation, body).await;
            assert_eq!(kind(&answer), code, "{operation} {}", answer.body);
        }
    }
    client.kms_good("ScheduleKeyDeletion", json!({ "KeyId": pending })).await;
    for (operation, body) in [
        ("ScheduleKeyDeletion", json!({ "KeyId": pending })),
        ("EnableKey", json!({ "KeyId": pending })),
        ("CreateAlias", json!({ "AliasName": "alias/more", "TargetKeyId": pending })),
        ("UpdateAlias", json!({ "AliasName": "alias/disabled", "TargetKeyId": pending })),
    ] {
        let refused = client.kms(operation, body).await;
        let expected = format!("{} is pending deletion.", arn(&pending));
        let code = "KMSInvalidStateException".to_owned();
        assert_eq!((kind(&refused), says(&refused)), (code, expected), "{operation}");
    }
    let away = json!({ "AliasName": "alias/pending", "TargetKeyId": other });
    client.kms_good("UpdateAlias", away).await;
    client.kms_good("DeleteAlias", json!({ "AliasName": "alias/disabled" })).await;
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html>
#[tokio::test(start_paused = true)]
async fn a_key_goes_with_its_aliases_when_its_window_has_passed() {
    let client = Client::calm();
    let key = client.key().await;
    let alias = json!({ "AliasName": "alias/mine", "TargetKeyId": key });
    client.kms_good("CreateAlias", alias.clone()).await;
    for days in [6, 31] {
        let body = json!({ "KeyId": key, "PendingWindowInDays": days });
        assert_eq!(kind(&client.kms("ScheduleKeyDeletion", body).await), "ValidationException");
    }
    let body = json!({ "KeyId": key, "PendingWindowInDays": 7 });
    let answer = client.kms_good("ScheduleKeyDeletion", body).await;
    assert_eq!(answer["KeyId"], arn(&key));
    assert_eq!(answer["KeyState"], "PendingDeletion");
    let shown = client.kms_good("DescribeKey", json!({ "KeyId": key })).await;
    assert_eq!(shown["KeyMetadata"]["DeletionDate"], answer["DeletionDate"]);
    assert_eq!(shown["KeyMetadata"]["Enabled"], false);

    let back = client.kms_good("CancelKeyDeletion", json!({ "KeyId": key })).await;
    assert_eq!(back["KeyId"], arn(&key));
    assert_eq!(client.state(&key).await, "Disabled");
    client.wait(8 * DAY).await;
    client.kms_good("EnableKey", json!({ "KeyId": key })).await;
    assert_eq!(client.state(&key).await, "Enabled");

    let again = client.kms_good("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
    assert_eq!(again["PendingWindowInDays"], 30);
    client.wait(29 * DAY).await;
    assert_eq!(client.state(&key).await, "PendingDeletion");
    assert_eq!(kind(&client.kms("CreateAlias", alias.clone()).await), "KMSInvalidStateException");
    let lingers = client.simulator.with(|world| world.lingering());
    assert!(lingers.iter().any(|it| it.id == key));
    client.wait(DAY + 1).await;
    let gone = client.kms("DescribeKey", json!({ "KeyId": key })).await;
    assert_eq!(says(&gone), format!("Key '{}' does not exist", arn(&key)));
    let keys = client.all("ListKeys", "Keys", json!({})).await;
    assert!(keys.iter().all(|it| it["KeyId"] != key));
    let aliases = client.all("ListAliases", "Aliases", json!({})).await;
    assert!(aliases.iter().all(|it| it["AliasName"] != "alias/mine"));
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_unique_and_can_be_pointed_elsewhere() {
    let client = Client::calm();
    let (one, two) = (client.key().await, client.key().await);
    for (name, code, message) in [
        ("mine", "ValidationException", "Alias must start with the prefix \"alias/\""),
        ("alias/", "ValidationException", "Alias must start with the prefix \"alias/\""),
        ("alias/a b", "ValidationException", "regular expression pattern"),
        ("alias/a:b", "ValidationException", "invalid characters for an alias"),
        ("alias/aws/mine", "NotAuthorizedException", ""),
    ] {
        let body = json!({ "AliasName": name, "TargetKeyId": one });
        let refused = client.kms("CreateAlias", body).await;
        assert_eq!(kind(&refused), code, "{name}");
        assert!(says(&refused).contains(message), "{}", refused.body);
    }
    let mine = json!({ "AliasName": "alias/mine", "TargetKeyId": one });
    assert_eq!(client.kms_good("CreateAlias", mine.clone()).await, json!({}));
    let twice = client.kms("CreateAlias", mine).await;
    assert_eq!(kind(&twice), "AlreadyExistsException");
    let name = "arn:aws:kms:us-east-1:123456789012:alias/mine";
    assert_eq!(says(&twice), format!("An alias with the name {name} already exists"));

    let of = async |key: &str| {
        let list = client.all("ListAliases", "Aliases", json!({ "KeyId": key })).await;
        list.iter().map(|it| text(&it["AliasName"])).collect::<Vec<_>>()
    };
    assert_eq!(of(&one).await, ["alias/mine"]);
    let body = json!({ "AliasName": "alias/mine", "TargetKeyId": arn(&two) });
    client.kms_good("UpdateAlias", body).await;
    assert_eq!((of(&one).await, of(&two).await), (vec![], vec!["alias/mine".to_owned()]));
    let listed = client.all("ListAliases", "Aliases", json!({ "KeyId": two })).await;
    assert_eq!((&listed[0]["TargetKeyId"], &listed[0]["AliasArn"]), (&json!(two), &json!(name)));

    client.kms_good("DeleteAlias", json!({ "AliasName": "alias/mine" })).await;
    for (operation, body) in [
        ("DeleteAlias", json!({ "AliasName": "alias/mine" })),
        ("UpdateAlias", json!({ "AliasName": "alias/mine", "TargetKeyId": one })),
    ] {
        let refused = client.kms(operation, body).await;
        assert_eq!(says(&refused), format!("Alias {name} is not found."));
    }
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk>
#[tokio::test(start_paused = true)]
async fn what_aws_manages_is_listed_and_nobody_elses_to_change() {
    let client = Client::calm();
    let aliases = client.all("ListAliases", "Aliases", json!({ "Limit": 2 })).await;
    let target = |name: &str| {
        let found = aliases.iter().find(|it| it["AliasName"] == name).unwrap();
        found.get("TargetKeyId").map(text)
    };
    assert_eq!(target("alias/aws/dynamodb"), None);
    let key = target("alias/aws/secretsmanager").unwrap();
    let keys = client.all("ListKeys", "Keys", json!({ "Limit": 1 })).await;
    assert!(keys.iter().any(|it| it["KeyId"] == *key && it["KeyArn"] == arn(&key)));
    let body = json!({ "KeyId": "alias/aws/secretsmanager" });
    let shown = client.kms_good("DescribeKey", body).await;
    assert_eq!(shown["KeyMetadata"]["KeyId"], key);
    assert_eq!(shown["KeyMetadata"]["KeyManager"], "AWS");
    let rotates = client.kms_good("GetKeyRotationStatus", json!({ "KeyId": key })).await;
    assert_eq!(rotates["KeyRotationEnabled"], true);
    let tags = client.kms_good("ListResourceTags", json!({ "KeyId": key })).await;
    assert_eq!(tags["Tags"], json!([]));
    for (operation, body) in [
        ("DisableKey", json!({ "KeyId": key })),
        ("ScheduleKeyDeletion", json!({ "KeyId": key })),
        ("CreateAlias", json!({ "AliasName": "alias/mine", "TargetKeyId": key })),
    ] {
        let refused = client.kms(operation, body).await;
        assert_eq!(kind(&refused), "AccessDeniedException", "{operation}");
    }
    let objects = client.simulator.with(|world| world.objects());
    assert!(objects.iter().all(|it| it.id != key));
}

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html>
#[tokio::test(start_paused = true)]
async fn rotation_is_switched_and_its_next_date_moves_on() {
    let client = Client::calm();
    let key = client.key().await;
    let on = json!({ "KeyId": key });
    let status = async || client.kms_good("GetKeyRotationStatus", on.clone()).await;
    assert_eq!(status().await, json!({ "KeyId": arn(&key), "KeyRotationEnabled": false }));
    for days in [89, 2561] {
        let body = json!({ "KeyId": key, "RotationPeriodInDays": days });
        assert_eq!(kind(&client.kms("EnableKeyRotation", body).await), "ValidationException");
    }
    client.kms_good("EnableKeyRotation", on.clone()).await;
    assert_eq!(status().await["RotationPeriodInDays"], 365);
    let body = json!({ "KeyId": key, "RotationPeriodInDays": 90 });
    client.kms_good("EnableKeyRotation", body).await;
    let first = status().await;
    assert_eq!(first["RotationPeriodInDays"], 90);
    let material = async || {
        let shown = client.kms_good("DescribeKey", on.clone()).await;
        text(&shown["KeyMetadata"]["CurrentKeyMaterialId"])
    };
    let before = material().await;
    client.wait(91 * DAY).await;
    let date = |it: &Value| it["NextRotationDate"].as_f64().unwrap();
    let moved = date(&status().await) - date(&first);
    assert!((moved - 7_776_000.0).abs() < 1.0, "{moved}");
    assert_ne!(before, material().await);
    client.kms_good("ScheduleKeyDeletion", on.clone()).await;
    assert_eq!(status().await["KeyRotationEnabled"], false);
    client.kms_good("CancelKeyDeletion", on.clone()).await;
    assert_eq!(status().await["KeyRotationEnabled"], true);
    client.kms_good("EnableKey", on.clone()).await;
    client.kms_good("DisableKeyRotation", on.clone()).await;
    assert_eq!(status().await["KeyRotationEnabled"], false);
}

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>
#[tokio::test(start_paused = true)]
async fn a_policy_is_checked_and_does_not_lock_its_author_out() {
    let client = Client::calm();
    let key = client.key().await;
    let put = async |policy: &str, more: Value| {
        let mut body = json!({ "KeyId": key, "Policy": policy });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.kms("PutKeyPolicy", body).await
    };
    let lone = |statement: &Value| json!({ "Statement": [statement] }).to_string();
    let user = json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": ["kms:Put*", "kms:Get*"], "Resource": ["*"],
    });
    let with = |name: &str, value: Value| {
        let mut changed = user.clone();
        changed[name] = value;
        changed
    };
    let without = |name: &str| {
        let mut changed = user.clone();
        changed.as_object_mut().unwrap().remove(name);
        changed
    };
    let good = lone(&user);
    assert_eq!(put(&good, json!({})).await.status, 200);
    let locked = "The new key policy will not allow you to update the key policy in the future.";
    let invalid = "Policy contains a statement with one or more invalid principals.";
    let syntax = "Syntax errors in policy.";
    let denied = policy(&json!({
        "Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*",
    }));
    for (policy, message) in [
        ("{".to_owned(), "This policy contains invalid Json"),
        ("[]".to_owned(), "This policy contains invalid Json"),
        ("{}".to_owned(), syntax),
        (lone(&without("Principal")), "Missing required field Principal"),
        (lone(&without("Effect")), syntax),
        (lone(&with("Efect", json!("Allow"))), syntax),
        (lone(&with("Principal", json!({ "AWS": "clctl" }))), invalid),
        (lone(&with("Principal", json!({ "AWS": "AROAEXAMPLE" }))), invalid),
        (lone(&with("Action", json!("kms:Describe*"))), locked),
        (lone(&without("Action")), locked),
        (lone(&without("Resource")), locked),
        (lone(&with("Principal", json!({ "Service": "logs.amazonaws.com" }))), locked),
        (denied, locked),
    ] {
        let refused = put(&policy, json!({})).await;
        assert_eq!(kind(&refused), "MalformedPolicyDocumentException", "{policy}");
        assert_eq!(says(&refused), message, "{policy}");
    }
    let shown = client.kms_good("GetKeyPolicy", json!({ "KeyId": key })).await;
    let expected = r#"{
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::123456789012:root"
    },
    "Action" : [ "kms:Put*", "kms:Get*" ],
    "Resource" : "*"
  } ]
}"#;
    assert_eq!(shown["Policy"], expected);

    let useless = lone(&with("Action", json!("kms:Describe*")));
    assert_eq!(kind(&put(&good, json!({ "PolicyName": "x" })).await), "NotFoundException");
    let large = lone(&with("Sid", json!("x".repeat(33_000))));
    assert_eq!(kind(&put(&large, json!({})).await), "LimitExceededException");
    // Who wants to be locked out is.
    let bypass = json!({ "BypassPolicyLockoutSafetyCheck": true });
    assert_eq!(put(&useless, bypass).await.status, 200);
    client.kms_good("DescribeKey", json!({ "KeyId": key })).await;
    let refused = put(&good, json!({})).await;
    assert_eq!(kind(&refused), "AccessDeniedException");
    let why = "because no resource-based policy allows the kms:PutKeyPolicy action";
    assert!(says(&refused).ends_with(why), "{}", refused.body);
    let refused = client.kms("CreateKey", json!({ "Policy": useless })).await;
    assert_eq!(says(&refused), locked);
}

#[tokio::test(start_paused = true)]
async fn tags_are_added_removed_and_listed_in_pages() {
    let client = Client::calm();
    let key = client.key().await;
    let tag = |name: &str, value: &str| json!({ "TagKey": name, "TagValue": value });
    let add =
        async |tags: Value| client.kms("TagResource", json!({ "KeyId": key, "Tags": tags })).await;
    for (tags, code) in [
        (json!([tag("", "x")]), "ValidationException"),
        (json!([tag(&"k".repeat(129), "x")]), "ValidationException"),
        (json!([tag("k", &"v".repeat(257))]), "ValidationException"),
        (json!([tag("aws:x", "x")]), "TagException"),
        (json!([tag("a", "x"), tag("a", "y")]), "TagException"),
    ] {
        assert_eq!(kind(&add(tags.clone()).await), code, "{tags}");
    }
    let many: Vec<_> = (0..50).map(|it| tag(&format!("t{it}"), "")).collect();
    add(json!(many)).await.good();
    assert_eq!(kind(&add(json!([tag("more", "")])).await), "LimitExceededException");
    add(json!([tag("t1", "other")])).await.good();
    let list = json!({ "KeyId": key, "Limit": 20 });
    let tags = client.all("ListResourceTags", "Tags", list).await;
    assert_eq!(tags.len(), 50);
    assert!(tags.contains(&tag("t1", "other")));
    let names: Vec<_> = (1..50).map(|it| format!("t{it}")).collect();
    client.kms_good("UntagResource", json!({ "KeyId": key, "TagKeys": names })).await;
    client.kms_good("UntagResource", json!({ "KeyId": key, "TagKeys": ["none"] })).await;
    let tags = client.all("ListResourceTags", "Tags", json!({ "KeyId": key })).await;
    assert_eq!(tags, [tag("t0", "")]);
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages_and_a_marker_is_good_for_its_own_list() {
    let client = Client::calm();
    for _ in 0..5 {
        client.key().await;
    }
    let all = client.all("ListKeys", "Keys", json!({})).await;
    assert_eq!(client.all("ListKeys", "Keys", json!({ "Limit": 2 })).await, all);
    for limit in [0, 1001] {
        let refused = client.kms("ListKeys", json!({ "Limit": limit })).await;
        assert_eq!(kind(&refused), "ValidationException");
    }
    let page = client.kms_good("ListKeys", json!({ "Limit": 2 })).await;
    for (operation, marker) in
        [("ListAliases", page["NextMarker"].clone()), ("ListKeys", json!("nonsense"))]
    {
        let refused = client.kms(operation, json!({ "Marker": marker })).await;
        assert_eq!(kind(&refused), "InvalidMarkerException");
    }
}

/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>
#[tokio::test(start_paused = true)]
async fn a_named_grant_is_made_once_and_goes_when_it_is_revoked() {
    let client = Client::calm();
    let key = client.key().await;
    let grant = |name: Option<&str>| {
        let mut body = json!({
            "KeyId": key, "GranteePrincipal": "arn:aws:iam::123456789012:root",
            "Operations": ["Decrypt", "GenerateDataKey"],
            "Constraints": { "EncryptionContextSubset": { "a": "b" } },
        });
        if let Some(name) = name {
            body["Name"] = json!(name);
        }
        body
    };
    let make = async |name| text(&client.kms_good("CreateGrant", grant(name)).await["GrantId"]);
    let named = make(Some("one")).await;
    assert_eq!(make(Some("one")).await, named);
    let (first, second) = (make(None).await, make(None).await);
    assert_ne!(first, second);
    let list = async |filter: Value| {
        let mut body = json!({ "KeyId": key, "Limit": 1 });
        body.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        client.all("ListGrants", "Grants", body).await
    };
    assert_eq!(list(json!({})).await.len(), 3);
    let shown = list(json!({ "GrantId": named })).await;
    assert_eq!(shown[0]["Name"], "one");
    assert_eq!(shown[0]["KeyId"], arn(&key));
    assert_eq!(shown[0]["Constraints"], grant(None)["Constraints"]);
    let nobody = json!({ "GranteePrincipal": "arn:aws:iam::123456789012:role/none" });
    assert_eq!(list(nobody).await.len(), 0);
    client.kms_good("RevokeGrant", json!({ "KeyId": key, "GrantId": named })).await;
    client.kms_good("RetireGrant", json!({ "KeyId": key, "GrantId": first })).await;
    assert_eq!(list(json!({})).await.len(), 1);
    let again = client.kms("RevokeGrant", json!({ "KeyId": key, "GrantId": named })).await;
    assert_eq!(kind(&again), "NotFoundException");
    let mut wrong = grant(None);
    wrong["Operations"] = json!(["Sign"]);
    assert_eq!(kind(&client.kms("CreateGrant", wrong).await), "ValidationException");
    let mut stranger = grant(None);
    stranger["GranteePrincipal"] = json!("somebody");
    assert_eq!(kind(&client.kms("CreateGrant", stranger).await), "InvalidArnException");
}

#[tokio::test(start_paused = true)]
async fn quotas_hold() {
    let mut settings = Settings::calm();
    settings.quotas.kms_keys = 1;
    settings.quotas.kms_aliases_per_key = 1;
    let client = Client::new(settings);
    let key = client.key().await;
    let refused = client.kms("CreateKey", json!({})).await;
    assert_eq!(kind(&refused), "LimitExceededException");
    let alias = |name: &str| json!({ "AliasName": name, "TargetKeyId": key });
    client.kms_good("CreateAlias", alias("alias/a")).await;
    let refused = client.kms("CreateAlias", alias("alias/b")).await;
    assert_eq!(kind(&refused), "LimitExceededException");
}

fn lagging(dependents: bool) -> Client {
    let lag = Lag { by_id: Span::seconds(60, 60), listed: Span::seconds(200, 200), dependents };
    Client::new(Settings { lag, ..Settings::calm() })
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency>
#[tokio::test(start_paused = true)]
async fn a_new_key_is_not_seen_at_once() {
    for dependents in [false, true] {
        let client = lagging(dependents);
        let key = client.key().await;
        let mut unseen = (0, 0, 0);
        for _ in 0..20 {
            let read = client.kms("DescribeKey", json!({ "KeyId": key })).await;
            unseen.0 += u32::from(kind(&read) == "NotFoundException");
            let keys = client.all("ListKeys", "Keys", json!({})).await;
            unseen.1 += u32::from(keys.iter().all(|it| it["KeyId"] != key));
            let body = json!({ "KeyId": key, "TagKeys": ["x"] });
            let write = client.kms("UntagResource", body).await;
            unseen.2 += u32::from(kind(&write) == "NotFoundException");
        }
        assert!(unseen.0 > 0 && unseen.1 > 0, "{unseen:?}");
        assert_eq!(unseen.2 > 0, dependents, "{unseen:?}");
        client.wait(300).await;
        assert_eq!(client.state(&key).await, "Enabled");
    }
}

/// What `CloudFormation`'s own handlers wait a minute for:
/// <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-kms>
#[tokio::test(start_paused = true)]
async fn a_key_just_enabled_may_still_pass_for_disabled() {
    let mut settings = Settings::calm();
    settings.durations.kms_cache = Span::seconds(40, 40);
    settings.lag.dependents = true;
    let client = Client::new(settings);
    let key = client.key().await;
    let on = json!({ "KeyId": key });
    client.kms_good("EnableKeyRotation", on.clone()).await;
    client.kms_good("DisableKey", on.clone()).await;
    client.kms_good("EnableKey", on.clone()).await;
    assert_eq!(client.state(&key).await, "Enabled");
    let refused = client.kms("DisableKeyRotation", on.clone()).await;
    assert_eq!(kind(&refused), "DisabledException");
    assert_eq!(says(&refused), format!("{} is disabled.", arn(&key)));
    client.wait(41).await;
    client.kms_good("DisableKeyRotation", on).await;
}

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html>
#[tokio::test(start_paused = true)]
async fn another_service_uses_a_key_only_if_its_state_and_its_policy_allow_it() {
    let client = Client::calm();
    let key = client.key().await;
    let alias = json!({ "AliasName": "alias/mine", "TargetKeyId": key });
    client.kms_good("CreateAlias", alias).await;
    let put = async |key: &str| {
        let body = json!({
            "Name": "/secret", "Value": "v", "Type": "SecureString", "KeyId": key,
            "Overwrite": true,
        });
        kind(&client.ssm("PutParameter", body).await)
    };
    let get = async || {
        let body = json!({ "Name": "/secret", "WithDecryption": true });
        kind(&client.ssm("GetParameter", body).await)
    };
    assert_eq!(put("alias/none").await, "InvalidKeyId");
    assert_eq!(put("alias/aws/ssm").await, "");
    for name in [&key, &arn(&key), "alias/mine"] {
        assert_eq!((put(name).await, get().await), (String::new(), String::new()), "{name}");
    }
    let on = json!({ "KeyId": key });
    client.kms_good("DisableKey", on.clone()).await;
    assert_eq!((put(&key).await, get().await), ("InvalidKeyId".into(), "InvalidKeyId".into()));
    client.kms_good("EnableKey", on.clone()).await;
    for (condition, code) in [
        (json!({ "StringEquals": { "kms:ViaService": "ssm.us-east-1.amazonaws.com" } }), ""),
        (json!({ "StringEquals": { "kms:ViaService": "s3.*" } }), "AccessDeniedException"),
        (json!({ "StringLike": { "kms:viaservice": "ssm.*" } }), ""),
        (json!({ "StringEquals": { "kms:CallerAccount": "1" } }), "AccessDeniedException"),
    ] {
        let statement = json!({
            "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "kms:*crypt",
            "Resource": "*", "Condition": condition,
        });
        let admin = json!({
            "Effect": "Allow", "Principal": { "AWS": "123456789012" },
            "Action": ["kms:Put*", "kms:Schedule*"], "Resource": "*",
        });
        let policy = json!({ "Statement": [admin, statement] }).to_string();
        client.kms_good("PutKeyPolicy", json!({ "KeyId": key, "Policy": policy })).await;
        assert_eq!(put(&key).await, code, "{condition}");
    }
    client.kms_good("ScheduleKeyDeletion", on).await;
    assert_eq!(get().await, "InvalidKeyId");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[tokio::test(start_paused = true)]
async fn a_policy_means_the_very_role_it_named_when_it_was_put() {
    let client = Client::calm();
    let key = client.key().await;
    let role = "arn:aws:iam::123456789012:role/node";
    let wanted = policy(&json!({
        "Effect": "Allow", "Principal": { "AWS": [role] }, "Action": "kms:Decrypt",
        "Resource": "*",
    }));
    let body = json!({ "KeyId": key, "Policy": wanted });
    let shown = async || {
        let said = client.kms_good("GetKeyPolicy", json!({ "KeyId": key })).await;
        let policy: Value = serde_json::from_str(said["Policy"].as_str().unwrap()).unwrap();
        text(&policy["Statement"][1]["Principal"]["AWS"])
    };
    let grant = json!({ "KeyId": key, "GranteePrincipal": role, "Operations": ["Decrypt"] });
    for operation in ["PutKeyPolicy", "CreateKey"] {
        let mut body = body.clone();
        if operation == "CreateKey" {
            body.as_object_mut().unwrap().remove("KeyId");
        }
        let refused = client.kms(operation, body).await;
        assert_eq!(kind(&refused), "MalformedPolicyDocumentException");
        let invalid = "Policy contains a statement with one or more invalid principals.";
        assert_eq!(says(&refused), invalid);
    }
    assert_eq!(kind(&client.kms("CreateGrant", grant.clone()).await), "InvalidArnException");
    client.role("node").await;
    client.kms_good("PutKeyPolicy", body.clone()).await;
    client.kms_good("CreateGrant", grant).await;
    assert_eq!(shown().await, role);
    client.iam("DeleteRole", &[("RoleName", "node")]).await.good();
    let gone = shown().await;
    assert!(gone.starts_with("AROA"), "{gone}");
    let grants = client.all("ListGrants", "Grants", json!({ "KeyId": key })).await;
    assert_eq!(grants[0]["GranteePrincipal"], gone);
    client.role("node").await;
    assert_eq!(shown().await, gone);
    client.kms_good("PutKeyPolicy", body).await;
    assert_eq!(shown().await, role);
}

#[tokio::test(start_paused = true)]
async fn somebody_else_changes_whatever_there_is_of_a_marked_key() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let client = Client::calm();
        let mark = json!([
            { "TagKey": "clctl.dev/uid", "TagValue": "1" }, { "TagKey": "env", "TagValue": "x" },
        ]);
        let other = client.key().await;
        let made = client.kms_good("CreateKey", json!({ "Tags": mark })).await;
        let key = text(&made["KeyMetadata"]["KeyId"]);
        client.kms_good("EnableKeyRotation", json!({ "KeyId": key })).await;
        let alias = json!({ "AliasName": "alias/mine", "TargetKeyId": key });
        client.kms_good("CreateAlias", alias).await;
        let said = client.simulator.with(|world| world.drift(seed)).unwrap();
        seen.insert(said.replace(&other, "another").replace(&key, "it"));
    }
    let expected = [
        "alias/mine is gone",
        "alias/mine stands for another now",
        "it does not rotate any more",
        "it is disabled",
        "it is to be deleted in a week",
        "it rotates every 180 days now",
        "the description of it is 'by hand' now",
        "the policy of it lets everybody look at it now",
        "the tag env of it is 'x-changed' now",
        "the tag env of it is gone",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn keys_survive_in_a_world_that_is_written_down() {
    let client = Client::calm();
    let key = client.key().await;
    let on = json!({ "KeyId": key });
    client.kms_good("EnableKeyRotation", on.clone()).await;
    let grant = json!({
        "KeyId": key, "GranteePrincipal": "arn:aws:iam::123456789012:root",
        "Operations": ["Decrypt"],
    });
    client.kms_good("CreateGrant", grant).await;
    let alias = json!({ "AliasName": "alias/mine", "TargetKeyId": key });
    client.kms_good("CreateAlias", alias).await;
    client.kms_good("ScheduleKeyDeletion", on).await;
    client.simulator.with(|world| {
        let written = serde_json::to_value(&*world).unwrap();
        let read: World = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), written);
        assert_eq!(read.objects(), world.objects());
    });
}
