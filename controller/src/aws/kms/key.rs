//! A KMS key, with its alias, policy and rotation.
//!
//! `CreateKey` has neither token nor name
//! (<https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>): the recorded intent and the wait
//! for the lists are what keeps a lost answer from making a second key. A key that is to be deleted can be
//! taken back for as long as it waits
//! (<https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html>).

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_kms::types::{AliasListEntry, KeyMetadata, KeySpec, KeyState, Tag};

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Keeping, Kind, Outputs, Owner, Phase, PhysicalId, Replacement, Resolved, Resource, Scope,
        Stage,
    },
    field, id,
};

use super::super::{
    answers::{another, found, required, text},
    clients::Aws,
    policy::Policy,
    tagging::{self, Listed, Pairs},
    tags::{Retagging, Tags, owner_of},
};

/// A KMS key.
pub struct Key;

id!(
    /// The ARN of a [`Key`].
    KeyArn
);

/// How often a [`Key`] gets new material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// After so many days.
    Days(i32),
    /// Never.
    Off,
    /// A key that is out does not say.
    Untold,
}

impl Field for Rotation {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        match self {
            Self::Days(days) => Cell::Known((*days).into()),
            Self::Off => Cell::Known("off".into()),
            Self::Untold => Cell::Any,
        }
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(*self)
    }
}

/// The settable part of a [`Key`].
#[derive(Clone, Debug)]
pub struct KeyConfig<S: Stage = Resolved> {
    /// What it is for.
    pub description: String,
    /// Who may use it, and who may say so.
    pub policy: Policy<S>,
    /// How often it gets new material.
    pub rotation: Rotation,
    /// Whether it can be used.
    pub enabled: bool,
    /// Whether it goes by the alias that its node's name makes.
    pub aliased: bool,
    /// Its tags.
    pub tags: Tags,
}

config! { KeyConfig {
    description: InPlace,
    policy: InPlace,
    rotation: InPlace,
    enabled: InPlace,
    aliased: InPlace,
    tags: InPlace,
} }

/// What a [`Key`] has once it exists.
#[derive(Clone, Debug)]
pub struct KeyOutputs {
    /// Its ARN.
    pub arn: KeyArn,
}

impl Resource for Key {
    type Cloud = Aws;
    type Config = KeyConfig;
    type Outputs = KeyOutputs;

    const ABOUT: Kind = Kind {
        name: "kms-key",
        ids: "arn:*:kms:*:key/*",
        summary: "What secrets, logs, disks and the database are encrypted with",
        cloudformation: "AWS::KMS::Key",
        // What is encrypted with it is lost with it.
        replacement: Replacement::Never,
        creation: Creation::Bare,
        typical: Duration::from_secs(5),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(10),
        outage: "what is encrypted with it cannot be read",
        stands_on: &[],
        keeping: Some(Keeping {
            costs: "US$1.00 a month",
            ends: "aws kms schedule-key-deletion --key-id {id}",
        }),
        calls: Calls {
            read: &[
                tagging::LISTS,
                "kms:ListAliases",
                "kms:DescribeKey",
                "kms:GetKeyPolicy",
                "kms:GetKeyRotationStatus",
                "kms:ListResourceTags",
            ],
            write: &[
                "kms:CreateKey",
                "kms:UpdateKeyDescription",
                "kms:PutKeyPolicy",
                "kms:EnableKey",
                "kms:EnableKeyRotation",
                "kms:DisableKeyRotation",
                "kms:CreateAlias",
                "kms:UpdateAlias",
                "kms:TagResource",
                "kms:UntagResource",
                "kms:ScheduleKeyDeletion",
                "kms:CancelKeyDeletion",
            ],
        },
    };

