"""The store: which run is meant, what it says when there is none, runs that were killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from observing import shop

from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.model import Observation, Operation, Outcome, ProgramStarted
from spark_lineage.sinks.journal import Journal, seal
from spark_lineage.store import Store, StoreError
from spark_lineage.store.journal import verify
from spark_lineage.store.wal import MANY, PROCESS, WriteAhead, decode, encode, encode_fast, read

FIRST = "0197a1b2-0000-7000-8000-000000000001"
SECOND = "0197a1b2-0000-7000-8000-000000000002"


def record(store: Path, run: str, at: float = 0.0, **labels: str) -> None:
    seen = shop(run=run)
    assert isinstance(seen[0], ProgramStarted)
    seen[0] = replace(seen[0], at=seen[0].at + at, labels=labels)
    graph = assemble(seen)
    Journal(store / "runs" / run).write(build(graph), samples(graph))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    record(tmp_path, SECOND, at=0.05, team="risk")
    record(tmp_path, FIRST, team="sales")
    return Store(tmp_path)


def test_runs_are_in_the_order_of_their_start(store: Store) -> None:
    assert [run.id for run in store.runs()] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("name", "run"),
    [("last", SECOND), ("last~0", SECOND), ("last~1", FIRST), (FIRST, FIRST), (SECOND[:36], SECOND),
     ("risk", SECOND), ("team=sales", FIRST)],
)  # fmt: skip
def test_names_of_runs(store: Store, name: str, run: str) -> None:
    assert store.resolve(name).id == run
    assert store.open(name).graph.run.id == run


@pytest.mark.parametrize(
    ("name", "says"),
    [("last~2", "further than the 2 runs"), ("last~x", "no run"), ("0197", "2 run ids"), ("nobody", "no run nobody")],
)
def test_names_of_no_run_get_one_clear_sentence(store: Store, name: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as error:
        store.resolve(name)
    assert "\n" not in str(error.value)
    assert str(store.path) in str(error.value) or "last~1" in str(error.value)


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="spark-lineage run"):
        Store(tmp_path / "nothing").resolve()


@pytest.mark.bad_events
def test_a_broken_journal_is_named(store: Store) -> None:
    (store.path / "runs" / FIRST / "events.jsonl").write_text('{"run": 7}\n')
    with pytest.raises(StoreError, match=FIRST):
        store.open(FIRST)


def killed(path: Path, alive: bool = False, observations: int = -10) -> Path:
    folder = path / "runs" / FIRST
    ahead = WriteAhead(folder)
    ahead.append(shop(finished=False)[:observations])
    ahead.close()
    if not alive:
        process = json.loads((folder / PROCESS).read_text())
        (folder / PROCESS).write_text(json.dumps({**process, "started": "1"}))
    return folder


def test_a_killed_run_is_readable_up_to_its_last_second(tmp_path: Path) -> None:
    killed(tmp_path)
    graph = Store(tmp_path).open("last").graph
    assert graph.run.outcome is Outcome.ABORT
    outcomes = {step.step: step.outcome for step in graph.steps}
    assert outcomes["job.main"] is Outcome.ABORT
    assert outcomes["job.main.load"] is Outcome.COMPLETE


def test_a_run_in_progress_says_so(tmp_path: Path) -> None:
    killed(tmp_path, alive=True)
    assert Store(tmp_path).open("last").graph.run.outcome is Outcome.RUNNING
    assert not seal(tmp_path / "runs" / FIRST)


def test_a_torn_write_ahead_line_is_left_out(tmp_path: Path) -> None:
    folder = killed(tmp_path)
    with (folder / "observations.jsonl").open("ab") as file:
        file.write(b'{"_": "Operation", "op": ')
    assert Store(tmp_path).open("last").graph.run.outcome is Outcome.ABORT


def test_sealing_a_killed_run_gives_the_same_graph(tmp_path: Path) -> None:
    folder = killed(tmp_path)
    before = Store(tmp_path).open("last").graph
    assert seal(folder)
    assert not seal(folder)
    after = Store(tmp_path).open("last")
    assert not after.recovered
    assert [(step.step, step.outcome, step.outputs) for step in after.graph.steps] == [
        (step.step, step.outcome, step.outputs) for step in before.steps
    ]
    assert after.graph.datasets == before.datasets
    assert verify(folder).intact


def test_runs_are_found_by_their_folder_too(store: Store, tmp_path: Path) -> None:
    assert store.find(str(store.path / "runs" / FIRST)).id == FIRST
    assert store.find(str(store.path)).id == SECOND
    with pytest.raises(StoreError, match="neither"):
        store.find(f"{tmp_path}/runs/")


def test_the_baseline_is_another_run_with_the_label(store: Store) -> None:
    last = store.find(SECOND)
    assert store.labelled("sales", last.folder).id == FIRST
    with pytest.raises(StoreError, match="no other run"):
        store.labelled("risk", last.folder)


@pytest.mark.parametrize("write", [encode, encode_fast])
def test_observations_are_read_as_they_were_written(write: Callable[[Observation], str]) -> None:
    seen = shop()
    operation = next(each for each in seen if isinstance(each, Operation))
    odd = replace(operation, detail={"sql": "select '\ud800\n\u00e9'"}, error="x", started=1e300)
    for observation in [*seen, odd]:
        line = write(observation)
        assert (decode(line), "\n" in line) == (observation, False)


def test_many_observations_are_written_fast(tmp_path: Path) -> None:
    seen = shop() * MANY
    ahead = WriteAhead(tmp_path)
    assert ahead.append(seen) == len(seen)
    assert list(read(tmp_path)) == seen
