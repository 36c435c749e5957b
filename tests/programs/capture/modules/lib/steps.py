def load(spark):
    return spark.range(10)


def finish(df):
    return df.distinct()
