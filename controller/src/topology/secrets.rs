//! The chapter `secrets`: a secret for each password that is not the user's own, and for each URL that is
//! named by one.

use std::collections::BTreeMap;

use clctl_spec::{NodeSpec, Password, UrlSource};

use crate::{
    aws::{
        Aws,
        kms::KeyArn,
        secrets::{Origin, Secret, SecretConfig},
    },
    engine::{DeclaredTwice, Graph, Input, Resource},
};

use super::Label;

/// What opens the keystore.
pub(super) const KEYSTORE: &str = "keystore-password";
const ADMIN: &str = "admin-password";
const DATABASE: &str = "database-password";

/// A secret as the spec asks for it.
struct Asked {
    origin: Origin,
    description: &'static str,
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    key: &Input<KeyArn>,
) -> Result<(), DeclaredTwice> {
    for (name, Asked { origin, description }) in asked(spec) {
        graph.add::<Secret>(
            &name,
            SecretConfig {
                description: description.to_owned(),
                key: key.clone(),
                origin,
                tags: label.tags(Secret::ABOUT.name, &name),
            },
        )?;
    }
    Ok(())
}

/// The secrets that somebody has to put a value into.
pub fn to_be_put(spec: &NodeSpec) -> Vec<String> {
    let put = asked(spec).into_iter().filter(|(_, asked)| asked.origin == Origin::Put);
    put.map(|(name, _)| name).collect()
}

/// Each secret once, by name: several URLs may come from one.
fn asked(spec: &NodeSpec) -> BTreeMap<String, Asked> {
    let secrets = &spec.secrets;
    let urls = super::urls(spec).filter_map(|source| match source {
        UrlSource::Secret(name) => {
            let asked = Asked { origin: Origin::Put, description: "The URL of an RPC endpoint" };
            Some((name.to_string(), asked))
        }
        UrlSource::Existing(_) | UrlSource::Public(_) => None,
    });
    let passwords = [
        (KEYSTORE, &secrets.keystore_password, "Opens the keystore of the Chainlink nodes"),
        (ADMIN, &secrets.admin_password, "The administrator's first password for the node GUI"),
        (DATABASE, &secrets.database_password, "What the nodes log in to the database with"),
    ];
    let passwords =
        passwords.into_iter().filter_map(|(name, password, description)| match password {
            Password::Generate(how) => {
                let origin = Origin::Generated(how.length.port());
                Some((name.to_owned(), Asked { origin, description }))
            }
            Password::Secret(name) => {
                Some((name.to_string(), Asked { origin: Origin::Put, description }))
            }
            Password::Existing(_) => None,
        });
    urls.chain(passwords).collect()
}
