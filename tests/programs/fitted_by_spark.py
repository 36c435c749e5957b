"""A model of Spark ML, logged by MLflow's automatic logging: python fitted_by_spark.py"""

import mlflow
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def load(spark):
    people = [(number, 20.0 + number % 7, number % 3 // 2) for number in range(40)]
    return spark.createDataFrame(people, "id int, age double, label int")


def keep_adults(people):
    return people.filter(F.col("age") >= 22)


def train(people):
    stages = [VectorAssembler(inputCols=["age"], outputCol="features"), LogisticRegression(regParam=0.1)]
    return Pipeline(stages=stages).fit(people)


def scored(model, people):
    return model.transform(people).select("id", "prediction")


def main(spark):
    people = load(spark)
    adults = keep_adults(people)
    model = train(adults)
    print("RUN", mlflow.last_active_run().info.run_id)
    print(scored(model, people).count(), mlflow.active_run(), type(model).__name__)


if __name__ == "__main__":
    mlflow.set_tracking_uri("sqlite:///tracked.db")
    mlflow.pyspark.ml.autolog(log_models=False)
    conf = {"spark.ui.enabled": "false", "spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "4"}
    session = SparkSession.builder.master("local[2]").config(map=conf).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    main(session)
    session.stop()
