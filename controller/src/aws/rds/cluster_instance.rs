//! An instance of a cluster of Aurora: one of them writes, the others read and take over. Which one that is,
//! changes whenever AWS fails over, and is no difference.
//!
//! It holds no data, those are the cluster's: it is made, replaced and removed like a machine. It is told from
//! other DB instances by the id that RDS gives it and that stays: names look the same.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_rds::types::{DbInstance, Filter, PendingModifiedValues};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage, Told,
    },
    field,
};

use super::{
    super::{
        answers::{another, required, text, whole},
        clients::Aws,
        kms::KeyArn,
        tags::{Tags, owner_of},
    },
    ClusterArn, PAGE, ParameterGroupArn, arn, as_tags,
    beginning::is_ours,
    cluster::ENGINE,
    instance::{INSIGHTS, LIST, phase},
    object_name, only, pairs, retag,
};

/// An instance of a cluster of Aurora.
pub struct ClusterInstance;

/// The settable part of a [`ClusterInstance`].
#[derive(Clone, Debug)]
pub struct ClusterInstanceConfig<S: Stage = Resolved> {
    /// The cluster it is of.
    pub cluster: S::In<ClusterArn>,
    /// What it runs on, e.g. `db.r6g.large`.
    pub class: Told<String>,
    /// The zone it is in; nothing before it is there for the first time.
    pub zone: Told<String>,
    /// What PostgreSQL is told beside what the cluster is told.
    pub parameter_group: Told<S::In<ParameterGroupArn>>,
    /// Whether it has a public address.
    pub publicly_accessible: Told<bool>,
    /// Whether AWS installs new minor versions.
    pub auto_minor_version_upgrade: Told<bool>,
    /// When AWS may maintain it, e.g. `sun:04:00-sun:04:30`.
    pub preferred_maintenance_window: Told<String>,
    /// Which of them takes over first: the lowest.
    pub promotion_tier: Told<i32>,
    /// Whether Performance Insights records what it is busy with.
    pub performance_insights: Told<bool>,
    /// What that is encrypted with.
    pub insights_key: Told<S::In<KeyArn>>,
    /// Its tags.
    pub tags: Tags,
}

config! { ClusterInstanceConfig {
    cluster: Replace,
    class: Interrupts,
    zone: Replace,
    parameter_group: InPlace,
    publicly_accessible: InPlace,
    auto_minor_version_upgrade: InPlace,
    preferred_maintenance_window: InPlace,
    promotion_tier: InPlace,
    performance_insights: InPlace,
    insights_key: Replace,
    tags: InPlace,
} }

/// What a [`ClusterInstance`] has once it exists.
#[derive(Clone, Debug)]
pub struct ClusterInstanceOutputs {
    /// Its identifier.
    pub identifier: String,
    /// Its ARN.
    pub arn: String,
}

/// What it is called as a kind.
const KIND: &str = "db-cluster-instance";

impl Resource for ClusterInstance {
    type Cloud = Aws;
    type Config = ClusterInstanceConfig;
    type Outputs = ClusterInstanceOutputs;

