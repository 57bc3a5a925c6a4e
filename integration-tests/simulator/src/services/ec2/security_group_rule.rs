//! The rules of security groups.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html>
//! and its sisters, by permissions and by the ids of rules.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::one,
    permission::{self, Asked, Peer, Permission, Traffic},
    read,
    resource::{Drift, Resource, describe, tag_set, tagged},
    scene::{Call, Scene},
    security_group::{self, SecurityGroup},
    tags,
    vpc::Vpc,
    write,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::{query::Reader, xml::Xml},
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("AuthorizeSecurityGroupIngress", |call| authorize(call, Way::In)),
    write("AuthorizeSecurityGroupEgress", |call| authorize(call, Way::Out)),
    write("RevokeSecurityGroupIngress", |call| revoke(call, Way::In)),
    write("RevokeSecurityGroupEgress", |call| revoke(call, Way::Out)),
    read("DescribeSecurityGroupRules", describe::<SecurityGroupRule>),
    write("ModifySecurityGroupRules", modify),
    write("UpdateSecurityGroupRuleDescriptionsIngress", |call| redescribe(call, Way::In)),
    write("UpdateSecurityGroupRuleDescriptionsEgress", |call| redescribe(call, Way::Out)),
];

/// A rule of a security group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SecurityGroupRule {
    pub(super) group: String,
    pub(super) egress: bool,
    pub(super) permission: Permission,
    pub(super) description: Option<String>,
}

/// Which way traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

impl SecurityGroupRule {
    /// Whether it is for traffic that goes this way.
    pub(super) fn goes(&self, way: Way) -> bool {
        self.egress == (way == Way::Out)
    }
}

impl Kind for SecurityGroupRule {
    const TYPE: &'static str = "security-group-rule";
    const PREFIX: &'static str = "sgr";
    const NOUN: &'static str = "security group rule ID";
    const NOT_FOUND: &'static str = "InvalidSecurityGroupRuleId.NotFound";
    const MALFORMED: &'static str = "InvalidSecurityGroupRuleId.Malformed";
}

impl Resource for SecurityGroupRule {
    const SET: &'static str = "securityGroupRuleSet";
    const IDS: &'static str = "SecurityGroupRuleId";
    const PAGES: RangeInclusive<u32> = 5..=1000;
    const FILTERS: &'static [&'static str] = &["group-id", "security-group-rule-id"];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.security_group_rules
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.security_group_rules
    }

    fn values(rule: &Record<Self>, _scene: &Scene<'_>, filter: &str) -> Vec<String> {
        match filter {
            "group-id" => one(&rule.group),
            "security-group-rule-id" => one(&rule.id),
            _ => Vec::new(),
        }
    }

    fn render(rule: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let account = &scene.settings.account;
        let xml = Xml::new()
            .text("securityGroupRuleId", &rule.id)
            .text("groupId", &rule.group)
            .text("groupOwnerId", account)
            .with(rule.heart());
        let xml = match &rule.permission.peer {
            Peer::Group(id) => {
                let group = Xml::new().text("groupId", id).text("userId", account);
                xml.nest("referencedGroupInfo", group)
            }
            Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_) => xml,
        };
        xml.maybe("description", rule.description.as_ref())
            .nest("tagSet", tag_set(rule))
            .text("securityGroupRuleArn", scene.arn(&format!("security-group-rule/{}", rule.id)))
    }
}

impl SecurityGroupRule {
    /// What rules and revoked rules have in common.
    fn heart(&self) -> Xml {
        let Permission { traffic, peer } = &self.permission;
        let xml = Xml::new()
            .text("isEgress", self.egress)
            .text("ipProtocol", &traffic.protocol)
            .text("fromPort", traffic.from)
            .text("toPort", traffic.to);
        match peer {
            Peer::Ipv4(range) => xml.text("cidrIpv4", range),
            Peer::Ipv6(range) => xml.text("cidrIpv6", range),
            Peer::PrefixList(id) => xml.text("prefixListId", id),
            Peer::Group(_) => xml,
        }
    }
}

/// Puts a rule into a group and gives its id.
pub(super) fn make(
    scene: &mut Scene<'_>,
    group: &str,
    way: Way,
    asked: Asked,
    tags: Tags,
) -> String {
    let body = SecurityGroupRule {
        group: group.to_owned(),
        egress: way == Way::Out,
        permission: asked.permission,
        description: asked.description,
    };
    let record = scene.make(tags, body);
    scene.add(scene.now, record)
}

