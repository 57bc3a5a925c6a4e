//! What kind of world it is: durations, lag, quotas, weather.
//!
//! Settings are part of the world and are printed with every result, because a number measured in
//! a world means nothing without them.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    Time,
    random::{self, Rng},
};

/// A range of time, from which the seed draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The shortest, in milliseconds.
    pub min_ms: u64,
    /// The longest, in milliseconds.
    pub max_ms: u64,
}

impl Span {
    /// A range given in milliseconds.
    pub const fn millis(min_ms: u64, max_ms: u64) -> Self {
        Self { min_ms, max_ms }
    }

    /// A range given in seconds.
    pub const fn seconds(min: u64, max: u64) -> Self {
        Self { min_ms: min * 1000, max_ms: max * 1000 }
    }

    /// Always the same.
    pub const fn fixed(ms: u64) -> Self {
        Self { min_ms: ms, max_ms: ms }
    }

    pub(crate) const fn min(self) -> Duration {
        Duration::from_millis(self.min_ms)
    }

    pub(crate) const fn max(self) -> Duration {
        Duration::from_millis(self.max_ms)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |ms: u64| {
            if ms.is_multiple_of(1000) { format!("{} s", ms / 1000) } else { format!("{ms} ms") }
        };
        if self.min_ms == self.max_ms {
            write!(f, "{}", part(self.max_ms))
        } else {
            write!(f, "{}..{}", part(self.min_ms), part(self.max_ms))
        }
    }
}

/// How long after a write a read may still show what was before.
///
/// A replica answers each read; how far behind it is, is drawn per read. A write is seen by no
/// replica at once and by every replica after the span that was drawn for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lag {
    /// Reads that name ids.
    pub by_id: Span,
    /// Lists, filtered or not.
    pub listed: Span,
    /// Whether calls that build on a new thing may not know it yet, either.
    pub dependents: bool,
}

impl Default for Lag {
    fn default() -> Self {
        Self { by_id: Span::millis(0, 2_000), listed: Span::seconds(0, 20), dependents: false }
    }
}

