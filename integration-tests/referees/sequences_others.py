"""Sequences of STS and SSM."""

from drive import sequence


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
