//! What the user has brought along: secrets, a key, a key pair. What secrets hold is not looked at.

use clctl_spec::{Key, KeyPair, NodeSpec};

use crate::{
    aws::{Aws, Checked, key, key_pair, secret},
    topology::existing_secrets,
};

use super::Check;

pub(super) async fn checks(aws: &Aws, spec: &NodeSpec) -> Vec<Check> {
    let mut all = Vec::new();
    for id in existing_secrets(spec) {
        all.push(told(format!("secret {id}"), secret(aws, id).await));
    }
    if let Key::Existing(arn) = &spec.encryption.key {
        all.push(told(format!("key {arn}"), key(aws, arn.as_str()).await));
    }
    if let Some(KeyPair::Name(name)) = &spec.access.key_pair {
        all.push(told(format!("key pair {name}"), key_pair(aws, name.as_str()).await));
    }
    all
}

fn told(name: String, found: Checked) -> Check {
    match found {
        Ok(Ok(())) => Check::pass(name, "is there and can be used"),
        // What is the matter, and behind it what to do.
        Ok(Err(why)) => match why.split_once(": ") {
            Some((message, advice)) => Check::fail(name, message, advice),
            None => Check::fail(name, why, "name another one"),
        },
        Err(error) => Check::unread(name, &error),
    }
}
