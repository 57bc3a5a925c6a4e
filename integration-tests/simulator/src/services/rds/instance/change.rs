//! Changes that an instance waits for, and when each comes.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html>: some
//! come as soon as possible whatever is asked, the others in the maintenance window or at once.

use std::{collections::BTreeSet, mem};

use serde::{Deserialize, Serialize};

use super::{Instance, Status, Switch, storage::Storage};
use crate::{Time, hidden::Hidden, wire::xml::Xml};

/// A change that is asked for and not yet made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Change {
    Class(String),
    Storage(Storage),
    /// With or without a standby, and in which zone.
    Standby(Option<String>),
    Version(String, String),
    Retention(u32),
    Port(u32),
    Password(Hidden),
    Certificate(String, bool),
    IamAuth(bool),
    Name(String),
    Logs(BTreeSet<String>),
}

/// A change, and whether it does not wait for the maintenance window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) change: Change,
    pub(super) soon: bool,
}

impl Change {
    /// Whether it comes as soon as possible, whatever is asked.
    pub(super) fn never_waits(&self, now: &Instance) -> bool {
        match self {
            Self::Password(_) | Self::Port(_) | Self::Logs(_) => true,
            // Only switching backups on or off waits.
            Self::Retention(days) => *days > 0 && now.retention > 0,
            Self::Class(_)
            | Self::Storage(_)
            | Self::Standby(_)
            | Self::Version(..)
            | Self::Certificate(..)
            | Self::IamAuth(_)
            | Self::Name(_) => false,
        }
    }

    /// Whether the instance is that way already.
    pub(super) fn is_made(&self, id: &str, now: &Instance) -> bool {
        match self {
            Self::Class(class) => *class == now.class,
            Self::Storage(storage) => {
                let most = now.storage.most;
                Storage { most, ..storage.clone() } == now.storage
            }
            Self::Standby(zone) => zone.is_some() == now.standby.is_some(),
            Self::Version(version, _) => *version == now.version,
            Self::Retention(days) => *days == now.retention,
            Self::Port(port) => *port == now.port,
            // A password is set anew even if it is the same.
            Self::Password(_) => false,
            Self::Certificate(name, _) => *name == now.certificate,
            Self::IamAuth(on) => *on == now.has(Switch::IamAuth),
            Self::Name(name) => name == id,
            Self::Logs(logs) => *logs == now.logs,
        }
    }

    /// The status while it is made.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Version(..) => Status::Upgrading,
            Self::Password(_) => Status::ResettingCredentials,
            Self::IamAuth(_) => Status::ConfiguringIam,
            Self::Name(_) => Status::Renaming,
            Self::Logs(_) => Status::ConfiguringLogs,
            Self::Class(_)
            | Self::Storage(_)
            | Self::Standby(_)
            | Self::Retention(_)
            | Self::Port(_)
            | Self::Certificate(..) => Status::Modifying,
        }
    }

    /// Whether the database restarts or fails over for it, so that what waits for a restart comes.
    pub(super) fn restarts(&self) -> bool {
        match self {
            Self::Class(_) | Self::Version(..) | Self::Port(_) | Self::Name(_) => true,
            Self::Certificate(_, restart) => *restart,
            Self::Storage(_)
            | Self::Standby(_)
            | Self::Retention(_)
            | Self::Password(_)
            | Self::IamAuth(_)
            | Self::Logs(_) => false,
        }
    }

    /// Whether both are changes of the same thing.
    fn is_of_the_same(&self, other: &Self) -> bool {
        mem::discriminant(self) == mem::discriminant(other)
    }

    /// Makes it; a name is changed by who keeps the names.
    pub(super) fn make(self, instance: &mut Instance, at: Time) {
        match self {
            Self::Class(class) => instance.class = class,
            Self::Storage(storage) => {
                instance.storage = Storage { most: instance.storage.most, ..storage };
                instance.storage_changed = Some(at);
            }
            Self::Standby(zone) => instance.standby = zone,
            Self::Version(version, group) => {
                instance.version = version;
                instance.parameter_group = group;
            }
            Self::Retention(days) => instance.retention = days,
            Self::Port(port) => instance.port = port,
            Self::Password(password) => instance.password = password,
            Self::Certificate(name, _) => instance.certificate = name,
            Self::IamAuth(on) => instance.turn(Switch::IamAuth, on),
            Self::Name(_) => {}
            Self::Logs(logs) => instance.logs = logs,
        }
    }

    /// How it is shown among what is pending.
    fn render(&self, instance: &Instance) -> Xml {
        let xml = Xml::new();
        match self {
            Self::Class(class) => xml.text("DBInstanceClass", class),
            Self::Storage(storage) => render_storage(storage, &instance.storage),
            Self::Standby(zone) => xml.text("MultiAZ", zone.is_some()),
            Self::Version(version, _) => xml.text("EngineVersion", version),
            Self::Retention(days) => xml.text("BackupRetentionPeriod", days),
            Self::Port(port) => xml.text("Port", port),
            Self::Password(_) => xml.text("MasterUserPassword", "****"),
            Self::Certificate(name, _) => xml.text("CACertificateIdentifier", name),
            Self::IamAuth(on) => xml.text("IAMDatabaseAuthenticationEnabled", on),
            Self::Name(name) => xml.text("DBInstanceIdentifier", name),
            Self::Logs(logs) => {
                let list = |name: &str, all: Vec<&String>| {
                    let member = |xml: Xml, it: &&String| xml.text("member", it);
                    Xml::new().nest(name, all.iter().fold(Xml::new(), member))
                };
                let on = list("LogTypesToEnable", logs.difference(&instance.logs).collect());
                let off = list("LogTypesToDisable", instance.logs.difference(logs).collect());
                xml.nest("PendingCloudwatchLogsExports", on.with(off))
            }
        }
    }
}

fn render_storage(new: &Storage, old: &Storage) -> Xml {
    let other = |xml: Xml, name: &str, new: u32, old: u32| {
        if new == old { xml } else { xml.text(name, new) }
    };
    let mut xml = other(Xml::new(), "AllocatedStorage", new.gib, old.gib);
    if new.iops != old.iops {
        xml = xml.maybe("Iops", new.iops);
    }
    xml = other(xml, "StorageThroughput", new.throughput, old.throughput);
    if new.kind == old.kind { xml } else { xml.text("StorageType", &new.kind) }
}

impl Instance {
    /// Notes a change; it takes the place of one of the same that was waiting.
    pub(super) fn want(&mut self, id: &str, change: Change, soon: bool) {
        self.pending.retain(|it| !it.change.is_of_the_same(&change));
        if !change.is_made(id, self) {
            self.pending.push(Pending { change, soon });
        }
    }

    /// The storage as it will be when everything is made that is asked for.
    pub(super) fn wanted_storage(&self) -> &Storage {
        let mut pending = self.pending.iter();
        let found = pending.find_map(|it| match &it.change {
            Change::Storage(storage) => Some(storage),
            Change::Class(_)
            | Change::Standby(_)
            | Change::Version(..)
            | Change::Retention(_)
            | Change::Port(_)
            | Change::Password(_)
            | Change::Certificate(..)
            | Change::IamAuth(_)
            | Change::Name(_)
            | Change::Logs(_) => None,
        });
        found.unwrap_or(&self.storage)
    }

    /// What is pending, as answers show it.
    pub(super) fn pending_values(&self) -> Xml {
        self.pending.iter().fold(Xml::new(), |xml, it| xml.with(it.change.render(self)))
    }
}
