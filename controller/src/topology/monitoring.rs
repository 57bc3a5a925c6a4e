//! The chapter `monitoring`: who is told when something is wrong, and what counts as wrong.

use clctl_spec::{Chain, Engine, NodeSpec};

use crate::{
    aws::{
        Aws,
        autoscaling::AutoScalingGroup,
        backup::BackupVault,
        cloudwatch::{Alarm, AlarmConfig, Query},
        ec2::NatGateway,
        fleet::Instances,
        kms::KeyArn,
        logs::{LogGroup, LogGroupArn, MetricFilter, MetricFilterConfig},
        policy::{Policy, Statement},
        rds::{EventSubscription, EventSubscriptionConfig},
        sns::{Receivers, Subscriptions, SubscriptionsConfig, Topic, TopicArn, TopicConfig},
    },
    bootstrap,
    engine::{After, Declared, DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::{
    Label,
    alarms::{self, About},
    dashboard, database, devops_guru, network, peers,
};

/// What everybody is told by.
const ALARMS: &str = "alarms";
/// The database's events, those of the instances of a cluster, and those of the parameters.
const EVENTS: [&str; 3] = ["database", "database-instances", "database-parameters"];
/// What is counted of the logs of the nodes.
const CRITICAL: &str = "log_critical_lines";

/// Services that publish to the topic, as policies call them: alarms, events of the database, backups, and what
/// DevOps Guru finds.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html>,
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html>,
/// <https://docs.aws.amazon.com/devops-guru/latest/userguide/sns-required-permissions.html>
pub(super) fn publishers(region: &str) -> [String; 4] {
    [
        "cloudwatch.amazonaws.com".to_owned(),
        "events.rds.amazonaws.com".to_owned(),
        "backup.amazonaws.com".to_owned(),
        format!("{region}.devops-guru.amazonaws.com"),
    ]
}

/// What is watched.
pub(super) struct Base<'a> {
    pub(super) network: &'a network::Built,
    pub(super) key: &'a Input<KeyArn>,
    pub(super) log_group: &'a Ref<LogGroup>,
    pub(super) database: &'a database::Built,
    /// Where AWS Backup keeps its copies of it, if it makes any.
    pub(super) vault: Option<&'a Ref<BackupVault>>,
    pub(super) group: &'a Ref<AutoScalingGroup>,
    pub(super) instances: &'a Ref<Instances>,
    pub(super) peers: Option<&'a peers::Built>,
}

/// Declares it all, and says which topic others may publish to.
pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    base: &Base<'_>,
) -> Result<Ref<Topic>, DeclaredTwice> {
    let monitoring = &spec.monitoring;
    let topic = topic(graph, label, spec, base.key)?;
    let watched = watched(label, spec, base);
    if monitoring.alarms.enabled {
        filter(graph, label, base.log_group)?;
        let told = Told::by(spec, &topic);
        for watch in &watched {
            alarm(graph, label, &told, watch)?;
        }
        events(graph, label, spec, base.database, &topic)?;
    }
    if monitoring.dashboard {
        dashboard::declare(graph, label, &watched, monitoring.alarms.enabled)?;
    }
    devops_guru::declare(graph, label, spec, &topic)?;
    Ok(topic)
}

/// The topic, and whoever has subscribed.
fn topic(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    key: &Input<KeyArn>,
) -> Result<Ref<Topic>, DeclaredTwice> {
    let environment = label.environment;
    let publish = publishers(&environment.region).into_iter().fold(
        Statement::allow("Publish", ["sns:Publish"]).only(
            "StringEquals",
            "aws:SourceAccount",
            [environment.account.clone()],
        ),
        |statement, service| statement.by("Service", service),
    );
    let topic = graph.add::<Topic>(
        ALARMS,
        TopicConfig {
            key: key.clone(),
            policy: Policy::of([publish]),
            attributes: TopicConfig::usual(),
            tags: label.tags(Topic::ABOUT.name, ALARMS),
        },
    )?;
    let monitoring = &spec.monitoring;
    let admin = monitoring.notify_admin.then_some(spec.nodes.admin_email.as_str());
    let receivers =
        admin.into_iter().chain(monitoring.emails.iter().map(clctl_spec::Email::as_str));
    let receivers = Receivers::of(receivers);
    let of = topic.output("arn", |topic| topic.arn.clone());
    graph.add::<Subscriptions>(ALARMS, SubscriptionsConfig { topic: of, receivers })?;
    Ok(topic)
}

