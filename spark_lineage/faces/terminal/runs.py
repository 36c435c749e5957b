"""``runs`` for people: one line per run."""

from __future__ import annotations

from rich.console import Console

from spark_lineage.answers.runs import Listed, RunList
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, plain
from spark_lineage.faces.terminal.wording import STYLES, WIDE, local, short_commit, time_between


def show(answer: RunList, console: Console) -> None:
    """Prints the list. ``console.width`` decides how much fits."""
    wide = console.width >= WIDE
    columns = [Column("run"), Column("app", share=2), Column("outcome"), Column("started"), Column("took", right=True)]
    columns += [Column("mode")] if wide else []
    columns += [Column("commit")]
    columns += [Column("program", share=3)] if wide else []
    columns += [Column("labels", share=3)]
    table.show(console, columns, [_row(listed, wide) for listed in answer.runs])
    if answer.older:
        console.print(f"and {answer.older:,} older: --last N shows more", style="dim")


def _row(listed: Listed, wide: bool) -> list[Cell]:
    run, end = listed.run, listed.end
    outcome = plain(end.outcome.value, STYLES[end.outcome]) if end is not None else plain("unreadable", "bold red")
    started = local(run.started) if wide else local(run.started)[5:16]
    took = time_between(run.started, end.at) if end is not None else ""
    row = [plain(listed.short, "bold"), plain(run.app), outcome, plain(started), plain(took)]
    row += [plain(run.mode.value if run.mode else "")] if wide else []
    row += [plain(short_commit(run.repository), "dim")]
    row += [plain(run.program, "dim")] if wide else []
    return [*row, plain(" ".join(f"{name}={value}" for name, value in run.labels.items()))]
