//! `spec.database`: PostgreSQL, on RDS or Aurora.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    arn::Home,
    at::{At, Optional},
    bounded::{Table, Tabled},
    chapter::{chapter, choice, in_place, interrupts, refused},
    form::leaf,
    log::{Log, Quoted},
    names::{Fixed, NameError, Partition, name},
    problem::{Code, Draft},
    whole::Whole,
    window::{DailyWindow, WeeklyWindow},
};

const CREATE: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html";
const MODIFY: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html";
const VERSIONS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html";
const CLASSES: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html";
const STORAGE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html";
const MULTI_AZ: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html";
const AURORA: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html";
const AURORA_STORAGE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html";
const BACKUPS: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html";
const WINDOWS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html";
const PROTECTION: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html";
const PARAMETERS: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html";
const INSIGHTS: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.html";
const RESTORE: &str =
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html";

const STAYS: &str =
    "the database is never replaced; a new one is made in a new environment, with `restoreFrom`";
const FAILS_OVER: &str = "the database restarts or fails over: silent for one to two minutes";
const UPGRADES: &str =
    "the database is upgraded: silent for the minutes that takes; a major version may take longer";

const BACKUP_WINDOW: &str = "03:00-03:30";
const MAINTENANCE_WINDOW: &str = "sun:04:00-sun:04:30";
const ALLOCATED_STORAGE: Whole<20, 65_536> = Whole::of(100);

chapter! {
    /// The PostgreSQL database of the nodes. It holds their keys, jobs and the lease that decides which is active.
    /// It is never replaced.
    pub struct Database, DatabaseFields, check check {
        optional {
            /// What a new database begins with: `none` for an empty one, a snapshot by its name or ARN, or a time
            /// such as `2026-11-28T12:00:00Z` to which the environment's own automated backups are played.
            /// Counts only when the database is made. The keys in it open only with the keystore password they were
            /// made with: `secrets.keystorePassword`.
            restore_from: RestoreFrom, in_place(RESTORE).effect("it counts only when the database is made")
                .by_default("the newest final snapshot that was kept of this environment, if there is one");
        }
        default {
            /// The version of PostgreSQL, in quotes: the major one, of which AWS then chooses the minor one, or both,
            /// as in `"17.6"`. Chainlink supports 14 to 17.
            version: PostgresVersion = PostgresVersion::fixed("17"), interrupts(UPGRADES, VERSIONS);
            /// The name of the database in PostgreSQL.
            database_name: DatabaseName = DatabaseName::fixed("chainlink"), refused(STAYS, CREATE);
            /// The user the nodes log in as, who owns the database.
            master_username: Username = Username::fixed("chainlink"), refused(STAYS, CREATE);
            /// The port PostgreSQL listens at.
            port: Whole<1150, 65_535> = Whole::of(5432), interrupts(FAILS_OVER, MODIFY);
            /// Whether AWS installs new minor versions in the maintenance window, which restarts the database.
            auto_minor_version_upgrade: bool = false, in_place(WINDOWS);
            /// How long automated backups are kept. Within that time the database can be restored to any second. They
            /// go with the database; `backup` makes copies that stay.
            backup_retention_period: Whole<1, 35> = Whole::of(7), in_place(BACKUPS).unit("days");
            /// When backups are made, every day, in UTC.
            preferred_backup_window: DailyWindow = DailyWindow::fixed(BACKUP_WINDOW), in_place(BACKUPS);
            /// When AWS may maintain the database, every week, in UTC. Not within the backup window. When clctl may
            /// make changes is `policies.maintenanceWindows`.
            preferred_maintenance_window: WeeklyWindow = WeeklyWindow::fixed(MAINTENANCE_WINDOW), in_place(WINDOWS);
            /// Whether AWS refuses to delete the database. Lifted on purpose, before the environment is deleted.
            deletion_protection: bool = true, in_place(PROTECTION);
            /// Whether Performance Insights (Database Insights in its standard mode) records what the database is busy
            /// with, for seven days.
            performance_insights: bool = true, in_place(INSIGHTS);
            /// Parameters of PostgreSQL that differ from AWS's defaults, as text: `log_min_duration_statement: "500"`.
            /// Static ones wait for the next restart. `rds.force_ssl` is always 1.
            parameters: Table<ParameterName, ParameterValue, 60> = Table::default(), in_place(PARAMETERS).effect("static parameters count from the next restart on");
        }
        derived {
            /// What the database runs on. Chainlink asks in production for four cores and 16 GiB.
            instance_class: InstanceClass = |database| Some(InstanceClass::fixed(default_class(database))),
                interrupts(FAILS_OVER, CLASSES).example("db.m6g.xlarge").by_default("db.m6g.large on RDS, db.r6g.large on Aurora");
        }
        chapters {
            /// On RDS or on Aurora. On RDS, by default.
            engine: Engine, refused(STAYS, CREATE).by_default("{rds: {}}").example("{aurora: {}}");
        }
    }
}

