//! An RDS instance of PostgreSQL, with its standby.
//!
//! It is never replaced. Deleted with a final snapshot, it can be taken back: the snapshot carries its tags
//! (`CopyTagsToSnapshot`), and restoring it makes an instance of the same name
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html>).

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_rds::{
    operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder,
    types::{CloudwatchLogsExportConfiguration, DbInstance, Endpoint, PendingModifiedValues},
};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Keeping, Kind, Owner,
        Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage, Told,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, required, text, whole},
        clients::Aws,
        ec2::SecurityGroupId,
        kms::KeyArn,
        secrets,
        tags::{Tags, owner_of},
    },
    PAGE, ParameterGroupArn, SubnetGroupArn, arn, as_tags, backup,
    beginning::{is_ours, named},
    instance_source::{BACKUPS, SNAPSHOTS},
    log_exports,
    login::{self, Login, login_tag, password, version_set},
    name_of, only,
    origin::{self, Source, source},
    pairs, retag,
    values::{EngineVersion, NO_KEY, Storage},
};

/// An RDS instance of PostgreSQL.
pub struct Instance;

id!(
    /// The ARN of an [`Instance`].
    InstanceArn
);

/// The settable part of an [`Instance`].
#[derive(Clone, Debug)]
pub struct InstanceConfig<S: Stage = Resolved> {
    /// The version of PostgreSQL.
    pub version: EngineVersion,
    /// What it runs on, e.g. `db.m6g.large`.
    pub class: Told<String>,
    /// Whether a standby in the other zone takes over when it fails.
    pub multi_az: Told<bool>,
    /// `gp3` or `io2`.
    pub storage_type: Told<String>,
    /// How much storage there is, in GiB.
    pub allocated_storage: Storage,
    /// How far AWS may let the storage grow, in GiB; 0 if not at all.
    pub max_allocated_storage: Told<i32>,
    /// Operations a second that are provisioned.
    pub iops: Told<i32>,
    /// MiB a second that are provisioned.
    pub storage_throughput: Told<i32>,
    /// What it is encrypted with.
    pub key: S::In<KeyArn>,
    /// The database that is made with it.
    pub database_name: Told<String>,
    /// The user who owns that.
    pub master_username: String,
    /// What that user logs in with.
    pub login: Login<S>,
    /// The port it listens at.
    pub port: i32,
    /// Where its interfaces may be.
    pub subnet_group: Told<S::In<SubnetGroupArn>>,
    /// The groups they are in.
    pub security_groups: Told<Vec<S::In<SecurityGroupId>>>,
    /// What PostgreSQL is told.
    pub parameter_group: Told<S::In<ParameterGroupArn>>,
    /// Whether it has a public address.
    pub publicly_accessible: Told<bool>,
    /// How long automated backups are kept, in days.
    pub backup_retention_period: Told<i32>,
    /// When they are made, e.g. `03:00-03:30`.
    pub preferred_backup_window: Told<String>,
    /// When AWS may maintain it, e.g. `sun:04:00-sun:04:30`.
    pub preferred_maintenance_window: Told<String>,
    /// Whether AWS installs new minor versions.
    pub auto_minor_version_upgrade: Told<bool>,
    /// Whether snapshots get its tags, by which they are found.
    pub copy_tags_to_snapshot: Told<bool>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: Told<bool>,
    /// Whether Performance Insights records what it is busy with.
    pub performance_insights: Told<bool>,
    /// The logs it writes to CloudWatch.
    pub log_exports: Told<Vec<String>>,
    /// The groups these are in, made before AWS makes them without key and retention.
    pub log_groups: S::After,
    /// Whether users of IAM may log in.
    pub iam_authentication: Told<bool>,
    /// Whether it runs: AWS starts one that is stopped after seven days.
    pub running: Told<bool>,
    /// Its tags.
    pub tags: Tags,
}

config! { InstanceConfig {
    version: Interrupts,
    class: Interrupts,
    multi_az: InPlace,
    storage_type: InPlace,
    allocated_storage: InPlace,
    max_allocated_storage: InPlace,
    iops: InPlace,
    storage_throughput: InPlace,
    key: Refuse,
    database_name: Refuse,
    master_username: Refuse,
    login: InPlace,
    port: Interrupts,
    subnet_group: Refuse,
    security_groups: InPlace,
    parameter_group: InPlace,
    publicly_accessible: InPlace,
    backup_retention_period: InPlace,
    preferred_backup_window: InPlace,
    preferred_maintenance_window: InPlace,
    auto_minor_version_upgrade: InPlace,
    copy_tags_to_snapshot: InPlace,
    deletion_protection: InPlace,
    performance_insights: InPlace,
    log_exports: InPlace,
    log_groups: InPlace,
    iam_authentication: InPlace,
    running: InPlace,
    tags: InPlace,
} }

