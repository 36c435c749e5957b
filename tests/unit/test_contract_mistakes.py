"""Seeded mistakes of metrics are different, harmless rewritings are not; without Spark, on plans as it records them.

``tests/spark/test_contracts_of_programs.py`` asks the same of plans that Spark has recorded.
"""

from __future__ import annotations

import pytest
from contract_table import CONTRACTS, KINDS
from contract_variants import PROGRAMS, VARIANTS, base, recorded

from spark_lineage.answers.check.results import Status
from spark_lineage.answers.contracts.checking import results
from spark_lineage.answers.contracts.reading import Contract

MISTAKES = [name for name in VARIANTS if name[-1] in KINDS]
REWRITTEN = [name for name in VARIANTS if name not in MISTAKES]


def told(variant: str) -> dict[str, Status]:
    said = CONTRACTS[base(variant)]
    contract = Contract(
        f"metric.{said['column']}", said["definition"], said["population"], said.get("joins"), said["grain"],
        {"": "spark-lineage.toml:1"},
    )  # fmt: skip
    found = results(recorded(variant, said["column"]), [contract])
    return {each.check.removeprefix("metric_"): each.status for each in found}


def test_there_are_enough_of_each() -> None:
    assert [sum(name.endswith(f"_{kind}") for name in MISTAKES) for kind in KINDS] == [9, 9, 9]
    assert len(REWRITTEN) == 27


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_different(name: str) -> None:
    found = told(name)
    kind = KINDS[name[-1]]
    parts = {"grain": ("grain", "joins", "population")}.get(kind, (kind,))
    assert Status.FAILED in [found[part] for part in parts if part in found], found
    if kind != "grain":
        assert [part for part, status in found.items() if status is Status.FAILED] == [kind], found


@pytest.mark.parametrize("name", [*PROGRAMS, *REWRITTEN])
def test_what_is_meant_is_equal_however_it_is_written(name: str) -> None:
    assert set(told(name).values()) == {Status.PASSED}, told(name)
