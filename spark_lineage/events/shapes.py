"""Writes the row operators and the column notes of a plan as plain documents, and reads them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spark_lineage.model import Clash, ColumnNote, RowOperator

Document = dict[str, Any]


def of_operators(documents: Sequence[Document]) -> tuple[RowOperator, ...]:
    """The row operators of a plan; empty where they are not known."""
    return tuple(map(_of_row_operator, documents))


def of_notes(documents: Sequence[Document]) -> tuple[ColumnNote, ...]:
    return tuple(map(_of_note, documents))


def operator_document(operator: RowOperator) -> Document:
    document: Document = {
        "op": operator.op,
        "children": list(operator.children),
        "kind": operator.kind,
        "text": operator.text,
        "equi": operator.equi,
        "datasets": list(operator.datasets),
        "keys": list(operator.keys),
        "supplied": list(operator.supplied),
        "undone": [{"join": join, "text": text} for join, text in operator.undone],
        "drops": [{"text": text, "columns": [list(column) for column in columns]} for text, columns in operator.drops],
        "clashes": [_clash(clash) for clash in operator.clashes],
    }
    return {name: value for name, value in document.items() if value or name == "children"}


def _clash(clash: Clash) -> Document:
    return {
        "position": clash.position,
        "name": clash.name,
        "type": clash.type,
        "otherName": clash.other_name,
        "otherType": clash.other_type,
    }


def _of_row_operator(document: Mapping[str, Any]) -> RowOperator:
    return RowOperator(
        op=document["op"],
        children=tuple(document["children"]),
        kind=document.get("kind"),
        text=document.get("text"),
        equi=document.get("equi", False),
        datasets=tuple(document.get("datasets", ())),
        keys=tuple(document.get("keys", ())),
        supplied=tuple(document.get("supplied", ())),
        undone=tuple((undone["join"], undone["text"]) for undone in document.get("undone", ())),
        drops=tuple((drop["text"], tuple(map(_pair, drop["columns"]))) for drop in document.get("drops", ())),
        clashes=tuple(
            Clash(clash["position"], clash["name"], clash["type"], clash["otherName"], clash["otherType"])
            for clash in document.get("clashes", ())
        ),
    )


def _pair(document: Sequence[str]) -> tuple[str, str]:
    return (document[0], document[1])


def note_document(note: ColumnNote) -> Document:
    document: Document = {"kind": note.kind, "column": note.column, "text": note.text}
    return {**document, "input": list(note.input)} if note.input is not None else document


def _of_note(document: Mapping[str, Any]) -> ColumnNote:
    origin = document.get("input")
    return ColumnNote(document["kind"], document["column"], document["text"], _pair(origin) if origin else None)
