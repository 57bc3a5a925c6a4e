//! What to say to somebody who wrote something else than what belongs there, where the problem itself does
//! not say it: the schema knows what belongs there.

use crate::{
    problem::{Code, Draft},
    quickstart::{self, Became},
    schema,
};

/// Lets the schema help with a problem at `path`. `is_named` says whether the path ends with the field the
/// problem is about, and not with the one around it.
pub(crate) fn with_help(draft: Draft, path: &str, is_named: bool) -> Draft {
    if draft.has_help() {
        return draft;
    }
    let (around, name) = path.rsplit_once(['.', '[']).unwrap_or(("", path));
    let help = if draft.code == Code::UnknownField && !is_named {
        // The name of a field that is not shown is not known here either: the path ends around it.
        known_fields(path)
    } else if draft.code == Code::UnknownField {
        unknown_field(around, name)
    } else if draft.code == Code::WrongType {
        how_to_write(path, name)
    } else if draft.code == Code::Count {
        schema::example(path).map(|example| format!("for example `{name}: {example}`"))
    } else if draft.code == Code::MissingField {
        let only = schema::only_value(path).map(|value| format!("write `{name}: {value}`"));
        only.or_else(|| Some(format!("`{name}`: {}", schema::summary(path)?)))
    } else {
        None
    };
    match help {
        Some(help) => draft.help(help),
        None => draft,
    }
}

fn unknown_field(around: &str, name: &str) -> Option<String> {
    match quickstart::successor(name) {
        Some(Became::Field(field)) => {
            return Some(format!("what the AWS quickstart calls `{name}` is `{field}`"));
        }
        Some(Became::Nothing) => {
            return Some(format!(
                "nothing takes the place of the AWS quickstart's `{name}`: docs/quickstart-parameters.md says why"
            ));
        }
        None => {}
    }
    let lower = name.to_lowercase();
    if lower.contains("password") || lower.contains("secret") {
        return Some("passwords do not stand in this file, and one that did is to be changed: `spec.secrets` says where they come from".to_owned());
    }
    let known = known_fields(around);
    match schema::nearest(name, around) {
        Some(other) => {
            let known = known.map(|known| format!(" {}", capital(&known))).unwrap_or_default();
            Some(format!("did you mean `{other}`?{known}"))
        }
        None => known,
    }
}

fn known_fields(around: &str) -> Option<String> {
    let known = schema::fields(around);
    (!known.is_empty()).then(|| format!("known here are {}", known.join(", ")))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

fn how_to_write(path: &str, name: &str) -> Option<String> {
    if let Some(example) = schema::example(path) {
        return Some(if example.starts_with("a list") {
            example.to_owned()
        } else {
            format!("for example `{name}: {example}`")
        });
    }
    let fields = schema::fields(path);
    if fields.contains(&"enabled") {
        return Some(format!("for example `{name}: {{enabled: true}}`"));
    }
    (!fields.is_empty()).then(|| format!("its fields are {}", fields.join(", ")))
}
