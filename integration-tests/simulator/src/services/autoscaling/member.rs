//! The instances of a group.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>

use serde::{Deserialize, Serialize};

use crate::{Time, services::ec2::Look};

/// An instance of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) zone: String,
    pub(super) zone_id: String,
    pub(super) kind: String,
    pub(super) image: String,
    pub(super) state: Lifecycle,
    pub(super) healthy: bool,
    pub(super) protected: bool,
    /// The template it was launched from: id, name and number of the version.
    pub(super) template: Option<(String, String, String)>,
    pub(super) launched: Time,
    /// When it came into the state it is in.
    pub(super) since: Time,
    /// What it waits for.
    pub(super) action: Option<Action>,
    /// The hooks it has been through, this time.
    pub(super) passed: Vec<String>,
    /// The activity that ends when it has come where it goes.
    pub(super) activity: Option<String>,
    /// Whether EC2 has been told to terminate it.
    pub(super) called: bool,
}

/// A hook that waits for somebody's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Action {
    pub(super) hook: String,
    pub(super) token: String,
    pub(super) until: Time,
    /// When no heartbeat helps any more.
    pub(super) end: Time,
    /// What was said.
    pub(super) result: Option<String>,
}

/// Where an instance is in its life in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Lifecycle {
    Pending,
    PendingWait,
    InService,
    EnteringStandby,
    Standby,
    Detaching,
    Terminating,
    TerminatingWait,
    TerminatingProceed,
}

impl Lifecycle {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::PendingWait => "Pending:Wait",
            Self::InService => "InService",
            Self::EnteringStandby => "EnteringStandby",
            Self::Standby => "Standby",
            Self::Detaching => "Detaching",
            Self::Terminating => "Terminating",
            Self::TerminatingWait => "Terminating:Wait",
            Self::TerminatingProceed => "Terminating:Proceed",
        }
    }

    /// Whether it counts against the desired capacity.
    pub(super) fn counts(self) -> bool {
        self.pends() || self == Self::InService
    }

    pub(super) fn pends(self) -> bool {
        matches!(self, Self::Pending | Self::PendingWait)
    }

    /// Whether it is on its way out of the group by its end.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Terminating | Self::TerminatingWait | Self::TerminatingProceed)
    }

    /// Whether nothing is awaited of it.
    pub(super) fn serves(self) -> bool {
        matches!(self, Self::InService | Self::Standby)
    }
}

impl Member {
    /// An instance that joins a group.
    pub(super) fn new(
        id: &str,
        look: &Look,
        template: Option<(String, String, String)>,
        now: Time,
    ) -> Self {
        Self {
            id: id.to_owned(),
            zone: look.zone.clone(),
            zone_id: look.zone_id.clone(),
            kind: look.kind.clone(),
            image: look.image.clone(),
            state: Lifecycle::Pending,
            healthy: true,
            protected: false,
            template,
            launched: look.launched,
            since: now,
            action: None,
            passed: Vec::new(),
            activity: None,
            called: false,
        }
    }

    /// The state that is shown; `Proceed` is what comes after a hook.
    pub(super) fn shown_state(&self) -> &'static str {
        match (self.state, self.passed.is_empty()) {
            (Lifecycle::TerminatingProceed, true) => Lifecycle::Terminating.name(),
            (Lifecycle::Pending, false) => "Pending:Proceed",
            (state, _) => state.name(),
        }
    }

    pub(super) fn enter(&mut self, state: Lifecycle, now: Time) {
        self.state = state;
        self.since = now;
        self.action = None;
    }

    /// Begins to leave the group by its end.
    pub(super) fn begin_to_end(&mut self, activity: String, now: Time) {
        self.enter(Lifecycle::Terminating, now);
        self.passed.clear();
        self.activity = Some(activity);
    }
}
