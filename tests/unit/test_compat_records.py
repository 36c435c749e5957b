"""How records of two lines of Spark are compared (``tests/compat``)."""

from __future__ import annotations

from tests.compat import comparing, known, report
from tests.compat.comparing import KINDS
from tests.compat.lines import HOME, LINES, Line


def test_a_difference_says_where_it_is() -> None:
    at_home = {"totals": {"rows": 3, "columns": [["n", "bigint", 0, "xxh64:1"]]}, "gone": {}}
    ours = {"totals": {"rows": 3, "columns": [["n", "bigint", 2, "xxh64:1"]]}, "new": {"rows": 1}}
    assert list(comparing.differences(ours, at_home)) == [
        "gone: missing",
        'new: not at home: {"rows": 1}',
        "totals: columns[0][2] 2, at home 0",
    ]
    assert comparing.values(at_home) == 5


def test_what_is_known_is_known_of_that_place_only() -> None:
    spark_35 = Line("3.5.9", "2.12", "3.5_2.12")
    said = 'structs: columns[3][2] 0, at home 28; columns[3][3] "a", at home "b"; fingerprint "c", at home "d"'
    assert known.why(spark_35, "plans", "facts", said) is not None
    assert known.why(HOME, "plans", "facts", said) is None
    assert known.why(spark_35, "plans", "facts", f"{said}; rows 3, at home 4") is None


def test_the_page_says_what_was_not_run() -> None:
    cells = {kind: [1200, 0, 0] for kind in KINDS}
    cells["facts"] = [1200, 1, 2]
    told = {line.name: {"programs": 44, "where": "3.11, 17", "bad": 0, "cells": cells} for line in LINES}
    of = {line.spark: {"Delta": f"{line.spark}: 3 of 3"} for line in LINES}
    page = report.document(told, ways={HOME.name: {"passed": 6, "failed": 0}}, jars={}, wheel={}, connectors=of)
    (row,) = [line for line in page.splitlines() if line.startswith("| 3.5.9 |")]
    assert "1,200, 1 otherwise, **2 not explained**" in row and report.NOT_RUN in row
    assert "6 of 6" in page and "| 3.5.9: 3 of 3 |" in row


def test_connectors_are_those_of_their_page() -> None:
    found = report.of_connectors(report.CONNECTORS.read_text())
    assert set(found) == {line.spark for line in LINES}
    assert found["4.3.0"]["Iceberg"] == "none is published"
