//! Kinds, objects and nodes with their types erased: all the boilerplate there is, once.

use std::{
    any::Any, collections::BTreeSet, future::Future, marker::PhantomData, pin::Pin, sync::Arc,
};

use super::{
    Action, Address, CallError, Change, Config, Delta, Error, Field, Fields, Found, Identity, Kind,
    Outputs, Owner, Phase, PhysicalId, Resource, Row, Scope,
};

/// A future without its type.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An object the cloud has, whatever its kind.
pub trait Seen: Send + Sync {
    /// What is said of its kind.
    fn kind(&self) -> &'static Kind;
    /// What the cloud calls it.
    fn id(&self) -> &PhysicalId;
    /// Whose it is.
    fn owner(&self) -> &Owner;
    /// Where it is in its life.
    fn phase(&self) -> &Phase;
    /// Its fields.
    fn rows(&self) -> Vec<Row>;
    /// What others may use of it.
    fn outputs(&self) -> Arc<dyn Any + Send + Sync>;
    /// The objects it uses, which cannot go before it does.
    fn uses(&self) -> BTreeSet<PhysicalId>;
    /// The objects it speaks of, whether or not it keeps them from going.
    fn mentions(&self) -> BTreeSet<PhysicalId>;
    /// Whether there is nothing of it to remove.
    fn is_vacant(&self) -> bool;
    /// Whether nothing is lost with it.
    fn holds_nothing(&self) -> bool;
    /// Whether it is as its creation leaves it, in what only an update sets.
    fn is_new(&self) -> bool;
    /// Why it must not be removed, if it must not.
    fn protection(&self) -> Option<String>;
    /// What is to be known of it although it is as it is to be.
    fn notice(&self) -> Option<String>;
    /// The typed object.
    fn as_any(&self) -> &dyn Any;
}

impl dyn Seen + '_ {
    /// The node it stands for, if it is ours.
    pub fn address(&self) -> Option<Address> {
        match self.owner() {
            Owner::Us { name, .. } => Some(Address::new(self.kind().name, name.clone())),
            Owner::Other => None,
        }
    }

    /// Which object of its node it is; 0 if it is not ours.
    pub fn ordinal(&self) -> u32 {
        match self.owner() {
            Owner::Us { ordinal, .. } => *ordinal,
            Owner::Other => 0,
        }
    }
}

impl<R: Resource> Seen for Found<R> {
    fn kind(&self) -> &'static Kind {
        &R::ABOUT
    }

    fn id(&self) -> &PhysicalId {
        &self.id
    }

    fn owner(&self) -> &Owner {
        &self.owner
    }

    fn phase(&self) -> &Phase {
        &self.phase
    }

    fn rows(&self) -> Vec<Row> {
        self.config.fields(&Outputs::default())
    }

    fn outputs(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.outputs.clone())
    }

    fn uses(&self) -> BTreeSet<PhysicalId> {
        let mut uses = BTreeSet::new();
        Field::uses(&self.config, &mut |id| {
            uses.insert(id.clone());
        });
        uses.remove(&self.id);
        uses
    }

    fn mentions(&self) -> BTreeSet<PhysicalId> {
        let mut mentions = BTreeSet::new();
        Field::mentions(&self.config, &mut |id| {
            mentions.insert(id.clone());
        });
        mentions
    }

    fn is_vacant(&self) -> bool {
        R::is_vacant(self)
    }

    fn holds_nothing(&self) -> bool {
        R::holds_nothing(self)
    }

    fn is_new(&self) -> bool {
        R::is_new(self)
    }

    fn protection(&self) -> Option<String> {
        R::protection(self)
    }

    fn notice(&self) -> Option<String> {
        R::notice(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A kind, whatever it is.
pub trait AnyKind<C>: Send + Sync {
    /// What is said of it.
    fn about(&self) -> &'static Kind;
    /// Whether it is ready only when programs say so that start on it.
    fn boots(&self) -> bool;
    /// Its fields and what a change of each costs.
    fn fields(&self) -> &'static [(&'static str, super::OnChange)];
    /// Finds objects.
    fn find<'a>(
        &'a self,
        cloud: &'a C,
        scope: Scope<'a>,
    ) -> BoxFuture<'a, Result<Vec<Arc<dyn Seen>>, CallError>>;
    /// Whether an object gives others something else once that was carried out.
    fn renews(&self, change: &Change) -> bool;
    /// Makes an object nobody's, and changes nothing else of it.
    fn release<'a>(
        &'a self,
        cloud: &'a C,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<bool, Error>>;
    /// Whether more than its tags says that an object is what they say.
    fn is_vouched(&self, cloud: &C, have: &dyn Seen) -> bool;
    /// Asks for an object to be gone.
    fn delete<'a>(
        &'a self,
        cloud: &'a C,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<(), CallError>>;
    /// Names what keeps an object from becoming usable.
    fn hindrances<'a>(
        &'a self,
        cloud: &'a C,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<Vec<String>, CallError>>;
    /// Names what keeps an object from being removed.
    fn blockers<'a>(
        &'a self,
        cloud: &'a C,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<Vec<String>, CallError>>;
}