/// How long AWS takes to do what it does asynchronously.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Durations {
    /// A VPC from `pending` to `available`.
    pub vpc: Span,
    /// A subnet from `pending` to `available`.
    pub subnet: Span,
    /// A route table association from `associating` to `associated`.
    pub association: Span,
    /// An internet gateway attachment from `attaching` to `available`.
    pub attachment: Span,
    /// A NAT gateway from `pending` to `available` (or `failed`).
    pub nat_gateway: Span,
    /// A NAT gateway from `deleting` to `deleted`.
    pub nat_gateway_delete: Span,
    /// How long a deleted or failed NAT gateway is still shown.
    pub nat_gateway_linger: Span,
    /// An interface endpoint from `pending` to `available`.
    pub interface_endpoint: Span,
    /// An interface endpoint from `deleting` to gone.
    pub interface_endpoint_delete: Span,
    /// Until the route of a gateway endpoint has come or gone.
    pub gateway_endpoint_route: Span,
    /// Until KMS's own caches know that a key was enabled; only where dependents lag.
    pub kms_cache: Span,
    /// A secret from the end of its recovery window (or its deletion without one) until it is gone.
    pub secret_deletion: Span,
    /// How long a log group that was changed refuses another change.
    pub log_group_change: Span,
    /// From the creation of a flow log to its first delivery.
    pub flow_log_delivery: Span,
    /// How long a deleted flow log goes on to deliver.
    pub flow_log_drain: Span,
    /// A change of records from `PENDING` to `INSYNC`.
    pub dns_change: Span,
    /// How long the next change of the same hosted zone is refused.
    pub dns_request: Span,
    /// Until a DB instance has its addresses, or other security groups are in force.
    pub db_network: Span,
    /// A DB instance from `creating` to its first backup.
    pub db_creation: Span,
    /// How much longer that takes with a standby.
    pub db_standby: Span,
    /// A backup of a DB instance: `backing-up`.
    pub db_backup: Span,
    /// A DB snapshot from `creating` to `available`.
    pub db_snapshot: Span,
    /// How long a DB instance that is to be changed is still `available`.
    pub db_modification_start: Span,
    /// A change of a DB instance: `modifying`, `upgrading`.
    pub db_modification: Span,
    /// Until parameters that need no restart are in force.
    pub db_parameters: Span,
    /// `storage-optimization` of a DB instance.
    pub db_storage_optimization: Span,
    /// A restart or failover of a DB instance.
    pub db_reboot: Span,
    /// A DB instance from `starting` to `available`, and from `stopping` to `stopped`.
    pub db_start: Span,
    /// A DB instance from `deleting` to gone, without its last snapshot.
    pub db_deletion: Span,
    /// A DB cluster from `creating` to `available`.
    pub db_cluster_creation: Span,
    /// A DB cluster from `deleting` to gone, when its instances are.
    pub db_cluster_deletion: Span,
    /// How long the interfaces of a DB instance that is gone are still there.
    pub db_interface_linger: Span,
    /// A job of AWS Backup from its time until it starts.
    pub backup_start: Span,
    /// From there until it is done.
    pub backup_job: Span,
    /// A load balancer from `provisioning` to `active`.
    pub load_balancer: Span,
    /// Until the interfaces of a load balancer have followed a change.
    pub load_balancer_change: Span,
    /// How long the interfaces of a load balancer that is gone are still there.
    pub load_balancer_interface_linger: Span,
    /// Until a target that was registered is checked.
    pub target_registration: Span,
    /// Until an event subscription that was made or changed is `active`, or one that was deleted is gone.
    pub db_event_subscription: Span,
    /// An instance from `pending` to `running`.
    pub instance: Span,
    /// From there until its status checks have passed.
    pub instance_checks: Span,
    /// An instance from `stopping` to `stopped`.
    pub instance_stop: Span,
    /// An instance from `shutting-down` to `terminated`.
    pub instance_shutdown: Span,
    /// How long a terminated instance is still shown.
    pub instance_linger: Span,
    /// Until a new metric has statistics.
    pub metric_counted: Span,
    /// Until a new metric is listed.
    pub metric_listed: Span,
    /// Until a group acts on what it was told.
    pub group_action: Span,
    /// Until a group notices what has become of an instance.
    pub group_notice: Span,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            vpc: Span::seconds(1, 4),
            subnet: Span::seconds(1, 4),
            association: Span::millis(0, 2_000),
            attachment: Span::millis(0, 1_000),
            nat_gateway: Span::seconds(75, 150),
            nat_gateway_delete: Span::seconds(60, 180),
            nat_gateway_linger: Span::fixed(3_600_000),
            interface_endpoint: Span::seconds(60, 300),
            interface_endpoint_delete: Span::seconds(60, 240),
            gateway_endpoint_route: Span::seconds(1, 10),
            kms_cache: Span::seconds(0, 60),
            secret_deletion: Span::seconds(2, 60),
            log_group_change: Span::fixed(0),
            flow_log_delivery: Span::seconds(480, 900),
            flow_log_drain: Span::seconds(120, 600),
            dns_change: Span::seconds(20, 60),
            dns_request: Span::millis(0, 100),
            db_network: Span::seconds(5, 40),
            db_creation: Span::seconds(240, 600),
            db_standby: Span::seconds(120, 360),
            db_backup: Span::seconds(60, 180),
            db_snapshot: Span::seconds(60, 300),
            db_modification_start: Span::seconds(5, 60),
            db_modification: Span::seconds(120, 600),
            db_parameters: Span::seconds(5, 60),
            db_storage_optimization: Span::seconds(600, 21_600),
            db_reboot: Span::seconds(20, 120),
            db_start: Span::seconds(120, 480),
            db_deletion: Span::seconds(180, 600),
            db_cluster_creation: Span::seconds(45, 180),
            db_cluster_deletion: Span::seconds(60, 240),
            db_interface_linger: Span::seconds(0, 60),
            backup_start: Span::seconds(60, 3_600),
            backup_job: Span::seconds(180, 900),
            load_balancer: Span::seconds(60, 240),
            load_balancer_change: Span::seconds(2, 30),
            load_balancer_interface_linger: Span::seconds(15, 120),
            target_registration: Span::seconds(3, 20),
            db_event_subscription: Span::seconds(5, 60),
            instance: Span::seconds(15, 60),
            instance_checks: Span::seconds(90, 180),
            instance_stop: Span::seconds(20, 90),
            instance_shutdown: Span::seconds(40, 180),
            instance_linger: Span::fixed(3_600_000),
            metric_counted: Span::seconds(5, 120),
            metric_listed: Span::seconds(60, 900),
            group_action: Span::seconds(1, 15),
            group_notice: Span::seconds(10, 90),
        }
    }
}

