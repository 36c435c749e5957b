"""Columns become Arrow arrays as pyarrow itself would make them, without pandas."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_lineage.sinks import arrow_rows

MAP = pa.map_(pa.string(), pa.int64())
WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: dict[pa.DataType, Any] = {
    pa.string(): TEXT,
    pa.bool_(): st.booleans(),
    pa.int64(): WHOLE,
    pa.float64(): st.floats(allow_nan=False) | st.integers(-(2**53), 2**53),
    pa.timestamp("us", tz="UTC"): WHOLE,
    pa.list_(pa.string()): st.lists(st.none() | TEXT),
    MAP: st.dictionaries(TEXT, st.none() | WHOLE),
}


@pytest.mark.parametrize("type_", VALUES, ids=str)
@settings(deadline=None)
@given(data=st.data())
def test_as_pyarrow_makes_them(type_: pa.DataType, data: Any) -> None:
    values = data.draw(st.lists(st.none() | VALUES[type_], max_size=30))
    made = arrow_rows.column(values, type_)
    made.validate(full=True)
    as_pyarrow_takes_them = [list(value.items()) if isinstance(value, dict) else value for value in values]
    expected = pa.array(as_pyarrow_takes_them, type_)
    assert made.type == expected.type == type_
    assert made.null_count == expected.null_count
    assert made.equals(expected)


def test_what_pyarrow_refuses() -> None:
    assert arrow_rows.column(["a\ud800", "\u00e9"], pa.string()).to_pylist() == ["a?", "\u00e9"]
    with pytest.raises(OverflowError):
        arrow_rows.column([2**63], pa.int64())
    nan = arrow_rows.column([float("nan"), float("inf"), None], pa.float64()).to_pylist()
    assert nan[0] != nan[0]
    assert nan[1:] == [float("inf"), None]


def test_pandas_stays_out() -> None:
    program = (
        "import sys, pyarrow as pa; from spark_lineage.sinks import arrow_rows, audit_rows\n"
        "for name in audit_rows.TABLES:\n"
        "    schema = audit_rows.schema(name)\n"
        "    arrays = [arrow_rows.column([None], field.type) for field in schema]\n"
        "    batches = [pa.RecordBatch.from_arrays(arrays, schema=schema)]\n"
        "    assert [pa.Table.from_batches(each, schema).num_rows for each in (batches, [])] == [1, 0]\n"
        "print('pandas' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
