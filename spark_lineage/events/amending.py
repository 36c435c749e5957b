"""Events that were told while the program ran, and what the end knows better.

An event may go out before all is known that belongs into it: that a filter saw all rows, or that a later step has the
same name. It is never written a second time. What the end would have said otherwise goes with the closing event of the
application, as the facet ``sparkLineage_amendments``: readers put it back, and have the events as the end would have
written them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from spark_lineage.events.identity import PREFIX, PRODUCER, SCHEMAS

NAME = f"{PREFIX}amendments"
MARK = f'"{NAME}"'.encode()

Document = dict[str, Any]
Key = tuple[str, str]  # run id, event type


def facet(told: Iterable[Mapping[str, Any]], final: Iterable[Mapping[str, Any]]) -> Document | None:
    """What makes the events that were told those that the end would have written; None if nothing does."""
    at_the_end = {_key(event): event for event in final}
    found: list[Document] = []
    for event in told:
        run, type_ = _key(event)
        known = at_the_end.get((run, type_))
        if known is None:
            found.append({"runId": run, "eventType": type_, "superseded": True, "changes": {}})
        elif known != event:
            changed, removed = _without_nulls(changes(event, known))
            found.append(
                {"runId": run, "eventType": type_, "changes": changed, **({"removed": removed} if removed else {})}
            )
    if not found:
        return None
    schema = f"{SCHEMAS}/SparkLineageAmendmentsRunFacet.json"
    return {"_producer": PRODUCER, "_schemaURL": schema, "events": found}


def closes(event: Mapping[str, Any]) -> bool:
    """Whether it is the last event of an application."""
    return f"{PREFIX}context" in _facets(event) and event.get("eventType") != "START"


def amended(lines: Sequence[bytes]) -> list[bytes]:
    """The lines of a journal with what its closing event puts right. Raises ValueError, KeyError or TypeError."""
    if not lines or MARK not in lines[-1]:
        return list(lines)
    return _amended(lines, json.loads, lambda event: json.dumps(event, separators=(",", ":")).encode("ascii"))


def amended_documents(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The same of documents."""
    every = list(events)
    closing = next((event for event in reversed(every) if NAME in _facets(event)), None)
    if closing is None:
        return every
    every.append(every.pop(next(at for at, event in enumerate(every) if event is closing)))
    return _amended(every, lambda event: event, lambda event: event)


def _amended(every: Sequence[Any], read: Callable[[Any], Any], write: Callable[[Any], Any]) -> list[Any]:
    found = {_key(amended): amended for amended in _flat(_facets(read(every[-1]))[NAME]["events"])}
    made: list[Any] = []
    for one in every:
        event = read(one)
        change = found.get(_key(event))
        if change is None:
            made.append(one)
        elif not change.get("superseded"):
            made.append(write(patched(event, _with_nulls(change["changes"], change.get("removed") or ()))))
    return made


def _flat(amendments: Iterable[Mapping[str, Any]]) -> Iterable[Document]:
    return ({**one, "run": {"runId": one["runId"]}} for one in amendments)


def _key(event: Mapping[str, Any]) -> Key:
    return (event["run"]["runId"], event.get("eventType", ""))


def _facets(event: Mapping[str, Any]) -> Mapping[str, Any]:
    facets: Mapping[str, Any] = (event.get("run") or {}).get("facets") or {}
    return facets


def changes(before: Any, after: Any) -> Any:
    """A JSON merge patch (RFC 7396); lists of one length are patched by position, others replaced.

    ``{"[0]": ...}`` in the place of a list is a patch by position.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found = {name: None for name in before if name not in after}
        found.update({name: changes(before.get(name), new) for name, new in after.items() if before.get(name) != new})
        return found
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return {f"[{at}]": changes(old, new) for at, (old, new) in enumerate(pairs) if old != new}
    return after


def _without_nulls(change: Document) -> tuple[Document, list[list[str]]]:
    """A patch and the paths at which it has null: OpenLineage's clients leave nulls out of what they send."""
    kept: Document = {}
    removed: list[list[str]] = []
    for name, new in change.items():
        if new is None:
            removed.append([name])
        elif isinstance(new, dict):
            kept[name], inside = _without_nulls(new)
            removed.extend([name, *path] for path in inside)
        else:
            kept[name] = new
    return kept, removed


def _with_nulls(change: Mapping[str, Any], removed: Iterable[Sequence[str]]) -> Document:
    """The patch that ``_without_nulls`` was given."""
    made: Document = dict(change)
    below: dict[str, list[Sequence[str]]] = {}
    for name, *path in removed:
        if path:
            below.setdefault(name, []).append(path)
        else:
            made[name] = None
    for name, paths in below.items():
        made[name] = _with_nulls(made.get(name) or {}, paths)
    return made


def patched(before: Any, change: Any) -> Any:
    """What ``changes`` was made from. Neither argument is changed."""
    if not isinstance(change, Mapping):
        return change
    if isinstance(before, list) and all(name.startswith("[") for name in change) and change:
        return [patched(old, change[name]) if (name := f"[{at}]") in change else old for at, old in enumerate(before)]
    kept = {name: old for name, old in before.items() if name not in change} if isinstance(before, Mapping) else {}
    old = before if isinstance(before, Mapping) else {}
    return {**kept, **{name: patched(old.get(name), new) for name, new in change.items() if new is not None}}
