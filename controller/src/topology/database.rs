//! The chapter `database`: PostgreSQL on RDS or on Aurora, and what it is made with.

use clctl_spec::{
    Aurora, AuroraStorage, Database, Engine, ExistingSecret, NodeSpec, Password, Rds, Restore,
    SecretName, StorageType,
};

use crate::{
    aws::{
        Aws, Environment, Lookups,
        kms::KeyArn,
        logs::{LogGroup, Named, of_cluster, of_database},
        rds::{
            self, Beginning, BeginsWith, Cluster, ClusterConfig, ClusterInstance,
            ClusterInstanceConfig, ClusterParameterGroup, EngineVersion, FORCE_SSL, Instance,
            InstanceConfig, Login, LoginVersion, ParameterGroup, ParameterGroupConfig, Parameters,
            Storage, SubnetGroup, SubnetGroupConfig,
        },
        secrets::{Secret, SecretOutputs},
    },
    engine::{
        Address, After, Declared, DeclaredTwice, Graph, Initially, Input, Ref, Resource, Told,
    },
};

use super::{Label, access, logs, network};

/// What there is one of.
pub(super) const MAIN: &str = "main";
/// The logs that it writes to CloudWatch
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html>).
const LOGS: [&str; 2] = ["postgresql", "upgrade"];
/// Aurora has no other
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.CloudWatch.html>).
const AURORA_LOGS: [&str; 1] = ["postgresql"];

/// What others build on.
pub(super) struct Built {
    /// What has to be there before anybody uses it.
    pub(super) there: After,
    /// The ARN of the instance, or of the cluster.
    pub(super) arn: Input<String>,
    /// The names of the instances of a cluster.
    pub(super) members: Vec<Input<String>>,
    /// The ARN of the parameter group of the instance, or of those of a cluster.
    pub(super) parameters: Input<String>,
}

/// What the database stands on.
pub(super) struct Base<'a> {
    pub(super) network: &'a network::Built,
    pub(super) access: &'a access::Built,
    pub(super) key: &'a Input<KeyArn>,
    pub(super) password: Option<&'a Ref<Secret>>,
    pub(super) lookups: &'a Lookups,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    base: &Base<'_>,
) -> Result<Built, DeclaredTwice> {
    match &spec.database.engine {
        Engine::Rds(rds) => instance(graph, label, spec, base, rds),
        Engine::Aurora(aurora) => cluster(graph, label, spec, base, aurora),
    }
}

/// What a database begins with that is not there.
pub fn beginning(spec: &NodeSpec) -> Beginning {
    let with = match spec.database.restore_from.as_ref().map(|from| from.restore()) {
        None => BeginsWith::Kept,
        Some(Restore::Empty) => BeginsWith::Nothing,
        Some(Restore::Snapshot(which)) => BeginsWith::Snapshot(which.to_owned()),
        Some(Restore::Time(when)) => BeginsWith::Time(when.to_owned()),
    };
    Beginning { of: Address::new(kind(spec), MAIN), with }
}

/// Why what another engine's database is made of stays, of which the file does not speak any more.
pub(super) fn stays(spec: &NodeSpec) -> impl Fn(&Address) -> Option<String> + use<> {
    let aurora = matches!(spec.database.engine, Engine::Aurora(_));
    move |address| {
        let of_aurora = [Cluster::ABOUT.name, ClusterInstance::ABOUT.name].contains(&address.kind);
        let of_rds = address.kind == Instance::ABOUT.name;
        let other = if aurora { of_rds } else { of_aurora };
        other.then(|| "the database is never replaced by one of another engine".to_owned())
    }
}

