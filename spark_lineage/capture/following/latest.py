"""Tables that do not grow with the length of a session."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Latest(OrderedDict[Key, Value]):
    """The entries that were kept last, at most ``most`` of them. ``forgotten`` counts those that had to go."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.forgotten = 0

    def keep(self, key: Key, value: Value) -> Value:
        """Adds or replaces an entry; the one that was kept longest ago goes where there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self.most:
            self.popitem(last=False)
            self.forgotten += 1
        return value
