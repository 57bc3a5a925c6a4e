//! Metric math: metrics and expressions over them, as alarms have them.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>: arithmetic, comparisons and
//! a choice of functions; any other is refused.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::alarm::Series;
use crate::Time;

/// A member of the array of an alarm: a metric, or an expression over others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) label: Option<String>,
    /// Whether it is the one that is compared with the threshold, as it was said.
    pub(super) returned: Option<bool>,
    pub(super) account: Option<String>,
    pub(super) formula: Formula,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Formula {
    Metric(Series),
    Expression { text: String, period: Option<Duration> },
}

impl Query {
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({ "Id": self.id, "ReturnData": self.returned.unwrap_or(true) });
        if let Some(label) = &self.label {
            shown["Label"] = json!(label);
        }
        if let Some(account) = &self.account {
            shown["AccountId"] = json!(account);
        }
        match &self.formula {
            Formula::Metric(series) => {
                let mut stat = json!({
                    "Metric": series.name.shown(),
                    "Period": series.period.as_secs(),
                    "Stat": series.statistic.name(),
                });
                if let Some(unit) = &series.unit {
                    stat["Unit"] = json!(unit);
                }
                shown["MetricStat"] = stat;
            }
            Formula::Expression { text, period } => {
                shown["Expression"] = json!(text);
                if let Some(period) = period {
                    shown["Period"] = json!(period.as_secs());
                }
            }
        }
        shown
    }
}

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Number(f64),
    Id(String),
    /// All metrics of the request.
    Metrics,
    List(Vec<Self>),
    Negative(Box<Self>),
    Binary(Op, Box<Self>, Box<Self>),
    Call(Function, Vec<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Avg,
    Ceil,
    Diff,
    Fill,
    Floor,
    If,
    Max,
    Min,
    Period,
    Rate,
    Sum,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ABS" => Self::Abs,
            "AVG" => Self::Avg,
            "CEIL" => Self::Ceil,
            "DIFF" => Self::Diff,
            "FILL" => Self::Fill,
            "FLOOR" => Self::Floor,
            "IF" => Self::If,
            "MAX" => Self::Max,
            "MIN" => Self::Min,
            "PERIOD" => Self::Period,
            "RATE" => Self::Rate,
            "SUM" => Self::Sum,
            _ => return None,
        })
    }
}

/// Why an expression is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is none in CloudWatch either.
    Syntax(String),
    /// It may be one there.
    Unmodelled(String),
}

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, Wrong> {
    let mut parser = Parser { rest: text.trim_start() };
    let expr = parser.binary(0)?;
    if parser.rest.is_empty() { Ok(expr) } else { Err(parser.unexpected()) }
}

/// The ids that an expression uses.
pub(super) fn ids(expr: &Expr) -> Vec<&str> {
    match expr {
        Expr::Number(_) | Expr::Metrics => Vec::new(),
        Expr::Id(id) => vec![id],
        Expr::Negative(inner) => ids(inner),
        Expr::Binary(_, left, right) => ids(left).into_iter().chain(ids(right)).collect(),
        Expr::List(all) | Expr::Call(_, all) => all.iter().flat_map(ids).collect(),
    }
}

