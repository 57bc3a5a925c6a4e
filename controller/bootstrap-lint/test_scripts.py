"""The scripts of the instances, run: in a root of their own that is thrown away, in a network of their own, with the
real AWS CLI before the simulator, as the instances and in the roles that clctl plans. What they make, in which order
they call whom, and where a secret is to be found. `run` starts this in namespaces of its own."""

import http.server
import itertools
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import tomllib
import urllib.parse

import pytest
import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "integration-tests" / "referees"))

import environments  # noqa: E402
import servers  # noqa: E402
import stands  # noqa: E402

TARGET = servers.TARGET.parent / "bootstrap"
SCRIPTS = ROOT / "controller/src/bootstrap/scripts"
# How fast the simulator's clock runs: an instance runs in less than a second.
SPEED = 300
# Version 1 as requirements.txt pins it, and Debian's version 2.
AWS = {1: pathlib.Path(sys.executable).with_name("aws"), 2: pathlib.Path("/usr/bin/aws")}
NODE = 14933
SECRETS = {
    "/clctl/eth-main-1/keystore-password": "keystore $(id) `id` \"quoted\" \\u0041 é",
    "/clctl/eth-main-1/gui-password": "gui-password-of-the-admin",
    "/clctl/eth-main-1/database-password": "data#base?pass/word@:%41",
    "/clctl/eth-main-1/ethereum-http": "https://rpc.example.com/v2/FIRST-HTTP-KEY",
    "/clctl/eth-main-1/ethereum-websocket": "wss://rpc.example.com/v2/FIRST-SOCKET-KEY",
    "oracles/rpc": json.dumps(
        {"httpUrl": "https://other.example.com/SECOND-HTTP-KEY", "webSocketUrl": "wss://other.example.com/SECOND-SOCKET-KEY"}
    ),
}
AURORA = {
    "/clctl/aurora/keystore-password": "keystore $(id) of Aurora",
    "/clctl/aurora/admin-password": "gui-password-of-the-admin",
    "/clctl/aurora/database-password": "data#base?pass/word@:%41",
    "/clctl/aurora/sepolia-http": "https://rpc.example.com/v2/FIRST-HTTP-KEY",
    "/clctl/aurora/sepolia-websocket": "wss://rpc.example.com/v2/FIRST-SOCKET-KEY",
}
METADATA_TOKEN = "TOKEN-OF-THE-METADATA-SERVICE"
# What of them is not to be seen, and of what the metadata service says.
HIDDEN = [
    METADATA_TOKEN,
    environments.SECRET_KEY,
    environments.SESSION_TOKEN,
    "keystore $(id)",
    "gui-password-of-the-admin",
    "data#base",
    urllib.parse.quote("data#base", safe=""),
    "FIRST-HTTP-KEY",
    "FIRST-SOCKET-KEY",
    "SECOND-HTTP-KEY",
    "SECOND-SOCKET-KEY",
    "ROTATED-KEY",
    "METRICS-KEY",
]


class Metadata(http.server.BaseHTTPRequestHandler):
    """The instance metadata service, version 2 alone."""

    # What it says to the instance that runs.
    answers = {}

    def say(self, status, text=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self):
        ttl = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        self.say(200, METADATA_TOKEN) if self.path == "/latest/api/token" and ttl else self.say(400)

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") != METADATA_TOKEN:
            return self.say(401)
        found = self.answers.get(self.path.removeprefix("/latest/meta-data/"))
        self.say(404) if found is None else self.say(200, found)

    def log_message(self, *_):
        pass


class Certificates(Metadata):
    """Where RDS has its certificates."""

    bundle = ""

    def do_GET(self):
        self.say(200, self.bundle)


