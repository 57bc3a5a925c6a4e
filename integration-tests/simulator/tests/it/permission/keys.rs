//! Keys of KMS, after
//! <https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html>.

use serde_json::{Value, json};

use super::{allow, arn, calm, denied, takes, to};
use crate::client::Client;

/// A new key with the tag `owner=us`: its id and its ARN.
async fn key(admin: &Client, policy: Option<Value>) -> (String, String) {
    let mut body = json!({ "Tags": [{ "TagKey": "owner", "TagValue": "us" }] });
    if let Some(policy) = policy {
        body["Policy"] = json!(policy.to_string());
    }
    let made = admin.kms("CreateKey", body).await.good().value();
    let of = |name: &str| made["KeyMetadata"][name].as_str().unwrap().to_owned();
    (of("KeyId"), of("Arn"))
}

#[tokio::test(start_paused = true)]
async fn a_key_takes_a_permission_for_each_call() {
    let both = calm().await;
    let (id, key) = key(&both.0, None).await;
    let tags = json!([{ "TagKey": "owner", "TagValue": "us" }]);
    let make = [
        to("kms:CreateKey", "*").when("aws:RequestTag/owner", "us"),
        to("kms:TagResource", arn("kms", "key/*")).when("aws:RequestTag/owner", "us"),
    ];
    takes(&both, &make, async |it| it.kms("CreateKey", json!({ "Tags": tags })).await).await;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": "kms:*", "Resource": "*",
    }] });
    for (action, more) in [
        ("kms:DescribeKey", json!({})),
        ("kms:GetKeyPolicy", json!({})),
        ("kms:GetKeyRotationStatus", json!({})),
        ("kms:ListResourceTags", json!({})),
        ("kms:ListGrants", json!({})),
        ("kms:UpdateKeyDescription", json!({ "Description": "d" })),
        ("kms:PutKeyPolicy", json!({ "Policy": policy.to_string() })),
        ("kms:EnableKeyRotation", json!({})),
        ("kms:DisableKeyRotation", json!({})),
        ("kms:TagResource", json!({ "Tags": [{ "TagKey": "k", "TagValue": "v" }] })),
        ("kms:UntagResource", json!({ "TagKeys": ["k"] })),
        ("kms:DisableKey", json!({})),
        ("kms:EnableKey", json!({})),
        ("kms:ScheduleKeyDeletion", json!({ "PendingWindowInDays": 7 })),
        ("kms:CancelKeyDeletion", json!({})),
    ] {
        let grant = to(action, &key).when("aws:ResourceTag/owner", "us");
        let mut body = json!({ "KeyId": id });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let operation = action.trim_start_matches("kms:");
        takes(&both, &[grant], async |it| it.kms(operation, body.clone()).await).await;
    }
    for list in ["kms:ListAliases", "kms:ListKeys"] {
        let operation = list.trim_start_matches("kms:");
        takes(&both, &[to(list, "*")], async |it| it.kms(operation, json!({})).await).await;
    }
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html>
#[tokio::test(start_paused = true)]
async fn an_alias_takes_permissions_on_itself_and_on_its_keys() {
    let both = calm().await;
    let (one, first) = key(&both.0, None).await;
    let (two, second) = key(&both.0, None).await;
    let alias = arn("kms", "alias/node");
    let name = "alias/node";
    let make = [to("kms:CreateAlias", &alias), to("kms:CreateAlias", &first)];
    let body = json!({ "AliasName": name, "TargetKeyId": one });
    takes(&both, &make, async |it| it.kms("CreateAlias", body.clone()).await).await;
    // A key that is named by its alias is judged as the key, and the alias may be a condition.
    let look = [to("kms:DescribeKey", &first).when("kms:RequestAlias", name)];
    let body = json!({ "KeyId": name });
    takes(&both, &look, async |it| it.kms("DescribeKey", body.clone()).await).await;
    let any = json!([{
        "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": arn("kms", "key/*"),
        "Condition": { "ForAnyValue:StringLike": { "kms:ResourceAliases": "alias/n*" } }
    }]);
    allow(&both.0, &any).await;
    both.1.kms("DescribeKey", json!({ "KeyId": one })).await.good();
    denied(&both.1.kms("DescribeKey", json!({ "KeyId": two })).await, "kms:DescribeKey", &second);
    // A permission on the alias alone is good for nothing else.
    let only = json!([{ "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": alias }]);
    allow(&both.0, &only).await;
    denied(&both.1.kms("DescribeKey", json!({ "KeyId": name })).await, "kms:DescribeKey", &first);
    let missing = both.1.kms("DescribeKey", json!({ "KeyId": "alias/none" })).await;
    assert_eq!(missing.kind(), "NotFoundException");
    let change = [
        to("kms:UpdateAlias", &alias),
        to("kms:UpdateAlias", &first),
        to("kms:UpdateAlias", &second),
    ];
    let body = json!({ "AliasName": name, "TargetKeyId": two });
    takes(&both, &change, async |it| it.kms("UpdateAlias", body.clone()).await).await;
    let delete = [to("kms:DeleteAlias", &alias), to("kms:DeleteAlias", &second)];
    let body = json!({ "AliasName": name });
    takes(&both, &delete, async |it| it.kms("DeleteAlias", body.clone()).await).await;
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>: other policies count
/// as far as the policy of the key lets them.
#[tokio::test(start_paused = true)]
async fn the_policy_of_a_key_has_the_say() {
    let (admin, role) = calm().await;
    let statement = |principal: Value, action: &str| {
        json!({
            "Effect": "Allow", "Principal": { "AWS": principal }, "Action": action, "Resource": "*",
        })
    };
    let root = json!("arn:aws:iam::123456789012:root");
    let itself = json!(super::ROLE);
    let with = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let open =
        with(json!([statement(root.clone(), "kms:*"), statement(itself, "kms:DescribeKey")]));
    let (id, key_arn) = key(&admin, Some(open)).await;
    let describe = async |id: &str| role.kms("DescribeKey", json!({ "KeyId": id })).await;
    let status = async |id: &str| role.kms("GetKeyRotationStatus", json!({ "KeyId": id })).await;
    // The policy allows the role itself; the rest it leaves to the role's own policies.
    describe(&id).await.good();
    let refused = status(&id).await;
    denied(&refused, "kms:GetKeyRotationStatus", &key_arn);
    assert!(refused.body.contains("because no identity-based policy allows the kms:GetKeyRot"));
    let all = json!([{ "Effect": "Allow", "Action": "kms:*", "Resource": "*" }]);
    allow(&admin, &all).await;
    status(&id).await.good();
    // A policy that names the administrator alone leaves nothing to anybody else's.
    let user = json!("arn:aws:iam::123456789012:user/clctl");
    let (shut, shut_arn) = key(&admin, Some(with(json!([statement(user, "kms:*")])))).await;
    admin.kms("DescribeKey", json!({ "KeyId": shut })).await.good();
    let refused = describe(&shut).await;
    denied(&refused, "kms:DescribeKey", &shut_arn);
    assert!(refused.body.contains("because no resource-based policy allows the kms:DescribeKey"));
    // An outright denial holds for the administrator, too.
    let mut deny = statement(root.clone(), "kms:Disable*");
    deny["Effect"] = json!("Deny");
    let policy = with(json!([statement(root, "kms:*"), deny])).to_string();
    admin.kms("PutKeyPolicy", json!({ "KeyId": id, "Policy": policy })).await.good();
    for client in [&admin, &role] {
        let refused = client.kms("DisableKey", json!({ "KeyId": id })).await;
        assert_eq!(refused.kind(), "AccessDeniedException");
        assert!(refused.body.contains("with an explicit deny in a resource-based policy"));
    }
    // A role cannot lock itself out, even where the account's administrator could get in again.
    let user = json!("arn:aws:iam::123456789012:user/clctl");
    let without = with(json!([statement(user, "kms:*")])).to_string();
    let locked = role.kms("PutKeyPolicy", json!({ "KeyId": id, "Policy": without })).await;
    assert_eq!(locked.kind(), "MalformedPolicyDocumentException");
    // AWS's own keys are only to be looked at.
    let theirs = json!({ "KeyId": "alias/aws/ssm" });
    let theirs = role.kms("DescribeKey", theirs).await.good().value();
    let (id, arn) = (&theirs["KeyMetadata"]["KeyId"], theirs["KeyMetadata"]["Arn"].as_str());
    let refused = role.kms("DisableKey", json!({ "KeyId": id })).await;
    denied(&refused, "kms:DisableKey", arn.unwrap());
}
