"""Rows, nulls and fingerprints are the same for equal data, whichever engine holds it.

Arrow tables are held to Spark's own hashes by ``test_fingerprint.py``; here pandas and polars are held to Arrow.
"""

from __future__ import annotations

import datetime
import decimal
import struct
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_lineage.fingerprint import arrow_objects, measure, objects, pandas_objects, polars_objects

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
    "array<double>": (pa.list_(pa.float64()), st.lists(st.none() | st.floats(), max_size=4)),
    "array<decimal(9,2)>": (pa.list_(pa.decimal128(9, 2)), st.lists(st.none() | _decimals(9, 2), max_size=4)),
    "array<struct>": (
        pa.list_(pa.struct([("d", pa.date32()), ("l", pa.list_(pa.int64()))])),
        st.lists(
            st.none()
            | st.fixed_dictionaries(
                {
                    "d": st.none() | st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)),
                    "l": st.none() | st.lists(st.none() | st.integers(-9, 9), max_size=3),
                }
            ),
            max_size=3,
        ),
    ),
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
INFERRED = {
    "decimal(9,2)", "decimal(38,10)", "array<int>", "array<string>", "array<double>", "array<decimal(9,2)>",
    "array<struct>", "struct",
}  # fmt: skip
NAN_IS_NULL = {"array<double>"}  # within objects of pandas, as it is in its columns
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
    elif name not in NAN_IS_NULL:  # what it says it is of, it is: the same values as that type have that fingerprint
        inferred = pa.array(column, from_pandas=True).type
        if pa.types.is_nested(inferred):
            inferred = objects.settled(listed, inferred)
        assert (
            probed.columns[0].fingerprint == measure(pa.table({"v": pa.array(listed, inferred)})).columns[0].fingerprint
        )


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LOOSE
def test_pandas_with_types_of_arrow_gives_what_arrow_does(name: str, data: st.DataObject) -> None:
    kind, values = TYPES[name]
    table = pa.table({"v": pa.array(data.draw(st.lists(st.none() | values, max_size=12)), kind)})
    frame = pd.DataFrame({"v": pd.array(table["v"], dtype=pd.ArrowDtype(kind))})
    probed, _ = pandas_objects.measured(frame, 0)
    assert (probed.rows, probed.fingerprint, probed.columns) == (
        table.num_rows,
        measure(table).fingerprint,
        measure(table).columns,
    )


@pytest.mark.parametrize("name", ["string", "bigint", "date", "timestamp_ntz", "decimal(9,2)", "binary"])
@given(data=st.data())
@LOOSE
def test_a_column_of_categories_has_the_fingerprint_of_its_values(name: str, data: st.DataObject) -> None:
    kind, values = TYPES[name]
    plain = pa.array(data.draw(st.lists(st.none() | values, max_size=12)), kind)
    expected = facts(pa.table({"v": plain}))
    assert facts(pa.table({"v": plain.dictionary_encode()})) == expected
    if name in ("string", "bigint", "timestamp_ntz"):  # pandas takes these apart itself
        column = plain.to_pandas(integer_object_nulls=True)
        categories = pd.Series(column, dtype=object if name != "timestamp_ntz" else None).astype("category")
        probed, _ = pandas_objects.measured(pd.DataFrame({"v": categories}), 0)
        assert probed.columns[0].nulls == expected[2][0][0]
        assert plain.null_count == len(plain) or probed.columns[0].fingerprint == expected[2][0][1]
    if name == "string":
        frame = pl.DataFrame({"v": pl.from_arrow(plain).cast(pl.Categorical)})
        probed, _ = polars_objects.measured(frame, 0)
        assert (probed.columns[0].type, probed.columns[0].fingerprint) == ("string", expected[2][0][1])


_SECONDS = st.integers(-9999, 9999).map(lambda seconds: datetime.timedelta(0, seconds))
LAYOUTS: dict[str, tuple[pa.DataType, pa.DataType, st.SearchStrategy[Any]]] = {
    "string_view": (pa.string_view(), pa.string(), st.text("abä", max_size=20)),
    "binary_view": (pa.binary_view(), pa.binary(), st.binary(max_size=20)),
    "large_string": (pa.large_string(), pa.string(), st.text("abä", max_size=20)),
    "fixed_size_binary": (pa.binary(3), pa.binary(), st.binary(min_size=3, max_size=3)),
    "fixed_size_list": (
        pa.list_(pa.int32(), 2), pa.list_(pa.int32()), st.lists(st.none() | st.integers(-9, 9), min_size=2, max_size=2)
    ),
    "date64": (pa.date64(), pa.date32(), st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1))),
    "timestamp[ms]": (pa.timestamp("ms"), pa.timestamp("us"), _MOMENTS.map(lambda at: at.replace(microsecond=0))),
    "duration[s]": (pa.duration("s"), pa.duration("us"), _SECONDS),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
@given(data=st.data())
@LOOSE
def test_the_layout_of_a_column_does_not_matter(name: str, data: st.DataObject) -> None:
    kind, usual, values = LAYOUTS[name]
    listed = data.draw(st.lists(st.none() | values, max_size=12))
    table = pa.table({"v": pa.array(listed, kind)})
    assert facts(table) == facts(pa.table({"v": pa.array(listed, usual)}))
    assert measure(table).columns[0].type == measure(pa.table({"v": pa.array([], usual)})).columns[0].type
    nested = pa.table({"v": pa.array([listed], pa.list_(kind))})
    assert facts(nested) == facts(pa.table({"v": pa.array([listed], pa.list_(usual))}))


