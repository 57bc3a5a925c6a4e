//! What databases are on offer: which class with which version, in which zones.

use std::collections::BTreeSet;

use aws_sdk_rds::types;

use crate::engine::CallError;

use super::{
    super::{
        answers::{required, text},
        clients::Aws,
    },
    PAGE,
};

/// What lists them
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOrderableDBInstanceOptions.html>).
pub(in crate::aws) const OPTIONS: &str = "rds:DescribeOrderableDBInstanceOptions";

/// A database that can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The version of the engine, minor one and all.
    pub version: String,
    /// The zones of the region that have it.
    pub zones: BTreeSet<String>,
    /// The type of storage.
    pub storage_type: String,
    /// Whether there can be a standby in another zone.
    pub multi_az: bool,
}

/// What is on offer of a class with an engine; of one version, if it is named in full.
///
/// # Errors
/// If AWS does not say.
pub async fn offers(
    aws: &Aws,
    engine: &str,
    class: &str,
    version: Option<&str>,
) -> Result<Vec<Offer>, CallError> {
    let options = aws
        .pages(
            OPTIONS,
            |marker| {
                let call = aws.rds.describe_orderable_db_instance_options().engine(engine);
                let call = call.db_instance_class(class).vpc(true);
                call.set_engine_version(version.map(ToOwned::to_owned))
                    .max_records(PAGE)
                    .set_marker(marker)
                    .send()
            },
            |page| (page.orderable_db_instance_options, page.marker),
        )
        .await?;
    options.iter().map(read).collect()
}

fn read(option: &types::OrderableDbInstanceOption) -> Result<Offer, CallError> {
    let zones = option.availability_zones().iter();
    let zones = zones.filter_map(|zone| zone.name().map(ToOwned::to_owned)).collect();
    Ok(Offer {
        version: text(OPTIONS, "EngineVersion", option.engine_version())?.to_owned(),
        zones,
        storage_type: text(OPTIONS, "StorageType", option.storage_type())?.to_owned(),
        multi_az: required(OPTIONS, "MultiAZCapable", option.multi_az_capable())?,
    })
}
