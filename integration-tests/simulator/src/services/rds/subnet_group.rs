//! DB subnet groups: the subnets a database may be in.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html> and its
//! sisters.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Operation,
    call::{Call, missing},
    names,
    scene::Scene,
    tags,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    ("CreateDBSubnetGroup", true, create),
    ("DeleteDBSubnetGroup", true, delete),
    ("DescribeDBSubnetGroups", false, describe),
    ("ModifyDBSubnetGroup", true, modify),
];

/// The one that RDS makes in the default VPC.
const DEFAULT: &str = "default";

/// A subnet group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SubnetGroup {
    pub(super) description: String,
    pub(super) vpc: String,
    /// The subnets, each with its zone.
    pub(super) subnets: Vec<(String, String)>,
}

impl SubnetGroup {
    pub(super) fn zones(&self) -> Vec<String> {
        let zones: BTreeSet<_> = self.subnets.iter().map(|it| it.1.clone()).collect();
        zones.into_iter().collect()
    }
}

impl Kind for SubnetGroup {
    const TYPE: &'static str = "subgrp";
    const PREFIX: &'static str = "subgrp";
    const NOUN: &'static str = "DB subnet group";
    const NOT_FOUND: &'static str = "DBSubnetGroupNotFoundFault";
    const MALFORMED: &'static str = "InvalidParameterValue";

    fn path(record: &Record<Self>) -> String {
        format!("{}:{}", Self::TYPE, record.id)
    }
}

pub(super) fn render(scene: &Scene<'_>, group: &Record<SubnetGroup>) -> Xml {
    let subnets = group.subnets.iter().map(|(id, zone)| {
        Xml::new()
            .text("SubnetIdentifier", id)
            .nest("SubnetAvailabilityZone", Xml::new().text("Name", zone))
            .nest("SubnetOutpost", Xml::new())
            .text("SubnetStatus", "Active")
    });
    Xml::new()
        .text("DBSubnetGroupName", &group.id)
        .text("DBSubnetGroupDescription", &group.description)
        .text("VpcId", &group.vpc)
        .text("SubnetGroupStatus", "Complete")
        .members("Subnets", "Subnet", subnets)
        .text("DBSubnetGroupArn", scene.arn(&SubnetGroup::path(group)))
        .nest("SupportedNetworkTypes", Xml::new().text("member", "IPV4"))
}

fn unknown(name: &str) -> Fault {
    let text = format!("DB subnet group '{name}' does not exist.");
    Fault::new(404, SubnetGroup::NOT_FOUND, text)
}

/// A group that something builds on or changes: as it truly is.
pub(super) fn to_use(call: &Call<'_>, name: &str) -> Result<Record<SubnetGroup>, Fault> {
    let groups = &call.rds.subnet_groups;
    let known = call.dependent().is_none_or(|it| groups.seen(name, it).is_some());
    groups.get(name).filter(|_| known).cloned().ok_or_else(|| unknown(name))
}

/// The group of the default VPC, made when it is needed.
pub(super) fn default(call: &mut Call<'_>) -> Result<Record<SubnetGroup>, Fault> {
    if let Some(group) = call.rds.subnet_groups.get(DEFAULT) {
        return Ok(group.clone());
    }
    let Some((_, subnets)) = call.neighbours.ec2.default_network() else {
        return Err(Fault::invalid(
            "No default subnet group and no default VPC: a DB subnet group has to be named.",
        ));
    };
    let (vpc, subnets) = placed(call, &subnets)?;
    let body = SubnetGroup { description: DEFAULT.to_owned(), vpc, subnets };
    let group = Record { id: DEFAULT.to_owned(), tags: Tags::new(), body };
    let (stamp, now) = (call.stamp, call.now);
    call.rds.subnet_groups.add(stamp, Some(now), group.clone());
    Ok(group)
}

type Placed = (String, Vec<(String, String)>);

/// The VPC and the zones of subnets, which have to be in one VPC and in two zones.
fn placed(call: &Call<'_>, ids: &[String]) -> Result<Placed, Fault> {
    let most = call.settings.quotas.subnets_per_db_subnet_group as usize;
    let mut home: Option<String> = None;
    let mut all: Vec<(String, String)> = Vec::new();
    for id in ids {
        let spot = call.neighbours.ec2.spot(id, call.dependent()).ok_or_else(|| {
            Fault::client("InvalidSubnet", format!("The subnet ID '{id}' does not exist"))
        })?;
        if home.as_ref().is_some_and(|it| *it != spot.vpc) {
            return Err(Fault::client("InvalidSubnet", "Subnets are not in the same Vpc."));
        }
        if !all.iter().any(|it| it.0 == *id) {
            all.push((id.clone(), spot.zone));
        }
        home = Some(spot.vpc);
    }
    let Some(vpc) = home else { return Err(missing("SubnetIds")) };
    if all.len() > most {
        let text = format!("A DB subnet group can have at most {most} subnets");
        return Err(Fault::client("DBSubnetQuotaExceededFault", text));
    }
    let zones: BTreeSet<_> = all.iter().map(|it| &it.1).collect();
    if zones.len() < 2 {
        let covered: Vec<_> = zones.into_iter().map(String::as_str).collect();
        return Err(Fault::client(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            format!(
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. \
                 Current AZ coverage: {}. Add subnets to cover at least 2 AZs.",
                covered.join(", ")
            ),
        ));
    }
    Ok((vpc, all))
}

