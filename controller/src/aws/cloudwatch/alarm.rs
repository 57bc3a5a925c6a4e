//! An alarm: what is watched, what counts as wrong, and who is told.
//!
//! `PutMetricAlarm` sets all of it, whoever it was of before, and takes tags at a creation alone
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>): nothing is put under a
//! name before somebody has looked who has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_cloudwatch::types::{
    ComparisonOperator, Dimension, Metric, MetricAlarm, MetricDataQuery, MetricStat, StateValue,
    Statistic,
};

use crate::{
    config,
    engine::{
        CallError, Calls, Class, Creation, Declared, Delta, Found, Identity, Kind, Owner, Phase,
        PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
    },
    field, record,
};

use super::{
    super::{
        answers::{another, required, text},
        clients::Aws,
        sns::TopicArn,
        tagging::{self, Listed},
        tags::{Tags, owner_of},
    },
    LISTS_TAGS, as_tags, retag, tags_of,
};

/// An alarm.
pub struct Alarm;

/// Something that an [`Alarm`] watches: a metric, or what is made of others by an expression.
#[derive(Clone, Debug)]
pub struct Query<S: Stage = Resolved> {
    /// What expressions call it; nothing where it is the only one.
    pub id: String,
    /// The namespace of the metric; nothing of an expression.
    pub namespace: String,
    /// The metric.
    pub metric: String,
    /// What tells its values apart.
    pub dimensions: BTreeMap<String, S::In<String>>,
    /// What is made of the values of a period: `Sum`, `Maximum` and so on.
    pub statistic: String,
    /// The period, in seconds.
    pub period: i32,
    /// How it is made of others.
    pub expression: String,
    /// Whether it is what is compared with the threshold.
    pub returned: bool,
}

record! { Query {
    id,
    namespace,
    metric,
    dimensions,
    statistic,
    period,
    expression,
    returned,
} }

impl Query<Declared> {
    /// A metric.
    pub fn metric(namespace: &str, metric: &str, statistic: &str, period: i32) -> Self {
        Self {
            id: String::new(),
            namespace: namespace.to_owned(),
            metric: metric.to_owned(),
            dimensions: BTreeMap::new(),
            statistic: statistic.to_owned(),
            period,
            expression: String::new(),
            returned: true,
        }
    }

    /// Of those alone that have this value there.
    #[must_use]
    pub fn of(mut self, dimension: &str, value: impl Into<crate::engine::Input<String>>) -> Self {
        self.dimensions.insert(dimension.to_owned(), value.into());
        self
    }

    /// As a part of an expression, which calls it so.
    #[must_use]
    pub fn within(self, id: &str) -> Self {
        Self { id: id.to_owned(), returned: false, ..self }
    }

    /// What is made of others.
    pub fn made(id: &str, expression: &str) -> Self {
        Self {
            id: id.to_owned(),
            expression: expression.to_owned(),
            period: 0,
            ..Self::metric("", "", "", 0)
        }
    }
}

/// The settable part of an [`Alarm`].
#[derive(Clone, Debug)]
pub struct AlarmConfig<S: Stage = Resolved> {
    /// What it means, and what to do.
    pub description: String,
    /// What it watches.
    pub queries: Vec<Query<S>>,
    /// How what is watched is compared with the threshold, as AWS calls it.
    pub comparison: String,
    /// With what.
    pub threshold: f64,
    /// How many periods are looked at.
    pub evaluation_periods: i32,
    /// How many of them have to be wrong.
    pub datapoints_to_alarm: i32,
    /// What it means if nothing was measured: `missing`, `breaching`, `notBreaching` or `ignore`.
    pub missing_data: String,
    /// Whether anybody is told.
    pub actions_enabled: bool,
    /// Who is told that it is wrong.
    pub alarm_actions: Vec<S::In<TopicArn>>,
    /// Who is told that it is well again.
    pub ok_actions: Vec<S::In<TopicArn>>,
    /// Who is told that nothing is known.
    pub insufficient_data_actions: Vec<S::In<TopicArn>>,
    /// Names of settings that somebody has made, and that are never declared.
    pub other_settings: Vec<String>,
    /// What has to be there before it means anything.
    pub needs: S::After,
    /// Its tags.
    pub tags: Tags,
}

