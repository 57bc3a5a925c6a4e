#!/usr/bin/env python3
"""What stands in for commands on an instance: who is called is said by the name it is called by. Every call is recorded
with its arguments and environment. systemd's part is played from the unit files, as systemd.exec(5) and
systemd.service(5) have it."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

STAND = pathlib.Path("/stand")
UNITS = pathlib.Path("/etc/systemd/system")
# These do what they do; only their arguments are of interest.
THEMSELVES = ["awk", "cat", "curl", "grep", "install", "jq", "mkdir", "mv", "openssl", "rm", "sed", "tail", "tee"]
STANDS = ["aws", "augenrules", "dnf", "docker", "rpm", "sleep", "sshd", "systemctl", "amazon-cloudwatch-agent-ctl"]


def record(name, arguments):
    line = json.dumps({"call": [name, *arguments], "environment": dict(os.environ)})
    with open(STAND / "calls", "a", encoding="utf-8") as calls:
        calls.write(line + "\n")


def read(name, default=""):
    path = STAND / name
    return path.read_text(encoding="utf-8") if path.exists() else default


def fails(what):
    """Whether the test wants it to fail."""
    return what in read("failing").splitlines()


def aws(arguments):
    # The command line of version 1, which takes the role's credentials from the metadata service.
    if "secretsmanager" in arguments:
        os.environ["AWS_ENDPOINT_URL"] = read("endpoint")
        os.execv(read("aws"), ["aws", *arguments])
    # Databases, addresses and tags of instances are not simulated yet.
    if "rds" in arguments:
        if fails("rds"):
            print("An error occurred (ServiceUnavailable)", file=sys.stderr)
            return 254
        print("database.cluster-x.us-east-1.rds.amazonaws.com")
    if "create-tags" in arguments and fails("tags"):
        print("An error occurred (UnauthorizedOperation)", file=sys.stderr)
        return 254
    if "describe-addresses" in arguments:
        print(read("addresses"))
    if "associate-address" in arguments:
        wanted = arguments[arguments.index("--allocation-id") + 1]
        return 254 if fails(wanted) else 0
    return 0


def docker(arguments):
    match arguments:
        case ["image", "inspect", image]:
            return 0 if image in read("images").splitlines() else 1
        case ["pull", *_, image]:
            with open(STAND / "images", "a", encoding="utf-8") as images:
                images.write(image + "\n")
        case ["run", *_] if arguments[-1] == "validate":
            print("# Effective Configuration, with defaults applied:")
            folder = pathlib.Path(arguments[arguments.index("-v") + 1].split(":")[0])
            print((folder / "endpoints.toml").read_text(encoding="utf-8"))
            if fails("validate"):
                print("Error running app: invalid configuration: 2 errors:")
                print("\t- EVM.0.Nodes.0: " + (folder / "endpoints.toml").read_text(encoding="utf-8"))
                shown = (folder / "endpoints.toml").read_text(encoding="utf-8").replace("://", ":%2F%2F")
                print("\t- EVM.0.Nodes.1: " + shown)
                print("\t- Database: " + (folder / "secrets.toml").read_text(encoding="utf-8"))
                return 1
        case ["inspect", *_]:
            state = read("state")
            print(state) if state else None
            return 0 if state else 1
        case ["logs", *_]:
            print(read("logs"), file=sys.stderr)
    return 0


def settings(unit):
    """The settings of a unit's service, in their order."""
    lines = (UNITS / unit).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("=", 1)) for line in lines if re.match(r"[A-Za-z]+=", line)]


def play(unit, setting):
    """Whether all commands of a setting went well; those with a hyphen always do."""
    for name, command in settings(unit):
        if name == setting:
            ran = subprocess.run(command.lstrip("-").split(), stdin=subprocess.DEVNULL)
            if ran.returncode != 0 and not command.startswith("-"):
                return False
    return True


def stop(unit):
    play(unit, "ExecStopPost")
    for name, folder in settings(unit):
        if name == "RuntimeDirectory" and ("RuntimeDirectoryPreserve", "yes") not in settings(unit):
            shutil.rmtree(pathlib.Path("/run") / folder, ignore_errors=True)
    (STAND / "active" / unit).unlink(missing_ok=True)


def start(unit):
    active = STAND / "active" / unit
    if active.exists() or not (UNITS / unit).exists() or unit.endswith(".timer"):
        active.touch()
        return True
    of = dict(settings(unit))
    if folder := of.get("RuntimeDirectory"):
        os.makedirs(f"/run/{folder}", exist_ok=True)
        os.chmod(f"/run/{folder}", int(of.get("RuntimeDirectoryMode", "0755"), 8))
    if play(unit, "ExecStartPre") and play(unit, "ExecStart"):
        if of["Type"] != "oneshot" or "RemainAfterExit" in of:
            active.touch()
        return True
    stop(unit)
    return False


def systemctl(arguments):
    verb, *units = [word for word in arguments if not word.startswith("-")]
    if "--no-block" in arguments or verb == "reload":
        return 0
    for unit in units:
        if verb == "stop":
            play(unit, "ExecStop")
            stop(unit)
        elif verb == "start" or "--now" in arguments:
            if not start(unit):
                return 1
    return 0


def rpm(arguments):
    return 0 if arguments[-1] in read("packages").splitlines() else 1


def dnf(arguments):
    if fails("dnf"):
        print("Error: Failed to download metadata for repo 'amazonlinux'", file=sys.stderr)
        return 1
    with open(STAND / "packages", "a", encoding="utf-8") as packages:
        packages.write("\n".join(arguments[arguments.index("install") + 1 :]) + "\n")
    return 0


def main():
    name, *arguments = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
    record(name, arguments)
    if name in THEMSELVES:
        os.execv(f"/usr/bin/{name}", [name, *arguments])
    played = {"aws": aws, "docker": docker, "systemctl": systemctl, "rpm": rpm, "dnf": dnf}
    sys.exit(played.get(name, lambda _: 0)(arguments))


if __name__ == "__main__":
    main()
