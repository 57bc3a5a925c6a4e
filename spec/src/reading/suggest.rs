//! "Did you mean …?"

use strsim::osa_distance;

/// The one of `known` that `given` is most likely meant to be.
pub(crate) fn closest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given = normal(given);
    let limit = (given.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (osa_distance(&given, &normal(name)), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `account_id`, `account-id` and `AccountId` are all meant to be `accountId`.
pub(crate) fn normal(name: &str) -> String {
    // Longer than any field: not worth comparing in full.
    name.chars().take(64).filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_are_near_or_none() {
        let known = ["accountId", "region", "tags", "devOpsGuruTagKey"];
        assert_eq!(closest("regoin", known), Some("region"));
        assert_eq!(closest("account_id", known), Some("accountId"));
        assert_eq!(closest("AccountID", known), Some("accountId"));
        assert_eq!(closest("devopsGuruTagkey", known), Some("devOpsGuruTagKey"));
        assert_eq!(closest("tag", known), Some("tags"));
        assert_eq!(closest("password", known), None);
        assert_eq!(closest("", known), None);
    }
}
