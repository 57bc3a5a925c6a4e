"""moto, driven by the same sequences: every difference is listed with the document that settles it."""

import re

import pytest

import differences
import drive
import servers


@pytest.mark.parametrize("name", sorted(drive.SEQUENCES.keys() - drive.ALONE))
def test_moto_differs_only_as_listed(name, driven, moto, listed):
    ours = driven(name)
    servers.reset(moto)
    theirs = drive.Drive(moto)
    drive.SEQUENCES[name](theirs)
    found = differences.compare(ours.steps, theirs.steps)
    listed.steps += len(ours.steps)
    unknown = [f"{where}: {it}" for it, where in found.items() if not listed.knows(it)]
    assert unknown == [], "add them to differences.toml with the document that settles them, or mend the simulator"


def test_every_listed_difference_occurs(listed):
    """Runs last; with only some of the sequences it says nothing of use."""
    gone = [f"{it['operation']} {it['path']}: {it['what']}" for it in listed.unseen()]
    assert gone == [], "these do not occur any more: take them out of differences.toml"


def test_every_listed_difference_says_who_is_right_and_which_document_settles_it(listed):
    for entry in listed.entries:
        assert entry["right"] in {"simulator", "moto", "both", "neither"}, entry
        assert entry["document"].startswith("https://docs.aws.amazon.com/"), entry
        assert entry["what"], entry


def test_every_mend_of_moto_is_of_a_listed_difference(listed):
    """Read as text: to import it would need moto in this process."""
    script = servers.MENDED.read_text()
    made = re.findall(r"^@mend\ndef (\w+)", script, re.MULTILINE)
    named = [entry["mend"] for entry in listed.entries if "mend" in entry]
    assert sorted(made) == sorted(named)
