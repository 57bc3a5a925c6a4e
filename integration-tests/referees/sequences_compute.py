"""Sequences of instances, launch templates and Auto Scaling, which the simulator is driven through alone but for one.

They are held against https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ and
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/ by what docs/simulator.md lists. In moto an instance runs and
ends in the answer that asks for it and a group's instances are there at once: that would be told of every step.
"""

import base64

from drive import alone, sequence, tags
from sequences_ec2 import KEY, filters, gateway, group, subnet, vpc

LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
NONE = "0123456789abcdef0"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


def image(d):
    return d.ssm("GetParameter", Name=LINUX)["Parameter"]["Value"]


def launch(d, where, **more):
    asked = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": where} | more
    return d.ec2("RunInstances", ImageId=image(d), **asked)["Instances"][0]["InstanceId"]


@alone
def images_and_types(d):
    """What there is to launch from, and of what."""
    newest = image(d)
    d.ec2("DescribeImages", ImageIds=[newest])
    d.ec2("DescribeImages", Owners=["amazon"], Filters=filters(architecture="arm64"))
    d.ec2("DescribeImages", ImageIds=[f"ami-{NONE}"], fails="InvalidAMIID.NotFound")
    d.ssm("GetParametersByPath", Path=LINUX.rpartition("/")[0])
    d.ssm("GetParameter", Name=f"{LINUX}-no", fails="ParameterNotFound")
    d.ec2("DescribeInstanceTypes", InstanceTypes=["t3.micro", "m6i.large"])
    d.ec2("DescribeInstanceTypes", InstanceTypes=["nonsense"], fails="InvalidInstanceType")
    d.ec2("DescribeInstanceTypeOfferings", LocationType="availability-zone")
    d.ec2("DescribeInstanceTypeOfferings", LocationType="nonsense", fails="InvalidParameterValue")


@alone
def instances(d):
    """An instance's life."""
    main = vpc(d)
    gateway(d, main)
    where, guard = subnet(d, main), group(d, main, "guard")
    d.ec2("ImportKeyPair", KeyName="k", PublicKeyMaterial=KEY)
    d.iam("CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    d.iam("CreateInstanceProfile", InstanceProfileName="p")
    d.iam("AddRoleToInstanceProfile", InstanceProfileName="p", RoleName="r")
    one = launch(
        d,
        where,
        KeyName="k",
        SecurityGroupIds=[guard],
        IamInstanceProfile={"Name": "p"},
        UserData="#!/bin/sh",
        Monitoring={"Enabled": True},
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}},
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": False}},
        ],
        TagSpecifications=tags("instance", Name="one") + tags("volume", Name="one"),
        ClientToken="once",
    )
    d.wait("ec2", "instance_running", InstanceIds=[one])
    d.ec2("DescribeInstances", InstanceIds=[one])
    d.ec2("DescribeInstances", InstanceIds=[f"i-{NONE}"], fails="InvalidInstanceID.NotFound")
    d.wait("ec2", "instance_status_ok", InstanceIds=[one])
    d.ec2("DescribeInstanceStatus", InstanceIds=[one])
    d.ec2("DescribeInstanceStatus", InstanceIds=[f"i-{NONE}"], fails="InvalidInstanceID.NotFound")
    d.ec2("DescribeInstanceStatus", IncludeAllInstances=True)
    d.ec2("GetConsoleOutput", InstanceId=one)
    d.ec2("GetLaunchTemplateData", InstanceId=one)
    d.ec2("GetLaunchTemplateData", InstanceId=f"i-{NONE}", fails="InvalidInstanceID.NotFound")
    d.ec2("GetConsoleOutput", InstanceId=f"i-{NONE}", fails="InvalidInstanceID.NotFound")
    for attribute in (
        "instanceType userData disableApiTermination disableApiStop instanceInitiatedShutdownBehavior rootDeviceName "
        "sourceDestCheck ebsOptimized enaSupport sriovNetSupport blockDeviceMapping groupSet kernel"
    ).split():
        d.ec2("DescribeInstanceAttribute", InstanceId=one, Attribute=attribute)
    missing = {"InstanceId": f"i-{NONE}", "Attribute": "userData"}
    d.ec2("DescribeInstanceAttribute", **missing, fails="InvalidInstanceID.NotFound")
    d.ec2("ModifyInstanceAttribute", InstanceId=one, DisableApiTermination={"Value": True})
    d.ec2("TerminateInstances", InstanceIds=[one], fails="OperationNotPermitted")
    d.ec2("ModifyInstanceAttribute", InstanceId=one, DisableApiTermination={"Value": False})
    d.ec2("ModifyInstanceAttribute", InstanceId=one, InstanceType={"Value": "t3.small"}, fails="IncorrectInstanceState")
    d.ec2("ModifyInstanceMetadataOptions", InstanceId=one, HttpPutResponseHopLimit=2)
    over = {"InstanceId": one, "HttpPutResponseHopLimit": 65}
    d.ec2("ModifyInstanceMetadataOptions", **over, fails="InvalidParameterValue")
    address = d.ec2("AllocateAddress", Domain="vpc")["AllocationId"]
    held = d.ec2("AssociateAddress", AllocationId=address, InstanceId=one)["AssociationId"]
    d.ec2("DescribeAddresses", Filters=filters(instance_id=one))
    d.ec2("DescribeNetworkInterfaces", Filters=[{"Name": "attachment.instance-id", "Values": [one]}])
    d.ec2("DescribeInstances", InstanceIds=[one])
    d.ec2("DisassociateAddress", AssociationId=held)
    d.ec2("RebootInstances", InstanceIds=[one])
    d.ec2("RebootInstances", InstanceIds=[f"i-{NONE}"], fails="InvalidInstanceID.NotFound")
    d.ec2("StopInstances", InstanceIds=[one])
    d.wait("ec2", "instance_stopped", InstanceIds=[one])
    d.ec2("StartInstances", InstanceIds=[one])
    d.ec2("StopInstances", InstanceIds=[one], fails="IncorrectInstanceState")
    d.wait("ec2", "instance_running", InstanceIds=[one])
    volumes = d.ec2("DescribeVolumes", Filters=[{"Name": "attachment.instance-id", "Values": [one]}])
    d.ec2("DescribeVolumes", VolumeIds=[f"vol-{NONE}"], fails="InvalidVolume.NotFound")
    kept = next(it["VolumeId"] for it in volumes["Volumes"] if it["Size"] == 1)
    d.ec2("DeleteVolume", VolumeId=kept, fails="VolumeInUse")
    d.ec2("TerminateInstances", InstanceIds=[one])
    d.ec2("StartInstances", InstanceIds=[one], fails="IncorrectInstanceState")
    d.ec2("DeleteSubnet", SubnetId=where, fails="DependencyViolation")
    d.wait("ec2", "instance_terminated", InstanceIds=[one])
    d.ec2("DescribeInstances", InstanceIds=[one])
    d.ec2("DeleteVolume", VolumeId=kept)
    d.ec2("DeleteSubnet", SubnetId=where)
    d.ec2("ReleaseAddress", AllocationId=address)
    d.ec2("RunInstances", ImageId=f"ami-{NONE}", MinCount=1, MaxCount=1, fails="InvalidAMIID.NotFound")


