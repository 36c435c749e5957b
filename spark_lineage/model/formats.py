"""Numbers of the formats that are written, what is raised where something is not in them, and values as JSON."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

WIRE_VERSION = 1


FORMAT = 2  # of what is written into the store; in the address of every facet's schema


class Damaged(ValueError):
    """Something in the store is not as it was written; its text is one sentence for people."""


# What data of another shape than it must have makes code raise that trusts it.
SHAPE_ERRORS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)


def plain(value: Any) -> Any:
    """Seam value -> what ``json.dumps`` takes; ``{"_": "ClassName", ...}`` for dataclasses."""
    if isinstance(value, enum.Enum):
        return value.value
    if hasattr(value, "__dataclass_fields__"):
        return {"_": type(value).__name__, **{name: plain(getattr(value, name)) for name in value.__dataclass_fields__}}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, frozenset)):
        return [plain(item) for item in value]
    return value
