//! What whoever connects to databases finds, and what becomes of them when a zone is lost.
//!
//! The other side of [`World::databases`](crate::World::databases).

use super::{
    Rds,
    cluster::{self, Cluster, Status},
    instance::{self, Instance},
    scene::{self, Scene},
};
use crate::{Settings, Time, random::Rng, shelf::Record};

/// A database that there is: an instance that stands alone, or a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) name: String,
    /// The id that stays.
    pub(crate) resource: String,
    /// Whose data it was made of, and as of when.
    pub(crate) heir: Option<(String, Time)>,
    pub(crate) serves: bool,
}

/// What is behind the name of a host.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) resource: String,
    pub(crate) serves: bool,
    pub(crate) port: u32,
    /// The interfaces, any of which answers.
    pub(crate) interfaces: Vec<String>,
    username: String,
    password: String,
    database: Option<String>,
}

impl Door {
    /// Whether it lets somebody in: the one user it was made with, into a database that there is.
    pub(crate) fn opens(&self, user: &str, password: &str, database: &str) -> bool {
        let known = database == "postgres" || self.database.as_deref() == Some(database);
        known && user == self.username && password == self.password
    }
}

impl Rds {
    /// The databases there are.
    pub(crate) fn databases(&self, settings: &Settings) -> Vec<Kept> {
        let alone = self.instances.all().filter(|it| it.cluster.is_none()).map(|it| Kept {
            name: it.id.clone(),
            resource: it.resource.clone(),
            heir: it.heir.clone(),
            serves: serves(settings, it),
        });
        let clusters = self.clusters.all().map(|it| Kept {
            name: it.id.clone(),
            resource: it.resource.clone(),
            heir: it.heir.clone(),
            serves: self.writes(settings, it).is_some(),
        });
        alone.chain(clusters).collect()
    }

    /// The instance that answers at the endpoint of a cluster, if one does.
    fn writes(&self, settings: &Settings, it: &Cluster) -> Option<&Record<Instance>> {
        let up = match it.status {
            Status::Available
            | Status::BackingUp
            | Status::ConfiguringIam
            | Status::Modifying
            | Status::ResettingCredentials => true,
            Status::Creating
            | Status::Deleting
            | Status::FailingOver
            | Status::InaccessibleKey
            | Status::Renaming
            | Status::Starting
            | Status::Stopped
            | Status::Stopping
            | Status::Upgrading => false,
        };
        let writer = it.writer.as_ref().filter(|_| up)?;
        self.instances.all().find(|it| it.resource == *writer && serves(settings, it))
    }

    /// What is behind a host: the endpoint of an instance, or of a cluster.
    pub(crate) fn door(&self, settings: &Settings, region: &str, host: &str) -> Option<Door> {
        let realm = scene::realm(&settings.account, region);
        let whole = format!("{realm}.{region}.rds.amazonaws.com");
        if let Some(name) = host.strip_suffix(&format!(".cluster-{whole}")) {
            return self.door_of_cluster(settings, name);
        }
        let name = host.strip_suffix(&format!(".{whole}"))?;
        let it = self.instances.get(name).filter(|it| it.created.is_some())?;
        let (resource, username, password, database) = match &it.cluster {
            None => (&it.resource, &it.username, &it.password, &it.database),
            Some(cluster) => {
                let of = self.clusters.get(cluster)?;
                (&of.resource, &of.username, &of.password, &of.database)
            }
        };
        Some(Door {
            resource: resource.clone(),
            serves: serves(settings, it),
            port: it.port,
            interfaces: it.interfaces.iter().map(|it| it.0.clone()).collect(),
            username: username.clone(),
            password: password.reveal().to_owned(),
            database: database.clone(),
        })
    }

    fn door_of_cluster(&self, settings: &Settings, name: &str) -> Option<Door> {
        let it = self.clusters.get(name).filter(|it| it.status != Status::Creating)?;
        let writer = self.writes(settings, it);
        let interfaces = writer.map(|it| it.interfaces.iter().map(|it| it.0.clone()).collect());
        Some(Door {
            resource: it.resource.clone(),
            serves: writer.is_some(),
            port: it.port,
            interfaces: interfaces.unwrap_or_default(),
            username: it.username.clone(),
            password: it.password.reveal().to_owned(),
            database: it.database.clone(),
        })
    }

    /// Databases in a lost zone are moved to where they have a standby or another instance.
    pub(crate) fn lose_zone(
        &mut self,
        (settings, region): (&Settings, &str),
        rng: Rng,
        now: Time,
        zone: &str,
    ) {
        let here = self.instances.all().filter(|it| it.zone == zone);
        let here: Vec<_> = here.map(|it| (it.id.clone(), it.resource.clone())).collect();
        let writes = |it: &&Record<Cluster>| {
            it.writer.as_ref().is_some_and(|writer| here.iter().any(|it| it.1 == *writer))
        };
        let clusters: Vec<_> = self.clusters.all().filter(writes).map(|it| it.id.clone()).collect();
        let mut scene = Scene::new(settings, region, self, rng, now);
        for (id, _) in &here {
            instance::fail_over(&mut scene, id);
        }
        for id in clusters {
            cluster::lose_writer(&mut scene, &id);
        }
    }
}

/// Whether an instance answers: it does so where there is no zone any more as little as while it restarts.
fn serves(settings: &Settings, it: &Instance) -> bool {
    instance::serves(it.status) && it.created.is_some() && !settings.has_lost(&it.zone)
}
