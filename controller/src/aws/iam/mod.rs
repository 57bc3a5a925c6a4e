//! IAM: who may do what. The same for all regions of an account: names carry the region.

mod allowed;
mod instance_profile;
mod role;

pub(super) use self::allowed::ALLOWED;
pub use self::{
    allowed::{Ruling, Says, is_there, principal, rulings},
    instance_profile::{
        HeldRole, InstanceProfile, InstanceProfileArn, InstanceProfileConfig,
        InstanceProfileOutputs,
    },
    role::{Role, RoleArn, RoleConfig, RoleOutputs},
};

use aws_sdk_iam::types::Tag;
use percent_encoding::percent_decode_str;

use crate::engine::{CallError, Identity, Phase, PhysicalId};

use super::{Environment, answers::another, clients::Aws, policy::Policy, tags::Tags};

/// The largest page of IAM's lists.
const PAGE: i32 = 1000;

/// What an object of ours is called in IAM, within 64 characters.
fn object_name(aws: &Aws, me: &Identity) -> String {
    let base = format!("{}{}", name_prefix(aws), me.address.name);
    if me.ordinal > 1 { format!("{base}-{}", me.ordinal) } else { base }
}

/// How the names of our objects begin.
fn name_prefix(aws: &Aws) -> String {
    let environment = &aws.environment;
    format!("clctl-{}-{}-", environment.name, environment.region)
}

/// The name at the end of an ARN, behind any path.
fn name_of(arn: &PhysicalId) -> &str {
    arn.0.rsplit('/').next().unwrap_or_default()
}

/// The ARN of an object that an answer tells of, and whether the answer gives it.
///
/// For a moment after its creation IAM may give a bare id where the ARN belongs: then the object is not
/// known everywhere yet, and its ARN follows from its name.
fn arn(
    aws: &Aws,
    (operation, kind): (&'static str, &str),
    (asked, name): (&str, &str),
    arn: &str,
) -> Result<(String, Phase), CallError> {
    // Names are one whatever their case.
    if !name.eq_ignore_ascii_case(asked) {
        return Err(another(operation, name, asked));
    }
    if arn.starts_with("arn:") && arn.ends_with(&format!("/{name}")) {
        return Ok((arn.to_owned(), Phase::Ready));
    }
    let Environment { partition, account, .. } = &aws.environment;
    let arn = format!("arn:{partition}:iam::{account}:{kind}/{name}");
    Ok((arn, Phase::Pending("not known everywhere".to_owned())))
}

/// Reads a document, which IAM gives in the encoding of URLs.
fn document(encoded: &str) -> Policy {
    Policy::read(&percent_decode_str(encoded).decode_utf8_lossy())
}

/// Tags of IAM's as keys and values.
fn pairs(tags: &[Tag]) -> Vec<(String, String)> {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn as_tag(key: &str, value: String) -> Option<Tag> {
    Tag::builder().key(key).value(value).build().ok()
}

/// These tags for the object of that ordinal.
fn as_tags(tags: &Tags, ordinal: u32) -> Vec<Tag> {
    tags.to(ordinal).filter_map(|(key, value)| as_tag(key, value)).collect()
}
