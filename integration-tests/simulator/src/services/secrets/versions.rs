//! The versions of a secret and their staging labels.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version>:
//! a label is on one version only; where `AWSCURRENT` was taken away, `AWSPREVIOUS` comes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::value::Content;
use crate::{Settings, Time, fault::Fault};

pub(super) const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const PENDING: &str = "AWSPENDING";

/// How long a version without labels is kept in any case.
const DAY: Duration = Duration::from_hours(24);
/// How many labels a secret's versions may have.
const LABELS: usize = 20;

/// A version: what it says, since when, and under which key; the id is its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) content: Content,
    pub(super) stages: BTreeSet<String>,
    pub(super) created: Time,
    pub(super) key: Option<String>,
}

/// All versions of a secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Versions(BTreeMap<String, Version>);

fn limit(message: String) -> Fault {
    Fault::client("LimitExceededException", message)
}

impl Versions {
    pub(super) fn get(&self, id: &str) -> Option<&Version> {
        self.0.get(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &Version)> {
        self.0.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The version that has a label.
    pub(super) fn with(&self, stage: &str) -> Option<(&String, &Version)> {
        self.0.iter().find(|it| it.1.stages.contains(stage))
    }

    /// What a describe shows: the labels of each version that has any.
    pub(super) fn stages(&self) -> Value {
        let labelled = self.0.iter().filter(|it| !it.1.stages.is_empty());
        labelled
            .map(|(id, it)| (id.clone(), json!(it.stages)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Adds a version; the oldest ones without labels make room for it.
    pub(super) fn add(
        &mut self,
        settings: &Settings,
        id: &str,
        version: Version,
        stages: &[String],
    ) -> Result<(), Fault> {
        let most = settings.quotas.versions_per_secret as usize;
        while self.0.len() >= most {
            let old =
                |it: &&Version| it.stages.is_empty() && version.created.since(it.created) > DAY;
            let stale = self.0.iter().filter(|it| old(&it.1));
            let Some(oldest) = stale.min_by_key(|it| it.1.created).map(|it| it.0.clone()) else {
                return Err(limit(format!(
                    "You've exceeded the maximum of {most} versions of a secret."
                )));
            };
            self.0.remove(&oldest);
        }
        self.0.insert(id.to_owned(), version);
        for stage in stages {
            self.label(id, stage)?;
        }
        Ok(())
    }

    /// Puts a label on a version, and takes it from where it was.
    pub(super) fn label(&mut self, id: &str, stage: &str) -> Result<(), Fault> {
        let last = self.unlabel(stage).filter(|it| it != id);
        if let Some(version) = self.0.get_mut(id) {
            version.stages.insert(stage.to_owned());
        }
        if stage == CURRENT
            && let Some(last) = last
        {
            self.unlabel(PREVIOUS);
            if let Some(version) = self.0.get_mut(&last) {
                version.stages.insert(PREVIOUS.to_owned());
            }
        }
        let labels: usize = self.0.values().map(|it| it.stages.len()).sum();
        if labels > LABELS {
            return Err(limit(format!(
                "You've exceeded the maximum of {LABELS} staging labels of a secret."
            )));
        }
        Ok(())
    }

    /// Takes a label away, and gives the version that had it.
    pub(super) fn unlabel(&mut self, stage: &str) -> Option<String> {
        let version = self.0.iter_mut().find(|it| it.1.stages.contains(stage));
        version.map(|(id, it)| {
            it.stages.remove(stage);
            id.clone()
        })
    }

    /// Encrypts what is in use under another key.
    pub(super) fn encrypt(&mut self, key: Option<&String>) {
        for version in self.0.values_mut() {
            if [CURRENT, PREVIOUS, PENDING].iter().any(|it| version.stages.contains(*it)) {
                version.key = key.cloned();
            }
        }
    }
}
