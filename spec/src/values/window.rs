//! Daily and weekly windows, in UTC, as RDS writes them.

use crate::{
    log::Quoted,
    names::{NameError, name},
};

const DAY: u32 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A stretch of time that comes again: minutes from the beginning of a day or week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    from: u32,
    minutes: u32,
    /// After how many minutes it comes again.
    every: u32,
}

/// The shortest window RDS takes, in minutes.
const SHORTEST: u32 = 30;
/// The longest window RDS takes, in minutes.
const LONGEST: u32 = DAY;

impl Window {
    fn new(from: u32, to: u32, every: u32) -> Option<Self> {
        let minutes = (to + every - from) % every;
        (minutes >= SHORTEST).then_some(Self { from, minutes, every })
    }

    fn daily(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        Self::new(minute(from)?, minute(to)?, DAY)
    }

    fn weekly(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        Self::new(minute_of_week(from)?, minute_of_week(to)?, 7 * DAY)
    }

    /// Whether it is one that RDS takes.
    fn is_short(self) -> bool {
        self.minutes <= LONGEST
    }

    /// Whether they have time in common on some day.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        let every = self.every.min(other.every);
        // The shorter period decides: a weekly window meets a daily one on its own day.
        let apart = |a: Self, b: Self| {
            let gap = (b.from + every - a.from % every) % every;
            gap >= a.minutes.min(every)
        };
        !(apart(self, other) && apart(other, self))
    }
}

fn minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str, below: u32| {
        let is_two = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|number| is_two && *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

fn minute_of_week(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| *name == day)?;
    Some(u32::try_from(day).ok()? * DAY + minute(time)?)
}

fn refuse(text: &str, what: &str, example: &str, longest: &str) -> NameError {
    let message = format!("{} is not {what}", Quoted(text));
    let help =
        format!("it looks like `{example}`, in UTC, and lasts from half an hour to {longest}");
    NameError::new(message, help)
}

/// How many minutes a weekly window lasts that is too short for one.
fn too_short(text: &str) -> Option<u32> {
    let (from, to) = text.split_once('-')?;
    let minutes = (minute_of_week(to)? + 7 * DAY - minute_of_week(from)?) % (7 * DAY);
    (minutes < SHORTEST).then_some(minutes)
}

fn weekly(text: &str, is_taken: fn(Window) -> bool, longest: &str) -> Result<(), NameError> {
    let takes = |text: &str| Window::weekly(text).is_some_and(is_taken);
    if takes(text) {
        return Ok(());
    }
    if let Some(minutes) = too_short(text) {
        let message = format!("{} lasts {minutes} minutes", Quoted(text));
        return Err(NameError::new(
            message,
            format!("a window lasts from {SHORTEST} minutes to {longest}"),
        ));
    }
    let lower = text.to_ascii_lowercase();
    if takes(&lower) {
        let message = format!("{} is written in upper case", Quoted(text));
        return Err(NameError::new(message, format!("write `{lower}`")));
    }
    Err(refuse(text, "a weekly window", "sun:04:00-sun:04:30", longest))
}

const WEEKLY: &str = "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$";

name! {
    /// A window on every day: `03:00-03:30`, in UTC.
    DailyWindow, pattern "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", longest 11, |text| {
        let window = Window::daily(text).filter(|window| window.is_short());
        window.map(drop).ok_or_else(|| refuse(text, "a daily window", "03:00-03:30", "a day"))
    }
}

name! {
    /// A window in every week that AWS maintains something in: `sun:04:00-sun:04:30`, in UTC.
    WeeklyWindow, pattern WEEKLY, longest 19, |text| weekly(text, Window::is_short, "a day")
}

name! {
    /// A window in every week that clctl makes changes in: `sat:02:00-mon:02:00`, in UTC.
    ChangeWindow, pattern WEEKLY, longest 19, |text| weekly(text, |_| true, "a week")
}

impl ChangeWindow {
    /// How long it is open, in whole hours.
    pub(crate) fn hours(&self) -> Option<u32> {
        Window::weekly(self.as_str()).map(|window| window.minutes / 60)
    }
}

impl DailyWindow {
    pub(crate) fn window(&self) -> Option<Window> {
        Window::daily(self.as_str())
    }
}

impl WeeklyWindow {
    pub(crate) fn window(&self) -> Option<Window> {
        Window::weekly(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_across_midnight_and_the_end_of_the_week() {
        let day = |text: &str| Window::daily(text).into_iter();
        let week = |text: &str| Window::weekly(text).into_iter();
        for (a, b, expected) in [
            (day("03:00-03:30"), week("sun:04:00-sun:04:30"), false),
            (day("03:00-04:30"), week("sun:04:00-sun:04:30"), true),
            (day("23:30-00:30"), week("mon:00:00-mon:01:00"), true),
            (day("23:30-00:30"), week("sun:23:00-mon:00:00"), true),
            (day("23:30-00:30"), week("mon:01:00-mon:02:00"), false),
            (week("sun:23:30-mon:00:30"), week("mon:00:00-mon:01:00"), true),
            (week("sun:23:30-mon:00:30"), week("mon:00:30-mon:01:00"), false),
            (week("mon:00:00-tue:00:00"), week("wed:00:00-wed:01:00"), false),
            (day("05:00-05:30"), week("mon:05:30-tue:05:00"), false),
            (day("05:00-05:30"), week("mon:05:15-tue:05:00"), true),
        ] {
            let (a, b): (Vec<_>, Vec<_>) = (a.collect(), b.collect());
            assert_eq!(a[0].overlaps(b[0]), expected, "{a:?} {b:?}");
            assert_eq!(b[0].overlaps(a[0]), expected, "{b:?} {a:?}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "3:00-4:00",
            "03:00",
            "03:00-03:15",
            "24:00-01:00",
            "03:60-04:00",
            "03:00-03:00",
            "03:00 - 04:00",
        ] {
            assert!(Window::daily(text).is_none(), "{text}");
        }
        for text in ["sun:03:00", "Sun:03:00-Sun:04:00", "son:03:00-son:04:00"] {
            assert!(Window::weekly(text).is_none(), "{text}");
        }
    }
}
