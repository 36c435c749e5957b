"""Writes the JSON schemas of our facets from the classes in spark_lineage/events/content (a test compares them).

The schema of what a plan holds, ``SparkLineagePlanRunFacet.json``, is written by hand.
"""

from __future__ import annotations

import enum
import json
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spark_lineage.events import content  # noqa: E402  the path has to be set first
from spark_lineage.events.content.declaring import Of, camel, is_of_earlier, is_required, types  # noqa: E402
from spark_lineage.events.identity import PREFIX, SCHEMAS  # noqa: E402

FOLDER = ROOT / "spark_lineage" / "events" / "schemas"
SPECIFICATION = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
TYPES = {str: "string", int: "integer", bool: "boolean"}
Schema = dict[str, Any]


def written() -> Iterator[tuple[str, str]]:
    """(file name, text) of each schema."""
    for holder, declared in (("Run", content.RUN), ("Dataset", content.DATASET)):
        for kind in declared:
            if kind is not content.Plan:
                name = f"SparkLineage{kind.__name__}{holder}Facet"
                yield f"{name}.json", json.dumps(of_facet(kind, name, holder), indent=2) + "\n"


def of_facet(kind: type, name: str, holder: str) -> Schema:
    described = {"description": (kind.__doc__ or "").removesuffix(".")}
    base = {"$ref": f"{SPECIFICATION}#/$defs/{holder}Facet"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{SCHEMAS}/{name}.json",
        "$defs": {name: {**described, "allOf": [base, of_object(kind)], "type": "object"}},
        "type": "object",
        "properties": {f"{PREFIX}{kind.__name__.lower()}": {"$ref": f"#/$defs/{name}"}},
    }


def of_object(kind: Any) -> Schema:
    hints = {name: type_ for name, type_ in types(kind).items() if not is_of_earlier(type_)}
    needed = [field.name for field in fields(kind) if field.name in hints
              and (field.default is MISSING or is_required(hints[field.name]))]  # fmt: skip
    schema: Schema = {"type": "object", "properties": {camel(name): of_type(type_) for name, type_ in hints.items()}}
    return {**schema, "required": [camel(name) for name in needed]} if needed else schema


def of_type(type_: Any) -> Schema:
    parts, origin = get_args(type_), get_origin(type_)
    if origin is Annotated:
        marks = [mark for mark in type_.__metadata__ if isinstance(mark, Of)]
        typed = {} if any(mark.one_of for mark in marks) else of_type(parts[0])
        return {**typed, **{name: value for mark in marks for name, value in of_mark(mark).items()}}
    if type(None) in parts:
        (inner,) = (part for part in parts if part is not type(None))
        return of_type(inner)
    if origin is tuple:
        return of_tuple(parts)
    if origin is dict:
        return {"type": "object", **({"additionalProperties": of_type(parts[1])} if parts[1] is not Any else {})}
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return {"enum": [member.value for member in type_]}
    return of_object(type_) if is_dataclass(type_) else {"type": TYPES[type_]}


def of_tuple(parts: tuple[Any, ...]) -> Schema:
    if parts[-1] is Ellipsis:
        return {"type": "array", "items": of_type(parts[0])}
    return {"type": "array", "prefixItems": list(map(of_type, parts)), "minItems": len(parts), "maxItems": len(parts)}


def of_mark(mark: Of) -> Schema:
    said: Schema = {
        "description": mark.text, "minLength": 1 if mark.not_empty else None, "minimum": mark.minimum,
        "pattern": mark.pattern, "format": mark.format, "enum": list(mark.one_of),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value not in (None, "", [])}


if __name__ == "__main__":
    for name, text in written():
        (FOLDER / name).write_text(text)
