//! The whole of the simulated AWS as one value.
//!
//! Pure state: a request and a time go in, an answer comes out, and the state is what serde
//! writes down. No clock, no sockets, no chance from outside.

mod balancers;
mod census;
mod databases;
mod drift;
mod instances;
mod mail;
mod metrics;
mod retag;
mod seeds;

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};

pub use self::{
    balancers::Answers,
    census::{Moments, Object},
    databases::{Database, Login, Refused},
    drift::Deed,
    instances::{Checks, Glance, Running},
    mail::Mail,
    metrics::MetricName,
    seeds::Seed,
};
pub(crate) use self::{
    drift::{Drift, HERE, HERE_SNS, Input, NOWHERE},
    retag::Retag,
};
use crate::{
    Settings, Time,
    fault::Fault,
    hidden::Hidden,
    random::Rng,
    services::{
        self, Acm, Around, Asked, AutoScaling, Backup, CloudWatch, DevOpsGuru, Ec2, Elb, Hands,
        Iam, Kms, LoadBalancerHands, Logs, Rds, Route53, Secrets, Service, ServiceQuotas, Site,
        Sns, Ssm, Tagging,
    },
    shelf::AnyShelf,
    throttle::Buckets,
};

/// What a region holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Region {
    pub(crate) acm: Acm,
    pub(crate) autoscaling: AutoScaling,
    pub(crate) backup: Backup,
    pub(crate) cloudwatch: CloudWatch,
    pub(crate) devops_guru: DevOpsGuru,
    pub(crate) ec2: Ec2,
    pub(crate) elb: Elb,
    pub(crate) kms: Kms,
    pub(crate) logs: Logs,
    pub(crate) quotas: ServiceQuotas,
    pub(crate) rds: Rds,
    pub(crate) secrets: Secrets,
    pub(crate) sns: Sns,
    pub(crate) ssm: Ssm,
    pub(crate) tagging: Tagging,
}

impl Region {
    /// Everything in it, kind by kind.
    pub(crate) fn shelves(&self) -> Vec<&dyn AnyShelf> {
        let mut all: Vec<&dyn AnyShelf> = self.ec2.shelves().into();
        all.extend(self.acm.shelves());
        all.extend(self.autoscaling.shelves());
        all.extend(self.backup.shelves());
        all.extend(self.devops_guru.shelves());
        all.extend(self.elb.shelves());
        all.extend(self.cloudwatch.shelves());
        all.extend(self.kms.shelves());
        all.extend(self.logs.shelves());
        all.extend(self.rds.shelves());
        all.extend(self.secrets.shelves());
        all.extend(self.sns.shelves());
        all.extend(self.ssm.shelves());
        all
    }

    /// When something happens next by itself.
    fn due(&self) -> Option<Time> {
        next((&self.ec2, &self.autoscaling, &self.elb, &self.rds), &self.backup)
    }

    /// Lets everything happen that is due, one thing after the other.
    ///
    /// Instances, groups and databases act upon each other: they share subnets, and a group hears of what
    /// becomes of its instances.
    fn settle(
        &mut self,
        (settings, region): (&Settings, &str),
        iam: &Iam,
        rng: &mut Rng,
        (before, now): (Time, Time),
    ) {
        let Self {
            autoscaling, backup, cloudwatch, ec2, elb, kms, logs, rds, secrets, sns, ..
        } = self;
        let around = Around { settings, region, iam, kms };
        autoscaling.hear(around, ec2, rng);
        // What was done since was done then.
        elb.notice(settings, ec2, rng, before);
        elb.publish(cloudwatch, before);
        while let Some(at) = next((ec2, autoscaling, elb, rds), backup).filter(|it| *it <= now) {
            ec2.settle(around, rng, at);
            autoscaling.hear(around, ec2, rng);
            autoscaling.settle(around, (ec2, elb), rng, at);
            autoscaling.hear(around, ec2, rng);
            elb.follow_groups(at, &autoscaling.in_target_groups(at));
            elb.settle(&mut LoadBalancerHands { around, ec2 }, rng, at);
            rds.settle(&mut Hands { around, ec2, logs }, rng, at);
            backup.settle(around, (rds, cloudwatch), rng, at);
            elb.notice(settings, ec2, rng, at);
            elb.publish(cloudwatch, at);
        }
        elb.follow_groups(now, &autoscaling.in_target_groups(now));
        rds.forget_events(now);
        kms.settle(settings, now);
        logs.settle(settings, now);
        let around = Around { settings, region, iam, kms };
        ec2.deliver(around, logs, rng, now);
        secrets.settle(settings, now);
        for told in rds.take_told() {
            let site = Site { settings, iam, region, now: told.at() };
            // What a topic does not take is lost.
            sns.notify(site, kms, rng, &told.note()).ok();
        }
        for counted in logs.take_counted() {
            cloudwatch.extract(&counted, now);
        }
        cloudwatch.look(settings, rng, now);
        for action in cloudwatch.take_actions() {
            let site = Site { settings, iam, region, now: action.at() };
            let note = action.note(settings, region);
            cloudwatch.acted(&action, sns.notify(site, kms, rng, &note));
        }
        sns.settle(settings, rng, now);
    }
}

fn next(
    (ec2, groups, elb, rds): (&Ec2, &AutoScaling, &Elb, &Rds),
    backup: &Backup,
) -> Option<Time> {
    [ec2.due(), groups.due(), elb.due(), rds.due(), backup.due()].into_iter().flatten().min()
}

