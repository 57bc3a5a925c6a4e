//! How chapters are declared: each field once, with everything that is known of it.
//!
//! From one declaration come the type that reads a chapter, the complete type, the way from one to
//! the other, and what the schema and `clctl explain` say. So they cannot disagree.

use serde::Serialize;

use crate::{
    log::Log,
    problem::{Code, Draft},
    read::one_of,
    tree::Span,
};

/// What a change of a field costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    /// It is set, and nobody notices.
    InPlace,
    /// It is set, and something stops meanwhile.
    Interrupts,
    /// Something is made anew.
    Replaces,
    /// It is not made: refused, and said how to get there.
    Refused,
}

/// What is known of a field besides its type, its default and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct About {
    change: Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<&'static str>,
    source: &'static str,
}

const fn about(change: Change, effect: Option<&'static str>, source: &'static str) -> About {
    About { change, effect, unit: None, default: None, example: None, source }
}

/// A change of it is set, and nobody notices.
pub(crate) const fn in_place(source: &'static str) -> About {
    about(Change::InPlace, None, source)
}

/// A change of it stops something meanwhile.
pub(crate) const fn interrupts(effect: &'static str, source: &'static str) -> About {
    about(Change::Interrupts, Some(effect), source)
}

/// A change of it makes something anew.
pub(crate) const fn replaces(effect: &'static str, source: &'static str) -> About {
    about(Change::Replaces, Some(effect), source)
}

/// A change of it is refused.
pub(crate) const fn refused(effect: &'static str, source: &'static str) -> About {
    about(Change::Refused, Some(effect), source)
}

impl About {
    /// What it counts.
    pub(crate) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// What its default depends on, where that is no one value.
    pub(crate) const fn by_default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// How it is written, where that is not plain from its type.
    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }

    /// What it does when it is changed, where [`in_place`] does not say enough.
    pub(crate) const fn effect(mut self, effect: &'static str) -> Self {
        self.effect = Some(effect);
        self
    }
}

/// A value whose type is said.
pub(crate) fn typed<T>(value: T) -> T {
    value
}