@sequence
def what_is_told_of_launches(d):
    """What clctl looks at again of what it made, and moto tells otherwise: see mended_moto.py."""
    main = vpc(d)
    where, guard = subnet(d, main), group(d, main, "guard")
    data = {
        "ImageId": image(d),
        "InstanceType": "t3.micro",
        "NetworkInterfaces": [{"DeviceIndex": 0, "DeleteOnTermination": True, "Groups": [guard]}],
        "TagSpecifications": tags("instance", Name="launched"),
    }
    named = {"LaunchTemplateName": "nodes"}
    d.ec2("CreateLaunchTemplate", **named, LaunchTemplateData=data, TagSpecifications=tags("launch-template", Name="ours"))
    d.ec2("DescribeLaunchTemplateVersions", **named)
    size = {"MinSize": 1, "MaxSize": 1, "VPCZoneIdentifier": where}
    d.autoscaling("CreateAutoScalingGroup", **NODES, LaunchTemplate={**named, "Version": "1"}, **size)
    there = {"Filters": filters(subnet_id=where)}
    used = {"until": lambda it: [each["Status"] for each in it["NetworkInterfaces"]] == ["in-use"]}
    d.ec2("DescribeNetworkInterfaces", **there, **used)
    d.autoscaling("DeleteAutoScalingGroup", **NODES, ForceDelete=True)
    d.ec2("DescribeNetworkInterfaces", **there, until=lambda it: not it["NetworkInterfaces"])


