//! The engines there are, and their versions.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/aurorapostgresql-release-calendar.html>.
//! A version is dated by its release by the community
//! (<https://www.postgresql.org/docs/release/>), which RDS follows within weeks; versions can be
//! created until the day they are deprecated.

use serde::{Deserialize, Serialize};

use super::{Answer, Operation, call::Call, certificate};
use crate::{Time, fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[("DescribeDBEngineVersions", false, describe)];

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Engine {
    Postgres,
    Aurora,
}

/// Engines of RDS that are not modelled.
const OTHERS: &[&str] = &[
    "aurora-mysql",
    "custom-oracle-ee",
    "custom-sqlserver-ee",
    "custom-sqlserver-se",
    "db2-ae",
    "db2-se",
    "mariadb",
    "mysql",
    "oracle-ee",
    "oracle-ee-cdb",
    "oracle-se2",
    "oracle-se2-cdb",
    "sqlserver-ee",
    "sqlserver-ex",
    "sqlserver-se",
    "sqlserver-web",
];

/// Days since the epoch of the community's releases.
const FEBRUARY_2025: u64 = 20_139;
const MAY_2025: u64 = 20_216;
const AUGUST_2025: u64 = 20_314;
const NOVEMBER_2025: u64 = 20_405;
/// 2026-05-31: <https://lucaberton.com/blog/aws-rds-postgresql-minor-version-deprecation-may-2026/>
/// tells of AWS's announcement.
const MAY_2026: u64 = 20_604;
const NEVER: u64 = u64::MAX;

/// The minor versions: major, minor, released, deprecated, and whether Aurora has it.
const VERSIONS: &[(u32, u32, u64, u64, bool)] = &[
    (14, 17, FEBRUARY_2025, MAY_2026, true),
    (14, 18, MAY_2025, NEVER, true),
    (14, 19, AUGUST_2025, NEVER, true),
    (14, 20, NOVEMBER_2025, NEVER, false),
    (15, 12, FEBRUARY_2025, MAY_2026, true),
    (15, 13, MAY_2025, NEVER, true),
    (15, 14, AUGUST_2025, NEVER, true),
    (15, 15, NOVEMBER_2025, NEVER, false),
    (16, 8, FEBRUARY_2025, MAY_2026, true),
    (16, 9, MAY_2025, NEVER, true),
    (16, 10, AUGUST_2025, NEVER, true),
    (16, 11, NOVEMBER_2025, NEVER, false),
    (17, 4, FEBRUARY_2025, MAY_2026, true),
    (17, 5, MAY_2025, NEVER, true),
    (17, 6, AUGUST_2025, NEVER, true),
    (17, 7, NOVEMBER_2025, NEVER, false),
];

/// A version of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) engine: Engine,
    pub(super) major: u32,
    minor: u32,
    released: u64,
    deprecated: u64,
}

