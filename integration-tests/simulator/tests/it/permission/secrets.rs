//! Secrets, after
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>.

use serde_json::{Value, json};

use super::{allow, arn, calm, denied, takes, to};

#[tokio::test(start_paused = true)]
async fn a_secret_takes_a_permission_for_each_call_and_others_on_its_key() {
    let both = calm().await;
    let key = both.0.kms("CreateKey", json!({})).await.good().value();
    let (id, key) = (&key["KeyMetadata"]["KeyId"], key["KeyMetadata"]["Arn"].as_str().unwrap());
    let name = "node/a";
    let new = arn("secretsmanager", "secret:node/a-??????");
    let via = "secretsmanager.us-east-1.amazonaws.com";
    let create = json!({
        "Name": name, "SecretString": "s", "KmsKeyId": id,
        "ClientRequestToken": "0".repeat(32), "Tags": [{ "Key": "owner", "Value": "us" }],
    });
    let make = [
        to("secretsmanager:CreateSecret", &new).said(name).when("secretsmanager:Name", name),
        to("secretsmanager:TagResource", &new).said(name).when("aws:RequestTag/owner", "us"),
    ];
    let use_key = |action| to(action, key).when("kms:ViaService", via);
    // What KMS refuses, Secrets Manager says in words of its own.
    let statements = |grants: &[super::Grant]| -> Vec<Value> {
        grants.iter().map(super::Grant::statement).collect()
    };
    allow(&both.0, &json!(statements(&make))).await;
    let refused = both.1.secrets("CreateSecret", create.clone()).await;
    assert_eq!(refused.kind(), "AccessDeniedException");
    assert!(refused.body.contains("Access to KMS is not allowed"), "{}", refused.body);
    let keys = statements(&[use_key("kms:GenerateDataKey"), use_key("kms:Decrypt")]);
    let policy = [("RoleName", "r"), ("PolicyName", "keys")];
    let text = json!({ "Version": "2012-10-17", "Statement": keys }).to_string();
    let put = [&policy[..], &[("PolicyDocument", &*text)]].concat();
    both.0.iam("PutRolePolicy", &put).await.good();
    let call = async |it: &crate::client::Client| it.secrets("CreateSecret", create.clone()).await;
    let answer = takes(&both, &make, call).await.value();
    let secret = answer["ARN"].as_str().unwrap();
    let named = json!({ "SecretId": name });
    let with = |more: Value| {
        let mut body = named.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (action, body) in [
        ("secretsmanager:DescribeSecret", named.clone()),
        ("secretsmanager:GetSecretValue", named.clone()),
        ("secretsmanager:UpdateSecret", with(json!({ "Description": "d" }))),
        (
            "secretsmanager:PutSecretValue",
            with(json!({ "SecretString": "t", "ClientRequestToken": "1".repeat(32) })),
        ),
        ("secretsmanager:TagResource", with(json!({ "Tags": [{ "Key": "k", "Value": "v" }] }))),
        ("secretsmanager:UntagResource", with(json!({ "TagKeys": ["k"] }))),
        ("secretsmanager:GetResourcePolicy", named.clone()),
        ("secretsmanager:RestoreSecret", named.clone()),
    ] {
        let grant = to(action, secret).when("aws:ResourceTag/owner", "us");
        let grant = grant.when("secretsmanager:ResourceTag/owner", "us");
        let operation = action.trim_start_matches("secretsmanager:");
        takes(&both, &[grant], async |it| it.secrets(operation, body.clone()).await).await;
    }
    let gone = [to("secretsmanager:DeleteSecret", secret)
        .when("secretsmanager:RecoveryWindowInDays", "7")
        .when("secretsmanager:SecretId", secret)];
    let body = with(json!({ "RecoveryWindowInDays": 7 }));
    takes(&both, &gone, async |it| it.secrets("DeleteSecret", body.clone()).await).await;
    for list in ["secretsmanager:ListSecrets", "secretsmanager:GetRandomPassword"] {
        let operation = list.trim_start_matches("secretsmanager:");
        takes(&both, &[to(list, "*")], async |it| it.secrets(operation, json!({})).await).await;
    }
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html>
#[tokio::test(start_paused = true)]
async fn the_policy_of_a_secret_may_allow_and_deny() {
    let (admin, role) = calm().await;
    let create = json!({ "Name": "s", "SecretString": "v", "ClientRequestToken": "0".repeat(32) });
    let made = admin.secrets("CreateSecret", create).await.good().value();
    let secret = made["ARN"].as_str().unwrap();
    let get = async || role.secrets("GetSecretValue", json!({ "SecretId": "s" })).await;
    let put = async |effect: &str, action: &str| {
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Principal": { "AWS": super::ROLE }, "Action": action,
            "Resource": "*",
        }] });
        let body = json!({ "SecretId": "s", "ResourcePolicy": policy.to_string() });
        admin.secrets("PutResourcePolicy", body).await.good();
    };
    denied(&get().await, "secretsmanager:GetSecretValue", secret);
    put("Allow", "secretsmanager:GetSecretValue").await;
    get().await.good();
    put("Deny", "secretsmanager:Get*").await;
    let all = json!([{ "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*" }]);
    allow(&admin, &all).await;
    let refused = get().await;
    denied(&refused, "secretsmanager:GetSecretValue", secret);
    assert!(refused.body.contains("with an explicit deny in a resource-based policy"));
    role.secrets("DescribeSecret", json!({ "SecretId": secret })).await.good();
    // What is not there is called as the request calls it.
    allow(&admin, &json!([super::who_am_i()])).await;
    let missing = role.secrets("DescribeSecret", json!({ "SecretId": "none" })).await;
    denied(&missing, "secretsmanager:DescribeSecret", "none");
}
