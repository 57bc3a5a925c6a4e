//! What permissions a request of a service that speaks JSON needs.
//!
//! A service that knows better what a request is about says so in `Service::subject`; of the others
//! it is read from the request's own members, after the pages of
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>.

use serde_json::Value;

use super::Need;
use crate::{
    World,
    auth::Scope,
    services::{Asked, JSON, service::Subject},
    shelf::Tags,
    wire::json::Members,
};

/// Actions that tag what they make, and the permission that this needs beside their own.
const TAGGING: &[(&str, &str)] = &[
    ("kms:CreateKey", "kms:TagResource"),
    ("logs:CreateLogGroup", "logs:TagResource"),
    ("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
    ("ssm:PutParameter", "ssm:AddTagsToResource"),
];

pub(super) fn needs(world: &World, asked: &Asked, scope: &Scope) -> Vec<Need> {
    let vendor = match asked.service.as_str() {
        "tagging" => "tag",
        other => other,
    };
    let action = format!("{vendor}:{}", asked.operation);
    let members: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let service = JSON.iter().find(|it| it.name == asked.service);
    let place = world.regions.get(&scope.region);
    let told = match (service, place, Members::parse(&asked.body)) {
        (Some(service), Some(place), Ok(members)) => {
            (service.subject)(place, &world.settings, &scope.region, &asked.operation, &members)
        }
        (_, _, _) => None,
    };
    let about = Request { world, asked, scope, members: &members };
    let subjects = told.map_or_else(|| about.subjects(), |it| vec![it]);
    let (tags, keys) = (about.tags(), about.tag_keys());
    let mut needs: Vec<_> = if subjects.is_empty() {
        vec![Need::new(&action, "*")]
    } else {
        subjects.into_iter().map(|it| Need::on(&action, it)).collect()
    };
    if let Some((_, tag)) = TAGGING.iter().find(|it| it.0 == action && !tags.is_empty()) {
        let resource = needs.first().map(|it| it.resource.clone()).unwrap_or_default();
        needs.push(Need::new(*tag, resource));
    }
    if let ("secretsmanager:CreateSecret", Some(name)) = (action.as_str(), about.text("Name")) {
        needs = needs.into_iter().map(|it| it.with("secretsmanager:Name", name)).collect();
    }
    needs.into_iter().map(|it| it.tagging(&tags).untagging(keys.clone())).collect()
}

/// A request, and where it came.
struct Request<'a> {
    world: &'a World,
    asked: &'a Asked,
    scope: &'a Scope,
    members: &'a Value,
}

impl Request<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    fn list(&self, name: &str) -> Vec<&str> {
        let all = self.members.get(name).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn arn(&self, rest: &str) -> String {
        let Scope { region, service, .. } = self.scope;
        format!("arn:aws:{service}:{region}:{}:{rest}", self.world.settings.account)
    }

    /// What the request names, as ARNs, with the tags of what exists.
    fn subjects(&self) -> Vec<Subject> {
        let arns: Vec<String> = match self.asked.service.as_str() {
            "kms" => self.keys(),
            "logs" => self.log_groups(),
            "secretsmanager" => self.secrets(),
            "ssm" => self.parameters(),
            _ => Vec::new(),
        };
        arns.into_iter().map(|arn| self.existing(arn)).collect()
    }

    fn keys(&self) -> Vec<String> {
        let operation = self.asked.operation.as_str();
        let keys = [self.text("KeyId"), self.text("TargetKeyId"), self.text("ResourceId")];
        let alias = self.text("AliasName");
        let all = keys.into_iter().chain([alias]).flatten();
        let arn = |name: &str| match name {
            arn if arn.starts_with("arn:") => arn.to_owned(),
            alias if alias.starts_with("alias/") => self.arn(alias),
            id => self.arn(&format!("key/{id}")),
        };
        // A list of aliases or keys is about none of them.
        if operation.starts_with("List") && operation != "ListResourceTags" {
            return Vec::new();
        }
        all.map(arn).collect()
    }

