//! What a secret may be called, and how it is named.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html> and
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen>.

use super::{Call, Secret, constraint, refused};
use crate::{fault::Fault, shelf::Record};

const LONGEST: usize = 512;
/// How many random characters an ARN ends with.
pub(super) const SUFFIX: usize = 6;

/// Refuses a name no secret can have.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    let good = |it: char| it.is_ascii_alphanumeric() || "-/_+=.@!".contains(it);
    if !(1..=LONGEST).contains(&name.chars().count()) {
        return Err(constraint("name", "have length between 1 and 512"));
    }
    if !name.chars().all(good) {
        return Err(Fault::client(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the \
             following: -/_+=.@!",
        ));
    }
    Ok(())
}

pub(super) fn not_found() -> Fault {
    Fault::client("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

/// How a secret is named: by its name, or by its ARN with or without the random characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Name(String),
    Arn { prefix: String, rest: String },
}

impl Named {
    /// Reads `SecretId`.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Fault> {
        Self::parse(call.members.need("SecretId")?)
    }

    /// Reads a name or an ARN.
    pub(super) fn parse(text: String) -> Result<Self, Fault> {
        if !(1..=2048).contains(&text.chars().count()) {
            return Err(constraint("secretId", "have length between 1 and 2048"));
        }
        let Some(at) = text.find(":secret:").filter(|_| text.starts_with("arn:")) else {
            check(&text)?;
            return Ok(Self::Name(text));
        };
        let (prefix, rest) = text.split_at(at + ":secret:".len());
        check(rest)?;
        Ok(Self::Arn { prefix: prefix.to_owned(), rest: rest.to_owned() })
    }

    /// Whether that secret is meant. What ends as a whole ARN does is taken for one.
    pub(super) fn means(&self, arn: &str, secret: &Record<Secret>) -> bool {
        match self {
            Self::Name(name) => secret.id == *name,
            Self::Arn { prefix, rest } => {
                let Some(whole) = arn.strip_prefix(prefix.as_str()) else { return false };
                whole == rest || (secret.id == *rest && !looks_whole(rest))
            }
        }
    }

    /// The name that is meant, whether there is such a secret or not.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Arn { rest, .. } if looks_whole(rest) => {
                rest.get(..rest.len() - SUFFIX - 1).unwrap_or(rest)
            }
            Self::Arn { rest, .. } => rest,
        }
    }
}

fn looks_whole(rest: &str) -> bool {
    let suffix = rest.rsplit_once('-').map(|it| it.1);
    suffix.is_some_and(|it| it.len() == SUFFIX && it.chars().all(|it| it.is_ascii_alphanumeric()))
}

/// The secret that `SecretId` names, as it truly is.
pub(super) fn find<'a>(call: &'a Call<'_>) -> Result<&'a Record<Secret>, Fault> {
    let named = Named::read(call)?;
    let known = |it: &&Record<Secret>| {
        !call.settings.lag.dependents || call.state.secrets.seen(&it.id, call.by_id()).is_some()
    };
    let mut all = call.state.secrets.all().filter(|it| named.means(&call.arn(&it.id, it), it));
    all.find(known).ok_or_else(not_found)
}

/// The same, if it is not to be deleted.
pub(super) fn find_living<'a>(call: &'a Call<'_>) -> Result<&'a Record<Secret>, Fault> {
    living(find(call)?)
}

/// The secret that `SecretId` names, as a read sees it.
pub(super) fn see<'a>(call: &'a Call<'_>) -> Result<&'a Record<Secret>, Fault> {
    let named = Named::read(call)?;
    let mut all = call.state.secrets.all_seen(call.by_id());
    all.find(|it| named.means(&call.arn(&it.id, it), it)).ok_or_else(not_found)
}

/// Refuses a secret that is to be deleted.
pub(super) fn living(secret: &Record<Secret>) -> Result<&Record<Secret>, Fault> {
    match secret.deletion {
        None => Ok(secret),
        Some(deletion) => {
            let how = if deletion.forced { "deleted" } else { "marked for deletion" };
            Err(refused(format!(
                "You can't perform this operation on the secret because it was {how}."
            )))
        }
    }
}
