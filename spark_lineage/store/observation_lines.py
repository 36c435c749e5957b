"""Observations as lines of JSON, and back: what the write-ahead file holds.

A line names the kind of its observation first: ``{"_":"Operation","op":"o1",...}``. What is read is equal to what was
written; a test holds that for every kind.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from spark_lineage.model import CallEnded, CallSeen, Fragment, Marked, Observation, Operation, VariableSeen, plain


def encode(observation: Observation) -> str:
    return _ENCODER.encode(observation)


def _fields_of(value: Any) -> Any:
    """What JSON has no word for: dataclasses as in ``model.plain``, other mappings and sets."""
    names = getattr(value, "__dataclass_fields__", None)
    if names is None:
        return plain(value)
    return {"_": type(value).__name__, **{name: getattr(value, name) for name in names}}


# As ``plain`` and ``json.dumps`` would do it, but in C: each operation is written here while the program runs.
_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_fields_of)


def encode_fast(observation: Observation) -> str:
    """As :func:`encode`, for readers that know what stands where: what is inside does not name its kind."""
    fast = _fast_encoder() if isinstance(observation, _FREQUENT) else None
    if fast is not None:
        with contextlib.suppress(ValueError):  # a lone surrogate: only JSON's escapes can say it
            return f'{{"_":"{type(observation).__name__}",{fast(observation)[1:].decode()}'
    return encode(observation)


_FREQUENT = (Operation, CallSeen, CallEnded, Marked, VariableSeen, Fragment)


@functools.cache
def _fast_encoder() -> Callable[[Any], bytes] | None:
    """msgspec's is ten times as fast, but takes as long to import as it saves on some thousand operations."""
    try:
        from msgspec.json import Encoder
    except ImportError:  # what travels with --py-files has no compiled parts
        return None
    return Encoder().encode


def decode(line: str | bytes) -> Observation:
    """Raises ValueError, KeyError or TypeError on what is not an observation."""
    fast = _fast_decoder(_kind_in(line))
    if fast is not None:
        with contextlib.suppress(ValueError):  # NaN, a lone surrogate, or damage
            return fast(line)
    document = json.loads(line)
    return typing.cast(Observation, _convert()(document, _kinds()[document["_"]]))


_BEGIN, _BEGIN_BYTES = '{"_":"', b'{"_":"'


def _kind_in(line: str | bytes) -> str:
    """The kind that a line names first; empty for a line that was not written by :func:`encode`."""
    if isinstance(line, str):
        return line[len(_BEGIN) :].partition('"')[0] if line.startswith(_BEGIN) else ""
    return line[len(_BEGIN) :].partition(b'"')[0].decode("ascii", "replace") if line.startswith(_BEGIN_BYTES) else ""


@functools.cache
def _fast_decoder(kind: str) -> Callable[[str | bytes], Observation] | None:
    try:
        from msgspec.json import Decoder
    except ImportError:
        return None
    known = _kinds().get(kind)
    return typing.cast(Callable[[typing.Union[str, bytes]], Observation], Decoder(known).decode) if known else None


@functools.cache
def _kinds() -> Mapping[str, type]:
    return {kind.__name__: kind for kind in typing.get_args(Observation)}


@functools.cache
def _convert() -> Callable[[Any, type], Any]:
    try:
        from msgspec import convert
    except ImportError:
        return lambda document, kind: maker(kind)(document)
    return convert


@functools.cache
def maker(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of a type of :mod:`spark_lineage.model` from JSON, without compiled libraries."""
    if is_dataclass(kind):
        hints, make_whole = typing.get_type_hints(kind), typing.cast(Callable[..., Any], kind)
        makers = [(field.name, maker(hints[field.name])) for field in fields(kind)]
        return lambda document: make_whole(**{name: make(document[name]) for name, make in makers if name in document})
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        return _tuple_maker(arguments)
    if type(None) in arguments:
        inner = maker(next(argument for argument in arguments if argument is not type(None)))
        return lambda value: None if value is None else inner(value)
    if kind is float or (isinstance(kind, type) and issubclass(kind, enum.Enum)):
        return typing.cast(Callable[[Any], Any], kind)
    return lambda value: value


def _tuple_maker(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if arguments[-1] is Ellipsis:
        inner = maker(arguments[0])
        return lambda values: tuple(inner(value) for value in values)
    makers = [maker(argument) for argument in arguments]
    return lambda values: tuple(make(value) for make, value in zip(makers, values, strict=True))
