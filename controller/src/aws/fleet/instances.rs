//! The running instances of an Auto Scaling group. They begin and end with their group, which launches another
//! one wherever one ends; what is done here is to end the right one at the right time.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_autoscaling::types::{
    AutoScalingGroup as Group, LaunchTemplateSpecification, LifecycleState,
};
use aws_sdk_ec2::types::{Instance, InstanceStateName};

use crate::{
    aws::{
        answers::{required, text},
        autoscaling::{self, AutoScalingGroup, AutoScalingGroupArn},
        clients::Aws,
        ec2::{
            GROUP, LIST_INSTANCES as LIST, LaunchTemplateId, TemplateVersion, detached, running,
            tag,
        },
        image::{IMAGE_TAG, may_have_migrated, release, version},
        tags::{Tags, owner_of},
    },
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Kind, Outputs, Owner, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
        Told,
    },
    field,
};

use super::{
    Role, Word,
    turn::{Duty, Life, Member, Members, Turn},
};

/// The running instances of an Auto Scaling group.
pub struct Instances;

/// The name of the group whose instances share a lease.
pub const NODES: &str = "nodes";

/// The settable part of [`Instances`].
#[derive(Clone, Debug)]
pub struct InstancesConfig<S: Stage = Resolved> {
    /// The group they are of.
    pub group: S::In<AutoScalingGroupArn>,
    /// From which version of the template each was launched.
    pub versions: Versions<S>,
    /// Those that do not do what they are for, and have not for too long.
    pub stuck: Vec<String>,
    /// Those whose tags do not say any more whose they are: they may not say how they are.
    pub unmarked: Vec<String>,
    /// The node that they run. What each of them runs, its version says.
    pub image: Told<String>,
}

config! { InstancesConfig {
    group: Replace,
    versions: Interrupts,
    stuck: InPlace,
    unmarked: InPlace,
    image: InPlace,
} }

/// From which version of a template instances were launched.
#[derive(Clone, Debug)]
pub enum Versions<S: Stage = Resolved> {
    /// Each is to be from this one.
    Each(S::In<TemplateVersion>),
    /// Each is from its own, by its id; from none that is known, if it is none.
    Are(BTreeMap<String, Option<TemplateVersion>>),
}

impl<S: Stage> Field for Versions<S> {
    type Resolved = Versions;

