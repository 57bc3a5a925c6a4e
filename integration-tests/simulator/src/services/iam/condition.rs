//! Conditions of a statement.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! and, for sets of values,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::pattern::{self, Pattern};

/// What is known of a request: keys, whatever their case, each with its values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Adds a key with one value.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.set_all(key, vec![value.into()]);
    }

    /// Adds a key with as many values as there are.
    pub(crate) fn set_all(&mut self, key: &str, values: Vec<String>) {
        self.0.insert(key.to_ascii_lowercase(), values);
    }

    /// Adds what another knows; of a key that both have, the other's values count.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(key, values)| (key.clone(), values.clone())));
    }

    /// The values of a key; nothing when the request does not have it.
    pub(crate) fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }

    /// The value of a key that has just one.
    pub(crate) fn single(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            [one] => Some(one),
            _ => None,
        }
    }
}

/// How one value of the request is compared with one of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    String,
    StringIgnoringCase,
    StringLike,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// The key has one value.
    One,
    ForAllValues,
    ForAnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Null,
    Values { compare: Compare, negated: bool, if_exists: bool, set: Set },
}

/// One operator on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    test: Test,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

impl Condition {
    /// Reads a condition; nothing when there is no such operator.
    pub(crate) fn new(operator: &str, key: &str, values: Vec<String>) -> Option<Self> {
        Some(Self { test: test(operator)?, key: key.to_owned(), values })
    }

    /// Whether it holds; `variables` tells whether the document's version knows policy variables.
    pub(crate) fn holds(&self, context: &Context, variables: bool) -> bool {
        let present = context.get(&self.key).filter(|it| !it.is_empty());
        let (compare, negated, if_exists, set) = match self.test {
            Test::Null => {
                let absent = if present.is_none() { "true" } else { "false" };
                return self.values.iter().any(|it| it.eq_ignore_ascii_case(absent));
            }
            Test::Values { compare, negated, if_exists, set } => (compare, negated, if_exists, set),
        };
        let Some(given) = present else {
            return if_exists
                || match set {
                    Set::One => negated,
                    Set::ForAllValues => true,
                    Set::ForAnyValue => false,
                };
        };
        // A negated operator wants that no value of the policy matches.
        let fits = |value: &String| {
            negated
                != self.values.iter().any(|it| {
                    let wanted = pattern::fill(it, context, variables);
                    wanted.is_some_and(|it| compare.matches(value, &it))
                })
        };
        match set {
            Set::One if negated => given.iter().all(fits),
            Set::One | Set::ForAnyValue => given.iter().any(fits),
            Set::ForAllValues => given.iter().all(fits),
        }
    }
}

fn test(operator: &str) -> Option<Test> {
    let (set, rest) = match operator.split_once(':') {
        None => (Set::One, operator),
        Some(("ForAllValues", rest)) => (Set::ForAllValues, rest),
        Some(("ForAnyValue", rest)) => (Set::ForAnyValue, rest),
        Some(_) => return None,
    };
    if rest == "Null" {
        return (set == Set::One).then_some(Test::Null);
    }
    let (name, if_exists) = match rest.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (rest, false),
    };
    let (compare, negated) = match name {
        "StringEquals" => (Compare::String, false),
        "StringNotEquals" => (Compare::String, true),
        "StringEqualsIgnoreCase" => (Compare::StringIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Compare::StringIgnoringCase, true),
        "StringLike" => (Compare::StringLike, false),
        "StringNotLike" => (Compare::StringLike, true),
        "NumericEquals" => (Compare::Number(Order::Equal), false),
        "NumericNotEquals" => (Compare::Number(Order::Equal), true),
        "NumericLessThan" => (Compare::Number(Order::Less), false),
        "NumericLessThanEquals" => (Compare::Number(Order::LessOrEqual), false),
        "NumericGreaterThan" => (Compare::Number(Order::Greater), false),
        "NumericGreaterThanEquals" => (Compare::Number(Order::GreaterOrEqual), false),
        "DateEquals" => (Compare::Date(Order::Equal), false),
        "DateNotEquals" => (Compare::Date(Order::Equal), true),
        "DateLessThan" => (Compare::Date(Order::Less), false),
        "DateLessThanEquals" => (Compare::Date(Order::LessOrEqual), false),
        "DateGreaterThan" => (Compare::Date(Order::Greater), false),
        "DateGreaterThanEquals" => (Compare::Date(Order::GreaterOrEqual), false),
        "Bool" => (Compare::Bool, false),
        "BinaryEquals" => (Compare::Binary, false),
        "IpAddress" => (Compare::Ip, false),
        "NotIpAddress" => (Compare::Ip, true),
        // The two forms behave identically.
        "ArnEquals" | "ArnLike" => (Compare::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Compare::Arn, true),
        _ => return None,
    };
    Some(Test::Values { compare, negated, if_exists, set })
}

