"""Which user functions a body calls or hands on, as far as the source tells.

A body's *references* are what its names, attributes and literals of functions stand for: functions of this file,
of enclosing functions, of classes (methods by their name, inherited ones too) and of user modules it imports.
What is called but cannot be resolved (a parameter, an element of a parameter) is :data:`UNKNOWN`.
"""

from __future__ import annotations

import ast
import builtins
import os
import tokenize
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Union

from spark_lineage.static.names import (
    DATAFRAME_METHODS,
    ENTRY_NAMES,
    EXECUTOR_CALLS,
    EXECUTOR_CALLS_OF_ONE,
    PANDAS_EXECUTOR_CALLS,
    SHAPED_METHODS,
    UDF_DECORATORS,
)

_BUILTINS = frozenset(dir(builtins))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(eq=False)
class Unknown:
    """A callable that the source does not name; it may be a user function."""


UNKNOWN = Unknown()


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


@dataclass(eq=False)
class Class:
    qualname: str
    node: ast.ClassDef
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
    file: str
    functions: list[Function] = field(default_factory=list)  # in source order, ``<module>`` first
    classes: list[Class] = field(default_factory=list)

    @property
    def body(self) -> Function:
        return self.functions[0]


Target = Union[Function, Class, Module, Unknown]


# --------------------------------------------------------------------------- building


class Program:
    """The user modules that can be reached from one file by import statements."""

    def __init__(self, folders: Sequence[str]) -> None:
        self.folders = tuple(dict.fromkeys(os.path.abspath(folder) for folder in folders if folder))
        self.modules: dict[str, Module | None] = {}

    def add(self, file: str, tree: ast.Module) -> Module:
        module = Module(file)
        self.modules[os.path.abspath(file)] = module
        body = Function("<module>", tree, module, None)
        module.functions.append(body)
        _Builder(module, body).block(tree.body, tree)
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


class _Builder:
    """Fills one :class:`Function` with what its own body says, and makes those nested in it."""

    def __init__(self, module: Module, function: Function, prefix: str = "", owner: Class | None = None) -> None:
        self.module, self.function, self.prefix, self.owner = module, function, prefix, owner

    def block(self, nodes: Iterable[ast.AST], parent: ast.AST) -> None:
        for node in nodes:
            self.visit(node, parent)

    def visit(self, node: ast.AST, parent: ast.AST) -> None:
        self.function.own.append((node, parent))
        if isinstance(node, _FUNCTIONS):
            self._function(node)
        elif isinstance(node, ast.ClassDef):
            self._class(node)
        else:
            self._bind(node)
            self.block(ast.iter_child_nodes(node), node)

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
        made = Class(self.prefix + node.name, node, self.module)
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


