//! Groups: made, changed, deleted.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html>

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    call::{Call, invalid},
    capacity::{self, Size},
    hook::{self, Hook},
    member::Member,
    render, tags,
    target_group::{self, Attached},
    template::{self, Chosen},
};
use crate::{
    Time,
    fault::Fault,
    services::{
        ec2::{Around, Ec2},
        iam::service_linked_name,
    },
    shelf::{Kind, Record},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateAutoScalingGroup", true, create),
    ("DescribeAutoScalingGroups", false, list),
    ("UpdateAutoScalingGroup", true, update),
    ("DeleteAutoScalingGroup", true, delete),
];

const LONGEST_NAME: usize = 255;
const COOLDOWN: u32 = 300;
const DAY: i64 = 86_400;
/// The policies by which a group chooses what to terminate:
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html>.
const POLICIES: &[&str] = &[
    "AllocationStrategy",
    "ClosestToNextInstanceHour",
    "Default",
    "NewestInstance",
    "OldestInstance",
    "OldestLaunchConfiguration",
    "OldestLaunchTemplate",
];

/// A group. Its tags are those of its record; which of them instances get is here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Group {
    /// What its ARN has of it beside its name.
    pub(super) unique: String,
    pub(super) created: Time,
    pub(super) template: Chosen,
    pub(super) size: Size,
    pub(super) cooldown: u32,
    pub(super) places: Places,
    pub(super) health_check: String,
    pub(super) grace: u32,
    pub(super) policies: Vec<String>,
    pub(super) protects_new: bool,
    pub(super) rebalances: Option<bool>,
    pub(super) lifetime: Option<u32>,
    pub(super) warmup: Option<u32>,
    pub(super) maintenance: Option<(i64, i64)>,
    pub(super) distribution: String,
    pub(super) protection: String,
    pub(super) service_role: String,
    pub(super) propagated: BTreeSet<String>,
    pub(super) targets: BTreeMap<String, Attached>,
    pub(super) metrics: BTreeSet<String>,
    /// The processes that are suspended, each with why.
    pub(super) suspended: BTreeMap<String, String>,
    pub(super) hooks: BTreeMap<String, Hook>,
    pub(super) notifications: BTreeSet<(String, String)>,
    pub(super) members: Vec<Member>,
    pub(super) trouble: Trouble,
    /// That it is being deleted, and whether its instances go with it at once.
    pub(super) deleting: Option<bool>,
}

/// Where a group launches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Places {
    pub(super) zones: Vec<String>,
    pub(super) zone_ids: Vec<String>,
    /// In the order in which they were given; none where default subnets are meant.
    pub(super) subnets: Vec<String>,
}

/// How launches have failed, one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trouble {
    pub(super) failures: u32,
    /// When the next launch is tried.
    pub(super) retry: Option<Time>,
    /// Whether an instance more than desired is there until the zones are even.
    pub(super) rebalancing: bool,
}

impl Kind for Group {
    const TYPE: &'static str = "auto-scaling-group";
    const PREFIX: &'static str = "asg";
    const NOUN: &'static str = "Auto Scaling group";
    const NOT_FOUND: &'static str = "ValidationError";
    const MALFORMED: &'static str = "ValidationError";

    fn path(record: &Record<Self>) -> String {
        format!("autoScalingGroup:{}:autoScalingGroupName/{}", record.unique, record.id)
    }
}

impl Record<Group> {
    pub(super) fn arn(&self, around: Around<'_>) -> String {
        let (region, account) = (around.region, &around.settings.account);
        format!("arn:aws:autoscaling:{region}:{account}:{}", Group::path(self))
    }
}

impl Group {
    pub(super) fn member(&self, instance: &str) -> Option<&Member> {
        self.members.iter().find(|it| it.id == instance)
    }

    pub(super) fn member_mut(&mut self, instance: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|it| it.id == instance)
    }

    pub(super) fn suspends(&self, process: &str) -> bool {
        self.suspended.contains_key(process)
    }

    /// The subnets that it launches in.
    pub(super) fn launches_in(&self, ec2: &Ec2) -> Vec<String> {
        if self.places.subnets.is_empty() {
            let zones = self.places.zones.iter();
            return zones.filter_map(|it| ec2.default_subnet(it)).collect();
        }
        self.places.subnets.clone()
    }
}

