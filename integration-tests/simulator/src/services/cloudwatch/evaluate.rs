//! Evaluation of alarms, every minute.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>: a window slides by
//! a minute each time; some more periods than are evaluated are looked at, so that those without data can be made up
//! for by older ones.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{
    CloudWatch,
    alarm::{Alarm, Missing, Setting, State, Statistic, Watched},
    math::{self, Formula, Known, Points},
    metric::Wanted,
};
use crate::{Settings, Time, random::Rng, shelf::Stamp};

/// How many periods more are looked at than are evaluated.
const SPARE: u32 = 2;
const MINUTE: Duration = Duration::from_mins(1);

/// A period that is looked at: how many periods before the last one, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot {
    age: u32,
    at: Time,
    value: f64,
    breaches: bool,
}

/// What comes of an evaluation.
#[derive(Debug, Clone, PartialEq)]
struct Verdict {
    state: State,
    reason: String,
    data: Option<String>,
}

/// The state that follows from what was found, the newest first; nothing when it stays as it is.
fn judge(found: &[Slot], set: &Setting) -> Option<State> {
    let needed = usize::try_from(set.periods).unwrap_or(usize::MAX);
    let most = usize::try_from(set.datapoints.unwrap_or(set.periods)).unwrap_or(usize::MAX);
    let breaching = |all: &[Slot]| all.iter().filter(|it| it.breaches).count();
    let by = |count: usize| Some(if count >= most { State::Alarm } else { State::Ok });
    if found.len() >= needed {
        return by(breaching(found.get(..needed).unwrap_or(found)));
    }
    let real = breaching(found);
    let good = found.len() - real;
    match set.missing.unwrap_or(Missing::Unknown) {
        Missing::Breaching => by(real + needed - found.len()),
        Missing::NotBreaching => by(real),
        Missing::Ignore | Missing::Unknown if real >= most => Some(State::Alarm),
        Missing::Ignore | Missing::Unknown if good > 0 => Some(State::Ok),
        Missing::Ignore => None,
        Missing::Unknown if found.is_empty() => Some(State::InsufficientData),
        // Old enough to have been followed by others that breached as well.
        Missing::Unknown => {
            let oldest = found.last().map_or(0, |it| it.age as usize + 1);
            (oldest >= most).then_some(State::Alarm)
        }
    }
}

/// The beginnings of the periods that are looked at, the oldest first.
fn grid(end: Time, period: Duration, count: u32) -> Vec<Time> {
    let span = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
    let begins = |back: u32| end.as_millis().saturating_sub(span.saturating_mul(u64::from(back)));
    (1..=count).rev().map(|back| Time::from_millis(begins(back))).collect()
}

impl CloudWatch {
    /// What a metric is in each period.
    fn points(&self, series: &super::alarm::Series, grid: &[Time], end: Time, few: bool) -> Points {
        let Some(metric) = self.metrics.get(&series.name.key()) else { return Points::new() };
        let Some(from) = grid.first() else { return Points::new() };
        let wanted = Wanted {
            from: *from,
            to: end,
            origin: *from,
            period: series.period,
            unit: series.unit.as_deref(),
            apart: false,
        };
        match &series.statistic {
            Statistic::Plain(name) => {
                let all = metric.periods(&wanted, end).into_iter();
                all.filter_map(|((at, _), set)| Some((at, set.statistic(name)?))).collect()
            }
            Statistic::Percentile(_, percent) => metric.percentiles(&wanted, end, *percent, few),
        }
    }

