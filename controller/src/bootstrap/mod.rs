//! What runs on the instances, rendered from the spec: pure, and without secrets.
//!
//! An instance is told once, by its user data, which files to write and to start `clctl-boot`. From then on systemd has
//! it: every start of the node fetches its secrets into memory, and whatever ends it (a crash, a reboot, the loss of the
//! lease) ends in another start. Scripts and units are files of their own and the same for everybody; what differs is
//! in `/etc/clctl`, which the scripts read. docs/bootstrap.md says what happens when, and from which documents.

mod agent;
mod bastion;
mod cloud_config;
mod error;
pub mod grants;
mod node_toml;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use clctl_spec::NodeSpec;

use self::settings::Settings;
pub use self::{
    agent::namespace,
    bastion::{BastionInputs, bastion},
    cloud_config::{File, MOST_BYTES, UserData},
    error::Error,
};

const LIB: &str = "/usr/local/lib/clctl/lib";
const BOOT: &str = "/usr/local/lib/clctl/boot";
const BOOT_UNIT: &str = "/etc/systemd/system/clctl-boot.service";

/// What a node is rendered from, beside its spec: names that follow from the environment.
#[derive(Clone, Copy, Debug)]
pub struct NodeInputs<'a> {
    /// What the environment is called.
    pub environment: &'a str,
    /// What is wanted.
    pub spec: &'a NodeSpec,
    /// What identifies the environment.
    pub uid: &'a str,
    /// Where the secrets of the environment are, up to their names: `/clctl/eth-main-1/`.
    pub secrets_path: &'a str,
    /// Where the nodes write what happens.
    pub log_group: &'a str,
    /// The name of the database: the instance's, or the cluster's. Its address is looked up by it at every start.
    pub database: &'a str,
    /// Where others reach the active node, if the spec does not say: addresses of the environment's own.
    pub announce: &'a [String],
    /// The version that each of the environment's own secrets has, by its name. Nobody reads it there: that another
    /// version is another user data is what makes a rotated secret end in a running node.
    pub secret_versions: &'a BTreeMap<String, String>,
}

/// What a node is told when it is launched.
///
/// # Errors
/// If two writers set one setting, if others would be told no address, or if it is more than EC2 takes.
pub fn node(inputs: &NodeInputs<'_>) -> Result<UserData, Error> {
    let [agent, scraped] = agent::on_node(inputs.environment, inputs.log_group);
    let mut files = vec![
        File::data("/etc/clctl/settings.json", Settings::of(inputs)?.to_json()),
        File::data("/etc/clctl/config.toml", node_toml::render(inputs.spec, inputs.announce)?),
        agent,
        scraped,
        File::script(LIB, include_str!("scripts/lib.sh")),
        File::script(BOOT, include_str!("scripts/node-boot.sh")),
        File::script("/usr/local/lib/clctl/node-prepare", include_str!("scripts/node-prepare.sh")),
        File::script("/usr/local/lib/clctl/assemble.jq", include_str!("scripts/assemble.jq")),
        File::script("/usr/local/lib/clctl/node-run", include_str!("scripts/node-run.sh")),
        File::script("/usr/local/lib/clctl/node-role", include_str!("scripts/node-role.sh")),
        File::script("/usr/local/lib/clctl/node-metrics", include_str!("scripts/node-metrics.sh")),
        File::data(BOOT_UNIT, include_str!("units/clctl-boot.service")),
        File::data(
            "/etc/systemd/system/clctl-node.service",
            include_str!("units/clctl-node.service"),
        ),
        File::data(
            "/etc/systemd/system/clctl-role.service",
            include_str!("units/clctl-role.service"),
        ),
        File::data("/etc/systemd/system/clctl-role.timer", include_str!("units/clctl-role.timer")),
        File::data(
            "/etc/systemd/system/clctl-metrics.service",
            include_str!("units/clctl-metrics.service"),
        ),
        File::data(
            "/etc/systemd/system/clctl-metrics.timer",
            include_str!("units/clctl-metrics.timer"),
        ),
        File::data("/etc/logrotate.d/clctl", include_str!("units/logrotate")),
    ];
    if !inputs.secret_versions.is_empty() {
        let versions = format!("{:#}\n", serde_json::json!(inputs.secret_versions));
        files.push(File::data("/etc/clctl/secret-versions.json", versions));
    }
    UserData::new(files, &START)
}

/// Not waited for: what starts it is itself a part of what systemd starts.
const START: [&str; 6] =
    ["systemctl", "enable", "--now", "--no-block", "--quiet", "clctl-boot.service"];
