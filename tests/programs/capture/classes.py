from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


class Stage:
    def run(self, df: DataFrame) -> DataFrame:
        return self.apply(df)

    def apply(self, df):
        raise NotImplementedError


class Clean(Stage):
    def apply(self, df):
        return df.filter("id > 2")


@dataclass
class Label(Stage):
    text: str

    def apply(self, df):
        return df.withColumn("label", F.lit(self.text))

    def __call__(self, df):
        return df.withColumn("called", F.lit(self.text))

    @property
    def empty(self):
        return SparkSession.builder.getOrCreate().range(0)

    @staticmethod
    def count(df):
        return df.count()

    @classmethod
    def make(cls, df):
        return cls("made")(df)


class Pipeline:
    def __init__(self, *stages):
        self.stages = stages

    def run(self, df):
        for stage in self.stages:
            df = stage.run(df)
        return df


spark = SparkSession.builder.getOrCreate()
base = spark.range(10)
pipeline = Pipeline(Clean(), Label("a"))
done = pipeline.run(base)
called = Label("b")(done)
made = Label.make(called.unionByName(Label("c").empty, allowMissingColumns=True))
print(Label.count(made))

# lineage:
# base <- -
# Pipeline.run / Stage.run / Clean.apply <- base
# Pipeline.run / Stage.run / Label.apply <- Pipeline.run / Stage.run / Clean.apply
# Label.__call__ <- Pipeline.run / Stage.run / Label.apply
# Label.empty <- -
# made <- Label.__call__, Label.empty
# Label.make / Label.__call__ <- made