/// How many of each a region, or for IAM the account, may hold: AWS's default quotas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is a quota, named as AWS names it")]
pub struct Quotas {
    pub vpcs: u32,
    pub subnets_per_vpc: u32,
    pub internet_gateways: u32,
    pub route_tables_per_vpc: u32,
    pub routes_per_table: u32,
    pub addresses: u32,
    pub nat_gateways_per_zone: u32,
    pub security_groups: u32,
    pub rules_per_direction: u32,
    pub groups_per_interface: u32,
    pub interfaces: u32,
    pub key_pairs: u32,
    pub gateway_endpoints: u32,
    pub interface_endpoints_per_vpc: u32,
    pub flow_logs_per_resource: u32,
    pub tags_per_resource: u32,
    pub parameters: u32,
    pub kms_keys: u32,
    pub kms_aliases_per_key: u32,
    pub kms_grants_per_key: u32,
    pub secrets: u32,
    pub versions_per_secret: u32,
    pub log_groups: u32,
    pub roles: u32,
    pub instance_profiles: u32,
    pub policies_per_role: u32,
    pub inline_policy_size: u32,
    pub trust_policy_size: u32,
    pub db_instances: u32,
    pub db_storage_gib: u32,
    pub db_snapshots: u32,
    pub db_subnet_groups: u32,
    pub subnets_per_db_subnet_group: u32,
    pub db_parameter_groups: u32,
    pub db_cluster_parameter_groups: u32,
    pub db_clusters: u32,
    pub db_cluster_snapshots: u32,
    pub backup_vaults: u32,
    pub backup_plans: u32,
    pub selections_per_backup_plan: u32,
    pub instance_vcpus: u32,
    pub auto_scaling_groups: u32,
    pub lifecycle_hooks_per_group: u32,
    pub target_groups_per_group: u32,
    pub hosted_zones: u32,
    pub records_per_hosted_zone: u32,
    pub application_load_balancers: u32,
    pub network_load_balancers: u32,
    pub target_groups: u32,
    pub targets_per_target_group: u32,
    pub listeners_per_load_balancer: u32,
    pub rules_per_load_balancer: u32,
    pub condition_values_per_rule: u32,
    pub certificates_per_load_balancer: u32,
    pub certificates: u32,
    pub names_per_certificate: u32,
    pub topics: u32,
    pub alarms: u32,
    pub metric_filters_per_log_group: u32,
    pub db_event_subscriptions: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            vpcs: 5,
            subnets_per_vpc: 200,
            internet_gateways: 5,
            route_tables_per_vpc: 200,
            routes_per_table: 50,
            addresses: 5,
            nat_gateways_per_zone: 5,
            security_groups: 2_500,
            rules_per_direction: 60,
            groups_per_interface: 5,
            interfaces: 5_000,
            key_pairs: 5_000,
            gateway_endpoints: 20,
            interface_endpoints_per_vpc: 50,
            flow_logs_per_resource: 2,
            tags_per_resource: 50,
            parameters: 10_000,
            kms_keys: 100_000,
            kms_aliases_per_key: 50,
            kms_grants_per_key: 50_000,
            secrets: 500_000,
            versions_per_secret: 100,
            log_groups: 1_000_000,
            roles: 1_000,
            instance_profiles: 1_000,
            policies_per_role: 10,
            inline_policy_size: 10_240,
            trust_policy_size: 2_048,
            db_instances: 40,
            db_storage_gib: 100_000,
            db_snapshots: 100,
            db_subnet_groups: 50,
            subnets_per_db_subnet_group: 20,
            db_parameter_groups: 50,
            db_cluster_parameter_groups: 50,
            db_clusters: 40,
            db_cluster_snapshots: 100,
            backup_vaults: 100,
            backup_plans: 100,
            selections_per_backup_plan: 100,
            instance_vcpus: 5,
            auto_scaling_groups: 500,
            lifecycle_hooks_per_group: 50,
            target_groups_per_group: 50,
            hosted_zones: 500,
            records_per_hosted_zone: 10_000,
            application_load_balancers: 50,
            network_load_balancers: 50,
            target_groups: 3_000,
            targets_per_target_group: 1_000,
            listeners_per_load_balancer: 50,
            rules_per_load_balancer: 100,
            condition_values_per_rule: 5,
            certificates_per_load_balancer: 25,
            certificates: 2_500,
            names_per_certificate: 10,
            topics: 100_000,
            alarms: 5_000,
            metric_filters_per_log_group: 100,
            db_event_subscriptions: 20,
        }
    }
}

