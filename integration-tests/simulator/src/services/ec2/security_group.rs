//! Security groups.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Ec2, Operation,
    resource::{Resource, tag_set},
    scene::Scene,
    security_group_rule::SecurityGroupRule,
};
use crate::{
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[];

/// A security group; its rules are objects of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SecurityGroup {
    pub(super) vpc: String,
    pub(super) name: String,
    pub(super) description: String,
}

impl SecurityGroup {
    /// Whether it is the one that comes and goes with its VPC.
    pub(super) fn is_default(&self) -> bool {
        self.name == "default"
    }
}

impl Kind for SecurityGroup {
    const TYPE: &'static str = "security-group";
    const PREFIX: &'static str = "sg";
    const NOUN: &'static str = "security group";
    const NOT_FOUND: &'static str = "InvalidGroup.NotFound";
    const MALFORMED: &'static str = "InvalidGroupId.Malformed";
}

impl Resource for SecurityGroup {
    const SET: &'static str = "securityGroupInfo";
    const IDS: &'static str = "GroupId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.security_groups
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.security_groups
    }

    fn values(_group: &Record<Self>, _scene: &Scene<'_>, _filter: &str) -> Vec<String> {
        Vec::new()
    }

    fn render(group: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new().text("groupId", &group.id).nest("tagSet", tag_set(group))
    }
}

/// Makes the group that comes with a VPC.
pub(super) fn make_default(scene: &mut Scene<'_>, vpc: &str) {
    let body = SecurityGroup {
        vpc: vpc.to_owned(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
    };
    let record = scene.make(Tags::new(), body);
    scene.add(scene.now, record);
}

/// Removes the group that came with a VPC, and its rules.
pub(super) fn remove_default(scene: &mut Scene<'_>, vpc: &str) {
    let groups = scene.ec2.security_groups.all().filter(|it| it.vpc == vpc);
    for id in groups.map(|it| it.id.clone()).collect::<Vec<_>>() {
        scene.remove_all::<SecurityGroupRule>(|it| it.group == id);
        scene.remove::<SecurityGroup>(&id);
    }
}
