//! Security groups.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html> and its
//! sisters; names: <https://docs.aws.amazon.com/vpc/latest/userguide/creating-security-groups.html>.

use std::ops::RangeInclusive;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Ec2, Operation,
    filters::{Filters, one},
    permission::{self, Asked, Peer, Permission, Traffic},
    read,
    resource::{Drift, Resource, describe, tag_set, tagged},
    scene::{Call, Scene},
    security_group_rule::{self, SecurityGroupRule, Way},
    tags,
    vpc::Vpc,
    vpc_endpoint, write,
};
use crate::{
    fault::Fault,
    shelf::{Kind, Record, Shelf, Tags},
    wire::xml::Xml,
};

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateSecurityGroup", create),
    read("DescribeSecurityGroups", list),
    write("DeleteSecurityGroup", delete),
    read("DescribeSecurityGroupReferences", references),
];

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
    const FILTERS: &'static [&'static str] = &[
        "description",
        "egress.ip-permission.cidr",
        "egress.ip-permission.from-port",
        "egress.ip-permission.group-id",
        "egress.ip-permission.group-name",
        "egress.ip-permission.ipv6-cidr",
        "egress.ip-permission.prefix-list-id",
        "egress.ip-permission.protocol",
        "egress.ip-permission.to-port",
        "egress.ip-permission.user-id",
        "group-id",
        "group-name",
        "ip-permission.cidr",
        "ip-permission.from-port",
        "ip-permission.group-id",
        "ip-permission.group-name",
        "ip-permission.ipv6-cidr",
        "ip-permission.prefix-list-id",
        "ip-permission.protocol",
        "ip-permission.to-port",
        "ip-permission.user-id",
        "owner-id",
        "vpc-id",
    ];

    fn shelf(ec2: &Ec2) -> &Shelf<Self> {
        &ec2.security_groups
    }

    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self> {
        &mut ec2.security_groups
    }

    fn values(group: &Record<Self>, scene: &Scene<'_>, filter: &str) -> Vec<String> {
        if let Some(what) = filter.strip_prefix("egress.ip-permission.") {
            return of_rules(group, scene, Way::Out, what);
        }
        if let Some(what) = filter.strip_prefix("ip-permission.") {
            return of_rules(group, scene, Way::In, what);
        }
        match filter {
            "description" => one(&group.description),
            "group-id" => one(&group.id),
            "group-name" => one(&group.name),
            "owner-id" => one(&scene.settings.account),
            "vpc-id" => one(&group.vpc),
            _ => Vec::new(),
        }
    }

    fn render(group: &Record<Self>, scene: &Scene<'_>) -> Xml {
        let permissions = |way| {
            let rules = rules_seen(group, scene, way);
            permission::aggregate(scene, rules.map(|it| (&it.permission, it.description.as_ref())))
        };
        Xml::new()
            .text("ownerId", &scene.settings.account)
            .text("groupId", &group.id)
            .text("groupName", &group.name)
            .text("groupDescription", &group.description)
            .text("vpcId", &group.vpc)
            .list("ipPermissions", permissions(Way::In))
            .list("ipPermissionsEgress", permissions(Way::Out))
            .nest("tagSet", tag_set(group))
            .text("securityGroupArn", arn(scene, &group.id))
    }
}

fn arn(scene: &Scene<'_>, id: &str) -> String {
    scene.arn(&format!("security-group/{id}"))
}

/// The rules of a group as a read sees them.
fn rules_seen<'a>(
    group: &'a Record<SecurityGroup>,
    scene: &'a Scene<'_>,
    way: Way,
) -> impl Iterator<Item = &'a Record<SecurityGroupRule>> {
    let all = scene.ec2.security_group_rules.all_seen(scene.by_id());
    all.filter(move |it| it.group == group.id && it.goes(way))
}

fn of_rules(group: &Record<SecurityGroup>, scene: &Scene<'_>, way: Way, what: &str) -> Vec<String> {
    let value = |rule: &Record<SecurityGroupRule>| {
        let Permission { traffic, peer } = &rule.permission;
        match (what, peer) {
            ("protocol", _) => Some(traffic.protocol.clone()),
            ("from-port", _) => traffic.has_ports().then(|| traffic.from.to_string()),
            ("to-port", _) => traffic.has_ports().then(|| traffic.to.to_string()),
            ("cidr", Peer::Ipv4(_))
            | ("ipv6-cidr", Peer::Ipv6(_))
            | ("prefix-list-id", Peer::PrefixList(_))
            | ("group-id", Peer::Group(_)) => Some(peer.text()),
            ("group-name", Peer::Group(id)) => {
                scene.ec2.security_groups.get(id).map(|it| it.name.clone())
            }
            ("user-id", Peer::Group(_)) => Some(scene.settings.account.clone()),
            _ => None,
        }
    };
    rules_seen(group, scene, way).filter_map(value).collect()
}