def template(d, name="nodes", **more):
    data = {"ImageId": image(d), "InstanceType": "t3.micro"} | more
    made = d.ec2("CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=data)
    return made["LaunchTemplate"]["LaunchTemplateId"]


@alone
def launch_templates(d):
    """A template's life."""
    data = {
        "ImageId": image(d),
        "InstanceType": "m6i.large",
        "UserData": base64.b64encode(b"#!/bin/sh").decode(),
        "IamInstanceProfile": {"Name": "p"},
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 20}}],
        "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": [f"sg-{NONE}"]}],
        "Monitoring": {"Enabled": True},
        "Placement": {"Tenancy": "default"},
        "CreditSpecification": {"CpuCredits": "standard"},
        "MaintenanceOptions": {"AutoRecovery": "default"},
        "TagSpecifications": tags("instance", Name="node") + tags("volume", Name="node"),
        "InstanceInitiatedShutdownBehavior": "terminate",
        "DisableApiTermination": False,
    }
    made = d.ec2(
        "CreateLaunchTemplate",
        LaunchTemplateName="nodes",
        LaunchTemplateData=data,
        VersionDescription="first",
        TagSpecifications=tags("launch-template", Name="nodes"),
    )
    one = made["LaunchTemplate"]["LaunchTemplateId"]
    again = {"LaunchTemplateName": "nodes", "LaunchTemplateData": {"InstanceType": "t3.micro"}}
    d.ec2("CreateLaunchTemplate", **again, fails="InvalidLaunchTemplateName.AlreadyExistsException")
    d.ec2("CreateLaunchTemplateVersion", LaunchTemplateId=one, SourceVersion="1", LaunchTemplateData={"KeyName": "k"})
    missing = {"LaunchTemplateId": f"lt-{NONE}"}
    new = {"LaunchTemplateData": {"KeyName": "k"}}
    d.ec2("CreateLaunchTemplateVersion", **missing, **new, fails="InvalidLaunchTemplateId.NotFound")
    d.ec2("DescribeLaunchTemplates", LaunchTemplateNames=["nodes"])
    d.ec2("DescribeLaunchTemplates", LaunchTemplateIds=[f"lt-{NONE}"], fails="InvalidLaunchTemplateId.NotFound")
    d.ec2("DescribeLaunchTemplateVersions", LaunchTemplateId=one)
    d.ec2("DescribeLaunchTemplateVersions", Versions=["$Latest", "$Default"])
    unknown = {"LaunchTemplateId": one, "Versions": ["9"]}
    d.ec2("DescribeLaunchTemplateVersions", **unknown, fails="InvalidLaunchTemplateId.VersionNotFound")
    d.ec2("ModifyLaunchTemplate", LaunchTemplateId=one, DefaultVersion="2")
    unknown = {"LaunchTemplateId": one, "DefaultVersion": "9"}
    d.ec2("ModifyLaunchTemplate", **unknown, fails="InvalidLaunchTemplateId.VersionNotFound")
    d.ec2("DeleteLaunchTemplateVersions", LaunchTemplateId=one, Versions=["1", "2", "9"])
    d.ec2("DeleteLaunchTemplateVersions", **missing, Versions=["1"], fails="InvalidLaunchTemplateId.NotFound")
    d.ec2("DeleteLaunchTemplate", LaunchTemplateId=one)
    d.ec2("DeleteLaunchTemplate", LaunchTemplateId=one, fails="InvalidLaunchTemplateId.NotFound")


def settled(count):
    """Whether a group has so many instances, all in service."""

    def check(answer):
        states = [it["LifecycleState"] for it in answer["AutoScalingGroups"][0]["Instances"]]
        return states == ["InService"] * count

    return check


NODES = {"AutoScalingGroupName": "nodes"}
NOBODY = {"AutoScalingGroupName": "nobody"}


def members(d, count=2):
    seen = d.autoscaling("DescribeAutoScalingGroups", AutoScalingGroupNames=["nodes"], until=settled(count))
    return [it["InstanceId"] for it in seen["AutoScalingGroups"][0]["Instances"]]


