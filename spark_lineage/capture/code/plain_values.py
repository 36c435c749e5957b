"""Small plain values of the program: a digest and a text of each, made without running any code of the program's.

Only values whose type is exactly one of Python's own, a scalar of numpy or a ``pandas.Timestamp`` are looked into: a
class of the program's may have a ``__repr__``, an ``__eq__`` or a ``__hash__`` of its own. Of what else stands within a
list or a dict the name of its type counts. What it costs is bounded by what is looked at, not by how large a value is.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import os
import pathlib
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_CHARACTERS = 4096  # of the text of one value
MOST_HASHED = 100_000  # characters of a text that is too long to be shown
MOST_PARTS = 500  # of one value: items of its lists, keys and values of its dicts
DEEPEST = 8  # lists within lists
LONGEST_INTEGER = 4096  # bits
PRECISION = 9  # significant digits of a float that count: sums of many numbers differ in their last bits

_ORDERED = (list, tuple)
_UNORDERED = (set, frozenset)
_AS_THEY_ARE = (type(None), bool, bytes, decimal.Decimal, datetime.date, datetime.timedelta, range, uuid.UUID)
_MOMENTS = (datetime.datetime, datetime.time)
_PATHS = (pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath)
_SIZED = (str, bytes, list, tuple, dict, set, frozenset)


@dataclass(frozen=True)
class PlainValue:
    """``digest`` is equal for equal values, in every run: dicts and sets have no order, floats count to 9 digits."""

    kind: str  # the name of its type
    digest: str
    text: str  # as Python writes it; of what is too large only how large it is


class _TooLargeError(Exception):
    pass


class _Foreign:
    """Stands for an object that is not looked into."""


_Texts = tuple[str, str]  # the text that the digest is made of, and the one for people


def described(value: Any) -> PlainValue | None:
    """None for what is no plain value, and for a list or a dict that holds none."""
    reader = _Reader()
    try:
        counted, shown = reader.texts(value, 0)
    except _TooLargeError:
        counted = shown = _size(value)
    if not reader.plain:
        return None
    digest = hashlib.sha256(counted.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return PlainValue(type(value).__name__, f"value1:{digest}", shown)


def _size(value: Any) -> str:
    if type(value) in _SIZED:
        return f"{type(value).__name__} of {len(value):,}, too large to look into"
    return f"{type(value).__name__}, too large to look into"


class _Reader:
    """Reads one value. ``plain``: it is a plain value, or holds one."""

    def __init__(self) -> None:
        self.plain = False
        self._parts = MOST_PARTS
        self._characters = MOST_CHARACTERS

    def texts(self, value: Any, depth: int) -> _Texts:
        """Raises _TooLargeError."""
        kind = type(value)
        if kind in _ORDERED or kind is dict or kind in _UNORDERED:
            return self._container(value, kind, depth)
        found = _leaf(value, kind)
        if found is None:
            name = type.__getattribute__(kind, "__name__")
            return self._spent((f"<{name}>", f"<{name}>"))
        self.plain = True
        return self._spent(found)

    def _container(self, value: Any, kind: type, depth: int) -> _Texts:
        if not value:
            self.plain = True
        self._parts -= len(value)
        if self._parts < 0 or depth >= DEEPEST:
            self.plain = True  # how large it is tells it from others
            raise _TooLargeError
        if kind is dict:
            return self._dict(value, depth)
        items = [self.texts(item, depth + 1) for item in list(value)]
        if kind in _UNORDERED:
            items.sort()
            counted, shown = _joined(items, ", ")
            return f"{kind.__name__}({counted})", f"{{{shown}}}" if items else f"{kind.__name__}()"
        counted, shown = _joined(items, ", ")
        begin, end = ("[", "]") if kind is list else ("(", ")")
        comma = "," if kind is tuple and len(items) == 1 else ""
        return f"{begin}{counted}{end}", f"{begin}{shown}{comma}{end}"

    def _dict(self, value: dict[Any, Any], depth: int) -> _Texts:
        pairs = [(self.texts(key, depth + 1), self.texts(item, depth + 1)) for key, item in list(value.items())]
        counted = ", ".join(sorted(f"{key[0]}: {item[0]}" for key, item in pairs))
        return f"{{{counted}}}", f"{{{', '.join(f'{key[1]}: {item[1]}' for key, item in pairs)}}}"

    def _spent(self, texts: _Texts) -> _Texts:
        self._characters -= len(texts[1]) + 2
        if self._characters < 0:
            raise _TooLargeError
        return texts


def _joined(items: Sequence[_Texts], between: str) -> _Texts:
    return between.join(counted for counted, _ in items), between.join(shown for _, shown in items)


def _leaf(value: Any, kind: type) -> _Texts | None:
    if kind is str:
        if len(value) <= MOST_CHARACTERS:
            return _both(repr(value))
        whole = value.encode("utf-8", "surrogatepass") if len(value) <= MOST_HASHED else b""
        return hashlib.sha256(whole).hexdigest() + _size(value), _size(value)
    if kind is int:
        return _both(repr(value) if value.bit_length() <= LONGEST_INTEGER else _size(value))
    if kind is float:
        return _of_float(value), repr(value)
    if kind is bytes and len(value) > MOST_CHARACTERS:
        return _both(_size(value))
    if kind in _AS_THEY_ARE:
        return _both(repr(value))
    if kind is complex:
        return f"{_of_float(value.real)}+{_of_float(value.imag)}j", repr(value)
    if kind in _MOMENTS:
        return _both(repr(value)) if _has_known_zone(value) else None
    if kind in _PATHS:
        return _both(f"Path({os.fspath(value)!r})")
    return _of_library(value, kind)


def _both(text: str) -> _Texts:
    return text, text


def _of_float(value: float) -> str:
    return f"{value:.{PRECISION}g}" if value else "0"


def _has_known_zone(value: Any) -> bool:
    """Whether asking for its offset runs no code of the program's."""
    zone = value.tzinfo
    return zone is None or type(zone) is datetime.timezone


def _of_library(value: Any, kind: type) -> _Texts | None:
    """Scalars of numpy, as the numbers and texts that they are; moments of pandas."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    generic = getattr(numpy, "generic", None)
    if type.__getattribute__(kind, "__module__") == "numpy" and isinstance(generic, type) and issubclass(kind, generic):
        item = value.item()
        return _leaf(item, type(item)) if type(item) is not kind else None
    if kind is getattr(pandas, "Timestamp", _Foreign) and _has_known_zone(value):
        return _both(f"Timestamp({value.isoformat()!r})")
    return None
