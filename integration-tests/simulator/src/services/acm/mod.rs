//! ACM: certificates that a user has, and asks for.
//!
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_Operations.html>. Public certificates that ACM issues;
//! whoever owns the domain has to prove it, which is done from outside. Imported certificates, private authorities,
//! exports and renewals are not modelled.

mod certificates;
mod drift;
mod list;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use self::certificates::Certificate;
use super::service::{self, Answer, Operation, Service};
use crate::{
    Time,
    fault::Fault,
    shelf::{AnyShelf, Eyes, Kind as _, Shelf},
    throttle::{self, Rate},
    world::{Drift, Region, Retag},
};

/// What it holds in a region, by ARN.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Acm {
    certificates: Shelf<Certificate>,
    /// The tokens of requests: when they came, what they asked for, and what came of it.
    tokens: BTreeMap<String, (Time, String, String)>,
}

type Call<'a> = service::Call<'a, Acm>;

/// Whether a listener can show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usable {
    Yes,
    /// It is not issued, or not valid any more.
    No,
    /// There is no such certificate.
    Unknown,
}

impl Acm {
    /// Whether a listener can show a certificate; with eyes only if a replica knows it already.
    pub(crate) fn usable(&self, arn: &str, eyes: Option<Eyes>, now: Time) -> Usable {
        let known = eyes.is_none_or(|it| self.certificates.seen(arn, it).is_some());
        match self.certificates.get(arn).filter(|_| known) {
            None => Usable::Unknown,
            Some(it) if it.status(now) == "ISSUED" => Usable::Yes,
            Some(_) => Usable::No,
        }
    }

    /// A certificate that is issued and has been there for long.
    pub(crate) fn bring(&mut self, now: Time, arn: &str, domain: &str) {
        if self.certificates.get(arn).is_none() {
            let (stamp, record) = certificates::issued(now, arn, domain);
            self.certificates.add(stamp, Some(now), record);
        }
    }
}

impl Service for Acm {
    const NAME: &'static str = "acm";
    const TARGET: &'static str = "CertificateManager";
    const OPERATIONS: &'static [Operation<Self>] = &[
        ("AddTagsToCertificate", true, tags::add),
        ("DeleteCertificate", true, certificates::delete),
        ("DescribeCertificate", false, certificates::describe),
        ("ListCertificates", false, list::list),
        ("ListTagsForCertificate", false, tags::list),
        ("RemoveTagsFromCertificate", true, tags::remove),
        ("RequestCertificate", true, certificates::request),
    ];

    fn of(region: &Region) -> &Self {
        &region.acm
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.acm
    }

    fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.certificates]
    }

    fn rate(operation: &str) -> Rate {
        throttle::acm(operation)
    }

    fn drifts(&self, mark: &str) -> Vec<Drift> {
        drift::all(self, mark)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        if kind != Certificate::TYPE {
            return Vec::new();
        }
        let call = |action, tags: Vec<serde_json::Value>| {
            let members = json!({ "CertificateArn": id, "Tags": tags });
            Drift::json(Self::NAME, format!("{id} has other tags"), action, members)
        };
        let put = change.put.iter().map(|it| json!({ "Key": it.0, "Value": it.1 }));
        let gone = change.gone.iter().map(|it| json!({ "Key": it }));
        let mut all = Vec::new();
        all.extend((!change.put.is_empty()).then(|| call("AddTagsToCertificate", put.collect())));
        all.extend(
            (!change.gone.is_empty()).then(|| call("RemoveTagsFromCertificate", gone.collect())),
        );
        all
    }
}

/// A value outside of what its member may be.
fn constraint(value: impl std::fmt::Display, member: &str, rule: &str) -> Fault {
    Fault::client(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy \
             constraint: Member must {rule}"
        ),
    )
}

/// A certificate that is named, as it truly is or as a read sees it.
fn named(call: &Call<'_>, read: bool) -> Result<crate::shelf::Record<Certificate>, Fault> {
    let arn: String = call.members.need("CertificateArn")?;
    let prefix = format!("arn:aws:acm:{}:{}:certificate/", call.region, call.settings.account);
    if !arn.starts_with("arn:") || arn.split(':').nth(2) != Some("acm") {
        return Err(Fault::client(
            "InvalidArnException",
            format!("Invalid arn: {arn}: it must be the ARN of a certificate"),
        ));
    }
    let unknown = || {
        let text = format!("Could not find certificate {arn}.");
        Fault::client(Certificate::NOT_FOUND, text)
    };
    if !arn.starts_with(&prefix) {
        return Err(unknown());
    }
    let shelf = &call.state.certificates;
    let looks = read || call.settings.lag.dependents;
    let seen = shelf.seen(&arn, call.by_id());
    if read {
        return seen.cloned().ok_or_else(unknown);
    }
    shelf.get(&arn).filter(|_| !looks || seen.is_some()).cloned().ok_or_else(unknown)
}
