//! Where each kind is drawn, what it is called and by which sign: a table, and a place for what is not in it.

use super::scene::Thing;

/// Where a thing is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the network.
    Network,
    /// It is a subnet, and others stand in it.
    Subnet,
    /// On the border of the network.
    Border,
    /// In a public subnet.
    Public,
    /// Over the public subnets of all zones.
    Front,
    /// Instances of a group, each in a subnet.
    Fleet,
    /// The database, or an instance of it.
    Database,
    /// With what refers to it, or what it refers to: it is told of there.
    Part,
    /// In a list.
    Shelf(Shelf),
}

/// A list of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shelf {
    /// Within the network: where packets go.
    Routes,
    /// Within the network: who may speak to whom.
    Firewall,
    /// Within the network: everything else of it.
    Network,
    /// Beside it: keys and secrets.
    Secrets,
    /// Beside it: logs.
    Logs,
    /// Beside it: alarms and whom they tell.
    Monitoring,
    /// Beside it: copies.
    Backup,
    /// Beside it: names.
    Names,
    /// Beside it: who may do what.
    Identity,
    /// Beside it: anything.
    Other,
    /// Below everything: what somebody has to see to.
    News,
}

impl Shelf {
    /// Those within the network.
    pub(super) const WITHIN: [Self; 3] = [Self::Routes, Self::Firewall, Self::Network];
    /// Those beside it.
    pub(super) const BESIDE: [Self; 7] = [
        Self::Names,
        Self::Secrets,
        Self::Logs,
        Self::Monitoring,
        Self::Backup,
        Self::Identity,
        Self::Other,
    ];

    /// What stands above it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Routes => "Routes",
            Self::Firewall => "Security groups",
            Self::Network => "Network",
            Self::Secrets => "Key and secrets",
            Self::Logs => "Logs",
            Self::Monitoring => "Alarms",
            Self::Backup => "Backup",
            Self::Names => "Names",
            Self::Identity => "Identity",
            Self::Other => "Other",
            Self::News => "What is not as declared",
        }
    }

    /// Its sign.
    pub(super) fn sign(self) -> Sign {
        match self {
            Self::Routes => Sign::Routes,
            Self::Firewall => Sign::Shield,
            Self::Network | Self::Other => Sign::Box,
            Self::Secrets => Sign::Key,
            Self::Logs => Sign::Lines,
            Self::Monitoring => Sign::Bell,
            Self::Backup => Sign::Archive,
            Self::Names => Sign::Globe,
            Self::Identity => Sign::Badge,
            Self::News => Sign::Eye,
        }
    }
}

/// A sign that is drawn beside a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sign {
    /// A hexagon: a Chainlink node.
    Node,
    /// A cylinder.
    Database,
    /// A screen with a prompt.
    Terminal,
    /// An arrow out of a box.
    Out,
    /// A gate.
    Gate,
    /// One way that becomes several.
    Balance,
    /// A person.
    Person,
    /// Links of a chain.
    Chain,
    /// Nodes that speak to each other.
    Peers,
    /// A key.
    Key,
    /// Lines of text.
    Lines,
    /// A bell.
    Bell,
    /// A box with a lid.
    Archive,
    /// A globe.
    Globe,
    /// A badge.
    Badge,
    /// A shield.
    Shield,
    /// A fork of ways.
    Routes,
    /// A box.
    Box,
    /// An eye.
    Eye,
}

/// Kinds that have a place of their own. What is not here goes by the beginning of its name, see [`BEGINNINGS`].
const KINDS: [(&str, Place); 24] = [
    ("vpc", Place::Network),
    ("subnet", Place::Subnet),
    ("internet-gateway", Place::Border),
    ("nat-gateway", Place::Public),
    ("load-balancer", Place::Front),
    ("network-load-balancer", Place::Front),
    ("instances", Place::Fleet),
    ("db-instance", Place::Database),
    ("db-cluster", Place::Part),
    ("db-cluster-instance", Place::Database),
    ("db-event-subscription", Place::Shelf(Shelf::Monitoring)),
    ("eip", Place::Part),
    ("auto-scaling-group", Place::Part),
    ("launch-template", Place::Part),
    ("security-group-rules", Place::Part),
    ("target-group", Place::Part),
    ("listener", Place::Part),
    ("listener-rule", Place::Part),
    ("security-group", Place::Shelf(Shelf::Firewall)),
    ("kms-key", Place::Shelf(Shelf::Secrets)),
    ("certificate", Place::Shelf(Shelf::Secrets)),
    ("instance-profile", Place::Shelf(Shelf::Identity)),
    ("key-pair", Place::Shelf(Shelf::Identity)),
    ("dashboard", Place::Shelf(Shelf::Monitoring)),
    ("subscriptions", Place::Shelf(Shelf::Monitoring)),
];

/// How kinds begin that share a place.
const BEGINNINGS: [(&str, Place); 19] = [
    ("db-", Place::Part),
    ("route", Place::Shelf(Shelf::Routes)),
    ("vpc-", Place::Shelf(Shelf::Network)),
    ("dhcp-", Place::Shelf(Shelf::Network)),
    ("flow-log", Place::Shelf(Shelf::Network)),
    ("network-", Place::Shelf(Shelf::Network)),
    ("secret", Place::Shelf(Shelf::Secrets)),
    ("kms-", Place::Shelf(Shelf::Secrets)),
    ("log-", Place::Shelf(Shelf::Logs)),
    ("metric-filter", Place::Shelf(Shelf::Logs)),
    ("metric-", Place::Shelf(Shelf::Monitoring)),
    ("alarm", Place::Shelf(Shelf::Monitoring)),
    ("topic", Place::Shelf(Shelf::Monitoring)),
    ("sns-", Place::Shelf(Shelf::Monitoring)),
    ("devops-guru", Place::Shelf(Shelf::Monitoring)),
    ("backup", Place::Shelf(Shelf::Backup)),
    ("dns-", Place::Shelf(Shelf::Names)),
    ("iam-", Place::Shelf(Shelf::Identity)),
    ("listener", Place::Part),
];

/// Where a thing is drawn.
pub(super) fn place(thing: &Thing) -> Place {
    let kind = thing.kind.as_str();
    let own = KINDS.iter().find(|(of, _)| *of == kind);
    let shared = || BEGINNINGS.iter().find(|(beginning, _)| kind.starts_with(beginning));
    if let Some((_, place)) = own.or_else(shared) {
        return *place;
    }
    let of_network = |address: &String| {
        ["vpc/", "subnet/"].iter().any(|beginning| address.starts_with(beginning))
    };
    let within = thing.refs.iter().any(of_network);
    Place::Shelf(if within { Shelf::Network } else { Shelf::Other })
}

/// A kind in words, as it begins a title: `NAT gateway`.
pub(super) fn words(kind: &str) -> String {
    let capitals = |word: &str| match word {
        "nat" | "vpc" | "iam" | "kms" | "dns" | "sns" | "dhcp" => word.to_ascii_uppercase(),
        "eip" => "Elastic IP".to_owned(),
        "db" => "database".to_owned(),
        "devops" => "DevOps".to_owned(),
        "guru" => "Guru".to_owned(),
        word => word.to_owned(),
    };
    let words: Vec<String> = kind.split('-').map(capitals).collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
