//! Roles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html> and its sisters.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Answer, Iam, Operation,
    call::{Call, conflict, exceeds, exists, malformed, no_such, violates},
    condition::Context,
    document::{self, Document, Grammar, Malformed},
    managed,
    names::{date, encoded, name, path, path_prefix, size},
    tags::{self, Case},
};
use crate::{
    Settings, Time,
    fault::Fault,
    shelf::{Eyes, Kind, Record},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateRole", true, create),
    ("GetRole", false, get),
    ("ListRoles", false, list),
    ("UpdateRole", true, update),
    ("UpdateAssumeRolePolicy", true, update_trust),
    ("DeleteRole", true, delete),
];

/// What a session lasts when nothing else is said.
pub(super) const HOUR: u32 = 3_600;
const LONGEST_NAME: usize = 64;

/// Who may assume a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Trust {
    /// The document as it was put.
    text: String,
    /// The same with unique ids in place of names.
    sealed: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    /// `AROA…`
    pub(crate) unique: String,
    pub(super) path: String,
    pub(super) created: Time,
    pub(super) trust: Trust,
    pub(super) description: Option<String>,
    pub(super) max_session: u32,
    /// Its inline policies, by name, as they were put.
    pub(super) inline: BTreeMap<String, String>,
    /// The ARNs of the managed policies that are attached to it.
    pub(super) attached: BTreeSet<String>,
    /// The service it belongs to, if AWS alone may change it.
    pub(super) service: Option<String>,
}

impl Kind for Role {
    const TYPE: &'static str = "role";
    const PREFIX: &'static str = "AROA";
    const NOUN: &'static str = "role";
    const NOT_FOUND: &'static str = "NoSuchEntity";
    const MALFORMED: &'static str = "ValidationError";
}

impl Record<Role> {
    pub(crate) fn arn(&self, settings: &Settings) -> String {
        format!("arn:aws:iam::{}:role{}{}", settings.account, self.path, self.id)
    }

    /// What its policies say.
    pub(crate) fn documents(&self) -> Result<Vec<Document>, Fault> {
        let inline = self
            .inline
            .values()
            .map(|it| Document::parse(it, Grammar::Identity).map_err(|it| malformed(it.0)));
        let unmodelled = |arn: &String| Fault::unsupported(format!("what {arn} says"));
        let attached = self.attached.iter().map(|arn| {
            managed::find(arn).ok_or_else(|| unmodelled(arn)).and_then(managed::Managed::document)
        });
        inline.chain(attached).collect()
    }

    /// What a request of this role carries of it.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties>
    pub(crate) fn describe(&self, settings: &Settings, context: &mut Context) {
        context.set("aws:PrincipalArn", self.arn(settings));
        context.set("aws:PrincipalAccount", settings.account.clone());
        context.set("aws:PrincipalType", "AssumedRole");
        for (key, value) in &self.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value.clone());
        }
    }
}

impl Role {
    #[cfg(test)]
    pub(super) fn for_tests(unique: &str, path: &str) -> Self {
        Self {
            unique: unique.to_owned(),
            path: path.to_owned(),
            created: Time::from_millis(0),
            trust: Trust { text: "{}".to_owned(), sealed: Value::Null },
            description: None,
            max_session: HOUR,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            service: None,
        }
    }

    /// A role of AWS's own that trusts a service.
    pub(super) fn of_service(unique: String, service: &str, path: String, created: Time) -> Self {
        let sealed = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": "sts:AssumeRole"
            }]
        });
        Self {
            unique,
            path,
            created,
            trust: Trust { text: sealed.to_string(), sealed },
            description: None,
            max_session: HOUR,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            service: Some(service.to_owned()),
        }
    }

    /// Whom it trusts, with unique ids in place of names.
    pub(crate) fn trusts(&self) -> Result<Document, Malformed> {
        Document::read(&self.trust.sealed, Grammar::Trust)
    }
}

/// A name in the case in which the role has it.
pub(super) fn known_as(iam: &Iam, settings: &Settings, asked: &str) -> String {
    if settings.disputed("role-name-in-another-case", 2) == 1 {
        return asked.to_owned();
    }
    let lower = asked.to_lowercase();
    let found = iam.roles.all().find(|it| it.id.to_lowercase() == lower);
    found.map_or_else(|| asked.to_owned(), |it| it.id.clone())
}

