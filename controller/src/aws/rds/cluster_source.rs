//! What a cluster of Aurora can be made of: its snapshots, those that the file names, of instances of RDS as well, and
//! automated backups.

use aws_sdk_rds::types::{DbClusterAutomatedBackup, DbClusterSnapshot};
use aws_smithy_types::DateTime;

use crate::engine::{CallError, Class, Found, Owner, Phase, Told};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        kms::KeyArn,
        tags::Tags,
    },
    PAGE,
    backup::{Backup, Window},
    beginning::{self, named, no_snapshot, no_use},
    cluster::{Cluster, ClusterConfig, ENGINE, blank},
    instance_source,
    origin::{Database, Saved},
    pairs,
    values::{EngineVersion, NO_KEY},
};

/// What lists snapshots.
pub(super) const SNAPSHOTS: &str = "rds:DescribeDBClusterSnapshots";
/// What lists automated backups.
pub(super) const BACKUPS: &str = "rds:DescribeDBClusterAutomatedBackups";

impl Saved for DbClusterSnapshot {
    fn name(&self) -> Result<&str, CallError> {
        text(SNAPSHOTS, "DBClusterSnapshotIdentifier", self.db_cluster_snapshot_identifier())
    }

    fn database(&self) -> Option<&str> {
        self.db_cluster_identifier()
    }

    fn made(&self) -> Option<&DateTime> {
        self.snapshot_create_time()
    }

    fn is_usable(&self) -> bool {
        self.status() == Some("available") && self.storage_encrypted() == Some(true)
    }

    fn pairs(&self) -> Vec<(String, String)> {
        pairs(self.tag_list())
    }
}

impl Database for Cluster {
    type Saved = DbClusterSnapshot;

    const SNAPSHOT: &'static str = "cluster-snapshot";

    async fn saved(aws: &Aws, of: Option<&str>) -> Result<Vec<DbClusterSnapshot>, CallError> {
        aws.pages(
            SNAPSHOTS,
            |marker| {
                let call = aws.rds.describe_db_cluster_snapshots().snapshot_type("manual");
                let call = call.set_db_cluster_identifier(of.map(ToOwned::to_owned));
                call.max_records(PAGE).set_marker(marker).send()
            },
            |page| (page.db_cluster_snapshots, page.marker),
        )
        .await
    }

    async fn backups(aws: &Aws, name: &str) -> Result<Vec<Backup>, CallError> {
        let all = aws
            .pages(
                BACKUPS,
                |marker| {
                    let call = aws.rds.describe_db_cluster_automated_backups();
                    let call = call.db_cluster_identifier(name).max_records(PAGE);
                    call.set_marker(marker).send()
                },
                |page| (page.db_cluster_automated_backups, page.marker),
            )
            .await;
        let all = match all {
            Ok(all) => all,
            Err(error) if error.class == Class::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let backup = |it: DbClusterAutomatedBackup| {
            Some(Backup {
                resource: it.db_cluster_resource_id?,
                window: Window::of(it.restore_window.as_ref()?)?,
                version: it.engine_version?,
                username: it.master_username?,
                key: it.kms_key_id,
                storage: it.allocated_storage.unwrap_or_default(),
                port: it.port.unwrap_or_default(),
            })
        };
        Ok(all.into_iter().filter(|it| it.engine() == Some(ENGINE)).filter_map(backup).collect())
    }

    fn blank(aws: &Aws, name: &str, owner: Owner) -> Found<Self> {
        blank(aws, name, owner)
    }

    fn of_saved(
        aws: &Aws,
        name: &str,
        owner: Owner,
        from: &DbClusterSnapshot,
    ) -> Result<Found<Self>, CallError> {
        let snapshot = from.name()?;
        let made = required(SNAPSHOTS, "SnapshotCreateTime", from.snapshot_create_time())?;
        let version = text(SNAPSHOTS, "EngineVersion", from.engine_version())?;
        let username = text(SNAPSHOTS, "MasterUsername", from.master_username())?;
        let mut found = blank(aws, name, owner);
        found.config = ClusterConfig {
            version: EngineVersion::new(version),
            key: Told(Some(KeyArn::new(from.kms_key_id().unwrap_or(NO_KEY)))),
            master_username: username.to_owned(),
            tags: Tags::of(aws, &from.pairs()),
            ..found.config
        };
        found.phase = Phase::Recoverable {
            how: format!(
                "from its snapshot {snapshot} of {made} (what it stores costs about US$0.021 a month for each GB; to end it: aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier {snapshot})"
            ),
            lasts: true,
        };
        Ok(found)
    }

    async fn of_named(
        aws: &Aws,
        name: &str,
        owner: Owner,
        which: &str,
    ) -> Result<Result<Found<Self>, String>, CallError> {
        let Some(origin) = snapshot(aws, which).await? else {
            return Ok(Err(no_snapshot(aws, "cluster of Aurora", which)));
        };
        if let Some(why) = origin.useless {
            return Ok(Err(no_use(which, &why)));
        }
        let mut found = blank(aws, name, owner);
        found.config.version = EngineVersion::new(&origin.version);
        found.config.master_username = origin.username;
        Ok(Ok(found))
    }

    fn of_backup(aws: &Aws, name: &str, owner: Owner, from: &Backup) -> Found<Self> {
        let mut found = blank(aws, name, owner);
        found.config.version = EngineVersion::new(&from.version);
        found.config.master_username.clone_from(&from.username);
        found
    }
}

/// What a cluster is to be made of.
struct Origin {
    version: String,
    username: String,
    /// Why it cannot be, if it cannot.
    useless: Option<String>,
}

/// The snapshot of this name or ARN; nothing if there is none. One of an instance of RDS goes by its ARN
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterFromSnapshot.html>).
async fn snapshot(aws: &Aws, which: &str) -> Result<Option<Origin>, CallError> {
    if which.contains(":snapshot:") {
        let Some(of) = instance_source::snapshot(aws, which).await? else { return Ok(None) };
        return Ok(Some(Origin {
            version: of.engine_version().unwrap_or_default().to_owned(),
            username: of.master_username().unwrap_or_default().to_owned(),
            useless: instance_source::useless(&of),
        }));
    }
    let (name, kind) = named(which);
    let call = || {
        let call = aws.rds.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(name);
        call.set_snapshot_type(kind.map(ToOwned::to_owned)).send()
    };
    let all = match aws.read(SNAPSHOTS, call).await {
        Ok(answer) => required(SNAPSHOTS, "DBClusterSnapshots", answer.db_cluster_snapshots)?,
        Err(error) if error.class == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(of) = all.into_iter().next() else { return Ok(None) };
    let called = "cluster of Aurora PostgreSQL";
    let useless = beginning::useless(of.status(), of.engine(), ENGINE, called);
    Ok(Some(Origin {
        version: text(SNAPSHOTS, "EngineVersion", of.engine_version)?,
        username: text(SNAPSHOTS, "MasterUsername", of.master_username)?,
        useless,
    }))
}
