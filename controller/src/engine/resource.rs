//! What a kind of object has to say for the engine to manage it.

use std::{future::Future, time::Duration};

use jiff::Timestamp;

use super::{Address, CallError, Config, Delta, PhysicalId};

/// One kind of object: how to find it, and how to bring it to its configuration.
///
/// The methods are short because the engine owns everything they have in common: order,
/// comparison, retries, waiting, replacement, ownership, events.
pub trait Resource: Sized + Send + Sync + 'static {
    /// The cloud it lives in; in the engine's own tests, a toy.
    type Cloud: Cloud;
    /// The settable part.
    type Config: Config;
    /// What it has only once it exists: ids, ARNs, endpoints.
    type Outputs: Clone + std::fmt::Debug + Send + Sync + 'static;

    /// What is said of the kind as a whole.
    const ABOUT: Kind;

    /// Whether it is ready only when programs say so that start on it.
    const BOOTS: bool = false;

    /// Finds objects. Reads only; what is not found is left out.
    ///
    /// # Errors
    /// Any call that failed: a partial answer is never returned as a whole one.
    fn find(
        cloud: &Self::Cloud,
        scope: &Scope<'_>,
    ) -> impl Future<Output = Result<Vec<Found<Self>>, CallError>> + Send;

    /// Asks for the object, in one call that also tags it. What that call cannot set, the engine
    /// sets afterwards through `update`.
    fn create(
        cloud: &Self::Cloud,
        me: &Identity,
        want: &Self::Config,
    ) -> impl Future<Output = Result<PhysicalId, CallError>> + Send;

    /// Finds who holds the natural key of the object, after `create` was told that it is taken.
    fn holder(
        cloud: &Self::Cloud,
        me: &Identity,
        want: &Self::Config,
    ) -> impl Future<Output = Result<Option<Found<Self>>, CallError>> + Send {
        let _ = (cloud, me, want);
        async { Ok(None) }
    }

    /// Whether the object wanted cannot be made before that one is gone, be it of the same node or
    /// of another one.
    fn collides(want: &Self::Config, have: &Found<Self>) -> bool {
        let _ = (want, have);
        false
    }

    /// Applies the changes it claims from `delta`; the engine refuses what is left unclaimed.
    fn update(
        cloud: &Self::Cloud,
        have: &Found<Self>,
        want: &Self::Config,
        delta: &mut Delta,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Why an object must not become what is wanted, although every field could be set, if it must not.
    fn refusal(want: &<Self::Config as Config>::Declared, have: &Found<Self>) -> Option<String> {
        let _ = (want, have);
        None
    }

    /// Whether an object gives others something else once fields of these names were set.
    fn renews(fields: &[&str]) -> bool {
        let _ = fields;
        false
    }

    /// Asks for an object that is out, and can be taken back, to be taken back; what it cannot set then,
    /// the engine sets afterwards through `update`.
    fn recover(
        cloud: &Self::Cloud,
        have: &Found<Self>,
        want: &Self::Config,
    ) -> impl Future<Output = Result<(), CallError>> + Send {
        let _ = (cloud, have, want);
        async { Ok(()) }
    }

    /// Why the object must not be removed before somebody has agreed to it by changing it, if it must not.
    fn protection(have: &Found<Self>) -> Option<String> {
        let _ = have;
        None
    }

    /// The configuration that an object has with the tags of this declaration, or with those of nobody's, and
    /// nothing else of it changed; nothing if it has no owner of its own.
    fn retagged(
        have: &Found<Self>,
        to: Option<&<Self::Config as Config>::Declared>,
    ) -> Option<Self::Config> {
        let _ = (have, to);
        None
    }

    /// Whether something that is not copied as tags are, as its name, says that the object is what its
    /// tags say.
    fn is_vouched(cloud: &Self::Cloud, have: &Found<Self>) -> bool {
        let _ = (cloud, have);
        false
    }

    /// Whether the object is as its creation leaves it, in what only an update sets. Where a name is used again, reads
    /// may show for a while what had it before, complete: that is not what was made.
    fn is_new(have: &Found<Self>) -> bool {
        let _ = have;
        true
    }

    /// Asks for the object to be gone. Must tolerate that it is.
    fn delete(
        cloud: &Self::Cloud,
        have: &Found<Self>,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Whether there is nothing of it to remove: for facets, which end before their parent does.
    fn is_vacant(have: &Found<Self>) -> bool {
        let _ = have;
        false
    }

    /// Whether nothing is lost with it: then it goes although its kind is to be kept.
    fn holds_nothing(have: &Found<Self>) -> bool {
        let _ = have;
        false
    }

    /// What is to be known of an object that is as it is to be, for the user.
    fn notice(have: &Found<Self>) -> Option<String> {
        let _ = have;
        None
    }

    /// Names what keeps the object from becoming usable, for the user.
    fn hindrances(
        cloud: &Self::Cloud,
        have: &Found<Self>,
    ) -> impl Future<Output = Result<Vec<String>, CallError>> + Send {
        let _ = (cloud, have);
        async { Ok(Vec::new()) }
    }

    /// Names what keeps the object from being removed, for the user.
    fn blockers(
        cloud: &Self::Cloud,
        have: &Found<Self>,
    ) -> impl Future<Output = Result<Vec<String>, CallError>> + Send {
        let _ = (cloud, have);
        async { Ok(Vec::new()) }
    }
}

/// What is said of a kind as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// As in `subnet/private-a`.
    pub name: &'static str,
    /// How the ids of its objects look, e.g. `vpc-*`; nothing if nobody can tell. No two kinds
    /// share a form, but that those of facets begin with the ids of the objects they are facets of.
    pub ids: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
    /// The `CloudFormation` type it stands for.
    pub cloudformation: &'static str,
    /// How a replacement is ordered.
    pub replacement: Replacement,
    /// What protects its creation from being done twice.
    pub creation: Creation,
    /// How long a creation takes, for want of a measurement.
    pub typical: Duration,
    /// How long a removal takes, for want of a measurement.
    pub typical_removal: Duration,
    /// How long to wait for it before calling it stuck.
    pub patience: Duration,
    /// What stops while it is replaced or interrupted, for the user.
    pub outage: &'static str,
    /// Kinds whose every object of the same environment it stands on, without an id that says so.
    pub stands_on: &'static [&'static str],
    /// What it means to keep an object of it that nobody needs any more, if it may be kept.
    pub keeping: Option<Keeping>,
    /// The calls it makes.
    pub calls: Calls,
}

