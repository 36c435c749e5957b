"""Tells when the program has imported a module, right after that has been executed. Nothing is imported for it."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from spark_lineage.guard import Guard, logger


class Finder(importlib.abc.MetaPathFinder):
    """Calls ``loaded(module)`` right after one of the named modules has been executed."""

    def __init__(self, names: Sequence[str], loaded: Callable[[types.ModuleType], Any], guard: Guard) -> None:
        self._names = frozenset(names)
        self._loaded = loaded
        self._guard = guard

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """None, also where ours fails: then the other finders are asked as without us."""
        guard, find = self._guard, self._find
        return guard("hook", find, fullname, path, target)

    def _find(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._names:
            return None
        # Those that come after this one: another one of ours asks in the same way, and not this one again.
        finders = list(sys.meta_path)
        for finder in finders[finders.index(self) + 1 :] if self in finders else ():
            spec = finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                _run_after(spec.loader, self._loaded, self._guard)
                return spec
        return None


def _run_after(loader: Any, patch: Callable[[types.ModuleType], Any], guard: Guard) -> None:
    """Makes this one loader object call ``patch`` after it has executed its module."""
    execute = loader.exec_module

    def as_it_was() -> None:
        # The loader is the module's __loader__ from now on. Another one of ours may wait for the same module.
        vars(loader).pop("exec_module", None)

    def exec_module(module: types.ModuleType) -> None:
        guard("hook", as_it_was)
        execute(module)
        guard("hook", patch, module)

    try:
        loader.exec_module = exec_module
    except AttributeError:
        logger.debug("%r cannot be hooked", loader)


def is_whole(name: str) -> bool:
    """Whether a module has been imported, and is not just being so."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return spec is not None and not getattr(spec, "_initializing", False)
