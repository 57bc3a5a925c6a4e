//! What AWS Backup finds of databases, and does to them.
//!
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/whatisbackup.html#supported-resources>: instances of
//! RDS, and clusters of Aurora as a whole.

use super::{
    Rds,
    agenda::Due,
    cluster::{self, Cluster},
    instance::{Instance, Status, Step},
    scene::Scene,
};
use crate::{
    Settings, Time,
    random::Rng,
    shelf::{Kind as _, Tags},
};

const GIB: u64 = 1 << 30;

/// A database, as AWS Backup sees it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// What AWS Backup calls it: `RDS`, `Aurora`.
    pub(crate) kind: &'static str,
    pub(crate) tags: Tags,
    pub(crate) key: Option<String>,
    /// Whether a snapshot can be made of it now.
    pub(crate) up: bool,
    pub(crate) bytes: u64,
}

impl Rds {
    /// The databases there are.
    pub(crate) fn sources(&self, settings: &Settings, region: &str) -> Vec<Source> {
        let arn = |path: &str| format!("arn:aws:rds:{region}:{}:{path}", settings.account);
        let alone = self.instances.all().filter(|it| it.cluster.is_none()).map(|it| Source {
            arn: arn(&Instance::path(it)),
            name: it.id.clone(),
            kind: "RDS",
            tags: it.tags.clone(),
            key: it.key.clone(),
            up: it.status.is_up(),
            bytes: u64::from(it.storage.gib) * GIB,
        });
        let clusters = self.clusters.all().map(|it| Source {
            arn: arn(&Cluster::path(it)),
            name: it.id.clone(),
            kind: "Aurora",
            tags: it.tags.clone(),
            key: it.key.clone(),
            up: it.status == cluster::Status::Available,
            bytes: GIB,
        });
        alone.chain(clusters).collect()
    }

    /// A snapshot is made of a database: an instance is `backing-up` for a while.
    pub(crate) fn backed_up(
        &mut self,
        (settings, region): (&Settings, &str),
        rng: Rng,
        now: Time,
        arn: &str,
    ) {
        let mut scene = Scene::new(settings, region, self, rng, now);
        let Some(name) = arn.strip_prefix(&scene.arn("db:")) else { return };
        let known = scene.rds.instances.get(name).filter(|it| it.status == Status::Available);
        let Some(resource) = known.map(|it| it.resource.clone()) else { return };
        let stamp = scene.stamp;
        scene.rds.instances.change(stamp, name, |it| it.status = Status::BackingUp);
        let done = scene.after(settings.durations.db_backup);
        scene.plan(done, Due::Instance(resource, Step::BackedUp));
    }
}
