"""How a property of a facet is declared: its type, and beside it what types of Python do not say."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Of:
    """What a JSON schema says of a value beside its type.

    ``minimum`` is the smallest number that is allowed, and the parser holds numbers to it. The others are for the
    schema only: ``pattern`` and ``format`` of a text, ``one_of`` the texts that are allowed, ``not_empty`` that a text
    has a character, ``required`` that what we write has a property without which readers get on, too.
    """

    text: str = ""
    minimum: int | None = None
    pattern: str | None = None
    format: str | None = None
    one_of: tuple[str, ...] = ()
    not_empty: bool = False
    required: bool = False


@dataclass(frozen=True)
class Parsed:
    """What only the parser holds a number to: the schema names no ``minimum``."""

    minimum: int


@dataclass(frozen=True)
class Earlier:
    """Marks a property that only the ``format`` before this one had: it is read, never written, and in no schema."""

    format: int


Count = Annotated[int, Of(minimum=0)]
Ordinal = Annotated[int, Of(minimum=1)]
Moment = Annotated[str, Of(format="date-time")]  # RFC 3339, in UTC; in the graph seconds since the epoch


def once(function: F) -> F:
    """``functools.cache`` for functions of classes, which keeps the types of the function."""
    return cast(F, functools.cache(function))


def camel(name: str) -> str:
    """``row_count`` -> ``rowCount``."""
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


@once
def types(kind: Any) -> Mapping[str, Any]:
    """The types of the properties of a declared class, with what is said beside them."""
    return get_type_hints(kind, include_extras=True)


def said(type_: Any) -> tuple[Any, ...]:
    """What is said beside a type, also where it stands within ``X | None``."""
    if get_origin(type_) is Annotated:
        return tuple(type_.__metadata__)
    return tuple(mark for part in get_args(type_) for mark in said(part)) if type(None) in get_args(type_) else ()


def is_moment(type_: Any) -> bool:
    return any(isinstance(mark, Of) and mark.format == "date-time" for mark in said(type_))


def is_of_earlier(type_: Any) -> bool:
    return any(isinstance(mark, Earlier) for mark in said(type_))


def is_required(type_: Any) -> bool:
    return any(isinstance(mark, Of) and mark.required for mark in said(type_))
