//! What a tag may be, wherever AWS has tags.
//!
//! <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>; each
//! service has its own code and form for what is wrong.

/// Characters besides letters, digits and spaces.
const SIGNS: &str = "_.:/=+-@";

/// What is wrong with a tag, if anything is.
pub(super) fn flaw(key: &str, value: &str) -> Option<String> {
    flaw_of_key(key).or_else(|| {
        if value.chars().count() > 256 {
            Some(format!("The value of the tag '{key}' is longer than 256 characters"))
        } else if value.chars().all(allowed) {
            None
        } else {
            Some(format!("The value of the tag '{key}' has characters that are not allowed"))
        }
    })
}

/// What is wrong with a tag's key, if anything is.
pub(super) fn flaw_of_key(key: &str) -> Option<String> {
    if !(1..=128).contains(&key.chars().count()) {
        Some(format!("The tag key '{key}' does not have 1 to 128 characters"))
    } else if key.to_lowercase().starts_with("aws:") {
        Some(format!("The tag key '{key}' begins with aws:, which is reserved"))
    } else if !key.chars().all(allowed) {
        Some(format!("The tag key '{key}' has characters that are not allowed"))
    } else {
        None
    }
}

fn allowed(it: char) -> bool {
    it.is_alphanumeric() || it.is_whitespace() || SIGNS.contains(it)
}
