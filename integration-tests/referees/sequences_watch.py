"""Sequences of what watches and tells: SNS, CloudWatch's alarms and dashboards, metric filters of logs, event
subscriptions of RDS; for the simulator alone, but for one: nobody has listed yet in what moto's answers differ.
https://docs.aws.amazon.com/sns/latest/api/, https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html,
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html"""

import json

from drive import alone, sequence

import sequences_rds

TAGS = [{"Key": "team", "Value": "oracles"}]
SNS = "arn:aws:sns:us-east-1:123456789012"
INVALID, GONE = "InvalidParameter", "NotFound"


def topic(d, name="alarms", **more):
    return d.sns("CreateTopic", Name=name, **more)["TopicArn"]


@sequence
def what_is_told_of_topics_dashboards_and_events(d):
    """What clctl looks at again of what it made, and moto tells otherwise: see mended_moto.py."""
    topic = {"TopicArn": d.sns("CreateTopic", Name="alarms")["TopicArn"]}
    d.sns("SetTopicAttributes", **topic, AttributeName="SignatureVersion", AttributeValue="2")
    d.sns("GetTopicAttributes", **topic)
    body = json.dumps({"widgets": []})
    d.cloudwatch("PutDashboard", DashboardName="node", DashboardBody=body, Tags=TAGS)
    arn = "arn:aws:cloudwatch::123456789012:dashboard/node"
    d.cloudwatch("ListTagsForResource", ResourceARN=arn)
    d.cloudwatch("TagResource", ResourceARN=arn, Tags=[{"Key": "other", "Value": "x"}])
    told = {"SubscriptionName": "told", "SnsTopicArn": topic["TopicArn"], "SourceType": "db-instance"}
    d.rds("CreateEventSubscription", **told, Tags=TAGS)
    d.tagging("GetResources", ResourceTypeFilters=["rds:es"], until=lambda it: it["ResourceTagMappingList"])


@alone
def topics(d):
    """Topics, their attributes and tags, and what is published."""
    arn = topic(d, Attributes={"DisplayName": "clctl"}, Tags=TAGS)
    assert topic(d, Attributes={"DisplayName": "clctl"}, Tags=TAGS) == arn
    d.sns("CreateTopic", Name="alarms", Attributes={"DisplayName": "other"}, fails=INVALID)
    d.sns("CreateTopic", Name="a b", fails=INVALID)
    d.sns("ListTopics")
    d.sns("ListTopics", NextToken="nonsense", fails=INVALID)
    named, missing = {"TopicArn": arn}, {"TopicArn": f"{SNS}:none"}
    d.sns("SetTopicAttributes", **named, AttributeName="SignatureVersion", AttributeValue="2")
    d.sns("SetTopicAttributes", **named, AttributeName="Nonsense", AttributeValue="2", fails=INVALID)
    assert d.sns("GetTopicAttributes", **named)["Attributes"]["SignatureVersion"] == "2"
    d.sns("GetTopicAttributes", **missing, fails=GONE)
    d.sns("Publish", **named, Subject="x", Message="x")
    d.sns("Publish", **named, Message="", fails=INVALID)
    d.sns("Publish", **missing, Message="x", fails=GONE)
    resource, absent = {"ResourceArn": arn}, {"ResourceArn": f"{SNS}:none", "fails": "ResourceNotFound"}
    d.sns("TagResource", **resource, Tags=[{"Key": "stage", "Value": "test"}])
    d.sns("TagResource", **absent, Tags=TAGS)
    d.sns("UntagResource", **resource, TagKeys=["team"])
    d.sns("UntagResource", **absent, TagKeys=["team"])
    assert d.sns("ListTagsForResource", **resource)["Tags"] == [{"Key": "stage", "Value": "test"}]
    d.sns("ListTagsForResource", **absent)
    d.sns("DeleteTopic", **named)
    d.sns("DeleteTopic", TopicArn="nonsense", fails=INVALID)
    d.sns("GetTopicAttributes", **named, fails=GONE)