class Health(Metadata):
    """A node that serves."""

    status = 200
    # Set while it accepts connections and answers nobody.
    hangs = None

    def do_GET(self):
        if self.hangs:
            self.hangs.wait(30)
        self.say(self.status if self.path == "/health" else 404)

    def do_POST(self):
        """An RPC endpoint of a chain, and one that does not speak as one."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["method"] == "eth_chainId"
        self.say(200, '{"jsonrpc":"2.0","id":1,"result":"0x1"}' if self.path == "/rpc/METRICS-KEY" else "{}")


def serve(address, handler, context=None):
    server = http.server.ThreadingHTTPServer(address, handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def sh(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def certificate(folder, name, subject, *more):
    sh("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject,
       "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", *more)


class Instance:
    """An instance of an environment with a root of its own over that of this machine: what is written is in `upper`, and
    in memory what is in /run."""

    def __init__(self, folder, environment, role):
        self.environment = environment
        self.id = environment.launch(role)
        Metadata.answers = environment.metadata(self.id, role)
        self.stand = folder / "stand"
        self.upper = folder / "upper"
        self.root = folder / "root"
        for made in (self.stand, self.upper, folder / "work", self.root):
            made.mkdir()
        sh("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={self.upper},workdir={folder}/work", self.root)
        sh("mount", "-t", "proc", "proc", self.root / "proc")
        sh("mount", "-t", "tmpfs", "tmpfs", self.root / "run")
        sh("mount", "--rbind", "/dev", self.root / "dev")
        (self.root / "stand").mkdir()
        sh("mount", "--bind", self.stand, self.root / "stand")
        # What is not on the same file system as the root is brought along.
        for seen in (ROOT, pathlib.Path(sys.prefix), pathlib.Path(sys.base_prefix)):
            if not (self.root / seen.relative_to("/") / ".").exists() or not os.listdir(self.root / seen.relative_to("/")):
                (self.root / seen.relative_to("/")).mkdir(parents=True, exist_ok=True)
                sh("mount", "--rbind", seen, self.root / seen.relative_to("/"))
        # Of this machine nothing is to be taken for what the scripts made.
        for path in ("etc/clctl", "var/lib/clctl", "usr/local/lib/clctl", "var/log/clctl.log"):
            assert not (self.root / path).exists(), path
        (self.stand / "active").mkdir()
        (self.stand / "bin").mkdir()
        for stand, names in ("stands.py", stands.STANDS), ("record.sh", stands.THEMSELVES):
            shutil.copy(HERE / stand, self.stand / stand)
            (self.stand / stand).chmod(0o755)
            for name in names:
                (self.stand / "bin" / name).symlink_to(f"/stand/{stand}")
        self.put("usr/bin/docker", link="/stand/stands.py")
        self.put("opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl", link="/stand/stands.py")
        self.put("etc/audit/rules.d/audit.rules", "-D\n-b 8192\n-a task,never\n")
        self.put("etc/hosts", "127.0.0.1 localhost truststore.pki.rds.amazonaws.com\n")
        self.generation()
        data = (TARGET / environment.example / role.rstrip("s") / "user-data").read_text(encoding="utf-8")
        self.config = yaml.safe_load(data)
        self.before = self.files()
        # As cloud-init does it.
        for one in self.config["write_files"]:
            self.put(one["path"].removeprefix("/"), one["content"], mode=int(one["permissions"], 8))
        # What is rendered there names no database and no address that exist.
        if role == "nodes":
            settings = self.settings()
            settings["database"]["identifier"] = environment.database
            self.set(settings)
        else:
            self.claims(environment.addresses[:1])
        self.written = self.files()

    def generation(self, generation=None):
        """Which AWS CLI is called from now on: the program of that version, or the one that is read already."""
        url, region = self.environment.server.url, self.environment.region
        told = {
            "program": str(AWS[generation or 1]),
            "url": url,
            "root": str(self.root),
            "administrator": servers.CLEAN | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region},
        }
        self.tell("aws", json.dumps(told if generation else told | {"warm": WARM}))

    def settings(self):
        """What the scripts know."""
        return json.loads((self.root / "etc/clctl/settings.json").read_text(encoding="utf-8"))

    def set(self, settings):
        (self.root / "etc/clctl/settings.json").write_text(json.dumps(settings), encoding="utf-8")

    def claims(self, addresses):
        (self.root / "etc/clctl/addresses").write_text("".join(f"{it}\n" for it in addresses), encoding="utf-8")

    def end(self):
        sh("umount", "--recursive", self.root)
        self.environment.end(self.id)

    def put(self, path, content="", mode=0o644, link=None):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if link:
            path.symlink_to(link)
        else:
            path.write_bytes(content.encode())
            path.chmod(mode)

    def tell(self, name, text):
        (self.stand / name).write_text(text, encoding="utf-8")

    def run(self, *command):
        """What a command of systemd's says, and how it ends."""
        self.tell("calls", "")
        shutil.rmtree(self.stand / "recorded", ignore_errors=True)
        (self.stand / "recorded").mkdir()
        ran = subprocess.run(
            ["chroot", self.root, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                "PATH": "/stand/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "CURL_CA_BUNDLE": "/stand/authority.pem",
                "LANG": "C.UTF-8",
            },
        )
        return ran.returncode, ran.stdout

    def systemctl(self, *words):
        return self.run("/stand/bin/systemctl", *words)

    def boot(self):
        (self.stand / "active" / "clctl-boot.service").unlink(missing_ok=True)
        return self.systemctl("start", "clctl-boot.service")

    def reboot(self):
        """Everything in memory is gone."""
        sh("umount", self.root / "run")
        sh("mount", "-t", "tmpfs", "tmpfs", self.root / "run")
        shutil.rmtree(self.stand / "active")
        (self.stand / "active").mkdir()
        return self.boot()

    def recorded(self, name=""):
        """The words of each call, or its environment."""
        for number in (self.stand / "calls").read_text(encoding="utf-8").split():
            words = (self.stand / "recorded" / f"{number}{name}").read_bytes().decode(errors="surrogateescape")
            yield words.split("\0")[:-1]

    def calls(self, *names):
        return [call for call in self.recorded() if call[0] in (names or stands.STANDS)]

    def tags(self):
        """What was said in tags; what was said last is what AWS shows."""
        said = [call[call.index("--tags") + 1 :] for call in self.calls("aws") if "create-tags" in call]
        last = dict(re.fullmatch("Key=(.*),Value=(.*)", one).groups() for call in said for one in call)
        environments.until(lambda: last.items() <= self.environment.shown(self.id).items())
        return said

    def files(self):
        """What is on the disk of this instance alone: mode, owner and content."""
        found = {}
        for folder, _, names in os.walk(self.upper):
            for name in names:
                path = pathlib.Path(folder) / name
                about = path.lstat()
                content = b"" if path.is_symlink() or not path.is_file() else path.read_bytes()
                found["/" + str(path.relative_to(self.upper))] = (about.st_mode & 0o777, about.st_uid, content)
        return found

    def log(self):
        return (self.root / "var/log/clctl.log").read_text(encoding="utf-8")

    def memory(self):
        found = {}
        for folder, _, names in os.walk(self.root / "run"):
            for name in names:
                path = pathlib.Path(folder) / name
                about = path.stat()
                found["/" + str(path.relative_to(self.root))] = (
                    about.st_mode & 0o777, about.st_uid, about.st_gid, path.read_text(encoding="utf-8"))
        return found

    def assert_hidden(self, *said):
        """No secret on the disk, in an argument, in an environment, or in what was said."""
        recorded = ["\0".join(words) for name in ("", ".environment") for words in self.recorded(name)]
        assert recorded
        for secret in HIDDEN:
            for path, (_, _, content) in self.files().items():
                assert secret.encode() not in content, (secret, path)
            for text in (*recorded, *said):
                assert secret not in text and json.dumps(secret)[1:-1] not in text, secret


