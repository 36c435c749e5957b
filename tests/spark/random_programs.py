"""Random programs: pipelines of small functions over small tables, as source text.

The generator knows the columns at every point, so each program is valid, and keeps to operations whose content
does not depend on partitioning or row order (sums of doubles are of quarters, limits follow a total order), so
each has one truth. What it draws comes from hypothesis, so a seed gives the same programs again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

HEAD = """
import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

DATA = sys.argv[1]
spark = SparkSession.builder.appName("random").getOrCreate()
plus_one = F.udf(lambda value: None if value is None else value + 1, T.LongType())


def people():
    return spark.read.parquet(f"{DATA}/orders").select(
        F.col("order_id").alias("k"), F.col("customer_id").alias("n"), F.col("status").alias("s"),
        F.col("amount").alias("d"), F.col("day").alias("t"))


def places():
    return spark.read.parquet(f"{DATA}/customers").select(
        F.col("customer_id").alias("k"), (F.col("customer_id") % 5).alias("n"), F.col("country").alias("s"),
        (F.col("customer_id") / 4).alias("d"), F.col("since").alias("t"))


def made_up():
    return spark.range(0, 500, 1, 3).select(
        (F.col("id") % 50).alias("k"), F.when(F.col("id") % 7 > 0, F.col("id")).alias("n"),
        F.when(F.col("id") % 3 > 0, F.concat(F.lit("x"), F.col("id") % 4)).alias("s"),
        (F.col("id") / 8).alias("d"), F.expr("date_add(date'2024-01-01', cast(id % 9 as int))").alias("t"))
