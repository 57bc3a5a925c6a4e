//! What an operation of SNS works with.

use super::{Sns, names};
use crate::{
    Settings, Time,
    fault::Fault,
    random::Rng,
    services::{Iam, Identity, Kms, Site, form::Request, paging::Page},
    shelf::{Eyes, Stamp, Tags},
    wire::{query::Reader, xml::Xml},
};

/// Every page of every list.
const PAGE: u32 = 100;

/// A call: a copy of what the service holds, kept if the call succeeds, and a request.
pub(super) struct Call<'a> {
    pub(super) settings: &'a Settings,
    pub(super) region: &'a str,
    pub(super) state: &'a mut Sns,
    pub(super) kms: &'a Kms,
    pub(super) iam: &'a Iam,
    /// In whose name it happens.
    pub(super) identity: &'a Identity,
    pub(super) params: Reader<'a>,
    pub(super) rng: Rng,
    pub(super) now: Time,
    pub(super) stamp: Stamp,
    /// How far behind the replica is that answers this call.
    behind: u64,
}

impl<'a> Call<'a> {
    pub(super) fn new(request: Request<'a>, state: &'a mut Sns, kms: &'a Kms) -> Self {
        let Request { params, settings, region, iam, identity, mut rng, now, .. } = request;
        let stamp = Stamp::draw(&settings.lag, &mut rng, now);
        let behind = rng.below(1000);
        Self { settings, region, state, kms, iam, identity, params, rng, now, stamp, behind }
    }

    /// Where and when it happens.
    pub(super) fn site(&self) -> Site<'_> {
        Site { settings: self.settings, iam: self.iam, region: self.region, now: self.now }
    }

    /// How this call reads what is named.
    pub(super) fn by_id(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: false }
    }

    /// How this call reads lists.
    pub(super) fn in_lists(&self) -> Eyes {
        Eyes { now: self.now, behind: self.behind, list: true }
    }

    /// The ARN of a topic, or of a subscription by `topic:id`.
    pub(super) fn arn(&self, path: &str) -> String {
        names::arn(self.settings, self.region, path)
    }

    /// A text that has to be given.
    pub(super) fn need(&self, name: &str) -> Result<String, Fault> {
        let given = self.params.text(name).filter(|it| !it.is_empty());
        given.ok_or_else(|| invalid(format!("{name} Reason: no value for required parameter")))
    }

    /// A map of texts: `Attributes.entry.1.key`, `Attributes.entry.1.value`.
    pub(super) fn map(&self, name: &str) -> Tags {
        let entries = self.params.structs(&format!("{name}.entry"));
        let part = |it: &Reader<'_>, name: &str| it.text(name).unwrap_or_default();
        entries.iter().map(|it| (part(it, "key"), part(it, "value"))).collect()
    }

    /// Cuts the wanted page out of what there is, in the order of keys, and writes it as a list of that name.
    pub(super) fn page(&self, list: &str, all: Vec<(String, Xml)>) -> Result<Xml, Fault> {
        let token = self.params.text("NextToken").filter(|it| !it.is_empty());
        let print = self.params.fingerprint(&["NextToken", "Version"]);
        let page = Page::new(None, token.as_deref(), &print)
            .ok_or_else(|| invalid("NextToken Reason: the token is not one of this list"))?;
        let cut = page.cut(self.settings.page.unwrap_or(PAGE).min(PAGE), all);
        Ok(Xml::new().members(list, "member", cut.items).maybe("NextToken", cut.next))
    }
}

/// The caller's mistake, as SNS says nearly all of them.
pub(super) fn invalid(what: impl std::fmt::Display) -> Fault {
    Fault::client("InvalidParameter", format!("Invalid parameter: {what}"))
}

/// A map of texts, as answers have it.
pub(super) fn entries(name: &str, all: impl IntoIterator<Item = (&'static str, String)>) -> Xml {
    let entry = |(key, value): (&str, String)| Xml::new().text("key", key).text("value", value);
    Xml::new().members(name, "entry", all.into_iter().map(entry))
}