    /// By tag, and by alias: the list by tag may be minutes old.
    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let aliases = aliases(aws).await?;
        let listed = tagging::asked(aws, scope, "kms:key").await?;
        let mut keys: BTreeSet<String> = listed.arns().map(ToOwned::to_owned).collect();
        if let Scope::Owned = scope {
            let prefix = format!("alias/{}", aws.environment.object_prefix(Self::ABOUT.name));
            let named = aliases
                .iter()
                .filter(|alias| alias.alias_name().is_some_and(|name| name.starts_with(&prefix)));
            keys.extend(named.filter_map(|alias| {
                let home = alias.alias_arn()?.split(":alias/").next()?;
                Some(format!("{home}:key/{}", alias.target_key_id()?))
            }));
        }
        let mut found = Vec::new();
        for arn in keys {
            found.extend(look(aws, &arn, &aliases, &listed).await?);
        }
        if let Scope::Owned = scope {
            found.retain(|found| found.owner != Owner::Other);
        }
        Ok(found)
    }

    async fn create(aws: &Aws, me: &Identity, want: &KeyConfig) -> Result<PhysicalId, CallError> {
        let (policy, tags) = (want.policy.text(), as_tags(&want.tags, me.ordinal));
        let call = || {
            let call = aws.kms.create_key().description(&want.description).policy(&policy);
            call.set_tags(Some(tags.clone())).send()
        };
        let operation = "kms:CreateKey";
        let made = aws.write(operation, call).await?;
        let id = made.key_metadata.and_then(|key| key.arn);
        Ok(PhysicalId(text(operation, "Arn", id)?))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &KeyConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let id = have.id.0.as_str();
        // First of all: a key that is disabled refuses to be rotated.
        if delta.take(field!(KeyConfig.enabled)) {
            aws.write("kms:EnableKey", || aws.kms.enable_key().key_id(id).send()).await?;
        }
        if delta.take(field!(KeyConfig.description)) {
            let call = || {
                let call = aws.kms.update_key_description().key_id(id);
                call.description(&want.description).send()
            };
            aws.write("kms:UpdateKeyDescription", call).await?;
        }
        if delta.take(field!(KeyConfig.policy)) {
            let policy = want.policy.text();
            let call = || aws.kms.put_key_policy().key_id(id).policy(&policy).send();
            aws.write("kms:PutKeyPolicy", call).await?;
        }
        if delta.take(field!(KeyConfig.rotation)) {
            match want.rotation {
                Rotation::Days(days) => {
                    let call = || {
                        let call = aws.kms.enable_key_rotation().key_id(id);
                        call.rotation_period_in_days(days).send()
                    };
                    aws.write("kms:EnableKeyRotation", call).await?;
                }
                Rotation::Off | Rotation::Untold => {
                    let call = || aws.kms.disable_key_rotation().key_id(id).send();
                    aws.write("kms:DisableKeyRotation", call).await?;
                }
            }
        }
        if delta.take(field!(KeyConfig.aliased)) {
            alias(aws, have, want).await?;
        }
        if delta.take(field!(KeyConfig.tags)) {
            retag(aws, id, &want.tags.retagging(&have.config.tags, have.ordinal())).await?;
        }
        Ok(())
    }

    async fn recover(aws: &Aws, have: &Found<Self>, _: &KeyConfig) -> Result<(), CallError> {
        let call = || aws.kms.cancel_key_deletion().key_id(&have.id.0).send();
        aws.write("kms:CancelKeyDeletion", call).await.map(drop)
    }

    fn retagged(have: &Found<Self>, to: Option<&KeyConfig<Declared>>) -> Option<KeyConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(KeyConfig { tags, ..have.config.clone() })
    }

    fn is_vouched(aws: &Aws, have: &Found<Self>) -> bool {
        // A new one has no alias yet.
        have.config.aliased || aws.environment.has_signed(&have.config.description)
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let days = aws.environment.deletions.key_in_days;
        let call = || {
            let call = aws.kms.schedule_key_deletion().key_id(&have.id.0);
            call.pending_window_in_days(days).send()
        };
        match aws.write("kms:ScheduleKeyDeletion", call).await {
            // Somebody has done it already.
            Err(error) if error.class == Class::Busy && is_out(aws, &have.id.0).await? => Ok(()),
            answer => answer.map(drop),
        }
    }
}

/// All aliases of the account and region: one list for all keys.
async fn aliases(aws: &Aws) -> Result<Vec<AliasListEntry>, CallError> {
    const LIST: &str = "kms:ListAliases";
    let all = aws
        .pages(
            LIST,
            |marker| aws.kms.list_aliases().limit(100).set_marker(marker).send(),
            |page| (page.aliases, (page.truncated, page.next_marker)),
        )
        .await?;
    for alias in &all {
        text(LIST, "AliasName", alias.alias_name())?;
        text(LIST, "AliasArn", alias.alias_arn())?;
    }
    Ok(all)
}

