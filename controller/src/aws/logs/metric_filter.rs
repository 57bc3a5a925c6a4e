//! A metric filter: it counts what is written to a log group. It has no tags, and is ours by its name if the group it
//! is in is ours.
//!
//! `PutMetricFilter` sets all of it, whoever it was of before
//! (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>): nothing is put under
//! a name before somebody has looked who has it.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_cloudwatchlogs::types::{self, MetricTransformation};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Delta, Found, Identity, Kind, Owner, Phase, PhysicalId,
        Replacement, Resolved, Resource, Scope, Stage,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, found, required, text},
        clients::Aws,
        identity::{TAG_UID, ordinal},
        tagging::{self, Listed},
    },
    LISTS_TAGS, TYPE, tags_of,
};

/// A metric filter.
pub struct MetricFilter;

id!(
    /// The ARN of the log group a [`MetricFilter`] looks at.
    LogGroupArn
);

/// The settable part of a [`MetricFilter`].
#[derive(Clone, Debug)]
pub struct MetricFilterConfig<S: Stage = Resolved> {
    /// The log group it looks at.
    pub group: S::In<LogGroupArn>,
    /// What it looks for.
    pub pattern: String,
    /// The namespace of the metric it makes of that.
    pub namespace: String,
    /// The metric.
    pub metric: String,
    /// What it counts for each.
    pub value: String,
    /// Names of settings that somebody has made, and that are never declared.
    pub other_settings: Vec<String>,
}

config! { MetricFilterConfig {
    group: Replace,
    pattern: InPlace,
    namespace: InPlace,
    metric: InPlace,
    value: InPlace,
    other_settings: InPlace,
} }

/// What a [`MetricFilter`] has once it exists.
#[derive(Clone, Debug)]
pub struct MetricFilterOutputs {
    /// Its name.
    pub name: String,
}

/// What lists them.
const LIST: &str = "logs:DescribeMetricFilters";
/// What sets one.
const PUT: &str = "logs:PutMetricFilter";

impl Resource for MetricFilter {
    type Cloud = Aws;
    type Config = MetricFilterConfig;
    type Outputs = MetricFilterOutputs;

    const ABOUT: Kind = Kind {
        name: "metric-filter",
        ids: "metric-filter/*",
        summary: "What is counted of what is written to a log group",
        cloudformation: "AWS::Logs::MetricFilter",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(1),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(5),
        outage: "nothing is counted for a moment",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[LIST, tagging::LISTS, LISTS_TAGS],
            write: &[PUT, "logs:DeleteMetricFilter"],
        },
    };

    /// One list for all groups: those of ours that have any are few.
    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut wanted = Vec::new();
        match scope {
            Scope::Owned => {
                let prefix = aws.environment.object_prefix(Self::ABOUT.name);
                for filter in list(aws, None).await? {
                    if filter.filter_name().is_some_and(|name| name.starts_with(&prefix)) {
                        wanted.push(filter);
                    }
                }
            }
            Scope::Ids(ids) => {
                for id in *ids {
                    let Some((group, name)) = parts(id) else { continue };
                    let listed = list(aws, Some((group, name))).await?;
                    wanted.extend(listed.into_iter().filter(|it| it.filter_name() == Some(name)));
                }
            }
        }
        let group = |it: &types::MetricFilter| it.log_group_name().map(ToOwned::to_owned);
        let groups: BTreeSet<String> = wanted.iter().filter_map(group).collect();
        let listed = match scope {
            Scope::Owned if !groups.is_empty() => tagging::owned(aws, TYPE).await?,
            Scope::Owned | Scope::Ids(_) => Listed::default(),
        };
        let mut ours = BTreeSet::new();
        for group in groups {
            if is_ours(aws, &group, &listed).await? {
                ours.insert(group);
            }
        }
        let read = wanted.iter().map(|filter| {
            let is_ours = filter.log_group_name().is_some_and(|group| ours.contains(group));
            read(aws, filter, is_ours)
        });
        let mut found = read.collect::<Result<Vec<_>, _>>()?;
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &MetricFilterConfig,
    ) -> Result<PhysicalId, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let group = name_of(&want.group);
        let listed = list(aws, Some((group, &name))).await?;
        if listed.iter().any(|it| it.filter_name() == Some(&name)) {
            let why = format!("{group} has a metric filter called {name}");
            return Err(CallError::new(PUT, Class::Exists, "MetricFilterExists", why));
        }
        put(aws, group, &name, want).await?;
        Ok(id_of(group, &name))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        want: &MetricFilterConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let id = id_of(name_of(&want.group), &name);
        Ok(Self::find(aws, &Scope::Ids(&[id])).await?.into_iter().next())
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &MetricFilterConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let fields = [
            field!(MetricFilterConfig.pattern),
            field!(MetricFilterConfig.namespace),
            field!(MetricFilterConfig.metric),
            field!(MetricFilterConfig.value),
            field!(MetricFilterConfig.other_settings),
        ];
        // All of it each time.
        if fields.map(|field| delta.take(field)).contains(&true) {
            put(aws, name_of(&want.group), &have.outputs.name, want).await?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let group = name_of(&have.config.group);
        let call = || {
            let call = aws.logs.delete_metric_filter().log_group_name(group);
            call.filter_name(&have.outputs.name).send()
        };
        match aws.write("logs:DeleteMetricFilter", call).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }
}

