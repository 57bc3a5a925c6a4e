//! What permissions a request of DevOps Guru needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondevopsguru.html>: nearly all are about
//! everything; a channel needs leave to publish to its topic.

use super::{Need, request::Request, to_link, unknown};
use crate::{fault::Fault, services::devops_guru::PRINCIPAL};

pub(super) fn needs(request: &Request<'_>) -> Result<Vec<Need>, Fault> {
    let action = request.action();
    let mut needs = vec![Need::new(&action, "*")];
    match request.operation() {
        "DescribeAccountHealth"
        | "DescribeServiceIntegration"
        | "GetResourceCollection"
        | "ListNotificationChannels"
        | "RemoveNotificationChannel"
        | "UpdateServiceIntegration" => {}
        "UpdateResourceCollection" => {
            if request.text("Action").is_some() {
                let site = request.site();
                needs.extend(to_link(site.settings, site.iam, PRINCIPAL));
            }
        }
        // It adds to the topic's policy in the caller's name.
        "AddNotificationChannel" => {
            if let Some(topic) = request.within(&["Config", "Sns", "TopicArn"]) {
                let on_topic = ["sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:Publish"];
                needs.extend(on_topic.map(|action| Need::new(action, topic)));
            }
        }
        _ => return unknown(&action),
    }
    Ok(needs)
}