# The socket of the AWS CLI that is read already: in this network alone.
WARM = "clctl-warm"


@pytest.fixture(scope="session")
def cli():
    """The AWS CLI that is read already."""
    command = [sys.executable, HERE / "warm.py", WARM]
    server = servers.Server("the AWS CLI", command, lambda line: line.strip() == "ready", LANG="C.UTF-8")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def account(tmp_path_factory):
    """The simulator as clctl serves it."""
    state = tmp_path_factory.mktemp("state")
    command = [servers.TARGET / "clctl", "--state", state, "sandbox", "serve", "--port", "0", "--speed", str(SPEED)]

    def says(line):
        words = [word.strip("`'\".,") for word in line.split()]
        return next((word for word in words if word.startswith("http://")), None)

    server = servers.Server("the sandbox", command, says, XDG_STATE_HOME=str(state))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def world(account, tmp_path_factory):
    """An environment with a database on RDS, and a bastion."""
    return environments.Environment(account, "full", SECRETS, tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="session")
def aurora(account, tmp_path_factory):
    """One with a database on Aurora."""
    return environments.Environment(account, "aurora", AURORA, tmp_path_factory.mktemp("aurora"))


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """What an instance finds in its network."""
    folder = tmp_path_factory.mktemp("certificates")
    certificate(folder, "authority", "/CN=truststore.pki.rds.amazonaws.com", "-addext",
                "subjectAltName=DNS:truststore.pki.rds.amazonaws.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "authority.pem", folder / "authority.key")
    for region in ("eu-central-1", "us-east-1"):
        certificate(folder, region, f"/C=US/O=Amazon Web Services/CN=Amazon RDS {region} Root CA RSA2048 G1")
    Certificates.bundle = "".join((folder / f"{it}.pem").read_text() for it in ("us-east-1", "eu-central-1"))
    started = [serve(("169.254.169.254", 80), Metadata), serve(("127.0.0.1", 443), Certificates, context)]
    yield folder
    for server in started:
        server.shutdown()


def instance(tmp_path, environment, network, role):
    made = Instance(tmp_path, environment, role)
    shutil.copy(network / "authority.pem", made.stand / "authority.pem")
    return made


@pytest.fixture
def node(tmp_path, world, network, cli):
    made = instance(tmp_path, world, network, "nodes")
    yield made
    made.end()


@pytest.fixture
def bastion(tmp_path, world, network, cli):
    made = instance(tmp_path, world, network, "bastion")
    yield made
    made.end()


@pytest.fixture
def neighbours(world):
    """Instances of somebody else's."""
    made = [world.launch() for _ in range(2)]
    yield made
    for instance in made:
        world.end(instance)


IMAGE = "public.ecr.aws/chainlink/chainlink@sha256:993029b4188aaa2ea71ae93e943cb7f73715a9a110a9db02c7e75a755b77ef13"
CONFIGURED = "node -config /chainlink/config.toml -config /chainlink/endpoints.toml -secrets /chainlink/secrets.toml"
CLI = "aws --cli-connect-timeout 5 --cli-read-timeout 20"


def tagged(instance, what):
    return f"{CLI} ec2 create-tags --resources {instance.id} --tags Key=clctl.dev/boot,Value={what}"


def asked(kind, name, query):
    return f"{CLI} rds describe-db-{kind}s --db-{kind}-identifier {name} --query {query} --output text"


def prepared(node, asked, secrets):
    region, environment = node.environment.region, node.environment.name
    secrets = [f"{CLI} secretsmanager get-secret-value --secret-id {name} --output json" for name in secrets]
    ports = " ".join(f"-p {port}:{port}" for port in node.settings()["ports"])
    return [
        asked,
        *secrets,
        f"docker image inspect {IMAGE}",
        f"docker run --rm --log-driver none --network none -v /run/clctl-node/chainlink:/chainlink:ro {IMAGE} {CONFIGURED} validate",
        "docker rm -f clctl-node",
        "docker run -d --name clctl-node --stop-timeout 15 --cap-drop ALL --security-opt no-new-privileges "
        f"--log-driver awslogs --log-opt awslogs-region={region} --log-opt awslogs-group=/clctl/{environment}/nodes "
        f"--log-opt awslogs-stream=node/{node.id} --log-opt mode=non-blocking --log-opt max-buffer-size=4m "
        f"{ports} -v /run/clctl-node/chainlink:/chainlink:ro {IMAGE} {CONFIGURED} start -a /chainlink/api",
        "docker wait clctl-node",
    ]


def said(calls):
    """What was called; secrets, which are fetched several at a time, in the order they are named in."""
    lines = [" ".join(call) for call in calls]
    fetched = [place for place, line in enumerate(lines) if " get-secret-value " in line]
    names = [*SECRETS, *AURORA]
    ordered = sorted((lines[place] for place in fetched), key=lambda line: names.index(line.split()[-3]))
    for place, line in zip(fetched, ordered, strict=True):
        lines[place] = line
    return lines


def assert_files(node):
    """The files of the node: in memory, its own, and nobody else's. What is in them, by name."""
    memory = {path: found for path, found in node.memory().items() if path.startswith("/run/clctl-node/")}
    names = {path.removeprefix("/run/clctl-node/chainlink/") for path in memory}
    assert names == {"config.toml", "endpoints.toml", "secrets.toml", "api", "rds.pem"}
    for path, (mode, owner, group, _) in memory.items():
        assert (mode, owner, group) == (0o400, NODE, NODE), path
    folder = (node.root / "run/clctl-node/chainlink").stat()
    assert (folder.st_mode & 0o777, folder.st_uid) == (0o500, NODE)
    return {path.rpartition("/")[2]: found[3] for path, found in memory.items()}


def assert_prepared(node):
    """What is in the files of the node, and which URLs they have for its endpoints."""
    text = assert_files(node)
    environment = node.environment
    secrets = tomllib.loads(text["secrets.toml"])
    own = SECRETS | AURORA
    password = urllib.parse.quote(own[f"/clctl/{environment.name}/database-password"], safe="")
    assert secrets == {
        "Database": {
            "URL": f"postgresql://chainlink:{password}@{environment.host}:5432/chainlink"
            "?sslmode=verify-full&sslrootcert=/chainlink/rds.pem"
        },
        "Password": {"Keystore": own[f"/clctl/{environment.name}/keystore-password"]},
    }
    assert text["api"] == "oracles@example.com\ngui-password-of-the-admin\n"
    [chain] = tomllib.loads(text["endpoints.toml"])["EVM"]
    [configured] = tomllib.loads(text["config.toml"])["EVM"]
    assert chain["ChainID"] == configured["ChainID"] == {"eth-main-1": "1", "aurora": "11155111"}[environment.name]
    urls = {one["Name"]: (one["HTTPURL"], one.get("WSURL")) for one in chain["Nodes"]}
    assert sorted(one["Name"] for one in configured["Nodes"]) == sorted(urls)
    assert text["rds.pem"].count("BEGIN CERTIFICATE") == 2
    return urls


def assert_made(node, told, prepared):
    """A node that was made out of a fresh instance: who was called, and what is on the disk."""
    packages = ["docker", "amazon-cloudwatch-agent", "jq", "openssl"]
    assert said(node.calls()) == [
        "systemctl start clctl-boot.service",
        tagged(node, "packages"),
        *[f"rpm -q --quiet {package}" for package in packages],
        "dnf -y -q install " + " ".join(packages),
        "systemctl enable --now --quiet docker.service",
        tagged(node, "certificates"),
        tagged(node, "image"),
        f"docker image inspect {IMAGE}",
        f"docker pull -q {IMAGE}",
        tagged(node, "node"),
        "systemctl start clctl-role.timer clctl-metrics.timer",
        "systemctl start clctl-node.service",
        *prepared,
        tagged(node, "agent"),
        "amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/etc/clctl/agent.json",
        tagged(node, "done"),
    ]
    assert node.tags()[-1] == ["Key=clctl.dev/boot,Value=done"]
    assert "cannot be said in a tag" not in told
    new = {path: found[:2] for path, found in node.files().items() if path not in node.written}
    assert new == {
        "/var/log/clctl.log": (0o600, 0),
        "/var/lib/clctl/rds.pem": (0o600, 0),
        "/var/lib/clctl/database": (0o600, 0),
    }
    node.assert_hidden(told)


@pytest.mark.parametrize("generation", AWS)
def test_a_fresh_instance_becomes_a_node(node, generation):
    """By each generation of the AWS CLI, started as the program that it is."""
    node.generation(generation)
    assert node.config["runcmd"] == [["systemctl", "enable", "--now", "--no-block", "--quiet", "clctl-boot.service"]]
    status, told = node.boot()
    assert status == 0, told
    where = asked("instance", "clctl-eth-main-1-db-instance-main", "DBInstances[0].Endpoint.Address")
    assert_made(node, told, prepared(node, where, SECRETS))
    assert assert_prepared(node) == {
        "ethereum-mainnet-first": (
            "https://rpc.example.com/v2/FIRST-HTTP-KEY", "wss://rpc.example.com/v2/FIRST-SOCKET-KEY"),
        "ethereum-mainnet-second": (
            "https://other.example.com/SECOND-HTTP-KEY", "wss://other.example.com/SECOND-SOCKET-KEY"),
        "ethereum-mainnet-broadcast": ("https://rpc.example.com", None),
    }


def test_a_node_finds_its_database_on_aurora(tmp_path, aurora, network, cli):
    node = instance(tmp_path, aurora, network, "nodes")
    try:
        status, told = node.boot()
        assert status == 0, told
        where = asked("cluster", "clctl-aurora-db-cluster-main", "DBClusters[0].Endpoint")
        assert_made(node, told, prepared(node, where, AURORA))
        assert ".cluster-" in aurora.host
        assert assert_prepared(node) == {
            "ethereum-sepolia-testnet-primary": (
                "https://rpc.example.com/v2/FIRST-HTTP-KEY", "wss://rpc.example.com/v2/FIRST-SOCKET-KEY"),
        }
    finally:
        node.end()


def commands():
    """Every call of the AWS CLI in the scripts: its words, with one value for all that come to be later. A metric's is a number."""
    count = 0
    for script in sorted(SCRIPTS.glob("*.sh")):
        text = script.read_text(encoding="utf-8").replace("\\\n", " ")
        count += text.count("${aws[@]}")
        for call in re.findall(r'^[^#\n]*?"\$\{aws\[@\]\}" (.*)', text, re.MULTILINE):
            words = shlex.shlex(call, posix=True, punctuation_chars=True)
            words.whitespace_split = True
            # Up to what is the shell's.
            words = list(itertools.takewhile(lambda it: not set(it) & set("()<>|&;") or " " in it, words))
            yield ["Key=some,Value=1" if "$" in it else it for it in words]
    yield count


def test_both_generations_of_the_cli_know_every_option():
    """Also those that no test comes by. https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration.html"""
    *called, count = commands()
    assert len(called) == count > 0
    [options] = re.findall(r"^aws=\(aws (.*)\)$", (SCRIPTS / "lib.sh").read_text(encoding="utf-8"), re.MULTILINE)
    for generation, program in AWS.items():
        version = sh(program, "--version")
        assert version.startswith(f"aws-cli/{generation}."), version

        def knows(*words):
            # It reads all of the command line, and calls nobody.
            ran = subprocess.run(
                [program, *options.split(), *words, "--generate-cli-skeleton", "input"],
                capture_output=True, text=True, stdin=subprocess.DEVNULL, env=servers.environment())
            return ran.returncode, ran.stderr

        for words in called:
            assert knows(*words)[0] == 0, (generation, words, knows(*words))
        status, told = knows(*called[0], "--no-such-option")
        assert status != 0 and "Unknown options: --no-such-option" in told


def test_what_is_done_is_not_done_again(node):
    assert node.boot()[0] == 0
    before = node.files()
    memory = node.memory()
    assert node.boot()[0] == 0
    assert not node.calls("dnf") and "pull" not in sum(node.calls("docker"), [])
    assert not [call for call in node.calls("docker") if call[1] == "run"]
    after = node.files()
    del before["/var/log/clctl.log"], after["/var/log/clctl.log"]
    assert after == before and node.memory() == memory


def test_a_reboot_ends_in_a_running_node(node):
    assert node.boot()[0] == 0
    status, told = node.reboot()
    assert status == 0, told
    assert not node.calls("dnf") and "pull" not in sum(node.calls("docker"), [])
    assert said(node.calls("docker"))[-1] == "docker wait clctl-node"
    assert_prepared(node)
    node.assert_hidden(told)


def test_a_start_takes_secrets_as_they_are_then(node, world):
    assert node.boot()[0] == 0
    assert node.systemctl("stop", "clctl-node.service")[0] == 0
    assert said(node.calls("docker")) == ["docker stop -t 15 clctl-node", "docker rm -f clctl-node"]
    assert not [path for path in node.memory() if path.startswith("/run/clctl-node")]
    name = "/clctl/eth-main-1/ethereum-http"
    world.secrets.put_secret_value(SecretId=name, SecretString="https://rpc.example.com/ROTATED-KEY\n")
    try:
        status, told = node.systemctl("start", "clctl-node.service")
        assert status == 0, told
        assert assert_prepared(node)["ethereum-mainnet-first"][0] == "https://rpc.example.com/ROTATED-KEY"
        node.assert_hidden(told)
    finally:
        world.secrets.put_secret_value(SecretId=name, SecretString=SECRETS[name])


def test_the_last_address_serves_while_rds_does_not_answer(node, world):
    assert node.boot()[0] == 0
    node.tell("failing", "rds")
    status, told = node.reboot()
    assert status == 0, told
    assert f"RDS does not say where {world.database} is; it was {world.host}" in told
    assert_prepared(node)


def test_without_an_address_there_is_no_start(node, world):
    node.tell("failing", "rds")
    status, told = node.boot()
    assert status == 1
    assert f"RDS does not say where {world.database} is" in told
    assert node.tags()[-1] == ["Key=clctl.dev/boot,Value=failed: node"]
    assert not node.memory()
    assert not [call for call in node.calls("docker") if call[1] == "run"]


@pytest.mark.parametrize(
    "name, value, why",
    [
        ("/clctl/eth-main-1/keystore-password", "two\nlines of it", "has control characters or several lines"),
        ("/clctl/eth-main-1/keystore-password", b"binary", "holds no text"),
        ("oracles/rpc", '{"httpUrl": ""}', "(httpUrl) has no such text"),
        ("oracles/rpc", '{"webSocketUrl": "wss://x"}', "(httpUrl) has no such text"),
        ("oracles/rpc", "no JSON", "(httpUrl) is no JSON object"),
    ],
)
def test_a_secret_that_is_none_is_named_and_not_shown(node, world, name, value, why):
    what = {"SecretBinary": value} if isinstance(value, bytes) else {"SecretString": value}
    world.secrets.put_secret_value(SecretId=name, **what)
    try:
        status, told = node.boot()
        assert status == 1
        assert f"the secret {name} {why}" in told and "lines of it" not in told
        assert f"the secret {name} {why}" in node.log()
        assert node.tags()[-1] == ["Key=clctl.dev/boot,Value=failed: node"]
        assert not node.memory()
        node.assert_hidden(told)
    finally:
        world.secrets.put_secret_value(SecretId=name, SecretString=SECRETS[name])


def test_whatever_a_secret_is_the_node_reads_it_as_it_is(tmp_path):
    """jq's text is TOML, and a URL is one, whatever is in them."""
    chosen = random.Random(1)
    alphabet = [chr(it) for it in range(32, 127)] * 3 + list("\"\\'$`%#@:/?é\u00a0\u2028\ufeff\U0001f600") * 9
    settings = json.loads((TARGET / "full" / "node" / "root" / "etc/clctl/settings.json").read_text())
    for _ in range(100):
        texts = ["".join(chosen.choices(alphabet, k=chosen.randrange(1, 60))) for _ in range(8)]
        other = json.dumps({"httpUrl": texts[5], "webSocketUrl": texts[6], "more": texts[7]})
        (tmp_path / "secrets").write_text(json.dumps([*texts[:5], other]), encoding="utf-8")

        def assembled(what):
            return sh("jq", "-r", "--arg", "what", what, "--arg", "host", "db.example", "--slurpfile", "secrets",
                      tmp_path / "secrets", "-f", ROOT / "controller/src/bootstrap/scripts/assemble.jq",
                      TARGET / "full" / "node" / "root" / "etc/clctl/settings.json")

        secrets = tomllib.loads(assembled("secrets.toml"))
        assert secrets["Password"]["Keystore"] == texts[0]
        url = urllib.parse.urlsplit(secrets["Database"]["URL"])
        assert urllib.parse.unquote(url.password) == texts[2]
        assert (url.username, url.hostname, url.port, url.path) == ("chainlink", "db.example", 5432, "/chainlink")
        assert assembled("api") == f"{settings['adminEmail']}\n{texts[1]}\n"
        nodes = tomllib.loads(assembled("endpoints.toml"))["EVM"][0]["Nodes"]
        assert [(one["HTTPURL"], one.get("WSURL")) for one in nodes[:2]] == [tuple(texts[3:5]), tuple(texts[5:7])]


def test_many_secrets_are_fetched_each_once(node):
    """More than are fetched at a time, and each to its own place."""
    settings = node.settings()
    names = list(SECRETS)
    settings["secrets"] += [names[3]] * 6
    settings["endpoints"][0]["HTTPURL"]["secret"] = len(settings["secrets"]) - 1
    node.set(settings)
    status, told = node.boot()
    assert status == 0, told
    fetched = [call for call in node.calls("aws") if "get-secret-value" in call]
    assert len(fetched) == len(names) + 6
    assert assert_prepared(node)["ethereum-mainnet-first"][0] == SECRETS[names[3]]


def test_a_secret_that_cannot_be_read_is_named(node, world):
    settings = node.settings()
    settings["secrets"][3] = "/clctl/eth-main-1/nowhere"
    node.set(settings)
    status, told = node.boot()
    assert status == 1 and "the secret /clctl/eth-main-1/nowhere cannot be read" in told
    assert not node.memory()


def test_what_the_node_refuses_is_explained_without_secrets(node, world):
    node.tell("failing", "validate")
    status, told = node.boot()
    assert status == 1
    assert "invalid configuration: 2 errors" in told and "EVM.0.Nodes.0" in told
    assert 'HTTPURL = "…"' in told and f"postgresql://chainlink:…@{world.host}:5432" in told
    assert "Effective" not in told
    assert node.tags()[-1] == ["Key=clctl.dev/boot,Value=failed: node"]
    assert not node.memory()
    node.assert_hidden(told, node.log())


def test_a_boot_that_fails_says_at_what(node):
    node.tell("failing", "dnf")
    status, told = node.boot()
    assert status == 1
    assert "boot: packages failed (1). The last of the log:" in told
    assert "Failed to download metadata" in told
    assert node.tags() == [["Key=clctl.dev/boot,Value=packages"], ["Key=clctl.dev/boot,Value=failed: packages"]]
    assert len(node.calls("dnf")) == 9 and len(node.calls("sleep")) == 8
    # And goes on from there.
    node.tell("failing", "")
    assert node.boot()[0] == 0
    assert node.tags()[-1] == ["Key=clctl.dev/boot,Value=done"]


def test_certificates_of_others_are_not_taken(node):
    settings = node.settings()
    settings["certificates"]["issuer"] = "Amazon RDS eu-west-3 "
    node.set(settings)
    status, told = node.boot()
    assert status == 1 and "there are no certificates for this region among them" in told
    assert node.tags()[-1] == ["Key=clctl.dev/boot,Value=failed: certificates"]
    assert not (node.root / "var/lib/clctl/rds.pem").exists()


class Said:
    """What a node says of itself, look by look."""

    def __init__(self, node):
        self.node = node
        # The role it said last, and since when it is that.
        self.since = None

    def look(self):
        status, told = self.node.systemctl("start", "clctl-role.service")
        assert status == 0, told
        tags = self.node.tags()
        if not tags:
            return None
        role, heartbeat = tags[0]
        assert heartbeat.startswith("Key=clctl.dev/heartbeat,Value=2")
        beat = heartbeat.partition("Value=")[2]
        time.strptime(beat, "%Y-%m-%dT%H:%M:%SZ")
        role, between, since = role.removeprefix("Key=clctl.dev/role,Value=").partition(" since ")
        assert between
        time.strptime(since, "%Y-%m-%dT%H:%M:%SZ")
        # It is that since it changed, and not since it was last said.
        if self.since is not None and self.since[0] == role:
            assert since == self.since[1]
        else:
            assert since == beat
        self.since = (role, since)
        return role

    def later(self, seconds):
        """As if so much time had gone by since it was well, and since it last said so."""
        folder = self.node.root / "run/clctl-role"
        for name in ("well", "restarted"):
            if (folder / name).exists():
                (folder / name).write_text(str(int((folder / name).read_text()) - seconds))
        role, at = (folder / "published").read_text().split()
        (folder / "published").write_text(f"{role} {int(at) - seconds}\n")

    def aged(self, seconds):
        """As if it had had its role for longer."""
        changed = self.node.root / "run/clctl-role/changed"
        role, at = changed.read_text().split()
        at = int(at) - seconds
        changed.write_text(f"{role} {at}\n")
        self.since = (role, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)))


