"""What is read, and what that says: partitions, patterns, files of RDDs and of pandas, models, empty results, NaN."""

import os

import pandas as pd
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

IN, OUT = os.path.abspath("given"), os.path.abspath("out")
spark = SparkSession.builder.appName("reads").getOrCreate()
sc = spark.sparkContext
sc.setCheckpointDir(os.path.abspath("checkpoints"))


def given():
    """Files that were there before the program."""
    for name, text in {
        "days/day=1/hour=1/a.csv": "id,v\n1,0.5\n2,\n", "days/day=1/hour=2/b.csv": "id,v\n3,1.5\n",
        "days/day=2/hour=1/c.csv": "id,v\n4,2.5\n", "logs/one.json": '{"x": 1}\n', "logs/two.json": '{"x": 2}\n',
        "more/three.json": '{"x": 3}\n', "people.csv": "name,age\nann,3\nbob,\n", "never.csv": "a,b\n1,2\n",
        "words.txt": "a b\nc\n",
    }.items():  # fmt: skip
        os.makedirs(os.path.dirname(f"{IN}/{name}"), exist_ok=True)
        with open(f"{IN}/{name}", "w") as file:
            file.write(text)


given()


def hour():
    return spark.read.option("header", True).option("inferSchema", True).csv(f"{IN}/days/day=1/hour=2")


def day():
    return spark.read.option("header", True).option("inferSchema", True).csv(f"{IN}/days/day=1")


def never():
    return spark.read.option("header", True).option("inferSchema", True).csv(f"{IN}/never.csv")


def logs():
    return spark.read.json(f"{IN}/logs/*.json").union(spark.read.json([f"{IN}/more/t*.json"]))


def own(frame):
    frame.repartition(2).write.mode("overwrite").partitionBy("k").parquet(f"{OUT}/own")


def own_files():
    return spark.read.parquet(f"{OUT}/own/k=1/*.parquet")


def own_whole():
    return spark.read.parquet(f"{OUT}/own")


def numbers():
    return spark.range(12).selectExpr("id", "id % 3 as k", "if(id < 2, double('NaN'), if(id < 5, null, id * 1.5D)) as x")


def gone(frame):
    return frame.filter("id * 2 < 0")


def joined(left, right):
    return left.join(right.withColumnRenamed("x", "y").drop("id"), "k")


def ranked(frame):
    return frame.selectExpr("*", "row_number() over (partition by k order by id) as place")


def best(frame):
    return frame.filter("place = 1")


def words():
    return sc.textFile(f"{IN}/words.txt").flatMap(lambda line: line.split()).map(lambda word: (word, 1)).toDF(["w", "n"])


def save_text(frame):
    frame.rdd.map(lambda row: f"{row.id},{row.k}").saveAsTextFile(f"{OUT}/text")


def hopped(frame):
    return frame.rdd.map(lambda row: (row.id, row.k)).toDF(["id", "k"])


def literal():
    return spark.createDataFrame([(1, "a")], ["i", "s"])


def doubled(frame):
    return frame.select("id", (F.col("x") * 2).alias("twice")).checkpoint().withColumn("more", F.col("twice") + 1)


def people():
    return spark.createDataFrame(pd.read_csv(f"{IN}/people.csv"))


def pivoted(frame):
    return frame.groupBy("k").pivot("id").agg(F.count("x"))


def training(frame):
    return frame.selectExpr("id", "k * 1.0D as k", "double(id % 2) as label")


def fitted(frame):
    return Pipeline(stages=[VectorAssembler(inputCols=["k"], outputCol="f"), LogisticRegression(featuresCol="f", maxIter=2)]).fit(frame)


def saved(model):
    model.write().overwrite().save(f"{OUT}/model")


def loaded():
    return PipelineModel.load(f"{OUT}/model")


def scored(model, frame):
    return model.transform(frame).select("id", "prediction")


def chosen(frame):
    estimator = LogisticRegression(featuresCol="f", maxIter=1)
    grid = ParamGridBuilder().addGrid(estimator.regParam, [0.1]).build()
    return CrossValidator(estimator=estimator, estimatorParamMaps=grid, evaluator=BinaryClassificationEvaluator(), numFolds=2).fit(frame).bestModel


def assembled(frame):
    return VectorAssembler(inputCols=["k"], outputCol="f").transform(frame)


def count(frame):
    print(len(frame.collect()))


n = numbers()
count(n)
one_hour, one_day = hour(), day()
count(one_hour)
count(one_day)
nobody = never()
lines = logs()
count(lines)
own(n)
part, whole = own_files(), own_whole()
count(part)
count(whole)
nothing = gone(n)
pairs = joined(nothing, n)
places = ranked(pairs)
first = best(places)
count(first)
w = words()
count(w)
save_text(n)
h = hopped(n)
count(h)
lit = literal()
count(lit)
d = doubled(n)
count(d)
p = people()
count(p)
wide = pivoted(n)
count(wide)
t = training(n)
model = fitted(t)
saved(model)
again = loaded()
count(scored(model, t))
count(scored(again, t))
ready = assembled(t)
picked = chosen(ready)
count(scored(picked, ready))
