"""Makes every function of the package say that it is entered, and breaks one of them at a time.

An import hook puts one call at the head of each function of ``spark_lineage``: :data:`POINT` counts it there, with what
called it, and raises where it is told to. The functions that the program itself calls (the hooks) and the guard are
left out: the one must not fail, the other does not (``tests/unit/test_guarded.py``).

The first import of ``spark_lineage`` in a process must come after :func:`make_breakable`.
"""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.machinery
import itertools
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2] / "spark_lineage"
ENTERED = "__spark_lineage_entered__"
LEFT_OUT = ("guard.py",)
# A guard of its own kind, where nothing may be imported: what it runs is broken, as what guard.py runs is.
GUARD_OF_IMPORTS = {
    f"own_imports.py:{name}" for name in ("Apart.__init__", "Apart.__enter__", "Apart.__exit__", "_quietly")
}


class Panic(BaseException):
    """As pyo3 raises it where a Rust library panics: no Exception."""


class Fault(Exception):
    """An ordinary fault of ours."""


KINDS = (Fault, Panic, ImportError)
Site = str  # file:function


class Point:
    """``broken`` is the function that raises, one kind of error after the other; None: all are only counted."""

    def __init__(self) -> None:
        self.broken: Site | None = None
        self.doors: dict[Site, set[str]] = {}  # function -> by what it was entered: see ``_door``
        self.guarded: set[tuple[str, str]] = set()  # (kind of fault, name of what the guard ran)
        self.entered: Counter[tuple[Site, str]] = Counter()  # while broken: (function, door)
        self.counting = False
        self._kinds = itertools.cycle(KINDS)

    def begin(self, broken: Site | None, first: int = 0) -> None:
        self.broken, self.counting = broken, True
        self.seen: set[Site] = set()
        self.entered.clear()
        self._kinds = itertools.cycle(KINDS[first:] + KINDS[:first])

    def end(self) -> None:
        self.broken, self.counting = None, False

    def __call__(self, site: Site) -> None:
        if not self.counting:
            return
        if self.broken is None:
            door = self._door(site, sys._getframe(2))
            if door is not None:
                self.doors.setdefault(site, set()).add(door)
                self.seen.add(site)
            return
        door = self._door(site, sys._getframe(2))  # a guard that is only entered after a fault
        if site == self.broken:
            self.entered[site, door or ""] += 1
            raise next(self._kinds)(f"a fault of ours in {site}")

    def _door(self, site: Site, caller: FrameType | None) -> str | None:
        """By what the program, the agent or the runner comes into this function; None if by another of its part."""
        if caller is None:
            return None
        module, name = caller.f_globals.get("__name__", ""), caller.f_code.co_name
        if module == "spark_lineage.guard":
            if name not in ("__call__", "from_caller"):
                return name if name == "silently" else None
            self.guarded.add((caller.f_locals["what"], getattr(caller.f_locals["body"], "__name__", "")))
            return f"guard {caller.f_locals['what']}"
        if module == "spark_lineage.own_imports" and name == "_quietly":
            return "imports"
        if not module.startswith("spark_lineage"):
            return None
        if not caller.f_code.co_filename.startswith(str(PACKAGE)):
            return "hook"  # dressed as what it stands for
        if module.startswith("spark_lineage.agent") and not site.startswith("agent/"):
            return "agent"
        if module == "spark_lineage.activation.runner" and name == "_switch_on":
            return "runner"
        return "hook" if name == "_mgr" else None


POINT = Point()


def make_breakable() -> Point:
    setattr(builtins, ENTERED, POINT)
    sys.meta_path.insert(0, _Finder())
    return POINT


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> Any:
        if fullname.split(".")[0] != "spark_lineage":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        file = Path(self.path).relative_to(PACKAGE).as_posix()
        tree = ast.parse(Path(self.path).read_text("utf-8"))
        if file not in LEFT_OUT:
            _Marking(file).visit(tree)
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)


# Names of functions that run as hooks: what they stand for is a free variable of theirs.
_STANDS_FOR = {"original", "execute", "hook"}
_CALLED_BY_OTHERS = {"__del__", "_mgr", "_gone", "gone", "find_spec", "find_distributions", "of_the_program"}


class _Marking(ast.NodeTransformer):
    def __init__(self, file: str) -> None:
        self._file = file
        self._inside: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._within(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._within(node)
        name = ".".join([*self._inside, node.name])
        if not _is_hook(node) and not _overloaded(node) and f"{self._file}:{name}" not in GUARD_OF_IMPORTS:
            at = 1 if ast.get_docstring(node, clean=False) is not None and len(node.body) > 1 else 0
            call = ast.Expr(ast.Call(ast.Name(ENTERED, ast.Load()), [ast.Constant(f"{self._file}:{name}")], []))
            for part in ast.walk(call):
                ast.copy_location(part, node.body[at])
            node.body.insert(at, call)
        return node

    def _within(self, node: Any) -> Any:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()
        return node


def _is_hook(node: ast.FunctionDef) -> bool:
    if node.name in _CALLED_BY_OTHERS:
        return True
    own = {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]}
    bound = {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
    called = {call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    nested = any(inner is not node and isinstance(inner, ast.FunctionDef) for inner in ast.walk(node))
    return bool(called & _STANDS_FOR - own - bound) and not nested


def _overloaded(node: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Constant) and each.value is ... for each in [getattr(node.body[-1], "value", None)])
