"""The table of names by which the source shows that it handles DataFrames.

An over-approximation on purpose: a body that is wrongly held for composite is divided more finely than needed,
one that is wrongly held for a leaf hides its steps. Names that strings, lists and files have too count only in
the shape that pyspark gives them (see ``SHAPES``).
"""

from __future__ import annotations

import ast
import builtins

BUILTINS = frozenset(dir(builtins))

# Methods of DataFrame, GroupedData, DataFrameReader/Writer and SparkSession that make or use a DataFrame.
DATAFRAME_METHODS = frozenset(
    """
    agg approxQuantile approxSimilarityJoin cache checkpoint coalesce colRegex collect cogroup corr cov createDataFrame
    createGlobalTempView createOrReplaceGlobalTempView createOrReplaceTempView createTempView crossJoin crosstab cube
    distinct drop dropDuplicates dropDuplicatesWithinWatermark drop_duplicates dropna exceptAll fillna filter foreach
    foreachPartition freqItems groupBy groupby groupingSets hint intersect intersectAll isEmpty limit localCheckpoint
    mapInArrow mapInPandas melt mergeInto observe orderBy parquet persist pivot randomSplit repartition
    repartitionByRange rollup saveAsTable select selectExpr show sortWithinPartitions subtract summary tail take toArrow
    toDF toLocalIterator toPandas unionAll unionByName unpersist unpivot where withColumn withColumnRenamed
    withColumns withColumnsRenamed withMetadata withWatermark writeTo insertInto readStream writeStream forPath forName
    pandas_api transpose lateralJoin groupByKey
    """.split()
)
# Of pandas alone: whoever calls these handles pandas DataFrames. None that Columns have too.
PANDAS_METHODS = frozenset(
    """
    applymap assign bfill cumcount duplicated explode ffill iloc insert iterrows itertuples loc merge nlargest nsmallest
    pivot_table query reindex rename_axis reset_index resample rolling set_index sort_index sort_values stack to_frame
    unstack value_counts drop_nulls group_by group_by_dynamic hstack join_asof lazy partition_by sink_csv sink_parquet
    append_column drop_columns fetch_arrow_table rename_columns set_column sort_by to_arrow_table to_batches to_df
    to_pylist to_arrow to_pandas vstack with_columns with_row_index write_csv write_parquet
    """.split()
)
# Of scikit-learn and its like, where they are imported: whoever calls these hands pandas DataFrames to a model.
MODEL_METHODS = frozenset("fit fit_predict fit_transform predict predict_proba score".split())
PANDAS_MAKERS = frozenset(
    """
    DataFrame LazyFrame Series collect_all concat crosstab from_arrow from_dicts from_pandas
    cut get_dummies json_normalize melt merge merge_asof merge_ordered pivot
    pivot_table qcut concat_tables from_df from_query query record_batch sql table
    """.split()
)

# Names shared with strings, lists, sets, files or modules, and the shape in which they count.
SHAPED_METHODS = frozenset("join union count sort sql table range read write first head describe sample".split())

# Calls in the arguments of these most likely make Columns.
COLUMN_TAKERS = frozenset(
    """
    select withColumn withColumns filter where agg groupBy groupby orderBy sort drop selectExpr when otherwise
    withColumnRenamed repartition
    """.split()
)

# Calls whose function arguments run on the executors: their bodies are no steps.
EXECUTOR_CALLS = frozenset(
    """
    udf pandas_udf arrow_udf udtf arrow_udtf register registerJavaFunction mapInPandas mapInArrow applyInPandas
    applyInArrow applyInPandasWithState transformWithState transformWithStateInPandas foreach foreachPartition flatMap
    mapPartitions mapPartitionsWithIndex mapValues flatMapValues reduceByKey foldByKey aggregateByKey combineByKey
    sortBy keyBy treeAggregate treeReduce
    """.split()
)
# What pandas calls for rows, columns or groups belongs to the step that calls pandas.
PANDAS_EXECUTOR_CALLS = frozenset("apply applymap agg aggregate".split())
# The same where they are called with one argument (the RDD method), not with two (the builtin, an executor's).
EXECUTOR_CALLS_OF_ONE = frozenset("map filter reduce".split())
UDF_DECORATORS = frozenset("udf pandas_udf arrow_udf udtf arrow_udtf".split())

# Imported names on which the methods above are calls of the DataFrame API.
ENTRY_NAMES = frozenset(
    "SparkSession DataFrame SQLContext HiveContext DeltaTable GraphFrame DataFrameReader GroupedData".split()
)


def uses_dataframe(attribute: ast.Attribute, parent: ast.AST | None) -> bool:
    """Whether ``receiver.attribute`` has the name and the shape of the DataFrame API; ``parent`` holds it."""
    name = attribute.attr
    if name in DATAFRAME_METHODS:
        return True
    if name not in SHAPED_METHODS:
        return False
    call = parent if isinstance(parent, ast.Call) and parent.func is attribute else None
    return _shape(name, attribute, call, parent)


def _shape(name: str, attribute: ast.Attribute, call: ast.Call | None, parent: ast.AST | None) -> bool:
    if name in ("read", "write"):  # spark.read.csv, df.write.parquet; not file.read()
        return isinstance(parent, ast.Attribute)
    if call is None:  # handed on: reduce(DataFrame.union, frames)
        return name in ("join", "union", "count") and _receiver(attribute) in ENTRY_NAMES
    keywords = {keyword.arg for keyword in call.keywords}
    if name == "join":  # ", ".join(xs) has one argument
        return len(call.args) >= 2 or bool(keywords & {"on", "how", "other"})
    if name == "count":  # text.count("x") has one
        return not call.args and not keywords
    if name == "sort":  # list.sort() has key and reverse
        return bool(call.args)
    if name == "range":
        return "spark" in _receiver(attribute).lower()
    if name == "union":
        return len(call.args) == 1
    return True


def _receiver(attribute: ast.Attribute) -> str:
    value = attribute.value
    return value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""


def called_name(node: ast.expr) -> str:
    """``udf`` of ``@udf``, ``@F.udf("int")`` and ``udf(f)``."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