    fn cell(&self, outputs: &Outputs) -> Cell {
        let said = |version: &Option<TemplateVersion>| match version {
            Some(version) => version.cell(outputs),
            None => Cell::Known("no template".into()),
        };
        match self {
            Self::Each(version) => Cell::Each(Box::new(version.cell(outputs))),
            Self::Are(all) => {
                Cell::Map(all.iter().map(|(id, version)| (id.clone(), said(version))).collect())
            }
        }
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        if let Self::Each(version) = self {
            version.refs(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Versions, Address> {
        Ok(match self {
            Self::Each(version) => Versions::Each(version.resolve(outputs)?),
            Self::Are(all) => Versions::Are(all.clone()),
        })
    }
}

/// What [`Instances`] have once they exist.
#[derive(Clone, Debug)]
pub struct InstancesOutputs {
    /// The instances.
    pub members: Members,
    /// What each of them runs, by its id, as it was launched.
    pub images: BTreeMap<String, String>,
}

/// What the id of a group's instances ends with: together they have none of their own.
const SUFFIX: &str = "/instances";
/// What shows what an instance wrote while it started.
const CONSOLE: &str = "ec2:GetConsoleOutput";
/// What says on an instance whose it is.
const MARK: &str = "ec2:CreateTags";
/// How old an instance is before it is said to be unmarked: it is launched with its tags, and lists may lag.
const MARKED: Duration = Duration::from_mins(5);
/// What ends an instance, so that its group launches another one.
const TERMINATE: &str = "autoscaling:TerminateInstanceInAutoScalingGroup";
/// How many of the last lines of a console are shown.
const LINES: usize = 5;

impl Resource for Instances {
    type Cloud = Aws;
    type Config = InstancesConfig;
    type Outputs = InstancesOutputs;

    const ABOUT: Kind = Kind {
        name: "instances",
        ids: "arn:*:autoscaling:*:autoScalingGroup:*:autoScalingGroupName/*",
        summary: "The running instances of an Auto Scaling group",
        cloudformation: "AWS::AutoScaling::AutoScalingGroup (UpdatePolicy)",
        replacement: Replacement::CreateFirst,
        creation: Creation::Facet,
        typical: Duration::from_mins(4),
        typical_removal: Duration::from_secs(1),
        patience: Duration::from_mins(15),
        outage: "one after the other is replaced, the standby first; the oracle is silent about 15 s, while the standby takes over the lease and starts",
        stands_on: &[],
        keeping: None,
        calls: Calls { read: &[autoscaling::LIST, LIST, CONSOLE], write: &[TERMINATE, MARK] },
    };

    const BOOTS: bool = true;

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let groups = match scope {
            Scope::Owned => autoscaling::describe(aws, scope).await?,
            Scope::Ids(ids) => {
                let ids: Vec<PhysicalId> = ids
                    .iter()
                    .map(|id| PhysicalId(id.0.trim_end_matches(SUFFIX).to_owned()))
                    .collect();
                autoscaling::describe(aws, &Scope::Ids(&ids)).await?
            }
        };
        let names = groups.iter().filter_map(|group| group.auto_scaling_group_name.clone());
        let running = running(aws, names.collect()).await?;
        groups.iter().map(|group| read(aws, group, &running)).collect()
    }

    /// The group has launched them.
    async fn create(
        _: &Aws,
        _: &Identity,
        want: &InstancesConfig,
    ) -> Result<PhysicalId, CallError> {
        Ok(PhysicalId(format!("{}{SUFFIX}", want.group)))
    }

    /// Says of all whose they are, or ends one instance, if one may end now: the engine looks again, and comes back
    /// for the next.
    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &InstancesConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let old = delta.take(field!(InstancesConfig.versions));
        let members = &have.outputs.members;
        if delta.take(field!(InstancesConfig.unmarked)) && !have.config.unmarked.is_empty() {
            // Nobody is ended for a silence that may end now.
            delta.take(field!(InstancesConfig.stuck));
            let (marks, none) = (Tags::of_owner(&aws.environment), Tags::default());
            for id in &have.config.unmarked {
                marks.set(aws, &PhysicalId(id.clone()), &none, 1).await?;
            }
            return Ok(());
        }
        if delta.take(field!(InstancesConfig.stuck))
            && let Some(stuck) = members.stuck().first()
        {
            return terminate(aws, stuck).await;
        }
        if !old {
            return Ok(());
        }
        if let Versions::Each(version) = &want.versions
            && members.version.as_ref() != Some(version)
        {
            return Err(not_now("the group is not seen to launch from that version yet".into()));
        }
        match members.turn() {
            Turn::Spare(member) => terminate(aws, member).await,
            Turn::HandOver { from, to: _ } => terminate(aws, from).await,
            Turn::Wait(why) => Err(not_now(why)),
            Turn::Done => Ok(()),
        }
    }

    fn refusal(want: &InstancesConfig<Declared>, have: &Found<Self>) -> Option<String> {
        refused(&have.outputs, want.image.0.as_deref()?)
    }

    async fn delete(_: &Aws, _: &Found<Self>) -> Result<(), CallError> {
        Ok(())
    }

    /// They go with their group.
    fn is_vacant(_: &Found<Self>) -> bool {
        true
    }

    async fn hindrances(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let Members { all, now, .. } = &have.outputs.members;
        let mut told = Vec::new();
        for member in all.iter().filter(|member| member.life == Life::Running) {
            if member.word.certain(*now).is_some_and(Role::is_well) {
                continue;
            }
            told.push(format!("{} {}", member.id, member.word.told(*now)));
            told.extend(console(aws, &member.id).await?);
        }
        let lacks_address = all.iter().any(|member| member.word.lacks_address());
        if have.outputs.members.is_leaderless() || lacks_address {
            told.extend(holders(aws, *now).await?);
        }
        Ok(told)
    }
}

/// Why this node must not follow those that run, if it must not: one of a newer release has opened the database.
///
/// A node takes the lease before it migrates: as long as one of this release or an older one has it, and none of a
/// newer one says so, nothing was migrated.
fn refused(have: &InstancesOutputs, wanted: &str) -> Option<String> {
    let wants = release(wanted)?;
    let runs = |member: &&Member| have.images.get(&member.id).and_then(|image| release(image));
    let all = || have.members.all.iter();
    let is_newer = |member: &&Member| runs(member).is_some_and(|it| it > wants);
    let newer = all().filter(is_newer).max_by_key(runs)?;
    let claimed = all().filter(is_newer).any(|it| it.word.role == Some(Role::Active));
    let proven = have.members.active().any(|it| runs(&it).is_some_and(|it| it <= wants));
    if proven && !claimed {
        return None;
    }
    let newer = have.images.get(&newer.id)?;
    Some(format!("Chainlink {} runs and {}", version(newer), may_have_migrated(newer, wanted)))
}

/// Why nobody is ended now, and may be later.
fn not_now(why: String) -> CallError {
    CallError::new(TERMINATE, Class::Busy, "NotNow", why)
}

/// Ends an instance. What runs on it is stopped by its systemd, with the time it needs to give the lease back
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-termination-works.html>).
async fn terminate(aws: &Aws, member: &Member) -> Result<(), CallError> {
    let call = || {
        aws.autoscaling
            .terminate_instance_in_auto_scaling_group()
            .instance_id(&member.id)
            .should_decrement_desired_capacity(false)
            .send()
    };
    aws.write(TERMINATE, call).await.map(drop)
}

