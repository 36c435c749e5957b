"""Rows become Arrow tables as pyarrow itself would make them, without pandas."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone

import pyarrow as pa
import pytest

from spark_lineage.sinks import arrow_rows

SCHEMA = pa.schema(
    [
        ("text", pa.string()), ("at", pa.timestamp("us", tz="UTC")), ("texts", pa.list_(pa.string())),
        ("counts", pa.map_(pa.string(), pa.int64())), ("number", pa.float64()), ("yes", pa.bool_()),
        ("count", pa.int64()),
    ]
)  # fmt: skip
ROWS = [
    {"text": "2020-01-01", "at": datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=timezone.utc), "texts": ["a\n", None, ""],
     "counts": {"k": 1, "\u00e9": -(2**63)}, "number": 1, "yes": True, "count": 2**63 - 1},
    {"text": "\x00\U0001f600\"{", "texts": [], "counts": {}, "number": 0.1 + 0.2},
    {},
]  # fmt: skip


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1], ROWS[:1], []])
def test_as_pyarrow_makes_them(rows):
    made = arrow_rows._by_json(rows or [{}], SCHEMA).slice(0, len(rows))
    expected = pa.Table.from_pylist(rows, schema=SCHEMA)
    assert (made.schema, made.to_pylist()) == (expected.schema, expected.to_pylist())
    assert arrow_rows.table(rows, SCHEMA).equals(expected)


def test_what_json_cannot_say():
    rows = [{"number": float("inf"), "text": "x"}, {"number": float("nan")}]
    with pytest.raises(ValueError, match="JSON"):
        arrow_rows._by_json(rows, SCHEMA)
    made = arrow_rows.table(rows, SCHEMA)
    assert made.column("number").to_pylist()[0] == float("inf")
    assert made.column("number")[1].as_py() != made.column("number")[1].as_py()


def test_pandas_stays_out():
    program = (
        "import sys; from spark_lineage.sinks import arrow_rows, audit_rows\n"
        "for name in audit_rows.TABLES:\n"
        "    assert arrow_rows.table([], audit_rows.schema(name)).schema == audit_rows.schema(name)\n"
        "    assert arrow_rows.table([{'run_id': 'r'}], audit_rows.schema(name)).num_rows == 1\n"
        "print('pandas' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
