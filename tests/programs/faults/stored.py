"""Models that are loaded, RDDs that are written and frames with a checkpoint, each more than three times."""

import shutil
import tempfile

from pyspark.ml.feature import StandardScaler, StandardScalerModel, VectorAssembler
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
base = spark.range(3).localCheckpoint()
made = VectorAssembler(inputCols=["id"], outputCol="features").transform(base)
folder = tempfile.mkdtemp()  # what MLlib writes has times in it
StandardScaler(inputCol="features", outputCol="scaled").fit(made).save(f"{folder}/model")
for number in range(4):
    print(StandardScalerModel.load(f"{folder}/model").getOutputCol())
    spark.range(2).localCheckpoint().rdd.map(str).coalesce(1).saveAsTextFile(f"{folder}/{number}")
shutil.rmtree(folder)
