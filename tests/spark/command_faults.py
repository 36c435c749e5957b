"""What is wrong in the recorded lineage of a statement of ``commands_key``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from command_runs import Recorded, uses
from commands_key import Command

from spark_lineage.model import Dataset


class Runs(Protocol):
    """The statements, observed, and what plain Spark says of each."""

    @property
    def recorded(self) -> Recorded: ...

    @property
    def truth(self) -> Mapping[str, Any]: ...


def faults(command: Command, runs: Runs) -> Any:
    """What is wrong in the lineage of a statement."""
    recorded = runs.recorded
    step = recorded.step(command)
    inputs = {re.sub(r"~\d+$", "", recorded.short(name)) for name in step.inputs}
    expected = {named(command, name) for name in command.inputs}
    if inputs != expected:
        yield f"inputs {sorted(inputs)}"
    if command.fails:
        told = runs.truth[command.name]
        if told["before"] != told["after"] or step.outcome.value != "fail":
            yield f"it failed: {step.outcome}, {told}"
        return
    try:
        sink = recorded.written(command)
    except (ValueError, KeyError):
        yield f"outputs {[recorded.short(name) for name in step.outputs]}"
        return
    if sink.fragment is None:
        yield "it has no plan"
        return
    defined = {each.column: uses(recorded, each.inputs) for each in sink.fragment.definitions}
    for column, text in command.columns.items():
        if defined.get(column) != expected_uses(command, text):
            yield f"{column} is made from {sorted(defined.get(column, {'nothing'}))}"
    more = set(defined) - set(command.columns)
    if more:
        yield f"columns {sorted(more)} too"
    deciding = uses(recorded, sink.fragment.indirect)
    if deciding != {expected_use(command, text) for text in command.rows}:
        yield f"rows are decided by {sorted(deciding)}"
    yield from row_faults(command, sink, runs.truth[command.name])


def row_faults(command: Command, sink: Dataset, told: dict[str, Any]) -> Any:
    if command.in_place:
        changed, metrics = sink.changed, told["metrics"]
        if sink.rows is not None or changed is None:
            yield f"rows {sink.rows}, changed {changed}"
            return
        kind = "TargetRows" if "numTargetRowsInserted" in metrics else ""
        names = {
            "inserted": "numTargetRowsInserted",
            "updated": "numTargetRowsUpdated" if kind else "numUpdatedRows",
            "deleted": "numTargetRowsDeleted" if kind else "numDeletedRows",
        }
        for field, metric in names.items():
            if metric in metrics and getattr(changed, field) != int(metrics[metric]):
                yield f"{field} {getattr(changed, field)}, not {metrics[metric]}"
        if sink.storage is None or sink.storage.version != told["version"]:
            yield f"version {sink.storage.version if sink.storage else None}, not {told['version']}"
    else:
        rows = told["after"] - told["before"] if command.adds else told["after"]
        rows = command.wrote if command.wrote is not None else rows
        if sink.rows != rows:
            yield f"rows {sink.rows} ({sink.reason}), not {rows}"
        if sink.storage is not None and sink.storage.version not in (None, told.get("version")):
            yield f"version {sink.storage.version}, not {told.get('version')}"


def named(command: Command, name: str) -> str:
    return command.place if name == "T" else "warehouse/two" if name == "two" else name


def expected_uses(command: Command, text: str) -> set[str]:
    return {expected_use(command, use) for use in text.split()}


def expected_use(command: Command, use: str) -> str:
    dataset, _, rest = use.partition(".")
    return f"{named(command, dataset)}.{rest}"
