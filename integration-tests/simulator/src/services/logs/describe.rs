//! Lists of log groups.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListLogGroups.html>.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, LogGroup, constraint, groups::check_class, invalid, names};
use crate::{
    fault::Fault,
    services::paging::Page,
    shelf::{Record, Tags},
};

/// Reads which page is wanted, and gives how large it is at most.
pub(super) fn page(call: &Call<'_>, most: u32, usual: u32, of: &str) -> Result<(Page, u32), Fault> {
    let size: Option<u32> = call.members.get("limit")?;
    if size.is_some_and(|it| !(1..=most).contains(&it)) {
        return Err(constraint("limit", &format!("have value between 1 and {most}")));
    }
    let token: Option<String> = call.members.get("nextToken")?;
    let page = Page::new(Some(size.unwrap_or(usual)), token.as_deref(), of)
        .ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    Ok((page, call.settings.page.unwrap_or(most).min(most)))
}

/// Which groups are wanted.
#[derive(Debug)]
enum Wanted {
    All,
    Beginning(String),
    Containing(String),
    Named(Vec<String>),
}

fn wanted(call: &Call<'_>) -> Result<Wanted, Fault> {
    let members = call.members;
    let prefix: Option<String> = members.get("logGroupNamePrefix")?;
    let pattern: Option<String> = members.get("logGroupNamePattern")?;
    let named: Option<Vec<String>> = members.get("logGroupIdentifiers")?;
    if let Some(named) = named {
        for other in
            ["logGroupNamePrefix", "logGroupNamePattern", "logGroupClass", "limit", "nextToken"]
        {
            if members.get::<Value>(other)?.is_some() {
                let text = format!("logGroupIdentifiers can't be combined with {other}.");
                return Err(invalid(text));
            }
        }
        if !(1..=50).contains(&named.len()) {
            return Err(constraint("logGroupIdentifiers", "have length between 1 and 50"));
        }
        named.iter().try_for_each(|it| names::check("logGroupIdentifiers", it))?;
        return Ok(Wanted::Named(named));
    }
    match (prefix, pattern) {
        (Some(_), Some(_)) => Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        )),
        (Some(prefix), None) => {
            names::check("logGroupNamePrefix", &prefix)?;
            Ok(Wanted::Beginning(prefix))
        }
        (None, Some(pattern)) => {
            names::characters("logGroupNamePattern", &pattern)?;
            Ok(Wanted::Containing(pattern))
        }
        (None, None) => Ok(Wanted::All),
    }
}

fn shown(call: &Call<'_>, group: &Record<LogGroup>, whole: bool) -> Value {
    let arn = call.arn(&group.id);
    let mut shown = json!({
        "arn": format!("{arn}:*"),
        "creationTime": group.created.as_millis(),
        "logGroupName": group.id,
    });
    if !whole {
        return shown;
    }
    let streams = call.state.streams.get(&group.id);
    let stored: usize = streams.into_iter().flatten().map(|it| it.1.bytes()).sum();
    shown["bearerTokenAuthenticationEnabled"] = json!(false);
    shown["deletionProtectionEnabled"] = json!(group.protected);
    shown["logGroupArn"] = json!(arn);
    shown["logGroupClass"] = json!("STANDARD");
    shown["metricFilterCount"] = json!(call.state.filters_of(&group.id));
    shown["storedBytes"] = json!(stored);
    if let Some(days) = group.retention {
        shown["retentionInDays"] = json!(days);
    }
    if let Some(key) = &group.key {
        shown["kmsKeyId"] = json!(key);
    }
    shown
}

fn local(call: &Call<'_>) -> Result<(), Fault> {
    if call.members.get("includeLinkedAccounts")?.unwrap_or(false) {
        return Err(Fault::unsupported("log groups of linked accounts"));
    }
    Ok(())
}

