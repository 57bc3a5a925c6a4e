//! Plans.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupPlan.html> and its sisters: a request
//! that is repeated gives the plan that it made, the same document once more is refused
//! (<https://github.com/ansible/ansible/pull/53655>), and an update makes a new version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Call, agenda::Due, exists, invalid, is_name, listed, missing, paging, refused,
    rule::Rule, tags, too_many,
};
use crate::{
    Time,
    fault::Fault,
    shelf::{Kind, Record, Tags},
};

/// A plan, by its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) document: Document,
    /// The ids of its rules, by their names.
    pub(super) rules: BTreeMap<String, String>,
    pub(super) version: String,
    created: Time,
    request: Option<String>,
    /// When it ran last.
    pub(super) last: Option<Time>,
}

/// What a plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Document {
    pub(super) backup_plan_name: String,
    pub(super) rules: Vec<Rule>,
    #[serde(default)]
    advanced_backup_settings: Vec<Value>,
}

impl Kind for Plan {
    const TYPE: &'static str = "backup-plan";
    const PREFIX: &'static str = "backup-plan";
    const NOUN: &'static str = "backup plan";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "InvalidParameterValueException";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

impl Plan {
    /// The rule of that id.
    pub(super) fn rule(&self, id: &str) -> Option<&Rule> {
        let (name, _) = self.rules.iter().find(|it| it.1 == id)?;
        self.document.rules.iter().find(|it| it.rule_name == *name)
    }
}

fn unknown(id: &str) -> Fault {
    missing(format!("Cannot find Backup plan with ID {id}"))
}

/// The plan a request names, as a read sees it.
pub(super) fn seen<'a>(call: &'a Call<'_>) -> Result<&'a Record<Plan>, Fault> {
    let id: String = call.members.need("BackupPlanId")?;
    call.state.plans.seen(&id, call.by_id()).ok_or_else(|| unknown(&id))
}

/// The plan a request names, as it is; where dependents lag, one that the replica knows.
pub(super) fn find<'a>(call: &'a Call<'_>) -> Result<&'a Record<Plan>, Fault> {
    let id: String = call.members.need("BackupPlanId")?;
    let eyes = call.settings.lag.dependents.then(|| call.by_id());
    let known = eyes.is_none_or(|eyes| call.state.plans.seen(&id, eyes).is_some());
    call.state.plans.get(&id).filter(|_| known).ok_or_else(|| unknown(&id))
}

fn document(call: &Call<'_>) -> Result<Document, Fault> {
    let document: Document = call.members.need("BackupPlan")?;
    if !is_name(&document.backup_plan_name, 1, "-_.") {
        return Err(invalid(format!(
            "Backup plan name {} does not have 1 to 50 letters, digits or characters of '-_.'.",
            document.backup_plan_name
        )));
    }
    if document.rules.is_empty() {
        return Err(invalid("A backup plan needs a rule."));
    }
    for (at, rule) in document.rules.iter().enumerate() {
        rule.check(call)?;
        if document.rules.iter().take(at).any(|it| it.rule_name == rule.rule_name) {
            return Err(invalid(format!("Duplicate rule name {}", rule.rule_name)));
        }
    }
    if !document.advanced_backup_settings.is_empty() {
        return Err(Fault::unsupported("advanced backup settings"));
    }
    Ok(document)
}

/// Plans when the rules of a plan run next.
fn schedule(call: &mut Call<'_>, id: &str) {
    call.state.agenda.forget(|due| matches!(due, Due::Run { plan, .. } if plan == id));
    let Some(plan) = call.state.plans.get(id) else { return };
    let runs: Vec<(Time, Due)> = plan
        .document
        .rules
        .iter()
        .filter_map(|rule| {
            let at = rule.schedule()?.after(call.now)?;
            let rule = plan.rules.get(&rule.rule_name)?.clone();
            Some((at, Due::Run { plan: id.to_owned(), rule }))
        })
        .collect();
    for (at, due) in runs {
        call.state.agenda.plan(at, due);
    }
}

/// The ids of rules: those there are stay, by their names.
fn ids(
    call: &mut Call<'_>,
    document: &Document,
    before: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let ids = document.rules.iter().map(|rule| {
        let known = before.get(&rule.rule_name).cloned();
        (rule.rule_name.clone(), known.unwrap_or_else(|| call.rng.uuid()))
    });
    ids.collect()
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let request: Option<String> = call.members.get("CreatorRequestId")?;
    if request.as_ref().is_some_and(|it| !is_name(it, 1, "-_.")) {
        return Err(invalid(
            "CreatorRequestId has 1 to 50 letters, digits or characters of '-_.'.",
        ));
    }
    let given = tags::read(call, "BackupPlanTags")?.unwrap_or_default();
    let document = document(call)?;
    let asked = |it: &&Record<Plan>| request.is_some() && it.request == request;
    if let Some(plan) = call.state.plans.all().find(asked) {
        return Ok(told(call, plan));
    }
    if call.state.plans.all().any(|it| it.document == document) {
        return Err(exists("Backup plan with the same plan document already exists"));
    }
    if call.state.plans.all().count() >= call.settings.quotas.backup_plans as usize {
        return Err(too_many("The account has the most backup plans it may have."));
    }
    let (id, version) = (call.rng.uuid(), call.rng.uuid());
    let rules = ids(call, &document, &BTreeMap::new());
    let body = Plan { document, rules, version, created: call.now, request, last: None };
    Ok(add(call, &id, given, body))
}

fn add(call: &mut Call<'_>, id: &str, tags: Tags, body: Plan) -> Value {
    let plan = Record { id: id.to_owned(), tags, body };
    let answer = told(call, &plan);
    call.state.plans.add(call.stamp, Some(call.now), plan);
    schedule(call, id);
    answer
}

fn told(call: &Call<'_>, plan: &Record<Plan>) -> Value {
    json!({
        "BackupPlanId": plan.id,
        "BackupPlanArn": call.arn_of(plan),
        "CreationDate": plan.created.as_seconds(),
        "VersionId": plan.version,
    })
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let before = find(call)?.clone();
    let document = document(call)?;
    let same = |it: &&Record<Plan>| it.id != before.id && it.document == document;
    if call.state.plans.all().find(same).is_some() {
        return Err(exists("Backup plan with the same plan document already exists"));
    }
    let (version, rules) = (call.rng.uuid(), ids(call, &document, &before.rules));
    let now = call.now;
    call.state.plans.change(call.stamp, &before.id, |it| {
        it.document = document;
        it.version = version;
        it.rules = rules;
        it.created = now;
    });
    schedule(call, &before.id);
    let plan = call.state.plans.get(&before.id).ok_or_else(|| unknown(&before.id))?;
    Ok(told(call, plan))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let plan = seen(call)?;
    let version: Option<String> = call.members.get("VersionId")?;
    if version.is_some_and(|it| it != plan.version) {
        return Err(Fault::unsupported("former versions of backup plans"));
    }
    let rule = |rule: &Rule| rule.shown(plan.rules.get(&rule.rule_name).map_or("", String::as_str));
    let mut shown = told(call, plan);
    shown["BackupPlan"] = json!({
        "BackupPlanName": plan.document.backup_plan_name,
        "Rules": plan.document.rules.iter().map(rule).collect::<Vec<_>>(),
    });
    besides(&mut shown, plan);
    Ok(shown)
}

/// What there is only sometimes.
fn besides(shown: &mut Value, plan: &Plan) {
    if let Some(request) = &plan.request {
        shown["CreatorRequestId"] = json!(request);
    }
    if let Some(last) = plan.last {
        shown["LastExecutionDate"] = json!(last.as_seconds());
    }
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let page = paging::wanted(call, "plans")?;
    let all = call.state.plans.all_seen(call.in_lists()).map(|plan| {
        let mut shown = told(call, plan);
        shown["BackupPlanName"] = json!(plan.document.backup_plan_name);
        besides(&mut shown, plan);
        (plan.id.clone(), shown)
    });
    Ok(listed("BackupPlansList", page, all.collect()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let plan = find(call)?.clone();
    if call.state.selections.all().any(|it| it.plan == plan.id) {
        let text = "Related backup plan selections must be deleted prior to backup plan deletion.";
        return Err(refused(text));
    }
    call.state.agenda.forget(|due| matches!(due, Due::Run { plan: it, .. } if *it == plan.id));
    call.state.plans.remove(call.stamp, &plan.id);
    Ok(json!({
        "BackupPlanId": plan.id,
        "BackupPlanArn": call.arn_of(&plan),
        "DeletionDate": call.now.as_seconds(),
        "VersionId": plan.version,
    }))
}