    /// What an alarm compares with its threshold.
    fn watched(&self, set: &Setting, grid: &[Time], end: Time) -> Points {
        let few = set.few_samples.as_deref() == Some("ignore");
        let queries = match &set.watched {
            Watched::One(series) => return self.points(series, grid, end, few),
            Watched::Math(queries) => queries,
        };
        let period = set.watched.period();
        let mut by_id: BTreeMap<String, Points> = BTreeMap::new();
        let metric = |it: &Formula| matches!(it, Formula::Metric(_));
        for query in queries {
            if let Formula::Metric(series) = &query.formula {
                by_id.insert(query.id.clone(), self.points(series, grid, end, few));
            }
        }
        // Each expression uses what comes before or after it; none uses itself, and there are few.
        for _ in 0..queries.len() {
            for query in queries.iter().filter(|it| !by_id.contains_key(&it.id)).collect::<Vec<_>>()
            {
                let Formula::Expression { text, .. } = &query.formula else { continue };
                let Ok(expr) = math::parse(text) else { continue };
                let metrics = queries.iter().filter(|it| metric(&it.formula));
                let metrics = metrics.filter_map(|it| by_id.get(&it.id)).collect();
                let known = Known { by_id: &by_id, metrics, grid, period };
                if let Some(points) = known.series(&expr) {
                    by_id.insert(query.id.clone(), points);
                }
            }
        }
        let returned = queries.iter().find(|it| it.returned.unwrap_or(true));
        returned.and_then(|it| by_id.remove(&it.id)).unwrap_or_default()
    }

    /// What an alarm is at a minute; nothing when it stays as it is.
    fn verdict(&self, alarm: &Alarm, end: Time) -> Option<Verdict> {
        let set = &alarm.set;
        let period = set.watched.period();
        let grid = grid(end, period, set.periods.saturating_add(SPARE));
        let points = self.watched(set, &grid, end);
        let slots = (0..).zip(grid.iter().rev()).filter_map(|(age, at)| {
            let value = *points.get(at)?;
            let breaches = set.operator.breaches(value, set.threshold);
            Some(Slot { age, at: *at, value, breaches })
        });
        let found: Vec<_> = slots.collect();
        let state = judge(&found, set).filter(|it| *it != alarm.state)?;
        let needed = usize::try_from(set.periods).unwrap_or(usize::MAX).min(found.len());
        let recent = found.get(..needed).unwrap_or_default();
        Some(Verdict { state, reason: reason(set, state, recent), data: data(set, recent, end) })
    }

    /// The next minute at which an alarm can be another than it is at `at`; nothing when there is none.
    fn next_look(&self, set: &Setting, at: Time) -> Option<Time> {
        let span = set.watched.period() * set.periods.saturating_add(SPARE + 1);
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let oldest = Time::from_millis(at.as_millis().saturating_sub(span));
        let series = set.watched.series();
        let metrics = series.iter().filter_map(|it| self.metrics.get(&it.name.key()));
        let first = metrics.filter_map(|it| it.first_since(oldest)).min()?;
        Some((at + MINUTE).max(minute(first)))
    }

    /// Evaluates all alarms for every minute until now.
    pub(super) fn evaluate(&mut self, settings: &Settings, rng: &mut Rng, now: Time) {
        let (from, to) = (self.evaluated, minute(now));
        self.evaluated = to;
        if from >= to || self.alarms.all().next().is_none() {
            return;
        }
        let names: Vec<_> = self.alarms.all().map(|it| it.id.clone()).collect();
        for name in names {
            let mut at = from + MINUTE;
            while at <= to {
                let Some(alarm) = self.alarms.get(&name) else { break };
                let verdict = self.verdict(alarm, at);
                let next = self.next_look(&alarm.set, at);
                if let Some(Verdict { state, reason, data }) = verdict {
                    let stamp = Stamp::draw(&settings.lag, rng, at);
                    self.turn(stamp, &name, (state, reason, data));
                }
                let Some(next) = next else { break };
                at = next;
            }
        }
        self.actions.sort_by_key(|it| it.at);
    }
}

/// The minute that a moment is in.
pub(super) fn minute(at: Time) -> Time {
    Time::from_millis(at.as_millis() / 60_000 * 60_000)
}

fn spoken(at: Time) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or_default();
    let stamp = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    stamp.strftime("%d/%m/%y %H:%M:%S").to_string()
}

