//! What somebody else might do to databases and what belongs to them.

use super::{
    Rds,
    cluster::{self, Cluster},
    cluster_snapshot::ClusterSnapshot,
    event_subscription::EventSubscription,
    instance::{Instance, Switch},
    parameter_group::{ClusterGroup, Group, Parameters},
    snapshot::Snapshot,
    subnet_group::SubnetGroup,
};
use crate::{
    shelf::{Kind as _, Record, Shelf},
    world::{Drift, HERE, Retag},
};

fn drift(says: String, action: &'static str, params: &[(&str, &str)]) -> Drift {
    Drift::form("rds", says, action, params)
}

/// The calls by which somebody puts tags on an object of this kind, and takes some from it.
pub(crate) fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
    let kinds = [
        Instance::TYPE,
        Snapshot::TYPE,
        Cluster::TYPE,
        ClusterSnapshot::TYPE,
        SubnetGroup::TYPE,
        Group::TYPE,
        ClusterGroup::TYPE,
        EventSubscription::TYPE,
    ];
    if !kinds.contains(&kind) {
        return Vec::new();
    }
    let arn = format!("{HERE}{kind}:{id}");
    let call = |action, params: Vec<(String, &str)>| {
        let params = params.iter().map(|(name, value)| (name.as_str(), *value));
        let params: Vec<_> = std::iter::once(("ResourceName", &*arn)).chain(params).collect();
        drift(format!("{id} has other tags"), action, &params)
    };
    let put = (1..).zip(change.put).flat_map(|(n, (key, value))| {
        let (name, text) = (format!("Tags.Tag.{n}.Key"), format!("Tags.Tag.{n}.Value"));
        [(name, key.as_str()), (text, value.as_str())]
    });
    let gone = (1..).zip(change.gone).map(|(n, key)| (format!("TagKeys.member.{n}"), key.as_str()));
    let mut all = Vec::new();
    all.extend((!change.put.is_empty()).then(|| call("AddTagsToResource", put.collect())));
    all.extend((!change.gone.is_empty()).then(|| call("RemoveTagsFromResource", gone.collect())));
    all
}

/// The calls by which somebody takes from an object of this kind what protects it from its end.
pub(crate) fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
    let (noun, named, action) = match kind {
        Instance::TYPE => ("instance", "DBInstanceIdentifier", "ModifyDBInstance"),
        Cluster::TYPE => ("cluster", "DBClusterIdentifier", "ModifyDBCluster"),
        _ => return Vec::new(),
    };
    let says = format!("DB {noun} {id} is not protected from deletion any more");
    vec![drift(says, action, &[(named, id), ("DeletionProtection", "false")])]
}

/// Changes that somebody might make to what carries the tag `key`.
pub(super) fn all(rds: &Rds, key: &str) -> Vec<Drift> {
    let mut all = Vec::new();
    for shelf in rds.shelves() {
        for (id, _) in shelf.ids() {
            let tags = shelf.tags(&id).filter(|it| it.contains_key(key)).unwrap_or_default();
            for (name, value) in tags.iter().filter(|it| !it.0.starts_with("clctl.dev/")) {
                all.extend(of_tag((shelf.kind(), &id), name, value));
            }
        }
    }
    let subscriptions = rds.event_subscriptions.all().filter(|it| it.tags.contains_key(key));
    all.extend(subscriptions.filter(|it| it.exists()).flat_map(of_subscription));
    let groups = rds.subnet_groups.all().filter(|it| it.tags.contains_key(key));
    all.extend(groups.flat_map(of_subnet_group));
    all.extend(of_parameters::<Group>(&rds.parameter_groups, key, "DBParameterGroup"));
    all.extend(of_parameters::<ClusterGroup>(
        &rds.cluster_parameter_groups,
        key,
        "DBClusterParameterGroup",
    ));
    let instances = rds.instances.all().filter(|it| it.tags.contains_key(key));
    all.extend(instances.filter(|it| it.status.is_up()).flat_map(|it| match it.cluster {
        None => of_instance(it),
        Some(_) => of_member(it),
    }));
    let clusters = rds.clusters.all().filter(|it| it.tags.contains_key(key));
    let ready = clusters.filter(|it| it.status == cluster::Status::Available);
    all.extend(ready.flat_map(|it| of_cluster(rds, it)));
    all
}

fn of_tag((kind, id): (&str, &str), name: &str, value: &str) -> [Drift; 2] {
    let arn = format!("{HERE}{kind}:{id}");
    let named = ("ResourceName", arn.as_str());
    let other = format!("{value}-changed");
    [
        drift(
            format!("the tag {name} of {id} is gone"),
            "RemoveTagsFromResource",
            &[named, ("TagKeys.member.1", name)],
        ),
        drift(
            format!("the tag {name} of {id} is '{other}' now"),
            "AddTagsToResource",
            &[named, ("Tags.Tag.1.Key", name), ("Tags.Tag.1.Value", &other)],
        ),
    ]
}

