//! What a security group rule allows: a protocol, its ports, and the peer; as requests say it,
//! in the one form AWS keeps.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>: numbers of
//! protocols with a name become the name, addresses lose the bits behind the prefix, ports of
//! anything but TCP, UDP and ICMP mean nothing.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::{endpoint_service, scene::Scene};
use crate::{
    fault::Fault,
    wire::{query::Reader, xml::Xml},
};

const LONGEST_DESCRIPTION: usize = 255;

/// A protocol, its ports, and the peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Permission {
    pub(super) traffic: Traffic,
    pub(super) peer: Peer,
}

/// A protocol and its ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Traffic {
    pub(super) protocol: String,
    /// The first port, or the type of ICMP; -1 for all.
    pub(super) from: i64,
    /// The last port, or the code of ICMP; -1 for all.
    pub(super) to: i64,
}

/// Where traffic comes from or goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Peer {
    Ipv4(Ipv4Net),
    Ipv6(Ipv6Net),
    PrefixList(String),
    Group(String),
}

/// A permission that is asked for, with the text it shall have.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) permission: Permission,
    pub(super) description: Option<String>,
}

impl Traffic {
    /// Everything.
    pub(super) fn all() -> Self {
        Self { protocol: "-1".to_owned(), from: -1, to: -1 }
    }

    /// Whether its ports mean something.
    pub(super) fn has_ports(&self) -> bool {
        matches!(self.protocol.as_str(), "tcp" | "udp" | "icmp" | "icmpv6")
    }

    /// Reads the protocol and the ports of a request.
    pub(super) fn read(params: &Reader<'_>) -> Result<Self, Fault> {
        let protocol = protocol(&params.need("IpProtocol")?)?;
        let from = params.number("FromPort")?;
        let to = params.number("ToPort")?;
        let (from, to) = match (protocol.as_str(), from, to) {
            ("tcp" | "udp", Some(from), Some(to)) => {
                if let Some(port) = [from, to].into_iter().find(|it| !(0..=65535).contains(it)) {
                    return Err(Fault::invalid(format!("TCP/UDP port ({port}) out of range")));
                }
                if from > to {
                    let text = format!("Invalid TCP/UDP port range ({from}:{to})");
                    return Err(Fault::invalid(text));
                }
                (from, to)
            }
            ("tcp" | "udp", ..) => {
                return Err(Fault::invalid(
                    "Invalid value 'Must specify both from and to ports with TCP/UDP.' for \
                     portRange.",
                ));
            }
            ("icmpv6", None, None) => (-1, -1),
            ("icmp" | "icmpv6", Some(from), Some(to)) => {
                if !(-1..=255).contains(&from) {
                    return Err(Fault::invalid(format!("ICMP type ({from}) out of range")));
                }
                if !(-1..=255).contains(&to) || (from == -1 && to != -1) {
                    return Err(Fault::invalid(format!("ICMP code ({to}) out of range")));
                }
                (from, to)
            }
            ("icmp" | "icmpv6", ..) => {
                return Err(Fault::invalid(
                    "Invalid value 'Must specify both type and code with ICMP.' for portRange.",
                ));
            }
            _ => (-1, -1),
        };
        Ok(Self { protocol, from, to })
    }

    /// How `DescribeSecurityGroups` writes it: without ports where they mean nothing.
    fn render(&self) -> Xml {
        let xml = Xml::new().text("ipProtocol", &self.protocol);
        if self.has_ports() { xml.text("fromPort", self.from).text("toPort", self.to) } else { xml }
    }
}

fn protocol(text: &str) -> Result<String, Fault> {
    let lower = text.to_ascii_lowercase();
    let name = match lower.as_str() {
        "-1" | "tcp" | "udp" | "icmp" | "icmpv6" => &lower,
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "58" => "icmpv6",
        _ if text.parse::<u8>().is_ok() => text,
        _ => {
            let text = format!("Invalid value '{text}' for IP protocol. Unknown protocol.");
            return Err(Fault::invalid(text));
        }
    };
    Ok(name.to_owned())
}

impl Peer {
    /// Reads a range of IPv4 addresses.
    pub(super) fn ipv4(text: &str) -> Result<Self, Fault> {
        text.parse::<Ipv4Net>().map(|it| Self::Ipv4(it.trunc())).map_err(|_| malformed(text))
    }

    /// Reads a range of IPv6 addresses.
    pub(super) fn ipv6(text: &str) -> Result<Self, Fault> {
        text.parse::<Ipv6Net>().map(|it| Self::Ipv6(it.trunc())).map_err(|_| malformed(text))
    }

    /// Reads the id of a prefix list; only those that AWS keeps are modelled.
    pub(super) fn prefix_list(scene: &Scene<'_>, id: String) -> Result<Self, Fault> {
        if endpoint_service::prefix_lists(scene.region).contains(&id) {
            return Ok(Self::PrefixList(id));
        }
        let text = format!("The prefix list ID '{id}' does not exist");
        Err(Fault::client("InvalidPrefixListID.NotFound", text))
    }