/// What it means to keep an object that nobody needs any more.
#[derive(Clone, Copy, Debug)]
pub struct Keeping {
    /// What it costs.
    pub costs: &'static str,
    /// The command that ends it, `{id}` standing for its id, and `{name}` for what that ends with.
    pub ends: &'static str,
}

impl Kind {
    /// Whether an id is one of this kind's.
    pub fn is_id(&self, id: &PhysicalId) -> bool {
        let mut parts = self.ids.split('*');
        let Some(mut rest) = parts.next().and_then(|first| id.0.strip_prefix(first)) else {
            return false;
        };
        let mut open = false;
        for part in parts {
            open = part.is_empty();
            match rest.find(part) {
                Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        !self.ids.is_empty() && (open || rest.is_empty())
    }
}

/// The calls a kind makes.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Calls that change nothing.
    pub read: &'static [&'static str],
    /// Calls that do.
    pub write: &'static [&'static str],
}

/// What protects a creation from being done twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// Nothing: a recorded intent and a wait.
    Bare,
    /// A reproducible client token.
    Token,
    /// A name, or another natural key, that only one object can have.
    Key,
    /// It begins with its parent and has no creation of its own.
    Facet,
}

/// How a replacement is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// The new one first: no gap, but both exist for a while.
    CreateFirst,
    /// The old one first: the two cannot exist together.
    DeleteFirst,
    /// Not at all: the object holds data.
    Never,
}