choice! {
    /// On RDS or on Aurora.
    pub enum Engine, EngineFields, default Rds(Rds) {
        /// Amazon RDS for PostgreSQL: an instance and its standby. The default.
        rds: Rds(Rds), refused(STAYS, CREATE);
        /// Amazon Aurora PostgreSQL: instances over storage of its own, which they share.
        aurora: Aurora(Aurora), refused(STAYS, AURORA);
    }
}

chapter! {
    /// Amazon RDS for PostgreSQL.
    pub struct Rds, RdsFields, check check_rds {
        optional {
            /// Reads and writes a second that are provisioned. gp3 has 3,000 of itself, from 400 GiB on 12,000, and
            /// takes more only from there on.
            iops: Whole<1000, 256_000>, in_place(STORAGE).unit("operations a second");
            /// How many bytes pass, for gp3 from 400 GiB on.
            storage_throughput: Whole<500, 4000>, in_place(STORAGE).unit("MiB/s");
        }
        default {
            /// Whether a standby in the other zone takes over when the first fails, within one to two minutes.
            multi_az: bool = true, in_place(MULTI_AZ).effect("without a standby there is nothing to fail over to");
            /// How much storage there is at first. It can grow, and never shrinks.
            allocated_storage: Whole<20, 65_536> = ALLOCATED_STORAGE, in_place(STORAGE).unit("GiB");
            /// The type of storage.
            storage_type: StorageType = StorageType::default(), in_place(STORAGE).effect("it takes hours, during which it is slower");
        }
        derived {
            /// How far AWS may let the storage grow by itself when it runs full. Not at all, if this is
            /// `allocatedStorage`.
            max_allocated_storage: Whole<20, 65_536> = room_to_grow,
                in_place(STORAGE).unit("GiB").by_default("five times `allocatedStorage`, 65,536 at most");
        }
    }
}

chapter! {
    /// Amazon Aurora PostgreSQL.
    pub struct Aurora, AuroraFields {
        default {
            /// How many instances: one writes, the others read and take over when it fails. One zone's loss is
            /// survived with two.
            instances: Whole<1, 16> = Whole::of(2), in_place(AURORA);
            /// How storage is paid for: `aurora` by use, `aurora-iopt1` without a price for reads and writes.
            storage_type: AuroraStorage = AuroraStorage::default(), in_place(AURORA_STORAGE).effect("to `aurora-iopt1` only once in 30 days");
        }
    }
}

/// The type of storage of an RDS instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StorageType {
    /// General purpose SSD.
    #[default]
    Gp3,
    /// Provisioned IOPS SSD.
    Io2,
}

/// How storage of Aurora is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AuroraStorage {
    /// By use.
    #[default]
    #[serde(rename = "aurora")]
    Standard,
    /// Without a price for reads and writes.
    #[serde(rename = "aurora-iopt1")]
    IoOptimized,
}

leaf!(StorageType, AuroraStorage);

