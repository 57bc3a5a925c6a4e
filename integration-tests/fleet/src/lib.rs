//! Plays what runs on the instances of a simulated account: nodes that wait for the lease of their database and take
//! it, and bastions that claim an address.
//!
//! An instance whose user data make it a node or a bastion of clctl comes alive: it boots as the scripts in them say,
//! reads its secrets and asks where its database is with the credentials of its role, tells its role in tags, and its
//! metrics and logs; any other instance is somebody else's and is left alone. Nothing of it is configured anywhere
//! else. A [`Fleet`] lives in the world's own time (see [`clctl_simulator::Guests`]): whoever looks at the world finds
//! that it has lived up to that moment.
//!
//! What nobody can tell from outside is left out: the node does no oracle work, and nobody logs into a bastion.

mod boot;
mod chance;
mod crew;
mod database;
mod machine;
mod node;
mod publisher;
mod told;
mod watch;
mod wire;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use clctl_simulator::{Guests, Simulator, Time, World};

use self::{chance::Chance, crew::Crew};
pub use self::{
    machine::Hang,
    publisher::Ills,
    watch::{Broken, Observation, Patience, Silence},
};

/// Images of Chainlink, from the pages of the releases: <https://github.com/smartcontractkit/chainlink/releases>.
const RELEASES: [(&str, (u32, u32, u32)); 6] = [
    ("sha256:993029b4188aaa2ea71ae93e943cb7f73715a9a110a9db02c7e75a755b77ef13", (2, 73, 0)),
    ("sha256:7d8302f8133866302c1dbe08739bd6fb86780d34018cc43a76c3d01b2ea1da3b", (2, 72, 0)),
    ("sha256:f4b9e52e798543f60c0f9a7e7d0b8dfd8eb2d77a1eaa7b82329cf02217a4fc7c", (2, 64, 0)),
    ("sha256:707ef2cd43456aa2f8a290a997147c49d32d5b77fe0f882f6b017ccf0f861ecf", (2, 54, 0)),
    ("sha256:cb248a5182589b38347e2d3959851e2c7970dd782c96cc4f7e52e5d70f84f763", (2, 51, 0)),
    ("sha256:5a1657dc23b8141f558d5b09873e238ffaf51bf16b6e7a219da04f454f5ea9de", (2, 43, 0)),
];

/// The fleet of a simulated account; clones are the same one.
#[derive(Clone)]
pub struct Fleet {
    simulator: Simulator,
    crew: Arc<Mutex<Crew>>,
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").finish_non_exhaustive()
    }
}

/// What a node is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its instance.
    pub instance: String,
    /// The role it would tell: `active`, `standby`, `starting`, `failing`; nothing before it has looked.
    pub role: Option<String>,
    /// The database that it has opened, by the id that stays.
    pub database: Option<String>,
    /// The image that it runs.
    pub image: String,
}

/// Lives in a world on behalf of a fleet.
struct Resident(Arc<Mutex<Crew>>);

impl Guests for Resident {
    fn live(&mut self, world: &mut World, until: Time) {
        held(&self.0).live(world, until);
    }

    fn memory(&self) -> String {
        held(&self.0).memory()
    }

    fn remember(&mut self, memory: &str) {
        held(&self.0).remember(memory);
    }
}

