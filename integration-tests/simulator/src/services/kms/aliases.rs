//! Aliases: names for keys, unique in an account and region.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>. Those below
//! `alias/aws/` are AWS's own.

use serde_json::json;

use super::{Alias, Answer, Call, Place, constraint, invalid, listing, managed};
use crate::{fault::Fault, shelf::Record};

const PREFIX: &str = "alias/";
const RESERVED: &str = "alias/aws/";
const LONGEST: usize = 256;

/// Reads the name of an alias that is to be made or changed.
fn name(call: &Call<'_>) -> Result<String, Fault> {
    let name: String = call.members.need("AliasName")?;
    let good = |it: char| it.is_ascii_alphanumeric() || matches!(it, ':' | '/' | '_' | '-');
    if !name.chars().all(good) || name.is_empty() {
        let rule = "satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$";
        return Err(constraint(name, "aliasName", rule));
    }
    if name.chars().count() > LONGEST {
        let rule = format!("have length less than or equal to {LONGEST}");
        return Err(constraint(name, "aliasName", &rule));
    }
    if !name.starts_with(PREFIX) || name == PREFIX {
        return Err(invalid(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        ));
    }
    if name.contains(':') {
        return Err(invalid(format!("{name} contains invalid characters for an alias")));
    }
    if name.starts_with(RESERVED) {
        return Err(match call.settings.disputed("kms-reserved-alias", 2) {
            0 => Fault::client("NotAuthorizedException", ""),
            _ => Fault::client(
                "InvalidAliasNameException",
                format!("The prefix {RESERVED} is reserved for AWS managed keys."),
            ),
        });
    }
    Ok(name)
}

/// Reads the key an alias is to stand for.
fn target(call: &Call<'_>, operation: &str) -> Result<String, Fault> {
    let text: String = call.members.need("TargetKeyId")?;
    if text.contains(PREFIX) {
        return Err(invalid("Aliases must refer to keys. Not aliases"));
    }
    let place = Place::of(call);
    let key = place.own(&text, operation)?;
    place.not_pending(&key)?;
    Ok(key.id)
}

fn within_quota(call: &Call<'_>, key: &str) -> Result<(), Fault> {
    let most = call.settings.quotas.kms_aliases_per_key;
    if call.state.aliases.all().filter(|it| it.key == key).count() >= most as usize {
        let text = format!("You have reached the maximum number of aliases per key ({most}).");
        return Err(Fault::client("LimitExceededException", text));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = name(call)?;
    let key = target(call, "CreateAlias")?;
    if call.state.aliases.get(&name).is_some() {
        let arn = Place::of(call).alias_arn(&name);
        let text = format!("An alias with the name {arn} already exists");
        return Err(Fault::client("AlreadyExistsException", text));
    }
    within_quota(call, &key)?;
    let now = call.now;
    let body = Alias { key, created: now, updated: now };
    let record = Record { id: name, tags: crate::shelf::Tags::new(), body };
    call.state.aliases.add(call.stamp, Some(now), record);
    Ok(json!({}))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let name = name(call)?;
    let alias = Place::of(call).own_alias(&name)?;
    let key = target(call, "UpdateAlias")?;
    if alias.key != key {
        within_quota(call, &key)?;
    }
    let now = call.now;
    call.state.aliases.change(call.stamp, &name, |it| {
        it.key = key;
        it.updated = now;
    });
    Ok(json!({}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let name = name(call)?;
    Place::of(call).own_alias(&name)?;
    call.state.aliases.remove(call.stamp, &name);
    Ok(json!({}))
}

/// Aliases as lists show them, those of AWS among them; a predefined one has no key yet.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let text: Option<String> = call.members.get("KeyId")?;
    let place = Place::of(call);
    let wanted = text.map(|it| place.seen(&it)).transpose()?.map(|it| it.id);
    let own = call.state.aliases.all_seen(call.in_lists());
    let own = own.map(|it| (it.id.clone(), Some(it.key.clone()), it.created, it.updated));
    let theirs = managed::aliases(&place).into_iter();
    let theirs = theirs.map(|it| (it.name, it.key, it.created, it.created));
    let rows = own
        .chain(theirs)
        .filter(|it| wanted.is_none() || it.1 == wanted)
        .map(|(name, key, created, updated)| {
            let mut shown = json!({ "AliasName": name, "AliasArn": place.alias_arn(&name) });
            if let Some(key) = key {
                shown["TargetKeyId"] = json!(key);
                shown["CreationDate"] = json!(created.as_seconds());
                shown["LastUpdatedDate"] = json!(updated.as_seconds());
            }
            (name, shown)
        })
        .collect();
    let request = format!("ListAliases {}", wanted.unwrap_or_default());
    listing::answer(call, (50, 100), &request, ("Aliases", rows))
}
