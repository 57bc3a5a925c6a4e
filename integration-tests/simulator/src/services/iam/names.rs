//! What things of IAM may be called, and how documents travel.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::call::{Call, violates};
use crate::{Time, fault::Fault};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A document as answers carry it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

/// A moment as IAM writes it: in whole seconds.
pub(super) fn date(time: Time) -> String {
    let text = time.to_string();
    text.split_once('.').map(|it| format!("{}Z", it.0)).unwrap_or(text)
}

/// How long a text is without its white space, as quotas count it.
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|it| !it.is_whitespace()).count()
}

/// A name that has to be given.
pub(super) fn name(call: &Call<'_>, parameter: &str, longest: usize) -> Result<String, Fault> {
    let name = call.need(parameter)?;
    let good = |it: char| it.is_ascii_alphanumeric() || "_+=,.@-".contains(it);
    if name.is_empty() {
        let rule = "Member must have length greater than or equal to 1";
        return Err(violates(&name, parameter, rule));
    }
    if name.chars().count() > longest {
        let rule = format!("Member must have length less than or equal to {longest}");
        return Err(violates(&name, parameter, &rule));
    }
    if !name.chars().all(good) {
        let rule = "Member must satisfy regular expression pattern: [\\w+=,.@-]+";
        return Err(violates(&name, parameter, rule));
    }
    Ok(name)
}

/// A path; `/` when none is given.
pub(super) fn path(call: &Call<'_>) -> Result<String, Fault> {
    let path = call.params.text("Path").unwrap_or_else(|| "/".to_owned());
    let good = path.chars().all(|it| ('\u{21}'..='\u{7e}').contains(&it))
        && path.starts_with('/')
        && path.ends_with('/');
    if !good || path.len() > 512 {
        let rule = "Member must satisfy regular expression pattern: \
                    (\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)";
        return Err(violates(&path, "Path", rule));
    }
    Ok(path)
}

/// The beginning of the paths to list.
pub(super) fn path_prefix(call: &Call<'_>) -> Result<String, Fault> {
    let prefix = call.params.text("PathPrefix").unwrap_or_else(|| "/".to_owned());
    if !prefix.starts_with('/') || prefix.len() > 512 {
        let rule = "Member must satisfy regular expression pattern: \\u002F[\\u0021-\\u007F]*";
        return Err(violates(&prefix, "PathPrefix", rule));
    }
    Ok(prefix)
}
