"""MLlib: what fitting, saving and loading run in Spark is theirs, and no fact of an operation before.

A model is a dataset, whose place is the folder that it is saved to and not the files that it consists of.
"""

from pyspark.ml.feature import StringIndexer, StringIndexerModel
from pyspark.sql import SparkSession


def train(df):
    return StringIndexer(inputCol="name", outputCol="number").fit(df)


def predict(model, df):
    return model.transform(df)


spark = SparkSession.builder.getOrCreate()
people = spark.createDataFrame([("a", 1), ("b", 2), ("a", 3)], "name string, id int")
people.write.mode("overwrite").json("out/learning/people")
model = train(people)
model.write().overwrite().save("out/learning/model")
numbered = predict(StringIndexerModel.load("out/learning/model"), people)
numbered.write.mode("overwrite").json("out/learning/numbered")
print(numbered.count())

# lineage:
# learning: ->
# learning.people: -> people=3
# learning.write_people: people=3 -> people=3
# learning.train: people=3 -> train (model)
# learning.write_model: train (model) -> model
# learning.numbered: model -> numbered
# learning.predict: numbered, people=3 -> predict (numbered)=3
# learning.write_numbered: predict (numbered)=3 -> numbered=3
# learning.count_numbered: predict (numbered)=3 ->
