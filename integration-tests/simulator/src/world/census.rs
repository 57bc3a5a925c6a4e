//! What exists, and when it came to be: for tests that compare before and after, and for
//! benchmarks that compute a critical path from the world's own transitions.

use crate::{Life, World};

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

    /// What is gone and still shown: deleted NAT gateways, for about an hour.
    pub fn lingering(&self) -> Vec<Object> {
        self.census(false)
    }

    fn census(&self, existing: bool) -> Vec<Object> {
        let mut all = Vec::new();
        for (name, region) in &self.regions {
            for shelf in region.ec2.shelves() {
                let ids = shelf.ids().into_iter().filter(|it| it.1 == existing);
                all.extend(ids.map(|(id, _)| object(name, shelf.kind(), id)));
            }
            if existing {
                all.extend(region.ssm.names().map(|it| object(name, "parameter", it.to_owned())));
            }
        }
        all
    }

    /// The transitions of everything that ever was, in the order of creation.
    pub fn timeline(&self) -> Vec<Moments> {
        let mut all = Vec::new();
        for (name, region) in &self.regions {
            let shelves = region.ec2.shelves();
            let ec2 = shelves.iter().map(|it| (it.kind(), it.lives()));
            for (kind, lives) in ec2.chain([("parameter", region.ssm.lives())]) {
                all.extend(lives.iter().map(|(id, life)| Moments {
                    object: object(name, kind, id.clone()),
                    life: *life,
                }));
            }
        }
        all.sort_by(|a, b| (a.life.created, &a.object).cmp(&(b.life.created, &b.object)));
        all
    }
}

fn object(region: &str, kind: &str, id: String) -> Object {
    Object { region: region.to_owned(), kind: kind.to_owned(), id }
}
