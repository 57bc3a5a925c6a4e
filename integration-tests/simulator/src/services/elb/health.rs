//! Whether targets are well: what their checks find, and what follows from that after a while.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html>. No check is an
//! event of its own: what they find is looked at whenever something happens in the region, and since when they find
//! it says what has become of the target.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Elb,
    load_balancer::{Family, State},
    target::Target,
    target_group::{Check, Protocol, TargetGroup},
};
use crate::{Settings, Time, services::Ec2, shelf::Record, world::Answers};

/// What a check finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Probe {
    /// No load balancer uses the group.
    Idle,
    /// The load balancer is not in the zone of the target.
    Elsewhere,
    /// The load balancer does not work yet.
    Early,
    /// The instance does not run.
    Off(String),
    Well,
    /// It answers with another code.
    Code(u16),
    /// Nothing comes back.
    Silent,
    /// Nobody listens, or it speaks something else.
    Refused,
}

impl Probe {
    /// Whether the target is checked at all.
    fn is_checked(&self) -> bool {
        match self {
            Self::Idle | Self::Elsewhere | Self::Early | Self::Off(_) => false,
            Self::Well | Self::Code(_) | Self::Silent | Self::Refused => true,
        }
    }
}

/// What the service has seen of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct View {
    probe: Option<Probe>,
    /// Since when checks find that the target is well, or that it is not.
    since: Time,
    /// When the target is registered.
    ready: Time,
    /// What it was before they found that: well or not; nothing before it was known.
    before: Option<bool>,
}

/// How a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Health {
    Registering,
    Checking,
    Healthy,
    Unhealthy(Probe),
    Draining,
    Idle(&'static str),
    Elsewhere,
    Off(String),
}

/// A state, a reason and a description, as answers show them.
pub(super) type Shown = (&'static str, Option<&'static str>, Option<String>);

impl Health {
    pub(super) fn shown(&self) -> Shown {
        let text = |it: &str| Some(it.to_owned());
        match self {
            Self::Registering => (
                "initial",
                Some("Elb.RegistrationInProgress"),
                text("Target registration is in progress"),
            ),
            Self::Checking => (
                "initial",
                Some("Elb.InitialHealthChecking"),
                text("Initial health checks in progress"),
            ),
            Self::Healthy => ("healthy", None, None),
            Self::Unhealthy(Probe::Code(code)) => (
                "unhealthy",
                Some("Target.ResponseCodeMismatch"),
                Some(format!("Health checks failed with these codes: [{code}]")),
            ),
            Self::Unhealthy(Probe::Silent) => {
                ("unhealthy", Some("Target.Timeout"), text("Request timed out"))
            }
            Self::Unhealthy(_) => {
                ("unhealthy", Some("Target.FailedHealthChecks"), text("Health checks failed"))
            }
            Self::Draining => (
                "draining",
                Some("Target.DeregistrationInProgress"),
                text("Target deregistration is in progress"),
            ),
            Self::Idle(why) => ("unused", Some("Target.NotInUse"), text(why)),
            Self::Elsewhere => (
                "unused",
                Some("Target.NotInUse"),
                text("Target is in an Availability Zone that is not enabled for the load balancer"),
            ),
            Self::Off(state) => (
                "unused",
                Some("Target.InvalidState"),
                Some(format!("Target is in the {state} state")),
            ),
        }
    }
}

impl View {
    /// Whether a load balancer sends something to the target.
    pub(super) fn is_in_use(&self) -> bool {
        self.probe.as_ref().is_some_and(Probe::is_checked)
    }

    /// What is known of the target at a moment: well or not.
    fn known(&self, check: &Check, first: u32, now: Time) -> Option<bool> {
        let well = match &self.probe {
            Some(probe) if probe.is_checked() => *probe == Probe::Well,
            Some(_) | None => return None,
        };
        let needed = match (well, self.before) {
            (true, None) => first,
            (true, Some(false)) => check.healthy,
            (false, None | Some(true)) => check.unhealthy,
            (true, Some(true)) | (false, Some(false)) => return self.before,
        };
        let takes = Duration::from_secs(u64::from(check.interval) * u64::from(needed));
        let begun = self.since.max(self.ready);
        if now >= begun + takes { Some(well) } else { self.before }
    }

