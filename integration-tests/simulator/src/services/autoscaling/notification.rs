//! Whom a group tells of its launches and terminations.
//!
//! <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutNotificationConfiguration.html>. Topics are not
//! modelled: any well-formed ARN is taken, and nothing is sent.

use super::{
    Answer, Operation,
    call::{Call, invalid},
};
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: &[Operation] = &[
    ("PutNotificationConfiguration", true, put),
    ("DescribeNotificationConfigurations", false, list),
    ("DeleteNotificationConfiguration", true, delete),
];

const TYPES: &[&str] = &[
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
    "autoscaling:TEST_NOTIFICATION",
];

/// It takes the place of what the group told the topic before.
fn put(call: &mut Call<'_>) -> Answer {
    let topic = call.need("TopicARN")?;
    let types = call.params.list("NotificationTypes.member");
    if let Some(other) = types.iter().find(|it| !TYPES.contains(&it.as_str())) {
        return Err(invalid(format!("\"{other}\" is not a valid Notification Type")));
    }
    if types.is_empty() || !topic.starts_with("arn:aws:sns:") {
        return Err(invalid(format!(
            "Unable to publish test message to notification target {topic}"
        )));
    }
    let group = call.group()?.id.clone();
    call.change(&group, |it| {
        it.notifications.retain(|it| it.0 != topic);
        it.notifications.extend(types.into_iter().map(|it| (topic.clone(), it)));
    });
    Ok(Xml::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    let names = call.params.list("AutoScalingGroupNames.member");
    call.flag("IncludeManagedResources")?;
    let mut items = Vec::new();
    for group in call.state.groups.all_seen(call.in_lists()) {
        if !names.is_empty() && !names.contains(&group.id) {
            continue;
        }
        for (topic, kind) in &group.notifications {
            let xml = Xml::new()
                .text("AutoScalingGroupName", &group.id)
                .text("TopicARN", topic)
                .text("NotificationType", kind);
            items.push((format!("{}\n{topic}\n{kind}", group.id), xml));
        }
    }
    call.page(items, |page| Xml::new().members("NotificationConfigurations", "member", page))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let topic = call.need("TopicARN")?;
    let group = call.group()?;
    if !group.notifications.iter().any(|it| it.0 == topic) {
        return Err(invalid(format!("Notification Topic '{topic}' doesn't exist")));
    }
    let group = group.id.clone();
    call.change(&group, |it| it.notifications.retain(|it| it.0 != topic));
    Ok(Xml::new())
}
