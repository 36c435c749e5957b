"""The sources of TPC-H's output columns, composed through the functions of a program, against a key."""

from __future__ import annotations

from pathlib import Path

import tpch_key
from program_runs import Runs

from spark_lineage.answers.explain import explain
from spark_lineage.store import Store

KEY = tpch_key.sources()
NEEDS = [("flow", "tpch", "columns")]


def test_sources_of_the_22_queries(runs: Runs) -> None:
    graph = Store(str(runs.observed("tpch", "columns").succeeded().store)).open("last").graph
    made = [each for each in graph.datasets if each.id.startswith("q") and each.id[1:].isdigit()]
    assert len(made) == 22
    assert [f"{each.id}.{column.name}" for each in made for column in each.columns] == list(KEY)
    got = {
        words: {
            (Path(each.dataset.name).stem, each.column, "DIRECT" if each.direct else "INDIRECT")
            for each in explain(graph, words).sources
        }
        for words in KEY
    }
    assert got == KEY
