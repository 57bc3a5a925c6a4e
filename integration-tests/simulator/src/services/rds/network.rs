//! Where a database is in a VPC: its subnet group, its zones, its security groups.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html>

use super::{
    call::Call,
    subnet_group::{self, SubnetGroup},
};
use crate::{fault::Fault, shelf::Record};

/// The subnet group that is named, or the default one, which RDS makes in the default VPC.
pub(super) fn group(
    call: &mut Call<'_>,
    named: Option<&str>,
) -> Result<Record<SubnetGroup>, Fault> {
    match named {
        Some(name) => subnet_group::to_use(call, &name.to_ascii_lowercase()),
        None => subnet_group::default(call),
    }
}

/// The security groups that are asked for, or the default one of the VPC.
pub(super) fn security_groups(
    call: &Call<'_>,
    vpc: &str,
    wanted: Option<Vec<String>>,
) -> Result<Vec<String>, Fault> {
    let ec2 = &call.neighbours.ec2;
    let Some(wanted) = wanted.filter(|it| !it.is_empty()) else {
        return Ok(ec2.default_group(vpc).into_iter().collect());
    };
    let mut kept: Vec<String> = Vec::new();
    for id in wanted {
        let home = ec2.vpc_of_group(&id, call.dependent()).ok_or_else(|| {
            Fault::invalid(format!("Invalid security group , groupId= {id}, groupName=."))
        })?;
        if home != vpc {
            return Err(Fault::combination(format!(
                "The DB instance and EC2 security group are in different VPCs. The DB instance is \
                 in {vpc} and the EC2 security group is in {home}"
            )));
        }
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    let most = call.settings.quotas.groups_per_interface as usize;
    if kept.len() > most {
        return Err(Fault::invalid(format!("At most {most} security groups may be given.")));
    }
    Ok(kept)
}

/// Whether a database has a public address: as asked, or if the VPC has a way out.
pub(super) fn public(call: &Call<'_>, vpc: &str, asked: Option<bool>) -> Result<bool, Fault> {
    let ec2 = &call.neighbours.ec2;
    let public = asked.unwrap_or_else(|| ec2.has_way_out(vpc));
    if public && !ec2.has_way_out(vpc) {
        return Err(state(format!(
            "Cannot create a publicly accessible DBInstance. The specified VPC has no internet \
             gateway attached. Update the VPC and then try again: {vpc}"
        )));
    }
    if public && !ec2.has_names(vpc) {
        return Err(state(
            "Cannot create a publicly accessible DBInstance. The specified VPC does not support \
             DNS resolution, DNS hostnames, or both. Update the VPC and then try again"
                .to_owned(),
        ));
    }
    Ok(public)
}

fn state(message: String) -> Fault {
    Fault::client("InvalidVPCNetworkStateFault", message)
}

/// The zones of a database: the one asked for or a drawn one, and for a standby another.
pub(super) fn zones(
    call: &mut Call<'_>,
    group: &Record<SubnetGroup>,
    offered: &[String],
    (asked, standby): (Option<&str>, bool),
) -> Result<(String, Option<String>), Fault> {
    let mut all = group.zones();
    all.retain(|it| offered.contains(it));
    if let Some(zone) = asked {
        if standby {
            return Err(Fault::combination(
                "Requesting a specific availability zone is not valid for Multi-AZ instances.",
            ));
        }
        if !crate::services::ec2::zone_names(call.region).iter().any(|it| it == zone) {
            return Err(Fault::invalid(format!("Invalid availability zone: {zone}")));
        }
        if !group.zones().iter().any(|it| it == zone) {
            return Err(state(format!(
                "Cannot create a database instance because the DB subnet group {} does not cover \
                 the availability zone {zone}",
                group.id
            )));
        }
        all.retain(|it| it == zone);
    }
    let first = call.rng.pick(&all).cloned().ok_or_else(|| insufficient(asked))?;
    if !standby {
        return Ok((first, None));
    }
    all.retain(|it| *it != first);
    let second = call.rng.pick(&all).cloned();
    second.map(|it| (first, Some(it))).ok_or_else(|| insufficient(None))
}

fn insufficient(zone: Option<&str>) -> Fault {
    let place = zone.map_or_else(|| "the zones of the subnet group".to_owned(), ToOwned::to_owned);
    Fault::client(
        "InsufficientDBInstanceCapacity",
        format!("The requested instance class is not available in {place}."),
    )
}
