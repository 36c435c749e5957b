"""Commands that write: what the graph makes of their queries, and what ``diff`` says of tables changed in place."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from comparing import Made, Runs
from observing import Program, Storage, executed, fragment, module, probe, storage

from spark_lineage.answers.diff import compare_runs
from spark_lineage.answers.diff.contents import Content
from spark_lineage.events import build, read
from spark_lineage.events.lines import to_line
from spark_lineage.graph import assemble
from spark_lineage.model import (
    ChangedRows,
    Dataset,
    DatasetKind,
    JvmGap,
    LineageGraph,
    OperationKind,
    Place,
)

IN_A = storage("/data/a", "id", "amt")
TABLE = replace(storage("/warehouse/t", "id", "amt"), format="delta")


def program(
    mode: str, changed: ChangedRows | None = None, sources: tuple[Storage, ...] = (IN_A,), version: str | None = None
) -> Program:
    """``spark.sql("... t ...")``, whose query the JVM half has marked by itself."""
    p = Program()
    p.read(module(None))
    body = p.call("<module>", 1, composite=True)
    op = p.op((Place(body, 0, 1),), OperationKind.WRITE, name="SparkSession.sql", output="d9")
    query = f"{op}.q7"
    p.seen.append(fragment(query, ["id", "amt"], sources=sources, expressions={"amt": "amt * 2"}))
    p.seen.append(probe(query, 30, ["id", "amt"]))
    sink = (replace(TABLE, version=version), mode, query)
    p.seen.append(replace(executed(1, op, p.tick(), [sink], sources), changed=changed))
    p.end(body)
    p.finish()
    return p


def sink_of(graph: LineageGraph) -> Dataset:
    (sink,) = [dataset for dataset in graph.datasets if dataset.kind is DatasetKind.SINK]
    return sink


def test_the_query_of_a_command_is_what_it_wrote() -> None:
    graph = assemble(program("append").seen)
    sink = sink_of(graph)
    assert (sink.rows, sink.complete, sink.measurements) == (30, True, 1)
    assert sink.fragment is not None
    assert [each.expression for each in sink.fragment.definitions] == ["id", "amt * 2"]
    (step,) = [step for step in graph.steps if step.outputs]
    assert (step.inputs, step.outputs) == (("/data/a",), ("/warehouse/t",))


def test_the_plan_of_a_dataframe_that_a_command_writes_is_part_of_the_commands() -> None:
    def plan_hash(of_frame: str) -> str:
        p = Program()
        p.read(module(None))
        body = p.call("<module>", 1, composite=True)
        op = p.op((Place(body, 0, 1),), OperationKind.WRITE, inputs=["d1"], name="DataFrameWriter.insertInto")
        p.seen.append(replace(fragment("d1", ["x", "y"], sources=[IN_A]), plan_hash=of_frame))
        p.seen.append(fragment(f"{op}.q1", ["id", "amt"], inputs=["d1"]))
        p.seen.append(executed(1, op, p.tick(), [(TABLE, "append", f"{op}.q1")], [IN_A]))
        p.finish()
        written = sink_of(assemble(p.seen)).fragment
        assert written is not None
        return written.plan_hash

    assert plan_hash("plan1:a") == plan_hash("plan1:a") != plan_hash("plan1:b")


def test_a_table_changed_in_place_has_no_rows_of_its_command() -> None:
    changed = ChangedRows(inserted=2, updated=3, deleted=0, copied=11)
    graph = assemble(program("merge", changed, (replace(TABLE, version="4"), IN_A), version="5").seen)
    sink = sink_of(graph)
    assert (sink.rows, sink.fingerprint, sink.complete, sink.reason) == (None, None, False, "not_measured")
    assert sink.changed == changed
    assert sink.detail == "merge: 2 inserted, 3 updated, 0 deleted; how many the table holds was not counted"
    assert sink.storage is not None and sink.storage.version == "5"
    source = next(each for each in graph.datasets if each.kind is DatasetKind.SOURCE and each.name == "/warehouse/t")
    assert source.storage is not None and source.storage.version == "4"
    (step,) = [step for step in graph.steps if step.outputs]
    assert set(step.inputs) == {"/warehouse/t", "/data/a"}
    written = [json.loads(to_line(each)) for each in build(graph)]
    assert sink_of(read(written)).changed == changed


def test_a_command_that_is_not_known_is_a_gap_of_its_step() -> None:
    p = Program()
    p.read(module(None, None))
    body = p.call("<module>", 1, composite=True)
    wrote = p.op((Place(body, 0, 1),), OperationKind.WRITE, name="SparkSession.sql")
    restored = p.op((Place(body, 1, 2),), OperationKind.ACTION, name="DeltaTable.restoreToVersion")
    p.seen.append(executed(1, wrote, p.tick(), [(TABLE, "append", None)]))
    for op in (wrote, restored):
        p.seen.append(JvmGap("command", "what Restore Table reads and writes was not seen", op))
    p.end(body)
    p.finish()
    graph = assemble(p.seen)
    gaps = [gap for gap in graph.gaps if gap.what == "command"]
    (step,) = [step.step for step in graph.steps if step.line == 2]
    assert [(gap.step, gap.why) for gap in gaps] == [(step, "what Restore Table reads and writes was not seen")], (
        "of what a command has others write, the places are known"
    )


# --------------------------------------------------------------------------- diff


def merged(plan: str, counts: tuple[int, int, int] | None, below: str | None = None) -> LineageGraph:
    """A table that a command has changed in place, and what a later step reads of it, if one does."""
    made = [Made("upsert", ("/data/orders",), plan=plan, content=None, source=plan)]
    if below is not None:
        made.append(Made("total", ("upsert",), content=below))
    graph = Runs(made).graph()
    changed = ChangedRows(*counts) if counts is not None else None
    datasets = tuple(
        replace(each, kind=DatasetKind.SINK, mode="merge", changed=changed) if each.id == "upsert" else each
        for each in graph.datasets
    )
    return replace(graph, datasets=datasets)


def named(a: LineageGraph, b: LineageGraph) -> list[str]:
    comparison = compare_runs(a, b)
    assert comparison.same is not (comparison.different or bool(comparison.uncertain))
    return [divergence.step.step for divergence in comparison.first_divergences]


@pytest.mark.parametrize("counts", [None, (10, 50, 0)])
def test_changed_clauses_are_a_divergence_although_nothing_reads_the_table_again(
    counts: tuple[int, int, int] | None,
) -> None:
    assert named(merged("s.version >= t.version", counts), merged("balance * 1000", counts)) == ["job.upsert"]


def test_a_changed_command_that_did_no_harm_further_down_is_none() -> None:
    assert named(merged("one", (1, 2, 0), "rows"), merged("other", (1, 2, 0), "rows")) == []
    assert named(merged("one", (1, 2, 0), "rows"), merged("other", (1, 2, 0), "others")) == ["job.upsert"]


def test_other_counts_are_other_rows() -> None:
    a, b = merged("one", (1, 2, 0)), merged("one", (1, 3, 0))
    comparison = compare_runs(a, b)
    (found,) = comparison.first_divergences
    assert found.measured.content is Content.DIFFERENT
    assert "3 rows updated and were 2" in found.why


def test_the_same_command_over_the_same_rows_is_the_same() -> None:
    assert compare_runs(merged("one", (1, 2, 0)), merged("one", (1, 2, 0))).same
