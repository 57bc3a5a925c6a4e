//! Fields of a configuration: plain values, values of other nodes, and the two stages between them.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Address, Cell, OnChange, PhysicalId, Ref, Resource};

/// Outputs of the nodes that exist, by address.
#[derive(Clone, Default)]
pub struct Outputs(BTreeMap<Address, Arc<dyn Any + Send + Sync>>);

impl Outputs {
    pub(super) fn insert(&mut self, of: Address, outputs: Arc<dyn Any + Send + Sync>) {
        self.0.insert(of, outputs);
    }

    fn get<R: Resource>(&self, of: &Address) -> Option<&R::Outputs> {
        self.0.get(of)?.downcast_ref()
    }
}

/// A value that can stand in a configuration.
pub trait Field {
    /// The same value once every reference in it is resolved.
    type Resolved;

    /// How the engine sees it, given what exists.
    fn cell(&self, outputs: &Outputs) -> Cell;

    /// Calls `visit` with every node it refers to.
    fn refs(&self, visit: &mut dyn FnMut(&Address));

    /// Calls `visit` with every object it uses, as far as they are known.
    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        let _ = visit;
    }

    /// Calls `visit` with every object it speaks of, whether or not it keeps it from going.
    fn mentions(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        self.uses(visit);
    }

    /// Resolves it, or says which node has to exist first.
    fn resolve(&self, outputs: &Outputs) -> Result<Self::Resolved, Address>;
}

/// Makes a plain serialisable value a [`Field`](crate::engine::Field).
#[macro_export]
macro_rules! leaf {
    ($($t:ty),+ $(,)?) => {$(
        impl $crate::engine::Field for $t {
            type Resolved = Self;
            fn cell(&self, _: &$crate::engine::Outputs) -> $crate::engine::Cell {
                $crate::engine::Cell::Known(serde_json::json!(self))
            }
            fn refs(&self, _: &mut dyn FnMut(&$crate::engine::Address)) {}
            fn resolve(&self, _: &$crate::engine::Outputs) -> Result<Self, $crate::engine::Address> {
                Ok(self.clone())
            }
        }
    )+};
}
leaf!(bool, i32, u16, u32, f64, String, ipnet::Ipv4Net);

/// Makes a newtype for the id of one kind of object: a [`Field`](crate::engine::Field) that says
/// which object it uses.
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $crate::engine::PhysicalId);

        impl $name {
            /// Takes the id as the cloud writes it.
            pub fn new(id: impl Into<String>) -> Self {
                Self($crate::engine::PhysicalId(id.into()))
            }

            /// The id as the cloud writes it.
            pub fn as_str(&self) -> &str {
                &self.0.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::engine::Field for $name {
            type Resolved = Self;
            fn cell(&self, _: &$crate::engine::Outputs) -> $crate::engine::Cell {
                $crate::engine::Cell::Known(self.as_str().into())
            }
            fn refs(&self, _: &mut dyn FnMut(&$crate::engine::Address)) {}
            fn uses(&self, visit: &mut dyn FnMut(&$crate::engine::PhysicalId)) {
                visit(&self.0);
            }
            fn resolve(&self, _: &$crate::engine::Outputs) -> Result<Self, $crate::engine::Address> {
                Ok(self.clone())
            }
        }
    };
}

/// A field that mentions an object without keeping it from going.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loose<F>(pub F);

impl<F: Field> Field for Loose<F> {
    type Resolved = Loose<F::Resolved>;

    fn cell(&self, outputs: &Outputs) -> Cell {
        self.0.cell(outputs)
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        self.0.refs(visit);
    }

    fn mentions(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        self.0.mentions(visit);
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Self::Resolved, Address> {
        Ok(Loose(self.0.resolve(outputs)?))
    }
}

/// A value that is not always told: what nobody tells is not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<F>(pub Option<F>);

impl<F> Told<F> {
    /// A value that is told.
    pub fn of(value: impl Into<F>) -> Self {
        Self(Some(value.into()))
    }
}

impl<F: Field> Field for Told<F> {
    type Resolved = Told<F::Resolved>;