/// Who is told by alarms.
struct Told(Vec<Input<TopicArn>>);

impl Told {
    fn by(spec: &NodeSpec, topic: &Ref<Topic>) -> Self {
        let theirs = spec.monitoring.topic_arn.iter();
        let theirs = theirs.map(|arn| Input::Known(TopicArn::new(arn.as_str())));
        let ours = topic.output("arn", |topic| topic.arn.clone());
        Self(std::iter::once(ours).chain(theirs).collect())
    }
}

/// Something that is watched.
pub(super) struct Watch {
    /// What is said of it.
    pub(super) about: About,
    /// Of which chain, zone or the like.
    pub(super) of: Option<String>,
    /// What is measured.
    pub(super) queries: Vec<Query<Declared>>,
    /// What is wrong.
    pub(super) wrong: Wrong,
    /// How many periods are looked at, and how many of them have to be wrong.
    periods: (i32, i32),
    /// What it means if nothing was measured.
    missing: &'static str,
    /// What has to be there before it means anything.
    needs: After,
}

/// What is wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wrong {
    /// Less than this.
    Below(f64),
    /// This or less.
    AtMost(f64),
    /// More than this.
    Above(f64),
    /// This or more.
    AtLeast(f64),
}

impl Wrong {
    fn comparison(self) -> &'static str {
        match self {
            Self::Below(_) => "LessThanThreshold",
            Self::AtMost(_) => "LessThanOrEqualToThreshold",
            Self::Above(_) => "GreaterThanThreshold",
            Self::AtLeast(_) => "GreaterThanOrEqualToThreshold",
        }
    }

    /// What it is compared with.
    pub(super) fn threshold(self) -> f64 {
        match self {
            Self::Below(it) | Self::AtMost(it) | Self::Above(it) | Self::AtLeast(it) => it,
        }
    }
}

impl Watch {
    fn new(about: About, query: Query<Declared>, wrong: Wrong) -> Self {
        Self {
            about,
            of: None,
            queries: vec![query],
            wrong,
            periods: (3, 3),
            missing: "missing",
            needs: After::default(),
        }
    }

    fn of(self, what: &str) -> Self {
        Self { of: Some(what.to_owned()), ..self }
    }

    fn periods(self, looked_at: i32, wrong: i32) -> Self {
        Self { periods: (looked_at, wrong), ..self }
    }

    fn missing(self, means: &'static str) -> Self {
        Self { missing: means, ..self }
    }

    /// That nothing is measured is wrong, once they are there.
    fn silence_is_wrong(self, instances: &Ref<Instances>) -> Self {
        Self { missing: "breaching", needs: After::node(instances), ..self }
    }

    /// What its alarm is called.
    pub(super) fn name(&self) -> String {
        match &self.of {
            Some(of) => format!("{}-{of}", self.about.name),
            None => self.about.name.to_owned(),
        }
    }
}

fn alarm(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    told: &Told,
    watch: &Watch,
) -> Result<(), DeclaredTwice> {
    let name = watch.name();
    let about = &watch.about;
    let of = watch.of.as_ref().map(|of| format!(" ({of})")).unwrap_or_default();
    let (looked_at, wrong) = watch.periods;
    let declared = AlarmConfig {
        description: format!(
            "{}{of}: {} What to do: {} More: {}",
            label.environment.name,
            about.means,
            about.remedy,
            alarms::anchor(about)
        ),
        queries: watch.queries.clone(),
        comparison: watch.wrong.comparison().to_owned(),
        threshold: watch.wrong.threshold(),
        evaluation_periods: looked_at,
        datapoints_to_alarm: wrong,
        missing_data: watch.missing.to_owned(),
        actions_enabled: true,
        alarm_actions: told.0.clone(),
        ok_actions: told.0.clone(),
        insufficient_data_actions: Vec::new(),
        other_settings: Vec::new(),
        needs: watch.needs.clone(),
        tags: label.tags(Alarm::ABOUT.name, &name),
    };
    graph.add::<Alarm>(&name, declared).map(drop)
}

