//! Tags: a set of which we say everything, but for what AWS and the tools the spec names add.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};

use crate::engine::{Address, CallError, Cell, Field, Identity, Outputs, Owner, PhysicalId};

use super::{
    clients::Aws,
    identity::{
        TAG_ADDRESS, TAG_ASKED, TAG_ENVIRONMENT, TAG_LAST_IMAGE, TAG_LOGIN, TAG_NAME,
        TAG_REPLACEMENT, TAG_UID, ordinal,
    },
    image::IMAGE_TAG,
};

/// The tags of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

/// Stands in a declaration where each object has its own ordinal.
const ITS_ORDINAL: &str = "";

impl Tags {
    /// The tags of an object that stands for this node, with the user's own.
    pub fn declared(
        environment: &super::Environment,
        kind: &'static str,
        name: &str,
        user: &BTreeMap<String, String>,
    ) -> Self {
        let address = Address::new(kind, name);
        let mut tags = user.clone();
        tags.extend([
            (TAG_ENVIRONMENT.to_owned(), environment.name.clone()),
            (TAG_UID.to_owned(), environment.uid()),
            (TAG_ADDRESS.to_owned(), address.to_string()),
            (TAG_REPLACEMENT.to_owned(), ITS_ORDINAL.to_owned()),
            (TAG_NAME.to_owned(), environment.display_name(&address)),
            (environment.boundary.clone(), environment.name.clone()),
        ]);
        Self(tags)
    }

    /// The tags that say whose something is.
    pub(super) fn of_owner(environment: &super::Environment) -> Self {
        let name = (TAG_ENVIRONMENT.to_owned(), environment.name.clone());
        Self([name, (TAG_UID.to_owned(), environment.uid())].into())
    }

    /// The tags of what is launched for an object of this name. They say whose it is and stand for no node: nobody
    /// declares an instance by itself.
    pub fn launched(
        environment: &super::Environment,
        name: &str,
        user: &BTreeMap<String, String>,
        runs: Option<String>,
    ) -> Self {
        let mut tags = user.clone();
        tags.extend(runs.map(|image| (IMAGE_TAG.to_owned(), image)));
        tags.extend(Self::of_owner(environment).0);
        tags.extend([
            (TAG_NAME.to_owned(), environment.display_name(&Address::new("instance", name))),
            (environment.boundary.clone(), environment.name.clone()),
        ]);
        Self(tags)
    }

    /// Reads what AWS answers, as keys and values. Tags that are not ours to say are left out, and so
    /// is an ordinal that is none.
    pub(super) fn of(aws: &Aws, from: &[(String, String)]) -> Self {
        let ignored = |key: &str| {
            // The one is AWS's, and the others are notes that are read where they belong.
            key.starts_with("aws:")
                || [TAG_LOGIN, TAG_LAST_IMAGE, TAG_ASKED].contains(&key)
                || aws
                    .environment
                    .ignored_tags
                    .iter()
                    .any(|prefix| key.starts_with(prefix.as_str()))
        };
        let tags = from
            .iter()
            .filter(|(key, _)| !ignored(key))
            .filter(|(key, value)| key != TAG_REPLACEMENT || ordinal(value).is_some())
            .cloned();
        Self(tags.collect())
    }

    /// Reads what EC2 answers.
    pub(super) fn read(aws: &Aws, from: &[Tag]) -> Self {
        Self::of(aws, &pairs(from))
    }

    /// The name the console shows.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.get(TAG_NAME).map(String::as_str)
    }

    /// These tags, for the object of that ordinal.
    pub(super) fn to(&self, ordinal: u32) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(move |(key, value)| {
            let its = key == TAG_REPLACEMENT && value == ITS_ORDINAL;
            (key.as_str(), if its { ordinal.to_string() } else { value.clone() })
        })
    }

    /// What has to be put and what to be taken away to make `have` these, on the object of that
    /// ordinal.
    pub(super) fn retagging(&self, have: &Self, ordinal: u32) -> Retagging {
        let put = self
            .to(ordinal)
            .filter(|(key, value)| {
                let have = have.0.get(*key);
                let any = *key == TAG_REPLACEMENT && have.is_some();
                !any && have != Some(value)
            })
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let drop = have.0.keys().filter(|key| !self.0.contains_key(*key)).cloned().collect();
        Retagging { put, drop }
    }

    /// The tags of the declaration that an object comes to stand for; those it has without what makes it
    /// ours, if it is to stand for none.
    pub(super) fn becoming(&self, declared: Option<&Self>) -> Self {
        declared.map_or_else(|| self.released(), Clone::clone)
    }

    fn released(&self) -> Self {
        let ours = [TAG_ENVIRONMENT, TAG_UID, TAG_ADDRESS, TAG_REPLACEMENT];
        let mut rest = self.0.clone();
        rest.retain(|key, _| !ours.contains(&key.as_str()));
        Self(rest)
    }

    /// For the call that creates an object.
    pub(super) fn specification(&self, of: ResourceType, me: &Identity) -> TagSpecification {
        TagSpecification::builder()
            .resource_type(of)
            .set_tags(Some(self.as_ec2(me.ordinal)))
            .build()
    }

    pub(super) fn as_ec2(&self, ordinal: u32) -> Vec<Tag> {
        self.to(ordinal).map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
    }

    /// Makes the tags of an object of EC2's these.
    pub(super) async fn set(
        &self,
        aws: &Aws,
        id: &PhysicalId,
        have: &Self,
        ordinal: u32,
    ) -> Result<(), CallError> {
        let Retagging { put, drop } = self.retagging(have, ordinal);
        let put: Vec<Tag> = put
            .into_iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect();
        let drop: Vec<Tag> = drop.into_iter().map(|key| Tag::builder().key(key).build()).collect();
        if !put.is_empty() {
            let call = || aws.ec2.create_tags().resources(&id.0).set_tags(Some(put.clone())).send();
            aws.write("ec2:CreateTags", call).await?;
        }
        if !drop.is_empty() {
            let call =
                || aws.ec2.delete_tags().resources(&id.0).set_tags(Some(drop.clone())).send();
            aws.write("ec2:DeleteTags", call).await?;
        }
        Ok(())
    }
}

/// What has to be done to tags.
#[derive(Clone, Debug, Default)]
pub(super) struct Retagging {
    /// Tags to put, over those of the same key.
    pub(super) put: Vec<(String, String)>,
    /// Keys of tags to take away.
    pub(super) drop: Vec<String>,
}

impl Field for Tags {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        let cell = |key: &str, value: &str| {
            if key == TAG_REPLACEMENT && value == ITS_ORDINAL {
                Cell::Any
            } else {
                Cell::Known(value.into())
            }
        };
        Cell::Map(self.0.iter().map(|(key, value)| (key.clone(), cell(key, value))).collect())
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The filter that finds what is ours.
pub(super) fn ours(aws: &Aws) -> Filter {
    filter(&format!("tag:{TAG_UID}"), [aws.environment.uid()])
}

/// A filter of EC2's.
pub(super) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}

/// Tags of EC2's as keys and values.
fn pairs(tags: &[Tag]) -> Vec<(String, String)> {
    let pair = |tag: &Tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()));
    tags.iter().filter_map(pair).collect()
}

/// Whose an object of EC2's is.
pub(super) fn owner(aws: &Aws, kind: &str, tags: &[Tag]) -> Owner {
    owner_of(aws, kind, &pairs(tags))
}

/// Whose an object with these tags is.
pub(super) fn owner_of(aws: &Aws, kind: &str, tags: &[(String, String)]) -> Owner {
    aws.environment.owner(kind, |key| {
        tags.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    })
}
