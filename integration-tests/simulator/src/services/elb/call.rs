//! A request of Elastic Load Balancing, and what it works with.

use std::ops::{Deref, DerefMut};

use super::scene::{Scene, path_of};
use crate::{
    fault::Fault,
    services::paging::Page,
    shelf::{Eyes, Kind, Record, Shelf},
    wire::{query::Reader, xml::Xml},
    world::Region,
};

/// The largest page of any list, and the page when none is asked for.
const LARGEST_PAGE: u32 = 400;

/// A scene and a request.
pub(super) struct Call<'a> {
    pub(super) scene: Scene<'a>,
    /// What the other services of the region hold.
    pub(super) neighbours: &'a Region,
    pub(super) params: Reader<'a>,
    /// Whether the service needs its role by now.
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
    /// How the service looks at what it builds on, where that may be too new for it.
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
        self.params.flag(name).map_err(|it| invalid(it.message))
    }

    /// A whole number between two, if it is given.
    pub(super) fn between(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, Fault> {
        between(&self.params, name, least, most)
    }

    /// One of some words, if it is given.
    pub(super) fn among(&self, name: &str, words: &[&str]) -> Result<Option<String>, Fault> {
        among(&self.params, name, words)
    }

    /// A list of texts, if it is given: one that is empty, too.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        let empty = self.text(name).is_some_and(|it| it.is_empty());
        let all = self.params.list(&format!("{name}.member"));
        (empty || !all.is_empty()).then_some(all)
    }

    /// A list of texts that has to be given.
    pub(super) fn need_list(&self, name: &str) -> Result<Vec<String>, Fault> {
        self.list(name).filter(|it| !it.is_empty()).ok_or_else(|| missing(name))
    }

    /// Refuses parameters of features that are not modelled.
    pub(super) fn lacks(&self, names: &[&str]) -> Result<(), Fault> {
        match names.iter().find(|it| self.params.given(it)) {
            None => Ok(()),
            Some(name) => Err(Fault::unsupported(format!("the parameter {name}"))),
        }
    }

    /// What has an ARN of this kind, as it truly is: a write is about it.
    pub(super) fn find<T: Named>(&self, arn: &str) -> Result<Record<T>, Fault> {
        check::<T>(arn)?;
        let shelf = T::shelf(self.elb);
        let known = self.dependent().is_none_or(|it| shelf.seen(arn, it).is_some());
        shelf.get(arn).filter(|_| known).cloned().ok_or_else(|| T::unknown(arn))
    }

    /// The same, as a read sees it.
    pub(super) fn see<T: Named>(&self, arn: &str) -> Result<Record<T>, Fault> {
        check::<T>(arn)?;
        T::shelf(self.elb).seen(arn, self.by_id()).cloned().ok_or_else(|| T::unknown(arn))
    }

    /// Cuts the wanted page out of what there is, in the order of keys.
    ///
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html>:
    /// `PageSize` (1 to 400) and `Marker`.
    pub(super) fn page(&self, list: &str, all: Vec<(String, Xml)>) -> Result<Xml, Fault> {
        let size = self.between("PageSize", 1, LARGEST_PAGE)?;
        let marker = self.text("Marker").filter(|it| !it.is_empty());
        let print = self.params.fingerprint(&["Marker", "PageSize", "Version"]);
        let page = Page::new(Some(size.unwrap_or(LARGEST_PAGE)), marker.as_deref(), &print)
            .ok_or_else(|| invalid("The marker is not valid"))?;
        let cut = page.cut(self.settings.page.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE), all);
        Ok(Xml::new().members(list, "member", cut.items).maybe("NextMarker", cut.next))
    }
}

/// A kind that the service knows by its ARN.
pub(super) trait Named: Kind {
    /// What comes first behind the account in its ARN.
    const BEGINS: &'static str = Self::TYPE;

    fn shelf(elb: &super::Elb) -> &Shelf<Self>;

    fn unknown(arn: &str) -> Fault {
        Fault::client(Self::NOT_FOUND, format!("{} '{arn}' not found", capital(Self::NOUN)))
    }
}

/// Refuses what is no ARN of the kind.
pub(super) fn check<T: Named>(arn: &str) -> Result<(), Fault> {
    let kind = path_of(arn).split('/').next().unwrap_or_default();
    if arn.starts_with("arn:aws:elasticloadbalancing:") && kind == T::BEGINS {
        return Ok(());
    }
    Err(invalid(format!("'{arn}' is not a valid {} ARN", T::NOUN)))
}

fn capital(text: &str) -> String {
    let first = text.chars().take(1).map(|it| it.to_ascii_uppercase());
    first.chain(text.chars().skip(1)).collect()
}

/// A whole number between two, if it is given.
pub(super) fn between(
    params: &Reader<'_>,
    name: &str,
    least: u32,
    most: u32,
) -> Result<Option<u32>, Fault> {
    let Some(given) = params.number(name).map_err(|it| invalid(it.message))? else {
        return Ok(None);
    };
    let number = u32::try_from(given).ok().filter(|it| (least..=most).contains(it));
    number.map(Some).ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value '{given}' at '{}' failed to satisfy constraint: \
             Member must have value between {least} and {most}",
            lower_first(name)
        ))
    })
}

/// One of some words, if it is given.
pub(super) fn among(
    params: &Reader<'_>,
    name: &str,
    words: &[&str],
) -> Result<Option<String>, Fault> {
    let Some(text) = params.text(name) else { return Ok(None) };
    if words.contains(&text.as_str()) {
        return Ok(Some(text));
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{text}' at '{}' failed to satisfy constraint: Member \
         must satisfy enum value set: [{}]",
        lower_first(name),
        words.join(", ")
    )))
}

fn lower_first(name: &str) -> String {
    let first = name.chars().take(1).map(|it| it.to_ascii_lowercase());
    first.chain(name.chars().skip(1)).collect()
}

/// A parameter that is not there.
pub(super) fn missing(name: &str) -> Fault {
    invalid(format!(
        "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must \
         not be null",
        lower_first(name)
    ))
}

/// The caller's mistake, as the service says it when it has no word of its own for it.
pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

/// A configuration that is not possible.
pub(super) fn impossible(message: impl Into<String>) -> Fault {
    Fault::client("InvalidConfigurationRequest", message)
}
