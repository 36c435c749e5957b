"""assemble: steps, datasets, facts, outcomes."""

from __future__ import annotations

from observing import shop

from spark_lineage.graph import assemble
from spark_lineage.model import Outcome


def test_shop() -> None:
    graph = assemble(shop())
    for each in graph.steps:
        print(each.step, each.call, each.kind.value, each.inputs, each.outputs, each.outcome.value, each.parent)
    for each in graph.datasets:
        print(each.id, each.kind.value, each.step, each.variable, each.rows, each.complete, each.reason, each.columns)
    for each in graph.gaps:
        print(each)
    assert graph.run.outcome is Outcome.COMPLETE
