//! Cron expressions of EventBridge: minute, hour, day of the month, month, day of the week, year, in UTC.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>; AWS Backup makes at
//! most one backup an hour.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::Time;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// How far ahead is looked for the next run.
const HORIZON: i16 = 9;

/// When something runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    minute: i8,
    hours: Vec<u16>,
    days: Days,
    months: Vec<u16>,
    years: Vec<u16>,
}

/// On which days.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<u16>),
    LastOfMonth,
    LastWeekdayOfMonth,
    WeekdayNearest(u16),
    OfWeek(Vec<u16>),
    LastOfWeek(u16),
    NthOfWeek(u16, u16),
}

/// Every number that a field stands for, `*`, `3`, `3-5`, `*/2`, `3/2` and lists of these.
fn field(text: &str, (least, most): (u16, u16), names: &[&str]) -> Option<Vec<u16>> {
    let number = |text: &str| {
        let place = names.iter().position(|it| *it == text);
        let place = place.and_then(|at| u16::try_from(at).ok()).map(|at| at + least);
        place.or_else(|| text.parse().ok()).filter(|it| (least..=most).contains(it))
    };
    let mut all = Vec::new();
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |it| (it.0, Some(it.1)));
        let step = step.map(|it| it.parse::<u16>().ok().filter(|it| *it > 0));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (number(from)?, number(to)?),
            // What begins somewhere and goes on in steps goes on to the end.
            None => (number(range)?, if step.is_some() { most } else { number(range)? }),
        };
        let step = match step {
            Some(step) => step?,
            None => 1,
        };
        if from > to {
            return None;
        }
        all.extend((from..=to).step_by(usize::from(step)));
    }
    Some(all)
}

fn days(day: &str, weekday: &str) -> Option<Days> {
    const OF_WEEK: (u16, u16) = (1, 7);
    let one = |text: &str| match field(text, OF_WEEK, &DAYS)?.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    match (day, weekday) {
        ("?", "?") => None,
        ("?", "L") => Some(Days::LastOfWeek(7)),
        ("?", text) => {
            if let Some(day) = text.strip_suffix('L') {
                return Some(Days::LastOfWeek(one(day)?));
            }
            if let Some((day, nth)) = text.split_once('#') {
                let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth))?;
                return Some(Days::NthOfWeek(one(day)?, nth));
            }
            Some(Days::OfWeek(field(text, OF_WEEK, &DAYS)?))
        }
        ("L", "?") => Some(Days::LastOfMonth),
        ("LW", "?") => Some(Days::LastWeekdayOfMonth),
        (text, "?") => match text.strip_suffix('W') {
            Some(day) => {
                let day = day.parse().ok().filter(|day| (1..=31).contains(day))?;
                Some(Days::WeekdayNearest(day))
            }
            None => Some(Days::OfMonth(field(text, (1, 31), &[])?)),
        },
        // One of the two has to be a question mark.
        _ => None,
    }
}

/// The days of the week from Sunday, the first.
fn weekday(date: Date) -> u16 {
    u16::try_from(date.weekday().to_sunday_one_offset()).unwrap_or_default()
}

/// The last day, from that one back, that is none of a weekend, or else the first one on.
fn working(date: Date) -> Option<Date> {
    let moved = match date.weekday() {
        Weekday::Saturday if date.day() > 1 => date.checked_sub(1.day()),
        Weekday::Saturday => date.checked_add(2.days()),
        Weekday::Sunday if date.day() < date.days_in_month() => date.checked_add(1.day()),
        Weekday::Sunday => date.checked_sub(2.days()),
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => Ok(date),
    };
    moved.ok()
}

