"""Parsers of our own facets, made from the classes that declare them.

A struct of msgspec has the properties of the class that it is made from, is parsed many times faster than a dataclass,
and holds numbers to their declared minimum.
"""

from __future__ import annotations

import operator
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from spark_lineage.events.content.declaring import once, types


@once
def struct(declared: Any) -> type[msgspec.Struct]:
    """The struct for a class of ``events.content``."""
    hints = types(declared)
    properties: list[Any] = [
        (field.name, _parsed_as(hints[field.name]), *([] if field.default is MISSING else [field.default]))
        for field in fields(declared)
    ]
    return msgspec.defstruct(declared.__name__, properties, module=__name__, rename="camel", kw_only=True, gc=False)


def _parsed_as(type_: Any) -> Any:
    parts = get_args(type_)
    if get_origin(type_) is Annotated:
        minima = [getattr(mark, "minimum", None) for mark in type_.__metadata__]
        bounds = [msgspec.Meta(ge=minimum) for minimum in minima if minimum is not None]
        # A class up to Python 3.12, and none from 3.13 on.
        return operator.getitem(Annotated, (_parsed_as(parts[0]), *type_.__metadata__, *bounds))
    if type(None) in parts:
        return Union[tuple(map(_parsed_as, parts))]
    if get_origin(type_) is tuple:
        return tuple.__class_getitem__(tuple(part if part is Ellipsis else _parsed_as(part) for part in parts))
    return struct(type_) if is_dataclass(type_) else type_
