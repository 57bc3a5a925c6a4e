//! How much AWS lets an account have, and how much it has.

use crate::engine::CallError;

use super::{answers::required, clients::Aws};

const GET: &str = "servicequotas:GetServiceQuota";
const DEFAULT: &str = "servicequotas:GetAWSDefaultServiceQuota";
const ADDRESSES: &str = "ec2:DescribeAddresses";
const GATEWAYS: &str = "ec2:DescribeInternetGateways";
const VPCS: &str = "ec2:DescribeVpcs";
const INSTANCES: &str = "rds:DescribeDBInstances";

/// What is asked of quotas and of what counts against them.
pub(super) const READS: &[&str] = &[GET, DEFAULT, ADDRESSES, GATEWAYS, VPCS, INSTANCES];

/// A quota of an account in a region
/// (<https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose it is, as AWS calls it: `ec2`.
    pub service: &'static str,
    /// Its code: `L-0263D0A3`.
    pub code: &'static str,
    /// What it is of.
    pub counts: Counted,
}

/// What counts against a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Elastic IP addresses.
    Addresses,
    /// VPCs.
    Vpcs,
    /// Internet gateways.
    InternetGateways,
    /// Database instances, of Aurora as well.
    Databases,
}

/// How much a quota is: what applies to the account, or what AWS gives to everybody where nothing else does.
///
/// # Errors
/// If AWS does not say.
pub async fn limit(aws: &Aws, quota: Quota) -> Result<u64, CallError> {
    let Quota { service, code, .. } = quota;
    let call = || aws.quotas.get_service_quota().service_code(service).quota_code(code).send();
    let applied = match aws.read(GET, call).await {
        Ok(answer) => answer.quota,
        Err(error) if error.code == "NoSuchResourceException" => {
            let call = || {
                let call = aws.quotas.get_aws_default_service_quota();
                call.service_code(service).quota_code(code).send()
            };
            aws.read(DEFAULT, call).await?.quota
        }
        Err(error) => return Err(error),
    };
    let value = required(GET, "Value", applied.and_then(|quota| quota.value))?;
    // They are whole, and written as if they were not.
    Ok(format!("{:.0}", value.max(0.0)).parse().unwrap_or(u64::MAX))
}

/// How much there is of it in the region.
///
/// # Errors
/// If AWS does not say.
pub async fn used(aws: &Aws, counted: Counted) -> Result<usize, CallError> {
    match counted {
        Counted::Addresses => {
            let answer = aws.read(ADDRESSES, || aws.ec2.describe_addresses().send()).await?;
            Ok(required(ADDRESSES, "addressesSet", answer.addresses)?.len())
        }
        Counted::Vpcs => {
            let call =
                |token| aws.ec2.describe_vpcs().max_results(1000).set_next_token(token).send();
            Ok(aws.pages(VPCS, call, |page| (page.vpcs, page.next_token)).await?.len())
        }
        Counted::InternetGateways => {
            let call = |token| {
                let call = aws.ec2.describe_internet_gateways().max_results(1000);
                call.set_next_token(token).send()
            };
            let take = |page: aws_sdk_ec2::operation::describe_internet_gateways::DescribeInternetGatewaysOutput| {
                (page.internet_gateways, page.next_token)
            };
            Ok(aws.pages(GATEWAYS, call, take).await?.len())
        }
        Counted::Databases => {
            let call =
                |marker| aws.rds.describe_db_instances().max_records(100).set_marker(marker).send();
            Ok(aws.pages(INSTANCES, call, |page| (page.db_instances, page.marker)).await?.len())
        }
    }
}
