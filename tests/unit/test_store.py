"""The store: which run is meant, what it says when there is none, runs that were killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from observing import shop

from spark_lineage.answers import ask
from spark_lineage.answers.check.earlier import earlier
from spark_lineage.answers.errors import AnswerError
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.model import Observation, Operation, Outcome, ProgramStarted
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.sinks.journal import Journal, seal, unsealed
from spark_lineage.sinks.retention import carry_out, plan
from spark_lineage.store import Store, StoreError
from spark_lineage.store.journal import read_events, verify
from spark_lineage.store.signatures import FACET
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


def test_a_killed_run_is_not_put_together_to_be_left_out_of_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = killed(tmp_path)
    record(tmp_path, SECOND, at=0.05)
    monkeypatch.setattr("spark_lineage.store.runs.recover", lambda folder: pytest.fail(f"{folder} is put together"))
    (only,) = earlier(Store(tmp_path), "job", 1e12, "a later run")
    assert (only.run.id, folder.name) == (SECOND, FIRST)


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


def test_what_a_kill_during_sealing_left_is_sealed_and_removed(tmp_path: Path) -> None:
    folder = killed(tmp_path)
    ahead = {name: (folder / name).read_bytes() for name in ("observations.jsonl", PROCESS)}
    assert seal(folder)
    chain = (folder / "chain.jsonl").read_bytes()
    for name, content in ahead.items():
        (folder / name).write_bytes(content)
    (folder / "chain.jsonl").write_bytes(b"".join(chain.splitlines(keepends=True)[:-2]))
    assert DeltaAudit(tmp_path / "audit").catch_up(Store(tmp_path)) == 1
    assert (folder / "chain.jsonl").read_bytes() == chain
    assert not any((folder / name).exists() for name in ahead)


def test_what_sealing_would_add_is_what_it_adds(tmp_path: Path) -> None:
    folder = killed(tmp_path)
    would = unsealed(folder)
    assert not (folder / "events.jsonl").exists()
    assert seal(folder)
    written = read_events(folder)
    written[-1]["run"]["facets"].pop(FACET)  # which runs ended before it is known only then
    assert written == would
    assert unsealed(folder) == []


def test_verify_finds_an_end_that_was_cut_off_together_with_its_chain(store: Store) -> None:
    folder = store.path / "runs" / SECOND
    assert ask.verify(SECOND, store.path).intact
    for name in ("events.jsonl", "chain.jsonl"):
        (folder / name).write_bytes(b"".join((folder / name).read_bytes().splitlines(keepends=True)[:-2]))
    assert "ends before its run does" in str(ask.verify(SECOND, store.path).why)


def test_verify_finds_a_folder_that_was_renamed(store: Store) -> None:
    other = "0197a1b2-0000-7000-8000-00000000000f"
    (store.path / "runs" / SECOND).rename(store.path / "runs" / other)
    assert f"those of run {SECOND}" in str(ask.verify(other, store.path).why)


@pytest.mark.parametrize("left", [(), (PROCESS,), (PROCESS, "observations.jsonl"), ("agent.log",)])
def test_a_run_that_was_killed_before_its_first_record_is_listed_and_removed(
    store: Store, left: tuple[str, ...]
) -> None:
    dead = "0197a1b2-0000-7000-8000-0000000000dd"
    folder = store.path / "runs" / dead
    folder.mkdir()
    for name in left:
        (folder / name).write_bytes(b'{"pid": 1, "host": "elsewhere"}' if name == PROCESS else b"")
    listed = {run.run.id: run.why for run in ask.runs(store.path).runs}
    assert "killed before anything" in str(listed[dead])
    assert "killed before anything" in str(ask.verify(dead, store.path).why)
    with pytest.raises(AnswerError, match="killed before anything"):
        ask.show(dead, store.path)
    DeltaAudit(store.path / "audit").catch_up(store)
    chosen = plan(store, keep=1e12)
    assert [run.id for run in chosen.runs] == [dead]
    carry_out(store, chosen)
    assert not folder.exists()


def test_a_run_that_has_just_begun_is_not_called_killed(tmp_path: Path) -> None:
    WriteAhead(tmp_path / "runs" / FIRST).close()
    assert Store(tmp_path).runs() == []


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