/// Counts the lines with which a node ends: <https://github.com/uber-go/zap> calls the levels so, and JSON of the node's
/// log has them.
fn filter(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    group: &Ref<LogGroup>,
) -> Result<(), DeclaredTwice> {
    let levels = ["crit", "panic", "fatal"].map(|level| format!("($.level = \"{level}\")"));
    let declared = MetricFilterConfig {
        group: group.output("arn", |group| LogGroupArn::new(group.arn.as_str())),
        pattern: format!("{{ {} }}", levels.join(" || ")),
        namespace: bootstrap::namespace(&label.environment.name),
        metric: CRITICAL.to_owned(),
        value: "1".to_owned(),
        other_settings: Vec::new(),
    };
    graph.add::<MetricFilter>("node-critical", declared).map(drop)
}

/// What RDS tells of the database: what no metric tells, as backups that fail.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html>
fn events(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    database: &database::Built,
    topic: &Ref<Topic>,
) -> Result<(), DeclaredTwice> {
    const OF_INSTANCES: &[&str] = &[
        "availability",
        "backup",
        "configuration change",
        "deletion",
        "failover",
        "failure",
        "low storage",
        "maintenance",
        "notification",
        "recovery",
    ];
    const OF_CLUSTERS: &[&str] =
        &["deletion", "failover", "failure", "maintenance", "notification"];
    const OF_PARAMETERS: &[&str] = &["configuration change"];
    let [main, instances, parameters] = EVENTS;
    let mut subscribe = |name: &str, of: &str, sources, categories: &[&str]| {
        let declared = EventSubscriptionConfig {
            topic: topic.output("arn", |topic| topic.arn.clone()),
            source_type: of.to_owned(),
            sources,
            categories: categories.iter().map(|it| (*it).to_owned()).collect(),
            enabled: true,
            tags: label.tags(EventSubscription::ABOUT.name, name),
        };
        graph.add::<EventSubscription>(name, declared).map(drop)
    };
    let name_in = |arn: &Input<String>| {
        Input::made_of(vec![arn.clone()], |arn: Vec<String>| {
            arn.concat().rsplit(':').next().unwrap_or_default().to_owned()
        })
    };
    let of = vec![name_in(&database.parameters)];
    subscribe(parameters, "db-parameter-group", of, OF_PARAMETERS)?;
    let named = name_in(&database.arn);
    match &spec.database.engine {
        Engine::Rds(_) => subscribe(main, "db-instance", vec![named], OF_INSTANCES),
        Engine::Aurora(_) => {
            subscribe(main, "db-cluster", vec![named], OF_CLUSTERS)?;
            subscribe(instances, "db-instance", database.members.clone(), OF_INSTANCES)
        }
    }
}

/// Five minutes, in which most things are measured.
const FIVE: i32 = 300;
/// What most things of instances are measured in.
const MINUTE: i32 = 60;
/// What is rare is counted in this.
const HOUR: i32 = 3600;
/// A mebibyte, and a gibibyte.
const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

/// Everything that is watched.
fn watched(label: &Label<'_>, spec: &NodeSpec, base: &Base<'_>) -> Vec<Watch> {
    let mut all = nodes(label, spec, base);
    for chain in &spec.nodes.chains {
        all.extend(of_chain(label, spec, chain));
    }
    all.extend(of_database(label, spec));
    all.extend(base.vault.into_iter().flat_map(of_vault));
    all.extend(base.network.nat_gateways.iter().map(of_gateway));
    if let Some(balancer) = &spec.gui.load_balancer {
        // https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
        let days = Query::metric("AWS/CertificateManager", "DaysToExpiry", "Minimum", 24 * 3600)
            .of("CertificateArn", balancer.certificate_arn.to_string());
        all.push(Watch::new(alarms::CERTIFICATE, days, Wrong::Below(21.0)).periods(1, 1));
    }
    if let Some(peers) = base.peers {
        // https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
        let (balancer, targets) = (&peers.balancer, &peers.target_group);
        let healthy = Query::metric("AWS/NetworkELB", "HealthyHostCount", "Maximum", MINUTE)
            .of("LoadBalancer", balancer.output("dimension", |it| it.arn.dimension()))
            .of("TargetGroup", targets.output("dimension", |it| it.arn.dimension()));
        let watch = Watch::new(alarms::PEERS, healthy, Wrong::Below(1.0));
        let silence = silence(spec);
        all.push(watch.periods(silence, silence).silence_is_wrong(base.instances));
    }
    all
}

/// For how many minutes no node may be found.
fn silence(spec: &NodeSpec) -> i32 {
    minutes(spec.monitoring.alarms.oracle_silence.get())
}

