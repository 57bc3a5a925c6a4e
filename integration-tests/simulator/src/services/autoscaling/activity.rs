//! Activities: what a group does and did, and why.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-verify-scaling-activity.html>. The
//! last ones of each group are kept for six weeks, also when the group is gone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Answer, AutoScaling, Operation, call::Call};
use crate::{Time, random::Rng, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[("DescribeScalingActivities", false, list)];

const KEPT: Duration = Duration::from_hours(24 * 42);
/// How many of one group are kept at most.
const MOST: usize = 500;

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Activity {
    pub(super) id: String,
    group: String,
    arn: String,
    description: String,
    cause: String,
    start: Time,
    end: Option<Time>,
    status: Status,
    message: Option<String>,
    details: String,
}

/// How far an activity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    /// An instance is launched and not in service yet.
    PreInService,
    InProgress,
    /// An instance drains behind a load balancer.
    WaitingForDraining,
    /// A hook waits.
    MidLifecycleAction,
    Successful,
    Failed,
    Cancelled,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::PreInService => "PreInService",
            Self::InProgress => "InProgress",
            Self::WaitingForDraining => "WaitingForELBConnectionDraining",
            Self::MidLifecycleAction => "MidLifecycleAction",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    fn progress(self) -> u32 {
        match self {
            Self::PreInService => 30,
            Self::InProgress | Self::WaitingForDraining => 50,
            Self::MidLifecycleAction => 60,
            Self::Successful | Self::Failed | Self::Cancelled => 100,
        }
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Successful | Self::Failed | Self::Cancelled)
    }
}

/// An activity that begins, or is over as it begins.
pub(super) struct Beginning {
    pub(super) description: String,
    pub(super) cause: String,
    pub(super) status: Status,
    pub(super) message: Option<String>,
    /// Where the instance is: its subnet and zone.
    pub(super) details: String,
}

impl Beginning {
    pub(super) fn new(description: String, cause: String) -> Self {
        let status = Status::InProgress;
        Self { description, cause, status, message: None, details: "{}".to_owned() }
    }
}

/// A moment as causes tell it.
pub(super) fn spoken(now: Time) -> String {
    let text = now.to_string();
    format!("{}Z", text.split('.').next().unwrap_or_default())
}

impl AutoScaling {
    /// Begins an activity of a group and gives its id.
    pub(super) fn begin(
        &mut self,
        rng: &mut Rng,
        now: Time,
        (group, arn): (&str, &str),
        what: Beginning,
    ) -> String {
        let id = rng.uuid();
        let all = self.activities.entry(group.to_owned()).or_default();
        all.push(Activity {
            id: id.clone(),
            group: group.to_owned(),
            arn: arn.to_owned(),
            description: what.description,
            cause: what.cause,
            start: now,
            end: what.status.is_over().then_some(now),
            status: what.status,
            message: what.message,
            details: what.details,
        });
        all.retain(|it| now.since(it.start) <= KEPT);
        let over = all.len().saturating_sub(MOST);
        all.drain(..over);
        id
    }

    /// Says how far an activity is.
    pub(super) fn go_on(
        &mut self,
        now: Time,
        id: Option<&str>,
        status: Status,
        message: Option<String>,
    ) {
        let Some(id) = id else { return };
        let mut all = self.activities.values_mut().flatten();
        let Some(activity) = all.find(|it| it.id == id && !it.status.is_over()) else { return };
        activity.status = status;
        activity.end = status.is_over().then_some(now);
        activity.message = message;
    }

    /// Whether a group has something to bring to its end.
    pub(super) fn is_busy(&self, group: &str) -> bool {
        self.activities.get(group).is_some_and(|all| all.iter().any(|it| !it.status.is_over()))
    }
}

impl Activity {
    pub(super) fn render(&self, gone: bool) -> Xml {
        Xml::new()
            .text("ActivityId", &self.id)
            .text("AutoScalingGroupName", &self.group)
            .text("Description", &self.description)
            .text("Cause", &self.cause)
            .text("StartTime", self.start)
            .maybe("EndTime", self.end)
            .text("StatusCode", self.status.name())
            .maybe("StatusMessage", self.message.as_ref().map(|it| first(it, 255)))
            .text("Progress", self.status.progress())
            .text("Details", &self.details)
            .maybe("AutoScalingGroupState", gone.then_some("Deleted"))
            .text("AutoScalingGroupARN", &self.arn)
    }
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

/// The activities of these ids, as an answer shows what it began.
pub(super) fn shown(call: &Call<'_>, ids: &[String]) -> Vec<Xml> {
    let all = call.state.activities.values().flatten();
    all.filter(|it| ids.contains(&it.id)).map(|it| it.render(false)).collect()
}

/// The newest first.
fn list(call: &mut Call<'_>) -> Answer {
    let ids = call.params.list("ActivityIds.member");
    let name = call.params.text("AutoScalingGroupName");
    let gone_too = call.flag("IncludeDeletedGroups")?.unwrap_or_default();
    call.flag("IncludeManagedResources")?;
    if let Some(name) = name.as_ref().filter(|_| !gone_too) {
        let seen = call.state.groups.seen(name, call.by_id());
        if seen.is_none() {
            call.look()?;
        }
    }
    let mut items = Vec::new();
    for (group, all) in &call.state.activities {
        let arn = call.state.groups.get(group).map(|it| it.arn(call.around));
        for it in all {
            let gone = arn.as_ref().is_none_or(|arn| *arn != it.arn);
            let wanted = name.as_ref().is_none_or(|name| name == group)
                && (ids.is_empty() || ids.contains(&it.id))
                && (gone_too || !gone);
            if wanted {
                let age = u64::MAX - it.start.as_millis();
                items.push((format!("{age:020} {}", it.id), it.render(gone)));
            }
        }
    }
    call.page(items, |page| Xml::new().members("Activities", "member", page))
}