/// The rules of a group that go one way, as they truly are.
fn rules<'a>(
    ec2: &'a Ec2,
    group: &'a str,
    way: Way,
) -> impl Iterator<Item = &'a Record<SecurityGroupRule>> {
    ec2.security_group_rules.all().filter(move |it| it.group == group && it.goes(way))
}

/// The group a call is about. For what goes out only its id is good.
fn meant(call: &Call<'_>, way: Way) -> Result<Record<SecurityGroup>, Fault> {
    match way {
        Way::In => security_group::meant(call),
        Way::Out => call.find::<SecurityGroup>(&call.params.need("GroupId")?).cloned(),
    }
}

const FLAT: &[&str] = &[
    "CidrIp",
    "FromPort",
    "IpProtocol",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "ToPort",
];

/// Reads what a call asks for: `IpPermissions`, or the older parameters for one permission.
fn asked(call: &Call<'_>, way: Way) -> Result<Vec<Asked>, Fault> {
    let params: &Reader<'_> = &call.params;
    let flat = FLAT.iter().any(|it| params.given(it));
    if !flat {
        return permission::read_all(call, params);
    }
    if way == Way::Out {
        return Err(Fault::unsupported("outbound permissions outside of IpPermissions"));
    }
    if params.given("IpPermissions") {
        return Err(Fault::combination(
            "The parameter ipPermissions may not be used together with ipProtocol, fromPort, \
             toPort or cidrIp",
        ));
    }
    let traffic = Traffic::read(params)?;
    let peer = Peer::ipv4(&params.need("CidrIp")?)?;
    Ok(vec![Asked { permission: Permission { traffic, peer }, description: None }])
}

/// Refuses the whole call when one permission is there already, twice in it, or too many.
fn authorize(call: &mut Call<'_>, way: Way) -> Answer {
    let tags = tags::specified(&call.scene, &call.params, SecurityGroupRule::TYPE)?;
    let group = meant(call, way)?;
    let asked = asked(call, way)?;
    if asked.is_empty() {
        return Err(Fault::missing("ipPermissions"));
    }
    let mut seen: Vec<&Permission> = Vec::new();
    for Asked { permission, .. } in &asked {
        if seen.contains(&permission) {
            return Err(Fault::invalid("The same permission must not appear multiple times"));
        }
        seen.push(permission);
        check_peer(call, &group, &permission.peer)?;
    }
    if let Some(known) = rules(call.ec2, &group.id, way).find(|it| seen.contains(&&it.permission)) {
        return Err(known.permission.duplicate());
    }
    let present = rules(call.ec2, &group.id, way).map(|it| it.permission.peer.weight());
    let (ipv4, ipv6) = present
        .chain(seen.iter().map(|it| it.peer.weight()))
        .fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    if ipv4.max(ipv6) > call.settings.quotas.rules_per_direction {
        let text = "The maximum number of rules per security group has been reached.";
        return Err(Fault::client("RulesPerSecurityGroupLimitExceeded", text));
    }
    let mut items = Vec::new();
    for each in asked {
        let id = make(call, &group.id, way, each, tags.clone());
        items.extend(call.ec2.security_group_rules.get(&id).map(|it| render_new(it, call)));
    }
    Ok(Xml::new().text("return", true).list(SecurityGroupRule::SET, items))
}

fn render_new(rule: &Record<SecurityGroupRule>, call: &Call<'_>) -> Xml {
    SecurityGroupRule::render(rule, &call.scene)
}

/// A group can name groups of its own VPC; peering is not modelled.
fn check_peer(call: &Call<'_>, group: &Record<SecurityGroup>, peer: &Peer) -> Result<(), Fault> {
    let Peer::Group(id) = peer else { return Ok(()) };
    if call.find::<SecurityGroup>(id)?.vpc == group.vpc {
        return Ok(());
    }
    Err(Fault::client(
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    ))
}

/// The rules of a group that a call names by id.
fn by_id(
    call: &Call<'_>,
    group: &str,
    way: Way,
    ids: &[String],
) -> Result<Vec<Record<SecurityGroupRule>>, Fault> {
    ids.iter()
        .map(|id| {
            let rule = call.find::<SecurityGroupRule>(id)?;
            if rule.group == group && rule.goes(way) {
                Ok(rule.clone())
            } else {
                Err(SecurityGroupRule::unknown(id))
            }
        })
        .collect()
}

