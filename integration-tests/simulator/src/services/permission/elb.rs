//! What permissions a request of Elastic Load Balancing needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>: looks have
//! no resource; tags at creation need `elasticloadbalancing:AddTags`, too
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/tag-on-create.html>), and the first load balancer
//! of an account makes the service-linked role.

use super::{Need, Subject, to_link, unknown};
use crate::{
    World,
    auth::Scope,
    fault::Fault,
    services::{Asked, Elb, elb, form},
    shelf::Tags,
    wire::query::{Params, Reader},
};

pub(super) fn needs(world: &World, asked: &Asked, scope: &Scope) -> Result<Vec<Need>, Fault> {
    let operation = asked.operation.as_str();
    let action = format!("{}:{operation}", elb::NAME);
    if operation.is_empty() {
        // The service itself says that the action is missing.
        return Ok(Vec::new());
    }
    if !form::has::<Elb>(operation) {
        return unknown(&action);
    }
    if operation.starts_with("Describe") {
        return Ok(vec![Need::new(action, "*")]);
    }
    let params = Params::parse(&asked.form);
    let request = Request { world, scope, reader: params.reader() };
    let tags = request.tags();
    let subjects = request.subjects(operation);
    let mut needs: Vec<_> = subjects.into_iter().map(|it| Need::on(&action, it)).collect();
    if needs.is_empty() {
        needs.push(Need::new(&action, "*"));
    }
    if let Some(made) = request.made(operation).filter(|_| !tags.is_empty()) {
        let need = Need::new(format!("{}:AddTags", elb::NAME), made);
        needs.push(need.with("elasticloadbalancing:CreateAction", operation));
    }
    let gone = request.reader.list("TagKeys.member");
    let mut needs: Vec<_> =
        needs.into_iter().map(|it| it.tagging(&tags).untagging(&gone)).collect();
    if operation == "CreateLoadBalancer" && request.text("Name").is_some() {
        needs.extend(to_link(&world.settings, &world.iam, elb::PRINCIPAL));
    }
    Ok(needs)
}

struct Request<'a> {
    world: &'a World,
    scope: &'a Scope,
    reader: Reader<'a>,
}

impl Request<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.reader.text(name).filter(|it| !it.is_empty())
    }

    fn arn(&self, path: &str) -> String {
        let (region, account) = (&self.scope.region, &self.world.settings.account);
        format!("arn:aws:{}:{region}:{account}:{path}", elb::NAME)
    }

    /// What has an ARN, with its tags if it is there.
    fn subject(&self, arn: String) -> Subject {
        let elb = self.world.regions.get(&self.scope.region).map(|it| &it.elb);
        let tags = elb.and_then(|it| it.tags_of(&arn)).unwrap_or_default();
        Subject::new(arn, tags)
    }

    /// What an operation is about: what it names, or what it makes if that is in nothing.
    fn subjects(&self, operation: &str) -> Vec<Subject> {
        let named = match operation {
            "CreateLoadBalancer" | "CreateTargetGroup" => {
                return self.made(operation).map(|it| self.subject(it)).into_iter().collect();
            }
            "AddTags" | "RemoveTags" => self.reader.list("ResourceArns.member"),
            "SetRulePriorities" => {
                let pairs = self.reader.structs("RulePriorities.member");
                pairs.iter().filter_map(|it| it.text("RuleArn")).collect()
            }
            _ => ["RuleArn", "ListenerArn", "TargetGroupArn", "LoadBalancerArn"]
                .into_iter()
                .find_map(|it| self.text(it))
                .into_iter()
                .collect(),
        };
        named.into_iter().map(|it| self.subject(it)).collect()
    }

    /// What an operation makes: its ARN, as far as it is known.
    fn made(&self, operation: &str) -> Option<String> {
        let within = |name: &str, kind: &str, begin: &str| {
            let arn = self.text(name)?;
            Some(format!("{}/*", arn.replacen(&format!(":{kind}/"), &format!(":{begin}/"), 1)))
        };
        match operation {
            "CreateLoadBalancer" => {
                let short = match self.text("Type").as_deref() {
                    Some("network") => "net",
                    Some("gateway") => "gwy",
                    _ => "app",
                };
                Some(self.arn(&format!("loadbalancer/{short}/{}/*", self.text("Name")?)))
            }
            "CreateTargetGroup" => Some(self.arn(&format!("targetgroup/{}/*", self.text("Name")?))),
            "CreateListener" => within("LoadBalancerArn", "loadbalancer", "listener"),
            "CreateRule" => within("ListenerArn", "listener", "listener-rule"),
            _ => None,
        }
    }

    fn tags(&self) -> Tags {
        let part = |tag: &Reader<'_>, name: &str| tag.text(name).unwrap_or_default();
        let all = self.reader.structs("Tags.member");
        all.iter().map(|it| (part(it, "Key"), part(it, "Value"))).collect()
    }
}
