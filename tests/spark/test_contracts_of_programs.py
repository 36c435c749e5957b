"""Contracts of metrics against plans that Spark has recorded: mistakes are different, rewritings are not."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from program_runs import PROGRAMS, WarmJvms, observed

from spark_lineage.answers.check.results import Status
from spark_lineage.answers.contracts.checking import results
from spark_lineage.answers.contracts.reading import Contract
from spark_lineage.model import LineageGraph
from spark_lineage.store import Store
from tests.localisation import data

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from contract_table import CONTRACTS, KINDS  # noqa: E402

pytestmark = pytest.mark.slow
STEMS = {base: base.partition("_")[0] for base in CONTRACTS}
LEAST_EQUAL = 35  # of 36: of telecom_1, which filters before it drops duplicates, nothing can be told


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, data_folder: Path, warm_jvms: WarmJvms) -> LineageGraph:
    """The run of all variants in one session; only planned."""
    folder = tmp_path_factory.mktemp("contracted")
    for program in ("retail", "claims", "telecom"):
        data.make(folder / "data" / program, program)
    tpch = str(data_folder / "tpch")
    program = PROGRAMS / "contracted.py"
    ran = observed(program, folder, tpch, str(folder / "data"), mode="plan", jvm=warm_jvms.observing)
    return Store(str(ran.succeeded().store)).open("last").graph


def told(graph: LineageGraph, base: str, variable: str) -> dict[str, Status]:
    said = CONTRACTS[base]
    # What is called within the statement has its variable, too.
    held = [each for each in graph.datasets if each.variable == variable]
    made = next(each for each in reversed(held) if said["column"] in [column.name for column in each.columns])
    joins = tuple(said["joins"]) if "joins" in said else None
    contract = Contract(
        f"{made.id}.{said['column']}", said["definition"], said["population"], joins, tuple(said["grain"]),
        {"": "spark-lineage.toml:1"},
    )  # fmt: skip
    return {each.check.removeprefix("metric_"): each.status for each in results(graph, [contract])}


def test_mistakes_are_different_and_nothing_else_is(recorded: LineageGraph) -> None:
    counts: dict[str, Counter[str]] = {}
    wrong = []
    for base, stem in STEMS.items():
        for variable in [base, *(f"{stem}_{which}" for which in "dpg123")]:
            found = told(recorded, base, variable)
            failed = [part for part, status in found.items() if status is Status.FAILED]
            kind = KINDS.get(variable[-1]) if "_" in variable and variable != base else None
            verdict = "different" if failed else "unknown" if Status.UNKNOWN in found.values() else "equal"
            row = kind or ("rewritten" if variable != base else "as meant")
            counts.setdefault(row, Counter()).update([verdict])
            expected = {"definition": {"definition"}, "population": {"population"}}.get(
                kind or "", {"grain", "joins", "population"} if kind else set()
            )
            if bool(failed) != bool(kind) or not set(failed) <= expected:
                wrong.append((variable, found))
    assert wrong == []
    # What is meant is nearly always proven to be equal, however it is written.
    assert counts["as meant"]["equal"] + counts["rewritten"]["equal"] >= LEAST_EQUAL, counts
