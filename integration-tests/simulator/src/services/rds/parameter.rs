//! The parameters of PostgreSQL that are known: what each may be, and whether it needs a restart.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html>,
//! <https://www.postgresql.org/docs/current/view-pg-settings.html> (`postmaster`: static). AWS has
//! some four hundred; whoever asks for one that is not here is told so.

use crate::fault::Fault;

/// A parameter.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    /// Whether a change counts from the next restart on.
    pub(super) is_static: bool,
    pub(super) modifiable: bool,
    /// What RDS sets it to; otherwise the engine says itself.
    default: Option<&'static str>,
    pub(super) allowed: &'static str,
}

const fn known(
    name: &'static str,
    kind: &'static str,
    is_static: bool,
    default: Option<&'static str>,
    allowed: &'static str,
) -> Known {
    Known { name, kind, is_static, modifiable: true, default, allowed }
}

const fn fixed(name: &'static str, kind: &'static str, value: &'static str) -> Known {
    Known { name, kind, is_static: true, modifiable: false, default: Some(value), allowed: "" }
}

const BIT: &str = "0,1";
const COUNT: &str = "0-2147483647";
const FROM_OFF: &str = "-1-2147483647";
const LEVELS: &str = "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic";
const LIBRARIES: &str = "auto_explain,orafce,pgaudit,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,\
                         pg_similarity,pg_stat_statements,pg_tle,pg_transport,plprofiler,plrust";