fn reason(set: &Setting, state: State, recent: &[Slot]) -> String {
    if recent.is_empty() && state == State::InsufficientData {
        return format!("Insufficient Data: {} datapoints were unknown.", set.periods);
    }
    if recent.is_empty() {
        let how = json!(set.missing.unwrap_or(Missing::Unknown));
        let how = how.as_str().unwrap_or_default().to_owned();
        return format!(
            "Threshold Crossed: no datapoints were received for {} periods and {} missing datapoints were treated \
             as [{how}].",
            set.periods, set.periods
        );
    }
    let breaches = state == State::Alarm;
    let of: Vec<_> = recent.iter().filter(|it| it.breaches == breaches).collect();
    let shown: Vec<_> = of.iter().map(|it| format!("{:?} ({})", it.value, spoken(it.at))).collect();
    let (noun, verb) = if of.len() == 1 { ("datapoint", "was") } else { ("datapoints", "were") };
    let not = if breaches { "" } else { "not " };
    format!(
        "Threshold Crossed: {} {noun} [{}] {verb} {not}{} the threshold ({:?}).",
        of.len(),
        shown.join(", "),
        set.operator.says(),
        set.threshold
    )
}

fn data(set: &Setting, recent: &[Slot], end: Time) -> Option<String> {
    let values: Vec<_> = recent.iter().rev().map(|it| it.value).collect();
    let mut data = json!({
        "version": "1.0",
        "queryDate": end.to_string(),
        "startDate": recent.last()?.at.to_string(),
        "period": set.watched.period().as_secs(),
        "recentDatapoints": values,
        "threshold": set.threshold,
    });
    if let Watched::One(series) = &set.watched {
        data["statistic"] = json!(series.statistic.name());
    }
    Some(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::cloudwatch::{
        alarm::{Operator, Series},
        metric::Name,
    };

    fn setting(periods: u32, datapoints: u32, missing: Missing) -> Setting {
        let name = Name { namespace: "n".into(), metric: "m".into(), dimensions: BTreeMap::new() };
        let statistic = Statistic::Plain("Sum".into());
        let series = Series { name, statistic, period: MINUTE, unit: None };
        Setting {
            description: None,
            acts: true,
            ok_actions: Vec::new(),
            alarm_actions: Vec::new(),
            insufficient_actions: Vec::new(),
            watched: Watched::One(series),
            periods,
            datapoints: Some(datapoints),
            threshold: 0.5,
            operator: Operator::Above,
            missing: Some(missing),
            few_samples: None,
        }
    }

    /// The two tables of
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>.
    #[test]
    fn missing_data_is_treated_as_the_tables_say() {
        let (ok, alarm, none) =
            (Some(State::Ok), Some(State::Alarm), Some(State::InsufficientData));
        for (datapoints, row, expected) in [
            (3, "0-X-X", [ok, ok, ok, ok]),
            (3, "0----", [ok, ok, ok, ok]),
            (3, "-----", [none, None, alarm, ok]),
            (3, "0XX-X", [alarm, alarm, alarm, alarm]),
            (3, "--X--", [alarm, None, alarm, ok]),
            (2, "0-X-X", [alarm, alarm, alarm, alarm]),
            (2, "00X0X", [alarm, alarm, alarm, alarm]),
            (2, "0-X--", [ok, ok, alarm, ok]),
            (2, "----0", [ok, ok, alarm, ok]),
            (2, "---X-", [alarm, None, alarm, ok]),
        ] {
            let ways =
                [Missing::Unknown, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];
            for (missing, expected) in ways.into_iter().zip(expected) {
                let slots = (0..).zip(row.chars().rev()).filter(|it| it.1 != '-');
                let found: Vec<_> = slots
                    .map(|(age, it)| Slot {
                        age,
                        at: Time::default(),
                        value: 0.0,
                        breaches: it == 'X',
                    })
                    .collect();
                let judged = judge(&found, &setting(3, datapoints, missing));
                assert_eq!(judged, expected, "{datapoints} of 3, {row}, {missing:?}");
            }
        }
    }
}
