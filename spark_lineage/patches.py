"""The one way in which attributes of other people's classes and modules are replaced, and put back.

Patches are a table. A table is placed whole: if one of its patches cannot be made or placed, none of it stays. Undoing
puts back an original only where what stands there is still ours; what somebody else has put over it meanwhile stays.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, Final

from spark_lineage import compat

Function = Callable[..., Any]

#: What ``Patch.make`` is given where the owner itself has no attribute of that name.
ABSENT: Final = object()


@dataclass(frozen=True)
class Patch:
    """The attribute ``name`` of ``owner`` becomes ``make(original)``; it stays as it is where that gives None.

    ``original`` is what the namespace of ``owner`` itself holds (a function, a property, a classmethod, ...), or
    :data:`ABSENT`.
    """

    owner: type | ModuleType
    name: str
    make: Callable[[Any], Any]


def around(owner: type | ModuleType, name: str, make: Callable[[Function], Function]) -> Patch:
    """A patch of a function, method or property: ``make`` is given the plain function in it and wraps it.

    What is placed is of the same kind as the original and is dressed as it. Other kinds of attributes stay as they are.
    """
    return Patch(owner, name, lambda original: _of_same_kind(original, make))


class Patches:
    """A table of patches that can be placed and undone. Both can be called twice."""

    def __init__(self, table: Iterable[Patch]) -> None:
        self._table = tuple(table)
        self._placed: list[tuple[Patch, Any, Any]] = []  # with the original and ours
        self._lock = threading.Lock()

    def install(self) -> None:
        """Places all of them. Raises what making or placing one of them raises, and then none is in place."""
        with self._lock:
            if self._placed:
                return
            made = [(patch, original, patch.make(original)) for patch, original in map(_with_original, self._table)]
            try:
                for patch, original, ours in made:
                    if ours is not None:
                        setattr(patch.owner, patch.name, ours)
                        self._placed.append((patch, original, ours))
            except BaseException:
                self._undo()
                raise

    def uninstall(self) -> None:
        """Puts back the originals where ours still stand."""
        with self._lock:
            self._undo()

    def _undo(self) -> None:
        while self._placed:
            patch, original, ours = self._placed.pop()
            if vars(patch.owner).get(patch.name) is not ours:
                continue
            if original is ABSENT:
                delattr(patch.owner, patch.name)
            else:
                setattr(patch.owner, patch.name, original)


def _with_original(patch: Patch) -> tuple[Patch, Any]:
    return patch, vars(patch.owner).get(patch.name, ABSENT)


def _of_same_kind(original: Any, make: Callable[[Function], Function]) -> Any:
    """The same kind of attribute around the wrapped function; None for kinds that we do not know."""
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


def dressed(ours: Function, original: FunctionType) -> Function:
    """``ours`` with the name, signature, documentation, file and line of ``original``.

    Spark's call sites and warnings go by the file and the function name of the frames on the stack.
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
