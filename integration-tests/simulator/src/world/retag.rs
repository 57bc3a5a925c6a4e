//! What somebody else does to the tags and the protection of an object, whatever service it is of.

use serde_json::{Value, json};

use super::{Drift, Object};
use crate::{World, services, shelf::Tags};

/// What is to become of the tags of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retag<'a> {
    pub(crate) put: &'a Tags,
    pub(crate) gone: &'a [String],
}

impl Retag<'_> {
    /// The calls of a service that takes `Tags` and `TagKeys`: how it names the two, what names the
    /// object, and what it calls the key and the value of a tag.
    pub(crate) fn json(
        &self,
        service: &'static str,
        [add, remove]: [&'static str; 2],
        about: &Value,
        [key, value]: [&str; 2],
    ) -> Vec<Drift> {
        let call = |action, more: Value| {
            let mut members = about.clone();
            if let (Value::Object(all), Value::Object(more)) = (&mut members, more) {
                all.extend(more);
            }
            Drift::json(service, "other tags".to_owned(), action, members)
        };
        let tags: Vec<Value> =
            self.put.iter().map(|(name, text)| json!({ key: name, value: text })).collect();
        let mut all = Vec::new();
        all.extend((!tags.is_empty()).then(|| call(add, json!({ "Tags": tags }))));
        all.extend((!self.gone.is_empty()).then(|| call(remove, json!({ "TagKeys": self.gone }))));
        all
    }
}

impl World {
    /// Puts tags on an object and takes those of these keys from it, by calls that somebody else
    /// might make; says whether AWS took them.
    pub fn retag(&mut self, object: &Object, put: &Tags, gone: &[String]) -> bool {
        let Object { region, kind, id } = object;
        let calls = services::retag(kind, id, &Retag { put, gone });
        self.make(region, calls)
    }

    /// Takes from an object whatever protects it from its end, by calls that somebody else might
    /// make; says whether AWS took them.
    pub fn unprotect(&mut self, object: &Object) -> bool {
        let Object { region, kind, id } = object;
        let calls = services::unprotect(kind, id);
        self.make(region, calls)
    }

    fn make(&mut self, region: &str, calls: Vec<Drift>) -> bool {
        calls.into_iter().all(|call| {
            let chance = self.rng.fork();
            services::act(self, region, call, chance).is_ok()
        })
    }
}
