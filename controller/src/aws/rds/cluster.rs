//! A cluster of Aurora PostgreSQL: the database itself. What it runs on are its instances.
//!
//! It is never replaced. Deleted with a final snapshot, it can be taken back: the snapshot carries its tags
//! (`CopyTagsToSnapshot`), and restoring it makes a cluster of the same name, without instances
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-restore-snapshot.html>).

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_rds::{
    operation::modify_db_cluster::builders::ModifyDBClusterFluentBuilder,
    types::{CloudwatchLogsExportConfiguration, ClusterPendingModifiedValues, DbCluster},
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
    ClusterParameterGroupArn, PAGE, ParameterGroupArn, SubnetGroupArn, arn, as_tags, backup,
    beginning::is_ours,
    cluster_source::{BACKUPS, SNAPSHOTS},
    instance::STOPPED,
    log_exports,
    login::{self, Login, login_tag, password, version_set},
    name_of, only,
    origin::{self, Source, source},
    pairs, retag,
    values::{EngineVersion, NO_KEY},
};

/// A cluster of Aurora PostgreSQL.
pub struct Cluster;

id!(
    /// The ARN of a [`Cluster`].
    ClusterArn
);

impl ClusterArn {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        name_of(self.as_str())
    }
}

/// The settable part of a [`Cluster`].
#[derive(Clone, Debug)]
pub struct ClusterConfig<S: Stage = Resolved> {
    /// The version of PostgreSQL.
    pub version: EngineVersion,
    /// How storage is paid for: `aurora`, or `aurora-iopt1`.
    pub storage_type: Told<String>,
    /// What it is encrypted with.
    pub key: Told<S::In<KeyArn>>,
    /// The database that is made with it.
    pub database_name: Told<String>,
    /// The user who owns that.
    pub master_username: String,
    /// What that user logs in with.
    pub login: Login<S>,
    /// The port it listens at.
    pub port: Told<i32>,
    /// Where the interfaces of its instances may be.
    pub subnet_group: Told<S::In<SubnetGroupArn>>,
    /// The groups they are in.
    pub security_groups: Told<Vec<S::In<SecurityGroupId>>>,
    /// What PostgreSQL is told.
    pub parameter_group: Told<S::In<ClusterParameterGroupArn>>,
    /// What its instances are told beside that; the cluster does not tell. It is said with an upgrade to
    /// another major version, which has groups of its own.
    pub instance_parameter_group: Told<S::In<ParameterGroupArn>>,
    /// How long automated backups are kept, in days.
    pub backup_retention_period: Told<i32>,
    /// When they are made, e.g. `03:00-03:30`.
    pub preferred_backup_window: Told<String>,
    /// When AWS may maintain it, e.g. `sun:04:00-sun:04:30`.
    pub preferred_maintenance_window: Told<String>,
    /// Whether snapshots get its tags, by which they are found.
    pub copy_tags_to_snapshot: Told<bool>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: Told<bool>,
    /// The logs it writes to CloudWatch.
    pub log_exports: Told<Vec<String>>,
    /// The groups these are in, made before AWS makes them without key and retention.
    pub log_groups: S::After,
    /// Whether users of IAM may log in.
    pub iam_authentication: Told<bool>,
    /// Whether it answers to whoever has its secret, past the network.
    pub http_endpoint: Told<bool>,
    /// Whether it runs: AWS starts one that is stopped after seven days.
    pub running: Told<bool>,
    /// Its tags.
    pub tags: Tags,
}

config! { ClusterConfig {
    version: Interrupts,
    storage_type: InPlace,
    key: Refuse,
    database_name: Refuse,
    master_username: Refuse,
    login: InPlace,
    port: Interrupts,
    subnet_group: Refuse,
    security_groups: InPlace,
    parameter_group: InPlace,
    instance_parameter_group: InPlace,
    backup_retention_period: InPlace,
    preferred_backup_window: InPlace,
    preferred_maintenance_window: InPlace,
    copy_tags_to_snapshot: InPlace,
    deletion_protection: InPlace,
    log_exports: InPlace,
    log_groups: InPlace,
    iam_authentication: InPlace,
    http_endpoint: InPlace,
    running: InPlace,
    tags: InPlace,
} }

