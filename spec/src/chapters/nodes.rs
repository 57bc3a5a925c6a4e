//! `spec.nodes`: the Chainlink nodes, active and standby.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    arn::Home,
    at::{At, Optional},
    bounded::{List, Listed},
    chain::{Chain, ChainFields},
    chainlink::Chainlink,
    chapter::{chapter, in_place, interrupts, replaces},
    cidrs::{self, Cidrs},
    form::leaf,
    instance::{self, ImageId, InstanceType},
    log::{Log, Quoted},
    names::{Fixed, NameError, name},
    network::DomainName,
    problem::{Code, Draft},
    toml::{self, ExtraToml},
    tree::Span,
    whole::Whole,
};

const CONFIG: &str = "https://docs.chain.link/chainlink-nodes/v1/node-config";
const LOG: &str = "https://docs.chain.link/chainlink-nodes/v1/node-config#log";
const P2P: &str = "https://docs.chain.link/chainlink-nodes/v1/node-config#p2pv2";
const RUNNING: &str = "https://docs.chain.link/chainlink-nodes/v1/running-a-chainlink-node";
const TYPES: &str = "https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html";
const IMAGES: &str = "https://docs.aws.amazon.com/linux/al2023/ug/ec2.html";
const VOLUMES: &str = "https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html";
const RULES: &str = "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html";

const ROLLS: &str = "the nodes are replaced, the standby first: silent for one handover";
const RESTART: &str = "the nodes are restarted, the standby first: silent for one handover";

chapter! {
    /// The Chainlink nodes: one is active, one stands by in the other zone and takes over when the active one
    /// lets go of the database lease.
    pub struct Nodes, NodesFields, check check {
        required {
            /// The e-mail address the administrator logs in to the GUI with. It counts at the first start only.
            admin_email: Email, interrupts("it counts at the first start only, and the nodes are replaced, the standby first: silent for one handover", RUNNING).example("oracles@example.com");
            /// The blockchains the nodes work on, and how they reach each.
            chains: List<Chain, 1, 40>, interrupts(RESTART, CONFIG).example("a list: every chain begins with `- name: …`");
        }
        optional {
            /// More settings of the node, in TOML: what its documentation has under node config. Not what clctl
            /// sets itself; settings of a chain stand in its own `extraToml`. Beyond that only its syntax is checked
            /// here; the node refuses settings it does not know.
            extra_toml: ExtraToml, interrupts(RESTART, CONFIG).example("|\n  [JobPipeline]\n  MaxSuccessfulRuns = 1000");
            /// The image that nodes start from: one of Amazon Linux 2023 for x86-64. Without it, the newest one when
            /// the nodes are first made, and from then on that one: `clctl diff` tells of a newer one, which is taken
            /// by writing it here.
            image_id: ImageId, replaces(ROLLS, IMAGES).example("ami-0123456789abcdef0");
        }
        default {
            /// What a node runs on. Chainlink asks for two cores and 4 GiB of memory, with more than 100 jobs for
            /// four cores and 8 GiB, and advises against burstable types.
            instance_type: InstanceType = InstanceType::fixed("m6i.large"), replaces(ROLLS, TYPES);
            /// How much the node says in its log. Below `info` the standby does not say that it waits; at `debug` it
            /// says which URLs it has, so that none of them may be secret.
            log_level: LogLevel = LogLevel::default(), interrupts(RESTART, LOG);
        }
        chapters {
            /// Which release of the Chainlink node runs.
            chainlink: Chainlink, interrupts(ROLLS, RUNNING);
            /// The disk of a node. Nothing that matters is on it: keys and jobs are in the database.
            root_volume: RootVolume, replaces(ROLLS, VOLUMES);
            /// The connections nodes of an oracle network make to each other, for off-chain reporting.
            peer_to_peer: PeerToPeer, interrupts(RESTART, P2P);
        }
    }
}