/// The name that a request gives, in the case in which the role has it.
fn given(call: &Call<'_>) -> Result<String, Fault> {
    let asked = name(call, "RoleName", LONGEST_NAME)?;
    Ok(known_as(call.iam, call.settings, &asked))
}

fn unknown(name: &str) -> Fault {
    no_such(format!("The role with name {name} cannot be found."))
}

/// The role that a write is about: its true state.
pub(super) fn find<'a>(call: &'a Call<'_>) -> Result<&'a Record<Role>, Fault> {
    let name = given(call)?;
    let roles = &call.iam.roles;
    let known = !call.settings.lag.dependents || roles.seen(&name, call.by_id()).is_some();
    roles.get(&name).filter(|_| known).ok_or_else(|| unknown(&name))
}

/// The same, if it is not AWS's own.
pub(super) fn find_own<'a>(call: &'a Call<'_>) -> Result<&'a Record<Role>, Fault> {
    let role = find(call)?;
    match role.service {
        Some(_) => Err(unmodifiable(&role.id)),
        None => Ok(role),
    }
}

pub(super) fn unmodifiable(name: &str) -> Fault {
    let text = format!(
        "Cannot perform the operation on the protected role '{name}' - this role is only \
         modifiable by AWS"
    );
    Fault::client("UnmodifiableEntity", text)
}

/// The role that a read is about, as the replica shows it.
pub(super) fn look<'a>(call: &'a Call<'_>) -> Result<&'a Record<Role>, Fault> {
    let name = given(call)?;
    call.iam.roles.seen(&name, call.by_id()).ok_or_else(|| unknown(&name))
}

/// What every answer shows of a role.
pub(super) fn render(call: &Call<'_>, role: &Record<Role>, eyes: Eyes) -> Xml {
    let young = call.now.since(role.created) < call.settings.lag.by_id.max();
    let arn = match call.settings.disputed("arn-of-a-new-role", 2) {
        1 if young => role.unique.clone(),
        _ => role.arn(call.settings),
    };
    Xml::new()
        .text("Path", &role.path)
        .text("RoleName", &role.id)
        .text("RoleId", &role.unique)
        .text("Arn", arn)
        .text("CreateDate", date(role.created))
        .text("AssumeRolePolicyDocument", encoded(&shown(call, &role.trust, eyes)))
}

/// A trust policy as a read shows it: the text that was put, as long as it is still true.
fn shown(call: &Call<'_>, trust: &Trust, eyes: Eyes) -> String {
    let now = call.iam.unseal(call.settings, &trust.sealed, eyes);
    let verbatim = call.settings.disputed("trust-policy-text", 2) == 0;
    let same = serde_json::from_str::<Value>(&trust.text).is_ok_and(|it| it == now);
    if verbatim && same { trust.text.clone() } else { now.to_string() }
}

fn more(role: &Record<Role>) -> Xml {
    Xml::new()
        .maybe("Description", role.description.as_ref())
        .text("MaxSessionDuration", role.max_session)
}

/// Reads who is to be trusted.
fn read_trust(call: &Call<'_>, parameter: &str) -> Result<Trust, Fault> {
    let text = call.need(parameter)?;
    let value = document::json(&text).map_err(|it| malformed(it.0))?;
    Document::read(&value, Grammar::Trust).map_err(|it| malformed(it.0))?;
    let most = call.settings.quotas.trust_policy_size;
    if size(&text) > most as usize {
        return Err(exceeds("ACLSizePerRole", most));
    }
    let sealed = call.iam.seal(call.settings, &value, call.by_id());
    let sealed =
        sealed.map_err(|it| it.fault("MalformedPolicyDocument", "Invalid principal in policy"))?;
    Ok(Trust { text, sealed })
}

pub(super) fn description(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let text = call.params.text("Description");
    let good =
        |it: char| matches!(it, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}');
    match text {
        Some(text) if text.chars().count() > 1000 || !text.chars().all(good) => {
            let rule = "Member must satisfy regular expression pattern: \
                        [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]* and have length less \
                        than or equal to 1000";
            Err(violates(&text, "Description", rule))
        }
        other => Ok(other),
    }
}

