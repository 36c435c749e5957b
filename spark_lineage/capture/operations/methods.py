"""The table of pyspark's methods: which are looked at, and as what kind of operation.

Made by looking at the classes that are there, so that methods of later versions are covered: what is public, not
listed below as something else and gives a DataFrame, is a transformation.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from spark_lineage.capture.following.spark_classes import connect_dataframe_class, dataframe_class, rdd_class
from spark_lineage.model import OperationKind as Kind


@dataclass(frozen=True)
class Method:
    """One method that is looked at. ``label`` names its operations: ``DataFrame.filter``."""

    owner: type
    name: str
    label: str
    kind: Kind
    subject: str  # how the DataFrames it works on are found from ``self``: see ``Recorder``
    runs: bool  # may start Spark jobs
    marks: bool = False  # what it works on is marked before, whoever made it: caches, writes, handing over to pandas
    writes: str | None = None  # the format of what it writes to the path that it is given, which no plan shows
    opens: bool = False  # DataFrames that appear while it runs are looked at: it may call user code with them
    remote: bool = False  # of a session of Spark Connect: what it runs, it asks a server for

    @functools.cached_property
    def collects(self) -> bool:
        """Gives all rows as Python objects, of which the program may make a pandas DataFrame."""
        return self.name == "collect" and self.subject == "self"

    @functools.cached_property
    def stored(self) -> bool:
        """Reads or writes what has a place of its own."""
        return self.kind in (Kind.READ, Kind.WRITE)


_ACTIONS = frozenset(
    """
    collect count show take first head tail isEmpty toPandas toArrow toLocalIterator foreach foreachPartition
    approxQuantile corr cov explain_
    """.split()
)
# What they give is looked at by the program and may come back into Spark: the content is that of an interim dataset.
_HANDED_OVER = frozenset("toPandas toArrow".split())
_CACHES = frozenset("cache persist checkpoint localCheckpoint unpersist".split())
_VIEWS = frozenset(
    """
    createTempView createOrReplaceTempView createGlobalTempView createOrReplaceGlobalTempView registerTempTable
    """.split()
)
# Transformations that look at the data when they are called.
_EAGER = frozenset("describe summary freqItems crosstab sampleBy checkpoint localCheckpoint pivot transpose".split())
# Look at the schema or the plan only, give no DataFrame, or call others that are looked at.
_DATAFRAME_SKIPPED = frozenset(
    """
    columns dtypes schema printSchema explain isLocal isStreaming storageLevel sparkSession sql_ctx inputFiles
    sameSemantics semanticHash colRegex metadataColumn transform groupBy groupby rollup cube groupingSets na stat write
    writeStream writeTo executionInfo plot asTable
    """.split()
)
# A client has no RDDs, and these give what is no DataFrame.
_NOT_REMOTE = frozenset("rdd toJSON is_cached scalar exists".split())
_READS = frozenset("load csv json parquet orc text jdbc table xml changes".split())
_WRITES = frozenset("save csv json parquet orc text jdbc xml saveAsTable insertInto".split())
_WRITES_V2 = frozenset("create replace createOrReplace append overwrite overwritePartitions".split())
_STREAM_WRITES = frozenset("start toTable".split())
_SESSION = {"sql": Kind.TRANSFORM, "table": Kind.READ, "createDataFrame": Kind.CREATE, "range": Kind.CREATE}
_CATALOG = {
    "cacheTable": Kind.CACHE,
    "uncacheTable": Kind.CACHE,
    "dropTempView": Kind.VIEW,
    "dropGlobalTempView": Kind.VIEW,
}
_RDD_ACTIONS = frozenset(
    """
    collect count take first top takeOrdered takeSample reduce treeReduce fold aggregate treeAggregate sum mean max min
    stats variance stdev histogram countByKey countByValue foreach foreachPartition saveAsTextFile isEmpty
    collectAsMap countApprox countApproxDistinct saveAsPickleFile saveAsHadoopFile saveAsNewAPIHadoopFile lookup
    saveAsSequenceFile
    """.split()
)
_RDD_WRITES = {
    "saveAsTextFile": "text",
    "saveAsPickleFile": "pickle",
    "saveAsSequenceFile": "sequence",
    "saveAsHadoopFile": "hadoop",
    "saveAsNewAPIHadoopFile": "hadoop",
}
_CONTEXT_READS = frozenset("textFile wholeTextFiles binaryFiles binaryRecords sequenceFile pickleFile".split())


def methods() -> Iterator[Method]:
    """Every method of classic pyspark that is looked at."""
    from pyspark import SparkContext
    from pyspark.sql.catalog import Catalog
    from pyspark.sql.group import GroupedData
    from pyspark.sql.readwriter import DataFrameReader, DataFrameWriter, DataFrameWriterV2
    from pyspark.sql.session import SparkSession
    from pyspark.sql.streaming.readwriter import DataStreamReader, DataStreamWriter

    frame = dataframe_class()
    yield from _of(frame, "DataFrame", "self", _dataframe_kind, _DATAFRAME_SKIPPED)
    module = sys.modules[frame.__module__]
    for suffix in ("NaFunctions", "StatFunctions"):
        yield from _of(getattr(module, f"DataFrame{suffix}"), f"DataFrame{suffix}", "df", _dataframe_kind)
    yield from _of(GroupedData, "GroupedData", "_df", lambda name: Kind.TRANSFORM, frozenset({"cogroup"}))
    yield from _cogrouped()
    yield from _named(DataFrameReader, "DataFrameReader", "_spark", dict.fromkeys(_READS, Kind.READ))
    yield from _named(DataStreamReader, "DataStreamReader", "_spark", dict.fromkeys(_READS, Kind.READ))
    yield from _named(DataFrameWriter, "DataFrameWriter", "_df", dict.fromkeys(_WRITES, Kind.WRITE))
    yield from _named(DataFrameWriterV2, "DataFrameWriterV2", "_df", dict.fromkeys(_WRITES_V2, Kind.WRITE))
    yield from _named(DataStreamWriter, "DataStreamWriter", "_df", dict.fromkeys(_STREAM_WRITES, Kind.WRITE))
    yield from _named(SparkSession, "SparkSession", "session", _SESSION)
    yield from _named(Catalog, "Catalog", "_sparkSession", _CATALOG)
    for method in _named(rdd_class(), "RDD", "rdd", dict.fromkeys(_RDD_ACTIONS, Kind.ACTION)):
        yield replace(method, writes=_RDD_WRITES.get(method.name))
    yield from _named(SparkContext, "SparkContext", "context", dict.fromkeys(_CONTEXT_READS, Kind.READ))
    yield from _merges()


def connect_methods() -> Iterator[Method]:
    """Every method of the client of Spark Connect that is looked at; its classes are imported."""
    from pyspark.sql.connect.catalog import Catalog
    from pyspark.sql.connect.group import GroupedData, PandasCogroupedOps
    from pyspark.sql.connect.readwriter import DataFrameReader, DataFrameWriter, DataFrameWriterV2
    from pyspark.sql.connect.session import SparkSession

    frame = connect_dataframe_class()
    module = sys.modules[frame.__module__]
    found = [
        *_of(frame, "DataFrame", "self", _dataframe_kind, _DATAFRAME_SKIPPED | _NOT_REMOTE),
        *_of(module.DataFrameNaFunctions, "DataFrameNaFunctions", "df", _dataframe_kind),
        *_of(module.DataFrameStatFunctions, "DataFrameStatFunctions", "df", _dataframe_kind),
        *_of(GroupedData, "GroupedData", "_df", lambda name: Kind.TRANSFORM, frozenset({"cogroup"})),
        *_of(PandasCogroupedOps, "PandasCogroupedOps", "cogrouped", lambda name: Kind.TRANSFORM),
        *_named(DataFrameReader, "DataFrameReader", "_spark", dict.fromkeys(_READS, Kind.READ)),
        *_named(DataFrameWriter, "DataFrameWriter", "_df", dict.fromkeys(_WRITES, Kind.WRITE)),
        *_named(DataFrameWriterV2, "DataFrameWriterV2", "_df", dict.fromkeys(_WRITES_V2, Kind.WRITE)),
        *_named(SparkSession, "SparkSession", "session", _SESSION),
        *_named(Catalog, "Catalog", "_sparkSession", _CATALOG),
        *_connect_streams(),
        *_connect_merges(),
    ]
    yield from (replace(method, remote=True) for method in found)


def _connect_streams() -> Iterator[Method]:
    try:
        from pyspark.sql.connect.streaming.readwriter import DataStreamReader, DataStreamWriter  # 3.5
    except ImportError:
        return
    yield from _named(DataStreamReader, "DataStreamReader", "_spark", dict.fromkeys(_READS, Kind.READ))
    yield from _named(DataStreamWriter, "DataStreamWriter", "_write_stream", dict.fromkeys(_STREAM_WRITES, Kind.WRITE))


def _connect_merges() -> Iterator[Method]:
    try:
        from pyspark.sql.connect.merge import MergeIntoWriter  # 4.0
    except ImportError:
        return
    yield from _named(MergeIntoWriter, "MergeIntoWriter", "_source_plan", {"merge": Kind.WRITE})


def _cogrouped() -> Iterator[Method]:
    from pyspark.sql.pandas.group_ops import PandasCogroupedOps

    yield from _of(PandasCogroupedOps, "PandasCogroupedOps", "cogrouped", lambda name: Kind.TRANSFORM)


def _merges() -> Iterator[Method]:
    try:
        from pyspark.sql.merge import MergeIntoWriter  # 4.0
    except ImportError:
        return
    yield from _named(MergeIntoWriter, "MergeIntoWriter", "carrier", {"merge": Kind.WRITE})


def ml_methods() -> Iterator[Method]:
    """What runs Spark jobs in ``pyspark.ml``, which is imported: fitting, measuring, saving, loading."""
    from pyspark.ml import base, evaluation, util

    for owner, name, subject in (
        (base.Estimator, "fit", "estimator"),
        (evaluation.Evaluator, "evaluate", "evaluator"),
        (util.MLWriter, "save", "carrier"),
        (util.JavaMLWriter, "save", "carrier"),
        (util.JavaMLReader, "load", "model_reader"),
        (util.DefaultParamsReader, "load", "model_reader"),
    ):
        if isinstance(vars(owner).get(name), FunctionType):
            label = f"{owner.__name__.replace('Java', '')}.{name}"
            opens, writes = name in ("fit", "evaluate"), "model" if name == "save" else None
            yield Method(owner, name, label, Kind.ACTION, subject, runs=True, writes=writes, opens=opens)
    for owner in _with_writers():
        yield Method(owner, "write", "MLWritable.write", Kind.TRANSFORM, "carrier", runs=False)


def remote_ml_methods() -> Iterator[Method]:
    """What saves and loads models over Spark Connect: ``pyspark.ml.connect.readwrite``, which is imported."""
    from pyspark.ml.connect import readwrite

    label = "MLWriter.save"
    yield Method(readwrite.RemoteMLWriter, "save", label, Kind.ACTION, "carrier", runs=True, writes="model")
    yield Method(readwrite.RemoteMLReader, "load", "MLReader.load", Kind.ACTION, "model_reader", runs=True)


def _with_writers() -> Iterator[type]:
    """The classes of ``pyspark.ml`` that make writers, as far as they are imported."""
    for name in ("util", "pipeline", "tuning", "classification", "clustering"):
        module = sys.modules.get(f"pyspark.ml.{name}")
        for owner in list(vars(module).values()) if module is not None else ():
            is_here = isinstance(owner, type) and owner.__module__ == f"pyspark.ml.{name}"
            if is_here and isinstance(vars(owner).get("write"), FunctionType):
                yield owner


def delta_methods() -> Iterator[Method]:
    """What runs Spark jobs in ``delta.tables``, which is imported: the plans that they execute say what is written."""
    from delta import tables

    names = {
        "DeltaTable": "delete update vacuum restoreToVersion restoreToTimestamp",
        "DeltaMergeBuilder": "execute",
        "DeltaTableBuilder": "execute",
        "DeltaOptimizeBuilder": "executeCompaction executeZOrderBy",
    }
    table = getattr(tables, "DeltaTable", None)
    if isinstance(table, type) and isinstance(vars(table).get("merge"), FunctionType):
        # Runs nothing yet; but the DataFrame that it is given is used here.
        yield Method(table, "merge", "DeltaTable.merge", Kind.TRANSFORM, "none", runs=False)
    for owner_name, methods_of in names.items():
        owner = getattr(tables, owner_name, None)
        if isinstance(owner, type):
            for name in methods_of.split():
                if isinstance(vars(owner).get(name), FunctionType):
                    yield Method(owner, name, f"{owner_name}.{name}", Kind.ACTION, "none", runs=True)


def function_makers() -> list[tuple[type, str]]:
    """Methods that make the JVM's object for a Python function that they are given: (class, method)."""
    from pyspark.sql.udf import UserDefinedFunction

    found: list[tuple[type, str]] = [(UserDefinedFunction, "_create_judf")]
    try:
        from pyspark.sql.udtf import UserDefinedTableFunction
    except ImportError:
        return found
    return [*found, (UserDefinedTableFunction, "_create_judtf")]


