//! What the policies of whoever calls allow, after
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.

use clctl_simulator::Settings;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const REGION: &str = "arn:aws:ec2:us-east-1:123456789012";

/// The administrator, and a role with a key of its own in the same world.
async fn both(settings: Settings, statements: &Value) -> (Client, Client) {
    let principals = [("AKIAROLE".to_owned(), ROLE.to_owned())].into();
    let admin = Client::new(Settings { principals, ..settings });
    admin.role("r").await;
    allow(&admin, statements).await;
    let simulator = admin.simulator.clone();
    let role = Client { simulator, region: "us-east-1", key: "AKIAROLE" };
    (admin, role)
}

async fn allow(admin: &Client, statements: &Value) {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let put = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    admin.iam("PutRolePolicy", &put).await.good();
}

#[track_caller]
fn denied(answer: &Answer, action: &str, resource: &str) {
    let kind: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = kind["__type"].as_str().map_or_else(|| answer.code(), str::to_owned);
    let expected = match action.split_once(':') {
        Some(("ec2", _)) => (403, "UnauthorizedOperation"),
        Some(("iam", _)) => (403, "AccessDenied"),
        Some(_) | None => (400, "AccessDeniedException"),
    };
    assert_eq!((answer.status, code.as_str()), expected, "{}", answer.body);
    let who = "arn:aws:sts::123456789012:assumed-role/r/clctl-session";
    let text =
        format!("User: {who} is not authorized to perform: {action} on resource: {resource} ");
    assert!(answer.body.contains(&text), "{}", answer.body);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_role_is_the_role_and_any_other_the_administrators() {
    let (admin, role) = both(
        Settings::calm(),
        &json!([
            { "Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*" }
        ]),
    )
    .await;
    let who = role.sts().await.good();
    assert_eq!(who.text("Arn"), "arn:aws:sts::123456789012:assumed-role/r/clctl-session");
    let id = admin.iam("GetRole", &[("RoleName", "r")]).await.text("RoleId");
    assert_eq!(who.text("UserId"), format!("{id}:clctl-session"));
    assert_eq!(admin.sts().await.text("Arn"), "arn:aws:iam::123456789012:user/clctl");
    role.ec2("DescribeVpcs", &[]).await.good();
    denied(&role.ec2("DescribeSubnets", &[]).await, "ec2:DescribeSubnets", "*");
    denied(&role.iam("ListRoles", &[]).await, "iam:ListRoles", "arn:aws:iam::123456789012:role/");
    let get = role.ssm("GetParameter", json!({ "Name": "/a" })).await;
    denied(&get, "ssm:GetParameter", "arn:aws:ssm:us-east-1:123456789012:parameter/a");
    admin.ec2("DescribeSubnets", &[]).await.good();
    // The credentials of a role that is gone are worth nothing, nor are those of one that was
    // made anew and has no policies.
    admin.iam("DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "p")]).await.good();
    admin.iam("DeleteRole", &[("RoleName", "r")]).await.good();
    assert_eq!(role.ec2("DescribeVpcs", &[]).await.code(), "AuthFailure");
    assert_eq!(role.iam("ListRoles", &[]).await.code(), "InvalidClientTokenId");
}

/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>
#[tokio::test(start_paused = true)]
async fn tags_at_creation_need_a_permission_of_their_own() {
    let only_ours = json!({
        "StringEquals": { "aws:RequestTag/owner": "us" },
        "ForAllValues:StringEquals": { "aws:TagKeys": ["owner", "Name"] }
    });
    let create = json!({
        "Effect": "Allow", "Action": "ec2:CreateVpc", "Resource": format!("{REGION}:vpc/*"),
        "Condition": only_ours
    });
    let tag = json!({
        "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": format!("{REGION}:*/*"),
        "Condition": { "StringEquals": { "ec2:CreateAction": "CreateVpc" } }
    });
    let (admin, role) = both(Settings::calm(), &json!([create])).await;
    let with = |tags: &[(&'static str, &'static str)]| {
        let mut params = vec![
            ("CidrBlock".to_owned(), "10.0.0.0/16"),
            ("TagSpecification.1.ResourceType".to_owned(), "vpc"),
        ];
        for ((key, value), at) in tags.iter().zip(1..) {
            params.push((format!("TagSpecification.1.Tag.{at}.Key"), key));
            params.push((format!("TagSpecification.1.Tag.{at}.Value"), value));
        }
        params
    };
    let make = async |tags: &[(&'static str, &'static str)]| {
        let params = with(tags);
        let params: Vec<_> = params.iter().map(|it| (it.0.as_str(), it.1)).collect();
        role.ec2("CreateVpc", &params).await
    };
    let vpcs = format!("{REGION}:vpc/*");
    denied(&make(&[("owner", "us")]).await, "ec2:CreateTags", &vpcs);
    allow(&admin, &json!([create, tag])).await;
    let vpc = make(&[("owner", "us")]).await.good().text("vpcId");
    make(&[("owner", "us"), ("Name", "n")]).await.good();
    denied(&make(&[("owner", "them")]).await, "ec2:CreateVpc", &vpcs);
    denied(&make(&[("owner", "us"), ("other", "x")]).await, "ec2:CreateVpc", &vpcs);
    denied(&role.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await, "ec2:CreateVpc", &vpcs);
    let later = [("ResourceId.1", &*vpc), ("Tag.1.Key", "owner"), ("Tag.1.Value", "them")];
    let path = format!("{REGION}:vpc/{vpc}");
    denied(&role.ec2("CreateTags", &later).await, "ec2:CreateTags", &path);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html>
#[tokio::test(start_paused = true)]
async fn what_carries_our_tag_is_ours_to_change() {
    let ours = json!({ "StringEquals": { "aws:ResourceTag/owner": "${aws:PrincipalTag/team}" } });
    let (admin, role) = both(Settings::calm(), &json!([
        { "Effect": "Allow", "Action": ["ec2:Delete*", "ec2:*Route*"], "Resource": "*", "Condition": ours },
        {
            "Effect": "Deny", "Action": "ec2:DeleteTags", "Resource": "*",
            "Condition": { "ForAnyValue:StringEquals": { "aws:TagKeys": "owner" } }
        }
    ]))
    .await;
    let team = [("RoleName", "r"), ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "us")];
    admin.iam("TagRole", &team).await.good();
    let vpc = admin.vpc().await;
    let subnet = admin.subnet(&vpc, "10.0.1.0/24").await;
    let path = format!("{REGION}:vpc/{vpc}");
    denied(&role.ec2("DeleteVpc", &[("VpcId", &vpc)]).await, "ec2:DeleteVpc", &path);
    let own = [("ResourceId.1", &*subnet), ("Tag.1.Key", "owner"), ("Tag.1.Value", "us")];
    admin.ec2("CreateTags", &own).await.good();
    let untag = role.ec2("DeleteTags", &own[..2]).await;
    denied(&untag, "ec2:DeleteTags", &format!("{REGION}:subnet/{subnet}"));
    assert!(untag.body.contains("with an explicit deny in an identity-based policy"));
    let other = [own[0], ("Tag.1.Key", "other")];
    role.ec2("DeleteTags", &other).await.good();
    // A route is of its table, and so is an association.
    let table = admin.ec2("CreateRouteTable", &[("VpcId", &vpc)]).await.text("routeTableId");
    let gateway = admin.attached_gateway(&vpc).await;
    let route = [
        ("RouteTableId", &*table),
        ("DestinationCidrBlock", "0.0.0.0/0"),
        ("GatewayId", &*gateway),
    ];
    let path = format!("{REGION}:route-table/{table}");
    denied(&role.ec2("CreateRoute", &route).await, "ec2:CreateRoute", &path);
    let pair = [route[0], ("SubnetId", &*subnet)];
    let joined = admin.ec2("AssociateRouteTable", &pair).await.text("associationId");
    let part = [("AssociationId", &*joined)];
    denied(&role.ec2("DisassociateRouteTable", &part).await, "ec2:DisassociateRouteTable", &path);
    let tag = [("ResourceId.1", &*table), own[1], own[2]];
    admin.ec2("CreateTags", &tag).await.good();
    role.ec2("CreateRoute", &route).await.good();
    role.ec2("DisassociateRouteTable", &part).await.good();
    role.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).await.good();
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
#[tokio::test(start_paused = true)]
async fn roles_are_made_and_handed_on_by_who_may() {
    let roles = "arn:aws:iam::123456789012:role/app/*";
    let profiles = "arn:aws:iam::123456789012:instance-profile/*";
    let base = json!({
        "Effect": "Allow",
        "Action": ["iam:CreateRole", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"],
        "Resource": [roles, profiles]
    });
    let (admin, role) = both(Settings::calm(), &json!([base])).await;
    let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let new = |name: &'static str, path: &'static str| {
        [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", trust)]
    };
    let elsewhere = role.iam("CreateRole", &new("x", "/")).await;
    denied(&elsewhere, "iam:CreateRole", "arn:aws:iam::123456789012:role/x");
    role.iam("CreateRole", &new("x", "/app/")).await.good();
    let tags = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    let tagged = role.iam("CreateRole", &[&new("y", "/app/")[..], &tags].concat()).await;
    denied(&tagged, "iam:TagRole", "arn:aws:iam::123456789012:role/app/y");
    let profile = ("InstanceProfileName", "p");
    role.iam("CreateInstanceProfile", &[profile]).await.good();
    let pair = [profile, ("RoleName", "x")];
    let passed = role.iam("AddRoleToInstanceProfile", &pair).await;
    denied(&passed, "iam:PassRole", "arn:aws:iam::123456789012:role/app/x");
    let pass = json!({
        "Effect": "Allow", "Action": "iam:PassRole", "Resource": roles,
        "Condition": { "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } }
    });
    let attach = json!({
        "Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": roles,
        "Condition": { "ArnEquals": { "iam:PolicyARN": "arn:aws:iam::aws:policy/Amazon*" } }
    });
    let linked = json!({
        "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
        "Condition": { "StringEquals": { "iam:AWSServiceName": "rds.amazonaws.com" } }
    });
    allow(&admin, &json!([base, pass, attach, linked])).await;
    role.iam("AddRoleToInstanceProfile", &pair).await.good();
    let managed = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let core = managed("AmazonSSMManagedInstanceCore");
    role.iam("AttachRolePolicy", &[("RoleName", "x"), ("PolicyArn", &core)]).await.good();
    let all = managed("AdministratorAccess");
    let too_much = role.iam("AttachRolePolicy", &[("RoleName", "x"), ("PolicyArn", &all)]).await;
    denied(&too_much, "iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/app/x");
    let rds = [("AWSServiceName", "rds.amazonaws.com")];
    role.iam("CreateServiceLinkedRole", &rds).await.good();
    let scaling = [("AWSServiceName", "autoscaling.amazonaws.com")];
    assert_eq!(role.iam("CreateServiceLinkedRole", &scaling).await.code(), "AccessDenied");
    let instances = admin.simulator.with(|world| world.role_for_instances("p"));
    assert_eq!(instances.as_deref(), Some("arn:aws:iam::123456789012:role/app/x"));
    assert_eq!(admin.simulator.with(|world| world.role_for_instances("q")), None);
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>
#[tokio::test(start_paused = true)]
async fn what_a_request_names_is_what_its_permission_is_about() {
    let (_, role) = both(
        Settings::calm(),
        &json!([
            { "Effect": "Allow", "Action": "sts:*", "Resource": "*" }
        ]),
    )
    .await;
    let call = async |service: &str, target: &str, body: Value| {
        let kind = "application/x-amz-json-1.1";
        role.send(service, kind, Some(target), body.to_string()).await.unwrap()
    };
    let of = |rest: &str| format!("arn:aws:{rest}");
    for (service, target, body, action, resource) in [
        (
            "secretsmanager",
            "secretsmanager.GetSecretValue",
            json!({ "SecretId": "node/key" }),
            "secretsmanager:GetSecretValue",
            of("secretsmanager:us-east-1:123456789012:secret:node/key-000000"),
        ),
        (
            "secretsmanager",
            "secretsmanager.ListSecrets",
            json!({}),
            "secretsmanager:ListSecrets",
            "*".to_owned(),
        ),
        (
            "kms",
            "TrentService.DescribeKey",
            json!({ "KeyId": "0-1" }),
            "kms:DescribeKey",
            of("kms:us-east-1:123456789012:key/0-1"),
        ),
        (
            "kms",
            "TrentService.CreateAlias",
            json!({ "AliasName": "alias/x", "TargetKeyId": "0-1" }),
            "kms:CreateAlias",
            of("kms:us-east-1:123456789012:key/0-1"),
        ),
        ("kms", "TrentService.CreateKey", json!({}), "kms:CreateKey", "*".to_owned()),
        (
            "logs",
            "Logs_20140328.CreateLogGroup",
            json!({ "logGroupName": "/x" }),
            "logs:CreateLogGroup",
            of("logs:us-east-1:123456789012:log-group:/x:log-stream:"),
        ),
        (
            "logs",
            "Logs_20140328.TagResource",
            json!({ "resourceArn": "arn:aws:logs:us-east-1:123456789012:log-group:/x" }),
            "logs:TagResource",
            of("logs:us-east-1:123456789012:log-group:/x"),
        ),
        (
            "tagging",
            "ResourceGroupsTaggingAPI_20170126.GetResources",
            json!({}),
            "tag:GetResources",
            "*".to_owned(),
        ),
        (
            "ssm",
            "AmazonSSM.GetParametersByPath",
            json!({ "Path": "/a/b" }),
            "ssm:GetParametersByPath",
            of("ssm:us-east-1:123456789012:parameter/a/b"),
        ),
    ] {
        denied(&call(service, target, body).await, action, &resource);
    }
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

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html>
#[tokio::test(start_paused = true)]
async fn a_new_permission_takes_a_while_to_reach_every_replica() {
    let lag = clctl_simulator::Lag {
        by_id: clctl_simulator::Span::fixed(20_000),
        ..Settings::calm().lag
    };
    let (_, role) = both(
        Settings { lag, ..Settings::calm() },
        &json!([
            { "Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*" }
        ]),
    )
    .await;
    let mut denials = 0;
    for _ in 0..40 {
        denials += u32::from(role.ec2("DescribeVpcs", &[]).await.status == 403);
    }
    assert!(denials > 0);
    role.wait(20).await;
    for _ in 0..40 {
        role.ec2("DescribeVpcs", &[]).await.good();
    }
}

/// What AWS manages is judged by what it says; what this simulator does not know by heart is not
/// guessed.
#[tokio::test(start_paused = true)]
async fn attached_policies_count_and_users_are_not_modelled() {
    let (admin, role) = both(
        Settings::calm(),
        &json!([
            { "Effect": "Deny", "Action": "ec2:DescribeVpcs", "Resource": "*" }
        ]),
    )
    .await;
    let attach = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let all = attach("AdministratorAccess");
    admin.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &all)]).await.good();
    role.ec2("DescribeSubnets", &[]).await.good();
    denied(&role.ec2("DescribeVpcs", &[]).await, "ec2:DescribeVpcs", "*");
    let read = attach("ReadOnlyAccess");
    admin.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &read)]).await.good();
    assert_eq!(role.ec2("DescribeSubnets", &[]).await.status, 501);
    let user = "arn:aws:iam::123456789012:user/ada".to_owned();
    admin.simulator.with(|world| {
        world.settings_mut().principals.insert("AKIAADA".to_owned(), user.clone());
    });
    let ada = Client { simulator: admin.simulator.clone(), region: "us-east-1", key: "AKIAADA" };
    assert_eq!(ada.sts().await.text("Arn"), user);
    assert_eq!(ada.ec2("DescribeVpcs", &[]).await.status, 501);
}