@pytest.fixture
def role(node):
    node.tell("state", f"true 2026-01-01T00:00:00.123456789Z {os.getpid()}")
    return Said(node)


@pytest.fixture
def health():
    server = serve(("127.0.0.1", 6688), Health)
    yield Health
    Health.status, Health.hangs = 200, None
    server.shutdown()
    server.server_close()


def test_a_node_that_serves_is_active_whatever_ails_it(role, health):
    assert role.look() == "active"
    # Once a minute is enough, unless it changes.
    assert role.look() is None
    role.later(61)
    role.aged(61)
    health.status = 207
    assert role.look() == "active"
    role.later(61)
    health.status = 204
    assert role.look() == "active"
    health.status = 503
    assert role.look() == "starting"
    role.later(121)
    assert role.look() == "failing"
    health.status = 200
    assert role.look() == "active"


WAITS = (
    '{"level":"info","msg":"Another application is currently holding the database lease '
    '(or a previous instance exited uncleanly), waiting for lease to expire..."}'
)


def test_a_node_that_waits_stands_by(role):
    assert role.look() == "starting"
    role.node.tell("logs", f'{{"level":"info","msg":"Starting Chainlink Node"}}\n{WAITS}\n')
    assert role.look() == "standby"
    role.later(200)
    assert role.look() == "standby"
    # It has the lease and does not come up.
    role.node.tell("logs", '{"level":"info","msg":"Unlocking keystore"}\n')
    assert role.look() == "starting"
    role.later(121)
    assert role.look() == "failing"


