"""Tells events that must not be sent, and events at which Marquez fails for good (seen with Marquez 0.51)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LONGEST_FIELD = 255
LONGEST_NAME = 2_500  # bytes; what an index entry of PostgreSQL takes

Document = Mapping[str, Any]


def never(event: Document) -> str | None:
    """Why this event must not be sent to anybody; None if it may.

    Marquez takes an empty namespace or name with 201, and its listings are broken from then on.
    """
    for holder in (event.get("job"), *_datasets(event)):
        if isinstance(holder, Mapping):
            for part in ("namespace", "name"):
                if not str(holder.get(part) or "").strip():
                    return f"an empty {part} would break the receiver's listings"
    if not isinstance(event.get("run"), Mapping) or not event["run"].get("runId"):
        return "it has no run id"
    return None


def hard_to_take(event: Document) -> str | None:
    """A known reason why Marquez answers 500 to this event whenever it is sent; None if the event has none."""
    if not event.get("eventType"):
        return "it has no event type"
    if any("\x00" in text for text in _texts(event)):
        return "it has a NUL character"
    for holder in (event["run"], event["job"], *_datasets(event)):
        for kind in ("facets", "inputFacets", "outputFacets"):
            for name in holder.get(kind) or ():
                if len(name) > LONGEST_FIELD:
                    return f"it has a facet name of {len(name)} characters"
    for dataset in _datasets(event):
        for field in ((dataset.get("facets") or {}).get("schema") or {}).get("fields") or ():
            if len(str(field.get("name"))) > LONGEST_FIELD:
                return f"it has a column name of {len(str(field.get('name')))} characters"
    names = [str(holder.get("name")) for holder in (event["job"], *_datasets(event))]
    longest = max(len(name.encode("utf-8", "replace")) for name in names)
    return f"it has a name of {longest} bytes" if longest > LONGEST_NAME else None


def _datasets(event: Document) -> list[Document]:
    return [
        dataset for side in ("inputs", "outputs") for dataset in event.get(side) or () if isinstance(dataset, Mapping)
    ]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
