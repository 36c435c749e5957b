"""Calls that an exception left, and whose callers went on."""

import contextlib

from pyspark.sql import SparkSession


def validated(df):
    if df.where("id < 0").count() == 0:
        raise ValueError("nothing below zero")
    return df


def strict(df):
    made = df.where("id > 1")
    return validated(made)


def lenient(df):
    try:
        return strict(df)
    except ValueError:
        return df.where("id > 2")


def again(df, attempts=[]):  # noqa: B006
    attempts.append(df.where("id > 3"))
    if len(attempts) < 2:
        raise RuntimeError("not yet")
    return attempts[-1]


spark = SparkSession.builder.getOrCreate()
base = spark.range(5)
kept = lenient(base)
for _ in range(3):
    try:
        tried = again(base)
        break
    except RuntimeError as error:
        print(error)
with contextlib.suppress(ValueError):
    validated(base)
print(kept.count(), tried.count())

# lineage:
# caught: ->
# caught.base: -> base=5
# caught.lenient: ->
# caught.lenient.strict: -> ! ValueError: nothing below zero
# caught.lenient.strict.made: base=5 -> made=3
# caught.lenient.strict.validated: made=3 -> ! ValueError: nothing below zero
# caught.lenient.where_df: base=5 -> where_df (kept)=2
# caught.again: base=5 -> ! an exception that <module> caught (line 41)
# caught.again#2: base=5 -> again~2 (tried)=1
# caught.validated: base=5 -> ! an exception that <module> caught (line 42)
# caught.count_kept: where_df (kept)=2, again~2 (tried)=1 ->
