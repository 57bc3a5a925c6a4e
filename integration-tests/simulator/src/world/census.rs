//! What exists, and when it came to be: for tests that compare before and after, and for
//! benchmarks that compute a critical path from the world's own transitions.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Life, World, shelf::AnyShelf};

/// Something that exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Where: `us-east-1`.
    pub region: String,
    /// What, as tag calls name it: `vpc`; parameters are `parameter`.
    pub kind: String,
    /// Its id or name.
    pub id: String,
}

/// The transitions of one object, or of a part of it (`rtb-…/0.0.0.0/0`, `rtbassoc-…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moments {
    /// Which.
    pub object: Object,
    /// When it was made, ready, gone.
    pub life: Life,
}

impl World {
    /// Everything that exists now, in every region asked about so far, what AWS made included.
    pub fn objects(&self) -> Vec<Object> {
        self.census(true)
    }

    /// Everything that exists now, with its tags.
    pub fn tagged(&self) -> Vec<(Object, BTreeMap<String, String>)> {
        self.with_tags(true)
    }

    /// Everything that exists now, with its tags and with what its kind has, as the world keeps it.
    pub fn whole(&self) -> Vec<(Object, BTreeMap<String, String>, Value)> {
        let all = self.kept(true).into_iter();
        all.map(|(object, shelf)| {
            let (tags, body) = (shelf.tags(&object.id).unwrap_or_default(), shelf.body(&object.id));
            (object, tags, body)
        })
        .collect()
    }

    /// What is gone and still shown, or can be taken back: deleted NAT gateways, for about an hour, and keys
    /// and secrets, for as long as they were told to wait.
    pub fn lingering(&self) -> Vec<Object> {
        self.census(false)
    }

    /// The same, with its tags.
    pub fn lingering_with_tags(&self) -> Vec<(Object, BTreeMap<String, String>)> {
        self.with_tags(false)
    }

    fn with_tags(&self, existing: bool) -> Vec<(Object, BTreeMap<String, String>)> {
        let all = self.kept(existing).into_iter();
        all.map(|(object, shelf)| {
            let tags = shelf.tags(&object.id).unwrap_or_default();
            (object, tags)
        })
        .collect()
    }

    fn census(&self, existing: bool) -> Vec<Object> {
        self.kept(existing).into_iter().map(|(object, _)| object).collect()
    }

    fn kept(&self, existing: bool) -> Vec<(Object, &dyn AnyShelf)> {
        let shelves = self.shelves();
        let mut going = Vec::new();
        for (region, shelf) in &shelves {
            let ids = shelf.ids().into_iter().filter(|it| !it.1);
            going.extend(ids.map(|(id, _)| (*region, id)));
        }
        let mut all = Vec::new();
        for (region, shelf) in shelves {
            for (id, exists) in shelf.ids() {
                let with = shelf.goes_with(&id).map(|it| (region, it));
                let exists = exists && with.is_none_or(|it| !going.contains(&it));
                if exists == existing {
                    all.push((object(region, shelf.kind(), id), shelf));
                }
            }
        }
        all
    }

    /// Every shelf, and the region it is in; what is in none is `global`.
    fn shelves(&self) -> Vec<(&str, &dyn AnyShelf)> {
        let regions = self.regions.iter();
        let regional = regions.flat_map(|(name, region)| {
            region.shelves().into_iter().map(move |shelf| (name.as_str(), shelf))
        });
        let global = self.iam.shelves().into_iter().chain(self.route53.shelves());
        let global = global.map(|shelf| ("global", shelf));
        regional.chain(global).collect()
    }

    /// The transitions of everything that ever was, in the order of creation.
    pub fn timeline(&self) -> Vec<Moments> {
        let mut all = Vec::new();
        for (name, shelf) in self.shelves() {
            all.extend(shelf.lives().iter().map(|(id, life)| Moments {
                object: object(name, shelf.kind(), id.clone()),
                life: *life,
            }));
        }
        all.sort_by(|a, b| (a.life.created, &a.object).cmp(&(b.life.created, &b.object)));
        all
    }
}

fn object(region: &str, kind: &str, id: String) -> Object {
    Object { region: region.to_owned(), kind: kind.to_owned(), id }
}
