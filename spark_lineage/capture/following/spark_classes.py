"""The classes of pyspark whose objects are followed, wherever this version of pyspark has them.

Asking for one imports pyspark.
"""

from __future__ import annotations

import sys


def dataframe_class() -> type:
    """The concrete DataFrame of classic sessions."""
    try:
        from pyspark.sql.classic.dataframe import DataFrame  # 4.0 moved it
    except ImportError:
        from pyspark.sql.dataframe import DataFrame  # 3.5
    return DataFrame  # type: ignore[no-any-return]


def rdd_class() -> type:
    """The RDD that operations are methods of."""
    from pyspark import RDD

    return RDD  # type: ignore[no-any-return]


def rdd_classes() -> tuple[type, ...]:
    """RDD and the subclass whose ``__init__`` does not call it."""
    rdd = rdd_class()
    pipelined = getattr(sys.modules[rdd.__module__], "PipelinedRDD", None)
    return (rdd, pipelined) if pipelined is not None else (rdd,)


def connect_dataframe_class() -> type:
    """The DataFrame of sessions of Spark Connect. Its module imports gRPC: asked for only where the program has."""
    from pyspark.sql.connect.dataframe import DataFrame

    return DataFrame  # type: ignore[no-any-return]
