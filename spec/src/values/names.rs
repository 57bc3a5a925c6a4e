//! Names with rules, checked once, where they enter.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{self, Visitor},
};

use crate::log::Quoted;

/// Why a text is not such a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NameError {
    message: String,
    help: String,
}

impl NameError {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// What would be right.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// In the form [`crate::read`] takes apart again: the message, and help in a second line.
    pub(crate) fn into_serde<E: de::Error>(self) -> E {
        E::custom(format_args!("{}\n{}", self.message, self.help))
    }
}

/// Made of a text known to be right. A test compares what is made so with what can be read.
pub(crate) trait Fixed {
    fn fixed(text: &str) -> Self;
}

/// Reads text with its `FromStr`.
pub(crate) struct Parse<T>(pub(crate) std::marker::PhantomData<T>);

impl<T: FromStr<Err = NameError>> Visitor<'_> for Parse<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(NameError::into_serde)
    }
}

macro_rules! serde_as_text {
    (@read $deserializer:expr) => {
        $deserializer.deserialize_str($crate::names::Parse(std::marker::PhantomData))
    };
    (@read $deserializer:expr, cautious) => {
        $deserializer.deserialize_newtype_struct(
            $crate::at::CAUTIOUS, $crate::names::Parse(std::marker::PhantomData),
        )
    };
    ($name:ident $(: $cautious:ident)?, $pattern:expr, $longest:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::names::serde_as_text!(@read deserializer $(, $cautious)?)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "maxLength": $longest })
            }
        }

        $crate::form::leaf!($name);

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

