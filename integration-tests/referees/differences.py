"""Compares what came of a sequence in the simulator with what came of it in moto.

A difference is a place in the answer of an operation and the two values there. Each has to be in
differences.toml, with who is right and the AWS document that settles it; and each entry there has to be seen.
"""

import collections
import fnmatch
import pathlib
import tomllib

FILE = pathlib.Path(__file__).with_name("differences.toml")

Difference = collections.namedtuple("Difference", "operation path simulator moto")

ABSENT = "(absent)"


def leaves(value):
    """Everything in a value, for telling how alike two are."""
    if isinstance(value, dict):
        return {(key, *it) for key, inner in value.items() for it in leaves(inner)}
    if isinstance(value, list):
        return {it for inner in value for it in leaves(inner)}
    return {(value,)}


def pairs(ours, theirs):
    """Elements of two lists that are most alike; order means nothing in AWS's lists."""
    left = list(theirs)
    for mine in ours:
        if not left:
            return
        mine_leaves = leaves(mine)
        best = max(left, key=lambda it: len(mine_leaves & leaves(it)))
        left.remove(best)
        yield mine, best


def unlike(mine, other, path=""):
    """Each place at which two answers differ, with both values."""
    if isinstance(mine, dict) and isinstance(other, dict):
        for key in sorted(mine.keys() | other.keys()):
            inner = f"{path}.{key}" if path else key
            yield from unlike(mine.get(key, ABSENT), other.get(key, ABSENT), inner)
    elif isinstance(mine, list) and isinstance(other, list):
        if len(mine) != len(other):
            yield path, f"{len(mine)} items", f"{len(other)} items"
        for one, another in pairs(mine, other):
            yield from unlike(one, another, f"{path}[]")
    elif isinstance(mine, (dict, list)) or isinstance(other, (dict, list)):
        if isinstance(mine, list) or isinstance(other, list):
            counts = [f"{len(it)} items" if isinstance(it, list) else it for it in (mine, other)]
            yield path, *counts
        else:
            yield path, *("(given)" if isinstance(it, dict) else it for it in (mine, other))
    elif mine != other:
        yield path, str(mine), str(other)


def compare(ours, theirs):
    """The differences between the steps of two drives of one sequence: {difference: where}."""
    found = {}

    def add(where, *difference):
        found.setdefault(Difference(*difference), where)

    for here, there in zip(ours, theirs, strict=False):
        (step, operation, mine), (other, _, other_result) = here, there
        if step != other:
            add(step, operation, "order", step, other)
            break
        mine_said, other_said = mine["outcome"], other_result["outcome"]
        if other_said == "not asked":
            continue
        if mine_said != other_said:
            add(step, operation, "outcome", mine_said, other_said)
            continue
        if mine_said != "fine":
            continue
        for at in unlike(mine["answer"], other_result["answer"]):
            add(step, operation, *at)
    if len(ours) != len(theirs):
        add("the end", "any", "steps", str(len(ours)), str(len(theirs)))
    return found


class Listed:
    """What is known."""

    def __init__(self):
        self.entries = tomllib.loads(FILE.read_text())["difference"]
        self.seen = [False] * len(self.entries)
        self.steps = 0

    def knows(self, difference):
        known = False
        for nth, entry in enumerate(self.entries):
            if all(
                any(fnmatch.fnmatchcase(value, literal(it)) for it in several(entry.get(field, "*")))
                for field, value in difference._asdict().items()
            ):
                self.seen[nth] = known = True
        return known

    def unseen(self):
        return [entry for entry, seen in zip(self.entries, self.seen, strict=True) if not seen]


def several(value):
    return value if isinstance(value, list) else [value]


def literal(pattern):
    """Brackets are those of paths; only `*` and `?` mean something."""
    return pattern.replace("[", "[[]")
