//! Secrets Manager: secrets and their versions.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>. Reads lag, lists
//! most; writes act on the truth. Rotation, replication, batches and managed secrets are not
//! modelled.

mod create;
mod delete;
mod drift;
mod key;
mod list;
mod names;
mod password;
mod policy;
mod read;
mod tags;
mod value;
mod versions;
mod write;

use serde::{Deserialize, Serialize};
use serde_json::json;

use self::{policy::Policy, versions::Versions};
use super::{
    permission::{ResourcePolicy, Subject},
    service::{self, Answer, Operation, Service},
};
use crate::{
    Settings, Time,
    fault::Fault,
    shelf::{AnyShelf, Kind, Record, Shelf},
    throttle::{Rate, rate},
    world::{Drift, Region, Retag},
};

/// What it holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Secrets {
    secrets: Shelf<Secret>,
}

/// A secret, by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Secret {
    /// What follows the name in the ARN.
    suffix: String,
    description: Option<String>,
    /// The key as it was named; nothing for the key of the service.
    key: Option<String>,
    versions: Versions,
    policy: Option<Policy>,
    created: Time,
    changed: Time,
    deletion: Option<Deletion>,
}

/// A deletion that was asked for and has not happened yet.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Deletion {
    asked: Time,
    /// The end of the recovery window.
    date: Time,
    /// When the secret is really gone and its name free.
    gone: Time,
    /// Whether there is no way back.
    forced: bool,
}

impl Kind for Secret {
    const TYPE: &'static str = "secret";
    const PREFIX: &'static str = "secret";
    const NOUN: &'static str = "secret";
    const NOT_FOUND: &'static str = "ResourceNotFoundException";
    const MALFORMED: &'static str = "ValidationException";

    fn path(record: &Record<Self>) -> String {
        format!("secret:{}-{}", record.id, record.suffix)
    }

    fn exists(&self) -> bool {
        self.deletion.is_none()
    }
}

type Call<'a> = service::Call<'a, Secrets>;

impl Call<'_> {
    fn arn(&self, name: &str, secret: &Secret) -> String {
        arn(self.settings, self.region, name, secret)
    }

    /// Changes a secret; that is when it was changed last.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Secret)) {
        let now = self.now;
        self.state.secrets.change(self.stamp, name, |it| {
            it.changed = now;
            change(it);
        });
    }
}

fn arn(settings: &Settings, region: &str, name: &str, secret: &Secret) -> String {
    let account = &settings.account;
    format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-{}", secret.suffix)
}

impl Secrets {
    /// What a permission on the secret depends on that a request names; nothing when there is none.
    pub(crate) fn judged(&self, settings: &Settings, region: &str, named: &str) -> Option<Subject> {
        let named = names::Named::parse(named.to_owned()).ok()?;
        let mut all = self.secrets.all().map(|it| (arn(settings, region, &it.id, it), it));
        let (arn, secret) = all.find(|it| named.means(&it.0, it.1))?;
        let policy = secret.policy.as_ref().and_then(Policy::document);
        let policy = policy.map(|document| ResourcePolicy { document, sole: false });
        Some(Subject { arn, tags: secret.tags.clone(), policy })
    }
}

impl Service for Secrets {
    const NAME: &'static str = "secretsmanager";
    const TARGET: &'static str = "secretsmanager";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("CreateSecret", true, create::create),
        ("DeleteResourcePolicy", true, policy::delete),
        ("DeleteSecret", true, delete::delete),
        ("DescribeSecret", false, read::describe),
        ("GetRandomPassword", false, password::random),
        ("GetResourcePolicy", false, policy::get),
        ("GetSecretValue", false, read::value),
        ("ListSecretVersionIds", false, read::versions),
        ("ListSecrets", false, list::list),
        ("PutResourcePolicy", true, policy::put),
        ("PutSecretValue", true, write::put),
        ("RestoreSecret", true, delete::restore),
        ("TagResource", true, tags::add),
        ("UntagResource", true, tags::remove),
        ("UpdateSecret", true, write::update),
        ("UpdateSecretVersionStage", true, write::stage),
    ];

    fn of(region: &Region) -> &Self {
        &region.secrets
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.secrets
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.secrets]
    }

    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
    fn rate(operation: &str) -> Rate {
        match operation {
            "DescribeSecret" | "GetSecretValue" => rate(10_000, 10_000),
            "ListSecrets" => rate(100, 100),
            _ => rate(50, 50),
        }
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        if kind != Secret::TYPE {
            return Vec::new();
        }
        let (actions, about) = (["TagResource", "UntagResource"], json!({ "SecretId": id }));
        change.json(Self::NAME, actions, &about, ["Key", "Value"])
    }

    fn settle(&mut self, settings: &Settings, now: Time) {
        delete::settle(self, settings, now);
    }
}

/// A value that no request may have.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}

/// A request that does not fit what there is.
fn refused(message: impl Into<String>) -> Fault {
    Fault::client("InvalidRequestException", message)
}

/// A member that is too short, too long or of the wrong form; its value is not said, for it may be
/// a secret.
fn constraint(member: &str, what: &str) -> Fault {
    let text = format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member \
         must {what}"
    );
    Fault::client("ValidationException", text)
}
