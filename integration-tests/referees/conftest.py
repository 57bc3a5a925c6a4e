"""The servers that are driven, each started once."""

import pytest

import differences
import drive
import sequences_backup  # noqa: F401  they add themselves
import sequences_balancers  # noqa: F401
import sequences_compute  # noqa: F401
import sequences_ec2  # noqa: F401
import sequences_iam  # noqa: F401
import sequences_keys  # noqa: F401
import sequences_others  # noqa: F401
import sequences_names  # noqa: F401
import sequences_rds  # noqa: F401
import sequences_refused  # noqa: F401
import sequences_secrets  # noqa: F401
import sequences_watch  # noqa: F401
import servers


FIGURES = {}


@pytest.fixture(scope="session")
def simulated():
    return servers.operations()


@pytest.fixture(scope="session")
def moto():
    server = servers.moto()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def checked(simulated):
    all_answers = drive.Checked()
    yield all_answers
    FIGURES["operations that the simulator models"] = len(simulated)
    FIGURES["of them answered with success"] = len(simulated & all_answers.answered)
    FIGURES["of them refused"] = len(simulated & all_answers.refused)
    FIGURES["answers held against botocore's models"] = all_answers.seen
    FIGURES["paginators"] = len(all_answers.paginators)
    FIGURES["waiters"] = len(all_answers.waiters)


@pytest.fixture(scope="session")
def listed():
    """The differences from moto that are known."""
    known = differences.Listed()
    yield known
    FIGURES["sequences"] = len(drive.SEQUENCES)
    FIGURES["of them for the simulator alone"] = len(drive.ALONE)
    FIGURES["steps driven against simulator and moto"] = known.steps
    FIGURES["differences from moto listed"] = len(known.entries)
    FIGURES["of them seen"] = len(known.entries) - len(known.unseen())


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


def pytest_terminal_summary(terminalreporter):
    """What was held against what, in numbers."""
    if FIGURES:
        terminalreporter.section("what was held against what")
        for what, number in FIGURES.items():
            terminalreporter.write_line(f"{number:6} {what}")
