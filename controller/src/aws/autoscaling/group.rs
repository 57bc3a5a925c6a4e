//! An Auto Scaling group: it keeps as many instances as there are to be, in the subnets it is told.
//!
//! It is as declared when its own settings are: which instances run, and on which version of the template, is not a
//! part of them. Lifecycle hooks, scaling policies, scheduled actions and notifications that others have put on it are
//! left alone; who hands requests to its instances is not for others to say.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_autoscaling::types::{
    self, AvailabilityZoneDistribution, CapacityDistributionStrategy, DeletionProtection, Filter,
    InstanceMaintenancePolicy, LaunchTemplateSpecification, LifecycleState,
    ScalingActivityStatusCode,
};
use aws_sdk_kms::types::GrantOperation;

use crate::{
    config,
    engine::{
        Address, CallError, Calls, Cell, Class, Creation, Declared, Delta, Field, Found, Identity,
        Kind, Outputs, Owner, Phase, PhysicalId, Replacement, Resolved, Resource, Scope, Stage,
        Told,
    },
    field, id,
};

use super::{
    super::{
        answers::{another, once, required, text},
        clients::Aws,
        ec2::{self, LaunchTemplateId, SubnetId, TemplateVersion},
        elb::TargetGroupArn,
        identity::TAG_UID,
        kms::KeyArn,
        rds,
        tags::{Retagging, Tags, owner_of},
    },
    SERVICE, release, service_linked_role,
    tags::{as_tags, pairs, propagated, retag},
};

/// An Auto Scaling group.
pub struct AutoScalingGroup;

id!(
    /// The ARN of an [`AutoScalingGroup`].
    AutoScalingGroupArn
);

/// A key of somebody else's that the disks are encrypted with, if it is one: the role that launches is given a
/// grant on it. Nobody reads it from a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BorrowedKey(pub Option<KeyArn>);

impl Field for BorrowedKey {
    type Resolved = Self;

    fn cell(&self, _: &Outputs) -> Cell {
        Cell::Any
    }

    fn refs(&self, _: &mut dyn FnMut(&Address)) {}

    fn resolve(&self, _: &Outputs) -> Result<Self, Address> {
        Ok(self.clone())
    }
}

/// The settable part of an [`AutoScalingGroup`].
#[derive(Clone, Debug)]
pub struct AutoScalingGroupConfig<S: Stage = Resolved> {
    /// What it launches from: a version by its number, so that another one is a decision.
    pub template: S::In<TemplateVersion>,
    /// Where it launches.
    pub subnets: Vec<S::In<SubnetId>>,
    /// How many there are at least.
    pub min_size: i32,
    /// How many there are at most.
    pub max_size: i32,
    /// How many there are to be.
    pub desired_capacity: i32,
    /// Who says that an instance is unhealthy, which is then replaced.
    pub health_check_type: String,
    /// For how long after its start an instance is not asked, in seconds.
    pub health_check_grace_period: i32,
    /// How long it rests after it was scaled, in seconds.
    pub default_cooldown: i32,
    /// For how long a new instance does not count for its metrics, in seconds; -1 if nobody says.
    pub default_instance_warmup: i32,
    /// Which instance goes first when there are too many.
    pub termination_policies: Vec<String>,
    /// Whether a new instance is not chosen then.
    pub new_instances_protected: bool,
    /// After how many seconds an instance is replaced; 0 if never.
    pub max_instance_lifetime: i32,
    /// Whether instances that are about to be interrupted are replaced before.
    pub capacity_rebalance: bool,
    /// How many percent of the instances there are at least and at most while some are replaced, if it is said.
    pub instance_maintenance: String,
    /// How it distributes instances over zones.
    pub zone_distribution: String,
    /// Which deletions of it are refused.
    pub deletion_protection: String,
    /// What it does not do by itself.
    pub suspended_processes: Vec<String>,
    /// Metrics of its own that it publishes.
    pub enabled_metrics: Vec<String>,
    /// The target groups that its instances are targets of.
    pub target_groups: Vec<S::In<TargetGroupArn>>,
    /// Keys of its tags that instances get: none, they have theirs from the template.
    pub propagated_tags: Vec<String>,
    /// A key that is not the environment's own.
    pub borrowed_key: BorrowedKey,
    /// The database that an instance with another node would take over, by its ARN. Nothing that a group tells.
    pub database: Told<S::In<String>>,
    /// The node that instances run. What each of them runs, its own tag says.
    pub image: Told<String>,
    /// What instances need from their first minute.
    pub needs: S::After,
    /// Its tags.
    pub tags: Tags,
}

