//! A plan as text.

use owo_colors::{OwoColorize, Style};

use crate::engine::Change;

use super::view::{
    FieldView, KeptView, PlanView, StepAction, StepView, Verdict, field as field_view,
};

/// Whether to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Yes.
    Colour,
    /// No.
    Plain,
}

impl Paint {
    pub(super) fn with(self, text: &str, style: Style) -> String {
        match self {
            Self::Colour => text.style(style).to_string(),
            Self::Plain => text.to_owned(),
        }
    }
}

/// Symbol and colour of an action.
pub(super) fn symbol(action: StepAction) -> (&'static str, Style) {
    let style = Style::new();
    match action {
        StepAction::Create => ("+", style.green()),
        StepAction::Recover => ("<+", style.green()),
        StepAction::Update => ("~", style.yellow()),
        StepAction::Replace => ("-/+", style.magenta()),
        StepAction::Remove => ("-", style.red()),
        StepAction::Refuse => ("!", style.red().bold()),
        StepAction::Blocked => ("?", style.cyan()),
        StepAction::Going => ("…", style.dimmed()),
    }
}

/// Makes a plan text.
pub fn text(plan: &PlanView, paint: Paint) -> String {
    let mut out = String::new();
    let place = if plan.sandbox { "SANDBOX " } else { "" };
    let environment = &plan.environment;
    let head = format!(
        "{place}{} in {}, account {}",
        environment.name, environment.region, environment.account
    );
    line!(out, "{}", paint.with(&head, Style::new().bold()));
    for step in &plan.steps {
        out.push('\n');
        show(&mut out, step, paint);
    }
    if !plan.kept.is_empty() {
        out.push_str("\nKept, though the spec does not declare it:\n");
    }
    for KeptView { address, id, reason } in &plan.kept {
        let id = paint.with(id, Style::new().dimmed());
        line!(out, "  = {address}  {id}\n      {reason}");
    }
    if let Some(why) = &plan.refused {
        line!(out, "\n{} {why}", paint.with("!", Style::new().red().bold()));
    }
    line!(out, "\n{}", summary(plan));
    if !plan.not_built.is_empty() {
        line!(out, "Not built yet, so not compared: {}.", plan.not_built.join(", "));
    }
    out
}

/// What differs, a line for each thing.
pub fn comparison(change: &Change) -> String {
    let mut out = String::new();
    for field in &change.fields {
        for text in lines(&field_view(field), false) {
            line!(out, "  {text}");
        }
    }
    out
}

/// What a plan comes to, in a sentence or two.
pub(super) fn summary(plan: &PlanView) -> String {
    let counts = &plan.summary;
    if plan.verdict == Verdict::NoChanges {
        let objects = counts.unchanged;
        return format!("No changes: AWS is as declared ({objects} objects compared).");
    }
    let mut parts = Vec::new();
    for (count, what) in [
        (counts.create, "to create"),
        (counts.recover, "to take back"),
        (counts.update, "to change"),
        (counts.replace, "to replace"),
        (counts.remove, "to remove"),
        (counts.unchanged, "unchanged"),
        (counts.blocked, "blocked"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let mut text = if parts.is_empty() {
        "Plan: nothing can be said.".to_owned()
    } else {
        format!("Plan: {}.", parts.join(", "))
    };
    if counts.changes() > 0 {
        text.push_str(" Takes ");
        text.push_str(&roughly(plan.expected_seconds));
        text.push('.');
    }
    text.push_str(match plan.verdict {
        Verdict::Unknown => " Not everything could be read: see the lines marked ?.",
        Verdict::Refused => " Not all of it can be done: see the lines marked ? or !.",
        Verdict::NoChanges | Verdict::Changes => "",
    });
    text
}

pub(super) fn roughly(seconds: u64) -> String {
    match seconds {
        0..60 => "less than a minute".into(),
        _ => format!("about {} minutes", seconds.div_ceil(60)),
    }
}

fn show(out: &mut String, step: &StepView, paint: Paint) {
    let (mark, style) = symbol(step.action);
    let id = step.id.as_deref().map(|id| format!("  {id}")).unwrap_or_default();
    let mark = paint.with(&format!("{mark:>3}"), style);
    line!(
        out,
        "{mark} {}{}",
        paint.with(&step.address, Style::new().bold()),
        paint.with(&id, Style::new().dimmed())
    );
    let creation = step.action == StepAction::Create;
    for field in &step.fields {
        for line in lines(field, creation) {
            line!(out, "      {line}");
        }
    }
    if let Some(effect) = &step.effect {
        line!(out, "      effect: {effect}");
    }
    if let Some(reason) = &step.reason {
        line!(out, "      {reason}");
    }
}

/// One line for each thing that differs: field, old → new, what it costs.
pub(super) fn lines(field: &FieldView, creation: bool) -> Vec<String> {
    if creation && field.field == "tags" {
        let count = field.to.as_object().map_or(0, serde_json::Map::len);
        return vec![format!("{:<30} {count} tags", field.field)];
    }
    let cost = match field.cost {
        _ if creation => "",
        "inPlace" => "  (in place)",
        "interrupts" => "  (interrupts)",
        "replace" => "  (only by a new one)",
        _ => "  (must not change)",
    };
    field
        .differences
        .iter()
        .map(|difference| {
            let name = if difference.within.is_empty() {
                field.field.clone()
            } else {
                format!("{}[{}]", field.field, difference.within)
            };
            let change = match (&difference.from, &difference.to) {
                (None, Some(to)) if creation => to.clone(),
                (None, Some(to)) => format!("+ {to}"),
                (Some(from), None) => format!("- {from}"),
                (Some(from), Some(to)) => format!("{from} → {to}"),
                (None, None) => String::new(),
            };
            format!("{name:<30} {change}{cost}")
        })
        .collect()
}