def test_a_node_that_answers_nobody_does_not_stand_by(role, health):
    # Its last lines are from when it waited, and it has its connection to the database.
    role.node.tell("logs", f"{WAITS}\n")
    health.hangs = threading.Event()
    assert role.look() == "starting"
    role.later(121)
    assert role.look() == "failing"
    health.hangs.set()


def test_without_a_container_it_fails_after_a_while(role):
    role.node.tell("state", "")
    assert role.look() == "starting"
    role.later(121)
    assert role.look() == "failing"
    role.node.tell("state", f"false 2026-01-01T00:00:00Z {os.getpid()}")
    role.later(61)
    assert role.look() == "failing"


def test_what_fails_for_long_is_started_again(role):
    role.node.tell("state", "")
    assert role.look() == "starting"
    role.later(590)
    assert role.look() == "failing"
    again = ["systemctl", "--no-block", "restart", "clctl-node.service"]
    assert again not in role.node.calls()
    role.later(11)
    assert role.look() is None
    assert again in role.node.calls()
    # It has been failing all the while: whoever looks sees for how long.
    role.later(121)
    assert role.look() == "failing"
    assert again not in role.node.calls()
    role.later(480)
    assert role.look() == "failing"
    assert again in role.node.calls()


def test_what_could_not_be_said_is_said_later_with_its_time(role):
    """A role is as old as it is, whenever it could first be told."""
    assert role.look() == "starting"
    role.node.tell("logs", WAITS)
    role.node.tell("failing", "tags")
    status, _ = role.node.systemctl("start", "clctl-role.service")
    assert status != 0
    role.aged(15)
    role.node.tell("failing", "")
    assert role.look() == "standby"


