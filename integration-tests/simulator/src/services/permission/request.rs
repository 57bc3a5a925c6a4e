//! A request of a service that speaks JSON, as far as its permissions depend on it.

use serde_json::Value;

use super::{Need, Site, Subject};
use crate::{
    World,
    auth::Scope,
    services::{Asked, JSON},
    shelf::Tags,
    world::Region,
};

/// A request, and where it came.
pub(super) struct Request<'a> {
    pub(super) world: &'a World,
    asked: &'a Asked,
    scope: &'a Scope,
    members: Value,
}

impl<'a> Request<'a> {
    /// Reads what can be read; what is wrong with the rest the service says itself.
    pub(super) fn read(world: &'a World, asked: &'a Asked, scope: &'a Scope) -> Self {
        let members = serde_json::from_slice(&asked.body).unwrap_or_default();
        Self { world, asked, scope, members }
    }

    pub(super) fn operation(&self) -> &str {
        &self.asked.operation
    }

    /// What policies call the operation.
    pub(super) fn action(&self) -> String {
        format!("{}:{}", self.asked.service, self.asked.operation)
    }

    pub(super) fn site(&self) -> Site<'_> {
        let World { settings, iam, now, .. } = self.world;
        Site { settings, iam, region: &self.scope.region, now: *now }
    }

    pub(super) fn region(&self) -> Option<&Region> {
        self.world.regions.get(&self.scope.region)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// A member that is no text, as a condition compares it.
    pub(super) fn shown(&self, name: &str) -> Option<String> {
        match self.members.get(name)? {
            Value::Bool(it) => Some(it.to_string()),
            Value::Number(it) => Some(it.to_string()),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let all = self.members.get(name).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A text within members, at the end of this path.
    pub(super) fn within(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(&self.members, |value, name| value.get(name))?.as_str()
    }

    /// A member that is a map of texts.
    pub(super) fn map(&self, name: &str) -> Tags {
        let all = self.members.get(name).and_then(Value::as_object);
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        all.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect()
    }

    /// An ARN of the service, in the region and the account of the request.
    pub(super) fn arn(&self, rest: &str) -> String {
        let (service, account) = (&self.asked.service, &self.world.settings.account);
        format!("arn:aws:{service}:{}:{account}:{rest}", self.scope.region)
    }

    /// The ARN of a public parameter.
    pub(super) fn public_arn(&self, path: &str) -> String {
        format!("arn:aws:ssm:{}::parameter/{path}", self.scope.region)
    }

    /// Something of the service, with the tags it has under one of its names.
    pub(super) fn subject(&self, arn: String, names: &[&str]) -> Subject {
        let service = JSON.iter().find(|it| it.name == self.asked.service);
        let tags = service.zip(self.region()).and_then(|(service, region)| {
            let shelves = (service.shelves)(region);
            names.iter().find_map(|name| shelves.iter().find_map(|it| it.tags(name)))
        });
        Subject::new(arn, tags.unwrap_or_default())
    }

    /// The tags that the request brings along, in whatever form the service has.
    pub(super) fn tags(&self) -> Tags {
        let mut tags = Tags::new();
        for member in ["Tags", "tags"] {
            match self.members.get(member) {
                Some(Value::Array(all)) => {
                    for tag in all {
                        let part = |names: [&str; 2]| {
                            names.iter().find_map(|it| tag.get(it)?.as_str()).map(str::to_owned)
                        };
                        if let Some(key) = part(["Key", "TagKey"]) {
                            tags.insert(key, part(["Value", "TagValue"]).unwrap_or_default());
                        }
                    }
                }
                Some(Value::Object(all)) => {
                    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
                    tags.extend(all.iter().map(|(key, value)| (key.clone(), text(value))));
                }
                Some(_) | None => {}
            }
        }
        tags
    }

    /// The permissions, with the tags that the request brings along or takes away; if it names
    /// nothing at all, its permission is about everything.
    pub(super) fn complete(&self, mut needs: Vec<Need>) -> Vec<Need> {
        if needs.is_empty() {
            needs.push(Need::new(self.action(), "*"));
        }
        let tags = self.tags();
        let gone = ["TagKeys", "tagKeys"].into_iter().flat_map(|it| self.list(it));
        // The older calls of Logs have the keys in `tags`.
        let gone = gone.chain(self.list("tags")).map(str::to_owned).collect::<Vec<_>>();
        needs.into_iter().map(|it| it.tagging(&tags).untagging(&gone)).collect()
    }
}
