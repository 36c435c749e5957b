"""The public methods that there are, by introspection: a new one that no call is written for makes a test fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_VALUES = {"to_datetime", "to_numeric", "to_timedelta", "to_pickle"}  # functions of values; to_pickle is the method's
HERE_ARE_ROWS = ("read_", "scan_", "sink_", "write_", "to_", "collect")


def of_spark() -> dict[str, set[str]]:
    """Class of classic sessions -> its public methods and attributes."""
    import pyspark.sql.streaming.readwriter as streams
    from pyspark.sql import SparkSession, readwriter
    from pyspark.sql.catalog import Catalog
    from pyspark.sql.classic.dataframe import DataFrame, DataFrameNaFunctions, DataFrameStatFunctions
    from pyspark.sql.group import GroupedData
    from pyspark.sql.merge import MergeIntoWriter

    classes: tuple[Any, ...] = (
        DataFrame, DataFrameNaFunctions, DataFrameStatFunctions, GroupedData, readwriter.DataFrameReader,
        readwriter.DataFrameWriter, readwriter.DataFrameWriterV2, MergeIntoWriter, SparkSession, Catalog,
        streams.DataStreamReader, streams.DataStreamWriter,
    )  # fmt: skip
    return {each.__name__: _public(dir(each)) for each in classes} | {
        "SparkSession.Builder": _public(dir(SparkSession.Builder))
    }


def of_connect() -> dict[str, set[str]]:
    """The same classes as clients of Spark Connect have them."""
    import pyspark.sql.connect.streaming.readwriter as streams
    from pyspark.sql.connect import dataframe, readwriter
    from pyspark.sql.connect.catalog import Catalog
    from pyspark.sql.connect.group import GroupedData
    from pyspark.sql.connect.merge import MergeIntoWriter
    from pyspark.sql.connect.session import SparkSession

    classes: tuple[Any, ...] = (
        dataframe.DataFrame, dataframe.DataFrameNaFunctions, dataframe.DataFrameStatFunctions, GroupedData,
        readwriter.DataFrameReader, readwriter.DataFrameWriter, readwriter.DataFrameWriterV2, MergeIntoWriter,
        SparkSession, Catalog, streams.DataStreamReader, streams.DataStreamWriter,
    )  # fmt: skip
    return {each.__name__: _public(dir(each)) for each in classes} | {
        "SparkSession.Builder": _public(dir(SparkSession.Builder))
    }


def of_frames() -> dict[str, set[str]]:
    """Readers and writers of pandas and polars."""
    import pandas as pd
    import polars as pl

    return {
        "pandas": {*_rows(dir(pd)) - _VALUES, "ExcelFile.parse", "HDFStore.get"},
        "pandas.DataFrame": _rows(dir(pd.DataFrame)),
        "pandas.Series": _rows(dir(pd.Series)),
        "polars": _rows(dir(pl)),
        "polars.DataFrame": _rows(dir(pl.DataFrame)),
        "polars.LazyFrame": _rows(dir(pl.LazyFrame)),
    }


def _public(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def _rows(names: Iterable[str]) -> set[str]:
    return {name for name in _public(names) if name.startswith(HERE_ARE_ROWS)} - {"collect_all", "collect_all_async"}


def without_a_call(surface: dict[str, set[str]], calls: Iterable[tuple[str, str]]) -> Iterator[str]:
    """``owner.method`` of what is there and not called, and of what is called and not there."""
    there = {(owner, method) for owner, methods in surface.items() for method in methods}
    yield from (".".join(each) for each in sorted(there ^ set(calls)))
