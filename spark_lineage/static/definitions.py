"""What one file defines: functions, classes, imports, and what each body says by itself.

Nothing is resolved here: what a name stands for, :mod:`spark_lineage.static.references` finds.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from spark_lineage.compat import parse
from spark_lineage.privacy.hashes import text_hash
from spark_lineage.static.names import UDF_DECORATORS, called_name

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(eq=False)
class Function:
    """One function; ``<module>`` is the module's body."""

    qualname: str
    node: ast.AST
    module: Module
    outer: Function | None
    owner: Class | None = None
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    values: dict[str, list[ast.expr]] = field(default_factory=dict)  # name -> what is assigned to it in this body
    iterated: dict[str, list[ast.expr]] = field(default_factory=dict)  # name -> what it loops over
    parameters: dict[str, ast.expr | None] = field(default_factory=dict)  # name -> annotation
    imports: dict[str, Imported] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)
    own: list[tuple[ast.AST, ast.AST | None]] = field(default_factory=list)  # (node, parent) of the body itself
    udf: bool = False
    wrapper: bool = False

    def forget(self) -> None:
        """Lets the tree go: what is left is what a function of another module may ask about."""
        self.node = ast.Pass()
        self.own = []
        self.values = {name: [] for name in self.values}
        self.iterated = {name: [] for name in self.iterated}
        self.parameters = dict.fromkeys(self.parameters)

    def scopes(self) -> Iterator[Function]:
        """The bodies in which its names are looked up: its own, then the enclosing ones."""
        scope: Function | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


@dataclass(eq=False)
class Class:
    qualname: str
    bases: list[ast.expr]
    module: Module
    methods: dict[str, Function] = field(default_factory=dict)


@dataclass(frozen=True)
class Imported:
    """``import module`` (name None) or ``from module import name``."""

    module: str
    name: str | None
    level: int = 0


@dataclass(eq=False)
class Module:
    file: str  # absolute
    text_hash: str
    functions: list[Function] = field(default_factory=list)  # in source order, ``<module>`` first
    classes: list[Class] = field(default_factory=list)
    reaches: list[Module] = field(default_factory=list)  # the user modules it imports

    def __post_init__(self) -> None:
        self.folder = os.path.dirname(self.file)

    @property
    def body(self) -> Function:
        return self.functions[0]


def defined(file: str, text: str) -> Module:
    """The module in ``file``. Raises SyntaxError if ``text`` is not Python."""
    tree = parse(text)
    module = Module(os.path.abspath(file), text_hash(text))
    body = Function("<module>", tree, module, None)
    module.functions.append(body)
    _Builder(module, body).block(tree.body, tree)
    return module


class _Builder:
    """Fills one :class:`Function` with what its own body says, and makes those nested in it."""

    def __init__(self, module: Module, function: Function, prefix: str = "", owner: Class | None = None) -> None:
        self.module, self.function, self.prefix, self.owner = module, function, prefix, owner

    def block(self, nodes: Iterable[ast.AST], parent: ast.AST) -> None:
        """In source order and without recursion into expressions: a chain of calls is as deep as it is long."""
        waiting = [(node, parent) for node in reversed(list(nodes))]
        while waiting:
            node, parent = waiting.pop()
            self.function.own.append((node, parent))
            if isinstance(node, _FUNCTIONS):
                self._function(node)
            elif isinstance(node, ast.ClassDef):
                self._class(node)
            else:
                self._bind(node)
                parts = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.expr_context)]
                waiting.extend((part, node) for part in reversed(parts))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.block([*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)], node)
        inner = Function(self.prefix + node.name, node, self.module, self.function, self.owner)
        for arg in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            inner.parameters[arg.arg] = arg.annotation
        for extra in (node.args.vararg, node.args.kwarg):
            if extra is not None:
                inner.parameters[extra.arg] = extra.annotation
        inner.udf = any(called_name(decorator) in UDF_DECORATORS for decorator in node.decorator_list)
        self.module.functions.append(inner)
        if self.owner is None:
            self.function.functions[node.name] = inner
        else:
            self.owner.methods[node.name] = inner
        _Builder(self.module, inner, f"{inner.qualname}.<locals>.").block(node.body, node)
        inner.wrapper = _is_wrapper(inner)

    def _class(self, node: ast.ClassDef) -> None:
        self.block([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)], node)
        made = Class(self.prefix + node.name, node.bases, self.module)
        self.module.classes.append(made)
        if self.owner is None:
            self.function.classes[node.name] = made
        _Builder(self.module, self.function, f"{made.qualname}.", made).block(node.body, node)

    def _bind(self, node: ast.AST) -> None:
        function = self.function
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
            self._assign(node.target, node.value)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            for name in _names(node.target):
                function.iterated.setdefault(name, []).append(node.iter)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                function.imports[bound] = Imported(alias.name if alias.asname else bound, None)
                if not alias.asname and "." in alias.name:
                    function.imports[alias.name] = Imported(alias.name, None)  # never a Name: only read for loading
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    function.stars.append(Imported(node.module or "", None, node.level))
                else:
                    imported = Imported(node.module or "", alias.name, node.level)
                    function.imports[alias.asname or alias.name] = imported

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        sequences = (ast.Tuple, ast.List)
        if isinstance(target, sequences) and isinstance(value, sequences) and len(target.elts) == len(value.elts):
            for part, item in zip(target.elts, value.elts, strict=True):
                self._assign(part, item)
            return
        for name in _names(target):
            self.function.values.setdefault(name, []).append(value)


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _names(item)
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        yield target.value.id  # steps["clean"] = clean


def _is_wrapper(function: Function) -> bool:
    """A nested function that stands around one given to the function that makes it: a decorator's inside."""
    node, outer = function.node, function.outer
    assert isinstance(node, _FUNCTIONS)
    if any(called_name(decorator) == "wraps" for decorator in node.decorator_list):
        return True
    if outer is None or not outer.parameters or not (node.args.vararg and node.args.kwarg):
        return False
    returned = any(
        isinstance(inner, ast.Return) and isinstance(inner.value, ast.Name) and inner.value.id == node.name
        for inner in ast.walk(outer.node)
    )
    calls = any(
        isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in outer.parameters
        for inner, _ in function.own
    )
    return returned and calls
