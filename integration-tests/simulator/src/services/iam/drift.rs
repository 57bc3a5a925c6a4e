//! What somebody else might do to roles and instance profiles.

use serde_json::json;

use super::{Iam, instance_profile::InstanceProfile, role::Role};
use crate::{
    shelf::{Kind as _, Record, Tags},
    world::{Drift, Retag},
};

/// What somebody lets a role do by hand.
const BY_HAND: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}"#;
const READ_ALL: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(iam: &Iam, key: &str) -> Vec<Drift> {
    let roles = iam.roles.all().filter(|it| it.tags.contains_key(key));
    let profiles = iam.instance_profiles.all().filter(|it| it.tags.contains_key(key));
    let profiles = profiles.flat_map(|it| of_profile(iam, it));
    roles.flat_map(of_role).chain(profiles).collect()
}

/// The calls by which somebody puts tags on an object of this kind, and takes some from it.
pub(crate) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    let (name, add, remove) = match kind {
        Role::TYPE => ("RoleName", "TagRole", "UntagRole"),
        InstanceProfile::TYPE => {
            ("InstanceProfileName", "TagInstanceProfile", "UntagInstanceProfile")
        }
        _ => return Vec::new(),
    };
    let call = |action, params: Vec<(String, &str)>| {
        let params = params.iter().map(|(name, value)| (name.as_str(), *value));
        let params: Vec<_> = std::iter::once((name, id)).chain(params).collect();
        drift(format!("{id} has other tags"), action, &params)
    };
    let put = (1..).zip(change.put).flat_map(|(n, (key, value))| {
        let (name, text) = (format!("Tags.member.{n}.Key"), format!("Tags.member.{n}.Value"));
        [(name, key.as_str()), (text, value.as_str())]
    });
    let gone = (1..).zip(change.gone).map(|(n, key)| (format!("TagKeys.member.{n}"), key.as_str()));
    let mut all = Vec::new();
    all.extend((!change.put.is_empty()).then(|| call(add, put.collect())));
    all.extend((!change.gone.is_empty()).then(|| call(remove, gone.collect())));
    all
}

fn drift(says: String, action: &'static str, params: &[(&str, &str)]) -> Drift {
    Drift::form("iam", says, action, params)
}

fn of_role(role: &Record<Role>) -> Vec<Drift> {
    let name = &role.id;
    let named = ("RoleName", name.as_str());
    let mut all = of_tags(&role.tags, named, ("TagRole", "UntagRole"));
    for policy in role.inline.keys() {
        let policy = ("PolicyName", policy.as_str());
        let says = format!("the inline policy {} of role {name} is gone", policy.1);
        all.push(drift(says, "DeleteRolePolicy", &[named, policy]));
        let says = format!("the inline policy {} of role {name} says something else", policy.1);
        let document = ("PolicyDocument", BY_HAND);
        all.push(drift(says, "PutRolePolicy", &[named, policy, document]));
    }
    let more = [named, ("PolicyName", "by-hand"), ("PolicyDocument", BY_HAND)];
    let says = format!("role {name} has an inline policy by-hand");
    all.push(drift(says, "PutRolePolicy", &more));
    for arn in &role.attached {
        let says = format!("{arn} is not attached to role {name} any more");
        all.push(drift(says, "DetachRolePolicy", &[named, ("PolicyArn", arn)]));
    }
    if !role.attached.contains(READ_ALL) {
        let says = format!("{READ_ALL} is attached to role {name}");
        all.push(drift(says, "AttachRolePolicy", &[named, ("PolicyArn", READ_ALL)]));
    }
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole"
    });
    let trust = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let says = format!("role {name} trusts lambda.amazonaws.com and nobody else");
    all.push(drift(says, "UpdateAssumeRolePolicy", &[named, ("PolicyDocument", &trust)]));
    let session = role.max_session.to_string();
    let update = [named, ("Description", "by hand"), ("MaxSessionDuration", &session)];
    let says = format!("the description of role {name} is 'by hand' now");
    all.push(drift(says, "UpdateRole", &update));
    let longer = if role.max_session == 7_200 { "10800" } else { "7200" };
    let description = role.description.clone().unwrap_or_default();
    let update = [named, ("Description", &description), ("MaxSessionDuration", longer)];
    let says = format!("a session of role {name} lasts {longer} s now");
    all.push(drift(says, "UpdateRole", &update));
    all
}

fn of_profile(iam: &Iam, profile: &Record<InstanceProfile>) -> Vec<Drift> {
    let name = &profile.id;
    let named = ("InstanceProfileName", name.as_str());
    let mut all = of_tags(&profile.tags, named, ("TagInstanceProfile", "UntagInstanceProfile"));
    let role = iam.roles.all().find(|it| profile.role.as_ref() == Some(&it.unique));
    if let Some(role) = role {
        let says = format!("role {} is not in instance profile {name} any more", role.id);
        let pair = [named, ("RoleName", role.id.as_str())];
        all.push(drift(says, "RemoveRoleFromInstanceProfile", &pair));
    }
    all
}

fn of_tags(
    tags: &Tags,
    named: (&str, &str),
    (tag, untag): (&'static str, &'static str),
) -> Vec<Drift> {
    let mut all = Vec::new();
    // Without its owner's mark an object would be a stranger, not a drifted one.
    for (key, value) in tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
        let says = format!("the tag {key} of {} is gone", named.1);
        all.push(drift(says, untag, &[named, ("TagKeys.member.1", key)]));
        let other = format!("{value}-changed");
        let says = format!("the tag {key} of {} is '{other}' now", named.1);
        let pair = [named, ("Tags.member.1.Key", key), ("Tags.member.1.Value", &other)];
        all.push(drift(says, tag, &pair));
    }
    all
}
