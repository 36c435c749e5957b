"""JSON schemas of what the tools take and give."""

from __future__ import annotations

from typing import Any

from spark_lineage.faces.mcp import pages

Schema = dict[str, Any]

LONGEST = 10_000  # characters of a name that is asked for
RUN = "`last`, `last~1`, a run id or the beginning of one, a label (its latest run), or the folder of a run"


def text(description: str) -> Schema:
    return {"type": "string", "description": description}


def number(description: str) -> Schema:
    return {"type": "number", "description": description}


def integer(description: str) -> Schema:
    return {"type": "integer", "description": description}


def flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def texts(description: str) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "description": description}


def maybe(schema: Schema) -> Schema:
    """The same, or null for what is not known."""
    return {**schema, "type": [schema["type"], "null"]}


SHORTENED = texts("which texts and lists are cut to keep the budget, and by how much; ask with a larger budget")
STALE = {
    "stale": maybe(flag("the code on disk is no longer the code that ran; null: could not be told")),
    "stale_files": texts("files that hold other code, or are gone"),
    "stale_functions": texts("functions that ran and are other ones now"),
    "stale_unknown": maybe(text("why something could not be told")),
}


def given(required: dict[str, Schema], optional: dict[str, Schema]) -> Schema:
    """What a tool takes, with the page and the budget that all take."""
    page = {"type": "integer", "minimum": 1, "default": 1, "description": "which page of the items"}
    budget = {
        "type": "integer", "minimum": pages.LEAST, "maximum": pages.MOST, "default": pages.DEFAULT,
        "description": "the most bytes of JSON that an answer may have",
    }  # fmt: skip
    names = {name: _short(schema) for name, schema in {**required, **optional}.items()}
    properties = {**names, "page": page, "budget": budget}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _short(schema: Schema) -> Schema:
    """Names are looked for among all that come near, which takes the longer the longer they are."""
    return {**schema, "maxLength": LONGEST} if schema["type"] == "string" else schema


def answered(head: dict[str, Schema], item: dict[str, Schema]) -> Schema:
    """What a tool gives: a page."""
    place = {
        "total": integer("how many items there are on all pages"),
        "page": integer("which page this is"),
        "pages": integer("how many pages there are within this budget"),
        "next_page": maybe(integer("the page to ask for next; null at the end")),
    }
    items = {"type": "array", "items": _object(item)}
    return _object({**head, **place, "items": items})


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": {**properties, "shortened": SHORTENED},
        "required": list(properties),
        "additionalProperties": False,
    }