fn read(aws: &Aws, group: &Group, running: &[Instance]) -> Result<Found<Instances>, CallError> {
    let id = text(autoscaling::LIST, "AutoScalingGroupARN", group.auto_scaling_group_arn())?;
    let name = text(autoscaling::LIST, "AutoScalingGroupName", group.auto_scaling_group_name())?;
    let desired = required(autoscaling::LIST, "DesiredCapacity", group.desired_capacity())?;
    let owner = owner_of(aws, AutoScalingGroup::ABOUT.name, &autoscaling::pairs(group.tags()));
    let template = group.launch_template().map(version_of);
    let listed = group.instances();
    let (mut all, mut images) = (Vec::new(), BTreeMap::new());
    for instance in running.iter().filter(|it| tag(it, GROUP) == Some(name)) {
        let id = text(LIST, "instanceId", instance.instance_id())?;
        let launched = required(LIST, "launchTime", instance.launch_time())?;
        let state = instance.state().and_then(|state| state.name()).map(InstanceStateName::as_str);
        let entry = listed.iter().find(|it| it.instance_id() == Some(id));
        let from = entry.and_then(|it| it.launch_template()).map(version_of);
        let lifecycle = entry.and_then(|it| it.lifecycle_state()).map(LifecycleState::as_str);
        all.push(Member {
            id: id.to_owned(),
            version: from,
            life: life(text(LIST, "instanceState", state)?, lifecycle),
            launched: jiff::Timestamp::from_second(launched.secs()).unwrap_or_default(),
            zone: instance.placement().and_then(|it| it.availability_zone()).map(Into::into),
            address: instance.private_ip_address().map(Into::into),
            word: Word::of(|key| tag(instance, key)),
        });
        images.extend(tag(instance, IMAGE_TAG).map(|image| (id.to_owned(), image.to_owned())));
    }
    let duty = match &owner {
        Owner::Us { name, .. } if name == NODES => Duty::Lease,
        Owner::Us { .. } | Owner::Other => Duty::Alone,
    };
    let desired = usize::try_from(desired).unwrap_or_default();
    let members = Members { duty, desired, version: template, all, now: aws.answered(LIST) };
    let versions = members.all.iter().filter(|it| it.life == Life::Running);
    let versions = versions.map(|it| (it.id.clone(), it.version.clone())).collect();
    let stuck = members.stuck().iter().map(|it| it.id.clone()).collect();
    let unmarked = unmarked(aws, &members, running);
    let unfinished = members.unfinished().filter(|_| unmarked.is_empty());
    Ok(Found {
        id: PhysicalId(format!("{id}{SUFFIX}")),
        owner,
        config: InstancesConfig {
            group: AutoScalingGroupArn::new(id),
            versions: Versions::Are(versions),
            stuck,
            unmarked,
            image: Told(None),
        },
        phase: unfinished.map_or(Phase::Ready, Phase::Pending),
        outputs: InstancesOutputs { members, images },
    })
}

/// Those of a group of ours whose own tags do not say so, or not of whom.
fn unmarked(aws: &Aws, members: &Members, running: &[Instance]) -> Vec<String> {
    let marks = Tags::of_owner(&aws.environment);
    let lacks = |it: &&Member| {
        let instance = running.iter().find(|known| known.instance_id() == Some(&it.id));
        instance.is_some_and(|instance| {
            marks.to(1).any(|(key, value)| tag(instance, key) != Some(&value))
        })
    };
    let is_settled = |it: &&Member| {
        let age: Duration = members.now.duration_since(it.launched).try_into().unwrap_or_default();
        it.life == Life::Running && age > MARKED
    };
    members.all.iter().filter(is_settled).filter(lacks).map(|it| it.id.clone()).collect()
}

