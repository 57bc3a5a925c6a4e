//! Names in DNS, in the one form Route 53 keeps.
//!
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>: lower case, with a dot at
//! the end; what is no letter, digit, hyphen or underscore is escaped by its octal code.

use std::fmt::Write as _;

/// The longest name and the longest part of one.
const LONGEST: usize = 255;
const LONGEST_LABEL: usize = 63;

/// Reads a name; nothing if it is none.
pub(super) fn normal(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut out = String::new();
    for label in text.split('.') {
        if label.is_empty() {
            return None;
        }
        let mut letters = label.chars().peekable();
        let mut length = 0;
        while let Some(letter) = letters.next() {
            length += 1;
            match letter {
                'a'..='z' | '0'..='9' | '-' | '_' => out.push(letter),
                'A'..='Z' => out.push(letter.to_ascii_lowercase()),
                '\\' => {
                    let digits: String =
                        std::iter::from_fn(|| letters.next_if(|it| ('0'..='7').contains(it)))
                            .take(3)
                            .collect();
                    let code = u8::from_str_radix(&digits, 8).ok().filter(|_| digits.len() == 3)?;
                    match char::from(code) {
                        plain @ ('a'..='z' | '0'..='9' | '-' | '_') => out.push(plain),
                        upper @ 'A'..='Z' => out.push(upper.to_ascii_lowercase()),
                        _ => write!(out, "\\{code:03o}").ok()?,
                    }
                }
                other if other.is_ascii_graphic() => {
                    write!(out, "\\{:03o}", u32::from(other)).ok()?;
                }
                _ => return None,
            }
        }
        if length > LONGEST_LABEL {
            return None;
        }
        out.push('.');
    }
    (out.len() <= LONGEST).then_some(out)
}

/// Whether a name lies in a zone, both as they are kept.
pub(super) fn lies_in(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What names are sorted by: their parts from the end, and the dot before all else.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>
pub(super) fn order(name: &str) -> Vec<String> {
    name.trim_end_matches('.').rsplit('.').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_in_one_form() {
        for (given, kept) in [
            ("Node.Example.COM", Some("node.example.com.")),
            ("node.example.com.", Some("node.example.com.")),
            ("*.example.com", Some("\\052.example.com.")),
            ("\\052.example.com", Some("\\052.example.com.")),
            ("_clctl.example.com", Some("_clctl.example.com.")),
            ("a..example.com", None),
            ("a b.example.com", None),
        ] {
            assert_eq!(normal(given).as_deref(), kept, "{given}");
        }
    }

    #[test]
    fn names_are_sorted_from_their_end() {
        let mut names = [
            "b.example.com.",
            "example.net.",
            "a.b.example.com.",
            "example.com.",
            "a.example.com.",
        ];
        names.sort_by_key(|it| order(it));
        let sorted = [
            "example.com.",
            "a.example.com.",
            "b.example.com.",
            "a.b.example.com.",
            "example.net.",
        ];
        assert_eq!(names, sorted);
        assert!(
            lies_in("a.example.com.", "example.com.") && lies_in("example.com.", "example.com.")
        );
        assert!(!lies_in("badexample.com.", "example.com."));
    }
}
