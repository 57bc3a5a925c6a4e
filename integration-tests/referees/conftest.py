"""The servers that are driven, each started once."""

import pytest

import drive
import sequences_ec2  # noqa: F401  they add themselves
import sequences_iam  # noqa: F401
import sequences_keys  # noqa: F401
import sequences_others  # noqa: F401
import sequences_refused  # noqa: F401
import sequences_secrets  # noqa: F401
import servers


@pytest.fixture(scope="session")
def simulated():
    return servers.operations()


@pytest.fixture(scope="session")
def moto():
    server = servers.moto()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def checked():
    return drive.Checked()


@pytest.fixture(scope="session")
def driven(simulated, checked):
    """Each sequence against a simulated world of its own, once: its drive, or why there is none."""
    done = {}

    def run(name):
        if name not in done:
            simulator = servers.simulator()
            world = drive.Drive(simulator, checked, simulated)
            try:
                drive.SEQUENCES[name](world)
            except (AssertionError, drive.Unmodelled) as why:
                done[name] = why
            else:
                done[name] = world
            finally:
                simulator.stop()
        if isinstance(done[name], Exception):
            raise done[name]
        return done[name]

    return run
