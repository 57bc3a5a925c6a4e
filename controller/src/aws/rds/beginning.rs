//! What the database begins with, where there is none: what the spec says, or why not.
//!
//! It counts only when the database is made: a kind looks at it where nothing of the name is there.

use crate::engine::{Address, CallError, Owner};

use super::{
    super::{clients::Aws, tags::owner_of},
    cluster::{self, Cluster},
    instance::{self, Instance},
    name_of,
    origin::left,
};

/// What the database of an environment begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The database.
    pub of: Address,
    /// With what.
    pub with: BeginsWith,
}

/// With what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeginsWith {
    /// The newest final snapshot that was kept of it; empty if there is none.
    Kept,
    /// Nothing, whatever was kept.
    Nothing,
    /// The snapshot of this name or ARN.
    Snapshot(String),
    /// What it was at this time, as its automated backups know it.
    Time(String),
}

impl Aws {
    /// Takes up what the database begins with.
    #[must_use]
    pub fn beginning(self, beginning: Option<Beginning>) -> Self {
        Self { beginning, ..self }
    }

    /// The name of the database that is declared, if it is of this kind, and with what it begins.
    pub(super) fn begins(&self, kind: &str) -> Option<(String, &Beginning)> {
        let beginning = self.beginning.as_ref().filter(|it| it.of.kind == kind)?;
        Some((self.environment.display_name(&beginning.of), beginning))
    }
}

impl Beginning {
    /// Who the database is, where nothing of AWS says it.
    pub(super) fn owner(&self) -> Owner {
        Owner::Us { name: self.of.name.clone(), ordinal: 1, alias: None }
    }
}

/// Why a database of this kind must not be begun, seen from what is there of the other: each of them is
/// the database, and it is never replaced.
pub(super) async fn barred(
    aws: &Aws,
    beginning: &Beginning,
    own: Option<i64>,
) -> Result<Option<String>, CallError> {
    let clusters = beginning.of.kind == instance::KIND;
    let (living, left) = if clusters {
        (cluster::ours(aws).await?, left::<Cluster>(aws).await?)
    } else {
        (instance::ours(aws).await?, left::<Instance>(aws).await?)
    };
    let (other, engine) =
        if clusters { (cluster::KIND, "aurora") } else { (instance::KIND, "rds") };
    if let Some(name) = living {
        return Ok(Some(format!(
            "the database is {other} {name}, and it is never replaced: write `database.engine: {{{engine}: {{}}}}` again; another one is made in a new environment, with database.restoreFrom"
        )));
    }
    let Some(left) = left.filter(|left| own.is_none_or(|own| own < left.at)) else {
        return Ok(None);
    };
    if beginning.with != BeginsWith::Kept {
        return Ok(None);
    }
    let way = if clusters {
        format!("write `database.engine: {{{engine}: {{}}}}` again")
    } else {
        format!("to make it of that, set database.restoreFrom to {}", left.arn)
    };
    Ok(Some(format!(
        "the last of the database is the snapshot {} of a {other}, and this would not begin with it: {way}; to begin with an empty one, set database.restoreFrom to none",
        name_of(&left.arn)
    )))
}

/// The owner that tags name, if it is us.
pub(super) fn is_ours(aws: &Aws, kind: &str, tags: &[(String, String)]) -> bool {
    owner_of(aws, kind, tags) != Owner::Other
}

/// What is said where the file names a snapshot that is not there.
pub(super) fn no_snapshot(aws: &Aws, of: &str, which: &str) -> String {
    let environment = &aws.environment;
    format!(
        "database.restoreFrom is {which}, and there is no such snapshot of a {of} in {} of account {}: correct it, or remove it",
        environment.region, environment.account
    )
}

/// Why nothing can be made of a snapshot in this state and of that engine, if nothing can.
pub(super) fn useless(
    status: Option<&str>,
    engine: Option<&str>,
    wanted: &str,
    called: &str,
) -> Option<String> {
    match status {
        Some("available") if engine == Some(wanted) => None,
        Some("available") => Some(format!("which is no {called}")),
        status => Some(format!("which is {} now", status.unwrap_or("in no known state"))),
    }
}

/// What is said where the file names a snapshot of which nothing can be made.
pub(super) fn no_use(which: &str, why: &str) -> String {
    format!("database.restoreFrom is {which}, {why}")
}

/// What is said where no backup reaches back to the time that the file names.
pub(super) fn no_backup(aws: &Aws, kind: &str, when: &str, reach: &[String]) -> String {
    let name = aws.begins(kind).map(|(name, _)| name).unwrap_or_default();
    let reach = if reach.is_empty() {
        "there are no automated backups of it: they go with the database, unless somebody who deletes it retains them".to_owned()
    } else {
        format!("its automated backups reach {}", reach.join(" and "))
    };
    format!("database.restoreFrom is {when}, and {name} cannot be had as it was then: {reach}")
}

/// The name of a snapshot that goes by its name or ARN, and its type where AWS wants to be told it
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html>).
pub(super) fn named(which: &str) -> (&str, Option<&'static str>) {
    let parts = [":cluster-snapshot:", ":snapshot:"].into_iter();
    let name = parts.filter_map(|part| which.split_once(part)).map(|(_, name)| name).next();
    let name = name.unwrap_or(which);
    let kind = match name.split_once(':') {
        Some(("rds", _)) => Some("automated"),
        Some(("awsbackup", _)) => Some("awsbackup"),
        Some(_) | None => None,
    };
    (name, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_is_told_the_type_of_the_snapshots_that_it_makes_itself() {
        assert_eq!(named("mine"), ("mine", None));
        assert_eq!(
            named("rds:db-2026-11-28-03-10"),
            ("rds:db-2026-11-28-03-10", Some("automated"))
        );
        let arn = "arn:aws:rds:us-east-1:123456789012:";
        assert_eq!(named(&format!("{arn}snapshot:mine")).0, "mine");
        let theirs = format!("{arn}cluster-snapshot:awsbackup:job-1");
        assert_eq!(named(&theirs), ("awsbackup:job-1", Some("awsbackup")));
    }
}
