"""``spark-lineage send``: sends what the receivers have not got yet."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from spark_lineage.cli.options import json_option, store_option
from spark_lineage.cli.telling import tell

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from spark_lineage.sinks.bringing import Brought
    from spark_lineage.sinks.remaining import Remaining
    from spark_lineage.sinks.sender import Sender

TICK = 0.1  # seconds between two looks at the progress
NOTHING_LEFT, SOMETHING_LEFT = 0, 1


@click.command()
@json_option
@store_option("send from")
@click.option(
    "--otel", is_flag=True,
    help="Send spans to an OpenTelemetry collector, in place of events to OpenLineage's receivers.",
)  # fmt: skip
@click.option(
    "--wait", default=0.0, type=click.FloatRange(min=0), metavar="SECONDS", show_default=True,
    help="How long to go on trying a receiver that does not answer.",
)  # fmt: skip
def send(as_json: bool, store: str | None, otel: bool, wait: float) -> int:
    """Send what the configured OpenLineage transports have not got yet.

    Events of all runs in the store, in order, each once. The transports are those of OpenLineage's own
    configuration: OPENLINEAGE_URL, OPENLINEAGE__TRANSPORT__..., or openlineage.yml. Where spans go, OpenTelemetry's
    variables say: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, and so on. Runs that wait on this machine
    for a store elsewhere (`s3://...`) are brought there, too, with transports or without.

    Exit status 0: nothing is left to be sent. 1: something is. 2: there is nowhere to send to.

    \b
    OPENLINEAGE_URL=http://localhost:5000 spark-lineage send
    spark-lineage send --wait 600 --json
    OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 spark-lineage send --otel
    """
    from spark_lineage.answers.stores import opened
    from spark_lineage.config import resolve
    from spark_lineage.sinks import signing
    from spark_lineage.sinks.bringing import bring_all, bring_deliveries
    from spark_lineage.sinks.configuration import configured
    from spark_lineage.sinks.remaining import Remaining
    from spark_lineage.sinks.sending import seal_what_was_killed, sender_of_all

    if otel:
        return _send_spans(store, as_json)
    found = opened(store)
    signer = signing.optional(resolve().sign_key)
    # What waits on this machine for a store elsewhere goes there first: that needs no receiver.
    brought = bring_all(found.path)
    if brought is not None and not configured():
        return _end(Remaining(), brought, as_json, 0.0)
    sender = sender_of_all(found, wait)
    for sentence in seal_what_was_killed(found.path, signer):
        tell(sentence)
    begun, at = time.monotonic(), time.time()
    sender.start()
    _follow(sender, quiet=as_json)
    remaining = sender.drain(0)
    if brought is not None:
        brought = brought.and_then(bring_all(found.path))
        bring_deliveries(found.path, at)
    return _end(remaining, brought, as_json, time.monotonic() - begun)


def _end(remaining: Remaining, brought: Brought | None, as_json: bool, seconds: float) -> int:
    if as_json:
        from spark_lineage.faces.json import print_json
        from spark_lineage.sinks.remaining import document

        to_store = {"runs": brought.runs, "left": brought.left, "why": brought.why} if brought is not None else None
        print_json({**document(remaining), **({"store": to_store} if to_store is not None else {})})
    else:
        if brought is not None:
            click.echo(f"the store: {brought.runs} {'run' if brought.runs == 1 else 'runs'} brought")
        _tell(remaining, seconds)
    if brought is not None and brought.left:
        tell(f"{brought.left} {'run waits' if brought.left == 1 else 'runs wait'} on this machine still: {brought.why}")
    return SOMETHING_LEFT if remaining.events or (brought is not None and brought.left) else NOTHING_LEFT


def _send_spans(folder: str | None, as_json: bool) -> int:
    from spark_lineage.answers.stores import opened
    from spark_lineage.config import resolve
    from spark_lineage.sinks import signing
    from spark_lineage.sinks.bringing import bring_all, bring_deliveries
    from spark_lineage.sinks.otel.sending import document, send_all, sentences
    from spark_lineage.sinks.sending import seal_what_was_killed

    store = opened(folder)
    bring_all(store.path)
    for sentence in seal_what_was_killed(store.path, signing.optional(resolve().sign_key)):
        tell(sentence)
    begun, at = time.monotonic(), time.time()
    sent = send_all(store)
    bring_all(store.path)
    bring_deliveries(store.path, at)
    if as_json:
        from spark_lineage.faces.json import print_json

        print_json(document(sent))
    else:
        spans = "1 span" if sent.spans == 1 else f"{sent.spans} spans"
        nothing_left = "" if sent.runs_left else ", nothing is left"
        click.echo(f"{sent.title}: {spans} sent in {time.monotonic() - begun:.1f} s{nothing_left}")
    for sentence in sentences(sent):
        tell(sentence)
    return SOMETHING_LEFT if sent.runs_left else NOTHING_LEFT


def _follow(sender: Sender, quiet: bool) -> None:
    """Returns when every receiver has all, or has been given up."""
    if quiet or not sys.stderr.isatty():
        while not sender.settled():
            time.sleep(TICK)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bars: dict[str, TaskID] = {}
        while not sender.settled():
            _update(progress, bars, sender)
            time.sleep(TICK)


def _update(progress: Progress, bars: dict[str, TaskID], sender: Sender) -> None:
    for delivery in sender.deliveries:
        receiver = delivery.receiver
        if receiver.key not in bars:
            bars[receiver.key] = progress.add_task(receiver.title, total=delivery.left().events)
        note = f" ({delivery.breaker.why})" if delivery.breaker.why else ""
        done = delivery.delivered + delivery.refused
        progress.update(bars[receiver.key], completed=done, description=receiver.title + note)


def _tell(remaining: Remaining, seconds: float) -> None:
    for left in remaining.receivers:
        events = "1 event" if left.delivered == 1 else f"{left.delivered} events"
        nothing_left = "" if left.events else ", nothing is left"
        click.echo(f"{left.title}: {events} sent in {seconds:.1f} s{nothing_left}")
    for sentence in remaining.sentences():
        tell(sentence)