/// What does not match is an error for which nothing is revoked; in the default VPC it is only
/// listed.
fn revoke(call: &mut Call<'_>, way: Way) -> Answer {
    let group = meant(call, way)?;
    let ids = call.params.list("SecurityGroupRuleId");
    let asked = asked(call, way)?;
    let mut gone = Vec::new();
    let mut unknown = Vec::new();
    match (ids.is_empty(), asked.is_empty()) {
        (true, true) => {
            return Err(Fault::client(
                "MissingParameter",
                "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.",
            ));
        }
        (false, false) => {
            return Err(Fault::combination(
                "The parameters ipPermissions and securityGroupRuleIds may not be used together",
            ));
        }
        (false, true) => gone = by_id(call, &group.id, way, &ids)?,
        (true, false) => {
            for Asked { permission, .. } in asked {
                match rules(call.ec2, &group.id, way).find(|it| it.permission == permission) {
                    Some(rule) => gone.push(rule.clone()),
                    None => unknown.push(permission),
                }
            }
        }
    }
    let vpc: Option<&Record<Vpc>> = call.ec2.vpcs.get(&group.vpc);
    if !unknown.is_empty() && !vpc.is_some_and(|it| it.default) {
        return Err(no_such_rule());
    }
    gone.sort_by(|a, b| a.id.cmp(&b.id));
    gone.dedup_by(|a, b| a.id == b.id);
    let mut items = Vec::new();
    for rule in gone {
        call.remove::<SecurityGroupRule>(&rule.id);
        let xml = Xml::new()
            .text("securityGroupRuleId", &rule.id)
            .text("groupId", &rule.group)
            .with(rule.heart());
        let xml = match &rule.permission.peer {
            Peer::Group(id) => xml.text("referencedGroupId", id),
            Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_) => xml,
        };
        items.push(xml.maybe("description", rule.description.as_ref()));
    }
    let unknown = permission::aggregate(call, unknown.iter().map(|it| (it, None)));
    let mut xml = Xml::new().text("return", true);
    if !unknown.is_empty() {
        xml = xml.list("unknownIpPermissionSet", unknown);
    }
    Ok(xml.list("revokedSecurityGroupRuleSet", items))
}

fn no_such_rule() -> Fault {
    let text = "The specified rule does not exist in this security group.";
    Fault::client("InvalidPermission.NotFound", text)
}

/// A rule gets the whole of the new one; the kind of its peer stays. What becomes of a description
/// that is not given the reference leaves open.
fn modify(call: &mut Call<'_>) -> Answer {
    let group = call.find::<SecurityGroup>(&call.params.need("GroupId")?)?.clone();
    let updates = call.params.structs("SecurityGroupRule");
    if updates.is_empty() {
        return Err(Fault::missing("securityGroupRules"));
    }
    let mut all = Vec::new();
    for update in updates {
        let id = update.need("SecurityGroupRuleId")?;
        let Some(wanted) = update.structure("SecurityGroupRule") else {
            return Err(Fault::missing("securityGroupRule"));
        };
        let rule = call.find::<SecurityGroupRule>(&id)?.clone();
        if rule.group != group.id {
            return Err(SecurityGroupRule::unknown(&id));
        }
        let permission =
            Permission { traffic: Traffic::read(&wanted)?, peer: peer(call, &wanted)? };
        let alike = std::mem::discriminant(&permission.peer)
            == std::mem::discriminant(&rule.permission.peer);
        if !alike {
            return Err(Fault::invalid(format!(
                "The type of the source or destination of the security group rule {id} cannot be \
                 changed."
            )));
        }
        check_peer(call, &group, &permission.peer)?;
        let description = permission::description(wanted.text("Description"))?;
        if all.iter().any(|(other, it, _): &(Record<SecurityGroupRule>, Permission, _)| {
            other.id == id || (*it == permission && other.egress == rule.egress)
        }) {
            return Err(Fault::invalid("The same permission must not appear multiple times"));
        }
        all.push((rule, permission, description));
    }
    for (rule, permission, description) in &all {
        let others = call.ec2.security_group_rules.all().filter(|it| {
            it.group == group.id && it.egress == rule.egress && it.permission == *permission
        });
        if let Some(other) = others.into_iter().find(|it| !all.iter().any(|(r, ..)| r.id == it.id))
        {
            return Err(other.permission.duplicate());
        }
        let keep = call.settings.disputed("modify-rule-without-description", 2) == 1;
        let (permission, description) = (permission.clone(), description.clone());
        call.change::<SecurityGroupRule>(&rule.id, |it| {
            it.permission = permission;
            if description.is_some() || !keep {
                it.description = description;
            }
        });
    }
    Ok(Xml::new().text("return", true))
}

