//! Filter patterns: which log events are meant.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>: words and phrases, of which
//! some may be optional or unwanted, and conditions on JSON. Patterns of columns and regular expressions are not
//! modelled.

use serde_json::Value;

/// What is meant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pattern {
    Words(Words),
    Json(Condition),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

/// A condition on an event that is JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Is(Selector, Test),
}

/// Where in an event a value is: `$.a.b[0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Number(Order, f64),
    /// With `*` for anything.
    Text {
        equal: bool,
        like: String,
    },
    Exists(bool),
    Null,
    Truth(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why a text is no pattern here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    Syntax,
    Unmodelled,
}

impl Selector {
    /// Reads one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('.') {
                let end = inner.find(['.', '[']).unwrap_or(inner.len());
                let (name, more) = inner.split_at(end);
                let good = |it: char| it.is_ascii_alphanumeric() || "_-@:/".contains(it);
                if name.is_empty() || !name.chars().all(good) {
                    return None;
                }
                steps.push(Step::Member(name.to_owned()));
                rest = more;
            } else {
                let (index, more) = rest.strip_prefix('[')?.split_once(']')?;
                steps.push(Step::Item(index.parse().ok()?));
                rest = more;
            }
        }
        (!steps.is_empty()).then_some(Self(steps))
    }

    /// The value that it selects.
    pub(super) fn of<'a>(&self, event: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(event, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(index) => value.get(index),
        })
    }

    /// As it is written.
    pub(super) fn shown(&self) -> String {
        self.0.iter().fold("$".to_owned(), |text, step| match step {
            Step::Member(name) => format!("{text}.{name}"),
            Step::Item(index) => format!("{text}[{index}]"),
        })
    }
}

impl Pattern {
    /// Reads a pattern; an empty one means everything.
    pub(super) fn read(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        if text.contains('%') || text.starts_with('[') {
            return Err(Wrong::Unmodelled);
        }
        if let Some(inner) = text.strip_prefix('{') {
            let inner = inner.strip_suffix('}').ok_or(Wrong::Syntax)?;
            let mut parser = Parser { rest: inner.trim_start() };
            let condition = parser.or()?;
            return if parser.rest.is_empty() {
                Ok(Self::Json(condition))
            } else {
                Err(Wrong::Syntax)
            };
        }
        words(text).map(Self::Words)
    }

    /// Whether an event is meant.
    pub(super) fn matches(&self, event: &str) -> bool {
        match self {
            Self::Words(words) => words.match_in(event),
            Self::Json(condition) => {
                serde_json::from_str::<Value>(event).is_ok_and(|it| condition.holds(&it))
            }
        }
    }

    /// Whether it has to do with values in an event, which can be told then.
    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// The values that it looks at in an event that is meant.
    pub(super) fn extracted(&self, event: &str) -> Vec<(String, String)> {
        let (Self::Json(condition), Ok(value)) = (self, serde_json::from_str::<Value>(event))
        else {
            return Vec::new();
        };
        let one = |it: &Selector| Some((it.shown(), plain(it.of(&value)?)));
        condition.selectors().into_iter().filter_map(one).collect()
    }
}

impl Words {
    fn match_in(&self, event: &str) -> bool {
        let has = |it: &String| event.contains(it.as_str());
        // Optional words count only where there are no others.
        let optional = self.all.is_empty() && self.none.is_empty() && !self.any.is_empty();
        self.all.iter().all(has)
            && !self.none.iter().any(has)
            && (!optional || self.any.iter().any(has))
    }
}

fn words(text: &str) -> Result<Words, Wrong> {
    let mut words = Words::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (sign, after) = match rest.strip_prefix(['-', '?']) {
            Some(after) => (rest.chars().next(), after),
            None => (None, rest),
        };
        let (word, more) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(Wrong::Syntax)?,
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        let plain = |it: char| it.is_alphanumeric() || it == '_';
        if word.is_empty() || (!after.starts_with('"') && !word.chars().all(plain)) {
            return Err(Wrong::Syntax);
        }
        let of = match sign {
            Some('-') => &mut words.none,
            Some(_) => &mut words.any,
            None => &mut words.all,
        };
        of.push(word.to_owned());
        rest = more.trim_start();
    }
    Ok(words)
}

impl Condition {
    fn holds(&self, event: &Value) -> bool {
        match self {
            Self::And(a, b) => a.holds(event) && b.holds(event),
            Self::Or(a, b) => a.holds(event) || b.holds(event),
            Self::Is(selector, test) => test.holds(selector.of(event)),
        }
    }

    fn selectors(&self) -> Vec<&Selector> {
        match self {
            Self::And(a, b) | Self::Or(a, b) => {
                a.selectors().into_iter().chain(b.selectors()).collect()
            }
            Self::Is(selector, _) => vec![selector],
        }
    }
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(wanted), found) => found.is_some() == *wanted,
            (_, None) => false,
            (Self::Null, Some(value)) => value.is_null(),
            (Self::Truth(wanted), Some(value)) => value.as_bool() == Some(*wanted),
            (Self::Number(order, number), Some(value)) => {
                value.as_f64().is_some_and(|it| match order {
                    Order::Equal => (it - number).abs() < f64::EPSILON,
                    Order::NotEqual => (it - number).abs() >= f64::EPSILON,
                    Order::Less => it < *number,
                    Order::LessOrEqual => it <= *number,
                    Order::Greater => it > *number,
                    Order::GreaterOrEqual => it >= *number,
                })
            }
            (Self::Text { equal, like: pattern }, Some(value)) => {
                value.as_str().is_some_and(|it| like(pattern, it) == *equal)
            }
        }
    }
}