@alone
def subscriptions(d):
    """One by mail, which waits to be confirmed, and one of a queue, which need not be."""
    named, missing = {"TopicArn": topic(d)}, {"TopicArn": f"{SNS}:none"}
    mail = {"Protocol": "email", "Endpoint": "operator@example.com"}
    assert d.sns("Subscribe", **named, **mail)["SubscriptionArn"] == "pending confirmation"
    waits = d.sns("Subscribe", **named, **mail, ReturnSubscriptionArn=True)["SubscriptionArn"]
    d.sns("Subscribe", **named, Protocol="email", Endpoint="nonsense", fails=INVALID)
    d.sns("Subscribe", **missing, **mail, fails=GONE)
    d.sns("ConfirmSubscription", **named, Token="nonsense", fails=INVALID)
    d.sns("Unsubscribe", SubscriptionArn=waits, fails=INVALID)
    queue = {"Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:123456789012:queue"}
    arn = d.sns("Subscribe", **named, **queue)["SubscriptionArn"]
    raw = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    d.sns("SetSubscriptionAttributes", SubscriptionArn=arn, **raw)
    d.sns("SetSubscriptionAttributes", SubscriptionArn=waits, **raw, fails=INVALID)
    assert d.sns("GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]["RawMessageDelivery"] == "true"
    d.sns("GetSubscriptionAttributes", SubscriptionArn=f"{SNS}:none:0", fails=GONE)
    assert len(d.sns("ListSubscriptions")["Subscriptions"]) == 2
    d.sns("ListSubscriptions", NextToken="nonsense", fails=INVALID)
    d.sns("ListSubscriptionsByTopic", **named)
    d.sns("ListSubscriptionsByTopic", **missing, fails=GONE)
    d.sns("Publish", **named, Message="x")
    d.sns("Unsubscribe", SubscriptionArn=arn)


WATCHED = {
    "Namespace": "referee", "MetricName": "balance", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
    "ComparisonOperator": "LessThanThreshold", "Threshold": 1.0,
}  # fmt: skip


@alone
def alarms(d):
    """Alarms, what they tell, their history and tags."""
    wrong, absent = "ValidationError", ("ResourceNotFound", "ResourceNotFoundException")
    arn = topic(d)
    d.cloudwatch("PutMetricAlarm", AlarmName="low", **WATCHED, AlarmActions=[arn], Tags=TAGS)
    series = {"Metric": {"Namespace": "referee", "MetricName": "balance"}, "Period": 60, "Stat": "p90"}
    computed = [
        {"Id": "a", "MetricStat": series, "ReturnData": False},
        {"Id": "b", "Expression": "a * 2", "Label": "twice", "ReturnData": True},
    ]
    rule = {"EvaluationPeriods": 2, "DatapointsToAlarm": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0}
    d.cloudwatch("PutMetricAlarm", AlarmName="computed", Metrics=computed, **rule, TreatMissingData="breaching")
    d.cloudwatch("PutMetricAlarm", AlarmName="wrong", **{**WATCHED, "EvaluationPeriods": 1441}, fails=wrong)
    assert len(d.cloudwatch("DescribeAlarms")["MetricAlarms"]) == 2
    d.cloudwatch("DescribeAlarms", AlarmNames=["low"], AlarmNamePrefix="l", fails=wrong)
    d.cloudwatch("DisableAlarmActions", AlarmNames=["low"])
    d.cloudwatch("DisableAlarmActions", AlarmNames=[], fails=wrong)
    d.cloudwatch("EnableAlarmActions", AlarmNames=["low"])
    d.cloudwatch("EnableAlarmActions", AlarmNames=[], fails=wrong)
    now = {"StateValue": "ALARM", "StateReason": "x"}
    d.cloudwatch("SetAlarmState", AlarmName="low", **now, StateReasonData='{"x": 1}')
    d.cloudwatch("SetAlarmState", AlarmName="none", **now, fails=absent)

    def acted(answer):
        return any(it["HistoryItemType"] == "Action" for it in answer["AlarmHistoryItems"])

    d.cloudwatch("DescribeAlarms", AlarmNames=["low"])
    d.cloudwatch("DescribeAlarmHistory", AlarmName="low", until=acted)
    d.cloudwatch("DescribeAlarmHistory", MaxRecords=0, fails=wrong)
    about = {"ResourceARN": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:low"}
    nobody = {"ResourceARN": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:none", "fails": absent}
    d.cloudwatch("TagResource", **about, Tags=[{"Key": "stage", "Value": "test"}])
    d.cloudwatch("TagResource", **nobody, Tags=TAGS)
    d.cloudwatch("UntagResource", **about, TagKeys=["team"])
    d.cloudwatch("UntagResource", **nobody, TagKeys=["team"])
    assert d.cloudwatch("ListTagsForResource", **about)["Tags"] == [{"Key": "stage", "Value": "test"}]
    d.cloudwatch("ListTagsForResource", **nobody)
    d.cloudwatch("DeleteAlarms", AlarmNames=["low", "computed"])
    d.cloudwatch("DeleteAlarms", AlarmNames=[], fails=wrong)
    assert d.cloudwatch("DescribeAlarms")["MetricAlarms"] == []


@alone
def dashboards(d):
    """Dashboards, and what of one is remarked."""
    text = {"type": "text", "width": 6, "height": 2, "properties": {"markdown": "x"}}
    drawn = {"type": "metric", "properties": {"metrics": [["referee", "balance"]]}}
    body = json.dumps({"widgets": [text, drawn]})
    assert d.cloudwatch("PutDashboard", DashboardName="node", DashboardBody=body)["DashboardValidationMessages"]
    d.cloudwatch("PutDashboard", DashboardName="node", DashboardBody="{", fails=("InvalidParameterInput", "DashboardInvalidInputError"))
    d.cloudwatch("GetDashboard", DashboardName="node")
    gone = ("ResourceNotFound", "DashboardNotFoundError")
    d.cloudwatch("GetDashboard", DashboardName="none", fails=gone)
    d.cloudwatch("ListDashboards", DashboardNamePrefix="n")
    d.cloudwatch("ListDashboards", NextToken="nonsense", fails=("InvalidParameterValue", "InvalidParameterValueException"))
    d.cloudwatch("DeleteDashboards", DashboardNames=["node"])
    d.cloudwatch("DeleteDashboards", DashboardNames=["node"], fails=gone)


@alone
def metric_filters(d):
    """What is counted in logs."""
    group, missing = {"logGroupName": "/referee/node"}, {"logGroupName": "/referee/none"}
    gone, wrong = "ResourceNotFoundException", "InvalidParameterException"
    d.logs("CreateLogGroup", **group)
    counts = [{"metricName": "errors", "metricNamespace": "referee", "metricValue": "1", "defaultValue": 0.0, "unit": "Count"}]
    levels = [{"metricName": "levels", "metricNamespace": "referee", "metricValue": "$.n", "dimensions": {"level": "$.level"}}]
    d.logs("PutMetricFilter", **group, filterName="errors", filterPattern="ERROR", metricTransformations=counts)
    d.logs("PutMetricFilter", **group, filterName="levels", filterPattern='{ $.level = "error" }', metricTransformations=levels)
    both = [{**levels[0], "defaultValue": 0.0}]
    d.logs("PutMetricFilter", **group, filterName="x", filterPattern='{ $.level = "error" }', metricTransformations=both, fails=wrong)
    d.logs("PutMetricFilter", **missing, filterName="x", filterPattern="x", metricTransformations=counts, fails=gone)
    assert len(d.logs("DescribeMetricFilters", **group)["metricFilters"]) == 2
    d.logs("DescribeMetricFilters", **missing, fails=gone)
    d.logs("DescribeMetricFilters", metricName="errors", fails=wrong)
    lines = {"logEventMessages": ['{"level": "error"}', '{"level": "info"}']}
    assert len(d.logs("TestMetricFilter", filterPattern='{ $.level = "error" }', **lines)["matches"]) == 1
    d.logs("TestMetricFilter", filterPattern="{ $.level = ", **lines, fails=wrong)
    d.logs("DeleteMetricFilter", **group, filterName="errors")
    d.logs("DeleteMetricFilter", **group, filterName="errors", fails=gone)


@alone
def event_subscriptions(d):
    """Who is told of databases."""
    sequences_rds.subnet_group(d)
    sequences_rds.instance(d)
    arn = topic(d)
    named, gone = {"SubscriptionName": "told"}, "SubscriptionNotFound"
    source = {"SourceIdentifier": "db"}

    def active(answer):
        return [it["Status"] for it in answer["EventSubscriptionsList"]] == ["active"]

    made = {"SnsTopicArn": arn, "SourceType": "db-instance"}
    d.rds("CreateEventSubscription", **named, **made, EventCategories=["failure"], SourceIds=["db"], Tags=TAGS)
    d.rds("CreateEventSubscription", **named, **made, fails="SubscriptionAlreadyExist")
    d.rds("CreateEventSubscription", SubscriptionName="x", SnsTopicArn=f"{SNS}:none", fails="SNSTopicArnNotFound")
    d.rds("CreateEventSubscription", SubscriptionName="x", **made, EventCategories=["x"], fails="SubscriptionCategoryNotFound")
    d.rds("DescribeEventSubscriptions", **named, until=active)
    d.rds("DescribeEventSubscriptions", SubscriptionName="none", fails=gone)
    d.rds("ModifyEventSubscription", **named, EventCategories=["failure", "failover"], Enabled=False)
    d.rds("ModifyEventSubscription", SubscriptionName="none", Enabled=False, fails=gone)
    d.rds("RemoveSourceIdentifierFromSubscription", **named, **source)
    d.rds("RemoveSourceIdentifierFromSubscription", **named, **source, fails="SourceNotFound")
    d.rds("AddSourceIdentifierToSubscription", **named, **source)
    d.rds("AddSourceIdentifierToSubscription", **named, SourceIdentifier="none", fails="SourceNotFound")
    d.rds("DescribeEventSubscriptions", until=active)
    d.rds("DescribeEventCategories", SourceType="db-instance")
    d.rds("DescribeEventCategories", SourceType="nonsense", fails="InvalidParameterValue")
    d.rds("DeleteEventSubscription", **named)
    d.rds("DeleteEventSubscription", SubscriptionName="none", fails=gone)
