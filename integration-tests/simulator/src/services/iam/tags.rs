//! Tags of roles and instance profiles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>: keys of roles'
//! tags are the same whatever their case, keys of other tags are not.

use super::{
    Answer, Operation,
    call::{Call, exceeds, invalid, violates},
    instance_profile, role,
};
use crate::{fault::Fault, shelf::Tags, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[
    ("TagRole", true, tag_role),
    ("UntagRole", true, untag_role),
    ("ListRoleTags", false, list_role_tags),
    ("TagInstanceProfile", true, tag_profile),
    ("UntagInstanceProfile", true, untag_profile),
    ("ListInstanceProfileTags", false, list_profile_tags),
];

/// Whether the case of tag keys matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Matters,
    Ignored,
}

impl Case {
    fn same(self, one: &str, other: &str) -> bool {
        match self {
            Self::Matters => one == other,
            Self::Ignored => one.to_lowercase() == other.to_lowercase(),
        }
    }
}

/// A list of tags, as answers show it.
pub(super) fn render(tags: &Tags) -> Vec<Xml> {
    let one = |it: (&String, &String)| Xml::new().text("Key", it.0).text("Value", it.1);
    tags.iter().map(one).collect()
}

/// The tags that a request gives; none twice.
pub(super) fn given(call: &Call<'_>, case: Case) -> Result<Tags, Fault> {
    call.params.text("Tags");
    let mut tags = Tags::new();
    for tag in call.params.structs("Tags.member") {
        let (key, value) = (tag.text("Key"), tag.text("Value"));
        let (Some(key), Some(value)) = (key, value) else {
            return Err(invalid("1 validation error detected: a tag needs a key and a value"));
        };
        check_key(&key)?;
        if value.chars().count() > 256 || !value.chars().all(allowed) {
            let rule = "Member must satisfy regular expression pattern: \
                        [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]* and have length less than or equal to 256";
            return Err(violates(&value, "tags.member.value", rule));
        }
        if tags.keys().any(|it| case.same(it, &key)) {
            let text = match case {
                Case::Ignored => {
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive."
                }
                Case::Matters => "Duplicate tag keys found.",
            };
            return Err(Fault::client("InvalidInput", text));
        }
        tags.insert(key, value);
    }
    within_quota(call, &tags)?;
    Ok(tags)
}

fn allowed(it: char) -> bool {
    it.is_alphanumeric() || it.is_whitespace() && !it.is_control() || "_.:/=+-@".contains(it)
}

fn check_key(key: &str) -> Result<(), Fault> {
    if key.is_empty() || key.chars().count() > 128 || !key.chars().all(allowed) {
        let rule = "Member must satisfy regular expression pattern: \
                    [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+ and have length between 1 and 128";
        return Err(violates(key, "tags.member.key", rule));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        let text = "Tag keys starting with 'aws:' are reserved for internal use";
        return Err(Fault::client("InvalidInput", text));
    }
    Ok(())
}

fn within_quota(call: &Call<'_>, tags: &Tags) -> Result<(), Fault> {
    let most = call.settings.quotas.tags_per_resource;
    if tags.len() > most as usize {
        return Err(exceeds("TagsPerResource", most));
    }
    Ok(())
}

/// Puts tags over those there are; a key in another case is the same key where case is ignored.
fn over(call: &Call<'_>, old: &Tags, case: Case) -> Result<Tags, Fault> {
    let new = given(call, case)?;
    if new.is_empty() {
        return Err(violates("[]", "Tags", "Member must not be empty"));
    }
    let mut tags = old.clone();
    tags.retain(|key, _| !new.keys().any(|it| case.same(it, key)));
    tags.extend(new);
    within_quota(call, &tags)?;
    Ok(tags)
}

fn without(call: &Call<'_>, old: &Tags, case: Case) -> Result<Tags, Fault> {
    let keys = call.params.list("TagKeys.member");
    if keys.is_empty() || keys.len() > 50 {
        return Err(violates("[]", "TagKeys", "Member must have between 1 and 50 keys"));
    }
    for key in &keys {
        check_key(key)?;
    }
    let mut tags = old.clone();
    tags.retain(|key, _| !keys.iter().any(|it| case.same(it, key)));
    Ok(tags)
}

fn tag_role(call: &mut Call<'_>) -> Answer {
    let role = role::find(call)?;
    let (id, tags) = (role.id.clone(), over(call, &role.tags, Case::Ignored)?);
    call.iam.roles.change(call.stamp, &id, |it| it.tags = tags);
    Ok(Xml::new())
}

fn untag_role(call: &mut Call<'_>) -> Answer {
    let role = role::find(call)?;
    let (id, tags) = (role.id.clone(), without(call, &role.tags, Case::Ignored)?);
    call.iam.roles.change(call.stamp, &id, |it| it.tags = tags);
    Ok(Xml::new())
}

fn list_role_tags(call: &mut Call<'_>) -> Answer {
    let tags = role::look(call)?.tags.clone();
    list(call, &tags)
}

fn tag_profile(call: &mut Call<'_>) -> Answer {
    let profile = instance_profile::find(call)?;
    let (id, tags) = (profile.id.clone(), over(call, &profile.tags, Case::Matters)?);
    call.iam.instance_profiles.change(call.stamp, &id, |it| it.tags = tags);
    Ok(Xml::new())
}

fn untag_profile(call: &mut Call<'_>) -> Answer {
    let profile = instance_profile::find(call)?;
    let (id, tags) = (profile.id.clone(), without(call, &profile.tags, Case::Matters)?);
    call.iam.instance_profiles.change(call.stamp, &id, |it| it.tags = tags);
    Ok(Xml::new())
}

fn list_profile_tags(call: &mut Call<'_>) -> Answer {
    let tags = instance_profile::look(call)?.tags.clone();
    list(call, &tags)
}

fn list(call: &Call<'_>, tags: &Tags) -> Answer {
    let all = tags.keys().cloned().zip(render(tags)).collect();
    call.page(all, |page| Xml::new().members("Tags", "member", page))
}
