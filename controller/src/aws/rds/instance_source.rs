//! What an instance of RDS can be made of: its snapshots, those that the file names, and automated backups.

use aws_sdk_rds::types::{DbInstanceAutomatedBackup, DbSnapshot};
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
    instance::{ENGINE, Instance, InstanceConfig, blank},
    origin::{Database, Saved},
    pairs,
    values::{EngineVersion, NO_KEY, Storage},
};

/// What lists snapshots.
pub(super) const SNAPSHOTS: &str = "rds:DescribeDBSnapshots";
/// What lists automated backups.
pub(super) const BACKUPS: &str = "rds:DescribeDBInstanceAutomatedBackups";

impl Saved for DbSnapshot {
    fn name(&self) -> Result<&str, CallError> {
        text(SNAPSHOTS, "DBSnapshotIdentifier", self.db_snapshot_identifier())
    }

    fn database(&self) -> Option<&str> {
        self.db_instance_identifier()
    }

    fn made(&self) -> Option<&DateTime> {
        self.snapshot_create_time()
    }

    fn is_usable(&self) -> bool {
        self.status() == Some("available") && self.encrypted() == Some(true)
    }

    fn pairs(&self) -> Vec<(String, String)> {
        pairs(self.tag_list())
    }
}

impl Database for Instance {
    type Saved = DbSnapshot;

    const SNAPSHOT: &'static str = "snapshot";

    async fn saved(aws: &Aws, of: Option<&str>) -> Result<Vec<DbSnapshot>, CallError> {
        aws.pages(
            SNAPSHOTS,
            |marker| {
                let call = aws.rds.describe_db_snapshots().snapshot_type("manual");
                let call = call.set_db_instance_identifier(of.map(ToOwned::to_owned));
                call.max_records(PAGE).set_marker(marker).send()
            },
            |page| (page.db_snapshots, page.marker),
        )
        .await
    }

    async fn backups(aws: &Aws, name: &str) -> Result<Vec<Backup>, CallError> {
        let all = aws
            .pages(
                BACKUPS,
                |marker| {
                    let call = aws.rds.describe_db_instance_automated_backups();
                    let call = call.db_instance_identifier(name).max_records(PAGE);
                    call.set_marker(marker).send()
                },
                |page| (page.db_instance_automated_backups, page.marker),
            )
            .await;
        let all = match all {
            Ok(all) => all,
            Err(error) if error.class == Class::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let backup = |it: DbInstanceAutomatedBackup| {
            Some(Backup {
                resource: it.dbi_resource_id?,
                window: Window::of(it.restore_window.as_ref()?)?,
                version: it.engine_version?,
                username: it.master_username?,
                key: it.kms_key_id,
                storage: it.allocated_storage?,
                port: it.port?,
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
        from: &DbSnapshot,
    ) -> Result<Found<Self>, CallError> {
        let snapshot = from.name()?;
        let storage = required(SNAPSHOTS, "AllocatedStorage", from.allocated_storage())?;
        let made = required(SNAPSHOTS, "SnapshotCreateTime", from.snapshot_create_time())?;
        let version = text(SNAPSHOTS, "EngineVersion", from.engine_version())?;
        let username = text(SNAPSHOTS, "MasterUsername", from.master_username())?;
        let mut found = blank(aws, name, owner);
        found.config = InstanceConfig {
            version: EngineVersion::new(version),
            storage_type: Told(from.storage_type().map(ToOwned::to_owned)),
            allocated_storage: Storage::Is(storage),
            iops: Told(from.iops()),
            storage_throughput: Told(from.storage_throughput()),
            key: KeyArn::new(from.kms_key_id().unwrap_or(NO_KEY)),
            master_username: username.to_owned(),
            port: from.port().unwrap_or_default(),
            tags: Tags::of(aws, &from.pairs()),
            ..found.config
        };
        found.outputs.port = from.port().unwrap_or_default();
        found.phase = Phase::Recoverable {
            how: format!(
                "from its snapshot {snapshot} of {made} ({storage} GiB, US$0.095 a month for each GB of it; to end it: aws rds delete-db-snapshot --db-snapshot-identifier {snapshot})"
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
        let Some(from) = snapshot(aws, which).await? else {
            return Ok(Err(no_snapshot(aws, "instance of RDS", which)));
        };
        match useless(&from) {
            Some(why) => Ok(Err(no_use(which, &why))),
            None => Self::of_saved(aws, name, owner, &from).map(Ok),
        }
    }

    fn of_backup(aws: &Aws, name: &str, owner: Owner, from: &Backup) -> Found<Self> {
        let mut found = blank(aws, name, owner);
        found.config.version = EngineVersion::new(&from.version);
        found.config.master_username.clone_from(&from.username);
        found.config.key = KeyArn::new(from.key.as_deref().unwrap_or(NO_KEY));
        found.config.allocated_storage = Storage::Is(from.storage);
        found.config.port = from.port;
        found
    }
}

/// Why nothing can be made of a snapshot that the file names, if nothing can.
pub(super) fn useless(from: &DbSnapshot) -> Option<String> {
    beginning::useless(from.status(), from.engine(), ENGINE, "database of PostgreSQL")
}

/// The snapshot of this name or ARN; nothing if there is none.
pub(super) async fn snapshot(aws: &Aws, which: &str) -> Result<Option<DbSnapshot>, CallError> {
    let (name, kind) = named(which);
    let call = || {
        let call = aws.rds.describe_db_snapshots().db_snapshot_identifier(name);
        call.set_snapshot_type(kind.map(ToOwned::to_owned)).send()
    };
    match aws.read(SNAPSHOTS, call).await {
        Ok(answer) => {
            Ok(required(SNAPSHOTS, "DBSnapshots", answer.db_snapshots)?.into_iter().next())
        }
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
