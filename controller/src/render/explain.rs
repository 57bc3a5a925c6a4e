//! What is known of a field, as text and as a reference.

use clctl_spec::Explained;
use owo_colors::Style;

use super::text::Paint;

/// How wide text is.
const WIDTH: usize = 96;

/// One field, and the names of those in it; `status` is what is to be said of it besides.
pub fn field(explained: &Explained, status: Option<&str>, paint: Paint) -> String {
    let mut out = String::new();
    let head = |text: &str| paint.with(text, Style::new().bold());
    line!(out, "{}  ChainlinkNode", head("KIND:   "));
    line!(out, "{}  {}", head("VERSION:"), clctl_spec::API_VERSION);
    if !explained.path.is_empty() {
        line!(
            out,
            "\n{}  {} <{}>{}",
            head("FIELD:  "),
            explained.path,
            explained.r#type,
            must(explained)
        );
    }
    line!(out, "\n{}", head("DESCRIPTION:"));
    out.push_str(&wrap(&explained.description, 4));
    let mut facts = facts(explained);
    facts.extend(status.map(|status| ("STATUS", status.to_owned())));
    if !facts.is_empty() {
        out.push('\n');
    }
    for (name, fact) in facts {
        let name = format!("{name}:");
        line!(out, "{} {}", head(&format!("{name:<9}")), wrap(&fact, 10).trim_start());
        // One line each, so the end of the text above is taken away.
        while out.ends_with("\n\n") {
            out.pop();
        }
    }
    if !explained.fields.is_empty() {
        line!(out, "\n{}", head("FIELDS:"));
        for field in explained.fields.iter().filter(|field| is_ours(field)) {
            let default = default(field).map(|default| format!(", default {default}"));
            line!(
                out,
                "  {} <{}>{}{}",
                head(name(field)),
                field.r#type,
                must(field),
                default.unwrap_or_default()
            );
            out.push_str(&wrap(first_sentence(&field.description), 6));
        }
    }
    out
}

/// All fields below one, each a line.
pub fn tree(explained: &Explained, paint: Paint) -> String {
    let mut out = String::new();
    branch(&mut out, explained, 0, paint);
    out
}

fn branch(out: &mut String, explained: &Explained, depth: usize, paint: Paint) {
    for field in explained.fields.iter().filter(|field| is_ours(field)) {
        let default = default(field).map(|default| format!("  # {default}")).unwrap_or_default();
        line!(
            out,
            "{:indent$}{} <{}>{}{default}",
            "",
            paint.with(name(field), Style::new().bold()),
            field.r#type,
            must(field),
            indent = 2 * depth
        );
        branch(out, field, depth + 1, paint);
    }
}

/// A reference of every field below one, in Markdown.
pub fn reference(explained: &Explained, level: usize) -> String {
    let mut out = String::new();
    section(&mut out, explained, level);
    out
}

fn section(out: &mut String, explained: &Explained, level: usize) {
    let title = if explained.path.is_empty() { "ChainlinkNode" } else { &explained.path };
    line!(out, "{} {title}\n\n{}\n", "#".repeat(level), explained.description);
    line!(
        out,
        "| field | type | default | may be | a change | meaning |\n|---|---|---|---|---|---|"
    );
    for field in explained.fields.iter().filter(|field| is_ours(field)) {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let default = match default(field) {
            Some(default) => default,
            None if field.required => "**must be written**".to_owned(),
            None => "–".to_owned(),
        };
        let mut allowed: Vec<String> = field.allowed.iter().map(|it| code_after(it)).collect();
        if let Some(unit) = &field.unit {
            allowed.push(unit.clone());
        }
        let mut meaning = field.description.clone();
        if let Some(source) = field.source.as_deref().filter(|it| it.starts_with("https:")) {
            meaning = format!("{meaning} [source]({source})");
        }
        line!(
            out,
            "| `{}` | {} | {} | {} | {} | {} |",
            name(field),
            cell(&field.r#type),
            cell(&default),
            cell(&allowed.join("; ")),
            cell(&change(field).unwrap_or_default()),
            cell(&meaning)
        );
    }
    out.push('\n');
    for field in explained.fields.iter().filter(|field| !field.fields.is_empty()) {
        section(out, field, level);
    }
}

/// Patterns are code in Markdown: their stars are no emphasis.
fn code_after(allowed: &str) -> String {
    match allowed.split_once("matches ") {
        Some((before, pattern)) => format!("{before}matches `{pattern}`"),
        None => allowed.to_owned(),
    }
}

/// Whether it is for the user to write: not what an API server adds.
fn is_ours(field: &Explained) -> bool {
    !field.path.starts_with("metadata.") || field.change.is_some()
}

fn name(field: &Explained) -> &str {
    field.path.rsplit('.').next().unwrap_or_default()
}

fn must(field: &Explained) -> &'static str {
    if field.required { " -required-" } else { "" }
}

fn default(field: &Explained) -> Option<String> {
    if let Some(derived) = &field.derived_default {
        return Some(derived.clone());
    }
    let value = field.default.as_ref()?;
    // What has fields of its own says of each what its default is.
    let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty);
    if is_empty && !field.fields.is_empty() {
        return None;
    }
    Some(value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
}

fn change(explained: &Explained) -> Option<String> {
    let kind = match explained.change.as_deref()? {
        "in-place" => "in place",
        "interrupts" => "in place, and interrupts",
        "replaces" => "by replacing",
        "refused" => "refused",
        other => other,
    };
    Some(match &explained.effect {
        Some(effect) => format!("{kind}: {effect}"),
        None => kind.to_owned(),
    })
}

fn facts(explained: &Explained) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut fact = |name, text: Option<String>| facts.extend(text.map(|text| (name, text)));
    fact("DEFAULT", default(explained));
    let allowed = explained.allowed.join("; ");
    fact("ALLOWED", Some(allowed).filter(|allowed| !allowed.is_empty()));
    fact("UNIT", explained.unit.clone());
    fact("EXAMPLE", explained.example.clone());
    fact("CHANGE", change(explained));
    fact("SOURCE", explained.source.clone());
    facts
}

fn first_sentence(text: &str) -> &str {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or(text)
}

/// Text in lines that are not too long, each after so many spaces.
fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
    for paragraph in text.split('\n') {
        let mut width = 0;
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if width == 0 {
                out.push_str(&" ".repeat(indent));
                width = indent;
            } else if width + 1 + length > WIDTH {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                width = indent;
            } else {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        let long = "word ".repeat(40);
        let wrapped = wrap(&long, 4);
        assert!(wrapped.lines().all(|line| line.starts_with("    ") && line.len() <= WIDTH));
        assert_eq!(wrapped.split_whitespace().count(), 40);
    }
}