name! {
    /// A version of PostgreSQL: a major one, or one with its minor one.
    PostgresVersion, pattern "^[1-9][0-9]?([.](0|[1-9][0-9]?))?$", longest 5, |text| {
        let is_number = |part: &str| {
            (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
        };
        let (major, minor) = text.split_once('.').map_or((text, None), |(major, minor)| (major, Some(minor)));
        if is_number(major) && major != "0" && minor.is_none_or(is_number) {
            return Ok(());
        }
        let message = format!("{} is not a version of PostgreSQL", Quoted(text));
        Err(NameError::new(message, "write the major version, \"17\", or with its minor one, \"17.6\""))
    }
}

impl PostgresVersion {
    /// The least version of the same major one that RDS still makes, if this is an older one.
    fn closed(&self) -> Option<String> {
        let minor: u32 = self.as_str().split_once('.')?.1.parse().ok()?;
        let least = match self.major() {
            14 => 18,
            15 => 13,
            16 => 9,
            17 => 5,
            _ => return None,
        };
        (minor < least).then(|| format!("{}.{least}", self.major()))
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        let major = self.as_str().split('.').next().unwrap_or_default();
        major.parse().unwrap_or_default()
    }
}

name! {
    /// A class of database instances.
    InstanceClass, pattern "^db[.][a-z][a-z0-9-]*[0-9][a-z0-9-]*[.][a-z0-9-]+$", longest 40, |text| {
        let message = format!("{} is not a class of database instances", Quoted(text));
        if text == "db.serverless" {
            return Err(NameError::new("clctl makes no serverless databases", "the lease that decides which node is active needs a database that is always awake: take for example `db.m6g.large`"));
        }
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let rest = text.strip_prefix("db.");
        let is_class = text.len() <= 40 && rest.and_then(|rest| rest.split_once('.')).is_some_and(|(kind, size)| {
            is_part(kind)
                && is_part(size)
                && kind.starts_with(|c: char| c.is_ascii_lowercase())
                && kind.get(1..).is_some_and(|rest| rest.contains(|c: char| c.is_ascii_digit()))
        });
        match rest {
            _ if is_class => Ok(()),
            None if format!("db.{text}").parse::<Self>().is_ok() => {
                Err(NameError::new(message, format!("classes of databases begin with `db.`: `db.{text}`")))
            }
            _ => Err(NameError::new(message, "it looks like `db.m6g.large`")),
        }
    }
}

impl InstanceClass {
    /// Its type and its size.
    fn value(&self) -> (&str, &str) {
        let class = self.as_str().trim_start_matches("db.");
        class.split_once('.').unwrap_or((class, ""))
    }
}

/// Words that PostgreSQL or RDS keep for themselves.
const RESERVED: [&str; 83] = [
    "admin",
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "database",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "public",
    "rdsadmin",
    "rdsproxyadmin",
    "rdsrepladmin",
    "references",
    "returning",
    "select",
    "session_user",
    "some",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

fn identifier(text: &str, what: &str, longest: usize) -> Result<(), NameError> {
    let help = format!("it begins with a letter and has up to {longest} letters, digits and `_`");
    let refuse = |why: &str, help: &str| {
        Err(NameError::new(format!("{} cannot name {what}: {why}", Quoted(text)), help))
    };
    let is_name = (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return refuse("that is not its form", &help);
    }
    let lower = text.to_ascii_lowercase();
    if RESERVED.contains(&lower.as_str()) || lower.starts_with("pg_") || lower.starts_with("rds_") {
        return refuse(
            "PostgreSQL or RDS keeps that word for itself",
            "take another, for example `chainlink`",
        );
    }
    Ok(())
}

name! {
    /// The name of a database.
    DatabaseName, pattern "^[A-Za-z][A-Za-z0-9_]{0,62}$", longest 63, |text| {
        if matches!(text, "postgres" | "template0" | "template1") {
            let message = format!("{} is there already, in every PostgreSQL", Quoted(text));
            return Err(NameError::new(message, "take another, for example `chainlink`"));
        }
        identifier(text, "a database", 63)
    }
}

name! {
    /// The name of a database user.
    Username, pattern "^[A-Za-z][A-Za-z0-9_]{0,15}$", longest 16, |text| identifier(text, "a user", 16)
}

name! {
    /// The name of a parameter of PostgreSQL.
    ParameterName, pattern "^[a-z][a-z0-9_.]*$", longest 255, |text| {
        let is_name = text.len() <= 255
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.');
        if is_name {
            return Ok(());
        }
        let message = format!("{} is not a parameter of PostgreSQL", Quoted(text));
        Err(NameError::new(message, "it looks like `log_min_duration_statement`, in lower case"))
    }
}

name! {
    /// The value of a parameter, as text.
    ParameterValue, pattern "^[ -~]+$", longest 4096, |text| {
        if (1..=4096).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Ok(());
        }
        Err(NameError::new("this is not the value of a parameter", "it has 1 to 4096 ASCII characters, for example \"500\""))
    }
}

name! {
    /// What a new database begins with.
    RestoreFrom,
    pattern "^(none|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z|arn:aws[a-z-]*:rds:[a-z0-9-]+:[0-9]{12}:(cluster-)?snapshot:[A-Za-z0-9:-]+|((rds|awsbackup):)?[A-Za-z]([A-Za-z0-9]|-[A-Za-z0-9])*)$",
    longest 2048, |text| {
        if Restore::of(text).is_some() {
            return Ok(());
        }
        let message = format!("{} is nothing to restore from", Quoted(text));
        let help = if text.get(..4).is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit())) {
            "a time is written in UTC and to the second: `2026-11-28T12:00:00Z`"
        } else {
            "write `none`, the name or ARN of a snapshot, or a time such as `2026-11-28T12:00:00Z`"
        };
        Err(NameError::new(message, help))
    }
}

