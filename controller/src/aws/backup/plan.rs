//! A backup plan: when AWS Backup makes copies, into which vault, and for how long.

use std::time::Duration;

use aws_sdk_backup::types::{self, BackupPlanInput, BackupRuleInput, Lifecycle};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, Owner, Phase,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id, record,
};

use super::{
    super::{
        answers::{another, not_understood, required, text},
        clients::Aws,
        tagging::{self, Listed},
        tags::{Tags, owner_of},
    },
    BackupVaultArn, TAGS, as_tags, retag, tags,
};

/// A backup plan.
pub struct BackupPlan;

id!(
    /// The ARN of a [`BackupPlan`].
    BackupPlanArn
);

/// The settable part of a [`BackupPlan`].
#[derive(Clone, Debug)]
pub struct BackupPlanConfig<S: Stage = Resolved> {
    /// What it is called.
    pub name: String,
    /// When it makes copies, and what becomes of them.
    pub rules: Vec<BackupRule<S>>,
    /// Its tags.
    pub tags: Tags,
}

config! { BackupPlanConfig {
    name: InPlace,
    rules: InPlace,
    tags: InPlace,
} }

/// A rule of a [`BackupPlan`].
#[derive(Clone, Debug)]
pub struct BackupRule<S: Stage = Resolved> {
    /// What it is called.
    pub name: String,
    /// Where it puts its copies.
    pub vault: S::In<BackupVaultArn>,
    /// When it makes them: a cron expression of EventBridge, in UTC.
    pub schedule: String,
    /// How long they are kept; 0 for good.
    pub retention_in_days: i32,
    /// Within how many minutes a copy begins.
    pub start_window_minutes: i32,
    /// Within how many it is done.
    pub completion_window_minutes: i32,
    /// What else is said in it, and what we never declare: copies elsewhere, cold storage and the like.
    pub other: String,
}

record!(BackupRule {
    name,
    vault,
    schedule,
    retention_in_days,
    start_window_minutes,
    completion_window_minutes,
    other,
});

/// What a [`BackupPlan`] has once it exists.
#[derive(Clone, Debug)]
pub struct BackupPlanOutputs {
    /// Its ARN.
    pub arn: BackupPlanArn,
    /// Its id.
    pub id: String,
}

const GET: &str = "backup:GetBackupPlan";
const LIST: &str = "backup:ListBackupPlans";
pub(super) const SELECTIONS: &str = "backup:ListBackupSelections";

impl Resource for BackupPlan {
    type Cloud = Aws;
    type Config = BackupPlanConfig;
    type Outputs = BackupPlanOutputs;

    const ABOUT: Kind = Kind {
        name: "backup-plan",
        ids: "arn:*:backup:*:backup-plan:*",
        summary: "When AWS Backup copies the database, and for how long it keeps the copies",
        cloudformation: "AWS::Backup::BackupPlan",
        replacement: Replacement::CreateFirst,
        creation: Creation::Token,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "no copies are made meanwhile",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, GET, LIST, SELECTIONS, TAGS],
            write: &[
                "backup:CreateBackupPlan",
                "backup:UpdateBackupPlan",
                "backup:TagResource",
                "backup:UntagResource",
                "backup:DeleteBackupPlan",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let listed = tagging::asked(aws, scope, TYPE).await?;
        let mut found = Vec::new();
        for arn in listed.arns() {
            found.extend(look(aws, id_of(arn), &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &BackupPlanConfig,
    ) -> Result<PhysicalId, CallError> {
        let operation = "backup:CreateBackupPlan";
        let (document, tags) = (document(operation, want)?, as_tags(&want.tags, me.ordinal));
        let token = aws.environment.token(me);
        let call = || {
            let call = aws.backup.create_backup_plan().backup_plan(document.clone());
            call.set_backup_plan_tags(Some(tags.clone())).creator_request_id(&token).send()
        };
        let made = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "BackupPlanArn", made.backup_plan_arn)?))
    }

