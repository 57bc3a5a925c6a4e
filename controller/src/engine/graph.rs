//! The declared nodes.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use super::{
    Address, Config, Ref, Resource,
    node::{Node, Typed},
};

/// The declared nodes. Edges are not stored: they are the references in the fields.
pub struct Graph<C> {
    nodes: BTreeMap<Address, Arc<dyn Node<C>>>,
    /// As they were declared: every node after those it refers to.
    sequence: Vec<Address>,
    retention: Retention,
}

/// Why an object stays that nothing declared stands for, by the name it has; nothing if it goes.
type Retention = Arc<dyn Fn(&Address) -> Option<String> + Send + Sync>;

/// Two nodes of one name.
#[derive(Debug, thiserror::Error)]
#[error("{0} is declared twice")]
pub struct DeclaredTwice(Address);

impl<C> Default for Graph<C> {
    fn default() -> Self {
        Self { nodes: BTreeMap::new(), sequence: Vec::new(), retention: Arc::new(|_| None) }
    }
}

impl<C: Send + Sync + 'static> Graph<C> {
    /// Declares a node.
    ///
    /// A node can only refer to nodes declared before it, so there are no cycles to look for.
    ///
    /// # Errors
    /// If there is a node of that name already.
    pub fn add<R: Resource<Cloud = C>>(
        &mut self,
        name: &str,
        declared: <R::Config as Config>::Declared,
    ) -> Result<Ref<R>, DeclaredTwice> {
        let address = Address::new(R::ABOUT.name, name);
        let node = Arc::new(Typed::<R>::new(address.clone(), declared));
        if self.nodes.insert(address.clone(), node).is_some() {
            return Err(DeclaredTwice(address));
        }
        self.sequence.push(address.clone());
        Ok(Ref { address, kind: PhantomData })
    }

    /// Says which objects stay when nothing declared stands for them any more, and why.
    pub fn retain(&mut self, why: impl Fn(&Address) -> Option<String> + Send + Sync + 'static) {
        self.retention = Arc::new(why);
    }

    /// Why the object of that name stays if nothing declared stands for it.
    pub fn retained(&self, address: &Address) -> Option<String> {
        (self.retention)(address)
    }

    /// The nodes, each after those it refers to.
    pub fn in_order(&self) -> impl Iterator<Item = &Arc<dyn Node<C>>> {
        self.sequence.iter().filter_map(|address| self.nodes.get(address))
    }

    /// The node of that name.
    pub fn node(&self, address: &Address) -> Option<&Arc<dyn Node<C>>> {
        self.nodes.get(address)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}
