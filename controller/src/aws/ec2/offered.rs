//! Where types of instances are on offer: not every zone has every type.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{InstanceType, LocationType};

use crate::engine::CallError;

use super::super::{
    answers::{required, text},
    clients::Aws,
    tags::filter,
};

/// What lists them
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html>).
pub(in crate::aws) const OFFERINGS: &str = "ec2:DescribeInstanceTypeOfferings";

/// The zones of the region in which each of these types is on offer.
///
/// # Errors
/// If AWS does not say.
pub async fn offered(
    aws: &Aws,
    types: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, CallError> {
    let filters = vec![filter("instance-type", types.iter().cloned())];
    let offerings = aws
        .pages(
            OFFERINGS,
            |token| {
                let call = aws.ec2.describe_instance_type_offerings();
                let call = call.location_type(LocationType::AvailabilityZone);
                call.set_filters(Some(filters.clone()))
                    .max_results(1000)
                    .set_next_token(token)
                    .send()
            },
            |page| (page.instance_type_offerings, page.next_token),
        )
        .await?;
    let mut zones: BTreeMap<String, BTreeSet<String>> =
        types.iter().map(|name| (name.clone(), BTreeSet::new())).collect();
    for offering in offerings {
        let name = required(OFFERINGS, "instanceType", offering.instance_type())?;
        let zone = text(OFFERINGS, "location", offering.location())?;
        if let Some(zones) = zones.get_mut(InstanceType::as_str(name)) {
            zones.insert(zone.to_owned());
        }
    }
    Ok(zones)
}