/// Reads where a request wants its instances, if it says so.
fn places(call: &Call<'_>) -> Result<Option<Places>, Fault> {
    if call.params.given("AvailabilityZoneIds") {
        return Err(Fault::unsupported("groups by the ids of their zones"));
    }
    let zones = call.params.list("AvailabilityZones.member");
    let Some(identifier) = call.params.text("VPCZoneIdentifier") else {
        if zones.is_empty() {
            return Ok(None);
        }
        let known = crate::services::ec2::zones_of(call.around.region);
        let id = |zone: &String| {
            let found = known.iter().find(|it| it.0 == *zone).map(|it| it.1.clone());
            found.ok_or_else(|| invalid(format!("Invalid availability zones: [{zone}]")))
        };
        let zone_ids = zones.iter().map(id).collect::<Result<_, _>>()?;
        return Ok(Some(Places { zones, zone_ids, subnets: Vec::new() }));
    };
    let subnets: Vec<String> =
        identifier.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    let mut places = Places { subnets: subnets.clone(), ..Places::default() };
    let mut vpcs = BTreeSet::new();
    for subnet in &subnets {
        let spot = call
            .ec2
            .spot(subnet, None)
            .ok_or_else(|| invalid(format!("The subnet ID '{subnet}' does not exist")))?;
        if !places.zones.contains(&spot.zone) {
            places.zones.push(spot.zone);
            places.zone_ids.push(spot.zone_id);
        }
        vpcs.insert(spot.vpc);
    }
    if vpcs.len() > 1 {
        return Err(invalid("All subnets of a group have to be in the same VPC"));
    }
    if subnets.is_empty() {
        return Err(invalid("VPCZoneIdentifier must have a subnet"));
    }
    if let Some(other) = zones.iter().find(|it| !places.zones.contains(it)) {
        return Err(invalid(format!(
            "The availability zones of the specified subnets and the AutoScalingGroup do not match \
             ({other})"
        )));
    }
    places.zones.sort();
    places.zone_ids.sort();
    Ok(Some(places))
}

/// One of several values, if it is given.
fn choice(call: &Call<'_>, name: &str, good: &[&str]) -> Result<Option<String>, Fault> {
    let given = call.params.text(name);
    if let Some(other) = given.as_deref().filter(|it| !good.contains(it)) {
        return Err(invalid(format!("{name} must be one of {} and is {other}", good.join(", "))));
    }
    Ok(given)
}

