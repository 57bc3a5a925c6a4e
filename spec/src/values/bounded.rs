//! Lists and tables that say how much they take. There is none that takes any number of things: a file
//! is written by hand, and nothing that reads it has to cope with more.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};

use crate::{
    at::{At, Entries, Required},
    form::{Form, settle_required},
    log::Log,
    problem::{Code, Draft},
};

/// From `MIN` to `MAX` things, in the order written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for List<T, 0, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// A list known to be within bounds.
    pub(crate) fn of(items: Vec<T>) -> Self {
        Self(items)
    }
}

impl<T, const MIN: usize, const MAX: usize> Deref for List<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// What is in it may be changed, how much of it there is may not.
impl<T, const MIN: usize, const MAX: usize> DerefMut for List<T, MIN, MAX> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<'a, T, const MIN: usize, const MAX: usize> IntoIterator for &'a List<T, MIN, MAX> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Such a list as written.
#[derive(Clone, Debug)]
pub(crate) struct Listed<W, const MIN: usize, const MAX: usize> {
    /// Those that are looked at: one more than there may be, at most.
    items: Vec<Required<W>>,
    /// How many there are.
    count: usize,
}

impl<W, const MIN: usize, const MAX: usize> Listed<W, MIN, MAX> {
    /// What of it can be read.
    pub(crate) fn readable(&self) -> impl Iterator<Item = &At<W>> {
        self.items.iter().take(MAX).filter_map(|item| item.0.as_ref())
    }

    /// How many there are, readable or not.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

impl<'de, W: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de>
    for Listed<W, MIN, MAX>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<W, const MIN: usize, const MAX: usize>(PhantomData<W>);

        impl<'de, W: Deserialize<'de>, const MIN: usize, const MAX: usize> Visitor<'de>
            for Items<W, MIN, MAX>
        {
            type Value = Listed<W, MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while items.len() <= MAX
                    && let Some(item) = seq.next_element()?
                {
                    items.push(item);
                }
                let count = items.len() + seq.size_hint().unwrap_or_default();
                Ok(Listed { items, count })
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}

impl<W: JsonSchema, const MIN: usize, const MAX: usize> JsonSchema for Listed<W, MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", W::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<W>();
        let mut schema = json_schema!({ "type": "array", "items": items, "maxItems": MAX });
        if MIN > 0 {
            schema.insert("minItems".to_owned(), MIN.into());
        }
        schema
    }
}

impl<T: Form, const MIN: usize, const MAX: usize> Form for List<T, MIN, MAX> {
    type Written = Listed<T::Written, MIN, MAX>;

    fn settle(written: At<Self::Written>, log: &Log) -> Option<Self> {
        let At { value: Listed { items, count }, span } = written;
        if count < MIN {
            let message = format!("{} here, not {count}", belongs(MIN, MAX));
            log.report(Draft::new(Code::Count, span, message).label("too few"));
        }
        if let Some(first) = items.get(MAX).filter(|_| count > MAX) {
            let message = format!("{} here, not {count}", belongs(MIN, MAX));
            let at = first.0.as_ref().map_or(span, |at| at.span);
            log.report(Draft::new(Code::Count, at, message).label("one too many"));
        }
        let help = if MIN == MAX { "write another" } else { "remove one" };
        let readable: Vec<&At<T::Written>> =
            items.iter().take(MAX).filter_map(|item| item.0.as_ref()).collect();
        for (i, item) in readable.iter().enumerate() {
            let first = readable.iter().take(i).find(|first| T::is_same(&first.value, &item.value));
            if let Some(first) = first {
                let draft = Draft::new(Code::Repeated, item.span, "the same entry is there twice");
                log.report(draft.label("again").also(first.span, "already here").help(help));
            }
        }
        let items: Vec<Option<T>> =
            items.into_iter().take(MAX).map(|item| settle_required(item, log)).collect();
        let items = items.into_iter().collect::<Option<Vec<T>>>()?;
        (MIN..=MAX).contains(&count).then_some(Self(items))
    }
}

