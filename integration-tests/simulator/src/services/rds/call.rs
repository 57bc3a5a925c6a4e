//! A request of RDS, and what it works with.

use std::ops::{Deref, DerefMut};

use super::{filters::Filters, scene::Scene};
use crate::{
    fault::Fault,
    services::{Iam, Identity, Site, paging::Page},
    shelf::Eyes,
    wire::{query::Reader, xml::Xml},
    world::Region,
};

/// The largest page of any list, and the page when none is asked for.
const LARGEST_PAGE: u32 = 100;
/// The smallest page that can be asked for.
const SMALLEST_PAGE: u32 = 20;

/// A scene and a request.
pub(super) struct Call<'a> {
    pub(super) scene: Scene<'a>,
    /// What the other services of the region hold.
    pub(super) neighbours: &'a Region,
    pub(super) iam: &'a Iam,
    /// In whose name it happens.
    pub(super) identity: &'a Identity,
    pub(super) params: Reader<'a>,
    /// Whether RDS needs its role by now.
    pub(super) needs_role: bool,
}

impl<'a> Deref for Call<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Self::Target {
        &self.scene
    }
}

impl DerefMut for Call<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.scene
    }
}

impl Call<'_> {
    /// Where and when it happens.
    pub(super) fn site(&self) -> Site<'_> {
        Site { settings: self.settings, iam: self.iam, region: self.region, now: self.now }
    }

    /// How RDS looks at what it builds on, where that may be too new for it.
    pub(super) fn dependent(&self) -> Option<Eyes> {
        self.settings.lag.dependents.then(|| self.by_id())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.params.text(name)
    }

    /// A text that has to be given.
    pub(super) fn need(&self, name: &str) -> Result<String, Fault> {
        self.text(name).filter(|it| !it.is_empty()).ok_or_else(|| missing(name))
    }

    /// A truth value, if it is given.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.text(name).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(malformed(format!("{name} must be true or false, not {other}"))),
        }
    }

    /// A whole number, if it is given.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, Fault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse::<i64>() {
            Ok(number) => u32::try_from(number)
                .map(Some)
                .map_err(|_| Fault::invalid(format!("Invalid value {number} for {name}"))),
            Err(_) => Err(malformed(format!("{name} must be an integer, not {text}"))),
        }
    }

    /// A number between two, if it is given.
    pub(super) fn between(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, Fault> {
        match self.number(name)? {
            Some(number) if !(least..=most).contains(&number) => Err(Fault::invalid(format!(
                "Invalid value {number} for {name}. Must be between {least} and {most}."
            ))),
            other => Ok(other),
        }
    }

    /// A list of texts, whether its members have their own name or `member`.
    pub(super) fn list(&self, name: &str, member: &str) -> Option<Vec<String>> {
        if self.text(name).is_some_and(|it| it.is_empty()) {
            // An empty list, as SDKs write it.
            return Some(Vec::new());
        }
        let own = self.params.list(&format!("{name}.{member}"));
        let all = if own.is_empty() { self.params.list(&format!("{name}.member")) } else { own };
        (!all.is_empty()).then_some(all)
    }

    /// Refuses parameters of features that are not modelled.
    pub(super) fn lacks(&self, names: &[&str]) -> Result<(), Fault> {
        match names.iter().find(|it| self.params.given(it)) {
            None => Ok(()),
            Some(name) => Err(Fault::unsupported(format!("the parameter {name}"))),
        }
    }

    /// The filters that a request has; of these names only.
    pub(super) fn filters(&self, names: &[&str]) -> Result<Filters, Fault> {
        Filters::among(&self.params, names)
    }

    /// Cuts the wanted page out of what there is, in the order of keys.
    ///
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html>:
    /// `MaxRecords` (20 to 100) and `Marker`.
    pub(super) fn page(
        &self,
        (list, member): (&str, &str),
        all: Vec<(String, Xml)>,
    ) -> Result<Xml, Fault> {
        let size = self.number("MaxRecords")?;
        if let Some(size) = size.filter(|it| !(SMALLEST_PAGE..=LARGEST_PAGE).contains(it)) {
            return Err(Fault::invalid(format!(
                "Invalid value {size} for MaxRecords. Must be between {SMALLEST_PAGE} and \
                 {LARGEST_PAGE}"
            )));
        }
        let marker = self.text("Marker");
        let print = self.params.fingerprint(&["Marker", "MaxRecords", "Version"]);
        let page = Page::new(Some(size.unwrap_or(LARGEST_PAGE)), marker.as_deref(), &print)
            .ok_or_else(|| Fault::invalid("The request parameter Marker is not valid."))?;
        let cut = page.cut(self.settings.page.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE), all);
        Ok(Xml::new().maybe("Marker", cut.next).members(list, member, cut.items))
    }
}

/// A parameter that is not there.
pub(super) fn missing(name: &str) -> Fault {
    Fault::client("MissingParameter", format!("The request must contain the parameter {name}"))
}

/// A parameter that is of the wrong type.
fn malformed(message: impl Into<String>) -> Fault {
    Fault::client("MalformedInput", message)
}

/// A list of texts, each in an element of its own.
pub(super) fn texts(name: &str, member: &str, all: impl IntoIterator<Item = String>) -> Xml {
    let inside = all.into_iter().fold(Xml::new(), |xml, it| xml.text(member, it));
    Xml::new().nest(name, inside)
}