chapter! {
    /// The disk of a node, encrypted with the key of the environment.
    pub struct RootVolume, RootVolumeFields, check check_volume {
        default {
            /// How large it is.
            volume_size: Whole<8, 65_536> = VOLUME_SIZE, replaces(ROLLS, VOLUMES).unit("GiB");
            /// Reads and writes a second. A gp3 volume takes up to 500 for each GiB.
            iops: Whole<3000, 80_000> = VOLUME_IOPS, replaces(ROLLS, VOLUMES).unit("operations a second");
            /// How many bytes pass. A gp3 volume takes up to 1 MiB/s for each 4 operations a second.
            throughput: Whole<125, 2000> = Whole::of(125), replaces(ROLLS, VOLUMES).unit("MiB/s");
        }
    }
}

chapter! {
    /// The connections nodes of an oracle network make to each other.
    pub struct PeerToPeer, PeerToPeerFields, check check_peers {
        default {
            /// Whether the nodes take part.
            enabled: bool = false, interrupts(RESTART, P2P);
            /// The port others reach them at. Not one the node has for something else.
            port: Whole<1024, 65_535> = Whole::of(6690), interrupts(RESTART, P2P);
            /// From where others may come. From everywhere, by default: they are other operators, whose
            /// addresses change.
            allowed_cidrs: Cidrs = List::of(vec![EVERYWHERE]), in_place(RULES);
            /// Where others reach the active node, as an IP address and a port: addresses that stay when the standby
            /// takes over. If there are none here, those of a network load balancer that clctl makes: one Elastic
            /// IP address in each zone, which are announced at `port`.
            announce_addresses: List<AnnounceAddress, 0, 10> = List::default(), interrupts(RESTART, P2P).example("[\"203.0.113.7:6690\"]");
        }
    }
}

const VOLUME_SIZE: Whole<8, 65_536> = Whole::of(30);
const VOLUME_IOPS: Whole<3000, 80_000> = Whole::of(3000);
const EVERYWHERE: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0);

/// How much the node says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens.
    #[default]
    Info,
    /// What may be wrong.
    Warn,
    /// What is wrong.
    Error,
}

leaf!(LogLevel);

name! {
    /// An e-mail address.
    Email,
    pattern "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
    longest 254, |text| {
        let is_local = |local: &str| {
            (1..=64).contains(&local.len())
                && !local.starts_with('.')
                && !local.ends_with('.')
                && !local.contains("..")
                && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b))
        };
        let parts = text.split_once('@');
        let is_email = text.len() <= 254
            && parts.is_some_and(|(local, domain)| is_local(local) && domain.parse::<DomainName>().is_ok());
        if is_email {
            return Ok(());
        }
        let message = format!("{} is not an e-mail address", Quoted(text));
        Err(NameError::new(message, "it looks like `oracles@example.com`, without a name around it"))
    }
}

name! {
    /// Where others reach a node: an IP address and a port. The node takes no names.
    AnnounceAddress,
    pattern "^([0-9]{1,3}([.][0-9]{1,3}){3}|[[][0-9A-Fa-f:.]+[]]):[1-9][0-9]{0,4}$",
    longest 53, |text| {
        let Ok(address) = text.parse::<SocketAddr>() else {
            let message = format!("{} is not an IP address and a port", Quoted(text));
            return Err(NameError::new(message, "it looks like `203.0.113.7:6690`; names are not taken by the node"));
        };
        if address.port() == 0 || !is_reachable(address.ip()) {
            let message = format!("nobody can reach a node at {}", Quoted(text));
            return Err(NameError::new(message, "write the address others see, for example `203.0.113.7:6690`"));
        }
        Ok(())
    }
}

/// Whether others can reach a node there at all.
fn is_reachable(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    !(address.is_unspecified() || address.is_loopback() || address.is_multicast() || broadcast)
}

/// Ports the node and its instance have for something else.
const TAKEN: [(u32, &str); 3] =
    [(6688, "the GUI and API of the node"), (6689, "the node's own TLS"), (5432, "PostgreSQL")];