/// The login of the master user.
fn login(spec: &NodeSpec, base: &Base<'_>) -> Login<Declared> {
    let (secret, version) = match (&spec.secrets.database_password, base.password) {
        (Password::Existing(ExistingSecret { id, key }), _) => {
            let field = key.as_ref().map(ToString::to_string);
            let version = match base.lookups.secret_version(id.as_str()) {
                Ok(id) => Initially::Always(LoginVersion { id, field }.into()),
                // What is set stays.
                Err(why) => Initially::Unlearned(why),
            };
            (Some(id.to_string().into()), Some(version))
        }
        (Password::Generate(_) | Password::Secret(_), Some(secret)) => {
            let version =
                |secret: &SecretOutputs| secret.version.as_deref().map(LoginVersion::all_of);
            let arn = secret.output("arn", |secret| secret.arn.clone());
            (Some(arn), Some(Initially::Always(secret.given("version", version))))
        }
        (Password::Generate(_) | Password::Secret(_), None) => (None, None),
    };
    Login { secret: Told(secret), version: Told(version) }
}

/// What AWS installs by itself is no difference.
fn version(database: &Database) -> EngineVersion {
    let version = EngineVersion::new(database.version.as_str());
    if database.auto_minor_version_upgrade { version.of_any_minor() } else { version }
}

fn instance(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    base: &Base<'_>,
    rds: &Rds,
) -> Result<Built, DeclaredTwice> {
    let database = &spec.database;
    let subnets = subnet_group(graph, label, base.network)?;
    let family = format!("postgres{}", database.version.major());
    let config = group_of(label, ParameterGroup::ABOUT.name, family, parameters(database));
    let parameters = graph.add::<ParameterGroup>(MAIN, config)?;
    let address = Address::new(Instance::ABOUT.name, MAIN);
    let prefix = format!("{}{}/", rds::LOGS, label.environment.display_name(&address));
    let groups = log_groups(
        graph,
        label,
        spec,
        base.key,
        LOGS.map(|log| (of_database(log), format!("{prefix}{log}"))),
    )?;
    let group = base.access.database.output("id", |group| group.id.clone());
    graph
        .add::<Instance>(
            MAIN,
            InstanceConfig {
                version: version(database),
                class: Told::of(database.instance_class.to_string()),
                multi_az: Told(Some(rds.multi_az)),
                storage_type: Told::of(storage_type(rds)),
                allocated_storage: Storage::AtLeast(rds.allocated_storage.get().cast_signed()),
                max_allocated_storage: Told(Some(room(rds))),
                iops: Told(rds.iops.map(|iops| iops.get().cast_signed())),
                storage_throughput: Told(rds.storage_throughput.map(|it| it.get().cast_signed())),
                key: base.key.clone(),
                database_name: Told::of(database.database_name.to_string()),
                master_username: database.master_username.to_string(),
                login: login(spec, base),
                port: database.port.port().into(),
                subnet_group: Told(Some(subnets.output("arn", |group| group.arn.clone()))),
                security_groups: Told(Some(vec![group])),
                parameter_group: Told(Some(parameters.output("arn", |group| group.arn.clone()))),
                publicly_accessible: Told(Some(false)),
                backup_retention_period: Told(Some(
                    database.backup_retention_period.get().cast_signed(),
                )),
                preferred_backup_window: Told::of(database.preferred_backup_window.to_string()),
                preferred_maintenance_window: Told::of(
                    database.preferred_maintenance_window.to_string(),
                ),
                auto_minor_version_upgrade: Told(Some(database.auto_minor_version_upgrade)),
                copy_tags_to_snapshot: Told(Some(true)),
                deletion_protection: Told(Some(database.deletion_protection)),
                performance_insights: Told(Some(database.performance_insights)),
                log_exports: Told(Some(owned(&LOGS))),
                log_groups: groups,
                iam_authentication: Told(Some(false)),
                running: Told(Some(true)),
                tags: label.tags(Instance::ABOUT.name, MAIN),
            },
        )
        .map(|database| Built {
            there: After::node(&database),
            arn: database.output("arn", |database| database.arn.to_string()),
            members: Vec::new(),
            parameters: parameters.output("arn", |group| group.arn.to_string()),
        })
}

/// What the instance or the cluster is called: known before it is there.
pub(super) fn identifier(environment: &Environment, spec: &NodeSpec) -> String {
    environment.display_name(&Address::new(kind(spec), MAIN))
}

