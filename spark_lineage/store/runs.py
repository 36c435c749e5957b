"""Runs in a store: which there are, which one is meant, and what is in it.

A run whose journal is not sealed by the end of its application (it still runs, or was killed) is put together from
its write-ahead file instead; readers need not know.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spark_lineage.model import SHAPE_ERRORS, Gap, LineageGraph, Outcome
from spark_lineage.store import formats, journal, places, wal
from spark_lineage.store.errors import StoreError
from spark_lineage.store.summaries import Summary, refuse_newer_run, summary

__all__ = ["RunRecord", "Store", "StoreError", "Summary", "aborted", "open_folder", "recover"]

RUNS = "runs"


@dataclass(frozen=True)
class RunRecord:
    """One run, read back. ``lines`` is empty for a run that is put together from its write-ahead file."""

    graph: LineageGraph
    lines: tuple[bytes, ...]
    folder: Path
    recovered: bool


class Store:
    """The store in a folder, or at an address: then ``path`` is its mirror on this machine, in the folder ``spool``.

    Raises StoreError with one clear sentence when something is not there or not readable.
    """

    def __init__(self, path: str | Path, spool: str | None = None) -> None:
        self.path = places.folder_of(path, spool)
        self.name = places.name_of(self.path)
        self._place = places.place_of(self.path)

    def runs(self) -> list[Summary]:
        """All runs, oldest first."""
        if self._place is not None:
            found = self._place.summaries()
        else:
            found = [run for folder in self.folders() if (run := summary(folder)) is not None]
        return sorted(found, key=lambda run: (run.started, run.id))

    def fetch(self) -> None:
        """All runs of a store elsewhere are fetched at once, before each of them is read."""
        if self._place is not None:
            self._place.fetch_everything()

    def has_runs(self) -> bool:
        return (self.path / RUNS).is_dir() if self._place is None else bool(self._place.summaries())

    def tag(self) -> str | None:
        """Another one when the list of runs of a store elsewhere is; None for a store of this machine."""
        return self._place.tag() if self._place is not None else None

    def folders(self) -> list[Path]:
        """Those of runs, and what else stands in their place; in no order."""
        folder = self.path / RUNS
        try:
            return [path for path in folder.iterdir() if path.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise StoreError(f"{folder} cannot be read: {error.strerror or error}") from error

    def refuse_newer(self) -> None:
        """Raises StoreError if a newer version has written a run here: what it means is not ours to say."""
        self.fetch()
        for run in self.runs():
            refuse_newer_run(run.folder)

    def resolve(self, name: str = "last") -> Summary:
        """``last``, ``last~1``, a run id, a unique beginning of one, or a label (its latest run)."""
        if not name.strip():
            raise StoreError("an empty text names no run: write `last`, the beginning of an id, or a label")
        counted = name == "last" or name.startswith("last~")
        exact = None if counted else self.with_id(name)
        if exact is not None:
            return exact
        back = _back(name) if counted else None
        runs = self.runs() if self._place is None or back is None else self._place.newest(back + 1)
        if not runs:
            raise StoreError(no_runs(self.path))
        if back is not None:
            if back >= len(runs):
                raise StoreError(f"{name} goes back further than the {_count(len(runs))} in {self.name}")
            return runs[-1 - back]
        matching = [run for run in runs if run.id.startswith(name)]
        if len(matching) == 1:
            return matching[0]
        labelled = [run for run in runs if has_label(run, name)]
        if labelled:
            return labelled[-1]
        if matching:
            raise StoreError(f"{name} is the beginning of {len(matching)} run ids in {self.name}: write more of it")
        raise StoreError(
            f"no run {name} in {self.name}: it has {_count(len(runs))}, the last is {runs[-1].id} ({runs[-1].app})"
        )

    def with_id(self, run: str) -> Summary | None:
        """The run of this id, without a look at the others. The id is compared and never becomes part of a path."""
        if self._place is not None:
            return next((found for found in self._place.summaries() if found.id == run), None)
        try:
            folder = next((path for path in (self.path / RUNS).iterdir() if path.name == run), None)
        except OSError:  # `runs` says what it is
            return None
        return summary(folder) if folder is not None and folder.is_dir() else None

    def find(self, name: str) -> Summary:
        """As ``resolve``; a folder is also understood: that of a run, or that of another store (its last run). A bare
        name is that of a folder if no run of this store is called so.
        """
        folder = Path(name)
        if os.sep in name and folder.is_dir():
            found = _in_folder(folder)
            if found is None:
                raise StoreError(f"{name} is neither the folder of a run nor a store")
            return found
        try:
            return self.resolve(name)
        except StoreError:
            found = _in_folder(folder) if name.strip() and folder.is_dir() else None
            if found is None:
                raise
            return found

    def labelled(self, label: str, other_than: Path) -> Summary:
        """The latest run with a label that is not the one in the folder ``other_than``."""
        found = [run for run in self.runs() if has_label(run, label) and run.path.resolve() != other_than.resolve()]
        if not found:
            raise StoreError(f"no other run in {self.name} has the label {label}: record one with --label {label}")
        return found[-1]

    def open(self, name: str | Summary = "last", samples: bool = True, fragments: bool = True) -> RunRecord:
        """One run. ``samples``, ``fragments``: whether datasets come with theirs, which take most of the time."""
        run = name if isinstance(name, Summary) else self.resolve(name)
        if run.why is not None:
            raise StoreError(run.why)
        return open_folder(run.folder, samples, fragments)


def _back(name: str) -> int:
    """How many runs before the last one ``last~1`` and its like mean."""
    back = name[len("last~") :] if "~" in name else "0"
    if not back.isdecimal():
        raise StoreError(f"{name} is no run: write last~1 for the one before the last")
    return int(back)


def _in_folder(folder: Path) -> Summary | None:
    """The run in a folder, or the last one of the store that it is; None if it is neither."""
    is_store = (folder / RUNS).is_dir() or places.place_of(folder) is not None
    return Store(folder).resolve() if is_store else summary(places.here(folder))


def open_folder(folder: Path, samples: bool = True, fragments: bool = True) -> RunRecord:
    """The run in one folder of a store. Raises StoreError."""
    places.here(folder)
    try:
        lines = journal.read_lines(folder)
        sealed = _read_sealed(folder, lines, samples, fragments) if lines else None
        if sealed is not None:
            return sealed
        if (folder / wal.NAME).exists():
            formats.refuse_newer_format(wal.writer(folder).get("format"), folder)
            return RunRecord(recover(folder), (), folder, True)
    except (*SHAPE_ERRORS, OSError) as error:
        raise StoreError(f"the journal in {folder} cannot be read ({_said(error)}): restore it from a copy") from error
    if lines:
        raise StoreError(f"the journal in {folder} ends before its run does: restore it from a copy")
    raise StoreError(f"{folder} is no run: it has no journal")


def _read_sealed(folder: Path, lines: list[bytes], samples: bool, fragments: bool) -> RunRecord | None:
    """None for a run that has not ended as far as its journal knows."""
    from spark_lineage.events import parsing, reading
    from spark_lineage.events.amending import amended

    formats.refuse_newer(parsing.head(lines[0]) or {}, folder)
    events = [parsing.parse(line) for line in amended(lines)]
    if not any(event.run.facets.context is not None and not event.is_start for event in events):
        return None
    kept: Iterable[dict[str, Any]] = journal.read_samples(folder) if samples else ()
    return RunRecord(reading.graph(events, kept, fragments), tuple(lines), folder, False)


def _said(error: Exception) -> str:
    """The text of an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def recover(folder: Path) -> LineageGraph:
    """The graph of a run from its write-ahead file: it still runs, or was killed."""
    graph, _ = recover_so_far(folder)
    return graph