fn check(written: &At<NodesFields>, log: &Log) {
    let fields = &written.value;
    if let Some(at) = fields.instance_type.given() {
        instance::check_node(at, log);
    }
    if let Some(At { value: level @ (LogLevel::Warn | LogLevel::Error), span }) =
        fields.log_level.given()
    {
        let level = if *level == LogLevel::Warn { "warn" } else { "error" };
        let message =
            format!("at the level {level} a standby does not say that it waits for the lease");
        let draft = Draft::new(Code::LogLevel, *span, message).label("says too little");
        log.report(draft.help("write `info`, or `debug` while you look for something"));
    }
    if let Some(at) = fields.extra_toml.given() {
        toml::check(at, toml::Table::Node, log);
    }
    if let Some(chains) = &fields.chains.0 {
        check_chains(&chains.value, log);
        check_urls(&chains.value, log);
        check_log(&fields.log_level, &chains.value, log);
    }
    check_reporting(fields, log);
}

fn check_chains(chains: &Listed<ChainFields, 1, 40>, log: &Log) {
    let mut seen = BTreeMap::new();
    for chain in chains.readable() {
        let Some((id, at)) = chain.value.id() else { continue };
        if let Some(first) = seen.insert(id, at) {
            let draft = Draft::new(Code::Repeated, at, format!("chain {id} is there twice"));
            log.report(
                draft
                    .label("again")
                    .also(first, "already here")
                    .help("a chain is declared once, with all its endpoints"),
            );
        }
    }
}

/// The node takes each URL once, over all endpoints of all chains.
/// <https://github.com/smartcontractkit/chainlink-evm> `pkg/config/toml/config.go`
fn check_urls(chains: &Listed<ChainFields, 1, 40>, log: &Log) {
    let mut seen: BTreeMap<(bool, String), Span> = BTreeMap::new();
    let endpoints = chains.readable().flat_map(|chain| chain.value.rpc.0.iter());
    for endpoint in endpoints.flat_map(|rpc| rpc.value.readable()) {
        let http = endpoint.value.http_url.0.as_ref().map(|at| (false, at.value.identity(at.span)));
        let socket = endpoint.value.web_socket_url.given();
        let socket = socket.map(|at| (true, at.value.identity(at.span)));
        for (is_socket, identity) in http.into_iter().chain(socket) {
            let Some((identity, at)) = identity else { continue };
            if let Some(first) = seen.insert((is_socket, identity), at) {
                let draft =
                    Draft::new(Code::Repeated, at, "another endpoint has the very same URL");
                log.report(draft.label("again").also(first, "already here").help(
                    "the node takes each URL once: name another secret, or remove one of the endpoints",
                ));
            }
        }
    }
}

/// At `debug` the node writes its whole configuration into its log when it starts, URLs included.
/// <https://github.com/smartcontractkit/chainlink> `core/cmd/shell_local.go`, `LogConfiguration`
fn check_log(level: &Optional<LogLevel>, chains: &Listed<ChainFields, 1, 40>, log: &Log) {
    let Some(level) = level.given().filter(|at| at.value == LogLevel::Debug) else { return };
    let endpoints = chains.readable().flat_map(|chain| chain.value.rpc.0.iter());
    let mut urls = endpoints.flat_map(|rpc| rpc.value.readable()).flat_map(|endpoint| {
        let http = endpoint.value.http_url.0.as_ref();
        let http = http.filter(|at| at.value.is_secret()).map(|at| at.span);
        let socket = endpoint.value.web_socket_url.given();
        http.into_iter().chain(socket.filter(|at| at.value.is_secret()).map(|at| at.span))
    });
    if let Some(url) = urls.next() {
        let message = "at the level debug the node writes its URLs into its log";
        let draft = Draft::new(Code::Conflict, level.span, message).label("says too much");
        log.report(
            draft
                .also(url, "this one is secret")
                .help("write `info`; `debug` is for endpoints that everybody may know"),
        );
    }
}