/// What an [`Instance`] has once it exists.
#[derive(Clone, Debug)]
pub struct InstanceOutputs {
    /// Its ARN.
    pub arn: InstanceArn,
    /// Its identifier.
    pub identifier: String,
    /// Where it listens; nothing before it is there for the first time.
    pub address: Option<String>,
    /// At which port.
    pub port: i32,
    /// What is to be known of its automated backups, if they lag behind.
    pub behind: Option<String>,
}

/// What it is called as a kind.
pub(super) const KIND: &str = "db-instance";
/// What lists them.
pub(super) const LIST: &str = "rds:DescribeDBInstances";
/// How an ARN says that it is one.
const TYPE: &str = "db";
/// What it is an instance of.
pub(super) const ENGINE: &str = "postgres";
/// How long Performance Insights keeps what it records, in days: what costs nothing.
pub(super) const INSIGHTS: i32 = 7;

/// What both ways to restore an instance are told of it.
macro_rules! restored {
    ($call:expr, $want:expr, $tags:expr) => {
        $call
            .set_db_instance_class($want.class.0.clone())
            .set_multi_az($want.multi_az.0)
            .set_db_subnet_group_name(subnet_group($want))
            .set_vpc_security_group_ids(groups($want))
            .set_db_parameter_group_name(parameter_group($want))
            .port($want.port)
            .set_publicly_accessible($want.publicly_accessible.0)
            .set_auto_minor_version_upgrade($want.auto_minor_version_upgrade.0)
            .set_copy_tags_to_snapshot($want.copy_tags_to_snapshot.0)
            .set_deletion_protection($want.deletion_protection.0)
            .set_enable_cloudwatch_logs_exports($want.log_exports.0.clone())
            .set_enable_iam_database_authentication($want.iam_authentication.0)
            .set_tags(Some($tags.clone()))
            .send()
    };
}

impl Resource for Instance {
    type Cloud = Aws;
    type Config = InstanceConfig;
    type Outputs = InstanceOutputs;

