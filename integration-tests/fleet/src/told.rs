//! What an instance is told by its user data, as cloud-init and the scripts that it writes read it. Whoever is not
//! told to be a node or a bastion of clctl is somebody else's.
//!
//! <https://docs.cloud-init.io/en/latest/explanation/format.html>,
//! <https://docs.cloud-init.io/en/latest/reference/modules.html>

use std::{collections::BTreeMap, io::Read as _};

use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an instance is to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Told {
    Node(Box<Node>),
    Bastion(Bastion),
}

/// What a node is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
}

/// What a bastion is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bastion {
    /// The allocations of the addresses of all of them.
    pub(crate) addresses: Vec<String>,
    pub(crate) log_group: String,
}

/// `/etc/clctl/settings.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Where its own metrics go.
    #[serde(default)]
    pub(crate) namespace: String,
    pub(crate) image: String,
    pub(crate) log_group: String,
    /// Whether what it logs as information is not kept.
    pub(crate) silent: bool,
    /// The ports that others reach the node at.
    #[serde(default)]
    pub(crate) ports: Vec<u32>,
    pub(crate) database: Database,
    pub(crate) secrets: Vec<String>,
    pub(crate) passwords: Passwords,
    pub(crate) endpoints: Vec<Endpoint>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Database {
    pub(crate) kind: String,
    pub(crate) identifier: String,
    pub(crate) port: u32,
    pub(crate) name: String,
    pub(crate) user: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Passwords {
    pub(crate) keystore: Source,
    pub(crate) admin: Source,
    pub(crate) database: Source,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoint {
    pub(crate) chain_id: String,
    #[serde(rename = "HTTPURL")]
    pub(crate) http: Source,
    #[serde(rename = "WSURL", default)]
    pub(crate) socket: Option<Source>,
}

/// Where a text comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Source {
    #[serde(default)]
    pub(crate) secret: Option<usize>,
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) public: Option<String>,
}

impl Source {
    /// The text, from the values of the secrets, as `assemble.jq` takes it.
    pub(crate) fn text(&self, ids: &[String], values: &[String]) -> Result<String, String> {
        if let Some(public) = &self.public {
            return Ok(public.clone());
        }
        let place = self.secret.unwrap_or_default();
        let name = ids.get(place).map_or("?", String::as_str);
        let value = values.get(place).map(String::as_str).unwrap_or_default();
        let text = match &self.key {
            None => value.to_owned(),
            Some(key) => {
                let object: Option<BTreeMap<String, Value>> = serde_json::from_str(value).ok();
                let object =
                    object.ok_or_else(|| format!("the secret {name} is no JSON object"))?;
                object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        };
        let text = text.trim_end_matches('\n');
        if text.is_empty() {
            return Err(format!("the secret {name} has no such text"));
        }
        if text.chars().any(char::is_control) {
            return Err(format!("the secret {name} has control characters or several lines"));
        }
        Ok(text.to_owned())
    }
}

/// What the CloudWatch agent is told of metrics.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Metrics {
    /// Where its own go.
    pub(crate) namespace: String,
    /// Those of the node, each with its sets of dimensions.
    pub(crate) of_node: BTreeMap<String, Vec<Vec<String>>>,
}

#[derive(Deserialize)]
struct CloudConfig {
    #[serde(default)]
    write_files: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    path: String,
    #[serde(default)]
    content: String,
}

/// Reads user data; nothing when it makes neither a node nor a bastion.
pub(crate) fn read(user_data: &[u8]) -> Option<Told> {
    let mut text = String::new();
    if user_data.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(user_data).read_to_string(&mut text).ok()?;
    } else {
        std::str::from_utf8(user_data).ok()?.clone_into(&mut text);
    }
    if !text.starts_with("#cloud-config") {
        return None;
    }
    let config: CloudConfig = serde_saphyr::from_str(&text).ok()?;
    let file = |path: &str| {
        let found = config.write_files.iter().find(|it| it.path == path);
        found.map(|it| it.content.as_str())
    };
    let agent: Value = file("/etc/clctl/agent.json")
        .and_then(|it| serde_json::from_str(it).ok())
        .unwrap_or_default();
    if let Some(addresses) = file("/etc/clctl/addresses") {
        let addresses = addresses.split_whitespace().map(ToOwned::to_owned).collect();
        let log_group = agent
            .pointer("/logs/logs_collected/files/collect_list/0/log_group_name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        return Some(Told::Bastion(Bastion { addresses, log_group }));
    }
    let settings = serde_json::from_str(file("/etc/clctl/settings.json")?).ok()?;
    Some(Told::Node(Box::new(Node { settings, metrics: metrics(&agent) })))
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-PrometheusEC2.html>
fn metrics(agent: &Value) -> Metrics {
    let namespace = agent.pointer("/metrics/namespace").and_then(Value::as_str);
    let processor = "/logs/metrics_collected/prometheus/emf_processor/metric_declaration";
    let declared = agent.pointer(processor).and_then(Value::as_array);
    let mut of_node = BTreeMap::new();
    for one in declared.into_iter().flatten() {
        let texts = |value: &Value| -> Vec<String> {
            let all = value.as_array().into_iter().flatten();
            all.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
        };
        let sets = one["dimensions"].as_array().into_iter().flatten();
        let dimensions: Vec<Vec<String>> = sets.map(texts).collect();
        for selector in texts(&one["metric_selectors"]) {
            let names = selector.trim_start_matches("^(").trim_end_matches(")$");
            for name in names.split('|') {
                of_node.insert(name.to_owned(), dimensions.clone());
            }
        }
    }
    Metrics { namespace: namespace.unwrap_or_default().to_owned(), of_node }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_node_is_somebody_elses() {
        for data in ["", "#!/bin/sh\n", "#cloud-config\nwrite_files: []\n", "#cloud-config\n- {"] {
            assert!(read(data.as_bytes()).is_none(), "{data}");
        }
        assert!(read(&[0x1f, 0x8b, 0]).is_none() && read(&[0xff, 0xfe]).is_none());
    }

    #[test]
    fn a_text_comes_from_a_secret_as_the_script_takes_it() {
        let source = |key: Option<&str>| Source {
            secret: Some(0),
            key: key.map(ToOwned::to_owned),
            public: None,
        };
        let ids = ["s".to_owned()];
        let text = |key, value: &str| source(key).text(&ids, &[value.to_owned()]);
        assert_eq!(text(None, "abc\n").as_deref(), Ok("abc"));
        assert_eq!(text(Some("k"), r#"{"k":"v"}"#).as_deref(), Ok("v"));
        for (key, value) in [(None, ""), (None, "a\nb"), (Some("k"), "v"), (Some("k"), "{}")] {
            assert!(text(key, value).is_err(), "{value}");
        }
    }
}
