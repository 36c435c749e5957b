"""How the processes share the tests: which tests stay together, and in which order the groups begin.

A file of tests that starts Spark has fixtures that take minutes; all of its tests run in the process that made them.
The files that ask for ``runs`` share the runs of programs, so that they are one group; those that only ask for the warm
JVMs are another, as each process would start its own, and warm them up. The tests of ``unit`` and ``contract`` start no
Spark: they go, one by one, to the process that is free.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

ALONE = ("unit", "contract")
ONE_GROUP = ("capture", "browser")  # folders whose files share what takes long to start
# The longest groups begin first, so that the processes end at about the same time.
LONGEST_FIRST = [
    "scala",
    "runs",
    "warm",
    "activation",
    "rough_receivers",
    "browser",
    "example",
    "every_hook",
]
ROOT = Path(__file__).resolve().parent.parent


def order(items: list[pytest.Item]) -> None:
    """Puts the tests in the order in which their groups are to begin."""
    items.sort(key=lambda item: _place(group_of_file(item.path)))


@cache
def group_of_file(path: Path) -> str | None:
    """The group of the tests of a file (absolute, or below the repository); None if they can run anywhere."""
    if path.parent.name in ALONE:
        return None
    text = (ROOT / path).read_text("utf-8")
    for group, fixture in {"runs": "runs: Runs", "warm": "warm_jvms"}.items():
        if fixture in text:
            return group
    return path.parent.name if path.parent.name in ONE_GROUP else path.stem.removeprefix("test_")


def _place(group: str | None) -> int:
    if group in LONGEST_FIRST:
        return LONGEST_FIRST.index(group)
    return len(LONGEST_FIRST) + (group is None)