    /// Takes note of what checks find from now on.
    pub(super) fn see(
        &mut self,
        check: &Check,
        first: u32,
        probe: Probe,
        now: Time,
        ready: &mut dyn FnMut() -> Time,
    ) {
        if self.probe.as_ref() == Some(&probe) {
            return;
        }
        let was_well = self.probe == Some(Probe::Well);
        if !probe.is_checked() {
            (self.since, self.before) = (now, None);
        } else if self.is_in_use() {
            self.before = self.known(check, first, now);
            if was_well || probe == Probe::Well {
                self.since = now;
            }
        } else {
            (self.since, self.ready, self.before) = (now, ready(), None);
        }
        self.probe = Some(probe);
    }
}

impl Elb {
    /// The load balancer that a group is for.
    fn balancer_of(&self, group: &str) -> Option<&Record<super::load_balancer::LoadBalancer>> {
        let user = self.users_of_group(group).into_iter().next()?;
        self.load_balancers.get(&user)
    }

    /// How many checks a new target has to pass: one is enough for application load balancers.
    pub(super) fn checks_needed(&self, group: &TargetGroup) -> u32 {
        match group.family() {
            Family::Application => 1,
            Family::Network => group.check.healthy,
        }
    }

    /// What a check of a target finds now.
    pub(super) fn probe(
        &self,
        settings: &Settings,
        ec2: &Ec2,
        group: &Record<TargetGroup>,
        target: &Target,
    ) -> Probe {
        let Some(balancer) = self.balancer_of(&group.id) else { return Probe::Idle };
        let look = match ec2.look(&target.instance) {
            Some(look) if look.runs() => look,
            Some(look) => return Probe::Off(look.state.to_owned()),
            None => return Probe::Off("terminated".to_owned()),
        };
        if !balancer.places.iter().any(|it| it.zone == look.zone) {
            return Probe::Elsewhere;
        }
        if balancer.state != State::Active {
            return Probe::Early;
        }
        let port = group.check.port.unwrap_or(target.port);
        let reached =
            balancer.interfaces.iter().any(|it| ec2.lets_reach(&it.0, &target.instance, port));
        if !reached || look.impaired.is_some() || settings.has_lost(&look.zone) {
            return Probe::Silent;
        }
        let answers = self.answers.get(&target.instance).and_then(|it| it.get(&port));
        match (group.check.protocol, answers) {
            (_, None) => Probe::Refused,
            (Protocol::Tcp, Some(_)) => Probe::Well,
            (Protocol::Http, Some(Answers::Http(code)))
            | (Protocol::Https, Some(Answers::Https(code))) => {
                if group.check.accepts(*code) {
                    Probe::Well
                } else {
                    Probe::Code(*code)
                }
            }
            (Protocol::Http | Protocol::Https, Some(_)) => Probe::Refused,
        }
    }

    /// How a target is at a moment.
    pub(super) fn health(&self, group: &Record<TargetGroup>, target: &Target, now: Time) -> Health {
        if target.drains.is_some() {
            return Health::Draining;
        }
        let view = &target.view;
        let idle = "Target group is not configured to receive traffic from the load balancer";
        match &view.probe {
            None if self.balancer_of(&group.id).is_none() => return Health::Idle(idle),
            Some(Probe::Idle) => return Health::Idle(idle),
            Some(Probe::Elsewhere) => return Health::Elsewhere,
            Some(Probe::Off(state)) => return Health::Off(state.clone()),
            None | Some(Probe::Early) => return Health::Registering,
            Some(Probe::Well | Probe::Code(_) | Probe::Silent | Probe::Refused) => {}
        }
        let first = self.checks_needed(group);
        match (view.known(&group.check, first, now), &view.probe) {
            (Some(true), _) => Health::Healthy,
            (Some(false), Some(Probe::Well) | None) => Health::Unhealthy(Probe::Refused),
            (Some(false), Some(probe)) => Health::Unhealthy(probe.clone()),
            (None, _) if now < view.ready => Health::Registering,
            (None, _) => Health::Checking,
        }
    }
}
