//! What an operation of IAM works with.

use super::Iam;
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    services::paging::Page,
    shelf::{Eyes, Stamp},
    wire::{query::Reader, xml::Xml},
};

/// The largest page of any list, and the page when none is asked for.
const LARGEST_PAGE: u32 = 1000;
const USUAL_PAGE: u32 = 100;

/// A call: a copy of what IAM holds, kept if the call succeeds, and a request.
pub(super) struct Call<'a> {
    pub(super) settings: &'a Settings,
    pub(super) iam: &'a mut Iam,
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
        iam: &'a mut Iam,
        params: Reader<'a>,
        mut rng: Rng,
        now: Time,
    ) -> Self {
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        let behind = rng.below(1000);
        Self { settings, iam, params, rng, now, stamp, behind }
    }

    /// How this call reads what is named.
    pub(super) fn by_id(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: false }
    }

    /// How this call reads lists.
    pub(super) fn in_lists(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: true }
    }

    /// A unique id of a new thing: `AROA` and seventeen letters and digits.
    pub(super) fn unique_id(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut id = prefix.to_owned();
        while id.len() < 21 {
            id.extend(self.rng.pick(LETTERS).map(|it| char::from(*it)));
        }
        id
    }

    /// A text that has to be given.
    pub(super) fn need(&self, name: &str) -> Result<String, Fault> {
        self.params.text(name).ok_or_else(|| {
            let member = lower_first(name);
            invalid(format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy \
                 constraint: Member must not be null"
            ))
        })
    }

    /// A number between two, if it is given.
    pub(super) fn number(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, Fault> {
        let Some(text) = self.params.text(name) else { return Ok(None) };
        let beyond = match text.parse::<i64>() {
            Ok(number) => match u32::try_from(number) {
                Ok(size) if (least..=most).contains(&size) => return Ok(Some(size)),
                Ok(size) if size > most => {
                    format!("Member must have value less than or equal to {most}")
                }
                Ok(_) | Err(_) => {
                    format!("Member must have value greater than or equal to {least}")
                }
            },
            Err(_) => "Member must be an integer".to_owned(),
        };
        Err(violates(&text, name, &beyond))
    }

    /// Cuts the wanted page out of what there is, in the order of keys, and writes it.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>: `Marker`,
    /// `MaxItems`, and `IsTruncated` in the answer.
    pub(super) fn page(
        &self,
        all: Vec<(String, Xml)>,
        write: impl FnOnce(Vec<Xml>) -> Xml,
    ) -> Result<Xml, Fault> {
        let size = self.number("MaxItems", 1, LARGEST_PAGE)?.unwrap_or(USUAL_PAGE);
        let marker = self.params.text("Marker");
        let print = self.params.fingerprint(&["Marker", "MaxItems", "Version"]);
        let page = Page::new(Some(size), marker.as_deref(), &print)
            .ok_or_else(|| invalid("Invalid Marker."))?;
        let cut = page.cut(self.settings.page.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE), all);
        Ok(write(cut.items).text("IsTruncated", cut.next.is_some()).maybe("Marker", cut.next))
    }
}

/// The name under which AWS's error texts know a parameter.
fn lower_first(name: &str) -> String {
    let first = name.chars().take(1).map(|it| it.to_ascii_lowercase());
    first.chain(name.chars().skip(1)).collect()
}

/// The caller's mistake, as IAM says it when it has no word of its own for it.
pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

/// A value that breaks a constraint.
pub(super) fn violates(value: &str, name: &str, constraint: &str) -> Fault {
    let member = lower_first(name);
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
         {constraint}"
    ))
}

pub(super) fn no_such(message: impl Into<String>) -> Fault {
    Fault::new(404, "NoSuchEntity", message)
}

pub(super) fn exists(message: impl Into<String>) -> Fault {
    Fault::new(409, "EntityAlreadyExists", message)
}

pub(super) fn conflict(message: impl Into<String>) -> Fault {
    Fault::new(409, "DeleteConflict", message)
}

/// More than the account may have.
pub(super) fn exceeds(quota: &str, most: impl std::fmt::Display) -> Fault {
    Fault::new(409, "LimitExceeded", format!("Cannot exceed quota for {quota}: {most}"))
}

pub(super) fn malformed(message: impl Into<String>) -> Fault {
    Fault::client("MalformedPolicyDocument", message)
}

/// A list of texts.
pub(super) fn texts(all: impl IntoIterator<Item = Xml>) -> Xml {
    all.into_iter().fold(Xml::new(), Xml::with)
}
