"""Makes calls with boto3, checks each answer against the model, and keeps what came of it.

A sequence of calls is written once and driven against the simulator, where every step has to end as it says,
and against moto, where it is only recorded, so that the two can be compared.
"""

import datetime
import ipaddress
import json
import re
import time

import botocore.exceptions
import botocore.parsers

import model

SEQUENCES = {}


def sequence(run):
    """Makes a function a sequence, by its name, which no other sequence has."""
    assert run.__name__ not in SEQUENCES, run.__name__
    SEQUENCES[run.__name__] = run
    return run


# Sequences that moto is not driven with: see docs/referees.md.
ALONE = set()


def alone(run):
    """Makes a function a sequence for the simulator alone."""
    ALONE.add(run.__name__)
    return sequence(run)


class Unmodelled(Exception):
    """The simulator does not model an operation that a sequence uses."""


class Nothing(dict):
    """What comes of a call that failed where that is only recorded: whatever is taken from it is nothing too."""

    def __missing__(self, _):
        return self

    def __getitem__(self, _):
        return self

    def get(self, *_):
        return self

    def __iter__(self):
        return iter(())

    def __str__(self):
        return "nothing"


NOTHING = Nothing()


def holds_nothing(value):
    if isinstance(value, dict):
        return value is NOTHING or any(holds_nothing(it) for it in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds_nothing(it) for it in value)
    return False


class Checked:
    """Holds every answer that clients get against the model."""

    def __init__(self):
        self.complaints = []
        self.answered = set()
        self.refused = set()
        self.seen = 0
        self.paginators = set()
        self.waiters = set()

    def watch(self, client):
        client.meta.events.register("before-call", self.before)
        client.meta.events.register("response-received", self.after)

    def before(self, model, context, **_):
        context["operation"] = model

    def after(self, response_dict, context, **_):
        if response_dict is None:
            return
        operation, status = context["operation"], response_dict["status_code"]
        self.seen += 1
        check = model.Check(operation, status, response_dict["headers"], response_dict["body"])
        self.complaints.extend(check.run())
        service = operation.service_model.service_name
        scope = (SCOPES.get(service, service), operation.name)
        (self.answered if status < 300 else self.refused).add(scope)


# What each world draws, or takes from its clock.
DRAWN = {
    "PrivateIp": "<private address>",
    "PrivateIpAddress": "<private address>",
    "RandomPassword": "<password>",
    "creationTime": "<time>",
    "ingestionTime": "<time>",
    "timestamp": "<time>",
}

# What boto3 calls otherwise than credential scopes and IAM's actions do.
SCOPES = {
    "cloudwatch": "monitoring",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tagging",
    "service-quotas": "servicequotas",
}


