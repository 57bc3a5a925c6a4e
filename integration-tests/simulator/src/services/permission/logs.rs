//! What permissions a request of CloudWatch Logs needs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>.
//! The ARN of a group ends in its streams in the permissions of all actions but those on its tags:
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>.

use super::{Need, request::Request, unknown};
use crate::fault::Fault;

/// Operations on a log group.
const ON_GROUPS: &[&str] = &[
    "AssociateKmsKey",
    "CreateLogGroup",
    "DeleteLogGroup",
    "DeleteMetricFilter",
    "DeleteRetentionPolicy",
    "DescribeLogStreams",
    "DescribeMetricFilters",
    "DisassociateKmsKey",
    "ListTagsLogGroup",
    "PutLogGroupDeletionProtection",
    "PutMetricFilter",
    "PutRetentionPolicy",
    "TagLogGroup",
    "UntagLogGroup",
];

/// Operations on a stream of a group, or on all of them.
const ON_STREAMS: &[&str] =
    &["CreateLogStream", "DeleteLogStream", "FilterLogEvents", "GetLogEvents", "PutLogEvents"];

pub(super) fn needs(request: &Request<'_>) -> Result<Vec<Need>, Fault> {
    let action = request.action();
    let operation = request.operation();
    let needs = match operation {
        "ListTagsForResource" | "TagResource" | "UntagResource" => {
            let arn = request.text("resourceArn").map(|it| it.trim_end_matches(":*").to_owned());
            arn.map(|it| group(request, &action, &it, None)).into_iter().collect()
        }
        // Seen, a list is about the groups that it names or whose names begin so; after the page
        // above it is about everything.
        "DescribeLogGroups" | "ListLogGroups" => {
            if request.site().settings.disputed("permission-to-list-log-groups", 2) == 0 {
                let prefix = request.text("logGroupNamePrefix").unwrap_or_default();
                let named = named(request);
                let groups = if named.is_empty() { vec![prefix] } else { named };
                groups.iter().map(|it| group(request, &action, it, Some(""))).collect()
            } else {
                Vec::new()
            }
        }
        // It is about no group.
        "TestMetricFilter" => Vec::new(),
        _ if ON_STREAMS.contains(&operation) => {
            let stream = request.text("logStreamName").unwrap_or_default();
            named(request).into_iter().map(|it| group(request, &action, it, Some(stream))).collect()
        }
        _ if ON_GROUPS.contains(&operation) => {
            let groups = named(request);
            let mut needs: Vec<_> =
                groups.iter().map(|it| group(request, &action, it, Some(""))).collect();
            // <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
            if operation == "CreateLogGroup" && !request.tags().is_empty() {
                let tag = groups.iter().map(|it| group(request, "logs:TagResource", it, None));
                needs.extend(tag.map(|it| it.or("logs:TagLogGroup")).collect::<Vec<_>>());
            }
            needs
        }
        _ => return unknown(&action),
    };
    Ok(request.complete(needs))
}

/// The groups that the request names, by name or ARN.
fn named<'a>(request: &'a Request<'_>) -> Vec<&'a str> {
    let one = ["logGroupName", "logGroupIdentifier", "resourceIdentifier"];
    let all = one.into_iter().filter_map(|it| request.text(it));
    all.chain(request.list("logGroupIdentifiers")).collect()
}

/// The permission on a group, or on a stream of it.
fn group(request: &Request<'_>, action: &str, named: &str, stream: Option<&str>) -> Need {
    let named = named.strip_suffix(":*").unwrap_or(named);
    let name = named.split_once(":log-group:").map_or(named, |it| it.1);
    let whole = named.starts_with("arn:");
    let arn = if whole { named.to_owned() } else { request.arn(&format!("log-group:{name}")) };
    let tail = stream.map(|it| format!(":log-stream:{it}")).unwrap_or_default();
    Need::on(action, request.subject(arn + &tail, &[name]))
}