    const ABOUT: Kind = Kind {
        name: KIND,
        ids: "db-*",
        summary: "An instance of the database on Aurora: one writes, the others take over",
        cloudformation: "AWS::RDS::DBInstance",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_mins(8),
        typical_removal: Duration::from_mins(6),
        patience: Duration::from_hours(1),
        outage: "the oracle is silent for up to a minute if it is the one that writes: another takes over, if there is one",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[LIST],
            write: &[
                "rds:CreateDBInstance",
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
                // Those of Neptune and DocumentDB are listed, too, and tell less.
                for instance in all(aws, None).await?.iter().filter(|it| ours(it)) {
                    found.push(read(aws, instance)?);
                }
            }
            Scope::Ids(ids) => {
                for id in *ids {
                    let filter = Filter::builder().name("dbi-resource-id").values(&id.0).build();
                    for instance in all(aws, Some(filter)).await? {
                        found.push(read(aws, &instance)?);
                    }
                }
                // A filter that AWS does not know would show all.
                found.retain(|found| ids.contains(&found.id));
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &ClusterInstanceConfig,
    ) -> Result<PhysicalId, CallError> {
        let (name, tags) = (object_name(aws, me), as_tags(&want.tags, me.ordinal));
        let insights = insights(want);
        let call = || {
            aws.rds
                .create_db_instance()
                .db_instance_identifier(&name)
                .db_cluster_identifier(want.cluster.name())
                .engine(ENGINE)
                .set_db_instance_class(want.class.0.clone())
                .set_availability_zone(want.zone.0.clone())
                .set_db_parameter_group_name(parameter_group(want))
                .set_publicly_accessible(want.publicly_accessible.0)
                .set_auto_minor_version_upgrade(want.auto_minor_version_upgrade.0)
                .set_preferred_maintenance_window(want.preferred_maintenance_window.0.clone())
                .set_promotion_tier(want.promotion_tier.0)
                .set_enable_performance_insights(want.performance_insights.0)
                .set_performance_insights_kms_key_id(insights.as_ref().map(|(key, _)| key.clone()))
                .set_performance_insights_retention_period(insights.as_ref().map(|it| it.1))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "rds:CreateDBInstance";
        let made = aws.write(operation, call).await?.db_instance;
        let id = made.and_then(|instance| instance.dbi_resource_id);
        Ok(PhysicalId(text(operation, "DbiResourceId", id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &ClusterInstanceConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = object_name(aws, me);
        let call = || aws.rds.describe_db_instances().db_instance_identifier(&name).send();
        let answer = match aws.read(LIST, call).await {
            Ok(answer) => {
                whole(LIST, answer.marker)?;
                required(LIST, "DBInstances", answer.db_instances)?
            }
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(instance) = answer.first() else { return Ok(None) };
        let told = text(LIST, "DBInstanceIdentifier", instance.db_instance_identifier())?;
        if told != name {
            return Err(another(LIST, told, &name));
        }
        read(aws, instance).map(Some)
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &ClusterInstanceConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let fields: BTreeSet<&'static str> = [
            field!(ClusterInstanceConfig.class),
            field!(ClusterInstanceConfig.parameter_group),
            field!(ClusterInstanceConfig.publicly_accessible),
            field!(ClusterInstanceConfig.auto_minor_version_upgrade),
            field!(ClusterInstanceConfig.preferred_maintenance_window),
            field!(ClusterInstanceConfig.promotion_tier),
            field!(ClusterInstanceConfig.performance_insights),
        ]
        .into_iter()
        .filter(|field| delta.take(field))
        .collect();
        let has = |field: &'static str| fields.contains(field);
        let name = &have.outputs.identifier;
        let insights =
            insights(want).filter(|_| has(field!(ClusterInstanceConfig.performance_insights)));
        let call = || {
            let call = aws.rds.modify_db_instance().db_instance_identifier(name);
            call.apply_immediately(true)
                .set_db_instance_class(only(has(field!(ClusterInstanceConfig.class)), &want.class))
                .set_db_parameter_group_name(
                    parameter_group(want)
                        .filter(|_| has(field!(ClusterInstanceConfig.parameter_group))),
                )
                .set_publicly_accessible(only(
                    has(field!(ClusterInstanceConfig.publicly_accessible)),
                    &want.publicly_accessible,
                ))
                .set_auto_minor_version_upgrade(only(
                    has(field!(ClusterInstanceConfig.auto_minor_version_upgrade)),
                    &want.auto_minor_version_upgrade,
                ))
                .set_preferred_maintenance_window(only(
                    has(field!(ClusterInstanceConfig.preferred_maintenance_window)),
                    &want.preferred_maintenance_window,
                ))
                .set_promotion_tier(only(
                    has(field!(ClusterInstanceConfig.promotion_tier)),
                    &want.promotion_tier,
                ))
                .set_enable_performance_insights(only(
                    has(field!(ClusterInstanceConfig.performance_insights)),
                    &want.performance_insights,
                ))
                .set_performance_insights_kms_key_id(insights.as_ref().map(|(key, _)| key.clone()))
                .set_performance_insights_retention_period(insights.as_ref().map(|it| it.1))
                .send()
        };
        if !fields.is_empty() {
            aws.write("rds:ModifyDBInstance", call).await?;
        }
        if delta.take(field!(ClusterInstanceConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.outputs.arn, retagging).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&ClusterInstanceConfig<Declared>>,
    ) -> Option<ClusterInstanceConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(ClusterInstanceConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = &have.outputs.identifier;
        // What is in it is the cluster's.
        let call = || {
            let call = aws.rds.delete_db_instance().db_instance_identifier(name);
            call.skip_final_snapshot(true).send()
        };
        aws.write("rds:DeleteDBInstance", call).await.map(drop)
    }
}

fn parameter_group(want: &ClusterInstanceConfig) -> Option<String> {
    want.parameter_group.0.as_ref().map(|group| group.name().to_owned())
}

/// What Performance Insights encrypts with, and for how many days it keeps what it records.
fn insights(want: &ClusterInstanceConfig) -> Option<(String, i32)> {
    let records = want.performance_insights.0 == Some(true);
    let key = want.insights_key.0.as_ref().filter(|_| records)?;
    Some((key.as_str().to_owned(), INSIGHTS))
}

/// The instances of clusters, all of the account and region or those that a filter lets pass.
async fn all(aws: &Aws, filter: Option<Filter>) -> Result<Vec<DbInstance>, CallError> {
    let all = aws
        .pages(
            LIST,
            |marker| {
                let call = aws.rds.describe_db_instances();
                let call = call.set_filters(filter.clone().map(|filter| vec![filter]));
                call.max_records(PAGE).set_marker(marker).send()
            },
            |page| (page.db_instances, page.marker),
        )
        .await?;
    // The others are of another kind.
    Ok(all.into_iter().filter(|it| it.db_cluster_identifier().is_some()).collect())
}

/// Reads an instance: what waits to be changed is told as it is going to be.
fn read(aws: &Aws, from: &DbInstance) -> Result<Found<ClusterInstance>, CallError> {
    let name = text(LIST, "DBInstanceIdentifier", from.db_instance_identifier())?;
    let id = text(LIST, "DbiResourceId", from.dbi_resource_id())?;
    let status = text(LIST, "DBInstanceStatus", from.db_instance_status())?;
    let nothing = PendingModifiedValues::builder().build();
    let pending = from.pending_modified_values().unwrap_or(&nothing);
    let tags = pairs(from.tag_list());
    let parameters = from.db_parameter_groups().first();
    let parameters = parameters.and_then(|group| group.db_parameter_group_name());
    let class = pending.db_instance_class().or(from.db_instance_class());
    let records = from.performance_insights_enabled().unwrap_or_default();
    let insights_key = from.performance_insights_kms_key_id().filter(|_| records);
    let cluster = from.db_cluster_identifier().unwrap_or_default();
    Ok(Found {
        id: PhysicalId(id.to_owned()),
        owner: owner_of(aws, KIND, &tags),
        config: ClusterInstanceConfig {
            cluster: ClusterArn::new(arn(aws, "cluster", cluster)),
            class: Told::of(text(LIST, "DBInstanceClass", class)?.to_owned()),
            zone: Told(from.availability_zone().map(ToOwned::to_owned)),
            parameter_group: Told(
                parameters.map(|name| ParameterGroupArn::new(arn(aws, "pg", name))),
            ),
            publicly_accessible: Told(from.publicly_accessible()),
            auto_minor_version_upgrade: Told(from.auto_minor_version_upgrade()),
            preferred_maintenance_window: Told(
                from.preferred_maintenance_window().map(ToOwned::to_owned),
            ),
            promotion_tier: Told(from.promotion_tier()),
            performance_insights: Told(Some(records)),
            insights_key: Told(insights_key.map(KeyArn::new)),
            tags: Tags::of(aws, &tags),
        },
        outputs: ClusterInstanceOutputs {
            identifier: name.to_owned(),
            arn: text(LIST, "DBInstanceArn", from.db_instance_arn())?.to_owned(),
        },
        phase: phase(from, status, *pending == nothing),
    })
}
