//! Words for a POSIX shell: whatever is in them, they stay one word and nothing is expanded.
//!
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02>

/// A word in single quotes.
pub(super) fn single_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A word, in quotes where it needs them.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    // What begins like an assignment or a comment would be one.
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('=') {
        word.to_owned()
    } else {
        single_quoted(word)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_needs_no_quotes_has_none() {
        assert_eq!(quoted("portNumber=%p"), "portNumber=%p");
        assert_eq!(quoted("ec2-user@i-0123"), "ec2-user@i-0123");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("$HOME `id`"), "'$HOME `id`'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_shell_gives_back_what_it_was_given(word in "[^\0]{0,40}") {
            for text in [quoted(&word), single_quoted(&word)] {
                let script = format!("printf '%s.' {text}");
                let told = Command::new("sh").args(["-c", &script]).output().unwrap().stdout;
                prop_assert_eq!(String::from_utf8(told).unwrap(), format!("{}.", word));
            }
        }
    }
}
