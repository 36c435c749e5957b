"""What of ours the program's own calls run into, and whether all of it stands inside a guard: read from the source.

Hooks are found by how they are installed. Functions that stand in classes and modules of others are found by comparing
these before and after everything has been installed (``installed_attributes``); functions that are handed over to be
called (``atexit``, threads, weak references, finalizers, import finders, logging) by reading the calls that do so.
"""

from __future__ import annotations

import ast
import functools
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2] / "spark_lineage"
Function = ast.FunctionDef | ast.Lambda

# Names of what was there before, which a hook calls in the end.
ORIGINALS = {"original", "execute"}
# Names to which a call of the package's guard may be bound before a hook is made; see ``unbound_guards``.
GUARDS = {"guard": ("guard", "_guard"), "from_caller": ("from_caller",), "caught": ("caught",)}
# Functions of guard.py that hold a guard themselves, each: a hook may call them with names.
ITS_OWN_GUARD = {"leave", "interrupted_again", "silently"}


@dataclass(frozen=True)
class Hook:
    """One function that others call. ``how`` says by what way it got there."""

    file: str
    name: str
    how: str
    node: ast.FunctionDef

    def __str__(self) -> str:
        return f"{self.file}:{self.node.lineno} {self.name} ({self.how})"


@functools.cache
def trees() -> dict[str, ast.Module]:
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


# --------------------------------------------------------------------------- attributes of others


def attributes() -> dict[tuple[int, str], tuple[Any, Any]]:
    """Every attribute of every class and module that is not ours: (owner, name) -> (owner, value)."""
    owners: dict[int, Any] = {}
    for name, module in list(sys.modules.items()):
        if isinstance(module, types.ModuleType) and not _is_ours(name):
            owners[id(module)] = module
            for value in list(vars(module).values()):
                if isinstance(value, type) and not _is_ours(value.__module__):
                    owners[id(value)] = value
    return {(id(owner), name): (owner, value) for owner in owners.values() for name, value in list(vars(owner).items())}


def installed(before: dict[tuple[int, str], tuple[Any, Any]]) -> list[Hook]:
    """The functions of ours that stand where others stood ``before``, or nothing did."""
    places = code_places()
    found: dict[ast.FunctionDef, Hook] = {}
    for key, (owner, value) in attributes().items():
        if key in before and before[key][1] is value:
            continue
        for function in functions_in(value):
            if _is_ours(function.__globals__.get("__name__", "")):
                file, node = places[_fingerprint(function.__code__)]
                found[node] = Hook(file, node.name, f"{getattr(owner, '__name__', owner)}.{key[1]}", node)
    return list(found.values())


def functions_in(value: Any) -> Iterator[types.FunctionType]:
    if isinstance(value, types.FunctionType):
        yield value
    elif isinstance(value, (classmethod, staticmethod)):
        yield from functions_in(value.__func__)
    elif isinstance(value, property):
        for part in (value.fget, value.fset, value.fdel):
            yield from functions_in(part)
    elif isinstance(value, functools.cached_property):
        yield from functions_in(value.func)


def _is_ours(module: object) -> bool:
    return isinstance(module, str) and module.split(".")[0] == "spark_lineage"


@functools.cache
def code_places() -> dict[object, tuple[str, ast.FunctionDef]]:
    """Where in the source a function is. Ours are dressed as what they stand for: their code tells, not their name."""
    found: dict[object, tuple[str, ast.FunctionDef]] = {}
    for file, tree in trees().items():
        nodes = {
            (line, node.name): node
            for node in functions(tree)
            for line in (node.lineno, *(each.lineno for each in node.decorator_list))
        }
        pending = [compile((PACKAGE / file).read_text("utf-8"), file, "exec", dont_inherit=True)]
        while pending:
            code = pending.pop()
            pending.extend(const for const in code.co_consts if isinstance(const, types.CodeType))
            node = nodes.get((code.co_firstlineno, code.co_name))
            if node is not None:
                found[_fingerprint(code)] = (file, node)
    return found


def _fingerprint(code: types.CodeType) -> object:
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_argcount


# --------------------------------------------------------------------------- what is handed over


def handed_over() -> list[Hook]:
    """Functions that the interpreter or a library is given to call back, or calls by their name."""
    found: dict[ast.FunctionDef, Hook] = {}
    for file, tree in trees().items():
        references = {
            node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and "weakref.ref" in _bases(node)
        }
        for how, value in _given(tree, references):
            for function in _meant(tree, value):
                found[function] = Hook(file, function.name, how, function)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for function in node.body:
                    if isinstance(function, ast.FunctionDef) and (how := _called_by_name(node, function)):
                        found[function] = Hook(file, function.name, how, function)
    return list(found.values())


def unknown() -> list[tuple[str, str]]:
    """What is handed over without being a function of the same file, a guard, or what holds one itself."""
    found = []
    for file, tree in trees().items():
        for how, value in _given(tree, set()):
            name = ast.unparse(value).rpartition(".")[2]
            if not _meant(tree, value) and name not in {*GUARDS, "_guard", *ITS_OWN_GUARD}:
                found.append((f"{file}:{value.lineno} {how}", name))
    return found


