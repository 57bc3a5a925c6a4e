//! The running instances of Auto Scaling groups, as EC2 lists them.

use aws_sdk_ec2::types::{Filter, Instance, Placement, Tenancy};

use crate::engine::CallError;

use super::super::{answers::required, clients::Aws, identity::TAG_UID, tags::filter};

/// What lists instances.
pub(in crate::aws) const LIST: &str = "ec2:DescribeInstances";
/// The tag by which AWS says of which group an instance is.
pub(in crate::aws) const GROUP: &str = "aws:autoscaling:groupName";
/// How many instances are listed at once.
const PAGE: i32 = 1000;

/// The instances of these groups that are not gone.
pub(in crate::aws) async fn running(
    aws: &Aws,
    groups: Vec<String>,
) -> Result<Vec<Instance>, CallError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let states = ["pending", "running", "shutting-down", "stopping", "stopped"];
    let states = filter("instance-state-name", states.map(ToOwned::to_owned));
    list(aws, vec![filter(&format!("tag:{GROUP}"), groups), states]).await
}

/// The instances of the environment that run and are of no group: somebody has detached them
/// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html>).
pub(in crate::aws) async fn detached(aws: &Aws) -> Result<Vec<Instance>, CallError> {
    let ours = filter(&format!("tag:{TAG_UID}"), [aws.environment.uid()]);
    let mut all =
        list(aws, vec![ours, filter("instance-state-name", ["running".to_owned()])]).await?;
    all.retain(|instance| tag(instance, GROUP).is_none());
    Ok(all)
}

/// The type of each instance of the account that runs, or is about to, and is paid for by the second: what counts against the
/// quotas of such instances.
///
/// # Errors
/// If AWS does not say.
pub async fn on_demand(aws: &Aws) -> Result<Vec<String>, CallError> {
    let states = ["pending", "running"].map(ToOwned::to_owned);
    let mut all = list(aws, vec![filter("instance-state-name", states)]).await?;
    all.retain(|instance| {
        // Spot instances, and what runs on a host that is one's own, have quotas of their own.
        let tenancy = instance.placement().and_then(Placement::tenancy);
        instance.instance_lifecycle().is_none() && tenancy != Some(&Tenancy::Host)
    });
    let kind = |it: &Instance| {
        required(LIST, "instanceType", it.instance_type()).map(|kind| kind.as_str().to_owned())
    };
    all.iter().map(kind).collect()
}

async fn list(aws: &Aws, filters: Vec<Filter>) -> Result<Vec<Instance>, CallError> {
    let call = |token| {
        let call = aws.ec2.describe_instances().set_filters(Some(filters.clone()));
        call.max_results(PAGE).set_next_token(token).send()
    };
    let reservations = aws.pages(LIST, call, |page| (page.reservations, page.next_token)).await?;
    let mut all = Vec::new();
    for reservation in reservations {
        all.extend(required(LIST, "instancesSet", reservation.instances)?);
    }
    Ok(all)
}

/// A tag of an instance.
pub(in crate::aws) fn tag<'a>(instance: &'a Instance, key: &str) -> Option<&'a str> {
    instance.tags().iter().find(|tag| tag.key() == Some(key)).and_then(|tag| tag.value())
}
