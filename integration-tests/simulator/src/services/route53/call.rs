//! What an operation of Route 53 works with.

use std::collections::BTreeMap;

use super::{Route53, alias::Target};
use crate::{
    Settings, Span, Time,
    fault::Fault,
    random::Rng,
    shelf::{Eyes, Stamp},
    wire::query::Reader,
    world::Region,
};

/// A call: a copy of what Route 53 holds, kept if the call succeeds, and a request.
pub(super) struct Call<'a> {
    pub(super) settings: &'a Settings,
    pub(super) route53: &'a mut Route53,
    pub(super) regions: &'a BTreeMap<String, Region>,
    /// What an alias may target beyond the records of its zone.
    pub(super) targets: &'a [Target],
    pub(super) params: Reader<'a>,
    pub(super) rng: Rng,
    pub(super) now: Time,
    pub(super) stamp: Stamp,
    /// How far behind the replica is that answers this call.
    behind: u64,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        route53: &'a mut Route53,
        (regions, targets): (&'a BTreeMap<String, Region>, &'a [Target]),
        params: Reader<'a>,
        (mut rng, now): (Rng, Time),
    ) -> Self {
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        let behind = rng.below(1000);
        Self { settings, route53, regions, targets, params, rng, now, stamp, behind }
    }

    /// How this call reads lists of hosted zones.
    pub(super) fn in_lists(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: true }
    }

    /// The moment at which something that takes `span` is done.
    pub(super) fn after(&mut self, span: Span) -> Time {
        self.now + self.settings.lasting(&mut self.rng, span)
    }

    /// An id of a new thing: a letter, and letters and digits.
    pub(super) fn new_id(&mut self, first: char) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let mut id = String::from(first);
        while id.len() < 20 {
            id.extend(self.rng.pick(LETTERS).map(|it| char::from(*it)));
        }
        id
    }

    /// A text that has to be given.
    pub(super) fn need(&self, name: &str) -> Result<String, Fault> {
        let value = self.params.text(name).filter(|it| !it.is_empty());
        value.ok_or_else(|| {
            invalid(format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy constraint: \
                 Member must not be null"
            ))
        })
    }

    /// How many things a page shall have: AWS gives the most there can be if more are asked for.
    pub(super) fn page_size(&self, most: u32) -> Result<(usize, String), Fault> {
        let largest = self.settings.page.unwrap_or(most).min(most);
        let asked = match self.params.text("MaxItems") {
            None => most,
            Some(text) => match text.parse::<u32>() {
                Ok(size) if size > 0 => size.min(most),
                Ok(_) | Err(_) => {
                    return Err(invalid(format!("Invalid parameter: maxitems is {text}")));
                }
            },
        };
        Ok((asked.min(largest) as usize, asked.to_string()))
    }
}

/// The caller's mistake, as Route 53 says it when it has no word of its own for it.
pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidInput", message)
}