/// Makes the group that comes with a VPC.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>
pub(super) fn make_default(scene: &mut Scene<'_>, vpc: &str) {
    let body = SecurityGroup {
        vpc: vpc.to_owned(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
    };
    let record = scene.make(Tags::new(), body);
    let id = scene.add(scene.now, record);
    let_all(scene, &id, Way::In, Peer::Group(id.clone()));
    let_all(scene, &id, Way::Out, Peer::Ipv4(Ipv4Net::default()));
}

fn let_all(scene: &mut Scene<'_>, group: &str, way: Way, peer: Peer) {
    let permission = Permission { traffic: Traffic::all(), peer };
    let asked = Asked { permission, description: None };
    security_group_rule::make(scene, group, way, asked, Tags::new());
}

/// Removes the group that came with a VPC, and its rules.
pub(super) fn remove_default(scene: &mut Scene<'_>, vpc: &str) {
    let groups = scene.ec2.security_groups.all().filter(|it| it.vpc == vpc);
    for id in groups.map(|it| it.id.clone()).collect::<Vec<_>>() {
        scene.remove_all::<SecurityGroupRule>(|it| it.group == id);
        scene.remove::<SecurityGroup>(&id);
    }
}

/// The group a call names, by its id, or in the default VPC by its name.
pub(super) fn meant(call: &Call<'_>) -> Result<Record<SecurityGroup>, Fault> {
    match (call.params.text("GroupId"), call.params.text("GroupName")) {
        (Some(id), None) => call.find::<SecurityGroup>(&id).cloned(),
        (None, Some(name)) => {
            let vpc = call.ec2.vpcs.all().find(|it| it.default);
            let mut all = call.ec2.security_groups.all();
            let found = all.find(|it| it.name == name && vpc.is_some_and(|vpc| vpc.id == it.vpc));
            found.cloned().ok_or_else(|| unknown_name(call, &name))
        }
        (Some(_), Some(_)) => {
            Err(Fault::combination("The parameters groupName and groupId may not be used together"))
        }
        (None, None) => Err(Fault::missing("groupName or groupId")),
    }
}

fn unknown_name(scene: &Scene<'_>, name: &str) -> Fault {
    let vpc = scene.ec2.vpcs.all().find(|it| it.default).map(|it| it.id.as_str());
    let vpc = vpc.unwrap_or("none");
    let text = format!("The security group '{name}' does not exist in default VPC '{vpc}'");
    Fault::client(SecurityGroup::NOT_FOUND, text)
}

fn create(call: &mut Call<'_>) -> Answer {
    let tags = tags::at_creation::<SecurityGroup>(call)?;
    let name = call.params.need("GroupName")?.trim_end().to_owned();
    let description = call.params.need("GroupDescription")?;
    let vpc: Option<&Record<Vpc>> = match call.params.text("VpcId") {
        Some(id) => Some(call.find(&id)?),
        None => call.ec2.vpcs.all().find(|it| it.default),
    };
    let vpc = vpc
        .map(|it| it.id.clone())
        .ok_or_else(|| Fault::client("VPCIdNotSpecified", "No default VPC for this user"))?;
    check_texts(call, &name, &description)?;
    let same = |it: &Record<SecurityGroup>| it.vpc == vpc && it.name.eq_ignore_ascii_case(&name);
    if call.ec2.security_groups.all().any(same) {
        let text = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Fault::client("InvalidGroup.Duplicate", text));
    }
    if call.ec2.security_groups.all().count() >= call.settings.quotas.security_groups as usize {
        let text = "The maximum number of security groups has been reached.";
        return Err(Fault::client("SecurityGroupLimitExceeded", text));
    }
    let now = call.now;
    let shown = tags::render(&tags);
    let record = call.make(tags, SecurityGroup { vpc, name, description });
    let id = call.add(now, record);
    let_all(call, &id, Way::Out, Peer::Ipv4(Ipv4Net::default()));
    Ok(Xml::new()
        .text("return", true)
        .text("groupId", &id)
        .nest("tagSet", shown)
        .text("securityGroupArn", arn(call, &id)))
}

