//! Tags: a set of which we say everything, but for what AWS and the tools the spec names add.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};

use crate::engine::{Address, CallError, Cell, Field, Identity, Outputs, PhysicalId};

use super::{
    clients::Aws,
    identity::{TAG_ADDRESS, TAG_ENVIRONMENT, TAG_NAME, TAG_REPLACEMENT, TAG_UID, ordinal},
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
        boundary: &str,
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
            (boundary.to_owned(), environment.name.clone()),
        ]);
        Self(tags)
    }

    /// Reads what EC2 answers. Tags that are not ours to say are left out, and so is an ordinal
    /// that is none.
    pub(super) fn read(aws: &Aws, from: &[Tag]) -> Self {
        let ignored = |key: &str| {
            key.starts_with("aws:")
                || aws
                    .environment
                    .ignored_tags
                    .iter()
                    .any(|prefix| key.starts_with(prefix.as_str()))
        };
        let tags = from
            .iter()
            .filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())))
            .filter(|(key, _)| !ignored(key))
            .filter(|(key, value)| *key != TAG_REPLACEMENT || ordinal(value).is_some())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        Self(tags)
    }

    /// For the call that creates an object.
    pub(super) fn specification(&self, of: ResourceType, me: &Identity) -> TagSpecification {
        TagSpecification::builder()
            .resource_type(of)
            .set_tags(Some(self.as_ec2(me.ordinal)))
            .build()
    }

    fn as_ec2(&self, ordinal: u32) -> Vec<Tag> {
        self.0
            .iter()
            .map(|(key, value)| {
                let value =
                    if key == TAG_REPLACEMENT { ordinal.to_string() } else { value.clone() };
                Tag::builder().key(key).value(value).build()
            })
            .collect()
    }

    /// Makes the tags of an object of EC2's these.
    pub(super) async fn set(
        &self,
        aws: &Aws,
        id: &PhysicalId,
        have: &Self,
        ordinal: u32,
    ) -> Result<(), CallError> {
        let put: Vec<Tag> = self
            .as_ec2(ordinal)
            .into_iter()
            .filter(|tag| {
                let have = tag.key().and_then(|key| have.0.get(key));
                let any = tag.key() == Some(TAG_REPLACEMENT) && have.is_some();
                !any && have.map(String::as_str) != tag.value()
            })
            .collect();
        let drop: Vec<Tag> = have
            .0
            .keys()
            .filter(|key| !self.0.contains_key(*key))
            .map(|key| Tag::builder().key(key).build())
            .collect();
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

/// Whose an object of EC2's is.
pub(super) fn owner(aws: &Aws, kind: &str, tags: &[Tag]) -> crate::engine::Owner {
    aws.environment
        .owner(kind, |key| tags.iter().find(|tag| tag.key() == Some(key)).and_then(Tag::value))
}
