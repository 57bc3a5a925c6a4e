//! One permission that a request needs.

use crate::{
    services::iam::{condition::Context, document::Document},
    shelf::Tags,
};

/// What a request is about, as far as its permission depends on it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) arn: String,
    pub(crate) tags: Tags,
    pub(crate) policy: Option<ResourcePolicy>,
}

impl Subject {
    /// Something without a policy of its own.
    pub(crate) fn new(arn: impl Into<String>, tags: Tags) -> Self {
        Self { arn: arn.into(), tags, policy: None }
    }
}

/// The policy of a resource.
#[derive(Debug, Clone)]
pub(crate) struct ResourcePolicy {
    /// Its principals are sealed.
    pub(crate) document: Document,
    /// Whether other policies count only if this one leaves the matter to the account, as a key's
    /// does: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>.
    pub(crate) sole: bool,
}

/// One permission that a request needs.
#[derive(Debug)]
pub(crate) struct Need {
    /// `service:Operation`; where there are several, any of them is enough.
    pub(super) actions: Vec<String>,
    pub(super) resource: String,
    /// What a refusal calls the resource, where that is not its ARN.
    pub(super) spoken: Option<String>,
    /// What the request and the resource add to what is known of the caller.
    pub(super) keys: Context,
    pub(super) policy: Option<ResourcePolicy>,
}

impl Need {
    pub(crate) fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            actions: vec![action.into()],
            resource: resource.into(),
            spoken: None,
            keys: Context::default(),
            policy: None,
        }
    }

    /// A permission on something that exists, with its tags.
    pub(crate) fn on(action: impl Into<String>, subject: Subject) -> Self {
        let action = action.into();
        let service = action.split(':').next().unwrap_or_default().to_owned();
        let mut need = Self::new(action, subject.arn);
        for (key, value) in &subject.tags {
            need.keys.set(&format!("aws:ResourceTag/{key}"), value);
            need.keys.set(&format!("{service}:ResourceTag/{key}"), value);
        }
        need.policy = subject.policy;
        need
    }

    /// With a key of the context.
    pub(crate) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.keys.set(key, value);
        self
    }

    /// With a key of the context that has any number of values.
    pub(super) fn with_all(mut self, key: &str, values: Vec<String>) -> Self {
        self.keys.set_all(key, values);
        self
    }

    /// With the tags that the request brings along.
    pub(super) fn tagging(mut self, tags: &Tags) -> Self {
        for (key, value) in tags {
            self.keys.set(&format!("aws:RequestTag/{key}"), value);
        }
        if tags.is_empty() {
            self
        } else {
            self.with_all("aws:TagKeys", tags.keys().cloned().collect())
        }
    }

    /// With the keys of tags that the request takes away.
    pub(super) fn untagging(self, keys: &[String]) -> Self {
        if keys.is_empty() { self } else { self.with_all("aws:TagKeys", keys.to_vec()) }
    }

    /// Or else with another action.
    pub(super) fn or(mut self, action: &str) -> Self {
        self.actions.push(action.to_owned());
        self
    }

    /// Called by another name than its ARN when it is refused.
    pub(super) fn spoken(mut self, name: impl Into<String>) -> Self {
        self.spoken = Some(name.into());
        self
    }
}
