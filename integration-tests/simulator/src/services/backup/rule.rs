//! The rules of a plan: when, into which vault, for how long.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html>,
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, invalid, is_name, missing, schedule::Schedule};
use crate::{fault::Fault, shelf::Tags};

/// When a rule without a schedule runs.
const USUALLY: &str = "cron(0 5 ? * * *)";
/// The minutes within which a job starts, and those within which it is done.
const STARTS: u64 = 480;
const ENDS: u64 = 10_080;

/// A rule, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "as AWS calls them")]
pub(super) struct Rule {
    pub(super) rule_name: String,
    pub(super) target_backup_vault_name: String,
    schedule_expression: Option<String>,
    schedule_expression_timezone: Option<String>,
    start_window_minutes: Option<u64>,
    completion_window_minutes: Option<u64>,
    pub(super) lifecycle: Option<Lifecycle>,
    recovery_point_tags: Option<Tags>,
    #[serde(default)]
    copy_actions: Vec<Value>,
    enable_continuous_backup: Option<bool>,
}

/// How long a recovery point is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Lifecycle {
    move_to_cold_storage_after_days: Option<i64>,
    pub(super) delete_after_days: Option<i64>,
    opt_in_to_archive_for_supported_resources: Option<bool>,
}

impl Lifecycle {
    /// As answers show it.
    pub(super) fn shown(&self) -> Value {
        self.delete_after_days.map_or_else(|| json!({}), |days| json!({ "DeleteAfterDays": days }))
    }
}

impl Rule {
    /// When it runs.
    pub(super) fn expression(&self) -> &str {
        self.schedule_expression.as_deref().unwrap_or(USUALLY)
    }

    /// The same, read; it was read when the rule was made.
    pub(super) fn schedule(&self) -> Option<Schedule> {
        Schedule::parse(self.expression())
    }

    /// Within what time a job of it begins.
    pub(super) fn start_window(&self) -> Duration {
        Duration::from_mins(self.start_window_minutes.unwrap_or(STARTS))
    }

    /// Refuses what no rule may say.
    pub(super) fn check(&self, call: &Call<'_>) -> Result<(), Fault> {
        if !is_name(&self.rule_name, 1, "-_.") {
            return Err(invalid(format!(
                "Rule name {} does not have 1 to 50 letters, digits or characters of '-_.'.",
                self.rule_name
            )));
        }
        let vault = &self.target_backup_vault_name;
        let eyes = call.settings.lag.dependents.then(|| call.by_id());
        let known = call.state.vaults.get(vault).is_some()
            && eyes.is_none_or(|eyes| call.state.vaults.seen(vault, eyes).is_some());
        if !known {
            return Err(missing(format!("Backup vault {vault} does not exist.")));
        }
        if self.schedule().is_none() {
            let text = format!("Invalid cron expression: {}", self.expression());
            return Err(invalid(text));
        }
        match self.schedule_expression_timezone.as_deref() {
            None | Some("Etc/UTC") => {}
            Some(zone) => return Err(Fault::unsupported(format!("schedules in the zone {zone}"))),
        }
        let starts = self.start_window_minutes.unwrap_or(STARTS);
        let ends = self.completion_window_minutes.unwrap_or(ENDS);
        if starts < 60 {
            return Err(invalid("StartWindowMinutes has to be at least 60 minutes."));
        }
        if ends < starts + 60 {
            let text = "CompletionWindowMinutes has to be at least 60 minutes greater than StartWindowMinutes.";
            return Err(invalid(text));
        }
        if let Some(lifecycle) = &self.lifecycle {
            if lifecycle.move_to_cold_storage_after_days.is_some()
                || lifecycle.opt_in_to_archive_for_supported_resources == Some(true)
            {
                return Err(Fault::unsupported("cold storage"));
            }
            if lifecycle.delete_after_days.is_some_and(|days| !(1..=36_500).contains(&days)) {
                return Err(invalid("DeleteAfterDays has to be between 1 and 36500."));
            }
        }
        if !self.copy_actions.is_empty() {
            return Err(Fault::unsupported("copies of recovery points"));
        }
        if self.enable_continuous_backup == Some(true) {
            return Err(Fault::unsupported("continuous backups"));
        }
        if self.recovery_point_tags.as_ref().is_some_and(|it| !it.is_empty()) {
            return Err(Fault::unsupported("the tags of recovery points"));
        }
        Ok(())
    }

    /// As answers show it, with what AWS fills in.
    pub(super) fn shown(&self, id: &str) -> Value {
        let mut shown = json!({
            "RuleName": self.rule_name,
            "TargetBackupVaultName": self.target_backup_vault_name,
            "ScheduleExpression": self.expression(),
            "ScheduleExpressionTimezone": "Etc/UTC",
            "StartWindowMinutes": self.start_window_minutes.unwrap_or(STARTS),
            "CompletionWindowMinutes": self.completion_window_minutes.unwrap_or(ENDS),
            "RuleId": id,
            "EnableContinuousBackup": false,
        });
        if let Some(lifecycle) = &self.lifecycle {
            shown["Lifecycle"] = lifecycle.shown();
        }
        shown
    }
}
