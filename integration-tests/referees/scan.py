"""An environment that clctl has applied, and what Prowler finds in it: `scan.py <python of the scanner>`.

What it finds wrong with a thing of the environment, or with what AWS made inside it, is listed in accepted.toml with the
reason why it stays; what is not listed fails, and so does what is listed and not found any more. What Prowler cannot ask,
because the simulator does not model it, is listed there as well: of that it says nothing.
"""

import collections
import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import tomllib

import servers
import test_checklist

HERE = pathlib.Path(__file__).parent
ACCEPTED = HERE / "accepted.toml"
NAME = "demo"
# What an environment is made of; Prowler's names.
SERVICES = (
    "acm", "autoscaling", "backup", "cloudwatch", "ec2", "elbv2", "iam", "kms", "rds", "route53", "secretsmanager",
    "sns", "ssm", "vpc",
)  # fmt: skip


def spec():
    """node.yaml, with what it leaves to the user and costs little: flow logs."""
    text = (servers.ROOT / "examples/node.yaml").read_text()
    before = "        natGateways: OnePerZone\n"
    assert text.count(before) == 1
    return text.replace(before, f"{before}    flowLogs: {{enabled: true}}\n")


def inside(client):
    """The ids of what is in the VPC of the environment: AWS makes things there too."""
    ec2 = client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:clctl.dev/environment", "Values": [NAME]}])["Vpcs"]
    of = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    return {
        vpc["VpcId"],
        *(it["NetworkAclId"] for it in ec2.describe_network_acls(Filters=of)["NetworkAcls"]),
        *(it["GroupId"] for it in ec2.describe_security_groups(Filters=of)["SecurityGroups"]),
        *(it["SubnetId"] for it in ec2.describe_subnets(Filters=of)["Subnets"]),
        *(it["NetworkInterfaceId"] for it in ec2.describe_network_interfaces(Filters=of)["NetworkInterfaces"]),
    }


def thing(finding, ids):
    """What of the environment a finding is about, by its address or its name; nothing if it is about something else."""
    if finding["tags"].get("clctl.dev/environment") == NAME and not finding["resource"].endswith(":account"):
        return finding["tags"].get("clctl.dev/address", "")
    last = re.split(r"[:/]", finding["resource"])[-1]
    if last in ids:
        return last.rpartition("-")[0]
    if re.search(rf"\bclctl[-/]{NAME}\b", finding["resource"]):
        return finding["resource"].split(":", 5)[5]
    return None


def scanned(python, folder):
    sandbox = test_checklist.Sandbox(folder)
    test_checklist.build(sandbox, spec())
    server = sandbox.serve()
    try:
        log = folder / "prowler.log"
        ran = subprocess.run(
            [python, HERE / "prowled.py", servers.REGION, log, *SERVICES],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=servers.environment(AWS_ENDPOINT_URL=server.url),
        )
        ids = inside(server.client)
    finally:
        server.stop()
    findings = [json.loads(line) for line in ran.stdout.splitlines()]
    unasked = set(re.findall(r"does not model the (?:service|operation) ([\w-]+(?::\w+)?)", log.read_text()))
    return findings, unasked, ids


def main(python):
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        findings, unasked, ids = scanned(python, pathlib.Path(folder))
    listed = tomllib.loads(ACCEPTED.read_text())
    wrong, seen = [], collections.Counter()
    found = [(it, thing(it, ids)) for it in findings]
    found = [(it, what) for it, what in found if what is not None]
    for finding, what in found:
        if finding["status"] != "FAIL" or finding["check"] in listed["left_out"]:
            continue
        entries = [
            n
            for n, it in enumerate(listed["accepted"])
            if it["check"] == finding["check"] and any(fnmatch.fnmatch(what, on) for on in it["on"])
        ]
        seen.update(entries)
        if not entries:
            wrong.append(f"not accepted: {finding['severity']} {finding['check']} on {what}: {finding['says']}")
    for n, it in enumerate(listed["accepted"]):
        assert len(it["because"]) > 20, it
        if not seen[n]:
            wrong.append(f"accepted and not found any more: {it['check']} on {it['on']}")
    for it in sorted(unasked - set(listed["unasked"])):
        wrong.append(f"cannot be asked, and is not listed as such: {it}")
    for it in sorted(set(listed["unasked"]) - unasked):
        wrong.append(f"listed as what cannot be asked, and was: {it}")
    counts = collections.Counter(it["status"] for it, _ in found)
    checks = len({it["check"] for it, _ in found})
    print(
        f"Prowler: {len(found)} findings of {checks} checks on the environment, {counts['PASS']} of them good, "
        f"{counts['FAIL']} accepted by {len(seen)} entries or wrong, in {time.monotonic() - begun:.0f} s"
    )
    for it in wrong:
        print(it)
    return 1 if wrong or not counts["PASS"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
