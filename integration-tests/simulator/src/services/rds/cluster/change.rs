//! Changes that a cluster waits for.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Modifying.html>: versions and
//! names wait for the window unless they are to come at once; the others come as soon as possible.

use std::{collections::BTreeSet, mem};

use serde::{Deserialize, Serialize};

use super::{Cluster, Status, Switch};
use crate::{Time, hidden::Hidden, wire::xml::Xml};

/// A change that is asked for and not yet made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Change {
    /// To which, with which group of its own, and with which of its instances.
    Version(String, String, Option<String>),
    Name(String),
    Password(Hidden),
    Port(u32),
    Retention(u32),
    Storage(String),
    IamAuth(bool),
    Logs(BTreeSet<String>),
}

/// A change, and whether it does not wait for the maintenance window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) change: Change,
    pub(super) soon: bool,
}

impl Change {
    /// Whether it waits for the window unless it is to come at once.
    pub(super) fn waits(&self) -> bool {
        match self {
            Self::Version(..) | Self::Name(_) => true,
            Self::Password(_)
            | Self::Port(_)
            | Self::Retention(_)
            | Self::Storage(_)
            | Self::IamAuth(_)
            | Self::Logs(_) => false,
        }
    }

    fn is_made(&self, id: &str, now: &Cluster) -> bool {
        match self {
            Self::Version(version, ..) => *version == now.version,
            Self::Name(name) => name == id,
            Self::Password(_) => false,
            Self::Port(port) => *port == now.port,
            Self::Retention(days) => *days == now.retention,
            Self::Storage(kind) => *kind == now.storage,
            Self::IamAuth(on) => *on == now.has(Switch::IamAuth),
            Self::Logs(logs) => *logs == now.logs,
        }
    }

    /// The status while it is made.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Version(..) => Status::Upgrading,
            Self::Name(_) => Status::Renaming,
            Self::Password(_) => Status::ResettingCredentials,
            Self::IamAuth(_) => Status::ConfiguringIam,
            Self::Port(_) | Self::Retention(_) | Self::Storage(_) | Self::Logs(_) => {
                Status::Modifying
            }
        }
    }

    /// Makes it; a name is changed by who keeps the names.
    pub(super) fn make(self, cluster: &mut Cluster, at: Time) {
        match self {
            Self::Version(version, group, _) => {
                cluster.version = version;
                cluster.parameter_group = group;
            }
            Self::Name(_) => {}
            Self::Password(password) => cluster.password = password,
            Self::Port(port) => cluster.port = port,
            Self::Retention(days) => cluster.retention = days,
            Self::Storage(kind) => {
                cluster.storage = kind;
                cluster.storage_changed = Some(at);
            }
            Self::IamAuth(on) => cluster.turn(Switch::IamAuth, on),
            Self::Logs(logs) => cluster.logs = logs,
        }
    }

    /// How it is shown among what is pending; the port is not.
    fn render(&self, cluster: &Cluster) -> Xml {
        let xml = Xml::new();
        match self {
            Self::Version(version, ..) => xml.text("EngineVersion", version),
            Self::Name(name) => xml.text("DBClusterIdentifier", name),
            Self::Password(_) => xml.text("MasterUserPassword", "****"),
            Self::Port(_) => xml,
            Self::Retention(days) => xml.text("BackupRetentionPeriod", days),
            Self::Storage(kind) => xml.text("StorageType", kind),
            Self::IamAuth(on) => xml.text("IAMDatabaseAuthenticationEnabled", on),
            Self::Logs(logs) => {
                let list = |name: &str, all: Vec<&String>| {
                    let member = |xml: Xml, it: &&String| xml.text("member", it);
                    Xml::new().nest(name, all.iter().fold(Xml::new(), member))
                };
                let on = list("LogTypesToEnable", logs.difference(&cluster.logs).collect());
                let off = list("LogTypesToDisable", cluster.logs.difference(logs).collect());
                xml.nest("PendingCloudwatchLogsExports", on.with(off))
            }
        }
    }
}

impl Cluster {
    /// Notes a change; it takes the place of one of the same that was waiting.
    pub(super) fn want(&mut self, id: &str, change: Change, soon: bool) {
        let same = |it: &Change| mem::discriminant(it) == mem::discriminant(&change);
        self.pending.retain(|it| !same(&it.change));
        if !change.is_made(id, self) {
            self.pending.push(Pending { change, soon });
        }
    }

    /// What is pending, as answers show it; nothing when nothing is.
    pub(super) fn pending_values(&self) -> Xml {
        self.pending.iter().fold(Xml::new(), |xml, it| xml.with(it.change.render(self)))
    }
}
