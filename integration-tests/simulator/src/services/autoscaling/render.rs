//! How groups and their instances are shown.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html>,
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Instance.html>

use super::{call::Call, group::Group, member::Member, tags};
use crate::{shelf::Record, wire::xml::Xml};

/// A list of texts.
fn texts(xml: Xml, name: &str, all: &[String]) -> Xml {
    xml.named_texts(name, "member", all)
}

/// A group, with or without its instances.
pub(super) fn group(call: &Call<'_>, group: &Record<Group>, with_instances: bool) -> Xml {
    let mut xml = Xml::new()
        .text("AutoScalingGroupName", &group.id)
        .text("AutoScalingGroupARN", group.arn(call.around))
        .nest("LaunchTemplate", group.template.render())
        .text("MinSize", group.size.least)
        .text("MaxSize", group.size.most)
        .text("DesiredCapacity", group.size.desired)
        .text("DefaultCooldown", group.cooldown);
    xml = texts(xml, "AvailabilityZones", &group.places.zones);
    xml = texts(xml, "AvailabilityZoneIds", &group.places.zone_ids);
    xml = xml.nest("LoadBalancerNames", Xml::new());
    let targets: Vec<_> = group.targets.keys().cloned().collect();
    xml = texts(xml, "TargetGroupARNs", &targets)
        .text("HealthCheckType", &group.health_check)
        .text("HealthCheckGracePeriod", group.grace);
    let members = group.members.iter().filter(|_| with_instances);
    xml =
        xml.members("Instances", "member", members.map(member)).text("CreatedTime", group.created);
    let suspended = group.suspended.iter().map(|(process, reason)| {
        Xml::new().text("ProcessName", process).text("SuspensionReason", reason)
    });
    xml = xml
        .members("SuspendedProcesses", "member", suspended)
        .text("VPCZoneIdentifier", group.places.subnets.join(","));
    let metrics =
        group.metrics.iter().map(|it| Xml::new().text("Metric", it).text("Granularity", "1Minute"));
    xml = xml
        .members("EnabledMetrics", "member", metrics)
        .maybe("Status", group.deleting.map(|_| "Delete in progress"))
        .members("Tags", "member", tags::of(group));
    xml = texts(xml, "TerminationPolicies", &group.policies)
        .text("NewInstancesProtectedFromScaleIn", group.protects_new)
        .text("ServiceLinkedRoleARN", &group.service_role)
        .maybe("CapacityRebalance", group.rebalances)
        .maybe("DefaultInstanceWarmup", group.warmup);
    let sources = targets.iter().map(|it| Xml::new().text("Identifier", it).text("Type", "elbv2"));
    xml = xml.members("TrafficSources", "member", sources);
    if let Some((least, most)) = group.maintenance {
        let policy =
            Xml::new().text("MinHealthyPercentage", least).text("MaxHealthyPercentage", most);
        xml = xml.nest("InstanceMaintenancePolicy", policy);
    }
    let reservations = Xml::new().text("CapacityReservationPreference", "default");
    let distribution = Xml::new().text("CapacityDistributionStrategy", &group.distribution);
    xml.text("DeletionProtection", &group.protection)
        .nest("AvailabilityZoneDistribution", distribution)
        .nest("CapacityReservationSpecification", reservations)
}

/// An instance, as its group shows it.
fn member(member: &Member) -> Xml {
    described(Xml::new().text("InstanceId", &member.id), member)
}

/// An instance, as it is shown on its own.
pub(super) fn alone(group: &str, member: &Member) -> Xml {
    let xml = Xml::new().text("InstanceId", &member.id).text("AutoScalingGroupName", group);
    described(xml, member)
}

fn described(xml: Xml, member: &Member) -> Xml {
    let health = if member.healthy { "Healthy" } else { "Unhealthy" };
    let xml = xml
        .text("InstanceType", &member.kind)
        .text("AvailabilityZone", &member.zone)
        .text("AvailabilityZoneId", &member.zone_id)
        .text("LifecycleState", member.shown_state())
        .text("HealthStatus", health)
        .text("ImageId", &member.image)
        .text("ProtectedFromScaleIn", member.protected);
    match &member.template {
        None => xml,
        Some((id, name, version)) => xml.nest(
            "LaunchTemplate",
            Xml::new()
                .text("LaunchTemplateId", id)
                .text("LaunchTemplateName", name)
                .text("Version", version),
        ),
    }
}
