//! Automated backups of a database that is gone: what they know, and how far back they reach
//! (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html>).

use aws_sdk_rds::types::RestoreWindow;
use aws_smithy_types::{DateTime, date_time::Format};
use jiff::Timestamp;

/// How far automated backups may lag behind, in seconds: RDS saves the log every five minutes
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html>).
const LAG: i64 = 3600;

/// What is to be known of the automated backups of a database that is available: there is no metric of them.
pub(super) fn behind(now: Timestamp, latest: Option<&DateTime>) -> Option<String> {
    let latest = latest.filter(|latest| now.as_second().saturating_sub(latest.secs()) > LAG)?;
    Some(format!(
        "its automated backups reach no further than {latest}: see what RDS says of it (`aws rds describe-events`)"
    ))
}

/// The automated backups of one database.
pub(super) struct Backup {
    /// The id of the database that stays.
    pub(super) resource: String,
    /// How far they reach.
    pub(super) window: Window,
    pub(super) version: String,
    pub(super) username: String,
    pub(super) key: Option<String>,
    /// Of an instance of RDS, how much storage it has, and at which port it listens.
    pub(super) storage: i32,
    pub(super) port: i32,
}

/// From when to when a database can be had as it was then.
#[derive(Clone, Copy)]
pub(super) struct Window {
    from: DateTime,
    to: DateTime,
}

impl Window {
    pub(super) fn of(window: &RestoreWindow) -> Option<Self> {
        Some(Self { from: *window.earliest_time()?, to: *window.latest_time()? })
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "from {} to {}", self.from, self.to)
    }
}

impl Backup {
    /// That time, if they reach it.
    pub(super) fn at(&self, when: &str) -> Option<DateTime> {
        let at = DateTime::from_str(when, Format::DateTime).ok()?;
        let Window { from, to } = self.window;
        (from.as_nanos() <= at.as_nanos() && at.as_nanos() <= to.as_nanos()).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_that_lag_are_told() {
        let latest = DateTime::from_secs(1_000_000);
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        assert_eq!(behind(at(3_600), Some(&latest)), None);
        assert!(behind(at(3_601), Some(&latest)).unwrap().contains("1970-01-12T13:46:40Z"));
        assert_eq!(behind(at(9_999), None), None);
    }

    #[test]
    fn a_time_is_within_reach_or_not() {
        let time = |text| DateTime::from_str(text, Format::DateTime).unwrap();
        let window =
            Window { from: time("2026-11-20T00:00:00Z"), to: time("2026-11-28T12:00:00Z") };
        let text = String::new;
        let (resource, version, username, key) = (text(), text(), text(), None);
        let backup = Backup { resource, window, version, username, key, storage: 20, port: 5432 };
        assert!(backup.at("2026-11-28T12:00:00Z").is_some());
        assert!(backup.at("2026-11-28T12:00:01Z").is_none());
        assert!(backup.at("2026-11-19T23:59:59Z").is_none());
        assert_eq!(window.to_string(), "from 2026-11-20T00:00:00Z to 2026-11-28T12:00:00Z");
    }
}
