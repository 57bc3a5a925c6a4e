//! `ListMetrics`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>: what has had no data for
//! two weeks is not listed.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::{Call, invalid, length};
use crate::{
    fault::Fault,
    services::{paging::Page, service::Answer},
};

const PAGE: u32 = 500;
const MOST_FILTERS: usize = 10;
const TWO_WEEKS: Duration = Duration::from_hours(14 * 24);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    name: String,
    value: Option<String>,
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let namespace: Option<String> = call.members.get("Namespace")?;
    let name: Option<String> = call.members.get("MetricName")?;
    let filters: Vec<Filter> = call.members.get("Dimensions")?.unwrap_or_default();
    let recent: Option<String> = call.members.get("RecentlyActive")?;
    let token: Option<String> = call.members.get("NextToken")?;
    for (parameter, text) in [("Namespace", &namespace), ("MetricName", &name)] {
        if let Some(text) = text {
            length(parameter, text, 255)?;
        }
    }
    if filters.len() > MOST_FILTERS {
        return Err(invalid(format!(
            "The collection Dimensions must not have a size greater than {MOST_FILTERS}."
        )));
    }
    if call.members.get("IncludeLinkedAccounts")?.unwrap_or(false)
        || call.members.get::<String>("OwningAccount")?.is_some()
    {
        return Err(Fault::unsupported("metrics of linked accounts"));
    }
    let youngest = match recent.as_deref() {
        None => TWO_WEEKS,
        Some("PT3H") => Duration::from_hours(3),
        Some(other) => {
            let text = format!("The value {other} for parameter RecentlyActive is invalid.");
            return Err(invalid(text));
        }
    };
    let print = format!("{namespace:?} {name:?} {filters:?} {recent:?}");
    let page = Page::new(None, token.as_deref(), &print)
        .ok_or_else(|| invalid("The next token specified is invalid."))?;
    let kept = call.state.metrics.iter().filter(|(_, it)| {
        let filtered = filters.iter().all(|filter| {
            let found = it.name.dimensions.get(&filter.name);
            found.is_some_and(|it| filter.value.as_ref().is_none_or(|value| it == value))
        });
        namespace.as_ref().is_none_or(|one| *one == it.name.namespace)
            && name.as_ref().is_none_or(|one| *one == it.name.metric)
            && filtered
            && it.listed <= call.now
            && (it.is_held() || call.now.since(it.newest) <= youngest)
    });
    let rows = kept.map(|(key, it)| (key.clone(), it.name.shown())).collect();
    let cut = page.cut(call.settings.page.unwrap_or(PAGE).min(PAGE), rows);
    let mut answer = json!({ "Metrics": cut.items });
    if let Some(next) = cut.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}