/// Declares a text with rules. One that is `cautious` is shown in reports only if it keeps them: it may be
/// something secret in the wrong place.
macro_rules! name {
    ($(#[$doc:meta])+ $name:ident $(: $cautious:ident)?, pattern $pattern:expr, longest $longest:expr, $check:expr) => {
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl $crate::names::Fixed for $name {
            fn fixed(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::names::NameError;

            fn from_str(text: &str) -> Result<Self, $crate::names::NameError> {
                let check: fn(&str) -> Result<(), $crate::names::NameError> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }
        }

        $crate::names::serde_as_text!($name $(: $cautious)?, $pattern, $longest);
    };
}

name! {
    /// The name of an environment: unique in its account and region, and part of the name of
    /// everything in it. A DNS label of at most 20 characters.
    EnvironmentName, pattern "^[a-z0-9]([a-z0-9]|-[a-z0-9])*$", longest 20, environment_name
}

name! {
    /// The number of an AWS account: twelve digits.
    AccountId, pattern "^[0-9]{12}$", longest 12, account_id
}

name! {
    /// The key of a tag: 1 to 128 characters of those AWS allows, not beginning with `aws:`.
    TagKey, pattern r"^[A-Za-z0-9¡-�_.:/=+@-]([A-Za-z0-9¡-� _.:/=+@-]*[A-Za-z0-9¡-�_.:/=+@-])?$",
    longest TagKey::LONGEST, tag_key
}

name! {
    /// The value of a tag: up to 256 characters of those AWS allows.
    TagValue,
    pattern r"^([A-Za-z0-9¡-�_.:/=+@-]([A-Za-z0-9¡-� _.:/=+@-]*[A-Za-z0-9¡-�_.:/=+@-])?)?$",
    longest TagValue::LONGEST, tag_value
}

name! {
    /// The key of a label: a name, perhaps behind a domain and a slash, as Kubernetes has it.
    LabelKey, pattern "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
    longest 317, label_key
}

name! {
    /// The value of a label, as Kubernetes has it.
    LabelValue, pattern "^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$", longest 63, label_value
}

name! {
    /// What the keys of some tags begin with.
    TagPrefix, pattern r"^[A-Za-z0-9¡-� _.:/=+@-]+$", longest TagKey::LONGEST, tag_prefix
}

name! {
    /// The key of the tag that tells DevOps Guru what belongs together. It begins with
    /// `devops-guru-`, in any case: that is how DevOps Guru finds it.
    DevOpsGuruTagKey, pattern r"^[Dd][Ee][Vv][Oo][Pp][Ss]-[Gg][Uu][Rr][Uu]-[A-Za-z0-9¡-�_.:/=+@-]+$",
    longest TagKey::LONGEST, dev_ops_guru_tag_key
}

impl TagKey {
    pub(crate) const LONGEST: usize = 128;
}

impl TagValue {
    pub(crate) const LONGEST: usize = 256;
}

impl DevOpsGuruTagKey {
    /// The key clctl uses unless another is declared.
    pub const DEFAULT: &'static str = "devops-guru-clctl";
    const PREFIX: &'static str = "devops-guru-";
}

impl Default for DevOpsGuruTagKey {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl From<&DevOpsGuruTagKey> for TagKey {
    fn from(key: &DevOpsGuruTagKey) -> Self {
        Self(key.0.clone())
    }
}

fn environment_name(text: &str) -> Result<(), NameError> {
    const HELP: &str = "use up to 20 lower-case letters, digits and single hyphens between them, for example `demo` or `eth-main-1`";
    let refuse = |what: &str| {
        Err(NameError::new(format!("{} cannot name an environment: {what}", Quoted(text)), HELP))
    };
    let other = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-'));
    match other {
        _ if text.is_empty() => refuse("it is empty"),
        Some(c) if c.is_uppercase() => refuse("it has upper-case letters"),
        Some(c) => refuse(&format!("it contains {}", Quoted(&c.to_string()))),
        None if text.len() > 20 => refuse(&format!("it has {} characters", text.len())),
        None if text.starts_with('-') || text.ends_with('-') => {
            refuse("it begins or ends with a hyphen")
        }
        // RDS takes no identifiers with two hyphens in a row, and the name is part of them.
        None if text.contains("--") => refuse("it has two hyphens in a row"),
        None => Ok(()),
    }
}

fn account_id(text: &str) -> Result<(), NameError> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let help = if digits.len() == 12 && text.chars().all(|c| c.is_ascii_digit() || c == '-') {
        format!("write the digits alone: \"{digits}\"")
    } else {
        "an account has twelve digits, leading zeros included: \"123456789012\"".to_owned()
    };
    Err(NameError::new(format!("{} is not the number of an AWS account", Quoted(text)), help))
}

fn is_label(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len())
        && text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn label_key(text: &str) -> Result<(), NameError> {
    let (prefix, name) = match text.rsplit_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_prefix = |prefix: &str| {
        (1..=253).contains(&prefix.len())
            && prefix.starts_with(is_end)
            && prefix.ends_with(is_end)
            && prefix.chars().all(|c| is_end(c) || matches!(c, '.' | '-'))
    };
    if is_label(name) && prefix.is_none_or(is_prefix) {
        return Ok(());
    }
    let message = format!("{} is not the key of a label", Quoted(text));
    Err(NameError::new(
        message,
        "it has up to 63 letters, digits and `_ . -`, perhaps behind a domain: `example.com/stage`",
    ))
}

fn label_value(text: &str) -> Result<(), NameError> {
    if text.is_empty() || is_label(text) {
        return Ok(());
    }
    let message = format!("{} is not the value of a label", Quoted(text));
    Err(NameError::new(
        message,
        "it has up to 63 letters, digits and `_ . -`, and begins and ends with a letter or digit",
    ))
}

/// EC2 writes "letters, digits and spaces representable in UTF-8, and + - = . _ : / @".
fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || " +-=._:/@".contains(c)
}

fn tag_text(text: &str, what: &str, longest: usize) -> Result<(), NameError> {
    let count = text.chars().count();
    if count > longest {
        return Err(NameError::new(
            format!("this {what} has {count} characters"),
            format!("AWS takes at most {longest}"),
        ));
    }
    if let Some(c) = text.chars().find(|c| !is_tag_character(*c)) {
        return Err(NameError::new(
            format!("{} cannot stand in a {what}", Quoted(&c.to_string())),
            "AWS takes letters, digits, spaces and `+ - = . _ : / @`",
        ));
    }
    Ok(())
}

fn no_outer_spaces(text: &str, what: &str) -> Result<(), NameError> {
    if text.trim() == text {
        return Ok(());
    }
    let message = format!("this {what} begins or ends with a space");
    Err(NameError::new(message, "some AWS services cut such spaces off; leave them out"))
}

fn tag_key(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::new("a tag without a key", "a key has at least one character"));
    }
    tag_text(text, "tag key", TagKey::LONGEST)?;
    no_outer_spaces(text, "tag key")?;
    not_of_aws(text)
}

fn tag_value(text: &str) -> Result<(), NameError> {
    tag_text(text, "tag value", TagValue::LONGEST)?;
    no_outer_spaces(text, "tag value")?;
    not_of_aws(text)
}

