"""What can be told of a run that goes on: what was alike in two looks, of steps that are over and described."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from spark_lineage.events.identity import PREFIX
from spark_lineage.events.lines import to_line
from spark_lineage.model import DatasetKind, LineageGraph, Mode
from spark_lineage.store.journal import key

SIDES = ("inputs", "outputs")

Document = dict[str, Any]
Key = tuple[str, str]  # run id, event type
Call = tuple[str, int]  # step, and which call of it
Name = tuple[str, str]  # namespace and name of a dataset


class Settling:
    """Remembers what has been told, and how events looked. Nothing that it holds grows but with the steps."""

    def __init__(self) -> None:
        self._told: set[Key] = set()
        self._before: dict[Key, bytes] = {}  # digests of the events that have not been told
        self._described: set[Name] = set()  # datasets of which a receiver knows the columns

    def told(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._told.update(map(key, events))

    def settled(
        self, events: Sequence[Document], graph: LineageGraph, open_ended: Collection[Call]
    ) -> Iterator[Document]:
        """The events, of all that the run has now, that can be told and have not been.

        In an order in which a receiver may get them: a parent begins first and ends last.
        """
        before, self._before = self._before, {}
        waiting, unnamed = _waiting(graph), _unnamed(graph)
        application = key(events[0])[0] if events else ""
        left = {_parent(event) for event in events if key(event) not in self._told and event["eventType"] == "START"}
        telling = set(self._told)
        for event in events:
            run, type_ = key(event)
            # An end is aborted only when the run ends; until then it may be that its outputs were not described yet.
            if (run, type_) in telling or type_ == "ABORT" or (run == application and type_ != "START"):
                continue
            if type_ == "START" and _call(event) in unnamed:
                continue
            digest = hashlib.sha256(to_line(event).encode("ascii")).digest()
            known = before.get((run, type_)) == digest
            self._before[(run, type_)] = digest
            begun = (_parent(event), "START") in telling if type_ == "START" else (run, "START") in telling
            over = run not in left and not waiting & datasets(event, "outputs") and _call(event) not in open_ended
            if known and begun and (type_ == "START" or (over and self._inputs_are_known(event))):
                telling.add((run, type_))
                self._described.update(_described(event))
                del self._before[(run, type_)]
                yield event

    def _inputs_are_known(self, event: Mapping[str, Any]) -> bool:
        """A receiver follows columns only to datasets whose columns it knows."""
        return datasets(event, "inputs") <= self._described | _described(event)


def _call(event: Mapping[str, Any]) -> Call:
    facet = (event["run"].get("facets") or {}).get(f"{PREFIX}call") or {}
    return str(facet.get("step", "")), int(facet.get("call", 0))


def datasets(event: Mapping[str, Any], *sides: str) -> set[Name]:
    """Those of ``inputs``, of ``outputs``, or of both."""
    return {(each["namespace"], each["name"]) for side in sides or SIDES for each in event.get(side) or ()}


def _described(event: Mapping[str, Any]) -> set[Name]:
    """Those with columns."""
    listed = [each for side in SIDES for each in event.get(side) or ()]
    return {(each["namespace"], each["name"]) for each in listed if (each.get("facets") or {}).get("schema")}


def _waiting(graph: LineageGraph) -> set[Name]:
    """Datasets of which something may still be seen: nothing has run that made them."""
    if graph.run.mode is Mode.PLAN:
        return set()
    return {
        (dataset.namespace, dataset.name)
        for dataset in graph.datasets
        if dataset.kind is DatasetKind.INTERIM and not dataset.complete and dataset.reason == "never_executed"
    }


def _unnamed(graph: LineageGraph) -> set[Call]:
    """Later calls whose job may get another name yet: it hangs on what they make, and nothing has used that so far."""
    callers = {step.parent for step in graph.steps}
    return {
        (step.step, step.call)
        for step in graph.steps
        if step.call > 1 and not step.outputs and (step.step, step.call) not in callers
    }


def _parent(event: Mapping[str, Any]) -> str:
    return str((((event["run"].get("facets") or {}).get("parent") or {}).get("run") or {}).get("runId", ""))
