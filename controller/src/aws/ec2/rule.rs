//! One rule of a security group, and the calls that read, add and revoke rules.
//!
//! AWS writes protocols by name and ranges without host bits; rules are read one by one, because
//! `DescribeSecurityGroups` folds those with equal ports into one and names none.

use std::fmt;

use aws_sdk_ec2::types::{
    self, IpPermission, IpRange, SecurityGroupRule, SecurityGroupRuleDescription, UserIdGroupPair,
};
use ipnet::Ipv4Net;
use serde::Serialize;

use crate::{
    engine::{Address, CallError, Cell, Field, Outputs, PhysicalId, Resolved, Stage},
    leaf, record,
};

use super::{
    super::{
        answers::{not_understood, required, text},
        clients::Aws,
        tags::filter,
    },
    security_group::{LIST as GROUPS, SecurityGroupId},
};

/// Which way a rule lets traffic pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the group.
    Ingress,
    /// Out of the group.
    Egress,
}
leaf!(Direction);

/// One rule of a security group.
#[derive(Clone, Debug)]
pub struct Rule<S: Stage = Resolved> {
    /// Which way.
    pub direction: Direction,
    /// The protocol: `tcp`, `udp`, `icmp` or `-1` for all.
    pub protocol: String,
    /// The first port; -1 for all.
    pub from_port: i32,
    /// The last port; -1 for all.
    pub to_port: i32,
    /// Whom it lets pass.
    pub peer: Peer<S>,
    /// What it is for.
    pub description: String,
}
record! { Rule { direction, protocol, from_port, to_port, peer, description } }

/// Whom a rule lets pass.
#[derive(Clone, Debug)]
pub enum Peer<S: Stage = Resolved> {
    /// Addresses.
    Cidr(Ipv4Net),
    /// The members of a group.
    Group(S::In<SecurityGroupId>),
    /// Something we never declare: addresses of IPv6, a prefix list.
    Other(String),
}

impl<S: Stage> Field for Peer<S> {
    type Resolved = Peer;

    fn cell(&self, outputs: &Outputs) -> Cell {
        match self {
            Self::Cidr(cidr) => Cell::Known(cidr.to_string().into()),
            Self::Group(group) => group.cell(outputs),
            Self::Other(text) => Cell::Known(text.as_str().into()),
        }
    }

    fn refs(&self, visit: &mut dyn FnMut(&Address)) {
        if let Self::Group(group) = self {
            group.refs(visit);
        }
    }

    fn uses(&self, visit: &mut dyn FnMut(&PhysicalId)) {
        if let Self::Group(group) = self {
            group.uses(visit);
        }
    }

    fn resolve(&self, outputs: &Outputs) -> Result<Peer, Address> {
        Ok(match self {
            Self::Cidr(cidr) => Peer::Cidr(*cidr),
            Self::Group(group) => Peer::Group(group.resolve(outputs)?),
            Self::Other(text) => Peer::Other(text.clone()),
        })
    }
}

/// Two rules are one if the engine cannot tell them apart.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        let nothing = Outputs::default();
        self.cell(&nothing) == other.cell(&nothing)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { direction, protocol, from_port, to_port, peer, description } = self;
        let (way, whom) = match direction {
            Direction::Ingress => ("ingress", "from"),
            Direction::Egress => ("egress", "to"),
        };
        write!(f, "{way} {}", if protocol == "-1" { "all" } else { protocol })?;
        match (from_port, to_port) {
            (-1, _) => {}
            (from, to) if from == to => write!(f, " {from}")?,
            (from, to) => write!(f, " {from}-{to}")?,
        }
        match peer {
            Peer::Cidr(cidr) => write!(f, " {whom} {cidr}")?,
            Peer::Group(group) => write!(f, " {whom} {group}")?,
            Peer::Other(text) => write!(f, " {whom} {text}")?,
        }
        if description.is_empty() { Ok(()) } else { write!(f, " \"{description}\"") }
    }
}

impl<S: Stage> Rule<S> {
    /// Everything to anywhere.
    pub fn all_out() -> Self {
        Self {
            direction: Direction::Egress,
            protocol: "-1".into(),
            from_port: -1,
            to_port: -1,
            peer: Peer::Cidr(Ipv4Net::default()),
            description: String::new(),
        }
    }