/// Puts the attributes that a creation and an update have in common on a group.
fn settle(call: &Call<'_>, group: &mut Group) -> Result<(), Fault> {
    for (member, what) in [
        ("PlacementGroup", "placement groups"),
        ("Context", "the context of groups"),
        ("DesiredCapacityType", "units of capacity"),
        ("AvailabilityZoneImpairmentPolicy", "zonal shift"),
        ("SkipZonalShiftValidation", "zonal shift"),
        ("CapacityReservationSpecification", "capacity reservations"),
        ("InstanceLifecyclePolicy", "lifecycle policies"),
    ] {
        if call.params.given(member) {
            return Err(Fault::unsupported(what));
        }
    }
    if let Some(cooldown) = call.number("DefaultCooldown", 0, i64::from(i32::MAX))? {
        group.cooldown = cooldown;
    }
    if let Some(check) = call.params.text("HealthCheckType") {
        let mut kinds: Vec<&str> = check.split(',').map(str::trim).collect();
        kinds.sort_unstable();
        if let Some(other) = kinds.iter().find(|it| !["EC2", "ELB"].contains(it)) {
            if ["EBS", "VPC_LATTICE"].contains(other) {
                return Err(Fault::unsupported(format!("the health check {other}")));
            }
            return Err(invalid(format!("Invalid HealthCheckType {other}")));
        }
        let check = if kinds.contains(&"ELB") { "ELB" } else { "EC2" };
        check.clone_into(&mut group.health_check);
    }
    if let Some(grace) = call.number("HealthCheckGracePeriod", 0, i64::from(i32::MAX))? {
        group.grace = grace;
    }
    let policies = call.params.list("TerminationPolicies.member");
    if let Some(other) = policies.iter().find(|it| !POLICIES.contains(&it.as_str())) {
        return Err(if other.starts_with("arn:") {
            Fault::unsupported("termination policies of one's own")
        } else {
            invalid(format!("Invalid termination policy {other}"))
        });
    }
    if !policies.is_empty() {
        group.policies = policies;
    }
    if let Some(protects) = call.flag("NewInstancesProtectedFromScaleIn")? {
        group.protects_new = protects;
    }
    group.rebalances = call.flag("CapacityRebalance")?.or(group.rebalances);
    if let Some(lifetime) = call.number("MaxInstanceLifetime", 0, 365 * DAY)? {
        if lifetime != 0 {
            return Err(Fault::unsupported("the longest life of instances"));
        }
        group.lifetime = None;
    }
    if let Some(warmup) =
        call.params.number("DefaultInstanceWarmup").map_err(|it| invalid(it.message))?
    {
        group.warmup = u32::try_from(warmup).ok();
    }
    if let Some(policy) = call.params.structure("InstanceMaintenancePolicy") {
        let part = |name: &str| policy.number(name).map_err(|it| invalid(it.message));
        let pair = (part("MinHealthyPercentage")?, part("MaxHealthyPercentage")?);
        group.maintenance = match pair {
            (Some(-1), Some(-1)) => None,
            (Some(least @ 0..=100), Some(most @ 100..=200)) if most - least <= 100 => {
                Some((least, most))
            }
            _ => return Err(invalid("The InstanceMaintenancePolicy is not valid.")),
        };
    }
    if let Some(distribution) = call.params.structure("AvailabilityZoneDistribution") {
        match distribution.text("CapacityDistributionStrategy").as_deref() {
            Some(good @ ("balanced-best-effort" | "balanced-only")) => {
                good.clone_into(&mut group.distribution);
            }
            Some(other) => {
                return Err(Fault::unsupported(format!("the distribution {other}")));
            }
            None => {}
        }
    }
    let protections = ["none", "prevent-force-deletion", "prevent-all-deletion"];
    if let Some(protection) = choice(call, "DeletionProtection", &protections)? {
        group.protection = protection;
    }
    if let Some(role) = call.params.text("ServiceLinkedRoleARN")
        && role != group.service_role
    {
        return Err(Fault::unsupported("service-linked roles with a suffix"));
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = call.need("AutoScalingGroupName")?;
    if name.chars().count() > LONGEST_NAME || name.contains(':') {
        return Err(invalid(format!("The group name '{name}' is not valid.")));
    }
    for (member, what) in [
        ("LoadBalancerNames", "classic load balancers"),
        ("TrafficSources", "traffic sources"),
        ("Operator", "managed groups"),
    ] {
        if call.params.given(member) {
            return Err(Fault::unsupported(what));
        }
    }
    let chosen = template::read(call)?.ok_or_else(|| {
        invalid(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, \
             InstanceId or MixedInstancesPolicy parameter.",
        )
    })?;
    if let Some(there) = call.state.groups.get(&name) {
        let pending = if there.deleting.is_some() {
            format!(
                "A group with the name {name} already exists and is pending delete.  Please wait \
                 until Autoscaling completes the deletion process before creating another group \
                 with the same name."
            )
        } else {
            format!("A group with the name {name} already exists")
        };
        let text = format!("AutoScalingGroup by this name already exists - {pending}");
        return Err(Fault::client("AlreadyExists", text));
    }
    let most = call.settings.quotas.auto_scaling_groups;
    if call.state.groups.all().count() >= most as usize {
        let text = format!("You've reached the limit of {most} Auto Scaling groups.");
        return Err(Fault::client("LimitExceeded", text));
    }
    let places = places(call)?
        .ok_or_else(|| invalid("At least one Availability Zone or VPC Subnet is required."))?;
    let (tags, propagated) = tags::at_creation(call, &name)?;
    let account = &call.settings.account;
    let service_role = service_linked_name(super::PRINCIPAL, None)
        .map(|(name, path)| format!("arn:aws:iam::{account}:role{path}{name}"))
        .unwrap_or_default();
    let mut group = Group {
        unique: call.rng.uuid(),
        created: call.now,
        template: chosen,
        size: capacity::read_new(call)?,
        cooldown: COOLDOWN,
        places,
        health_check: "EC2".to_owned(),
        grace: 0,
        policies: vec!["Default".to_owned()],
        protects_new: false,
        rebalances: None,
        lifetime: None,
        warmup: None,
        maintenance: None,
        distribution: "balanced-best-effort".to_owned(),
        protection: "none".to_owned(),
        service_role,
        propagated,
        targets: target_group::at_creation(call)?,
        metrics: BTreeSet::new(),
        suspended: BTreeMap::new(),
        hooks: hook::at_creation(call)?,
        notifications: BTreeSet::new(),
        members: Vec::new(),
        trouble: Trouble::default(),
        deleting: None,
    };
    settle(call, &mut group)?;
    template::rehearse(call, &group)?;
    let record = Record { id: name.clone(), tags, body: group };
    call.state.groups.add(call.stamp, Some(call.now), record);
    call.change(&name, |_| {});
    Ok(Xml::new())
}

/// What is not said stays as it is.
fn update(call: &mut Call<'_>) -> Answer {
    let name = call.group()?.id.clone();
    let mut group = call.group()?.body.clone();
    let chosen = template::read(call)?;
    let places = places(call)?;
    let elsewhere = chosen.is_some() || places.is_some();
    group.template = chosen.unwrap_or(group.template);
    group.places = places.unwrap_or(group.places);
    group.size = capacity::read_changed(call, group.size)?;
    settle(call, &mut group)?;
    if elsewhere {
        template::rehearse(call, &group)?;
    }
    group.trouble.retry = None;
    call.change(&name, |it| it.body = group);
    Ok(Xml::new())
}

/// Without force a group has to be empty and to have nothing in progress.
fn delete(call: &mut Call<'_>) -> Answer {
    let force = call.flag("ForceDelete")?.unwrap_or_default();
    let name = call.need("AutoScalingGroupName")?;
    let group = call.find(&name)?;
    let forbidden = match group.protection.as_str() {
        "prevent-all-deletion" => true,
        "prevent-force-deletion" => force,
        _ => false,
    };
    if forbidden {
        return Err(invalid(format!(
            "You cannot delete the AutoScalingGroup {name}: its deletion protection is {}.",
            group.protection
        )));
    }
    if !force && !group.members.is_empty() {
        return Err(Fault::client(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot \
             instance request(s) still in the group.",
        ));
    }
    if !force && call.state.is_busy(&name) {
        return Err(Fault::client(
            "ScalingActivityInProgress",
            "You cannot delete an AutoScalingGroup while there are scaling activities in progress \
             for that group.",
        ));
    }
    call.change(&name, |it| {
        it.deleting = Some(force || it.deleting.unwrap_or_default());
        it.size = Size::default();
    });
    Ok(Xml::new())
}

/// By names, by filters, or all of them; a name that is not there is left out.
fn list(call: &mut Call<'_>) -> Answer {
    let names = call.params.list("AutoScalingGroupNames.member");
    let with_instances = call.flag("IncludeInstances")?.unwrap_or(true);
    call.flag("IncludeManagedResources")?;
    let filters = tags::filters(call, &["tag-key", "tag-value"])?;
    let eyes = if names.is_empty() { call.in_lists() } else { call.by_id() };
    let mut items = Vec::new();
    for group in call.state.groups.all_seen(eyes) {
        let wanted = names.is_empty() || names.contains(&group.id);
        let kept = filters.iter().all(|it| it.keeps_group(&group.tags));
        if wanted && kept {
            items.push((group.id.clone(), render::group(call, group, with_instances)));
        }
    }
    call.page(items, |page| Xml::new().members("AutoScalingGroups", "member", page))
}