/// RDS refuses both prefixes, in keys and in values; other services the first, in keys.
fn not_of_aws(text: &str) -> Result<(), NameError> {
    for prefix in ["aws:", "rds:"] {
        if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            let message = format!("{} begins with `{prefix}`", Quoted(text));
            return Err(NameError::new(message, "only AWS itself sets such tags"));
        }
    }
    Ok(())
}

fn tag_prefix(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::new(
            "an empty prefix is the prefix of every tag",
            "name what the keys begin with, for example `cost-tool:`",
        ));
    }
    tag_text(text, "tag prefix", TagKey::LONGEST)
}

/// A tag's key by which something is found: what there is may be of AWS's own.
pub(crate) fn selector_key(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::new("a tag without a key", "a key has at least one character"));
    }
    tag_text(text, "tag key", TagKey::LONGEST)
}

fn dev_ops_guru_tag_key(text: &str) -> Result<(), NameError> {
    tag_key(text)?;
    let start = text.get(..DevOpsGuruTagKey::PREFIX.len());
    if start.is_some_and(|start| start.eq_ignore_ascii_case(DevOpsGuruTagKey::PREFIX))
        && text.len() > DevOpsGuruTagKey::PREFIX.len()
    {
        return no_spaces(text);
    }
    Err(NameError::new(
        format!("{} is not a key DevOps Guru looks for", Quoted(text)),
        format!("it begins with `devops-guru-`, for example `{}`", DevOpsGuruTagKey::DEFAULT),
    ))
}

fn no_spaces(text: &str) -> Result<(), NameError> {
    if text.contains(' ') {
        let message = format!("{} contains a space", Quoted(text));
        return Err(NameError::new(message, "write the key without spaces"));
    }
    Ok(())
}

/// A partition of AWS: a set of regions that share accounts and names.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Partition {
    /// The public regions.
    #[serde(rename = "aws")]
    Aws,
    /// China.
    #[serde(rename = "aws-cn")]
    China,
    /// `GovCloud` (US).
    #[serde(rename = "aws-us-gov")]
    GovCloud,
    /// The European Sovereign Cloud.
    #[serde(rename = "aws-eusc")]
    EuropeanSovereign,
    /// ISO (US).
    #[serde(rename = "aws-iso")]
    Iso,
    /// ISOB (US).
    #[serde(rename = "aws-iso-b")]
    IsoB,
    /// ISOE (Europe).
    #[serde(rename = "aws-iso-e")]
    IsoE,
    /// ISOF.
    #[serde(rename = "aws-iso-f")]
    IsoF,
}

crate::form::leaf!(Partition);

impl Partition {
    /// As in an ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::EuropeanSovereign => "aws-eusc",
            Self::Iso => "aws-iso",
            Self::IsoB => "aws-iso-b",
            Self::IsoE => "aws-iso-e",
            Self::IsoF => "aws-iso-f",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

name! {
    /// A region of AWS, by its shape: new regions need no new clctl.
    AwsRegion, pattern "^[a-z]{2,4}(-[a-z]+)+-[1-9][0-9]?$", longest 32, aws_region
}

impl AwsRegion {
    /// The partition it is in.
    pub fn partition(&self) -> Partition {
        let starts = |prefix: &str| self.0.starts_with(prefix);
        match () {
            () if starts("cn-") => Partition::China,
            () if starts("us-gov-") => Partition::GovCloud,
            () if starts("eusc-") => Partition::EuropeanSovereign,
            () if starts("us-iso-") => Partition::Iso,
            () if starts("us-isob-") => Partition::IsoB,
            () if starts("eu-isoe-") => Partition::IsoE,
            () if starts("us-isof-") => Partition::IsoF,
            () => Partition::Aws,
        }
    }
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, words @ .., number] = parts.as_slice() else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    text.len() <= 32
        && (2..=4).contains(&first.len())
        && is_word(first)
        && !words.is_empty()
        && words.iter().all(|word| is_word(word))
        && (1..=2).contains(&number.len())
        && !number.starts_with('0')
        && number.bytes().all(|b| b.is_ascii_digit())
}

fn aws_region(text: &str) -> Result<(), NameError> {
    if is_region(text) {
        return Ok(());
    }
    let lower = text.trim().to_ascii_lowercase().replace('_', "-");
    let help = if is_region(&lower) {
        format!("did you mean `{lower}`?")
    } else if let Ok(zone) = lower.parse::<ZoneName>() {
        format!("that is an availability zone; its region is `{}`", zone.region())
    } else {
        "a region looks like `us-east-1`; `aws ec2 describe-regions` lists those you can use"
            .to_owned()
    };
    Err(NameError::new(format!("{} is not an AWS region", Quoted(text)), help))
}