    /// One TCP port.
    pub fn tcp(direction: Direction, port: u16, peer: Peer<S>, description: &str) -> Self {
        Self {
            direction,
            protocol: "tcp".into(),
            from_port: i32::from(port),
            to_port: i32::from(port),
            peer,
            description: description.to_owned(),
        }
    }
}

impl Rule {
    /// Whether two rules let the same traffic pass, whatever is said of it.
    fn same_traffic(&self, other: &Self) -> bool {
        let unsaid = |rule: &Self| Self { description: String::new(), ..rule.clone() };
        unsaid(self) == unsaid(other)
    }

    fn permission(&self) -> IpPermission {
        let permission = IpPermission::builder().ip_protocol(&self.protocol);
        let permission = if self.protocol == "-1" {
            permission
        } else {
            permission.from_port(self.from_port).to_port(self.to_port)
        };
        let said = Some(self.description.clone()).filter(|text| !text.is_empty());
        match &self.peer {
            Peer::Cidr(cidr) => permission.ip_ranges(
                IpRange::builder().cidr_ip(cidr.to_string()).set_description(said).build(),
            ),
            Peer::Group(group) => permission.user_id_group_pairs(
                UserIdGroupPair::builder().group_id(group.as_str()).set_description(said).build(),
            ),
            Peer::Other(_) => permission,
        }
        .build()
    }
}

/// A rule as AWS has it.
#[derive(Clone, Debug)]
pub(super) struct ReadRule {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) rule: Rule,
}

/// What lists rules.
const LIST: &str = "ec2:DescribeSecurityGroupRules";

/// Reads the rules of these groups.
pub(super) async fn read_rules(aws: &Aws, groups: Vec<String>) -> Result<Vec<ReadRule>, CallError> {
    let mut all = Vec::new();
    // A filter takes 200 values.
    for groups in groups.chunks(200) {
        let filters = vec![filter("group-id", groups.iter().cloned())];
        let rules = aws
            .pages(
                LIST,
                |token| {
                    let call =
                        aws.ec2.describe_security_group_rules().set_filters(Some(filters.clone()));
                    call.set_next_token(token).max_results(1000).send()
                },
                |page| (page.security_group_rules, page.next_token),
            )
            .await?;
        for rule in &rules {
            all.push(read(rule)?);
        }
    }
    Ok(all)
}

fn read(from: &SecurityGroupRule) -> Result<ReadRule, CallError> {
    let peer = if let Some(cidr) = from.cidr_ipv4() {
        addresses(cidr)
    } else if let Some(group) = from.referenced_group_info().and_then(|info| info.group_id()) {
        Peer::Group(SecurityGroupId::new(group))
    } else {
        let other = from.cidr_ipv6().or(from.prefix_list_id());
        Peer::Other(text(LIST, "peer of the rule", other)?.to_owned())
    };
    let egress = required(LIST, "isEgress", from.is_egress())?;
    let direction = if egress { Direction::Egress } else { Direction::Ingress };
    let traffic = Traffic::new(LIST, from.ip_protocol(), from.from_port(), from.to_port())?;
    Ok(ReadRule {
        id: text(LIST, "securityGroupRuleId", from.security_group_rule_id())?.to_owned(),
        group: text(LIST, "groupId", from.group_id())?.to_owned(),
        rule: traffic.rule(direction, peer, from.description()),
    })
}

fn addresses(cidr: &str) -> Peer {
    match cidr.parse::<Ipv4Net>() {
        Ok(cidr) => Peer::Cidr(cidr.trunc()),
        Err(_) => Peer::Other(cidr.to_owned()),
    }
}

/// What a rule is about, in one form: AWS has several for the same.
struct Traffic<'a> {
    protocol: &'a str,
    from_port: i32,
    to_port: i32,
}

