//! `spec.backup`: copies of the database that outlive it.

use crate::{
    arn::Home,
    at::{At, Optional},
    chapter::{chapter, in_place},
    log::{Log, Quoted},
    names::{AwsRegion, NameError, name},
    problem::{Code, Draft},
    whole::Whole,
};

const PLANS: &str =
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/about-backup-plans.html";
const COPIES: &str =
    "https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-region-backup.html";
const CRON: &str =
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html";

chapter! {
    /// Copies of the database in AWS Backup, which outlive it. The database has automated backups of its own,
    /// `database.backupRetentionPeriod`, which go with it.
    pub struct Backup, BackupFields {
        optional {
            /// Another region to which each is copied, for the day this region fails.
            copy_to_region: AwsRegion, in_place(COPIES);
        }
        default {
            /// Whether there are any.
            enabled: bool = true, in_place(PLANS);
            /// When they are made: a cron expression of EventBridge, in UTC. Every day at five, by default.
            schedule: Cron = Cron::fixed("cron(0 5 * * ? *)"), in_place(CRON);
            /// How long they are kept.
            retention_in_days: Whole<1, 36_500> = Whole::of(35), in_place(PLANS).unit("days")
                .effect("it counts for backups made from then on");
        }
    }
}

name! {
    /// A cron expression of EventBridge: minute, hour, day of the month, month, day of the week, year.
    Cron, pattern r"^cron\([0-9*,/-]+ [0-9*,/-]+ [0-9*?,/LW-]+ [0-9A-Z*,/-]+ [0-9A-Z*?,/L#-]+ [0-9*,/-]+\)$", longest 120, |text| {
        let refuse = |what: &str, help: &str| {
            Err(NameError::new(format!("{} {what}", Quoted(text)), help))
        };
        let example = "it looks like `cron(0 5 * * ? *)`: minute, hour, day of the month, month, day of the week, year";
        let Some(inner) = text.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')')) else {
            return refuse("is not a cron expression of EventBridge", example);
        };
        let fields: Vec<&str> = inner.split(' ').collect();
        let [minute, hour, day, month, weekday, year] = fields.as_slice() else {
            return refuse("does not have six fields", example);
        };
        let is = |field: &str, beside: &str| {
            !field.is_empty() && field.chars().all(|c| c.is_ascii_digit() || beside.contains(c))
        };
        const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let is_cron = text.len() <= 120
            && is(minute, "*,/-")
            && is(hour, "*,/-")
            && is(day, "*?,/LW-")
            && is(month, &format!("*,/-{LETTERS}"))
            && is(weekday, &format!("*?,/#-{LETTERS}"))
            && is(year, "*,/-");
        if !is_cron {
            return refuse("has something in it that stands in no cron expression", example);
        }
        if (*day == "?") == (*weekday == "?") {
            return refuse(
                "names both a day of the month and a day of the week, or neither",
                "one of the two is `?`: `cron(0 5 * * ? *)` is every day, `cron(0 5 ? * SUN *)` every Sunday",
            );
        }
        let within = |field: &str, least: u32, most: u32| {
            field.split([',', '/', '-']).all(|part| part == "*" || part.parse::<u32>().is_ok_and(|n| n >= least && n <= most))
        };
        if !within(minute, 0, 59) || !within(hour, 0, 23) {
            return refuse("has a minute or an hour that there is not", "minutes are 0 to 59, hours 0 to 23");
        }
        Ok(())
    }
}

impl BackupFields {
    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        let Some(At { value: copy, span }) = self.copy_to_region.given() else { return };
        if home.region.is_some_and(|region| region == copy) {
            let message = format!("{copy} is the region the backups are made in");
            let draft = Draft::new(Code::Conflict, *span, message).label("no other region");
            log.report(draft.help("write another one, or leave this out"));
        } else if let Some(partition) = home.partition.filter(|ours| *ours != copy.partition()) {
            let message = format!("{copy} is in another partition than {partition}");
            let draft = Draft::new(Code::Conflict, *span, message).label("out of reach");
            log.report(draft.help("AWS copies within a partition only"));
        }
        if let Optional::Given(At { value: false, span: off }) = &self.enabled {
            let draft = Draft::new(Code::Needs, *span, "copies of backups, and there are none");
            log.report(
                draft
                    .label("nothing to copy")
                    .also(*off, "switched off")
                    .help("remove one of the two"),
            );
        }
    }
}
