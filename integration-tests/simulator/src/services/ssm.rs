//! SSM: parameters.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html> and its
//! sisters. Reads lag as EC2's do; puts and deletes act on the truth.

mod names;
mod read;
mod tags;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Life, Settings, Time, World,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf as _, Eyes, Kind, Shelf, Stamp},
    throttle,
    wire::json::Members,
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
    values: Vec<String>,
    modified: Time,
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
        self.values.get(index).map(String::as_str)
    }
}

impl Kind for Parameter {
    const TYPE: &'static str = "parameter";
    const PREFIX: &'static str = "/";
    const NOUN: &'static str = "parameter";
    const NOT_FOUND: &'static str = "ParameterNotFound";
    const MALFORMED: &'static str = "ValidationException";
}

impl Ssm {
    /// The names of all parameters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.all().map(|it| it.id.as_str())
    }

    pub(crate) fn lives(&self) -> &BTreeMap<String, Life> {
        self.parameters.lives()
    }
}

/// What an operation works with.
struct Call<'a> {
    settings: &'a Settings,
    region: &'a str,
    ssm: &'a mut Ssm,
    now: Time,
    stamp: Stamp,
    behind: u64,
    members: &'a Members,
}

impl Call<'_> {
    fn eyes(&self, list: bool) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list }
    }

    fn arn(&self, name: &str) -> String {
        let slash = if name.starts_with('/') { "" } else { "/" };
        let account = &self.settings.account;
        format!("arn:aws:ssm:{}:{account}:parameter{slash}{name}", self.region)
    }
}

type Answer = Result<Value, Fault>;

/// An operation: its name, whether it writes, what it does.
type Operation = (&'static str, bool, fn(&mut Call<'_>) -> Answer);

const OPERATIONS: &[Operation] = &[
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

fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|it| it.0 == name)
}

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    operation(name).is_some_and(|it| it.1)
}

/// The caller's mistake, as SSM says it when it has no word of its own for it.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

/// Answers a request.
pub(crate) fn ask(
    world: &mut World,
    region: &str,
    name: &str,
    members: &Members,
    mut rng: Rng,
) -> Answer {
    let Some((_, _, run)) = operation(name) else {
        return Err(Fault::unsupported(format!("the operation ssm:{name}")));
    };
    world.region(region);
    let World { settings, now, buckets, regions, .. } = world;
    let Some(ssm) = regions.get_mut(region).map(|it| &mut it.ssm) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let bucket = format!("{region}/ssm:{name}");
    if settings.throttling && !buckets.take(bucket, throttle::ssm(name), *now) {
        return Err(Fault::client("ThrottlingException", "Rate exceeded"));
    }
    let action = format!("ssm:{name}");
    if settings.denies(&action) {
        let text = format!(
            "User: {} is not authorized to perform: {action} on resource: \
             arn:aws:ssm:{region}:{}:* because no identity-based policy allows the {action} action",
            settings.caller_arn(),
            settings.account,
        );
        return Err(Fault::client("AccessDeniedException", text));
    }
    let mut copy = ssm.clone();
    let mut call = Call {
        settings,
        region,
        ssm: &mut copy,
        now: *now,
        stamp: Stamp::draw(&settings.lag, &mut rng, *now),
        behind: rng.below(1000),
        members,
    };
    let answer = run(&mut call)?;
    if let Some(unread) = members.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    *ssm = copy;
    Ok(answer)
}
