//! IAM: roles, their policies, instance profiles; the same for all regions of an account.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html>. Reads lag as EC2's do, writes
//! act on the truth: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html#troubleshoot_general_eventual-consistency>.

mod account;
pub(crate) mod assume;
mod attached;
mod call;
pub(crate) mod condition;
pub(crate) mod document;
mod drift;

pub(crate) mod evaluate;
mod inline;
mod instance_profile;
mod managed;
mod names;
mod pattern;
pub(crate) mod principals;
mod role;
mod service_linked;
mod simulate;
mod tags;

use serde::{Deserialize, Serialize};

use self::{
    call::Call,
    condition::Context,
    document::Document,
    evaluate::{Decision, Principal, Request},
    instance_profile::InstanceProfile,
    role::Role,
};
pub(crate) use self::{drift::retag, service_linked::name_of as service_linked_name};
use super::operations::{self, Operations};
use crate::{
    Settings, Time, World,
    fault::Fault,
    random::Rng,
    shelf::{AnyShelf, Eyes, Record, Shelf, Tags},
    throttle,
    wire::{query::Params, xml::Xml},
    world::Drift,
};

pub(crate) const VERSION: &str = "2010-05-08";
pub(crate) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

type Answer = Result<Xml, Fault>;

/// What IAM holds, by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Iam {
    roles: Shelf<Role>,
    instance_profiles: Shelf<InstanceProfile>,
}

type Operation = operations::Operation<Run>;
type Run = fn(&mut Call<'_>) -> Answer;

/// The operations of every file.
const OPERATIONS: Operations<Run> = Operations(&[
    account::OPERATIONS,
    attached::OPERATIONS,
    inline::OPERATIONS,
    instance_profile::OPERATIONS,
    role::OPERATIONS,
    service_linked::OPERATIONS,
    simulate::OPERATIONS,
    tags::OPERATIONS,
]);

/// Whether an operation is a write.
pub(crate) fn mutates(name: &str) -> bool {
    OPERATIONS.mutates(name)
}

impl Iam {
    /// Everything it holds, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        vec![&self.roles, &self.instance_profiles]
    }

    /// The role of an ARN, as it truly is.
    pub(crate) fn role_of(&self, settings: &Settings, arn: &str) -> Option<&Record<Role>> {
        self.roles.all().find(|it| it.arn(settings) == arn)
    }

    /// The ARN and the tags of the role of that name, whatever its case where that does not matter.
    pub(crate) fn role_named(&self, settings: &Settings, name: &str) -> Option<(String, Tags)> {
        let name = role::known_as(self, settings, name);
        let role = self.roles.get(&name)?;
        Some((role.arn(settings), role.tags.clone()))
    }

    /// The same of the instance profile of that name.
    pub(crate) fn profile_named(&self, settings: &Settings, name: &str) -> Option<(String, Tags)> {
        let name = instance_profile::known_as(self, settings, name);
        let profile = self.instance_profiles.get(&name)?;
        Some((profile.arn(settings), profile.tags.clone()))
    }

    /// The policies of a role, as a replica knows them; one that does not know the role yet knows
    /// none.
    pub(crate) fn policies(&self, name: &str, eyes: Eyes) -> Result<Vec<Document>, Fault> {
        let role = self.roles.seen(name, eyes);
        role.map_or_else(|| Ok(Vec::new()), Record::documents)
    }

    /// What a request of a role carries of it.
    pub(crate) fn describe(&self, settings: &Settings, name: &str, context: &mut Context) {
        if let Some(role) = self.roles.get(name) {
            role.describe(settings, context);
        }
    }

    /// Whether a service may assume the role of an ARN.
    pub(crate) fn lets_assume(&self, settings: &Settings, arn: &str, service: &str) -> bool {
        let Some(trust) = self.role_of(settings, arn).and_then(|it| it.trusts().ok()) else {
            return false;
        };
        let mut context = Context::default();
        context.set("aws:SourceAccount", settings.account.clone());
        let (action, resource) = ("sts:AssumeRole".to_owned(), arn.to_owned());
        let who = Principal::Service(service.to_owned());
        let grant = evaluate::resource(&trust, &who, &Request { action, resource, context });
        grant.decision == Decision::Allowed
    }

    /// The ARN of the role that instances with a profile get: the one inside, if EC2 may assume it.
    pub(crate) fn role_for_instances(&self, settings: &Settings, profile: &str) -> Option<String> {
        let inside = self.instance_profiles.get(profile)?.role.as_ref()?;
        let arn = self.roles.all().find(|it| it.unique == *inside)?.arn(settings);
        self.lets_assume(settings, &arn, "ec2.amazonaws.com").then_some(arn)
    }

    /// The ARN of the role in an instance profile, whoever may assume it.
    pub(crate) fn role_in(&self, settings: &Settings, profile: &str) -> Option<String> {
        let inside = self.instance_profiles.get(profile)?.role.as_ref()?;
        self.roles.all().find(|it| it.unique == *inside).map(|it| it.arn(settings))
    }

    /// Changes that somebody might make to what carries the tag `key`.
    pub(crate) fn drifts(&self, key: &str) -> Vec<Drift> {
        drift::all(self, key)
    }

    /// Does a thing as somebody else would, outside of any request of the client.
    pub(crate) fn act(
        &mut self,
        settings: &Settings,
        rng: Rng,
        now: Time,
        action: (&str, Vec<(String, String)>),
    ) -> Answer {
        let params: Params = action.1.into_iter().collect();
        self.run(settings, rng, now, action.0, &params)
    }

    fn run(
        &mut self,
        settings: &Settings,
        rng: Rng,
        now: Time,
        name: &str,
        params: &Params,
    ) -> Answer {
        let Some((_, writes, run)) = OPERATIONS.find(name) else {
            return Err(Fault::unsupported(format!("the operation iam:{name}")));
        };
        let mut copy = self.clone();
        let mut call = Call::new(settings, &mut copy, params.reader(), rng, now);
        for known in ["Action", "Version"] {
            call.params.text(known);
        }
        let answer = run(&mut call)?;
        if let Some(unread) = params.unread() {
            return Err(Fault::unsupported(format!("the parameter {unread} of {name}")));
        }
        if *writes {
            *self = copy;
        }
        Ok(answer)
    }
}

/// The names of all operations.
pub(crate) fn operations() -> Vec<&'static str> {
    OPERATIONS.names()
}

/// Answers a request.
pub(crate) fn ask(world: &mut World, name: &str, params: &Params, rng: Rng) -> Answer {
    let World { settings, now, buckets, iam, .. } = world;
    if OPERATIONS.find(name).is_none() {
        return Err(Fault::unsupported(format!("the operation iam:{name}")));
    }
    if settings.throttling && !buckets.take("iam".to_owned(), throttle::iam(), *now) {
        return Err(Fault::client("Throttling", "Rate exceeded"));
    }
    if let Some(other) = params.reader().text("Version").filter(|it| it != VERSION) {
        return Err(Fault::unsupported(format!("the version {other} of IAM")));
    }
    iam.run(settings, rng, *now, name, params)
}