@alone
def groups(d):
    """A group's life, and what it is asked."""
    main = vpc(d)
    here, there = subnet(d, main), subnet(d, main, "10.0.1.0/24", "us-east-1b")
    plan = {"LaunchTemplate": {"LaunchTemplateId": template(d), "Version": "1"}}
    size = {"MinSize": 2, "MaxSize": 3, "VPCZoneIdentifier": f"{here},{there}"}
    tag = {"ResourceId": "nodes", "ResourceType": "auto-scaling-group", "Key": "Name", "Value": "node"}
    d.autoscaling("CreateAutoScalingGroup", **NODES, **plan, **size, Tags=[tag | {"PropagateAtLaunch": True}])
    d.autoscaling("CreateAutoScalingGroup", **NODES, **plan, **size, fails="AlreadyExists")
    one, two = members(d)
    d.autoscaling("DescribeAutoScalingGroups", Filters=[{"Name": "tag:Name", "Values": ["node"]}])
    d.autoscaling("DescribeAutoScalingGroups", Filters=[{"Name": "x", "Values": ["y"]}], fails="ValidationError")
    d.autoscaling("DescribeAutoScalingInstances", InstanceIds=[one])
    d.autoscaling("DescribeAutoScalingInstances", NextToken="x", fails="InvalidNextToken")
    d.autoscaling("DescribeScalingActivities", **NODES)
    d.autoscaling("DescribeScalingActivities", **NOBODY, fails="ValidationError")
    d.autoscaling("UpdateAutoScalingGroup", **NODES, MinSize=0, HealthCheckGracePeriod=60, DefaultInstanceWarmup=30)
    d.autoscaling("UpdateAutoScalingGroup", **NODES, MinSize=9, fails="ValidationError")
    d.autoscaling("SuspendProcesses", **NODES, ScalingProcesses=["AZRebalance"])
    d.autoscaling("SuspendProcesses", **NODES, ScalingProcesses=["x"], fails="ValidationError")
    d.autoscaling("DescribeAutoScalingGroups", AutoScalingGroupNames=["nodes"])
    d.autoscaling("ResumeProcesses", **NODES)
    d.autoscaling("ResumeProcesses", **NOBODY, fails="ValidationError")
    d.autoscaling("EnableMetricsCollection", **NODES, Granularity="1Minute")
    d.autoscaling("EnableMetricsCollection", **NODES, Granularity="1Hour", fails="ValidationError")
    d.autoscaling("DescribeAutoScalingGroups", AutoScalingGroupNames=["nodes"])
    d.autoscaling("DisableMetricsCollection", **NODES)
    d.autoscaling("DisableMetricsCollection", **NOBODY, fails="ValidationError")
    d.autoscaling("CreateOrUpdateTags", Tags=[tag | {"Value": "other", "PropagateAtLaunch": False}])
    d.autoscaling("CreateOrUpdateTags", Tags=[tag | {"ResourceId": "nobody"}], fails="ValidationError")
    d.autoscaling("DescribeTags", Filters=[{"Name": "auto-scaling-group", "Values": ["nodes"]}])
    d.autoscaling("DescribeTags", Filters=[{"Name": "x", "Values": ["y"]}], fails="ValidationError")
    d.autoscaling("DeleteTags", Tags=[tag])
    d.autoscaling("DeleteTags", Tags=[tag | {"ResourceId": "nobody"}], fails="ValidationError")
    home = d.ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    target = d.elbv2("CreateTargetGroup", Name="t", Protocol="HTTP", Port=80, VpcId=home)
    target = target["TargetGroups"][0]["TargetGroupArn"]
    d.autoscaling("AttachLoadBalancerTargetGroups", **NODES, TargetGroupARNs=[target])
    d.autoscaling("AttachLoadBalancerTargetGroups", **NODES, TargetGroupARNs=["x"], fails="ValidationError")
    d.autoscaling("DescribeLoadBalancerTargetGroups", **NODES)
    d.autoscaling("DescribeLoadBalancerTargetGroups", **NOBODY, fails="ValidationError")
    d.autoscaling("DetachLoadBalancerTargetGroups", **NODES, TargetGroupARNs=[target])
    d.autoscaling("DetachLoadBalancerTargetGroups", **NODES, TargetGroupARNs=[target + "0"], fails="ValidationError")
    told = {"TopicARN": TOPIC, "NotificationTypes": ["autoscaling:EC2_INSTANCE_LAUNCH"]}
    d.autoscaling("PutNotificationConfiguration", **NODES, **told)
    d.autoscaling("PutNotificationConfiguration", **NOBODY, **told, fails="ValidationError")
    d.autoscaling("DescribeNotificationConfigurations", AutoScalingGroupNames=["nodes"])
    d.autoscaling("DescribeNotificationConfigurations", NextToken="x", fails="InvalidNextToken")
    d.autoscaling("DeleteNotificationConfiguration", **NODES, TopicARN=TOPIC)
    d.autoscaling("DeleteNotificationConfiguration", **NODES, TopicARN=TOPIC, fails="ValidationError")
    d.autoscaling("SetDesiredCapacity", **NODES, DesiredCapacity=3)
    d.autoscaling("SetDesiredCapacity", **NODES, DesiredCapacity=9, fails="ValidationError")
    members(d, 3)
    d.autoscaling("DeleteAutoScalingGroup", **NODES, fails="ResourceInUse")
    d.autoscaling("DeleteAutoScalingGroup", **NODES, ForceDelete=True)
    gone = {"until": lambda it: not it["AutoScalingGroups"]}
    d.autoscaling("DescribeAutoScalingGroups", AutoScalingGroupNames=["nodes"], **gone)
    d.autoscaling("DescribeScalingActivities", **NODES, IncludeDeletedGroups=True)