/// An availability zone: its region and a letter, `us-east-1a`.
///
/// Local and Wavelength zones are not among them: neither load balancers nor databases of the
/// kinds a node needs run there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ZoneName {
    name: String,
    letter: char,
}

impl ZoneName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The region it is in.
    pub fn region(&self) -> &str {
        self.name.strip_suffix(self.letter).unwrap_or(&self.name)
    }

    /// Its letter, which is unique within the region.
    pub fn letter(&self) -> char {
        self.letter
    }
}

impl FromStr for ZoneName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut letters = text.chars();
        if let Some(letter @ 'a'..='z') = letters.next_back()
            && is_region(letters.as_str())
        {
            return Ok(Self { name: text.to_owned(), letter });
        }
        let lower = text.trim().to_ascii_lowercase().replace('_', "-");
        let id = lower.split_once("-az").is_some_and(|(region, number)| {
            !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
                && region.ends_with(|c: char| c.is_ascii_digit())
        });
        let help = if lower != text && Self::from_str(&lower).is_ok() {
            format!("did you mean `{lower}`?")
        } else if is_region(text) {
            format!("that is a region; a zone of it is `{text}a`")
        } else if id {
            "that is a zone id, which means another zone name in every account; write the name, for example `us-east-1a`".to_owned()
        } else if text.matches('-').count() > 2 {
            "local and Wavelength zones have no room for a node; write an availability zone, for example `us-east-1a`".to_owned()
        } else {
            "an availability zone is its region and a letter, for example `us-east-1a`".to_owned()
        };
        Err(NameError::new(format!("{} is not an availability zone", Quoted(text)), help))
    }
}

pub(crate) use {name, serde_as_text};

serde_as_text!(ZoneName, "^[a-z]{2,4}(-[a-z]+)+-[1-9][0-9]?[a-z]$", 33);

#[cfg(test)]
mod tests {
    use super::*;

    fn takes<T: FromStr<Err = NameError> + fmt::Display>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(text.parse::<T>().map(|name| name.to_string()), Ok((*text).to_owned()));
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "{text:?} is taken");
        }
    }

    #[test]
    fn names_keep_their_rules() {
        takes::<EnvironmentName>(
            &["a", "demo", "eth-main-1", "1", "0x", "a234567890b234567890"],
            &[
                "",
                "-a",
                "a-",
                "a--b",
                "A",
                "ä",
                "a.b",
                "a_b",
                "a234567890b2345678901",
                "a b",
                "a\n",
            ],
        );
        takes::<AccountId>(
            &["123456789012", "000000000001"],
            &["", "12345678901", "1234567890123", "1234-5678-9012", "12345678901a", "١٢٣٤٥٦"],
        );
        takes::<AwsRegion>(
            &["us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "ap-southeast-7"],
            &["", "us-east", "us-east-1a", "US-EAST-1", "us--1", "us-east-0", "us-east-123", "us1"],
        );
        takes::<ZoneName>(
            &["us-east-1a", "us-gov-west-1c", "ap-northeast-1d"],
            &["", "us-east-1", "use1-az1", "us-west-2-lax-1a", "us-east-1A", "a", "us-east-1ab"],
        );
        takes::<TagKey>(
            &["team", "a b", "Kostenstelle/Größe", "x:y", "devops-guru-x"],
            &["", "aws:x", "AWS:x", " a", "a ", "a#b", "a\tb", &"k".repeat(129)],
        );
        takes::<TagValue>(
            &["", "oracles", "a b", &"v".repeat(256)],
            &["a#", " a", &"v".repeat(257)],
        );
        takes::<DevOpsGuruTagKey>(
            &["devops-guru-clctl", "DevOps-Guru-x"],
            &["devops-guru-", "devopsguru", "clctl", "", "devops-guru-a b"],
        );
        takes::<TagPrefix>(&["cost:", "x"], &["", "a#"]);
    }

    #[test]
    fn a_zone_knows_its_region_and_letter() {
        let zone = "us-gov-west-1c".parse::<ZoneName>();
        assert_eq!(zone.as_ref().map(ZoneName::region), Ok("us-gov-west-1"));
        assert_eq!(zone.as_ref().map(ZoneName::letter), Ok('c'));
    }

    #[test]
    fn regions_know_their_partition() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let found = region.parse::<AwsRegion>().map(|region| region.partition().as_str());
            assert_eq!(found, Ok(partition));
        }
    }
}
