//! Pages of lists: a thousand on each, if nothing else is wanted.

use super::{Call, invalid};
use crate::{fault::Fault, services::paging::Page};

const MOST: u32 = 1000;

/// Which page is wanted, and how large one is at most.
pub(super) struct Wanted {
    pub(super) page: Page,
    pub(super) most: u32,
}

/// Reads which page is wanted of the list that `request` asks for.
pub(super) fn wanted(call: &Call<'_>, request: &str) -> Result<Wanted, Fault> {
    let size: Option<u32> = call.members.get("MaxResults")?;
    if size.is_some_and(|it| !(1..=MOST).contains(&it)) {
        return Err(invalid("MaxResults has to be between 1 and 1000."));
    }
    let token: Option<String> = call.members.get("NextToken")?;
    let page = Page::new(size, token.as_deref(), request);
    let page = page.ok_or_else(|| invalid("The NextToken is not valid."))?;
    Ok(Wanted { page, most: call.settings.page.unwrap_or(MOST).min(MOST) })
}