fn wanted_subnets(call: &Call<'_>) -> Result<Vec<String>, Fault> {
    call.list("SubnetIds", "SubnetIdentifier").ok_or_else(|| missing("SubnetIds"))
}

fn create(call: &mut Call<'_>) -> Answer {
    let name = names::subnet_group(call, &call.need("DBSubnetGroupName")?)?;
    let description = call.need("DBSubnetGroupDescription")?;
    let ids = wanted_subnets(call)?;
    let tags = tags::given(call)?.unwrap_or_default();
    if name == DEFAULT {
        return Err(Fault::invalid(
            "The parameter DBSubnetGroupName is not valid: default is reserved.",
        ));
    }
    if call.rds.subnet_groups.get(&name).is_some() {
        let text = format!("The DB subnet group '{name}' already exists.");
        return Err(Fault::client("DBSubnetGroupAlreadyExists", text));
    }
    let most = call.settings.quotas.db_subnet_groups as usize;
    if call.rds.subnet_groups.all().count() >= most {
        let text = format!("The account has the most DB subnet groups it may have: {most}");
        return Err(Fault::client("DBSubnetGroupQuotaExceeded", text));
    }
    let (vpc, subnets) = placed(call, &ids)?;
    let group = Record { id: name, tags, body: SubnetGroup { description, vpc, subnets } };
    let shown = render(&call.scene, &group);
    let (stamp, now) = (call.stamp, call.now);
    call.rds.subnet_groups.add(stamp, Some(now), group);
    Ok(Xml::new().nest("DBSubnetGroup", shown))
}

fn describe(call: &mut Call<'_>) -> Answer {
    call.filters(&[])?;
    let named = call.text("DBSubnetGroupName").map(|it| it.to_ascii_lowercase());
    let all: Vec<_> = match named {
        Some(name) => {
            let group = call.rds.subnet_groups.seen(&name, call.by_id());
            vec![group.ok_or_else(|| unknown(&name))?]
        }
        None => call.rds.subnet_groups.all_seen(call.in_lists()).collect(),
    };
    let rows = all.into_iter().map(|it| (it.id.clone(), render(&call.scene, it))).collect();
    call.page(("DBSubnetGroups", "DBSubnetGroup"), rows)
}

/// Everything that uses a group, in words.
fn user(call: &Call<'_>, name: &str) -> Option<String> {
    let mut all = call.rds.instances.all();
    let instance = all.find(|it| it.subnet_group == name);
    let instance = instance.map(|it| format!("database instance: {}", it.id));
    let mut all = call.rds.clusters.all();
    instance.or_else(|| {
        let cluster = all.find(|it| it.subnet_group == name);
        cluster.map(|it| format!("database cluster: {}", it.id))
    })
}

/// All subnets are replaced; those with a database stay.
fn modify(call: &mut Call<'_>) -> Answer {
    let name = call.need("DBSubnetGroupName")?.to_ascii_lowercase();
    let description = call.text("DBSubnetGroupDescription");
    let ids = wanted_subnets(call)?;
    let group = to_use(call, &name)?;
    let (vpc, subnets) = placed(call, &ids)?;
    if vpc != group.vpc && user(call, &name).is_some() {
        return Err(Fault::client(
            "InvalidSubnet",
            "The new Subnets are not in the same Vpc as the existing subnet group",
        ));
    }
    let left = group.subnets.iter().filter(|it| !subnets.contains(it));
    let held = |id: &String| {
        let mut all = call.rds.instances.all().filter(|it| it.subnet_group == name);
        all.any(|it| it.subnets_used().contains(id))
    };
    if let Some((id, _)) = left.into_iter().find(|it| held(&it.0)) {
        let text = format!("Some of the subnets to be deleted are currently in use: {id}");
        return Err(Fault::client("SubnetAlreadyInUse", text));
    }
    let stamp = call.stamp;
    let changed = call.rds.subnet_groups.change(stamp, &name, |it| {
        it.vpc = vpc;
        it.subnets = subnets;
        if let Some(description) = description {
            it.description = description;
        }
        it.clone()
    });
    let changed = changed.ok_or_else(|| unknown(&name))?;
    Ok(Xml::new().nest("DBSubnetGroup", render(&call.scene, &changed)))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let name = call.need("DBSubnetGroupName")?.to_ascii_lowercase();
    to_use(call, &name)?;
    if let Some(user) = user(call, &name) {
        return Err(Fault::client(
            "InvalidDBSubnetGroupStateFault",
            format!(
                "Cannot delete the subnet group '{name}' because at least one {user} is still \
                 using it."
            ),
        ));
    }
    let stamp = call.stamp;
    call.rds.subnet_groups.remove(stamp, &name);
    Ok(Xml::new())
}
