//! AWS Backup: vaults, plans, what these select, and the recovery points that come of it.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/api-reference.html>, version 2018-11-15. Jobs run on
//! the schedules of the plans and make recovery points of databases; other resources, copies, locks, cold
//! storage and restores are not modelled.

mod agenda;
mod drift;
mod job;
mod life;
mod metrics;
mod paging;
mod plan;
mod recovery_point;
mod rule;
mod schedule;
mod selection;
mod tags;
mod vault;
mod vault_policy;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::{
    agenda::Due, job::Job, plan::Plan, recovery_point::RecoveryPoint, selection::Selection,
    vault::Vault,
};
use super::{
    agenda::Agenda,
    permission::{ResourcePolicy, Subject},
    service::{self, Answer, Operation, Service},
};
use crate::{
    Settings,
    fault::Fault,
    shelf::{AnyShelf, Kind, Record, Shelf},
    throttle::{Rate, rate},
    wire::rest_json::{As, Parameter, Route, route},
    world::{Drift, Region, Retag},
};

/// Whom the roles trust that it takes on, and its own role.
pub(crate) const PRINCIPAL: &str = "backup.amazonaws.com";

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Backup {
    vaults: Shelf<Vault>,
    plans: Shelf<Plan>,
    selections: Shelf<Selection>,
    points: Shelf<RecoveryPoint>,
    /// Those of the last thirty days, the oldest first.
    jobs: Vec<Job>,
    agenda: Agenda<Due>,
}

type Call<'a> = service::Call<'a, Backup>;

/// The parameters of every list.
const PAGES: &[Parameter] =
    &[("maxResults", "MaxResults", As::Number), ("nextToken", "NextToken", As::Text)];
const POINTS: &[Parameter] = &[
    ("maxResults", "MaxResults", As::Number),
    ("nextToken", "NextToken", As::Text),
    ("resourceArn", "ByResourceArn", As::Text),
    ("resourceType", "ByResourceType", As::Text),
    ("backupPlanId", "ByBackupPlanId", As::Text),
];
const JOBS: &[Parameter] = &[
    ("maxResults", "MaxResults", As::Number),
    ("nextToken", "NextToken", As::Text),
    ("resourceArn", "ByResourceArn", As::Text),
    ("resourceType", "ByResourceType", As::Text),
    ("state", "ByState", As::Text),
    ("backupVaultName", "ByBackupVaultName", As::Text),
];

impl Service for Backup {
    const NAME: &'static str = "backup";
    const BROKEN: &'static str = "ServiceUnavailableException";
    const ROUTES: &'static [Route] = &[
        route("PUT", "/backup-vaults/{BackupVaultName}", "CreateBackupVault"),
        route("GET", "/backup-vaults/{BackupVaultName}", "DescribeBackupVault"),
        route("GET", "/backup-vaults/", "ListBackupVaults").with(PAGES),
        route("DELETE", "/backup-vaults/{BackupVaultName}", "DeleteBackupVault"),
        route(
            "PUT",
            "/backup-vaults/{BackupVaultName}/access-policy",
            "PutBackupVaultAccessPolicy",
        ),
        route(
            "GET",
            "/backup-vaults/{BackupVaultName}/access-policy",
            "GetBackupVaultAccessPolicy",
        ),
        route(
            "DELETE",
            "/backup-vaults/{BackupVaultName}/access-policy",
            "DeleteBackupVaultAccessPolicy",
        ),
        route(
            "GET",
            "/backup-vaults/{BackupVaultName}/recovery-points/",
            "ListRecoveryPointsByBackupVault",
        )
        .with(POINTS),
        route(
            "GET",
            "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}",
            "DescribeRecoveryPoint",
        ),
        route(
            "DELETE",
            "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}",
            "DeleteRecoveryPoint",
        ),
        route("PUT", "/backup/plans/", "CreateBackupPlan"),
        route("GET", "/backup/plans/", "ListBackupPlans").with(PAGES),
        route("GET", "/backup/plans/{BackupPlanId}/", "GetBackupPlan").with(&[(
            "versionId",
            "VersionId",
            As::Text,
        )]),
        route("POST", "/backup/plans/{BackupPlanId}", "UpdateBackupPlan"),
        route("DELETE", "/backup/plans/{BackupPlanId}", "DeleteBackupPlan"),
        route("PUT", "/backup/plans/{BackupPlanId}/selections/", "CreateBackupSelection"),
        route("GET", "/backup/plans/{BackupPlanId}/selections/", "ListBackupSelections")
            .with(PAGES),
        route("GET", "/backup/plans/{BackupPlanId}/selections/{SelectionId}", "GetBackupSelection"),
        route(
            "DELETE",
            "/backup/plans/{BackupPlanId}/selections/{SelectionId}",
            "DeleteBackupSelection",
        ),
        route("GET", "/backup-jobs/", "ListBackupJobs").with(JOBS),
        route("GET", "/backup-jobs/{BackupJobId}", "DescribeBackupJob"),
        route("POST", "/tags/{ResourceArn}", "TagResource"),
        route("POST", "/untag/{ResourceArn}", "UntagResource"),
        route("GET", "/tags/{ResourceArn}/", "ListTags").with(PAGES),
    ];
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("CreateBackupPlan", true, plan::create),
        ("CreateBackupSelection", true, selection::create),
        ("CreateBackupVault", true, vault::create),
        ("DeleteBackupPlan", true, plan::delete),
        ("DeleteBackupSelection", true, selection::delete),
        ("DeleteBackupVault", true, vault::delete),
        ("DeleteBackupVaultAccessPolicy", true, vault_policy::delete),
        ("DeleteRecoveryPoint", true, recovery_point::delete),
        ("DescribeBackupJob", false, job::describe),
        ("DescribeBackupVault", false, vault::describe),
        ("DescribeRecoveryPoint", false, recovery_point::describe),
        ("GetBackupPlan", false, plan::get),
        ("GetBackupSelection", false, selection::get),
        ("GetBackupVaultAccessPolicy", false, vault_policy::get),
        ("ListBackupJobs", false, job::list),
        ("ListBackupPlans", false, plan::list),
        ("ListBackupSelections", false, selection::list),
        ("ListBackupVaults", false, vault::list),
        ("ListRecoveryPointsByBackupVault", false, recovery_point::list),
        ("ListTags", false, tags::list),
        ("PutBackupVaultAccessPolicy", true, vault_policy::put),
        ("TagResource", true, tags::add),
        ("UntagResource", true, tags::remove),
        ("UpdateBackupPlan", true, plan::update),
    ];

    fn of(region: &Region) -> &Self {
        &region.backup
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.backup
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.vaults, &self.plans, &self.selections, &self.points]
    }

    /// AWS publishes none.
    fn rate(_: &str) -> Rate {
        rate(20, 10)
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        drift::retag(kind, id, change)
    }
}

