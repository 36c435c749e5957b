"""What Marquez answers to an event: 201; 422, 400, 500, and the 500 whose body says ``"code": 400``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.receiver.parts import Document, datasets, facets, holders, is_moment, schema_of, strings, uris
from tests.receiver.spec import OUR_PREFIX, Specification

LONGEST_FIELD = 255
LONGEST_NAME = 2_500  # what a PostgreSQL index entry takes
DATASET_NAMESPACE = re.compile(r"[a-zA-Z:;=/0-9_\-.@+]*\Z")
NO_URI = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f]")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        return self.status < 300


def judge(body: bytes, specification: Specification) -> tuple[Answer, Document | None]:
    """Marquez's answer to a request body, and the event in it if there is one."""
    try:
        event = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return _unreadable(str(error)), None
    if not isinstance(event, dict):
        return _unreadable(f"Cannot deserialize from {type(event).__name__}"), None
    try:
        return _of_event(event, specification), event
    except (AttributeError, TypeError, KeyError) as error:  # a number where an object should be
        return _unreadable(f"Cannot deserialize: {error}"), event


def _of_event(event: Document, specification: Specification) -> Answer:
    not_uri = next((uri for uri in uris(event) if not isinstance(uri, str) or NO_URI.search(uri)), None)
    if not_uri is not None:
        return _unreadable(f"not a valid URI: {not_uri!r}")
    missing = _missing(event)
    missing += _missing_in_facets(event, specification)
    if missing:
        return Answer(422, {"errors": missing})
    if not is_moment(event["eventTime"]):
        return _unreadable(f"eventTime {event['eventTime']!r}")
    if "run" in event and not event.get("eventType"):
        return _broken("eventType is missing")
    if any("\x00" in each for each in strings(event)):
        return _broken("NUL in a string")
    long = _too_long(event)
    if long:
        return _broken(long)
    bad = [each["namespace"] for each in datasets(event) if not DATASET_NAMESPACE.match(each["namespace"])]
    if bad:
        message = f"namespace '{bad[0]}' must contain only letters, digits, :;=/_-.@+"
        return Answer(400, {"code": 400, "message": message})
    return Answer(201, {})


def _unreadable(why: str) -> Answer:
    return Answer(500, {"code": 400, "message": "Unable to process JSON", "details": why[:300]})


def _broken(why: str) -> Answer:
    return Answer(500, {"code": 500, "message": "There was an error processing your request.", "details": why})


def _no_constant(name: str) -> Any:
    raise ValueError(f"Non-standard token '{name}'")


def _missing(event: Document) -> list[str]:
    found = [f"{name} must not be null" for name in ("eventTime", "producer") if not event.get(name)]
    if "dataset" in event and "job" not in event:
        return found + _missing_ids(event["dataset"], "dataset")
    if not isinstance(event.get("job"), dict):
        found.append("job must not be null")
    else:
        found.extend(_missing_ids(event["job"], "job"))
    is_job_event = "run" not in event and "eventType" not in event and "JobEvent" in str(event.get("schemaURL"))
    if not is_job_event:
        run = event.get("run")
        if not isinstance(run, dict):
            found.append("run must not be null")
        elif not isinstance(run.get("runId"), str):
            found.append("run.runId must not be null")
    for side in ("inputs", "outputs"):
        for number, dataset in enumerate(event.get(side) or ()):
            found.extend(_missing_ids(dataset, f"{side}[{number}]"))
    return found


def _missing_in_facets(event: Document, specification: Specification) -> list[str]:
    """Marquez reads the facets of the specification; others it keeps as they are."""
    return [
        f"{fault.where} {fault.what}"
        for entity, name, facet, where in facets(event)
        if specification.knows(entity, name) and not name.startswith(OUR_PREFIX)
        for fault in specification.of_facet(entity, name, facet, where)
        if fault.missing
    ]


def _missing_ids(holder: Any, where: str) -> list[str]:
    if not isinstance(holder, dict):
        return [f"{where} must be an object"]
    return [
        f"{where}.{name} must not be null" for name in ("namespace", "name") if not isinstance(holder.get(name), str)
    ]


def _too_long(event: Document) -> str | None:
    for holder in holders(event):
        for kind in ("facets", "inputFacets", "outputFacets"):
            for name in holder.get(kind) or ():
                if len(name) > LONGEST_FIELD:
                    return f"facet name of {len(name)} characters"
    for dataset in datasets(event):
        for each in schema_of(dataset) or ():
            if len(str(each.get("name"))) > LONGEST_FIELD:
                return f"column name of {len(str(each.get('name')))} characters"
    names = [each["name"] for each in datasets(event)] + ([event["job"]["name"]] if "job" in event else [])
    longest = max((len(each.encode("utf-8")) for each in names), default=0)
    return f"name of {longest} bytes" if longest > LONGEST_NAME else None
