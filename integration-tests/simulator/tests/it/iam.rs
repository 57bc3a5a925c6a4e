//! IAM: roles, their policies, instance profiles, after
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>.

use std::collections::BTreeMap;

use clctl_simulator::{Quotas, Settings, Weather};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

fn trusting(who: &Value) -> String {
    let statement = json!({ "Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
#[tokio::test(start_paused = true)]
async fn a_role_is_made_once_whatever_the_case_of_its_name() {
    let client = Client::calm();
    let trust = trusting(&json!({ "Service": "ec2.amazonaws.com" }));
    let params = [
        ("RoleName", "Node"),
        ("AssumeRolePolicyDocument", &*trust),
        ("Path", "/clctl/"),
        ("Description", "the node's"),
        ("Tags.member.1.Key", "owner"),
        ("Tags.member.1.Value", "a"),
    ];
    let made = client.iam("CreateRole", &params).await.good();
    assert_eq!(made.text("Arn"), "arn:aws:iam::123456789012:role/clctl/Node");
    assert!(made.text("RoleId").starts_with("AROA") && made.text("RoleId").len() == 21);
    assert_eq!(made.text("MaxSessionDuration"), "3600");
    assert!(made.text("CreateDate").starts_with("2026-01-01T00:00:0"));
    let got = client.iam("GetRole", &[("RoleName", "Node")]).await.good();
    assert_eq!(decoded(&got.text("AssumeRolePolicyDocument")), trust);
    assert!(!got.text("AssumeRolePolicyDocument").contains(['{', ' ', ':']));
    assert_eq!((got.text("Key"), got.text("Value")), ("owner".to_owned(), "a".to_owned()));
    let again = client
        .iam("CreateRole", &[("RoleName", "nODE"), ("AssumeRolePolicyDocument", &*trust)])
        .await;
    refused(&again, 409, "EntityAlreadyExists");
    let nobody = client.iam("GetRole", &[("RoleName", "nobody")]).await;
    refused(&nobody, 404, "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn what_breaks_a_rule_is_a_validation_error() {
    let client = Client::calm();
    let trust = trusting(&json!({ "Service": "ec2.amazonaws.com" }));
    let long = "x".repeat(65);
    let base = [("RoleName", "r"), ("AssumeRolePolicyDocument", &*trust)];
    for (name, value, code) in [
        ("RoleName", "a b", "ValidationError"),
        ("RoleName", "", "ValidationError"),
        ("RoleName", &long, "ValidationError"),
        ("Path", "x/", "ValidationError"),
        ("Path", "/aws-service-role/x/", "InvalidInput"),
        ("MaxSessionDuration", "3599", "ValidationError"),
        ("MaxSessionDuration", "43201", "ValidationError"),
        ("Description", "\u{7f}", "ValidationError"),
        ("AssumeRolePolicyDocument", "{", "MalformedPolicyDocument"),
        ("AssumeRolePolicyDocument", ALLOW, "MalformedPolicyDocument"),
    ] {
        let mut params: Vec<_> = base.iter().copied().filter(|it| it.0 != name).collect();
        params.push((name, value));
        refused(&client.iam("CreateRole", &params).await, 400, code);
    }
    let unnamed = client.iam("CreateRole", &base[1..]).await;
    refused(&unnamed, 400, "ValidationError");
    let bounded = [base[0], base[1], ("PermissionsBoundary", "arn:aws:iam::aws:policy/x")];
    refused(&client.iam("CreateRole", &bounded).await, 501, "ClctlSimulatorUnsupported");
    refused(
        &client.iam("CreateUser", &[("UserName", "u")]).await,
        501,
        "ClctlSimulatorUnsupported",
    );
    assert!(client.simulator.with(|world| world.objects()).is_empty());
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>
#[tokio::test(start_paused = true)]
async fn an_update_that_leaves_out_the_session_sets_it_to_an_hour() {
    let client = Client::calm();
    client.role("r").await;
    let long = [("RoleName", "r"), ("MaxSessionDuration", "7200"), ("Description", "d")];
    client.iam("UpdateRole", &long).await.good();
    let got = client.iam("GetRole", &[("RoleName", "r")]).await.good();
    assert_eq!(
        (got.text("MaxSessionDuration"), got.text("Description")),
        ("7200".into(), "d".into())
    );
    client.iam("UpdateRole", &[("RoleName", "r"), ("Description", "e")]).await.good();
    let got = client.iam("GetRole", &[("RoleName", "r")]).await.good();
    assert_eq!(
        (got.text("MaxSessionDuration"), got.text("Description")),
        ("3600".into(), "e".into())
    );
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[tokio::test(start_paused = true)]
async fn a_trusted_role_that_is_gone_leaves_its_id_behind() {
    let client = Client::calm();
    let trust = trusting(&json!({ "AWS": "arn:aws:iam::123456789012:role/one" }));
    let two = [("RoleName", "two"), ("AssumeRolePolicyDocument", &*trust)];
    let unknown = client.iam("CreateRole", &two).await;
    refused(&unknown, 400, "MalformedPolicyDocument");
    assert!(unknown.text("Message").starts_with("Invalid principal in policy"));
    client.role("one").await;
    let id = client.iam("GetRole", &[("RoleName", "one")]).await.text("RoleId");
    client.iam("CreateRole", &two).await.good();
    let trusted = async || {
        let got = client.iam("GetRole", &[("RoleName", "two")]).await.good();
        let text = decoded(&got.text("AssumeRolePolicyDocument"));
        let document: Value = serde_json::from_str(&text).unwrap();
        document["Statement"][0]["Principal"]["AWS"].as_str().unwrap().to_owned()
    };
    assert_eq!(trusted().await, "arn:aws:iam::123456789012:role/one");
    client.iam("DeleteRole", &[("RoleName", "one")]).await.good();
    assert_eq!(trusted().await, id);
    client.role("one").await;
    assert_eq!(trusted().await, id);
    let again = [("RoleName", "two"), ("PolicyDocument", &*trust)];
    client.iam("UpdateAssumeRolePolicy", &again).await.good();
    assert_eq!(trusted().await, "arn:aws:iam::123456789012:role/one");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
#[tokio::test(start_paused = true)]
async fn a_role_goes_last() {
    let client = Client::calm();
    client.role("r").await;
    let role = ("RoleName", "r");
    let profile = ("InstanceProfileName", "p");
    let managed = ("PolicyArn", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore");
    client.iam("CreateInstanceProfile", &[profile]).await.good();
    client.iam("AddRoleToInstanceProfile", &[profile, role]).await.good();
    client.iam("AttachRolePolicy", &[role, managed]).await.good();
    let inline = ("PolicyName", "i");
    client.iam("PutRolePolicy", &[role, inline, ("PolicyDocument", ALLOW)]).await.good();
    for (undo, params) in [
        ("RemoveRoleFromInstanceProfile", vec![profile, role]),
        ("DetachRolePolicy", vec![role, managed]),
        ("DeleteRolePolicy", vec![role, inline]),
    ] {
        refused(&client.iam("DeleteRole", &[role]).await, 409, "DeleteConflict");
        client.iam(undo, &params).await.good();
        refused(&client.iam(undo, &params).await, 404, "NoSuchEntity");
    }
    client.iam("DeleteRole", &[role]).await.good();
    refused(&client.iam("DeleteRole", &[role]).await, 404, "NoSuchEntity");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[tokio::test(start_paused = true)]
async fn inline_policies_have_one_limit_together_without_their_white_space() {
    let client = Client::calm();
    client.role("r").await;
    let put = async |name: &str, text: &str| {
        let params = [("RoleName", "r"), ("PolicyName", name), ("PolicyDocument", text)];
        client.iam("PutRolePolicy", &params).await
    };
    let spaced = ALLOW.replace("\"Effect\":", &format!("\"Effect\":{}", " ".repeat(20_000)));
    put("spaced", &spaced).await.good();
    let got = client.iam("GetRolePolicy", &[("RoleName", "r"), ("PolicyName", "spaced")]).await;
    assert_eq!(decoded(&got.good().text("PolicyDocument")), spaced);
    let large =
        |length: usize| ALLOW.replace("\"*\"", &format!("\"arn:aws:s3:::{}\"", "x".repeat(length)));
    put("one", &large(5_000)).await.good();
    refused(&put("two", &large(5_000)).await, 409, "LimitExceeded");
    put("one", &large(4_000)).await.good();
    put("two", &large(5_000)).await.good();
    let names = client.iam("ListRolePolicies", &[("RoleName", "r")]).await.good();
    assert_eq!(names.texts("member"), ["one", "spaced", "two"]);
    let with_principal = ALLOW.replace("\"Resource\"", "\"Principal\":\"*\",\"Resource\"");
    refused(&put("three", &with_principal).await, 400, "MalformedPolicyDocument");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>
#[tokio::test(start_paused = true)]
async fn policies_that_exist_are_attached_up_to_the_limit() {
    let quotas = Quotas { policies_per_role: 2, ..Quotas::default() };
    let client = Client::new(Settings { quotas, ..Settings::calm() });
    client.role("r").await;
    let attach = async |name: &str| {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        client.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", &arn)]).await
    };
    attach("AmazonSSMManagedInstanceCore").await.good();
    attach("AmazonSSMManagedInstanceCore").await.good();
    attach("CloudWatchAgentServerPolicy").await.good();
    refused(&attach("AdministratorAccess").await, 409, "LimitExceeded");
    refused(&attach("NoSuchPolicy").await, 404, "NoSuchEntity");
    refused(&attach("aws-service-role/AmazonRDSServiceRolePolicy").await, 404, "NoSuchEntity");
    let listed = client.iam("ListAttachedRolePolicies", &[("RoleName", "r")]).await.good();
    let names = ["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"];
    assert_eq!(listed.texts("PolicyName"), names);
    let paths = [("RoleName", "r"), ("PathPrefix", "/service-role/")];
    let none = client.iam("ListAttachedRolePolicies", &paths).await.good();
    assert!(none.texts("PolicyName").is_empty());
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html>
#[tokio::test(start_paused = true)]
async fn an_instance_profile_holds_one_role() {
    let client = Client::calm();
    client.role("a").await;
    client.role("b").await;
    let profile = ("InstanceProfileName", "p");
    let made = client.iam("CreateInstanceProfile", &[profile, ("Path", "/x/")]).await.good();
    assert_eq!(made.text("Arn"), "arn:aws:iam::123456789012:instance-profile/x/p");
    assert!(made.text("InstanceProfileId").starts_with("AIPA"));
    let again = client.iam("CreateInstanceProfile", &[("InstanceProfileName", "P")]).await;
    refused(&again, 409, "EntityAlreadyExists");
    client.iam("AddRoleToInstanceProfile", &[profile, ("RoleName", "a")]).await.good();
    let second = client.iam("AddRoleToInstanceProfile", &[profile, ("RoleName", "b")]).await;
    refused(&second, 409, "LimitExceeded");
    assert!(second.text("Message").contains("InstanceSessionsPerInstanceProfile: 1"));
    let got = client.iam("GetInstanceProfile", &[profile]).await.good();
    assert_eq!(got.texts("RoleName"), ["a"]);
    let of = client.iam("ListInstanceProfilesForRole", &[("RoleName", "a")]).await.good();
    assert_eq!(of.texts("InstanceProfileName"), ["p"]);
    let delete = client.iam("DeleteInstanceProfile", &[profile]).await;
    refused(&delete, 409, "DeleteConflict");
    let other = client.iam("ListInstanceProfiles", &[("PathPrefix", "/y/")]).await.good();
    assert!(other.texts("InstanceProfileName").is_empty());
    client.iam("RemoveRoleFromInstanceProfile", &[profile, ("RoleName", "a")]).await.good();
    client.iam("DeleteInstanceProfile", &[profile]).await.good();
    refused(&client.iam("GetInstanceProfile", &[profile]).await, 404, "NoSuchEntity");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>
#[tokio::test(start_paused = true)]
async fn the_case_of_a_tag_key_matters_for_profiles_and_not_for_roles() {
    let client = Client::calm();
    client.role("x").await;
    client.iam("CreateInstanceProfile", &[("InstanceProfileName", "x")]).await.good();
    let tag = |key: &'static str, value: &'static str| {
        [("Tags.member.1.Key", key), ("Tags.member.1.Value", value)]
    };
    let mut tags = BTreeMap::new();
    for (kind, member) in [("Role", "RoleName"), ("InstanceProfile", "InstanceProfileName")] {
        let with = async |action: String, more: &[(&str, &str)]| {
            let mut all = vec![(member, "x")];
            all.extend(more);
            client.iam(&action, &all).await
        };
        with(format!("Tag{kind}"), &tag("Dept", "1")).await.good();
        with(format!("Tag{kind}"), &tag("dept", "2")).await.good();
        let listed = with(format!("List{kind}Tags"), &[]).await.good();
        tags.insert(kind, (listed.texts("Key"), listed.texts("Value")));
        let reserved = with(format!("Tag{kind}"), &tag("AWS:x", "1")).await;
        refused(&reserved, 400, "InvalidInput");
        refused(&with(format!("Tag{kind}"), &tag("a*", "1")).await, 400, "ValidationError");
        refused(&with(format!("Tag{kind}"), &[]).await, 400, "ValidationError");
        let twice = [
            tag("k", "1").to_vec(),
            vec![("Tags.member.2.Key", "k"), ("Tags.member.2.Value", "2")],
        ];
        refused(&with(format!("Tag{kind}"), &twice.concat()).await, 400, "InvalidInput");
        let keys = [("TagKeys.member.1", "dept"), ("TagKeys.member.2", "Dept")];
        with(format!("Untag{kind}"), &keys).await.good();
        let left = with(format!("List{kind}Tags"), &[]).await.good();
        assert!(left.texts("Key").is_empty());
    }
    assert_eq!(tags["Role"], (vec!["dept".to_owned()], vec!["2".to_owned()]));
    let both = (vec!["Dept".to_owned(), "dept".to_owned()], vec!["1".to_owned(), "2".to_owned()]);
    assert_eq!(tags["InstanceProfile"], both);
    let many: Vec<_> =
        (1..=51).map(|it| (format!("Tags.member.{it}.Key"), format!("k{it}"))).collect();
    let values: Vec<_> = (1..=51).map(|it| format!("Tags.member.{it}.Value")).collect();
    let mut all = vec![("RoleName", "x")];
    all.extend(many.iter().map(|it| (it.0.as_str(), it.1.as_str())));
    all.extend(values.iter().map(|it| (it.as_str(), "v")));
    refused(&client.iam("TagRole", &all).await, 409, "LimitExceeded");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>
#[tokio::test(start_paused = true)]
async fn lists_come_in_pages() {
    let client = Client::calm();
    for number in 0..5 {
        client.role(&format!("r{number}")).await;
    }
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let mut params = vec![("MaxItems", "2")];
        if !marker.is_empty() {
            params.push(("Marker", &marker));
        }
        let page = client.iam("ListRoles", &params).await.good();
        seen.extend(page.texts("RoleName"));
        assert!(page.texts("RoleName").len() <= 2);
        assert!(page.texts("Tags").is_empty());
        if page.text("IsTruncated") == "false" {
            break;
        }
        marker = page.text("Marker");
    }
    assert_eq!(seen, ["r0", "r1", "r2", "r3", "r4"]);
    let wrong = [("MaxItems", "2"), ("Marker", "nonsense")];
    refused(&client.iam("ListRoles", &wrong).await, 400, "ValidationError");
    refused(&client.iam("ListRoles", &[("MaxItems", "1001")]).await, 400, "ValidationError");
    let none = client.iam("ListRoles", &[("PathPrefix", "/nowhere/")]).await.good();
    assert!(none.texts("RoleName").is_empty());
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>
#[tokio::test(start_paused = true)]
async fn all_roles_are_told_with_their_policies_profiles_and_tags() {
    let client = Client::calm();
    client.role("r").await;
    let role = ("RoleName", "r");
    client
        .iam("TagRole", &[role, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")])
        .await
        .good();
    let inline = [role, ("PolicyName", "i"), ("PolicyDocument", ALLOW)];
    client.iam("PutRolePolicy", &inline).await.good();
    let managed = ("PolicyArn", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy");
    client.iam("AttachRolePolicy", &[role, managed]).await.good();
    let profile = ("InstanceProfileName", "p");
    client.iam("CreateInstanceProfile", &[profile]).await.good();
    client.iam("AddRoleToInstanceProfile", &[profile, role]).await.good();
    let filter = [("Filter.member.1", "Role"), ("Filter.member.2", "LocalManagedPolicy")];
    let all = client.iam("GetAccountAuthorizationDetails", &filter).await.good();
    assert_eq!(decoded(&all.text("PolicyDocument")), ALLOW);
    assert!(!all.text("PolicyDocument").contains(['+', ' ', '*']));
    assert_eq!(all.texts("PolicyName"), ["i", "CloudWatchAgentServerPolicy"]);
    assert_eq!(all.text("InstanceProfileName"), "p");
    assert_eq!(all.text("Key"), "k");
    assert_eq!(all.text("IsTruncated"), "false");
    let wrong = client.iam("GetAccountAuthorizationDetails", &[("Filter.member.1", "X")]).await;
    refused(&wrong, 400, "ValidationError");
    let unfiltered = client.iam("GetAccountAuthorizationDetails", &[]).await;
    refused(&unfiltered, 501, "ClctlSimulatorUnsupported");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>
#[tokio::test(start_paused = true)]
async fn a_role_of_a_services_own_is_not_ours_to_change() {
    let client = Client::calm();
    let service = ("AWSServiceName", "autoscaling.amazonaws.com");
    let made = client.iam("CreateServiceLinkedRole", &[service]).await.good();
    let arn = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
    assert_eq!(made.text("Arn"), arn);
    refused(&client.iam("CreateServiceLinkedRole", &[service]).await, 400, "InvalidInput");
    let suffix = [service, ("CustomSuffix", "x")];
    let made = client.iam("CreateServiceLinkedRole", &suffix).await.good();
    assert_eq!(made.text("RoleName"), "AWSServiceRoleForAutoScaling_x");
    let rds = [("AWSServiceName", "rds.amazonaws.com"), ("CustomSuffix", "x")];
    refused(&client.iam("CreateServiceLinkedRole", &rds).await, 400, "InvalidInput");
    let role = ("RoleName", "AWSServiceRoleForAutoScaling");
    let managed = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    client.iam("CreateInstanceProfile", &[("InstanceProfileName", "p")]).await.good();
    for (action, more) in [
        ("DeleteRole", vec![]),
        ("AttachRolePolicy", vec![managed]),
        ("PutRolePolicy", vec![("PolicyName", "p"), ("PolicyDocument", ALLOW)]),
        ("UpdateAssumeRolePolicy", vec![("PolicyDocument", ALLOW)]),
        ("AddRoleToInstanceProfile", vec![("InstanceProfileName", "p")]),
    ] {
        let params = [vec![role], more].concat();
        refused(&client.iam(action, &params).await, 400, "UnmodifiableEntity");
    }
    client.iam("UpdateRole", &[role, ("Description", "d")]).await.good();
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html>
#[tokio::test(start_paused = true)]
async fn a_new_role_is_seen_late_and_builds_nothing_where_the_world_says_so() {
    let mut late = 0;
    for seed in 0..30 {
        let client =
            Client::new(Settings { weather: Weather::default(), ..Settings::stormy(seed) });
        client.role("r").await;
        let seen = client.iam("GetRole", &[("RoleName", "r")]).await;
        late += u32::from(seen.code() == "NoSuchEntity");
        client.wait(10).await;
        client.iam("GetRole", &[("RoleName", "r")]).await.good();
        client.wait(240).await;
        let listed = client.iam("ListRoles", &[]).await.good();
        assert_eq!(listed.texts("RoleName"), ["r"]);
    }
    assert!(late > 0);
}

#[tokio::test(start_paused = true)]
async fn the_account_has_one_bucket_for_all_of_iam() {
    let client = Client::new(Settings { throttling: true, ..Settings::calm() });
    let mut codes = Vec::new();
    for _ in 0..400 {
        let calls = [client.iam("ListRoles", &[]), client.iam("GetRole", &[("RoleName", "x")])];
        for call in calls {
            codes.push(call.await.code());
        }
    }
    assert!(codes.iter().any(|it| it == "Throttling"));
    client.wait(10).await;
    client.iam("ListRoles", &[]).await.good();
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_may_not_do_is_said() {
    let client =
        Client::new(Settings { denied: vec!["iam:Create*".to_owned()], ..Settings::calm() });
    let params = [("InstanceProfileName", "p")];
    refused(&client.iam("CreateInstanceProfile", &params).await, 403, "AccessDenied");
    refused(&client.iam("DeleteInstanceProfile", &params).await, 404, "NoSuchEntity");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
#[tokio::test(start_paused = true)]
async fn a_simulation_says_what_the_administrator_could_do() {
    let client =
        Client::new(Settings { denied: vec!["ec2:CreateVpc".to_owned()], ..Settings::calm() });
    let ask = [
        ("PolicySourceArn", "arn:aws:iam::123456789012:user/clctl"),
        ("ActionNames.member.1", "ec2:CreateVpc"),
        ("ActionNames.member.2", "ec2:CreateSubnet"),
    ];
    let said = client.iam("SimulatePrincipalPolicy", &ask).await.good();
    assert_eq!(said.texts("EvalDecision"), ["explicitDeny", "allowed"]);
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
#[tokio::test(start_paused = true)]
async fn a_simulation_says_what_a_role_could_do() {
    let client = Client::calm();
    let arn = client.role("r").await;
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*" },
            { "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*" },
            {
                "Effect": "Allow", "Action": "ec2:*", "Resource": "*",
                "Condition": { "StringEquals": { "aws:RequestTag/env": "${aws:PrincipalTag/env}" } }
            }
        ]
    })
    .to_string();
    let tag = [("RoleName", "r"), ("Tags.member.1.Key", "env"), ("Tags.member.1.Value", "prod")];
    client.iam("TagRole", &tag).await.good();
    let put = [("RoleName", "r"), ("PolicyName", "p"), ("PolicyDocument", &*policy)];
    client.iam("PutRolePolicy", &put).await.good();
    let source = ("PolicySourceArn", &*arn);
    let ask = [
        source,
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:DeleteObject"),
        ("ActionNames.member.3", "ec2:CreateVpc"),
        ("ResourceArns.member.1", "arn:aws:s3:::b/x"),
        ("ResourceArns.member.2", "arn:aws:s3:::c/x"),
    ];
    let said = client.iam("SimulatePrincipalPolicy", &ask).await.good();
    assert_eq!(said.texts("EvalDecision"), ["implicitDeny", "explicitDeny", "implicitDeny"]);
    let each = said.texts("EvalResourceDecision");
    assert_eq!(each[..2], ["allowed", "implicitDeny"]);
    let missing = said.text("MissingContextValues");
    assert_eq!(missing, "<member>aws:RequestTag/env</member>");
    let entry = "ContextEntries.member.1";
    let context = [
        source,
        ("ActionNames.member.1", "ec2:CreateVpc"),
        (&*format!("{entry}.ContextKeyName"), "aws:RequestTag/env"),
        (&*format!("{entry}.ContextKeyType"), "string"),
        (&*format!("{entry}.ContextKeyValues.member.1"), "prod"),
    ]
    .map(|it| (it.0.to_owned(), it.1.to_owned()));
    let context: Vec<_> = context.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let said = client.iam("SimulatePrincipalPolicy", &context).await.good();
    assert_eq!(said.texts("EvalDecision"), ["allowed"]);
    let custom = [
        ("PolicyInputList.member.1", ALLOW),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:PutObject"),
        ("MaxItems", "1"),
    ];
    let first = client.iam("SimulateCustomPolicy", &custom).await.good();
    assert_eq!(first.texts("EvalDecision"), ["allowed"]);
    assert_eq!(first.text("IsTruncated"), "true");
    let marker = first.text("Marker");
    let rest = [&custom[..], &[("Marker", &*marker)]].concat();
    let second = client.iam("SimulateCustomPolicy", &rest).await.good();
    assert_eq!(second.texts("EvalDecision"), ["implicitDeny"]);
    let star = [source, ("ActionNames.member.1", "s3:*")];
    refused(&client.iam("SimulatePrincipalPolicy", &star).await, 400, "InvalidInput");
    let nobody = [("PolicySourceArn", "arn:aws:iam::123456789012:role/x"), star[1]];
    refused(&client.iam("SimulatePrincipalPolicy", &nobody).await, 404, "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn roles_and_profiles_drift() {
    let mut told = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let client = Client::calm();
        client.role("r").await;
        client.role("strange").await;
        let (role, profile) = (("RoleName", "r"), ("InstanceProfileName", "p"));
        let marks = [
            ("Tags.member.1.Key", "clctl.dev/uid"),
            ("Tags.member.1.Value", "u"),
            ("Tags.member.2.Key", "Name"),
            ("Tags.member.2.Value", "n"),
        ];
        client.iam("TagRole", &[&[role], &marks[..]].concat()).await.good();
        client.iam("CreateInstanceProfile", &[&[profile], &marks[..]].concat()).await.good();
        client.iam("AddRoleToInstanceProfile", &[profile, role]).await.good();
        let inline = [role, ("PolicyName", "i"), ("PolicyDocument", ALLOW)];
        client.iam("PutRolePolicy", &inline).await.good();
        let managed = ("PolicyArn", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy");
        client.iam("AttachRolePolicy", &[role, managed]).await.good();
        let said = client.simulator.with(|world| world.drift(seed)).unwrap();
        assert!(!said.contains("strange") && !said.contains("clctl.dev"), "{said}");
        told.insert(said);
    }
    // Two tags' two drifts, two of the inline policy and one more, two of managed ones, trust,
    // description, session, and the profile's role.
    assert_eq!(told.len(), 13, "{told:?}");
}