impl Backup {
    /// What a permission on a vault or a plan depends on, by the end of its ARN.
    pub(crate) fn judged(&self, arn: &str, path: &str) -> Subject {
        let tags = match path.split_once(':') {
            Some((Vault::TYPE, name)) => self.vaults.get(name).map(|it| it.tags.clone()),
            Some((Plan::TYPE, id)) => self.plans.get(id).map(|it| it.tags.clone()),
            Some(_) | None => None,
        };
        let vault = path.split_once(':').filter(|it| it.0 == Vault::TYPE);
        let policy = vault.and_then(|(_, name)| self.vaults.get(name)?.policy.as_ref()?.document());
        Subject {
            arn: arn.to_owned(),
            tags: tags.unwrap_or_default(),
            policy: policy.map(|document| ResourcePolicy { document, sole: false }),
        }
    }

    /// The vault that a recovery point is in.
    pub(crate) fn vault_of(&self, point: &str) -> Option<&str> {
        self.points.get(point).map(|it| it.vault.as_str())
    }
}

impl Call<'_> {
    /// The ARN of something of AWS Backup: `backup-vault:name`.
    fn arn(&self, path: &str) -> String {
        arn(self.settings, self.region, path)
    }

    fn arn_of<T: Kind>(&self, record: &Record<T>) -> String {
        self.arn(&T::path(record))
    }
}

fn arn(settings: &Settings, region: &str, path: &str) -> String {
    format!("arn:aws:backup:{region}:{}:{path}", settings.account)
}

/// What is not there.
fn missing(message: impl Into<String>) -> Fault {
    Fault::client("ResourceNotFoundException", message)
}

/// A value that no request may have.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterValueException", message)
}

/// A request that does not fit what there is.
fn refused(message: impl Into<String>) -> Fault {
    Fault::client("InvalidRequestException", message)
}

/// What may be there once is there.
fn exists(message: impl Into<String>) -> Fault {
    Fault::client("AlreadyExistsException", message)
}

/// More than there may be.
fn too_many(message: impl Into<String>) -> Fault {
    Fault::client("LimitExceededException", message)
}

/// Lists what is found, page by page.
fn listed(name: &str, page: paging::Wanted, all: Vec<(String, Value)>) -> Value {
    let cut = page.page.cut(page.most, all);
    let mut answer = serde_json::json!({ name: cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = next.into();
    }
    answer
}

/// A name of a vault, a rule or a selection.
fn is_name(text: &str, least: usize, signs: &str) -> bool {
    let good = |it: char| it.is_ascii_alphanumeric() || signs.contains(it);
    (least..=50).contains(&text.len()) && text.chars().all(good)
}
