//! What a plan selects: resources by ARN and by tags, and the role in which they are copied.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupSelection.html>,
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html>: whoever has one of the tags
//! of the list, and who meets all conditions; a role that AWS Backup cannot take on is refused
//! (<https://github.com/hashicorp/terraform-provider-aws/issues/9501>).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Call, PRINCIPAL, exists, invalid, is_name, listed, missing, paging, plan, too_many,
};
use crate::{
    Time,
    fault::Fault,
    services::rds::Source,
    shelf::{Kind, Record, Tags},
};

/// A selection, by its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Selection {
    pub(super) plan: String,
    pub(super) document: Document,
    created: Time,
    request: Option<String>,
}

/// What a selection says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Document {
    selection_name: String,
    pub(super) iam_role_arn: String,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    list_of_tags: Vec<TagEquals>,
    #[serde(default)]
    not_resources: Vec<String>,
    conditions: Option<Conditions>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "as AWS calls them")]
struct TagEquals {
    condition_type: Equals,
    condition_key: String,
    condition_value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Equals {
    #[serde(rename = "STRINGEQUALS")]
    StringEquals,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "as AWS calls them")]
struct Conditions {
    string_equals: Vec<Condition>,
    string_not_equals: Vec<Condition>,
    string_like: Vec<Condition>,
    string_not_like: Vec<Condition>,
}

/// A key is `aws:ResourceTag/` and the key of a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    condition_key: String,
    condition_value: String,
}

impl Condition {
    fn value<'a>(&self, tags: &'a Tags) -> Option<&'a String> {
        tags.get(self.condition_key.strip_prefix("aws:ResourceTag/")?)
    }

    fn is(&self, tags: &Tags) -> bool {
        self.value(tags).is_some_and(|it| *it == self.condition_value)
    }

    fn is_like(&self, tags: &Tags) -> bool {
        self.value(tags).is_some_and(|it| like(&self.condition_value, it))
    }
}

/// Whether a text is of a form with stars in it.
fn like(form: &str, text: &str) -> bool {
    let mut parts = form.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
        last = Some(part);
    }
    last.map_or(rest.is_empty(), |part| text.ends_with(part))
}

impl Conditions {
    fn says_nothing(&self) -> bool {
        *self == Self::default()
    }

    fn keep(&self, tags: &Tags) -> bool {
        self.string_equals.iter().all(|it| it.is(tags))
            && !self.string_not_equals.iter().any(|it| it.is(tags))
            && self.string_like.iter().all(|it| it.is_like(tags))
            && !self.string_not_like.iter().any(|it| it.is_like(tags))
    }
}

