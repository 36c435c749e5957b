"""The Python half of the fingerprint against the vectors that plain Spark gave; TypesSuite.scala is the other half."""

from __future__ import annotations

import datetime
import decimal
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")

from spark_lineage.fingerprint import measure, measure_pandas  # noqa: E402
from spark_lineage.fingerprint.columns import hashes, type_name  # noqa: E402
from spark_lineage.fingerprint.text import java_float  # noqa: E402

VECTORS = json.loads((Path(__file__).parent / "fingerprint_vectors.json").read_text(encoding="utf-8"))


def instant(text: str, zone: datetime.timezone | None) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone)


READERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "boolean": (pa.bool_(), bool),
    "tinyint": (pa.int8(), int),
    "smallint": (pa.int16(), int),
    "int": (pa.int32(), int),
    "bigint": (pa.int64(), int),
    "float": (pa.float32(), lambda v: np.float32(struct.unpack(">f", bytes.fromhex(v))[0])),
    "double": (pa.float64(), lambda v: struct.unpack(">d", bytes.fromhex(v))[0]),
    "string": (pa.string(), str),
    "binary": (pa.binary(), bytes.fromhex),
    "decimal(9,2)": (pa.decimal128(9, 2), decimal.Decimal),
    "decimal(18,6)": (pa.decimal128(18, 6), decimal.Decimal),
    "decimal(19,2)": (pa.decimal128(19, 2), decimal.Decimal),
    "decimal(38,10)": (pa.decimal128(38, 10), decimal.Decimal),
    "date": (pa.date32(), datetime.date.fromisoformat),
    "timestamp": (pa.timestamp("us", "UTC"), lambda v: instant(v, datetime.timezone.utc)),
    "timestamp_ntz": (pa.timestamp("us"), lambda v: instant(v, None)),
    "interval day to second": (pa.duration("us"), int),
    "time(6)": (pa.time64("us"), datetime.time.fromisoformat),
    "array<int>": (pa.list_(pa.int32()), list),
    "array<string>": (pa.list_(pa.string()), list),
    "struct<a:int,b:string>": (pa.struct([("a", pa.int32()), ("b", pa.string())]), lambda v: {"b": None, **v}),
    "array<struct<a:bigint,b:array<double>>>": (
        pa.list_(pa.struct([("a", pa.int64()), ("b", pa.list_(pa.float64()))])),
        list,
    ),
}
# Arrow has no collations, and no year-month interval that pandas could hold.
SPARK_ONLY = {"interval year to month", "string collate UTF8_LCASE"}


def of_type(name: str) -> Any:
    kind, read = READERS[name]
    values = [read(v["value"] if "value" in v else v["json"]) for v in VECTORS["vectors"] if v["type"] == name]
    return pa.array(values, kind)


@pytest.mark.parametrize("name", READERS)
def test_hashes_are_those_of_spark(name: str) -> None:
    expected = [v["hash"] for v in VECTORS["vectors"] if v["type"] == name]
    assert [f"{int(h):016x}" for h in hashes(of_type(name))] == expected
    assert type_name(of_type(name).type) == name


@pytest.mark.parametrize("name", READERS)
def test_column_fingerprints_are_those_of_spark(name: str) -> None:
    array = of_type(name)
    column = next(c for c in VECTORS["columns"] if c["type"] == name)
    whole = pa.concat_arrays([array, pa.nulls(1, array.type), array.slice(0, 1)])
    facts = measure(pa.table({"v": whole}))
    assert facts.rows == column["rows"]
    assert facts.columns[0].nulls == column["nulls"]
    assert facts.columns[0].fingerprint == column["fingerprint"]


def rows_of(table: dict[str, Any]) -> Any:
    types = dict(part.split(" ", 1) for part in table["schema"].split(", "))
    readers = {**READERS, "float": (pa.float32(), float), "double": (pa.float64(), float)}
    columns = {}
    for name, kind in types.items():
        arrow, read = readers[kind]
        values = [row[name] for row in table["rows"]]
        columns[name] = pa.array([None if v is None else read(v) for v in values], arrow)
    return pa.table(columns)


@pytest.mark.parametrize("table", VECTORS["tables"])
def test_rows_sketches_and_sample(table: dict[str, Any]) -> None:
    data = rows_of(table)
    for arranged in (data, data.take(list(reversed(range(data.num_rows))))):
        facts = measure(arranged, sample_rows=len(table["sample"]["rows"]))
        assert facts.fingerprint == table["fingerprint"]
        assert facts.sample is not None
        assert list(facts.sample.key) == table["sample"]["key"]
        assert [list(row) for row in facts.sample.rows] == table["sample"]["rows"]
        assert list(facts.sample.counts) == table["sample"]["counts"]
        for column in facts.columns:
            if column.sum is not None:
                assert [column.sum, column.sum_squares, column.signed_sum] == pytest.approx(
                    table["sketches"][column.name]
                )


def test_a_swap_within_a_column_changes_only_the_row_fingerprint() -> None:
    one = measure(pa.table({"a": [1, 2], "b": ["x", "y"]}))
    two = measure(pa.table({"a": [1, 2], "b": ["y", "x"]}))
    assert one.columns == two.columns
    assert one.fingerprint != two.fingerprint


def test_maps_have_no_fingerprint() -> None:
    facts = measure(pa.table({"m": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32())), "n": [1, 2]}))
    assert facts.fingerprint is None
    assert [c.fingerprint is None for c in facts.columns] == [True, False]
    assert facts.columns[0].nulls == 1


def test_pandas_frames_are_their_arrow_form() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2, 3], "s": ["x", None, "z"], "x": [0.5, float("nan"), -0.0]}, index=[7, 7, 1])
    facts = measure_pandas(frame)
    plain = pa.table({"a": [1, 2, 3], "s": ["x", None, "z"], "x": pa.array([0.5, None, 0.0])})
    assert facts.fingerprint == measure(plain).fingerprint
    assert [c.nulls for c in facts.columns] == [0, 1, 1]


def test_no_rows_no_columns() -> None:
    assert measure(pa.table({"a": pa.array([], pa.int32())})).columns[0].fingerprint == "xxh64:0000000000000000"
    assert measure(pa.table({})).fingerprint is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0"), (1.0, "1.0"), (-12.5, "-12.5"), (1e7, "1.0E7"), (1234567.0, "1234567.0"), (0.001, "0.001"),
     (0.0001, "1.0E-4"), (1.5e300, "1.5E300"), (float("nan"), "NaN"), (float("-inf"), "-Infinity"), (-0.0, "-0.0")],
)  # fmt: skip
def test_floats_are_written_as_java_does(value: float, text: str) -> None:
    assert java_float(value) == text


def test_every_vector_has_a_reader_or_a_reason() -> None:
    assert {v["type"] for v in VECTORS["vectors"]} == set(READERS) | SPARK_ONLY