/// The alias that the name of a key's node makes; two of them, where its tags disagree about its name.
fn alias_names(aws: &Aws, owner: &Owner) -> Vec<String> {
    let Owner::Us { name, alias, .. } = owner else { return Vec::new() };
    let names = std::iter::once(name).chain(alias);
    let address = |name: &String| Address::new(Key::ABOUT.name, name.clone());
    names.map(|name| format!("alias/{}", aws.environment.display_name(&address(name)))).collect()
}

/// Gives the key its alias. One that leads to a key that is not ours is not ours either.
async fn alias(aws: &Aws, have: &Found<Key>, want: &KeyConfig) -> Result<(), CallError> {
    // The alias goes by what the key is to be called, whatever its tags have become.
    let Some(name) = want.tags.name().map(|name| format!("alias/{name}")) else { return Ok(()) };
    let id = have.id.0.as_str();
    let call = || aws.kms.create_alias().alias_name(&name).target_key_id(id).send();
    let taken = match aws.write("kms:CreateAlias", call).await {
        Ok(_) => return Ok(()),
        Err(error) if error.class == Class::Exists => error,
        Err(error) => return Err(error),
    };
    let all = aliases(aws).await?;
    let known = all.iter().find(|alias| alias.alias_name() == Some(&name));
    let ours = match known.and_then(AliasListEntry::target_key_id) {
        // It is there, and not visible yet: to be asked again.
        None => return Err(taken),
        Some(target) => tags_of(aws, target)
            .await?
            .is_none_or(|tags| owner_of(aws, Key::ABOUT.name, &tags) != Owner::Other),
    };
    if !ours {
        return Err(CallError {
            class: Class::Rejected,
            message: Some(format!(
                "{name} leads to a key without an owner tag of this environment, so it is left alone: delete the alias, and clctl makes it anew"
            )),
            ..taken
        });
    }
    let call = || aws.kms.update_alias().alias_name(&name).target_key_id(id).send();
    aws.write("kms:UpdateAlias", call).await.map(drop)
}

/// Looks at one key, by its ARN or the bare id that people know it by. What is not there is `None`.
async fn look(
    aws: &Aws,
    id: &str,
    aliases: &[AliasListEntry],
    listed: &Listed,
) -> Result<Option<Found<Key>>, CallError> {
    let operation = "kms:DescribeKey";
    let described = aws.read(operation, || aws.kms.describe_key().key_id(id).send()).await;
    let Some(answer) = found(described)? else { return Ok(None) };
    let key = required(operation, "KeyMetadata", answer.key_metadata)?;
    text(operation, "KeyId", Some(key.key_id()))?;
    let arn = text(operation, "Arn", key.arn())?;
    if arn != id && key.key_id() != id {
        return Err(another(operation, arn, id));
    }
    let state = required(operation, "KeyState", key.key_state())?;
    let call = || aws.kms.get_key_policy().key_id(id).send();
    let operation = "kms:GetKeyPolicy";
    let Some(answer) = found(aws.read(operation, call).await)? else { return Ok(None) };
    let policy = text(operation, "Policy", answer.policy())?;
    let Some(tags) = listed.tags(arn, tags_of(aws, id)).await? else { return Ok(None) };
    let phase = phase(&key, state);
    let rotation = if let Phase::Recoverable { .. } = &phase {
        Rotation::Untold
    } else {
        let Some(rotation) = rotation(aws, id).await? else { return Ok(None) };
        rotation
    };
    let owner = owner_of(aws, Key::ABOUT.name, &tags);
    let names = alias_names(aws, &owner);
    let is_named = aliases.iter().any(|known| {
        known.target_key_id() == Some(key.key_id())
            && known.alias_name().is_some_and(|name| names.iter().any(|it| it == name))
    });
    Ok(Some(Found {
        id: PhysicalId(arn.to_owned()),
        owner,
        config: KeyConfig {
            description: key.description().unwrap_or_default().to_owned(),
            policy: Policy::read(policy),
            rotation,
            enabled: *state == KeyState::Enabled,
            aliased: is_named,
            tags: Tags::of(aws, &tags),
        },
        outputs: KeyOutputs { arn: KeyArn::new(arn) },
        phase,
    }))
}