/// All of them, in the order of their names.
const ALL: &[Known] = &[
    known("auto_explain.log_analyze", "boolean", false, None, BIT),
    known("auto_explain.log_min_duration", "integer", false, None, FROM_OFF),
    known("autovacuum", "boolean", false, Some("1"), BIT),
    known("autovacuum_analyze_scale_factor", "float", false, Some("0.05"), "0-100"),
    known("autovacuum_analyze_threshold", "integer", false, None, COUNT),
    known("autovacuum_freeze_max_age", "integer", true, None, "100000-2000000000"),
    known(
        "autovacuum_max_workers",
        "integer",
        true,
        Some("GREATEST({DBInstanceClassMemory/64371566592},3)"),
        "1-262143",
    ),
    known("autovacuum_naptime", "integer", false, Some("15"), "1-2147483"),
    known("autovacuum_vacuum_cost_delay", "float", false, None, "-1-100"),
    known(
        "autovacuum_vacuum_cost_limit",
        "integer",
        false,
        Some("GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)"),
        "-1-10000",
    ),
    known("autovacuum_vacuum_scale_factor", "float", false, Some("0.1"), "0-100"),
    known("autovacuum_vacuum_threshold", "integer", false, None, COUNT),
    known("checkpoint_completion_target", "float", false, Some("0.9"), "0-1"),
    known("checkpoint_timeout", "integer", false, None, "30-3600"),
    known("deadlock_timeout", "integer", false, None, "1-2147483647"),
    known("default_statistics_target", "integer", false, None, "1-10000"),
    known(
        "effective_cache_size",
        "integer",
        false,
        Some("{DBInstanceClassMemory/16384}"),
        "1-2147483647",
    ),
    known("effective_io_concurrency", "integer", false, None, "0-1000"),
    fixed("fsync", "boolean", "1"),
    known("hot_standby_feedback", "boolean", false, Some("0"), BIT),
    known("idle_in_transaction_session_timeout", "integer", false, Some("86400000"), COUNT),
    known("idle_session_timeout", "integer", false, None, COUNT),
    known("jit", "boolean", false, None, BIT),
    known("lock_timeout", "integer", false, None, COUNT),
    known("log_autovacuum_min_duration", "integer", false, Some("10000"), FROM_OFF),
    known("log_checkpoints", "boolean", false, Some("1"), BIT),
    known("log_connections", "boolean", false, None, BIT),
    known("log_disconnections", "boolean", false, None, BIT),
    known("log_error_verbosity", "string", false, None, "default,terse,verbose"),
    known("log_lock_waits", "boolean", false, None, BIT),
    known("log_min_duration_statement", "integer", false, None, FROM_OFF),
    known("log_min_error_statement", "string", false, None, LEVELS),
    known("log_min_messages", "string", false, None, LEVELS),
    known("log_rotation_age", "integer", false, Some("60"), "1-1440"),
    known("log_statement", "string", false, None, "none,ddl,mod,all"),
    known("log_temp_files", "integer", false, None, FROM_OFF),
    known("logical_decoding_work_mem", "integer", false, None, "64-2147483647"),
    known(
        "maintenance_work_mem",
        "integer",
        false,
        Some("GREATEST({DBInstanceClassMemory*1024/63963136},65536)"),
        "1024-2147483647",
    ),
    known(
        "max_connections",
        "integer",
        true,
        Some("LEAST({DBInstanceClassMemory/9531392},5000)"),
        "6-262143",
    ),
    known("max_locks_per_transaction", "integer", true, None, "10-2147483647"),
    known(
        "max_parallel_workers",
        "integer",
        false,
        Some("GREATEST({DBInstanceVCPU/2},8)"),
        "0-1024",
    ),
    known("max_parallel_workers_per_gather", "integer", false, None, "0-1024"),
    known("max_prepared_transactions", "integer", true, Some("0"), "0-262143"),
    known("max_replication_slots", "integer", true, Some("20"), "5-262143"),
    known("max_standby_streaming_delay", "integer", false, None, "-1-2147483647"),
    known("max_wal_senders", "integer", true, Some("20"), "5-262143"),
    known("max_wal_size", "integer", false, Some("2048"), "128-201326592"),
    known(
        "max_worker_processes",
        "integer",
        true,
        Some("GREATEST({DBInstanceVCPU*2},8)"),
        "0-262143",
    ),
    known("min_wal_size", "integer", false, Some("192"), "128-201326592"),
    known("password_encryption", "string", false, None, "md5,scram-sha-256"),
    known("pg_stat_statements.max", "integer", true, None, "100-2147483647"),
    known("pg_stat_statements.track", "string", false, None, "none,top,all"),
    known(
        "pgaudit.log",
        "list",
        false,
        None,
        "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write",
    ),
    known("random_page_cost", "float", false, None, "0-1000000"),
    known(
        "rds.accepted_password_auth_method",
        "string",
        false,
        Some("md5+scram"),
        "md5+scram,scram",
    ),
    known(
        "rds.force_admin_logging_level",
        "string",
        false,
        Some("disabled"),
        "disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic",
    ),
    known(
        "rds.force_autovacuum_logging_level",
        "string",
        false,
        Some("warning"),
        "disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic",
    ),
    known("rds.force_ssl", "boolean", false, None, BIT),
    known("rds.log_retention_period", "integer", false, Some("4320"), "1440-10080"),
    known("rds.logical_replication", "boolean", true, Some("0"), BIT),
    known("rds.restrict_password_commands", "boolean", true, None, BIT),
    known(
        "shared_buffers",
        "integer",
        true,
        Some("{DBInstanceClassMemory/32768}"),
        "16-1073741823",
    ),
    known("shared_preload_libraries", "list", true, Some("pg_stat_statements"), LIBRARIES),
    fixed("ssl", "boolean", "1"),
    known("ssl_max_protocol_version", "string", false, None, "TLSv1.2,TLSv1.3"),
    known("ssl_min_protocol_version", "string", false, Some("TLSv1.2"), "TLSv1.2,TLSv1.3"),
    known("statement_timeout", "integer", false, None, COUNT),
    known("synchronous_commit", "string", false, Some("on"), "local,on,off"),
    known("tcp_keepalives_count", "integer", false, Some("2"), COUNT),
    known("tcp_keepalives_idle", "integer", false, Some("300"), COUNT),
    known("tcp_keepalives_interval", "integer", false, Some("30"), COUNT),
    known("temp_buffers", "integer", false, None, "100-1073741823"),
    known("timezone", "string", false, Some("UTC"), ""),
    known("track_activity_query_size", "integer", true, None, "100-1048576"),
    known("track_commit_timestamp", "boolean", true, None, BIT),
    known("track_functions", "string", false, None, "none,pl,all"),
    known("track_io_timing", "boolean", false, Some("1"), BIT),
    known("wal_buffers", "integer", true, None, "-1-262143"),
    fixed("wal_level", "string", "replica"),
    known("wal_receiver_timeout", "integer", false, Some("30000"), "0-3600000"),
    known("wal_sender_timeout", "integer", false, Some("30000"), "0-3600000"),
    known("work_mem", "integer", false, None, "64-2147483647"),
];

/// Of Aurora these belong to the whole cluster.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html#AuroraPostgreSQL.Reference.Parameters.Cluster>
const OF_THE_CLUSTER: &[&str] = &[
    "autovacuum",
    "autovacuum_analyze_scale_factor",
    "autovacuum_analyze_threshold",
    "autovacuum_freeze_max_age",
    "autovacuum_max_workers",
    "autovacuum_naptime",
    "autovacuum_vacuum_cost_delay",
    "autovacuum_vacuum_cost_limit",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_threshold",
    "fsync",
    "hot_standby_feedback",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "password_encryption",
    "rds.accepted_password_auth_method",
    "rds.force_autovacuum_logging_level",
    "rds.force_ssl",
    "rds.logical_replication",
    "rds.restrict_password_commands",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "synchronous_commit",
    "timezone",
    "track_commit_timestamp",
    "wal_buffers",
    "wal_level",
    "wal_receiver_timeout",
    "wal_sender_timeout",
];