impl<'a> Traffic<'a> {
    fn new(
        operation: &'static str,
        protocol: Option<&'a str>,
        from_port: Option<i32>,
        to_port: Option<i32>,
    ) -> Result<Self, CallError> {
        let protocol = match text(operation, "ipProtocol", protocol)? {
            "6" => "tcp",
            "17" => "udp",
            "1" => "icmp",
            "58" => "icmpv6",
            "all" => "-1",
            name => name,
        };
        let port = |port: Option<i32>| port.filter(|_| protocol != "-1").unwrap_or(-1);
        // These have ports; a rule without would seem to be for all of them.
        if matches!(protocol, "tcp" | "udp") && (from_port.is_none() || to_port.is_none()) {
            let why = format!("the answer has a rule for {protocol} without ports");
            return Err(not_understood(operation, why));
        }
        Ok(Self { protocol, from_port: port(from_port), to_port: port(to_port) })
    }

    fn rule(&self, direction: Direction, peer: Peer, description: Option<&str>) -> Rule {
        Rule {
            direction,
            protocol: self.protocol.to_owned(),
            from_port: self.from_port,
            to_port: self.to_port,
            peer,
            description: description.unwrap_or_default().to_owned(),
        }
    }
}

/// The rules that a group shows itself: fresher than the list of rules, which alone has their ids.
pub(super) fn rules_of(group: &types::SecurityGroup) -> Result<Vec<Rule>, CallError> {
    let ingress = required(GROUPS, "ipPermissions", group.ip_permissions.as_ref())?;
    let egress = required(GROUPS, "ipPermissionsEgress", group.ip_permissions_egress.as_ref())?;
    let ingress = ingress.iter().map(|it| (Direction::Ingress, it));
    let egress = egress.iter().map(|it| (Direction::Egress, it));
    let mut rules = Vec::new();
    for (direction, permission) in ingress.chain(egress) {
        rules.extend(unfolded(direction, permission)?);
    }
    Ok(rules)
}

/// Whether the list has exactly the rules that their group shows: the two looks may be of different
/// moments, and what is not listed cannot be revoked.
pub(super) fn are_listed(shown: &[Rule], listed: &[ReadRule]) -> bool {
    shown.len() == listed.len() && listed.iter().all(|read| shown.contains(&read.rule))
}

/// The rules that a group shows folded into one.
fn unfolded(direction: Direction, from: &IpPermission) -> Result<Vec<Rule>, CallError> {
    let traffic = Traffic::new(GROUPS, from.ip_protocol(), from.from_port(), from.to_port())?;
    let mut rules = Vec::new();
    for it in from.ip_ranges() {
        let peer = addresses(text(GROUPS, "cidrIp", it.cidr_ip())?);
        rules.push(traffic.rule(direction, peer, it.description()));
    }
    for it in from.ipv6_ranges() {
        let peer = Peer::Other(text(GROUPS, "cidrIpv6", it.cidr_ipv6())?.to_owned());
        rules.push(traffic.rule(direction, peer, it.description()));
    }
    for it in from.prefix_list_ids() {
        let peer = Peer::Other(text(GROUPS, "prefixListId", it.prefix_list_id())?.to_owned());
        rules.push(traffic.rule(direction, peer, it.description()));
    }
    for it in from.user_id_group_pairs() {
        let id = SecurityGroupId::new(text(GROUPS, "pair's groupId", it.group_id())?);
        rules.push(traffic.rule(direction, Peer::Group(id), it.description()));
    }
    Ok(rules)
}

/// Revokes rules by id: by their properties one mismatch would keep all of a call.
pub(super) async fn revoke(aws: &Aws, rules: &[ReadRule]) -> Result<(), CallError> {
    for direction in [Direction::Ingress, Direction::Egress] {
        let of: Vec<&ReadRule> =
            rules.iter().filter(|rule| rule.rule.direction == direction).collect();
        let Some(group) = of.first().map(|rule| rule.group.as_str()) else { continue };
        let ids: Vec<String> = of.iter().map(|rule| rule.id.clone()).collect();
        match direction {
            Direction::Ingress => {
                let call = || {
                    let call = aws.ec2.revoke_security_group_ingress().group_id(group);
                    call.set_security_group_rule_ids(Some(ids.clone())).send()
                };
                aws.write("ec2:RevokeSecurityGroupIngress", call).await.map(drop)?;
            }
            Direction::Egress => {
                let call = || {
                    let call = aws.ec2.revoke_security_group_egress().group_id(group);
                    call.set_security_group_rule_ids(Some(ids.clone())).send()
                };
                aws.write("ec2:RevokeSecurityGroupEgress", call).await.map(drop)?;
            }
        }
    }
    Ok(())
}

