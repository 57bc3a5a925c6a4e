//! Which logs a database writes to CloudWatch, and how that is changed.

use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, PendingCloudwatchLogsExports};

use crate::engine::Told;

/// The logs it writes, or is going to.
pub(super) fn exports(
    enabled: &[String],
    coming: Option<&PendingCloudwatchLogsExports>,
) -> Vec<String> {
    let more = coming.map(PendingCloudwatchLogsExports::log_types_to_enable).unwrap_or_default();
    let fewer = coming.map(PendingCloudwatchLogsExports::log_types_to_disable).unwrap_or_default();
    let mut all = enabled.to_vec();
    all.extend(more.iter().filter(|log| !enabled.contains(log)).cloned());
    all.retain(|log| !fewer.contains(log));
    all
}

/// What turns these logs into those.
pub(super) fn change(
    had: &Told<Vec<String>>,
    wanted: &Told<Vec<String>>,
) -> CloudwatchLogsExportConfiguration {
    let (had, wanted) = (told(had), told(wanted));
    let more = wanted.iter().filter(|log| !had.contains(log)).cloned().collect();
    let fewer = had.iter().filter(|log| !wanted.contains(log)).cloned().collect();
    CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types(Some(more))
        .set_disable_log_types(Some(fewer))
        .build()
}

fn told(logs: &Told<Vec<String>>) -> &[String] {
    logs.0.as_deref().unwrap_or_default()
}