/// The parameters that a group of a family can have.
pub(super) fn of(family: &str, cluster: bool) -> impl Iterator<Item = &'static Known> {
    let aurora = family.starts_with("aurora");
    ALL.iter().filter(move |it| !aurora || cluster || !OF_THE_CLUSTER.contains(&it.name))
}

impl Known {
    /// What RDS sets it to in a family, if it does.
    ///
    /// Connections have to be encrypted from version 15 on, in Aurora from 17 on:
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html#PostgreSQL.Concepts.General.SSL.Requiring>,
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html>
    pub(super) fn default_in(&self, family: &str) -> Option<&'static str> {
        if self.name == "rds.force_ssl" {
            let aurora = family.starts_with("aurora");
            let major = family.trim_start_matches(|it: char| !it.is_ascii_digit());
            let major = major.parse::<u32>().unwrap_or_default();
            return Some(if major >= if aurora { 17 } else { 15 } { "1" } else { "0" });
        }
        self.default
    }

    /// Refuses a value that it may not have.
    pub(super) fn check(&self, value: &str) -> Result<(), Fault> {
        if !self.modifiable {
            let text = format!("The parameter {} cannot be modified.", self.name);
            return Err(Fault::invalid(text));
        }
        let formula = value.contains('{');
        let good = match self.kind {
            "list" => {
                value.split(',').all(|it| self.allowed.split(',').any(|one| one == it.trim()))
            }
            "string" | "boolean" => {
                self.allowed.is_empty() || self.allowed.split(',').any(|it| it == value)
            }
            _ if formula => value.starts_with(['{', 'G', 'L', 'S']),
            "float" => value.parse::<f64>().is_ok_and(|it| self.spans(it)),
            _ => {
                value.parse::<i64>().is_ok() && value.parse::<f64>().is_ok_and(|it| self.spans(it))
            }
        };
        if good {
            return Ok(());
        }
        Err(Fault::invalid(format!(
            "Invalid parameter value: {value} for: {} allowed values are: {}",
            self.name, self.allowed
        )))
    }

    fn spans(&self, value: f64) -> bool {
        let (minus, rest) = match self.allowed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.allowed),
        };
        let Some((least, most)) = rest.split_once('-') else { return false };
        let (Ok(least), Ok(most)) = (least.parse::<f64>(), most.parse::<f64>()) else {
            return false;
        };
        (if minus { -least } else { least }..=most).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> &'static Known {
        ALL.iter().find(|it| it.name == name).unwrap()
    }

    #[test]
    fn the_list_is_in_order_and_its_own_values_are_allowed() {
        assert!(ALL.is_sorted_by(|a, b| a.name < b.name));
        for one in ALL.iter().filter(|it| it.modifiable) {
            if let Some(value) = one.default {
                assert!(one.check(value).is_ok(), "{}", one.name);
            }
        }
        assert!(OF_THE_CLUSTER.iter().all(|it| ALL.iter().any(|one| one.name == *it)));
    }

    #[test]
    fn values_are_within_what_is_allowed() {
        for (name, good, bad) in [
            ("rds.force_ssl", "1", "on"),
            ("log_min_duration_statement", "-1", "-2"),
            ("log_statement", "ddl", "DDL"),
            ("max_connections", "100", "5"),
            ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", "many"),
            ("random_page_cost", "1.1", "x"),
            ("shared_preload_libraries", "pg_stat_statements,auto_explain", "mine"),
            ("work_mem", "65536", "1.5"),
        ] {
            assert!(named(name).check(good).is_ok(), "{name} {good}");
            assert!(named(name).check(bad).is_err(), "{name} {bad}");
        }
        assert!(named("fsync").check("0").is_err());
    }

    #[test]
    fn encryption_is_forced_from_fifteen_on() {
        let force = named("rds.force_ssl");
        for (family, value) in [
            ("postgres14", "0"),
            ("postgres15", "1"),
            ("postgres17", "1"),
            ("aurora-postgresql16", "0"),
            ("aurora-postgresql17", "1"),
        ] {
            assert_eq!(force.default_in(family), Some(value), "{family}");
        }
        assert!(of("aurora-postgresql17", true).any(|it| it.name == "rds.force_ssl"));
        assert!(!of("aurora-postgresql17", false).any(|it| it.name == "rds.force_ssl"));
    }
}
