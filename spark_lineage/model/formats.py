"""Numbers of the formats that are written, errors of reading them, and values as JSON."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

WIRE_VERSION = 1  # of the documents that the JVM half sends: ``jvm/wire.schema.json``
FORMAT = 2  # of what is written into the store; it stands in the address of every facet's schema


class Damaged(ValueError):
    """Something in the store is not as it was written. The text of the error is one sentence for people."""


# What code raises that trusts data to have its shape, when the data has another one.
SHAPE_ERRORS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)


def plain(value: Any) -> Any:
    """A value of the seam as what ``json.dumps`` takes; a dataclass as ``{"_": "ClassName", ...}``."""
    if isinstance(value, enum.Enum):
        return value.value
    if hasattr(value, "__dataclass_fields__"):
        return {"_": type(value).__name__, **{name: plain(getattr(value, name)) for name in value.__dataclass_fields__}}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, frozenset)):
        return [plain(item) for item in value]
    return value
