"""The user modules that files reach by their imports, and what a name of one of them stands for."""

from __future__ import annotations

import os
import tokenize
from collections import deque
from collections.abc import Iterator, Sequence

from spark_lineage.static.definitions import Class, Function, Imported, Module, defined

_RE_EXPORTS = 20  # modules that hand a name on, one to the next; two that import it from each other have no end


class Program:
    """The user modules that were read so far; each is read once.

    An import is looked up in ``folders``, in the folder that holds the package of the file that has it, and beside that
    file, in this order.
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.folders = tuple(dict.fromkeys(os.path.abspath(folder) for folder in folders if folder))
        self._modules: dict[str, Module | None] = {}
        self._reached: deque[Module] = deque()  # whose imports were not looked at yet
        self._imported: dict[tuple[str, str, int], Module | None] = {}  # (folder of the importer, name, level)
        self._search: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._modules)

    def known(self, module: Module) -> Module | None:
        """What was read of the same file before."""
        return self._modules.get(module.file)

    def add(self, module: Module) -> None:
        """Adds a module and all that it reaches."""
        self._add(module)
        while self._reached:
            importer = self._reached.popleft()
            found = [
                self._inner(imported, importer) or self._module(imported.module, imported.level, importer)
                for function in importer.functions
                for imported in [*function.imports.values(), *function.stars]
            ]
            importer.reaches = list(dict.fromkeys(module for module in found if module is not None))

    def _add(self, module: Module) -> Module:
        self._modules[module.file] = module
        self._reached.append(module)
        return module

    def reachable(self, module: Module) -> list[Module]:
        """A module and all that it imports, what those import, and so on."""
        found = {module: None}
        waiting = deque(found)
        while waiting:
            for reached in waiting.popleft().reaches:
                if reached not in found:
                    found[reached] = None
                    waiting.append(reached)
        return list(found)

    def resolve(self, imported: Imported, importer: Module, _depth: int = 0) -> Module | Function | Class | None:
        """The user module, function or class that is imported; None if it is not the program's own."""
        inner = self._inner(imported, importer)
        if inner is not None:
            return inner
        module = self._module(imported.module, imported.level, importer)
        if module is None or imported.name is None:
            return module
        return self.symbol(module, imported.name, _depth + 1)

    def _inner(self, imported: Imported, importer: Module) -> Module | None:
        """``from package import module``"""
        if imported.name is None:
            return None
        return self._module(f"{imported.module}.{imported.name}".lstrip("."), imported.level, importer)

    def symbol(self, module: Module, name: str, _depth: int = 0) -> Module | Function | Class | None:
        body = module.body
        found: Module | Function | Class | None = body.functions.get(name) or body.classes.get(name)
        if found is not None or _depth > _RE_EXPORTS:
            return found
        if name in body.imports:
            return self.resolve(body.imports[name], module, _depth)
        for star in body.stars:
            source = self.resolve(star, module)
            if isinstance(source, Module) and (found := self.symbol(source, name, _depth + 1)) is not None:
                return found
        return None

    def _module(self, name: str, level: int, importer: Module) -> Module | None:
        key = (importer.folder, name, level)
        if key not in self._imported:
            self._imported[key] = self._find([part for part in name.split(".") if part], level, importer.folder)
        return self._imported[key]

    def _find(self, parts: Sequence[str], level: int, folder: str) -> Module | None:
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._load(folder, parts) if parts else None
        if folder not in self._search:
            self._search[folder] = tuple(dict.fromkeys([*self.folders, *_package_parent(folder), folder]))
        found = (self._load(place, parts) for place in self._search[folder])
        return next((module for module in found if module is not None), None)

    def _load(self, folder: str, parts: Sequence[str]) -> Module | None:
        if not parts:
            return None
        base = os.path.join(folder, *parts)
        for path in (base + ".py", os.path.join(base, "__init__.py")):
            if path in self._modules:
                return self._modules[path]
            if os.path.isfile(path):
                return self._read(path)
        return None

    def _read(self, path: str) -> Module | None:
        self._modules[path] = None  # stays so where it cannot be read
        try:
            with tokenize.open(path) as source:
                return self._add(defined(path, source.read()))
        except (OSError, SyntaxError, UnicodeDecodeError, ValueError, RecursionError):
            return None


def _package_parent(folder: str) -> Iterator[str]:
    """The folder that holds the package whose module stands in ``folder``."""
    if os.path.isfile(os.path.join(folder, "__init__.py")):
        while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        yield folder
