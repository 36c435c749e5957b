"""``history``: one step or dataset over the runs of the program that has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spark_lineage.answers import find, stores
from spark_lineage.answers.documents import Document, duration_ms
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.series import Point, Series, history, nulls_if_all_known, plan_hash, subjects
from spark_lineage.events.identity import iso
from spark_lineage.model import LineageGraph
from spark_lineage.store import Store, StoreError, Summary


@dataclass(frozen=True)
class History:
    """One series for each dataset that ``name`` means. ``unreadable``: why runs are left out, one sentence each."""

    name: str
    store: str
    series: tuple[Series, ...]
    short_ids: dict[str, str]
    unreadable: tuple[str, ...]


def of_store(store: Store, name: str, app: str | None, label: str | None, last: int) -> History:
    """The program is that of the newest run that has the name. Raises :class:`AnswerError` if no run has it."""
    selection = stores.selected(store, app, label)
    graphs = _Graphs(store, selection.runs[-last:])
    programs = _programs(selection.runs, last)
    for run in _newest_of_each_first(programs):
        graph = graphs.of(run)
        if graph is not None and subjects(graph, name):
            of_program = next(runs for runs in programs if run in runs)
            found = [graph for graph in map(graphs.of, of_program) if graph is not None]
            series = tuple(history(found, name))
            return History(name, store.name, series, selection.short_ids, tuple(graphs.unreadable.values()))
    read = graphs.read()
    raise AnswerError(find.unknown(read[::-1], name) if read else next(iter(graphs.unreadable.values())))


class _Graphs:
    """Graphs of runs, each read when it is first asked for. Runs that cannot be read are noted."""

    def __init__(self, store: Store, newest: Sequence[Summary]) -> None:
        self._store = store
        self._read: dict[str, LineageGraph] = {}
        self.unreadable = {run.id: run.why for run in newest if run.why is not None}

    def of(self, run: Summary) -> LineageGraph | None:
        if run.id not in self._read and run.id not in self.unreadable:
            try:
                self._read[run.id] = self._store.open(run, samples=False).graph
            except StoreError as error:
                self.unreadable[run.id] = str(error)
        return self._read.get(run.id)

    def read(self) -> list[LineageGraph]:
        """Those that were read so far, in that order."""
        return list(self._read.values())


def _programs(runs: Sequence[Summary], last: int) -> list[list[Summary]]:
    """The newest runs of each program, oldest first; the program that ran last comes first."""
    found: dict[str, list[Summary]] = {}
    for run in reversed(runs):
        if run.why is None and len(found.setdefault(run.app, [])) < last:
            found[run.app].insert(0, run)
    return list(found.values())


def _newest_of_each_first(programs: Sequence[Sequence[Summary]]) -> Iterator[Summary]:
    """The newest run of each program, which most often is enough, and then the older ones."""
    yield from (runs[-1] for runs in programs)
    yield from (run for runs in programs for run in runs[-2::-1])


# --------------------------------------------------------------------------- --json


def document(answer: History) -> Document:
    return {
        "name": answer.name,
        "store": answer.store,
        "series": [_series(series) for series in answer.series],
    }


def _series(series: Series) -> Document:
    subject = series.subject
    return {
        "dataset": subject.dataset,
        "step": subject.step,
        "call": subject.call,
        "points": [_point(point) for point in series.points],
    }


def _point(point: Point) -> Document:
    run, step, dataset = point.graph.run, point.step, point.dataset
    return {
        "run": run.id,
        "started_at": iso(run.started),
        "outcome": run.outcome.value,
        "commit": run.repository.commit if run.repository else None,
        "dirty": run.repository.dirty if run.repository else None,
        "branch": run.repository.branch if run.repository else None,
        "labels": dict(run.labels),
        "mode": run.mode.value,
        "present": point.there,
        "step": step.step if step else None,
        "calls": point.calls,
        "step_outcome": step.outcome.value if step else None,
        "duration_ms": duration_ms(step.started, step.ended) if step else None,
        "source_hash": step.source_hash if step else None,
        "dataset": dataset.id if dataset else None,
        "rows": dataset.rows if dataset else None,
        "nulls": nulls_if_all_known(dataset) if dataset else None,
        "columns": [column.name for column in dataset.columns] if dataset else [],
        "fingerprint": dataset.fingerprint if dataset else None,
        "complete": dataset.complete if dataset else None,
        "reason": dataset.reason if dataset else None,
        "plan_hash": plan_hash(dataset) if dataset else None,
        "compared": list(point.compared),
        "changed": list(point.changed),
    }
