//! "Did you mean …?"

/// The one of `known` that `given` is most likely meant to be.
pub(crate) fn closest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given = normal(given);
    let limit = (given.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(&given, &normal(name)), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `account_id`, `account-id` and `AccountId` are all meant to be `accountId`.
pub(crate) fn normal(name: &str) -> String {
    // Longer than any field: not worth comparing in full.
    name.chars().take(64).filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// How many characters to insert, remove, change or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        let mut last_b = None;
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&row, j) + usize::from(x != *y)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            if last_a == Some(*y) && last_b == Some(x) {
                best = best.min(at(&before, j.wrapping_sub(1)) + 1);
            }
            next.push(best);
            last_b = Some(*y);
        }
        last_a = Some(x);
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
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

    #[test]
    fn distance_counts_edits() {
        for (a, b, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("ab", "ba", 1),
            ("kitten", "sitting", 3),
            ("abc", "acb", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