config! { AutoScalingGroupConfig {
    template: InPlace,
    subnets: InPlace,
    min_size: InPlace,
    max_size: InPlace,
    desired_capacity: InPlace,
    health_check_type: InPlace,
    health_check_grace_period: InPlace,
    default_cooldown: InPlace,
    default_instance_warmup: InPlace,
    termination_policies: InPlace,
    new_instances_protected: InPlace,
    max_instance_lifetime: InPlace,
    capacity_rebalance: InPlace,
    instance_maintenance: InPlace,
    zone_distribution: InPlace,
    deletion_protection: InPlace,
    suspended_processes: InPlace,
    enabled_metrics: InPlace,
    target_groups: InPlace,
    propagated_tags: InPlace,
    borrowed_key: InPlace,
    database: InPlace,
    image: InPlace,
    needs: InPlace,
    tags: InPlace,
} }

/// The fields that one call sets, all of them.
const SETTINGS: [&str; 15] = [
    field!(AutoScalingGroupConfig.subnets),
    field!(AutoScalingGroupConfig.min_size),
    field!(AutoScalingGroupConfig.max_size),
    field!(AutoScalingGroupConfig.desired_capacity),
    field!(AutoScalingGroupConfig.health_check_type),
    field!(AutoScalingGroupConfig.health_check_grace_period),
    field!(AutoScalingGroupConfig.default_cooldown),
    field!(AutoScalingGroupConfig.default_instance_warmup),
    field!(AutoScalingGroupConfig.termination_policies),
    field!(AutoScalingGroupConfig.new_instances_protected),
    field!(AutoScalingGroupConfig.max_instance_lifetime),
    field!(AutoScalingGroupConfig.capacity_rebalance),
    field!(AutoScalingGroupConfig.instance_maintenance),
    field!(AutoScalingGroupConfig.zone_distribution),
    field!(AutoScalingGroupConfig.deletion_protection),
];

/// What an [`AutoScalingGroup`] has once it exists.
#[derive(Clone, Debug)]
pub struct AutoScalingGroupOutputs {
    /// Its ARN.
    pub arn: AutoScalingGroupArn,
    /// Its name.
    pub name: String,
}

/// What lists groups.
pub(in crate::aws) const LIST: &str = "autoscaling:DescribeAutoScalingGroups";
/// What lists what groups have done.
const ACTIVITIES: &str = "autoscaling:DescribeScalingActivities";
/// What makes one.
const CREATE: &str = "autoscaling:CreateAutoScalingGroup";
/// What sets most of it.
pub(super) const UPDATE: &str = "autoscaling:UpdateAutoScalingGroup";
/// What makes its instances targets of target groups.
const ATTACH: &str = "autoscaling:AttachLoadBalancerTargetGroups";
/// What makes them so no more.
const DETACH: &str = "autoscaling:DetachLoadBalancerTargetGroups";
/// The largest page there is.
const PAGE: i32 = 100;
/// What stands before the name in an ARN.
const NAMED: &str = ":autoScalingGroupName/";
/// How tags say what they are on.
pub(super) const RESOURCE_TYPE: &str = "auto-scaling-group";
/// That nobody has said how many are to be there while some are replaced.
const NOT_SAID: &str = "none";
/// How small a metric's steps are: there is one answer
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html>).
const GRANULARITY: &str = "1Minute";

impl Resource for AutoScalingGroup {
    type Cloud = Aws;
    type Config = AutoScalingGroupConfig;
    type Outputs = AutoScalingGroupOutputs;

