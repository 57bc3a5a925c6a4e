//! Attributes of the account.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html>

use super::{Answer, Operation, read, scene::Call};
use crate::{fault::Fault, wire::xml::Xml};

pub(super) const OPERATIONS: &[Operation] = &[read("DescribeAccountAttributes", describe)];

fn describe(call: &mut Call<'_>) -> Answer {
    let names = call.params.list("AttributeName");
    let default = call.ec2.vpcs.all().find(|it| it.default).map(|it| it.id.clone());
    let addresses = call.settings.quotas.addresses.to_string();
    let interfaces = call.settings.quotas.groups_per_interface.to_string();
    let all = [
        ("supported-platforms", "VPC".to_owned()),
        ("default-vpc", default.unwrap_or_else(|| "none".to_owned())),
        ("max-instances", "20".to_owned()),
        ("vpc-max-security-groups-per-interface", interfaces),
        ("max-elastic-ips", addresses.clone()),
        ("vpc-max-elastic-ips", addresses),
    ];
    if let Some(name) = names.iter().find(|it| !all.iter().any(|(known, _)| known == it)) {
        let text = format!("Value ({name}) for parameter attributeName is invalid.");
        return Err(Fault::invalid(text));
    }
    let wanted = all.into_iter().filter(|it| names.is_empty() || names.iter().any(|n| n == it.0));
    let attribute = wanted.map(|(name, value)| {
        Xml::new()
            .text("attributeName", name)
            .list("attributeValueSet", [Xml::new().text("attributeValue", value)])
    });
    Ok(Xml::new().list("accountAttributeSet", attribute))
}