fn version_of(from: &LaunchTemplateSpecification) -> TemplateVersion {
    TemplateVersion {
        template: LaunchTemplateId::new(from.launch_template_id().unwrap_or_default()),
        version: from.version().unwrap_or_default().to_owned(),
    }
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html>. An instance that its
/// group does not show has left it, or has yet to come.
fn life(state: &str, lifecycle: Option<&str>) -> Life {
    match (state, lifecycle) {
        ("running", Some("InService")) => Life::Running,
        ("pending", _) => Life::Coming,
        ("running", Some(lifecycle)) if lifecycle.starts_with("Pending") => Life::Coming,
        (_, Some("Standby" | "EnteringStandby")) => Life::Aside,
        _ => Life::Leaving,
    }
}

/// Those of no group that hold what others wait for: the lease, or an address of the bastion's. They may be meant to:
/// nobody ends them here.
async fn holders(aws: &Aws, now: jiff::Timestamp) -> Result<Vec<String>, CallError> {
    let mut told = Vec::new();
    for instance in detached(aws).await? {
        let id = text(LIST, "instanceId", instance.instance_id())?;
        let holds = if Word::of(|key| tag(&instance, key)).certain(now) == Some(Role::Active) {
            "is active"
        } else if has_own_address(aws, &instance) {
            "has an address of the bastion's"
        } else {
            continue;
        };
        told.push(format!(
            "{id} {holds} and is of no group: attach it to the group again, or terminate it"
        ));
    }
    Ok(told)
}

/// Whether it is reached at an Elastic IP address, which is the account's own; every other one is Amazon's
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceAssociation.html>).
fn has_own_address(aws: &Aws, instance: &Instance) -> bool {
    let account = aws.environment.account.as_str();
    instance
        .network_interfaces()
        .iter()
        .any(|interface| interface.association().and_then(|it| it.ip_owner_id()) == Some(account))
}

/// The last that an instance wrote on its console while it started.
async fn console(aws: &Aws, instance: &str) -> Result<Vec<String>, CallError> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let told = |latest| {
        aws.read(CONSOLE, move || {
            aws.ec2.get_console_output().instance_id(instance).latest(latest).send()
        })
    };
    // What there is now, where the hardware can tell; else what there was shortly after the start
    // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html>).
    let answer = match told(true).await {
        Err(error) if error.class == Class::Rejected => told(false).await?,
        answer => answer?,
    };
    let Some(output) = answer.output else { return Ok(Vec::new()) };
    let output = STANDARD.decode(output.trim()).unwrap_or_default();
    let output = String::from_utf8_lossy(&output);
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LINES));
    Ok(last.map(|line| format!("  its console: {}", line.trim())).collect())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{HEARTBEAT_TAG, ROLE_TAG},
        *,
    };

    const NOW: &str = "2026-11-29T12:00:00Z";

    fn of(nodes: &[(&str, Option<&str>)]) -> InstancesOutputs {
        let now = NOW.parse().unwrap();
        let (mut all, mut images) = (Vec::new(), BTreeMap::new());
        for (n, (version, role)) in nodes.iter().enumerate() {
            let id = format!("i-{n}");
            images.insert(id.clone(), format!("{version}@sha256:0"));
            let word = Word::of(|key| match key {
                ROLE_TAG => *role,
                HEARTBEAT_TAG => Some(NOW),
                _ => None,
            });
            let (version, zone, address) = (None, None, None);
            let (life, launched) = (Life::Running, now);
            all.push(Member { id, version, life, launched, zone, address, word });
        }
        let members = Members { duty: Duty::Lease, desired: 2, version: None, all, now };
        InstancesOutputs { members, images }
    }

    #[test]
    fn an_older_node_does_not_follow_a_newer_one() {
        let (active, standby) = (Some("active"), Some("standby"));
        let both = of(&[("2.9.1", standby), ("2.73.0", active)]);
        let why = refused(&both, "2.72.0@sha256:0").unwrap();
        assert!(why.contains("2.73.0 runs") && why.contains("2.72.0 refuses"), "{why}");
        for fine in ["2.73.0@sha256:1", "2.73.1@sha256:0", "3.0.0@sha256:0", "custom@sha256:0", "?"]
        {
            assert_eq!(refused(&both, fine), None, "{fine}");
        }
        assert_eq!(refused(&of(&[("custom", active)]), "2.0.0@sha256:0"), None);
    }

    #[test]
    fn a_newer_one_that_never_had_the_lease_can_be_taken_back() {
        let (active, standby) = (Some("active"), Some("standby"));
        for (newer, older, fine) in [
            (standby, active, true),
            (Some("failing"), active, true),
            (None, active, true),
            (active, active, false),
            (standby, standby, false),
            (standby, None, false),
        ] {
            let nodes = of(&[("2.73.0", newer), ("2.72.0", older)]);
            assert_eq!(refused(&nodes, "2.72.0@sha256:0").is_none(), fine, "{newer:?} {older:?}");
        }
    }
}
