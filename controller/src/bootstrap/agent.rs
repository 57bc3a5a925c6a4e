//! What the CloudWatch agent on an instance collects.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html>

use serde_json::{Value, json};

use super::cloud_config::File;

const PATH: &str = "/etc/clctl/agent.json";
const SCRAPED: &str = "/etc/clctl/prometheus.yaml";

/// In which namespace the metrics of an environment are.
pub fn namespace(environment: &str) -> String {
    format!("clctl/{environment}")
}

/// What a node counts as one, and how it is told apart.
type Declared = (&'static [&'static [&'static str]], &'static [&'static str]);

/// Metrics of the node, as it calls them, by what tells their values apart. A balance is told by wallet for those who
/// look, and by chain for an alarm, which knows of no wallet.
/// <https://github.com/smartcontractkit/chainlink-evm> `pkg/monitor/balance.go`,
/// <https://github.com/smartcontractkit/chainlink-framework> `metrics/multinode.go`
const NODE_METRICS: [Declared; 5] = [
    (&[&["account", "evmChainID"], &["evmChainID"]], &["eth_balance"]),
    (&[&["account", "chainID"], &["chainID"]], &["node_balance"]),
    (
        &[&["evmChainID"]],
        &["head_tracker_current_head", "max_unconfirmed_tx_age", "unconfirmed_transactions"],
    ),
    (&[&["chainId", "state"]], &["multi_node_states"]),
    (
        &[&["job"]],
        &[
            "pipeline_run_errors",
            "log_error_count",
            "log_critical_count",
            "log_panic_count",
            "log_fatal_count",
            "db_conns_used",
            "db_conns_max",
            "uptime_seconds",
        ],
    ),
];

/// On a node: memory and disk, what happened while it started, and the metrics of the Chainlink node. Those are the
/// active node's: a standby listens nowhere, so there is nothing to scrape.
pub(super) fn on_node(environment: &str, log_group: &str) -> [File; 2] {
    let declarations: Vec<Value> = NODE_METRICS
        .iter()
        .map(|(dimensions, metrics)| {
            json!({
                "source_labels": ["job"],
                "label_matcher": "^chainlink$",
                "dimensions": dimensions,
                "metric_selectors": [format!("^({})$", metrics.join("|"))],
            })
        })
        .collect();
    let mut logs = logs(log_group, &[]);
    logs["metrics_collected"] = json!({
        "prometheus": {
            "prometheus_config_path": SCRAPED,
            "log_group_name": log_group,
            "emf_processor": {
                "metric_namespace": namespace(environment),
                "metric_declaration": declarations,
            },
        },
    });
    let agent = json!({
        "metrics": {
            "namespace": namespace(environment),
            "append_dimensions": {"InstanceId": "${aws:InstanceId}"},
            // Over all nodes too: an alarm looks at the fullest, whichever instances there are.
            "aggregation_dimensions": [["InstanceId"], []],
            "metrics_collected": {
                "mem": {"measurement": ["used_percent"]},
                "disk": {"resources": ["/"], "measurement": ["used_percent"], "drop_device": true},
            },
        },
        "logs": logs,
    });
    let all: Vec<&str> = NODE_METRICS.iter().flat_map(|(_, metrics)| *metrics).copied().collect();
    // JSON is YAML. What is kept here is all that is ingested: of a node there are hundreds.
    // https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
    let scraped = json!({
        "global": {"scrape_interval": "1m", "scrape_timeout": "10s"},
        "scrape_configs": [{
            "job_name": "chainlink",
            "static_configs": [{"targets": [format!("127.0.0.1:{}", super::node_toml::PORT)]}],
            "metric_relabel_configs": [
                {"source_labels": ["__name__"], "regex": all.join("|"), "action": "keep"},
            ],
        }],
    });
    [File::data(PATH, format!("{agent:#}\n")), File::data(SCRAPED, format!("{scraped:#}\n"))]
}

/// On a bastion: what happened while it started, who logged in and what was done.
pub(super) fn on_bastion(log_group: &str) -> File {
    let logs = logs(log_group, &[("/var/log/audit/audit.log", "audit")]);
    File::data(PATH, format!("{:#}\n", json!({"logs": logs})))
}

/// What every instance says while it starts, and more files with the streams they go to.
fn logs(log_group: &str, more: &[(&str, &str)]) -> Value {
    let files = [("/var/log/clctl.log", "clctl"), ("/var/log/cloud-init-output.log", "cloud-init")];
    let files = files.iter().chain(more).map(|(path, stream)| {
        json!({
            "file_path": path,
            "log_group_name": log_group,
            "log_stream_name": format!("{stream}/{{instance_id}}"),
        })
    });
    json!({"logs_collected": {"files": {"collect_list": files.collect::<Vec<_>>()}}})
}