/// Whether everything can be encrypted with a key of somebody else's; why not, if it cannot.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
pub(in crate::aws) async fn usable_key(
    aws: &Aws,
    arn: &str,
) -> Result<Result<(), &'static str>, CallError> {
    let operation = "kms:DescribeKey";
    let call = || aws.kms.describe_key().key_id(arn).send();
    let Some(answer) = found(aws.read(operation, call).await)? else {
        return Ok(Err("is not there: name another one"));
    };
    let key = required(operation, "KeyMetadata", answer.key_metadata)?;
    let is_symmetric = key.key_spec() == Some(&KeySpec::SymmetricDefault);
    Ok(match required(operation, "KeyState", key.key_state())? {
        KeyState::Enabled if is_symmetric => Ok(()),
        KeyState::Enabled => Err("is not symmetric: name one that encrypts and decrypts"),
        KeyState::Disabled => Err("is disabled: enable it, or name another one"),
        KeyState::PendingDeletion => {
            Err("waits to be deleted: cancel that and enable it, or name another one")
        }
        _ => Err("cannot be used now: see what KMS says of it"),
    })
}

/// Whether a key waits for its deletion.
async fn is_out(aws: &Aws, id: &str) -> Result<bool, CallError> {
    let call = || aws.kms.describe_key().key_id(id).send();
    let answer = found(aws.read("kms:DescribeKey", call).await)?;
    let state = answer.and_then(|answer| answer.key_metadata?.key_state);
    Ok(state == Some(KeyState::PendingDeletion))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enums may grow")]
fn phase(key: &KeyMetadata, state: &KeyState) -> Phase {
    match state {
        // A disabled key is all there: whether it is enabled is a field.
        KeyState::Enabled | KeyState::Disabled => Phase::Ready,
        KeyState::PendingDeletion => {
            let until = key.deletion_date().map(|date| format!("until {date}"));
            Phase::Recoverable { how: until.unwrap_or_default(), lasts: false }
        }
        state => Phase::Pending(state.as_str().to_owned()),
    }
}

async fn rotation(aws: &Aws, id: &str) -> Result<Option<Rotation>, CallError> {
    let call = || aws.kms.get_key_rotation_status().key_id(id).send();
    let answer = match found(aws.read("kms:GetKeyRotationStatus", call).await) {
        // It went out between two calls.
        Err(error) if error.class == Class::Busy => return Ok(Some(Rotation::Untold)),
        answer => answer?,
    };
    Ok(answer.map(|status| match status.rotation_period_in_days() {
        Some(days) if status.key_rotation_enabled() => Rotation::Days(days),
        None if status.key_rotation_enabled() => Rotation::Days(YEAR),
        Some(_) | None => Rotation::Off,
    }))
}

/// How often a key is rotated of which nobody has said how often, in days.
///
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html>
const YEAR: i32 = 365;

/// The tags of a key; nothing if it is not there.
async fn tags_of(aws: &Aws, id: &str) -> Result<Option<Pairs>, CallError> {
    let all = aws
        .pages(
            "kms:ListResourceTags",
            |marker| aws.kms.list_resource_tags().key_id(id).set_marker(marker).send(),
            |page| (page.tags, (page.truncated, page.next_marker)),
        )
        .await;
    let pair = |tag: Tag| (tag.tag_key, tag.tag_value);
    Ok(found(all)?.map(|all| all.into_iter().map(pair).collect()))
}

fn as_tag(key: &str, value: String) -> Option<Tag> {
    Tag::builder().tag_key(key).tag_value(value).build().ok()
}

fn as_tags(tags: &Tags, ordinal: u32) -> Vec<Tag> {
    tags.to(ordinal).filter_map(|(key, value)| as_tag(key, value)).collect()
}

async fn retag(aws: &Aws, id: &str, retagging: &Retagging) -> Result<(), CallError> {
    let Retagging { put, drop: gone } = retagging;
    if !put.is_empty() {
        let tags: Vec<Tag> =
            put.iter().filter_map(|(key, value)| as_tag(key, value.clone())).collect();
        let call = || aws.kms.tag_resource().key_id(id).set_tags(Some(tags.clone())).send();
        aws.write("kms:TagResource", call).await?;
    }
    if !gone.is_empty() {
        let call = || aws.kms.untag_resource().key_id(id).set_tag_keys(Some(gone.clone())).send();
        aws.write("kms:UntagResource", call).await?;
    }
    Ok(())
}
