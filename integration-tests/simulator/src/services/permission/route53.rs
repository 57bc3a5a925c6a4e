//! What permissions a request of Route 53 needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html>

use super::{Need, Subject, unknown};
use crate::{
    World,
    fault::Fault,
    services::Asked,
    shelf::Tags,
    wire::query::{Params, Reader},
};

pub(super) fn needs(world: &World, asked: &Asked) -> Result<Vec<Need>, Fault> {
    let params = Params::parse(&asked.form);
    let reader = params.reader();
    let operation = asked.operation.as_str();
    let action = format!("route53:{operation}");
    let on = |parameter: &str| Need::on(&action, zone(world, &reader, parameter));
    Ok(match operation {
        "CreateHostedZone" => {
            // <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/r53-api-permissions-ref.html>
            let vpc = reader.given("VPC").then(|| Need::new("ec2:DescribeVpcs", "*"));
            [Need::new(&action, "*")].into_iter().chain(vpc).collect()
        }
        "ListHostedZones" | "ListHostedZonesByName" => vec![Need::new(&action, "*")],
        "GetHostedZone" | "DeleteHostedZone" => vec![on("Id")],
        "ListResourceRecordSets" => vec![on("HostedZoneId")],
        "ChangeResourceRecordSets" => vec![changing(on("HostedZoneId"), &reader)],
        "GetChange" => {
            let id = reader.text("Id").unwrap_or_default();
            vec![Need::new(&action, format!("arn:aws:route53:::change/{id}"))]
        }
        "ChangeTagsForResource" | "ListTagsForResource" => vec![on("ResourceId")],
        "ListTagsForResources" => {
            let ids = reader.list("ResourceIds");
            if ids.is_empty() {
                return Ok(vec![Need::new(&action, "*")]);
            }
            ids.iter().map(|id| Need::on(&action, subject(world, id))).collect()
        }
        _ => return unknown(&action),
    })
}

fn zone(world: &World, reader: &Reader<'_>, parameter: &str) -> Subject {
    subject(world, &reader.text(parameter).unwrap_or_default())
}

fn subject(world: &World, id: &str) -> Subject {
    let id = id.trim_start_matches("/hostedzone/");
    let tags: Option<Tags> = world.route53.tags_of_zone(id);
    Subject::new(format!("arn:aws:route53:::hostedzone/{id}"), tags.unwrap_or_default())
}

/// What is to be changed, as conditions compare it: names in lower case and without the dot at the end.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html>
fn changing(need: Need, reader: &Reader<'_>) -> Need {
    let (mut names, mut kinds, mut actions) = (Vec::new(), Vec::new(), Vec::new());
    for change in reader.structs("ChangeBatch.Changes") {
        let set = change.below("ResourceRecordSet");
        let name = set.text("Name").unwrap_or_default().to_lowercase();
        names.push(name.trim_end_matches('.').to_owned());
        kinds.extend(set.text("Type"));
        actions.extend(change.text("Action"));
    }
    need.with_all("route53:ChangeResourceRecordSetsNormalizedRecordNames", names)
        .with_all("route53:ChangeResourceRecordSetsRecordTypes", kinds)
        .with_all("route53:ChangeResourceRecordSetsActions", actions)
}
