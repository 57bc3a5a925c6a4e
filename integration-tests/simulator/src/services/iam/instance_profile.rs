//! Instance profiles: what hands a role to instances.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html> and its
//! sisters.

use serde::{Deserialize, Serialize};

use super::{
    Answer, Iam, Operation,
    call::{Call, conflict, exceeds, exists, no_such},
    names::{date, name, path, path_prefix},
    role,
    tags::{self, Case},
};
use crate::{
    Settings, Time,
    fault::Fault,
    shelf::{Eyes, Kind, Record},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateInstanceProfile", true, create),
    ("GetInstanceProfile", false, get),
    ("ListInstanceProfiles", false, list),
    ("DeleteInstanceProfile", true, delete),
    ("AddRoleToInstanceProfile", true, add_role),
    ("RemoveRoleFromInstanceProfile", true, remove_role),
    ("ListInstanceProfilesForRole", false, list_for_role),
];

const LONGEST_NAME: usize = 128;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    /// `AIPA…`
    pub(super) unique: String,
    pub(super) path: String,
    pub(super) created: Time,
    /// The unique id of its role; it has one at most.
    pub(super) role: Option<String>,
}

impl Kind for InstanceProfile {
    const TYPE: &'static str = "instance-profile";
    const PREFIX: &'static str = "AIPA";
    const NOUN: &'static str = "instance profile";
    const NOT_FOUND: &'static str = "NoSuchEntity";
    const MALFORMED: &'static str = "ValidationError";
}

/// A profile, as EC2 takes it for a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToLaunch {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) unique: String,
    pub(crate) has_role: bool,
}

impl Iam {
    /// The profile of a name, as it truly is or, with eyes, as EC2 knows it that may not yet know
    /// of a change.
    pub(crate) fn profile_to_launch(
        &self,
        settings: &Settings,
        name: &str,
        eyes: Option<Eyes>,
    ) -> Option<ToLaunch> {
        let profile = match eyes {
            Some(eyes) => self.instance_profiles.seen(name, eyes),
            None => self.instance_profiles.get(name),
        }?;
        Some(ToLaunch {
            name: profile.id.clone(),
            arn: profile.arn(settings),
            unique: profile.unique.clone(),
            has_role: profile.role.is_some(),
        })
    }
}

impl Record<InstanceProfile> {
    pub(crate) fn arn(&self, settings: &Settings) -> String {
        format!("arn:aws:iam::{}:instance-profile{}{}", settings.account, self.path, self.id)
    }
}

/// A name in the case in which the profile has it.
pub(super) fn known_as(iam: &Iam, settings: &Settings, asked: &str) -> String {
    if settings.disputed("role-name-in-another-case", 2) == 1 {
        return asked.to_owned();
    }
    let lower = asked.to_lowercase();
    let found = iam.instance_profiles.all().find(|it| it.id.to_lowercase() == lower);
    found.map_or_else(|| asked.to_owned(), |it| it.id.clone())
}

/// The name that a request gives, in the case in which the profile has it.
fn given(call: &Call<'_>) -> Result<String, Fault> {
    let asked = name(call, "InstanceProfileName", LONGEST_NAME)?;
    Ok(known_as(call.iam, call.settings, &asked))
}

fn unknown(name: &str) -> Fault {
    no_such(format!("Instance Profile {name} cannot be found."))
}

/// The profile that a write is about: its true state.
pub(super) fn find<'a>(call: &'a Call<'_>) -> Result<&'a Record<InstanceProfile>, Fault> {
    let name = given(call)?;
    let all = &call.iam.instance_profiles;
    let known = !call.settings.lag.dependents || all.seen(&name, call.by_id()).is_some();
    all.get(&name).filter(|_| known).ok_or_else(|| unknown(&name))
}

/// The profile that a read is about, as the replica shows it.
pub(super) fn look<'a>(call: &'a Call<'_>) -> Result<&'a Record<InstanceProfile>, Fault> {
    let name = given(call)?;
    call.iam.instance_profiles.seen(&name, call.by_id()).ok_or_else(|| unknown(&name))
}