    fn cell(&self, outputs: &Outputs) -> Cell {
        self.0.as_ref().map_or(Cell::Any, |value| value.cell(outputs))
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        if let Some(value) = &self.0 {
            value.refs(visit);
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Some(value) = &self.0 {
            value.uses(visit);
        }
    }

    fn mentions(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Some(value) = &self.0 {
            value.mentions(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Self::Resolved, Address> {
        Ok(Told(self.0.as_ref().map(|value| value.resolve(outputs)).transpose()?))
    }
}

/// A value that counts when an object is made: of one that is there, whatever it has is right, unless somebody
/// says that it is to be this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Initially<F> {
    /// This, always: what is there is compared with it.
    Always(F),
    /// This, for what is still to be made.
    AtFirst(F),
    /// Something that could not be found out: nothing is made before it is.
    Unlearned(String),
}

impl<F> Initially<F> {
    /// The value for what is made, if it is known.
    pub fn value(&self) -> Option<&F> {
        match self {
            Self::Always(value) | Self::AtFirst(value) => Some(value),
            Self::Unlearned(_) => None,
        }
    }

    /// The value for what is there and has this one.
    pub fn over<'a>(&'a self, have: &'a F) -> &'a F {
        match self {
            Self::Always(value) => value,
            Self::AtFirst(_) | Self::Unlearned(_) => have,
        }
    }
}

impl<F: Field> Field for Initially<F> {
    type Resolved = Initially<F::Resolved>;

    fn cell(&self, outputs: &Outputs) -> Cell {
        match self {
            Self::Always(value) => value.cell(outputs),
            Self::AtFirst(value) => Cell::Initially(Box::new(value.cell(outputs))),
            Self::Unlearned(why) => Cell::Initially(Box::new(Cell::Unlearned { why: why.clone() })),
        }
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        if let Some(value) = self.value() {
            value.refs(visit);
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Some(value) = self.value() {
            value.uses(visit);
        }
    }

    fn mentions(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Some(value) = self.value() {
            value.mentions(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Self::Resolved, Address> {
        Ok(match self {
            Self::Always(value) => Initially::Always(value.resolve(outputs)?),
            Self::AtFirst(value) => Initially::AtFirst(value.resolve(outputs)?),
            Self::Unlearned(why) => Initially::Unlearned(why.clone()),
        })
    }
}

/// Values whose order means nothing.
impl<F: Field> Field for Vec<F> {
    type Resolved = Vec<F::Resolved>;

    fn cell(&self, outputs: &Outputs) -> Cell {
        Cell::Set(self.iter().map(|field| field.cell(outputs)).collect())
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        for field in self {
            field.refs(visit);
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        for field in self {
            field.uses(visit);
        }
    }

    fn mentions(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        for field in self {
            field.mentions(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Self::Resolved, Address> {
        self.iter().map(|field| field.resolve(outputs)).collect()
    }
}

impl<K: ToString + Ord + Clone, F: Field> Field for BTreeMap<K, F> {
    type Resolved = BTreeMap<K, F::Resolved>;

    fn cell(&self, outputs: &Outputs) -> Cell {
        Cell::Map(self.iter().map(|(key, field)| (key.to_string(), field.cell(outputs))).collect())
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        for field in self.values() {
            field.refs(visit);
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        for field in self.values() {
            field.uses(visit);
        }
    }

    fn mentions(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        for field in self.values() {
            field.mentions(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Self::Resolved, Address> {
        self.iter().map(|(key, field)| Ok((key.clone(), field.resolve(outputs)?))).collect()
    }
}

/// A value that is known, is an output of another node, or could not be found out.
#[derive(Debug)]
pub enum Input<T> {
    /// Known now.
    Known(T),
    /// Known once the node exists.
    Output(OutputRef<T>),
    /// Made of others, and known once they are.
    Made(Made<T>),
    /// Not found out, and why: what it stands in is blocked.
    Unlearned(String),
}

type Get<T> = Arc<dyn Fn(&Outputs, &Address) -> Option<T> + Send + Sync>;

/// Which output of which node.
pub struct OutputRef<T> {
    of: Address,
    name: &'static str,
    get: Get<T>,
}

impl<T> std::fmt::Debug for OutputRef<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.of, self.name)
    }
}

/// How a value is made of others.
pub struct Made<T> {
    of: BTreeSet<Address>,
    make: Make<T>,
}

/// The name that stands for whatever was looked up before anything was declared.
const LOOKUP: &str = "lookup";

/// The value, or the node that is missing and what of it.
type Make<T> = Arc<dyn Fn(&Outputs) -> Result<T, (Address, String)> + Send + Sync>;

impl<T> std::fmt::Debug for Made<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Made").field(&self.of).finish()
    }
}

impl<T> Input<T> {
    /// Makes a value of others, in their order.
    pub fn made_of<A: Value>(
        parts: Vec<Input<A>>,
        make: impl Fn(Vec<A>) -> T + Send + Sync + 'static,
    ) -> Self {
        let mut of = BTreeSet::new();
        let unlearned = parts.iter().find_map(|part| match part {
            Input::Unlearned(why) => Some(why.clone()),
            Input::Known(_) | Input::Output(_) | Input::Made(_) => None,
        });
        if let Some(why) = unlearned {
            return Self::Unlearned(why);
        }
        for part in &parts {
            part.refs(&mut |address| {
                of.insert(address.clone());
            });
        }
        let make: Make<T> = Arc::new(move |outputs| {
            let part = |part: &Input<A>| {
                part.resolve(outputs).map_err(|missing| (missing, part.missing(outputs)))
            };
            Ok(make(parts.iter().map(part).collect::<Result<_, _>>()?))
        });
        Self::Made(Made { of, make })
    }
}

impl<T: Field<Resolved = T> + Clone> Input<T> {
    /// What it waits for, in words.
    fn missing(&self, outputs: &Outputs) -> String {
        match self {
            Self::Known(_) => String::new(),
            Self::Output(OutputRef { of, name, .. }) => format!("{of}.{name}"),
            Self::Made(Made { make, .. }) => make(outputs).err().unzip().1.unwrap_or_default(),
            Self::Unlearned(why) => why.clone(),
        }
    }
}

impl<R: Resource> Ref<R> {
    /// An output of the node, as an input of another.
    pub fn output<T: 'static>(&self, name: &'static str, get: fn(&R::Outputs) -> T) -> Input<T> {
        Input::Output(OutputRef {
            of: self.address.clone(),
            name,
            get: Arc::new(move |outputs, of| outputs.get::<R>(of).map(get)),
        })
    }

    /// An output that the object has only once somebody has given it to it: what uses it waits for that.
    pub fn given<T: 'static>(
        &self,
        name: &'static str,
        get: fn(&R::Outputs) -> Option<T>,
    ) -> Input<T> {
        Input::Output(OutputRef {
            of: self.address.clone(),
            name,
            get: Arc::new(move |outputs, of| outputs.get::<R>(of).and_then(get)),
        })
    }
}

impl<T: Clone> Clone for Input<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Known(value) => Self::Known(value.clone()),
            Self::Output(OutputRef { of, name, get }) => {
                Self::Output(OutputRef { of: of.clone(), name, get: get.clone() })
            }
            Self::Made(Made { of, make }) => {
                Self::Made(Made { of: of.clone(), make: make.clone() })
            }
            Self::Unlearned(why) => Self::Unlearned(why.clone()),
        }
    }
}

impl<T> From<T> for Input<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Field<Resolved = T> + Clone> Field for Input<T> {
    type Resolved = T;

    fn cell(&self, outputs: &Outputs) -> Cell {
        match self {
            Self::Known(value) => value.cell(outputs),
            Self::Unlearned(why) => Cell::Unlearned { why: why.clone() },
            Self::Output(_) | Self::Made(_) => match self.resolve(outputs) {
                Ok(value) => value.cell(outputs),
                Err(_) => Cell::Unknown { from: self.missing(outputs) },
            },
        }
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        match self {
            Self::Known(_) | Self::Unlearned(_) => {}
            Self::Output(output) => visit(&output.of),
            Self::Made(made) => made.of.iter().for_each(visit),
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Self::Known(value) = self {
            value.uses(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<T, Address> {
        match self {
            Self::Known(value) => Ok(value.clone()),
            Self::Output(output) => {
                (output.get)(outputs, &output.of).ok_or_else(|| output.of.clone())
            }
            Self::Made(made) => (made.make)(outputs).map_err(|(missing, _)| missing),
            // Nobody gets so far: the plan blocks what it stands in.
            Self::Unlearned(why) => Err(Address::new(LOOKUP, why)),
        }
    }
}

/// Whether references of a configuration are still references, or already values.
pub trait Stage: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// A field that may refer to another node.
    type In<T: Value>: Field<Resolved = T> + Clone + std::fmt::Debug + Send + Sync;
    /// A node that has to exist first although none of its values is used.
    type After: Field<Resolved = ()> + Clone + std::fmt::Debug + Send + Sync;
}

/// A plain value that may stand where a reference may.
pub trait Value: Field<Resolved = Self> + Clone + std::fmt::Debug + Send + Sync + 'static {}
impl<T: Field<Resolved = T> + Clone + std::fmt::Debug + Send + Sync + 'static> Value for T {}

/// As the spec declares it: references are [`Input`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Declared {}
/// As the cloud has it, or is told to: references are plain values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolved {}

impl Stage for Declared {
    type In<T: Value> = Input<T>;
    type After = After;
}
impl Stage for Resolved {
    type In<T: Value> = T;
    type After = ();
}

/// Nodes that have to exist first although none of their values is used: never a difference.
#[derive(Clone, Debug, Default)]
pub struct After(BTreeSet<Address>);

impl After {
    /// Starts with one node.
    pub fn node<R>(node: &Ref<R>) -> Self {
        Self::nodes(std::slice::from_ref(node))
    }

    /// These nodes.
    pub fn nodes<R>(nodes: &[Ref<R>]) -> Self {
        Self(nodes.iter().map(|node| node.address.clone()).collect())
    }

    /// These, and those.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl Field for After {
    type Resolved = ();

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Any
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        self.0.iter().for_each(visit);
    }

    fn resolve(&self, outputs: &Outputs) -> Result<(), Address> {
        match self.0.iter().find(|address| !outputs.0.contains_key(address)) {
            Some(missing) => Err(missing.clone()),
            None => Ok(()),
        }
    }
}

impl Field for () {
    type Resolved = ();

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Any
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<(), Address> {
        Ok(())
    }
}

/// The settable part of a resource: every field named, each with what its change costs.
///
/// Implemented by [`config!`](crate::config), never by hand.
pub trait Config: Fields + Field + Clone + std::fmt::Debug + Send + Sync + 'static {
    /// The same with references in place of values.
    type Declared: Field<Resolved = Self> + Fields + Send + Sync;

    /// Field names with their costs, for documentation and tests.
    const FIELDS: &'static [(&'static str, OnChange)];
}

/// One field of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name in the struct.
    pub field: &'static str,
    /// What its change costs.
    pub on_change: OnChange,
    /// Its value.
    pub cell: Cell,
}

/// The rows of a configuration, at any stage.
pub trait Fields {
    /// Every field, in the order of the rows.
    fn fields(&self, outputs: &Outputs) -> Vec<Row>;
}

/// Says what a change of each field of a `struct Name<S: Stage>` costs.
///
/// The expansion takes the struct apart without `..`, so a field without a row does not compile.
#[macro_export]
macro_rules! config {
    (@rows $self:ident, $outputs:ident, $($field:ident: $on_change:ident),+) => {{
        let Self { $($field),+ } = $self;
        vec![$($crate::engine::Row {
            field: stringify!($field),
            on_change: $crate::engine::OnChange::$on_change,
            cell: $crate::engine::Field::cell($field, $outputs),
        }),+]
    }};
    (@field [$($generics:tt)*] $self_ty:ty, $resolved:ty, $make:ident, $($field:ident),+) => {
        impl $($generics)* $crate::engine::Field for $self_ty {
            type Resolved = $resolved;
            fn cell(&self, outputs: &$crate::engine::Outputs) -> $crate::engine::Cell {
                let Self { $($field),+ } = self;
                $crate::engine::Cell::Map([$((
                    stringify!($field).to_owned(),
                    $crate::engine::Field::cell($field, outputs),
                )),+].into())
            }
            fn refs(&self, visit: &mut dyn FnMut(&$crate::engine::Address)) {
                let Self { $($field),+ } = self;
                $($crate::engine::Field::refs($field, visit);)+
            }
            fn uses(&self, visit: &mut dyn FnMut(&$crate::engine::PhysicalId)) {
                let Self { $($field),+ } = self;
                $($crate::engine::Field::uses($field, visit);)+
            }
            fn mentions(&self, visit: &mut dyn FnMut(&$crate::engine::PhysicalId)) {
                let Self { $($field),+ } = self;
                $($crate::engine::Field::mentions($field, visit);)+
            }
            fn resolve(&self, outputs: &$crate::engine::Outputs) -> Result<$resolved, $crate::engine::Address> {
                let Self { $($field),+ } = self;
                Ok($make { $($field: $crate::engine::Field::resolve($field, outputs)?),+ })
            }
        }
    };
    // A configuration that refers to nothing has one stage only.
    ($name:ident, no references { $($field:ident: $on_change:ident),+ $(,)? }) => {
        impl $crate::engine::Fields for $name {
            fn fields(&self, outputs: &$crate::engine::Outputs) -> Vec<$crate::engine::Row> {
                $crate::config!(@rows self, outputs, $($field: $on_change),+)
            }
        }
        impl $crate::engine::Config for $name {
            type Declared = Self;
            const FIELDS: &'static [(&'static str, $crate::engine::OnChange)] =
                &[$((stringify!($field), $crate::engine::OnChange::$on_change)),+];
        }
        $crate::config!(@field [] $name, $name, $name, $($field),+);
    };
    ($name:ident { $($field:ident: $on_change:ident),+ $(,)? }) => {
        impl<S: $crate::engine::Stage> $crate::engine::Fields for $name<S> {
            fn fields(&self, outputs: &$crate::engine::Outputs) -> Vec<$crate::engine::Row> {
                $crate::config!(@rows self, outputs, $($field: $on_change),+)
            }
        }
        impl $crate::engine::Config for $name<$crate::engine::Resolved> {
            type Declared = $name<$crate::engine::Declared>;
            const FIELDS: &'static [(&'static str, $crate::engine::OnChange)] =
                &[$((stringify!($field), $crate::engine::OnChange::$on_change)),+];
        }
        $crate::record!($name { $($field),+ });
    };
}

