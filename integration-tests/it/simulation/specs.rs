//! What is declared in the runs: the examples that can be laid out, and changes of them.

use std::{fmt, fs, path::Path, sync::LazyLock};

use clctl::{
    aws::{Aws, Deletions, Environment, Lookups, secrets::Origin},
    engine::Graph,
    topology,
};
use clctl_spec::{ChainlinkNode, DatabaseDeletion, Deletion, Fate, Vpc};

use crate::harness::{Wanted, example};

/// The name of the environment in every run, so that one spec can follow on any other.
pub(super) const NAME: &str = "run";
/// The name of the environment beside it.
pub(super) const NEIGHBOUR: &str = "beside";
/// Where they are.
pub(super) const REGION: &str = "us-east-1";
/// The account they are in.
pub(super) const ACCOUNT: &str = "123456789012";

/// Something that can be declared.
pub(super) struct Spec {
    /// The example it comes of.
    pub(super) example: String,
    /// What was changed of it.
    pub(super) change: &'static str,
    node: ChainlinkNode,
    beside: ChainlinkNode,
}

/// What stays of an environment when nothing declares it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// What the spec says.
    AsWritten,
    /// Whatever may stay.
    Everything,
    /// Nothing, once its time is up.
    Nothing,
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Spec {
    /// What a command is about that wants it, and keeps that much of what nobody declares.
    pub(super) fn wanted(&self, keep: Keep) -> Wanted {
        Wanted::of(self.keeping(keep))
    }

    /// What is declared, and what stays without being declared.
    pub(super) fn graph(&self, keep: Keep) -> Graph<Aws> {
        topology::declare(&environment(NAME), &lookups(), &self.keeping(keep).spec).unwrap()
    }

    /// What is declared when all of it is to go.
    pub(super) fn nothing(&self, keep: Keep) -> Graph<Aws> {
        topology::nothing(&self.keeping(keep).spec)
    }

    fn keeping(&self, keep: Keep) -> ChainlinkNode {
        let mut node = self.node.clone();
        // Lifted on purpose, as whoever deletes an environment has to.
        node.spec.database.deletion_protection = false;
        let fate = match keep {
            Keep::AsWritten => return node,
            Keep::Everything => Fate::Retain,
            Keep::Nothing => Fate::Delete,
        };
        let Deletion { database, keystore_password, secrets, encryption_key, logs, .. } =
            &mut node.spec.policies.deletion;
        *database = match keep {
            Keep::Nothing => DatabaseDeletion::Delete,
            Keep::AsWritten | Keep::Everything => DatabaseDeletion::Snapshot,
        };
        for it in [keystore_password, secrets, encryption_key, logs] {
            *it = fate;
        }
        node
    }

    /// The same as another environment.
    pub(super) fn beside(&self) -> Wanted {
        Wanted::of(self.beside.clone())
    }

    /// The secrets that somebody has to put a value into.
    pub(super) fn put(&self) -> Vec<String> {
        let asked = topology::asked_secrets(&self.node.spec).into_iter();
        asked.filter(|(_, it)| it.origin == Origin::Put).map(|(name, _)| name).collect()
    }

    pub(super) fn name(&self) -> String {
        format!("{}{}{}", self.example, if self.change.is_empty() { "" } else { ", " }, self.change)
    }
}

/// The environment of the runs.
pub(super) fn environment(name: &str) -> Environment {
    Environment {
        name: name.to_owned(),
        partition: "aws".to_owned(),
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        ignored_tags: Vec::new(),
        boundary: "devops-guru-clctl".to_owned(),
        deletions: Deletions::default(),
    }
}

/// Changes of a text; those of which nothing is found in an example change nothing of it.
const CHANGES: &[(&str, &str, &str)] = &[
    ("one NAT gateway", "natGateways: OnePerZone", "natGateways: Single"),
    ("a NAT gateway per zone", "natGateways: Single", "natGateways: OnePerZone"),
    ("others let in", "[203.0.113.0/24]", "[198.51.100.0/24, 192.0.2.1/32]"),
    ("another tag", "team: oracles", "squad: oracles"),
    ("another value of a tag", "team: oracles", "team: \"Orakel \\u2603\""),
    ("other instances", "\n  nodes:\n", "\n  nodes:\n    instanceType: m6i.2xlarge\n"),
    ("looked at by DevOps Guru", "Guru:\n      enabled: false", "Guru:\n      enabled: true"),
    ("other nodes", "\n  nodes:\n", "\n  nodes:\n    peerToPeer: {enabled: true}\n"),
    (
        "other nodes, at addresses of its own",
        "      announceAddresses: [\"203.0.113.7:6690\", \"203.0.113.8:6690\"]\n",
        "",
    ),
    ("larger instances", "instanceType: m6i.xlarge", "instanceType: m6i.2xlarge"),
];

/// Every example that can be laid out, each as it is and with each of the changes.
pub(super) static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            Some(name.strip_suffix(".yaml")?.to_owned())
        })
        .collect();
    names.sort();
    let mut specs = Vec::new();
    for example in names {
        let text = placed(&text(&example));
        let changed = CHANGES.iter().filter(|(_, from, _)| text.contains(from));
        let changed = changed.map(|(change, from, to)| (*change, text.replace(from, to)));
        for (change, text) in [("", text.clone())].into_iter().chain(changed) {
            let node = read(&named(&text, NAME)).filter(can_be_laid_out);
            let beside = read(&named(&text, NEIGHBOUR));
            if let (Some(node), Some(beside)) = (node, beside) {
                specs.push(Spec { example: example.clone(), change, node, beside });
            }
        }
    }
    specs
});

fn text(name: &str) -> String {
    if name == "full" {
        return example(name).to_owned();
    }
    let file = format!("{}/../examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(file).unwrap()
}

/// In the region and the account of the runs.
fn placed(text: &str) -> String {
    let region = text.split("\n    region: ").nth(1).and_then(|it| it.split_whitespace().next());
    text.replace(region.unwrap(), REGION)
}

fn named(text: &str, name: &str) -> String {
    let (before, after) = text.split_once("\n  name: ").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    // Two environments have two names in DNS.
    let after = after.replace("node.oracles.example.com", &format!("{name}.oracles.example.com"));
    format!("{before}\n  name: {name}\n{after}")
}

fn read(text: &str) -> Option<ChainlinkNode> {
    let documents = clctl_spec::parse("node.yaml", text).ok()?;
    documents.into_iter().next().map(|document| *document.node)
}

/// A VPC of the user's is in no account of the runs: `existing_vpc` has tests of its own.
fn can_be_laid_out(node: &ChainlinkNode) -> bool {
    let is_new = matches!(node.spec.network.vpc, Vpc::Create(_));
    is_new && topology::declare(&environment(NAME), &lookups(), &node.spec).is_ok()
}

/// Which image is the newest makes no difference to what there is.
fn lookups() -> Lookups {
    Lookups::found("ami-0123456789abcdef0")
}
