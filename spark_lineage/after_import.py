"""Tells when the program has imported a module, right after that has been executed. Nothing is imported for it.

A finder at the front of ``sys.meta_path`` lets the others find the module, and has its loader tell. Others do the same
(wrapt, and who stands on it): each may ask all finders in its turn, ours among them, and may have a loader of its own.
So ours is asked about nothing that it is asking about already, and loaders are left as they were found.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spark_lineage.guard import Guard, leave, logger

Told = Callable[[types.ModuleType], Any]
Find = Callable[[str, "Sequence[str] | None", "types.ModuleType | None"], "importlib.machinery.ModuleSpec | None"]

_ABSENT = object()


class Finder(importlib.abc.MetaPathFinder):
    """Calls ``loaded(module)`` right after one of the named modules has been executed."""

    def __init__(self, names: Sequence[str], loaded: Told, guard: Guard) -> None:
        self._names = frozenset(names)
        self._loaded = loaded
        self._guard = guard
        self._asking: set[tuple[int, str]] = set()  # in which thread, about which module

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """What the finders after this one find. None where ours fails: then they are asked as without us."""
        guard, begin, hook, end = self._guard, self._begin, self._hook, self._end
        others = guard("hook", begin, fullname)
        if others is None:
            return None
        try:
            for original in others:
                spec = original(fullname, path, target)
                if spec is not None:
                    guard("hook", hook, fullname, spec)
                    return spec
            return None
        except BaseException as error:  # a finder that forbids an import does it so
            leave(error)
            raise
        finally:
            guard("hook", end, fullname)

    def _begin(self, fullname: str) -> list[Find] | None:
        """How the others are asked; None for other modules, and while that is being done."""
        if fullname not in self._names:
            return None
        asking, finders = (threading.get_ident(), fullname), list(sys.meta_path)
        if asking in self._asking or self not in finders:
            return None
        self._asking.add(asking)
        after = finders[finders.index(self) + 1 :]  # those before this one have been asked
        return [finder.find_spec for finder in after if hasattr(finder, "find_spec")]

    def _end(self, fullname: str) -> None:
        self._asking.discard((threading.get_ident(), fullname))

    def _hook(self, fullname: str, spec: importlib.machinery.ModuleSpec) -> None:
        loader = _innermost(spec.loader)
        # A class that stands for a loader (of frozen modules) loads many others.
        if loader is not None and not isinstance(loader, type):
            _run_after(loader, fullname, self._loaded, self._guard)


def _innermost(loader: Any) -> Any:
    """The loader that executes the module, where others stand around it: LazyLoader, and proxies like wrapt's."""
    for name in ("loader", "__wrapped__") * 3:
        if name == "__wrapped__" or isinstance(loader, importlib.util.LazyLoader):
            loader = getattr(loader, name, loader)
    return loader


def _run_after(loader: Any, name: str, loaded: Told, guard: Guard) -> None:
    """Makes this one loader object call ``loaded`` after it has executed the module called ``name``."""
    execute, attributes = loader.exec_module, vars(loader)
    before = attributes.get("exec_module", _ABSENT)  # others, and others of ours, may wait for the same module

    def as_it_was(module: types.ModuleType) -> bool:
        """The loader is the module's __loader__ from now on. False for another module: an archive has one loader."""
        if module.__name__ != name:
            return False
        if attributes.get("exec_module") is exec_module:
            if before is _ABSENT:
                del attributes["exec_module"]
            else:
                attributes["exec_module"] = before
        return True

    def exec_module(module: types.ModuleType) -> None:
        is_it = guard("hook", as_it_was, module)
        try:
            execute(module)
        except BaseException as error:
            leave(error)
            raise
        if is_it:
            guard("hook", loaded, module)

    try:
        loader.exec_module = exec_module
    except AttributeError:
        logger.debug("%r cannot be hooked", loader)


def is_whole(name: str, modules: Mapping[str, Any] = sys.modules) -> bool:
    """Whether a module has been imported: it is not just being so, and has not been put off until it is used."""
    module = modules.get(name)
    if type(module).__name__ == "_LazyModule":  # to ask it for anything would import it
        return False
    spec = getattr(module, "__spec__", None)
    return spec is not None and not getattr(spec, "_initializing", False)
