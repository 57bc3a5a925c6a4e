//! What permissions a request of SNS needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>: nearly all are about a
//! topic, whose policy may allow and deny beside the caller's own; tags at creation need `sns:TagResource`, too. What is
//! about a subscription is about everything.

use super::{Need, Subject, unknown};
use crate::{
    World,
    auth::Scope,
    fault::Fault,
    services::{Asked, Sns, form, sns::in_arn},
    shelf::Tags,
    wire::query::{Params, Reader},
};

pub(super) fn needs(world: &World, asked: &Asked, scope: &Scope) -> Result<Vec<Need>, Fault> {
    let operation = asked.operation.as_str();
    let action = format!("SNS:{operation}");
    if !form::has::<Sns>(operation) {
        return unknown(&format!("sns:{operation}"));
    }
    let params = Params::parse(&asked.form);
    let reader = params.reader();
    let text = |name: &str| reader.text(name).filter(|it| !it.is_empty());
    let account = &world.settings.account;
    let made = text("Name").map(|it| format!("arn:aws:sns:{}:{account}:{it}", scope.region));
    let named = text("TopicArn").or(text("ResourceArn")).or(made);
    let tags = tags(&reader);
    let gone = reader.list("TagKeys.member");
    let mut needs = vec![match &named {
        Some(arn) => on(world, scope, &action, arn),
        None => Need::new(&action, "*"),
    }];
    if operation == "CreateTopic" && !tags.is_empty() {
        needs.extend(named.iter().map(|it| on(world, scope, "SNS:TagResource", it)));
    }
    let complete = |need: Need| {
        let need = need.tagging(&tags).untagging(&gone);
        match (operation, text("Protocol"), text("Endpoint")) {
            ("Subscribe", Some(protocol), Some(endpoint)) => {
                need.with("sns:Protocol", protocol).with("sns:Endpoint", endpoint)
            }
            _ => need,
        }
    };
    Ok(needs.into_iter().map(complete).collect())
}

/// A denial under the code that SNS has for it.
///
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors>
pub(super) fn refusal(fault: Fault) -> Fault {
    if fault.code == "AccessDenied" {
        Fault::new(fault.status, "AuthorizationError", fault.message)
    } else {
        fault
    }
}

/// The permission on a topic, with its tags and its policy if it is there.
fn on(world: &World, scope: &Scope, action: &str, arn: &str) -> Need {
    let sns = world.regions.get(&scope.region).map(|it| &it.sns);
    let name = in_arn(&world.settings, &scope.region, arn);
    let (tags, policy) = sns.zip(name).and_then(|(sns, name)| sns.judged(name)).unwrap_or_default();
    Need::on(action, Subject { policy, ..Subject::new(arn, tags) })
}

fn tags(reader: &Reader<'_>) -> Tags {
    let part = |tag: &Reader<'_>, name: &str| tag.text(name).unwrap_or_default();
    let all = reader.structs("Tags.member");
    all.iter().map(|it| (part(it, "Key"), part(it, "Value"))).collect()
}