/// Which objects to find.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// All that carry our owner tag, from lists: complete, but possibly minutes old.
    Owned,
    /// These, whoever owns them, by id: the freshest there is. A facet by its own id, or by that of
    /// the object it is a facet of.
    Ids(&'a [PhysicalId]),
}

/// Who an object is to be.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The node it stands for.
    pub address: Address,
    /// Which object of that node it is: 1, and one more with each replacement.
    pub ordinal: u32,
    /// Digest of its configuration, for client tokens.
    pub digest: String,
    /// Objects that earlier answers to the same token named, and that are dead.
    pub predecessors: Vec<String>,
}

/// An object as the cloud has it.
#[derive(Clone, Debug)]
pub struct Found<R: Resource> {
    /// What the cloud calls it.
    pub id: PhysicalId,
    /// Whose it is.
    pub owner: Owner,
    /// The settable part, in the terms of the declaration.
    pub config: R::Config,
    /// The rest.
    pub outputs: R::Outputs,
    /// Whether it can be used.
    pub phase: Phase,
}

impl<R: Resource> Found<R> {
    /// Which object of its node it is; 1 if that is not known.
    pub fn ordinal(&self) -> u32 {
        match &self.owner {
            Owner::Us { ordinal, .. } => *ordinal,
            Owner::Other => 1,
        }
    }
}

/// Whose an object is, as its tags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Ours: it stands for the node of this name.
    Us {
        /// The name within the kind.
        name: String,
        /// Which object of that node it is.
        ordinal: u32,
        /// Another name it goes by, if its tags disagree: the right one if only it is declared.
        alias: Option<String>,
    },
    /// Somebody else's, or nobody's.
    Other,
}

/// Where an object is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Usable.
    Ready,
    /// On its way; the text is the cloud's own word for it.
    Pending(String),
    /// Usable, and something that was asked of it is still to come; the text says what. What is known of
    /// it is what it is going to be.
    Settling(String),
    /// It will not get further by itself; the text says why.
    Failed(String),
    /// On its way out.
    Going,
    /// Out, although the cloud still shows it.
    Gone,
    /// Out, and can be taken back; the text says how, or for how long.
    Recoverable {
        /// How, or for how long.
        how: String,
        /// Whether it can be taken back until somebody ends that: until then it needs what it uses.
        lasts: bool,
    },
    /// Out, and not to be made as it is declared; the text says why, and what to do.
    Barred(String),
}

impl Phase {
    /// Whether the object is out.
    pub fn is_out(&self) -> bool {
        matches!(self, Self::Gone | Self::Recoverable { .. } | Self::Barred(_))
    }

    /// How or until when the object can be taken back, in words, if it can be.
    pub fn recoverable(&self) -> Option<&str> {
        match self {
            Self::Recoverable { how, .. } => Some(how),
            Self::Ready
            | Self::Pending(_)
            | Self::Settling(_)
            | Self::Failed(_)
            | Self::Going
            | Self::Gone
            | Self::Barred(_) => None,
        }
    }
}

/// What the engine asks of a cloud beyond its objects.
pub trait Cloud: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Reads the mark that says that objects without name or token may be under way.
    fn mark(&self) -> impl Future<Output = Result<Option<Mark>, CallError>> + Send;

    /// Puts the mark; unless `overwrite`, only where there is none.
    fn put_mark(
        &self,
        nonce: &str,
        overwrite: bool,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Takes the mark away.
    fn remove_mark(&self) -> impl Future<Output = Result<(), CallError>> + Send;
}

/// The mark of an environment in which creations are, or were, under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Who put it: known to the journal that was there.
    pub nonce: String,
    /// When it was put.
    pub at: Timestamp,
}
