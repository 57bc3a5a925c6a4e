//! Pages of lists: `MaxResults`, `NextToken`.
//!
//! A token says after which id the next page begins, so that what comes and goes between two
//! pages neither hides nor repeats anything else.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination>

use std::ops::RangeInclusive;

use crate::{fault::Fault, random, wire::query::Reader};

/// Which page is wanted.
#[derive(Debug)]
pub(super) struct Page {
    size: Option<u32>,
    after: Option<String>,
    print: u64,
}

/// A page, and the token of the next.
#[derive(Debug)]
pub(super) struct Cut<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// Reads which page is wanted; where there are no pages, the parameters are not read.
pub(super) fn read(params: &Reader<'_>, sizes: RangeInclusive<u32>) -> Result<Page, Fault> {
    let print = random::fold(0, &params.fingerprint(&["NextToken", "MaxResults", "Version"]));
    if sizes.is_empty() {
        return Ok(Page { size: None, after: None, print });
    }
    let size = params.number("MaxResults")?.map(|asked| within(asked, &sizes)).transpose()?;
    let token = params.text("NextToken").filter(|it| !it.is_empty());
    let after = token.map(|it| decode(&it, print)).transpose()?;
    Ok(Page { size, after, print })
}

fn within(asked: i64, sizes: &RangeInclusive<u32>) -> Result<u32, Fault> {
    match u32::try_from(asked) {
        Ok(size) if sizes.contains(&size) => Ok(size),
        Ok(size) if size > *sizes.end() => Err(Fault::invalid(format!(
            "Value ( {asked} ) for parameter maxResults is invalid. Expecting a value less than or \
             equal to {}.",
            sizes.end()
        ))),
        Ok(_) | Err(_) => Err(Fault::invalid(format!(
            "Value ( {asked} ) for parameter maxResults is invalid. Expecting a value greater than \
             or equal to {}.",
            sizes.start()
        ))),
    }
}

/// Cuts the wanted page out of what there is, in the order of keys.
pub(super) fn cut<T>(
    page: Page,
    cap: Option<u32>,
    sizes: RangeInclusive<u32>,
    mut all: Vec<(String, T)>,
) -> Cut<T> {
    all.sort_by(|a, b| a.0.cmp(&b.0));
    if sizes.is_empty() {
        return Cut { items: all.into_iter().map(|it| it.1).collect(), next: None };
    }
    let size = page.size.unwrap_or(*sizes.end()).min(cap.unwrap_or(u32::MAX)) as usize;
    if let Some(after) = &page.after {
        all.retain(|it| it.0 > *after);
    }
    let more = all.len() > size;
    all.truncate(size);
    let next = all.last().filter(|_| more).map(|it| encode(&it.0, page.print));
    Cut { items: all.into_iter().map(|it| it.1).collect(), next }
}

fn encode(after: &str, print: u64) -> String {
    let sum = random::fold(print, after);
    let hidden = after.bytes().zip(mask(print)).map(|(byte, mask)| byte ^ mask);
    hidden.chain(sum.to_be_bytes()).map(|it| format!("{it:02x}")).collect()
}

fn decode(token: &str, print: u64) -> Result<String, Fault> {
    let wrong = || Fault::client("InvalidNextToken", "The specified NextToken is not valid.");
    let byte = |at: usize| {
        token.get(at..at + 2).and_then(|it| u8::from_str_radix(it, 16).ok()).ok_or_else(wrong)
    };
    if !token.len().is_multiple_of(2) {
        return Err(wrong());
    }
    let bytes: Vec<u8> = (0..token.len()).step_by(2).map(byte).collect::<Result<_, _>>()?;
    let (hidden, sum) = bytes.split_last_chunk::<8>().ok_or_else(wrong)?;
    let clear = hidden.iter().zip(mask(print)).map(|(byte, mask)| byte ^ mask).collect();
    let after = String::from_utf8(clear).map_err(|_| wrong())?;
    if random::fold(print, &after).to_be_bytes() == *sum { Ok(after) } else { Err(wrong()) }
}

/// Bytes that make a token opaque: it tells nobody what it holds.
fn mask(print: u64) -> impl Iterator<Item = u8> {
    let mut rng = random::Rng::new(print);
    std::iter::repeat_with(move || rng.next().to_be_bytes()).flatten()
}