/// The erased form of a kind.
pub struct KindOf<R>(PhantomData<fn() -> R>);

impl<R> Default for KindOf<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

fn typed<R: Resource>(seen: &dyn Seen) -> Option<&Found<R>> {
    seen.as_any().downcast_ref()
}

fn erased<R: Resource>(found: Vec<Found<R>>) -> Vec<Arc<dyn Seen>> {
    found.into_iter().map(|found| Arc::new(found) as Arc<dyn Seen>).collect()
}

/// Gives an object the tags of a declaration, or takes ours off it, and changes nothing else of it. Says
/// whether it has tags of its own.
async fn retag<R: Resource>(
    cloud: &R::Cloud,
    have: &dyn Seen,
    to: Option<&<R::Config as Config>::Declared>,
) -> Result<bool, Error> {
    let Some((have, want)) = typed::<R>(have).and_then(|have| Some((have, R::retagged(have, to)?)))
    else {
        return Ok(false);
    };
    let rows = want.fields(&Outputs::default());
    let mut delta = Delta::of(&Change::between(rows, have.rows(), &Phase::Ready));
    R::update(cloud, have, &want, &mut delta).await?;
    match delta.unclaimed() {
        Some(field) => Err(Error::Unclaimed { field }),
        None => Ok(true),
    }
}

impl<R: Resource> AnyKind<R::Cloud> for KindOf<R> {
    fn about(&self) -> &'static Kind {
        &R::ABOUT
    }

    fn boots(&self) -> bool {
        R::BOOTS
    }

    fn fields(&self) -> &'static [(&'static str, super::OnChange)] {
        R::Config::FIELDS
    }

    fn find<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        scope: Scope<'a>,
    ) -> BoxFuture<'a, Result<Vec<Arc<dyn Seen>>, CallError>> {
        Box::pin(async move { Ok(erased(R::find(cloud, &scope).await?)) })
    }

    fn renews(&self, change: &Change) -> bool {
        let fields: Vec<&str> = change.fields.iter().map(|change| change.field).collect();
        R::renews(&fields)
    }

    fn release<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(retag::<R>(cloud, have, None))
    }

    fn is_vouched(&self, cloud: &R::Cloud, have: &dyn Seen) -> bool {
        typed::<R>(have).is_some_and(|have| R::is_vouched(cloud, have))
    }

    fn delete<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        Box::pin(async move {
            match typed::<R>(have) {
                Some(have) => R::delete(cloud, have).await,
                None => Ok(()),
            }
        })
    }

    fn hindrances<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<Vec<String>, CallError>> {
        Box::pin(async move {
            match typed::<R>(have) {
                Some(have) => R::hindrances(cloud, have).await,
                None => Ok(Vec::new()),
            }
        })
    }

    fn blockers<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<Vec<String>, CallError>> {
        Box::pin(async move {
            match typed::<R>(have) {
                Some(have) => R::blockers(cloud, have).await,
                None => Ok(Vec::new()),
            }
        })
    }
}

/// A declared node, whatever its kind.
pub trait Node<C>: Send + Sync {
    /// Its name.
    fn address(&self) -> &Address;
    /// Its kind.
    fn kind(&self) -> &dyn AnyKind<C>;
    /// The nodes it refers to.
    fn refs(&self) -> BTreeSet<Address>;
    /// What is wanted, as far as it is known.
    fn want(&self, outputs: &Outputs) -> Vec<Row>;
    /// Asks for the object.
    fn create<'a>(
        &'a self,
        cloud: &'a C,
        me: &'a Identity,
        outputs: &'a Outputs,
    ) -> BoxFuture<'a, Result<PhysicalId, Error>>;
    /// Finds who holds its natural key.
    fn holder<'a>(
        &'a self,
        cloud: &'a C,
        me: &'a Identity,
        outputs: &'a Outputs,
    ) -> BoxFuture<'a, Result<Option<Arc<dyn Seen>>, Error>>;
    /// Takes back an object that is out and can be taken back.
    fn recover<'a>(
        &'a self,
        cloud: &'a C,
        have: &'a dyn Seen,
        outputs: &'a Outputs,
    ) -> BoxFuture<'a, Result<(), Error>>;
    /// Why an object must not become what is wanted, if it must not.
    fn refusal(&self, have: &dyn Seen) -> Option<String>;
    /// Whether it cannot be made before that object is gone.
    fn collides(&self, outputs: &Outputs, other: &dyn Seen) -> bool;
    /// Makes an object the one of this node, and changes nothing else of it: what the node refers to need
    /// not be there yet.
    fn adopt<'a>(&'a self, cloud: &'a C, have: &'a dyn Seen) -> BoxFuture<'a, Result<bool, Error>>;
    /// Carries a difference out.
    fn update<'a>(
        &'a self,
        cloud: &'a C,
        have: &'a dyn Seen,
        outputs: &'a Outputs,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

