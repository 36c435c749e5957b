"""A flat script whose statements mostly have no name of their own, as capture and the JVM half would report it.

``python tests/unit/flat_script.py`` prints the events of its run. ``tests/contract/names_before.jsonl`` holds what that
printed at commit 26a6d09, the last one before statements were named by what they do.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from observing import FILE, ORDERS, REPORT, Program, executed, fragment, probe, storage  # noqa: E402  the path has to be set first

from spark_lineage.model import Observation, OperationKind, Place, SourceRead  # noqa: E402
from spark_lineage.static import SourceReader  # noqa: E402

TEXT = """\
orders = spark.read.parquet("/data/orders")
best = orders.filter("a > 1")
best.write.parquet("/data/report")
train, test = best.randomSplit([0.5, 0.5], 1)
train.write.parquet("/data/train")
test.write.parquet("/data/test")
"""


def flat(run: str, text: str = TEXT, expression: str = "Filter (a > 1)", salt: int = 0) -> list[Observation]:
    p = Program(run=run)
    p.seen.append(SourceRead(replace(SourceReader().read(text, FILE))))
    body = p.call("<module>", 1, composite=True)
    first = text.count("\n") - TEXT.count("\n")  # lines above

    def at(statement: int) -> tuple[Place]:
        return (Place(body, statement, first + statement + 1),)

    def write(statement: int, number: int, df: str, place: object) -> None:
        op = p.op(at(statement), OperationKind.WRITE, [df], name="DataFrameWriter.parquet")
        p.seen.append(executed(number, op, p.tick(), [(place, "overwrite", df)], [ORDERS]))  # type: ignore[list-item]

    p.op(at(0), OperationKind.READ, output="d1", name="DataFrameReader.parquet", detail={"path": "/data/orders"})
    p.mark("d1")
    p.seen.append(fragment("d1", ["a", "b"], sources=[ORDERS], operators=["Relation"], indirect=False))
    p.op(at(1), inputs=["d1"], output="d2")
    p.mark("d2", ["d1"])
    p.seen.append(fragment("d2", ["a", "b"], inputs=["d1"], operators=[expression]))
    write(2, 1, "d2", REPORT)
    for df in ("d3", "d4"):
        p.op(at(3), inputs=["d2"], output=df, name="DataFrame.randomSplit")
        p.mark(df, ["d2"])
        p.seen.append(fragment(df, ["a", "b"], inputs=["d2"], operators=[f"Sample {df}"]))
    write(4, 2, "d3", storage("/data/train", "a", "b"))
    write(5, 3, "d4", storage("/data/test", "a", "b"))
    p.seen += [probe("d1", 100, ["a", "b"]), probe("d2", 80, ["a", "b"], salt=salt)]
    p.seen += [probe("d3", 41, ["a", "b"], salt=salt), probe("d4", 39, ["a", "b"], salt=salt)]
    p.finish()
    return p.seen


if __name__ == "__main__":
    from spark_lineage.events import build
    from spark_lineage.events.lines import to_line
    from spark_lineage.graph import assemble

    for event in build(assemble(flat("0197a1b2-0000-7000-8000-00000000000a"))):
        print(to_line(event))
