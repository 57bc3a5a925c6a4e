"""What runs on instances, played beside moto: on its instances nothing runs, and clctl waits for what they say.

Nothing is said but what an instance's own scripts would say (controller/src/bootstrap/scripts), by the one call they
have for it: CreateTags.
"""

import datetime
import threading
import time

GROUP = "aws:autoscaling:groupName"
OURS = [
    {"Name": "instance-state-name", "Values": ["running"]},
    {"Name": "tag-key", "Values": ["clctl.dev/uid"]},
]

# How often is looked who runs, and how often a role is said again, in seconds.
PAUSE = 0.3
BEAT = 60


class Crew:
    """Plays for as long as it is entered: whoever runs has booted, and of the nodes of a group one is active."""

    def __init__(self, server):
        self.ec2 = server.client("ec2")
        self.roles = {}
        self.failure = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.play, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        if self.failure:
            raise self.failure

    def play(self):
        try:
            while not self.over.wait(PAUSE):
                self.look()
        except Exception as failure:  # told where it is waited for
            self.failure = failure

    def look(self):
        groups = {}
        for page in self.ec2.get_paginator("describe_instances").paginate(Filters=OURS):
            for instance in (it for each in page["Reservations"] for it in each["Instances"]):
                group = next(it["Value"] for it in instance["Tags"] if it["Key"] == GROUP)
                groups.setdefault(group, []).append(instance["InstanceId"])
        for group, members in groups.items():
            # Whoever has the lease keeps it until it has gone.
            held = (it for it in members if self.roles.get(it, (None,))[0] == "active")
            active = next(held, members[0])
            for member in members:
                role = "active" if member == active else "standby"
                # A bastion says of itself only that it has booted.
                self.say(member, role if group.endswith("-nodes") else None)

    def say(self, instance, role):
        last, since, at = self.roles.get(instance, (None, None, None))
        if at is not None and role == last and time.monotonic() - at < BEAT:
            return
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        since = since if role == last else now
        said = {"clctl.dev/boot": "done"}
        if role:
            said |= {"clctl.dev/role": f"{role} since {since}", "clctl.dev/heartbeat": now}
        self.ec2.create_tags(
            Resources=[instance], Tags=[{"Key": key, "Value": value} for key, value in said.items()]
        )
        self.roles[instance] = (role, since, time.monotonic())
