"""``runs``: the runs of a store as a list, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_lineage.events.identity import iso
from spark_lineage.store.errors import StoreError
from spark_lineage.store.summaries import Ending, Summary, ending, shortest

if TYPE_CHECKING:
    from rich.console import Console

    from spark_lineage.model import RepositorySeen
    from spark_lineage.report.layout import Cell

NARROW = 100  # columns of a terminal below which less is shown
SHORT_COMMIT = 8


@dataclass(frozen=True)
class Listed:
    """A run of the list. ``why``: what is wrong where it cannot be read."""

    run: Summary
    short: str  # the shortest beginning of its id that is no other's
    end: Ending | None
    why: str | None


def listed(runs: Sequence[Summary], every: Sequence[Summary]) -> list[Listed]:
    """``every``: all runs of the store, from which the ids must be told apart."""
    short = shortest([each.id for each in every])
    return [_listed(each, short[each.id]) for each in runs]


def _listed(run: Summary, short: str) -> Listed:
    if run.why is not None:
        return Listed(run, short, None, run.why)
    try:
        return Listed(run, short, ending(run), None)
    except StoreError as error:
        return Listed(run, short, None, str(error))


def commit(run: Summary) -> str | None:
    return run.repository.commit if run.repository is not None else None


def short_commit(repository: RepositorySeen | None) -> str:
    """The beginning of the commit; ``+`` behind it where files had been changed since."""
    if repository is None:
        return ""
    return repository.commit[:SHORT_COMMIT] + ("+" if repository.dirty else "")


def document(runs: Sequence[Listed], store: str) -> dict[str, Any]:
    """The ``--json`` shape."""
    return {"store": store, "runs": [_document(each) for each in runs]}


def _document(each: Listed) -> dict[str, Any]:
    run, end = each.run, each.end
    ended = end.at if end is not None else None
    return {
        "id": run.id,
        "short_id": each.short,
        "app": run.app if each.why is None else None,
        "program": run.program if each.why is None else None,
        "labels": dict(run.labels),
        "outcome": end.outcome.value if end is not None else None,
        "mode": run.mode.value if run.mode is not None else None,
        "commit": commit(run),
        "dirty": run.repository.dirty if run.repository is not None else None,
        "branch": run.repository.branch if run.repository is not None else None,
        "started_at": iso(run.started) if each.why is None else None,
        "ended_at": iso(ended) if ended is not None else None,
        "duration_ms": round((ended - run.started) * 1000, 3) if ended is not None else None,
        "unreadable": each.why,
    }


def show(runs: Sequence[Listed], console: Console, left: int) -> None:
    """Prints the list. ``left``: how many older runs there are."""
    from spark_lineage.report import layout
    from spark_lineage.report.layout import Column

    wide = console.width >= NARROW
    columns = [Column("run"), Column("app", share=2), Column("outcome"), Column("started"), Column("took", right=True)]
    more = [Column("mode"), Column("commit"), Column("program", share=3)] if wide else [Column("commit")]
    layout.show(console, [*columns, *more, Column("labels", share=3)], [_row(each, wide) for each in runs], 2)
    if left:
        console.print(f"and {left:,} older: --last N shows more", style="dim")


def _row(each: Listed, wide: bool) -> list[Cell]:
    from spark_lineage.report.layout import plain
    from spark_lineage.report.table import STYLES, duration, local

    run, end = each.run, each.end
    outcome = plain(end.outcome.value, STYLES[end.outcome]) if end is not None else plain("unreadable", "bold red")
    started = local(run.started) if wide else local(run.started)[5:16]
    took = duration(end.at - run.started) if end is not None and end.at is not None else ""
    row = [plain(each.short, "bold"), plain(run.app), outcome, plain(started), plain(took)]
    row += [plain(run.mode.value if run.mode else "")] if wide else []
    row += [plain(short_commit(run.repository), "dim")]
    row += [plain(run.program, "dim")] if wide else []
    return [*row, plain(" ".join(f"{name}={value}" for name, value in run.labels.items()))]