/// What a [`Cluster`] has once it exists.
#[derive(Clone, Debug)]
pub struct ClusterOutputs {
    /// Its ARN.
    pub arn: ClusterArn,
    /// Its identifier.
    pub identifier: String,
    /// Where the instance listens that writes.
    pub address: Option<String>,
    /// At which port.
    pub port: i32,
    /// Its instances, whoever made them.
    pub members: Vec<String>,
    /// What is to be known of its automated backups, if they lag behind.
    pub behind: Option<String>,
}

/// What it is called as a kind.
pub(super) const KIND: &str = "db-cluster";
/// What lists them.
const LIST: &str = "rds:DescribeDBClusters";
/// How an ARN says that it is one.
const TYPE: &str = "cluster";
/// What it is a cluster of.
pub(super) const ENGINE: &str = "aurora-postgresql";
/// The usual storage, of which nothing is told.
const STORAGE: &str = "aurora";

/// What both ways to restore a cluster are told of it.
macro_rules! restored {
    ($call:expr, $want:expr, $tags:expr) => {
        $call
            .set_storage_type($want.storage_type.0.clone())
            .set_kms_key_id(key($want))
            .set_port($want.port.0)
            .set_db_subnet_group_name(subnet_group($want))
            .set_vpc_security_group_ids(groups($want))
            .set_db_cluster_parameter_group_name(parameter_group($want))
            .set_copy_tags_to_snapshot($want.copy_tags_to_snapshot.0)
            .set_deletion_protection($want.deletion_protection.0)
            .set_enable_cloudwatch_logs_exports($want.log_exports.0.clone())
            .set_enable_iam_database_authentication($want.iam_authentication.0)
            .set_tags(Some($tags.clone()))
            .send()
    };
}

impl Resource for Cluster {
    type Cloud = Aws;
    type Config = ClusterConfig;
    type Outputs = ClusterOutputs;

