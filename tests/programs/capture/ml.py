"""MLlib makes DataFrames out of our sight: their parents are found on the stack, and the model that made them."""

from pyspark.ml import Pipeline
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import SparkSession


def features(df):
    return VectorAssembler(inputCols=["id"], outputCol="features").transform(df)


spark = SparkSession.builder.getOrCreate()
base = spark.range(10)
assembled = features(base)
model = Pipeline(stages=[StandardScaler(inputCol="features", outputCol="scaled")]).fit(assembled)
scaled = model.transform(assembled)
print(scaled.count())

# lineage:
# base <- -
# features <- base
# model <- features
# scaled <- features, model
