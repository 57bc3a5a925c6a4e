//! `spec.access`: who may reach what from outside.

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    at::{At, Optional, Required},
    cidr::Cidr,
    log::Log,
    problem::{Code, Draft},
};

/// Who may reach what from outside. Everything else is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// From where the bastion takes SSH (port 22). Sorted, each once.
    pub bastion_cidrs: Vec<Ipv4Net>,
    /// From where the load balancer takes HTTPS (port 443) for the GUI of the node. Sorted, each once.
    pub gui_cidrs: Vec<Ipv4Net>,
}

/// Who may reach what from outside. Everything else is closed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Access")]
pub(crate) struct AccessFields {
    /// IPv4 ranges from which the bastion takes SSH (port 22). None by default.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    bastion_cidrs: Optional<Vec<Required<Cidr>>>,
    /// IPv4 ranges from which the load balancer takes HTTPS (port 443) for the GUI of the node.
    /// None by default.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    gui_cidrs: Optional<Vec<Required<Cidr>>>,
}

impl AccessFields {
    pub(crate) fn settle(self, log: &Log) -> Option<Access> {
        let bastion = ranges(self.bastion_cidrs, "the bastion", log);
        let gui = ranges(self.gui_cidrs, "the GUI of the node", log);
        Some(Access { bastion_cidrs: bastion?, gui_cidrs: gui? })
    }
}

fn ranges(written: Optional<Vec<Required<Cidr>>>, what: &str, log: &Log) -> Option<Vec<Ipv4Net>> {
    let Some(At { value: written, .. }) = written.readable().ok()? else { return Some(Vec::new()) };
    let mut taken: Vec<At<Cidr>> = Vec::with_capacity(written.len());
    let mut whole = true;
    for Required(range) in written {
        let Some(range) = range else {
            whole = false;
            continue;
        };
        let net = range.value.0;
        if net.prefix_len() == 0 {
            let message = format!("{what} is open to the whole internet");
            let draft = Draft::new(Code::OpenToInternet, range.span, message);
            log.report(
                draft
                    .label("everybody")
                    .help("name the ranges you come from, for example that of your VPN"),
            );
        }
        if let Some(first) = taken.iter().find(|other| other.value == range.value) {
            let draft = Draft::new(Code::Repeated, range.span, format!("{net} is there twice"));
            log.report(draft.label("again").also(first.span, "already here").help("remove one"));
            continue;
        }
        taken.push(range);
    }
    let mut ranges: Vec<_> = taken.into_iter().map(|at| at.value.0).collect();
    ranges.sort_unstable();
    whole.then_some(ranges)
}