impl Engine {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Aurora => "aurora-postgresql",
        }
    }

    /// The engine of that name, or why there is none.
    pub(super) fn read(name: &str) -> Result<Self, Fault> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "postgres" => Ok(Self::Postgres),
            "aurora-postgresql" => Ok(Self::Aurora),
            other if OTHERS.contains(&other) => {
                Err(Fault::unsupported(format!("the engine {other}")))
            }
            _ => Err(Fault::invalid(format!("Invalid DB engine: {name}"))),
        }
    }

    /// The parameter group family of a major version.
    pub(super) fn family(self, major: u32) -> String {
        match self {
            Self::Postgres => format!("postgres{major}"),
            Self::Aurora => format!("aurora-postgresql{major}"),
        }
    }

    /// What can be sent to CloudWatch Logs.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html>
    pub(super) fn log_types(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["iam-db-auth-error", "postgresql", "upgrade"],
            Self::Aurora => &["iam-db-auth-error", "instance", "postgresql"],
        }
    }

    fn versions(self) -> impl Iterator<Item = Version> {
        let all = VERSIONS.iter().filter(move |it| self == Self::Postgres || it.4);
        all.map(move |&(major, minor, released, deprecated, _)| Version {
            engine: self,
            major,
            minor,
            released,
            deprecated,
        })
    }

    /// Every version that can be made at a time, oldest first.
    pub(super) fn on_offer(self, now: Time) -> Vec<Version> {
        let today = now.as_millis() / 86_400_000;
        self.versions().filter(|it| it.released <= today && today < it.deprecated).collect()
    }

    /// The default minor version of a major one: mostly not the newest.
    fn default_of(self, major: u32, now: Time) -> Option<Version> {
        let all: Vec<_> = self.on_offer(now).into_iter().filter(|it| it.major == major).collect();
        all.len().checked_sub(2).and_then(|it| all.get(it)).or(all.last()).copied()
    }

    /// The version that a text names: exact, only its major part, or nothing for the default.
    pub(super) fn version(self, text: Option<&str>, now: Time) -> Result<Version, Fault> {
        let unknown = || {
            let text = text.unwrap_or_default();
            Fault::combination(format!("Cannot find version {text} for {}", self.name()))
        };
        let Some(text) = text.filter(|it| !it.is_empty()) else {
            return self.default_of(17, now).ok_or_else(unknown);
        };
        if text.contains('.') {
            let mut all = self.on_offer(now).into_iter();
            return all.find(|it| it.name() == text).ok_or_else(unknown);
        }
        let major = text.parse().map_err(|_| unknown())?;
        self.default_of(major, now).ok_or_else(unknown)
    }

    /// A version that something runs, offered or not.
    pub(super) fn running(self, name: &str) -> Option<Version> {
        self.versions().find(|it| it.name() == name)
    }
}

impl Version {
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    pub(super) fn family(&self) -> String {
        self.engine.family(self.major)
    }

    /// What it can be upgraded to at a time: what is newer and was not there before it.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.html>
    pub(super) fn targets(&self, now: Time) -> Vec<Self> {
        let newer = |it: &Self| {
            (it.major, it.minor) > (self.major, self.minor) && it.released >= self.released
        };
        self.engine.on_offer(now).into_iter().filter(newer).collect()
    }

    /// Whether RDS brings what is updated by itself to this version.
    fn is_default(&self, now: Time) -> bool {
        self.engine.default_of(self.major, now).as_ref() == Some(self)
    }
}

const FILTERS: &[&str] =
    &["db-parameter-group-family", "engine", "engine-mode", "engine-version", "status"];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(FILTERS)?;
    let (engine, version) = (call.text("Engine"), call.text("EngineVersion"));
    let family = call.text("DBParameterGroupFamily");
    let default = call.flag("DefaultOnly")?.unwrap_or_default();
    for flag in ["ListSupportedCharacterSets", "ListSupportedTimezones"] {
        call.flag(flag)?;
    }
    if call.flag("IncludeAll")?.unwrap_or_default() {
        return Err(Fault::unsupported("versions that are not available"));
    }
    let engines = match &engine {
        Some(name) => vec![Engine::read(name)?],
        None => vec![Engine::Aurora, Engine::Postgres],
    };
    let now = call.now;
    let mut all = Vec::new();
    for one in engines.into_iter().flat_map(|it| it.on_offer(now)) {
        let named = |text: &String| {
            *text == one.name() || text.parse::<u32>().is_ok_and(|it| it == one.major)
        };
        let look = |name: &str| match name {
            "db-parameter-group-family" => vec![one.family()],
            "engine" => vec![one.engine.name().to_owned()],
            "engine-mode" => vec!["provisioned".to_owned()],
            "engine-version" => vec![one.name()],
            _ => vec!["available".to_owned()],
        };
        // Without a version only the default of the engine is a default.
        let is_default = match &version {
            Some(_) => one.is_default(now),
            None => one.is_default(now) && one.major == 17,
        };
        let wanted = version.as_ref().is_none_or(named)
            && family.as_ref().is_none_or(|it| *it == one.family())
            && (!default || is_default)
            && filters.keep(look);
        if wanted {
            let key = format!("{} {:02}.{:02}", one.engine.name(), one.major, one.minor);
            all.push((key, render(call, &one)));
        }
    }
    call.page(("DBEngineVersions", "DBEngineVersion"), all)
}

