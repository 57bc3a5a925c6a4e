"""Environments as their instances find them: in the simulator's account, with the roles that clctl declares for them,
the database, the secrets and the addresses that their scripts ask for. What the scripts do not ask for is left out, and
the instances have no user data: the fleet of the simulator plays whoever has clctl's, and here it is the scripts
themselves that act."""

import json
import subprocess
import time

import boto3
import botocore.config
import botocore.exceptions
import yaml

import servers

# What of a spec decides what instances are told and may do. The rest is not needed here, and clctl refuses to plan
# what it cannot do yet.
CHAPTERS = ["availabilityZones", "access", "nodes", "database", "secrets", "encryption"]
MASK = (1 << 64) - 1
SECRET_KEY = "SECRET-KEY-OF-THE-ROLE"
SESSION_TOKEN = "TOKEN-OF-THE-ROLE"


def until(what):
    """What `what` says, once it says something and is not refused: soon, for here an hour has twelve seconds."""
    deadline = time.monotonic() + 60
    while True:
        refused = None
        try:
            if said := what():
                return said
        except botocore.exceptions.ClientError as error:
            refused = error
        if time.monotonic() > deadline:
            raise AssertionError(f"after a minute there is nothing: {refused}")
        time.sleep(0.05)


def access_key(instance):
    """The access key that a role has on an instance. The simulator derives it from the id (`key_of` in its
    ec2/seen_from_outside.rs) and tells it nobody over the wire. It takes any other for the administrator's: whoever
    uses this has to see whose it is."""

    def mixed(number):
        number = (number + 0x9E3779B97F4A7C15) & MASK
        number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
        return number ^ (number >> 31)

    folded = mixed(1)
    for byte in instance.encode():
        folded = mixed(folded ^ byte)
    return f"ASIA{folded:016X}"


class Plan:
    """What clctl would make of a spec, as docs/schemas/diff.schema.json has it."""

    def __init__(self, spec, state):
        whole = yaml.safe_load(spec.read_text(encoding="utf-8"))
        kept = {name: whole["spec"][name] for name in CHAPTERS if name in whole["spec"]}
        kept["aws"] = {"region": whole["spec"]["aws"]["region"]}
        # In a sandbox of its own, in which there is nothing yet. That secrets of the user's are missing there, too,
        # keeps nobody from planning the rest.
        ran = subprocess.run(
            [servers.TARGET / "clctl", "--sandbox", "--state", state, "diff", "-f", "-", "-o", "json"],
            input=json.dumps({**whole, "spec": kept}),
            capture_output=True,
            text=True,
            env=servers.environment(),
        )
        assert ran.stdout, f"{spec.name}: {ran.stderr}"
        told = json.loads(ran.stdout)
        self.environment = told["environment"]
        self.fields = {
            step["address"]: {field["field"]: field["to"] for field in step["fields"]} for step in told["steps"]
        }

    def name(self, address):
        return self.fields[address]["tags"]["Name"]


def policy(planned, known):
    """A policy as IAM takes it. Of what comes to be later, `known` has the ARNs by its address."""

    def value(one):
        return known[one["knownAfter"].rpartition(".")[0]] if isinstance(one, dict) else one

    statements = []
    for one in planned["statements"]:
        statement = {"Effect": one["effect"], "Action": one["action"]}
        if "resource" in one:
            statement["Resource"] = [value(resource) for resource in one["resource"]]
        if "condition" in one:
            statement["Condition"] = one["condition"]
        for principal in one.get("principal", []):
            named = statement.setdefault("Principal", {})
            named.setdefault(principal["kind"], []).append(value(principal["id"]))
        statements.append(statement)
    return json.dumps({"Version": planned["version"], "Statement": statements})


