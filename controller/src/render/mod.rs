//! What users and programs read: plans and states as text, Markdown and data. Pure.

mod cell;
mod markdown;
mod state;
mod text;
mod view;

pub use self::{
    markdown::markdown,
    state::{ResourceView, StateView, rows, state, table},
    text::{Paint, text},
    view::{EnvironmentView, FieldView, PlanView, StepAction, StepView, Summary, Verdict, view},
};
