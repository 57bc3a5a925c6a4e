//! Whole numbers within bounds.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};

use crate::{at::At, form::Form, log::Log};

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number as a port: for those whose bounds are ports.
    pub const fn port(self) -> u16 {
        const { assert!(MAX <= 65_535, "ports end at 65535") };
        let [low, high, ..] = self.0.to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// A number known to be within bounds: one outside of them is brought to the nearest.
    pub(crate) const fn of(number: u32) -> Self {
        if number < MIN {
            Self(MIN)
        } else if number > MAX {
            Self(MAX)
        } else {
            Self(number)
        }
    }
}

impl<const MIN: u32, const MAX: u32> fmt::Display for Whole<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Within<const MIN: u32, const MAX: u32>;

        impl<const MIN: u32, const MAX: u32> Visitor<'_> for Within<MIN, MAX> {
            type Value = Whole<MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                match u32::try_from(number) {
                    Ok(number) if (MIN..=MAX).contains(&number) => Ok(Whole(number)),
                    Ok(number) if number < MIN => Err(E::custom(format_args!(
                        "{number} is too little\nwrite a whole number from {MIN} to {MAX}"
                    ))),
                    Ok(_) | Err(_) => Err(E::custom(format_args!(
                        "{number} is too much\nwrite a whole number from {MIN} to {MAX}"
                    ))),
                }
            }
        }

        deserializer.deserialize_u64(Within)
    }
}

impl<const MIN: u32, const MAX: u32> JsonSchema for Whole<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Whole{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

impl<const MIN: u32, const MAX: u32> Form for Whole<MIN, MAX> {
    type Written = Self;

    fn settle(written: At<Self>, _: &Log) -> Option<Self> {
        Some(written.value)
    }
}

/// Declares a number of which there are only a few.
macro_rules! one_of_numbers {
    ($(#[doc = $doc:literal])+ $name:ident, default $default:literal, [$($number:literal),+ $(,)?]) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(u32);

        impl $name {
            const ALL: &'static [u32] = &[$($number),+];

            /// The number.
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = deserializer.deserialize_u32($crate::whole::Among(Self::ALL))?;
                Ok(Self(number))
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "integer", "enum": Self::ALL })
            }
        }

        $crate::form::leaf!($name);
    };
}
pub(crate) use one_of_numbers;

/// Takes one of a few numbers.
pub(crate) struct Among(pub(crate) &'static [u32]);

impl fmt::Display for Among {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
}

impl Visitor<'_> for Among {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn visit_u32<E: de::Error>(self, number: u32) -> Result<u32, E> {
        if self.0.contains(&number) {
            return Ok(number);
        }
        let near = self.0.iter().min_by_key(|it| it.abs_diff(number)).copied().unwrap_or_default();
        let numbers: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        let numbers = numbers.join(", ");
        Err(E::custom(format_args!(
            "{number} is not a value of this field\nwrite {near}, the nearest of {numbers}"
        )))
    }
}