/// The nodes: what they say of themselves, and what EC2 says of their instances.
fn nodes(label: &Label<'_>, spec: &NodeSpec, base: &Base<'_>) -> Vec<Watch> {
    let limits = &spec.monitoring.alarms;
    let namespace = bootstrap::namespace(&label.environment.name);
    let ours = |metric: &str, statistic: &str, period| {
        Query::metric(&namespace, metric, statistic, period)
    };
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
    let of_group = |metric: &str, statistic: &str| {
        let group = base.group.output("name", |group| group.name.clone());
        Query::metric("AWS/EC2", metric, statistic, FIVE).of("AutoScalingGroupName", group)
    };
    let of_job = |metric: &str, statistic: &str| {
        ours(metric, statistic, FIVE).of("job", "chainlink".to_owned())
    };
    let silence = silence(spec);
    let percent = |limit: u32| Wrong::Above(f64::from(limit));
    vec![
        Watch::new(alarms::NO_ACTIVE_NODE, ours("node_active", "Sum", MINUTE), Wrong::Below(1.0))
            .periods(silence, silence)
            .silence_is_wrong(base.instances),
        Watch::new(alarms::TWO_ACTIVE_NODES, ours("node_active", "Sum", MINUTE), Wrong::Above(1.0))
            .missing("notBreaching"),
        // Each says it once a minute: ten times in five minutes.
        Watch::new(
            alarms::NODE_MISSING,
            ours("node_active", "SampleCount", FIVE),
            Wrong::Below(8.0),
        )
        .periods(4, 4)
        .silence_is_wrong(base.instances),
        Watch::new(
            alarms::NODE_METRICS_MISSING,
            of_job("uptime_seconds", "SampleCount"),
            Wrong::Below(1.0),
        )
        .silence_is_wrong(base.instances),
        Watch::new(alarms::GUI_SILENT, ours("gui_answers", "Sum", MINUTE), Wrong::Below(1.0))
            .periods(5, 5)
            .silence_is_wrong(base.instances),
        Watch::new(alarms::ERRORED_RUNS, of_job("pipeline_run_errors", "Sum"), Wrong::Above(0.0))
            .periods(2, 2)
            .missing("notBreaching"),
        Watch::new(alarms::NODE_RESTARTS, ours(CRITICAL, "Sum", FIVE), Wrong::Above(10.0))
            .periods(2, 2)
            .missing("notBreaching"),
        Watch::new(
            alarms::NODE_CPU,
            of_group("CPUUtilization", "Maximum"),
            percent(limits.node_cpu_utilization.get()),
        ),
        Watch::new(
            alarms::NODE_MEMORY,
            ours("mem_used_percent", "Maximum", FIVE),
            percent(limits.node_memory_utilization.get()),
        ),
        Watch::new(
            alarms::NODE_DISK,
            ours("disk_used_percent", "Maximum", FIVE),
            percent(limits.node_disk_utilization.get()),
        ),
        Watch::new(
            alarms::NODE_STATUS,
            of_group("StatusCheckFailed", "Maximum"),
            Wrong::AtLeast(1.0),
        )
        .periods(2, 2),
    ]
}

/// As many minutes as there are in so many seconds, or one more.
fn minutes(seconds: u32) -> i32 {
    seconds.div_ceil(60).cast_signed()
}

