"""Sequences of the services that have few: STS, SSM, CloudWatch and its logs, Service Quotas, the tagging API."""

import datetime

from drive import alone, sequence


@sequence
def caller(d):
    """Who am I."""
    d.sts("GetCallerIdentity")


@sequence
def parameters(d):
    """Parameters: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"""
    one = "/referee/one"
    d.ssm("PutParameter", Name=one, Value="1", Type="String", Description="one", Tags=[{"Key": "team", "Value": "oracles"}])
    d.ssm("PutParameter", Name=one, Value="2", Type="String", fails="ParameterAlreadyExists")
    d.ssm("PutParameter", Name=one, Value="2", Type="String", Overwrite=True)
    d.ssm("PutParameter", Name="/referee/two", Value="a,b", Type="StringList")
    d.ssm("PutParameter", Name="/referee/deep/three", Value="3", Type="String")
    d.ssm("GetParameter", Name=one)
    d.ssm("GetParameter", Name=f"{one}:1")
    d.ssm("GetParameter", Name="/referee/none", fails="ParameterNotFound")
    d.ssm("GetParameters", Names=[one, "/referee/two", "/referee/none"])
    d.ssm("GetParametersByPath", Path="/referee")
    d.ssm("GetParametersByPath", Path="/referee", Recursive=True)
    d.ssm("DescribeParameters", ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/referee/"]}])
    d.ssm("AddTagsToResource", ResourceType="Parameter", ResourceId=one, Tags=[{"Key": "stage", "Value": "test"}])
    d.ssm("ListTagsForResource", ResourceType="Parameter", ResourceId=one)
    d.ssm("RemoveTagsFromResource", ResourceType="Parameter", ResourceId=one, TagKeys=["team"])
    d.ssm("ListTagsForResource", ResourceType="Parameter", ResourceId=one)
    d.ssm("ListTagsForResource", ResourceType="Parameter", ResourceId="/referee/none", fails="InvalidResourceId")
    d.ssm("DeleteParameter", Name=one)
    d.ssm("DeleteParameter", Name=one, fails="ParameterNotFound")
    d.ssm("DeleteParameters", Names=["/referee/two", "/referee/deep/three", "/referee/none"])


@alone
def metrics(d):
    """Metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"""
    space, name = "referee/x", "balance"
    of = [{"Name": "chain", "Value": "1"}]
    one = {"MetricName": name, "Dimensions": of, "Value": 1.5, "Unit": "None"}
    d.cloudwatch("PutMetricData", Namespace=space, MetricData=[one])
    several = {"MetricName": name, "Dimensions": of, "Values": [1.0, 2.0], "Counts": [3.0, 4.0]}
    d.cloudwatch("PutMetricData", Namespace=space, MetricData=[several])
    d.cloudwatch("PutMetricData", Namespace="AWS/EC2", MetricData=[one], fails="InvalidParameterValue")
    both = {**one, "StatisticValues": {"SampleCount": 1.0, "Sum": 1.0, "Minimum": 1.0, "Maximum": 1.0}}
    d.cloudwatch("PutMetricData", Namespace=space, MetricData=[both], fails="InvalidParameterCombination")
    d.cloudwatch("PutMetricData", Namespace=space, MetricData=[{"MetricName": name}], fails="MissingParameter")
    d.cloudwatch("ListMetrics", Namespace=space, until=lambda it: it["Metrics"])
    d.cloudwatch("ListMetrics", Namespace=space, RecentlyActive="PT1H", fails="InvalidParameterValue")
    # The world has a clock of its own, which begins with the year.
    span = {
        "StartTime": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
        "EndTime": datetime.datetime(2026, 1, 15, tzinfo=datetime.timezone.utc),
    }
    stat = {
        "Metric": {"Namespace": space, "MetricName": name, "Dimensions": of}, "Period": 86400, "Stat": "Sum",
    }
    query = {"Id": "a", "MetricStat": stat}
    d.cloudwatch(
        "GetMetricData", MetricDataQueries=[query], **span, until=lambda it: it["MetricDataResults"][0]["Values"] == [12.5]
    )
    d.cloudwatch("GetMetricData", MetricDataQueries=[{**query, "Id": "A"}], **span, fails="ValidationError")
    asked = {"Namespace": space, "MetricName": name, "Dimensions": of, "Period": 86400, **span}
    d.cloudwatch("GetMetricStatistics", Statistics=["Sum", "Average"], **asked)
    d.cloudwatch("GetMetricStatistics", Statistics=["Middle"], **asked, fails="InvalidParameterValue")


@sequence
def logs(d):
    """Log groups: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"""
    name, stream = "/referee/node", "i-0"
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
    d.logs("CreateLogGroup", logGroupName=name, tags={"team": "oracles"})
    d.logs("CreateLogGroup", logGroupName=name, fails="ResourceAlreadyExistsException")
    d.logs("PutRetentionPolicy", logGroupName=name, retentionInDays=30)
    d.logs("PutRetentionPolicy", logGroupName=name, retentionInDays=31, fails="InvalidParameterException")
    d.logs("PutRetentionPolicy", logGroupName="/referee/none", retentionInDays=30, fails="ResourceNotFoundException")
    d.logs("DescribeLogGroups", logGroupNamePrefix=name)
    d.logs("ListLogGroups", logGroupNamePattern="referee")
    d.logs("DeleteRetentionPolicy", logGroupName=name)
    d.logs("DescribeLogGroups", logGroupNamePrefix=name)
    d.logs("TagResource", resourceArn=arn, tags={"stage": "test"})
    d.logs("UntagResource", resourceArn=arn, tagKeys=["team"])
    d.logs("ListTagsForResource", resourceArn=arn)
    # The former way, which is still there.
    d.logs("TagLogGroup", logGroupName=name, tags={"owner": "us"})
    d.logs("UntagLogGroup", logGroupName=name, tags=["stage"])
    d.logs("ListTagsLogGroup", logGroupName=name)
    d.logs("ListTagsLogGroup", logGroupName="/referee/none", fails="ResourceNotFoundException")
    d.logs("CreateLogStream", logGroupName=name, logStreamName=stream)
    d.logs("CreateLogStream", logGroupName=name, logStreamName=stream, fails="ResourceAlreadyExistsException")
    d.logs("DescribeLogStreams", logGroupName=name)
    d.logs("DeleteLogStream", logGroupName=name, logStreamName=stream)
    key = d.kms("CreateKey")["KeyMetadata"]
    d.logs("AssociateKmsKey", logGroupName=name, kmsKeyId="arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000", fails="InvalidParameterException")
    policy = """{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Resource": "*",
         "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]}]}"""
    d.kms("PutKeyPolicy", KeyId=key["KeyId"], PolicyName="default", Policy=policy)
    d.logs("AssociateKmsKey", logGroupName=name, kmsKeyId=key["Arn"])
    d.logs("DescribeLogGroups", logGroupNamePrefix=name)
    d.logs("DisassociateKmsKey", logGroupName=name)
    d.kms("ScheduleKeyDeletion", KeyId=key["KeyId"], PendingWindowInDays=7)
    d.logs("PutLogGroupDeletionProtection", logGroupIdentifier=name, deletionProtectionEnabled=True)
    d.logs("DeleteLogGroup", logGroupName=name, fails=("ValidationException", "OperationAbortedException"))
    d.logs("PutLogGroupDeletionProtection", logGroupIdentifier=name, deletionProtectionEnabled=False)
    d.logs("DeleteLogGroup", logGroupName=name)
    d.logs("DeleteLogGroup", logGroupName=name, fails="ResourceNotFoundException")


@sequence
def log_events(d):
    """Events of a stream, at the world's time."""
    import datetime

    name, stream = "/referee/events", "i-0"
    d.logs("CreateLogGroup", logGroupName=name)
    d.logs("CreateLogStream", logGroupName=name, logStreamName=stream)
    made = d.logs("DescribeLogStreams", logGroupName=name)
    # What is not from now is not taken, and which time it is the world says.
    now = made["logStreams"][0]["creationTime"] if d.strict else int(datetime.datetime.now().timestamp() * 1000)
    d.logs("PutLogEvents", logGroupName=name, logStreamName=stream, logEvents=[{"timestamp": now, "message": "started"}])
    d.logs("GetLogEvents", logGroupName=name, logStreamName=stream, startFromHead=True)
    d.logs("FilterLogEvents", logGroupName=name)
    d.logs("DeleteLogGroup", logGroupName=name)


@sequence
def quotas(d):
    """Quotas: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/"""
    d.quotas("GetServiceQuota", ServiceCode="vpc", QuotaCode="L-F678F1CE")
    d.quotas("GetAWSDefaultServiceQuota", ServiceCode="vpc", QuotaCode="L-F678F1CE")
    d.quotas("GetServiceQuota", ServiceCode="vpc", QuotaCode="L-00000000", fails="NoSuchResourceException")
    d.quotas("ListServiceQuotas", ServiceCode="vpc", MaxResults=100)
    d.quotas("ListAWSDefaultServiceQuotas", ServiceCode="vpc", MaxResults=100)


@sequence
def tagging(d):
    """Everything by its tags: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/"""
    d.ssm("PutParameter", Name="/referee/tagged", Value="x", Type="String", Tags=[{"Key": "referee", "Value": "tagged"}])
    vpc = d.ec2(
        "CreateVpc",
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "referee", "Value": "tagged"}]}],
    )["Vpc"]["VpcId"]
    ours = [{"Key": "referee", "Values": ["tagged"]}]
    d.tagging("GetResources", TagFilters=ours, until=lambda it: len(it["ResourceTagMappingList"]) == 2)
    d.tagging("GetResources", TagFilters=ours, ResourceTypeFilters=["ec2:vpc"])
    d.tagging("GetResources", TagFilters=[{"Key": "referee", "Values": ["none"]}])
    d.tagging("GetTagValues", Key="referee")
    d.tagging("GetTagKeys")
    d.ec2("DeleteVpc", VpcId=vpc)
    d.ssm("DeleteParameter", Name="/referee/tagged")
    d.logs("CreateLogGroup", logGroupName="/referee/tagged", tags={"referee": "tagged"})
    typed = {"TagFilters": ours, "ResourceTypeFilters": ["logs:log-group"]}
    d.tagging("GetResources", **typed, until=lambda it: len(it["ResourceTagMappingList"]) == 1)
    d.logs("DeleteLogGroup", logGroupName="/referee/tagged")