    const ABOUT: Kind = Kind {
        name: "auto-scaling-group",
        ids: "arn:*:autoscaling:*:autoScalingGroup:*:autoScalingGroupName/*",
        summary: "Keeps as many instances as there are to be",
        cloudformation: "AWS::AutoScaling::AutoScalingGroup",
        // Nothing of it needs that: nodes of two groups would be more than two.
        // Its instances work, or wait to: they are replaced one after the other, and never with their group.
        replacement: Replacement::Never,
        creation: Creation::Key,
        typical: Duration::from_secs(90),
        typical_removal: Duration::from_mins(3),
        patience: Duration::from_mins(30),
        outage: "its instances are terminated, and others take their place",
        // Its instances use all of that, and would start again without it.
        stands_on: &["db-instance", "eip", "log-group", "nat-gateway", "route-table", "secret"],
        keeping: None,
        calls: Calls {
            read: &[
                LIST,
                ACTIVITIES,
                ec2::LIST_INSTANCES,
                rds::LISTS_TAGS,
                rds::SAVED[0],
                rds::SAVED[1],
            ],
            write: &[
                "iam:CreateServiceLinkedRole",
                "kms:CreateGrant",
                CREATE,
                UPDATE,
                "autoscaling:SuspendProcesses",
                "autoscaling:ResumeProcesses",
                "autoscaling:EnableMetricsCollection",
                "autoscaling:DisableMetricsCollection",
                ATTACH,
                DETACH,
                "autoscaling:CreateOrUpdateTags",
                "autoscaling:DeleteTags",
                "autoscaling:DeleteAutoScalingGroup",
                rds::SAVES[0],
                rds::SAVES[1],
                "rds:AddTagsToResource",
            ],
        },
    };

    const BOOTS: bool = true;

    async fn find(aws: &Aws, scope: &Scope<'_>) -> Result<Vec<Found<Self>>, CallError> {
        let mut found = read_all(aws, &describe(aws, scope).await?).await?;
        match scope {
            Scope::Owned => found.retain(|found| found.owner != Owner::Other),
            // Another group may have taken the name.
            Scope::Ids(ids) => found.retain(|found| ids.contains(&found.id)),
        }
        once(LIST, found)
    }

    async fn create(
        aws: &Aws,
        me: &Identity,
        want: &AutoScalingGroupConfig,
    ) -> Result<PhysicalId, CallError> {
        see_to_role(aws).await?;
        see_to_grant(aws, want).await?;
        let name = aws.environment.object_name(&me.address, me.ordinal);
        release::made_way_for(aws, &name, want).await?;
        let tags = as_tags(&name, &want.tags, me.ordinal);
        let call = || {
            aws.autoscaling
                .create_auto_scaling_group()
                .auto_scaling_group_name(&name)
                .launch_template(specification(&want.template))
                .vpc_zone_identifier(places(want))
                .min_size(want.min_size)
                .max_size(want.max_size)
                .desired_capacity(want.desired_capacity)
                .health_check_type(&want.health_check_type)
                .health_check_grace_period(want.health_check_grace_period)
                .default_cooldown(want.default_cooldown)
                .set_termination_policies(Some(want.termination_policies.clone()))
                .new_instances_protected_from_scale_in(want.new_instances_protected)
                .set_target_group_arns(targets(want))
                .set_tags(Some(tags.clone()))
                .send()
        };
        aws.write(CREATE, call).await?;
        // Its ARN has a part that nobody can guess, and the answer does not tell it.
        let found = named(aws, &name).await?.ok_or_else(|| {
            let why = format!("the group {name} was made and is not visible yet");
            CallError::new(CREATE, Class::NotYetVisible, "NotYetVisible", why)
        })?;
        Ok(found.id)
    }

    async fn holder(
        aws: &Aws,
        me: &Identity,
        _: &AutoScalingGroupConfig,
    ) -> Result<Option<Found<Self>>, CallError> {
        named(aws, &aws.environment.object_name(&me.address, me.ordinal)).await
    }

    async fn update(
        aws: &Aws,
        have: &Found<Self>,
        want: &AutoScalingGroupConfig,
        delta: &mut Delta,
    ) -> Result<(), CallError> {
        let name = have.outputs.name.as_str();
        let mut changes = delta.take(field!(AutoScalingGroupConfig.template));
        if changes {
            release::made_way_for(aws, name, want).await?;
        }
        for field in SETTINGS {
            changes |= delta.take(field);
        }
        if changes {
            see_to_grant(aws, want).await?;
            set(aws, name, want).await?;
        }
        if delta.take(field!(AutoScalingGroupConfig.suspended_processes)) {
            suspend(aws, name, &have.config.suspended_processes, &want.suspended_processes).await?;
        }
        if delta.take(field!(AutoScalingGroupConfig.enabled_metrics)) {
            measure(aws, name, &have.config.enabled_metrics, &want.enabled_metrics).await?;
        }
        if delta.take(field!(AutoScalingGroupConfig.target_groups)) {
            let of = |config: &AutoScalingGroupConfig| targets(config).unwrap_or_default();
            attach(aws, name, &of(&have.config), &of(want)).await?;
        }
        if delta.take(field!(AutoScalingGroupConfig.tags)) {
            let retagging = want.tags.retagging(&have.config.tags, have.ordinal());
            retag(aws, name, retagging).await?;
        }
        if delta.take(field!(AutoScalingGroupConfig.propagated_tags)) {
            // Those that are not declared have just gone.
            let stays = |key: &str| have.config.propagated_tags.iter().any(|it| it == key);
            let put = want.tags.to(have.ordinal()).filter(|(key, _)| stays(key));
            let put = put.map(|(key, value)| (key.to_owned(), value)).collect();
            retag(aws, name, Retagging { put, drop: Vec::new() }).await?;
        }
        Ok(())
    }