/// A chain, as the active node tells of it. What nobody tells while none is active stays as it was: that is an
/// alarm of its own.
fn of_chain(label: &Label<'_>, spec: &NodeSpec, chain: &Chain) -> Vec<Watch> {
    let namespace = bootstrap::namespace(&label.environment.name);
    let (id, name) = (chain.chain.id().to_string(), chain.chain.label());
    let by = |dimension: &str, metric: &str, statistic: &str, period| {
        Query::metric(&namespace, metric, statistic, period).of(dimension, id.clone())
    };
    let head = |statistic: &str| by("evmChainID", "head_tracker_current_head", statistic, 2 * FIVE);
    let age = f64::from(spec.monitoring.alarms.transaction_age.get());
    let heads = Watch::new(alarms::HEADS, head("Maximum").within("newest"), Wrong::AtMost(0.0));
    let heads = Watch {
        queries: vec![
            Query::made("new", "newest - oldest"),
            head("Maximum").within("newest"),
            head("Minimum").within("oldest"),
        ],
        ..heads
    };
    let alive =
        by("chainId", "multi_node_states", "Maximum", MINUTE).of("state", "Alive".to_owned());
    let minimum = chain.minimum_balance.as_ref().and_then(|it| it.as_str().parse().ok());
    let balance = minimum.map(|minimum: f64| {
        Watch::new(
            alarms::BALANCE,
            by("evmChainID", "eth_balance", "Minimum", FIVE),
            Wrong::Below(minimum),
        )
        .periods(1, 1)
    });
    let others = [
        Watch::new(
            alarms::TRANSACTIONS,
            by("evmChainID", "max_unconfirmed_tx_age", "Maximum", FIVE),
            Wrong::Above(age),
        )
        .periods(1, 1),
        heads.periods(1, 1),
        Watch::new(alarms::RPC, alive, Wrong::Below(1.0)),
    ];
    let from_subnets = Watch::new(
        alarms::ENDPOINTS,
        by("chainId", "rpc_endpoints_unreachable", "Maximum", FIVE),
        Wrong::Above(0.0),
    )
    .periods(2, 2);
    let told = balance.into_iter().chain(others).chain([from_subnets]);
    told.map(|watch| watch.missing("ignore").of(&name)).collect()
}

/// The database.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html>
fn of_database(label: &Label<'_>, spec: &NodeSpec) -> Vec<Watch> {
    let limits = &spec.monitoring.alarms;
    let name = database::identifier(label.environment, spec);
    let (by, storage) = match &spec.database.engine {
        Engine::Rds(_) => ("DBInstanceIdentifier", "FreeStorageSpace"),
        Engine::Aurora(_) => ("DBClusterIdentifier", "FreeLocalStorage"),
    };
    let of = |metric: &str, statistic: &str| {
        Query::metric("AWS/RDS", metric, statistic, FIVE).of(by, name.clone())
    };
    let mut all = vec![
        Watch::new(
            alarms::DATABASE_CPU,
            of("CPUUtilization", "Maximum"),
            Wrong::Above(f64::from(limits.database_cpu_utilization.get())),
        ),
        Watch::new(
            alarms::DATABASE_MEMORY,
            of("FreeableMemory", "Minimum"),
            Wrong::Below(256.0 * MIB),
        ),
        Watch::new(
            alarms::DATABASE_STORAGE,
            of(storage, "Minimum"),
            Wrong::Below(f64::from(limits.database_free_storage.get()) * GIB),
        )
        .periods(1, 1),
        Watch::new(
            alarms::DATABASE_CONNECTIONS,
            of("DatabaseConnections", "Maximum"),
            Wrong::Above(f64::from(limits.database_connections.get())),
        ),
        Watch::new(
            alarms::DATABASE_TRANSACTION_IDS,
            of("MaximumUsedTransactionIDs", "Maximum"),
            Wrong::AtLeast(600_000_000.0),
        ),
    ];
    if let Engine::Aurora(_) = &spec.database.engine {
        // In milliseconds.
        let lag = of("AuroraReplicaLagMaximum", "Maximum");
        all.push(Watch::new(alarms::DATABASE_REPLICATION, lag, Wrong::Above(10_000.0)));
    }
    all
}

/// The copies of the database.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html>
fn of_vault(vault: &Ref<BackupVault>) -> [Watch; 2] {
    [
        (alarms::BACKUP_FAILED, "NumberOfBackupJobsFailed"),
        (alarms::BACKUP_EXPIRED, "NumberOfBackupJobsExpired"),
    ]
    .map(|(about, metric)| {
        let jobs = Query::metric("AWS/Backup", metric, "Sum", HOUR)
            .of("BackupVaultName", vault.output("name", |vault| vault.name.clone()));
        Watch::new(about, jobs, Wrong::AtLeast(1.0)).periods(1, 1).missing("notBreaching")
    })
}

/// A NAT gateway.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>
fn of_gateway(gateway: &Ref<NatGateway>) -> Watch {
    let errors = Query::metric("AWS/NATGateway", "ErrorPortAllocation", "Sum", FIVE)
        .of("NatGatewayId", gateway.output("id", |gateway| gateway.id.to_string()));
    Watch::new(alarms::NAT_PORTS, errors, Wrong::Above(0.0))
        .periods(1, 1)
        .missing("notBreaching")
        .of(&gateway.address().name)
}
