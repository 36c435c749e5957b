"""Runs in a store: which there are, which one is meant, and what is in it.

A run whose journal is not sealed by the end of its application (it still runs, or was killed) is put together from
its write-ahead file instead; readers need not know.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spark_lineage.events import read
from spark_lineage.events.identity import PREFIX, seconds
from spark_lineage.model import LineageGraph, Outcome, ProgramStarted
from spark_lineage.store import journal, wal

RUNS = "runs"


class StoreError(Exception):
    """One sentence for people: what is wrong, where, and how to mend it."""


@dataclass(frozen=True)
class Summary:
    """What a list of runs shows; read without opening the whole journal."""

    id: str
    app: str
    program: str
    started: float
    labels: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class RunRecord:
    """One run, read back. ``events`` is empty for a run that is put together from its write-ahead file."""

    graph: LineageGraph
    events: tuple[dict[str, Any], ...]
    folder: Path
    recovered: bool


class Store:
    """The store in a folder. Raises StoreError with one clear sentence when something is not there or not readable."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def runs(self) -> list[Summary]:
        """All runs, oldest first."""
        folder = self.path / RUNS
        if not folder.is_dir():
            return []
        found = [summary for each in folder.iterdir() if each.is_dir() and (summary := _summary(each)) is not None]
        return sorted(found, key=lambda run: (run.started, run.id))

    def resolve(self, name: str = "last") -> Summary:
        """``last``, ``last~1``, a run id, a unique beginning of one, or a label (its latest run)."""
        runs = self.runs()
        if not runs:
            raise StoreError(
                f"no runs in {self.path}: record one with `spark-lineage run SCRIPT`, or name the store with --store"
            )
        if name == "last" or name.startswith("last~"):
            return self._counted(name, runs)
        matching = [run for run in runs if run.id == name] or [run for run in runs if run.id.startswith(name)]
        if len(matching) == 1:
            return matching[0]
        labelled = [run for run in runs if _has_label(run, name)]
        if labelled:
            return labelled[-1]
        if matching:
            raise StoreError(f"{name} is the beginning of {len(matching)} run ids in {self.path}: write more of it")
        raise StoreError(
            f"no run {name} in {self.path}: it has {_count(len(runs))}, the last is {runs[-1].id} ({runs[-1].app})"
        )

    def find(self, name: str) -> Summary:
        """As ``resolve``; a folder is also understood: that of a run, or that of another store (its last run)."""
        folder = Path(name)
        if os.sep in name and folder.is_dir():
            if (folder / RUNS).is_dir():
                return Store(folder).resolve()
            summary = _summary(folder)
            if summary is None:
                raise StoreError(f"{name} is neither the folder of a run nor a store")
            return summary
        return self.resolve(name)

    def labelled(self, label: str, other_than: Path) -> Summary:
        """The latest run with a label that is not the one in the folder ``other_than``."""
        found = [run for run in self.runs() if _has_label(run, label) and run.folder.resolve() != other_than.resolve()]
        if not found:
            raise StoreError(f"no other run in {self.path} has the label {label}: record one with --label {label}")
        return found[-1]

    def _counted(self, name: str, runs: list[Summary]) -> Summary:
        back = name[len("last~") :] if "~" in name else "0"
        if not back.isdecimal():
            raise StoreError(f"{name} is no run: write last~1 for the one before the last")
        if int(back) >= len(runs):
            raise StoreError(f"{name} goes back further than the {_count(len(runs))} in {self.path}")
        return runs[-1 - int(back)]

    def open(self, name: str | Summary = "last") -> RunRecord:
        summary = name if isinstance(name, Summary) else self.resolve(name)
        return open_folder(summary.folder)


def open_folder(folder: Path) -> RunRecord:
    """The run in one folder of a store."""
    try:
        events = journal.read_events(folder)
        if _is_sealed(events) or not (folder / wal.NAME).exists():
            graph = read(events, journal.read_samples(folder))
            return RunRecord(graph, tuple(events), folder, False)
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise StoreError(f"the journal in {folder} cannot be read ({error}): restore it from a copy") from error
    return RunRecord(recover(folder), (), folder, True)


def recover(folder: Path) -> LineageGraph:
    """The graph of a run from its write-ahead file: it still runs, or was killed."""
    from spark_lineage.graph import assemble

    graph = assemble(wal.read(folder))
    return graph if wal.is_alive(folder) else aborted(graph)


def aborted(graph: LineageGraph) -> LineageGraph:
    """What was running when the program was killed has ended then; when that was is known to the last observation."""
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


def _is_sealed(events: list[dict[str, Any]]) -> bool:
    return any(
        f"{PREFIX}context" in event["run"].get("facets", {}) and event.get("eventType") != "START" for event in events
    )


def _summary(folder: Path) -> Summary | None:
    """From the first line of the journal, else of the write-ahead file; None for a folder that is no run."""
    first = _first_line(folder / journal.EVENTS)
    try:
        if first is not None:
            context = first["run"]["facets"][f"{PREFIX}context"]
            return Summary(
                folder.name, context["app"], context["program"], seconds(context["started"]), context["labels"], folder
            )
        started = next(_started(folder), None) if (folder / wal.NAME).exists() else None
    except (KeyError, TypeError, AttributeError, ValueError):
        return Summary(folder.name, "?", "?", _modified(folder), {}, folder)
    if started is None:
        return None
    return Summary(folder.name, started.app, started.program, started.at, dict(started.labels), folder)


def _started(folder: Path) -> Iterator[ProgramStarted]:
    return (each for each in wal.read(folder) if isinstance(each, ProgramStarted))


def _first_line(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        line = file.readline()
    if not line.endswith(b"\n"):
        return None
    document = json.loads(line)
    return document if isinstance(document, dict) else None


def _modified(folder: Path) -> float:
    return os.stat(folder).st_mtime


def _has_label(run: Summary, text: str) -> bool:
    """``key=value``, or the value alone."""
    return any(text in (value, f"{name}={value}") for name, value in run.labels.items())


def _count(runs: int) -> str:
    return f"{runs} run" if runs == 1 else f"{runs} runs"
