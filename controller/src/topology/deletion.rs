//! The chapter `policies.deletion`: what stays when nothing declares it any more, and for how long what goes
//! can be taken back.

use clctl_spec::{DatabaseDeletion, Deletion, Fate, Key as DeclaredKey, NodeSpec};

use crate::{
    aws::{
        Deletions,
        backup::BackupVault,
        kms::Key,
        logs::LogGroup,
        rds::{Cluster, ClusterInstance, Instance},
        secrets::Secret,
    },
    engine::{Address, Resource},
};

use super::secrets::KEYSTORE;

/// Why an object stays that nothing declares any more; nothing if it goes.
pub(super) fn retention(deletion: &Deletion) -> impl Fn(&Address) -> Option<String> + use<> {
    let Deletion { database, keystore_password, secrets, encryption_key, logs, backups, .. } =
        *deletion;
    move |address| {
        let of_database = format!("policies.deletion.database is {database:?}");
        if [Instance::ABOUT.name, Cluster::ABOUT.name].contains(&address.kind) {
            return (database == DatabaseDeletion::Retain).then_some(of_database);
        }
        // Its snapshot opens with the key or not at all.
        if address.kind == Key::ABOUT.name && database == DatabaseDeletion::Snapshot {
            return Some(format!("{of_database}, and the snapshot is encrypted with it"));
        }
        let (fate, field) = match address.kind {
            kind if kind == Secret::ABOUT.name && address.name == KEYSTORE => {
                (keystore_password, "keystorePassword")
            }
            kind if kind == Secret::ABOUT.name => (secrets, "secrets"),
            kind if kind == Key::ABOUT.name => (encryption_key, "encryptionKey"),
            kind if kind == LogGroup::ABOUT.name => (logs, "logs"),
            kind if kind == BackupVault::ABOUT.name => (backups, "backups"),
            _ => return None,
        };
        (fate == Fate::Retain).then(|| format!("policies.deletion.{field} is Retain"))
    }
}

/// Why what a cluster runs on stays, where the cluster stays that nothing declares any more.
pub(super) fn runs_on(deletion: &Deletion) -> impl Fn(&Address) -> Option<String> + use<> {
    let stays = deletion.database == DatabaseDeletion::Retain;
    move |address| {
        let runs = stays && address.kind == ClusterInstance::ABOUT.name;
        runs.then(|| "policies.deletion.database is Retain, and the cluster runs on it".to_owned())
    }
}

/// How what is deleted is deleted. A key is there as long as what it opens.
pub fn deletions(spec: &NodeSpec) -> Deletions {
    let secret = spec.secrets.recovery_window_in_days;
    let key = match &spec.encryption.key {
        DeclaredKey::Create(key) => key.deletion_window_in_days.get().max(secret.get()),
        DeclaredKey::Existing(_) => secret.get(),
    };
    Deletions {
        secret_in_days: secret.port(),
        key_in_days: key.cast_signed(),
        final_snapshot: spec.policies.deletion.database != DatabaseDeletion::Delete,
        backups: spec.policies.deletion.backups == Fate::Delete,
    }
}
