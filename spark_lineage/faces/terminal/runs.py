"""``runs`` for people: one line per run."""

from __future__ import annotations

from rich.console import Console

from spark_lineage.answers.runs import Listed, RunList
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, plain
from spark_lineage.faces.terminal.wording import STYLES, WIDE, local, short_commit, time_between

WIDE_COLUMNS = [
    Column("run"), Column("app", share=2), Column("outcome"), Column("started"), Column("took", right=True),
    Column("mode"), Column("commit"), Column("program", share=3), Column("labels", share=3),
]  # fmt: skip
NARROW_COLUMNS = [  # two lines a run
    Column("run"), Column("app\nprogram", share=3), Column("outcome\nmode"), Column("started"),
    Column("took", right=True), Column("commit"), Column("labels", share=2),
]  # fmt: skip


def show(answer: RunList, console: Console) -> None:
    """Prints the list. ``console.width`` decides how much fits."""
    wide = console.width >= WIDE
    columns = WIDE_COLUMNS if wide else NARROW_COLUMNS
    table.show(console, columns, [_row(listed, wide) for listed in answer.runs])
    if answer.older:
        console.print(f"and {answer.older:,} older: --last N shows more", style="dim")


def _row(listed: Listed, wide: bool) -> list[Cell]:
    run, end = listed.run, listed.end
    outcome = plain(end.outcome.value, STYLES[end.outcome]) if end is not None else plain("unreadable", "bold red")
    started = local(run.started) if wide else local(run.started)[5:16]
    took = time_between(run.started, end.at) if end is not None else ""
    mode = run.mode.value if run.mode else ""
    commit = plain(short_commit(run.repository), "dim")
    labels = plain(" ".join(f"{name}={value}" for name, value in run.labels.items()))
    short = plain(listed.short, "bold")
    if wide:
        app, program = plain(run.app), plain(run.program, "dim")
        return [short, app, outcome, plain(started), plain(took), plain(mode), commit, program, labels]
    named: Cell = ((run.app, ""), (f"\n{run.program}", "dim"))
    return [short, named, (*outcome, (f"\n{mode}", "dim")), plain(started), plain(took), commit, labels]
