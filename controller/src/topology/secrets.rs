//! The chapter `secrets`: a secret for each password that is not the user's own, and for each URL that is
//! named by one.

use std::collections::BTreeMap;

use clctl_spec::{ExistingSecret, NodeSpec, Password, SecretName, UrlSource};

use crate::{
    aws::{
        Aws,
        kms::KeyArn,
        secrets::{Origin, ResourcePolicy, Secret, SecretConfig},
    },
    engine::{DeclaredTwice, Graph, Input, Ref, Resource},
};

use super::Label;

/// What opens the keystore.
pub(super) const KEYSTORE: &str = SecretName::KEYSTORE;

/// A secret of the environment's own, as the spec asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedSecret {
    /// Where its value comes from.
    pub origin: Origin,
    /// What it is for.
    pub holds: Holds,
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// What opens the keystore of the nodes.
    KeystorePassword,
    /// What the administrator logs in with for the first time.
    AdminPassword,
    /// What the nodes log in to the database with.
    DatabasePassword,
    /// A URL of an RPC endpoint, which begins so.
    Url(&'static [&'static str]),
}

impl Holds {
    fn description(self) -> &'static str {
        match self {
            Self::KeystorePassword => "Opens the keystore of the Chainlink nodes",
            Self::AdminPassword => "The administrator's first password for the node GUI",
            Self::DatabasePassword => "What the nodes log in to the database with",
            Self::Url(_) => "The URL of an RPC endpoint",
        }
    }

    /// What is wrong with a value, in words that do not show it.
    ///
    /// <https://docs.chain.link/chainlink-nodes/v1/secrets-config>
    pub fn objection(self, value: &str) -> Option<String> {
        let letters = value.chars().count();
        let within = |least: usize, most: usize| {
            let wrong = !(least..=most).contains(&letters);
            wrong.then(|| format!("it has {letters} characters: it needs {least} to {most}"))
        };
        if value.chars().any(char::is_control) {
            return Some("it has control characters or several lines".to_owned());
        }
        match self {
            Self::KeystorePassword => within(16, 1000),
            Self::AdminPassword => within(16, 50),
            // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
            Self::DatabasePassword => {
                let refused = |c: char| matches!(c, '/' | '"' | '@' | ' ') || !c.is_ascii();
                let why = "it has a character that RDS refuses: a slash, a double quote, an @, a space, or one that is not ASCII";
                value.contains(refused).then(|| why.to_owned()).or_else(|| within(16, 128))
            }
            Self::Url(schemes) => {
                let good = schemes
                    .iter()
                    .any(|scheme| value.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
                let spaced = value.contains(char::is_whitespace);
                (!good || spaced)
                    .then(|| format!("it is no URL that begins with {}", schemes.join(" or ")))
            }
        }
    }
}

pub(super) fn declare(
    graph: &mut Graph<Aws>,
    label: &Label<'_>,
    spec: &NodeSpec,
    key: &Input<KeyArn>,
) -> Result<BTreeMap<String, Ref<Secret>>, DeclaredTwice> {
    let mut built = BTreeMap::new();
    for (name, AskedSecret { origin, holds }) in asked_secrets(spec) {
        let secret = graph.add::<Secret>(
            &name,
            SecretConfig {
                description: holds.description().to_owned(),
                key: key.clone(),
                origin,
                resource_policy: ResourcePolicy::None,
                tags: label.tags(Secret::ABOUT.name, &name),
            },
        )?;
        built.insert(name, secret);
    }
    Ok(built)
}

/// Each secret of the environment's own once, by name: several URLs may come from one.
pub fn asked_secrets(spec: &NodeSpec) -> BTreeMap<String, AskedSecret> {
    let secrets = &spec.secrets;
    let urls = super::urls(spec).filter_map(|(source, schemes)| match source {
        UrlSource::Secret(name) => {
            let holds = Holds::Url(schemes);
            Some((name.to_string(), AskedSecret { origin: Origin::Put, holds }))
        }
        UrlSource::Existing(_) | UrlSource::Public(_) => None,
    });
    let passwords = [
        (KEYSTORE, &secrets.keystore_password, Holds::KeystorePassword),
        (SecretName::ADMIN, &secrets.admin_password, Holds::AdminPassword),
        (SecretName::DATABASE, &secrets.database_password, Holds::DatabasePassword),
    ];
    let passwords = passwords.into_iter().filter_map(|(name, password, holds)| match password {
        Password::Generate(how) => {
            let origin = Origin::Generated(how.length.port());
            Some((name.to_owned(), AskedSecret { origin, holds }))
        }
        Password::Secret(name) => {
            Some((name.to_string(), AskedSecret { origin: Origin::Put, holds }))
        }
        Password::Existing(_) => None,
    });
    urls.chain(passwords).collect()
}

/// The secrets of the user's own that the spec names.
pub(super) fn existing(spec: &NodeSpec) -> impl Iterator<Item = &ExistingSecret> {
    let passwords = [
        &spec.secrets.keystore_password,
        &spec.secrets.admin_password,
        &spec.secrets.database_password,
    ];
    let passwords = passwords.into_iter().filter_map(|password| match password {
        Password::Existing(existing) => Some(existing),
        Password::Generate(_) | Password::Secret(_) => None,
    });
    let urls = super::urls(spec).filter_map(|(source, _)| match source {
        UrlSource::Existing(existing) => Some(existing),
        UrlSource::Secret(_) | UrlSource::Public(_) => None,
    });
    passwords.chain(urls)
}
