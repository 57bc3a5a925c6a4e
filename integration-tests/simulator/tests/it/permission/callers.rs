//! Who calls, and whose policies count.

use clctl_simulator::{Lag, Settings, Span};
use serde_json::json;

use super::{both, denied};
use crate::client::Client;

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

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html>
#[tokio::test(start_paused = true)]
async fn a_new_permission_takes_a_while_to_reach_every_replica() {
    let lag = Lag { by_id: Span::fixed(20_000), ..Settings::calm().lag };
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

/// What nobody knows of a request is no reason to allow it, nor to refuse it.
#[tokio::test(start_paused = true)]
async fn a_condition_on_what_is_not_modelled_is_said_where_it_would_count() {
    let (admin, role) = both(
        Settings::calm(),
        &json!([
            { "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*" },
            {
                "Effect": "Deny", "Action": "ec2:DescribeVpcs", "Resource": "*",
                "Condition": { "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } }
            }
        ]),
    )
    .await;
    role.ec2("DescribeSubnets", &[]).await.good();
    let unknown = role.ec2("DescribeVpcs", &[]).await;
    assert_eq!(unknown.status, 501);
    assert!(unknown.body.contains("the condition key aws:SourceIp of ec2:DescribeVpcs"));
    admin.ec2("DescribeVpcs", &[]).await.good();
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[tokio::test(start_paused = true)]
async fn conditions_find_who_calls_and_where() {
    let (admin, role) = both(Settings::calm(), &json!([super::who_am_i()])).await;
    let id = admin.iam("GetRole", &[("RoleName", "r")]).await.text("RoleId");
    let team = [("RoleName", "r"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "x")];
    admin.iam("TagRole", &team).await.good();
    let session = format!("{id}:clctl-session");
    for (operator, key, value, holds) in [
        ("StringEquals", "aws:RequestedRegion", "us-east-1", true),
        ("StringEquals", "aws:RequestedRegion", "eu-north-1", false),
        ("ArnEquals", "aws:PrincipalArn", super::ROLE, true),
        ("StringEquals", "aws:PrincipalAccount", "123456789012", true),
        ("StringEquals", "aws:ResourceAccount", "123456789012", true),
        ("StringEquals", "aws:PrincipalType", "AssumedRole", true),
        ("StringEquals", "aws:PrincipalTag/Team", "x", true),
        ("StringEquals", "aws:userid", &*session, true),
        ("StringEquals", "aws:username", "r", false),
        ("Bool", "aws:SecureTransport", "true", true),
        ("Bool", "aws:ViaAWSService", "true", false),
        ("Bool", "aws:MultiFactorAuthPresent", "true", false),
        ("Null", "aws:SourceArn", "true", true),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", true),
        ("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", false),
        ("NumericGreaterThan", "aws:EpochTime", "1767225599", true),
    ] {
        let statement = json!([{
            "Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*",
            "Condition": { operator: { key: value } }
        }]);
        super::allow(&admin, &statement).await;
        let answer = role.ec2("DescribeVpcs", &[]).await;
        if holds {
            answer.good();
        } else {
            denied(&answer, "ec2:DescribeVpcs", "*");
        }
    }
}

/// What the settings of the world withhold nobody may do, and it is said to whoever asked.
#[tokio::test(start_paused = true)]
async fn what_is_withheld_is_withheld_from_all() {
    let denied = vec!["ec2:DescribeVpcs".to_owned(), "ssm:*".to_owned()];
    let all = json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]);
    let (admin, role) = both(Settings { denied, ..Settings::calm() }, &all).await;
    for client in [&admin, &role] {
        let who = client.sts().await.good().text("Arn");
        for (answer, status) in [
            (client.ec2("DescribeVpcs", &[]).await, 403),
            (client.ssm("GetParameter", json!({ "Name": "/a" })).await, 400),
        ] {
            assert_eq!(answer.status, status, "{}", answer.body);
            assert!(answer.body.contains(&format!("User: {who} is not")), "{}", answer.body);
        }
        client.ec2("DescribeSubnets", &[]).await.good();
    }
}
