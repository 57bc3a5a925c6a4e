//! Elastic Load Balancing: application and network load balancers, and what belongs to them.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html>. A call works on a copy of
//! what the service holds, so that a refused call has no effect at all; the interfaces in the subnets come and go
//! when the time of a step comes. Gateway load balancers, targets that are no instances, IPv6 and authentication are
//! not modelled.

mod action;
mod agenda;
mod attributes;
mod call;
mod certificate;
mod condition;
mod drift;
mod health;
mod limits;
mod listener;
mod load_balancer;
mod network;
mod place;
mod rule;
mod scene;
mod ssl_policy;
mod tags;
mod target;
mod target_group;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::{
    agenda::Due, call::Call, listener::Listener, load_balancer::LoadBalancer, rule::Rule,
    scene::Scene, target::Target, target_group::TargetGroup,
};
pub(crate) use self::{
    agenda::Hands as LoadBalancerHands,
    drift::{retag, unprotect},
    target::Leaves,
};
use super::{
    agenda::Agenda,
    operations::{self, Operations},
};
use crate::{
    Time, World,
    fault::Fault,
    random::Rng,
    services::Identity,
    shelf::{AnyShelf, Shelf, Tags},
    throttle,
    wire::{query::Params, xml::Xml},
    world::{Answers, Drift},
};

pub(crate) const NAME: &str = "elasticloadbalancing";
pub(crate) const VERSION: &str = "2015-12-01";
pub(crate) const NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";
/// Whom the role of the service trusts.
pub(crate) const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";

type Answer = Result<Xml, Fault>;

/// What Elastic Load Balancing holds in a region, by ARN.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Elb {
    load_balancers: Shelf<LoadBalancer>,
    target_groups: Shelf<TargetGroup>,
    listeners: Shelf<Listener>,
    rules: Shelf<Rule>,
    /// The targets of each group.
    targets: BTreeMap<String, Vec<Target>>,
    /// What answers on the ports of instances.
    answers: BTreeMap<String, BTreeMap<u32, Answers>>,
    agenda: Agenda<Due>,
}

type Operation = operations::Operation<Run>;
type Run = fn(&mut Call<'_>) -> Answer;

/// The operations of every file.
const OPERATIONS: Operations<Run> = Operations(&[
    attributes::OPERATIONS,
    certificate::OPERATIONS,
    limits::OPERATIONS,
    listener::OPERATIONS,
    load_balancer::OPERATIONS,
    place::OPERATIONS,
    rule::OPERATIONS,
    ssl_policy::OPERATIONS,
    tags::OPERATIONS,
    target::OPERATIONS,
    target_group::OPERATIONS,
]);

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    OPERATIONS.names()
}

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    OPERATIONS.mutates(name)
}

impl Elb {
    /// Everything it holds, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.load_balancers, &self.target_groups, &self.listeners, &self.rules]
    }

    fn shelves_mut(&mut self) -> Vec<&mut dyn AnyShelf> {
        vec![
            &mut self.load_balancers,
            &mut self.target_groups,
            &mut self.listeners,
            &mut self.rules,
        ]
    }

    /// The tags of what has an ARN.
    pub(crate) fn tags_of(&self, arn: &str) -> Option<Tags> {
        self.shelves().into_iter().find_map(|it| it.tags(arn))
    }

    /// What aliases say to lead to each load balancer, its name and the zone that is in; and its tags.
    pub(crate) fn aliases(&self, region: &str) -> Vec<((String, String), Tags)> {
        let all = self.load_balancers.all();
        all.filter_map(|it| Some((it.alias(region)?, it.tags.clone()))).collect()
    }

    /// Whether there is a target group, as it truly is.
    pub(crate) fn has_target_group(&self, arn: &str) -> bool {
        self.target_groups.get(arn).is_some()
    }

    /// The load balancers that use a certificate.
    pub(crate) fn users_of_certificate(&self, certificate: &str) -> Vec<String> {
        let uses = self.listeners.all().filter(|it| it.uses_certificate(certificate));
        let mut all: Vec<_> = uses.map(|it| it.balancer.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Lets software answer on ports of an instance, and on no others; says whether that is anything new.
    pub(crate) fn listen(&mut self, instance: &str, ports: &BTreeMap<u32, Answers>) -> bool {
        if self.answers.get(instance).map_or(ports.is_empty(), |it| it == ports) {
            return false;
        }
        if ports.is_empty() {
            self.answers.remove(instance);
        } else {
            self.answers.insert(instance.to_owned(), ports.clone());
        }
        true
    }

    /// The states of all targets: of each its target group, its instance and its state.
    pub(crate) fn states(&self, now: Time) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for (arn, targets) in &self.targets {
            let Some(group) = self.target_groups.get(arn) else { continue };
            all.extend(targets.iter().map(|it| {
                let state = self.health(group, it, now).shown().0;
                (arn.clone(), it.instance.clone(), state.to_owned())
            }));
        }
        all
    }

    /// Changes that somebody might make to what carries the tag `key`.
    pub(crate) fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }
}

/// Answers a request.
pub(crate) fn ask(
    world: &mut World,
    identity: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    rng: Rng,
) -> Answer {
    if name.is_empty() {
        return Err(Fault::client("MissingAction", "Missing Action"));
    }
    if OPERATIONS.find(name).is_none() {
        return Err(Fault::unsupported(format!("the operation elasticloadbalancing:{name}")));
    }
    let World { settings, now, buckets, .. } = world;
    let bucket = format!("{region}/elasticloadbalancing/{}", throttle::elb_bucket(name));
    if settings.throttling && !buckets.take(bucket, throttle::elb(name), *now) {
        return Err(Fault::client("Throttling", "Rate exceeded"));
    }
    if let Some(other) = params.reader().text("Version").filter(|it| it != VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of Elastic Load Balancing")));
    }
    act(world, identity, region, (name, params), rng)
}

/// Does what is asked, whoever asks.
pub(crate) fn act(
    world: &mut World,
    _: &Identity,
    region: &str,
    (name, params): (&str, &Params),
    mut rng: Rng,
) -> Answer {
    let Some((_, writes, run)) = OPERATIONS.find(name) else {
        return Err(Fault::unsupported(format!("the operation elasticloadbalancing:{name}")));
    };
    world.region(region);
    let World { settings, now, iam, regions, .. } = world;
    let Some(place) = regions.get_mut(region) else {
        return Err(Fault::unsupported(format!("the region {region}")));
    };
    let mut copy = place.elb.clone();
    let role_rng = rng.fork();
    let scene = Scene::new(settings, region, &mut copy, rng, *now);
    let mut call = Call { scene, neighbours: place, params: params.reader(), needs_role: false };
    for known in ["Action", "Version"] {
        call.params.text(known);
    }
    let answer = run(&mut call)?;
    if let Some(unread) = params.unread() {
        return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
    }
    let needs_role = call.needs_role;
    if *writes {
        place.elb = copy;
    }
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html>
    if needs_role {
        iam.ensure_service_role(settings, role_rng, *now, PRINCIPAL);
    }
    Ok(answer)
}
