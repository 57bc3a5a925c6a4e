//! Patterns of policies: wildcards, and the variables that are filled in before.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use super::condition::Context;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// `*`
    Any,
    /// `?`
    One,
    Is(char),
}

/// A text with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Piece>);

/// The pattern a text stands for, its policy variables filled in where there are such.
///
/// Nothing when a variable has no value and no default: then nothing matches. What a variable
/// stands for has no wildcards of its own.
pub(crate) fn fill(text: &str, context: &Context, variables: bool) -> Option<Pattern> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if variables
            && let Some((inside, after)) = rest.strip_prefix("${").and_then(|it| it.split_once('}'))
        {
            pieces.extend(variable(inside, context)?.chars().map(Piece::Is));
            rest = after;
            continue;
        }
        pieces.push(match first {
            '*' => Piece::Any,
            '?' => Piece::One,
            other => Piece::Is(other),
        });
        rest = &rest[first.len_utf8()..];
    }
    Some(Pattern(pieces))
}

fn variable(inside: &str, context: &Context) -> Option<String> {
    if matches!(inside, "*" | "?" | "$") {
        return Some(inside.to_owned());
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default)),
        None => (inside, None),
    };
    let default = default.map(|it| it.trim().trim_matches('\'').to_owned());
    context.single(key).map(str::to_owned).or(default)
}

/// The keys whose values a text takes in as variables.
pub(crate) fn variables(text: &str) -> Vec<String> {
    let inside = text.split("${").skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0);
    let named = inside.filter(|it| !matches!(*it, "*" | "?" | "$") && !it.contains(','));
    named.map(str::to_owned).collect()
}

impl Pattern {
    /// The text, with wildcards as plain characters.
    pub(crate) fn as_text(&self) -> String {
        let plain = |it: &Piece| match it {
            Piece::Any => '*',
            Piece::One => '?',
            Piece::Is(it) => *it,
        };
        self.0.iter().map(plain).collect()
    }

    /// Whether the whole of `text` is like this.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        like(&self.0, &text)
    }

    /// The same, whatever the case.
    pub(crate) fn matches_ignoring_case(&self, text: &str) -> bool {
        let lower = |it: &Piece| match it {
            Piece::Is(it) => Piece::Is(it.to_ascii_lowercase()),
            Piece::Any => Piece::Any,
            Piece::One => Piece::One,
        };
        Self(self.0.iter().map(lower).collect()).matches(&text.to_ascii_lowercase())
    }

    /// Whether an ARN is like this one, part by part: a wildcard does not reach over a colon,
    /// except in the last part.
    pub(crate) fn matches_arn(&self, arn: &str) -> bool {
        let colon = |it: &Piece| *it == Piece::Is(':');
        let mut patterns = self.0.splitn(6, colon);
        let mut parts = arn.splitn(6, ':');
        loop {
            match (patterns.next(), parts.next()) {
                (None, None) => return true,
                (Some(pattern), Some(part)) => {
                    let part: Vec<char> = part.chars().collect();
                    if !like(pattern, &part) {
                        return false;
                    }
                }
                (Some(_), None) | (None, Some(_)) => return false,
            }
        }
    }
}

/// Whether a text is like a pattern; in time of their product at worst.
fn like(pattern: &[Piece], text: &[char]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while seen < text.len() {
        match (pattern.get(at), text.get(seen)) {
            (Some(Piece::Any), _) => {
                retry = Some((at + 1, seen));
                at += 1;
            }
            (Some(Piece::One), Some(_)) => (at, seen) = (at + 1, seen + 1),
            (Some(Piece::Is(wanted)), Some(given)) if wanted == given => {
                (at, seen) = (at + 1, seen + 1);
            }
            (Some(_) | None, _) => {
                let Some((after, from)) = retry else { return false };
                retry = Some((after, from + 1));
                (at, seen) = (after, from + 1);
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|it| *it == Piece::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        fill(text, &Context::default(), false).unwrap()
    }

    #[test]
    fn wildcards_reach_as_far_as_they_must() {
        for (wanted, text, expected) in [
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "abcbc", true),
            ("a*b", "abc", false),
            ("a?", "a", false),
            ("a?c", "abc", true),
            ("**", "x", true),
            ("", "x", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b", true),
        ] {
            assert_eq!(pattern(wanted).matches(text), expected, "{wanted} {text}");
        }
        assert!(pattern("ec2:Describe*").matches_ignoring_case("EC2:describevpcs"));
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    #[test]
    fn variables_are_filled_in_and_what_has_no_value_matches_nothing() {
        let mut context = Context::default();
        context.set("aws:PrincipalTag/team", "a*");
        let team = "${aws:PrincipalTag/Team}/x";
        assert!(fill(team, &context, true).unwrap().matches("a*/x"));
        assert!(!fill(team, &context, true).unwrap().matches("ab/x"));
        assert!(fill(team, &context, false).unwrap().matches(team));
        assert_eq!(fill("${aws:username}", &context, true), None);
        let default = fill("${aws:username, 'nobody'}", &context, true).unwrap();
        assert!(default.matches("nobody"));
        assert_eq!(variables("a/${aws:username}/${*}"), ["aws:username"]);
    }
}