/// The kind that holds the data.
fn kind(spec: &NodeSpec) -> &'static str {
    match &spec.database.engine {
        Engine::Rds(_) => Instance::ABOUT.name,
        Engine::Aurora(_) => Cluster::ABOUT.name,
    }
}

fn subnet_group(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    network: &network::Built,
) -> Result<Ref<SubnetGroup>, DeclaredTwice> {
    graph.add::<SubnetGroup>(
        MAIN,
        SubnetGroupConfig {
            vpc: network.vpc.clone(),
            description: format!("The private subnets of {}", label.environment.name),
            subnets: network.private_subnets.clone(),
            tags: label.tags(SubnetGroup::ABOUT.name, MAIN),
        },
    )
}

fn cluster(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    base: &Base<'_>,
    aurora: &Aurora,
) -> Result<Built, DeclaredTwice> {
    let database = &spec.database;
    let subnets = subnet_group(graph, label, base.network)?;
    let family = format!("aurora-postgresql{}", database.version.major());
    let kind = ClusterParameterGroup::ABOUT.name;
    // A cluster's group has them all; what an instance's says would count instead.
    let config = group_of(label, kind, family.clone(), parameters(database));
    let parameters = graph.add::<ClusterParameterGroup>(MAIN, config)?;
    let kind = ParameterGroup::ABOUT.name;
    let config = group_of(label, kind, family, Parameters::default());
    let of_instances = graph.add::<ParameterGroup>(MAIN, config)?;
    let address = Address::new(Cluster::ABOUT.name, MAIN);
    let prefix = format!("{}{}/", rds::CLUSTER_LOGS, label.environment.display_name(&address));
    let groups = log_groups(
        graph,
        label,
        spec,
        base.key,
        AURORA_LOGS.map(|log| (of_cluster(log), format!("{prefix}{log}"))),
    )?;
    let group = base.access.database.output("id", |group| group.id.clone());
    let group_arn = of_instances.output("arn", |group| group.arn.to_string());
    let of_instances = || Told(Some(of_instances.output("arn", |group| group.arn.clone())));
    let maintained = || Told::of(database.preferred_maintenance_window.to_string());
    let cluster = graph.add::<Cluster>(
        MAIN,
        ClusterConfig {
            version: version(database),
            storage_type: Told::of(match aurora.storage_type {
                AuroraStorage::Standard => "aurora",
                AuroraStorage::IoOptimized => "aurora-iopt1",
            }),
            key: Told(Some(base.key.clone())),
            database_name: Told::of(database.database_name.to_string()),
            master_username: database.master_username.to_string(),
            login: login(spec, base),
            port: Told(Some(database.port.port().into())),
            subnet_group: Told(Some(subnets.output("arn", |group| group.arn.clone()))),
            security_groups: Told(Some(vec![group])),
            parameter_group: Told(Some(parameters.output("arn", |group| group.arn.clone()))),
            instance_parameter_group: of_instances(),
            backup_retention_period: Told(Some(
                database.backup_retention_period.get().cast_signed(),
            )),
            preferred_backup_window: Told::of(database.preferred_backup_window.to_string()),
            preferred_maintenance_window: maintained(),
            copy_tags_to_snapshot: Told(Some(true)),
            deletion_protection: Told(Some(database.deletion_protection)),
            log_exports: Told(Some(owned(&AURORA_LOGS))),
            log_groups: groups,
            iam_authentication: Told(Some(false)),
            http_endpoint: Told(Some(false)),
            running: Told(Some(true)),
            tags: label.tags(Cluster::ABOUT.name, MAIN),
        },
    )?;
    // In whatever order the zones are written, each instance stays where it is.
    let mut zones: Vec<String> =
        spec.availability_zones.0.iter().map(ToString::to_string).collect();
    zones.sort();
    let (mut there, mut members) = (After::node(&cluster), Vec::new());
    for (n, zone) in (1..=aurora.instances.get()).zip(zones.iter().cycle()) {
        let name = n.to_string();
        let member = graph.add::<ClusterInstance>(
            &name,
            ClusterInstanceConfig {
                cluster: cluster.output("arn", |cluster| cluster.arn.clone()),
                class: Told::of(database.instance_class.to_string()),
                zone: Told::of(zone.clone()),
                parameter_group: of_instances(),
                publicly_accessible: Told(Some(false)),
                auto_minor_version_upgrade: Told(Some(database.auto_minor_version_upgrade)),
                preferred_maintenance_window: maintained(),
                // Each of them is as good as the others.
                promotion_tier: Told(Some(1)),
                performance_insights: Told(Some(database.performance_insights)),
                insights_key: Told(Some(base.key.clone())),
                tags: label.tags(ClusterInstance::ABOUT.name, &name),
            },
        )?;
        there = there.and(After::node(&member));
        members.push(member.output("identifier", |member| member.identifier.clone()));
    }
    Ok(Built {
        there,
        arn: cluster.output("arn", |cluster| cluster.arn.to_string()),
        members,
        parameters: group_arn,
    })
}

