#!/usr/bin/python3 -IS
"""What stands in for commands on an instance: who is called is said by the name it is called by. Every call is recorded
with its arguments and environment. systemd's part is played from the unit files, as systemd.exec(5) and
systemd.service(5) have it. It is called often: what only some need is imported where it is needed."""

import os
import sys

STAND = "/stand"
UNITS = "/etc/systemd/system"
# These do what they do; only their arguments are of interest. record.sh stands before them.
THEMSELVES = ["awk", "cat", "curl", "grep", "install", "jq", "mkdir", "mv", "openssl", "rm", "sed", "tail", "tee"]
STANDS = ["aws", "augenrules", "dnf", "docker", "rpm", "sleep", "sshd", "systemctl", "amazon-cloudwatch-agent-ctl"]


def record(call):
    """Words and variables end in a NUL, as in proc(5); the process's number says which are whose, and `calls` in which
    order."""
    for name, words in ("", call), (".environment", map("=".join, os.environ.items())):
        with open(f"{STAND}/recorded/{os.getpid()}{name}", "wb") as file:
            file.write(b"".join(os.fsencode(word) + b"\0" for word in words))
    add("calls", os.getpid())


def read(name, default=""):
    try:
        with open(f"{STAND}/{name}", encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return default


def add(name, *lines):
    with open(f"{STAND}/{name}", "a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


def fails(what):
    """Whether the test wants it to fail."""
    return what in read("failing").splitlines()


def aws(arguments):
    """The AWS CLI itself, before the simulator, with the role's credentials from the metadata service."""
    if "rds" in arguments and fails("rds"):
        print("An error occurred (ServiceUnavailable)", file=sys.stderr)
        return 254
    if "create-tags" in arguments and fails("tags"):
        print("An error occurred (UnauthorizedOperation)", file=sys.stderr)
        return 254
    import json
    import socket
    import subprocess

    told = json.loads(read("aws"))
    if "associate-address" in arguments and fails(wanted := arguments[arguments.index("--allocation-id") + 1]):
        # Somebody else is faster.
        taken = ["--endpoint-url", told["url"], "ec2", "associate-address", "--allocation-id", wanted]
        taken += ["--instance-id", read("rival")]
        subprocess.run([told["program"], *taken], check=True, stdout=sys.stderr, env=told["administrator"])
    # Nothing of whoever works on this machine.
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    # An older version 2 knows no variable for it.
    arguments = ["--endpoint-url", told["url"], *arguments]
    if "warm" not in told:
        os.execv(told["program"], ["aws", *arguments])
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as cli:
        cli.connect("\0" + told["warm"])
        sent = {"root": told["root"], "arguments": arguments, "environment": dict(os.environ)}
        socket.send_fds(cli, [json.dumps(sent).encode()], [0, 1, 2])
        return int(cli.recv(16))


def docker(arguments):
    match arguments:
        case ["image", "inspect", image]:
            return 0 if image in read("images").splitlines() else 1
        case ["pull", *_, image]:
            add("images", image)
        case ["run", *_] if arguments[-1] == "validate":
            print("# Effective Configuration, with defaults applied:")
            folder = arguments[arguments.index("-v") + 1].split(":")[0]
            with open(f"{folder}/endpoints.toml", encoding="utf-8") as file:
                endpoints = file.read()
            print(endpoints)
            if fails("validate"):
                print("Error running app: invalid configuration: 2 errors:")
                print("\t- EVM.0.Nodes.0: " + endpoints)
                print("\t- EVM.0.Nodes.1: " + endpoints.replace("://", ":%2F%2F"))
                with open(f"{folder}/secrets.toml", encoding="utf-8") as file:
                    print("\t- Database: " + file.read())
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
    with open(f"{UNITS}/{unit}", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("=", 1) for line in file]
    return [(line[0], line[1]) for line in lines if len(line) == 2 and line[0].isalpha() and line[0].isascii()]


def play(unit, setting):
    """Whether all commands of a setting went well; those with a hyphen always do."""
    import subprocess

    for name, command in settings(unit):
        if name == setting:
            ran = subprocess.run(command.lstrip("-").split(), stdin=subprocess.DEVNULL)
            if ran.returncode != 0 and not command.startswith("-"):
                return False
    return True


def stop(unit):
    import shutil

    play(unit, "ExecStopPost")
    for name, folder in settings(unit):
        if name == "RuntimeDirectory" and ("RuntimeDirectoryPreserve", "yes") not in settings(unit):
            shutil.rmtree(f"/run/{folder}", ignore_errors=True)
    if os.path.exists(active(unit)):
        os.remove(active(unit))


def active(unit):
    return f"{STAND}/active/{unit}"


def start(unit):
    if os.path.exists(active(unit)) or not os.path.exists(f"{UNITS}/{unit}") or unit.endswith(".timer"):
        add(f"active/{unit}")
        return True
    of = dict(settings(unit))
    if folder := of.get("RuntimeDirectory"):
        os.makedirs(f"/run/{folder}", exist_ok=True)
        os.chmod(f"/run/{folder}", int(of.get("RuntimeDirectoryMode", "0755"), 8))
    if play(unit, "ExecStartPre") and play(unit, "ExecStart"):
        if of["Type"] != "oneshot" or "RemainAfterExit" in of:
            add(f"active/{unit}")
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
    add("packages", *arguments[arguments.index("install") + 1 :])
    return 0


def main():
    name, *arguments = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
    record([name, *arguments])
    played = {"aws": aws, "docker": docker, "systemctl": systemctl, "rpm": rpm, "dnf": dnf}
    sys.exit(played.get(name, lambda _: 0)(arguments))


if __name__ == "__main__":
    main()