    fn retagged(
        have: &Found<Self>,
        to: Option<&AutoScalingGroupConfig<Declared>>,
    ) -> Option<AutoScalingGroupConfig> {
        let tags = have.config.tags.becoming(to.map(|it| &it.tags));
        Some(AutoScalingGroupConfig { tags, ..have.config.clone() })
    }

    /// With its instances, at once: what they use is let go only when they are terminated, and whoever removes
    /// that is told so and waits.
    async fn delete(aws: &Aws, have: &Found<Self>) -> Result<(), CallError> {
        let name = have.outputs.name.as_str();
        // Nobody declares it: it is undone as any other drift is.
        if have.config.deletion_protection != DeletionProtection::None.as_str() {
            let call = || {
                let call = aws.autoscaling.update_auto_scaling_group();
                let call = call.auto_scaling_group_name(name);
                call.deletion_protection(DeletionProtection::None).send()
            };
            aws.write(UPDATE, call).await?;
        }
        let call = || {
            let call = aws.autoscaling.delete_auto_scaling_group().auto_scaling_group_name(name);
            call.force_delete(true).send()
        };
        aws.write("autoscaling:DeleteAutoScalingGroup", call).await.map(drop)
    }

    async fn blockers(aws: &Aws, have: &Found<Self>) -> Result<Vec<String>, CallError> {
        let activities = activities(aws, &have.outputs.name).await?;
        let open = activities.iter().filter(|activity| activity.end_time().is_none());
        Ok(open.filter_map(|activity| activity.description().map(ToOwned::to_owned)).collect())
    }
}

/// The name at the end of an ARN: it may have slashes of its own.
fn name_of(arn: &str) -> String {
    arn.split_once(NAMED).map_or(arn, |(_, name)| name).to_owned()
}

fn places(want: &AutoScalingGroupConfig) -> String {
    want.subnets.iter().map(SubnetId::as_str).collect::<Vec<_>>().join(",")
}

/// The target groups its instances are targets of, if there are any.
fn targets(want: &AutoScalingGroupConfig) -> Option<Vec<String>> {
    let all: Vec<String> = want.target_groups.iter().map(ToString::to_string).collect();
    Some(all).filter(|all| !all.is_empty())
}

fn specification(template: &TemplateVersion) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification::builder()
        .launch_template_id(template.template.as_str())
        .version(&template.version)
        .build()
}

/// Lists groups; the kind of their instances reads the same list.
pub(in crate::aws) async fn describe(
    aws: &Aws,
    scope: &Scope<'_>,
) -> Result<Vec<types::AutoScalingGroup>, CallError> {
    match scope {
        Scope::Owned => {
            let ours = Filter::builder()
                .name(format!("tag:{TAG_UID}"))
                .values(aws.environment.uid())
                .build();
            list(aws, Some(vec![ours]), None).await
        }
        Scope::Ids(ids) => {
            list(aws, None, Some(ids.iter().map(|id| name_of(&id.0)).collect())).await
        }
    }
}

/// Groups, by filters or by names; one that is not there is left out.
async fn list(
    aws: &Aws,
    filters: Option<Vec<Filter>>,
    names: Option<Vec<String>>,
) -> Result<Vec<types::AutoScalingGroup>, CallError> {
    let groups = aws
        .pages(
            LIST,
            |token| {
                let call = aws.autoscaling.describe_auto_scaling_groups().max_records(PAGE);
                let call = call.set_filters(filters.clone());
                call.set_auto_scaling_group_names(names.clone()).set_next_token(token).send()
            },
            |page| (page.auto_scaling_groups, page.next_token),
        )
        .await?;
    for group in &groups {
        let name = text(LIST, "AutoScalingGroupName", group.auto_scaling_group_name())?;
        if let Some(names) = names.as_ref().filter(|names| !names.iter().any(|it| it == name)) {
            return Err(another(LIST, name, names.join(", ")));
        }
    }
    Ok(groups)
}

