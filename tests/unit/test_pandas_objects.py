"""What a pandas object holds: its facts are those of the Arrow table of the same rows; a digest tells changes."""

from __future__ import annotations

import datetime
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spark_lineage.fingerprint import measure_pandas
from spark_lineage.fingerprint.pandas_objects import digest, measured, shape

DAY = datetime.datetime(2024, 5, 1, 12)


def frame() -> pd.DataFrame:
    return pd.DataFrame({
        "n": [1, 2, 3], "x": [1.5, None, -0.0], "s": ["a", None, "c"], "t": [DAY, pd.NaT, DAY],
        "z": pd.Series([DAY, DAY, None]).dt.tz_localize("UTC"), "c": pd.Categorical(["u", "v", "u"]),
        "i": pd.array([1, None, 3], dtype="Int64"), "b": [True, False, True], "l": [[1], [2, 3], None],
    })  # fmt: skip


def test_facts_are_those_of_the_arrow_table() -> None:
    probed, _ = measured(frame(), 5)
    facts = measure_pandas(frame(), sample_rows=5)
    assert (probed.rows, probed.columns, probed.fingerprint, probed.sample) == (
        3, facts.columns, facts.fingerprint, facts.sample,
    )  # fmt: skip
    assert probed.complete and probed.fingerprint is not None


def test_a_named_index_counts_as_columns_and_no_other() -> None:
    table = pd.DataFrame({"k": ["a", "b"], "v": [1, 2]})
    plain, _ = measured(table, 0)
    indexed, _ = measured(table.set_index("k"), 0)
    assert indexed.columns == plain.columns and indexed.fingerprint == plain.fingerprint
    other, _ = measured(table.set_index(pd.Index([7, 8])), 0)
    assert other.fingerprint == plain.fingerprint
    series, _ = measured(table.set_index("k")["v"], 0)
    assert series.columns == plain.columns
    nameless, _ = measured(pd.Series([1, 2]), 0)
    assert [each.name for each in nameless.columns] == ["value"]


def test_order_and_index_have_a_word_of_their_own() -> None:
    table = pd.DataFrame({"v": [1, 2, 3]})
    turned = table[::-1].reset_index(drop=True)
    (a, first), (b, second) = measured(table, 0), measured(turned, 0)
    assert a.fingerprint == b.fingerprint and first != second
    assert measured(table.set_index(pd.Index([2, 1, 0])), 0)[1] != first
    assert measured(table.copy(), 0)[1] == first


def test_columns_of_several_types_and_odd_labels() -> None:
    mixed = pd.DataFrame({0: [1, "a"], ("x", "sum"): [1.0, 2.0], "p": pd.period_range("2024-01", periods=2, freq="M")})
    mixed.columns = pd.Index([0, ("x", "sum"), "p"], dtype=object)
    probed, _ = measured(mixed, 5)
    assert [(each.name, each.type) for each in probed.columns] == [
        ("0", "string"),
        ("x_sum", "double"),
        ("p", "string"),
    ]
    assert probed.complete and probed.fingerprint is not None
    odd, _ = measured(pd.DataFrame({"o": [object(), 1], "v": [1, 2]}), 5)
    assert (odd.complete, odd.reason, odd.rows, odd.fingerprint) == (False, "no_fingerprint", 2, None)


def test_no_rows_and_no_columns() -> None:
    empty, _ = measured(pd.DataFrame({"a": pd.Series([], dtype="int64")}), 5)
    assert (empty.rows, empty.complete, [each.name for each in empty.columns]) == (0, True, ["a"])
    bare, _ = measured(pd.DataFrame(index=range(3)), 5)
    assert (bare.rows, bare.complete, bare.columns) == (3, True, ())


CHANGES: list[Any] = [
    lambda f: f.__setitem__("n", 5), lambda f: f.loc.__setitem__((0, "x"), 9.0),
    lambda f: f.iloc.__setitem__((1, 2), "z"), lambda f: f.__setitem__("c", f["c"].cat.rename_categories(["v", "w"])),
    lambda f: f.rename(columns={"n": "m"}, inplace=True), lambda f: f.drop(index=0, inplace=True),
    lambda f: f.sort_values("n", ascending=False, inplace=True), lambda f: f.at.__setitem__((0, "t"), pd.NaT),
    lambda f: f.at.__setitem__((0, "c"), "v"), lambda f: f.at.__setitem__((0, "i"), 7), lambda f: f.pop("b"),
    lambda f: setattr(f, "index", [5, 6, 7]), lambda f: f.at.__setitem__((1, "b"), True),
    lambda f: f.at.__setitem__((0, "z"), pd.Timestamp("2020-01-01", tz="UTC")),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_digest_tells_each_change(change: Any) -> None:
    changed = frame()
    before = digest(changed)
    assert digest(changed) == before == digest(changed)
    change(changed)
    assert digest(changed) != before


def test_a_digest_of_many_strings_and_of_arrow_strings() -> None:
    for dtype in (object, "string[pyarrow]"):
        strings = pd.Series([f"v{n}" for n in range(1000)], dtype=dtype)
        before = digest(strings)
        strings.iloc[999] = "w"
        assert digest(strings) != before


def test_looking_warns_of_nothing() -> None:
    kinds = [
        "Int64",
        "Float64",
        "boolean",
        "string",
        "string[pyarrow]",
        "int64[pyarrow]",
        "category",
        "Sparse[float64]",
    ]
    columns = {
        kind: pd.Series([1, 0, 1]).astype("float64" if "Sparse" in kind else "int64").astype(kind) for kind in kinds
    }
    columns["period"] = pd.Series(pd.period_range("2024-01", periods=3, freq="M"))
    columns["interval"] = pd.Series(pd.interval_range(0, 3))
    columns["delta"] = pd.Series(pd.to_timedelta([1, 2, 3], unit="s"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for each in (frame(), *(column.to_frame("v") for column in columns.values())):
            digest(each)
            assert measured(each, 5)[0].complete


def test_looking_leaves_no_trace() -> None:
    table = frame()
    table._is_copy = None
    before = {name: id(value) for name, value in vars(table).items()}
    blocks = [block.refs.has_reference() for block in table._mgr.blocks]
    measured(table, 5), digest(table), shape(table)
    assert {name: id(value) for name, value in vars(table).items()} == before
    assert not table.__dict__.get("_item_cache")
    assert [block.refs.has_reference() for block in table._mgr.blocks] == blocks
    assert np.shares_memory(table["n"].to_numpy(), table._mgr.iget_values(0))