def recover_so_far(folder: Path) -> tuple[LineageGraph, frozenset[tuple[str, int]]]:
    """The same, and the steps, with the number of the call, of which an output may still turn out."""
    from spark_lineage.graph import so_far

    seen = list(wal.read(folder))
    graph, open_ended = so_far([observation for observation in seen if observation is not None])
    lost = sum(1 for observation in seen if observation is None)
    if lost:
        gap = Gap(None, None, "observations", f"{lost} lines of {wal.NAME} cannot be read")
        graph = replace(graph, gaps=(gap, *graph.gaps))
    return graph if wal.is_alive(folder) else aborted(graph), open_ended


def aborted(graph: LineageGraph) -> LineageGraph:
    """The graph of a killed run: what still ran has ended as ``abort``, at the moment of the last observation.

    A notebook of which no cell ran any more was not stopped in anything: it has ended as its last cell has.
    """
    if graph.run.outcome is Outcome.RUNNING and graph.run.cells and all(cell.ended for cell in graph.run.cells):
        graph = _idle(graph)
    last = max((step.ended or step.started for step in graph.steps), default=graph.run.started)
    steps = tuple(
        replace(step, outcome=Outcome.ABORT, ended=step.ended if step.ended is not None else last)
        if step.outcome is Outcome.RUNNING
        else step
        for step in graph.steps
    )
    run = graph.run
    if run.outcome is Outcome.RUNNING:
        run = replace(run, outcome=Outcome.ABORT, ended=last)
    return replace(graph, run=run, steps=steps)


def _idle(graph: LineageGraph) -> LineageGraph:
    cell = graph.run.cells[-1]
    outcome = Outcome.FAIL if cell.error is not None else Outcome.COMPLETE
    ends = {"outcome": outcome, "error": cell.error, "ended": cell.ended}
    steps = tuple(replace(step, **ends) if step.parent is None else step for step in graph.steps)  # type: ignore[arg-type]
    return replace(graph, run=replace(graph.run, **ends), steps=steps)  # type: ignore[arg-type]


def has_label(run: Summary, text: str) -> bool:
    """Whether one of the labels is ``key=value``, or has this value."""
    return any(text in (value, f"{name}={value}") for name, value in run.labels.items())


def no_runs(path: Path) -> str:
    """What is wrong with an empty store."""
    if path.exists() and not path.is_dir():
        return f"{path} is no store but a file: name the store's folder with --store"
    name = places.name_of(path)
    return f"no runs in {name}: record one with `spark-lineage run SCRIPT`, or name the store with --store"


def _count(runs: int) -> str:
    return f"{runs} run" if runs == 1 else f"{runs} runs"
