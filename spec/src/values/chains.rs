//! Blockchains: which there are, what has become of them, and the addresses on them.

use std::{borrow::Cow, sync::OnceLock};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::{
    form::leaf,
    log::Quoted,
    names::{NameError, Parse, name},
    suggest::closest,
};

/// A blockchain as this clctl knows it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Known {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// Its LINK token.
    pub(crate) link: Option<String>,
    #[serde(default)]
    pub(crate) testnet: bool,
    /// Whether the node follows it by asking, by its own defaults.
    #[serde(default)]
    pub(crate) polls: bool,
    #[serde(default)]
    pub(crate) life: Life,
    /// What has become of it.
    pub(crate) why: Option<String>,
    successor: Option<u64>,
    /// What the AWS quickstart calls it.
    quickstart: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Life {
    #[default]
    Active,
    Retiring,
    Dead,
}

/// All chains this clctl knows, from LINK's token page and the defaults of the node, as of 2026-11-22.
pub(crate) fn all() -> &'static [Known] {
    static ALL: OnceLock<Vec<Known>> = OnceLock::new();
    ALL.get_or_init(|| {
        // A test reads it as well.
        serde_json::from_str(include_str!("../../data/chains.json")).unwrap_or_default()
    })
}

impl Known {
    pub(crate) fn by_id(id: u64) -> Option<&'static Self> {
        all().iter().find(|chain| chain.id == id)
    }

    fn by_name(name: &str) -> Option<&'static Self> {
        all().iter().find(|chain| chain.name == name)
    }

    pub(crate) fn successor(&self) -> Option<&'static Self> {
        Self::by_id(self.successor?)
    }
}

/// The name of a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChainName(pub(crate) &'static Known);

impl std::str::FromStr for ChainName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if let Some(known) = Known::by_name(text) {
            return Ok(Self(known));
        }
        if let Ok(id) = text.parse::<u64>() {
            let message = format!("{} is the number of a chain, not its name", Quoted(text));
            let named = Known::by_id(id).map(|known| format!(", or `name: {}`", known.name));
            let help = format!("write `chainId: {id}`{}", named.unwrap_or_default());
            return Err(NameError::new(message, help));
        }
        let lower = text.to_lowercase();
        let by_quickstart = all().iter().find(|chain| {
            chain.quickstart.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(text))
        });
        let message = format!("{} is not a chain this clctl knows", Quoted(text));
        match Known::by_name(&lower).or(by_quickstart) {
            // That it is dead is worth more than how it is written.
            Some(known) if known.life == Life::Dead => return Ok(Self(known)),
            Some(known) => {
                return Err(NameError::new(message, format!("here it is called `{}`", known.name)));
            }
            None => {}
        }
        let names = || {
            let living = all().iter().filter(|chain| chain.life != Life::Dead);
            living.map(|chain| chain.name.as_str())
        };
        // A word of it, of Ethereum's own before others'; or a few letters wrong.
        let short =
            |name: &'static str| name.trim_end_matches("-mainnet").trim_end_matches("-testnet");
        let has = |name: &&str| name.split('-').any(|word| word == lower);
        let near = names().find(|name| short(name) == lower);
        let near = near.or_else(|| names().filter(has).find(|name| name.starts_with("ethereum-")));
        let near = near.or_else(|| names().find(has)).or_else(|| {
            let near = closest(&lower, names().map(short))?;
            names().find(|name| short(name) == near)
        });
        let help = match near.or_else(|| closest(&lower, names())) {
            Some(near) => format!("did you mean `{near}`? A chain without a name has a number: `chainId`"),
            None => "`clctl explain nodes.chains.name` lists the names; a chain without one has a number: `chainId`".to_owned(),
        };
        Err(NameError::new(message, help))
    }
}

/// What to say of a chain that is dead.
pub(crate) fn dead(chain: &Known) -> NameError {
    let message = format!("{} makes no blocks any more", chain.name);
    let why = chain.why.as_deref().unwrap_or("it was shut down");
    let help = match chain.successor() {
        Some(successor) => format!("{why}; `{}` takes its place", successor.name),
        None => format!("{why}, and no chain takes its place"),
    };
    NameError::new(message, help)
}

impl<'de> Deserialize<'de> for ChainName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parse(std::marker::PhantomData))
    }
}

impl JsonSchema for ChainName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ChainName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let living = all().iter().filter(|chain| chain.life != Life::Dead);
        let mut names: Vec<&str> = living.map(|chain| chain.name.as_str()).collect();
        names.sort_unstable();
        json_schema!({ "type": "string", "enum": names })
    }
}