fn of_subscription(it: &Record<EventSubscription>) -> Vec<Drift> {
    let id = &it.id;
    let named = ("SubscriptionName", id.as_str());
    let set = |what: String, param: (&str, &str)| {
        let says = format!("{what} of event subscription {id} by hand");
        drift(says, "ModifyEventSubscription", &[named, param])
    };
    let enabled = if it.enabled { "false" } else { "true" };
    let categories = if it.categories.len() == 1 && it.categories.iter().any(|it| it == "failure") {
        "notification"
    } else {
        "failure"
    };
    let mut all = vec![
        set(format!("Enabled is {enabled}"), ("Enabled", enabled)),
        drift(format!("event subscription {id} is deleted"), "DeleteEventSubscription", &[named]),
    ];
    if it.kind.as_deref().is_none_or(|it| ["db-cluster", "db-instance"].contains(&it)) {
        let param = ("EventCategories.EventCategory.1", categories);
        all.push(set(format!("the one category is {categories}"), param));
    }
    if it.sources.is_empty()
        && let Some(other) = ["db-instance", "db-cluster"]
            .into_iter()
            .find(|other| it.kind.as_deref() != Some(other) && it.categories.is_empty())
    {
        all.push(set(format!("the type of sources is {other}"), ("SourceType", other)));
    }
    for source in &it.sources {
        all.push(drift(
            format!("{source} is no source of event subscription {id} any more"),
            "RemoveSourceIdentifierFromSubscription",
            &[named, ("SourceIdentifier", source)],
        ));
    }
    all
}

fn of_subnet_group(group: &Record<SubnetGroup>) -> Vec<Drift> {
    let named = ("DBSubnetGroupName", group.id.as_str());
    let keep = |ids: &[&str]| -> Vec<(String, String)> {
        let name = |n: usize| format!("SubnetIds.SubnetIdentifier.{n}");
        (1..).zip(ids).map(|(n, id)| (name(n), (*id).to_owned())).collect()
    };
    let call = |says: String, ids: &[&str], more: &[(&str, &str)]| {
        let subnets = keep(ids);
        let mut params = vec![named];
        params.extend(subnets.iter().map(|it| (it.0.as_str(), it.1.as_str())));
        params.extend(more);
        drift(says, "ModifyDBSubnetGroup", &params)
    };
    let ids: Vec<_> = group.subnets.iter().map(|it| it.0.as_str()).collect();
    let says = format!("the description of DB subnet group {} is 'by hand' now", group.id);
    let mut all = vec![call(says, &ids, &[("DBSubnetGroupDescription", "by hand")])];
    if ids.len() > 2
        && let Some((last, rest)) = ids.split_last()
    {
        let says = format!("{last} is not in DB subnet group {} any more", group.id);
        all.push(call(says, rest, &[]));
    }
    all.push(drift(
        format!("DB subnet group {} is deleted", group.id),
        "DeleteDBSubnetGroup",
        &[named],
    ));
    all
}

fn of_parameters<K: Parameters>(shelf: &Shelf<K>, key: &str, noun: &str) -> Vec<Drift> {
    let (parameter, verbs) = match noun {
        "DBParameterGroup" => (
            "DBParameterGroupName",
            ["ModifyDBParameterGroup", "ResetDBParameterGroup", "DeleteDBParameterGroup"],
        ),
        _ => (
            "DBClusterParameterGroupName",
            [
                "ModifyDBClusterParameterGroup",
                "ResetDBClusterParameterGroup",
                "DeleteDBClusterParameterGroup",
            ],
        ),
    };
    let [modify, reset, delete] = verbs;
    let mut all = Vec::new();
    for group in shelf.all().filter(|it| it.tags.contains_key(key)) {
        let named = (parameter, group.id.as_str());
        let set = |name, value| {
            [
                named,
                ("Parameters.Parameter.1.ParameterName", name),
                ("Parameters.Parameter.1.ParameterValue", value),
                ("Parameters.Parameter.1.ApplyMethod", "pending-reboot"),
            ]
        };
        for (name, (value, _)) in &group.content().values {
            let says = format!("{name} of {noun} {} is its default again", group.id);
            let one = set(name, value);
            let kept: Vec<_> =
                one.into_iter().filter(|it| !it.0.ends_with("ParameterValue")).collect();
            all.push(drift(says, reset, &kept));
            if ["0", "1"].contains(&value.as_str()) {
                let other = if value == "0" { "1" } else { "0" };
                let says = format!("{name} of {noun} {} is {other} now", group.id);
                all.push(drift(says, modify, &set(name, other)));
            }
        }
        let says = format!("log_temp_files of {noun} {} is 4096 now", group.id);
        all.push(drift(says, modify, &set("log_temp_files", "4096")));
        all.push(drift(format!("{noun} {} is deleted", group.id), delete, &[named]));
    }
    all
}

