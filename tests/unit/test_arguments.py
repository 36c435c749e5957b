"""Arguments of calls, as their source has them."""

from __future__ import annotations

import pytest

from spark_lineage.graph.arguments import LONGEST, arguments

CLEAN = "def clean(df, limit=5, *more, unit='m', **rest):\n    return df\n"
METHOD = "    def run(self, df, mode):\n        return df\n"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x = clean(orders, 7)", (("df", "orders"), ("limit", "7"))),
        ("x = clean(orders, limit=A + 1, unit='km')", (("df", "orders"), ("limit", "A + 1"), ("unit", "'km'"))),
        ("x = clean(orders, 1, 2, 3)", (("df", "orders"), ("limit", "1"), ("*more[2]", "2"), ("*more[3]", "3"))),
        ("x = clean(*args, **options)", (("*more[0]", "*args"), ("**", "options"))),
        ("    return clean(\n        orders,\n        limit=7,\n    ).filter('x')", (("df", "orders"), ("limit", "7"))),
        ("x = steps.clean(orders)", (("df", "orders"),)),
        ("x = clean(clean(orders))", ()),  # which of the two?
        ("x = orders.transform(clean)", ()),
        ("x = clean(", ()),
    ],
)
def test_of_a_function(statement: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert arguments(statement, CLEAN, "clean") == expected


def test_of_methods_and_classes() -> None:
    assert arguments("p.run(orders, 'fast')", METHOD, "Pipeline.run") == (("df", "orders"), ("mode", "'fast'"))
    made = "def __init__(self, spark, path):\n    pass\n"
    assert arguments("p = Pipeline(spark, 'x')", made, "Pipeline.__init__") == (("spark", "spark"), ("path", "'x'"))


def test_secrets_are_redacted_and_long_ones_cut() -> None:
    load = "def load(url, password, text):\n    pass\n"
    found = dict(arguments(f"load('jdbc:x://ada:hunter2@db/x', 'hunter2', '{'y' * 500}')", load, "load"))
    assert "hunter2" not in str(found)
    assert len(found["text"]) == LONGEST
