"""Tables of Arrow within tuples, lists and dicts are found, by no code of the program's."""

from __future__ import annotations

import collections
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from spark_lineage.capture.following.tables.handed import DEEPEST, MOST_INSIDE, inside

TABLE = pa.table({"v": [1]})
OTHER = pa.table({"v": [2]})


class Pair(NamedTuple):
    one: Any
    two: Any


class Loud(tuple[Any, ...]):
    _fields = ("one",)

    def __iter__(self) -> Any:
        raise AssertionError("the program hears of it")


class LoudDict(dict[str, Any]):
    def values(self) -> Any:
        raise AssertionError("the program hears of it")


CYCLE: list[Any] = [TABLE]
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ((TABLE, 1, OTHER), [TABLE, OTHER]),
        ({"a": TABLE, "b": [OTHER, None]}, [TABLE, OTHER]),
        (Pair(TABLE, {"x": (OTHER,)}), [TABLE, OTHER]),
        ([TABLE.to_batches()[0]], TABLE.to_batches()),
        ([[[[TABLE]]]], []),  # deeper than is looked
        ([], []),
        ({TABLE.num_rows: "no table"}, []),
        (Loud((TABLE,)), []),
        (LoudDict(a=TABLE), []),
        ([LoudDict(a=TABLE), collections.OrderedDict(a=TABLE)], []),
        ({1, 2}, []),
        (CYCLE, [TABLE] * (DEEPEST + 1)),
        ([TABLE] * (MOST_INSIDE + 5), [TABLE] * MOST_INSIDE),
    ],
)
def test_tables_within_a_container(value: Any, found: list[Any]) -> None:
    assert list(inside(value)) == found
