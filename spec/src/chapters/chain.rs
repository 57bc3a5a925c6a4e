//! `spec.nodes.chains`: the blockchains nodes work on, and how they reach each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    at::{At, Optional},
    bounded::List,
    chains::{ChainId, ChainName, ContractAddress, Known, Life, dead},
    chapter::{chapter, in_place, interrupts},
    form::{Form, settle_optional, settle_required},
    log::{Log, Quoted},
    names::{Fixed, NameError, name},
    problem::{Code, Draft},
    secrets::SecretUrl,
    toml::{self, ExtraToml, WrittenToml},
    whole::Whole,
};

const CHAINS: &str = "https://docs.chain.link/resources/link-token-contracts";
const CONFIG: &str = "https://docs.chain.link/chainlink-nodes/v1/node-config#evm";
const NODES: &str = "https://docs.chain.link/chainlink-nodes/v1/node-config#evmnodes";
const RESTART: &str = "the nodes are restarted, the standby first: silent for one handover";

/// A blockchain, and how the nodes reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// Which one.
    #[serde(flatten)]
    pub chain: ChainRef,
    /// The LINK token on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_contract_address: Option<ContractAddress>,
    /// Below which balance of the wallet an alarm is raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_balance: Option<Amount>,
    /// The RPC endpoints.
    pub rpc: List<RpcEndpoint, 1, 20>,
    /// More settings of the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_toml: Option<ExtraToml>,
}

/// Which chain is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ChainRef {
    /// One this clctl knows.
    Name(KnownChain),
    /// One it does not, by its number.
    ChainId(u64),
}

/// A chain this clctl knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownChain {
    name: &'static str,
    id: u64,
}

impl ChainRef {
    /// Its number, EIP-155.
    pub fn id(self) -> u64 {
        match self {
            Self::Name(known) => known.id,
            Self::ChainId(id) => id,
        }
    }

    /// What it is called where people read it: by its name, or by its number if it has none here.
    pub fn label(self) -> String {
        match self {
            Self::Name(known) => known.name.to_owned(),
            Self::ChainId(id) => id.to_string(),
        }
    }
}

impl Serialize for KnownChain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// A blockchain, and how the nodes reach it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend("oneOf" = [{"required": ["name"]}, {"required": ["chainId"]}]))]
pub(crate) struct ChainFields {
    /// Its name as clctl knows it, for example `ethereum-sepolia-testnet`. Write this or `chainId`.
    #[serde(default)]
    #[schemars(extend("x-clctl" = interrupts(RESTART, CHAINS)))]
    name: Optional<ChainName>,
    /// Its number, for a chain of your own or one this clctl does not know. Write this or `name`.
    #[serde(default)]
    #[schemars(extend("x-clctl" = interrupts(RESTART, CHAINS)))]
    chain_id: Optional<ChainId>,
    /// The address of the LINK token on it. Known for chains that have a name here.
    #[serde(default)]
    #[schemars(extend("x-clctl" = interrupts(RESTART, CONFIG).by_default("that of the chain, where it is known")))]
    link_contract_address: Optional<ContractAddress>,
    /// The balance of the wallet, in whole coins of the chain, below which an alarm is raised: `"0.5"`.
    #[serde(default)]
    #[schemars(extend("x-clctl" = in_place("https://docs.chain.link/chainlink-nodes/resources/best-security-practices").unit("coins").by_default("no alarm")))]
    minimum_balance: Optional<Amount>,
    /// The RPC endpoints through which the nodes see the chain: at least one, and better two of different
    /// providers, because without any the oracle is silent.
    #[schemars(extend("x-clctl" = interrupts(RESTART, NODES)))]
    pub(crate) rpc: crate::at::Required<crate::bounded::Listed<RpcEndpointFields, 1, 20>>,
    /// More settings of this chain, in TOML: what the node's documentation has under `[[EVM]]`, without that
    /// line. Not what clctl sets itself: `ChainID`, `Enabled`, `LinkContractAddress`, `Nodes`. Beyond that only
    /// its syntax is checked here; the node refuses settings it does not know.
    #[serde(default)]
    #[schemars(extend("x-clctl" = interrupts(RESTART, CONFIG)))]
    extra_toml: Optional<WrittenToml>,
}