class Environment:
    """What instances of an example find in their account."""

    def __init__(self, server, example, secrets, folder):
        self.server, self.example = server, example
        self.session = boto3.session.Session()
        plan = Plan(servers.ROOT / "examples" / f"{example}.yaml", folder)
        self.name, self.region = plan.environment["name"], plan.environment["region"]
        self.tags = [{"Key": "clctl.dev/uid", "Value": plan.environment["uid"]}]
        self.ec2, self.secrets, self.rds = map(self.client, ("ec2", "secretsmanager", "rds"))
        self.network()
        # As many as tests want; the plan knows of one.
        self.addresses = []
        if "eip/bastion-1" in plan.fields:
            tagged = [{"ResourceType": "elastic-ip", "Tags": self.tags}]
            for _ in range(3):
                made = self.ec2.allocate_address(Domain="vpc", TagSpecifications=tagged)
                self.addresses.append(made["AllocationId"])
        self.roles = {}
        self.make_roles(plan)
        self.make_secrets(plan, secrets)
        self.make_database(plan)
        name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
        self.image = self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]

    def client(self, service, key=servers.CLEAN["AWS_ACCESS_KEY_ID"]):
        settings = botocore.config.Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
        return self.session.client(
            service,
            region_name=self.region,
            endpoint_url=self.server.url,
            config=settings,
            aws_access_key_id=key,
            aws_secret_access_key=SECRET_KEY,
        )

    def network(self):
        """The VPC that every account has."""
        of = [{"Name": "default-for-az", "Values": ["true"]}]
        self.subnets = [it["SubnetId"] for it in self.ec2.describe_subnets(Filters=of)["Subnets"]]

    def make_roles(self, plan):
        iam = self.client("iam")
        account = plan.environment["account"]
        bastion = [f"arn:aws:ec2:{self.region}:{account}:elastic-ip/{it}" for it in self.addresses]
        for address in ("iam-role/nodes", "iam-role/bastion"):
            if address not in plan.fields:
                continue
            role, name = plan.fields[address], plan.name(address)
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(role["trust"], {}))
            for called, planned in role["policies"].items():
                for statement in planned["statements"]:
                    if {"knownAfter": "eip/bastion-1.id"} in statement.get("resource", []):
                        statement["resource"].remove({"knownAfter": "eip/bastion-1.id"})
                        statement["resource"] += bastion
                iam.put_role_policy(RoleName=name, PolicyName=called, PolicyDocument=policy(planned, {}))
            for attached in role["attached"]:
                iam.attach_role_policy(RoleName=name, PolicyArn=attached)
            iam.create_instance_profile(InstanceProfileName=name)
            until(lambda: iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name))
            self.roles[address.rpartition("/")[2]] = name

    def make_secrets(self, plan, secrets):
        """The environment's own are encrypted with its key, others with that of the account."""
        arn = f"arn:aws:iam::{plan.environment['account']}:role/{self.roles['nodes']}"
        opened = policy(plan.fields["kms-key/main"]["policy"], {"iam-role/nodes": arn})
        kms = self.client("kms")
        key = until(lambda: kms.create_key(Policy=opened))["KeyMetadata"]["KeyId"]
        for name, value in secrets.items():
            own = {"KmsKeyId": key} if name.startswith("/clctl/") else {}
            self.secrets.create_secret(Name=name, SecretString=value, **own)

    def make_database(self, plan):
        group = {"DBSubnetGroupName": plan.name("db-subnet-group/main")}
        self.rds.create_db_subnet_group(**group, DBSubnetGroupDescription=self.example, SubnetIds=self.subnets)
        made = {**group, "MasterUsername": "chainlink", "MasterUserPassword": "correct-horse-battery"}
        if "db-cluster/main" in plan.fields:
            name = self.database = plan.name("db-cluster/main")
            self.rds.create_db_cluster(DBClusterIdentifier=name, Engine="aurora-postgresql", **made)
            self.host = until(
                lambda: self.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0].get("Endpoint")
            )
        else:
            name = self.database = plan.name("db-instance/main")
            size = {"DBInstanceClass": "db.m6g.large", "AllocatedStorage": 100, "StorageType": "gp3"}
            self.rds.create_db_instance(DBInstanceIdentifier=name, Engine="postgres", **size, **made)
            found = until(
                lambda: self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0].get("Endpoint")
            )
            self.host = found["Address"]

    def launch(self, role=None):
        """An instance in a role, as it sees itself, and nobody's without one."""
        more = {}
        if role:
            more["IamInstanceProfile"] = {"Name": self.roles[role]}
            more["TagSpecifications"] = [{"ResourceType": "instance", "Tags": self.tags}]
        wanted = {"ImageId": self.image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
        # A profile is known to EC2 a while after it is made.
        made = until(lambda: self.ec2.run_instances(**wanted, **more))["Instances"][0]["InstanceId"]
        until(lambda: self.state(made) == "running")
        if role:
            # As whom it acts: not as the administrator.
            said = self.client("sts", access_key(made)).get_caller_identity()["Arn"]
            assert said.endswith(f":assumed-role/{self.roles[role]}/{made}"), said
        return made

    def state(self, instance):
        found = self.ec2.describe_instances(InstanceIds=[instance])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"]

    def metadata(self, instance, role):
        """What the metadata service says to an instance."""
        credentials = {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "AccessKeyId": access_key(instance),
            "SecretAccessKey": SECRET_KEY,
            "Token": SESSION_TOKEN,
            "Expiration": "2099-01-01T00:00:00Z",
            "LastUpdated": "2026-01-01T00:00:00Z",
        }
        return {
            "instance-id": instance,
            "placement/region": self.region,
            "iam/security-credentials/": self.roles[role],
            f"iam/security-credentials/{self.roles[role]}": json.dumps(credentials),
        }

    def end(self, instance):
        """Takes an instance away, and from it what others want."""
        for one in self.ec2.describe_addresses()["Addresses"]:
            if one.get("InstanceId") == instance:
                self.ec2.disassociate_address(AssociationId=one["AssociationId"])
        self.ec2.terminate_instances(InstanceIds=[instance])

    def shown(self, instance):
        """The tags of an instance, as AWS shows them."""
        of = [{"Name": "resource-id", "Values": [instance]}]
        return {it["Key"]: it["Value"] for it in self.ec2.describe_tags(Filters=of)["Tags"]}