fn max_session(call: &Call<'_>) -> Result<Option<u32>, Fault> {
    call.number("MaxSessionDuration", HOUR, 12 * HOUR)
}

/// Refuses a role whose name is taken, whatever its case, or which is one too many.
pub(super) fn room_for(call: &Call<'_>, name: &str) -> Result<(), Fault> {
    let lower = name.to_lowercase();
    if let Some(other) = call.iam.roles.all().find(|it| it.id.to_lowercase() == lower) {
        return Err(exists(format!("Role with name {} already exists.", other.id)));
    }
    let most = call.settings.quotas.roles;
    if call.iam.roles.all().count() >= most as usize {
        return Err(exceeds("RolesPerAccount", most));
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = name(call, "RoleName", LONGEST_NAME)?;
    let path = path(call)?;
    let description = description(call)?;
    let max_session = max_session(call)?.unwrap_or(HOUR);
    let tags = tags::given(call, Case::Ignored)?;
    if path.starts_with("/aws-service-role/") {
        let text = "Path /aws-service-role/ is reserved for service-linked roles";
        return Err(Fault::client("InvalidInput", text));
    }
    let trust = read_trust(call, "AssumeRolePolicyDocument")?;
    room_for(call, &name)?;
    let body = Role {
        unique: call.unique_id(Role::PREFIX),
        path,
        created: call.now,
        trust,
        description,
        max_session,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        service: None,
    };
    let role = Record { id: name, tags, body };
    let shown = render(call, &role, call.by_id()).with(more(&role));
    let shown = shown.members("Tags", "member", tags::render(&role.tags));
    call.iam.roles.add(call.stamp, Some(call.now), role);
    Ok(Xml::new().nest("Role", shown))
}

fn get(call: &mut Call<'_>) -> Answer {
    let role = look(call)?;
    let shown = render(call, role, call.by_id())
        .with(more(role))
        .members("Tags", "member", tags::render(&role.tags))
        .nest("RoleLastUsed", Xml::new());
    Ok(Xml::new().nest("Role", shown))
}

/// Without tags and last use, as documented.
fn list(call: &mut Call<'_>) -> Answer {
    let prefix = path_prefix(call)?;
    let eyes = call.in_lists();
    let roles = call.iam.roles.all_seen(eyes).filter(|it| it.path.starts_with(&prefix));
    let all = roles.map(|it| (it.id.clone(), render(call, it, eyes).with(more(it)))).collect();
    call.page(all, |page| Xml::new().members("Roles", "member", page))
}

/// "If you do not specify a value for this setting, the default value of one hour is applied":
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>
fn update(call: &mut Call<'_>) -> Answer {
    let description = description(call)?;
    let max_session = max_session(call)?;
    let role = find(call)?;
    if role.service.is_some() && max_session.is_some() {
        return Err(unmodifiable(&role.id));
    }
    let id = role.id.clone();
    let description = match call.settings.disputed("update-role-without-description", 2) {
        0 => description.or_else(|| role.description.clone()),
        _ => description,
    };
    call.iam.roles.change(call.stamp, &id, |it| {
        it.description = description;
        it.max_session = max_session.unwrap_or(HOUR);
    });
    Ok(Xml::new())
}

fn update_trust(call: &mut Call<'_>) -> Answer {
    let id = find_own(call)?.id.clone();
    let trust = read_trust(call, "PolicyDocument")?;
    call.iam.roles.change(call.stamp, &id, |it| it.trust = trust);
    Ok(Xml::new())
}

fn delete(call: &mut Call<'_>) -> Answer {
    let role = find_own(call)?;
    let inside = |it: &String| *it == role.unique;
    if call.iam.instance_profiles.all().any(|it| it.role.as_ref().is_some_and(inside)) {
        let text = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(conflict(text));
    }
    if !role.attached.is_empty() {
        return Err(conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline.is_empty() {
        return Err(conflict("Cannot delete entity, must delete policies first."));
    }
    let id = role.id.clone();
    call.iam.roles.remove(call.stamp, &id);
    Ok(Xml::new())
}