/// A simulated AWS account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    pub(crate) settings: Settings,
    pub(crate) now: Time,
    pub(crate) rng: Rng,
    pub(crate) buckets: Buckets,
    #[serde(default)]
    pub(crate) iam: Iam,
    #[serde(default)]
    pub(crate) route53: Route53,
    pub(crate) regions: BTreeMap<String, Region>,
    /// What guests remember.
    #[serde(default, skip_serializing_if = "Hidden::is_empty")]
    pub(crate) memory: Hidden,
}

/// What the world says to a request.
#[derive(Debug)]
pub struct Reply {
    /// The answer.
    pub response: Response<Bytes>,
    /// How long it takes to arrive.
    pub latency: Duration,
    /// Which service was asked: `ec2`.
    pub service: String,
    /// What it was asked to do: `CreateVpc`.
    pub operation: String,
    /// Whether that is a write.
    pub mutating: bool,
    /// How the answer travels.
    pub delivery: Delivery,
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Arrives,
    /// The connection broke before the request had any effect.
    Reset,
    /// The request had its effect and the answer is lost.
    Lost,
}

impl World {
    /// Makes a world as a new account finds it.
    pub fn new(settings: Settings) -> Self {
        Self {
            now: settings.start,
            rng: Rng::new(settings.seed),
            buckets: Buckets::default(),
            iam: Iam::default(),
            route53: Route53::default(),
            regions: BTreeMap::new(),
            memory: Hidden::default(),
            settings,
        }
    }

    /// What kind of world it is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes what kind of world it is from now on.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Draws from another seed from now on, also what is disputed.
    pub fn reseed(&mut self, seed: u64) {
        self.settings.seed = seed;
        self.rng = Rng::new(seed);
    }

    /// The latest time the world has been told.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The ARN of the role whose credentials instances with a profile get: the role in it, if it
    /// lets EC2 assume it.
    pub fn role_for_instances(&self, profile: &str) -> Option<String> {
        self.iam.role_for_instances(&self.settings, profile)
    }

    /// Lets time pass: everything that is due until `now` happens. Time never runs backwards.
    pub fn advance(&mut self, now: Time) {
        let before = self.now;
        self.now = before.max(now);
        let span = (before, self.now);
        for (name, region) in &mut self.regions {
            region.settle((&self.settings, name), &self.iam, &mut self.rng, span);
        }
    }

    /// When something happens next by itself, as far as instances, groups and databases go.
    pub fn due(&self) -> Option<Time> {
        self.regions.values().filter_map(Region::due).min()
    }

    /// Answers a request that comes at `now`.
    pub fn handle(&mut self, now: Time, request: &Request<Bytes>) -> Reply {
        let asked = services::identify(request);
        self.answer(now, &asked)
    }

    /// Answers a request that has been read already.
    pub(crate) fn answer(&mut self, now: Time, asked: &Asked) -> Reply {
        self.advance(now);
        let mut chance = self.rng.fork();
        let weather = self.settings.weather.clone();
        let latency = chance.between(self.settings.latency.min(), self.settings.latency.max());
        let request_id = chance.uuid();

        let refusal = if chance.happens(weather.throttled) {
            Some(asked.throttled())
        } else if chance.happens(weather.server_error) {
            Some(asked.broken())
        } else {
            None
        };
        let (response, delivery) = if chance.happens(weather.reset) {
            (asked.refuse(&request_id, asked.broken()), Delivery::Reset)
        } else if let Some(fault) = refusal {
            (asked.refuse(&request_id, fault), Delivery::Arrives)
        } else {
            let response = services::perform(self, asked, chance.fork(), &request_id);
            if chance.happens(weather.answer_lost) {
                (response, Delivery::Lost)
            } else if chance.happens(weather.server_error_after) {
                (asked.refuse(&request_id, asked.broken()), Delivery::Arrives)
            } else {
                (response, Delivery::Arrives)
            }
        };
        Reply {
            response,
            latency,
            service: asked.service.clone(),
            operation: asked.operation.clone(),
            mutating: asked.mutating,
            delivery,
        }
    }

    /// Refuses a request in its own protocol, without any effect.
    pub(crate) fn refuse(&mut self, asked: &Asked, fault: Fault) -> Response<Bytes> {
        let request_id = self.rng.uuid();
        asked.refuse(&request_id, fault)
    }

    /// Lets the storage of a DB instance be full, as the data in it would that the world does not
    /// keep; says whether there is such an instance and it works.
    pub fn fill_database(&mut self, region: &str, id: &str) -> bool {
        let rng = self.rng.fork();
        let Self { settings, now, regions, .. } = self;
        let Some(place) = regions.get_mut(region) else { return false };
        place.rds.fill((settings, region), rng, *now, id)
    }

    /// What a region holds; a region nobody has asked about yet begins as AWS makes it.
    pub(crate) fn region(&mut self, name: &str) -> &mut Region {
        if !self.regions.contains_key(name) {
            let rng = self.rng.fork();
            let (settings, iam, kms) = (&self.settings, &self.iam, &Kms::default());
            let around = Around { settings, region: name, iam, kms };
            let ec2 = Ec2::as_aws_makes_it(around, rng);
            self.regions.insert(name.to_owned(), Region { ec2, ..Region::default() });
        }
        self.regions.entry(name.to_owned()).or_default()
    }
}
