"""Patches are placed whole or not at all, and undone where they are still ours."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from spark_lineage import capture
from spark_lineage.capture.patching import table_attributes, threads, wrappers
from spark_lineage.capture.patching.installation import Installation
from spark_lineage.config import Config
from spark_lineage.guard import Guard
from spark_lineage.patches import ABSENT, Patch, Patches, around


def owner() -> type:
    class Owner:
        def one(self) -> int:
            return 1

        def two(self) -> int:
            return 2

        @property
        def three(self) -> int:
            return 3

        @classmethod
        def four(cls) -> int:
            return 4

    return Owner


def plus_ten(original: Callable[..., int]) -> Callable[..., int]:
    def more(*args: Any) -> int:
        return original(*args) + 10

    return more


def broken(original: Any) -> Any:
    raise RuntimeError("a fault of ours")


def test_every_kind_of_attribute_is_replaced_by_its_like_and_put_back() -> None:
    patched = owner()
    before = dict(vars(patched))
    names = ("one", "three", "four")
    patches = Patches([*(around(patched, name, plus_ten) for name in names), Patch(patched, "new", lambda _: 5)])
    patches.install()
    patches.install()
    it = patched()
    assert (it.one(), it.three, it.four(), patched.four(), it.new) == (11, 13, 14, 14, 5)
    assert [type(vars(patched)[name]) for name in names] == [type(before[name]) for name in names]
    patches.uninstall()
    patches.uninstall()
    assert dict(vars(patched)) == before


def test_what_is_not_there_is_absent_and_what_is_unknown_stays() -> None:
    patched = owner()
    patched.number = 7
    given: list[Any] = []
    patches = Patches([Patch(patched, "new", given.append), around(patched, "number", broken)])
    patches.install()
    assert given == [ABSENT]
    assert patched.number == 7
    assert "new" not in vars(patched)


def test_a_table_with_a_patch_that_cannot_be_made_is_not_placed() -> None:
    patched = owner()
    before = dict(vars(patched))
    patches = Patches([around(patched, "one", plus_ten), around(patched, "two", broken)])
    with pytest.raises(RuntimeError, match="a fault of ours"):
        patches.install()
    assert dict(vars(patched)) == before


def test_a_table_with_a_patch_that_cannot_be_placed_is_taken_out_again() -> None:
    patched = owner()
    before = dict(vars(patched))
    patches = Patches([around(patched, "one", plus_ten), Patch(dict, "get", lambda original: broken)])
    with pytest.raises(TypeError):
        patches.install()
    assert dict(vars(patched)) == before
    patches.uninstall()
    assert dict(vars(patched)) == before


def test_what_somebody_else_has_put_over_ours_stays() -> None:
    patched = owner()
    patches = Patches([around(patched, "one", plus_ten), around(patched, "two", plus_ten)])
    patches.install()
    patched.one = theirs = plus_ten(patched.one)
    patches.uninstall()
    assert patched.one is theirs
    assert patched().two() == 2


PARTS = {"threads": (threads, "patches"), "pyspark": (wrappers, "patches"), "pandas": (table_attributes, "patches")}


@pytest.mark.parametrize("part", PARTS)
def test_a_fault_while_one_part_is_patched_leaves_that_part_plain(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    import pandas
    from pyspark.sql.readwriter import DataFrameReader

    def state() -> dict[str, Any]:
        return {
            "threads": vars(threading.Thread)["start"],
            "pyspark": vars(DataFrameReader)["load"],
            "pandas": vars(pandas.core.generic.NDFrame).get("_mgr"),
        }

    faults: list[str] = []
    guard = Guard(lambda what, why: faults.append(f"{what}: {why}"))
    before = state()
    monkeypatch.setattr(*PARTS[part], lambda *_: [around(owner(), "one", broken)])
    jvm: Any = SimpleNamespace(place=lambda path: None)
    recorder = capture.Recorder(lambda deferred: None, jvm, Config(), guard, contents=object())
    installation = Installation(recorder)
    try:
        recorder.results.pandas_seen()
        during = state()
    finally:
        installation.uninstall()
    assert faults == ["patching: this part of spark-lineage failed (RuntimeError: a fault of ours)"]
    assert {name for name, value in during.items() if value is before[name]} == {part}
    assert state() == before