    /// For how many rules for IPv4 and for IPv6 it counts; the lists AWS keeps for its gateway
    /// endpoints have the weight of one rule.
    ///
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
    pub(super) fn weight(&self) -> (u32, u32) {
        match self {
            Self::Ipv4(_) => (1, 0),
            Self::Ipv6(_) => (0, 1),
            Self::PrefixList(_) | Self::Group(_) => (1, 1),
        }
    }

    /// What a rule calls it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Ipv4(range) => range.to_string(),
            Self::Ipv6(range) => range.to_string(),
            Self::PrefixList(id) | Self::Group(id) => id.clone(),
        }
    }
}

fn malformed(text: &str) -> Fault {
    Fault::invalid(format!("CIDR block {text} is malformed"))
}

impl Permission {
    /// What AWS says when it is there already.
    pub(super) fn duplicate(&self) -> Fault {
        let Traffic { protocol, from, to } = &self.traffic;
        let name = if protocol == "-1" { "ALL".to_owned() } else { protocol.to_uppercase() };
        let ports = match protocol.as_str() {
            "tcp" | "udp" => format!(", from port: {from}, to port: {to}"),
            "icmp" | "icmpv6" => format!(", type: {from}, code: {to}"),
            _ => String::new(),
        };
        let peer = self.peer.text();
        let text =
            format!("the specified rule \"peer: {peer}, {name}{ports}, ALLOW\" already exists");
        Fault::client("InvalidPermission.Duplicate", text)
    }
}

/// Reads a description of a rule; an empty one is none.
pub(super) fn description(text: Option<String>) -> Result<Option<String>, Fault> {
    match text {
        Some(text) if !is_plain(&text) => Err(Fault::invalid(
            "Invalid rule description. Valid descriptions are strings less than 256 characters \
             from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )),
        other => Ok(other.filter(|it| !it.is_empty())),
    }
}

/// Whether a text has only what names and descriptions may have.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().count() <= LONGEST_DESCRIPTION
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(it))
}

/// Reads `IpPermissions`, each with all its peers.
pub(super) fn read_all(scene: &Scene<'_>, params: &Reader<'_>) -> Result<Vec<Asked>, Fault> {
    let mut all = Vec::new();
    for permission in params.structs("IpPermissions") {
        let traffic = Traffic::read(&permission)?;
        let mut peers = Vec::new();
        for each in permission.structs("IpRanges") {
            peers.push((Peer::ipv4(&each.need("CidrIp")?)?, each.text("Description")));
        }
        for each in permission.structs("Ipv6Ranges") {
            peers.push((Peer::ipv6(&each.need("CidrIpv6")?)?, each.text("Description")));
        }
        for each in permission.structs("PrefixListIds") {
            let id = each.need("PrefixListId")?;
            peers.push((Peer::prefix_list(scene, id)?, each.text("Description")));
        }
        for each in permission.structs("Groups") {
            if let Some(other) = each.text("UserId").filter(|it| *it != scene.settings.account) {
                return Err(Fault::unsupported(format!("groups of the account {other}")));
            }
            if each.given("GroupName") {
                return Err(Fault::unsupported("groups by name in rules"));
            }
            peers.push((Peer::Group(each.need("GroupId")?), each.text("Description")));
        }
        if peers.is_empty() {
            return Err(Fault::client(
                "MissingParameter",
                "The request must contain a source or destination: cidrIp, cidrIpv6, \
                 prefixListId or groupId",
            ));
        }
        for (peer, text) in peers {
            let permission = Permission { traffic: traffic.clone(), peer };
            all.push(Asked { permission, description: description(text)? });
        }
    }
    Ok(all)
}

/// Writes permissions as AWS aggregates them: the peers of equal traffic together.
pub(super) fn aggregate<'a>(
    scene: &Scene<'_>,
    all: impl Iterator<Item = (&'a Permission, Option<&'a String>)>,
) -> Vec<Xml> {
    let mut by_traffic: Vec<(&Traffic, [Vec<Xml>; 4])> = Vec::new();
    for (permission, description) in all {
        let (kind, item) = match &permission.peer {
            Peer::Group(id) => {
                let user = &scene.settings.account;
                (0, Xml::new().text("userId", user).text("groupId", id))
            }
            Peer::Ipv4(range) => (1, Xml::new().text("cidrIp", range)),
            Peer::Ipv6(range) => (2, Xml::new().text("cidrIpv6", range)),
            Peer::PrefixList(id) => (3, Xml::new().text("prefixListId", id)),
        };
        let item = item.maybe("description", description);
        let place = by_traffic.iter().position(|it| it.0 == &permission.traffic);
        let place = place.unwrap_or_else(|| {
            by_traffic.push((&permission.traffic, <[Vec<Xml>; 4]>::default()));
            by_traffic.len() - 1
        });
        if let Some(items) = by_traffic.get_mut(place).and_then(|it| it.1.get_mut(kind)) {
            items.push(item);
        }
    }
    let write = |(traffic, [groups, ipv4, ipv6, lists]): (&Traffic, [Vec<Xml>; 4])| {
        traffic
            .render()
            .list("groups", groups)
            .list("ipRanges", ipv4)
            .list("ipv6Ranges", ipv6)
            .list("prefixListIds", lists)
    };
    by_traffic.into_iter().map(write).collect()
}