class Drive:
    """One world that is driven."""

    def __init__(self, server, checked=None, simulated=None):
        self.server = server
        self.checked = checked
        self.simulated = simulated
        self.clients = {}
        self.steps = []
        self.counts = {}
        self.names = {}
        self.where = ""

    @property
    def strict(self):
        return self.simulated is not None

    def client(self, service, validates=True):
        """A client, which sends what the model refuses too if it does not validate."""
        key = (service, validates)
        if key not in self.clients:
            self.clients[key] = self.server.client(service, self.checked, parameter_validation=validates)
        return self.clients[key]

    def __getattr__(self, service):
        if service not in {
            "acm", "autoscaling", "backup", "cloudwatch", "ec2", "elbv2", "guru", "iam", "kms", "logs", "quotas", "rds", "route53",
            "secretsmanager", "sns", "ssm", "sts", "tagging",
        }:
            raise AttributeError(service)
        boto = {"guru": "devops-guru", "quotas": "service-quotas", "tagging": "resourcegroupstaggingapi"}.get(service, service)
        return lambda operation, **params: self.call(boto, operation, **params)

    def call(self, service, operation, fails=None, until=None, **params):
        """Makes a call, which has to fail with one of these codes, or to succeed; asks again until an answer is
        as it should be, where things take their time."""
        scope = (SCOPES.get(service, service), operation)
        if self.strict and scope not in self.simulated:
            raise Unmodelled(":".join(scope))
        self.counts[operation] = self.counts.get(operation, 0) + 1
        step = (f"{operation}#{self.counts[operation]}", ":".join(scope))
        self.where = step[0]
        if holds_nothing(params):
            self.steps.append((*step, {"outcome": "not asked"}))
            return NOTHING
        client = self.client(service, validates=fails is None)
        method = next(name for name, it in client.meta.method_to_api_mapping.items() if it == operation)
        expected = () if fails is None else (fails,) if isinstance(fails, str) else fails
        patience = time.monotonic() + 30
        while True:
            try:
                answer = getattr(client, method)(**params)
            except botocore.exceptions.ClientError as error:
                return self.failed(step, expected, error)
            except botocore.parsers.ResponseParserError:
                # A page of HTML, as moto answers when it breaks.
                if self.strict:
                    raise
                self.steps.append((*step, {"outcome": "no answer but a page"}))
                return NOTHING
            answer.pop("ResponseMetadata", None)
            if until is None or until(answer) or not self.strict:
                break
            assert time.monotonic() < patience, f"{step[0]} does not come to be as it should: {answer}"
            time.sleep(0.02)
        if self.strict:
            assert not expected, f"{step[0]} should have failed with {expected} and answered {answer}"
        self.steps.append((*step, {"outcome": "accepted" if expected else "fine", "answer": self.plain(answer)}))
        return NOTHING if expected else answer

    def failed(self, step, expected, error):
        code = error.response["Error"].get("Code", "")
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if self.strict:
            assert code in expected, f"{step[0]} should have {expected or 'succeeded'} and failed: {error}"
        self.steps.append((*step, {"outcome": f"{code} {status}"}))
        return NOTHING

    def wait(self, service, waiter, **params):
        """Waits with one of botocore's waiters, in the world's time."""
        if holds_nothing(params):
            return
        waiter = self.client(service).get_waiter(waiter)
        waiter.wait(WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}, **params)

    # Two worlds are alike but for ids, moments and public addresses.

    def name(self, kind, text):
        """What stands for an id: the step that made it, or only its kind where it was found."""
        made = not self.where.startswith(("Describe", "Get", "List"))
        return self.names.setdefault((kind, text), f"<{kind} of {self.where}>" if made else f"<{kind}>")

    def forget(self, service, operation, **params):
        """Takes away what only moto has, or what only a broken run leaves."""
        if not holds_nothing(params):
            getattr(self.client(service), operation)(**params)

    def plain(self, value):
        """A value without what differs from world to world."""
        if isinstance(value, dict):
            members = {key: self.plain(it) for key, it in value.items()}
            for key in members.keys() & DRAWN.keys():
                members[key] = DRAWN[key]
            return {key: it for key, it in members.items() if it not in (None, [], {})}
        if isinstance(value, (list, tuple)):
            return [self.plain(it) for it in value]
        if isinstance(value, datetime.datetime):
            return "<time>"
        if isinstance(value, bytes):
            return f"<{len(value)} bytes>"
        if isinstance(value, str):
            return self.text(value)
        return value

    def text(self, text):
        if text.startswith("{"):
            # A policy: how it is laid out means nothing.
            try:
                return self.plain(json.loads(text))
            except json.JSONDecodeError:
                pass
        text = re.sub(r"\b[0-9a-f]{64}\b", "<hash>", text)
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
        text = re.sub(r"(:secret:.+)-[A-Za-z0-9]{6}$", r"\1-<random>", text)
        text = re.sub(
            r"\b(?!ami-)([a-z]{2,10})-([0-9a-f]{17}|[0-9a-f]{8})\b",
            lambda it: self.name(it[1], it[0]),
            text,
        )
        text = re.sub(
            r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
            lambda it: self.name("uuid", it[0]),
            text,
        )
        text = re.sub(
            r"\b(AROA|AIPA|ANPA|AIDA|AKIA)[A-Z0-9]{12,}\b", lambda it: self.name(it[1], it[0]), text
        )
        text = re.sub(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "<mac>", text)
        # How ARNs of Elastic Load Balancing end.
        text = re.sub(r"/[0-9a-f]{16}(?=/|$)", "/<id>", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "<time>", text)
        # Names by which the internet knows addresses; those of the sequences are all in 10.0.0.0/8.
        return re.sub(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d./])", self.address, text)

    def address(self, found):
        try:
            address = ipaddress.ip_address(found[0])
        except ValueError:
            return found[0]
        return found[0] if address in ipaddress.ip_network("10.0.0.0/8") else self.name("address", found[0])


def tags(kind, **pairs):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}]
