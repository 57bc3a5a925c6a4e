//! A plan as Markdown, for a comment on a pull request.

use super::{
    text::{lines, summary},
    view::{KeptView, PlanView, StepAction, StepView},
};

/// Makes a plan Markdown.
pub fn markdown(plan: &PlanView) -> String {
    let environment = &plan.environment;
    let place = if plan.sandbox { "SANDBOX " } else { "" };
    let mut out = format!(
        "### {place}`{}` in {}, account {}\n\n{}\n",
        environment.name,
        environment.region,
        environment.account,
        summary(plan)
    );
    if !plan.steps.is_empty() {
        out.push_str("\n```diff\n");
        for step in &plan.steps {
            show(&mut out, step);
        }
        out.push_str("```\n");
    }
    if !plan.kept.is_empty() {
        out.push_str("\nKept, though the spec does not declare it:\n\n");
    }
    for KeptView { address, id, reason } in &plan.kept {
        line!(out, "- `{}` (`{}`): {}", fenced(address), fenced(id), fenced(reason));
    }
    if let Some(why) = &plan.refused {
        line!(out, "\n> **Refused**: {why}");
    }
    if !plan.not_built.is_empty() {
        line!(out, "\n> Not built yet, so not compared: {}.", plan.not_built.join(", "));
    }
    out
}

fn show(out: &mut String, step: &StepView) {
    // What a diff block colours: additions, removals, and changes by the exclamation mark.
    let mark = match step.action {
        StepAction::Create | StepAction::Recover => "+",
        StepAction::Remove => "-",
        StepAction::Update | StepAction::Replace | StepAction::Refuse => "!",
        StepAction::Blocked | StepAction::Going => "#",
    };
    let what = match step.action {
        StepAction::Create => "create",
        StepAction::Recover => "take back",
        StepAction::Update => "change",
        StepAction::Replace => "REPLACE",
        StepAction::Remove => "REMOVE",
        StepAction::Refuse => "REFUSED",
        StepAction::Blocked => "blocked",
        StepAction::Going => "going",
    };
    let id = step.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
    line!(out, "{mark} {what} {}{id}", fenced(&step.address));
    let creation = step.action == StepAction::Create;
    for line in step.fields.iter().flat_map(|field| lines(field, creation)) {
        line!(out, "{mark}     {}", fenced(&line));
    }
    for (name, text) in [("effect: ", &step.effect), ("", &step.reason)] {
        if let Some(text) = text {
            line!(out, "{mark}     {name}{}", fenced(text));
        }
    }
}

/// Keeps a value from ending the block it stands in.
fn fenced(text: &str) -> String {
    text.replace("```", "'''").replace(['\n', '\r'], " ")
}
