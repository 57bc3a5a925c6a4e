//! Filters of Describe calls.
//!
//! All filters must match, any of a filter's values may. Values are case-sensitive; `*` stands
//! for any text, `?` for one character, a backslash takes away their meaning.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>

use super::resource::Resource;
use crate::{fault::Fault, shelf::Tags, wire::query::Reader};

const MOST_VALUES: usize = 200;

#[derive(Debug)]
struct Filter {
    name: String,
    values: Vec<String>,
}

/// The filters of a request, each known to its kind.
#[derive(Debug)]
pub(super) struct Filters(Vec<Filter>);

impl Filters {
    /// Reads the filters of a request for a kind.
    pub(super) fn read<T: Resource>(params: &Reader<'_>) -> Result<Self, Fault> {
        Self::among(params, T::FILTERS, true)
    }

    /// Reads the filters of a request; only those of `known` exist, `tag:<key>` and, with `tags`,
    /// those for any key and any value.
    pub(super) fn among(params: &Reader<'_>, known: &[&str], tags: bool) -> Result<Self, Fault> {
        let mut filters = Vec::new();
        for each in params.structs("Filter") {
            let name = each.need("Name")?;
            let values = each.list("Value");
            let of_tags = name.starts_with("tag:")
                || (tags && matches!(name.as_str(), "tag-key" | "tag-value"));
            if !of_tags && !known.contains(&name.as_str()) {
                return Err(Fault::invalid(format!("The filter '{name}' is invalid")));
            }
            if values.is_empty() {
                return Err(Fault::invalid(format!("The filter '{name}' must have a value")));
            }
            if values.len() > MOST_VALUES {
                let text = format!("The maximum length for the filter '{name}' is {MOST_VALUES}");
                return Err(Fault::client("FilterLimitExceeded", text));
            }
            filters.push(Filter { name, values });
        }
        Ok(Self(filters))
    }

    /// Whether an object passes; `look` gives what a filter of its kind compares with.
    pub(super) fn keep(&self, tags: &Tags, look: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|filter| {
            let found = match filter.name.as_str() {
                "tag-key" => tags.keys().cloned().collect(),
                "tag-value" => tags.values().cloned().collect(),
                name => match name.strip_prefix("tag:") {
                    Some(key) => tags.get(key).cloned().into_iter().collect(),
                    None => look(name),
                },
            };
            found.iter().any(|it| filter.values.iter().any(|pattern| matches(pattern, it)))
        })
    }
}

/// Whether a text is what a pattern describes.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    fits(&pattern, &text)
}

fn fits(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            (0..=text.len()).any(|skip| text.get(skip..).is_some_and(|it| fits(rest, it)))
        }
        (['?', rest @ ..], [_, after @ ..]) => fits(rest, after),
        (['\\', wanted, rest @ ..] | [wanted, rest @ ..], [first, after @ ..]) => {
            wanted == first && fits(rest, after)
        }
        _ => false,
    }
}

/// A truth value as filters write it.
pub(super) fn truth(value: bool) -> Vec<String> {
    vec![value.to_string()]
}

/// A single value.
#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
pub(super) fn one(value: impl ToString) -> Vec<String> {
    vec![value.to_string()]
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_match_as_documented() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("a", "A", false),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("\\*amazon\\?\\\\", "*amazon?\\", true),
            ("\\*", "x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