@alone
def members_of_groups(d):
    """Instances on their way into a group and out of it."""
    main = vpc(d)
    here, there = subnet(d, main), subnet(d, main, "10.0.1.0/24", "us-east-1b")
    plan = {"LaunchTemplate": {"LaunchTemplateName": "nodes", "Version": "$Latest"}}
    template(d)
    size = {"MinSize": 0, "MaxSize": 4, "DesiredCapacity": 2, "VPCZoneIdentifier": f"{here},{there}"}
    d.autoscaling("CreateAutoScalingGroup", **NODES, **plan, **size)
    one, two = members(d)
    hook = {"LifecycleHookName": "down", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}
    d.autoscaling("PutLifecycleHook", **NODES, **hook)
    d.autoscaling("PutLifecycleHook", **NOBODY, **hook, fails="ValidationError")
    d.autoscaling("DescribeLifecycleHooks", **NODES)
    d.autoscaling("DescribeLifecycleHooks", **NOBODY, fails="ValidationError")
    keep = {"ShouldDecrementDesiredCapacity": False}
    d.autoscaling("TerminateInstanceInAutoScalingGroup", InstanceId=one, ShouldDecrementDesiredCapacity=True)
    unknown = {"InstanceId": f"i-{NONE}"}
    d.autoscaling("TerminateInstanceInAutoScalingGroup", **unknown, **keep, fails="ValidationError")
    waits = {
        "until": lambda it: any(
            each["LifecycleState"] == "Terminating:Wait" for each in it["AutoScalingGroups"][0]["Instances"]
        )
    }
    d.autoscaling("DescribeAutoScalingGroups", AutoScalingGroupNames=["nodes"], **waits)
    waiting = {"LifecycleHookName": "down", "InstanceId": one}
    d.autoscaling("RecordLifecycleActionHeartbeat", **NODES, **waiting)
    d.autoscaling("CompleteLifecycleAction", **NODES, **waiting, LifecycleActionResult="CONTINUE")
    d.autoscaling("RecordLifecycleActionHeartbeat", **NODES, **waiting, fails="ValidationError")
    d.autoscaling("CompleteLifecycleAction", **NODES, **waiting, LifecycleActionResult="CONTINUE", fails="ValidationError")
    members(d, 1)
    d.autoscaling("DeleteLifecycleHook", **NODES, LifecycleHookName="down")
    d.autoscaling("DeleteLifecycleHook", **NODES, LifecycleHookName="down", fails="ValidationError")
    d.autoscaling("SetInstanceProtection", **NODES, InstanceIds=[two], ProtectedFromScaleIn=True)
    stranger = {"InstanceIds": [f"i-{NONE}"]}
    d.autoscaling("SetInstanceProtection", **NODES, **stranger, ProtectedFromScaleIn=True, fails="ValidationError")
    d.autoscaling("EnterStandby", **NODES, InstanceIds=[two], ShouldDecrementDesiredCapacity=True)
    d.autoscaling("EnterStandby", **NODES, **stranger, **keep, fails="ValidationError")
    stands = {"until": lambda it: it["AutoScalingInstances"][0]["LifecycleState"] == "Standby"}
    d.autoscaling("DescribeAutoScalingInstances", InstanceIds=[two], **stands)
    d.autoscaling("ExitStandby", **NODES, InstanceIds=[two])
    d.autoscaling("ExitStandby", **NODES, **stranger, fails="ValidationError")
    members(d, 1)
    d.autoscaling("DetachInstances", **NODES, InstanceIds=[two], ShouldDecrementDesiredCapacity=True)
    alone_now = {"until": lambda it: not it["AutoScalingInstances"]}
    d.autoscaling("DescribeAutoScalingInstances", InstanceIds=[two], **alone_now)
    d.autoscaling("DetachInstances", **NODES, InstanceIds=[two], **keep, fails="ValidationError")
    d.autoscaling("AttachInstances", **NODES, InstanceIds=[two])
    d.autoscaling("AttachInstances", **NODES, **stranger, fails="ValidationError")
    members(d, 1)
    d.autoscaling("SetInstanceHealth", InstanceId=two, HealthStatus="Unhealthy")
    d.autoscaling("SetInstanceHealth", **unknown, HealthStatus="Unhealthy", fails="ValidationError")