def test_a_silent_node_waits_while_it_has_the_database(role):
    settings = role.node.settings()
    settings["silent"] = True
    role.node.set(settings)
    assert role.look() == "starting"
    with socket.create_server(("127.0.0.1", 5432)) as database:
        with socket.create_connection(("127.0.0.1", 5432)), database.accept()[0]:
            assert role.look() == "standby"
    role.later(121)
    assert role.look() == "failing"


def claim(bastion, address):
    return f"{CLI} ec2 associate-address --allocation-id {address} --instance-id {bastion.id} --no-allow-reassociation"


def holders(world):
    """Who has which address."""
    found = world.ec2.describe_addresses(AllocationIds=world.addresses)["Addresses"]
    return {one["AllocationId"]: one.get("InstanceId") or None for one in found}


def test_a_bastion_claims_an_address_and_keeps_it(bastion, world):
    bastion.generation(2)
    address = world.addresses[0]
    status, told = bastion.boot()
    assert status == 0, told
    query = "Addresses[].[AllocationId, InstanceId || '-', AssociationId || '-']"
    assert said(bastion.calls()) == [
        "systemctl start clctl-boot.service",
        tagged(bastion, "address"),
        f"{CLI} ec2 describe-addresses --allocation-ids {address} --output text --query {query}",
        claim(bastion, address),
        tagged(bastion, "packages"),
        "rpm -q --quiet amazon-cloudwatch-agent",
        "rpm -q --quiet audit",
        "dnf -y -q install amazon-cloudwatch-agent audit",
        tagged(bastion, "ssh"),
        "sshd -t",
        "systemctl reload-or-restart sshd.service",
        tagged(bastion, "audit"),
        "systemctl enable --now --quiet auditd.service",
        "augenrules --load",
        tagged(bastion, "agent"),
        "amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/etc/clctl/agent.json",
        tagged(bastion, "done"),
    ]
    assert bastion.tags()[-1] == ["Key=clctl.dev/boot,Value=done"]
    assert holders(world)[address] == bastion.id
    assert "cannot be said in a tag" not in told
    assert (bastion.root / "etc/audit/rules.d/audit.rules").read_text() == "-D\n-b 8192\n"
    new = {path: found[:2] for path, found in bastion.files().items() if path not in bastion.written}
    assert new == {"/var/log/clctl.log": (0o600, 0)}
    bastion.assert_hidden(told)
    # Once it has it, it asks for no other.
    bastion.generation()
    bastion.claims(world.addresses)
    before = bastion.files()
    assert bastion.boot()[0] == 0
    assert not [call for call in bastion.calls("aws") if "associate-address" in call] and not bastion.calls("dnf")
    after = bastion.files()
    del before["/var/log/clctl.log"], after["/var/log/clctl.log"]
    assert after == before
    assert list(holders(world).values()).count(bastion.id) == 1


