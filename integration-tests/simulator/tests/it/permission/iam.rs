//! Roles and instance profiles, after
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.

use clctl_simulator::Settings;
use serde_json::json;

use super::{allow, arn, both, calm, denied, takes, to};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"*"}]}"#;
const TAGS: [(&str, &str); 2] = [("Tags.member.1.Key", "owner"), ("Tags.member.1.Value", "us")];

#[tokio::test(start_paused = true)]
async fn a_role_takes_a_permission_for_each_call_and_its_tags_count() {
    let both = calm().await;
    let role = arn("iam", "role/app/x");
    let owned = || [("RoleName", "x")];
    let new =
        [&[("RoleName", "x"), ("Path", "/app/"), ("AssumeRolePolicyDocument", TRUST)], &TAGS[..]];
    let make = [
        to("iam:CreateRole", &role).when("aws:RequestTag/owner", "us"),
        to("iam:TagRole", &role).when("aws:RequestTag/owner", "us"),
    ];
    takes(&both, &make, async |it| it.iam("CreateRole", &new.concat()).await).await;
    let managed = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
    for (action, more) in [
        ("iam:GetRole", &[][..]),
        ("iam:PutRolePolicy", &[("PolicyName", "p"), ("PolicyDocument", POLICY)]),
        ("iam:ListRolePolicies", &[]),
        ("iam:GetRolePolicy", &[("PolicyName", "p")]),
        ("iam:UpdateRole", &[("Description", "d")]),
        ("iam:UpdateAssumeRolePolicy", &[("PolicyDocument", TRUST)]),
        ("iam:ListAttachedRolePolicies", &[]),
        ("iam:ListInstanceProfilesForRole", &[]),
        ("iam:TagRole", &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("iam:UntagRole", &[("TagKeys.member.1", "k")]),
        ("iam:DeleteRolePolicy", &[("PolicyName", "p")]),
    ] {
        let grant = to(action, &role).when("aws:ResourceTag/owner", "us");
        let params = [&owned()[..], more].concat();
        let name = action.trim_start_matches("iam:");
        takes(&both, &[grant], async |it| it.iam(name, &params).await).await;
    }
    for action in ["iam:AttachRolePolicy", "iam:DetachRolePolicy"] {
        let grant = to(action, &role).when("iam:PolicyARN", managed);
        let grant = grant.when("iam:ResourceTag/owner", "us");
        let name = action.trim_start_matches("iam:");
        let params = [("RoleName", "x"), ("PolicyArn", managed)];
        takes(&both, &[grant], async |it| it.iam(name, &params).await).await;
    }
    let all = [to("iam:GetAccountAuthorizationDetails", "*")];
    takes(&both, &all, async |it| {
        it.iam("GetAccountAuthorizationDetails", &[("Filter.member.1", "Role")]).await
    })
    .await;
    let delete = [to("iam:DeleteRole", &role).when("aws:ResourceTag/owner", "us")];
    takes(&both, &delete, async |it| it.iam("DeleteRole", &owned()).await).await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_profile_takes_a_permission_for_each_call_and_passes_its_role() {
    let both = calm().await;
    both.0.role("x").await;
    let profile = arn("iam", "instance-profile/p");
    let name = ("InstanceProfileName", "p");
    let make = [
        to("iam:CreateInstanceProfile", &profile).when("aws:RequestTag/owner", "us"),
        to("iam:TagInstanceProfile", &profile),
    ];
    let new = [&[name], &TAGS[..]].concat();
    takes(&both, &make, async |it| it.iam("CreateInstanceProfile", &new).await).await;
    let ours = |action| to(action, &profile).when("aws:ResourceTag/owner", "us");
    let put = [
        ours("iam:AddRoleToInstanceProfile"),
        to("iam:PassRole", arn("iam", "role/x")).when("iam:PassedToService", "ec2.amazonaws.com"),
    ];
    let pair = [name, ("RoleName", "x")];
    takes(&both, &put, async |it| it.iam("AddRoleToInstanceProfile", &pair).await).await;
    let more = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    for (action, params) in [
        ("iam:GetInstanceProfile", vec![name]),
        ("iam:ListInstanceProfileTags", vec![name]),
        ("iam:TagInstanceProfile", [&[name], &more[..]].concat()),
        ("iam:UntagInstanceProfile", vec![name, ("TagKeys.member.1", "k")]),
        ("iam:RemoveRoleFromInstanceProfile", pair.to_vec()),
        ("iam:DeleteInstanceProfile", vec![name]),
    ] {
        let name = action.trim_start_matches("iam:");
        takes(&both, &[ours(action)], async |it| it.iam(name, &params).await).await;
    }
    let list = [to("iam:ListInstanceProfiles", arn("iam", "instance-profile/"))];
    takes(&both, &list, async |it| it.iam("ListInstanceProfiles", &[]).await).await;
}

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
