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
mod metrics;
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
pub(crate) use self::{agenda::Hands as LoadBalancerHands, target::Leaves};
use super::{
    agenda::Agenda,
    form::{self, Answer, Request, Served},
    operations::{self, Operations},
};
use crate::{
    Time,
    fault::Fault,
    shelf::{AnyShelf, Shelf, Tags},
    throttle::{self, Rate},
    world::{Answers, Drift, Region, Retag},
};

pub(crate) const NAME: &str = "elasticloadbalancing";
/// Whom the role of the service trusts.
pub(crate) const PRINCIPAL: &str = "elasticloadbalancing.amazonaws.com";

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
    /// What was published last.
    published: metrics::Counts,
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
}

impl form::Service for Elb {
    const NAME: &'static str = NAME;
    const TITLE: &'static str = "Elastic Load Balancing";
    const VERSION: &'static str = "2015-12-01";
    const NAMESPACE: &'static str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

    fn of(region: &Region) -> &Self {
        &region.elb
    }

    fn of_mut(region: &mut Region) -> &mut Self {
        &mut region.elb
    }

    fn operations() -> Vec<&'static str> {
        OPERATIONS.names()
    }

    fn writes(operation: &str) -> Option<bool> {
        OPERATIONS.find(operation).map(|it| it.1)
    }

    fn rate(operation: &str) -> Rate {
        throttle::elb(operation)
    }

    fn bucket(operation: &str) -> &'static str {
        throttle::elb_bucket(operation)
    }

    fn serve(&mut self, neighbours: &Region, request: Request<'_>) -> Result<Served, Fault> {
        let Request { operation, params, settings, region, mut rng, now, .. } = request;
        let Some((_, _, run)) = OPERATIONS.find(operation) else {
            return Err(form::unknown::<Self>(operation));
        };
        let linked = rng.fork();
        let scene = Scene::new(settings, region, self, rng, now);
        let mut call = Call { scene, neighbours, params, needs_role: false };
        let answer = run(&mut call)?;
        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html>
        let links = call.needs_role.then_some((PRINCIPAL, linked));
        Ok(Served { answer, links })
    }

    fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    fn retag(kind: &str, id: &str, change: &Retag<'_>) -> Vec<Drift> {
        drift::retag(kind, id, change)
    }

    fn unprotect(kind: &str, id: &str) -> Vec<Drift> {
        drift::unprotect(kind, id)
    }
}
