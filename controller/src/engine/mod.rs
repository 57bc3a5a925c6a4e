//! The engine: brings a world to a declaration. It knows no cloud.
//!
//! ```text
//! Graph ─ observe ─▶ Observation ─ plan ─▶ Plan ─ walk(gate) ─▶ Event*, Report
//! ```
//!
//! `diff` stops before the walk; `apply` and the daemon walk the very plan that would be shown.

mod address;
mod call;
mod cell;
mod change;
mod ensure;
mod error;
mod event;
mod field;
mod gate;
mod graph;
mod journal;
mod mark;
mod node;
mod observe;
mod order;
mod plan;
mod remove;
mod resource;
#[cfg(test)]
mod toy;
mod wait;
mod walk;

pub use self::{
    address::{Address, PhysicalId, Ref},
    call::{CallError, Class},
    cell::{Cell, OnChange},
    change::{Action, Change, Delta, FieldChange},
    error::{Disposition, Error},
    event::{Event, Sink, What},
    field::{
        After, Config, Declared, Field, Fields, Initially, Input, Loose, Made, OutputRef, Outputs,
        Resolved, Row, Stage, Told, Value,
    },
    gate::{All, Approved, Deed, DryRun, Gate, Pass, Uncontested},
    graph::{DeclaredTwice, Graph},
    journal::{InMemory, Intent, Journal, JournalError, Repair},
    node::{AnyKind, BoxFuture, KindOf, Node, Seen},
    observe::{
        Doubt, Kinds, Listed, MARK_REFRESH, Observation, Purpose, VISIBILITY, observe,
        observe_settled,
    },
    plan::{
        Blocked, Counts, KeepReason, Kept, ObjectKey, Plan, PlannedNode, Removal, RemovalReason,
        Step, Verdict, plan,
    },
    resource::{
        Calls, Cloud, Creation, Found, Identity, Keeping, Kind, Mark, Owner, Phase, Replacement,
        Resource, Scope,
    },
    wait::{Stop, StopSignal},
    walk::{Done, Report, Until, Walk, expected, walk},
};