    /// The same document once more is refused, whoever has it.
    async fn holder(
        aws: &Aws,
        _: &Identity,
        want: &BackupPlanConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let all = aws
            .pages(
                LIST,
                |token| aws.backup.list_backup_plans().set_next_token(token).send(),
                |page| (page.backup_plans_list, page.next_token),
            )
            .await?;
        let named = all.iter().find(|plan| plan.backup_plan_name() == Some(want.name.as_str()));
        let Some(named) = named else { return Ok(None) };
        let id = text(LIST, "BackupPlanId", named.backup_plan_id())?;
        look(aws, id, &Listed::default()).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &BackupPlanConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let named = delta.take(field!(BackupPlanConfig.name));
        if delta.take(field!(BackupPlanConfig.rules)) || named {
            let operation = "backup:UpdateBackupPlan";
            let (id, document) = (have.outputs.id.as_str(), document(operation, want)?);
            let call = || {
                let call = aws.backup.update_backup_plan().backup_plan_id(id);
                call.backup_plan(document.clone()).send()
            };
            aws.write(operation, call).await?;
        }
        if delta.take(field!(BackupPlanConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&BackupPlanConfig<Declared>>,
    ) -> Option<BackupPlanConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(BackupPlanConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let id = have.outputs.id.as_str();
        let call = || aws.backup.delete_backup_plan().backup_plan_id(id).send();
        aws.write("backup:DeleteBackupPlan", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let all = selections(aws, &have.outputs.id).await?;
        let says = |it: &types::BackupSelectionsListMember| {
            let name = it.selection_name().or(it.selection_id()).unwrap_or_default();
            format!("it has the selection {name}")
        };
        Ok(all.iter().map(says).collect())
    }
}

/// What the tagging API calls them.
pub(super) const TYPE: &str = "backup:backup-plan";

/// The id at the end of an ARN.
pub(super) fn id_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// What a plan selects.
pub(super) async fn selections(
    aws: &Aws,
    plan: &str,
) -> Result<Vec<types::BackupSelectionsListMember>, CallError> {
    aws.pages(
        SELECTIONS,
        |token| {
            let call = aws.backup.list_backup_selections().backup_plan_id(plan);
            call.set_next_token(token).send()
        },
        |page| (page.backup_selections_list, page.next_token),
    )
    .await
}

/// What a plan says, as AWS is told.
fn document(
    operation: &'static str,
    want: &BackupPlanConfig,
) -> Result<BackupPlanInput, CallError> {
    let made = |error: aws_smithy_types::error::operation::BuildError| {
        CallError::new(operation, Class::Rejected, "InvalidRequest", error.to_string())
    };
    let mut plan = BackupPlanInput::builder().backup_plan_name(&want.name);
    for rule in &want.rules {
        let kept = Some(rule.retention_in_days).filter(|days| *days > 0);
        let kept = kept.map(|days| Lifecycle::builder().delete_after_days(days.into()).build());
        let rule = BackupRuleInput::builder()
            .rule_name(&rule.name)
            .target_backup_vault_name(id_of(rule.vault.as_str()))
            .schedule_expression(&rule.schedule)
            .start_window_minutes(rule.start_window_minutes.into())
            .completion_window_minutes(rule.completion_window_minutes.into())
            .set_lifecycle(kept);
        plan = plan.rules(rule.build().map_err(made)?);
    }
    plan.build().map_err(made)
}

/// Looks at one plan by its id. What is not there is `None`.
async fn look(
    aws: &Aws,
    id: &str,
    listed: &Listed,
) -> Result<Option<Found<BackupPlan>>, CallError> {
    let call = || aws.backup.get_backup_plan().backup_plan_id(id).send();
    let plan = match aws.read(GET, call).await {
        Ok(plan) => plan,
        Err(error) if error.class == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Former versions of one that is gone stay.
    if plan.deletion_date().is_some() {
        return Ok(None);
    }
    let told = text(GET, "BackupPlanId", plan.backup_plan_id())?;
    if told != id {
        return Err(another(GET, told, id));
    }
    let arn = text(GET, "BackupPlanArn", plan.backup_plan_arn())?;
    let document = required(GET, "BackupPlan", plan.backup_plan())?;
    let Some(tags) = listed.tags(arn, tags(aws, arn)).await? else { return Ok(None) };
    let rules = document.rules().iter().map(|rule| read(aws, rule));
    Ok(Some(Found {
        id: PhysicalId(arn.to_owned()),
        owner: owner_of(aws, BackupPlan::ABOUT.name, &tags),
        config: BackupPlanConfig {
            name: document.backup_plan_name().to_owned(),
            rules: rules.collect::<Result<_, _>>()?,
            tags: Tags::of(aws, &tags),
        },
        outputs: BackupPlanOutputs { arn: BackupPlanArn::new(arn), id: id.to_owned() },
        phase: Phase::Ready,
    }))
}

fn read(aws: &Aws, rule: &types::BackupRule) -> Result<BackupRule, CallError> {
    let vault = format!("backup-vault:{}", rule.target_backup_vault_name());
    let lifecycle = rule.lifecycle();
    let number = |name, number: Option<i64>| {
        let number = number.and_then(|it| i32::try_from(it).ok());
        number.ok_or_else(|| not_understood(GET, format!("a rule has no {name} that can be")))
    };
    let kept = lifecycle.and_then(Lifecycle::delete_after_days);
    Ok(BackupRule {
        name: rule.rule_name().to_owned(),
        vault: BackupVaultArn::new(aws.environment.arn("backup", &vault)),
        schedule: text(GET, "ScheduleExpression", rule.schedule_expression())?.to_owned(),
        retention_in_days: kept.map_or(Ok(0), |days| number("DeleteAfterDays", Some(days)))?,
        start_window_minutes: number("StartWindowMinutes", rule.start_window_minutes())?,
        completion_window_minutes: number(
            "CompletionWindowMinutes",
            rule.completion_window_minutes(),
        )?,
        other: other(rule),
    })
}

/// What a rule says beside what we declare.
fn other(rule: &types::BackupRule) -> String {
    let lifecycle = rule.lifecycle();
    let copies = rule.copy_actions().iter().map(|it| it.destination_backup_vault_arn().to_owned());
    let cold = lifecycle.and_then(Lifecycle::move_to_cold_storage_after_days);
    let zone = rule.schedule_expression_timezone().filter(|zone| *zone != "Etc/UTC");
    let mut all: Vec<String> = copies.map(|to| format!("copies to {to}")).collect();
    all.extend(cold.map(|days| format!("cold storage after {days} days")));
    all.extend(zone.map(|zone| format!("in the zone {zone}")));
    let continuous = rule.enable_continuous_backup() == Some(true);
    all.extend(continuous.then(|| "continuous".to_owned()));
    let gapped = rule.target_logically_air_gapped_backup_vault_arn();
    all.extend(gapped.map(|to| format!("into {to}")));
    let tagged = rule.recovery_point_tags().is_some_and(|tags| !tags.is_empty());
    all.extend(tagged.then(|| "with tags".to_owned()));
    all.join(", ")
}
