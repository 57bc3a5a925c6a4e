//! What a kind of resource says of itself, so that its file is short.

use std::ops::RangeInclusive;

use super::{
    Answer, Ec2,
    filters::Filters,
    paging,
    scene::{Call, Scene},
    tags,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

/// A kind that can be described, found and tagged.
pub(super) trait Resource: Kind {
    /// The element of its list in answers: `vpcSet`.
    const SET: &'static str;
    /// The parameter with ids to describe: `VpcId`.
    const IDS: &'static str;
    /// The page sizes `MaxResults` may ask for; empty when the list has no pages.
    #[expect(clippy::reversed_empty_ranges, reason = "an empty range says that there are none")]
    const PAGES: RangeInclusive<u32> = 1..=0;
    /// The filters AWS documents for it, without the tag filters, which all have.
    const FILTERS: &'static [&'static str];

    /// Where this kind is kept.
    fn shelf(ec2: &Ec2) -> &Shelf<Self>;
    /// Where this kind is kept.
    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self>;
    /// What a filter compares with; a documented filter for something this object cannot have
    /// (IPv6, Outposts) compares with nothing.
    fn values(record: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String>;
    /// The inside of its element in answers.
    fn render(record: &Record<Self>, scene: &Scene<'_>) -> Xml;

    /// Refuses what is no id of this kind.
    fn check(id: &str) -> Result<(), Fault> {
        let digits = id.strip_prefix(Self::PREFIX).and_then(|it| it.strip_prefix('-'));
        let good = digits.is_some_and(|it| {
            (it.len() == 8 || it.len() == 17)
                && it.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        });
        if good {
            return Ok(());
        }
        let text = format!("Invalid id: \"{id}\" (expecting \"{}-...\")", Self::PREFIX);
        Err(Fault::client(Self::MALFORMED, text))
    }

    /// Refuses an id of nothing.
    fn unknown(id: &str) -> Fault {
        Fault::client(Self::NOT_FOUND, format!("The {} '{id}' does not exist", Self::NOUN))
    }
}

/// Answers a Describe call: by ids, as they are there now; as a list, as lists show it.
pub(super) fn describe<T: Resource>(call: &mut Call<'_>) -> Answer {
    let scene = &call.scene;
    let ids = call.params.list(T::IDS);
    let filters = Filters::read::<T>(&call.params)?;
    let page = paging::read(call, T::PAGES)?;
    let shelf = T::shelf(scene.ec2);
    let found: Vec<&Record<T>> = if ids.is_empty() {
        shelf.all_seen(scene.in_lists()).collect()
    } else {
        for id in &ids {
            T::check(id)?;
        }
        let eyes = scene.by_id();
        let wanted: std::collections::BTreeSet<_> = ids.iter().collect();
        let look = |id: &&String| shelf.seen(id, eyes).ok_or_else(|| T::unknown(id));
        wanted.iter().copied().map(|it| look(&it)).collect::<Result<_, _>>()?
    };
    let kept = found
        .into_iter()
        .filter(|it| filters.keep(&it.tags, |name| T::values(it, scene, name)))
        .map(|it| (it.id.clone(), it));
    let cut = paging::cut(page, kept.collect());
    let items = cut.items.into_iter().map(|it| T::render(it, scene));
    Ok(Xml::new().list(T::SET, items).maybe("nextToken", cut.next))
}

/// The inside of the element of what this very call has made, which no replica need show yet.
pub(super) fn made<T: Resource>(scene: &Scene<'_>, id: &str) -> Answer {
    let record = T::shelf(scene.ec2).get(id).ok_or_else(|| T::unknown(id))?;
    Ok(T::render(record, scene))
}

/// An item of a list of what an otherwise good answer could not do.
pub(super) fn unsuccessful(id: &str, fault: &Fault) -> Xml {
    let error = Xml::new().text("code", &fault.code).text("message", &fault.message);
    Xml::new().text("resourceId", id).nest("error", error)
}

/// A change that somebody else might make: what it is, and the call that makes it.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    pub(crate) says: String,
    pub(crate) action: &'static str,
    pub(crate) params: Vec<(String, String)>,
}

impl Drift {
    pub(super) fn new(says: String, action: &'static str, params: &[(&str, &str)]) -> Self {
        let params = params.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        Self { says, action, params }
    }
}

/// The objects of a kind that carry the tag `key`.
pub(super) fn tagged<'a, T: Resource>(
    ec2: &'a Ec2,
    key: &'a str,
) -> impl Iterator<Item = &'a Record<T>> {
    T::shelf(ec2).all().filter(move |it| it.tags.contains_key(key) && it.exists())
}

/// The `tagSet` of an object.
pub(super) fn tag_set<T>(record: &Record<T>) -> Xml {
    tags::render(&record.tags)
}
