"""Rows, nulls and fingerprints are the same for equal data, whichever engine holds it.

Arrow tables are held to Spark's own hashes by ``test_fingerprint.py``; here pandas and polars are held to Arrow.
"""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_lineage.fingerprint import measure, pandas_objects

_MOMENTS = st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1))
_UTC = datetime.timezone.utc


def _decimals(digits: int, scale: int) -> st.SearchStrategy[decimal.Decimal]:
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda number: decimal.Decimal(number).scaleb(-scale, decimal.Context(prec=76)))


TYPES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "boolean": (pa.bool_(), st.booleans()),
    "tinyint": (pa.int8(), st.integers(-128, 127)),
    "smallint": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "int": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "bigint": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "uint8": (pa.uint8(), st.integers(0, 255)),
    "uint16": (pa.uint16(), st.integers(0, 2**16 - 1)),
    "uint32": (pa.uint32(), st.integers(0, 2**32 - 1)),
    "float": (pa.float32(), st.floats(width=32)),
    "double": (pa.float64(), st.floats()),
    "string": (pa.string(), st.text(st.characters(codec="utf-8"))),
    "binary": (pa.binary(), st.binary()),
    "decimal(9,2)": (pa.decimal128(9, 2), _decimals(9, 2)),
    "decimal(38,10)": (pa.decimal128(38, 10), _decimals(38, 10)),
    "date": (pa.date32(), st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 1, 1))),
    "timestamp": (pa.timestamp("us", "UTC"), _MOMENTS.map(lambda moment: moment.replace(tzinfo=_UTC))),
    "timestamp_ntz": (pa.timestamp("us"), _MOMENTS),
    "interval": (pa.duration("us"), st.timedeltas(datetime.timedelta(-10_000), datetime.timedelta(10_000))),
    "time": (pa.time64("us"), st.times()),
    "array<int>": (pa.list_(pa.int32()), st.lists(st.none() | st.integers(-9, 9), max_size=4)),
    "array<string>": (pa.list_(pa.string()), st.lists(st.none() | st.text("ab", max_size=3), max_size=4)),
    "struct": (
        pa.struct([("a", pa.int64()), ("b", pa.string())]),
        st.fixed_dictionaries({"a": st.none() | st.integers(-9, 9), "b": st.none() | st.text("ab", max_size=3)}),
    ),
}
# pandas holds no NULL in these beside its own types for that, and NaN is NULL to it.
MASKED = {
    "boolean": "boolean", "tinyint": "Int8", "smallint": "Int16", "int": "Int32", "bigint": "Int64",
    "uint8": "UInt8", "uint16": "UInt16", "uint32": "UInt32",
}  # fmt: skip
AS_ARROW = {"float", "double"}  # in pandas as types of Arrow, so that NaN and NULL are two things there, too
# In pandas these are objects, whose type is taken from their values: precision, width and fields may be others.
INFERRED = {"decimal(9,2)", "decimal(38,10)", "array<int>", "array<string>", "struct"}
LOOSE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def facts(table: pa.Table) -> tuple[Any, ...]:
    found = measure(table)
    return found.rows, found.fingerprint, [(each.nulls, each.fingerprint) for each in found.columns]


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LOOSE
def test_polars_gives_what_arrow_does(name: str, data: st.DataObject) -> None:
    kind, values = TYPES[name]
    listed = data.draw(st.lists(st.none() | values, max_size=12))
    table = pa.table({"n": pa.array(range(len(listed)), pa.int64()), "v": pa.array(listed, kind)})
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    assert facts(frame.to_arrow()) == facts(table)


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LOOSE
def test_pandas_gives_what_arrow_does(name: str, data: st.DataObject) -> None:
    kind, values = TYPES[name]
    listed = data.draw(st.lists(st.none() | values, min_size=1, max_size=12))
    array = pa.array(listed, kind)
    if name in MASKED:
        column = pd.array(listed, dtype=MASKED[name])
    elif name in AS_ARROW:
        column = pd.array(array, dtype=pd.ArrowDtype(kind))
    elif name in ("timestamp", "timestamp_ntz", "interval"):
        column = array.to_pandas()
    else:
        column = pd.Series(listed, dtype=object)
        if all(value is None for value in listed):
            return  # pandas does not know of which type nothing is
    probed, _ = pandas_objects.measured(pd.DataFrame({"v": column}), 0)
    expected = measure(pa.table({"v": array}))
    assert (probed.rows, probed.columns[0].nulls) == (expected.rows, expected.columns[0].nulls)
    if name not in INFERRED:
        assert probed.columns[0].type == expected.columns[0].type
        assert probed.columns[0].fingerprint == expected.columns[0].fingerprint
