//! `MaxResults` and `NextToken`.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination>

use std::ops::RangeInclusive;

use super::scene::Call;
use crate::{
    fault::Fault,
    services::paging::{Cut, Page},
};

/// A page that is wanted, of a list whose pages may have these sizes.
#[derive(Debug)]
pub(super) struct Wanted {
    page: Page,
    most: u32,
}

/// Reads which page is wanted; of a list without pages the parameters are not read.
pub(super) fn read(call: &Call<'_>, sizes: RangeInclusive<u32>) -> Result<Wanted, Fault> {
    let wrong = || Fault::client("InvalidNextToken", "The specified NextToken is not valid.");
    let print = call.params.fingerprint(&["NextToken", "MaxResults", "Version"]);
    if sizes.is_empty() {
        let page = Page::new(None, None, &print).ok_or_else(wrong)?;
        return Ok(Wanted { page, most: u32::MAX });
    }
    let size = call.params.number("MaxResults")?.map(|it| within(it, &sizes)).transpose()?;
    let token = call.params.text("NextToken").filter(|it| !it.is_empty());
    let page = Page::new(size, token.as_deref(), &print).ok_or_else(wrong)?;
    let most = call.settings.page.unwrap_or(u32::MAX).min(*sizes.end());
    Ok(Wanted { page, most })
}

fn within(asked: i64, sizes: &RangeInclusive<u32>) -> Result<u32, Fault> {
    let beyond = match u32::try_from(asked) {
        Ok(size) if sizes.contains(&size) => return Ok(size),
        Ok(size) if size > *sizes.end() => format!("less than or equal to {}", sizes.end()),
        Ok(_) | Err(_) => format!("greater than {}", sizes.start()),
    };
    Err(Fault::invalid(format!(
        "Value ( {asked} ) for parameter maxResults is invalid. Expecting a value {beyond}."
    )))
}

/// Cuts the wanted page out of what there is, in the order of keys.
pub(super) fn cut<T>(wanted: Wanted, all: Vec<(String, T)>) -> Cut<T> {
    wanted.page.cut(wanted.most, all)
}
