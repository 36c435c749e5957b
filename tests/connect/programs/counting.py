"""Counts the requests that its session sends, by kind: an error, schemas that it asks for, a UDF, views, actions."""

import collections
import sys

import grpc
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql.connect import functions as F
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.types import LongType

SENT: collections.Counter[str] = collections.Counter()
COUNTED = ("AnalyzePlan", "Config", "ExecutePlan")  # others depend on how fast the server is


class Counting(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor, grpc.StreamUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation, details, request):
        SENT[details.method.rpartition("/")[2]] += 1
        return continuation(details, request)

    intercept_unary_stream = intercept_stream_unary = intercept_unary_unary


channel = DefaultChannelBuilder(sys.argv[1])
channel.add_interceptor(Counting())
spark = SparkSession.builder.channelBuilder(channel).create()


def positive(frame: DataFrame) -> DataFrame:
    return frame.filter("id > 0")


def named(frame: DataFrame) -> DataFrame:
    frame.createOrReplaceTempView("named")
    return spark.sql("SELECT id, id * 2 AS twice FROM named")


def increased(frame: DataFrame) -> DataFrame:
    return frame.withColumn("more", F.udf(lambda value: value + 1, LongType())("id"))


frame = increased(named(positive(spark.range(10))))
print(frame.columns, frame.schema.simpleString())
print(frame.count(), sorted(tuple(row) for row in frame.collect()), frame.toPandas().shape)
try:
    positive(frame.select("missing")).show()
except AnalysisException as error:
    print(error.getCondition())
print([(name, SENT[name]) for name in COUNTED])
print(sorted(tag for tag in spark.getTags()))
sys.exit(3)
