"""Programs of ``tests/programs/capture`` print the same with capture on, and have the lineage at their end."""

from __future__ import annotations

import pytest
from capturing import PROGRAMS, expected, run_captured, run_plain
from pyspark.sql import SparkSession

# The end of a program is raised on purpose.
RAISING = {"errors"}
WITH_LINEAGE = sorted(
    str(path.relative_to(PROGRAMS).with_suffix("")) for path in PROGRAMS.rglob("*.py") if expected(path)
)


@pytest.mark.parametrize("name", WITH_LINEAGE)
def test_lineage_of_program(spark: SparkSession, name: str) -> None:
    path = PROGRAMS / f"{name}.py"
    plain_stdout, plain_error, _ = run_plain(path)
    got = run_captured(path)
    assert got.stdout == plain_stdout
    assert type(got.error) is type(plain_error)
    assert (got.error is not None) == (name in RAISING), got.error
    assert got.lineage() == expected(path)
    assert not got.gaps
