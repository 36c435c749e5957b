import pytest
from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark():
    return SparkSession.builder.getOrCreate()


@pytest.fixture
def orders(spark):
    rows = [(1, 10, 5), (1, 10, 5), (2, 11, 7), (3, None, 1)]
    return spark.createDataFrame(rows, "id int, customer int, amount int")


@pytest.fixture
def customers(spark):
    return spark.createDataFrame([(10, "NL"), (10, "BE")], "customer int, country string")