/// What a new database begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore<'a> {
    /// Nothing.
    Empty,
    /// What it was at a time: `2026-11-28T12:00:00Z`.
    Time(&'a str),
    /// A snapshot, by its name or ARN.
    Snapshot(&'a str),
}

impl<'a> Restore<'a> {
    fn of(text: &'a str) -> Option<Self> {
        match text {
            "none" => return Some(Self::Empty),
            // A snapshot can be called so, and nobody means that.
            "latest" | "newest" | "last" => return None,
            _ => {}
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return is_time(text).then_some(Self::Time(text));
        }
        let name = match crate::arn::Arn::of(text) {
            Some(arn) => arn.snapshot()?,
            None => crate::arn::snapshot_name(text),
        };
        let is_name = (1..=255).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !name.ends_with('-')
            && !name.contains("--");
        is_name.then_some(Self::Snapshot(text))
    }
}

impl RestoreFrom {
    /// What it means.
    pub fn restore(&self) -> Restore<'_> {
        Restore::of(self.as_str()).unwrap_or(Restore::Empty)
    }
}

/// Whether it is a time in UTC that there is, to the second.
fn is_time(text: &str) -> bool {
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b'Z',
    ] = text.as_bytes()
    else {
        return false;
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, i1, i2, s1, s2];
    if !digits.iter().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let two = |a: &u8, b: &u8| u32::from(a - b'0') * 10 + u32::from(b - b'0');
    let year = two(y1, y2) * 100 + two(y3, y4);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match two(m1, m2) {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&two(d1, d2)) && two(h1, h2) < 24 && two(i1, i2) < 60 && two(s1, s2) < 60
}

/// The oldest major version Chainlink supports, and the newest.
const SUPPORTED: std::ops::RangeInclusive<u32> = 14..=17;

fn check(written: &At<DatabaseFields>, log: &Log) {
    let fields = &written.value;
    if let Some(at) = fields.version.given() {
        check_version(at, log);
    }
    check_windows(fields, log);
    if let Some(parameters) = fields.parameters.given() {
        check_parameters(&parameters.value, log);
    }
    if let Some(At { value: false, span }) = fields.deletion_protection.given() {
        let draft = Draft::new(
            Code::Unprotected,
            *span,
            "AWS lets anybody with the permission delete the database",
        );
        log.report(
            draft
                .label("no protection")
                .help("fine on the way to deleting the environment, or in a test"),
        );
    }
    if let Some(at) = fields.instance_class.given() {
        check_class(at, log);
    }
    let aurora = fields.engine.given().and_then(|engine| engine.value.aurora.given());
    if let Some(aurora) = aurora {
        check_aurora(fields, aurora, log);
    }
    let is_aurora = fields.engine.given().is_some_and(|engine| engine.value.aurora.is_given());
    check_restore(fields, is_aurora, log);
}