def _given(tree: ast.Module, references: set[str]) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called, args = ast.unparse(node.func), node.args
        if called in ("atexit.register", "_thread.start_new_thread") and args:
            yield called, args[0]
        elif called.endswith((".addFilter", ".addHandler", ".settrace", ".setprofile")) and args:
            yield called, args[0]
        elif called == "signal.signal" and len(args) > 1:
            yield called, args[1]
        elif called in {"weakref.ref", "weakref.finalize", *references} and len(args) > 1:
            yield called, args[1]
        elif called in ("threading.Thread", "Thread", "threading.Timer"):
            yield from ((called, keyword.value) for keyword in node.keywords if keyword.arg == "target")
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Name, ast.Attribute)):
            for target in node.targets:
                if ast.unparse(target) in ("sys.excepthook", "sys.unraisablehook", "threading.excepthook"):
                    yield ast.unparse(target), node.value


def _meant(tree: ast.Module, value: ast.expr) -> list[ast.FunctionDef]:
    name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else None
    return [function for function in functions(tree) if function.name == name]


def _bases(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base).partition("[")[0] for base in node.bases]


def _called_by_name(owner: ast.ClassDef, function: ast.FunctionDef) -> str | None:
    if function.name == "__del__":
        return "finalizer"
    if any(base.endswith("MetaPathFinder") for base in _bases(owner)) and function.name.startswith("find_"):
        return "sys.meta_path"
    if any(base.endswith(("Handler", "Filter")) and base.startswith("logging.") for base in _bases(owner)):
        return "logging" if function.name in ("emit", "handleError", "close", "filter", "flush") else None
    return None


# --------------------------------------------------------------------------- the rule


def unguarded(hook: Hook) -> list[str]:
    """What ``hook`` evaluates outside of a guard, besides one call of what was there before with names only."""
    return [f"line {node.lineno}: {ast.unparse(node)}" for node in _statements(hook.node.body, _own(hook.node))]


def _own(node: ast.FunctionDef) -> frozenset[str]:
    """Names of the function's own: they are what it was called with, or what it assigned."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    return frozenset(argument.arg for argument in arguments if argument is not None)


def _statements(body: list[ast.stmt], own: frozenset[str]) -> Iterator[ast.AST]:
    for statement in body:
        yield from _statement(statement, own)


def _statement(node: ast.stmt, own: frozenset[str]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Try):
        if not is_guarded(node):
            yield from _statements(node.body, own)
        for handler in node.handlers:
            yield from _statements(handler.body, own)
        yield from _statements([*node.orelse, *node.finalbody], own)
    elif isinstance(node, ast.If):
        if not _plain(node.test):
            yield node.test
        yield from _statements([*node.body, *node.orelse], own)
    elif isinstance(node, ast.Raise):
        if node.exc is not None:
            yield node
    elif isinstance(node, (ast.Expr, ast.Assign, ast.Return)):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if not all(isinstance(target, ast.Name) for target in targets):
            yield node
        elif node.value is not None and not _plain(node.value) and not _allowed_call(node.value, own):
            yield node
    elif not isinstance(node, (ast.Pass, ast.Nonlocal)):
        yield node


def is_guarded(node: ast.Try) -> bool:
    """``try`` around code of ours: what it raises goes to the guard, or nowhere."""
    caught = [handler for handler in node.handlers if _catches_all(handler)]
    return bool(caught) and all(
        isinstance(statement, (ast.Return, ast.Pass))
        or (isinstance(statement, ast.Expr) and _called(statement.value) in {"caught", "interrupted_again"})
        for handler in caught
        for statement in handler.body
    )


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or ast.unparse(handler.type) == "BaseException"


def _called(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", None)


def _allowed_call(node: ast.expr, own: frozenset[str]) -> bool:
    """A guard, ``leave(error)``, or what was there before: never something that is computed here."""
    if not isinstance(node, ast.Call) or not all(map(_plain, node.args)):
        return False
    if not all(_plain(keyword.value) for keyword in node.keywords):
        return False
    name = node.func.id if isinstance(node.func, ast.Name) else None
    return name not in own and name in {*GUARDS, *ITS_OWN_GUARD, *ORIGINALS}


def _plain(node: ast.expr) -> bool:
    """Names, constants, and choices between them by identity: nothing of it can fail or run code."""
    if isinstance(node, (ast.Name, ast.Constant)):
        return True
    if isinstance(node, ast.Starred):
        return _plain(node.value)
    if isinstance(node, ast.IfExp):
        return all(map(_plain, (node.test, node.body, node.orelse)))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and _plain(node.operand)
    if isinstance(node, ast.Compare):
        return all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops) and all(
            map(_plain, (node.left, *node.comparators))
        )
    if isinstance(node, (ast.Tuple, ast.BoolOp)):
        return all(map(_plain, node.elts if isinstance(node, ast.Tuple) else node.values))
    return False


def others_called(hook: Hook) -> list[str]:
    """The names, not of the function's own, that it calls outside of a guard besides the guard."""
    guarded = {
        id(inner) for node in ast.walk(hook.node) if isinstance(node, ast.Try) and is_guarded(node)
        for statement in node.body for inner in ast.walk(statement)
    }  # fmt: skip
    called = [
        node.func.id
        for node in ast.walk(hook.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and id(node) not in guarded
    ]
    return [name for name in called if name not in GUARDS and name not in ITS_OWN_GUARD]


def unbound_guards(file: str) -> list[str]:
    """Names of ``GUARDS`` that this file binds to something else than a guard."""
    found = []
    for node in ast.walk(trees()[file]):
        if isinstance(node, ast.Assign):
            for target, value in _pairs(node):
                if isinstance(target, ast.Name) and target.id in GUARDS:
                    if not (isinstance(value, ast.Attribute) and value.attr in GUARDS[target.id]):
                        found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts)
        else:
            yield target, node.value