chapter! {
    /// An RPC endpoint.
    pub struct RpcEndpoint, RpcEndpointFields, check check_endpoint {
        required {
            /// What it is called within its chain, for example `primary`. The node's logs and metrics have the chain's
            /// name before it.
            name: EndpointName, interrupts(RESTART, NODES);
            /// Its HTTP URL. By secret, because it usually has a key in its path.
            http_url: SecretUrl<Http>, interrupts(RESTART, NODES).example("{secret: sepolia-http}, or {value: \"https://…\", public: true} if everybody may know it");
        }
        optional {
            /// Its WebSocket URL. Needed unless the endpoint is for sending only.
            web_socket_url: SecretUrl<WebSocket>, interrupts(RESTART, NODES).example("{secret: sepolia-websocket}, or {value: \"wss://…\", public: true} if everybody may know it");
        }
        default {
            /// Whether several nodes answer behind one URL, so that the node expects their views to differ.
            load_balanced: bool = false, interrupts(RESTART, NODES);
            /// Whether it only sends transactions, beside the endpoints that are read from.
            send_only: bool = false, interrupts(RESTART, NODES);
            /// Which one is preferred: the lower, the more.
            order: Whole<1, 100> = Whole::of(100), interrupts(RESTART, NODES);
        }
    }
}

/// The schemes of an HTTP URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Http {}

/// The schemes of a WebSocket URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebSocket {}

impl crate::secrets::Scheme for Http {
    const SCHEMES: [&'static str; 2] = ["https", "http"];
}

impl crate::secrets::Scheme for WebSocket {
    const SCHEMES: [&'static str; 2] = ["wss", "ws"];
}

name! {
    /// What the node calls an endpoint.
    EndpointName, pattern "^[A-Za-z0-9][A-Za-z0-9_.-]*$", longest 60, |text| {
        let is_name = text.len() <= 60
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if is_name {
            return Ok(());
        }
        let message = format!("{} cannot name an endpoint", Quoted(text));
        Err(NameError::new(message, "it has up to 60 letters, digits and `_ . -`, for example `primary`"))
    }
}

name! {
    /// An amount of coins: a decimal number in quotes.
    Amount, pattern "^[0-9]{1,12}([.][0-9]{1,18})?$", longest 31, |text| {
        let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
        let is_digits = |digits: &str, longest: usize| {
            (1..=longest).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        };
        if is_digits(whole, 12) && part.is_none_or(|part| is_digits(part, 18)) {
            return Ok(());
        }
        let message = format!("{} is not an amount of coins", Quoted(text));
        Err(NameError::new(message, "it is a decimal number in quotes, for example \"0.5\""))
    }
}

impl Form for Chain {
    type Written = ChainFields;

    fn settle(written: At<ChainFields>, log: &Log) -> Option<Self> {
        let At { value: fields, span } = written;
        let id = settle_id(&fields, span, log);
        let known = id.and_then(|id| id.known);
        check_link(&fields, id, log);
        check_rpc(&fields, known, log);
        if let Some(at) = fields.extra_toml.given() {
            toml::check(at, toml::Table::Chain, log);
        }
        let toml = settle_optional::<ExtraToml>(fields.extra_toml, log);
        let link = settle_optional(fields.link_contract_address, log).map(|written| {
            let known = known.and_then(|known| known.link.as_deref());
            // The node takes no other form.
            written.or_else(|| known.map(ContractAddress::fixed)).map(|it| it.checksummed())
        });
        let minimum_balance = settle_optional(fields.minimum_balance, log);
        let rpc = settle_required(fields.rpc, log);
        Some(Self {
            chain: id?.chain(),
            link_contract_address: link?,
            minimum_balance: minimum_balance?,
            rpc: rpc?,
            extra_toml: toml?,
        })
    }
}

/// Which chain is meant, and where that is written.
#[derive(Clone, Copy)]
struct Meant {
    id: u64,
    known: Option<&'static Known>,
    at: crate::tree::Span,
}

impl Meant {
    fn chain(self) -> ChainRef {
        match self.known {
            Some(known) => ChainRef::Name(KnownChain { name: &known.name, id: known.id }),
            None => ChainRef::ChainId(self.id),
        }
    }
}

impl ChainFields {
    fn meant(&self) -> Option<Meant> {
        if let Some(At { value: ChainName(known), span }) = self.name.given() {
            return Some(Meant { id: known.id, known: Some(known), at: *span });
        }
        let At { value: ChainId(id), span } = self.chain_id.given()?;
        Some(Meant { id: *id, known: Known::by_id(*id), at: *span })
    }

