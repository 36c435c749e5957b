"""Patches are a table; each can be undone, and only what is still ours is."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from spark_lineage import compat


@dataclass(frozen=True)
class Patch:
    """``owner.name`` becomes ``make(original)``, dressed as the original."""

    owner: Any  # a class or a module
    name: str
    make: Callable[[Callable[..., Any]], Callable[..., Any]]


class Patches:
    """Puts a table of patches in place, and takes it out. Both can be called twice."""

    def __init__(self, table: Iterable[Patch]) -> None:
        self._table = list(table)
        self._placed: list[tuple[Any, str, Any, Any]] = []  # owner, name, original, ours
        self._lock = threading.Lock()

    def install(self) -> None:
        """All of them, or none if one cannot be placed: then what it raised is raised."""
        with self._lock:
            if self._placed:
                return
            try:
                for patch in self._table:
                    self._place(patch)
            except BaseException:
                self._take_out()
                raise

    def _place(self, patch: Patch) -> None:
        original = vars(patch.owner).get(patch.name)
        ours = _patched(original, patch.make)
        if ours is not None:
            setattr(patch.owner, patch.name, ours)
            self._placed.append((patch.owner, patch.name, original, ours))

    def uninstall(self) -> None:
        with self._lock:
            self._take_out()

    def _take_out(self) -> None:
        for owner, name, original, ours in reversed(self._placed):
            if vars(owner).get(name) is ours:
                setattr(owner, name, original)
        self._placed.clear()


def _patched(original: Any, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Any:
    """The same kind of attribute around the patched function; None for kinds that we do not know."""
    if isinstance(original, FunctionType):
        return dressed(make(original), original)
    if isinstance(original, (classmethod, staticmethod)):
        function: Any = original.__func__
        return type(original)(dressed(make(function), function))
    if type(original) is property and isinstance(original.fget, FunctionType):
        return property(dressed(make(original.fget), original.fget), original.fset, original.fdel, original.__doc__)
    if isinstance(original, functools.cached_property) and isinstance(original.func, FunctionType):
        cached: functools.cached_property[Any] = functools.cached_property(dressed(make(original.func), original.func))
        cached.attrname = original.attrname
        return cached
    return None


def dressed(ours: Callable[..., Any], original: FunctionType) -> Callable[..., Any]:
    """``ours`` with the name, signature, documentation, file and line of ``original``.

    Spark's call sites and warnings go by file and function name of the frames on the stack.
    """
    assert isinstance(ours, FunctionType)
    functools.update_wrapper(ours, original)
    changes: dict[str, Any] = {
        "co_filename": original.__code__.co_filename,
        "co_name": original.__code__.co_name,
        "co_firstlineno": original.__code__.co_firstlineno,
    }
    if compat.CODE_HAS_QUALNAME:
        changes["co_qualname"] = original.__code__.co_qualname  # type: ignore[attr-defined]
    ours.__code__ = ours.__code__.replace(**changes)
    if ours.__code__.co_argcount == 0:  # it takes whatever comes, and hands it on: these are only looked at
        ours.__defaults__, ours.__kwdefaults__ = original.__defaults__, original.__kwdefaults__
    return ours
