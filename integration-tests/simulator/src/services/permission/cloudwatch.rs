//! What permissions a request of CloudWatch needs: those on alarms and dashboards are about these, the others about
//! no resource.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html>

use super::{Need, request::Request};

/// The member that names alarms or dashboards, and what comes before a name in an ARN.
const ALARMS: [(&str, &str); 2] = [("AlarmName", "alarm:"), ("AlarmNames", "alarm:")];
const DASHBOARDS: [(&str, &str); 2] =
    [("DashboardName", "dashboard/"), ("DashboardNames", "dashboard/")];

pub(super) fn needs(request: &Request<'_>) -> Vec<Need> {
    let operation = request.operation();
    let action = format!("cloudwatch:{operation}");
    let tags = request.tags();
    let mut needs: Vec<_> = match operation {
        "PutMetricData" => {
            let need = Need::new(&action, "*");
            vec![match request.text("Namespace") {
                Some(namespace) => need.with("cloudwatch:namespace", namespace),
                None => need,
            }]
        }
        "ListTagsForResource" | "TagResource" | "UntagResource" => {
            let arn = request.text("ResourceARN").unwrap_or_default();
            let name = arn.rsplit(['/', ':']).next().unwrap_or_default();
            let name = arn.split_once(":alarm:").map_or(name, |it| it.1);
            vec![Need::on(&action, request.subject(arn.to_owned(), &[name]))]
        }
        // Lists are of everything, whatever they name.
        "DescribeAlarmHistory" | "DescribeAlarms" | "ListDashboards" => Vec::new(),
        _ => ALARMS
            .iter()
            .chain(&DASHBOARDS)
            .flat_map(|(member, path)| {
                let names = request.text(member).into_iter().chain(request.list(member));
                names.map(|it| named(request, &action, path, it)).collect::<Vec<_>>()
            })
            .collect(),
    };
    let made = matches!(operation, "PutDashboard" | "PutMetricAlarm") && !tags.is_empty();
    if made {
        let name = request.text("AlarmName").map(|it| ("alarm:", it));
        let name = name.or(request.text("DashboardName").map(|it| ("dashboard/", it)));
        needs.extend(name.map(|(path, it)| named(request, "cloudwatch:TagResource", path, it)));
    }
    if needs.is_empty() {
        needs.push(Need::new(action, "*"));
    }
    let gone: Vec<_> = request.list("TagKeys").into_iter().map(str::to_owned).collect();
    needs.into_iter().map(|it| it.tagging(&tags).untagging(&gone)).collect()
}

/// The permission on an alarm or a dashboard, which has no region.
fn named(request: &Request<'_>, action: &str, path: &str, name: &str) -> Need {
    let site = request.site();
    let region = if path == "alarm:" { site.region } else { "" };
    let arn = format!("arn:aws:cloudwatch:{region}:{}:{path}{name}", site.settings.account);
    Need::on(action, request.subject(arn, &[name]))
}