impl Days {
    fn has(&self, date: Date) -> bool {
        let day = u16::try_from(date.day()).unwrap_or_default();
        let last = u16::try_from(date.days_in_month()).unwrap_or_default();
        let in_last_week = day + 7 > last;
        match self {
            Self::OfMonth(all) => all.contains(&day),
            Self::LastOfMonth => day == last,
            Self::LastWeekdayOfMonth => working(date.last_of_month()) == Some(date),
            Self::WeekdayNearest(wanted) => {
                let wanted = i8::try_from((*wanted).min(last)).unwrap_or(1);
                date.with().day(wanted).build().ok().and_then(working) == Some(date)
            }
            Self::OfWeek(all) => all.contains(&weekday(date)),
            Self::LastOfWeek(wanted) => weekday(date) == *wanted && in_last_week,
            Self::NthOfWeek(wanted, nth) => weekday(date) == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

impl Schedule {
    /// Reads an expression; nothing if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix("cron(")?.strip_suffix(')')?;
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minute, hours, day, month, weekday, year] = fields.as_slice() else { return None };
        Some(Self {
            minute: minute.parse().ok().filter(|it| (0..60).contains(it))?,
            hours: field(hours, (0, 23), &[])?,
            days: days(day, weekday)?,
            months: field(month, (1, 12), &MONTHS)?,
            years: field(year, (1970, 2199), &[])?,
        })
    }

    /// The first time after that one at which it runs; nothing if it does not within years.
    pub(super) fn after(&self, time: Time) -> Option<Time> {
        let millis = i64::try_from(time.as_millis()).ok()?;
        let now = Timestamp::from_millisecond(millis).ok()?.to_zoned(TimeZone::UTC).datetime();
        let mut date = now.date();
        let end = date.year() + HORIZON;
        while date.year() <= end {
            let of = |number: i16| u16::try_from(number).unwrap_or_default();
            let runs = self.years.contains(&of(date.year()))
                && self.months.contains(&of(i16::from(date.month())))
                && self.days.has(date);
            let mut hours = self.hours.clone();
            hours.sort_unstable();
            for hour in hours.into_iter().filter(|_| runs) {
                let at = date.at(i8::try_from(hour).ok()?, self.minute, 0, 0);
                if at > now {
                    let at = at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
                    return Some(Time::from_millis(u64::try_from(at).ok()?));
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, after: &str) -> Option<String> {
        let after: Timestamp = after.parse().unwrap();
        let after = Time::from_millis(u64::try_from(after.as_millisecond()).unwrap());
        let at = Schedule::parse(expression)?.after(after)?;
        Some(at.to_string().chars().take(16).collect())
    }

    #[test]
    fn expressions_have_a_next_time() {
        // 2026-01-01 is a Thursday.
        for (expression, expected) in [
            ("cron(0 5 ? * * *)", "2026-01-01T05:00"),
            ("cron(0 5 * * ? *)", "2026-01-01T05:00"),
            ("cron(30 0/6 * * ? *)", "2026-01-01T00:30"),
            ("cron(0 5 ? * SUN *)", "2026-01-04T05:00"),
            ("cron(0 5 ? * MON-FRI *)", "2026-01-01T05:00"),
            ("cron(0 5 1,15 FEB ? *)", "2026-02-01T05:00"),
            ("cron(0 5 L * ? *)", "2026-01-31T05:00"),
            ("cron(0 5 LW * ? *)", "2026-01-30T05:00"),
            ("cron(0 5 3W * ? *)", "2026-01-02T05:00"),
            ("cron(0 5 ? * 6#3 *)", "2026-01-16T05:00"),
            ("cron(0 5 ? * 5L *)", "2026-01-29T05:00"),
            ("cron(0 5 29 2 ? *)", "2028-02-29T05:00"),
            ("cron(0 5 * * ? 2027)", "2027-01-01T05:00"),
        ] {
            let found = next(expression, "2026-01-01T00:00:00Z");
            assert_eq!(found.as_deref(), Some(expected), "{expression}");
        }
        let at_five = next("cron(0 5 * * ? *)", "2026-01-01T05:00:00Z");
        assert_eq!(at_five.as_deref(), Some("2026-01-02T05:00"));
        assert_eq!(next("cron(0 5 * * ? 2000)", "2026-01-01T05:00:00Z"), None);
        for wrong in ["cron(0 5 * * *)", "cron(0 24 * * ? *)", "cron(0 5 * * * *)", "rate(1 day)"] {
            assert_eq!(Schedule::parse(wrong), None, "{wrong}");
        }
    }
}
