"""Which user functions a body calls or hands on, as far as the source tells.

A body's *references* are what its names, attributes and literals of functions stand for: functions of this file,
of enclosing functions, of classes (methods by their name, inherited ones too) and of user modules it imports.
What is called but cannot be resolved (a parameter, an element of a parameter) is :data:`UNKNOWN`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Union

from spark_lineage.static.arguments import ALWAYS, handed_to_executors, making_columns
from spark_lineage.static.definitions import Class, Function, Module
from spark_lineage.static.names import BUILTINS, DATAFRAME_METHODS, EXECUTOR_CALLS, SHAPED_METHODS, called_name
from spark_lineage.static.program import Program
from spark_lineage.static.receivers import is_foreign


@dataclass(frozen=True)
class Unknown:
    """A callable that the source does not name; it may be a user function.

    Not counted where the program has a method by one of the names ``unless``: then :class:`Named` has it.
    """

    unless: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Named:
    """All methods of this name that the program's classes have."""

    name: str


UNKNOWN = Unknown()
Target = Union[Function, Class, Module, Unknown, Named]


@dataclass(frozen=True)
class Reference:
    """``only_with``: it counts only where the program's classes have a method of this name."""

    target: Target
    only_with: str | None = None


class References:
    """Resolves what the body of one function stands on; methods by their names alone, whoever has them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        # What a variable holds is asked wherever its name stands, and it may be assigned to as often.
        self._held: dict[tuple[Function, str], tuple[Target, ...]] = {}
        self._instance: dict[tuple[Function, str], bool] = {}

    def forget(self) -> None:
        """Before the trees of the functions that were looked at are let go."""
        self._held.clear()
        self._instance.clear()

    def of(self, function: Function) -> Iterator[Reference]:
        """All user functions that the body calls or hands on; :class:`Unknown` where it calls what is not known."""
        handed = handed_to_executors(function)
        column_arguments = making_columns(function)
        for node, parent in function.own:
            only_with = handed.get(id(node))
            if only_with != ALWAYS:
                for target in self._at(node, parent, function, column_arguments):
                    yield Reference(target, only_with)

    def begun(self, function: Function) -> Iterator[Target]:
        """What the body calls in statements of their own, or to exit with: ``main()``, ``sys.exit(Job().run())``."""
        above = {id(node): parent for node, parent in function.own}
        for node, parent in function.own:
            if not isinstance(node, ast.Call):
                continue
            if isinstance(parent, ast.Call) and called_name(parent) in ("exit", "SystemExit"):
                parent = above.get(id(parent))
            if isinstance(parent, (ast.Expr, ast.Raise)):
                yield from self._at(node.func, node, function, set())
                if isinstance(node.func, ast.Attribute):
                    yield Named(node.func.attr)

    def _at(
        self, node: ast.AST, parent: ast.AST | None, function: Function, column_arguments: set[int]
    ) -> Iterator[Target]:
        called = isinstance(parent, ast.Call) and parent.func is node
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found = list(self._name(node.id, function, set()))
            yield from (target for target in found if not isinstance(target, Unknown))
            if called and id(parent) not in column_arguments:
                yield from (target for target in found if isinstance(target, Unknown))
            if called and self._is_instance(node.id, function):
                yield Named("__call__")
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield from self._attribute(node, function)
        elif isinstance(node, ast.Call) and id(node) not in column_arguments:
            if _is_dynamic(node.func):
                yield UNKNOWN
            elif isinstance(node.func, ast.Call) and any(True for _ in self._classes(node.func.func, function)):
                yield Named("__call__")  # Clean(config)(df)

    def _name(self, name: str, function: Function, seen: set[tuple[int, str]]) -> Iterator[Target]:
        for scope in function.scopes():
            if (id(scope), name) in seen:
                return
            if name in scope.functions:
                yield scope.functions[name]
                return
            if name in scope.classes:
                yield from self._constructor(scope.classes[name])
                return
            if name in scope.values or name in scope.iterated:
                yield from self._variable(name, scope, seen)
                return
            if name in scope.parameters:
                if name not in ("self", "cls"):
                    yield UNKNOWN
                return
            if name in scope.imports:
                yield from self._imported(self._program.resolve(scope.imports[name], scope.module))
                return
        yield from self._global(name, function.module)

    def _variable(self, name: str, scope: Function, seen: set[tuple[int, str]]) -> Iterable[Target]:
        if seen:  # what is asked for already is not followed again
            return self._all_of(name, scope, seen)
        key = (scope, name)
        if key not in self._held:
            self._held[key] = tuple(dict.fromkeys(self._all_of(name, scope, seen)))
        return self._held[key]

    def _all_of(self, name: str, scope: Function, seen: set[tuple[int, str]]) -> Iterator[Target]:
        seen.add((id(scope), name))
        for value in scope.values.get(name, []):
            yield from self._value(value, scope, seen)
        for source in scope.iterated.get(name, []):
            yield from self._elements(source, scope, seen)

    def _global(self, name: str, module: Module) -> Iterator[Target]:
        found = self._program.symbol(module, name)
        if found is not None:
            yield from self._imported(found)
        elif name not in BUILTINS and not module.body.stars:
            yield UNKNOWN  # a notebook's earlier cell

    def _imported(self, target: Module | Function | Class | None) -> Iterator[Target]:
        if isinstance(target, Class):
            yield from self._constructor(target)
        elif isinstance(target, Function):
            yield target

    def _constructor(self, made: Class, _depth: int = 0) -> Iterator[Function]:
        for name in ("__init__", "__new__", "__post_init__"):
            if name in made.methods:
                yield made.methods[name]
        for base in made.bases if _depth < 8 else ():
            for target in self._class_of(base, made.module):
                yield from self._constructor(target, _depth + 1)

    def _class_of(self, node: ast.expr, module: Module) -> Iterator[Class]:
        if isinstance(node, ast.Name):
            found = self._program.symbol(module, node.id)
            if isinstance(found, Class):
                yield found

    def _value(self, node: ast.expr, scope: Function, seen: set[tuple[int, str]]) -> Iterator[Target]:
        """The functions that a value holds; what a call gives back is not known, what is handed to it is held."""
        if isinstance(node, ast.Name):
            yield from self._name(node.id, scope, seen)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node, scope)
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for item in node.elts:
                yield from self._value(item, scope, seen)
        elif isinstance(node, ast.Dict):
            for item in node.values:
                yield from self._value(item, scope, seen)
        elif isinstance(node, ast.Starred):
            yield from self._value(node.value, scope, seen)
        elif isinstance(node, ast.IfExp):
            yield from self._value(node.body, scope, seen)
            yield from self._value(node.orelse, scope, seen)
        elif isinstance(node, ast.Lambda):
            for inner in ast.walk(node.body):
                if isinstance(inner, ast.Name):
                    yield from (t for t in self._name(inner.id, scope, seen) if not isinstance(t, Unknown))
                elif isinstance(inner, ast.Attribute):
                    yield from self._attribute(inner, scope)
        elif isinstance(node, ast.Call) and called_name(node) not in EXECUTOR_CALLS:
            for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if isinstance(item, (ast.Name, ast.Lambda, ast.List, ast.Tuple, ast.Dict)):
                    yield from (t for t in self._value(item, scope, seen) if not isinstance(t, Unknown))
        elif isinstance(node, ast.Subscript) or _is_dynamic(node):
            yield UNKNOWN
            if isinstance(node, ast.Subscript):
                yield from self._value(node.value, scope, seen)

    def _elements(self, node: ast.expr, scope: Function, seen: set[tuple[int, str]]) -> Iterator[Target]:
        found = list(self._value(node, scope, seen))
        if isinstance(node, ast.Call):  # enumerate(steps), STEPS.items()
            held = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
            for item in held:
                found.extend(self._value(item, scope, seen))
        yield from found
        names = frozenset(target.name for target in found if isinstance(target, Named))
        sure = any(not isinstance(target, Named) for target in found)
        if not sure and not isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Constant)):
            yield Unknown(unless=names)

    def _attribute(self, node: ast.Attribute, function: Function) -> Iterator[Target]:
        if isinstance(node.value, ast.Name):
            module = self._module_named(node.value.id, function)
            if module is not None:
                yield from self._imported(self._program.symbol(module, node.attr))
                return
        elif isinstance(node.value, ast.Attribute):
            module = self._dotted_module(node.value, function)
            if module is not None:
                yield from self._imported(self._program.symbol(module, node.attr))
                return
        if node.attr in DATAFRAME_METHODS or node.attr in SHAPED_METHODS:
            if not self._is_own_object(node.value, function):
                return
        elif is_foreign(node.value, function, self._program):
            return
        yield Named(node.attr)

    def _module_named(self, name: str, function: Function) -> Module | None:
        for scope in function.scopes():
            if name in scope.imports:
                found = self._program.resolve(scope.imports[name], scope.module)
                return found if isinstance(found, Module) else None
            if name in scope.parameters or name in scope.values:
                return None
        return None

    def _dotted_module(self, node: ast.Attribute, function: Function) -> Module | None:
        """``import a.b; a.b.f()``"""
        dotted = _dotted(node)
        for scope in function.scopes():
            if dotted in scope.imports:
                found = self._program.resolve(scope.imports[dotted], scope.module)
                return found if isinstance(found, Module) else None
        return None

    def _is_own_object(self, node: ast.expr, function: Function) -> bool:
        """``self``, a user class, or a variable that a user class made."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "super":
                return True
            return any(True for _ in self._classes(node.func, function))
        if not isinstance(node, ast.Name):
            return False
        if node.id in ("self", "cls"):
            return True
        return any(True for _ in self._classes(node, function)) or self._is_instance(node.id, function)

    def _is_instance(self, name: str, function: Function) -> bool:
        """Whether a user class made what a variable holds: ``pipeline(df)`` is a call of its ``__call__`` then."""
        scope = next((scope for scope in function.scopes() if name in scope.values), None)
        if scope is None:
            return False
        key = (scope, name)
        if key not in self._instance:
            self._instance[key] = any(
                isinstance(value, ast.Call) and any(True for _ in self._classes(value.func, scope))
                for value in scope.values[name]
            )
        return self._instance[key]

    def _classes(self, node: ast.expr, function: Function) -> Iterator[Class]:
        if isinstance(node, ast.Name):
            for scope in function.scopes():
                if node.id in scope.classes:
                    yield scope.classes[node.id]
                    return
                if node.id in scope.imports:
                    found = self._program.resolve(scope.imports[node.id], scope.module)
                    if isinstance(found, Class):
                        yield found
                    return
            yield from self._class_of(node, function.module)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self._module_named(node.value.id, function)
            found = self._program.symbol(module, node.attr) if module is not None else None
            if isinstance(found, Class):
                yield found


def _dotted(node: ast.expr) -> str:
    """``a.b.c``; empty where the names do not begin with a variable."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def _is_dynamic(node: ast.expr) -> bool:
    """``steps[name](df)``, ``getattr(module, name)(df)``: a call of what only the run knows."""
    if isinstance(node, ast.Subscript):
        return True
    return isinstance(node, ast.Call) and called_name(node) in ("getattr", "partial", "import_module")
