"""The user modules that a file reaches by its imports, and what a name of one of them stands for."""

from __future__ import annotations

import ast
import os
import tokenize
from collections.abc import Iterator, Sequence

from spark_lineage.static.definitions import Class, Function, Imported, Module, defined


class Program:
    """The user modules that can be reached from one file by import statements."""

    def __init__(self, folders: Sequence[str]) -> None:
        self.folders = tuple(dict.fromkeys(os.path.abspath(folder) for folder in folders if folder))
        self.modules: dict[str, Module | None] = {}

    def add(self, file: str, tree: ast.Module) -> Module:
        module = self.modules[os.path.abspath(file)] = defined(file, tree)
        for function in list(module.functions):
            for imported in [*function.imports.values(), *function.stars]:
                self.resolve(imported, module)
        return module

    def resolve(self, imported: Imported, importer: Module) -> Module | Function | Class | None:
        """The user module, function or class that is imported; None if it is not the program's own."""
        if imported.name is None:
            return self._module(imported.module, imported.level, importer)
        inner = self._module(f"{imported.module}.{imported.name}".lstrip("."), imported.level, importer)
        if inner is not None:
            return inner
        module = self._module(imported.module, imported.level, importer)
        return self.symbol(module, imported.name) if module is not None else None

    def symbol(self, module: Module, name: str, _depth: int = 0) -> Module | Function | Class | None:
        body = module.body
        found: Module | Function | Class | None = body.functions.get(name) or body.classes.get(name)
        if found is not None or _depth > 5:
            return found
        if name in body.imports:
            return self.resolve(body.imports[name], module)
        for star in body.stars:
            source = self.resolve(star, module)
            if isinstance(source, Module) and (found := self.symbol(source, name, _depth + 1)) is not None:
                return found
        return None

    def _module(self, name: str, level: int, importer: Module) -> Module | None:
        parts = [part for part in name.split(".") if part]
        if level:
            folder = os.path.dirname(os.path.abspath(importer.file))
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._load(folder, parts) if parts else None
        for folder in (*self.folders, *_package_parent(importer.file)):
            if (module := self._load(folder, parts)) is not None:
                return module
        return None

    def _load(self, folder: str, parts: Sequence[str]) -> Module | None:
        if not parts:
            return None
        base = os.path.join(folder, *parts)
        for path in (base + ".py", os.path.join(base, "__init__.py")):
            if path in self.modules:
                return self.modules[path]
            if os.path.isfile(path):
                return self._read(path)
        return None

    def _read(self, path: str) -> Module | None:
        self.modules[path] = None  # a cycle, or a file that is not Python
        try:
            with tokenize.open(path) as source:
                return self.add(path, ast.parse(source.read()))
        except (OSError, SyntaxError, UnicodeDecodeError, ValueError):
            return None


def _package_parent(file: str) -> Iterator[str]:
    folder = os.path.dirname(os.path.abspath(file))
    if os.path.isfile(os.path.join(folder, "__init__.py")):
        while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        yield folder
