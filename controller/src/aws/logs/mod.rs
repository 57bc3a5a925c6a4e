//! CloudWatch Logs: what is kept of what happened.

mod log_group;
mod metric_filter;

use crate::engine::CallError;

use super::{
    answers::{found, required},
    clients::Aws,
    tagging::Pairs,
};

pub use self::{
    log_group::{
        LogGroup, LogGroupConfig, LogGroupOutputs, Named, Retention, of_cluster, of_database,
    },
    metric_filter::{LogGroupArn, MetricFilter, MetricFilterConfig, MetricFilterOutputs},
};

/// What the tagging API calls log groups.
const TYPE: &str = "logs:log-group";
/// What lists the tags of a group.
const LISTS_TAGS: &str = "logs:ListTagsForResource";

/// The tags of a group; nothing if it is not there.
async fn tags_of(aws: &Aws, arn: &str) -> Result<Option<Pairs>, CallError> {
    let call = || aws.logs.list_tags_for_resource().resource_arn(arn).send();
    let Some(answer) = found(aws.read(LISTS_TAGS, call).await)? else { return Ok(None) };
    let tags = required(LISTS_TAGS, "tags", answer.tags)?;
    let mut tags: Pairs = tags.into_iter().collect();
    tags.sort();
    Ok(Some(tags))
}
