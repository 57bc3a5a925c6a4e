//! Topics, alarms, dashboards and metric filters, after
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>.

use serde_json::json;

use super::{allow, arn, calm, denied, takes, to, who_am_i};

#[tokio::test(start_paused = true)]
async fn a_topic_takes_a_permission_for_each_call() {
    let both = calm().await;
    let topic = arn("sns", "alarms");
    let make = [
        to("SNS:CreateTopic", &topic).when("aws:RequestTag/owner", "us"),
        to("SNS:TagResource", &topic).when("aws:RequestTag/owner", "us"),
    ];
    let tagged =
        [("Name", "alarms"), ("Tags.member.1.Key", "owner"), ("Tags.member.1.Value", "us")];
    takes(&both, &make, async |it| it.sns("CreateTopic", &tagged).await).await;
    let named = [("TopicArn", &*topic)];
    let shown =
        [("TopicArn", &*topic), ("AttributeName", "DisplayName"), ("AttributeValue", "Alarms")];
    let mail = [("TopicArn", &*topic), ("Protocol", "email"), ("Endpoint", "ops@example.com")];
    let said = [("TopicArn", &*topic), ("Message", "hello")];
    for (action, params) in [
        ("SNS:GetTopicAttributes", &named[..]),
        ("SNS:SetTopicAttributes", &shown),
        ("SNS:ListSubscriptionsByTopic", &named),
        ("SNS:Publish", &said),
    ] {
        let grant = to(action, &topic).when("aws:ResourceTag/owner", "us");
        let operation = action.trim_start_matches("SNS:");
        takes(&both, &[grant], async |it| it.sns(operation, params).await).await;
    }
    let grant = to("SNS:Subscribe", &topic).when("sns:Protocol", "email");
    let grant = grant.when("sns:Endpoint", "ops@example.com");
    takes(&both, &[grant], async |it| it.sns("Subscribe", &mail).await).await;
    takes(&both, &[to("SNS:ListTopics", "*")], async |it| it.sns("ListTopics", &[]).await).await;
    // The topic's own policy lets somebody in, and keeps the administrator out.
    let (admin, role) = &both;
    allow(admin, &json!([who_am_i()])).await;
    denied(&role.sns("Publish", &said).await, "SNS:Publish", &topic);
    let statement = |effect: &str, who: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Principal": { "AWS": who }, "Action": "sns:Publish", "Resource": topic,
        }] })
        .to_string()
    };
    let policy = async |text: &str| {
        let params = [("TopicArn", &*topic), ("AttributeName", "Policy"), ("AttributeValue", text)];
        admin.sns("SetTopicAttributes", &params).await.good();
    };
    policy(&statement("Allow", super::ROLE)).await;
    role.sns("Publish", &said).await.good();
    policy(&statement("Deny", "*")).await;
    assert_eq!(admin.sns("Publish", &said).await.code(), "AuthorizationError");
    takes(&both, &[to("SNS:DeleteTopic", &topic)], async |it| it.sns("DeleteTopic", &named).await)
        .await;
}

#[tokio::test(start_paused = true)]
async fn alarms_dashboards_and_metric_filters_take_permissions_on_themselves() {
    let both = calm().await;
    let alarm = arn("cloudwatch", "alarm:high");
    let body = json!({
        "AlarmName": "high", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
        "Tags": [{ "Key": "owner", "Value": "us" }],
    });
    let make = [
        to("cloudwatch:PutMetricAlarm", &alarm).when("aws:RequestTag/owner", "us"),
        to("cloudwatch:TagResource", &alarm).when("aws:RequestTag/owner", "us"),
    ];
    takes(&both, &make, async |it| it.cloudwatch("PutMetricAlarm", body.clone()).await).await;
    let names = json!({ "AlarmNames": ["high"] });
    for (action, body) in [
        ("cloudwatch:DisableAlarmActions", names.clone()),
        ("cloudwatch:EnableAlarmActions", names.clone()),
        ("cloudwatch:ListTagsForResource", json!({ "ResourceARN": alarm })),
        ("cloudwatch:DeleteAlarms", names.clone()),
    ] {
        let grant = to(action, &alarm).when("aws:ResourceTag/owner", "us");
        let operation = action.trim_start_matches("cloudwatch:");
        takes(&both, &[grant], async |it| it.cloudwatch(operation, body.clone()).await).await;
    }
    let lists = [to("cloudwatch:DescribeAlarms", "*")];
    takes(&both, &lists, async |it| it.cloudwatch("DescribeAlarms", json!({})).await).await;
    let dashboard = "arn:aws:cloudwatch::123456789012:dashboard/all";
    let body = json!({ "DashboardName": "all", "DashboardBody": r#"{"widgets":[]}"# });
    let make = [to("cloudwatch:PutDashboard", dashboard)];
    takes(&both, &make, async |it| it.cloudwatch("PutDashboard", body.clone()).await).await;
    let one = json!({ "DashboardName": "all" });
    let get = [to("cloudwatch:GetDashboard", dashboard)];
    takes(&both, &get, async |it| it.cloudwatch("GetDashboard", one.clone()).await).await;
    both.0.logs("CreateLogGroup", json!({ "logGroupName": "/a" })).await.good();
    let group = arn("logs", "log-group:/a:log-stream:");
    let filter = json!({
        "logGroupName": "/a", "filterName": "f", "filterPattern": "ERROR",
        "metricTransformations": [
            { "metricName": "m", "metricNamespace": "n", "metricValue": "1" },
        ],
    });
    let put = [to("logs:PutMetricFilter", &group)];
    takes(&both, &put, async |it| it.logs("PutMetricFilter", filter.clone()).await).await;
}