async fn read_all(
    aws: &Aws,
    groups: &[types::AutoScalingGroup],
) -> Result<Vec<Found<AutoScalingGroup>>, CallError> {
    let mut found = Vec::new();
    for group in groups {
        let name = text(LIST, "AutoScalingGroupName", group.auto_scaling_group_name())?;
        found.push(read(aws, group, name).await?);
    }
    Ok(found)
}

/// The group of a name.
async fn named(aws: &Aws, name: &str) -> Result<Option<Found<AutoScalingGroup>>, CallError> {
    let groups = list(aws, None, Some(vec![name.to_owned()])).await?;
    Ok(read_all(aws, &groups).await?.into_iter().next())
}

/// Makes the role that groups launch with, unless the account has it. It is not ours and stays.
async fn see_to_role(aws: &Aws) -> Result<(), CallError> {
    let call = || aws.iam.create_service_linked_role().aws_service_name(SERVICE).send();
    match aws.write("iam:CreateServiceLinkedRole", call).await {
        // Whoever may not make it may still use it: if it is not there, the group is refused for that.
        Err(error) if matches!(error.class, Class::Exists | Class::Denied) => Ok(()),
        answer => answer.map(drop),
    }
}

/// Lets the role that groups launch with use a key of the user's own, for encrypted disks. The environment's own
/// key says so in its policy.
///
/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html>. A grant of
/// one name, key and grantee is made once, however often it is asked for
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html>).
async fn see_to_grant(aws: &Aws, want: &AutoScalingGroupConfig) -> Result<(), CallError> {
    let Some(key) = &want.borrowed_key.0 else { return Ok(()) };
    let (role, name) = (service_linked_role(&aws.environment), aws.environment.grant_name());
    let operations = [
        GrantOperation::Encrypt,
        GrantOperation::Decrypt,
        GrantOperation::ReEncryptFrom,
        GrantOperation::ReEncryptTo,
        GrantOperation::GenerateDataKey,
        GrantOperation::GenerateDataKeyWithoutPlaintext,
        GrantOperation::DescribeKey,
        GrantOperation::CreateGrant,
    ];
    let call = || {
        aws.kms
            .create_grant()
            .key_id(key.as_str())
            .grantee_principal(&role)
            .set_operations(Some(operations.to_vec()))
            .name(&name)
            .send()
    };
    match aws.write("kms:CreateGrant", call).await {
        // Its owner may have seen to it in the key's policy. If not, launches say so.
        Err(error) if error.class == Class::Denied => Ok(()),
        // Nobody knows the role that was made a moment ago.
        Err(error) if error.code == "InvalidArnException" => {
            Err(CallError { class: Class::NotYetVisible, ..error })
        }
        answer => answer.map(drop),
    }
}

/// Sets everything that one call sets: what is not said there stays as it is, so that all of it is said.
async fn set(aws: &Aws, name: &str, want: &AutoScalingGroupConfig) -> Result<(), CallError> {
    let percent = |at: usize| {
        let parts = want.instance_maintenance.split('-').nth(at);
        // Minus one takes it away.
        parts.and_then(|part| part.parse().ok()).unwrap_or(-1)
    };
    let maintenance = InstanceMaintenancePolicy::builder()
        .min_healthy_percentage(percent(0))
        .max_healthy_percentage(percent(1))
        .build();
    let distribution = AvailabilityZoneDistribution::builder()
        .capacity_distribution_strategy(CapacityDistributionStrategy::from(
            want.zone_distribution.as_str(),
        ))
        .build();
    let call = || {
        aws.autoscaling
            .update_auto_scaling_group()
            .auto_scaling_group_name(name)
            .launch_template(specification(&want.template))
            .vpc_zone_identifier(places(want))
            .min_size(want.min_size)
            .max_size(want.max_size)
            .desired_capacity(want.desired_capacity)
            .health_check_type(&want.health_check_type)
            .health_check_grace_period(want.health_check_grace_period)
            .default_cooldown(want.default_cooldown)
            .default_instance_warmup(want.default_instance_warmup)
            .set_termination_policies(Some(want.termination_policies.clone()))
            .new_instances_protected_from_scale_in(want.new_instances_protected)
            .max_instance_lifetime(want.max_instance_lifetime)
            .capacity_rebalance(want.capacity_rebalance)
            .instance_maintenance_policy(maintenance.clone())
            .availability_zone_distribution(distribution.clone())
            .deletion_protection(DeletionProtection::from(want.deletion_protection.as_str()))
            .send()
    };
    aws.write(UPDATE, call).await.map(drop)
}

