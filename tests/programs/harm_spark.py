"""What a program can print of Spark and of itself, section by section; the last one ends it by an error."""

import contextlib
import functools
import gc
import inspect
import io
import logging
import pickle
import sys
import threading
import traceback
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import LongType

spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
sc.setLogLevel("OFF")
logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(filename)s:%(lineno)d %(funcName)s %(message)s")
SECTIONS = []


def section(function):
    SECTIONS.append(function)
    return function


def load():
    return spark.range(20).withColumn("x", F.col("id") % 3)


def clean(df):
    return df.filter("x > 0").withColumn("y", F.col("x") * 2)


def total(df):
    return df.groupBy("y").agg(F.sum("id").alias("s"))


def joined():
    cleaned = clean(load())
    return total(cleaned).join(cleaned, "y").filter("s > 3").orderBy("id")


@section
def object_numbers():
    print(load()._jdf._target_id, spark._jvm.java.util.ArrayList()._target_id)


@section
def explain_simple():
    joined().explain()


@section
def explain_extended():
    joined().explain(True)


@section
def explain_formatted():
    joined().explain("formatted")


@section
def explain_codegen():
    clean(load()).explain("codegen")


@section
def explain_cost():
    joined().explain(mode="cost")


@section
def explain_sql():
    joined().createOrReplaceTempView("joined")
    print(spark.sql("explain extended select y, sum(s) from joined group by y").first()[0])
    spark.sql("select * from joined where s > 5").explain("formatted")


@section
def explain_of_a_result():
    df = total(clean(load()))
    df.explain()
    print(sorted(df.collect()))
    window = Window.partitionBy("y").orderBy("id")
    clean(load()).withColumn("n", F.row_number().over(window)).filter("n = 1").explain()


@section
def query_execution():
    execution = joined()._jdf.queryExecution()
    print(execution.toString())
    print(execution.optimizedPlan().toString(), execution.executedPlan().nodeName())


@section
def debug_string():
    print(joined().rdd.map(tuple).toDebugString().decode())
    print(clean(load()).repartition(3).rdd.toDebugString().decode())


@section
def error_of_analysis():
    for wrong in ("nope", "x y"):
        try:
            clean(load()).select(wrong)
        except Exception as error:
            print(type(error).__name__, error)
            print([(entry.filename.rsplit("/", 1)[-1], entry.lineno, entry.name) for entry in entries(error)])


def entries(error):
    return traceback.extract_tb(error.__traceback__)


@section
def error_of_the_jvm():
    try:
        load()._jdf.showString(1, 2)
    except Exception as error:
        print(str(error).splitlines()[0])
    try:
        spark._jvm.java.lang.Integer.parseInt("x")
    except Exception as error:
        print(str(error).splitlines()[:2])


@section
def error_while_running():
    try:
        clean(load()).select(F.raise_error(F.lit("told"))).collect()
    except Exception as error:
        print(type(error).__name__, error)
        print([(entry.filename.rsplit("/", 1)[-1], entry.lineno, entry.name) for entry in entries(error)])


@section
def error_in_a_udf():
    @F.udf("long")
    def bad(x):
        return 1 // (x - x)

    try:
        load().select(bad("x")).collect()
    except Exception as error:
        print(type(error).__name__, [line.strip() for line in str(error).splitlines() if "harm_spark" in line])


@section
def methods():
    for name in ("select", "filter", "join", "show", "collect", "groupBy", "explain", "count", "write", "rdd"):
        value = inspect.getattr_static(type(load()), name)
        print(name, type(value).__name__, getattr(value, "__module__", None), getattr(value, "__qualname__", None))
        if inspect.isfunction(value):
            print(inspect.signature(value), value.__defaults__, value.__kwdefaults__, value.__doc__ is not None)
            print(inspect.getsourcefile(value).rsplit("/", 1)[-1], inspect.getsource(value).splitlines()[0])


@section
def bound_methods():
    df = load()
    print(df.select.__name__, df.select.__self__ is df, DataFrame.select(df, "x").columns)
    print(functools.reduce(DataFrame.unionByName, [df, df]).count(), type(df).__mro__[0].__name__)
    print(isinstance(df, DataFrame), callable(df.count), hasattr(df, "no_such_column"), len(dir(df)))