/// The one peer a rule shall have.
fn peer(call: &Call<'_>, params: &Reader<'_>) -> Result<Peer, Fault> {
    let ipv4 = params.text("CidrIpv4").map(|it| Peer::ipv4(&it));
    let ipv6 = params.text("CidrIpv6").map(|it| Peer::ipv6(&it));
    let list = params.text("PrefixListId").map(|it| Peer::prefix_list(call, it));
    let group = params.text("ReferencedGroupId").map(|it| Ok(Peer::Group(it)));
    let mut given = [ipv4, ipv6, list, group].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(peer), None) => peer,
        (None, _) => Err(Fault::client(
            "MissingParameter",
            "The request must contain one of cidrIpv4, cidrIpv6, prefixListId and \
             referencedGroupId",
        )),
        (Some(_), Some(_)) => Err(Fault::combination(
            "Only one of cidrIpv4, cidrIpv6, prefixListId and referencedGroupId can be specified",
        )),
    }
}

/// A description that is left out is taken away.
fn redescribe(call: &mut Call<'_>, way: Way) -> Answer {
    let group = security_group::meant(call)?;
    let by_rule = call.params.structs("SecurityGroupRuleDescription");
    let asked = permission::read_all(call, &call.params)?;
    let mut all = Vec::new();
    match (by_rule.is_empty(), asked.is_empty()) {
        (true, true) => {
            return Err(Fault::client(
                "MissingParameter",
                "Either 'ipPermissions' or 'securityGroupRuleDescriptions' should be provided.",
            ));
        }
        (false, false) => {
            return Err(Fault::combination(
                "The parameters ipPermissions and securityGroupRuleDescriptions may not be used \
                 together",
            ));
        }
        (false, true) => {
            for each in by_rule {
                let ids = [each.need("SecurityGroupRuleId")?];
                let text = permission::description(each.text("Description"))?;
                let rules = by_id(call, &group.id, way, &ids)?;
                all.extend(rules.into_iter().map(|it| (it.id, text.clone())));
            }
        }
        (true, false) => {
            for each in asked {
                let mut known = rules(call.ec2, &group.id, way);
                let rule = known.find(|it| it.permission == each.permission);
                let rule = rule.ok_or_else(no_such_rule)?;
                all.push((rule.id.clone(), each.description));
            }
        }
    }
    for (id, description) in all {
        call.change::<SecurityGroupRule>(&id, |it| it.description = description);
    }
    Ok(Xml::new().text("return", true))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    let vpcs: Vec<_> = tagged::<Vpc>(ec2, key).map(|it| it.id.as_str()).collect();
    // The default group of a VPC has no tags, and goes with it.
    let defaults = ec2.security_groups.all();
    let defaults = defaults.filter(|it| it.name == "default" && vpcs.contains(&it.vpc.as_str()));
    let groups = tagged::<SecurityGroup>(ec2, key).chain(defaults);
    let groups: Vec<_> = groups.map(|it| it.id.as_str()).collect();
    let mut all = Vec::new();
    let ours = ec2
        .security_group_rules
        .all()
        .filter(|it| it.tags.contains_key(key) || groups.contains(&it.group.as_str()));
    for rule in ours {
        let (revoke, redescribe) = if rule.egress {
            ("RevokeSecurityGroupEgress", "UpdateSecurityGroupRuleDescriptionsEgress")
        } else {
            ("RevokeSecurityGroupIngress", "UpdateSecurityGroupRuleDescriptionsIngress")
        };
        let group = ("GroupId", rule.group.as_str());
        all.push(Drift::new(
            format!("the rule {} of {} is revoked", rule.id, rule.group),
            revoke,
            &[group, ("SecurityGroupRuleId.1", &rule.id)],
        ));
        all.push(Drift::new(
            format!("the description of the rule {} of {} is 'changed' now", rule.id, rule.group),
            redescribe,
            &[
                group,
                ("SecurityGroupRuleDescription.1.SecurityGroupRuleId", &rule.id),
                ("SecurityGroupRuleDescription.1.Description", "changed"),
            ],
        ));
    }
    for group in groups {
        all.push(Drift::new(
            format!("{group} lets in SSH from everywhere"),
            "AuthorizeSecurityGroupIngress",
            &[
                ("GroupId", group),
                ("IpPermissions.1.IpProtocol", "tcp"),
                ("IpPermissions.1.FromPort", "22"),
                ("IpPermissions.1.ToPort", "22"),
                ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
            ],
        ));
    }
    all
}
