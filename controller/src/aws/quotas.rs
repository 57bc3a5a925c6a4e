//! How much AWS lets an account have, and how much it has.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{InstanceType, NatGateway, VCpuInfo};

use crate::engine::CallError;

use super::{
    answers::{not_understood, required, text},
    clients::Aws,
    ec2,
    tags::filter,
};

const GET: &str = "servicequotas:GetServiceQuota";
const DEFAULT: &str = "servicequotas:GetAWSDefaultServiceQuota";
const ADDRESSES: &str = "ec2:DescribeAddresses";
const GATEWAYS: &str = "ec2:DescribeInternetGateways";
const VPCS: &str = "ec2:DescribeVpcs";
const DATABASES: &str = "rds:DescribeDBInstances";
const GROUPS: &str = "ec2:DescribeSecurityGroups";
const NAT_GATEWAYS: &str = "ec2:DescribeNatGateways";
const SUBNETS: &str = "ec2:DescribeSubnets";
const TYPES: &str = "ec2:DescribeInstanceTypes";

/// What is asked of quotas and of what counts against them.
pub(super) const READS: &[&str] = &[
    GET,
    DEFAULT,
    ADDRESSES,
    GATEWAYS,
    VPCS,
    DATABASES,
    GROUPS,
    NAT_GATEWAYS,
    SUBNETS,
    TYPES,
    ec2::LIST_INSTANCES,
];

/// The largest page there is.
const PAGE: i32 = 1000;
/// How many types may be asked about by name.
const MOST_TYPES: usize = 100;

/// A quota of an account in a region
/// (<https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose it is, as AWS calls it: `ec2`.
    pub service: &'static str,
    /// Its code: `L-0263D0A3`.
    pub code: &'static str,
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
    /// Security groups, those that VPCs come with as well.
    SecurityGroups,
}

/// How much a quota is: what applies to the account, or what AWS gives to everybody where nothing else does.
///
/// # Errors
/// If AWS does not say.
pub async fn limit(aws: &Aws, quota: Quota) -> Result<u64, CallError> {
    let Quota { service, code } = quota;
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
                |token| aws.ec2.describe_vpcs().max_results(PAGE).set_next_token(token).send();
            Ok(aws.pages(VPCS, call, |page| (page.vpcs, page.next_token)).await?.len())
        }
        Counted::InternetGateways => {
            let call = |token| {
                let call = aws.ec2.describe_internet_gateways().max_results(PAGE);
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
            Ok(aws.pages(DATABASES, call, |page| (page.db_instances, page.marker)).await?.len())
        }
        Counted::SecurityGroups => {
            let call = |token| {
                let call = aws.ec2.describe_security_groups().max_results(PAGE);
                call.set_next_token(token).send()
            };
            Ok(aws.pages(GROUPS, call, |page| (page.security_groups, page.next_token)).await?.len())
        }
    }
}

/// How many NAT gateways there are, by zone: what counts are those that are made, that are there, and that are on their
/// way out (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways>).
///
/// # Errors
/// If AWS does not say.
pub async fn nat_gateways(aws: &Aws) -> Result<BTreeMap<String, usize>, CallError> {
    let states = ["pending", "available", "deleting"];
    let counting = filter("state", states.map(ToOwned::to_owned));
    let call = |token| {
        let call = aws.ec2.describe_nat_gateways().filter(counting.clone());
        call.max_results(PAGE).set_next_token(token).send()
    };
    let gateways =
        aws.pages(NAT_GATEWAYS, call, |page| (page.nat_gateways, page.next_token)).await?;
    let call = |token| aws.ec2.describe_subnets().max_results(PAGE).set_next_token(token).send();
    let subnets = aws.pages(SUBNETS, call, |page| (page.subnets, page.next_token)).await?;
    let mut zones = BTreeMap::new();
    // One of a whole VPC is in no subnet, and counts against none of the zones.
    for subnet in gateways.iter().filter_map(NatGateway::subnet_id) {
        let its = subnets.iter().find(|it| it.subnet_id() == Some(subnet));
        let its = its.ok_or_else(|| {
            let why = format!("it is not told of the subnet {subnet}, in which a NAT gateway is");
            not_understood(SUBNETS, why)
        })?;
        let zone = text(SUBNETS, "availabilityZone", its.availability_zone())?;
        *zones.entry(zone.to_owned()).or_default() += 1;
    }
    Ok(zones)
}

/// How many virtual processors instances of these types have where nobody says otherwise, which is what counts against
/// quotas.
///
/// # Errors
/// If AWS does not say.
pub async fn processors(
    aws: &Aws,
    types: &BTreeSet<String>,
) -> Result<BTreeMap<String, usize>, CallError> {
    let types: Vec<InstanceType> = types.iter().map(|it| it.as_str().into()).collect();
    let mut all = BTreeMap::new();
    for some in types.chunks(MOST_TYPES) {
        let call = |token| {
            let call = aws.ec2.describe_instance_types().set_instance_types(Some(some.to_vec()));
            call.set_next_token(token).send()
        };
        for told in aws.pages(TYPES, call, |page| (page.instance_types, page.next_token)).await? {
            let name = required(TYPES, "instanceType", told.instance_type())?;
            let processors = told.v_cpu_info().and_then(VCpuInfo::default_v_cpus);
            let processors = processors.and_then(|it| usize::try_from(it).ok());
            let processors = required(TYPES, "defaultVCpus", processors)?;
            all.insert(name.as_str().to_owned(), processors);
        }
    }
    Ok(all)
}
