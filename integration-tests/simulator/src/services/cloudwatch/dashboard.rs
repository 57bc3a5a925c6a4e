//! Dashboards: one set of them for all regions.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html> and those beside it. They
//! are kept in one region whichever is asked.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Call, dashboard_body, invalid, tags};
use crate::{
    Settings, Time,
    fault::Fault,
    services::{paging::Page, service::Answer},
    shelf::{Kind, Record},
};

/// The region in which the simulator keeps what has none.
pub(super) const HOME: &str = "us-east-1";
const PAGE: u32 = 1_000;
const MOST_NAMES: usize = 100;

/// A dashboard, by its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Dashboard {
    pub(super) body: String,
    modified: Time,
}

impl Kind for Dashboard {
    const TYPE: &'static str = "dashboard";
    const PREFIX: &'static str = "dashboard";
    const NOUN: &'static str = "dashboard";
    const NOT_FOUND: &'static str = "DashboardNotFoundError";
    const MALFORMED: &'static str = "InvalidParameterValueException";
}

/// The ARN of a dashboard, which has no region.
pub(super) fn arn(settings: &Settings, name: &str) -> String {
    format!("arn:aws:cloudwatch::{}:dashboard/{name}", settings.account)
}

fn refused(message: impl Into<String>) -> Fault {
    Fault::client("DashboardInvalidInputError", message)
}

fn not_found(name: &str) -> Fault {
    Fault::new(404, Dashboard::NOT_FOUND, format!("Dashboard {name} does not exist"))
}

fn is_name(text: &str) -> bool {
    let good = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    (1..=255).contains(&text.len()) && text.chars().all(good)
}

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let name: Option<String> = call.members.get("DashboardName")?;
    let name = name.unwrap_or_default();
    let body: Option<String> = call.members.get("DashboardBody")?;
    let body = body.unwrap_or_default();
    let given = tags::given(call, "Tags")?;
    if !is_name(&name) {
        return Err(refused(format!(
            "The value {name} for field DashboardName contains invalid characters. It can only contain alphanumerics, \
             dash (-) and underscore (_)."
        )));
    }
    let found = dashboard_body::check(&body).map_err(|flaws| {
        refused(format!(
            "The field DashboardBody must be a valid JSON object: {}",
            flaws.join("; ")
        ))
    })?;
    let now = call.now;
    if call.state.dashboards.get(&name).is_some() {
        call.state.dashboards.change(call.stamp, &name, |it| {
            it.body = Dashboard { body, modified: now };
        });
    } else {
        let body = Dashboard { body, modified: now };
        let record = Record { id: name, tags: given.unwrap_or_default(), body };
        call.state.dashboards.add(call.stamp, Some(now), record);
    }
    let messages =
        found.into_iter().map(|(path, text)| json!({ "DataPath": path, "Message": text }));
    Ok(json!({ "DashboardValidationMessages": messages.collect::<Vec<_>>() }))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let name: String = call.required("DashboardName")?;
    let found = call.state.dashboards.seen(&name, call.by_id());
    let dashboard = found.ok_or_else(|| not_found(&name))?;
    Ok(json!({
        "DashboardArn": arn(call.settings, &name), "DashboardBody": dashboard.body.body,
        "DashboardName": name,
    }))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let prefix: Option<String> = call.members.get("DashboardNamePrefix")?;
    let token: Option<String> = call.members.get("NextToken")?;
    let page = Page::new(None, token.as_deref(), &format!("{prefix:?}"))
        .ok_or_else(|| invalid("The next token specified is invalid."))?;
    let all = call.state.dashboards.all_seen(call.in_lists());
    let kept = all.filter(|it| prefix.as_ref().is_none_or(|prefix| it.id.starts_with(prefix)));
    let row = |it: &Record<Dashboard>| {
        json!({
            "DashboardArn": arn(call.settings, &it.id), "DashboardName": it.id,
            "LastModified": it.modified.as_seconds(), "Size": it.body.body.len(),
        })
    };
    let cut = page.cut(
        call.settings.page.unwrap_or(PAGE).min(PAGE),
        kept.map(|it| (it.id.clone(), row(it))).collect(),
    );
    let mut answer = json!({ "DashboardEntries": cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

/// All or none of them go.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let names: Vec<String> = call.required("DashboardNames")?;
    if !(1..=MOST_NAMES).contains(&names.len()) {
        return Err(invalid("The parameter DashboardNames must have 1 to 100 members."));
    }
    let unknown = names.iter().find(|it| call.state.dashboards.get(it).is_none());
    if let Some(name) = unknown {
        return Err(not_found(name));
    }
    for name in names {
        call.state.dashboards.remove(call.stamp, &name);
    }
    Ok(json!({}))
}
