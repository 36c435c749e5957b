"""What a statement that gives no name to its value is called: by what it does, and to what (``write_best``)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from spark_lineage.static.names import BUILTINS, DATAFRAME_METHODS, SHAPED_METHODS

LONGEST = 40  # characters
WRITERS = frozenset({"write", "writeTo", "writeStream"})
# What stands between a session and the data it gives: the session's own name says nothing.
SESSIONS = frozenset({"read", "readStream", "sql", "table", "range", "createDataFrame"})
CONTEXTS = frozenset({"spark", "session", "sc", "self", "args", "config"})
KNOWN = DATAFRAME_METHODS | SHAPED_METHODS | WRITERS
SQL = re.compile(
    r"""(?ix)\b(insert\s+(?:into|overwrite)(?:\s+(?:table|local|directory))*
    |create\s+(?:or\s+replace\s+)?(?:global\s+)?(?:temp(?:orary)?\s+)?(?:external\s+)?(?:table|view)(?:\s+if\s+not\s+exists)?
    |replace\s+table|merge\s+into|update|delete\s+from|truncate\s+table|drop\s+(?:table|view)(?:\s+if\s+exists)?
    |alter\s+(?:table|view)|(?:un)?cache\s+(?:lazy\s+)?table|refresh\s+table|optimize|vacuum|analyze\s+table)
    \s+['"`]?((?!if\s)[^\s'"`(;,.]+`?(?:\.`?[^\s'"`(;,]+`?)*)""",
)


def deed(statement: ast.stmt) -> str | None:
    """``write_best`` for ``best.write.parquet(path)``; None for a statement that calls nothing by a name."""
    for expression in _expressions(statement):
        if (found := _of(expression)) is not None:
            return found[:LONGEST].rstrip("_")
    return None


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """What runs in the statement itself, of a compound one its header."""
    for name in ("value", "test", "iter", "exc", "subject"):
        found = getattr(statement, name, None)
        if isinstance(found, ast.expr):
            yield found
    for item in getattr(statement, "items", ()):
        yield item.context_expr


def _of(expression: ast.expr) -> str | None:
    calls = [node for node in ast.walk(expression) if isinstance(node, ast.Call)]
    # From the outside in; what handles DataFrames says more than what it is handed to.
    for call in sorted(calls, key=lambda call: not KNOWN.intersection(_chain(call)[1])):
        root, methods = _chain(call)
        if isinstance(call.func, ast.Name) and call.func.id in BUILTINS and len(calls) > 1:
            continue
        if "sql" in methods and (found := _of_sql(call)) is not None:
            return found
        subject = _target(call) if methods and methods[0] in SESSIONS else _word(root)
        if WRITERS.intersection(methods):
            return "_".join(filter(None, ("write", subject)))
        verb = methods[-1] if methods else _word(root)
        if not methods and call.args and isinstance(call.args[0], ast.Name) and call.args[0].id not in CONTEXTS:
            subject = call.args[0].id
        if verb:
            return verb if subject in (None, verb) else f"{verb}_{subject}"
    return None


def _chain(call: ast.Call) -> tuple[ast.expr, list[str]]:
    """``best.write.mode("x").parquet(p)`` -> (best, [write, mode, parquet])"""
    methods: list[str] = []
    node: ast.expr = call
    while True:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            methods.append(node.func.attr)
            node = node.func.value
        elif isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and not methods):
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                break
            methods.append(node.attr)
            node = node.value
        elif isinstance(node, (ast.Subscript, ast.Await)):
            node = node.value
        else:
            break
    return node, methods[::-1]


def _word(node: ast.expr) -> str | None:
    if isinstance(node, ast.Call):
        return _word(node.func)
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _target(call: ast.Call) -> str | None:
    """``best`` for ``parquet("out/best.parquet")``, ``t`` for ``writeTo("db.t").append()``."""
    node: ast.expr = call
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Call):
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if texts and not re.search(r"\s", texts[0]) and _word(node) not in ("mode", "format", "option"):
                return _last(re.sub(r"\.(parquet|csv|json|orc|delta|txt)$", "", texts[0]))
            node = node.func
        else:
            node = node.value
    return None


def _last(place: str) -> str | None:
    """The last part of a path or a table's name, fit for a name."""
    return re.sub(r"\W+", "_", re.split(r"[/.]", place.strip("`'\"").rstrip("/"))[-1]).strip("_") or None


def _of_sql(call: ast.Call) -> str | None:
    for node in ast.walk(call):  # a text that is put together comes before its parts
        if (text := _text(node)) is not None and (found := SQL.search(text)):
            return "_".join(filter(None, (found[1].split()[0].lower(), _last(found[2]))))
    return None


def _text(node: ast.AST) -> str | None:
    """A literal, or an f-string with the names of its variables in their places."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or _word(getattr(part, "value", part)) or "_" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