/// Makes a `struct Name<S: Stage>` a [`Field`](crate::engine::Field), field by field.
#[macro_export]
macro_rules! record {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        $crate::config!(
            @field [<S: $crate::engine::Stage>] $name<S>, $name<$crate::engine::Resolved>, $name, $($field),+
        );
    };
}

/// The name of a field, checked by the compiler.
#[macro_export]
macro_rules! field {
    ($config:ident.$field:ident) => {{
        // Never called: it only has to compile.
        let _ = |config: &$config| {
            let _ = &config.$field;
        };
        stringify!($field)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_at_first_gives_way_to_what_is_there_and_what_counts_always_does_not() {
        let (new, old) = ("new".to_owned(), "old".to_owned());
        assert_eq!(Initially::AtFirst(new.clone()).over(&old), &old);
        assert_eq!(Initially::Always(new.clone()).over(&old), &new);
        let nobody_knows = Initially::Unlearned("throttled".to_owned());
        assert_eq!(nobody_knows.over(&old), &old);
        assert_eq!(nobody_knows.value(), None);
        let have = Initially::Always(old).cell(&Outputs::default());
        let want = |it: &Initially<String>| it.cell(&Outputs::default());
        assert!(want(&Initially::AtFirst(new.clone())).met_by(&have));
        assert!(want(&nobody_knows).met_by(&have));
        assert!(!want(&Initially::Always(new)).met_by(&have));
    }

    #[test]
    fn a_value_that_is_made_of_others_waits_for_the_first_of_them_that_is_missing() {
        let address = |name: &str| Address::new("thing", name);
        let missing = |name: &str| {
            Input::Output(OutputRef {
                of: address(name),
                name: "id",
                get: Arc::new(|_: &Outputs, _: &Address| None::<String>),
            })
        };
        let join = |parts: Vec<String>| parts.concat();
        let known = Input::made_of(vec!["a".to_owned().into(), "b".to_owned().into()], join);
        let nothing = Outputs::default();
        assert_eq!(known.resolve(&nothing), Ok("ab".to_owned()));
        let waits = Input::made_of(vec!["a".to_owned().into(), missing("x"), missing("y")], join);
        assert_eq!(waits.resolve(&nothing), Err(address("x")));
        assert_eq!(waits.cell(&nothing), Cell::Unknown { from: "thing/x.id".to_owned() });
        let mut refs = Vec::new();
        waits.refs(&mut |address| refs.push(address.clone()));
        assert_eq!(refs, [address("x"), address("y")]);
    }
}
