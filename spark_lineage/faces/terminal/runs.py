"""``runs`` for people: one line per run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from spark_lineage.answers.runs import Listed
from spark_lineage.faces.terminal import table as layout
from spark_lineage.faces.terminal.show import STYLES, duration, local
from spark_lineage.faces.terminal.table import Cell, Column, plain
from spark_lineage.model import RepositorySeen

NARROW = 100  # columns of a terminal below which less is shown
SHORT_COMMIT = 8


def short_commit(repository: RepositorySeen | None) -> str:
    """The beginning of the commit; ``+`` behind it where files had been changed since."""
    if repository is None:
        return ""
    return repository.commit[:SHORT_COMMIT] + ("+" if repository.dirty else "")


def show(runs: Sequence[Listed], console: Console, left: int) -> None:
    """Prints the list. ``left``: how many older runs there are."""
    wide = console.width >= NARROW
    columns = [Column("run"), Column("app", share=2), Column("outcome"), Column("started"), Column("took", right=True)]
    more = [Column("mode"), Column("commit"), Column("program", share=3)] if wide else [Column("commit")]
    layout.show(console, [*columns, *more, Column("labels", share=3)], [_row(each, wide) for each in runs], 2)
    if left:
        console.print(f"and {left:,} older: --last N shows more", style="dim")


def _row(each: Listed, wide: bool) -> list[Cell]:
    run, end = each.run, each.end
    outcome = plain(end.outcome.value, STYLES[end.outcome]) if end is not None else plain("unreadable", "bold red")
    started = local(run.started) if wide else local(run.started)[5:16]
    took = duration(end.at - run.started) if end is not None and end.at is not None else ""
    row = [plain(each.short, "bold"), plain(run.app), outcome, plain(started), plain(took)]
    row += [plain(run.mode.value if run.mode else "")] if wide else []
    row += [plain(short_commit(run.repository), "dim")]
    row += [plain(run.program, "dim")] if wide else []
    return [*row, plain(" ".join(f"{name}={value}" for name, value in run.labels.items()))]