    /// The number of the chain and where it is written, if it can be read.
    pub(crate) fn id(&self) -> Option<(u64, crate::tree::Span)> {
        self.meant().map(|meant| (meant.id, meant.at))
    }
}

fn settle_id(fields: &ChainFields, span: crate::tree::Span, log: &Log) -> Option<Meant> {
    match (&fields.name, &fields.chain_id) {
        (Optional::Absent, Optional::Absent) => {
            log.report(
                Draft::new(Code::NotOne, span, "this chain has neither a name nor a number")
                    .label("which chain?")
                    .help("write `name: ethereum-sepolia-testnet` for example, or `chainId: 11155111`"),
            );
            return None;
        }
        (Optional::Given(name), Optional::Given(id)) => {
            log.report(
                Draft::new(
                    Code::NotOne,
                    name.span.max(id.span),
                    "this chain has a name and a number",
                )
                .label("one is enough")
                .also(name.span.min(id.span), "already said")
                .help("write one of `name` and `chainId`"),
            );
            return None;
        }
        (Optional::Broken, _) | (_, Optional::Broken) => return None,
        (Optional::Given(_), Optional::Absent) | (Optional::Absent, Optional::Given(_)) => {}
    }
    let meant = fields.meant()?;
    let Some(known) = meant.known else { return Some(meant) };
    match known.life {
        Life::Active => {}
        Life::Retiring => {
            let why = known.why.as_deref().unwrap_or("it is being wound down");
            let help = match known.successor() {
                Some(successor) => format!("{why}; `{}` takes its place", successor.name),
                None => format!("{why}, and no chain takes its place"),
            };
            let message = format!("{} is being wound down", known.name);
            log.report(
                Draft::new(Code::RetiringChain, meant.at, message).label("not for long").help(help),
            );
        }
        Life::Dead => {
            let error = dead(known);
            let draft = Draft::new(Code::DeadChain, meant.at, error.to_string());
            log.report(draft.label("a dead chain").help(error.help()));
            return None;
        }
    }
    Some(meant)
}

fn check_link(fields: &ChainFields, meant: Option<Meant>, log: &Log) {
    let Some(meant) = meant else { return };
    let known = meant.known.and_then(|known| known.link.as_deref());
    let Some(link) = fields.link_contract_address.given() else {
        if meant.known.is_none() && !fields.link_contract_address.is_given() {
            let message = format!("this clctl does not know chain {}", meant.id);
            log.report(
                Draft::new(Code::UnknownChain, meant.at, message).label("not known").help(
                    "fine for a chain of your own; set `linkContractAddress` if there is a LINK token on it, \
                     or the node cannot count its LINK",
                ),
            );
        }
        return;
    };
    // RSK has a rule of its own for upper and lower case (EIP-1191).
    if !link.value.has_sound_case() && !matches!(meant.id, 30 | 31) {
        let message = format!("{} has a digit that was not meant", link.value);
        log.report(
            Draft::new(Code::InvalidValue, link.span, message)
                .label("upper and lower case disagree with it (EIP-55)")
                .help("copy it again; written in lower case only, it is not checked"),
        );
    }
    if let Some(known) = known.filter(|known| !known.eq_ignore_ascii_case(link.value.as_str())) {
        let message = format!("{} is another token than LINK on this chain", link.value);
        log.report(
            Draft::new(Code::OtherLinkToken, link.span, message)
                .label("another address")
                .also(meant.at, "of this chain")
                .help(format!("LINK is {known} there; leave this out to use that")),
        );
    }
}

fn check_rpc(fields: &ChainFields, known: Option<&Known>, log: &Log) {
    let Some(rpc) = &fields.rpc.0 else { return };
    let endpoints: Vec<&At<RpcEndpointFields>> = rpc.value.readable().collect();
    let mut names: Vec<&At<EndpointName>> = Vec::new();
    for endpoint in &endpoints {
        let Some(name) = &endpoint.value.name.0 else { continue };
        if let Some(first) = names.iter().find(|first| first.value == name.value) {
            let message = format!("two endpoints are called {}", name.value);
            let draft = Draft::new(Code::Repeated, name.span, message);
            log.report(
                draft
                    .label("again")
                    .also(first.span, "already here")
                    .help("the node tells them apart by their names"),
            );
        }
        names.push(name);
    }
    let is_primary = |endpoint: &&&At<RpcEndpointFields>| {
        endpoint.value.send_only.given().is_none_or(|at| !at.value)
    };
    let count = endpoints.iter().filter(is_primary).count();
    let written = rpc.value.count();
    if count == 0 && written > 0 && endpoints.len() == written {
        let draft =
            Draft::new(Code::RpcUrl, rpc.span, "through none of these endpoints is the chain read");
        log.report(
            draft
                .label("all of them only send")
                .help("at least one without `sendOnly: true` belongs here"),
        );
    }
    let polls = known.is_some_and(|known| known.polls)
        || fields.extra_toml.given().is_some_and(|at| toml::follows_by_polling(&at.value));
    if !polls {
        check_sockets(&endpoints, log);
    }
    if count == 1 && endpoints.len() == written && known.is_some_and(|known| !known.testnet) {
        let at = endpoints.iter().find(is_primary).map_or(rpc.span, |endpoint| endpoint.span);
        log.report(
            Draft::new(
                Code::SingleRpc,
                at,
                "the oracle is silent whenever this one endpoint fails",
            )
            .label("the only one")
            .help("add a second one, of another provider"),
        );
    }
}

fn check_endpoint(written: &At<RpcEndpointFields>, log: &Log) {
    let fields = &written.value;
    let http = fields.http_url.0.as_ref().and_then(|at| at.value.secret());
    let socket = fields.web_socket_url.given().and_then(|at| at.value.secret());
    if let (Some(http), Some(socket)) = (http, socket)
        && http.value == socket.value
    {
        let message = format!("one secret, {}, cannot be an HTTP and a WebSocket URL", http.value);
        log.report(
            Draft::new(Code::Conflict, http.span.max(socket.span), message)
                .label("the same secret")
                .also(http.span.min(socket.span), "is here as well")
                .help("name two secrets, or two fields of one of yours: `{existing: {id: …, key: …}}`"),
        );
    }
}

/// Reports endpoints that are read from and have no WebSocket URL.
fn check_sockets(endpoints: &[&At<RpcEndpointFields>], log: &Log) {
    for endpoint in endpoints {
        let fields = &endpoint.value;
        let Some(sends) = fields.send_only.or(false) else { continue };
        if sends || fields.web_socket_url.is_given() {
            continue;
        }
        let at = fields.name.0.as_ref().map_or(endpoint.span, |name| name.span);
        log.report(
            Draft::new(Code::RpcUrl, at, "this endpoint has no WebSocket URL")
                .label("`webSocketUrl` is missing")
                .help("the node follows the chain through it; an endpoint without one can only send: `sendOnly: true`"),
        );
    }
}