@section
def attributes():
    df = load()
    print(sorted(name for name in vars(df) if not name.startswith("_j")), sorted(vars(spark)))
    df.mine = 3
    print(df.mine, df.x._jc.toString())
    try:
        df.nothing
    except AttributeError as error:
        print(error)


@section
def logging_with_caller():
    def step(df):
        logging.warning("inside %s", df.columns)
        return df.select("x")

    step(load()).count()
    load().transform(lambda df: logging.error("in a lambda") or df)


@section
def warnings_with_caller():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        load().toDF("a", "b").unionAll(load())
        F.approxCountDistinct("x")
        warnings.warn("mine", stacklevel=1)
    print([(each.category.__name__, each.filename.rsplit("/", 1)[-1], each.lineno) for each in seen])


@section
def threads():
    results = []

    def work(n):
        results.append((n, clean(load()).filter(f"id > {n}").count(), threading.current_thread().name))

    workers = [threading.Thread(target=work, args=(n,), name=f"w{n}") for n in range(2)]
    for worker in workers:
        worker.start()
        worker.join()
    print(results, threading.active_count())
    with ThreadPoolExecutor(2) as pool:
        print(list(pool.map(lambda n: load().limit(n).count(), [1, 2])))


@section
def local_properties():
    sc.setJobDescription("mine")
    sc.setLocalProperty("a", "b")
    clean(load()).count()
    print(sc.getLocalProperty("spark.job.description"), sc.getLocalProperty("a"), sc.getLocalProperty("callSite.short"))
    sc.setJobDescription(None)


@section
def job_numbers():
    sc.setJobGroup("g", "of the group")
    joined().count()
    joined().collect()
    print(len(sc.statusTracker().getJobIdsForGroup("g")))
    sc.setLocalProperty("spark.jobGroup.id", None)


@section
def caching():
    df = clean(load()).cache()
    print(df.is_cached, df.storageLevel, df.count(), clean(load()).storageLevel)
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        clean(load()).explain()  # below its scan it has the plan that filled the cache, which is not the plain one
    print(told.getvalue().splitlines()[:3])
    print(len(sc._jsc.getPersistentRDDs()), df.unpersist() is df, df.is_cached)


@section
def semantics():
    print(clean(load()).sameSemantics(clean(load())), joined().semanticHash() == joined().semanticHash())
    print(load().isLocal(), spark.createDataFrame([(1,)], "a int").isLocal(), load().isEmpty())


@section
def shown():
    df = spark.createDataFrame([(1, "a"), (2, None)], "n int, t string")
    df.show()
    df.show(1, vertical=True)
    df.printSchema()
    print(df, repr(df.n), df.dtypes, df.schema.json(), df._repr_html_())


@section
def rows():
    class Mine:
        pass

    row = load().first()
    print(row, type(row) is Row, row.asDict(), pickle.loads(pickle.dumps(row)) == row, Mine.__qualname__)
    print([tuple(each) for each in load().take(2)], load().tail(1), next(load().toLocalIterator()))
    try:
        pickle.dumps(load())
    except Exception as error:
        print(type(error).__name__)


@section
def functions_as_values():
    factor = 3
    times = F.udf(lambda x: x * factor, LongType())
    print(times.__name__, times.returnType, load().select(times("x").alias("t")).groupBy("t").count().count())
    counted = sc.accumulator(0)
    load().foreach(lambda row: counted.add(1))
    print(counted.value, sc.parallelize(range(4), 2).map(lambda n: n * factor).glom().collect())


@section
def garbage():
    df = clean(load())
    seen = weakref.ref(df)
    df.count()
    del df
    gc.collect()
    print(seen() is None, gc.garbage)


@section
def catalog():
    clean(load()).createOrReplaceTempView("cleaned")
    print(spark.catalog.tableExists("cleaned"), spark.table("cleaned").columns, spark.catalog.dropTempView("cleaned"))
    print([table.name for table in spark.catalog.listTables()], spark.sql("show tables").count())


@section
def end_by_an_error():
    clean(load()).select("nope")


if __name__ == "__main__":
    for each in SECTIONS:
        print(f"=== {each.__name__}", flush=True)
        each()
