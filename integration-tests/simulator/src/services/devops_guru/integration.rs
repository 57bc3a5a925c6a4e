//! Which other services it works with.
//!
//! <https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_UpdateServiceIntegration.html>: items in Systems
//! Manager and log anomalies, each on or off; encryption with a key of the customer's is not modelled.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Call};
use crate::fault::Fault;

/// What is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Integrations {
    ops_center: bool,
    logs: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Asked {
    ops_center: Option<Choice>,
    logs_anomaly_detection: Option<Choice>,
    #[serde(rename = "KMSServerSideEncryption")]
    encryption: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Choice {
    opt_in_status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Enabled,
    Disabled,
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let asked: Asked = call.members.need("ServiceIntegration")?;
    if asked.encryption.is_some() {
        return Err(Fault::unsupported("the key of DevOps Guru"));
    }
    let on = |choice: Option<Choice>, before: bool| {
        choice.map_or(before, |it| it.opt_in_status == Status::Enabled)
    };
    let before = call.state.integrations;
    call.state.integrations = Integrations {
        ops_center: on(asked.ops_center, before.ops_center),
        logs: on(asked.logs_anomaly_detection, before.logs),
    };
    Ok(json!({}))
}

#[expect(clippy::unnecessary_wraps, reason = "as all operations")]
pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let Integrations { ops_center, logs } = call.state.integrations;
    let said = |on: bool| json!({ "OptInStatus": if on { "ENABLED" } else { "DISABLED" } });
    let key = json!({ "OptInStatus": "DISABLED", "Type": "AWS_OWNED_KMS_KEY" });
    Ok(json!({
        "ServiceIntegration": {
            "OpsCenter": said(ops_center),
            "LogsAnomalyDetection": said(logs),
            "KMSServerSideEncryption": key,
        },
    }))
}
