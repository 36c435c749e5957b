"""``spark-lineage status``: what has been delivered, what is left, what was set aside."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from spark_lineage.faces.json import print_json


@dataclass(frozen=True)
class Standing:
    """How far one sink is with the runs of a store."""

    sink: str
    title: str
    configured: bool
    runs: int  # that it has had anything of
    delivered: int
    filtered: int
    left: int
    runs_left: int
    last: float | None
    aside: tuple[dict[str, Any], ...]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")
@click.option("--store", metavar="PATH", help="The store to look at; as configured if not given.")
def status(as_json: bool, store: str | None) -> None:
    """Show what has been delivered to which receiver, what is left, and what was set aside and why.

    \b
    spark-lineage status
    spark-lineage status --json
    """
    from spark_lineage.config import ConfigError, resolve
    from spark_lineage.sinks.transports import TransportError
    from spark_lineage.store import Store

    try:
        folder = Path(store if store is not None else resolve().store)
        Store(folder).refuse_newer()
        standings = look(folder)
    except (ConfigError, TransportError) as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        print_json(document(folder, standings))
    else:
        _show(standings)


def look(store: Path) -> list[Standing]:
    """Of every sink that is configured, or that runs of the store were sent to."""
    from spark_lineage.sinks import cursors
    from spark_lineage.sinks.transports import receivers

    configured = {receiver.key: receiver.title for receiver in receivers()}
    titles = {**cursors.known(store), **configured}
    places = {key: [cursors.Place(run, key) for run in cursors.runs(store)] for key in titles}
    # `send` sends all runs of the store to a configured sink; to others, only what they were to get.
    return [
        _standing(key, title, key in configured, [each for each in places[key] if key in configured or each.is_due()])
        for key, title in titles.items()
    ]


def _standing(key: str, title: str, configured: bool, places: Iterable[Any]) -> Standing:
    from spark_lineage.sinks.cursors import described

    read = [(place, place.load(), place.left() if place.has_more() else 0) for place in places]
    aside = [
        {**described(one), "run": place.folder.name, "step_run": one.run}
        for place, _, _ in read
        for one in place.aside()
    ]
    return Standing(
        sink=key,
        title=title,
        configured=configured,
        runs=sum(1 for _, cursor, _ in read if cursor.number),
        delivered=sum(cursor.delivered for _, cursor, _ in read),
        filtered=sum(cursor.filtered for _, cursor, _ in read),
        left=sum(left for _, _, left in read),
        runs_left=sum(1 for _, _, left in read if left),
        last=max((cursor.at for _, cursor, _ in read if cursor.number), default=None),
        aside=tuple(aside),
    )


def document(store: Path, standings: Iterable[Standing]) -> dict[str, Any]:
    """The ``--json`` shape."""
    return {
        "store": str(store),
        "sinks": [
            {
                "sink": each.sink,
                "title": each.title,
                "configured": each.configured,
                "runs": each.runs,
                "delivered": each.delivered,
                "filtered": each.filtered,
                "left": each.left,
                "runs_left": each.runs_left,
                "last": each.last,
                "set_aside": list(each.aside),
            }
            for each in standings
        ],
    }


def _show(standings: list[Standing]) -> None:
    if not standings:
        click.echo(
            "Nothing has been sent anywhere, and no OpenLineage transport is configured: "
            "set OPENLINEAGE_URL, or write an openlineage.yml with a transport."
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading, side in (("receiver", "left"), ("delivered", "right"), ("left", "right"), ("set aside", "right")):
        table.add_column(heading, justify=side, overflow="fold")  # type: ignore[arg-type]
    table.add_column("last")
    for each in standings:
        last = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(each.last)) if each.last else "never"
        name = each.title if each.configured else f"{each.title} (not configured here)"
        table.add_row(name, str(each.delivered), str(each.left), str(len(each.aside)), last)
    console = Console(highlight=False)
    console.print(table)
    for each in standings:
        for one in each.aside[:20]:
            console.print(f"set aside: {one['type']} of {one['job']} in run {one['run']}: {one['why']}", markup=False)
        if len(each.aside) > 20:
            console.print(f"... and {len(each.aside) - 20} more; --json lists all")
