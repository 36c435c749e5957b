"""Old runs go, rows and folders; what is held, runs, or is undelivered stays."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from observing import T0, shop

from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.sinks import cursors, retention
from spark_lineage.sinks.audit_rows import TABLES
from spark_lineage.sinks.delta import DeltaAudit, read_tables
from spark_lineage.sinks.journal import Journal
from spark_lineage.store import Store, journal
from spark_lineage.store.wal import WriteAhead

DAY = 86400.0


def run_id(number: int) -> str:
    return f"0197a1b2-0000-7000-8000-{number:012d}"


def record(store: Path, number: int, **labels: str) -> Path:
    """A run that began at ``T0``, years ago."""
    graph = assemble(shop(run=run_id(number)))
    graph = replace(graph, run=replace(graph.run, labels=labels))
    folder = store / "runs" / run_id(number)
    Journal(folder, fsync=False).write(build(graph), samples(graph))
    DeltaAudit(store / "audit").append(folder)
    return folder


def prune(store: Path, *words: str) -> dict[str, Any]:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["prune", "--store", str(store), "--json", *words]) == 0
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def rows(store: Path) -> dict[str, set[str]]:
    return {
        name: set(table.column("run_id").to_pylist()) for name, table in read_tables(store / "audit", TABLES).items()
    }


def test_old_runs_go_and_held_ones_stay(tmp_path: Path) -> None:
    record(tmp_path, 1)
    held = [record(tmp_path, 2, hold="case 4711"), record(tmp_path, 3, case="7")]
    record(tmp_path, 4, hold="false", case="8")
    before = rows(tmp_path)
    dry = prune(tmp_path, "--keep", "90d", "--hold", "case=7", "--dry-run")
    assert rows(tmp_path) == before
    assert len(Store(tmp_path).runs()) == 4
    done = prune(tmp_path, "--keep", "90d", "--hold", "case=7", "--vacuum", "0")
    assert done == {**dry, "dry_run": False}
    assert done["removed"] == [run_id(1), run_id(4)]
    assert done["kept"] == [
        {"run": run_id(2), "why": "held by its label hold=case 4711"},
        {"run": run_id(3), "why": "held by its label case=7"},
    ]
    assert [run.folder for run in Store(tmp_path).runs()] == held
    kept = {run_id(2), run_id(3)}
    assert {name: found for name, found in rows(tmp_path).items() if found not in (kept, set())} == {}
    assert rows(tmp_path)["runs"] == kept
    # Nothing of them is on the disk any more, and the rest is whole.
    assert not any(run_id(1).encode() in each.read_bytes() for each in (tmp_path / "audit").rglob("*.parquet"))
    assert DeltaAudit(tmp_path / "audit").catch_up(Store(tmp_path)) == 0


def test_tables_are_compacted(tmp_path: Path) -> None:
    for number in range(4):
        record(tmp_path, number)
    whole = rows(tmp_path)
    prune(tmp_path, "--keep", "100y", "--vacuum", "0")
    assert rows(tmp_path) == whole
    assert len(list((tmp_path / "audit" / "steps").glob("*.parquet"))) == 1


def test_only_the_sampled_rows_go(tmp_path: Path) -> None:
    folder = record(tmp_path, 1)
    done = prune(tmp_path, "--keep", "100y", "--keep-samples", "30d", "--vacuum", "0")
    assert (done["removed"], done["samples_removed"]) == ([], [run_id(1)])
    assert rows(tmp_path)["samples"] == set()
    assert rows(tmp_path)["datasets"] == {run_id(1)}
    assert not (folder / journal.SAMPLES).exists()
    assert journal.verify(folder).intact


def test_what_runs_or_is_not_delivered_stays(tmp_path: Path) -> None:
    waiting = record(tmp_path, 1)
    cursors.ReceiverFiles(waiting, "http-x").begin("http://x")
    ahead = WriteAhead(tmp_path / "runs" / run_id(2))
    ahead.append(shop(run=run_id(2))[:5])
    ahead.close()
    assert [each["why"] for each in prune(tmp_path, "--keep", "90d")["kept"]] == [
        "not yet delivered to http://x", "it still runs",
    ]  # fmt: skip
    assert prune(tmp_path, "--keep", "90d", "--undelivered")["removed"] == [run_id(1)]


def test_young_runs_stay_without_a_word(tmp_path: Path) -> None:
    record(tmp_path, 1)
    store = Store(tmp_path)
    assert retention.plan(store, 90 * DAY, now=T0 + 89 * DAY) == retention.Plan()
    assert len(retention.plan(store, 90 * DAY, now=T0 + 91 * DAY).runs) == 1
    assert time.time() - T0 > 90 * DAY


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Say what to keep"),
        (("--keep", "soon"), "'soon' is no time span"),
        (("--keep", "-3d"), "'-3d' is no time span"),
        (("--keep", "90d", "--vacuum", "-1"), "-1"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert main(["prune", "--store", str(tmp_path), *words]) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert len(err.splitlines()) == 1
