from pyspark.sql import functions as F


def label(df, text):
    return df.withColumn("label", F.lit(text))
