//! SSM: parameters.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html> and its
//! sisters. Reads lag as EC2's do; puts and deletes act on the truth.

mod key;
mod names;
mod public;
mod read;
mod tags;
mod write;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::service::{self, Answer, Operation, Service};
use crate::{
    Time,
    fault::Fault,
    hidden::Hidden,
    shelf::{AnyShelf, Kind, Record, Shelf},
    throttle::{self, Rate},
    world::{Drift, Region, Retag},
};

/// What SSM holds in a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ssm {
    parameters: Shelf<Parameter>,
}

/// A parameter: what it is, and each version of its value.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Parameter {
    kind: Type,
    tier: Tier,
    description: Option<String>,
    key: Option<String>,
    first: u64,
    values: Vec<Hidden>,
    modified: Time,
    /// The ARN of whoever changed it last.
    #[serde(default)]
    by: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Type {
    String,
    StringList,
    SecureString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Tier {
    Standard,
    Advanced,
}

impl Parameter {
    /// The number of the newest version; the oldest are forgotten after a hundred.
    fn version(&self) -> u64 {
        self.first + self.values.len() as u64 - 1
    }

    fn value(&self, version: u64) -> Option<&str> {
        let index = usize::try_from(version.checked_sub(self.first)?).ok()?;
        self.values.get(index).map(Hidden::reveal)
    }
}

impl Kind for Parameter {
    const TYPE: &'static str = "parameter";
    const PREFIX: &'static str = "/";
    const NOUN: &'static str = "parameter";
    const NOT_FOUND: &'static str = "ParameterNotFound";
    const MALFORMED: &'static str = "ValidationException";

    fn path(record: &Record<Self>) -> String {
        format!("parameter/{}", record.id.trim_start_matches('/'))
    }
}

type Call<'a> = service::Call<'a, Ssm>;

impl Call<'_> {
    fn arn(&self, name: &str) -> String {
        let slash = if name.starts_with('/') { "" } else { "/" };
        let account = &self.settings.account;
        format!("arn:aws:ssm:{}:{account}:parameter{slash}{name}", self.region)
    }
}

impl Service for Ssm {
    const NAME: &'static str = "ssm";
    const TARGET: &'static str = "AmazonSSM";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("AddTagsToResource", true, tags::add),
        ("DeleteParameter", true, write::delete),
        ("DeleteParameters", true, write::delete_many),
        ("DescribeParameters", false, read::describe),
        ("GetParameter", false, read::get),
        ("GetParameters", false, read::get_many),
        ("GetParametersByPath", false, read::by_path),
        ("ListTagsForResource", false, tags::list),
        ("PutParameter", true, write::put),
        ("RemoveTagsFromResource", true, tags::remove),
    ];

    fn of(region: &Region) -> &Self {
        &region.ssm
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.ssm
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.parameters]
    }

    fn rate(operation: &str) -> Rate {
        throttle::ssm(operation)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        if kind != Parameter::TYPE {
            return Vec::new();
        }
        let about = json!({ "ResourceType": "Parameter", "ResourceId": id });
        let actions = ["AddTagsToResource", "RemoveTagsFromResource"];
        change.json(Self::NAME, actions, &about, ["Key", "Value"])
    }
}

/// The caller's mistake, as SSM says it when it has no word of its own for it.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}
