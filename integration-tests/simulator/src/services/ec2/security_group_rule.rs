//! The rules of security groups.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Ec2, Operation,
    resource::{Drift, Resource, tag_set},
    scene::Scene,
};
use crate::{
    shelf::{Kind, Record, Shelf},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[];

/// A rule of a security group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SecurityGroupRule {
    pub(super) group: String,
    pub(super) egress: bool,
}

impl Kind for SecurityGroupRule {
    const TYPE: &'static str = "security-group-rule";
    const PREFIX: &'static str = "sgr";
    const NOUN: &'static str = "security group rule";
    const NOT_FOUND: &'static str = "InvalidSecurityGroupRuleId.NotFound";
    const MALFORMED: &'static str = "InvalidSecurityGroupRuleId.Malformed";
}

impl Resource for SecurityGroupRule {
    const SET: &'static str = "securityGroupRuleSet";
    const IDS: &'static str = "SecurityGroupRuleId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &[];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.security_group_rules
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.security_group_rules
    }

    fn values(_rule: &Record<Self>, _scene: &Scene<'_>, _filter: &str) -> Vec<String> {
        Vec::new()
    }

    fn render(rule: &Record<Self>, _scene: &Scene<'_>) -> Xml {
        Xml::new().text("securityGroupRuleId", &rule.id).nest("tagSet", tag_set(rule))
    }
}

pub(super) fn drifts(_ec2: &Ec2, _key: &str) -> Vec<Drift> {
    Vec::new()
}
