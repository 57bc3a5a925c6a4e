//! What users and programs read: plans and states as text, Markdown and data. Pure.

/// Adds a line to a text, which never fails.
macro_rules! line {
    ($to:expr, $($said:tt)*) => {{
        use std::fmt::Write as _;
        let _ = writeln!($to, $($said)*);
    }};
}
pub(crate) use line;

mod access;
mod cell;
mod explain;
mod graph;
mod markdown;
mod removals;
mod shell;
mod state;
mod text;
mod view;

pub(crate) use self::graph::{Scene, Setting, declared, mermaid, observed, svg};
pub use self::{
    access::{EndpointsView, Given, NodeView, OutputsView, age, endpoints, nodes},
    explain::{field, reference, tree},
    markdown::markdown,
    removals::{Removals, removals},
    shell::quoted,
    state::{ConditionView, ResourceView, StateView, outputs, rows, state, table},
    text::{Paint, comparison, text},
    view::{EnvironmentView, FieldView, PlanView, StepAction, StepView, Summary, Verdict, view},
};