fn default_class(database: &DatabaseFields) -> &'static str {
    let aurora = database.engine.given().is_some_and(|engine| engine.value.aurora.is_given());
    if aurora { "db.r6g.large" } else { "db.m6g.large" }
}

fn check_class(at: &At<InstanceClass>, log: &Log) {
    let At { value: class, span } = at;
    let size = class.value().1;
    if matches!(size, "micro" | "small") {
        let draft = Draft::new(
            Code::InstanceSize,
            *span,
            format!("{class} takes too few connections for two nodes"),
        );
        log.report(
            draft
                .label("too small")
                .help("take `db.t4g.medium` in a test, `db.m6g.large` or more in production"),
        );
    } else if class.as_str().starts_with("db.t") {
        let draft = Draft::new(
            Code::InstanceSize,
            *span,
            format!("{class} is slowed down once its credits are used up"),
        );
        log.report(
            draft
                .label("a burstable class")
                .help("fine in a test; Chainlink advises against it in production"),
        );
    }
}

/// Instance families of Aurora PostgreSQL, and those that look like one and are none. Newer ones may come.
const FAMILIES: [&str; 14] = [
    "r4", "r5", "r6g", "r6gd", "r6i", "r6id", "r7g", "r7i", "r8a", "r8g", "r8gd", "t3", "t4g",
    "x2g",
];

/// What Aurora takes that is another than what RDS takes.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html>
fn check_aurora(fields: &DatabaseFields, aurora: &At<AuroraFields>, log: &Log) {
    if let Some(at) = fields.instance_class.given() {
        let (kind, size) = at.value.value();
        let is_family = FAMILIES.contains(&kind);
        if !is_family || matches!(size, "micro" | "small") {
            let message = format!("Aurora PostgreSQL has no instances of the class {}", at.value);
            let draft = Draft::new(Code::Conflict, at.span, message).label("not with Aurora");
            log.report(
                draft
                    .also(aurora.span, "Aurora")
                    .help("take for example `db.r6g.large`; in a test `db.t4g.medium`"),
            );
        }
    }
    if let Some(at) = fields.master_username.given().filter(|at| at.value.as_str().contains('_')) {
        let message = format!("Aurora takes no `_` in the name of its user, {}", at.value);
        let draft = Draft::new(Code::Conflict, at.span, message).label("not with Aurora");
        log.report(draft.also(aurora.span, "Aurora").help("write letters and digits only"));
    }
    if let Some(at) = aurora.value.instances.given().filter(|at| at.value.get() == 1) {
        let message = "when the one instance fails, the oracle is silent until another is made";
        let draft = Draft::new(Code::Unprotected, at.span, message).label("no other to take over");
        log.report(draft.help("fine in a test"));
    }
}

/// A snapshot of a cluster is for Aurora; RDS cannot be made of one.
fn check_restore(fields: &DatabaseFields, aurora: bool, log: &Log) {
    let Some(At { value, span }) = fields.restore_from.given() else { return };
    if matches!(fields.engine, Optional::Broken) {
        return;
    }
    if value.as_str().contains(":cluster-snapshot:") && !aurora {
        let draft = Draft::new(
            Code::Conflict,
            *span,
            "RDS cannot be restored from a snapshot of an Aurora cluster",
        );
        log.report(
            draft
                .label("a cluster's snapshot")
                .help("add `engine: {aurora: {}}`, or name a snapshot of an instance"),
        );
    }
}

impl DatabaseFields {
    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        let rds = self.engine.given().and_then(|engine| engine.value.rds.given());
        let storage = rds.and_then(|rds| rds.value.storage_type.given());
        let china = home.partition == Some(Partition::China);
        if let Some(at) = storage.filter(|at| china && at.value == StorageType::Io2) {
            let draft = Draft::new(Code::Conflict, at.span, "AWS has no io2 storage in China");
            log.report(draft.label("not there").help("take gp3"));
        }
        if let Some(arn) = self.restore_from.given() {
            home.check(arn.value.as_str(), arn.span, "the snapshot", log);
        }
    }
}

