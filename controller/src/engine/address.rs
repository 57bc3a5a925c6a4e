//! Names of nodes.

use std::{fmt, marker::PhantomData};

use serde::Serialize;

/// The name of one node: its kind and what the declaration calls it, e.g. `subnet/private-a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The kind, e.g. `subnet`.
    pub kind: &'static str,
    /// The name within the kind, e.g. `private-a`.
    pub name: String,
}

impl Address {
    /// Names a node.
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What the cloud calls an object, e.g. `subnet-0123456789abcdef0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PhysicalId(pub String);

impl PhysicalId {
    /// Whether it is that of a facet of the object with this id: `sg-0123/rules` of `sg-0123`.
    pub fn is_facet_of(&self, object: &Self) -> bool {
        self.0.strip_prefix(&object.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for PhysicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reference to a node whose kind is known to the compiler.
///
/// Handed out by [`Graph::add`](super::Graph::add), and by nothing else: a reference to a node
/// that is not in the graph cannot be written.
#[derive(Debug)]
pub struct Ref<R> {
    pub(super) address: Address,
    pub(super) kind: PhantomData<fn() -> R>,
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), kind: PhantomData }
    }
}

impl<R> Ref<R> {
    /// The name of the node.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_is_of_one_object_also_where_the_ids_of_two_begin_alike() {
        let id = |text: &str| PhysicalId(text.to_owned());
        assert!(id("sg-0123/rules").is_facet_of(&id("sg-0123")));
        assert!(!id("sg-01234/rules").is_facet_of(&id("sg-0123")));
        assert!(!id("sg-0123").is_facet_of(&id("sg-0123")));
    }
}
