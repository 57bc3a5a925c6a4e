//! TOML that users add to what clctl renders for the node.
//!
//! It may set everything but what clctl sets itself: two writers of one setting are one too many.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use crate::{
    at::At,
    form::Form,
    log::{Log, Quoted},
    problem::{Code, Draft},
    suggest::closest,
    text::{Lines, text_schema},
};

/// Settings of the node, in TOML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExtraToml(String);

impl ExtraToml {
    const LONGEST: usize = 16 * 1024;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Such text as written.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct WrittenToml(Lines);

impl JsonSchema for WrittenToml {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Toml".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text_schema(ExtraToml::LONGEST)
    }
}

impl Form for ExtraToml {
    type Written = WrittenToml;

    fn settle(written: At<WrittenToml>, _: &Log) -> Option<Self> {
        Some(Self(written.value.0.text))
    }
}

/// What a text is merged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// The whole configuration of a node.
    Node,
    /// A chain's entry in it.
    Chain,
}

/// What of a setting is not for users: all below the path.
struct Taken {
    path: &'static [&'static str],
    why: &'static str,
}

const RENDERED: &str = "clctl sets it";
const SECRET: &str = "secrets do not belong in the file: clctl hands the node its secrets apart";

const fn taken(path: &'static [&'static str], why: &'static str) -> Taken {
    Taken { path, why }
}

const OF_NODES: [Taken; 33] = [
    taken(&["EVM"], "chains are declared in `nodes.chains`, with an `extraToml` of their own"),
    taken(&["RootDir"], "it is where clctl puts the node's files"),
    taken(&["InsecureFastScrypt"], "it makes the keystore password easy to guess"),
    taken(&["Log", "Level"], "it is `nodes.logLevel`"),
    taken(&["Log", "JSONConsole"], "clctl reads the log by its JSON"),
    taken(&["Log", "File"], "the log goes to CloudWatch, not to the disk"),
    taken(&["WebServer", "AllowOrigins"], "it follows from `gui`"),
    taken(&["WebServer", "HTTPPort"], RENDERED),
    taken(&["WebServer", "ListenIP"], RENDERED),
    taken(&["WebServer", "SecureCookies"], "it follows from `gui`"),
    taken(&["WebServer", "TLS"], "TLS ends at the load balancer"),
    taken(&["Database", "Lock"], "it decides which node is active"),
    taken(&["Database", "URL"], SECRET),
    taken(&["Database", "BackupURL"], SECRET),
    taken(&["Database", "AllowSimplePasswords"], "the node refuses it in production"),
    taken(&["P2P", "V2", "Enabled"], "it is `nodes.peerToPeer.enabled`"),
    taken(&["P2P", "V2", "ListenAddresses"], "it follows from `nodes.peerToPeer.port`"),
    taken(&["P2P", "V2", "AnnounceAddresses"], "it is `nodes.peerToPeer.announceAddresses`"),
    taken(&["Password"], SECRET),
    taken(&["Pyroscope", "AuthToken"], SECRET),
    taken(&["Prometheus"], SECRET),
    taken(&["Mercury", "Credentials"], SECRET),
    taken(&["Threshold"], SECRET),
    taken(&["CCV"], SECRET),
    taken(&["P2PKey"], SECRET),
    taken(&["DKGRecipientKey"], SECRET),
    taken(&["CRE", "Streams", "APIKey"], SECRET),
    taken(&["CRE", "Streams", "APISecret"], SECRET),
    taken(&["CRE", "LocalSecretOverrides"], SECRET),
    taken(&["WebServer", "LDAP", "ReadOnlyUserPass"], SECRET),
    taken(&["WebServer", "OIDC", "ClientSecret"], SECRET),
    taken(&["AuditLogger", "Headers"], SECRET),
    taken(&["Insecure"], "the node refuses it in production"),
];

/// The tables and settings at the top of a node's configuration.
const KNOWN: [&str; 44] = [
    "Aptos",
    "AuditLogger",
    "AutoPprof",
    "Billing",
    "BridgeStatusReporter",
    "CRE",
    "Capabilities",
    "Cosmos",
    "Database",
    "EVM",
    "Feature",
    "FluxMonitor",
    "Insecure",
    "InsecureFastScrypt",
    "InsecurePPROFHeap",
    "JobDistributor",
    "JobPipeline",
    "JobSpecReporter",
    "Keeper",
    "LOOPP",
    "Log",
    "Mercury",
    "Metering",
    "OCR",
    "OCR2",
    "P2P",
    "Password",
    "Prometheus",
    "Pyroscope",
    "RootDir",
    "Sentry",
    "Sharding",
    "ShutdownGracePeriod",
    "Solana",
    "Starknet",
    "Stellar",
    "Sui",
    "TON",
    "Telemetry",
    "TelemetryIngress",
    "Tracing",
    "Tron",
    "WebServer",
    "Workflows",
];

