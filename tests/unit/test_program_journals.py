"""The journal that the JVM half writes alone, as observations; and what SQL statements are called."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.graph import assemble
from spark_lineage.jvm import programs, sql_names
from spark_lineage.model import Observation, Outcome, StepKind
from spark_lineage.store import Store

BEGUN = {
    "kind": "program", "run": "", "app": "Job", "program": "com.acme.Job", "argv": [], "mode": "flow", "labels": {},
    "place": "com.acme", "at": 1.0,
}  # fmt: skip
END = {"kind": "end", "at": 9.0, "outcome": "complete", "error": None}
MAIN = ("com.acme.Job$", "main", "Job.scala")


def asked(op: str, at: float, frames: Sequence[tuple[tuple[str, str, str], int]], **more: Any) -> dict[str, Any]:
    return {
        "kind": "operation", "op": op, "does": "transform", "name": "Dataset.filter", "statement": None, "sql": None,
        "frames": [[*method, line] for method, line in frames], "view": None, "inputs": [], "output": None,
        "thread": "main", "started": at, "ended": at, "error": None, **more,
    }  # fmt: skip


def clean(name: str = "clean") -> tuple[str, str, str]:
    return ("com.acme.Job$", name, "Job.scala")


def lines(*documents: dict[str, Any]) -> list[bytes]:
    return [json.dumps(document, separators=(",", ":")).encode() + b"\n" for document in (BEGUN, *documents)]


def observed(*documents: dict[str, Any]) -> list[Observation]:
    written = lines(*documents)
    found = list(programs.observations(lambda: written))
    assert None not in found
    return [each for each in found if each is not None]


def steps(*documents: dict[str, Any]) -> list[tuple[str, int]]:
    return [(step.step, step.call) for step in assemble(observed(*documents)).steps]


def test_methods_are_steps_and_main_is_divided_into_its_lines() -> None:
    found = steps(
        asked("o1", 2.0, [(MAIN, 10)], name="DataFrameReader.csv", output="d1"),
        asked("o2", 3.0, [(MAIN, 11), (clean(), 5)], inputs=["d1"], output="d2"),
        asked("o3", 3.1, [(MAIN, 11), (clean(), 6)], inputs=["d2"], output="d3"),
        asked("o4", 4.0, [(MAIN, 12)], name="Dataset.count", inputs=["d3"]),
        END,
    )
    assert found == [("Job", 1), ("Job.read_csv", 1), ("Job.clean", 1), ("Job.count", 1)]


def test_a_method_that_is_called_again_from_another_line_has_run_again() -> None:
    assert steps(
        asked("o1", 2.0, [(MAIN, 10), (clean(), 5)]), asked("o2", 3.0, [(MAIN, 11), (clean(), 5)]), END
    ) == [("Job", 1), ("Job.clean", 1), ("Job.clean", 2)]  # fmt: skip


def test_a_lambda_belongs_to_its_method() -> None:
    inside = ("com.acme.Job$", "$anonfun$main$1", "Job.scala")
    assert steps(asked("o1", 2.0, [(MAIN, 10), (inside, 11)], name="Dataset.count"), END) == [
        ("Job", 1),
        ("Job.count", 1),
    ]


def test_lines_that_are_typed_in_a_shell_are_statements() -> None:
    def typed(number: int, method: str = "<init>") -> tuple[tuple[str, str, str], int]:
        return ((f"$line{number}.$read$$iw", method, "<console>"), 1)

    evaluated = (("$line7.$eval$", "$print$lzycompute", "<console>"), 6)
    found = steps(
        asked("o1", 2.0, [evaluated, typed(7)], name="SparkSession.range", output="d1"),
        asked("o2", 3.0, [typed(8), typed(5, "clean")], inputs=["d1"], output="d2"),
        asked("o3", 4.0, [typed(9)], name="Dataset.count", inputs=["d2"]),
        END,
    )
    assert found == [("Job", 1), ("Job.range", 1), ("Job.clean", 1), ("Job.count", 1)]


def test_what_comes_late_from_the_listener_stands_where_it_began() -> None:
    found = steps(
        asked("o1", 2.0, [(MAIN, 10), (clean(), 5)]),
        asked("o2", 4.0, [(MAIN, 11), (clean("join"), 7)]),
        asked("x0", 3.0, [(MAIN, 10), (clean(), 6)], does="action", name="Dataset.count"),
        END,
    )
    assert found == [("Job", 1), ("Job.clean", 1), ("Job.join", 1)]


def test_statements_of_sql_are_steps_with_their_text() -> None:
    text = "CREATE OR REPLACE TEMP VIEW paid AS SELECT 1"
    graph = assemble(
        observed(
            asked("o1", 2.0, [], does="view", statement=1, sql=text, line=3, output="d1", view="paid"),
            asked("x0", 3.0, [], does="action", statement=2, sql="SELECT * FROM paid", line=5, inputs=["d1"]),
            END,
        )
    )
    paid, select = graph.steps[1:]
    assert (paid.step, paid.kind, paid.source, paid.line) == ("Job.paid", StepKind.STATEMENT, text, 3)
    assert select.step == "Job.select" and select.inputs == ("paid",)


def test_executions_of_one_query_are_one_operation() -> None:
    graph = assemble(
        observed(
            asked("o1", 2.0, [(MAIN, 10)], output="d1"),
            asked("x1", 4.0, [(MAIN, 11)], does="action", name="Dataset.count"),
            asked("x1", 3.0, [(MAIN, 11)], does="action", name="Dataset.count", inputs=["d1"], ended=5.0),
            END,
        )
    )
    assert graph.steps[2].inputs == ("filter",) and graph.steps[2].ended == 5.0


def test_an_error_of_the_last_query_is_the_end() -> None:
    graph = assemble(observed({**END, "outcome": "fail", "error": "SparkException: no"}))
    assert graph.run.outcome is Outcome.FAIL and graph.run.error == "SparkException: no"


def test_lines_that_cannot_be_read_are_counted_and_the_rest_is_read() -> None:
    written = [*lines(asked("o1", 2.0, [(MAIN, 10)])), b'{"kind":"probe"}\n', b'{"kind":"fragm']
    assert [each for each in programs.observations(lambda: written) if each is None] == [None]


def written_run(store: Path, *documents: dict[str, Any], process: dict[str, Any] | None = None) -> str:
    run = str(uuid.UUID(int=(1_700_000_000_000 << 80) | (7 << 76) | (2 << 62)))
    folder = store / "runs" / run
    folder.mkdir(parents=True)
    begun = json.dumps({**BEGUN, "run": run}, separators=(",", ":")).encode() + b"\n"
    (folder / "observations.jsonl").write_bytes(begun + b"".join(lines(*documents)[1:]))
    (folder / "process.json").write_text(json.dumps(process or {"host": "elsewhere", "pid": 1, "started": "1"}))
    return run


def test_readers_take_the_journal_for_what_was_written_ahead(tmp_path: Path) -> None:
    run = written_run(tmp_path, asked("o1", 2.0, [(MAIN, 10)], name="Dataset.count"), END)
    summary = Store(tmp_path).resolve("last")
    assert (summary.id, summary.app, summary.why) == (run, "Job", None)
    assert Store(tmp_path).open("last").graph.run.outcome is Outcome.COMPLETE


def test_a_program_that_was_killed_is_aborted(tmp_path: Path) -> None:
    written_run(tmp_path, asked("o1", 2.0, [(MAIN, 10)], name="Dataset.count"))
    assert Store(tmp_path).open("last").graph.run.outcome is Outcome.ABORT


def test_personal_literals_are_masked_when_it_is_read(tmp_path: Path) -> None:
    text = "SELECT * FROM t WHERE mail = 'ada@example.org'"
    written_run(tmp_path, asked("x0", 3.0, [], does="action", statement=1, sql=text), END)
    source = Store(tmp_path).open("last").graph.steps[1].source
    assert source is not None and "ada@example.org" not in source and "masked:" in source
    assert os.stat(tmp_path / "mask.key").st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CREATE TABLE db.report USING parquet AS SELECT 1", "write_report"),
        ("-- about\nINSERT OVERWRITE TABLE `my db`.`out` SELECT 1", "insert_out"),
        ("/* about */ merge into t using s on t.a = s.a when matched then delete", "merge_t"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "select"),
        ("(SELECT 1) UNION (SELECT 2)", "select"),
        ("SET x = 1", "set"),
        ("", "statement"),
    ],
)  # fmt: skip
def test_what_a_statement_does(text: str, name: str) -> None:
    assert sql_names.deed(text) == name


def test_the_view_that_a_statement_defines() -> None:
    assert sql_names.variable("create or replace global temporary view global_temp.best as select 1") == "best"
    assert sql_names.variable("SELECT 1") is None
