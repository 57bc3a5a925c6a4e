"""The simulator and moto on loopback ports of their own, and clients of theirs."""

import os
import pathlib
import queue
import subprocess
import sys
import threading
import time
import urllib.request

import boto3
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
MENDED = pathlib.Path(__file__).with_name("mended_moto.py")
REGION = "us-east-1"

# How fast the simulated world's clock runs: a NAT gateway is up in less than a second. At this pace what is
# deleted is still shown for twelve.
SPEED = 300

# Nothing of the machine it runs on: no profile, no region, no instance's role.
CLEAN = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_PAGER": "",
    "NO_COLOR": "1",
}

# Without these moto takes any instance type and any key.
MOTO = {
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # What is beside mended_moto.py stays as it is checked in.
    "PYTHONDONTWRITEBYTECODE": "1",
}


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | CLEAN | more


class Server:
    """A process of ours that answers on a loopback port."""

    def __init__(self, name, command, says, **more):
        self.name = name
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(**more),
        )
        self.lines = []
        found = queue.Queue()
        threading.Thread(target=self.listen, args=(says, found), daemon=True).start()
        try:
            self.url = found.get(timeout=180)
        except queue.Empty:
            self.stop()
            raise RuntimeError(f"{name} did not start: {''.join(self.lines)}") from None
        if self.url is None:
            raise RuntimeError(f"{name} ended: {''.join(self.lines)}")

    def listen(self, says, found):
        for line in self.process.stdout:
            self.lines.append(line)
            if url := says(line):
                found.put(url)
        found.put(None)

    def client(self, service, checked=None, **config):
        session = boto3.session.Session(
            aws_access_key_id=CLEAN["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CLEAN["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        settings = botocore.config.Config(
            retries={"total_max_attempts": 1}, inject_host_prefix=False, **config
        )
        client = session.client(service, endpoint_url=self.url, config=settings)
        if checked is not None:
            checked.watch(client)
        return client

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def simulator(world="calm"):
    """The simulator; the operating system chooses the port."""
    command = [TARGET / "examples/serve", "127.0.0.1:0", world, str(SPEED)]
    return Server("the simulator", command, lambda line: line.split()[0] if line.startswith("http://") else None)


def moto(mended=False):
    """moto as it is, or without what keeps any client from working with it, see mended_moto.py."""
    command = [sys.executable, MENDED] if mended else [sys.executable, "-m", "moto.server"]

    def says(line):
        return line.split("Running on ")[1].strip() if "Running on http://127.0.0.1" in line else None

    server = Server("moto", [*command, "-H", "127.0.0.1", "-p", "0"], says, **MOTO)
    reset(server)
    return server


def reset(server):
    request = urllib.request.Request(f"{server.url}/moto-api/reset", method="POST")
    for attempt in range(20):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()
            return
        except OSError:
            if attempt == 19:
                raise
            time.sleep(0.2)


def operations():
    """What the simulator models: {(service, operation)}."""
    listed = subprocess.run(
        [TARGET / "examples/operations"], check=True, capture_output=True, text=True
    ).stdout
    return {tuple(line.split(":", 1)) for line in listed.split()}