/// What every answer shows of a profile.
pub(super) fn render(call: &Call<'_>, profile: &Record<InstanceProfile>, eyes: Eyes) -> Xml {
    let inside = |unique: &String| call.iam.roles.all_seen(eyes).find(|it| it.unique == *unique);
    let role = profile.role.as_ref().and_then(inside);
    Xml::new()
        .text("Path", &profile.path)
        .text("InstanceProfileName", &profile.id)
        .text("InstanceProfileId", &profile.unique)
        .text("Arn", profile.arn(call.settings))
        .text("CreateDate", date(profile.created))
        .members("Roles", "member", role.map(|it| role::render(call, it, eyes)))
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = name(call, "InstanceProfileName", LONGEST_NAME)?;
    let path = path(call)?;
    let tags = tags::given(call, Case::Matters)?;
    let lower = name.to_lowercase();
    if call.iam.instance_profiles.all().any(|it| it.id.to_lowercase() == lower) {
        return Err(exists(format!("Instance Profile {name} already exists.")));
    }
    let most = call.settings.quotas.instance_profiles;
    if call.iam.instance_profiles.all().count() >= most as usize {
        return Err(exceeds("InstanceProfilesPerAccount", most));
    }
    let unique = call.unique_id(InstanceProfile::PREFIX);
    let body = InstanceProfile { unique, path, created: call.now, role: None };
    let profile = Record { id: name, tags, body };
    let shown = render(call, &profile, call.by_id());
    let shown = shown.members("Tags", "member", tags::render(&profile.tags));
    call.iam.instance_profiles.add(call.stamp, Some(call.now), profile);
    Ok(Xml::new().nest("InstanceProfile", shown))
}

fn get(call: &mut Call<'_>) -> Answer {
    let profile = look(call)?;
    let shown = render(call, profile, call.by_id());
    let shown = shown.members("Tags", "member", tags::render(&profile.tags));
    Ok(Xml::new().nest("InstanceProfile", shown))
}

/// Without tags, as documented.
fn list(call: &mut Call<'_>) -> Answer {
    let prefix = path_prefix(call)?;
    let eyes = call.in_lists();
    let seen = call.iam.instance_profiles.all_seen(eyes);
    let kept = seen.filter(|it| it.path.starts_with(&prefix));
    let all = kept.map(|it| (it.id.clone(), render(call, it, eyes))).collect();
    call.page(all, |page| Xml::new().members("InstanceProfiles", "member", page))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let profile = find(call)?;
    if profile.role.is_some() {
        return Err(conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    let id = profile.id.clone();
    call.iam.instance_profiles.remove(call.stamp, &id);
    Ok(Xml::new())
}

fn add_role(call: &mut Call<'_>) -> Answer {
    let profile = find(call)?;
    let role = role::find(call)?;
    if role.service.is_some() {
        return Err(role::unmodifiable(&role.id));
    }
    if let Some(inside) = &profile.role {
        let again = *inside == role.unique;
        return Err(match call.settings.disputed("add-role-to-profile-again", 2) {
            1 if again => {
                exists(format!("Role {} is already in instance profile {}.", role.id, profile.id))
            }
            _ => exceeds("InstanceSessionsPerInstanceProfile", 1),
        });
    }
    let (id, unique) = (profile.id.clone(), role.unique.clone());
    call.iam.instance_profiles.change(call.stamp, &id, |it| it.role = Some(unique));
    Ok(Xml::new())
}

fn remove_role(call: &mut Call<'_>) -> Answer {
    let profile = find(call)?;
    let role = role::find(call)?;
    if profile.role.as_ref() != Some(&role.unique) {
        let text = format!("The role {} is not in instance profile {}.", role.id, profile.id);
        return Err(no_such(text));
    }
    let id = profile.id.clone();
    call.iam.instance_profiles.change(call.stamp, &id, |it| it.role = None);
    Ok(Xml::new())
}

fn list_for_role(call: &mut Call<'_>) -> Answer {
    let unique = role::look(call)?.unique.clone();
    let all = holding(call, &unique, call.in_lists());
    call.page(all, |page| Xml::new().members("InstanceProfiles", "member", page))
}

/// The profiles that hold a role, by name.
pub(super) fn holding(call: &Call<'_>, unique: &str, eyes: Eyes) -> Vec<(String, Xml)> {
    let seen = call.iam.instance_profiles.all_seen(eyes);
    let kept = seen.filter(|it| it.role.as_deref() == Some(unique));
    kept.map(|it| (it.id.clone(), render(call, it, eyes))).collect()
}