/// Revokes the rule that every new group has. That it is gone already is fine.
pub(super) async fn revoke_all_out(aws: &Aws, group: &str) -> Result<(), CallError> {
    let permission = Rule::all_out().permission();
    let call = || {
        let call = aws.ec2.revoke_security_group_egress().group_id(group);
        call.ip_permissions(permission.clone()).send()
    };
    match aws.write("ec2:RevokeSecurityGroupEgress", call).await {
        Err(error) if error.code != "InvalidPermission.NotFound" => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Makes the rules of a group these: what is new first, so that nothing is cut that is to stay.
pub(super) async fn settle(
    aws: &Aws,
    group: &str,
    have: &[ReadRule],
    want: &[Rule],
) -> Result<(), CallError> {
    let missing: Vec<&Rule> =
        want.iter().filter(|want| !have.iter().any(|have| have.rule == **want)).collect();
    let extra: Vec<&ReadRule> = have.iter().filter(|have| !want.contains(&have.rule)).collect();
    let (mut described, mut authorised) = (Vec::new(), Vec::new());
    let mut revoked = extra;
    for rule in missing {
        match revoked.iter().position(|extra| extra.rule.same_traffic(rule)) {
            Some(at) => described.push((revoked.swap_remove(at), rule)),
            None => authorised.push(rule),
        }
    }
    for direction in [Direction::Ingress, Direction::Egress] {
        let said: Vec<SecurityGroupRuleDescription> = described
            .iter()
            .filter(|(_, rule)| rule.direction == direction)
            .map(|(read, rule)| {
                SecurityGroupRuleDescription::builder()
                    .security_group_rule_id(&read.id)
                    .description(&rule.description)
                    .build()
            })
            .collect();
        describe(aws, group, direction, said).await?;
        let permissions: Vec<IpPermission> = authorised
            .iter()
            .filter(|rule| rule.direction == direction)
            .map(|rule| rule.permission())
            .collect();
        authorise(aws, group, direction, permissions).await?;
    }
    let revoked: Vec<ReadRule> = revoked.into_iter().cloned().collect();
    revoke(aws, &revoked).await
}

async fn describe(
    aws: &Aws,
    group: &str,
    direction: Direction,
    said: Vec<SecurityGroupRuleDescription>,
) -> Result<(), CallError> {
    if said.is_empty() {
        return Ok(());
    }
    match direction {
        Direction::Ingress => {
            let call = || {
                let call =
                    aws.ec2.update_security_group_rule_descriptions_ingress().group_id(group);
                call.set_security_group_rule_descriptions(Some(said.clone())).send()
            };
            aws.write("ec2:UpdateSecurityGroupRuleDescriptionsIngress", call).await.map(drop)
        }
        Direction::Egress => {
            let call = || {
                let call = aws.ec2.update_security_group_rule_descriptions_egress().group_id(group);
                call.set_security_group_rule_descriptions(Some(said.clone())).send()
            };
            aws.write("ec2:UpdateSecurityGroupRuleDescriptionsEgress", call).await.map(drop)
        }
    }
}

async fn authorise(
    aws: &Aws,
    group: &str,
    direction: Direction,
    permissions: Vec<IpPermission>,
) -> Result<(), CallError> {
    if permissions.is_empty() {
        return Ok(());
    }
    match direction {
        Direction::Ingress => {
            let call = || {
                let call = aws.ec2.authorize_security_group_ingress().group_id(group);
                call.set_ip_permissions(Some(permissions.clone())).send()
            };
            aws.write("ec2:AuthorizeSecurityGroupIngress", call).await.map(drop)
        }
        Direction::Egress => {
            let call = || {
                let call = aws.ec2.authorize_security_group_egress().group_id(group);
                call.set_ip_permissions(Some(permissions.clone())).send()
            };
            aws.write("ec2:AuthorizeSecurityGroupEgress", call).await.map(drop)
        }
    }
}
