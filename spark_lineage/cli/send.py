"""``spark-lineage send``: sends what the receivers have not got yet."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spark_lineage.faces.json import print_json

if TYPE_CHECKING:
    from spark_lineage.sinks.remaining import Remaining
    from spark_lineage.sinks.sender import Sender

OTHERS = 15.0  # seconds to wait for a program that is just sending its own run
TICK = 0.1  # seconds between two looks at the progress


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")
@click.option("--store", metavar="PATH", help="The store to send from; as configured if not given.")
@click.option(
    "--wait", default=0.0, type=click.FloatRange(min=0), metavar="SECONDS", show_default=True,
    help="How long to go on trying a receiver that does not answer.",
)  # fmt: skip
def send(as_json: bool, store: str | None, wait: float) -> int:
    """Send what the configured OpenLineage transports have not got yet.

    Events of all runs in the store, in order, each once. The transports are those of OpenLineage's own
    configuration: OPENLINEAGE_URL, OPENLINEAGE__TRANSPORT__..., or openlineage.yml.

    Exit status 0: nothing is left to be sent. 1: something is. 2: there is nowhere to send to.

    \b
    OPENLINEAGE_URL=http://localhost:5000 spark-lineage send
    spark-lineage send --wait 600 --json
    """
    from spark_lineage.config import ConfigError, resolve
    from spark_lineage.sinks.sender import Sender
    from spark_lineage.sinks.transports import TransportError, receivers
    from spark_lineage.store import Store

    try:
        folder = Path(store if store is not None else resolve().store)
        found = receivers()
    except (ConfigError, TransportError) as error:
        raise click.UsageError(str(error)) from None
    if not (folder / "runs").is_dir():
        raise click.UsageError(f"No runs in {folder}: record one with `spark-lineage run`, or name another store.")
    if not found:
        raise click.UsageError(
            "No OpenLineage transport is configured: set OPENLINEAGE_URL, or write an openlineage.yml with a transport."
        )
    Store(folder).refuse_newer()
    _seal_what_was_killed(folder)
    sender = Sender(folder, only_due=False, patience=wait, others=max(wait, OTHERS), make=lambda: found)
    begun = time.monotonic()
    sender.start()
    _follow(sender, quiet=as_json)
    remaining = sender.drain(0)
    if as_json:
        print_json(document(remaining))
    else:
        _tell(remaining, time.monotonic() - begun)
    return 1 if remaining.events else 0


def document(remaining: Remaining) -> dict[str, Any]:
    """The ``--json`` shape."""
    return {
        "delivered": sum(each.delivered for each in remaining.sinks),
        "left": remaining.events,
        "set_aside": sum(each.set_aside for each in remaining.sinks),
        "sinks": [
            {
                "sink": each.sink,
                "title": each.title,
                "delivered": each.delivered,
                "left": each.events,
                "runs_left": each.runs,
                "set_aside": each.set_aside,
                "why": each.why,
            }
            for each in remaining.sinks
        ],
    }


def _seal_what_was_killed(store: Path) -> None:
    """Runs whose driver was killed have their record in the write-ahead file: they end here, and are sent too."""
    from spark_lineage.sinks.cursors import runs
    from spark_lineage.sinks.journal import seal
    from spark_lineage.store import StoreError, wal

    for run in runs(store):
        try:
            if (run / wal.NAME).exists():
                seal(run)
        except (StoreError, OSError, ValueError, KeyError, TypeError) as error:
            click.echo(f"spark-lineage: {run.name} cannot be read and is left out: {error}", err=True)


def _follow(sender: Sender, quiet: bool) -> None:
    """Returns when every sink has all, or has been given up."""
    if quiet or not sys.stderr.isatty():
        while not sender.settled():
            time.sleep(TICK)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, Any] = {}
        while not sender.settled():
            for each in sender.deliveries:
                if each.receiver.key not in tasks:
                    tasks[each.receiver.key] = progress.add_task(each.receiver.title, total=each.left().events)
                note = f" ({each.breaker.why})" if each.breaker.why else ""
                done = each.delivered + each.refused
                progress.update(tasks[each.receiver.key], completed=done, description=each.receiver.title + note)
            time.sleep(TICK)


def _tell(remaining: Remaining, seconds: float) -> None:
    for each in remaining.sinks:
        events = "1 event" if each.delivered == 1 else f"{each.delivered} events"
        nothing_left = "" if each.events else ", nothing is left"
        click.echo(f"{each.title}: {events} sent in {seconds:.1f} s{nothing_left}")
    for sentence in remaining.sentences():
        click.echo(f"spark-lineage: {sentence}", err=True)