/// What stands for one: the group and its name, which only one in the group has.
fn id_of(group: &str, name: &str) -> PhysicalId {
    PhysicalId(format!("{}/{group}:{name}", MetricFilter::ABOUT.name))
}

fn parts(id: &PhysicalId) -> Option<(&str, &str)> {
    id.0.strip_prefix(MetricFilter::ABOUT.name)?.strip_prefix('/')?.split_once(':')
}

/// The name of a group in its ARN.
fn name_of(group: &LogGroupArn) -> &str {
    group.as_str().split(":log-group:").nth(1).unwrap_or(group.as_str())
}

fn arn_of(aws: &Aws, group: &str) -> String {
    aws.environment.arn("logs", &format!("log-group:{group}"))
}

/// All metric filters there are, or those of a group whose names begin so; none if the group is not there.
async fn list(aws: &Aws, of: Option<(&str, &str)>) -> Result<Vec<types::MetricFilter>, CallError> {
    let (group, prefix) = of.unzip();
    let listed = aws
        .pages(
            LIST,
            |token| {
                let call = aws.logs.describe_metric_filters();
                let call = call.set_log_group_name(group.map(ToOwned::to_owned));
                let call = call.set_filter_name_prefix(prefix.map(ToOwned::to_owned));
                call.set_next_token(token).send()
            },
            |page| (page.metric_filters, page.next_token),
        )
        .await;
    let listed = found(listed)?.unwrap_or_default();
    for filter in &listed {
        text(LIST, "filterName", filter.filter_name())?;
        let told = text(LIST, "logGroupName", filter.log_group_name())?;
        if let Some(group) = group.filter(|group| *group != told) {
            return Err(another(LIST, told, group));
        }
    }
    Ok(listed)
}

/// Whether a log group is ours.
async fn is_ours(aws: &Aws, group: &str, listed: &Listed) -> Result<bool, CallError> {
    let (arn, uid) = (arn_of(aws, group), aws.environment.uid());
    let tags = listed.tags(&arn, tags_of(aws, &arn)).await?;
    Ok(tags.into_iter().flatten().any(|(key, value)| key == TAG_UID && value == uid))
}

async fn put(
    aws: &Aws,
    group: &str,
    name: &str,
    want: &MetricFilterConfig,
) -> Result<(), CallError> {
    let made = MetricTransformation::builder()
        .metric_namespace(&want.namespace)
        .metric_name(&want.metric)
        .metric_value(&want.value)
        .build();
    let made = made.map_err(|error| {
        CallError::new(PUT, Class::Rejected, "InvalidRequest", error.to_string())
    })?;
    let call = || {
        let call = aws.logs.put_metric_filter().log_group_name(group).filter_name(name);
        call.filter_pattern(&want.pattern).metric_transformations(made.clone()).send()
    };
    aws.write(PUT, call).await.map(drop)
}

/// The node of a name, and which object of it: the name is all there is.
fn owner(aws: &Aws, name: &str) -> Owner {
    let prefix = aws.environment.object_prefix(MetricFilter::ABOUT.name);
    let Some(rest) = name.strip_prefix(&prefix) else { return Owner::Other };
    let numbered = rest.rsplit_once('-').and_then(|(name, n)| Some((name, ordinal(n)?)));
    let (name, ordinal) = numbered.unwrap_or((rest, 1));
    Owner::Us { name: name.to_owned(), ordinal, alias: None }
}

fn read(
    aws: &Aws,
    from: &types::MetricFilter,
    is_ours: bool,
) -> Result<Found<MetricFilter>, CallError> {
    let name = text(LIST, "filterName", from.filter_name())?;
    let group = text(LIST, "logGroupName", from.log_group_name())?;
    let pattern = required(LIST, "filterPattern", from.filter_pattern())?;
    let transformations = from.metric_transformations();
    let made = required(LIST, "metricTransformations", transformations.first())?;
    let others = [
        ("applyOnTransformedLogs", from.apply_on_transformed_logs()),
        ("fieldSelectionCriteria", from.field_selection_criteria().is_some()),
        ("emitSystemFieldDimensions", !from.emit_system_field_dimensions().is_empty()),
        ("defaultValue", made.default_value().is_some()),
        ("unit", made.unit().is_some()),
        ("dimensions", made.dimensions().is_some_and(|it| !it.is_empty())),
    ];
    let others = others.into_iter().filter(|(_, set)| *set).map(|(name, _)| name.to_owned());
    Ok(Found {
        id: id_of(group, name),
        owner: if is_ours { owner(aws, name) } else { Owner::Other },
        config: MetricFilterConfig {
            group: LogGroupArn::new(arn_of(aws, group)),
            pattern: pattern.to_owned(),
            namespace: made.metric_namespace().to_owned(),
            metric: made.metric_name().to_owned(),
            value: made.metric_value().to_owned(),
            other_settings: others.collect(),
        },
        outputs: MetricFilterOutputs { name: name.to_owned() },
        phase: Phase::Ready,
    })
}