def test_a_bastion_takes_what_is_free(bastion, world, neighbours):
    neighbour, rival = neighbours
    # In the order in which they are told.
    taken, wanted, free = holders(world)
    bastion.claims([taken, wanted, free])
    world.ec2.associate_address(AllocationId=taken, InstanceId=neighbour)
    # Somebody else is faster, and AWS says so.
    bastion.tell("rival", rival)
    bastion.tell("failing", wanted)
    status, told = bastion.boot()
    assert status == 0, told
    asked = [call for call in bastion.calls("aws") if "associate-address" in call]
    assert said(asked) == [claim(bastion, wanted), claim(bastion, free)]
    assert "Resource.AlreadyAssociated" in bastion.log()
    assert holders(world) == {taken: neighbour, wanted: rival, free: bastion.id}
    # None is left.
    bastion.claims([taken, wanted])
    assert bastion.boot()[0] == 1
    assert not [call for call in bastion.calls("aws") if "associate-address" in call]
    assert bastion.tags()[-1] == ["Key=clctl.dev/boot,Value=failed: address"]


# The simulator's time begins then: metrics may be two weeks old.
NEW_YEAR = 1767225600


def measured(node, seconds):
    """What the node publishes so many seconds into the simulator's time: values by name and chain."""
    date = node.stand / "bin" / "date"
    date.write_text(f'#!/bin/bash\n[ "$*" != +%s ] || exec echo {NEW_YEAR + seconds}\nexec /usr/bin/date "$@"\n')
    date.chmod(0o755)
    status, told = node.systemctl("start", "clctl-metrics.service")
    date.unlink()
    assert status == 0, told
    found = {}
    for call in node.calls("aws"):
        assert call[call.index("--namespace") + 1] == f"clctl/{node.environment.name}"
        for one in json.loads(call[call.index("--metric-data") + 1]):
            minute = NEW_YEAR + seconds // 60 * 60
            assert one["Timestamp"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(minute))
            dimensions = [it["Value"] for it in one.get("Dimensions", [])]
            found[" ".join([one["MetricName"], *dimensions])] = one["Value"]
    node.assert_hidden(told)
    return found