/// What the file says of PostgreSQL, and that connections are encrypted.
fn parameters(database: &Database) -> Parameters {
    let declared = database.parameters.iter();
    let declared = declared.map(|(name, value)| (name.to_string(), value.to_string()));
    let encrypted = [(FORCE_SSL.to_owned(), "1".to_owned())];
    Parameters(declared.chain(encrypted).collect())
}

fn group_of(
    label: &Label<'_>,
    kind: &'static str,
    family: String,
    parameters: Parameters,
) -> ParameterGroupConfig {
    let description = format!("PostgreSQL of {}", label.environment.name);
    ParameterGroupConfig { family, description, parameters, tags: label.tags(kind, MAIN) }
}

/// The groups that the database writes its logs to, by the names of their nodes and their own: RDS makes
/// those that are not there, without key and retention.
fn log_groups<const N: usize>(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    key: &Input<KeyArn>,
    named: [(String, String); N],
) -> Result<After, DeclaredTwice> {
    let kept = spec.logs.database.unwrap_or(spec.logs.retention_in_days);
    let groups = named.map(|(node, name)| {
        logs::named_group(graph, label, key, &node, Named::Exactly(name), kept)
    });
    let groups: Vec<Ref<LogGroup>> = groups.into_iter().collect::<Result<_, _>>()?;
    Ok(After::nodes(&groups))
}

fn owned(logs: &[&str]) -> Vec<String> {
    logs.iter().map(|log| (*log).to_owned()).collect()
}

/// The name of the secret of the environment's own with the password, if it is in one.
pub(super) fn password(spec: &NodeSpec) -> Option<String> {
    match &spec.secrets.database_password {
        Password::Generate(_) => Some(SecretName::DATABASE.to_owned()),
        Password::Secret(name) => Some(name.to_string()),
        Password::Existing(_) => None,
    }
}

fn storage_type(rds: &Rds) -> &'static str {
    match rds.storage_type {
        StorageType::Gp3 => "gp3",
        StorageType::Io2 => "io2",
    }
}