/// The number of a chain, EIP-155.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ChainId(pub(crate) u64);

impl<'de> Deserialize<'de> for ChainId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Positive;
        impl serde::de::Visitor<'_> for Positive {
            type Value = ChainId;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the number of a chain")
            }
            fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<ChainId, E> {
                if (1..=ChainId::GREATEST).contains(&id) {
                    return Ok(ChainId(id));
                }
                let greatest = ChainId::GREATEST;
                Err(E::custom(format_args!(
                    "{id} is not the number of a chain\nwrite a whole number from 1 to {greatest}"
                )))
            }
        }
        deserializer.deserialize_u64(Positive)
    }
}

impl ChainId {
    /// What JSON readers that count in floating point still read exactly.
    const GREATEST: u64 = (1 << 53) - 1;
}

impl JsonSchema for ChainId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ChainId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::GREATEST })
    }
}

leaf!(ChainId);

name! {
    /// The address of a contract: 40 hexadecimal digits behind `0x`.
    ContractAddress, pattern "^0x[0-9a-fA-F]{40}$", longest 42, |text| {
        let digits = text.strip_prefix("0x").unwrap_or_default();
        if digits.len() == 40 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(());
        }
        let message = format!("{} is not the address of a contract", Quoted(text));
        Err(NameError::new(message, "it is `0x` and 40 hexadecimal digits, in quotes"))
    }
}

impl ContractAddress {
    /// The same with upper and lower case as EIP-55 has them.
    pub(crate) fn checksummed(&self) -> Self {
        use sha3::{Digest, Keccak256};

        let lower = self.as_str().trim_start_matches("0x").to_ascii_lowercase();
        let hash = Keccak256::digest(lower.as_bytes());
        let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = lower
            .chars()
            .zip(nibbles)
            .map(|(digit, nibble)| if nibble >= 8 { digit.to_ascii_uppercase() } else { digit });
        Self(std::iter::once("0x".to_owned()).chain(digits.map(String::from)).collect())
    }

    /// Whether its upper and lower case agree with it (EIP-55). All lower or all upper says nothing.
    pub(crate) fn has_sound_case(&self) -> bool {
        let digits = self.as_str().trim_start_matches("0x");
        let says = digits != digits.to_ascii_lowercase() && digits != digits.to_ascii_uppercase();
        !says || self.checksummed() == *self
    }
}

#[cfg(test)]
mod tests {
    use crate::names::Fixed;

    use super::*;

    #[test]
    fn every_chain_of_the_table_can_be_used() {
        assert!(all().len() > 150);
        for chain in all() {
            let link = chain.link.as_deref().map(str::parse::<ContractAddress>);
            assert!(link.is_none_or(|link| link.is_ok()), "{chain:?}");
            assert_eq!(chain.life == Life::Active, chain.why.is_none(), "{chain:?}");
            assert_eq!(chain.successor.is_some(), chain.successor().is_some(), "{chain:?}");
            assert_eq!(Known::by_name(&chain.name).map(|found| found.id), Some(chain.id), "twice");
        }
    }

    #[test]
    fn upper_and_lower_case_of_an_address_are_checked() {
        let link = ContractAddress::fixed("0x514910771AF9Ca656af840dff83E8264EcF986CA");
        assert!(link.has_sound_case());
        for (text, sound) in [
            ("0x514910771AF9Ca656af840dff83E8264EcF986Ca", false),
            ("0x514910771AF9Ca656af840dff83E8264EcF986CB", false),
            ("0x514910771af9ca656af840dff83e8264ecf986ca", true),
        ] {
            assert_eq!(ContractAddress::fixed(text).has_sound_case(), sound, "{text}");
        }
    }

    #[test]
    fn the_quickstarts_names_are_told_by_ours() {
        for (text, help) in [
            ("RSK-Mainnet", "here it is called `rootstock-mainnet`"),
            ("Ethereum-Mainnet", "here it is called `ethereum-mainnet`"),
            (
                "ethereum-sepolia",
                "did you mean `ethereum-sepolia-testnet`? A chain without a name has a number: `chainId`",
            ),
            (
                "arbitrum",
                "did you mean `arbitrum-mainnet`? A chain without a name has a number: `chainId`",
            ),
            (
                "etherium-sepolia",
                "did you mean `ethereum-sepolia-testnet`? A chain without a name has a number: `chainId`",
            ),
        ] {
            let error = text.parse::<ChainName>().map(|name| name.0.id);
            assert_eq!(
                error.map_err(|error| error.help().to_owned()),
                Err(help.to_owned()),
                "{text}"
            );
        }
    }
}
