//! Pages of what is tagged: the token is empty where there is no next page, and is good for
//! fifteen minutes.
//!
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>

use std::time::Duration;

use super::{Call, invalid};
use crate::{Time, fault::Fault, services::paging::Page};

const LASTS: Duration = Duration::from_mins(15);

/// Reads which page of `size` is wanted.
pub(super) fn page(call: &Call<'_>, size: Option<u32>, request: &str) -> Result<Page, Fault> {
    let wrong = || invalid("The PaginationToken is not valid.");
    let token: Option<String> = call.members.get("PaginationToken")?;
    let Some(token) = token.filter(|it| !it.is_empty()) else {
        return Page::new(size, None, request).ok_or_else(wrong);
    };
    let (given, token) = token.split_once('.').ok_or_else(wrong)?;
    let given = u64::from_str_radix(given, 16).map_err(|_| wrong())?;
    if call.now.since(Time::from_millis(given)) > LASTS {
        return Err(Fault::client(
            "PaginationTokenExpiredException",
            "The PaginationToken has expired. A PaginationToken is valid for a maximum of 15 \
             minutes.",
        ));
    }
    Page::new(size, Some(token), request).ok_or_else(wrong)
}

/// The token of the next page, as answers carry it.
pub(super) fn token(call: &Call<'_>, next: Option<&str>) -> String {
    next.map(|it| format!("{:x}.{it}", call.now.as_millis())).unwrap_or_default()
}