    const ABOUT: Kind = Kind {
        name: KIND,
        ids: "arn:*:rds:*:cluster:*",
        summary: "The PostgreSQL database of the nodes, on Aurora",
        cloudformation: "AWS::RDS::DBCluster",
        // The keys, the jobs and the lease are in it.
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_mins(3),
        typical_removal: Duration::from_mins(5),
        patience: Duration::from_hours(2),
        outage: "the oracle is silent while the database restarts, one to two minutes; for a new version, as long as that takes",
        // Whoever writes to a log group that is gone makes it again.
        stands_on: &["log-group"],
        keeping: Some(Keeping {
            costs: "what it cost before",
            ends: "aws rds delete-db-cluster --final-db-snapshot-identifier NAME --db-cluster-identifier {name}, after its instances",
        }),
        calls: Calls {
            read: &[
                LIST,
                SNAPSHOTS,
                // Where there is no cluster, and the file says what it is to begin with.
                BACKUPS,
                "rds:DescribeDBInstances",
                "rds:DescribeDBSnapshots",
            ],
            write: &[
                secrets::GET,
                "rds:CreateDBCluster",
                "rds:RestoreDBClusterFromSnapshot",
                "rds:RestoreDBClusterToPointInTime",
                "rds:StartDBCluster",
                "rds:ModifyDBCluster",
                "rds:DisableHttpEndpoint",
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
                "rds:DeleteDBCluster",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut found = Vec::new();
        match scope {
            Scope::Owned => {
                let ours = |it: &DbCluster| is_ours(aws, KIND, &pairs(it.tag_list()));
                // Those of Neptune and DocumentDB are listed, too, and tell less.
                for cluster in all(aws).await?.iter().filter(|it| ours(it)) {
                    found.push(read(aws, cluster)?);
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
        want: &ClusterConfig,
    ) -> Result<PhysicalId, CallError> {
        let name = aws.environment.display_name(&me.address);
        let password = password(aws, &want.login).await?;
        let mut tags = as_tags(&want.tags, me.ordinal);
        tags.extend(login_tag(&want.login));
        let call = || {
            aws.rds
                .create_db_cluster()
                .db_cluster_identifier(&name)
                .engine(ENGINE)
                .engine_version(want.version.text())
                .set_storage_type(want.storage_type.0.clone())
                .storage_encrypted(true)
                .set_kms_key_id(key(want))
                .set_database_name(want.database_name.0.clone())
                .master_username(&want.master_username)
                .master_user_password(password.reveal())
                .set_port(want.port.0)
                .set_db_subnet_group_name(subnet_group(want))
                .set_vpc_security_group_ids(groups(want))
                .set_db_cluster_parameter_group_name(parameter_group(want))
                .set_backup_retention_period(want.backup_retention_period.0)
                .set_preferred_backup_window(want.preferred_backup_window.0.clone())
                .set_preferred_maintenance_window(want.preferred_maintenance_window.0.clone())
                .set_copy_tags_to_snapshot(want.copy_tags_to_snapshot.0)
                .set_deletion_protection(want.deletion_protection.0)
                .set_enable_cloudwatch_logs_exports(want.log_exports.0.clone())
                .set_enable_iam_database_authentication(want.iam_authentication.0)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "rds:CreateDBCluster";
        let made = aws.write(operation, call).await?.db_cluster;
        let id = made.and_then(|cluster| cluster.db_cluster_arn);
        Ok(PhysicalId(text(operation, "DBClusterArn", id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &ClusterConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &aws.environment.display_name(&me.address)).await
    }

    /// Restores what it begins with. What restoring does not take is set afterwards; the password in it is
    /// the one of then.
    async fn recover(aws: &Aws, have: &Found<Self>, want: &ClusterConfig) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let Some(source) = source::<Self>(aws, name).await? else { return Ok(()) };
        let mut tags = as_tags(&want.tags, have.ordinal());
        tags.extend(source.remembers());
        let answer = match source {
            Source::Snapshot { name: snapshot, .. } => {
                // One of RDS is migrated: to the same major version, and not to what is newest.
                let migrated = snapshot.contains(":snapshot:");
                let version = migrated.then(|| have.config.version.clone().of_any_minor().text());
                let call = || {
                    let call = aws
                        .rds
                        .restore_db_cluster_from_snapshot()
                        .db_cluster_identifier(name)
                        .snapshot_identifier(&snapshot)
                        .engine(ENGINE)
                        .set_engine_version(version.clone());
                    restored!(call, want, tags)
                };
                aws.write("rds:RestoreDBClusterFromSnapshot", call).await.map(drop)
            }
            Source::Backup { resource, at } => {
                let call = || {
                    let call = aws
                        .rds
                        .restore_db_cluster_to_point_in_time()
                        .db_cluster_identifier(name)
                        .source_db_cluster_resource_id(&resource)
                        .restore_to_time(at);
                    restored!(call, want, tags)
                };
                aws.write("rds:RestoreDBClusterToPointInTime", call).await.map(drop)
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
        want: &ClusterConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        // First of all: one that is stopped refuses everything else.
        if delta.take(field!(ClusterConfig.running)) {
            let call = || aws.rds.start_db_cluster().db_cluster_identifier(name).send();
            aws.write("rds:StartDBCluster", call).await?;
        }
        let login = delta.take(field!(ClusterConfig.login));
        let changes = Changes::claim(&have.config, want, delta);
        let password = if login { Some(password(aws, &want.login).await?) } else { None };
        if login || changes.any {
            let call = || {
                let call = changes.of(aws.rds.modify_db_cluster(), want);
                let call = call.db_cluster_identifier(name).apply_immediately(true);
                let password = password.as_ref().map(|password| password.reveal().to_owned());
                call.set_master_user_password(password).send()
            };
            aws.write("rds:ModifyDBCluster", call).await?;
        }
        if login {
            login::say(aws, &have.id, &want.login).await?;
        }
        // Of one that is no serverless database of the first kind, ModifyDBCluster does not say it.
        if delta.take(field!(ClusterConfig.http_endpoint)) {
            let call = || aws.rds.disable_http_endpoint().resource_arn(&have.id.0).send();
            aws.write("rds:DisableHttpEndpoint", call).await?;
        }
        if delta.take(field!(ClusterConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&ClusterConfig<Declared>>) -> Option<ClusterConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(ClusterConfig { tags, ..have.config.clone() })
    }

    fn is_vouched(aws: &Aws, have: &Found<Self>) -> bool {
        aws.environment.is_name_of(KIND, &have.owner, name_of(&have.id.0))
    }

    fn notice(have: &Found<Self>) -> Option<String> {
        have.outputs.behind.clone()
    }

    fn protection(have: &Found<Self>) -> Option<String> {
        if have.config.deletion_protection.0 == Some(true) {
            let way = "it is protected from deletion: set database.deletionProtection to false, apply that, and delete then";
            return Some(way.to_owned());
        }
        // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html#USER_Deletion_Stopped_Cluster
        let stopped = have.config.running.0 == Some(false);
        stopped.then(|| {
            "it is stopped, and AWS deletes no cluster that is: apply starts it, and delete it then".to_owned()
        })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = name_of(&have.id.0);
        let last = origin::last_snapshot(aws, name);
        let call = || {
            let call = aws.rds.delete_db_cluster().db_cluster_identifier(name);
            call.skip_final_snapshot(last.is_none())
                .set_final_db_snapshot_identifier(last.clone())
                .delete_automated_backups(true)
                .send()
        };
        aws.write("rds:DeleteDBCluster", call).await.map(drop)
    }

    /// Instances that somebody else has put into it.
    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let now = look(aws, name_of(&have.id.0)).await?;
        let members = now.map(|it| it.outputs.members).unwrap_or_default();
        Ok(members.into_iter().map(|name| format!("its DB instance {name}")).collect())
    }
}

/// What an update has to set.
struct Changes {
    fields: BTreeSet<&'static str>,
    /// What becomes of the logs.
    exports: CloudwatchLogsExportConfiguration,
    /// Whether it is to be of another major version.
    major: bool,
    any: bool,
}

impl Changes {
    /// Claims everything but the tags, the login and what has calls of its own.
    fn claim(have: &ClusterConfig, want: &ClusterConfig, delta: &mut Delta) -> Self {
        let fields: BTreeSet<&'static str> = [
            field!(ClusterConfig.version),
            field!(ClusterConfig.storage_type),
            field!(ClusterConfig.port),
            field!(ClusterConfig.security_groups),
            field!(ClusterConfig.parameter_group),
            field!(ClusterConfig.backup_retention_period),
            field!(ClusterConfig.preferred_backup_window),
            field!(ClusterConfig.preferred_maintenance_window),
            field!(ClusterConfig.copy_tags_to_snapshot),
            field!(ClusterConfig.deletion_protection),
            field!(ClusterConfig.log_exports),
            field!(ClusterConfig.iam_authentication),
        ]
        .into_iter()
        .filter(|field| delta.take(field))
        .collect();
        let any = !fields.is_empty();
        let major = !want.version.is_of_major(&have.version);
        let exports = log_exports::change(&have.log_exports, &want.log_exports);
        Self { fields, exports, major, any }
    }

    fn of(
        &self,
        call: ModifyDBClusterFluentBuilder,
        want: &ClusterConfig,
    ) -> ModifyDBClusterFluentBuilder {
        let has = |field: &'static str| self.fields.contains(field);
        let upgrades = has(field!(ClusterConfig.version));
        let major = upgrades && self.major;
        let exports = has(field!(ClusterConfig.log_exports)).then(|| self.exports.clone());
        let of_instances = want.instance_parameter_group.0.as_ref();
        call.set_engine_version(upgrades.then(|| want.version.text()))
            .set_allow_major_version_upgrade(major.then_some(true))
            .set_db_instance_parameter_group_name(
                of_instances.filter(|_| major).map(|group| group.name().to_owned()),
            )
            .set_storage_type(only(has(field!(ClusterConfig.storage_type)), &want.storage_type))
            .set_port(only(has(field!(ClusterConfig.port)), &want.port))
            .set_vpc_security_group_ids(
                groups(want).filter(|_| has(field!(ClusterConfig.security_groups))),
            )
            // Another major version has a family of its own.
            .set_db_cluster_parameter_group_name(
                parameter_group(want)
                    .filter(|_| major || has(field!(ClusterConfig.parameter_group))),
            )
            .set_backup_retention_period(only(
                has(field!(ClusterConfig.backup_retention_period)),
                &want.backup_retention_period,
            ))
            .set_preferred_backup_window(only(
                has(field!(ClusterConfig.preferred_backup_window)),
                &want.preferred_backup_window,
            ))
            .set_preferred_maintenance_window(only(
                has(field!(ClusterConfig.preferred_maintenance_window)),
                &want.preferred_maintenance_window,
            ))
            .set_copy_tags_to_snapshot(only(
                has(field!(ClusterConfig.copy_tags_to_snapshot)),
                &want.copy_tags_to_snapshot,
            ))
            .set_deletion_protection(only(
                has(field!(ClusterConfig.deletion_protection)),
                &want.deletion_protection,
            ))
            .set_cloudwatch_logs_export_configuration(exports)
            .set_enable_iam_database_authentication(only(
                has(field!(ClusterConfig.iam_authentication)),
                &want.iam_authentication,
            ))
    }
}

fn key(want: &ClusterConfig) -> Option<String> {
    want.key.0.as_ref().map(|key| key.as_str().to_owned())
}

fn groups(want: &ClusterConfig) -> Option<Vec<String>> {
    let groups = want.security_groups.0.as_ref()?;
    Some(groups.iter().map(|group| group.as_str().to_owned()).collect())
}

fn subnet_group(want: &ClusterConfig) -> Option<String> {
    want.subnet_group.0.as_ref().map(|group| group.name().to_owned())
}

fn parameter_group(want: &ClusterConfig) -> Option<String> {
    want.parameter_group.0.as_ref().map(|group| group.name().to_owned())
}

/// All clusters of the account and region.
async fn all(aws: &Aws) -> Result<Vec<DbCluster>, CallError> {
    aws.pages(
        LIST,
        |marker| aws.rds.describe_db_clusters().max_records(PAGE).set_marker(marker).send(),
        |page| (page.db_clusters, page.marker),
    )
    .await
}

/// The name of a cluster of ours that is there, if there is one.
pub(super) async fn ours(aws: &Aws) -> Result<Option<String>, CallError> {
    let mut all = all(aws).await?.into_iter();
    let ours = all.find(|it| is_ours(aws, KIND, &pairs(it.tag_list())));
    Ok(ours.and_then(|cluster| cluster.db_cluster_identifier))
}

/// Looks at one cluster by its name, or at what it can be made of again. What is not there is `None`.
async fn look(aws: &Aws, name: &str) -> Result<Option<Found<Cluster>>, CallError> {
    let call = || aws.rds.describe_db_clusters().db_cluster_identifier(name).send();
    let answer = match aws.read(LIST, call).await {
        Ok(answer) => {
            whole(LIST, answer.marker)?;
            required(LIST, "DBClusters", answer.db_clusters)?
        }
        Err(error) if error.class == Class::NotFound => {
            return origin::instead(aws, name).await;
        }
        Err(error) => return Err(error),
    };
    let Some(cluster) = answer.first() else { return Ok(None) };
    let told = text(LIST, "DBClusterIdentifier", cluster.db_cluster_identifier())?;
    if told != name {
        return Err(another(LIST, told, name));
    }
    read(aws, cluster).map(Some)
}

/// Reads a cluster: what waits to be changed is told as it is going to be.
fn read(aws: &Aws, from: &DbCluster) -> Result<Found<Cluster>, CallError> {
    let name = text(LIST, "DBClusterIdentifier", from.db_cluster_identifier())?;
    let id = text(LIST, "DBClusterArn", from.db_cluster_arn())?;
    let status = text(LIST, "Status", from.status())?;
    let nothing = ClusterPendingModifiedValues::builder().build();
    let pending = from.pending_modified_values().unwrap_or(&nothing);
    let tags = pairs(from.tag_list());
    let version = pending.engine_version().or(from.engine_version());
    let groups = from.vpc_security_groups().iter().filter(|it| it.status() != Some("removing"));
    let groups = groups.map(|it| {
        text(LIST, "VpcSecurityGroupId", it.vpc_security_group_id()).map(SecurityGroupId::new)
    });
    let storage = pending.storage_type().or(from.storage_type()).unwrap_or(STORAGE);
    let members = from.db_cluster_members().iter();
    let members = members.filter_map(|it| it.db_instance_identifier());
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner_of(aws, KIND, &tags),
        config: ClusterConfig {
            version: EngineVersion::new(text(LIST, "EngineVersion", version)?),
            storage_type: Told::of(storage.to_owned()),
            key: Told(Some(KeyArn::new(from.kms_key_id().unwrap_or(NO_KEY)))),
            database_name: Told(Some(from.database_name().unwrap_or_default().to_owned())),
            master_username: text(LIST, "MasterUsername", from.master_username())?.to_owned(),
            login: Login { secret: Told(None), version: version_set(&tags) },
            port: Told(from.port()),
            subnet_group: Told(
                from.db_subnet_group().map(|name| SubnetGroupArn::new(arn(aws, "subgrp", name))),
            ),
            security_groups: Told(Some(groups.collect::<Result<_, _>>()?)),
            parameter_group: Told(
                from.db_cluster_parameter_group()
                    .map(|name| ClusterParameterGroupArn::new(arn(aws, "cluster-pg", name))),
            ),
            instance_parameter_group: Told(None),
            backup_retention_period: Told(
                pending.backup_retention_period().or(from.backup_retention_period()),
            ),
            preferred_backup_window: Told(from.preferred_backup_window().map(ToOwned::to_owned)),
            preferred_maintenance_window: Told(
                from.preferred_maintenance_window().map(ToOwned::to_owned),
            ),
            copy_tags_to_snapshot: Told(from.copy_tags_to_snapshot()),
            deletion_protection: Told(from.deletion_protection()),
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
            http_endpoint: Told(Some(from.http_endpoint_enabled().unwrap_or_default())),
            running: Told(Some(!STOPPED.contains(&status))),
            tags: Tags::of(aws, &tags),
        },
        outputs: ClusterOutputs {
            arn: ClusterArn::new(id),
            identifier: name.to_owned(),
            address: from.endpoint().map(ToOwned::to_owned),
            port: from.port().unwrap_or_default(),
            members: members.map(ToOwned::to_owned).collect(),
            behind: backup::behind(aws.answered(LIST), from.latest_restorable_time())
                .filter(|_| status == "available"),
        },
        phase: phase(from, status, *pending == nothing),
    })
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html#Aurora.Status>
fn phase(from: &DbCluster, status: &str, nothing_pending: bool) -> Phase {
    let groups = from.vpc_security_groups().iter().any(|group| group.status() != Some("active"));
    match status {
        "available" if groups || !nothing_pending => Phase::Settling("being changed".to_owned()),
        "available" | "storage-optimization" => Phase::Ready,
        status if STOPPED.contains(&status) => Phase::Ready,
        "deleting" => Phase::Going,
        "cloning-failed" | "inaccessible-encryption-credentials" | "migration-failed" => {
            Phase::Failed(status.to_owned())
        }
        status => Phase::Pending(status.to_owned()),
    }
}

/// A cluster of which nothing is told but its name.
pub(super) fn blank(aws: &Aws, name: &str, owner: Owner) -> Found<Cluster> {
    let id = arn(aws, TYPE, name);
    Found {
        id: PhysicalId(id.clone()),
        owner,
        config: ClusterConfig {
            version: EngineVersion::new(""),
            storage_type: Told(None),
            key: Told(None),
            database_name: Told(None),
            master_username: String::new(),
            login: Login { secret: Told(None), version: Told(None) },
            port: Told(None),
            subnet_group: Told(None),
            security_groups: Told(None),
            parameter_group: Told(None),
            instance_parameter_group: Told(None),
            backup_retention_period: Told(None),
            preferred_backup_window: Told(None),
            preferred_maintenance_window: Told(None),
            copy_tags_to_snapshot: Told(None),
            deletion_protection: Told(None),
            log_exports: Told(None),
            log_groups: (),
            iam_authentication: Told(None),
            http_endpoint: Told(None),
            running: Told(None),
            tags: Tags::default(),
        },
        outputs: ClusterOutputs {
            arn: ClusterArn::new(id),
            identifier: name.to_owned(),
            address: None,
            port: 0,
            members: Vec::new(),
            behind: None,
        },
        phase: Phase::Gone,
    }
}
