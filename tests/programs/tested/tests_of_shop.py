"""What people write with the plugin, right and faulty. Run by tests/spark/test_plugin_with_spark.py in a pytest of its own."""

import pytest
from shop import clean_orders, revenue, with_country

from spark_lineage import AnswerError


def test_right(orders, customers, lineage):
    cleaned = clean_orders(orders)
    with pytest.raises(AnswerError, match="once an action has run it"):
        _ = lineage["clean_orders"].rows
    report = revenue(with_country(cleaned, customers.dropDuplicates(["customer"])))
    assert sum(row.revenue for row in report.collect()) == 12
    assert lineage["clean_orders"].rows == 2, "facts are those after the action"
    assert lineage["clean_orders"].nulls("customer") == 0
    assert lineage["clean_orders"].unique("id")
    assert {row["id"] for row in lineage["clean_orders"].sample()} == {"1", "2"}
    assert "sum(" in lineage.explain("revenue.revenue").definition
    assert lineage.check().passed
    assert lineage.run.stale is False


def test_faulty(orders, customers, lineage):
    with_country(clean_orders(orders), customers).collect()
    assert not lineage.check().passed
    assert not lineage["with_country"].unique("id")
    assert lineage["with_country"].rows == 2


def test_without(orders):
    assert orders.count() == 4
