//! How an account is: well, for what DevOps Guru finds out is not modelled.
//!
//! <https://docs.aws.amazon.com/devops-guru/latest/APIReference/API_DescribeAccountHealth.html>

use serde_json::json;

use super::{Answer, Call};
use crate::fault::Fault;

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    if call.state.collection.all().next().is_some() {
        return Err(Fault::unsupported("the health of an account that DevOps Guru looks at"));
    }
    Ok(json!({
        "OpenReactiveInsights": 0,
        "OpenProactiveInsights": 0,
        "MetricsAnalyzed": 0,
        "ResourceHours": 0,
    }))
}
