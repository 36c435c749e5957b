"""``status`` for people: one line per receiver, then what was set aside."""

from __future__ import annotations

from rich.console import Console

from spark_lineage.answers.status import EVENTS, Deliveries, Standing
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, plain
from spark_lineage.faces.terminal.wording import local

MOST_ASIDE = 20
COLUMNS = [
    Column("receiver", share=1), Column("delivered", right=True), Column("left", right=True),
    Column("set aside", right=True), Column("last"),
]  # fmt: skip
NOTHING = (
    "Nothing has been sent anywhere, and no OpenLineage transport is configured: "
    "set OPENLINEAGE_URL, or write an openlineage.yml with a transport."
)


def show(answer: Deliveries, console: Console) -> None:
    if not answer.standings:
        console.print(NOTHING, soft_wrap=not console.is_terminal)
        return
    table.show(console, COLUMNS, [_row(standing) for standing in answer.standings])
    for standing in answer.standings:
        for event in standing.aside[:MOST_ASIDE]:
            text = f"set aside: {event['type']} of {event['job']} in run {event['run']}: {event['why']}"
            console.print(text, markup=False)
        if len(standing.aside) > MOST_ASIDE:
            console.print(f"... and {len(standing.aside) - MOST_ASIDE} more; --json lists all")


def _row(standing: Standing) -> list[Cell]:
    what = f", {standing.what}" if standing.what != EVENTS else ""
    name = f"{standing.title}{what}" if standing.configured else f"{standing.title}{what} (not configured here)"
    last = local(standing.last) if standing.last else "never"
    return [
        plain(name), plain(standing.delivered), plain(standing.left), plain(len(standing.aside)), plain(last),
    ]  # fmt: skip