fn of_instance(it: &Record<Instance>) -> Vec<Drift> {
    let id = &it.id;
    let named = ("DBInstanceIdentifier", id.as_str());
    let now = ("ApplyImmediately", "true");
    let mut all = Vec::new();
    let mut set = |what: &str, params: &[(&str, &str)]| {
        let params: Vec<_> = [named, now].into_iter().chain(params.iter().copied()).collect();
        all.push(drift(format!("{what} of DB instance {id} by hand"), "ModifyDBInstance", &params));
    };
    let not = |switch| if it.has(switch) { "false" } else { "true" };
    for (name, switch) in [
        ("DeletionProtection", Switch::Protected),
        ("CopyTagsToSnapshot", Switch::CopyTags),
        ("AutoMinorVersionUpgrade", Switch::AutoMinor),
        ("EnableIAMDatabaseAuthentication", Switch::IamAuth),
    ] {
        set(&format!("{name} is {}", not(switch)), &[(name, not(switch))]);
    }
    let public = not(Switch::Public);
    set(&format!("PubliclyAccessible is {public}"), &[("PubliclyAccessible", public)]);
    let days = if it.retention == 14 { "21" } else { "14" };
    set(&format!("BackupRetentionPeriod is {days}"), &[("BackupRetentionPeriod", days)]);
    let multi = if it.standby.is_some() { "false" } else { "true" };
    set(&format!("MultiAZ is {multi}"), &[("MultiAZ", multi)]);
    let window = if it.backup_window == "07:00-07:30" { "08:00-08:30" } else { "07:00-07:30" };
    set(&format!("the backup window is {window}"), &[("PreferredBackupWindow", window)]);
    let window = if it.maintenance_window.starts_with("sat") {
        "fri:12:00-fri:12:30"
    } else {
        "sat:12:00-sat:12:30"
    };
    set(&format!("the maintenance window is {window}"), &[("PreferredMaintenanceWindow", window)]);
    let port = if it.port == 5_433 { "5434" } else { "5433" };
    set(&format!("the port is {port}"), &[("DBPortNumber", port)]);
    if let Some((family, _)) = it.class.rsplit_once('.') {
        let other = if it.class.ends_with(".xlarge") { "2xlarge" } else { "xlarge" };
        let class = format!("{family}.{other}");
        set(&format!("the class is {class}"), &[("DBInstanceClass", &class)]);
    }
    if it.storage.iops.is_none() || it.storage.kind == "gp3" {
        let more = (it.storage.gib + it.storage.gib.div_ceil(5)).to_string();
        set(&format!("AllocatedStorage is {more}"), &[("AllocatedStorage", &more)]);
    }
    let most = (it.storage.gib * 4).to_string();
    set(&format!("MaxAllocatedStorage is {most}"), &[("MaxAllocatedStorage", &most)]);
    let default = it.parameter_group.starts_with("default.");
    if let Some(major) = it.version.split('.').next().filter(|_| !default) {
        let group = format!("default.{}", it.engine.family(major.parse().unwrap_or_default()));
        set(&format!("the parameter group is {group}"), &[("DBParameterGroupName", &group)]);
    }
    let insights = if it.has_insights() { "false" } else { "true" };
    set(
        &format!("EnablePerformanceInsights is {insights}"),
        &[("EnablePerformanceInsights", insights)],
    );
    if it.sends_logs() {
        let off = ("CloudwatchLogsExportConfiguration.DisableLogTypes.member.1", "postgresql");
        set("postgresql is not exported to CloudWatch Logs any more", &[off]);
    } else {
        let on = ("CloudwatchLogsExportConfiguration.EnableLogTypes.member.1", "postgresql");
        set("postgresql is exported to CloudWatch Logs", &[on]);
    }
    set("another password", &[("MasterUserPassword", "set-by-hand-1")]);
    let restart = drift(format!("DB instance {id} is restarted"), "RebootDBInstance", &[named]);
    let stop = drift(format!("DB instance {id} is stopped"), "StopDBInstance", &[named]);
    let gone = [named, ("SkipFinalSnapshot", "true")];
    let gone = drift(format!("DB instance {id} is deleted"), "DeleteDBInstance", &gone);
    all.into_iter().chain([restart, stop, gone]).collect()
}