    const ABOUT: Kind = Kind {
        name: KIND,
        ids: "arn:*:rds:*:db:*",
        summary: "The PostgreSQL database of the nodes, on RDS",
        cloudformation: "AWS::RDS::DBInstance",
        // The keys, the jobs and the lease are in it.
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_mins(15),
        typical_removal: Duration::from_mins(10),
        patience: Duration::from_mins(80),
        outage: "the oracle is silent while the database restarts or fails over, one to two minutes; for a new version, as long as that takes",
        // Whoever writes to a log group that is gone makes it again.
        stands_on: &["log-group"],
        keeping: Some(Keeping {
            costs: "what it cost before",
            ends: "aws rds delete-db-instance --final-db-snapshot-identifier NAME --db-instance-identifier {name}",
        }),
        calls: Calls {
            read: &[
                LIST,
                SNAPSHOTS,
                // Where there is no instance, and the file says what it is to begin with.
                BACKUPS,
                "rds:DescribeDBClusters",
                "rds:DescribeDBClusterSnapshots",
            ],
            write: &[
                secrets::GET,
                "rds:CreateDBInstance",
                "rds:RestoreDBInstanceFromDBSnapshot",
                "rds:RestoreDBInstanceToPointInTime",
                "rds:StartDBInstance",
                "rds:ModifyDBInstance",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                "rds:DeleteDBInstance",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut found = Vec::new();
        match scope {
            Scope::Owned => {
                let ours = |it: &DbInstance| is_ours(aws, KIND, &pairs(it.tag_list()));
                // Of other engines some tell less.
                for instance in all(aws).await?.iter().filter(|it| ours(it)) {
                    found.push(read(aws, instance)?);
                }
                let others = origin::others(aws, &found, |it| name_of(&it.id.0)).await?;
                found.extend(others);
            }
            Scope::Ids(ids) => {
                for id in *ids {
                    found.extend(look(aws, name_of(&id.0)).await?);
                }
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &InstanceConfig,
    ) -> Result<PhysicalId, CallError> {
        let name = instance_name(aws, me);
        let password = password(aws, &want.login).await?;
        let mut tags = as_tags(&want.tags, me.ordinal);
        tags.extend(login_tag(&want.login));
        let groups = groups(want);
        let call = || {
            aws.rds
                .create_db_instance()
                .db_instance_identifier(&name)
                .engine(ENGINE)
                .engine_version(want.version.text())
                .set_db_instance_class(want.class.0.clone())
                .set_multi_az(want.multi_az.0)
                .set_storage_type(want.storage_type.0.clone())
                .allocated_storage(want.allocated_storage.gib())
                .set_max_allocated_storage(want.max_allocated_storage.0.filter(|most| *most > 0))
                .set_iops(want.iops.0)
                .set_storage_throughput(want.storage_throughput.0)
                .storage_encrypted(true)
                .kms_key_id(want.key.as_str())
                .set_db_name(want.database_name.0.clone())
                .master_username(&want.master_username)
                .master_user_password(password.reveal())
                .port(want.port)
                .set_db_subnet_group_name(subnet_group(want))
                .set_vpc_security_group_ids(groups.clone())
                .set_db_parameter_group_name(parameter_group(want))
                .set_publicly_accessible(want.publicly_accessible.0)
                .set_backup_retention_period(want.backup_retention_period.0)
                .set_preferred_backup_window(want.preferred_backup_window.0.clone())
                .set_preferred_maintenance_window(want.preferred_maintenance_window.0.clone())
                .set_auto_minor_version_upgrade(want.auto_minor_version_upgrade.0)
                .set_copy_tags_to_snapshot(want.copy_tags_to_snapshot.0)
                .set_deletion_protection(want.deletion_protection.0)
                .set_enable_performance_insights(want.performance_insights.0)
                .set_performance_insights_kms_key_id(insights(want).map(|(key, _)| key))
                .set_performance_insights_retention_period(insights(want).map(|(_, days)| days))
                .set_enable_cloudwatch_logs_exports(want.log_exports.0.clone())
                .set_enable_iam_database_authentication(want.iam_authentication.0)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "rds:CreateDBInstance";
        let made = aws.write(operation, call).await?.db_instance;
        let id = made.and_then(|instance| instance.db_instance_arn);
        Ok(PhysicalId(text(operation, "DBInstanceArn", id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &InstanceConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &instance_name(aws, me)).await
    }

    /// Restores what it begins with. What restoring does not take is set afterwards; the password in it is
    /// the one of then.
    async fn recover(
        aws: &Aws,
        have: &Found<Self>,
        want: &InstanceConfig,
    ) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let Some(source) = source::<Self>(aws, name).await? else { return Ok(()) };
        let mut tags = as_tags(&want.tags, have.ordinal());
        tags.extend(source.remembers());
        let answer = match source {
            Source::Snapshot { name: snapshot, .. } => {
                let call = || {
                    let call = aws
                        .rds
                        .restore_db_instance_from_db_snapshot()
                        .db_instance_identifier(name)
                        .db_snapshot_identifier(named(&snapshot).0);
                    restored!(call, want, tags)
                };
                aws.write("rds:RestoreDBInstanceFromDBSnapshot", call).await.map(drop)
            }
            Source::Backup { resource, at } => {
                let call = || {
                    let call = aws
                        .rds
                        .restore_db_instance_to_point_in_time()
                        .target_db_instance_identifier(name)
                        .source_dbi_resource_id(&resource)
                        .restore_time(at);
                    restored!(call, want, tags)
                };
                aws.write("rds:RestoreDBInstanceToPointInTime", call).await.map(drop)
            }
        };
        match answer {
            // An answer that was lost: it is there already.
            Err(error) if error.class == Class::Exists => Ok(()),
            answer => answer,
        }
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &InstanceConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        // First of all: one that is stopped refuses everything else.
        if delta.take(field!(InstanceConfig.running)) {
            let call = || aws.rds.start_db_instance().db_instance_identifier(name).send();
            aws.write("rds:StartDBInstance", call).await?;
        }
        let login = delta.take(field!(InstanceConfig.login));
        let changes = Changes::claim(&have.config, want, delta);
        let password = if login { Some(password(aws, &want.login).await?) } else { None };
        if login || changes.any {
            // One call: what waits for a maintenance window would be carried out with the first of several.
            let call = || {
                let call = changes.of(aws.rds.modify_db_instance(), want);
                let call = call.db_instance_identifier(name).apply_immediately(true);
                let password = password.as_ref().map(|password| password.reveal().to_owned());
                call.set_master_user_password(password).send()
            };
            aws.write("rds:ModifyDBInstance", call).await?;
        }
        if login {
            login::say(aws, &have.id, &want.login).await?;
        }
        if delta.take(field!(InstanceConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&InstanceConfig<Declared>>,
    ) -> Option<InstanceConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(InstanceConfig { tags, ..have.config.clone() })
    }

    fn is_vouched(aws: &Aws, have: &Found<Self>) -> bool {
        aws.environment.is_name_of(Self::ABOUT.name, &have.owner, name_of(&have.id.0))
    }

    fn notice(have: &Found<Self>) -> Option<String> {
        have.outputs.behind.clone()
    }

    fn protection(have: &Found<Self>) -> Option<String> {
        let protected = have.config.deletion_protection.0 == Some(true);
        protected.then(|| {
            "it is protected from deletion: set database.deletionProtection to false, apply that, and delete then".to_owned()
        })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let last = origin::last_snapshot(aws, name);
        let call = || {
            let call = aws.rds.delete_db_instance().db_instance_identifier(name);
            call.skip_final_snapshot(last.is_none())
                .set_final_db_snapshot_identifier(last.clone())
                .delete_automated_backups(true)
                .send()
        };
        aws.write("rds:DeleteDBInstance", call).await.map(drop)
    }
}

/// What an instance is called, whichever object of its node it is: it is never replaced, and its logs go
/// where its name leads to.
fn instance_name(aws: &Aws, me: &Identity) -> String {
    aws.environment.display_name(&me.address)
}

/// What an update has to set.
struct Changes {
    fields: BTreeSet<&'static str>,
    /// What becomes of the logs.
    exports: CloudwatchLogsExportConfiguration,
    /// How much storage there is: as much as it may grow to, if it may not.
    storage: i32,
    any: bool,
}

impl Changes {
    /// Claims everything but the tags and the login.
    fn claim(have: &InstanceConfig, want: &InstanceConfig, delta: &mut Delta) -> Self {
        let fields: BTreeSet<&'static str> = [
            field!(InstanceConfig.version),
            field!(InstanceConfig.class),
            field!(InstanceConfig.multi_az),
            field!(InstanceConfig.storage_type),
            field!(InstanceConfig.allocated_storage),
            field!(InstanceConfig.max_allocated_storage),
            field!(InstanceConfig.iops),
            field!(InstanceConfig.storage_throughput),
            field!(InstanceConfig.port),
            field!(InstanceConfig.security_groups),
            field!(InstanceConfig.parameter_group),
            field!(InstanceConfig.publicly_accessible),
            field!(InstanceConfig.backup_retention_period),
            field!(InstanceConfig.preferred_backup_window),
            field!(InstanceConfig.preferred_maintenance_window),
            field!(InstanceConfig.auto_minor_version_upgrade),
            field!(InstanceConfig.copy_tags_to_snapshot),
            field!(InstanceConfig.deletion_protection),
            field!(InstanceConfig.performance_insights),
            field!(InstanceConfig.log_exports),
            field!(InstanceConfig.iam_authentication),
        ]
        .into_iter()
        .filter(|field| delta.take(field))
        .collect();
        let any = !fields.is_empty();
        let exports = log_exports::change(&have.log_exports, &want.log_exports);
        Self { fields, exports, storage: have.allocated_storage.gib(), any }
    }

    fn of(
        &self,
        call: ModifyDBInstanceFluentBuilder,
        want: &InstanceConfig,
    ) -> ModifyDBInstanceFluentBuilder {
        let has = |field: &'static str| self.fields.contains(field);
        let upgrades = has(field!(InstanceConfig.version));
        // What is provisioned belongs to a type.
        let other_type = has(field!(InstanceConfig.storage_type));
        let most =
            want.max_allocated_storage.0.map(|most| if most > 0 { most } else { self.storage });
        let exports = has(field!(InstanceConfig.log_exports)).then(|| self.exports.clone());
        let insights = insights(want).filter(|_| has(field!(InstanceConfig.performance_insights)));
        call.set_engine_version(upgrades.then(|| want.version.text()))
            .set_allow_major_version_upgrade(upgrades.then_some(true))
            .set_db_instance_class(only(has(field!(InstanceConfig.class)), &want.class))
            .set_multi_az(only(has(field!(InstanceConfig.multi_az)), &want.multi_az))
            .set_storage_type(only(other_type, &want.storage_type))
            .set_allocated_storage(
                has(field!(InstanceConfig.allocated_storage)).then(|| want.allocated_storage.gib()),
            )
            .set_max_allocated_storage(
                most.filter(|_| has(field!(InstanceConfig.max_allocated_storage))),
            )
            .set_iops(only(other_type || has(field!(InstanceConfig.iops)), &want.iops))
            .set_storage_throughput(only(
                other_type || has(field!(InstanceConfig.storage_throughput)),
                &want.storage_throughput,
            ))
            .set_db_port_number(has(field!(InstanceConfig.port)).then_some(want.port))
            .set_vpc_security_group_ids(
                groups(want).filter(|_| has(field!(InstanceConfig.security_groups))),
            )
            .set_db_parameter_group_name(
                parameter_group(want).filter(|_| has(field!(InstanceConfig.parameter_group))),
            )
            .set_publicly_accessible(only(
                has(field!(InstanceConfig.publicly_accessible)),
                &want.publicly_accessible,
            ))
            .set_backup_retention_period(only(
                has(field!(InstanceConfig.backup_retention_period)),
                &want.backup_retention_period,
            ))
            .set_preferred_backup_window(only(
                has(field!(InstanceConfig.preferred_backup_window)),
                &want.preferred_backup_window,
            ))
            .set_preferred_maintenance_window(only(
                has(field!(InstanceConfig.preferred_maintenance_window)),
                &want.preferred_maintenance_window,
            ))
            .set_auto_minor_version_upgrade(only(
                has(field!(InstanceConfig.auto_minor_version_upgrade)),
                &want.auto_minor_version_upgrade,
            ))
            .set_copy_tags_to_snapshot(only(
                has(field!(InstanceConfig.copy_tags_to_snapshot)),
                &want.copy_tags_to_snapshot,
            ))
            .set_deletion_protection(only(
                has(field!(InstanceConfig.deletion_protection)),
                &want.deletion_protection,
            ))
            .set_enable_performance_insights(only(
                has(field!(InstanceConfig.performance_insights)),
                &want.performance_insights,
            ))
            .set_performance_insights_kms_key_id(insights.as_ref().map(|(key, _)| key.clone()))
            .set_performance_insights_retention_period(insights.map(|(_, days)| days))
            .set_cloudwatch_logs_export_configuration(exports)
            .set_enable_iam_database_authentication(only(
                has(field!(InstanceConfig.iam_authentication)),
                &want.iam_authentication,
            ))
    }
}

fn groups(want: &InstanceConfig) -> Option<Vec<String>> {
    let groups = want.security_groups.0.as_ref()?;
    Some(groups.iter().map(|group| group.as_str().to_owned()).collect())
}

fn subnet_group(want: &InstanceConfig) -> Option<String> {
    want.subnet_group.0.as_ref().map(|group| group.name().to_owned())
}

fn parameter_group(want: &InstanceConfig) -> Option<String> {
    want.parameter_group.0.as_ref().map(|group| group.name().to_owned())
}

/// What Performance Insights encrypts with, and for how many days it keeps what it records.
fn insights(want: &InstanceConfig) -> Option<(String, i32)> {
    let records = want.performance_insights.0 == Some(true);
    records.then(|| (want.key.as_str().to_owned(), INSIGHTS))
}

/// All instances of the account and region.
async fn all(aws: &Aws) -> Result<Vec<DbInstance>, CallError> {
    let all = aws
        .pages(
            LIST,
            |marker| {
                let call = aws.rds.describe_db_instances();
                call.max_records(PAGE).set_marker(marker).send()
            },
            |page| (page.db_instances, page.marker),
        )
        .await?;
    // Those of a cluster are of another kind.
    Ok(all.into_iter().filter(|it| it.db_cluster_identifier().is_none()).collect())
}

/// The name of an instance of ours that is there, if there is one.
pub(super) async fn ours(aws: &Aws) -> Result<Option<String>, CallError> {
    let mut all = all(aws).await?.into_iter();
    let ours = all.find(|it| is_ours(aws, KIND, &pairs(it.tag_list())));
    Ok(ours.and_then(|instance| instance.db_instance_identifier))
}

/// Looks at one instance by its name, or at what it can be made of again. What is not there is `None`.
async fn look(aws: &Aws, name: &str) -> Result<Option<Found<Instance>>, CallError> {
    let call = || aws.rds.describe_db_instances().db_instance_identifier(name).send();
    let answer = match aws.read(LIST, call).await {
        Ok(answer) => {
            whole(LIST, answer.marker)?;
            required(LIST, "DBInstances", answer.db_instances)?
        }
        Err(error) if error.class == Class::NotFound => {
            return origin::instead(aws, name).await;
        }
        Err(error) => return Err(error),
    };
    let Some(instance) = answer.first() else { return Ok(None) };
    let told = text(LIST, "DBInstanceIdentifier", instance.db_instance_identifier())?;
    if told != name {
        return Err(another(LIST, told, name));
    }
    read(aws, instance).map(Some)
}

/// Reads an instance: what waits to be changed is told as it is going to be.
fn read(aws: &Aws, from: &DbInstance) -> Result<Found<Instance>, CallError> {
    let name = text(LIST, "DBInstanceIdentifier", from.db_instance_identifier())?;
    let id = text(LIST, "DBInstanceArn", from.db_instance_arn())?;
    let status = text(LIST, "DBInstanceStatus", from.db_instance_status())?;
    let nothing = PendingModifiedValues::builder().build();
    let pending = from.pending_modified_values().unwrap_or(&nothing);
    let tags = pairs(from.tag_list());
    let version = pending.engine_version().or(from.engine_version());
    let port =
        pending.port().or(from.endpoint().and_then(Endpoint::port)).or(from.db_instance_port());
    let subnet_group = pending
        .db_subnet_group_name()
        .or(from.db_subnet_group().and_then(|group| group.db_subnet_group_name()));
    let groups = from.vpc_security_groups().iter().filter(|it| it.status() != Some("removing"));
    let groups = groups.map(|it| {
        text(LIST, "VpcSecurityGroupId", it.vpc_security_group_id()).map(SecurityGroupId::new)
    });
    let parameters = from.db_parameter_groups().first();
    let parameters = parameters.and_then(|group| group.db_parameter_group_name());
    let most = from.max_allocated_storage().unwrap_or_default();
    let storage = pending.allocated_storage().or(from.allocated_storage());
    let class = pending.db_instance_class().or(from.db_instance_class());
    let kind = pending.storage_type().or(from.storage_type());
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner_of(aws, Instance::ABOUT.name, &tags),
        config: InstanceConfig {
            version: EngineVersion::new(text(LIST, "EngineVersion", version)?),
            class: Told::of(text(LIST, "DBInstanceClass", class)?.to_owned()),
            multi_az: Told(pending.multi_az().or(from.multi_az())),
            storage_type: Told::of(text(LIST, "StorageType", kind)?.to_owned()),
            allocated_storage: Storage::Is(required(LIST, "AllocatedStorage", storage)?),
            max_allocated_storage: Told(Some(most)),
            iops: Told(pending.iops().or(from.iops())),
            storage_throughput: Told(pending.storage_throughput().or(from.storage_throughput())),
            key: KeyArn::new(from.kms_key_id().unwrap_or(NO_KEY)),
            database_name: Told(Some(from.db_name().unwrap_or_default().to_owned())),
            master_username: text(LIST, "MasterUsername", from.master_username())?.to_owned(),
            login: Login { secret: Told(None), version: version_set(&tags) },
            port: port.unwrap_or_default(),
            subnet_group: Told(
                subnet_group.map(|name| SubnetGroupArn::new(arn(aws, "subgrp", name))),
            ),
            security_groups: Told(Some(groups.collect::<Result<_, _>>()?)),
            parameter_group: Told(
                parameters.map(|name| ParameterGroupArn::new(arn(aws, "pg", name))),
            ),
            publicly_accessible: Told(from.publicly_accessible()),
            backup_retention_period: Told(
                pending.backup_retention_period().or(from.backup_retention_period()),
            ),
            preferred_backup_window: Told(from.preferred_backup_window().map(ToOwned::to_owned)),
            preferred_maintenance_window: Told(
                from.preferred_maintenance_window().map(ToOwned::to_owned),
            ),
            auto_minor_version_upgrade: Told(from.auto_minor_version_upgrade()),
            copy_tags_to_snapshot: Told(from.copy_tags_to_snapshot()),
            deletion_protection: Told(from.deletion_protection()),
            performance_insights: Told(Some(
                from.performance_insights_enabled().unwrap_or_default(),
            )),
            log_exports: Told(Some(log_exports::exports(
                from.enabled_cloudwatch_logs_exports(),
                pending.pending_cloudwatch_logs_exports(),
            ))),
            log_groups: (),
            iam_authentication: Told(
                pending
                    .iam_database_authentication_enabled()
                    .or(from.iam_database_authentication_enabled()),
            ),
            running: Told(Some(!STOPPED.contains(&status))),
            tags: Tags::of(aws, &tags),
        },
        outputs: InstanceOutputs {
            arn: InstanceArn::new(id),
            identifier: name.to_owned(),
            address: from.endpoint().and_then(|it| it.address()).map(ToOwned::to_owned),
            port: port.unwrap_or_default(),
            behind: backup::behind(aws.answered(LIST), from.latest_restorable_time())
                .filter(|_| status == "available"),
        },
        phase: phase(from, status, *pending == nothing),
    })
}

/// The statuses of an instance that starts when it is told to: somebody has stopped it, or its key was not to be
/// used, which is the key's to put in order
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html>).
pub(super) const STOPPED: [&str; 2] =
    ["stopped", "inaccessible-encryption-credentials-recoverable"];

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status>
pub(super) fn phase(from: &DbInstance, status: &str, nothing_pending: bool) -> Phase {
    let moving = |status: Option<&str>| status != Some("active");
    let groups = from.vpc_security_groups().iter().any(|group| moving(group.status()));
    let parameters = from.db_parameter_groups().iter();
    let applying = |status: Option<&str>| status == Some("applying");
    let parameters = parameters.map(|it| it.parameter_apply_status()).any(applying);
    match status {
        "available" | "storage-optimization" | "storage-full"
            if groups || parameters || !nothing_pending =>
        {
            Phase::Settling("being changed".to_owned())
        }
        "available" | "storage-optimization" | "storage-full" => Phase::Ready,
        status if STOPPED.contains(&status) => Phase::Ready,
        "deleting" | "delete-precheck" => Phase::Going,
        "failed"
        | "inaccessible-encryption-credentials"
        | "incompatible-create"
        | "incompatible-credentials"
        | "incompatible-network"
        | "incompatible-option-group"
        | "incompatible-parameters"
        | "incompatible-restore"
        | "insufficient-capacity"
        | "restore-error" => Phase::Failed(status.to_owned()),
        status => Phase::Pending(status.to_owned()),
    }
}

/// An instance of which nothing is told but its name.
pub(super) fn blank(aws: &Aws, name: &str, owner: Owner) -> Found<Instance> {
    let id = arn(aws, TYPE, name);
    Found {
        id: PhysicalId(id.clone()),
        owner,
        config: InstanceConfig {
            version: EngineVersion::new(""),
            class: Told(None),
            multi_az: Told(None),
            storage_type: Told(None),
            allocated_storage: Storage::Is(0),
            max_allocated_storage: Told(None),
            iops: Told(None),
            storage_throughput: Told(None),
            key: KeyArn::new(NO_KEY),
            database_name: Told(None),
            master_username: String::new(),
            login: Login { secret: Told(None), version: Told(None) },
            port: 0,
            subnet_group: Told(None),
            security_groups: Told(None),
            parameter_group: Told(None),
            publicly_accessible: Told(None),
            backup_retention_period: Told(None),
            preferred_backup_window: Told(None),
            preferred_maintenance_window: Told(None),
            auto_minor_version_upgrade: Told(None),
            copy_tags_to_snapshot: Told(None),
            deletion_protection: Told(None),
            performance_insights: Told(None),
            log_exports: Told(None),
            log_groups: (),
            iam_authentication: Told(None),
            running: Told(None),
            tags: Tags::default(),
        },
        outputs: InstanceOutputs {
            arn: InstanceArn::new(id),
            identifier: name.to_owned(),
            address: None,
            port: 0,
            behind: None,
        },
        phase: Phase::Gone,
    }
}
