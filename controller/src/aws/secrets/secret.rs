//! A secret. What it holds is put at its creation, or by somebody else, and never read.
//!
//! Its name stays taken for as long as it can be taken back
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html>).

use std::time::Duration;

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, Tag};
use aws_smithy_types::DateTime;

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Keeping, Kind, Outputs, Owner, Phase, PhysicalId, Replacement, Resolved, Resource, Scope,
        Stage,
    },
    field,
};

use super::{
    super::{
        answers::{another, not_understood, once, required, text},
        clients::Aws,
        identity::TAG_UID,
        kms::KeyArn,
        policy::Policy,
        tags::{Retagging, Tags, owner_of},
    },
    value::SecretValue,
};

/// A secret.
pub struct Secret;

/// Where the value of a [`Secret`] comes from. It is never compared: nobody reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is drawn when the secret is made: so many letters, digits, `-` and `_`.
    Generated(u16),
    /// Somebody puts it in.
    Put,
}

impl Field for Origin {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Any
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(*self)
    }
}

/// Whom a [`Secret`] lets in by itself, beside those whose own policies do.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html>
#[derive(Clone, Debug)]
pub enum ResourcePolicy {
    /// Nobody: we never declare another.
    None,
    /// Those that somebody let in.
    These(Policy),
    /// A secret that is out does not say.
    Untold,
}

impl Field for ResourcePolicy {
    type Resolved = Self;

