//! Maintenance that is due: none, as long as nothing is modelled that AWS would bring.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribePendingMaintenanceActions.html>:
//! newer minor versions of what is upgraded by itself.

use super::{Answer, Operation, call::Call, instance::Switch};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] =
    &[("DescribePendingMaintenanceActions", false, describe)];

fn describe(call: &mut Call<'_>) -> Answer {
    let filters = call.filters(&["db-cluster-id", "db-instance-id"])?;
    let wanted = call.text("ResourceIdentifier");
    let known = |arn: &str| {
        let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
        call.arn(path) == *arn && call.rds.tags_of(path).is_some()
    };
    if let Some(arn) = wanted.as_ref().filter(|it| !known(it)) {
        let text = format!("The specified resource name does not match an RDS resource: {arn}");
        return Err(Fault::new(404, "ResourceNotFoundFault", text));
    }
    let eyes = call.in_lists();
    let mut all = Vec::new();
    for instance in call.rds.instances.all_seen(eyes) {
        let arn = call.arn(&format!("db:{}", instance.id));
        let look = |name: &str| match name {
            "db-instance-id" => vec![instance.id.clone(), arn.clone()],
            _ => instance.cluster.iter().cloned().collect(),
        };
        let here = wanted.as_ref().is_none_or(|it| *it == arn) && filters.keep(look);
        let target = instance.minor_upgrade(call.now).filter(|_| instance.has(Switch::AutoMinor));
        if let (true, Some(target)) = (here, target) {
            let action = Xml::new().text("Action", "db-upgrade").text(
                "Description",
                format!("Automatic minor version upgrade to postgres {target}"),
            );
            let xml = Xml::new().text("ResourceIdentifier", &arn).members(
                "PendingMaintenanceActionDetails",
                "PendingMaintenanceAction",
                [action],
            );
            all.push((arn, xml));
        }
    }
    call.page(("PendingMaintenanceActions", "ResourcePendingMaintenanceActions"), all)
}
