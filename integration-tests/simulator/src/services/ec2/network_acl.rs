//! Network ACLs: only the one that comes with each VPC, to look at.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Ec2, Operation,
    filters::{one, truth},
    read,
    resource::{Resource, describe, tag_set},
    scene::Scene,
};
use crate::{
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[read("DescribeNetworkAcls", describe::<NetworkAcl>)];

/// A network ACL with the entries AWS gives it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NetworkAcl {
    pub(super) vpc: String,
    pub(super) default: bool,
    associations: Vec<Association>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Association {
    id: String,
    subnet: String,
}

/// An entry: whether it is for egress, its number, what it does.
const ENTRIES: [(bool, u32, &str); 4] =
    [(true, 100, "allow"), (true, 32767, "deny"), (false, 100, "allow"), (false, 32767, "deny")];

impl Kind for NetworkAcl {
    const TYPE: &'static str = "network-acl";
    const PREFIX: &'static str = "acl";
    const NOUN: &'static str = "networkAcl ID";
    const NOT_FOUND: &'static str = "InvalidNetworkAclID.NotFound";
    const MALFORMED: &'static str = "InvalidNetworkAclId.Malformed";
}

impl Resource for NetworkAcl {
    const SET: &'static str = "networkAclSet";
    const IDS: &'static str = "NetworkAclId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[
        "association.association-id",
        "association.network-acl-id",
        "association.subnet-id",
        "default",
        "entry.cidr",
        "entry.egress",
        "entry.icmp.code",
        "entry.icmp.type",
        "entry.ipv6-cidr",
        "entry.port-range.from",
        "entry.port-range.to",
        "entry.protocol",
        "entry.rule-action",
        "entry.rule-number",
        "network-acl-id",
        "owner-id",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.network_acls
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.network_acls
    }

    fn values(acl: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "association.association-id" => {
                acl.associations.iter().map(|it| it.id.clone()).collect()
            }
            "association.network-acl-id" | "network-acl-id" => one(&acl.id),
            "association.subnet-id" => {
                acl.associations.iter().map(|it| it.subnet.clone()).collect()
            }
            "default" => truth(acl.default),
            "entry.cidr" => one("0.0.0.0/0"),
            "entry.egress" => vec!["true".to_owned(), "false".to_owned()],
            "entry.protocol" => one("-1"),
            "entry.rule-action" => vec!["allow".to_owned(), "deny".to_owned()],
            "entry.rule-number" => vec!["100".to_owned(), "32767".to_owned()],
            "owner-id" => one(&scene.settings.account),
            "vpc-id" => one(&acl.vpc),
            _ => Vec::new(),
        }
    }

    fn render(acl: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let association = |it: &Association| {
            Xml::new()
                .text("networkAclAssociationId", &it.id)
                .text("networkAclId", &acl.id)
                .text("subnetId", &it.subnet)
        };
        let entry = |(egress, number, action): (bool, u32, &str)| {
            Xml::new()
                .text("ruleNumber", number)
                .text("protocol", "-1")
                .text("ruleAction", action)
                .text("egress", egress)
                .text("cidrBlock", "0.0.0.0/0")
        };
        Xml::new()
            .text("networkAclId", &acl.id)
            .text("vpcId", &acl.vpc)
            .text("default", acl.default)
            .text("ownerId", &scene.settings.account)
            .list("entrySet", ENTRIES.into_iter().map(entry))
            .list("associationSet", acl.associations.iter().map(association))
            .nest("tagSet", tag_set(acl))
    }
}

/// Makes the ACL that comes with a VPC.
pub(super) fn make_default(scene: &mut Scene<'_>, vpc: &str) {
    let body = NetworkAcl { vpc: vpc.to_owned(), default: true, associations: Vec::new() };
    let record = scene.make(Tags::new(), body);
    scene.add(scene.now, record);
}

/// Puts a new subnet under the ACL of its VPC.
pub(super) fn cover(scene: &mut Scene<'_>, vpc: &str, subnet: &str) {
    let found = scene.ec2.network_acls.all().find(|it| it.vpc == vpc && it.default);
    let Some(acl) = found.map(|it| it.id.clone()) else { return };
    let id = scene.rng.id("aclassoc");
    let association = Association { id, subnet: subnet.to_owned() };
    scene.change::<NetworkAcl>(&acl, |it| it.associations.push(association));
}

/// Takes a subnet from under its ACL.
pub(super) fn uncover(scene: &mut Scene<'_>, subnet: &str) {
    let covers = |it: &Record<NetworkAcl>| it.associations.iter().any(|it| it.subnet == subnet);
    let found = scene.ec2.network_acls.all().find(|it| covers(it));
    let Some(acl) = found.map(|it| it.id.clone()) else { return };
    scene.change::<NetworkAcl>(&acl, |it| it.associations.retain(|it| it.subnet != subnet));
}
