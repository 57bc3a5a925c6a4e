//! Puts and deletes.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    Answer, Call, Parameter, Tier, Type, invalid, key,
    names::{check, wanted},
    tags,
};
use crate::{fault::Fault, hidden::Hidden, shelf::Record};

const STANDARD: usize = 4096;
const ADVANCED: usize = 8192;
const VERSIONS: usize = 100;

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let members = call.members;
    let name: String = members.need("Name")?;
    let value: String = members.need("Value")?;
    let kind = members.get::<String>("Type")?.map(|it| read_type(&it)).transpose()?;
    let overwrite = members.get::<bool>("Overwrite")?.unwrap_or_default();
    let description: Option<String> = members.get("Description")?;
    let key_id: Option<String> = members.get("KeyId")?;
    let tags = tags::read(members, "Tags")?;
    let tier: Option<String> = members.get("Tier")?;
    if members.get::<String>("DataType")?.is_some_and(|it| it != "text") {
        return Err(Fault::unsupported("parameters whose DataType is not text"));
    }
    check(&name)?;
    if value.is_empty() {
        return Err(invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: \
             Member must have length greater than or equal to 1",
        ));
    }
    if value.contains("{{") && value.contains("}}") {
        return Err(invalid("Parameter value can't nest another parameter."));
    }
    if overwrite && tags.is_some() {
        return Err(invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter \
             with tags, please remove overwrite flag. To update tags for an existing parameter, \
             please use AddTagsToResource or RemoveTagsFromResource.",
        ));
    }
    let tags = tags.unwrap_or_default();
    tags::within_quota(call, &tags)?;
    let old = call.state.parameters.get(&name);
    if old.is_some() && !overwrite {
        return Err(Fault::client(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in \
             the request to true.",
        ));
    }
    let tier = choose_tier(tier.as_deref(), &value, old.map(|it| it.tier))?;
    let Some(kind) = kind.or_else(|| old.map(|it| it.kind)) else {
        return Err(invalid("A parameter type is required when you create a parameter."));
    };
    if key_id.is_some() && kind != Type::SecureString {
        return Err(invalid("KeyId is required for SecureString type parameter only."));
    }
    if kind == Type::SecureString {
        let named = key_id.as_deref().or_else(|| old.and_then(|it| it.key.as_deref()));
        key::encrypts(call, &name, tier, named)?;
    }
    let now = call.now;
    let by = call.identity.caller().arn().to_owned();
    let version = match old {
        Some(old)
            if old.kind != kind && call.settings.disputed("change-parameter-type", 2) == 0 =>
        {
            return Err(Fault::client(
                "HierarchyTypeMismatchException",
                "Parameter Store doesn't support changing a parameter type in a hierarchy.",
            ));
        }
        Some(old) => {
            let version = old.version() + 1;
            call.state.parameters.change(call.stamp, &name, |it| {
                it.kind = kind;
                it.tier = tier;
                it.values.push(Hidden::new(value));
                if it.values.len() > VERSIONS {
                    it.values.remove(0);
                    it.first += 1;
                }
                it.description = description.or_else(|| it.description.take());
                it.key = key_id.or_else(|| it.key.take());
                it.modified = now;
                it.by = by;
            });
            version
        }
        None => {
            let most = call.settings.quotas.parameters as usize;
            if call.state.parameters.all().count() >= most {
                let text = "You have exceeded the number of parameters for this account.";
                return Err(Fault::client("ParameterLimitExceeded", text));
            }
            let values = vec![Hidden::new(value)];
            let (key, first, modified) = (key_id, 1, now);
            let body = Parameter { kind, tier, description, key, first, values, modified, by };
            call.state.parameters.add(call.stamp, Some(now), Record { id: name, tags, body });
            1
        }
    };
    Ok(json!({ "Version": version, "Tier": tier }))
}

fn read_type(text: &str) -> Result<Type, Fault> {
    match text {
        "String" => Ok(Type::String),
        "StringList" => Ok(Type::StringList),
        "SecureString" => Ok(Type::SecureString),
        other => Err(invalid(format!(
            "1 validation error detected: Value '{other}' at 'type' failed to satisfy constraint: \
             Member must satisfy enum value set: [SecureString, StringList, String]"
        ))),
    }
}

fn choose_tier(asked: Option<&str>, value: &str, old: Option<Tier>) -> Result<Tier, Fault> {
    let large = value.len() > STANDARD;
    let tier = match asked {
        None => old.unwrap_or(Tier::Standard),
        Some("Standard") if old == Some(Tier::Advanced) => {
            return Err(invalid(
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter \
                 from the advanced-parameter tier to the standard-parameter tier.",
            ));
        }
        Some("Advanced") => Tier::Advanced,
        Some("Intelligent-Tiering") if large || old == Some(Tier::Advanced) => Tier::Advanced,
        Some("Standard" | "Intelligent-Tiering") => Tier::Standard,
        Some(other) => return Err(invalid(format!("Invalid parameter tier {other}."))),
    };
    match tier {
        Tier::Standard if large => Err(invalid(format!(
            "Standard tier parameters support a maximum parameter value of {STANDARD} characters. \
             To create a larger parameter value, upgrade the parameter to use the \
             advanced-parameter tier."
        ))),
        Tier::Advanced if value.len() > ADVANCED => Err(invalid(format!(
            "Advanced tier parameters support a maximum parameter value of {ADVANCED} characters."
        ))),
        Tier::Standard | Tier::Advanced => Ok(tier),
    }
}

/// What is said of a parameter that is not there.
pub(super) fn not_found(name: &str) -> Fault {
    Fault::client("ParameterNotFound", format!("Parameter {name} not found."))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("Name")?;
    let name = wanted(&text)?.name;
    if call.state.parameters.get(&name).is_none() {
        return Err(not_found(&name));
    }
    call.state.parameters.remove(call.stamp, &name);
    Ok(json!({}))
}

/// Reads a list of one to ten names.
pub(super) fn names(call: &Call<'_>) -> Result<BTreeSet<String>, Fault> {
    let names: Vec<String> = call.members.need("Names")?;
    if names.is_empty() || names.len() > 10 {
        return Err(invalid(format!(
            "1 validation error detected: Value '[{}]' at 'names' failed to satisfy constraint: \
             Member must have length between 1 and 10",
            names.join(", ")
        )));
    }
    if names.iter().any(|it| it.is_empty() || it.len() > 2048) {
        return Err(invalid(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: Member \
             must satisfy constraint: [Member must have length between 1 and 2048]",
        ));
    }
    Ok(names.into_iter().collect())
}

pub(super) fn delete_many(call: &mut Call<'_>) -> Answer {
    let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
    for text in names(call)? {
        let name = wanted(&text)?.name;
        if call.state.parameters.get(&name).is_some() {
            call.state.parameters.remove(call.stamp, &name);
            deleted.push(text);
        } else {
            invalid.push(text);
        }
    }
    Ok(json!({ "DeletedParameters": deleted, "InvalidParameters": invalid }))
}