def called_name(node: ast.expr) -> str:
    """``udf`` of ``@udf``, ``@F.udf("int")`` and ``udf(f)``."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


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


# --------------------------------------------------------------------------- references


class References:
    """Resolves what the body of one function stands on."""

    def __init__(self, program: Program, methods: dict[str, list[Function]]) -> None:
        self._program = program
        self._methods = methods

    def of(self, function: Function) -> Iterator[Target]:
        """All user functions that the body calls or hands on; :data:`UNKNOWN` where it calls what is not known."""
        skipped = _handed_to_executors(function, self._methods)
        column_arguments = _inside_arguments(function)
        for node, parent in function.own:
            if id(node) in skipped:
                continue
            called = isinstance(parent, ast.Call) and parent.func is node
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found = list(self._name(node.id, function, set()))
                yield from (target for target in found if not isinstance(target, Unknown))
                if called and id(parent) not in column_arguments:
                    yield from (target for target in found if isinstance(target, Unknown))
                if called:
                    yield from self._instances(node, function)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                yield from self._attribute(node, function)
            elif isinstance(node, ast.Call) and id(node) not in column_arguments and _is_dynamic(node.func):
                yield UNKNOWN

    def root_is_foreign(self, node: ast.expr, function: Function) -> bool:
        """Whether the receiver at the bottom of a chain is surely no DataFrame: a literal, a module, a Column."""
        root = _root(node)
        if not isinstance(root, ast.Name):
            return not isinstance(root, (ast.Subscript, ast.Call, ast.Await, ast.IfExp, ast.NamedExpr, ast.BoolOp))
        scope: Function | None = function
        while scope is not None:
            if root.id in scope.parameters:
                return _annotated_foreign(scope.parameters[root.id])
            if root.id in scope.values:
                return all(_plain_value(value) for value in scope.values[root.id])
            if root.id in scope.iterated or root.id in scope.functions or root.id in scope.classes:
                return False
            if root.id in scope.imports:
                if root.id in ENTRY_NAMES or scope.imports[root.id].name in ENTRY_NAMES:
                    return False
                return self._program.resolve(scope.imports[root.id], scope.module) is None and not _user_value(
                    self._program, scope.imports[root.id], scope.module
                )
            scope = scope.outer
        return root.id in _BUILTINS and root.id != "super"

    def _name(self, name: str, function: Function, seen: set[tuple[int, str]]) -> Iterator[Target]:
        scope: Function | None = function
        while scope is not None:
            if (id(scope), name) in seen:
                return
            if name in scope.functions:
                yield scope.functions[name]
                return
            if name in scope.classes:
                yield from self._constructor(scope.classes[name])
                return
            if name in scope.values or name in scope.iterated:
                seen.add((id(scope), name))
                for value in scope.values.get(name, []):
                    yield from self._value(value, scope, seen)
                for source in scope.iterated.get(name, []):
                    yield from self._elements(source, scope, seen)
                return
            if name in scope.parameters:
                if name not in ("self", "cls"):
                    yield UNKNOWN
                return
            if name in scope.imports:
                yield from self._imported(self._program.resolve(scope.imports[name], scope.module))
                return
            scope = scope.outer
        yield from self._global(name, function.module)

    def _global(self, name: str, module: Module) -> Iterator[Target]:
        found = self._program.symbol(module, name)
        if found is not None:
            yield from self._imported(found)
        elif name not in _BUILTINS and not module.body.stars:
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
        for base in made.node.bases if _depth < 8 else ():
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
        if not found and not isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Constant)):
            yield UNKNOWN

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
        if node.attr not in self._methods:
            return
        if node.attr in DATAFRAME_METHODS or node.attr in SHAPED_METHODS:
            if not self._is_own_object(node.value, function):
                return
        elif self.root_is_foreign(node.value, function):
            return
        yield from self._methods[node.attr]

    def _module_named(self, name: str, function: Function) -> Module | None:
        scope: Function | None = function
        while scope is not None:
            if name in scope.imports:
                found = self._program.resolve(scope.imports[name], scope.module)
                return found if isinstance(found, Module) else None
            if name in scope.parameters or name in scope.values:
                return None
            scope = scope.outer
        return None

    def _dotted_module(self, node: ast.Attribute, function: Function) -> Module | None:
        """``import a.b; a.b.f()``"""
        try:
            dotted = ast.unparse(node)
        except ValueError:
            return None
        scope: Function | None = function
        while scope is not None:
            if dotted in scope.imports:
                found = self._program.resolve(scope.imports[dotted], scope.module)
                return found if isinstance(found, Module) else None
            scope = scope.outer
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
        if any(True for _ in self._classes(node, function)):
            return True
        return any(
            isinstance(value, ast.Call) and any(True for _ in self._classes(value.func, function))
            for value in self._values_of(node.id, function)
        )

    def _instances(self, node: ast.Name, function: Function) -> Iterator[Function]:
        """``pipeline(df)`` where a user class with ``__call__`` made ``pipeline``."""
        for value in self._values_of(node.id, function):
            if isinstance(value, ast.Call) and any(True for _ in self._classes(value.func, function)):
                yield from self._methods.get("__call__", [])

    def _values_of(self, name: str, function: Function) -> list[ast.expr]:
        scope: Function | None = function
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        return []

    def _classes(self, node: ast.expr, function: Function) -> Iterator[Class]:
        if isinstance(node, ast.Name):
            scope: Function | None = function
            while scope is not None:
                if node.id in scope.classes:
                    yield scope.classes[node.id]
                    return
                if node.id in scope.imports:
                    found = self._program.resolve(scope.imports[node.id], scope.module)
                    if isinstance(found, Class):
                        yield found
                    return
                scope = scope.outer
            yield from self._class_of(node, function.module)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self._module_named(node.value.id, function)
            found = self._program.symbol(module, node.attr) if module is not None else None
            if isinstance(found, Class):
                yield found


def _is_dynamic(node: ast.expr) -> bool:
    """``steps[name](df)``, ``getattr(module, name)(df)``: a call of what only the run knows."""
    if isinstance(node, ast.Subscript):
        return True
    return isinstance(node, ast.Call) and called_name(node) in ("getattr", "partial", "import_module")


def _handed_to_executors(function: Function, methods: Container[str]) -> set[int]:
    """Ids of the nodes that are functions handed to a UDF, an RDD or pandas; ``methods`` are the program's own."""
    handed: set[int] = set()
    for node, _ in function.own:
        if not isinstance(node, ast.Call):
            continue
        name = called_name(node)
        alone = len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Attribute)
        if name in EXECUTOR_CALLS or (name in EXECUTOR_CALLS_OF_ONE and alone) or _calls_back(node, name, methods):
            for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if isinstance(item, (ast.Name, ast.Attribute)):
                    handed.add(id(item))
                elif isinstance(item, ast.Lambda):
                    handed.update(id(inner) for inner in ast.walk(item))
    return handed


