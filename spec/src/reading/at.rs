//! Fields as written: there or not, readable or not, and where.
//!
//! None of these fails to deserialise. What cannot be read is reported to the log and leaves the field
//! broken; what depends on it is then not checked, everything else is. They are read by
//! [`Reader`](crate::read::Reader) only, which knows them by name.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use crate::tree::Span;

pub(crate) const OPTIONAL: &str = "clctl::Optional";
pub(crate) const REQUIRED: &str = "clctl::Required";
pub(crate) const FILLED: &str = "clctl::Filled";
pub(crate) const BLOCK: &str = "clctl::Block";
pub(crate) const HIDDEN: &str = "clctl::Hidden";
pub(crate) const CAUTIOUS: &str = "clctl::Cautious";

/// A value and where it is written: a mapping or list at its key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// A field that may be left out. Always with `#[serde(default)]`, for the schema.
#[derive(Clone, Debug, Default)]
pub(crate) enum Optional<T> {
    /// Not written, or `null`.
    #[default]
    Absent,
    /// Written, but not readable; reported.
    Broken,
    /// Written.
    Given(At<T>),
}

impl<T> Optional<T> {
    /// Whether it is written, readable or not.
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// What is written, if it is readable.
    pub(crate) fn given(&self) -> Option<&At<T>> {
        match self {
            Self::Absent | Self::Broken => None,
            Self::Given(at) => Some(at),
        }
    }

    /// What holds: what is written or, if nothing is, `default`. Nothing if it is not readable: what depends on
    /// it is not to be checked then.
    pub(crate) fn or(&self, default: T) -> Option<T>
    where
        T: Clone,
    {
        match self {
            Self::Absent => Some(default),
            Self::Broken => None,
            Self::Given(at) => Some(at.value.clone()),
        }
    }
}

/// A field that may be left out, and that means something else when it is: so it cannot be written and left
/// empty. `engine: {aurora: }` is meant to be Aurora, and not the default.
#[derive(Clone, Debug)]
pub(crate) struct Filled<T>(pub(crate) Optional<T>);

impl<T> Default for Filled<T> {
    fn default() -> Self {
        Self(Optional::Absent)
    }
}

impl<T> Filled<T> {
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_given()
    }

    pub(crate) fn given(&self) -> Option<&At<T>> {
        self.0.given()
    }
}

/// A field or list item that must be there. Nothing within if it is not, or not readable: reported.
#[derive(Clone, Debug)]
pub(crate) struct Required<T>(pub(crate) Option<At<T>>);

impl<T> Default for Required<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// What others write beside us (`status`, metadata of an API server): accepted and never read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tolerated;

/// A mapping whose keys are up to the user, in the order written.
#[derive(Clone, Debug)]
pub(crate) struct Entries<K, V>(pub(crate) Vec<(Required<K>, Required<V>)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(OPTIONAL, Lenient(PhantomData)).map(|found| {
            match found {
                Found::Nothing => Self::Absent,
                Found::Broken => Self::Broken,
                Found::Value(at) => Self::Given(at),
            }
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Filled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = deserializer.deserialize_newtype_struct(FILLED, Lenient(PhantomData))?;
        Ok(Self(match found {
            Found::Nothing => Optional::Absent,
            Found::Broken => Optional::Broken,
            Found::Value(at) => Optional::Given(at),
        }))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Required<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(REQUIRED, Lenient(PhantomData)).map(|found| {
            match found {
                Found::Nothing | Found::Broken => Self(None),
                Found::Value(at) => Self(Some(at)),
            }
        })
    }
}

enum Found<T> {
    Nothing,
    Broken,
    Value(At<T>),
}

/// Takes what the reader hands over: nothing at all, or a value (which it leaves out if broken) and its span.
struct Lenient<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Lenient<T> {
    type Value = Found<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Found::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let Some(value) = seq.next_element::<T>()? else { return Ok(Found::Broken) };
        let Some((start, end)) = seq.next_element()? else { return Ok(Found::Broken) };
        Ok(Found::Value(At { value, span: Span { start, end } }))
    }
}

impl<'de> Deserialize<'de> for Tolerated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Collect<K, V> {
            type Value = Entries<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect(PhantomData))
    }
}

/// In the schema these are what they hold.
macro_rules! see_through {
    ($($name:ident),+) => {$(
        impl<T: JsonSchema> JsonSchema for $name<T> {
            fn inline_schema() -> bool {
                T::inline_schema()
            }
            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }
            fn schema_id() -> Cow<'static, str> {
                T::schema_id()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    )+};
}

see_through!(Filled, Optional, Required);

/// Open in the schema, in the way a structural schema of Kubernetes says it.
impl JsonSchema for Tolerated {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Tolerated".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
    }
}

impl<K, V: JsonSchema> JsonSchema for Entries<K, V> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("MapOf{}", V::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<V>();
        json_schema!({ "type": "object", "additionalProperties": values })
    }
}