    /// A group's ARN ends in `:*` in the permissions of all actions but those on its tags:
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>
    fn log_groups(&self) -> Vec<String> {
        if let Some(arn) = self.text("resourceArn") {
            return vec![arn.trim_end_matches(":*").to_owned()];
        }
        let stream = self.text("logStreamName").unwrap_or_default();
        let group = |name: &str| match name.strip_suffix(":*").unwrap_or(name) {
            arn if arn.starts_with("arn:") => format!("{arn}:log-stream:{stream}"),
            name => self.arn(&format!("log-group:{name}:log-stream:{stream}")),
        };
        let named = [self.text("logGroupName"), self.text("logGroupIdentifier")];
        let mut all: Vec<_> = named.into_iter().flatten().map(group).collect();
        all.extend(self.list("logGroupIdentifiers").into_iter().map(group));
        if all.is_empty() && self.asked.operation == "DescribeLogGroups" {
            all.push(group(self.text("logGroupNamePrefix").unwrap_or_default()));
        }
        all
    }

    /// A secret's ARN ends in six characters of AWS's own, which a new one gets as any.
    fn secrets(&self) -> Vec<String> {
        let asked = self.text("SecretId");
        let new = self.text("Name").filter(|_| self.asked.operation == "CreateSecret");
        let arn = |name: &str| {
            if name.starts_with("arn:") {
                return name.to_owned();
            }
            let beginning = self.arn(&format!("secret:{name}-"));
            let known = self.ids().into_iter().find(|id| {
                id.strip_prefix(&beginning).is_some_and(|it| it.len() == 6 && !it.contains('/'))
            });
            known.unwrap_or_else(|| format!("{beginning}000000"))
        };
        asked.or(new).map(arn).into_iter().collect()
    }

    fn parameters(&self) -> Vec<String> {
        let arn = |name: &str| match name {
            arn if arn.starts_with("arn:") => arn.to_owned(),
            path if path.starts_with('/') => self.arn(&format!("parameter{path}")),
            name => self.arn(&format!("parameter/{name}")),
        };
        if self.asked.operation == "DescribeParameters" {
            return vec![self.arn("*")];
        }
        let one = [self.text("Name"), self.text("Path"), self.text("ResourceId")];
        let all = one.into_iter().flatten().chain(self.list("Names"));
        all.map(arn).collect()
    }

    /// The ids of what the service holds here.
    fn ids(&self) -> Vec<String> {
        let service = JSON.iter().find(|it| it.name == self.asked.service);
        let place = self.world.regions.get(&self.scope.region);
        let (Some(service), Some(place)) = (service, place) else { return Vec::new() };
        let shelves = (service.shelves)(place);
        shelves.iter().flat_map(|it| it.ids()).map(|it| it.0).collect()
    }

    /// The thing of an ARN with its tags, if the service has it under one of its usual names.
    fn existing(&self, arn: String) -> Subject {
        let rest = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let group = rest.strip_prefix("log-group:").unwrap_or_default();
        let group = group.split_once(":log-stream:").map_or(group, |it| it.0);
        let secret = rest.strip_prefix("secret:").and_then(|it| it.rsplit_once('-'));
        let names = [
            arn.as_str(),
            group,
            secret.map_or("", |it| it.0),
            rest.strip_prefix("key/").unwrap_or_default(),
            rest.strip_prefix("parameter").unwrap_or_default(),
            rest.strip_prefix("parameter/").unwrap_or_default(),
        ];
        let service = JSON.iter().find(|it| it.name == self.asked.service);
        let place = self.world.regions.get(&self.scope.region);
        let tags = service.zip(place).and_then(|(service, place)| {
            let shelves = (service.shelves)(place);
            let mut given = names.iter().filter(|it| !it.is_empty());
            given.find_map(|name| shelves.iter().find_map(|it| it.tags(name)))
        });
        Subject { arn, tags: tags.unwrap_or_default(), policy: None }
    }

    /// The tags that the request brings along, in whatever form the service has.
    fn tags(&self) -> Tags {
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

    fn tag_keys(&self) -> Vec<String> {
        let all = ["TagKeys", "tagKeys"].into_iter().flat_map(|it| self.list(it));
        all.map(str::to_owned).collect()
    }
}