/// Declares a chapter: a mapping with fields of its own.
///
/// - `required` fields must be written.
/// - `optional` ones may be left out, and then there is nothing.
/// - `default` ones may be left out, and then have the value that stands there.
/// - `derived` ones may be left out, and then have a value that depends on other fields.
/// - `chapters` are mappings in which everything may be left out.
macro_rules! chapter {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident, $fields:ident $(, check $check:path)? {
            $(required {$(
                $(#[doc = $rdoc:literal])+ $r:ident: $rty:ty, $rabout:expr;
            )+})?
            $(optional {$(
                $(#[doc = $odoc:literal])+ $o:ident: $oty:ty, $oabout:expr;
            )+})?
            $(default {$(
                $(#[doc = $ddoc:literal])+ $d:ident: $dty:ty = $dvalue:expr, $dabout:expr;
            )+})?
            $(derived {$(
                $(#[doc = $vdoc:literal])+ $v:ident: $vty:ty = $vvalue:expr, $vabout:expr;
            )+})?
            $(chapters {$(
                $(#[doc = $cdoc:literal])+ $c:ident: $cty:ty, $cabout:expr;
            )+})?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($($(#[doc = $rdoc])+ pub $r: $rty,)+)?
            $($(
                $(#[doc = $odoc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $o: Option<$oty>,
            )+)?
            $($($(#[doc = $ddoc])+ pub $d: $dty,)+)?
            $($($(#[doc = $vdoc])+ pub $v: $vty,)+)?
            $($($(#[doc = $cdoc])+ pub $c: $cty,)+)?
        }

        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[schemars(inline)]
        pub(crate) struct $fields {
            $($(
                $(#[doc = $rdoc])+
                #[schemars(extend("x-clctl" = $rabout))]
                pub(crate) $r: $crate::at::Required<<$rty as $crate::form::Form>::Written>,
            )+)?
            $($(
                $(#[doc = $odoc])+
                #[serde(default)]
                #[schemars(extend("x-clctl" = $oabout))]
                pub(crate) $o: $crate::at::Filled<<$oty as $crate::form::Form>::Written>,
            )+)?
            $($(
                $(#[doc = $ddoc])+
                #[serde(default)]
                #[schemars(extend("x-clctl" = $dabout, "default" = $crate::chapter::typed::<$dty>($dvalue)))]
                pub(crate) $d: $crate::at::Optional<<$dty as $crate::form::Form>::Written>,
            )+)?
            $($(
                $(#[doc = $vdoc])+
                #[serde(default)]
                #[schemars(extend("x-clctl" = $vabout))]
                pub(crate) $v: $crate::at::Optional<<$vty as $crate::form::Form>::Written>,
            )+)?
            $($(
                $(#[doc = $cdoc])+
                #[serde(default)]
                #[schemars(extend("x-clctl" = $cabout, "default" = {}))]
                pub(crate) $c: $crate::at::Optional<<$cty as $crate::form::Form>::Written>,
            )+)?
        }

        impl $crate::form::Form for $name {
            type Written = $fields;

            fn settle(written: $crate::at::At<$fields>, log: &$crate::log::Log) -> Option<Self> {
                $({
                    let check: fn(&$crate::at::At<$fields>, &$crate::log::Log) = $check;
                    check(&written, log);
                })?
                let value = written.value;
                // Before anything is taken out of what they depend on.
                $($(let $v = {
                    let derive: fn(&$fields) -> Option<$vty> = $vvalue;
                    derive(&value)
                };)+)?
                $($(let $r = $crate::form::settle_required::<$rty>(value.$r, log);)+)?
                $($(let $o = $crate::form::settle_optional::<$oty>(value.$o.0, log);)+)?
                $($(let $d = $crate::form::settle_or::<$dty>(value.$d, || Some($dvalue), log);)+)?
                $($(let $v = $crate::form::settle_or::<$vty>(value.$v, || $v, log);)+)?
                $($(let $c = $crate::form::settle_chapter::<$cty>(value.$c, log);)+)?
                Some(Self {
                    $($($r: $r?,)+)?
                    $($($o: $o?,)+)?
                    $($($d: $d?,)+)?
                    $($($v: $v?,)+)?
                    $($($c: $c?,)+)?
                })
            }
        }
    };
}
pub(crate) use chapter;

/// Declares a choice: a mapping with one of several fields.
///
/// With a `default`, none may be written, and then it is that one with everything left out.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident, $fields:ident $(, default $default:ident($dty:ty))? {
            $(
                $(#[doc = $adoc:literal])+
                $field:ident: $alternative:ident($ty:ty), $about:expr;
            )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub enum $name {
            $($(#[doc = $adoc])+ $alternative($ty),)+
        }

        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[schemars(inline, extend(
            "minProperties" = $crate::chapter::choice!(@fewest $($default)?),
            "maxProperties" = 1
        ))]
        pub(crate) struct $fields {
            $(
                $(#[doc = $adoc])+
                #[serde(default)]
                #[schemars(extend("x-clctl" = $about))]
                pub(crate) $field: $crate::at::Filled<<$ty as $crate::form::Form>::Written>,
            )+
        }

        impl $crate::form::Form for $name {
            type Written = $fields;

            fn settle(written: $crate::at::At<$fields>, log: &$crate::log::Log) -> Option<Self> {
                let fields = written.value;
                let given = [$((stringify!($field), fields.$field.is_given())),+];
                let places = [$(fields.$field.given().map(|at| at.span)),+];
                let is_one = $crate::chapter::choose(
                    &given, &places, $crate::chapter::choice!(@fewest $($default)?), written.span, log,
                );
                // All of them, so that each tells what is wrong with it.
                $(let $field = $crate::form::settle_optional::<$ty>(fields.$field.0, log);)+
                $(let $field = $field?;)+
                if !is_one {
                    return None;
                }
                $(if let Some(value) = $field {
                    return Some(Self::$alternative(value));
                })+
                $crate::chapter::choice!(@default log $(, $default, $dty)?)
            }
        }
    };
    (@fewest) => { 1 };
    (@fewest $default:ident) => { 0 };
    (@default $log:ident) => { None };
    (@default $log:ident, $default:ident, $ty:ty) => {
        <$ty as $crate::form::Form>::settle($crate::at::At::default(), $log).map(Self::$default)
    };
}
pub(crate) use choice;

/// Whether one of several fields is written, or none where that is enough.
pub(crate) fn choose(
    fields: &[(&str, bool)],
    places: &[Option<Span>],
    fewest: usize,
    at: Span,
    log: &Log,
) -> bool {
    let names: Vec<String> = fields.iter().map(|(name, _)| camel(name)).collect();
    let count = fields.iter().filter(|(_, given)| *given).count();
    if (fewest..=1).contains(&count) {
        return true;
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let known = one_of(&names);
    let mut places: Vec<Span> = places.iter().copied().flatten().collect();
    places.sort_unstable();
    let draft = match places.as_slice() {
        [] if count == 0 => Draft::new(Code::NotOne, at, format!("{known} is missing"))
            .label("one of them belongs here"),
        [first, .., last] => {
            Draft::new(Code::NotOne, *last, format!("only one of {known} can be written"))
                .label("this as well")
                .also(*first, "this")
        }
        // One of the others could not be read: that is told already.
        [] | [_] => return false,
    };
    log.report(draft.help(format!("write {known}")));
    false
}

/// The name of a field as it is written.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut all, word| {
        let mut letters = word.chars();
        all.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        all.push_str(letters.as_str());
        all
    })
}