/// What is in one list and not in the other.
fn without(all: &[String], known: &[String]) -> Vec<String> {
    all.iter().filter(|it| !known.contains(it)).cloned().collect()
}

async fn suspend(aws: &Aws, name: &str, have: &[String], want: &[String]) -> Result<(), CallError> {
    let (more, less) = (without(want, have), without(have, want));
    if !more.is_empty() {
        let call = || {
            let call = aws.autoscaling.suspend_processes().auto_scaling_group_name(name);
            call.set_scaling_processes(Some(more.clone())).send()
        };
        aws.write("autoscaling:SuspendProcesses", call).await?;
    }
    if !less.is_empty() {
        let call = || {
            let call = aws.autoscaling.resume_processes().auto_scaling_group_name(name);
            call.set_scaling_processes(Some(less.clone())).send()
        };
        aws.write("autoscaling:ResumeProcesses", call).await?;
    }
    Ok(())
}

async fn measure(aws: &Aws, name: &str, have: &[String], want: &[String]) -> Result<(), CallError> {
    let (more, less) = (without(want, have), without(have, want));
    if !more.is_empty() {
        let call = || {
            let call = aws.autoscaling.enable_metrics_collection().auto_scaling_group_name(name);
            call.set_metrics(Some(more.clone())).granularity(GRANULARITY).send()
        };
        aws.write("autoscaling:EnableMetricsCollection", call).await?;
    }
    if !less.is_empty() {
        let call = || {
            let call = aws.autoscaling.disable_metrics_collection().auto_scaling_group_name(name);
            call.set_metrics(Some(less.clone())).send()
        };
        aws.write("autoscaling:DisableMetricsCollection", call).await?;
    }
    Ok(())
}

/// Ten at a time are what one call takes, and more than there ever are.
async fn attach(aws: &Aws, name: &str, have: &[String], want: &[String]) -> Result<(), CallError> {
    const AT_ONCE: usize = 10;
    for more in without(want, have).chunks(AT_ONCE) {
        let call = || {
            let call = aws.autoscaling.attach_load_balancer_target_groups();
            let call = call.auto_scaling_group_name(name);
            call.set_target_group_arns(Some(more.to_vec())).send()
        };
        aws.write(ATTACH, call).await?;
    }
    for less in without(have, want).chunks(AT_ONCE) {
        let call = || {
            let call = aws.autoscaling.detach_load_balancer_target_groups();
            let call = call.auto_scaling_group_name(name);
            call.set_target_group_arns(Some(less.to_vec())).send()
        };
        aws.write(DETACH, call).await?;
    }
    Ok(())
}

/// What a group has done of late, the newest first.
async fn activities(aws: &Aws, name: &str) -> Result<Vec<types::Activity>, CallError> {
    const FEW: i32 = 20;
    let call = || {
        let call = aws.autoscaling.describe_scaling_activities().auto_scaling_group_name(name);
        call.max_records(FEW).send()
    };
    let answer = aws.read(ACTIVITIES, call).await?;
    required(ACTIVITIES, "Activities", answer.activities)
}

