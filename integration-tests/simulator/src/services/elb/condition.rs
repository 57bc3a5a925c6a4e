//! When a rule holds: for paths, for hosts.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html>. Headers, methods,
//! queries, addresses and regular expressions are not modelled.

use serde::{Deserialize, Serialize};

use super::call::{Call, invalid, missing};
use crate::{
    fault::Fault,
    wire::{query::Reader, xml::Xml},
};

const LONGEST: usize = 128;

/// What of a request is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Field {
    Path,
    Host,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Path => "path-pattern",
            Self::Host => "host-header",
        }
    }

    fn config(self) -> &'static str {
        match self {
            Self::Path => "PathPatternConfig",
            Self::Host => "HostHeaderConfig",
        }
    }
}

/// A condition: any of the values does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Condition {
    field: Field,
    values: Vec<String>,
}

/// Reads the conditions that a request gives, if it does.
pub(super) fn read(call: &Call<'_>) -> Result<Option<Vec<Condition>>, Fault> {
    let given = call.params.structs("Conditions.member");
    if given.is_empty() {
        return if call.text("Conditions").is_some() {
            Err(invalid("A condition must be specified"))
        } else {
            Ok(None)
        };
    }
    let mut all: Vec<Condition> = Vec::new();
    for condition in given {
        let condition = one(&condition)?;
        if all.iter().any(|it| it.field == condition.field) {
            let text = format!("Field '{}' cannot be specified twice", condition.field.name());
            return Err(invalid(text));
        }
        all.push(condition);
    }
    let most = call.settings.quotas.condition_values_per_rule as usize;
    if all.iter().map(|it| it.values.len()).sum::<usize>() > most {
        return Err(invalid(format!("A rule can only have '{most}' condition values")));
    }
    Ok(Some(all))
}

fn one(given: &Reader<'_>) -> Result<Condition, Fault> {
    let text = given.text("Field").ok_or_else(|| missing("Field"))?;
    let field = match text.as_str() {
        "path-pattern" => Field::Path,
        "host-header" => Field::Host,
        "http-header" | "http-request-method" | "query-string" | "source-ip" => {
            return Err(Fault::unsupported(format!("the condition {text}")));
        }
        _ => {
            return Err(invalid(format!(
                "Condition field '{text}' must be one of '[path-pattern, host-header, http-header, \
                 http-request-method, query-string, source-ip]'"
            )));
        }
    };
    let plain = given.list("Values.member");
    let config = given.below(field.config());
    for regular in [given, &config] {
        if regular.given("RegexValues") {
            return Err(Fault::unsupported("regular expressions in conditions"));
        }
    }
    let more = config.list("Values.member");
    if !plain.is_empty() && !more.is_empty() && plain != more {
        return Err(invalid(format!(
            "You cannot specify both 'Values' and '{}' of a condition",
            field.config()
        )));
    }
    let values = if more.is_empty() { plain } else { more };
    if values.is_empty() {
        return Err(invalid("A condition value must be specified"));
    }
    for value in &values {
        let good = match field {
            Field::Path => {
                value.chars().all(|it| it.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(it))
            }
            Field::Host => {
                value.contains('.')
                    && value.chars().all(|it| it.is_ascii_alphanumeric() || "-.*?".contains(it))
            }
        };
        if !good || value.is_empty() || value.len() > LONGEST {
            return Err(invalid(format!(
                "The value '{value}' of the condition field '{}' is not valid",
                field.name()
            )));
        }
    }
    Ok(Condition { field, values })
}

pub(super) fn render(all: &[Condition]) -> Xml {
    let one = |it: &Condition| {
        let config = Xml::new().named_texts("Values", "member", &it.values);
        Xml::new()
            .text("Field", it.field.name())
            .named_texts("Values", "member", &it.values)
            .nest(it.field.config(), config)
    };
    Xml::new().members("Conditions", "member", all.iter().map(one))
}