/// Operators by what they are written as, and how strongly they bind; the longer ones first.
const OPERATORS: &[(&str, Op, u8)] = &[
    ("||", Op::Or, 1),
    ("&&", Op::And, 2),
    ("==", Op::Equal, 3),
    ("!=", Op::NotEqual, 3),
    ("<=", Op::LessOrEqual, 4),
    (">=", Op::GreaterOrEqual, 4),
    ("<", Op::Less, 4),
    (">", Op::Greater, 4),
    ("+", Op::Add, 5),
    ("-", Op::Subtract, 5),
    ("*", Op::Multiply, 6),
    ("/", Op::Divide, 6),
    ("^", Op::Power, 7),
];

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn unexpected(&self) -> Wrong {
        Wrong::Syntax(format!("Unexpected '{}'", self.rest))
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn word(&mut self, of: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|it| !of(it)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word.to_owned()
    }

    fn binary(&mut self, least: u8) -> Result<Expr, Wrong> {
        let mut left = self.unary()?;
        loop {
            let next = OPERATORS.iter().find(|it| self.rest.starts_with(it.0));
            let Some((sign, op, strength)) = next.filter(|it| it.2 > least) else {
                return Ok(left);
            };
            self.take(sign);
            let right = self.binary(*strength)?;
            left = Expr::Binary(*op, Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self) -> Result<Expr, Wrong> {
        if self.take("-") {
            return Ok(Expr::Negative(Box::new(self.unary()?)));
        }
        if self.take("(") {
            let inner = self.binary(0)?;
            return if self.take(")") { Ok(inner) } else { Err(self.unexpected()) };
        }
        if self.take("[") {
            return Ok(Expr::List(self.list("]")?));
        }
        if self.rest.starts_with(|it: char| it.is_ascii_digit() || it == '.') {
            let number = self.word(|it| it.is_ascii_digit() || it == '.');
            let wrong = || Wrong::Syntax(format!("Invalid number '{number}'"));
            return number.parse().map(Expr::Number).map_err(|_| wrong());
        }
        let name = self.word(|it| it.is_ascii_alphanumeric() || it == '_');
        if name.is_empty() {
            return Err(self.unexpected());
        }
        if self.take("(") {
            let arguments = self.list(")")?;
            if name == "METRICS" && arguments.is_empty() {
                return Ok(Expr::Metrics);
            }
            let unmodelled = || Wrong::Unmodelled(format!("the function {name} of metric math"));
            return Function::named(&name)
                .map(|it| Expr::Call(it, arguments))
                .ok_or_else(unmodelled);
        }
        if name.starts_with(|it: char| it.is_ascii_lowercase()) || name == "REPEAT" {
            return Ok(Expr::Id(name));
        }
        Err(Wrong::Unmodelled(format!("the expression {name} of metric math")))
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expr>, Wrong> {
        let mut all = Vec::new();
        if self.take(end) {
            return Ok(all);
        }
        loop {
            all.push(self.binary(0)?);
            if self.take(end) {
                return Ok(all);
            }
            if !self.take(",") {
                return Err(self.unexpected());
            }
        }
    }
}

/// Values by the beginning of their period.
pub(super) type Points = BTreeMap<Time, f64>;

/// What an expression is worth: one number, a series, or several of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Worth {
    Number(f64),
    Series(Points),
    Several(Vec<Points>),
}

/// What is known while an expression is worked out.
pub(super) struct Known<'a> {
    /// What has been worked out by id.
    pub(super) by_id: &'a BTreeMap<String, Points>,
    /// The metrics themselves.
    pub(super) metrics: Vec<&'a Points>,
    /// The periods that are looked at.
    pub(super) grid: &'a [Time],
    pub(super) period: Duration,
}

impl Known<'_> {
    /// The worth of an expression; nothing where CloudWatch could not work it out either.
    pub(super) fn worth(&self, expr: &Expr) -> Option<Worth> {
        Some(match expr {
            Expr::Number(number) => Worth::Number(*number),
            Expr::Id(id) => Worth::Series(self.by_id.get(id)?.clone()),
            Expr::Metrics => Worth::Several(self.metrics.iter().map(|it| (*it).clone()).collect()),
            Expr::List(all) => {
                let mut several = Vec::new();
                for one in all {
                    match self.worth(one)? {
                        Worth::Number(number) => several.push(self.flat(number)),
                        Worth::Series(points) => several.push(points),
                        Worth::Several(points) => several.extend(points),
                    }
                }
                Worth::Several(several)
            }
            Expr::Negative(inner) => each(self.worth(inner)?, |it| -it),
            Expr::Binary(op, left, right) => binary(*op, self.worth(left)?, self.worth(right)?)?,
            Expr::Call(function, arguments) => self.call(*function, arguments)?,
        })
    }

    /// The series that an expression is worth, where a number stands for itself at any time.
    pub(super) fn series(&self, expr: &Expr) -> Option<Points> {
        match self.worth(expr)? {
            Worth::Number(number) => Some(self.flat(number)),
            Worth::Series(points) => Some(points),
            Worth::Several(_) => None,
        }
    }

    fn flat(&self, number: f64) -> Points {
        self.grid.iter().map(|it| (*it, number)).collect()
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Option<Worth> {
        let first = arguments.first()?;
        Some(match function {
            Function::Abs => each(self.worth(first)?, f64::abs),
            Function::Ceil => each(self.worth(first)?, f64::ceil),
            Function::Floor => each(self.worth(first)?, f64::floor),
            Function::Period => Worth::Number(self.period.as_secs_f64()),
            Function::Sum => self.fold(first, |all| all.iter().sum())?,
            Function::Avg => self.fold(first, |all| all.iter().sum::<f64>() / count(all))?,
            Function::Min => {
                self.fold(first, |all| all.iter().copied().fold(f64::INFINITY, f64::min))?
            }
            Function::Max => {
                self.fold(first, |all| all.iter().copied().fold(f64::NEG_INFINITY, f64::max))?
            }
            Function::Diff => Worth::Series(steps(&self.series(first)?, |from, to| to.1 - from.1)),
            Function::Rate => Worth::Series(steps(&self.series(first)?, |from, to| {
                (to.1 - from.1) / to.0.since(from.0).as_secs_f64().max(1.0)
            })),
            Function::Fill => self.fill(&self.series(first)?, arguments.get(1)?)?,
            Function::If => {
                let condition = self.series(first)?;
                let then = self.series(arguments.get(1)?)?;
                let otherwise = match arguments.get(2) {
                    Some(expr) => Some(self.series(expr)?),
                    None => None,
                };
                let chosen = condition.iter().filter_map(|(at, it)| {
                    let from = if *it == 0.0 { otherwise.as_ref()? } else { &then };
                    Some((*at, *from.get(at)?))
                });
                Worth::Series(chosen.collect())
            }
        })
    }

    /// One value of several series at each moment, or of one series over the whole time.
    fn fold(&self, expr: &Expr, of: impl Fn(&[f64]) -> f64) -> Option<Worth> {
        Some(match self.worth(expr)? {
            Worth::Several(several) => Worth::Series(across(&several, of)),
            Worth::Series(points) => {
                let values: Vec<_> = points.values().copied().collect();
                (!values.is_empty()).then(|| Worth::Number(of(&values)))?
            }
            Worth::Number(number) => Worth::Number(number),
        })
    }

    fn fill(&self, points: &Points, with: &Expr) -> Option<Worth> {
        let mut filled = points.clone();
        let repeat = *with == Expr::Id("REPEAT".to_owned());
        let values = if repeat { Points::new() } else { self.series(with)? };
        let mut last = None;
        for at in self.grid {
            match (filled.get(at), repeat) {
                (Some(value), _) => last = Some(*value),
                (None, true) => filled.extend(last.map(|it| (*at, it))),
                (None, false) => filled.extend(values.get(at).map(|it| (*at, *it))),
            }
        }
        Some(Worth::Series(filled))
    }
}

fn count(all: &[f64]) -> f64 {
    f64::from(u32::try_from(all.len()).unwrap_or(u32::MAX))
}

fn each(worth: Worth, change: impl Fn(f64) -> f64) -> Worth {
    let of = |points: Points| points.into_iter().map(|(at, it)| (at, change(it))).collect();
    match worth {
        Worth::Number(number) => Worth::Number(change(number)),
        Worth::Series(points) => Worth::Series(of(points)),
        Worth::Several(all) => Worth::Several(all.into_iter().map(of).collect()),
    }
}

/// One value of several series for each moment at which any of them has one.
fn across(several: &[Points], of: impl Fn(&[f64]) -> f64) -> Points {
    let mut by_time: BTreeMap<Time, Vec<f64>> = BTreeMap::new();
    for (at, value) in several.iter().flatten() {
        by_time.entry(*at).or_default().push(*value);
    }
    by_time.into_iter().map(|(at, values)| (at, of(&values))).collect()
}

/// From one value to the next.
fn steps(points: &Points, step: impl Fn((Time, f64), (Time, f64)) -> f64) -> Points {
    let pairs = points.iter().zip(points.iter().skip(1));
    pairs.map(|(from, to)| (*to.0, step((*from.0, *from.1), (*to.0, *to.1)))).collect()
}

fn binary(op: Op, left: Worth, right: Worth) -> Option<Worth> {
    let truth = |it: bool| Some(if it { 1.0 } else { 0.0 });
    let of = |a: f64, b: f64| match op {
        Op::Add => Some(a + b),
        Op::Subtract => Some(a - b),
        Op::Multiply => Some(a * b),
        // Nothing is divided by nothing: the point is left out.
        Op::Divide => (b != 0.0).then(|| a / b),
        Op::Power => Some(a.powf(b)),
        Op::Less => truth(a < b),
        Op::LessOrEqual => truth(a <= b),
        Op::Greater => truth(a > b),
        Op::GreaterOrEqual => truth(a >= b),
        Op::Equal => truth((a - b).abs() < f64::EPSILON),
        Op::NotEqual => truth((a - b).abs() >= f64::EPSILON),
        Op::And => truth(a != 0.0 && b != 0.0),
        Op::Or => truth(a != 0.0 || b != 0.0),
    };
    let pair = |a: &Points, b: &Points| -> Points {
        a.iter().filter_map(|(at, it)| Some((*at, of(*it, *b.get(at)?)?))).collect()
    };
    Some(match (left, right) {
        (Worth::Number(a), Worth::Number(b)) => Worth::Number(of(a, b)?),
        (Worth::Series(a), Worth::Number(b)) => {
            Worth::Series(a.into_iter().filter_map(|(at, it)| Some((at, of(it, b)?))).collect())
        }
        (Worth::Number(a), Worth::Series(b)) => {
            Worth::Series(b.into_iter().filter_map(|(at, it)| Some((at, of(a, it)?))).collect())
        }
        (Worth::Series(a), Worth::Series(b)) => Worth::Series(pair(&a, &b)),
        (Worth::Several(_), _) | (_, Worth::Several(_)) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_worked_out_point_by_point() {
        let at = |minutes: u64| Time::from_millis(minutes * 60_000);
        let points = |all: &[(u64, f64)]| -> Points {
            all.iter().map(|(minutes, it)| (at(*minutes), *it)).collect()
        };
        let by_id = BTreeMap::from([
            ("m1".to_owned(), points(&[(0, 1.0), (1, 2.0), (3, 6.0)])),
            ("m2".to_owned(), points(&[(0, 0.0), (1, 4.0)])),
        ]);
        let grid: Vec<_> = (0..4).map(at).collect();
        let known = Known {
            by_id: &by_id,
            metrics: by_id.values().collect(),
            grid: &grid,
            period: Duration::from_mins(1),
        };
        for (text, expected) in [
            ("m1 + m2 * 2", points(&[(0, 1.0), (1, 10.0)])),
            ("-(m1 - 1) ^ 2", points(&[(0, 0.0), (1, 1.0), (3, 25.0)])),
            ("m1 / m2", points(&[(1, 0.5)])),
            ("SUM(METRICS())", points(&[(0, 1.0), (1, 6.0), (3, 6.0)])),
            ("MAX([m1, m2])", points(&[(0, 1.0), (1, 4.0), (3, 6.0)])),
            ("FILL(m2, 9)", points(&[(0, 0.0), (1, 4.0), (2, 9.0), (3, 9.0)])),
            ("FILL(m1, REPEAT)", points(&[(0, 1.0), (1, 2.0), (2, 2.0), (3, 6.0)])),
            ("IF(m1 > 1 && m1 < 6, 7, m1)", points(&[(0, 1.0), (1, 7.0), (3, 6.0)])),
            ("RATE(m1)", points(&[(1, 1.0 / 60.0), (3, 4.0 / 120.0)])),
        ] {
            let expr = parse(text).unwrap();
            assert_eq!(known.series(&expr), Some(expected), "{text}");
        }
        for (text, syntax) in
            [("m1 +", true), ("(m1", true), ("m1 m2", true), ("ANOMALY_DETECTION_BAND(m1)", false)]
        {
            let syntactic = matches!(parse(text), Err(Wrong::Syntax(_)));
            assert_eq!(syntactic, syntax, "{text}");
        }
    }
}
