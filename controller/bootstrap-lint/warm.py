"""Version 1 of the AWS CLI for whoever calls it often: most of its time goes into reading itself. `warm.py NAME`, by the
Python that has it, reads it once and forks for every call. Whoever calls (stands.py) sends its standard streams, its
root, its words and its environment to the socket of that name; the fork does there what the program would do, and
answers with how that ended."""

import gc
import json
import os
import signal
import socket
import sys
import traceback

BEFORE = dict(os.environ)

from awscli import clidriver  # noqa: E402
from botocore import loaders  # noqa: E402 its own, once it is there

# What it tells itself when it is read: where its data are.
ITS = {name: value for name, value in os.environ.items() if BEFORE.get(name) != value}
NOBODY = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}


def keep(kind, name):
    """What was read of the files that come with it is not read again."""
    read, kept = getattr(kind, name), {}

    def again(self, *which, **more):
        asked = (*which, *more.items())
        if asked not in kept:
            kept[asked] = read(self, *which, **more)
        return kept[asked]

    setattr(kind, name, again)


def run(words):
    sys.argv = ["aws", *words]
    try:
        status = clidriver.main()
    except SystemExit as exit:
        status = exit.code
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def answer(connection):
    """In the fork."""
    told, streams, _, _ = socket.recv_fds(connection, 1 << 17, 3)
    told = json.loads(told)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chroot(told["root"])
    os.chdir("/")
    os.environ.clear()
    os.environ.update(told["environment"] | ITS)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in enumerate("rww"))
    connection.send(str(run(told["arguments"])).encode())


def main():
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # A name and no file: whatever root one has, it is the same.
    server.bind("\0" + sys.argv[1])
    keep(loaders.JSONFileLoader, "load_file")
    keep(loaders.Loader, "list_available_services")
    # First calls, so that all is read that is only read then. Nobody answers on that port.
    said = sys.stdout, sys.stderr
    os.environ.update(NOBODY)
    sys.stdout = sys.stderr = open(os.devnull, "w")
    for words in ("ec2 describe-addresses", "rds describe-db-instances", "secretsmanager list-secrets"):
        run(["--endpoint-url", "http://127.0.0.1:1", *words.split()])
    sys.stdout, sys.stderr = said
    gc.freeze()
    server.listen(64)
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            server.close()
            try:
                answer(connection)
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            # Whoever called is told nothing more, and what it was not told it takes for a failure.
            os._exit(0)
        connection.close()


if __name__ == "__main__":
    main()
