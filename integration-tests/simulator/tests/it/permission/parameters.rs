//! Parameters of SSM, after
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html>.

use clctl_simulator::Settings;
use serde_json::json;

use super::{arn, both, calm, denied, takes, to};

#[tokio::test(start_paused = true)]
async fn a_parameter_takes_a_permission_for_each_call() {
    let both = calm().await;
    let path = arn("ssm", "parameter/node/intent");
    let tags = json!([{ "Key": "owner", "Value": "us" }]);
    let name = "/node/intent";
    let put = json!({ "Name": name, "Value": "1", "Type": "String", "Tags": tags });
    let make = [
        to("ssm:PutParameter", &path).when("aws:RequestTag/owner", "us"),
        to("ssm:AddTagsToResource", &path).when("aws:RequestTag/owner", "us"),
    ];
    takes(&both, &make, async |it| it.ssm("PutParameter", put.clone()).await).await;
    let resource = json!({ "ResourceType": "Parameter", "ResourceId": name });
    let mut tag = resource.clone();
    tag["Tags"] = json!([{ "Key": "k", "Value": "v" }]);
    let mut untag = resource.clone();
    untag["TagKeys"] = json!(["k"]);
    let again = json!({ "Name": name, "Value": "2", "Type": "String", "Overwrite": true });
    for (action, body) in [
        ("ssm:GetParameter", json!({ "Name": name })),
        ("ssm:GetParameter", json!({ "Name": format!("{name}:1") })),
        ("ssm:GetParameter", json!({ "Name": path })),
        ("ssm:GetParameters", json!({ "Names": [name] })),
        ("ssm:AddTagsToResource", tag),
        ("ssm:RemoveTagsFromResource", untag),
        ("ssm:ListTagsForResource", resource),
        ("ssm:PutParameter", again),
        ("ssm:DeleteParameter", json!({ "Name": name })),
    ] {
        let grant = to(action, &path).when("ssm:resourceTag/owner", "us");
        let grant = grant.when("aws:ResourceTag/owner", "us");
        let operation = action.trim_start_matches("ssm:");
        takes(&both, &[grant], async |it| it.ssm(operation, body.clone()).await).await;
    }
    let below = [to("ssm:GetParametersByPath", arn("ssm", "parameter/node"))];
    let body = json!({ "Path": "/node", "Recursive": true });
    takes(&both, &below, async |it| it.ssm("GetParametersByPath", body.clone()).await).await;
    let all = [to("ssm:DescribeParameters", arn("ssm", "*"))];
    takes(&both, &all, async |it| it.ssm("DescribeParameters", json!({})).await).await;
}

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html>:
/// Parameter Store uses the key in the name of whoever calls.
#[tokio::test(start_paused = true)]
async fn a_secret_parameter_takes_permissions_on_its_key() {
    let both = calm().await;
    let (admin, role) = &both;
    let key = admin.kms("CreateKey", json!({})).await.good().value();
    let (id, key) = (&key["KeyMetadata"]["KeyId"], key["KeyMetadata"]["Arn"].as_str().unwrap());
    let path = arn("ssm", "parameter/s");
    let via = "ssm.us-east-1.amazonaws.com";
    let put = json!({ "Name": "/s", "Value": "1", "Type": "SecureString", "KeyId": id });
    let make = [
        to("ssm:PutParameter", &path),
        to("kms:Encrypt", key)
            .when("kms:ViaService", via)
            .when("kms:EncryptionContext:PARAMETER_ARN", &path),
    ];
    takes(&both, &make, async |it| it.ssm("PutParameter", put.clone()).await).await;
    let body = json!({ "Name": "/s", "WithDecryption": true });
    let read =
        [to("ssm:GetParameter", &path), to("kms:Decrypt", key).when("aws:ViaAWSService", "true")];
    takes(&both, &read, async |it| it.ssm("GetParameter", body.clone()).await).await;
    // An advanced parameter is encrypted under a key of its own.
    let large = json!({ "Name": "/l", "Value": "1", "Type": "SecureString", "KeyId": id,
        "Tier": "Advanced" });
    let make = [to("ssm:PutParameter", arn("ssm", "parameter/l")), to("kms:GenerateDataKey", key)];
    takes(&both, &make, async |it| it.ssm("PutParameter", large.clone()).await).await;
    super::allow(admin, &json!([to("ssm:GetParameter", &path).statement()])).await;
    // Without decryption the key does not matter; what AWS keeps for SSM everybody may use through it.
    role.ssm("GetParameter", json!({ "Name": "/s" })).await.good();
    let own = json!({ "Name": "/s", "Value": "2", "Type": "SecureString", "Overwrite": true,
        "KeyId": "alias/aws/ssm" });
    let put = [to("ssm:PutParameter", &path)];
    takes(&both, &put, async |it| it.ssm("PutParameter", own.clone()).await).await;
}

/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html>
#[tokio::test(start_paused = true)]
async fn parameters_are_read_below_a_path_or_by_their_tags() {
    let (admin, role) = both(
        Settings::calm(),
        &json!([
            {
                "Effect": "Allow", "Action": "ssm:GetParameter*",
                "Resource": "arn:aws:ssm:*:*:parameter/open/*"
            },
            {
                "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*",
                "Condition": { "StringEquals": { "aws:ResourceTag/open": "yes" } }
            }
        ]),
    )
    .await;
    for name in ["/open/a", "/shut/a", "/shut/b"] {
        let put = json!({ "Name": name, "Value": "1", "Type": "String" });
        admin.ssm("PutParameter", put).await.good();
    }
    let tag = json!({
        "ResourceType": "Parameter", "ResourceId": "/shut/b",
        "Tags": [{ "Key": "open", "Value": "yes" }]
    });
    admin.ssm("AddTagsToResource", tag).await.good();
    role.ssm("GetParameter", json!({ "Name": "/open/a" })).await.good();
    role.ssm("GetParameter", json!({ "Name": "/shut/b" })).await.good();
    let path = "arn:aws:ssm:us-east-1:123456789012:parameter/shut/a";
    denied(&role.ssm("GetParameter", json!({ "Name": "/shut/a" })).await, "ssm:GetParameter", path);
    let some = json!({ "Names": ["/open/a", "/shut/a"] });
    denied(&role.ssm("GetParameters", some).await, "ssm:GetParameters", path);
}