@given(numbers=st.lists(st.none() | st.integers(-(10**15), 10**15), max_size=12))
@LOOSE
def test_nanoseconds_go_down_to_microseconds_in_every_engine(numbers: list[int | None]) -> None:
    down = [None if number is None else number // 1000 for number in numbers]
    for kind, usual in [
        (pa.duration("ns"), pa.duration("us")),
        (pa.timestamp("ns"), pa.timestamp("us")),
        (pa.timestamp("ns", "UTC"), pa.timestamp("us", "UTC")),
    ]:
        array = pa.array(numbers, pa.int64()).cast(kind)
        expected = measure(pa.table({"v": pa.array(down, pa.int64()).cast(usual)})).columns
        assert arrow_objects.measured(pa.table({"v": array}), 0)[0].columns == expected
        assert pandas_objects.measured(pd.DataFrame({"v": array.to_pandas()}), 0)[0].columns == expected
        assert polars_objects.measured(pl.DataFrame({"v": pl.from_arrow(array)}), 0)[0].columns == expected


FAR = pa.array([2**62], pa.int64())
FAR_MOMENTS = FAR.cast(pa.timestamp("s"))
A_MAP = pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32()))
WITHOUT: dict[str, Any] = {
    "map of Arrow": pa.table({"v": A_MAP}),
    "map in a list": pa.table({"v": pa.array([[[("a", 1)]]], pa.list_(A_MAP.type))}),
    "map in a struct, none of it": pa.table({"v": pa.array([], pa.struct([("m", A_MAP.type)]))}),
    "no map in a list": pa.table({"v": pa.array([[]], pa.list_(A_MAP.type))}),
    "map of pandas": pd.DataFrame({"v": pd.array(A_MAP, dtype=pd.ArrowDtype(A_MAP.type))}),
    "pairs of pandas": pd.DataFrame({"v": A_MAP.to_pandas()}),
    "moments beyond reach": pa.table({"v": FAR_MOMENTS}),
    "durations beyond reach": pa.table({"v": FAR.cast(pa.duration("s"))}),
    "moments of pandas beyond reach": pd.DataFrame({"v": pd.array(FAR_MOMENTS, dtype=pd.ArrowDtype(FAR_MOMENTS.type))}),
    "months": pa.table({"v": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}),
    "unsigned": pa.table({"v": pa.array([2**63], pa.uint64())}),
    "sets": pd.DataFrame({"v": [{"a", "b"}, {"c"}]}),
    "sets in lists": pd.DataFrame({"v": [[{"a"}], []]}),
    "sets in dicts": pd.DataFrame({"v": [{"k": {"a"}}]}),
    "objects": pd.DataFrame({"v": [object()]}),
    "objects of polars": pl.DataFrame({"v": pl.Series([object()], dtype=pl.Object)}),
    "128 bits of polars": pl.DataFrame({"v": pl.Series([2**100], dtype=pl.Int128)}),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT)
def test_what_has_no_fingerprint_says_so(name: str) -> None:
    held = WITHOUT[name]
    room = {"pandas": pandas_objects, "polars": polars_objects, "pyarrow": arrow_objects}[
        type(held).__module__.split(".")[0]
    ]
    probed, _ = room.measured(held, 5)
    assert (probed.complete, probed.reason, probed.rows) == (False, "no_fingerprint", len(held))
    assert probed.detail and probed.fingerprint is None and probed.sample is None
    assert [column.fingerprint for column in probed.columns] == [None]


_RECORDS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(-9, 9) | st.lists(st.integers(0, 3), max_size=2)),
    min_size=1, max_size=6,
)  # fmt: skip


@given(records=_RECORDS, chance=st.randoms())
@LOOSE
def test_the_order_of_rows_does_not_name_the_fields_of_dicts(records: list[dict[str, Any]], chance: Any) -> None:
    other = chance.sample(records, len(records))
    one, two = (pandas_objects.measured(pd.DataFrame({"v": each}), 0)[0] for each in (records, other))
    assert (one.columns, one.fingerprint) == (two.columns, two.fingerprint)


@pytest.mark.parametrize("kind", ["float", "double"])
def test_zero_and_nan_are_one_each(kind: str) -> None:
    arrow, _ = TYPES[kind]
    other_nan = struct.unpack("<d", struct.pack("<Q", 0xFFF8000000000001))[0]
    one, two = pa.array([0.0, float("nan"), None], arrow), pa.array([-0.0, other_nan, None], arrow)
    assert facts(pa.table({"v": one})) == facts(pa.table({"v": two}))
    assert facts(pa.table({"v": pa.array([[0.0, float("nan")]], pa.list_(arrow))})) == facts(
        pa.table({"v": pa.array([[-0.0, other_nan]], pa.list_(arrow))})
    )
    for array in (one, two):
        frame = pl.DataFrame({"v": pl.from_arrow(array)})
        assert polars_objects.measured(frame, 0)[0].columns == measure(pa.table({"v": one})).columns