fn check_version(at: &At<PostgresVersion>, log: &Log) {
    let At { value: version, span } = at;
    let major = version.major();
    let (oldest, newest) = (SUPPORTED.start(), SUPPORTED.end());
    if !SUPPORTED.contains(&major) {
        let message = format!("Chainlink does not support PostgreSQL {major}");
        let label = if major > *newest { "too new" } else { "too old" };
        let draft = Draft::new(Code::PostgresVersion, *span, message).label(label);
        log.report(draft.help(format!(
            "it supports {oldest} to {newest}: write `version: \"{newest}\"` (https://docs.chain.link/chainlink-nodes/resources/requirements)"
        )));
    } else if let Some(least) = version.closed() {
        let message = format!("AWS makes no new databases of PostgreSQL {version} any more");
        let draft = Draft::new(Code::PostgresOld, *span, message).label("closed on 2026-05-01");
        log.report(draft.help(format!("write {least} or newer, or the major version alone")));
    } else if major == *oldest {
        let message = format!("PostgreSQL {major} is the oldest that Chainlink supports");
        let draft =
            Draft::new(Code::PostgresOld, *span, message).label("its own support has ended");
        log.report(draft.help(format!(
            "the project ended its support in November 2026: plan the step to {newest}, which clctl takes in place"
        )));
    }
}

fn check_windows(fields: &DatabaseFields, log: &Log) {
    let backup = &fields.preferred_backup_window;
    let maintenance = &fields.preferred_maintenance_window;
    let places = (backup.given().map(|at| at.span), maintenance.given().map(|at| at.span));
    let Some(backup) = backup.or(DailyWindow::fixed(BACKUP_WINDOW)) else { return };
    let Some(maintenance) = maintenance.or(WeeklyWindow::fixed(MAINTENANCE_WINDOW)) else { return };
    let (Some(a), Some(b)) = (backup.window(), maintenance.window()) else { return };
    if !a.overlaps(b) {
        return;
    }
    let message =
        format!("the backup window {backup} and the maintenance window {maintenance} overlap");
    let draft = match places {
        (Some(first), Some(second)) => Draft::new(Code::Windows, first.max(second), message)
            .label("this window")
            .also(first.min(second), "overlaps this one"),
        (Some(at), None) => Draft::new(Code::Windows, at, message)
            .label(format!("overlaps the default, {maintenance}")),
        (None, Some(at)) => {
            Draft::new(Code::Windows, at, message).label(format!("overlaps the default, {backup}"))
        }
        (None, None) => return,
    };
    log.report(draft.help("AWS refuses that: move one of them"));
}

/// Parameters that are for clctl to set.
const OURS: [(&str, &str); 2] = [
    ("rds.force_ssl", "connections are always encrypted"),
    ("ssl", "connections are always encrypted"),
];

fn check_parameters(parameters: &Tabled<ParameterName, ParameterValue, 60>, log: &Log) {
    for (name, _) in parameters.readable() {
        if let Some((_, why)) = OURS.iter().find(|(ours, _)| *ours == name.value.as_str()) {
            let message = format!("clctl sets {} itself", Quoted(name.value.as_str()));
            let draft = Draft::new(Code::Conflict, name.span, message).label("not yours to set");
            log.report(draft.help(format!("{why}; remove it")));
        }
    }
}

fn room_to_grow(rds: &RdsFields) -> Option<Whole<20, 65_536>> {
    let size = rds.allocated_storage.or(ALLOCATED_STORAGE)?;
    Some(Whole::of(size.get().saturating_mul(5)))
}

/// From how much storage on gp3 can be given more of everything.
const LARGE: u32 = 400;