impl<C> dyn Node<C> + '_ {
    /// The difference between the declaration and what was seen.
    pub fn diff(&self, seen: Option<&dyn Seen>, outputs: &Outputs) -> Change {
        let want = self.want(outputs);
        match seen {
            None => Change::creation(want),
            Some(seen) => {
                let change = Change::between(want, seen.rows(), seen.phase());
                let differs = change.action != Action::Keep;
                let refusal = differs.then(|| self.refusal(seen)).flatten();
                refusal.map_or(change, |why| Change::refused(&why))
            }
        }
    }
}

pub(super) struct Typed<R: Resource> {
    address: Address,
    declared: <R::Config as Config>::Declared,
    kind: KindOf<R>,
}

impl<R: Resource> Typed<R> {
    pub(super) fn new(address: Address, declared: <R::Config as Config>::Declared) -> Self {
        Self { address, declared, kind: KindOf::default() }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<R::Config, Error> {
        self.declared
            .resolve(outputs)
            .map_err(|missing| Error::Stale { why: format!("{missing} is not there any more") })
    }
}

impl<R: Resource> Node<R::Cloud> for Typed<R> {
    fn address(&self) -> &Address {
        &self.address
    }

    fn kind(&self) -> &dyn AnyKind<R::Cloud> {
        &self.kind
    }

    fn refs(&self) -> BTreeSet<Address> {
        let mut refs = BTreeSet::new();
        self.declared.refs(&mut |address| {
            refs.insert(address.clone());
        });
        refs
    }

    fn want(&self, outputs: &Outputs) -> Vec<Row> {
        self.declared.fields(outputs)
    }

    fn create<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        me: &'a Identity,
        outputs: &'a Outputs,
    ) -> BoxFuture<'a, Result<PhysicalId, Error>> {
        Box::pin(async move { Ok(R::create(cloud, me, &self.resolve(outputs)?).await?) })
    }

    fn holder<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        me: &'a Identity,
        outputs: &'a Outputs,
    ) -> BoxFuture<'a, Result<Option<Arc<dyn Seen>>, Error>> {
        Box::pin(async move {
            let holder = R::holder(cloud, me, &self.resolve(outputs)?).await?;
            Ok(holder.map(|found| Arc::new(found) as Arc<dyn Seen>))
        })
    }

    fn recover<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        have: &'a dyn Seen,
        outputs: &'a Outputs,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let want = self.resolve(outputs)?;
            match typed::<R>(have) {
                Some(have) => Ok(R::recover(cloud, have, &want).await?),
                None => Err(Error::Stale { why: "another kind of object was found".into() }),
            }
        })
    }

    fn refusal(&self, have: &dyn Seen) -> Option<String> {
        typed::<R>(have).and_then(|have| R::refusal(&self.declared, have))
    }

    fn collides(&self, outputs: &Outputs, other: &dyn Seen) -> bool {
        // What it builds on is still to be made: nothing can stand in its way there.
        let want = self.declared.resolve(outputs).ok();
        want.zip(typed::<R>(other)).is_some_and(|(want, have)| R::collides(&want, have))
    }

    fn adopt<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        have: &'a dyn Seen,
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(retag::<R>(cloud, have, Some(&self.declared)))
    }

    fn update<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        have: &'a dyn Seen,
        outputs: &'a Outputs,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let want = self.resolve(outputs)?;
            let Some(have) = typed::<R>(have) else {
                return Err(Error::Stale { why: "another kind of object was found".into() });
            };
            let mut delta = Delta::of(change);
            R::update(cloud, have, &want, &mut delta).await?;
            match delta.unclaimed() {
                Some(field) => Err(Error::Unclaimed { field }),
                None => Ok(()),
            }
        })
    }
}
