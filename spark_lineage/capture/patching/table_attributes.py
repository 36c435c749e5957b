"""The patch by which uses of pandas objects are seen: the manager that each of them has (``NDFrame._mgr``).

The attribute becomes a property of the class while a program is observed. It is read often, so that the way from
there to the user's code is short: what was found for an instruction of the program holds as long as it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Protocol

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.following.tables.callers import PANDAS, USER, TableCallers, ThreadState
from spark_lineage.capture.following.tables.objects import Tables
from spark_lineage.guard import Guard
from spark_lineage.patches import Patch


def patches(pandas: Tables) -> list[Patch]:
    """The patch of pandas, which is imported; ``pandas`` is told of each new object and of each use that is news."""
    from pandas.core.generic import NDFrame

    callers = pandas.begin()
    manager = ManagerProperty(callers, pandas.thread, pandas.guard, pandas.held, pandas.born, pandas.touched)
    return [Patch(NDFrame, "_mgr", lambda original: manager.made("_mgr"))]


def polars_patches(pandas: Tables) -> list[Patch]:
    """The patches of polars, which is imported: its objects, too, have what they hold in one attribute."""
    import polars

    callers = pandas.begin("polars")
    manager = ManagerProperty(callers, pandas.thread, pandas.guard, pandas.held, pandas.born, pandas.touched)
    held: tuple[tuple[type, str], ...] = ((polars.DataFrame, "_df"), (polars.LazyFrame, "_ldf"), (polars.Series, "_s"))
    return [Patch(owner, name, _always(manager.made(name))) for owner, name in held]


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda original: value


class Seen(Protocol):
    """What is known of an object."""

    last: Position


class ManagerProperty:
    """Calls ``born(obj, frame)`` for each new object and ``touched(obj, frame)`` for each use that is news."""

    def __init__(
        self, callers: TableCallers, thread: ThreadState, guard: Guard, known: Mapping[int, Seen],
        born: Callable[[Any, FrameType], None], touched: Callable[[Any, FrameType], None],
    ) -> None:  # fmt: skip
        self._callers, self._thread, self._guard, self._known = callers, thread, guard, known
        self._born, self._touched = born, touched

    def made(self, name: str) -> property:
        """The property that stands for the attribute; its values stay in the ``__dict__`` of the objects."""
        return property(self._getter(name, self._touched), self._setter(name, self._born))

    def _getter(self, name: str, touched: Callable[[Any, FrameType], None]) -> Callable[[Any], Any]:
        thread, known, getframe, tell = self._thread, self._known, sys._getframe, self._tell
        off, caught, kinds, kind_of = self._guard.off, self._guard.caught, self._callers.kinds, self._callers.kind

        def _mgr(self: Any) -> Any:
            try:
                manager = self.__dict__[name]
            except KeyError:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None
            try:
                if thread.busy or "pandas" in off:
                    return manager
                caller = frame = getframe().f_back
                while frame is not None:  # no function call on this path: pandas reads managers very often
                    kind = kinds.get(id(frame.f_code))
                    if kind is None:
                        kind = kind_of(frame)
                    back = frame.f_back
                    if kind == USER and (back is None or kinds.get(id(back.f_code)) != PANDAS):
                        break
                    frame = back
                if frame is not None:
                    token, instruction, position = thread.memo
                    trace = frame.f_trace
                    if trace is not None and trace is token() and frame.f_lasti == instruction:
                        seen = known.get(id(self))
                        if seen is not None and seen.last is position:
                            return manager
                tell(touched, self, caller)
            except BaseException as fault:
                caught("pandas", fault)
            return manager

        return _mgr

    def _setter(self, name: str, born: Callable[[Any, FrameType], None]) -> Callable[[Any, Any], None]:
        thread, known, getframe, tell = self._thread, self._known, sys._getframe, self._tell
        off, caught = self._guard.off, self._guard.caught

        def _mgr(self: Any, manager: Any) -> None:
            self.__dict__[name] = manager
            try:
                if not thread.busy and "pandas" not in off and id(self) not in known:
                    tell(born, self, getframe().f_back)
            except BaseException as fault:
                caught("pandas", fault)

        return _mgr

    def _tell(self, what: Callable[[Any, FrameType], None], obj: Any, frame: FrameType | None) -> None:
        if frame is None:
            return  # used by no Python code
        try:
            self._thread.busy = True
            what(obj, frame)
        finally:
            self._thread.busy = False
