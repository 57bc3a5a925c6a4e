"""Every paginator that botocore has for what the simulator models: pages of one to five, or as small as the service
allows, hold what one list does, in its order."""

import boto3
import botocore.exceptions
import pytest

import drive
import servers

# Lists of which the sequences leave nothing: what to make so that there is something to turn the pages of.
MANY = 7


def paginators(simulated):
    """(service, operation, the paginator's configuration) of all that are modelled."""
    session = boto3.session.Session(region_name=servers.REGION)
    names = {scope: boto for boto, scope in drive.SCOPES.items()}
    for service in sorted({service for service, _ in simulated}):
        client = session.client(names.get(service, service), aws_access_key_id="x", aws_secret_access_key="x")
        for method, operation in sorted(client.meta.method_to_api_mapping.items()):
            if (service, operation) in simulated and client.can_paginate(method):
                yield names.get(service, service), method, operation


# What a list needs to be asked for.
ASKED = {
    "GetParametersByPath": {"Path": "/pages", "Recursive": True},
}


@pytest.fixture(scope="module")
def stocked(simulated, checked):
    """A world of its own with several of each kind, so that the default quotas are not in the way of others."""
    server = servers.simulator()
    d = drive.Drive(server, checked, simulated)
    vpc = d.ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        d.ec2("CreateSubnet", VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{'ab'[n % 2]}")
        for n in range(MANY)
    ]
    subnets = [it["Subnet"]["SubnetId"] for it in subnets]
    for n in range(MANY):
        group = d.ec2("CreateSecurityGroup", GroupName=f"g{n}", Description="x", VpcId=vpc)["GroupId"]
        d.ec2("CreateNetworkInterface", SubnetId=subnets[n], Groups=[group])
        d.ec2("CreateRouteTable", VpcId=vpc)
        d.ec2("CreateTags", Resources=[subnets[n]], Tags=[{"Key": "n", "Value": str(n)}])
        d.ec2("CreateNatGateway", SubnetId=subnets[n], ConnectivityType="private")
        d.ssm("PutParameter", Name=f"/pages/p{n}", Value="x", Type="String")
    for n in range(3):
        d.ec2("CreateInternetGateway")
        d.ec2("CreateVpc", CidrBlock=f"10.{n + 1}.0.0/16")
    yield server
    server.stop()


def test_pages_hold_what_one_list_does(stocked, simulated, checked):
    turned = []
    for service, method, operation in paginators(simulated):
        client = stocked.client(service, checked)
        asked = ASKED.get(operation, {})
        pager = client.get_paginator(method)
        key = pager.result_keys[0]

        def listed(**config):
            pages = list(pager.paginate(**asked, PaginationConfig=config))  # noqa: B023
            return len(pages), [it for page in pages for it in (key.search(page) or [])]  # noqa: B023

        _, whole = listed()
        for size in range(1, 6):
            try:
                pages, items = listed(PageSize=size)
            except botocore.exceptions.ParamValidationError:
                # The model says so itself: EC2's smallest page is mostly one of five.
                assert service == "ec2" and size < 5, (operation, size)
                continue
            except botocore.exceptions.ClientError as error:
                # Where only the reference says so.
                code = error.response["Error"]["Code"]
                assert (service, code) == ("ec2", "InvalidParameterValue") and size < 5, (operation, size, error)
                continue
            assert items == whole, f"{operation} in pages of {size}"
            assert pages >= len(whole) / size, f"{operation} in pages of {size}: {pages} for {len(whole)}"
            if pages > 1:
                turned.append(operation)
    assert sorted(set(checked.complaints)) == []
    print("turned the pages of", ", ".join(sorted(set(turned))))
    assert len(set(turned)) >= 9, turned