impl Document {
    /// Whether a database is among what is selected.
    pub(super) fn selects(&self, source: &Source) -> bool {
        let named = |all: &[String]| all.iter().any(|it| like(it, &source.arn));
        let tagged = self.list_of_tags.iter().any(|it| {
            source.tags.get(&it.condition_key).is_some_and(|value| *value == it.condition_value)
        });
        let conditions = self.conditions.as_ref().is_none_or(|it| it.keep(&source.tags));
        (named(&self.resources) || tagged) && !named(&self.not_resources) && conditions
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Fault> {
        if !is_name(&self.selection_name, 1, "-_.") {
            return Err(invalid(format!(
                "Selection name {} does not have 1 to 50 letters, digits or characters of '-_.'.",
                self.selection_name
            )));
        }
        if self.resources.is_empty() && self.list_of_tags.is_empty() {
            return Err(invalid("A backup selection needs resources or tags."));
        }
        let whole = |it: &&String| *it == "*" || it.starts_with("arn:");
        let all = || self.resources.iter().chain(&self.not_resources);
        if let Some(wrong) = all().find(|it| !whole(it)) {
            return Err(invalid(format!("{wrong} is not an ARN.")));
        }
        let modelled = |it: &&String| *it == "*" || it.starts_with("arn:aws:rds:");
        if let Some(other) = all().find(|it| !modelled(it)) {
            return Err(Fault::unsupported(format!("backups of {other}")));
        }
        let conditions = self.conditions.iter().filter(|it| !it.says_nothing()).flat_map(|it| {
            it.string_equals
                .iter()
                .chain(&it.string_not_equals)
                .chain(&it.string_like)
                .chain(&it.string_not_like)
        });
        for Condition { condition_key, .. } in conditions {
            if !condition_key.starts_with("aws:ResourceTag/") {
                return Err(invalid(format!("{condition_key} is not a key of a condition.")));
            }
        }
        let eyes = call.settings.lag.dependents.then(|| call.by_id());
        let (role, source) = (&self.iam_role_arn, call.arn("backup-plan:0"));
        if call.iam.assumable(call.settings, role, PRINCIPAL, &source, eyes).is_none() {
            return Err(invalid(format!("IAM Role {role} cannot be assumed by AWS Backup")));
        }
        Ok(())
    }
}

impl Kind for Selection {
    const TYPE: &'static str = "backup-selection";
    const PREFIX: &'static str = "backup-selection";
    const NOUN: &'static str = "backup selection";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "InvalidParameterValueException";
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let plan = plan::find(call)?.id.clone();
    let request: Option<String> = call.members.get("CreatorRequestId")?;
    let document: Document = call.members.need("BackupSelection")?;
    let theirs = || call.state.selections.all().filter(|it| it.plan == plan);
    if let Some(there) = theirs().find(|it| request.is_some() && it.request == request) {
        return Ok(told(there));
    }
    if theirs().any(|it| it.document.selection_name == document.selection_name) {
        return Err(exists("Backup selection with the same name already exists"));
    }
    document.check(call)?;
    if theirs().count() >= call.settings.quotas.selections_per_backup_plan as usize {
        return Err(too_many("The backup plan has the most selections it may have."));
    }
    let body = Selection { plan, document, created: call.now, request };
    let selection = Record { id: call.rng.uuid(), tags: Tags::new(), body };
    let answer = told(&selection);
    call.state.selections.add(call.stamp, Some(call.now), selection);
    call.links = Some(PRINCIPAL);
    Ok(answer)
}

fn told(it: &Record<Selection>) -> Value {
    json!({
        "SelectionId": it.id,
        "BackupPlanId": it.plan,
        "CreationDate": it.created.as_seconds(),
    })
}

fn unknown(id: &str) -> Fault {
    missing(format!("Cannot find Backup selection with ID {id}"))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let plan = plan::seen(call)?.id.clone();
    let id: String = call.members.need("SelectionId")?;
    let selection = call.state.selections.seen(&id, call.by_id()).filter(|it| it.plan == plan);
    let selection = selection.ok_or_else(|| unknown(&id))?;
    let Document { conditions, .. } = &selection.document;
    let mut shown = told(selection);
    let mut document = json!(selection.document);
    document["Conditions"] = json!(conditions.clone().unwrap_or_default());
    shown["BackupSelection"] = document;
    if let Some(request) = &selection.request {
        shown["CreatorRequestId"] = json!(request);
    }
    Ok(shown)
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let plan = plan::seen(call)?.id.clone();
    let page = paging::wanted(call, &format!("selections {plan}"))?;
    let all = call.state.selections.all_seen(call.in_lists()).filter(|it| it.plan == plan);
    let all = all.map(|it| {
        let mut shown = told(it);
        shown["SelectionName"] = json!(it.document.selection_name);
        shown["IamRoleArn"] = json!(it.document.iam_role_arn);
        if let Some(request) = &it.request {
            shown["CreatorRequestId"] = json!(request);
        }
        (it.id.clone(), shown)
    });
    Ok(listed("BackupSelectionsList", page, all.collect()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let plan = plan::find(call)?.id.clone();
    let id: String = call.members.need("SelectionId")?;
    let there = call.state.selections.get(&id).is_some_and(|it| it.plan == plan);
    if !there {
        return Err(unknown(&id));
    }
    call.state.selections.remove(call.stamp, &id);
    Ok(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(like("arn:aws:rds:*:db:a*", "arn:aws:rds:us-east-1:1:db:ab"));
        assert!(like("*", "anything"));
        assert!(like("ab", "ab") && !like("ab", "abc"));
        assert!(!like("arn:*:db:b", "arn:aws:db:a"));
        assert!(!like("a*b", "abc"));
    }
}
