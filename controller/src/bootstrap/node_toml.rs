//! What the Chainlink node is told: `config.toml`, without the URLs of RPC endpoints.
//!
//! <https://docs.chain.link/chainlink-nodes/v1/node-config>
//!
//! The URLs are usually secret, and the node takes them in no other file than those of `-config`. It takes several of
//! those: a later one adds to an earlier one, chains by `ChainID` and endpoints by `Name`
//! (<https://github.com/smartcontractkit/chainlink-evm> `pkg/config/toml/config.go`, `EVMNodes.SetFrom`). So this
//! one names the endpoints, and one that is made at start, in memory, has their URLs.

use clctl_spec::{Chain, ExtraToml, LogLevel, NodeSpec};
use toml::{Table, Value};

use super::Error;

/// Where the node serves its GUI, API, health and metrics.
pub(super) const PORT: u16 = 6688;

/// The whole of it.
pub(super) fn render(spec: &NodeSpec, announce: &[String]) -> Result<String, Error> {
    let mut config = base(spec);
    if spec.nodes.peer_to_peer.enabled {
        config.insert("P2P".to_owned(), peers(spec, announce)?.into());
    }
    if let Some(extra) = &spec.nodes.extra_toml {
        merge(&mut config, extra, "nodes.extraToml")?;
    }
    let chains = spec.nodes.chains.iter().enumerate();
    let chains = chains.map(|(index, it)| chain(index, it).map(Value::from));
    config.insert("EVM".to_owned(), Value::Array(chains.collect::<Result<_, _>>()?));
    Ok(config.to_string())
}

/// What clctl sets, but for chains and other nodes.
fn base(spec: &NodeSpec) -> Table {
    // The node takes no empty list of origins. What it serves itself needs none, whatever the name it is reached by.
    let origin = spec.gui.domain_name.as_ref();
    let origin = origin
        .map_or_else(|| format!("http://localhost:{PORT}"), |domain| format!("https://{domain}"));
    let behind_tls = spec.gui.load_balancer.is_some();
    table([
        (
            "Log",
            table([
                ("Level", level(spec.nodes.log_level).into()),
                ("JSONConsole", true.into()),
                // None on disk: what it says goes to CloudWatch.
                ("File", table([("MaxSize", "0b".into())]).into()),
            ])
            .into(),
        ),
        (
            "WebServer",
            table([
                ("AllowOrigins", origin.into()),
                ("HTTPPort", i64::from(PORT).into()),
                // A browser keeps a secure cookie only where it sees TLS: behind the load balancer, not in a tunnel.
                ("SecureCookies", behind_tls.into()),
                ("TLS", table([("HTTPSPort", 0.into())]).into()),
            ])
            .into(),
        ),
        (
            "Database",
            // Said though it is the default: it is what keeps two nodes from being active.
            table([("Lock", table([("Enabled", true.into())]).into())]).into(),
        ),
    ])
}

fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

/// <https://docs.chain.link/chainlink-nodes/v1/node-config#p2pv2>
fn peers(spec: &NodeSpec, announce: &[String]) -> Result<Table, Error> {
    let peers = &spec.nodes.peer_to_peer;
    let declared: Vec<Value> =
        peers.announce_addresses.iter().map(|it| it.as_str().into()).collect();
    let announced = if declared.is_empty() {
        announce.iter().map(|it| it.as_str().into()).collect()
    } else {
        declared
    };
    if announced.is_empty() {
        return Err(Error::NothingAnnounced);
    }
    let listens = vec![format!("0.0.0.0:{}", peers.port).into()];
    Ok(table([(
        "V2",
        table([
            ("Enabled", true.into()),
            ("ListenAddresses", Value::Array(listens)),
            ("AnnounceAddresses", Value::Array(announced)),
        ])
        .into(),
    )]))
}

/// What the node calls an endpoint: its logs and metrics name it alone.
pub(super) fn endpoint_name(chain: &Chain, endpoint: &str) -> String {
    format!("{}-{endpoint}", chain.chain.label())
}

fn chain(index: usize, chain: &Chain) -> Result<Table, Error> {
    let mut config = table([("ChainID", chain.chain.id().to_string().into())]);
    if let Some(link) = &chain.link_contract_address {
        config.insert("LinkContractAddress".to_owned(), link.as_str().into());
    }
    let endpoints = chain.rpc.iter().map(|endpoint| {
        let name = endpoint_name(chain, endpoint.name.as_str());
        let mut config = table([("Name", name.into())]);
        let mut set = |name: &str, value: Value| config.insert(name.to_owned(), value);
        // What is as the node has it stays unsaid: not every release knows each of these.
        if endpoint.send_only {
            set("SendOnly", true.into());
        }
        if endpoint.load_balanced {
            set("IsLoadBalancedRPC", true.into());
        }
        if endpoint.order.get() != 100 {
            set("Order", i64::from(endpoint.order.get()).into());
        }
        Value::from(config)
    });
    config.insert("Nodes".to_owned(), Value::Array(endpoints.collect()));
    if let Some(extra) = &chain.extra_toml {
        merge(&mut config, extra, &format!("nodes.chains[{index}].extraToml"))?;
    }
    Ok(config)
}

/// Adds what a user has written. One setting has one writer.
fn merge(config: &mut Table, extra: &ExtraToml, at: &str) -> Result<(), Error> {
    // What the parser says shows the text around: it stays unsaid.
    let extra: Table = extra.as_str().parse().map_err(|_| Error::NotToml { at: at.to_owned() })?;
    add(config, extra, at, "")
}

/// The node reads keys in whatever case they are written.
fn add(into: &mut Table, extra: Table, at: &str, below: &str) -> Result<(), Error> {
    for (key, value) in extra {
        let path = if below.is_empty() { key.clone() } else { format!("{below}.{key}") };
        let same = into.keys().find(|it| it.eq_ignore_ascii_case(&key)).cloned();
        match (same.and_then(|same| into.get_mut(&same)), value) {
            // One that is new has no two writers of one setting either.
            (None, Value::Table(extra)) => {
                let mut table = Table::new();
                add(&mut table, extra, at, &path)?;
                into.insert(key, table.into());
            }
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Table(into)), Value::Table(extra)) => add(into, extra, at, &path)?,
            (Some(_), _) => return Err(Error::Conflict { at: at.to_owned(), key: path }),
        }
    }
    Ok(())
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