"""
BASES = ["people", "places", "made_up"]
TYPES = {"k": "long", "n": "long", "s": "string", "d": "double", "t": "date"}


@dataclass(frozen=True)
class Pipeline:
    name: str
    functions: tuple[str, ...]  # source of each
    calls: tuple[str, ...]  # statements of the pipeline's own function
    action: str
    whole: bool  # nothing limits what flows: in exact mode every dataset has to be complete


Body = tuple[str, tuple[tuple[str, str], ...]]  # expression over ``df``, columns after it
Columns = tuple[tuple[str, str], ...]


def of_kind(columns: Columns, *kinds: str) -> list[str]:
    return [name for name, kind in columns if kind in kinds]


def condition(draw: Callable[[st.SearchStrategy[object]], object], columns: Columns) -> str:
    name, kind = draw(st.sampled_from(columns))  # type: ignore[misc]
    number = draw(st.integers(0, 60))
    tests = {
        "long": [f"{name} > {number}", f"{name} % 3 = 1", f"{name} is not null", f"{name} = {number}"],
        "double": [f"{name} < {number * 50}", f"{name} is null", f"coalesce({name}, 0) >= 2"],
        "string": [f"{name} is not null", f"{name} in ('paid', 'x1', 'DE')", f"{name} like '%a%'", f"{name} <=> null"],
        "date": [f"{name} >= date'2024-01-03'", f"{name} is not null", f"year({name}) = 2021"],
    }[kind]
    return str(draw(st.sampled_from(tests)))


def order(columns: Columns) -> str:
    return ", ".join(f"'{name}'" for name, _ in columns)


@st.composite
def body(draw: Callable[..., object], columns: Columns) -> Body:
    """One operation or two on ``df``."""
    kinds = ["filter", "filter", "derive", "derive", "select", "group", "window", "distinct", "sort", "repartition",
             "explode", "union", "udf", "self_join", "top", "fill", "cache"]  # fmt: skip
    what = draw(st.sampled_from(kinds))
    numbers, names = of_kind(columns, "long"), [name for name, _ in columns]
    if what == "filter":
        return f'df.filter("{condition(draw, columns)}")', columns
    if what == "derive":
        name = f"c{len(columns)}"
        source, kind = draw(st.sampled_from(columns))  # type: ignore[misc]
        made, result = {
            "long": (f"F.col('{source}') * 2 + 1", "long"),
            "double": (f"F.col('{source}') / 2", "double"),
            "string": (f"F.upper('{source}')", "string"),
            "date": (f"F.date_add('{source}', 3)", "date"),
        }[kind]
        return f"df.withColumn('{name}', {made})", (*columns, (name, result))
    if what == "select" and len(columns) > 2:
        kept = tuple(columns[i] for i in sorted(draw(st.sets(st.integers(0, len(columns) - 1), min_size=2))))  # type: ignore[call-overload]
        return f"df.select({order(kept)})", kept
    if what == "group":
        keys = tuple(column for column in columns if column[1] != "double")[:2] or columns[:1]
        sums = [name for name, kind in columns if kind in ("long", "double")][:2]
        made = ", ".join(["F.count('*').alias('rows')", *(f"F.sum('{name}').alias('sum_{name}')" for name in sums)])
        after = (*keys, ("rows", "long"), *((f"sum_{n}", dict(columns)[n]) for n in sums))
        return f"df.groupBy({order(keys)}).agg({made})", after
    if what == "window":
        by, name = draw(st.sampled_from(names)), f"w{len(columns)}"
        rank = draw(st.sampled_from(["F.row_number()", "F.rank()", "F.count('*')"]))
        window = f"Window.partitionBy('{by}').orderBy({order(columns)})"
        return f"df.withColumn('{name}', {rank}.over({window}).cast('long'))", (*columns, (name, "long"))
    if what == "distinct":
        return "df.distinct()", columns
    if what == "sort":
        return f"df.orderBy({order(columns)})", columns
    if what == "repartition":
        return str(
            draw(st.sampled_from(["df.repartition(3)", "df.coalesce(1)", f"df.repartition(5, '{names[0]}')"]))
        ), columns
    if what == "explode":
        name = f"e{len(columns)}"
        twice = "F.explode(F.array(F.lit(1).cast('long'), F.lit(2).cast('long')))"
        return f"df.withColumn('{name}', {twice})", (*columns, (name, "long"))
    if what == "union":
        return f'df.unionByName(df.filter("{condition(draw, columns)}"))', columns
    if what == "udf" and numbers:
        return f"df.withColumn('{numbers[0]}', plus_one('{numbers[0]}'))", columns
    if what == "self_join" and numbers:
        key = numbers[0]
        other = f"df.groupBy('{key}').agg(F.count('*').alias('times'))"
        if "times" not in names:
            return f"df.join({other}, '{key}')", (
                (key, "long"),
                *(column for column in columns if column[0] != key),
                ("times", "long"),
            )
    if what == "top":
        return f"df.orderBy({order(columns)}).limit({draw(st.integers(0, 40))})", columns
    if what == "fill" and of_kind(columns, "string"):
        return f"df.na.fill('none', ['{of_kind(columns, 'string')[0]}'])", columns
    if what == "cache":
        return "df.cache()" if draw(st.booleans()) else f'df.filter("{condition(draw, columns)}").cache()', columns
    return f'df.filter("{condition(draw, columns)}")', columns


@st.composite
def joined(draw: Callable[..., object], columns: Columns) -> Body:
    """A join of ``df`` with ``other``, a base table, on a key that both have."""
    key = of_kind(columns, "long")[0]
    how = draw(st.sampled_from(["inner", "left", "right", "full", "left_semi", "left_anti"]))
    hint = draw(st.sampled_from(["", ".hint('merge')", ".hint('broadcast')", ".hint('shuffle_hash')"]))
    taken = draw(st.sampled_from(["n", "s", "d", "t"]))
    expression = (
        f"df.join(other.select(F.col('k').alias('{key}'), F.col('{taken}').alias('o_{taken}')){hint}, '{key}', '{how}')"
    )
    after = ((key, "long"), *(column for column in columns if column[0] != key))
    return expression, after if how in ("left_semi", "left_anti") else (*after, (f"o_{taken}", TYPES[str(taken)]))


ACTIONS = {  # text, and whether everything flows
    "{}.write.format('noop').mode('overwrite').save()": True,
    "print(len({}.collect()))": True,
    "print({}.count())": True,
    "print(len({}.toPandas()))": True,
    "{}.show(2)": False,
    "print(len({}.take(3)))": False,
}


@st.composite
def pipeline(draw: Callable[..., object], name: str) -> Pipeline:
    base = draw(st.sampled_from(BASES))
    columns: Columns = tuple(TYPES.items())
    functions, calls, whole = [], [f"f0 = {base}()"], True
    for number in range(1, int(draw(st.integers(2, 6))) + 1):  # type: ignore[call-overload]
        function = f"{name}_{number}"
        already = any(column.startswith("o_") for column, _ in columns)
        if not already and of_kind(columns, "long") and draw(st.integers(0, 4)) == 0:
            expression, columns = draw(joined(columns))  # type: ignore[misc]
            functions.append(f"def {function}(df, other):\n    return {expression}\n")
            calls.append(f"f{number} = {function}(f{number - 1}, {draw(st.sampled_from(BASES))}())")
        else:
            expression, columns = draw(body(columns))  # type: ignore[misc]
            functions.append(f"def {function}(df):\n    return {expression}\n")
            calls.append(f"f{number} = {function}(f{number - 1})")
        whole &= ".limit(" not in expression
    action = str(draw(st.sampled_from(sorted(ACTIONS))))
    return Pipeline(name, tuple(functions), tuple(calls), action.format(f"f{number}"), whole and ACTIONS[action])


@st.composite
def program(draw: Callable[..., object], pipelines: int) -> tuple[Pipeline, ...]:
    return tuple(draw(pipeline(f"p{number}")) for number in range(pipelines))  # type: ignore[misc]


def source(pipelines: tuple[Pipeline, ...]) -> str:
    parts = [HEAD]
    for each in pipelines:
        parts += each.functions
        body = "\n".join(f"    {line}" for line in (*each.calls, each.action))
        parts.append(f"def {each.name}():\n{body}\n")
    parts.append("\n".join(f"{each.name}()" for each in pipelines) + "\nspark.stop()\n")
    return "\n\n".join(parts)