impl Compare {
    fn matches(self, value: &str, wanted: &Pattern) -> bool {
        let plain = wanted.as_text();
        match self {
            Self::String | Self::Binary => value == plain,
            Self::StringIgnoringCase => value.to_lowercase() == plain.to_lowercase(),
            Self::StringLike => wanted.matches(value),
            Self::Bool => value.eq_ignore_ascii_case(&plain),
            Self::Number(order) => match (value.parse::<f64>(), plain.parse::<f64>()) {
                (Ok(value), Ok(wanted)) => order.holds(&value, &wanted),
                (Ok(_) | Err(_), _) => false,
            },
            Self::Date(order) => match (date(value), date(&plain)) {
                (Some(value), Some(wanted)) => order.holds(&value, &wanted),
                (Some(_) | None, _) => false,
            },
            Self::Ip => match (network(value), network(&plain)) {
                (Some(value), Some(wanted)) => wanted.contains(&value),
                (Some(_) | None, _) => false,
            },
            Self::Arn => wanted.matches_arn(value),
        }
    }
}

/// A moment in milliseconds: ISO 8601 or seconds since the epoch.
fn date(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1000);
    }
    let moment: Option<jiff::Timestamp> = text.parse().ok();
    let day = || format!("{text}T00:00:00Z").parse::<jiff::Timestamp>().ok();
    moment.or_else(day).map(jiff::Timestamp::as_millisecond)
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, given: Option<&[&str]>, wanted: &[&str]) -> bool {
        let mut context = Context::default();
        context.set("aws:username", "ada");
        if let Some(given) = given {
            context.set_all("x:Key", given.iter().map(|it| (*it).to_owned()).collect());
        }
        let wanted = wanted.iter().map(|it| (*it).to_owned()).collect();
        Condition::new(operator, "X:key", wanted).unwrap().holds(&context, true)
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
    #[test]
    fn each_operator_compares_in_its_own_way() {
        for (operator, given, wanted, expected) in [
            ("StringEquals", "a", "a", true),
            ("StringEquals", "a", "A", false),
            ("StringEquals", "abc", "a*", false),
            ("StringEquals", "ada", "${aws:username}", true),
            ("StringEquals", "*", "${*}", true),
            ("StringNotEquals", "a", "b", true),
            ("StringEqualsIgnoreCase", "a", "A", true),
            ("StringNotEqualsIgnoreCase", "a", "A", false),
            ("StringLike", "abc", "a*", true),
            ("StringLike", "abc", "a?c", true),
            ("StringLike", "abc", "a?", false),
            ("StringLike", "a*", "a${*}", true),
            ("StringLike", "ab", "a${*}", false),
            ("StringNotLike", "abc", "a*", false),
            ("NumericEquals", "10", "10.0", true),
            ("NumericLessThan", "9", "10", true),
            ("NumericLessThanEquals", "10", "10", true),
            ("NumericGreaterThan", "10", "10", false),
            ("NumericGreaterThanEquals", "10", "10", true),
            ("NumericNotEquals", "10", "11", true),
            ("NumericEquals", "ten", "10", false),
            ("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-02", true),
            ("DateGreaterThan", "1767225600", "2025-12-31T23:59:59Z", true),
            ("DateEquals", "2026-01-01T01:00:00+01:00", "1767225600", true),
            ("DateNotEquals", "2026-01-01T00:00:00Z", "1767225600", false),
            ("Bool", "true", "True", true),
            ("Bool", "false", "true", false),
            ("BinaryEquals", "QUJD", "QUJD", true),
            ("IpAddress", "203.0.113.7", "203.0.113.0/24", true),
            ("IpAddress", "203.0.114.7", "203.0.113.0/24", false),
            ("IpAddress", "2001:db8::1", "2001:db8::/32", true),
            ("NotIpAddress", "203.0.114.7", "203.0.113.0/24", true),
            ("ArnEquals", "arn:aws:sns:us-east-1:1:top", "arn:aws:sns:*:1:t*", true),
            ("ArnLike", "arn:aws:sns:us-east-1:1:top", "arn:aws:sns:*:t*", false),
            ("ArnNotLike", "arn:aws:sns:us-east-1:1:top", "arn:aws:sns:*:1:t*", false),
        ] {
            assert_eq!(holds(operator, Some(&[given]), &[wanted]), expected, "{operator} {given}");
        }
        assert!(Condition::new("StringSame", "a:b", Vec::new()).is_none());
        assert!(Condition::new("ForSome:StringLike", "a:b", Vec::new()).is_none());
        assert!(Condition::new("NullIfExists", "a:b", Vec::new()).is_none());
    }

    /// "If the key is not present in the request context, the values do not match": the same page.
    #[test]
    fn a_key_that_is_missing_matches_nothing_so_that_only_negations_hold() {
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("ArnNotLike", true),
            ("NotIpAddress", true),
            ("NumericLessThan", false),
            ("StringEqualsIfExists", true),
            ("BoolIfExists", true),
            ("ForAllValues:StringEquals", true),
            ("ForAnyValue:StringEquals", false),
            ("ForAnyValue:StringNotEquals", false),
            ("ForAnyValue:StringEqualsIfExists", true),
        ] {
            assert_eq!(holds(operator, None, &["x"]), expected, "{operator}");
        }
        assert!(holds("Null", None, &["true"]));
        assert!(!holds("Null", Some(&["x"]), &["true"]));
        assert!(holds("Null", Some(&["x"]), &["false"]));
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
    #[test]
    fn of_several_values_one_is_enough_and_a_negation_wants_none() {
        assert!(holds("StringEquals", Some(&["b"]), &["a", "b"]));
        assert!(!holds("StringNotEquals", Some(&["b"]), &["a", "b"]));
        assert!(holds("StringNotEquals", Some(&["c"]), &["a", "b"]));
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
    #[test]
    fn sets_are_compared_with_all_or_any_of_their_values() {
        for (operator, given, expected) in [
            ("ForAllValues:StringEquals", &["a", "b"][..], true),
            ("ForAllValues:StringEquals", &["a", "c"], false),
            ("ForAllValues:StringEquals", &[], true),
            ("ForAnyValue:StringEquals", &["a", "c"], true),
            ("ForAnyValue:StringEquals", &["c"], false),
            ("ForAnyValue:StringEquals", &[], false),
            ("ForAllValues:StringNotEquals", &["c", "d"], true),
            ("ForAllValues:StringNotEquals", &["a", "d"], false),
            ("ForAnyValue:StringNotEquals", &["a", "d"], true),
            ("ForAnyValue:StringNotEquals", &["a", "b"], false),
            ("ForAllValues:StringLike", &["a", "b"], true),
        ] {
            assert_eq!(holds(operator, Some(given), &["a", "b"]), expected, "{operator} {given:?}");
        }
    }
}
