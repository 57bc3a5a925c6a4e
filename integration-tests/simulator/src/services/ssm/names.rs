//! What a parameter may be called, and how it is asked for.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html>

use super::invalid;
use crate::fault::Fault;

/// The levels a name may have.
const DEEPEST: usize = 15;
/// The characters a name may have.
const LONGEST: usize = 1011;

/// Refuses a name no parameter can have.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    let good = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-' | '/');
    if name.is_empty() || name.chars().count() > LONGEST || !name.chars().all(good) {
        return Err(invalid(format!(
            "Invalid parameter name {name}. Only a mix of letters, numbers and the following \
             symbols are allowed: .-_/"
        )));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(invalid("Parameter name must be a fully qualified name."));
    }
    if name.ends_with('/') || name.contains("//") {
        return Err(invalid(format!("Parameter name {name} has an empty sub-path.")));
    }
    if name.matches('/').count() > DEEPEST {
        let text = format!("A hierarchy can have a maximum of {DEEPEST} levels.");
        return Err(Fault::client("HierarchyLevelLimitExceededException", text));
    }
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if name.starts_with('/') && first.starts_with("aws") {
        let text = format!("No access to reserved parameter name: {name}.");
        return Err(Fault::client("AccessDeniedException", text));
    }
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(invalid(
            "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). If \
             formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path \
             can be formed as a mix of letters, numbers and the following 3 symbols .-_",
        ));
    }
    Ok(())
}

/// The parameter that is asked for: by name or Amazon resource name, with or without a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) selector: Option<String>,
}

/// Reads how a parameter is asked for.
pub(super) fn wanted(text: &str) -> Result<Wanted, Fault> {
    let rest = match text.strip_prefix("arn:") {
        Some(arn) => {
            let path = arn.splitn(5, ':').nth(4).and_then(|it| it.strip_prefix("parameter"));
            path.ok_or_else(|| invalid(format!("Invalid parameter ARN {text}")))?
        }
        None => text,
    };
    let (name, selector) = match rest.split_once(':') {
        Some((name, selector)) => (name, Some(selector.to_owned())),
        None => (rest, None),
    };
    if name.starts_with("/aws/") {
        return Err(Fault::unsupported(format!("the public parameter {name}")));
    }
    Ok(Wanted { name: name.to_owned(), selector })
}