def test_what_alarms_have_to_know_is_said_once_a_minute(node, health):
    for status, active, answers in (200, 1, 1), (207, 1, 1), (204, 1, 0), (503, 0, 0):
        health.status = status
        assert measured(node, 65) == {"node_active": active, "gui_answers": answers}


def test_without_a_node_it_is_said_as_well(node):
    # Nor is there any endpoint yet.
    assert measured(node, 305) == {"node_active": 0, "gui_answers": 0}


def test_endpoints_that_cannot_be_reached_are_counted_by_chain(node, health):
    folder = node.root / "run/clctl-node/chainlink"
    folder.mkdir(parents=True)
    lines = ['[[EVM]]', 'ChainID = "1"']
    for path in ("rpc/METRICS-KEY", "another/METRICS-KEY"):
        lines += ["[[EVM.Nodes]]", f'Name = "{path[:3]}"', f'HTTPURL = "http://127.0.0.1:6688/{path}"']
    lines += ['[[EVM]]', 'ChainID = "5"', "[[EVM.Nodes]]", 'Name = "third"', 'HTTPURL = "http://127.0.0.1:1/METRICS-KEY"',
              'WSURL = "ws://127.0.0.1:1/METRICS-KEY"']
    lines += ['[[EVM]]', 'ChainID = "7"', "[[EVM.Nodes]]", 'Name = "fourth"', 'HTTPURL = "http://127.0.0.1:6688/rpc/METRICS-KEY"']
    (folder / "endpoints.toml").write_text("\n".join(lines) + "\n")
    said = measured(node, 605)
    assert {name: value for name, value in said.items() if name.startswith("rpc")} == {
        "rpc_endpoints_unreachable 1": 1, "rpc_endpoints_unreachable 5": 1, "rpc_endpoints_unreachable 7": 0}


def test_endpoints_that_hang_are_counted_before_the_unit_is_ended(node, health):
    """However many there are: more than can be asked, five seconds each, in the time there is."""
    folder = node.root / "run/clctl-node/chainlink"
    folder.mkdir(parents=True)
    # It takes connections and says nothing.
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as silent:
        lines = ['[[EVM]]', 'ChainID = "7"', "[[EVM.Nodes]]", 'HTTPURL = "http://127.0.0.1:6688/rpc/METRICS-KEY"']
        lines += ['[[EVM]]', 'ChainID = "1"']
        for _ in range(1000):
            lines += ["[[EVM.Nodes]]", f'HTTPURL = "http://127.0.0.1:{silent.getsockname()[1]}/METRICS-KEY"']
        (folder / "endpoints.toml").write_text("\n".join(lines) + "\n")
        start = time.monotonic()
        said = measured(node, 605)
    unit = (node.root / "etc/systemd/system/clctl-metrics.service").read_text()
    limit = int(re.search(r"^TimeoutStartSec=(\d+)$", unit, re.MULTILINE)[1])
    assert time.monotonic() - start < limit
    assert said["rpc_endpoints_unreachable 1"] == 1000
    assert said["rpc_endpoints_unreachable 7"] == 0


def refused(instance, words):
    """How AWS refuses what an instance tries as its scripts do."""
    status, told = instance.run("/bin/bash", "-c", f'. /usr/local/lib/clctl/lib; "${{aws[@]}}" {words}')
    assert status != 0, told
    return told


def test_an_instance_may_do_what_its_scripts_do_and_no_more(node, world, neighbours):
    """It has its role's permissions in AWS, and what was well above was so with them alone."""
    boot = "--tags Key=clctl.dev/boot,Value=done"
    address = f"--allocation-id {world.addresses[0]} --instance-id {node.id}"
    for words in (
        f"ec2 create-tags --resources {node.id} --tags Key=clctl.dev/uid,Value=another",
        f"ec2 create-tags --resources {neighbours[0]} {boot}",
        f"ec2 associate-address {address}",
        "ec2 describe-addresses",
    ):
        assert "(UnauthorizedOperation)" in refused(node, words), words
    for words in (
        "rds describe-db-instances",
        "rds describe-db-clusters",
        "secretsmanager get-secret-value --secret-id /clctl/another/keystore-password",
    ):
        assert "(AccessDenied" in refused(node, words), words


def test_a_bastion_claims_for_itself(bastion, world, neighbours):
    words = f"ec2 associate-address --allocation-id {world.addresses[0]} --instance-id"
    assert "(UnauthorizedOperation)" in refused(bastion, f"{words} {neighbours[0]}")
    assert "(AccessDenied" in refused(bastion, "secretsmanager get-secret-value --secret-id oracles/rpc")