/// How far the storage may grow; 0 if not at all.
fn room(rds: &Rds) -> i32 {
    let (size, most) = (rds.allocated_storage.get(), rds.max_allocated_storage.get());
    if most > size { most.cast_signed() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::{Deletions, Environment, Lookups},
        engine::{Cell, Outputs},
        topology,
    };

    const FILE: &str = include_str!("../../../examples/aurora.yaml");

    fn spec(from: &str, to: &str) -> NodeSpec {
        assert!(FILE.contains(from), "{from} is not in the example");
        let documents = clctl_spec::parse("aurora.yaml", &FILE.replace(from, to)).unwrap();
        documents.into_iter().next().unwrap().node.spec
    }

    fn graph(spec: &NodeSpec) -> Graph<Aws> {
        let environment = Environment {
            name: "aurora".into(),
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            ignored_tags: Vec::new(),
            boundary: "devops-guru-clctl".into(),
            deletions: Deletions::default(),
        };
        topology::declare(&environment, &Lookups::found("ami-0123456789abcdef0"), spec).unwrap()
    }

    fn value(graph: &Graph<Aws>, address: &str, field: &str) -> Cell {
        let mut nodes = graph.in_order();
        let node = nodes.find(|node| node.address().to_string() == address).unwrap();
        let rows = node.want(&Outputs::default());
        rows.into_iter().find(|row| row.field == field).unwrap().cell
    }

    fn of(graph: &Graph<Aws>, kind: &str) -> Vec<String> {
        let nodes = graph.in_order().filter(|node| node.address().kind == kind);
        nodes.map(|node| node.address().name.clone()).collect()
    }

    #[test]
    fn instances_are_spread_over_the_zones_in_whatever_order_these_are_written() {
        let read = |zones: &str| {
            let text = FILE.replace("instances: 2", "instances: 3");
            let text = text.replace("[us-east-1a, us-east-1b]", zones);
            let documents = clctl_spec::parse("aurora.yaml", &text).unwrap();
            graph(&documents.into_iter().next().unwrap().node.spec)
        };
        for zones in ["[us-east-1a, us-east-1b]", "[us-east-1b, us-east-1a]"] {
            let graph = read(zones);
            assert_eq!(of(&graph, "db-cluster-instance"), ["1", "2", "3"]);
            for name in ["1", "2", "3"] {
                let zone = value(&graph, &format!("db-cluster-instance/{name}"), "zone");
                let expected = if name == "2" { "us-east-1b" } else { "us-east-1a" };
                assert_eq!(zone, Cell::Known(expected.into()), "{zones}");
            }
        }
    }

    #[test]
    fn parameters_are_in_the_group_of_the_cluster_and_encryption_is_among_them() {
        let with = "version: \"16\"\n    parameters: {log_min_duration_statement: \"500\"}";
        let graph = graph(&spec("version: \"16\"", with));
        assert_eq!(of(&graph, "db-instance"), Vec::<String>::new());
        let known = |text: &str| Cell::Known(text.into());
        let expected = [("log_min_duration_statement", "500"), (FORCE_SSL, "1")];
        let expected = expected.map(|(name, text)| (name.to_owned(), known(text)));
        let of_cluster = value(&graph, "db-cluster-parameter-group/main", "parameters");
        assert_eq!(of_cluster, Cell::Map(expected.into()));
        let of_instances = value(&graph, "db-parameter-group/main", "parameters");
        assert_eq!(of_instances, Cell::Map([].into()));
        let family = value(&graph, "db-parameter-group/main", "family");
        assert_eq!(family, known("aurora-postgresql16"));
    }

    #[test]
    fn what_a_database_begins_with_is_what_the_file_says_of_its_engine() {
        let text = |from: &str| format!("  database:\n    restoreFrom: {from}\n");
        let aurora = |from: &str| beginning(&spec("  database:\n", &text(from)));
        let arn = "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:last";
        for (from, with) in [
            ("none", BeginsWith::Nothing),
            ("last-friday", BeginsWith::Snapshot("last-friday".into())),
            (arn, BeginsWith::Snapshot(arn.into())),
            ("2026-11-28T12:00:00Z", BeginsWith::Time("2026-11-28T12:00:00Z".into())),
        ] {
            assert_eq!(aurora(from), Beginning { of: Address::new("db-cluster", "main"), with });
        }
        let kept = beginning(&spec("instances: 2", "instances: 1"));
        assert_eq!(kept.with, BeginsWith::Kept);
    }

    #[test]
    fn what_another_engine_was_made_of_stays() {
        let spec = spec("instances: 2", "instances: 1");
        let graph = graph(&spec);
        assert!(graph.retained(&Address::new("db-instance", "main")).is_some());
        assert!(graph.retained(&Address::new("db-cluster", "main")).is_none());
        let nothing = topology::nothing(&spec);
        assert!(nothing.retained(&Address::new("db-instance", "main")).is_none());
    }
}
