import functools
import time

from pyspark.sql import SparkSession


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        began = time.time()
        result = function(*args, **kwargs)
        assert time.time() >= began
        return result

    return wrapper


def logged(text):
    def decorate(function):
        def inner(*args, **kwargs):
            print(text)
            return function(*args, **kwargs)

        return inner

    return decorate


@timed
def clean(df):
    return df.filter("id > 3")


@timed
@logged("labelling")
def label(df):
    return df.selectExpr("id", "'x' as label")


def run(spark):
    base = spark.range(10)
    return label(clean(base))


done = run(SparkSession.builder.getOrCreate())
print(done.count())

# lineage:
# run / base <- -
# run / clean <- run / base
# run / label <- run / clean