fn render(call: &Call<'_>, version: &Version) -> Xml {
    let engine = version.engine;
    let name = match engine {
        Engine::Postgres => "PostgreSQL",
        Engine::Aurora => "Aurora PostgreSQL",
    };
    let arn = format!("engine-version:{}/{}", engine.name(), version.name());
    let targets = version.targets(call.now).into_iter().map(|it| {
        Xml::new()
            .text("Engine", engine.name())
            .text("EngineVersion", it.name())
            .text("Description", format!("{name} {}", it.name()))
            .text("AutoUpgrade", it.major == version.major && it.is_default(call.now))
            .text("IsMajorVersionUpgrade", it.major != version.major)
    });
    let texts = |all: &[&str]| {
        let member = |xml: Xml, it: &&str| xml.text("member", it);
        all.iter().fold(Xml::new(), member)
    };
    Xml::new()
        .text("Engine", engine.name())
        .text("MajorEngineVersion", version.major)
        .text("EngineVersion", version.name())
        .text("DBParameterGroupFamily", version.family())
        .text("DBEngineDescription", name)
        .text("DBEngineVersionArn", call.arn(&arn))
        .text("DBEngineVersionDescription", format!("{name} {}", version.name()))
        .members("ValidUpgradeTarget", "UpgradeTarget", targets)
        .nest("ExportableLogTypes", texts(engine.log_types()))
        .text("SupportsLogExportsToCloudwatchLogs", true)
        .text("SupportsReadReplica", engine == Engine::Postgres)
        .nest("SupportedEngineModes", texts(&["provisioned"]))
        .text("Status", "available")
        .text("SupportsParallelQuery", false)
        .text("SupportsGlobalDatabases", engine == Engine::Aurora)
        .text("SupportsBabelfish", false)
        .text("SupportsCertificateRotationWithoutRestart", true)
        .nest("SupportedCACertificateIdentifiers", texts(certificate::NAMES))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YEAR: Time = Time::from_millis(1_767_225_600_000);

    #[test]
    fn a_version_is_named_exactly_by_its_major_part_or_not_at_all() {
        let named = |it| Engine::Postgres.version(it, NEW_YEAR).map(|it| it.name());
        assert_eq!(named(None).as_deref(), Ok("17.6"));
        assert_eq!(named(Some("17")).as_deref(), Ok("17.6"));
        assert_eq!(named(Some("17.7")).as_deref(), Ok("17.7"));
        assert_eq!(named(Some("14.17")).as_deref(), Ok("14.17"));
        for wrong in ["17.99", "9", "x", "17.7.1"] {
            assert_eq!(named(Some(wrong)).unwrap_err().code, "InvalidParameterCombination");
        }
        assert!(Engine::Aurora.version(Some("17.7"), NEW_YEAR).is_err());
    }

    #[test]
    fn versions_come_and_go_by_the_day() {
        let june = Time::from_millis(1_780_300_000_000);
        assert!(Engine::Postgres.version(Some("17.4"), NEW_YEAR).is_ok());
        assert!(Engine::Postgres.version(Some("17.4"), june).is_err());
        let before = Time::from_millis(1_756_000_000_000);
        assert!(Engine::Postgres.version(Some("17.7"), before).is_err());
    }

    #[test]
    fn an_upgrade_never_goes_back_in_time() {
        let version = Engine::Postgres.version(Some("16.10"), NEW_YEAR).unwrap();
        let targets: Vec<_> = version.targets(NEW_YEAR).iter().map(Version::name).collect();
        assert_eq!(targets, ["16.11", "17.6", "17.7"]);
    }
}