fn check_texts(scene: &Scene<'_>, name: &str, description: &str) -> Result<(), Fault> {
    if name.eq_ignore_ascii_case("default") {
        return Err(match scene.settings.disputed("security-group-named-default", 2) {
            0 => Fault::client(
                "InvalidGroup.Reserved",
                format!("The security group '{name}' is reserved"),
            ),
            _ => Fault::invalid(format!("Cannot use reserved security group name: {name}")),
        });
    }
    if name.starts_with("sg-") {
        return Err(Fault::invalid(
            "Invalid security group name. Group names may not be in the format sg-*",
        ));
    }
    if !name.is_ascii() {
        return Err(Fault::invalid(format!(
            "Value ({name}) for parameter GroupName is invalid. Character sets beyond ASCII are \
             not supported."
        )));
    }
    if !description.is_ascii() {
        return Err(Fault::invalid(format!(
            "Value ({description}) for parameter GroupDescription is invalid. Character sets \
             beyond ASCII are not supported."
        )));
    }
    let bad = |what: &str| {
        Fault::invalid(format!(
            "Invalid security group {what}. Valid {what}s are strings less than 256 characters \
             from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*"
        ))
    };
    if name.is_empty() || !permission::is_plain(name) {
        return Err(bad("name"));
    }
    if !permission::is_plain(description) {
        return Err(bad("description"));
    }
    Ok(())
}

/// Names are good in the default VPC only.
fn list(call: &mut Call<'_>) -> Answer {
    let names = call.params.list("GroupName");
    if names.is_empty() {
        return describe::<SecurityGroup>(call);
    }
    let filters = Filters::read::<SecurityGroup>(&call.params)?;
    let scene = &call.scene;
    let vpc = scene.ec2.vpcs.all().find(|it| it.default).map(|it| it.id.clone());
    let mut items = Vec::new();
    for name in names {
        let mut all = scene.ec2.security_groups.all_seen(scene.by_id());
        let group = all
            .find(|it| it.name == name && vpc.as_ref() == Some(&it.vpc))
            .ok_or_else(|| unknown_name(scene, &name))?;
        if filters.keep(&group.tags, |name| SecurityGroup::values(group, scene, name)) {
            items.push(SecurityGroup::render(group, scene));
        }
    }
    Ok(Xml::new().list(SecurityGroup::SET, items))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let group = meant(call)?;
    let id = &group.id;
    if group.is_default() {
        let text =
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Fault::client("CannotDelete", text));
    }
    let named = |it: &Record<SecurityGroupRule>| {
        it.group != *id && it.permission.peer == Peer::Group(id.clone())
    };
    let used = call.ec2.network_interfaces.all().any(|it| it.groups.contains(id))
        || vpc_endpoint::uses_group(call.ec2, id)
        || call.ec2.security_group_rules.all().any(named);
    if used {
        return Err(match call.settings.disputed("delete-security-group-in-use", 2) {
            0 => {
                let text = format!("resource {id} has a dependent object");
                Fault::client("DependencyViolation", text)
            }
            _ => Fault::client(
                "InvalidGroup.InUse",
                format!("There are active instances or rules that use the security group {id}"),
            ),
        });
    }
    call.remove_all::<SecurityGroupRule>(|it| it.group == *id);
    call.remove::<SecurityGroup>(id);
    Ok(Xml::new().text("return", true).text("groupId", id))
}

/// Only groups beyond a peering connection are listed, and there is no peering here.
fn references(call: &mut Call<'_>) -> Answer {
    let ids = call.params.list("GroupId");
    if ids.is_empty() {
        return Err(Fault::missing("groupId"));
    }
    for id in &ids {
        call.find::<SecurityGroup>(id)?;
    }
    Ok(Xml::new().nest("securityGroupReferenceSet", Xml::new()))
}

pub(super) fn drifts(ec2: &Ec2, key: &str) -> Vec<Drift> {
    tagged::<SecurityGroup>(ec2, key)
        .map(|it| {
            let says = format!("{} is deleted", it.id);
            Drift::new(says, "DeleteSecurityGroup", &[("GroupId", &it.id)])
        })
        .collect()
}
