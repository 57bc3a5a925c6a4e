//! A snapshot of the database, before a node of another version takes it over: an older one refuses a database
//! that a newer one has migrated
//! (<https://docs.chain.link/chainlink-nodes/resources/performing-system-maintenance>).

use aws_sdk_rds::types::Tag;

use crate::engine::{Address, CallError, Class};

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
        ec2::TemplateVersion,
        identity::{TAG_ENVIRONMENT, TAG_LAST_IMAGE, TAG_UID},
        tags::Retagging,
    },
    cluster::Cluster,
    instance::Instance,
    origin::{Database, Saved as _, remembered},
    retag, tags_of,
};

/// What tells whether a snapshot is there.
pub(in crate::aws) const READS: [&str; 2] = [LIST, LIST_OF_CLUSTER];
/// What makes one.
pub(in crate::aws) const WRITES: [&str; 2] = [CREATE, CREATE_OF_CLUSTER];
const LIST: &str = "rds:DescribeDBSnapshots";
const LIST_OF_CLUSTER: &str = "rds:DescribeDBClusterSnapshots";
const CREATE: &str = "rds:CreateDBSnapshot";
const CREATE_OF_CLUSTER: &str = "rds:CreateDBClusterSnapshot";

/// What says that a snapshot was made on the way to another version, and to which.
const TAG_BEFORE: &str = "clctl.dev/saved-before";

/// Sees to it that the database is saved before nodes of this version of their template can take it over; an error
/// that says so as long as it is not.
///
/// It gets tags of its own, which name no node: without any it would get those of the database, and stand for it
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html#USER_Tagging.CopyTags>).
pub(in crate::aws) async fn saved(
    aws: &Aws,
    database: &str,
    from: &TemplateVersion,
    before: &str,
) -> Result<(), CallError> {
    let of = aws.environment.object_name(&Address::new("database", "main"), 1);
    // Versions are counted anew with each template, and a snapshot outlives both.
    let TemplateVersion { template, version } = from;
    let name = format!("{of}-before-{template}-version-{version}");
    let name = name.as_str();
    let of_cluster = database.contains(":cluster:");
    let identifier = database.rsplit(':').next().unwrap_or(database);
    let (state, percent) = if let Some(seen) = look(aws, of_cluster, name).await? {
        seen
    } else {
        make(aws, of_cluster, identifier, name, before).await?;
        ("creating".to_owned(), 0)
    };
    let operation = if of_cluster { CREATE_OF_CLUSTER } else { CREATE };
    let say = |class, what: String| CallError::new(operation, class, "DatabaseIsBeingSaved", what);
    match state.as_str() {
        "available" => Ok(()),
        "creating" => Err(say(
            Class::Busy,
            format!(
                "snapshot {name} of {identifier} is being made, {percent} % of it is there; no node is touched before"
            ),
        )),
        other => Err(say(
            Class::Rejected,
            format!(
                "snapshot {name} of {identifier} is {other}: delete it, so that another one can be made; no node is touched before there is one"
            ),
        )),
    }
}

/// The state of a snapshot, and how much of it is there; nothing if there is none.
async fn look(aws: &Aws, of_cluster: bool, name: &str) -> Result<Option<(String, i32)>, CallError> {
    let state = |operation, status: Option<&str>, percent: Option<i32>| {
        Ok(Some((text(operation, "Status", status)?.to_owned(), percent.unwrap_or_default())))
    };
    let absent =
        |error: CallError| if error.class == Class::NotFound { Ok(None) } else { Err(error) };
    if of_cluster {
        let call =
            || aws.rds.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(name).send();
        return match aws.read(LIST_OF_CLUSTER, call).await {
            Err(error) => absent(error),
            Ok(answer) => {
                let all =
                    required(LIST_OF_CLUSTER, "DBClusterSnapshots", answer.db_cluster_snapshots)?;
                match all.first() {
                    Some(it) => state(LIST_OF_CLUSTER, it.status(), it.percent_progress()),
                    None => Ok(None),
                }
            }
        };
    }
    let call = || aws.rds.describe_db_snapshots().db_snapshot_identifier(name).send();
    match aws.read(LIST, call).await {
        Err(error) => absent(error),
        Ok(answer) => match required(LIST, "DBSnapshots", answer.db_snapshots)?.first() {
            Some(it) => state(LIST, it.status(), it.percent_progress()),
            None => Ok(None),
        },
    }
}

async fn make(
    aws: &Aws,
    of_cluster: bool,
    identifier: &str,
    name: &str,
    before: &str,
) -> Result<(), CallError> {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let tags = vec![
        tag(TAG_ENVIRONMENT, &aws.environment.name),
        tag(TAG_UID, &aws.environment.uid()),
        tag(TAG_BEFORE, before),
    ];
    let made = if of_cluster {
        let call = || {
            aws.rds
                .create_db_cluster_snapshot()
                .db_cluster_identifier(identifier)
                .db_cluster_snapshot_identifier(name)
                .set_tags(Some(tags.clone()))
                .send()
        };
        aws.write(CREATE_OF_CLUSTER, call).await.map(drop)
    } else {
        let call = || {
            aws.rds
                .create_db_snapshot()
                .db_instance_identifier(identifier)
                .db_snapshot_identifier(name)
                .set_tags(Some(tags.clone()))
                .send()
        };
        aws.write(CREATE, call).await.map(drop)
    };
    match made {
        // An answer was lost, and it was made.
        Err(error) if error.class == Class::Exists => Ok(()),
        made => made,
    }
}

/// The node that a database was made ready for last, as its tag says.
pub(in crate::aws) async fn last_image(
    aws: &Aws,
    database: &str,
) -> Result<Option<String>, CallError> {
    Ok(tags_of(aws, database).await?.and_then(remembered))
}

/// Says on a database which node it is made ready for.
pub(in crate::aws) async fn say_last_image(
    aws: &Aws,
    database: &str,
    image: &str,
) -> Result<(), CallError> {
    let put = vec![(TAG_LAST_IMAGE.to_owned(), image.to_owned())];
    retag(aws, database, Retagging { put, drop: Vec::new() }).await
}

/// A snapshot that was made before another node could take a database over: it stays until somebody deletes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedBefore {
    /// Its name.
    pub name: String,
    /// What deletes it, as one types it.
    pub deletes: String,
}

/// Such snapshots of the environment's databases.
///
/// # Errors
/// Whatever AWS says.
pub async fn saved_before(aws: &Aws) -> Result<Vec<SavedBefore>, CallError> {
    let of_instances = "delete-db-snapshot --db-snapshot-identifier";
    let of_clusters = "delete-db-cluster-snapshot --db-cluster-snapshot-identifier";
    let mut all = named::<Instance>(aws, of_instances).await?;
    all.extend(named::<Cluster>(aws, of_clusters).await?);
    Ok(all)
}

async fn named<D: Database>(aws: &Aws, deletes: &str) -> Result<Vec<SavedBefore>, CallError> {
    let uid = aws.environment.uid();
    let is_ours = |tags: Vec<(String, String)>| {
        let has = |key: &str| tags.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        has(TAG_BEFORE).is_some() && has(TAG_UID) == Some(&uid)
    };
    let mut all = D::saved(aws, None).await?;
    all.retain(|it| is_ours(it.pairs()));
    let named = |it: &D::Saved| {
        let name = it.name()?.to_owned();
        Ok(SavedBefore { deletes: format!("aws rds {deletes} {name}"), name })
    };
    all.iter().map(named).collect()
}
