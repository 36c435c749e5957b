"""Plans as the client of Spark Connect sends them: messages in which relations lie in relations.

Nothing of a plan is made for us: we look at the request that the program itself sends. What relations there are, and
which of their fields are relations, their own descriptors say, so that relations of later versions are walked, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from spark_lineage.model import Storage
from spark_lineage.model.locations import location
from spark_lineage.privacy import redaction

RELATION = "spark.connect.Relation"
MOST_RELATIONS = 20_000  # of one request that are looked at
UNKNOWN = "unknown"  # the namespace of a table: its catalog is the server's
LONGEST = 200  # characters of what an operator says


def top(plan: Any) -> Any:
    """The relation or the command that a ``Plan`` is; None for neither."""
    kind = plan.WhichOneof("op_type")
    return getattr(plan, kind) if kind in ("root", "command") else None


def is_relation(message: Any) -> bool:
    return str(message.DESCRIPTOR.full_name) == RELATION


def within(message: Any) -> list[Any]:
    """The relations directly below a relation or a command, in whatever message of it they stand."""
    body = body_of(message)
    return list(_below(body)) if body is not None else []


def _below(message: Any) -> Iterator[Any]:
    for name, repeated in _inputs(message.DESCRIPTOR):
        if not repeated and not message.HasField(name):
            continue
        for each in getattr(message, name) if repeated else [getattr(message, name)]:
            if is_relation(each):
                yield each
            else:
                yield from _below(each)


def body_of(message: Any) -> Any:
    """What kind of relation or command it is, as its own message; None where this version of protobuf knows none."""
    for oneof in message.DESCRIPTOR.oneofs:
        if oneof.name in ("rel_type", "command_type"):
            kind = message.WhichOneof(oneof.name)
            value = getattr(message, kind) if kind is not None else None
            return value if hasattr(type(value), "DESCRIPTOR") else None
    return None


def kind_of(message: Any) -> str:
    """``filter``, ``write_operation``, ...; ``unknown`` for what has no name here."""
    for oneof in message.DESCRIPTOR.oneofs:
        if oneof.name in ("rel_type", "command_type"):
            return str(message.WhichOneof(oneof.name) or UNKNOWN)
    return UNKNOWN


def calls_for_each_batch(message: Any) -> bool:
    """Whether a command starts a stream that hands its batches to a function of the program (``foreachBatch``)."""
    return kind_of(message) == "write_stream_operation_start" and bool(body_of(message).HasField("foreach_batch"))


@cache
def _inputs(descriptor: Any) -> tuple[tuple[str, bool], ...]:
    """The fields of a message that are relations, or messages that hold some."""
    found = []
    for field in descriptor.fields:
        if field.message_type is not None and _holds_relations(field.message_type, frozenset()):
            repeated = getattr(field, "is_repeated", None)  # protobuf 6; `label` is deprecated there
            found.append((field.name, field.label == field.LABEL_REPEATED if repeated is None else bool(repeated)))
    return tuple(found)


def _holds_relations(descriptor: Any, above: frozenset[str]) -> bool:
    name = str(descriptor.full_name)
    if name == RELATION or name in above or descriptor.GetOptions().map_entry:
        return name == RELATION
    within = (field.message_type for field in descriptor.fields if field.message_type is not None)
    return any(_holds_relations(each, above | {name}) for each in within)


def every(message: Any) -> Iterator[Any]:
    """A relation or command and the relations below it, the root first; at most :data:`MOST_RELATIONS`."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_RELATIONS:
        relation = waiting.pop()
        seen += 1
        yield relation
        waiting += reversed(within(relation))


def plan_id(relation: Any) -> int | None:
    """The client's number for it."""
    if not is_relation(relation) or not relation.common.HasField("plan_id"):
        return None
    return int(relation.common.plan_id)


# --------------------------------------------------------------------------- what it says


def operator(relation: Any) -> str:
    """An operator for people: its kind, and what is short to say of it."""
    kind, body = kind_of(relation), body_of(relation)
    named = kind.title().replace("_", "")
    if kind == "join":
        return f"{named} {body.DESCRIPTOR.fields_by_name['join_type'].enum_type.values_by_number[body.join_type].name}"
    if kind == "sql":
        return f"{named} {redaction.text(body.query)[:LONGEST]}"
    if kind == "subquery_alias":
        return f"{named} {body.alias[:LONGEST]}"
    if kind == "read":
        places = [storage.table or storage.name for storage in sources(relation)]
        return " ".join((named, *places))[:LONGEST]
    return named


def sources(relation: Any) -> list[Storage]:
    """What a relation itself reads from storage."""
    if kind_of(relation) != "read":
        return []
    read = relation.read
    if read.HasField("named_table"):
        return [table(read.named_table.unparsed_identifier)]
    source = read.data_source
    if source.options.get("dbtable") or source.format == "jdbc":  # its URL has credentials
        return []
    return [stored(path, source.format or None) for path in source.paths]


def stored(path: str, format_: str | None) -> Storage:
    """A path as the program wrote it. Which file system one without a scheme is on, only the server knows."""
    place = location(path) if path.startswith("/") or ":" in path else None
    if place is None:
        return Storage(UNKNOWN, path, format_)
    return Storage(place.namespace, place.name, format_, part=place.part)


def table(name: str) -> Storage:
    return Storage(UNKNOWN, name, table=name)


def written(command: Any) -> list[tuple[Storage, str]]:
    """Where a command writes, and how: ``append``, ``overwrite``, ..."""
    kind, body = kind_of(command), body_of(command)
    if kind == "write_operation":
        mode = _mode(body, "SAVE_MODE_").replace("unspecified", "error_if_exists")
        if body.HasField("table"):
            return [(table(body.table.table_name), mode)]
        format_ = body.source if body.HasField("source") else None
        return [(stored(body.path, format_), mode)] if body.HasField("path") and format_ != "jdbc" else []
    if kind == "write_operation_v2":
        return [(table(body.table_name), _mode(body, "MODE_"))]
    if kind == "merge_into_table_command":
        return [(table(body.target_table_name), "merge")]
    if kind == "write_stream_operation_start":
        if body.path:
            return [(stored(body.path, body.format or None), body.output_mode or "append")]
        return [(table(body.table_name), body.output_mode or "append")] if body.table_name else []
    return []


def _mode(body: Any, prefix: str) -> str:
    value = body.DESCRIPTOR.fields_by_name["mode"].enum_type.values_by_number.get(body.mode)
    return value.name.removeprefix(prefix).lower() if value is not None else UNKNOWN
