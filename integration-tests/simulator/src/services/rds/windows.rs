//! When RDS backs up, and when it may maintain: in UTC, every day and every week.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupWindow.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html>:
//! half an hour at least, the two do not overlap; when none is given RDS draws one from eight hours
//! of the region's night.

use std::time::Duration;

use crate::{Time, fault::Fault, random::Rng};

const DAY: u64 = 24 * 60;
const WEEK: u64 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The minute of the day: `23:59`.
fn minute(text: &str) -> Option<u64> {
    let (hour, minute) = text.split_once(':')?;
    let two = |it: &str| (it.len() == 2).then(|| it.parse::<u64>().ok()).flatten();
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The minute of the week: `mon:23:59`.
fn minute_of_week(text: &str) -> Option<u64> {
    let (day, rest) = text.split_once(':')?;
    let day = DAYS.iter().position(|it| *it == day)? as u64;
    Some(day * DAY + minute(rest)?)
}

fn span(first: u64, last: u64, round: u64) -> u64 {
    (last + round - first) % round
}

/// A backup window in AWS's writing.
pub(super) fn backup(text: &str) -> Result<String, Fault> {
    let text = text.to_ascii_lowercase();
    let parts = text.split_once('-').and_then(|it| Some((minute(it.0)?, minute(it.1)?)));
    let Some((first, last)) = parts else {
        return Err(Fault::invalid(format!(
            "Invalid backup window format: {text}. Should be specified as a range \
             hh24:mi-hh24:mi (24H Clock UTC). Example: 04:00-04:30"
        )));
    };
    if span(first, last, DAY) < 30 {
        return Err(Fault::invalid("The backup window must be at least 30 minutes."));
    }
    Ok(text)
}

/// A maintenance window in AWS's writing.
pub(super) fn maintenance(text: &str) -> Result<String, Fault> {
    let text = text.to_ascii_lowercase();
    let parts = text.split_once('-');
    let parts = parts.and_then(|it| Some((minute_of_week(it.0)?, minute_of_week(it.1)?)));
    let Some((first, last)) = parts else {
        return Err(Fault::invalid(format!(
            "Invalid maintenance window format: {text}. Should be specified as a range \
             ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC). Example: Sun:23:45-Mon:00:15"
        )));
    };
    if !(30..DAY).contains(&span(first, last, WEEK)) {
        return Err(Fault::invalid(
            "The maintenance window must be at least 30 minutes and less than 24 hours.",
        ));
    }
    Ok(text)
}

/// Whether a backup window and a maintenance window, both good, overlap.
fn overlap(backup: &str, maintenance: &str) -> bool {
    let daily = backup.split_once('-').and_then(|it| Some((minute(it.0)?, minute(it.1)?)));
    let weekly = maintenance
        .split_once('-')
        .and_then(|it| Some((minute_of_week(it.0)?, minute_of_week(it.1)?)));
    let (Some((from, to)), Some((first, last))) = (daily, weekly) else { return false };
    let (length, long) = (span(from, to, DAY), span(first, last, WEEK));
    (0..7).any(|day| {
        let begins = day * DAY + from;
        span(first, begins, WEEK) < long || span(begins, first, WEEK) < length
    })
}

/// Refuses windows that overlap.
pub(super) fn apart(backup: &str, maintenance: &str) -> Result<(), Fault> {
    if overlap(backup, maintenance) {
        return Err(Fault::invalid("The backup window and maintenance window must not overlap."));
    }
    Ok(())
}

fn clock(minute: u64) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

/// Draws the windows that are not given: from 03:00 to 11:00, as in us-east-1.
pub(super) fn fill(
    rng: &mut Rng,
    backup: Option<&str>,
    maintenance: Option<&str>,
) -> Result<(String, String), Fault> {
    for _ in 0..64 {
        let start = 180 + rng.below(450);
        let daily = format!("{}-{}", clock(start), clock(start + 30));
        let (day, start) = (rng.below(7), 180 + rng.below(450));
        let day = usize::try_from(day).ok().and_then(|it| DAYS.get(it)).unwrap_or(&"sun");
        let weekly = format!("{day}:{}-{day}:{}", clock(start), clock(start + 30));
        let daily = backup.map_or(daily, ToOwned::to_owned);
        let weekly = maintenance.map_or(weekly, ToOwned::to_owned);
        let given = backup.is_some() && maintenance.is_some();
        if given || !overlap(&daily, &weekly) {
            apart(&daily, &weekly)?;
            return Ok((daily, weekly));
        }
    }
    Err(Fault::invalid("The backup window and maintenance window must not overlap."))
}

fn next(now: Time, start: u64, round: u64, offset: u64) -> Time {
    let minutes = now.as_millis() / 60_000;
    let here = (minutes + offset) % round;
    let mut wait = (start + round - here) % round;
    if wait == 0 {
        wait = round;
    }
    Time::from_millis((minutes + wait) * 60_000)
}

/// The next beginning of a maintenance window after `now`.
pub(super) fn next_maintenance(window: &str, now: Time) -> Time {
    let start = window.split_once('-').and_then(|it| minute_of_week(it.0)).unwrap_or_default();
    // The epoch began on a Thursday.
    next(now, start, WEEK, 3 * DAY)
}

/// A moment of the next backup window after `now`.
pub(super) fn next_backup(window: &str, now: Time, rng: &mut Rng) -> Time {
    let start = window.split_once('-').and_then(|it| minute(it.0)).unwrap_or_default();
    next(now, start, DAY, 0) + Duration::from_secs(rng.below(600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_last_half_an_hour_and_are_written_in_lower_case() {
        assert_eq!(backup("23:45-00:15").as_deref(), Ok("23:45-00:15"));
        assert_eq!(maintenance("Sun:23:45-Mon:00:15").as_deref(), Ok("sun:23:45-mon:00:15"));
        for wrong in ["", "04:00", "4:00-5:00", "04:00-04:29", "24:00-25:00", "04:00-04:00"] {
            assert!(backup(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "sun:04:00", "sun:04:00-sun:04:29", "xyz:04:00-xyz:05:00"] {
            assert!(maintenance(wrong).is_err(), "{wrong}");
        }
        assert!(maintenance("sun:04:00-mon:04:00").is_err());
    }

    #[test]
    fn windows_that_overlap_on_any_day_are_told() {
        assert!(apart("04:00-04:30", "sun:04:15-sun:04:45").is_err());
        assert!(apart("04:00-06:00", "sun:04:15-sun:04:45").is_err());
        assert!(apart("23:45-00:15", "mon:00:00-mon:00:30").is_err());
        assert!(apart("23:45-00:15", "sun:23:00-sun:23:50").is_err());
        assert!(apart("04:00-04:30", "sun:04:30-sun:05:00").is_ok());
        assert!(apart("04:00-04:30", "sun:03:30-sun:04:00").is_ok());
    }

    #[test]
    fn drawn_windows_are_good_and_keep_apart() {
        let mut rng = Rng::new(7);
        for _ in 0..200 {
            let (daily, weekly) = fill(&mut rng, None, None).unwrap();
            assert!(backup(&daily).is_ok() && maintenance(&weekly).is_ok(), "{daily} {weekly}");
            assert!(apart(&daily, &weekly).is_ok());
        }
        let whole = Some("sun:03:00-sun:11:30");
        assert!(fill(&mut rng, Some("04:00-04:30"), whole).is_err());
    }

    #[test]
    fn the_next_window_is_on_its_day() {
        // 2026-01-01T00:00:00Z is a Thursday.
        let now = Time::from_millis(1_767_225_600_000);
        let days = |it: Time| it.since(now).as_secs() / 3600;
        assert_eq!(days(next_maintenance("thu:00:00-thu:01:00", now)), 7 * 24);
        assert_eq!(days(next_maintenance("fri:01:00-fri:02:00", now)), 25);
        assert_eq!(days(next_maintenance("wed:23:00-wed:23:30", now)), 6 * 24 + 23);
        let backup = next_backup("02:00-02:30", now, &mut Rng::new(1));
        assert_eq!(days(backup), 2);
    }
}