fn held(crew: &Mutex<Crew>) -> MutexGuard<'_, Crew> {
    crew.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fleet {
    /// Lets instances of a simulated account come alive. How long things take, and who comes first, is drawn from
    /// the seed; a world in a file keeps what its fleet remembers, from process to process.
    pub fn settle(simulator: &Simulator, seed: u64) -> Self {
        let versions = RELEASES.iter().map(|it| (it.0.to_owned(), it.1)).collect();
        let crew = Crew { chance: Chance::new(seed), versions, ..Crew::default() };
        let crew = Arc::new(Mutex::new(crew));
        simulator.invite(Box::new(Resident(crew.clone())));
        Self { simulator: simulator.clone(), crew }
    }

    /// Works on the crew as it is now.
    fn with<R>(&self, work: impl FnOnce(&mut Crew, &mut World) -> R) -> R {
        self.simulator.with(|world| work(&mut held(&self.crew), world))
    }

    /// The nodes of all instances that run, by instance.
    pub fn nodes(&self) -> Vec<Node> {
        self.with(|crew, _| {
            let there = crew.machines.values().filter(|it| it.runs());
            let nodes = there.filter_map(|it| {
                let told::Told::Node(node) = &it.told else { return None };
                let database = it.unit.process().map(|it| it.resource.clone());
                Some(Node {
                    instance: it.id.clone(),
                    role: it.publisher.role.as_ref().map(|it| it.0.clone()),
                    database: database.filter(|it| !it.is_empty()),
                    image: node.settings.image.clone(),
                })
            });
            nodes.collect()
        })
    }

    /// The instances whose node serves now.
    pub fn serving(&self) -> Vec<String> {
        self.last(|it| &it.serving)
    }

    /// The instances whose node waits for the lease now.
    pub fn waiting(&self) -> Vec<String> {
        self.last(|it| &it.waiting)
    }

    fn last(&self, which: impl Fn(&Observation) -> &Vec<String>) -> Vec<String> {
        let seen = self.observations();
        let mut databases: Vec<_> = seen.iter().map(|it| it.database.as_str()).collect();
        databases.sort_unstable();
        databases.dedup();
        let last = databases
            .iter()
            .filter_map(|database| seen.iter().rev().find(|it| it.database == **database));
        last.flat_map(|it| which(it).clone()).collect()
    }

    /// The container of a node dies; systemd starts it again. Says whether it ran.
    pub fn crash(&self, instance: &str) -> bool {
        self.with(|crew, world| crew.crash(world, instance))
    }

    /// An instance loses its power, without grace; its status checks fail. Says whether it was there.
    pub fn cut_power(&self, instance: &str) -> bool {
        self.with(|crew, world| crew.cut_power(world, instance))
    }

    /// Something on an instance hangs from now on. Says whether it was there.
    pub fn hang(&self, instance: &str, how: Hang) -> bool {
        self.with(|crew, world| crew.hang(world, instance, how))
    }

    /// What hangs on an instance goes on. Says whether it was there.
    pub fn recover(&self, instance: &str) -> bool {
        self.with(|crew, world| crew.recover(world, instance))
    }

    /// Makes an image known by its digest: which release it is.
    pub fn know_release(&self, digest: &str, version: (u32, u32, u32)) {
        self.with(|crew, _| {
            crew.versions.insert(digest.to_owned(), version);
        });
    }

    /// What every wallet holds from now on, as the metric `eth_balance` tells it.
    pub fn fund(&self, balance: f64) {
        self.with(|crew, _| crew.balance = balance);
    }

    /// What ails the nodes from now on, as their metrics tell it.
    pub fn suffer(&self, ills: Ills) {
        self.with(|crew, _| crew.ills = ills);
    }

    /// The address of the wallet in a database for a chain; nothing before there is one.
    pub fn wallet(&self, database: &str, chain: &str) -> Option<String> {
        self.with(|crew, _| {
            let keys = crew.databases.0.get(database)?.facts().keys?;
            Some(keys.address(chain))
        })
    }

    /// The id of the newest database of that name that a node could have opened.
    pub fn database(&self, name: &str) -> Option<String> {
        self.with(|crew, world| {
            let now = world.databases().into_iter().find(|it| it.name == name);
            now.map(|it| it.resource).or_else(|| {
                let all = crew.databases.0.iter().filter(|it| it.1.name == name);
                all.max_by_key(|it| it.1.since).map(|it| it.0.clone())
            })
        })
    }

    /// Everything that was seen, in order: of each database only what changed.
    pub fn observations(&self) -> Vec<Observation> {
        self.with(|crew, _| crew.watch.all().to_vec())
    }

    /// When nobody served for a database that was served for before.
    pub fn silences(&self) -> Vec<Silence> {
        self.with(|crew, world| crew.watch.silences(world.now()))
    }

    /// Every promise that was not kept until now.
    pub fn broken(&self, patience: Patience) -> Vec<Broken> {
        self.with(|crew, world| crew.watch.broken(patience, world.now()))
    }
}