pub(super) fn groups(call: &mut Call<'_>) -> Answer {
    local(call)?;
    check_class(call.members.get::<String>("logGroupClass")?.as_deref())?;
    let wanted = wanted(call)?;
    let (page, most) = page(call, 50, 50, &format!("{wanted:?}"))?;
    let eyes = match wanted {
        Wanted::Named(_) => call.by_id(),
        Wanted::All | Wanted::Beginning(_) | Wanted::Containing(_) => call.in_lists(),
    };
    let kept = call.state.groups.all_seen(eyes).filter(|it| match &wanted {
        Wanted::All => true,
        Wanted::Beginning(prefix) => it.id.starts_with(prefix),
        Wanted::Containing(pattern) => it.id.contains(pattern),
        Wanted::Named(names) => names.contains(&it.id),
    });
    let whole = !matches!(wanted, Wanted::Containing(_));
    let cut = page.cut(most, kept.map(|it| (it.id.clone(), shown(call, it, whole))).collect());
    let mut answer = json!({ "logGroups": cut.items });
    if let Some(next) = cut.next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}

/// A filter by tag.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagged {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

impl Tagged {
    fn keeps(&self, tags: &Tags) -> bool {
        let Some(value) = tags.get(&self.key) else { return false };
        self.values.is_empty() || self.values.iter().any(|it| means(it, value))
    }
}

/// Whether a value is what a filter says: `value`, `!value`, with `*` before or behind it.
fn means(filter: &str, value: &str) -> bool {
    if let Some(other) = filter.strip_prefix('!') {
        return !means(other, value);
    }
    let (low, small) = (value.to_lowercase(), filter.trim_matches('*').to_lowercase());
    match (filter.starts_with('*'), filter.ends_with('*')) {
        (false, false) => filter == value,
        (false, true) => low.starts_with(&small),
        (true, false) => low.ends_with(&small),
        (true, true) => low.contains(&small),
    }
}

/// The parts of a pattern: `^/aws/lambda|discovery`.
fn parts(pattern: &str) -> Result<Vec<&str>, Fault> {
    let parts: Vec<_> = pattern.split('|').collect();
    for part in &parts {
        let text = part.strip_prefix('^').unwrap_or(part);
        names::characters("logGroupNamePattern", text)?;
        if !(3..=24).contains(&text.len()) || parts.len() > 5 {
            return Err(constraint(
                "logGroupNamePattern",
                "have up to five parts of 3 to 24 characters",
            ));
        }
    }
    Ok(parts)
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    local(call)?;
    check_class(call.members.get::<String>("logGroupClass")?.as_deref())?;
    let pattern: Option<String> = call.members.get("logGroupNamePattern")?;
    let tags: Vec<Tagged> = call.members.get("logGroupTags")?.unwrap_or_default();
    if tags.len() > 5 || tags.iter().any(|it| it.values.len() > 5) {
        return Err(constraint("logGroupTags", "have at most 5 keys with at most 5 values each"));
    }
    let parts = pattern.as_deref().map(parts).transpose()?;
    let (page, most) = page(call, 1000, 50, &format!("{pattern:?} {tags:?}"))?;
    let is_named = |name: &str| match &parts {
        None => true,
        Some(parts) => parts.iter().any(|it| match it.strip_prefix('^') {
            Some(prefix) => name.starts_with(prefix),
            None => name.contains(it),
        }),
    };
    let kept = call.state.groups.all_seen(call.in_lists());
    let kept = kept.filter(|it| is_named(&it.id) && tags.iter().all(|tag| tag.keeps(&it.tags)));
    let shown = |it: &Record<LogGroup>| {
        json!({
            "logGroupName": it.id, "logGroupArn": call.arn(&it.id), "logGroupClass": "STANDARD",
        })
    };
    let cut = page.cut(most, kept.map(|it| (it.id.clone(), shown(it))).collect());
    let mut answer = json!({ "logGroups": cut.items });
    if let Some(next) = cut.next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}
