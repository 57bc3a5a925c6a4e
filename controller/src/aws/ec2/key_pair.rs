//! A key pair: somebody's public key, imported. AWS never sees the private one.

use std::time::Duration;

use aws_sdk_ec2::types::{self, ResourceType};
use aws_smithy_types::Blob;

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Creation, Delta, Field, Found, Identity, Kind, Outputs,
        Phase, PhysicalId, Replacement, Resource, Scope,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, required, text},
        clients::Aws,
        tags::{Tags, filter, owner},
    },
    scope::{Asked, keep},
};

/// A key pair.
pub struct KeyPair;

id!(
    /// The id of a [`KeyPair`].
    KeyPairId
);

/// A public key in OpenSSH's form.
///
/// AWS keeps the comment behind it as it likes: two keys are one if kind and key are.
#[derive(Clone, Debug)]
pub struct PublicKey(pub String);

impl PublicKey {
    fn without_comment(&self) -> String {
        self.0.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }
}

impl Field for PublicKey {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Known(self.without_comment().into())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of a [`KeyPair`].
#[derive(Clone, Debug)]
pub struct KeyPairConfig {
    /// The public key.
    pub public_key: PublicKey,
    /// Its tags.
    pub tags: Tags,
}

config! { KeyPairConfig, no references { public_key: Replace, tags: InPlace } }

/// What a [`KeyPair`] has once it exists.
#[derive(Clone, Debug)]
pub struct KeyPairOutputs {
    /// Its name, by which instances ask for it.
    pub name: String,
}

/// What lists them.
const LIST: &str = "ec2:DescribeKeyPairs";

impl Resource for KeyPair {
    type Cloud = Aws;
    type Config = KeyPairConfig;
    type Outputs = KeyPairOutputs;

    const ABOUT: Kind = Kind {
        name: "key-pair",
        ids: "key-*",
        summary: "The public key that opens bastion and nodes over SSH",
        cloudformation: "AWS::EC2::KeyPair",
        // The new one has another name: the ordinal is part of it.
        replacement: Replacement::CreateFirst,
        creation: Creation::Key,
        typical: Duration::from_secs(2),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(5),
        outage: "instances that are there keep the old key until they are made anew",
        stands_on: &[],
        keeping: None,
        calls: Calls {
            read: &["ec2:DescribeKeyPairs"],
            write: &["ec2:ImportKeyPair", "ec2:CreateTags", "ec2:DeleteTags", "ec2:DeleteKeyPair"],
        },
    };

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let Asked { filters, ids, page: _ } = Asked::of(aws, scope);
        // The one list of EC2's without pages.
        let call = || {
            let call = aws.ec2.describe_key_pairs().include_public_key(true);
            call.set_filters(filters.clone()).set_key_pair_ids(ids.clone()).send()
        };
        let answer = aws.read(LIST, call).await?;
        let pairs = required(LIST, "keySet", answer.key_pairs)?;
        let found: Result<Vec<_>, _> = pairs.iter().map(|pair| read(aws, pair)).collect();
        keep(LIST, scope, found?)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &KeyPairConfig,
    ) -> Result<PhysicalId, CallError> {
        let tags = want.tags.specification(ResourceType::KeyPair, me);
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let call = || {
            aws.ec2
                .import_key_pair()
                .key_name(&name)
                .public_key_material(Blob::new(want.public_key.0.as_bytes()))
                .tag_specifications(tags.clone())
                .send()
        };
        let operation = "ec2:ImportKeyPair";
        let made = aws.write(operation, call).await?;
        Ok(PhysicalId(text(operation, "keyPairId", made.key_pair_id)?))
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &KeyPairConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        let name = aws.environment.object_name(&me.address, me.ordinal);
        let named = vec![filter("key-name", [name.clone()])];
        let call = || {
            let call = aws.ec2.describe_key_pairs().include_public_key(true);
            call.set_filters(Some(named.clone())).send()
        };
        let answer = aws.read(LIST, call).await?;
        let pairs = required(LIST, "keySet", answer.key_pairs)?;
        let Some(pair) = pairs.first() else { return Ok(None) };
        let found = read(aws, pair)?;
        if found.outputs.name != name {
            return Err(another(LIST, found.outputs.name, name));
        }
        Ok(Some(found))
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &KeyPairConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        if delta.take(field!(KeyPairConfig.tags)) {
            want.tags.set(aws, &have.id, &have.config.tags, have.ordinal()).await?;
        }
        Ok(())
    }

    fn retagged(have: &Found<Self>, to: Option<&KeyPairConfig>) -> Option<KeyPairConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(KeyPairConfig { tags, ..have.config.clone() })
    }

    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let call = || aws.ec2.delete_key_pair().key_pair_id(&have.id.0).send();
        aws.write("ec2:DeleteKeyPair", call).await.map(drop)
    }
}

/// Whether a key pair of somebody else's can be used; why not, if it cannot.
pub(in crate::aws) async fn usable_key_pair(
    aws: &Aws,
    name: &str,
) -> Result<Result<(), &'static str>, CallError> {
    let named = vec![filter("key-name", [name.to_owned()])];
    let call = || aws.ec2.describe_key_pairs().set_filters(Some(named.clone())).send();
    let answer = aws.read(LIST, call).await?;
    let pairs = required(LIST, "keySet", answer.key_pairs)?;
    let there = pairs.iter().any(|pair| pair.key_name() == Some(name));
    let no = Err("is not in the region: import it there, or name another one");
    Ok(if there { Ok(()) } else { no })
}

fn read(aws: &Aws, from: &types::KeyPairInfo) -> Result<Found<KeyPair>, CallError> {
    Ok(Found {
        id: PhysicalId(text(LIST, "keyPairId", from.key_pair_id())?.to_owned()),
        owner: owner(aws, KeyPair::ABOUT.name, from.tags()),
        config: KeyPairConfig {
            public_key: PublicKey(text(LIST, "publicKey", from.public_key())?.to_owned()),
            tags: Tags::read(aws, from.tags()),
        },
        outputs: KeyPairOutputs { name: text(LIST, "keyName", from.key_name())?.to_owned() },
        phase: Phase::Ready,
    })
}