/// A value as text: a text without its quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a text is like another with `*` in it.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let mut ends = rest.char_indices().map(|it| it.0).chain([rest.len()]);
            ends.any(|it| rest.get(it..).is_some_and(|it| like(after, it)))
        }),
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        let ends = |it: char| it.is_whitespace() || "=!<>&|(){}".contains(it);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word.to_owned()
    }

    fn or(&mut self) -> Result<Condition, Wrong> {
        let mut left = self.and()?;
        while self.take("||") {
            left = Condition::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Condition, Wrong> {
        let mut left = self.one()?;
        while self.take("&&") {
            left = Condition::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Condition, Wrong> {
        if self.take("(") {
            let inner = self.or()?;
            return if self.take(")") { Ok(inner) } else { Err(Wrong::Syntax) };
        }
        let selector = Selector::read(&self.word()).ok_or(Wrong::Syntax)?;
        let test = self.test()?;
        Ok(Condition::Is(selector, test))
    }

    fn test(&mut self) -> Result<Test, Wrong> {
        for (text, test) in [
            ("IS NULL", Test::Null),
            ("IS TRUE", Test::Truth(true)),
            ("IS FALSE", Test::Truth(false)),
            ("NOT EXISTS", Test::Exists(false)),
            ("EXISTS", Test::Exists(true)),
        ] {
            if self.take(text) {
                return Ok(test);
            }
        }
        let orders = [
            ("!=", Order::NotEqual),
            ("<=", Order::LessOrEqual),
            (">=", Order::GreaterOrEqual),
            ("=", Order::Equal),
            ("<", Order::Less),
            (">", Order::Greater),
        ];
        let order = orders.into_iter().find(|it| self.take(it.0)).ok_or(Wrong::Syntax)?.1;
        let (text, quoted) = if self.take("\"") {
            let (text, rest) = self.rest.split_once('"').ok_or(Wrong::Syntax)?;
            let text = text.to_owned();
            self.rest = rest.trim_start();
            (text, true)
        } else {
            (self.word(), false)
        };
        if text.is_empty() && !quoted {
            return Err(Wrong::Syntax);
        }
        match (text.parse::<f64>(), order) {
            (Ok(number), _) if !quoted => Ok(Test::Number(order, number)),
            (_, Order::Equal) => Ok(Test::Text { equal: true, like: text }),
            (_, Order::NotEqual) => Ok(Test::Text { equal: false, like: text }),
            _ => Err(Wrong::Syntax),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_the_document_says() {
        for (pattern, event, expected) in [
            ("", "anything", true),
            ("ERROR", "an ERROR there", true),
            ("ERROR", "an error there", false),
            ("ERROR ARGUMENTS", "ERROR INVALID ARGUMENTS", true),
            ("ERROR ARGUMENTS", "ERROR 401", false),
            ("?ERROR ?WARN", "WARN low", true),
            ("?ERROR ?WARN", "INFO fine", false),
            ("ERROR -ARGUMENTS", "ERROR 401", true),
            ("ERROR -ARGUMENTS", "ERROR INVALID ARGUMENTS", false),
            (r#""INTERNAL SERVER ERROR""#, "[ERROR] INTERNAL SERVER ERROR", true),
            (r#"{ $.level = "error" }"#, r#"{"level":"error"}"#, true),
            (r#"{ $.level = "error" }"#, "level error", false),
            (r#"{ $.level = "crit*" }"#, r#"{"level":"critical"}"#, true),
            (r#"{ $.level != "info" && $.n > 3 }"#, r#"{"level":"warn","n":4}"#, true),
            (r#"{ $.level != "info" && $.n > 3 }"#, r#"{"level":"warn","n":3}"#, false),
            ("{ ($.a.b[1] = 2) || $.c IS TRUE }", r#"{"a":{"b":[1,2]}}"#, true),
            ("{ $.a NOT EXISTS }", r#"{"b":1}"#, true),
            ("{ $.a IS NULL }", r#"{"a":null}"#, true),
        ] {
            let read = Pattern::read(pattern).unwrap();
            assert_eq!(read.matches(event), expected, "{pattern} {event}");
        }
        for wrong in ["a:b", "{ $.a }", "{ $.a = }", "{ a = 1 }", "\"open", "{ $.a = 1", "-"] {
            assert_eq!(Pattern::read(wrong), Err(Wrong::Syntax), "{wrong}");
        }
        for other in ["%regex%", "[ip, user, *]"] {
            assert_eq!(Pattern::read(other), Err(Wrong::Unmodelled), "{other}");
        }
    }
}
