"""Plain values: equal digests for equal values, a bounded look, and no code of the program's is ever run for it."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import sys
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spark_lineage.capture.code.plain_values import MOST_CHARACTERS, described


def digest(value: Any) -> str:
    found = described(value)
    assert found is not None
    return found.digest


EQUAL = {
    "a dict in another order": ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}),
    "a set in another order": ({"x", "y", "z"}, {"z", "y", "x"}),
    "a scalar of numpy": (np.int64(3), 3),
    "a float of numpy": (np.float64(0.5), 0.5),
    "a text of numpy": (np.str_("a"), "a"),
    "a sum in another order": (0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1),
    "minus zero": (0.0, -0.0),
    "within others": ({"a": (np.int32(1), None)}, {"a": (1, None)}),
    "a moment of pandas": (pd.Timestamp("2024-01-02"), pd.Timestamp(2024, 1, 2)),
}
DIFFERENT = {
    "a key is missing": ({"a": 1, "b": 2}, {"a": 1}),
    "a list in another order": ([1, 2], [2, 1]),
    "a number": ({"a": {"b": [1]}}, {"a": {"b": [2]}}),
    "rounded": (0.123456, 0.12),
    "a text that is a number": ("1", 1),
    "a list and a tuple": ([1], (1,)),
    "None and nothing": ({"a": None}, {}),
    "empty ones": ([], {}),
    "true and one": (True, 1),
    "a frame and its count": ({"frame": pd.DataFrame(), "n": 1}, {"frame": pd.DataFrame(), "n": 2}),
    "too large": (list(range(10_000)), list(range(10_001))),
    "a long text": ("x" * 50_000, "x" * 49_999 + "y"),
    "dates": (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)),
    "decimals": (decimal.Decimal("1.0"), decimal.Decimal("1.1")),
    "paths": (Path("/a"), Path("/b")),
}


@pytest.mark.parametrize(("a", "b"), EQUAL.values(), ids=EQUAL)
def test_equal_values_are_equal(a: Any, b: Any) -> None:
    assert digest(a) == digest(b)


@pytest.mark.parametrize(("a", "b"), DIFFERENT.values(), ids=DIFFERENT)
def test_other_values_are_told_apart(a: Any, b: Any) -> None:
    assert digest(a) != digest(b)


def test_texts_are_as_python_writes_them() -> None:
    value = {"b": [1, 2.5, None], "a": ("x",), "s": {1}, "e": set()}
    found = described(value)
    assert found is not None
    assert found.text == repr(value)
    assert found.kind == "dict"


class Touchy:
    """Whatever is done to it is noticed."""

    done: collections.Counter[str] = collections.Counter()

    def __getattribute__(self, name: str) -> Any:
        Touchy.done[name] += 1
        return object.__getattribute__(self, name)

    def __repr__(self) -> str:
        Touchy.done["repr"] += 1
        return "touched"

    def __hash__(self) -> int:
        Touchy.done["hash"] += 1
        return 1

    def __eq__(self, other: object) -> bool:
        Touchy.done["eq"] += 1
        return True

    def __len__(self) -> int:
        Touchy.done["len"] += 1
        return 1


class Number(int):
    def __repr__(self) -> str:
        Touchy.done["number"] += 1
        return "1"


class Names(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        Touchy.done["items"] += 1
        return super().items()


class Zone(datetime.tzinfo):
    def utcoffset(self, moment: Any) -> datetime.timedelta:
        Touchy.done["zone"] += 1
        return datetime.timedelta(0)

    def __repr__(self) -> str:
        Touchy.done["zone"] += 1
        return "Zone()"


class Colour(enum.Enum):
    RED = 1


@dataclass
class Settings:
    limit: int = 3


FOREIGN = [Touchy(), Number(3), Names(a=1), Colour.RED, Settings(), object(), len, pd.DataFrame({"a": [1]}),
           np.arange(3), datetime.datetime(2024, 1, 1, tzinfo=Zone())]  # fmt: skip


@pytest.mark.parametrize("value", FOREIGN, ids=[type(value).__name__ for value in FOREIGN])
def test_nothing_of_the_programs_is_run(value: Any) -> None:
    keyed = {value: 1} if type(value) in (Touchy, Number, Colour) else {}
    Touchy.done.clear()
    assert described(value) is None
    assert described([value, [value]]) is None, "it holds no plain value"
    found = described({"n": 1, "other": value, "keys": keyed})
    assert found is not None
    assert f"<{type(value).__name__}>" in found.text
    assert not Touchy.done


def test_what_it_costs_does_not_hang_on_how_large_a_value_is() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    circle: list[Any] = [1]
    circle.append(circle)
    large = [{"a": 1, "b": "x" * 100}] * 3_000_000
    values = (deep, circle, large, "x" * 50_000_000, b"x" * 50_000_000, 1 << 10_000_000, [[1] * 400] * 400)
    calls = 0

    def counts(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    tracemalloc.start()
    sys.setprofile(counts)
    try:
        found = [described(value) for value in values]
    finally:
        sys.setprofile(None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert all(each is not None and len(each.text) <= MOST_CHARACTERS for each in found)
    assert calls < 50_000
    assert peak < 2_000_000, "bytes: none of the values is copied"
    while type(deep) is list:  # taken apart by hand: freeing it at once would be deep, too
        deep = deep[0]
