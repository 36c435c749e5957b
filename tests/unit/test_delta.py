"""The audit tables: what is in them, once each, however many write, and the same after a rebuild."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from observing import shop

from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.sinks import delta
from spark_lineage.sinks.audit_rows import COLUMNS, TABLES
from spark_lineage.sinks.audit_rows import tables as audit_tables
from spark_lineage.sinks.delta import DeltaAudit, read_tables
from spark_lineage.sinks.journal import Journal
from spark_lineage.store import Store
from spark_lineage.store.runs import open_folder

ROOT = Path(__file__).parents[2]


def run_id(number: int) -> str:
    return str(uuid.UUID(int=(0x0197 << 112) | (7 << 76) | (2 << 62) | number))


def record(store: Path, run: str) -> Path:
    graph = assemble(shop(run=run))
    folder = store / "runs" / run
    Journal(folder, fsync=False).write(build(graph), samples(graph))
    return folder


def rows(store: Path) -> dict[str, list[dict[str, Any]]]:
    """All tables, in an order that does not hang on who wrote first."""
    found = read_tables(store / "audit", TABLES)
    return {name: sorted(table.to_pylist(), key=repr) for name, table in found.items()}


def test_a_run_is_in_all_tables_once(tmp_path: Path) -> None:
    folder = record(tmp_path, run_id(1))
    audit = DeltaAudit(tmp_path / "audit")
    assert audit.append(folder)
    first = rows(tmp_path)
    assert {name: len(found) for name, found in first.items()} == {
        "steps": 6, "datasets": 5, "columns": 10, "edges": 8, "column_lineage": 10, "samples": 3, "checks": 0,
        "gaps": 0, "events": 12, "runs": 1,
    }  # fmt: skip
    assert audit.append(folder)
    assert rows(tmp_path) == first


def test_the_tables_answer_rows_in_and_out_of_each_function(tmp_path: Path) -> None:
    import duckdb

    DeltaAudit(tmp_path / "audit").append(record(tmp_path, run_id(1)))
    edges = read_tables(tmp_path / "audit", ["edges"])["edges"]
    found = duckdb.sql(
        "select step, sum(rows) filter (direction = 'input') i, sum(rows) filter (direction = 'output') o"
        " from edges group by step order by step"
    ).fetchall()
    assert edges.num_rows == 8
    assert found == [
        ("job.main.clean", 100, 80), ("job.main.line_34", 8, 8), ("job.main.load", 100, 100), ("job.main.total", 80, 8),
    ]  # fmt: skip


def test_rebuilding_from_the_journals_gives_equal_tables(tmp_path: Path) -> None:
    audit = DeltaAudit(tmp_path / "audit")
    for number in range(3):
        audit.append(record(tmp_path, run_id(number)))
    before = rows(tmp_path)
    assert audit.rebuild(Store(tmp_path)) == 3
    assert rows(tmp_path) == before


def test_a_store_without_tables_is_caught_up_and_only_with_what_is_missing(tmp_path: Path) -> None:
    audit = DeltaAudit(tmp_path / "audit")
    audit.append(record(tmp_path, run_id(1)))
    record(tmp_path, run_id(2))
    assert audit.catch_up(Store(tmp_path)) == 1
    assert audit.catch_up(Store(tmp_path)) == 0
    assert audit.runs() == {run_id(1), run_id(2)}


def test_a_crash_between_two_tables_is_completed_and_doubles_nothing(tmp_path: Path) -> None:
    folder = record(tmp_path, run_id(1))
    audit = DeltaAudit(tmp_path / "audit")
    audit.append(folder)
    whole = rows(tmp_path)
    for name in ("runs", "gaps", "events"):  # as if it had died after the others
        shutil.rmtree(tmp_path / "audit" / name)
    assert audit.catch_up(Store(tmp_path)) == 1
    assert rows(tmp_path) == whole


def test_without_deltalake_nothing_is_written_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = record(tmp_path, run_id(1))
    monkeypatch.setattr(delta, "available", lambda: False)
    assert not DeltaAudit(tmp_path / "audit").append(folder)
    assert DeltaAudit(tmp_path / "audit").catch_up(Store(tmp_path)) == 0
    assert not (tmp_path / "audit").exists()


WRITER = """
import sys
from pathlib import Path
from spark_lineage.sinks.delta import DeltaAudit
sys.stdin.readline()
for folder in sys.argv[2:]:
    DeltaAudit(sys.argv[1]).append(Path(folder))
"""


def test_eight_drivers_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    """Each appends a run of its own and one that all append; the tables do not exist before."""
    shared = str(record(tmp_path, run_id(99)))
    own = [str(record(tmp_path, run_id(number))) for number in range(8)]
    command = [sys.executable, "-c", WRITER, str(tmp_path / "audit")]
    writers = [
        subprocess.Popen([*command, each, shared], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        for each in own
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    errors = [writer.communicate(timeout=240)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, errors
    found = rows(tmp_path)
    assert sorted(row["run_id"] for row in found["runs"]) == sorted([run_id(99), *map(run_id, range(8))])
    assert {name: len(each) for name, each in found.items()} == {
        "steps": 54, "datasets": 45, "columns": 90, "edges": 72, "column_lineage": 90, "samples": 27, "checks": 0,
        "gaps": 0, "events": 108, "runs": 9,
    }  # fmt: skip


def test_what_was_committed_long_ago_is_not_read_again_by_each_run(tmp_path: Path) -> None:
    audit = DeltaAudit(tmp_path / "audit")
    folder = record(tmp_path, run_id(1))
    audit.append(folder)
    tables = dict(audit_tables(open_folder(folder)))
    for number in range(2, 23):
        audit._append("edges", run_id(number), tables["edges"])
    last = json.loads((tmp_path / "audit" / "edges" / "_delta_log" / "_last_checkpoint").read_text())
    assert last["version"] >= 10
    assert len(rows(tmp_path)["edges"]) == 22 * 8


def test_every_column_is_documented() -> None:
    text = (ROOT / "docs" / "audit-tables.md").read_text(encoding="utf-8")
    sections = {part.split("`")[1]: part for part in text.split("\n## ")[1:] if part.startswith("`")}
    assert set(sections) == set(COLUMNS)
    for name, columns in COLUMNS.items():
        for column, type_ in columns:
            assert f"| `{column}` | {type_} |" in sections[name], (name, column)
