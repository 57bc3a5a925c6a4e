//! The HTTP endpoint of a cluster, which answers whoever has its secret.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_EnableHttpEndpoint.html>,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DisableHttpEndpoint.html>: of clusters that are
//! no serverless ones of the first kind, `ModifyDBCluster` does not set it.

use super::{Answer, Cluster, Status, Switch, set};
use crate::{fault::Fault, services::rds::call::Call, shelf::Kind as _, wire::xml::Xml};

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    turn(call, true)
}

pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    turn(call, false)
}

fn turn(call: &mut Call<'_>, on: bool) -> Answer {
    let arn = call.need("ResourceArn")?;
    let all = &call.rds.clusters;
    let known = call.dependent();
    let cluster = all.all().find(|it| call.arn(&Cluster::path(it)) == arn);
    let cluster = cluster.filter(|it| known.is_none_or(|now| all.seen(&it.id, now).is_some()));
    let Some(cluster) = cluster.cloned() else {
        let text = format!("The specified resource ID {arn} was not found.");
        return Err(Fault::new(404, "ResourceNotFoundFault", text));
    };
    if cluster.status != Status::Available {
        let text = "The operation can't be performed because another operation is in progress.";
        return Err(Fault::client("InvalidResourceStateFault", text));
    }
    set(call, &cluster.id, |it| it.turn(Switch::HttpEndpoint, on));
    Ok(Xml::new().text("ResourceArn", arn).text("HttpEndpointEnabled", on))
}