/// Where a group is in its life: whether its instances are launched, and why not.
async fn phase(
    aws: &Aws,
    from: &types::AutoScalingGroup,
    name: &str,
    desired: i32,
) -> Result<Phase, CallError> {
    // AWS has one word for a status, and none for all is well.
    if from.status().is_some_and(|status| !status.is_empty()) {
        return Ok(Phase::Going);
    }
    let serves = |it: &&types::Instance| it.lifecycle_state() == Some(&LifecycleState::InService);
    let serving = from.instances().iter().filter(serves).count();
    if i32::try_from(serving).unwrap_or(i32::MAX) >= desired {
        return Ok(Phase::Ready);
    }
    let said = format!("{serving} of {desired} instances are in service");
    let done = match activities(aws, name).await {
        Ok(done) => done,
        // It went between two calls.
        Err(error) if error.class == Class::NotFound => return Ok(Phase::Settling(said)),
        Err(error) => return Err(error),
    };
    let failed = [&ScalingActivityStatusCode::Failed, &ScalingActivityStatusCode::Cancelled];
    let last = done.iter().find(|activity| activity.end_time().is_some());
    let last = last.filter(|it| it.status_code().is_some_and(|code| failed.contains(&code)));
    Ok(Phase::Settling(match last.and_then(|activity| activity.status_message()) {
        Some(why) => format!("{said}; the last launch failed: {why}"),
        None => said,
    }))
}

async fn read(
    aws: &Aws,
    from: &types::AutoScalingGroup,
    name: &str,
) -> Result<Found<AutoScalingGroup>, CallError> {
    let arn = text(LIST, "AutoScalingGroupARN", from.auto_scaling_group_arn())?;
    let desired = required(LIST, "DesiredCapacity", from.desired_capacity())?;
    let tags = pairs(from.tags());
    let places: BTreeSet<&str> =
        from.vpc_zone_identifier().unwrap_or_default().split(',').collect();
    let places = places.into_iter().map(str::trim).filter(|it| !it.is_empty());
    let template = from.launch_template();
    let template = TemplateVersion {
        template: LaunchTemplateId::new(
            template.and_then(|it| it.launch_template_id()).unwrap_or_default(),
        ),
        version: template.and_then(|it| it.version()).unwrap_or_default().to_owned(),
    };
    let maintenance = from.instance_maintenance_policy();
    let maintenance = maintenance
        .and_then(|it| Some((it.min_healthy_percentage()?, it.max_healthy_percentage()?)))
        .map_or_else(|| NOT_SAID.to_owned(), |(least, most)| format!("{least}-{most}"));
    let distribution = from.availability_zone_distribution();
    let distribution = distribution.and_then(|it| it.capacity_distribution_strategy());
    let protection = from.deletion_protection().map_or("none", |it| it.as_str());
    let suspended = from.suspended_processes().iter().filter_map(|it| it.process_name());
    let metrics = from.enabled_metrics().iter().filter_map(|it| it.metric());
    let check = text(LIST, "HealthCheckType", from.health_check_type())?;
    Ok(Found {
        id: PhysicalId(arn.to_owned()),
        owner: owner_of(aws, AutoScalingGroup::ABOUT.name, &tags),
        config: AutoScalingGroupConfig {
            template,
            subnets: places.map(SubnetId::new).collect(),
            min_size: required(LIST, "MinSize", from.min_size())?,
            max_size: required(LIST, "MaxSize", from.max_size())?,
            desired_capacity: desired,
            health_check_type: check.to_owned(),
            health_check_grace_period: from.health_check_grace_period().unwrap_or_default(),
            default_cooldown: required(LIST, "DefaultCooldown", from.default_cooldown())?,
            default_instance_warmup: from.default_instance_warmup().unwrap_or(-1),
            termination_policies: from.termination_policies().to_vec(),
            new_instances_protected: from
                .new_instances_protected_from_scale_in()
                .unwrap_or_default(),
            max_instance_lifetime: from.max_instance_lifetime().unwrap_or_default(),
            capacity_rebalance: from.capacity_rebalance().unwrap_or_default(),
            instance_maintenance: maintenance,
            zone_distribution: distribution
                .map_or(CapacityDistributionStrategy::BalancedBestEffort.as_str(), |it| it.as_str())
                .to_owned(),
            deletion_protection: protection.to_owned(),
            suspended_processes: suspended.map(ToOwned::to_owned).collect(),
            enabled_metrics: metrics.map(ToOwned::to_owned).collect(),
            target_groups: from.target_group_arns().iter().map(TargetGroupArn::new).collect(),
            propagated_tags: propagated(from.tags()),
            borrowed_key: BorrowedKey(None),
            database: Told(None),
            image: Told(None),
            needs: (),
            tags: Tags::of(aws, &tags),
        },
        outputs: AutoScalingGroupOutputs {
            arn: AutoScalingGroupArn::new(arn),
            name: name.to_owned(),
        },
        phase: phase(aws, from, name, desired).await?,
    })
}