fn belongs(min: usize, max: usize) -> String {
    match (min, max) {
        (2, 2) => "two entries belong".to_owned(),
        (0, max) => format!("at most {max} entries belong"),
        (1, max) => format!("1 to {max} entries belong"),
        (min, max) => format!("{min} to {max} entries belong"),
    }
}

/// One thing for each of the two availability zones, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pair<T>(pub [T; 2]);

/// A pair as written.
pub(crate) type Paired<W> = Listed<W, 2, 2>;

impl<T: Form> Form for Pair<T> {
    type Written = Paired<T::Written>;

    fn settle(written: At<Self::Written>, log: &Log) -> Option<Self> {
        let List(items) = List::<T, 2, 2>::settle(written, log)?;
        <[T; 2]>::try_from(items).ok().map(Self)
    }
}

/// Up to `MAX` things under names of the user's choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Table<K: Ord, V, const MAX: usize>(BTreeMap<K, V>);

impl<K: Ord, V, const MAX: usize> Default for Table<K, V, MAX> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V, const MAX: usize> Table<K, V, MAX> {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Ord, V, const MAX: usize> Deref for Table<K, V, MAX> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.0
    }
}

/// Such a table as written.
#[derive(Clone, Debug)]
pub(crate) struct Tabled<K, W, const MAX: usize>(Entries<K, W>);

impl<K, W, const MAX: usize> Tabled<K, W, MAX> {
    /// Whether a key is written more than once.
    pub(crate) fn is_twice(&self, name: &str) -> bool
    where
        K: AsRef<str>,
    {
        self.readable().filter(|(key, _)| key.value.as_ref() == name).count() > 1
    }

    /// How many entries there are, readable or not.
    pub(crate) fn count(&self) -> usize {
        self.0.0.len()
    }

    /// Whether another one has the very same entries.
    pub(crate) fn is_like(&self, other: &Self) -> bool
    where
        K: PartialEq,
        W: PartialEq,
    {
        self.readable().count() == other.readable().count()
            && self.readable().all(|(key, value)| {
                let value = value.map(|at| &at.value);
                let mut others = other.readable();
                others.any(|(k, v)| k.value == key.value && v.map(|at| &at.value) == value)
            })
    }

    /// Its readable keys, each with its value if that can be read.
    pub(crate) fn readable(&self) -> impl Iterator<Item = (&At<K>, Option<&At<W>>)> {
        let entries = self.0.0.iter().take(MAX);
        entries.filter_map(|(key, value)| Some((key.0.as_ref()?, value.0.as_ref())))
    }
}

impl<'de, K: Deserialize<'de>, W: Deserialize<'de>, const MAX: usize> Deserialize<'de>
    for Tabled<K, W, MAX>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Entries::deserialize(deserializer).map(Self)
    }
}

impl<K: JsonSchema, W: JsonSchema, const MAX: usize> JsonSchema for Tabled<K, W, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("TableOf{}", W::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<W>();
        json_schema!({ "type": "object", "additionalProperties": values, "maxProperties": MAX })
    }
}

impl<K: Form<Written = K> + Ord, V: Form, const MAX: usize> Form for Table<K, V, MAX> {
    type Written = Tabled<K, V::Written, MAX>;

    fn settle(written: At<Self::Written>, log: &Log) -> Option<Self> {
        let At { value: Tabled(Entries(entries)), span } = written;
        let count = entries.len();
        if let Some((key, _)) = entries.get(MAX) {
            let message = format!("{} here, not {count}", belongs(0, MAX));
            let at = key.0.as_ref().map_or(span, |at| at.span);
            log.report(Draft::new(Code::Count, at, message).label("one too many"));
        }
        let entries: Vec<Option<(K, V)>> = entries
            .into_iter()
            .take(MAX)
            .map(|(key, value)| {
                let value = settle_required(value, log);
                Some((key.0?.value, value?))
            })
            .collect();
        let entries = entries.into_iter().collect::<Option<BTreeMap<K, V>>>()?;
        (count <= MAX).then_some(Self(entries))
    }
}
