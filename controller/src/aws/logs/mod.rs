//! CloudWatch Logs: what is kept of what happened.

mod log_group;
mod metric_filter;

pub use self::{
    log_group::{
        LogGroup, LogGroupConfig, LogGroupOutputs, Named, Retention, of_cluster, of_database,
    },
    metric_filter::{LogGroupArn, MetricFilter, MetricFilterConfig, MetricFilterOutputs},
};
