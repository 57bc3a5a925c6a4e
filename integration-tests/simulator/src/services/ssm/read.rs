//! Values and what is told about them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Call, Parameter, Tier, Type, invalid, key,
    names::{Wanted, wanted},
    public,
    write::{names, not_found},
};
use crate::{fault::Fault, random, services::paging::Page, shelf::Record};

/// What a read shows of a value; a secret stays encrypted unless decryption is asked for.
fn show(
    call: &Call<'_>,
    parameter: &Record<Parameter>,
    version: u64,
    decrypt: bool,
) -> Option<Value> {
    let value = parameter.value(version)?;
    let value = if parameter.kind == Type::SecureString && !decrypt {
        let seal = random::fold(version, value);
        format!("AQICAH{seal:016x}{:016x}", random::fold(seal, &parameter.id))
    } else {
        value.to_owned()
    };
    Some(json!({
        "Name": parameter.id,
        "Type": parameter.kind,
        "Value": value,
        "Version": version,
        "LastModifiedDate": parameter.modified.as_seconds(),
        "ARN": call.arn(&parameter.id),
        "DataType": "text",
    }))
}

/// The value that is asked for.
fn look(call: &Call<'_>, wanted: &Wanted, decrypt: bool) -> Result<Value, Fault> {
    let eyes = call.by_id();
    let found = call.state.parameters.seen(&wanted.name, eyes);
    let parameter = found.ok_or_else(|| not_found(&wanted.name))?;
    if decrypt {
        key::decrypts(call, parameter)?;
    }
    let Some(selector) = &wanted.selector else {
        return show(call, parameter, parameter.version(), decrypt)
            .ok_or_else(|| not_found(&wanted.name));
    };
    let version = selector.parse().ok();
    let shown = version.and_then(|it| show(call, parameter, it, decrypt)).map(|mut it| {
        it["Selector"] = json!(format!(":{selector}"));
        it
    });
    shown.ok_or_else(|| {
        let text = format!(
            "Systems Manager could not find version {selector} of {}. Verify the version and try \
             again.",
            wanted.name
        );
        Fault::client("ParameterVersionNotFound", text)
    })
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let text: String = call.members.need("Name")?;
    let decrypt = call.members.get("WithDecryption")?.unwrap_or_default();
    if let Some(public) = public::look(call, &text)? {
        return Ok(json!({ "Parameter": public }));
    }
    Ok(json!({ "Parameter": look(call, &wanted(&text)?, decrypt)? }))
}

pub(super) fn get_many(call: &mut Call<'_>) -> Answer {
    let decrypt = call.members.get("WithDecryption")?.unwrap_or_default();
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for text in names(call)? {
        let shown = match public::look(call, &text) {
            Ok(Some(public)) => Ok(public),
            Ok(None) => look(call, &wanted(&text)?, decrypt),
            Err(fault) => Err(fault),
        };
        match shown {
            Ok(value) => found.push(value),
            Err(fault) if fault.code == "ParameterNotFound" => invalid.push(text),
            Err(fault) if fault.code == "ParameterVersionNotFound" => invalid.push(text),
            Err(fault) => return Err(fault),
        }
    }
    Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
}

/// A filter of parameters:
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html>.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: String,
    option: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

impl Filter {
    fn option(&self) -> &str {
        self.option.as_deref().unwrap_or("Equals")
    }

    /// Refuses what is no filter, whether or not there is a parameter to hold against it.
    fn check(&self) -> Result<(), Fault> {
        let good: &[&str] = match self.key.as_str() {
            "Name" => &["Equals", "BeginsWith", "Contains"],
            "Path" => &["Recursive", "OneLevel"],
            "Type" | "Tier" | "DataType" | "KeyId" => &["Equals", "BeginsWith"],
            other if other.starts_with("tag:") => &["Equals", "BeginsWith"],
            other => {
                let text = format!("The filter key {other} is not valid.");
                return Err(Fault::client("InvalidFilterKey", text));
            }
        };
        if good.contains(&self.option()) {
            return Ok(());
        }
        let text = format!("The filter option {} is not valid for {}.", self.option(), self.key);
        Err(Fault::client("InvalidFilterOption", text))
    }

    fn keeps(&self, parameter: &Record<Parameter>) -> bool {
        let text = match self.key.as_str() {
            "Name" | "Path" => parameter.id.as_str(),
            "Type" => type_name(parameter.kind),
            "Tier" => tier_name(parameter.tier),
            "DataType" => "text",
            "KeyId" => key::of(parameter).unwrap_or_default(),
            tag => {
                let value = tag.strip_prefix("tag:").and_then(|key| parameter.tags.get(key));
                let Some(value) = value else { return false };
                if self.values.is_empty() {
                    return true;
                }
                value
            }
        };
        self.values.iter().any(|it| match self.option() {
            "BeginsWith" => text.starts_with(it.as_str()),
            "Contains" => text.contains(it.as_str()),
            "Recursive" => below(text, it, true),
            "OneLevel" => below(text, it, false),
            _ => it == text,
        })
    }
}

fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::String => "String",
        Type::StringList => "StringList",
        Type::SecureString => "SecureString",
    }
}

fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Standard => "Standard",
        Tier::Advanced => "Advanced",
    }
}

/// Whether a name is below a path: anywhere, or right below.
fn below(name: &str, path: &str, recursive: bool) -> bool {
    let path = path.trim_end_matches('/');
    let rest = name.strip_prefix(path).and_then(|it| it.strip_prefix('/'));
    rest.is_some_and(|it| recursive || !it.contains('/'))
}

/// Reads which page is wanted.
fn page(call: &Call<'_>, most: u32, request: &str) -> Result<(Page, u32), Fault> {
    let size: Option<u32> = call.members.get("MaxResults")?;
    if let Some(size) = size.filter(|it| !(1..=most).contains(it)) {
        let (word, bound) = if size > most { ("less", most) } else { ("greater", 1) };
        return Err(invalid(format!(
            "1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy \
             constraint: Member must have value {word} than or equal to {bound}"
        )));
    }
    let token: Option<String> = call.members.get("NextToken")?;
    let page = Page::new(size, token.as_deref(), request)
        .ok_or_else(|| Fault::client("InvalidNextToken", "The specified token is not valid."))?;
    Ok((page, call.settings.page.unwrap_or(most).min(most)))
}

pub(super) fn by_path(call: &mut Call<'_>) -> Answer {
    let path: String = call.members.need("Path")?;
    let recursive = call.members.get("Recursive")?.unwrap_or_default();
    let decrypt = call.members.get("WithDecryption")?.unwrap_or_default();
    let filters: Vec<Filter> = call.members.get("ParameterFilters")?.unwrap_or_default();
    if !path.starts_with('/') {
        return Err(invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must \
             begin with a forward slash \"/\".",
        ));
    }
    let public = public::below(call, &path);
    if path.starts_with("/aws/") && public.is_none() {
        return Err(Fault::unsupported(format!("the public parameters below {path}")));
    }
    if let Some(filter) = filters.iter().find(|it| !matches!(it.key.as_str(), "Type" | "KeyId")) {
        return Err(match filter.key.as_str() {
            "Label" => Fault::unsupported("labels of parameters"),
            other => {
                let text = format!("The filter key {other} is not valid.");
                Fault::client("InvalidFilterKey", text)
            }
        });
    }
    filters.iter().try_for_each(Filter::check)?;
    let (page, most) = page(call, 10, &format!("{path} {recursive} {filters:?}"))?;
    let mut all = public.unwrap_or_default();
    for it in call.state.parameters.all_seen(call.in_lists()) {
        if below(&it.id, &path, recursive) && keep(&filters, it) {
            if decrypt {
                key::decrypts(call, it)?;
            }
            let shown = show(call, it, it.version(), decrypt);
            all.extend(shown.map(|value| (it.id.clone(), value)));
        }
    }
    Ok(listed(page.cut(most, all)))
}

/// Whether every filter keeps it.
fn keep(filters: &[Filter], parameter: &Record<Parameter>) -> bool {
    filters.iter().all(|filter| filter.keeps(parameter))
}

fn listed(cut: crate::services::paging::Cut<Value>) -> Value {
    let mut answer = json!({ "Parameters": cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    answer
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let filters: Vec<Filter> = call.members.get("ParameterFilters")?.unwrap_or_default();
    if call.members.get("Shared")?.unwrap_or_default() {
        return Err(Fault::unsupported("shared parameters"));
    }
    filters.iter().try_for_each(Filter::check)?;
    let (page, most) = page(call, 50, &format!("{filters:?}"))?;
    let mut all = Vec::new();
    for it in call.state.parameters.all_seen(call.in_lists()) {
        if keep(&filters, it) {
            all.push((it.id.clone(), metadata(call, it)));
        }
    }
    Ok(listed(page.cut(most, all)))
}

fn metadata(call: &Call<'_>, parameter: &Record<Parameter>) -> Value {
    let mut shown = json!({
        "Name": parameter.id,
        "ARN": call.arn(&parameter.id),
        "Type": parameter.kind,
        "LastModifiedDate": parameter.modified.as_seconds(),
        "LastModifiedUser": parameter.by,
        "Version": parameter.version(),
        "Tier": parameter.tier,
        "Policies": [],
        "DataType": "text",
    });
    if let Some(description) = &parameter.description {
        shown["Description"] = json!(description);
    }
    if let Some(key) = key::of(parameter) {
        shown["KeyId"] = json!(key);
    }
    shown
}