const OF_CHAINS: [Taken; 5] = [
    taken(&["ChainID"], "it is `chainId` or follows from `name`"),
    taken(&["Enabled"], "a chain that is declared is enabled"),
    taken(&["LinkContractAddress"], "it is `linkContractAddress`"),
    taken(&["Nodes"], "endpoints are declared in `rpc`"),
    taken(&["EVM"], "write what stands below `[[EVM]]`, without that line"),
];

/// Checks text that is merged into what clctl renders.
pub(crate) fn check(written: &At<WrittenToml>, of: Table, log: &Log) {
    let At { value: WrittenToml(lines), span } = written;
    let place = |from: usize, length: usize| lines.place(from, length).unwrap_or(*span);
    let count = lines.text.chars().count();
    if count > ExtraToml::LONGEST {
        let message = format!("this TOML has {count} characters");
        let draft = Draft::new(Code::ExtraToml, *span, message).label("too long");
        log.report(draft.help(format!("write at most {}", ExtraToml::LONGEST)));
        return;
    }
    let table = match DeTable::parse(&lines.text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(*span, |at| place(at.start, at.len()));
            let what = error.message().lines().next().unwrap_or_default();
            let draft = Draft::new(Code::ExtraToml, at, "this is not TOML").label("here");
            log.report(draft.help(said(what)));
            return;
        }
    };
    if of == Table::Node {
        for (key, _) in table.get_ref() {
            let name = key.get_ref().as_ref();
            let is = |known: &&str| known.eq_ignore_ascii_case(name);
            if KNOWN.iter().any(is) || OF_NODES.iter().any(|it| it.path.first().is_some_and(is)) {
                continue;
            }
            let at = place(key.span().start, key.span().len());
            let draft =
                Draft::new(Code::TomlUnknown, at, "this clctl knows no such setting of the node");
            let near = closest(name, KNOWN);
            log.report(draft.label("not known").help(match near {
                Some(near) => format!("did you mean `{near}`? The node does not start with a setting it does not know"),
                None => "the node does not start with a setting it does not know: see https://docs.chain.link/chainlink-nodes/v1/node-config".to_owned(),
            }));
        }
    }
    let taken: &[Taken] = match of {
        Table::Node => &OF_NODES,
        Table::Chain => &OF_CHAINS,
    };
    for Taken { path, why } in taken {
        let Some((key, _)) = entry(table.get_ref(), path) else { continue };
        let at = place(key.start, key.len());
        let message = format!("{} cannot be set here", Quoted(&path.join(".")));
        let draft = Draft::new(Code::ExtraToml, at, message).label("not yours to set");
        log.report(draft.help(format!("{why}; remove it")));
    }
}

/// What the TOML parser says, without what the file says.
fn said(what: &str) -> String {
    let plain = what.split(['`', '"', '\'']).next().unwrap_or_default().trim();
    let plain = plain.trim_end_matches(", expected").trim_end_matches(',');
    if plain.is_empty() { "see https://toml.io/en/v1.0.0".to_owned() } else { plain.to_owned() }
}

/// Where in the text the key of a path stands, and what it holds, wherever and in whatever case it is written: the
/// node reads keys in any.
fn entry<'a, 't>(
    table: &'a DeTable<'t>,
    path: &[&str],
) -> Option<(std::ops::Range<usize>, &'a DeValue<'t>)> {
    let (name, rest) = path.split_first()?;
    let mut same = table.iter().filter(|(key, _)| key.get_ref().eq_ignore_ascii_case(name));
    same.find_map(|(key, found)| match found.get_ref() {
        found if rest.is_empty() => Some((key.span(), found)),
        DeValue::Table(inner) => entry(inner, rest),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => None,
    })
}

fn value<'a, 't>(table: &'a DeTable<'t>, path: &[&str]) -> Option<&'a DeValue<'t>> {
    entry(table, path).map(|(_, found)| found)
}

fn is(table: &DeTable<'_>, path: &[&str], wanted: bool) -> bool {
    matches!(value(table, path), Some(DeValue::Boolean(found)) if *found == wanted)
}

/// Whether the node is told to follow its chain without a WebSocket: by asking, in place of logs that come.
pub(crate) fn follows_by_polling(written: &WrittenToml) -> bool {
    DeTable::parse(&written.0.text).is_ok_and(|table| {
        let table = table.get_ref();
        let interval = value(table, &["NodePool", "NewHeadsPollInterval"]);
        let asks =
            matches!(interval, Some(DeValue::String(text)) if !text.trim_start().starts_with('0'));
        is(table, &["LogBroadcasterEnabled"], false) && asks
    })
}

/// Whether the node is told to take part in off-chain reporting.
pub(crate) fn reports(written: &WrittenToml) -> bool {
    DeTable::parse(&written.0.text).is_ok_and(|table| {
        let table = table.get_ref();
        is(table, &["OCR", "Enabled"], true) || is(table, &["OCR2", "Enabled"], true)
    })
}