    fn cell(&self, outputs: &Outputs) -> Cell {
        match self {
            Self::None => Cell::Known("none".into()),
            Self::These(policy) => policy.cell(outputs),
            Self::Untold => Cell::Any,
        }
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The key of a [`Secret`] that has none of its own.
const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

/// The settable part of a [`Secret`].
#[derive(Clone, Debug)]
pub struct SecretConfig<S: Stage = Resolved> {
    /// What it is for.
    pub description: String,
    /// What it is encrypted with.
    pub key: S::In<KeyArn>,
    /// Where its value comes from.
    pub origin: Origin,
    /// Whom it lets in by itself.
    pub resource_policy: ResourcePolicy,
    /// Its tags.
    pub tags: Tags,
}

config! { SecretConfig {
    description: InPlace,
    key: InPlace,
    origin: InPlace,
    resource_policy: InPlace,
    tags: InPlace,
} }

/// What a [`Secret`] has once it exists.
#[derive(Clone, Debug)]
pub struct SecretOutputs {
    /// Its ARN, with the six characters AWS puts behind its name.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The version that counts; nothing as long as nobody has put a value in.
    pub version: Option<String>,
}

/// What lists them.
const LIST: &str = "secretsmanager:ListSecrets";
/// What tells of one.
pub(super) const DESCRIBE: &str = "secretsmanager:DescribeSecret";

impl Resource for Secret {
    type Cloud = Aws;
    type Config = SecretConfig;
    type Outputs = SecretOutputs;

    const ABOUT: Kind = Kind {
        name: "secret",
        ids: "arn:*:secretsmanager:*:secret:*",
        summary: "A password, or a URL with a key in it, that instances read when they start",
        cloudformation: "AWS::SecretsManager::Secret",
        // What it holds is in it alone.
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(2),
        patience: Duration::from_mins(5),
        outage: "nodes that start meanwhile have to wait for it",
        stands_on: &[],
        keeping: Some(Keeping {
            costs: "US$0.40 a month",
            ends: "aws secretsmanager delete-secret --secret-id {id}",
        }),
        calls: Calls {
            read: &[LIST, DESCRIBE, "secretsmanager:GetResourcePolicy"],
            write: &[
                "secretsmanager:GetRandomPassword",
                "secretsmanager:CreateSecret",
                "secretsmanager:UpdateSecret",
                "secretsmanager:DeleteResourcePolicy",
                "secretsmanager:TagResource",
                "secretsmanager:UntagResource",
                "secretsmanager:DeleteSecret",
                "secretsmanager:RestoreSecret",
            ],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut found = Vec::new();
        match scope {
            Scope::Owned => {
                let filters = [
                    (FilterNameStringType::TagKey, TAG_UID.to_owned()),
                    (FilterNameStringType::TagValue, aws.environment.uid()),
                ];
                let filters: Vec<Filter> = filters
                    .into_iter()
                    .map(|(key, value)| Filter::builder().key(key).values(value).build())
                    .collect();
                let listed = aws
                    .pages(
                        LIST,
                        |token| {
                            let call = aws.secrets.list_secrets().include_planned_deletion(true);
                            let call = call.set_filters(Some(filters.clone())).max_results(100);
                            call.set_next_token(token).send()
                        },
                        |page| (page.secret_list, page.next_token),
                    )
                    .await?;
                for entry in listed {
                    let from = Read {
                        arn: text(LIST, "ARN", entry.arn)?,
                        name: text(LIST, "Name", entry.name)?,
                        description: entry.description.unwrap_or_default(),
                        key: entry.kms_key_id,
                        deleted: entry.deleted_date,
                        tags: pairs(&entry.tags.unwrap_or_default()),
                        version: current(entry.secret_versions_to_stages.unwrap_or_default()),
                    };
                    found.push(read(aws, from).await?);
                }
                found.retain(|found| found.owner != Owner::Other);
                found = once(LIST, found)?;
            }
            Scope::Ids(ids) => {
                for id in *ids {
                    found.extend(look(aws, &id.0).await?);
                }
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &SecretConfig,
    ) -> Result<PhysicalId, CallError> {
        let (name, tags) = (secret_name(aws, me), as_tags(&want.tags, me.ordinal));
        let value = match want.origin {
            Origin::Generated(length) => Some(draw(aws, length).await?),
            Origin::Put => None,
        };
        let token = value.as_ref().map(|_| aws.environment.token(me));
        let call = || {
            aws.secrets
                .create_secret()
                .name(&name)
                .description(&want.description)
                .kms_key_id(want.key.as_str())
                .set_client_request_token(token.clone())
                .set_secret_string(value.as_ref().map(|value| value.reveal().to_owned()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let operation = "secretsmanager:CreateSecret";
        let made = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "ARN", made.arn)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &SecretConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        look(aws, &secret_name(aws, me)).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &SecretConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let id = have.id.0.as_str();
        let described = delta.take(field!(SecretConfig.description));
        if delta.take(field!(SecretConfig.key)) || described {
            let call = || {
                let call = aws.secrets.update_secret().secret_id(id).description(&want.description);
                call.kms_key_id(want.key.as_str()).send()
            };
            aws.write("secretsmanager:UpdateSecret", call).await?;
        }
        if delta.take(field!(SecretConfig.resource_policy)) {
            let call = || aws.secrets.delete_resource_policy().secret_id(id).send();
            aws.write("secretsmanager:DeleteResourcePolicy", call).await?;
        }
        if delta.take(field!(SecretConfig.tags)) {
            let Retagging { put, drop: gone } =
                want.tags.retagging(&have.config.tags, have.ordinal());
            if !put.is_empty() {
                let tags: Vec<Tag> =
                    put.into_iter().map(|(key, value)| as_tag(&key, value)).collect();
                let call =
                    || aws.secrets.tag_resource().secret_id(id).set_tags(Some(tags.clone())).send();
                aws.write("secretsmanager:TagResource", call).await?;
            }
            if !gone.is_empty() {
                let call = || {
                    let call = aws.secrets.untag_resource().secret_id(id);
                    call.set_tag_keys(Some(gone.clone())).send()
                };
                aws.write("secretsmanager:UntagResource", call).await?;
            }
        }
        Ok(())
    }

    async fn recover(aws: &Aws, have: &Found<Self>, _: &SecretConfig) -> Result<(), CallError> {
        let call = || aws.secrets.restore_secret().secret_id(&have.id.0).send();
        aws.write("secretsmanager:RestoreSecret", call).await.map(drop)
    }

    fn retagged(have: &Found<Self>, to: Option<&SecretConfig<Declared>>) -> Option<SecretConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(SecretConfig { tags, ..have.config.clone() })
    }

    fn is_vouched(aws: &Aws, have: &Found<Self>) -> bool {
        aws.environment.is_path_of(&have.owner, &have.outputs.name)
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let days = aws.environment.deletions.secret_in_days;
        let call = || {
            let call = aws.secrets.delete_secret().secret_id(&have.id.0);
            call.recovery_window_in_days(i64::from(days)).send()
        };
        match aws.write("secretsmanager:DeleteSecret", call).await {
            // Somebody has done it already.
            Err(error)
                if matches!(error.class, Class::Exists | Class::Busy)
                    && is_out(aws, &have.id.0).await? =>
            {
                Ok(())
            }
            answer => answer.map(drop),
        }
    }
}

/// What a secret is called.
fn secret_name(aws: &Aws, me: &Identity) -> String {
    let base = aws.environment.path(&me.address.name);
    if me.ordinal > 1 { format!("{base}-{}", me.ordinal) } else { base }
}

/// Draws a password of letters, digits, `-` and `_`.
async fn draw(aws: &Aws, length: u16) -> Result<SecretValue, CallError> {
    const OUT: &str = "!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~";
    let call = || {
        let call = aws.secrets.get_random_password().password_length(i64::from(length));
        call.exclude_characters(OUT).include_space(false).send()
    };
    let operation = "secretsmanager:GetRandomPassword";
    let drawn = aws.write(operation, call).await?;
    let value = required(operation, "RandomPassword", drawn.random_password)?;
    // A short one would be one that can be guessed, and of another character nobody knows who can bear it.
    let asked_for = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if value.len() != usize::from(length) || !value.bytes().all(asked_for) {
        let why = format!("the answer is no password of {length} letters, digits, - and _");
        return Err(not_understood(operation, why));
    }
    Ok(SecretValue::new(value))
}

/// What is told of a secret, by the list and by itself alike.
pub(super) struct Read {
    arn: String,
    name: String,
    description: String,
    key: Option<String>,
    pub(super) deleted: Option<DateTime>,
    tags: Vec<(String, String)>,
    pub(super) version: Option<String>,
}

/// Looks at one secret, by ARN or name. What is not there is `None`.
async fn look(aws: &Aws, id: &str) -> Result<Option<Found<Secret>>, CallError> {
    match describe(aws, id).await? {
        Some(from) => Ok(Some(read(aws, from).await?)),
        None => Ok(None),
    }
}

/// What is told of one secret. What is not there is `None`.
pub(super) async fn describe(aws: &Aws, id: &str) -> Result<Option<Read>, CallError> {
    let call = || aws.secrets.describe_secret().secret_id(id).send();
    match aws.read(DESCRIBE, call).await {
        Ok(answer) => {
            let from = Read {
                arn: text(DESCRIBE, "ARN", answer.arn)?,
                name: text(DESCRIBE, "Name", answer.name)?,
                description: answer.description.unwrap_or_default(),
                key: answer.kms_key_id,
                deleted: answer.deleted_date,
                tags: pairs(&answer.tags.unwrap_or_default()),
                version: current(answer.version_ids_to_stages.unwrap_or_default()),
            };
            if from.arn != id && from.name != id {
                return Err(another(DESCRIBE, from.arn, id));
            }
            Ok(Some(from))
        }
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a secret waits for its deletion.
async fn is_out(aws: &Aws, id: &str) -> Result<bool, CallError> {
    let found = look(aws, id).await?;
    Ok(found.is_some_and(|found| matches!(found.phase, Phase::Recoverable { .. })))
}

/// Whom a secret lets in by itself.
async fn whom_it_lets_in(aws: &Aws, arn: &str) -> Result<ResourcePolicy, CallError> {
    let operation = "secretsmanager:GetResourcePolicy";
    let call = || aws.secrets.get_resource_policy().secret_id(arn).send();
    let answer = match aws.read(operation, call).await {
        Ok(answer) => answer,
        // It went out between two calls.
        Err(error) if matches!(error.class, Class::Busy | Class::NotFound) => {
            return Ok(ResourcePolicy::Untold);
        }
        Err(error) => return Err(error),
    };
    let told = text(operation, "ARN", answer.arn)?;
    if told != arn {
        return Err(another(operation, told, arn));
    }
    Ok(match answer.resource_policy {
        Some(policy) => ResourcePolicy::These(Policy::read(&policy)),
        None => ResourcePolicy::None,
    })
}

async fn read(aws: &Aws, from: Read) -> Result<Found<Secret>, CallError> {
    let Read { arn, name, description, key, deleted, tags, version } = from;
    let owner = owner_of(aws, Secret::ABOUT.name, &tags);
    let resource_policy = match deleted {
        Some(_) => ResourcePolicy::Untold,
        None => match whom_it_lets_in(aws, &arn).await {
            // Whom somebody else's lets in need not be for us to know.
            Err(error) if error.class == Class::Denied && owner == Owner::Other => {
                ResourcePolicy::Untold
            }
            told => told?,
        },
    };
    Ok(Found {
        id: PhysicalId(arn.clone()),
        owner,
        config: SecretConfig {
            description,
            key: KeyArn::new(key.unwrap_or_else(|| DEFAULT_KEY.to_owned())),
            origin: Origin::Put,
            resource_policy,
            tags: Tags::of(aws, &tags),
        },
        outputs: SecretOutputs { arn, name, version },
        phase: match deleted {
            Some(date) => {
                Phase::Recoverable { how: format!("at least until {date}"), lasts: false }
            }
            None => Phase::Ready,
        },
    })
}

/// The version that counts.
fn current(versions: std::collections::HashMap<String, Vec<String>>) -> Option<String> {
    let counts = |stages: &[String]| stages.iter().any(|stage| stage == "AWSCURRENT");
    versions.into_iter().find(|(_, stages)| counts(stages)).map(|(version, _)| version)
}

fn pairs(tags: &[Tag]) -> Vec<(String, String)> {
    let pair = |tag: &Tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()));
    tags.iter().filter_map(pair).collect()
}

fn as_tag(key: &str, value: String) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn as_tags(tags: &Tags, ordinal: u32) -> Vec<Tag> {
    tags.to(ordinal).map(|(key, value)| as_tag(key, value)).collect()
}
