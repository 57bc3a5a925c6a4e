//! `spec.backup`: copies of the database that outlive it.

use crate::{
    arn::Home,
    at::{At, Optional},
    chapter::{chapter, in_place},
    cron::Cron,
    log::Log,
    names::{AwsRegion, Fixed},
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
            /// Whether AWS Backup makes copies of the database.
            enabled: bool = true, in_place(PLANS);
            /// When they are made: a cron expression of EventBridge, in UTC. Every day at five, by default.
            schedule: Cron = Cron::fixed("cron(0 5 * * ? *)"), in_place(CRON).example("cron(0 5 ? * SUN *)");
            /// How long they are kept. The database's own backups are `database.backupRetentionPeriod`.
            retention_in_days: Whole<1, 36_500> = Whole::of(35), in_place(PLANS).unit("days")
                .effect("it counts for backups made from then on");
        }
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
