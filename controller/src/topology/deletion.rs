//! The chapter `policies.deletion`: what stays when nothing declares it any more, and for how long what goes
//! can be taken back.

use clctl_spec::{Deletion, Fate, Key as DeclaredKey, NodeSpec};

use crate::{
    aws::{Windows, kms::Key, logs::LogGroup, secrets::Secret},
    engine::{Address, Resource},
};

use super::secrets::KEYSTORE;

/// Why an object stays that nothing declares any more; nothing if it goes.
pub(super) fn retention(deletion: &Deletion) -> impl Fn(&Address) -> Option<String> + use<> {
    let Deletion { keystore_password, secrets, encryption_key, logs, .. } = *deletion;
    move |address| {
        let (fate, field) = match address.kind {
            kind if kind == Secret::ABOUT.name && address.name == KEYSTORE => {
                (keystore_password, "keystorePassword")
            }
            kind if kind == Secret::ABOUT.name => (secrets, "secrets"),
            kind if kind == Key::ABOUT.name => (encryption_key, "encryptionKey"),
            kind if kind == LogGroup::ABOUT.name => (logs, "logs"),
            _ => return None,
        };
        (fate == Fate::Retain).then(|| format!("policies.deletion.{field} is Retain"))
    }
}

/// For how long what is deleted can be taken back. A key is there as long as what it opens.
pub fn windows(spec: &NodeSpec) -> Windows {
    let secret = spec.secrets.recovery_window_in_days;
    let key = match &spec.encryption.key {
        DeclaredKey::Create(key) => key.deletion_window_in_days.get().max(secret.get()),
        DeclaredKey::Existing(_) => secret.get(),
    };
    Windows { secret_in_days: secret.port(), key_in_days: key.cast_signed() }
}
