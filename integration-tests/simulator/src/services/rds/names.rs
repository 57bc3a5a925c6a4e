//! What things may be called, and what passwords may be.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html> and the
//! pages beside it; what has a name is called so in lower case.

use super::call::Call;
use crate::fault::Fault;

/// Words that RDS and PostgreSQL keep for themselves.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html>,
/// <https://www.postgresql.org/docs/current/sql-keywords-appendix.html>
const RESERVED: &[&str] = &[
    "admin",
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "db",
    "default",
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
    "into",
    "leading",
    "limit",
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
    "rds_superuser",
    "rdsadmin",
    "rdsproxyadmin",
    "rdsrepladmin",
    "references",
    "returning",
    "rdstopmgr",
    "select",
    "some",
    "symmetric",
    "table",
    "template0",
    "template1",
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

/// A name in lower case, or why it is none: a letter, then letters, digits and single hyphens.
pub(super) fn identifier(parameter: &str, text: &str, most: usize) -> Result<String, Fault> {
    let begins = text.starts_with(|it: char| it.is_ascii_alphabetic());
    let good = |it: char| it.is_ascii_alphanumeric() || it == '-';
    if !begins || !text.chars().all(good) || text.ends_with('-') || text.contains("--") {
        return Err(Fault::invalid(format!(
            "The parameter {parameter} is not a valid identifier. Identifiers must begin with a \
             letter; must contain only ASCII letters, digits, and hyphens; and must not end with a \
             hyphen or contain two consecutive hyphens."
        )));
    }
    if text.len() > most {
        return Err(Fault::invalid(format!(
            "The parameter {parameter} is not a valid identifier because it is longer than {most} \
             characters."
        )));
    }
    Ok(text.to_ascii_lowercase())
}

/// The name of a subnet group, which may have dots, underscores and spaces as well.
pub(super) fn subnet_group(call: &Call<'_>, text: &str) -> Result<String, Fault> {
    let good = |it: char| it.is_ascii_alphanumeric() || "._ -".contains(it);
    let begins = text.starts_with(|it: char| it.is_ascii_alphabetic());
    let digit = text.starts_with(|it: char| it.is_ascii_digit());
    // The reference wants a letter first; names that begin with a digit were seen.
    let begins = begins || (digit && call.settings.disputed("subnet-group-digit-first", 2) == 1);
    if !begins || text.len() > 255 || !text.chars().all(good) {
        return Err(Fault::invalid(
            "The parameter DBSubnetGroupName is not a valid identifier. It must contain no more \
             than 255 letters, numbers, periods, underscores, spaces, or hyphens, and begin with \
             a letter.",
        ));
    }
    Ok(text.to_ascii_lowercase())
}

/// The name of the user who owns a database.
pub(super) fn user(text: &str) -> Result<String, Fault> {
    check("MasterUsername", text)?;
    if RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
        return Err(Fault::invalid(format!(
            "MasterUsername {text} cannot be used as it is a reserved word used by the engine"
        )));
    }
    Ok(text.to_owned())
}

/// The name of a database.
pub(super) fn database(text: &str) -> Result<String, Fault> {
    check("DBName", text)?;
    if RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
        return Err(Fault::invalid(format!(
            "DBName {text} cannot be used. It is a reserved word for this engine"
        )));
    }
    Ok(text.to_owned())
}

fn check(parameter: &str, text: &str) -> Result<(), Fault> {
    let good = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let begins = text.starts_with(|it: char| it.is_ascii_alphabetic());
    if !begins || !text.chars().all(good) || text.len() > 63 {
        return Err(Fault::invalid(format!(
            "{parameter} must begin with a letter and contain only alphanumeric characters."
        )));
    }
    Ok(())
}

/// Refuses a password that the engine does not take; it is never said.
pub(super) fn password(text: &str) -> Result<(), Fault> {
    let not = "The parameter MasterUserPassword is not a valid password";
    if text.len() < 8 {
        return Err(Fault::invalid(format!("{not} because it is shorter than 8 characters.")));
    }
    if text.len() > 128 {
        return Err(Fault::invalid(format!("{not} because it is longer than 128 characters.")));
    }
    if !text.chars().all(|it| it.is_ascii_graphic() && !"/@\"".contains(it)) {
        return Err(Fault::invalid(format!(
            "{not}. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_lower_case_with_single_hyphens_inside() {
        assert_eq!(identifier("It", "My-Db1", 63), Ok("my-db1".to_owned()));
        for wrong in ["", "1db", "-db", "db-", "a--b", "a_b", "a.b", "dä", &"a".repeat(64)] {
            assert_eq!(identifier("It", wrong, 63).unwrap_err().code, "InvalidParameterValue");
        }
    }

    #[test]
    fn words_that_are_taken_name_no_user_and_no_database() {
        for taken in ["admin", "RdsAdmin", "user", "select"] {
            assert!(user(taken).is_err() && database(taken).is_err(), "{taken}");
        }
        assert!(user("postgres").is_ok() && database("chain_link1").is_ok());
        assert!(user("1a").is_err() && database("a-b").is_err() && user(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_password_is_printable_and_no_refusal_says_it() {
        assert!(password("correct-horse!").is_ok());
        for wrong in ["sh0rt", "with space 1", "slash/slash1", "quote\"quote", "at@at@at@"] {
            assert!(!password(wrong).unwrap_err().message.contains(wrong));
        }
        assert!(password(&"x".repeat(129)).is_err());
    }
}