/// What goes wrong by itself: how many calls in a thousand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weather {
    /// Refused as too many.
    pub throttled: u32,
    /// Answered with a server error, without effect.
    pub server_error: u32,
    /// Answered with a server error although the effect happened.
    pub server_error_after: u32,
    /// The connection breaks before the call has any effect.
    pub reset: u32,
    /// The call has its effect and the answer is lost.
    pub answer_lost: u32,
    /// What is asked for comes to nothing afterwards: NAT gateways, instances.
    pub failing: u32,
    /// DB instances that are asked for never work, and are not made anew by anybody but who knows what was in them.
    pub failing_databases: u32,
}

/// What kind of world it is.
///
/// The default is AWS as documented: realistic durations with seeded jitter, modest lag, AWS's
/// default quotas and token buckets, nothing going wrong by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The name under which these settings are shown.
    pub name: String,
    /// The account every call comes from.
    pub account: String,
    /// Who calls: the part of the caller's ARN behind the account.
    pub caller: String,
    /// The region of what is put there beforehand.
    pub region: String,
    /// What chance and disputed facts are drawn from.
    pub seed: u64,
    /// The time at which the world begins.
    pub start: Time,
    /// How far reads are behind.
    pub lag: Lag,
    /// Whether durations are drawn from their span (otherwise they are its middle).
    pub jitter: bool,
    /// How long things take.
    pub durations: Durations,
    /// How many things there may be.
    pub quotas: Quotas,
    /// Whether AWS's token buckets are in force.
    pub throttling: bool,
    /// What goes wrong by itself.
    pub weather: Weather,
    /// How long an answer takes.
    pub latency: Span,
    /// How many seconds pass in the world while one passes outside.
    pub speed: f64,
    /// The largest page of any list, below AWS's own limits; to see paging with few objects.
    pub page: Option<u32>,
    /// Whom an access key belongs to: the ARN of a role of the simulated IAM, which may do what its
    /// policies there allow, or of a user, who may only ask who he is. All other keys are the
    /// account's administrator's.
    pub principals: BTreeMap<String, String>,
    /// Actions the caller may not do, for example `ec2:CreateVpc` or `ssm:*`.
    pub denied: Vec<String>,
    /// Access keys whose session has expired.
    pub expired_keys: Vec<String>,
    /// The access keys there are; when empty, any is good.
    pub valid_keys: Vec<String>,
    /// Whether the seed answers disputed facts; otherwise the likeliest answer is given.
    pub guessing: bool,
    /// Answers to disputed facts, by their name, before any other.
    pub disputes: BTreeMap<String, u64>,
    /// Where EC2 has no room for another instance: a zone, a type, or both (`us-east-1a/t3.micro`).
    pub short_of: Vec<String>,
    /// Zones that are lost: what runs there cannot be reached.
    pub lost_zones: Vec<String>,
}

/// 2026-01-01T00:00:00Z.
const NEW_YEAR: Time = Time::from_millis(1_767_225_600_000);

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "realistic".to_owned(),
            account: "123456789012".to_owned(),
            caller: "user/clctl".to_owned(),
            region: "us-east-1".to_owned(),
            seed: 1,
            start: NEW_YEAR,
            lag: Lag::default(),
            jitter: true,
            durations: Durations::default(),
            // AWS raises it by itself in an account that is used.
            quotas: Quotas { instance_vcpus: 64, ..Quotas::default() },
            throttling: true,
            weather: Weather::default(),
            latency: Span::millis(20, 120),
            speed: 1.0,
            page: None,
            principals: BTreeMap::new(),
            denied: Vec::new(),
            expired_keys: Vec::new(),
            valid_keys: Vec::new(),
            guessing: false,
            disputes: BTreeMap::new(),
            short_of: Vec::new(),
            lost_zones: Vec::new(),
        }
    }
}