config! { AlarmConfig {
    description: InPlace,
    queries: InPlace,
    comparison: InPlace,
    threshold: InPlace,
    evaluation_periods: InPlace,
    datapoints_to_alarm: InPlace,
    missing_data: InPlace,
    actions_enabled: InPlace,
    alarm_actions: InPlace,
    ok_actions: InPlace,
    insufficient_data_actions: InPlace,
    other_settings: InPlace,
    needs: InPlace,
    tags: InPlace,
} }

/// What an [`Alarm`] has once it exists.
#[derive(Clone, Debug)]
pub struct AlarmOutputs {
    /// Its ARN.
    pub arn: String,
    /// Why it says that something is wrong, if it does.
    pub wrong: Option<String>,
}

/// What describes them.
const DESCRIBE: &str = "cloudwatch:DescribeAlarms";
/// What sets one.
const PUT: &str = "cloudwatch:PutMetricAlarm";
/// How many may be asked for by name.
const MOST: usize = 100;

impl Resource for Alarm {
    type Cloud = Aws;
    type Config = AlarmConfig;
    type Outputs = AlarmOutputs;

    const ABOUT: Kind = Kind {
        name: "alarm",
        ids: "arn:*:cloudwatch:*:alarm:*",
        summary: "What counts as wrong, and who is told",
        cloudformation: "AWS::CloudWatch::Alarm",
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_secs(1),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(5),
        outage: "nothing but the alarm changes",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &[tagging::LISTS, DESCRIBE, LISTS_TAGS],
            write: &[
                PUT,
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
                "cloudwatch:DeleteAlarms",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let (mut alarms, mut names) = (Vec::new(), BTreeSet::new());
        let mut listed = Listed::default();
        match scope {
            Scope::Owned => {
                listed = tagging::owned(aws, "cloudwatch:alarm").await?;
                names.extend(listed.arns().map(|arn| name_of(arn).to_owned()));
                let prefix = aws.environment.object_prefix(Self::ABOUT.name);
                alarms = named_like(aws, &prefix).await?;
                for alarm in &alarms {
                    names.remove(text(DESCRIBE, "AlarmName", alarm.alarm_name())?);
                }
            }
            Scope::Ids(ids) => names.extend(ids.iter().map(|id| name_of(&id.0).to_owned())),
        }
        let names: Vec<String> = names.into_iter().collect();
        for some in names.chunks(MOST) {
            alarms.extend(named(aws, some).await?);
        }
        let mut found = Vec::new();
        for alarm in &alarms {
            found.extend(read(aws, alarm, &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(aws: &Aws, me: &Identity, want: &AlarmConfig) -> Result<PhysicalId, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        if !named(aws, std::slice::from_ref(&name)).await?.is_empty() {
            let why = format!("there is an alarm called {name}");
            return Err(CallError::new(PUT, Class::Exists, "AlarmExists", why));
        }
        put(aws, &name, want, Some(me.ordinal)).await?;
        // The answer is empty: its ARN follows from its name.
        Ok(PhysicalId(aws.environment.arn("cloudwatch", &format!("alarm:{name}"))))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &AlarmConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        match named(aws, &[name]).await?.first() {
            Some(alarm) => read(aws, alarm, &Listed::default()).await,
            None => Ok(None),
        }
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &AlarmConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let fields = [
            field!(AlarmConfig.description),
            field!(AlarmConfig.queries),
            field!(AlarmConfig.comparison),
            field!(AlarmConfig.threshold),
            field!(AlarmConfig.evaluation_periods),
            field!(AlarmConfig.datapoints_to_alarm),
            field!(AlarmConfig.missing_data),
            field!(AlarmConfig.actions_enabled),
            field!(AlarmConfig.alarm_actions),
            field!(AlarmConfig.ok_actions),
            field!(AlarmConfig.insufficient_data_actions),
            field!(AlarmConfig.other_settings),
        ];
        // What is left out would be taken away: all of it each time.
        if fields.map(|field| delta.take(field)).contains(&true) {
            put(aws, name_of(&have.id.0), want, None).await?;
        }
        if delta.take(field!(AlarmConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, &have.id.0, retagging).await?;
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&AlarmConfig<Declared>>) -> Option<AlarmConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(AlarmConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.cloudwatch.delete_alarms().alarm_names(name_of(&have.id.0)).send();
        match aws.write("cloudwatch:DeleteAlarms", call).await {
            Err(error) if error.class == Class::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }

    fn notice(have: &Found<Self>) -> Option<String> {
        have.outputs.wrong.clone()
    }
}

/// The name at the end of an ARN.
fn name_of(arn: &str) -> &str {
    arn.split(":alarm:").nth(1).unwrap_or(arn)
}

/// The alarms whose names begin so.
async fn named_like(aws: &Aws, prefix: &str) -> Result<Vec<MetricAlarm>, CallError> {
    aws.pages(
        DESCRIBE,
        |token| {
            let call = aws.cloudwatch.describe_alarms().alarm_name_prefix(prefix).max_records(100);
            call.set_next_token(token).send()
        },
        |page| (page.metric_alarms, page.next_token),
    )
    .await
}

/// The alarms of these names, at most a hundred.
async fn named(aws: &Aws, names: &[String]) -> Result<Vec<MetricAlarm>, CallError> {
    let alarms = aws
        .pages(
            DESCRIBE,
            |token| {
                let call = aws.cloudwatch.describe_alarms().set_alarm_names(Some(names.to_vec()));
                call.max_records(100).set_next_token(token).send()
            },
            |page| (page.metric_alarms, page.next_token),
        )
        .await?;
    for alarm in &alarms {
        let told = text(DESCRIBE, "AlarmName", alarm.alarm_name())?;
        if !names.iter().any(|name| name == told) {
            return Err(another(DESCRIBE, told, names.join(", ")));
        }
    }
    Ok(alarms)
}

/// Sets all of an alarm, with tags if it is made.
async fn put(
    aws: &Aws,
    name: &str,
    want: &AlarmConfig,
    makes: Option<u32>,
) -> Result<(), CallError> {
    let arns = |topics: &[TopicArn]| -> Vec<String> {
        topics.iter().map(|topic| topic.as_str().to_owned()).collect()
    };
    let tags = makes.map(|ordinal| as_tags(&want.tags, ordinal));
    let call = || {
        let call = aws
            .cloudwatch
            .put_metric_alarm()
            .alarm_name(name)
            .alarm_description(&want.description)
            .actions_enabled(want.actions_enabled)
            .set_alarm_actions(Some(arns(&want.alarm_actions)))
            .set_ok_actions(Some(arns(&want.ok_actions)))
            .set_insufficient_data_actions(Some(arns(&want.insufficient_data_actions)))
            .comparison_operator(ComparisonOperator::from(want.comparison.as_str()))
            .threshold(want.threshold)
            .evaluation_periods(want.evaluation_periods)
            .datapoints_to_alarm(want.datapoints_to_alarm)
            .treat_missing_data(&want.missing_data)
            .set_tags(tags.clone());
        match want.queries.as_slice() {
            [one] if one.expression.is_empty() => call
                .namespace(&one.namespace)
                .metric_name(&one.metric)
                .set_dimensions(Some(dimensions(one)))
                .statistic(Statistic::from(one.statistic.as_str()))
                .period(one.period),
            several => call.set_metrics(Some(several.iter().map(as_data_query).collect())),
        }
        .send()
    };
    aws.write(PUT, call).await.map(drop)
}

fn dimensions(query: &Query) -> Vec<Dimension> {
    let dimensions = query.dimensions.iter();
    dimensions.map(|(name, value)| Dimension::builder().name(name).value(value).build()).collect()
}

fn as_data_query(query: &Query) -> MetricDataQuery {
    let built = MetricDataQuery::builder().id(&query.id).return_data(query.returned);
    if !query.expression.is_empty() {
        return built.expression(&query.expression).build();
    }
    let metric = Metric::builder()
        .namespace(&query.namespace)
        .metric_name(&query.metric)
        .set_dimensions(Some(dimensions(query)))
        .build();
    let stat = MetricStat::builder().metric(metric).period(query.period).stat(&query.statistic);
    built.metric_stat(stat.build()).build()
}

/// Reads one; nothing if it is gone by now.
async fn read(
    aws: &Aws,
    from: &MetricAlarm,
    listed: &Listed,
) -> Result<Option<Found<Alarm>>, CallError> {
    let arn = text(DESCRIBE, "AlarmArn", from.alarm_arn())?;
    let Some(tags) = listed.tags(arn, tags_of(aws, arn)).await? else { return Ok(None) };
    let comparison = required(DESCRIBE, "ComparisonOperator", from.comparison_operator())?;
    let periods = required(DESCRIBE, "EvaluationPeriods", from.evaluation_periods())?;
    let actions = |arns: &[String]| arns.iter().map(TopicArn::new).collect();
    let wrong = from.state_value() == Some(&StateValue::Alarm);
    let mut other_settings = Vec::new();
    let queries = queries(from, &mut other_settings)?;
    Ok(Some(Found {
        id: PhysicalId(arn.to_owned()),
        owner: owner_of(aws, Alarm::ABOUT.name, &tags),
        config: AlarmConfig {
            description: from.alarm_description().unwrap_or_default().to_owned(),
            queries,
            comparison: comparison.as_str().to_owned(),
            // Only alarms of another making have none.
            threshold: from.threshold().unwrap_or(f64::MAX),
            evaluation_periods: periods,
            datapoints_to_alarm: from.datapoints_to_alarm().unwrap_or(periods),
            missing_data: from.treat_missing_data().unwrap_or("missing").to_owned(),
            actions_enabled: required(DESCRIBE, "ActionsEnabled", from.actions_enabled())?,
            alarm_actions: actions(from.alarm_actions()),
            ok_actions: actions(from.ok_actions()),
            insufficient_data_actions: actions(from.insufficient_data_actions()),
            other_settings,
            needs: (),
            tags: Tags::of(aws, &tags),
        },
        outputs: AlarmOutputs {
            arn: arn.to_owned(),
            wrong: wrong.then(|| from.state_reason().unwrap_or("no reason given").to_owned()),
        },
        phase: Phase::Ready,
    }))
}

/// What an alarm watches, and the names of settings that are never declared.
fn queries(from: &MetricAlarm, other: &mut Vec<String>) -> Result<Vec<Query>, CallError> {
    let mut is_set = |name: &str, set: bool| {
        if set {
            other.push(name.to_owned());
        }
    };
    is_set("Unit", from.unit().is_some());
    is_set(
        "EvaluateLowSampleCountPercentile",
        from.evaluate_low_sample_count_percentile().is_some(),
    );
    is_set("ThresholdMetricId", from.threshold_metric_id().is_some());
    is_set("EvaluationWindow", from.evaluation_window().is_some());
    is_set("WarmUpConfiguration", from.warm_up_configuration().is_some());
    is_set("EvaluationCriteria", from.evaluation_criteria().is_some());
    is_set("EvaluationInterval", from.evaluation_interval().is_some());
    is_set("ActionConfiguration", from.action_configuration().is_some());
    if from.metrics().is_empty() {
        let (statistic, extended) = (from.statistic(), from.extended_statistic());
        let statistic = statistic.map(Statistic::as_str).or(extended);
        return Ok(vec![Query {
            id: String::new(),
            namespace: from.namespace().unwrap_or_default().to_owned(),
            metric: from.metric_name().unwrap_or_default().to_owned(),
            dimensions: dimensions_of(from.dimensions())?,
            statistic: statistic.unwrap_or_default().to_owned(),
            period: from.period().unwrap_or_default(),
            expression: String::new(),
            returned: true,
        }]);
    }
    let mut queries = Vec::new();
    for query in from.metrics() {
        let stat = query.metric_stat();
        let metric = stat.and_then(MetricStat::metric);
        is_set("Label", query.label().is_some());
        is_set("AccountId", query.account_id().is_some());
        is_set("Unit", stat.is_some_and(|stat| stat.unit().is_some()));
        let period = stat.and_then(MetricStat::period).or(query.period());
        queries.push(Query {
            id: text(DESCRIBE, "Id", query.id())?.to_owned(),
            namespace: metric.and_then(Metric::namespace).unwrap_or_default().to_owned(),
            metric: metric.and_then(Metric::metric_name).unwrap_or_default().to_owned(),
            dimensions: dimensions_of(metric.map(Metric::dimensions).unwrap_or_default())?,
            statistic: stat.and_then(MetricStat::stat).unwrap_or_default().to_owned(),
            period: period.unwrap_or_default(),
            expression: query.expression().unwrap_or_default().to_owned(),
            // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
            returned: query.return_data().unwrap_or(true),
        });
    }
    Ok(queries)
}

fn dimensions_of(from: &[Dimension]) -> Result<BTreeMap<String, String>, CallError> {
    let pair = |it: &Dimension| {
        let name = text(DESCRIBE, "Name", it.name())?;
        Ok((name.to_owned(), required(DESCRIBE, "Value", it.value())?.to_owned()))
    };
    from.iter().map(pair).collect()
}