def _dataframe_kind(name: str) -> Kind:
    if name in _ACTIONS:
        return Kind.ACTION
    if name in _CACHES:
        return Kind.CACHE
    return Kind.VIEW if name in _VIEWS else Kind.TRANSFORM


def _of(owner: type, label: str, subject: str, kind_of: Any, skipped: frozenset[str] = frozenset()) -> Iterator[Method]:
    """Every public function or property that the concrete class or a mixin of it defines."""
    seen: set[str] = set()
    for part in owner.__mro__:
        if part is object or (part is not owner and part.__name__ == owner.__name__):  # 4.x: the abstract parent
            continue
        for name, value in vars(part).items():
            if name.startswith("_") or name in skipped or name in seen:
                continue
            seen.add(name)
            is_rdd = name == "rdd" and isinstance(value, (property, functools.cached_property))
            if isinstance(value, FunctionType) or is_rdd:
                kind = kind_of(name)
                runs = kind is Kind.ACTION or name in _EAGER
                marks = (kind is Kind.CACHE and name != "unpersist") or name in _HANDED_OVER
                yield Method(part, name, f"{label}.{name}", kind, subject, runs, marks, opens=name == "pandas_api")


def _named(owner: type, label: str, subject: str, kinds: dict[str, Kind]) -> Iterator[Method]:
    for name, kind in kinds.items():
        if isinstance(vars(owner).get(name), FunctionType):
            runs = kind in (Kind.ACTION, Kind.WRITE, Kind.READ)
            yield Method(owner, name, f"{label}.{name}", kind, subject, runs, marks=kind is Kind.WRITE)
