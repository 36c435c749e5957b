"""How two processes share the tests: which tests stay together, and in which order the groups begin.

A file of tests that starts Spark has fixtures that take minutes; all of its tests run in the process that made them.
The tests that ask for ``runs`` share the runs of programs, so that they are one group. The tests of ``unit`` and
``contract`` start no Spark: they go, one by one, to the process that is free.
"""

from __future__ import annotations

import pytest

ALONE = ("unit", "contract")
# The longest groups begin first, so that both processes end at about the same time.
LONGEST_FIRST = ["scala", "runs", "activation", "example", "cluster", "random_programs"]


def group(items: list[pytest.Item]) -> None:
    """Marks the items for ``--dist loadgroup`` and puts them in the order in which they are to begin."""
    for item in items:
        name = group_of(item)
        if name is not None and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=_place)


def group_of(item: pytest.Item) -> str | None:
    """The group that a test stays in; None for one that can run anywhere."""
    if (marker := item.get_closest_marker("xdist_group")) is not None:
        return str(marker.args[0])
    if "runs" in getattr(item, "fixturenames", ()):
        return "runs"
    if item.path.parent.name == "capture":
        return "capture"
    if item.path.parent.name in ALONE:
        return None
    return item.path.stem.removeprefix("test_")


def _place(item: pytest.Item) -> int:
    name = group_of(item)
    if name in LONGEST_FIRST:
        return LONGEST_FIRST.index(name)
    return len(LONGEST_FIRST) + (name is None)