def _calls_back(node: ast.Call, name: str, methods: Container[str]) -> bool:
    """``frame.apply(f)``, ``frame.groupby("k").transform(f)`` of pandas."""
    if not isinstance(node.func, ast.Attribute) or name in methods:
        return False
    return name in PANDAS_EXECUTOR_CALLS or (name == "transform" and _is_grouped(node.func.value))


def _is_grouped(node: ast.expr) -> bool:
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("groupby", "rolling", "resample") for each in ast.walk(node)
    )


def _inside_arguments(function: Function) -> set[int]:
    """Ids of calls that stand in the arguments of a DataFrame method: most likely they make Columns."""
    inside: set[int] = set()
    for node, _ in function.own:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COLUMN_TAKERS:
            for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                inside.update(id(inner) for inner in ast.walk(item) if isinstance(inner, ast.Call))
    return inside


_COLUMN_TAKERS = frozenset(
    "select withColumn withColumns filter where agg groupBy groupby orderBy sort drop selectExpr when otherwise "
    "withColumnRenamed repartition".split()
)


def _root(node: ast.expr) -> ast.expr:
    while True:
        if isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return node


_DATAFRAMEISH = ("DataFrame", "Spark", "SQLContext", "Any", "object", "RDD", "Reader", "Delta", "Grouped", "Session")


def _annotated_foreign(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    text = ast.unparse(annotation)
    if "pd." in text or "pandas." in text or "pl." in text:
        return True
    if len(text) <= 2:  # a type variable
        return False
    words = ("str", "int", "float", "bool", "bytes", "list", "List", "dict", "Dict", "set", "Set", "Path", "Column",
             "tuple", "Tuple", "Series", "Row", "date", "datetime")  # fmt: skip
    return not any(word in text for word in _DATAFRAMEISH) and any(word in text for word in words)


def _plain_value(node: ast.expr) -> bool:
    """A literal, a comparison or the result of a builtin: no DataFrame."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _BUILTINS and node.func.id not in ("getattr", "next")
    return isinstance(node, (ast.Constant, ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp,
                             ast.SetComp, ast.Compare))  # fmt: skip


def _user_value(program: Program, imported: Imported, importer: Module) -> bool:
    """``from session import spark``: a variable of a user module."""
    if imported.name is None:
        return False
    module = program.resolve(Imported(imported.module, None, imported.level), importer)
    return isinstance(module, Module) and imported.name in module.body.values
