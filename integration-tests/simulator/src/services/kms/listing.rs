//! Pages of KMS's lists: `Limit`, `Marker`, `Truncated`, `NextMarker`.
//!
//! The model allows a `Limit` of up to 1000 everywhere; where the reference says less, the page is
//! what the reference says ("it might return fewer").

use serde_json::{Value, json};

use super::{Call, constraint};
use crate::{fault::Fault, services::paging::Page};

const LARGEST: u32 = 1000;

/// Cuts the page that the call asks for out of a list, in the order of the items' names; without a
/// `Limit` it has `usual` items, and never more than `most`.
pub(super) fn answer(
    call: &Call<'_>,
    (usual, most): (u32, u32),
    request: &str,
    (name, items): (&str, Vec<(String, Value)>),
) -> Result<Value, Fault> {
    let limit: Option<u32> = call.members.get("Limit")?;
    if let Some(limit) = limit.filter(|it| !(1..=LARGEST).contains(it)) {
        let rule = if limit > LARGEST {
            format!("have value less than or equal to {LARGEST}")
        } else {
            "have value greater than or equal to 1".to_owned()
        };
        return Err(constraint(limit, "limit", &rule));
    }
    let marker: Option<String> = call.members.get("Marker")?;
    let page = Page::new(Some(limit.unwrap_or(usual)), marker.as_deref(), request)
        .ok_or_else(|| Fault::client("InvalidMarkerException", "Could not deserialize marker"))?;
    let cut = page.cut(call.settings.page.unwrap_or(most).min(most), items);
    let mut answer = json!({ name: cut.items, "Truncated": cut.next.is_some() });
    if let Some(next) = cut.next {
        answer["NextMarker"] = json!(next);
    }
    Ok(answer)
}