fn check_rds(written: &At<RdsFields>, log: &Log) {
    let fields = &written.value;
    if let Some(At { value: false, span }) = fields.multi_az.given() {
        let draft = Draft::new(
            Code::Unprotected,
            *span,
            "when the zone of the database fails, the oracle is silent until it is back",
        );
        log.report(draft.label("no standby").help("fine in a test"));
    }
    let storage = fields.allocated_storage.given();
    let size = fields.allocated_storage.or(ALLOCATED_STORAGE).map(Whole::get);
    let most = fields.max_allocated_storage.given();
    match most.zip(size) {
        Some((most, size)) if most.value.get() != size && most.value.get() * 10 < size * 11 => {
            let message = format!("storage of {size} GiB cannot grow to {} GiB", most.value);
            let draft =
                Draft::new(Code::Storage, most.span, message).label("less than a tenth more");
            let draft = match storage {
                Some(storage) => draft.also(storage.span, "at first"),
                None => draft,
            };
            let help =
                format!("write {} or more; {size} to let it not grow", (size * 11).div_ceil(10));
            log.report(draft.help(help));
        }
        Some(_) | None => {}
    }
    check_performance(fields, size, log);
}

fn check_performance(fields: &RdsFields, size: Option<u32>, log: &Log) {
    let Some(kind) = fields.storage_type.or(StorageType::default()) else { return };
    let iops = fields.iops.given();
    let throughput = fields.storage_throughput.given();
    let report = |at, message: String, label: &str, help: String| {
        log.report(Draft::new(Code::Storage, at, message).label(label).help(help));
    };
    match (kind, size) {
        (StorageType::Gp3, Some(size)) if size < LARGE => {
            for at in iops.map(|at| at.span).into_iter().chain(throughput.map(|at| at.span)) {
                report(
                    at,
                    format!("gp3 storage of {size} GiB takes what it has of itself, and no more"),
                    "not below 400 GiB",
                    "remove this: it is 3,000 operations and 125 MiB a second".to_owned(),
                );
            }
        }
        (StorageType::Gp3, Some(size)) => {
            if let Some(at) = iops.filter(|at| !(12_000..=64_000).contains(&at.value.get())) {
                report(
                    at.span,
                    format!("gp3 storage of {size} GiB takes 12,000 to 64,000 operations a second"),
                    "outside of that",
                    "write a number within, or take the type io2".to_owned(),
                );
            }
        }
        (StorageType::Gp3, None) => {}
        (StorageType::Io2, _) => {
            if let Some(at) = throughput {
                report(
                    at.span,
                    "what passes through io2 storage follows from its operations".to_owned(),
                    "for gp3 only",
                    "remove this, and set `iops`".to_owned(),
                );
            }
            if !fields.iops.is_given() {
                let at = fields.storage_type.given().map_or_else(Default::default, |at| at.span);
                report(
                    at,
                    "io2 storage needs to know how many operations a second".to_owned(),
                    "needs `iops`",
                    "add `iops`, for example 12000".to_owned(),
                );
            }
        }
    }
    if let Some(at) = throughput.filter(|at| {
        let iops = fields.iops.0.or(Whole::of(12_000)).map(Whole::get);
        kind == StorageType::Gp3
            && size.is_some_and(|size| size >= LARGE)
            && iops.is_some_and(|iops| at.value.get() * 4 > iops)
    }) {
        report(
            at.span,
            format!("{} MiB/s are too many for the operations it has", at.value),
            "more than 1 for each 4 operations",
            "write less, or more `iops`".to_owned(),
        );
    }
    if let Some(at) = fields
        .allocated_storage
        .given()
        .filter(|at| kind == StorageType::Io2 && at.value.get() < 100)
    {
        report(
            at.span,
            format!("io2 storage has at least 100 GiB, not {}", at.value),
            "too little",
            "write 100 or more, or take the type gp3".to_owned(),
        );
    }
    let Some((at, size)) = iops.zip(size).filter(|_| kind == StorageType::Io2) else { return };
    if at.value.get() > size.saturating_mul(1000) {
        report(
            at.span,
            format!("{} operations a second are too many for {size} GiB", at.value),
            "more than 1,000 for each GiB",
            format!("write at most {}", size.saturating_mul(1000)),
        );
    }
    if at.value.get().saturating_mul(2) < size {
        report(
            at.span,
            format!("{} operations a second are too few for {size} GiB", at.value),
            "less than 1 for each 2 GiB",
            format!("write at least {}", size.div_ceil(2)),
        );
    }
}
