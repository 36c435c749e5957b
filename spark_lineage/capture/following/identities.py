"""Values kept for objects of the program by identity, without a trace on the objects."""

from __future__ import annotations

import weakref
from typing import Any

from spark_lineage.guard import interrupted_again


class _Reference(weakref.ref):  # type: ignore[type-arg]
    __slots__ = ("key",)
    key: int


class Identities:
    """Values by the identity of objects that are still alive. Objects must take weak references."""

    def __init__(self) -> None:
        held: dict[int, tuple[_Reference, Any]] = {}

        def gone(reference: _Reference) -> None:
            try:
                known = held.get(reference.key)
                if known is not None and known[0] is reference:
                    held.pop(reference.key, None)  # another thread may have been faster
            except BaseException as interruption:
                interrupted_again(interruption)

        self._held = held
        self._gone = gone

    def get(self, owner: object) -> Any:
        found = self._held.get(id(owner))
        return found[1] if found is not None and found[0]() is owner else None

    def put(self, owner: object, value: object) -> None:
        reference = _Reference(owner, self._gone)
        reference.key = id(owner)
        self._held[reference.key] = (reference, value)

    def __len__(self) -> int:
        return len(self._held)
