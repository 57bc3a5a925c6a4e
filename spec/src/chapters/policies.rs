//! `spec.policies`: what clctl may do, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    at::At,
    bounded::{List, Table},
    chapter::{chapter, in_place},
    form::leaf,
    log::{Log, Quoted},
    names::{NameError, name},
    problem::{Code, Draft},
    window::ChangeWindow,
};

const DELETION: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html";
const SECRETS: &str =
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html";
const KEYS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html";
const LOGS: &str =
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html";
const VAULTS: &str = "https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html";
const CLCTL: &str = "clctl";
const NOTHING: &str = "nothing in AWS changes; it is heeded from then on";

chapter! {
    /// What clctl may do, and when.
    pub struct Policies, PoliciesFields, check check_windows {
        default {
            /// Whether clctl leaves the environment alone: it looks, and changes nothing, until this is gone.
            pause: bool = false, in_place(CLCTL).effect(NOTHING);
            /// When changes may be made that interrupt something, every week, in UTC: `sun:02:00-sun:06:00`. At any
            /// time, if there is none here. When AWS maintains the database is `database.preferredMaintenanceWindow`.
            maintenance_windows: List<ChangeWindow, 0, 14> = List::default(), in_place(CLCTL).effect(NOTHING);
        }
        chapters {
            /// What becomes of things with content when they are deleted, one by one.
            deletion: Deletion, in_place(DELETION).effect(NOTHING);
            /// What clctl does when something in AWS is not as declared.
            drift: Drift, in_place(CLCTL).effect(NOTHING);
        }
    }
}

chapter! {
    /// What becomes of things with content when they are deleted.
    pub struct Deletion, DeletionFields, check check_deletion {
        default {
            /// The database: a final snapshot and then its end, or kept as it is, or its end. Whichever it is, its
            /// `deletionProtection` has to be lifted on purpose first.
            database: DatabaseDeletion = DatabaseDeletion::default(), in_place(DELETION).effect(NOTHING);
            /// The secret with the keystore password. Without it the wallet in the database or its snapshot is lost.
            keystore_password: Fate = Fate::Retain, in_place(SECRETS).effect(NOTHING);
            /// The other secrets. They can be restored within the recovery window.
            secrets: Fate = Fate::Delete, in_place(SECRETS).effect(NOTHING);
            /// The KMS key. Never as long as anything that is kept is encrypted with it, snapshots included.
            encryption_key: Fate = Fate::Delete, in_place(KEYS).effect(NOTHING);
            /// The logs.
            logs: Fate = Fate::Delete, in_place(LOGS).effect(NOTHING);
            /// The backups in AWS Backup. Kept, each until its time is up.
            backups: Fate = Fate::Retain, in_place(VAULTS).effect(NOTHING);
        }
    }
}

chapter! {
    /// What clctl does when something in AWS is not as declared.
    pub struct Drift, DriftFields {
        default {
            /// What it does with everything that is not named below.
            default: OnDrift = OnDrift::default(), in_place(CLCTL).effect(NOTHING);
            /// What it does with some things: by kind, `security-group`, or by address, `security-group/nodes`.
            resources: Table<ResourcePattern, OnDrift, 100> = Table::default(), in_place(CLCTL).effect(NOTHING);
        }
    }
}

/// What becomes of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DatabaseDeletion {
    /// A final snapshot is made and kept, then it is deleted.
    #[default]
    Snapshot,
    /// It is kept.
    Retain,
    /// It is deleted, and its content is lost.
    Delete,
}

/// What becomes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Fate {
    /// It is kept.
    Retain,
    /// It is deleted.
    Delete,
}

/// What is done about drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum OnDrift {
    /// It is repaired.
    #[default]
    Repair,
    /// It is told, and left.
    Warn,
    /// It is left, and shown apart.
    Ignore,
}

leaf!(DatabaseDeletion, Fate, OnDrift);

/// A window that is longer than most weeks' work is more likely one across the end of the week.
fn check_windows(written: &At<PoliciesFields>, log: &Log) {
    let Some(windows) = written.value.maintenance_windows.given() else { return };
    for At { value, span } in windows.value.readable() {
        if let Some(hours) = value.hours().filter(|hours| *hours > 72) {
            let message = format!("the window {value} is open for {hours} hours");
            let draft = Draft::new(Code::LongWindow, *span, message).label("nearly always");
            log.report(
                draft.help("a night across midnight ends on the next day: `sun:22:00-mon:02:00`"),
            );
        }
    }
}

fn check_deletion(written: &At<DeletionFields>, log: &Log) {
    let fields = &written.value;
    let report = |at, message: &str, help: &str| {
        log.report(Draft::new(Code::Unprotected, at, message).label("for good").help(help));
    };
    if let Some(At { value: DatabaseDeletion::Delete, span }) = fields.database.given() {
        report(
            *span,
            "the wallet and the jobs go with the environment",
            "fine in a test; `Snapshot` keeps what they can be restored from",
        );
    }
    if let Some(At { value: Fate::Delete, span }) = fields.keystore_password.given() {
        report(
            *span,
            "without the keystore password no snapshot of the database gives the wallet back",
            "fine in a test; `Retain` keeps it",
        );
    }
}

name! {
    /// A kind of object, or the address of one.
    ResourcePattern, pattern "^[a-z][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)?$", longest 128, |text| {
        let is_part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('-')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let (kind, name) = text.split_once('/').map_or((text, None), |(kind, name)| (kind, Some(name)));
        let is_pattern = text.len() <= 128
            && is_part(kind)
            && kind.starts_with(|c: char| c.is_ascii_lowercase())
            && name.is_none_or(is_part);
        if is_pattern {
            return Ok(());
        }
        let message = format!("{} is neither a kind nor an address", Quoted(text));
        Err(NameError::new(message, "it looks like `security-group` or `security-group/nodes`, as `clctl get` shows it"))
    }
}
