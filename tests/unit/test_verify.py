"""``verify`` names the first thing of a record that is not as it was written: event, sampled rows, row of a table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pytest
from observing import RUN, shop

from spark_lineage.answers import ask
from spark_lineage.answers.verify import Tables, Verified, document
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.events.samples import digest
from spark_lineage.graph import assemble
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.sinks.journal import Journal
from spark_lineage.sinks.sealing import Sealing
from spark_lineage.store import Store
from spark_lineage.store.journal import SAMPLES

Lines = list[dict[str, Any]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    graph = assemble(shop())
    folder = tmp_path / "runs" / RUN
    folder.mkdir(parents=True)
    Journal(folder, fsync=False).write(build(graph), samples(graph), Sealing(tmp_path, RUN))
    DeltaAudit(tmp_path / "audit").append(folder)
    return tmp_path


def verified(store: Path) -> Verified:
    return ask.verify(RUN, store)


def test_what_is_as_it_was_written_is_intact(store: Path) -> None:
    found = verified(store)
    assert (found.why, found.tables, found.samples, found.remarks) == (None, Tables.SAME, True, ())


# --------------------------------------------------------------------------- sampled rows


def change_samples(store: Path, change: Callable[[Lines], Lines]) -> None:
    path = store / "runs" / RUN / SAMPLES
    lines = change([json.loads(line) for line in path.read_text().splitlines()])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def another_value(line: dict[str, Any], hashed: bool) -> dict[str, Any]:
    other = {**line, "rows": [line["rows"][0].replace("1", "7"), *line["rows"][1:]]}
    assert other["rows"] != line["rows"]
    return {**other, "hash": digest(other)} if hashed else other


SAMPLED: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "a value": (lambda s: [another_value(s[0], False), *s[1:]], "the sample of clean is not the one that was written"),
    "a value and its hash": (
        lambda s: [another_value(s[0], True), *s[1:]], "the sample of clean is not the one that was written",
    ),
    "one is missing": (lambda s: s[1:], "the sample of clean is missing, and others are there"),
    "one was added": (
        lambda s: [*s, {**s[0], "dataset": "mine"}], "the sample of mine was added: no event has its hash",
    ),
    "a later one": (lambda s: [*s, another_value(s[0], True)], "the sample of clean is not the one that was written"),
    "none": (lambda s: [{"dataset": 1}], f"line 1 of {SAMPLES} is no sample"),
}  # fmt: skip


@pytest.mark.parametrize("what", SAMPLED)
def test_the_first_sample_that_is_another_one_is_named(store: Path, what: str) -> None:
    change, says = SAMPLED[what]
    change_samples(store, change)
    assert (verified(store).why, verified(store).root) == (says, None)


def test_erasing_samples_as_documented_keeps_it_intact(store: Path) -> None:
    assert main(["prune", "--keep", "100y", "--keep-samples", "1d", "--vacuum", "0", "--store", str(store)]) == 0
    found = verified(store)
    assert (found.why, found.tables, found.samples) == (None, Tables.SAME, False)


# --------------------------------------------------------------------------- audit tables


def rewrite(store: Path, name: str, change: Callable[[Lines], Lines]) -> None:
    """What somebody does who has the rights to write the table."""
    path = str(store / "audit" / name)
    table = deltalake.DeltaTable(path).to_pyarrow_table()
    rows = change(table.to_pylist())
    deltalake.write_deltalake(path, pa.Table.from_pylist(rows, schema=table.schema), mode="overwrite")


def with_first(**other: Any) -> Callable[[Lines], Lines]:
    return lambda rows: [{**rows[0], **other}, *rows[1:]]


TABLED: dict[str, tuple[str, Callable[[Lines], Lines], str]] = {
    "rows": ("datasets", with_first(rows=7), "a row of the table `datasets` was altered (dataset=/data/orders): rows"),
    "outcome": ("runs", with_first(outcome="fail", error="x"), "a row of the table `runs` was altered: outcome, error"),
    "labels": ("runs", with_first(labels=[("label", "x")]), "a row of the table `runs` was altered: labels"),
    "a value of a sample": (
        "samples", with_first(values=["7", "7"]),
        "a row of the table `samples` was altered (dataset=clean, position=0): values",
    ),
    "an event": (
        "events", lambda rows: [{**rows[0], "event": rows[0]["event"].replace("nightly", "nightlx")}, *rows[1:]],
        "a row of the table `events` was altered (seq=1): event",
    ),
    "its name": (
        "datasets", with_first(dataset="mine"),
        "a row of the table `datasets` was altered (dataset=/data/orders): dataset",
    ),
    "removed": ("edges", lambda rows: rows[1:], "a row of the table `edges` is missing (step="),
    "all removed": ("columns", lambda rows: [], "a row of the table `columns` is missing (dataset=/data/orders"),
    "added": (
        "gaps", lambda rows: [{**dict.fromkeys(("step", "dataset")), "run_id": RUN, "what": "x", "why": "y"}],
        "the table `gaps` has a row that was added (what=x)",
    ),
    "doubled": ("steps", lambda rows: [*rows, rows[2]], "the table `steps` has a row that was added (step="),
}  # fmt: skip


@pytest.mark.parametrize("what", TABLED)
def test_the_first_row_of_a_table_that_is_another_one_is_named(store: Path, what: str) -> None:
    name, change, says = TABLED[what]
    DeltaAudit(store / "audit").rebuild(Store(store))
    if name == "gaps":  # nothing was written: the table is empty
        assert deltalake.DeltaTable(str(store / "audit" / name)).to_pyarrow_table().num_rows == 0
    rewrite(store, name, change)
    found = verified(store)
    assert not found.intact
    assert (found.why or "").startswith(says), found.why
    assert found.tables is Tables.OTHER
    assert main(["verify", RUN, "--store", str(store)]) == 1
    assert main(["verify", RUN, "--no-tables", "--store", str(store)]) == 0
    assert main(["rebuild", "--store", str(store)]) == 0
    assert verified(store).intact


def test_rows_in_another_order_are_the_same(store: Path) -> None:
    rewrite(store, "columns", lambda rows: rows[::-1])
    assert verified(store).tables is Tables.SAME


def test_rows_of_other_runs_say_nothing_of_this_one(store: Path) -> None:
    rewrite(store, "steps", lambda rows: [*rows, {**rows[0], "run_id": "0197a1b2-0000-7000-8000-0000000000ff"}])
    assert verified(store).intact


def test_a_table_that_is_gone_or_cannot_be_read_is_named(store: Path) -> None:
    for path in (store / "audit" / "edges").glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:100])
    assert "the table `edges` cannot be read" in str(verified(store).why)
    shutil.rmtree(store / "audit" / "edges")
    assert "the table `edges` is missing" in str(verified(store).why)


def test_a_run_that_is_in_no_table_is_intact_and_that_is_said(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(store / "audit")
    assert main(["verify", RUN, "--store", str(store)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == f"{RUN}: intact, 12 events"
    assert "rebuild --missing" in out.splitlines()[1]
    assert verified(store).tables is Tables.NOT_WRITTEN


def test_all_rows_of_a_run_taken_out_of_all_tables_are_missed(store: Path) -> None:
    DeltaAudit(store / "audit").delete([RUN])
    assert "a row of the table `steps` is missing" in str(verified(store).why)


def test_without_deltalake_that_the_tables_were_not_looked_at_is_said(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_lineage.sinks.audit_compared.available", lambda: False)
    found = document(verified(store))
    assert (found["intact"], found["tables"]) == (True, "not compared")
    assert "deltalake" in found["remarks"][0]


def test_a_run_of_another_version_may_lack_columns(store: Path) -> None:
    """A store of an earlier version gets columns that are new: its older rows have nulls there."""
    folder = store / "runs" / RUN
    graph = assemble(shop())
    events = [json.loads(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]
    shutil.rmtree(store)
    older = [{**event, "producer": "https://sparklineage.io/0.0.9"} for event in events]
    Journal(folder, fsync=False).write(older, samples(graph))
    DeltaAudit(store / "audit").append(folder)
    rewrite(store, "datasets", lambda rows: [{**row, "plan_hash": None} for row in rows])
    assert verified(store).intact
    rewrite(store, "datasets", with_first(rows=7))
    assert "rows" in str(verified(store).why)