/// Off-chain reporting needs the connections between nodes, or the node does not start.
fn check_reporting(fields: &NodesFields, log: &Log) {
    let Some(at) = fields.extra_toml.given() else { return };
    let peers = fields.peer_to_peer.given().map(|at| &at.value.enabled);
    let is_off = match peers {
        None | Some(Optional::Absent) => !matches!(fields.peer_to_peer, Optional::Broken),
        Some(Optional::Given(at)) => !at.value,
        Some(Optional::Broken) => false,
    };
    if is_off && toml::reports(&at.value) {
        let message = "off-chain reporting is on, and the connections between nodes are off";
        let draft = Draft::new(Code::Needs, at.span, message).label("`[OCR]` or `[OCR2]`");
        log.report(
            draft.help("add `peerToPeer: {enabled: true}`: the node does not start without"),
        );
    }
}

fn check_volume(written: &At<RootVolumeFields>, log: &Log) {
    let fields = &written.value;
    let size = fields.volume_size.or(VOLUME_SIZE).map(Whole::get);
    let Some(iops) = fields.iops.or(VOLUME_IOPS).map(Whole::get) else { return };
    if let (Some(at), Some(size)) = (fields.iops.given(), size)
        && iops > 500 * size
    {
        let message = format!("{iops} operations a second are too many for {size} GiB");
        let draft = Draft::new(Code::Storage, at.span, message).label("more than 500 for each GiB");
        log.report(draft.help(format!("write at most {}, or more `volumeSize`", 500 * size)));
    }
    if let Some(at) = fields.throughput.given().filter(|at| at.value.get() * 4 > iops) {
        let message = format!("{} MiB/s are too many for {iops} operations a second", at.value);
        let draft =
            Draft::new(Code::Storage, at.span, message).label("more than 1 for each 4 operations");
        log.report(draft.help(format!("write at most {}, or more `iops`", iops / 4)));
    }
}

fn check_peers(written: &At<PeerToPeerFields>, log: &Log) {
    let fields = &written.value;
    if let Some(port) = fields.port.given()
        && let Some((_, what)) = TAKEN.iter().find(|(taken, _)| *taken == port.value.get())
    {
        let message = format!("port {} is that of {what}", port.value);
        let draft = Draft::new(Code::Conflict, port.span, message).label("taken");
        log.report(draft.help("write another, for example 6690"));
    }
    let Some(on) = fields.enabled.or(false) else { return };
    if let Some(nobody) = fields.allowed_cidrs.given().filter(|at| on && at.value.count() == 0) {
        let draft = Draft::new(Code::Unreachable, nobody.span, "no other node may come");
        log.report(draft.label("behind closed doors").help("name ranges, or leave this out"));
    }
    if let Some(addresses) =
        fields.announce_addresses.given().filter(|at| !on && at.value.count() > 0)
    {
        let draft = Draft::new(
            Code::Needs,
            addresses.span,
            "addresses are announced, and nobody listens there",
        );
        log.report(draft.label("peer-to-peer is off").help("add `enabled: true`, or remove this"));
    }
}

impl PeerToPeer {
    /// From where other nodes may come, sorted.
    pub fn admitted(&self) -> Vec<Ipv4Net> {
        cidrs::sorted(&self.allowed_cidrs)
    }

    /// Whether others reach the nodes at addresses of clctl's own: somebody has to, and none are announced.
    pub fn has_own_addresses(&self) -> bool {
        self.enabled && self.announce_addresses.is_empty()
    }
}

impl NodesFields {
    /// Checks what is named of AWS against where the environment is.
    pub(crate) fn check_home(&self, home: Home<'_>, log: &Log) {
        let chains = self.chains.0.iter().flat_map(|at| at.value.readable());
        let endpoints = chains.flat_map(|chain| chain.value.rpc.0.iter());
        for endpoint in endpoints.flat_map(|at| at.value.readable()) {
            if let Some(url) = &endpoint.value.http_url.0 {
                url.value.check_home(home, log);
            }
            if let Some(url) = endpoint.value.web_socket_url.given() {
                url.value.check_home(home, log);
            }
        }
    }

    /// Where it is written that others are to reach the nodes at clctl's own addresses.
    pub(crate) fn announces(&self) -> Option<Span> {
        let peers = &self.peer_to_peer.given()?.value;
        let enabled = peers.enabled.given().filter(|at| at.value)?;
        let own = peers.announce_addresses.given().is_none_or(|at| at.value.count() == 0);
        own.then_some(enabled.span)
    }
}