impl Settings {
    /// No lag, no jitter, no throttling: realistic durations and nothing else in the way.
    pub fn calm() -> Self {
        Self {
            name: "calm".to_owned(),
            lag: Lag { by_id: Span::fixed(0), listed: Span::fixed(0), dependents: false },
            jitter: false,
            throttling: false,
            latency: Span::fixed(50),
            ..Self::default()
        }
    }

    /// Everything AWS may do to a client at once: long lag, throttles, server errors, broken
    /// connections, answers lost after the effect, small pages.
    pub fn stormy(seed: u64) -> Self {
        Self {
            name: "stormy".to_owned(),
            seed,
            lag: Lag {
                by_id: Span::seconds(0, 10),
                listed: Span::seconds(0, 240),
                dependents: true,
            },
            durations: Durations {
                log_group_change: Span::millis(0, 3_000),
                ..Durations::default()
            },
            weather: Weather {
                throttled: 40,
                server_error: 20,
                server_error_after: 10,
                reset: 20,
                answer_lost: 20,
                failing: 0,
                failing_databases: 0,
            },
            latency: Span::millis(20, 2_000),
            page: Some(5),
            guessing: true,
            ..Self::default()
        }
    }

    /// The same with another seed, which also answers what is disputed.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self { seed, guessing: true, ..self }
    }

    /// Answers a disputed fact with one of `ways` answers, of which the first is the likeliest: what
    /// was seen of AWS or, where nothing was, what its reference says.
    pub(crate) fn disputed(&self, fact: &str, ways: u64) -> u64 {
        match self.disputes.get(fact) {
            Some(told) => told % ways,
            None if self.guessing => random::fold(self.seed, fact) % ways,
            None => 0,
        }
    }

    /// How long something takes this time.
    pub(crate) fn lasting(&self, rng: &mut Rng, span: Span) -> Duration {
        if self.jitter {
            rng.between(span.min(), span.max())
        } else {
            (span.min() + span.max()) / 2
        }
    }

    /// Whether there is no room for an instance of a type in a zone.
    /// Whether a zone is lost.
    pub(crate) fn has_lost(&self, zone: &str) -> bool {
        self.lost_zones.iter().any(|it| it == zone)
    }

    pub(crate) fn is_short_of(&self, zone: &str, kind: &str) -> bool {
        let both = format!("{zone}/{kind}");
        self.short_of.iter().any(|it| it == zone || it == kind || *it == both)
    }

    /// The ARN of whoever calls.
    pub(crate) fn caller_arn(&self) -> String {
        format!("arn:aws:iam::{}:{}", self.account, self.caller)
    }

    /// Whether the caller may do `service:operation`.
    pub(crate) fn denies(&self, action: &str) -> bool {
        self.denied.iter().any(|it| match it.strip_suffix('*') {
            Some(prefix) => action.starts_with(prefix),
            None => it == action,
        })
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weather {
            throttled,
            server_error,
            server_error_after,
            reset,
            answer_lost,
            failing: _,
            failing_databases: _,
        } = self.weather;
        write!(
            f,
            "{} world: seed {}, lag by id {} and in lists {}{}, NAT gateway {} up and {} down{}, \
             token buckets {}, faults {}\u{2030}, latency {}, speed {}",
            self.name,
            self.seed,
            self.lag.by_id,
            self.lag.listed,
            if self.lag.dependents { " and for dependents" } else { "" },
            self.durations.nat_gateway,
            self.durations.nat_gateway_delete,
            if self.jitter { "" } else { " (middle)" },
            if self.throttling { "on" } else { "off" },
            throttled + server_error + server_error_after + reset + answer_lost,
            self.latency,
            self.speed,
        )
    }
}
