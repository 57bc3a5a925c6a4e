//! What AWS Backup publishes: how many jobs have come into which state, by vault and by type of resource.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html>. It says of jobs that failed that they did
//! not start, and of jobs that expired that what they made could not be deleted; the states of jobs are called the same
//! and mean something else (<https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupJob.html>).

use std::collections::BTreeMap;

use super::job::{Job, State};
use crate::{Settings, Time, services::CloudWatch};

const NAMESPACE: &str = "AWS/Backup";
const FAILED: &str = "NumberOfBackupJobsFailed";
const EXPIRED: &str = "NumberOfBackupJobsExpired";

/// Whether the metrics mean what the states of jobs do.
fn is_by_state(settings: &Settings) -> bool {
    settings.disputed("expired-backup-jobs", 2) == 0
}

/// Tells that a job has come into its state.
pub(super) fn of_job(cloudwatch: &mut CloudWatch, settings: &Settings, job: &Job, at: Time) {
    let metric = match job.state {
        State::Created => "NumberOfBackupJobsCreated",
        State::Running => "NumberOfBackupJobsRunning",
        State::Completed => "NumberOfBackupJobsCompleted",
        State::Expired if is_by_state(settings) => EXPIRED,
        State::Expired | State::Failed => FAILED,
    };
    say(cloudwatch, metric, (&job.vault, &job.kind), at);
}

/// Tells that the time of a recovery point is up and that it could not be deleted: of which vault, and which type.
pub(super) fn of_undeleted(
    cloudwatch: &mut CloudWatch,
    settings: &Settings,
    of: (&str, &str),
    at: Time,
) {
    if !is_by_state(settings) {
        say(cloudwatch, EXPIRED, of, at);
    }
}

fn say(cloudwatch: &mut CloudWatch, metric: &str, (vault, kind): (&str, &str), at: Time) {
    for (name, value) in [("BackupVaultName", vault), ("ResourceType", kind)] {
        let dimensions = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        cloudwatch.observe((NAMESPACE, metric), &dimensions, (at, 1.0, "Count"), at);
    }
}