/// What belongs to the cluster is changed there.
fn of_member(it: &Record<Instance>) -> Vec<Drift> {
    let id = &it.id;
    let named = ("DBInstanceIdentifier", id.as_str());
    let now = ("ApplyImmediately", "true");
    let set = |what: &str, param: (&str, &str)| {
        let says = format!("{what} of DB instance {id} by hand");
        drift(says, "ModifyDBInstance", &[named, now, param])
    };
    let minor = if it.has(Switch::AutoMinor) { "false" } else { "true" };
    let tier = if it.tier == 9 { "8" } else { "9" };
    let insights = if it.has_insights() { "false" } else { "true" };
    let class = if it.class == "db.r6g.xlarge" { "db.r6g.2xlarge" } else { "db.r6g.xlarge" };
    let public = if it.has(Switch::Public) { "false" } else { "true" };
    let window = if it.maintenance_window.starts_with("sat") {
        "fri:12:00-fri:12:30"
    } else {
        "sat:12:00-sat:12:30"
    };
    let major = it.version.split('.').next().unwrap_or_default();
    let group = format!("default.{}", it.engine.family(major.parse().unwrap_or_default()));
    vec![
        set(&format!("PubliclyAccessible is {public}"), ("PubliclyAccessible", public)),
        set(&format!("the maintenance window is {window}"), ("PreferredMaintenanceWindow", window)),
        set(&format!("the parameter group is {group}"), ("DBParameterGroupName", &group)),
        set(&format!("AutoMinorVersionUpgrade is {minor}"), ("AutoMinorVersionUpgrade", minor)),
        set(&format!("PromotionTier is {tier}"), ("PromotionTier", tier)),
        set(&format!("the class is {class}"), ("DBInstanceClass", class)),
        set(
            &format!("EnablePerformanceInsights is {insights}"),
            ("EnablePerformanceInsights", insights),
        ),
        drift(format!("DB instance {id} is restarted"), "RebootDBInstance", &[named]),
        drift(format!("DB instance {id} is deleted"), "DeleteDBInstance", &[named]),
    ]
}

fn of_cluster(rds: &Rds, it: &Record<Cluster>) -> Vec<Drift> {
    let id = &it.id;
    let named = ("DBClusterIdentifier", id.as_str());
    let now = ("ApplyImmediately", "true");
    let set = |what: &str, param: (&str, &str)| {
        let says = format!("{what} of DB cluster {id} by hand");
        drift(says, "ModifyDBCluster", &[named, now, param])
    };
    let not = |switch| if it.has(switch) { "false" } else { "true" };
    let mut all = Vec::new();
    for (name, switch) in [
        ("DeletionProtection", cluster::Switch::Protected),
        ("CopyTagsToSnapshot", cluster::Switch::CopyTags),
        ("EnableIAMDatabaseAuthentication", cluster::Switch::IamAuth),
    ] {
        all.push(set(&format!("{name} is {}", not(switch)), (name, not(switch))));
    }
    let verb = if it.has(cluster::Switch::HttpEndpoint) {
        "DisableHttpEndpoint"
    } else {
        "EnableHttpEndpoint"
    };
    let arn = format!("{HERE}cluster:{id}");
    all.push(drift(format!("{verb} of DB cluster {id}"), verb, &[("ResourceArn", &arn)]));
    let days = if it.retention == 14 { "21" } else { "14" };
    all.push(set(&format!("BackupRetentionPeriod is {days}"), ("BackupRetentionPeriod", days)));
    let window = if it.backup_window == "07:00-07:30" { "08:00-08:30" } else { "07:00-07:30" };
    all.push(set(&format!("the backup window is {window}"), ("PreferredBackupWindow", window)));
    let window = if it.maintenance_window.starts_with("sat") {
        "fri:12:00-fri:12:30"
    } else {
        "sat:12:00-sat:12:30"
    };
    let what = format!("the maintenance window is {window}");
    all.push(set(&what, ("PreferredMaintenanceWindow", window)));
    let kind = if it.is_optimized() { "aurora" } else { "aurora-iopt1" };
    all.push(set(&format!("the type of storage is {kind}"), ("StorageType", kind)));
    let port = if it.port == 5_433 { "5434" } else { "5433" };
    all.push(set(&format!("the port is {port}"), ("Port", port)));
    let family = it.running().map(|it| it.family()).unwrap_or_default();
    let default = format!("default.{family}");
    if it.parameter_group != default {
        let what = format!("the parameter group is {default}");
        all.push(set(&what, ("DBClusterParameterGroupName", &default)));
    }
    let verb = if it.sends_logs() { "DisableLogTypes" } else { "EnableLogTypes" };
    let logs = format!("CloudwatchLogsExportConfiguration.{verb}.member.1");
    all.push(set(&format!("{verb} postgresql"), (&logs, "postgresql")));
    all.push(set("another password", ("MasterUserPassword", "set-by-hand-1")));
    all.push(drift(format!("DB cluster {id} is stopped"), "StopDBCluster", &[named]));
    if cluster::members(rds, id).filter(|it| it.status.is_up()).count() > 1 {
        all.push(drift(format!("DB cluster {id} fails over"), "FailoverDBCluster", &[named]));
    }
    all
}
