"""Literals of Python source code that are secrets: what it gives a secret name, compares with one, or encrypts by.

Source text is redacted by what it says and not line by line: in ``lit("x").alias("api_key")`` the value stands before
its name, in ``.option(key="password", value="x")`` the name is an argument. What cannot be parsed is treated as text.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spark_lineage.compat import parse
from spark_lineage.model import SourceReading
from spark_lineage.privacy import flows
from spark_lineage.privacy.nodes import called, name_of, text_of
from spark_lineage.privacy.redaction import is_secret, taken_out
from spark_lineage.privacy.rules import may_have_secret, rules

# Their later arguments are names of columns, not values of the first one.
_OF_NAMES = frozenset(
    "select drop groupBy groupby cube rollup withColumnRenamed join orderBy sort sortWithinPartitions agg col column "
    "dropDuplicates drop_duplicates partitionBy repartition struct array coalesce concat concat_ws getattr hasattr "
    "StructField print add_argument getpass".split()
)
# Calls that give their arguments, or something made of them.
_PASSING = frozenset(
    "lit str bytes bytearray encode decode format strip join concat concat_ws when otherwise coalesce upper lower trim "
    "array struct expr Secret SecretStr b64encode b64decode quote quote_plus".split()
)
_LOOKUPS = frozenset("get getenv pop setdefault getOrDefault".split())  # the first argument is a name
_ASSIGNS = re.compile(r"[=:]\s*[\"']?\Z")  # "jdbc:...&password=" + x
_ESCAPES_WARN = sys.version_info >= (3, 12)  # on the program's stderr, without being asked for
ABOVE = "if True:\n"
_HEADERS = ("cookie", "set-cookie")  # their other forms stand in the rules of texts
_ALIASES = frozenset("alias name".split())


@dataclass(frozen=True)
class Span:
    """A literal in a source: bytes of UTF-8 from ``begin`` to ``end``; ``value`` is None for what is put together."""

    begin: tuple[int, int]  # line from 1, byte from 0
    end: tuple[int, int]
    value: str | None


@functools.lru_cache(maxsize=1024)
def secrets(source: str) -> tuple[Span, ...] | None:
    """The secret literals of a source, in order; None if it is not Python."""
    found = _found(source)
    return found[0] if found is not None else None


def values(source: str) -> frozenset[str]:
    """What the secrets of a source are, those within its texts too: ``"select aes_decrypt(x, 'KEY')"``."""
    found = _found(source)
    return found[1] if found is not None else frozenset()


@functools.lru_cache(maxsize=1024)
def _found(source: str) -> tuple[tuple[Span, ...], frozenset[str]] | None:
    if not may_have_secret(source):
        return (), frozenset()
    tree = parsed(source)
    if tree is None:
        return None
    nodes = list(ast.walk(tree))
    secrets_of = _Secrets(nodes).of
    spans = dict.fromkeys(span for node in nodes for span in secrets_of(node))
    within = (value for node in nodes if (text := text_of(node)) for value in taken_out(text))
    return tuple(_apart(sorted(spans, key=lambda span: (span.begin, tuple(-at for at in span.end))))), frozenset(
        {*(span.value for span in spans if span.value), *within}
    )


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """Without those that lie within another one."""
    end = (0, 0)
    for span in spans:
        if span.begin >= end:
            end = span.end
            yield span


def parsed(source: str) -> ast.Module | None:
    """What Python makes of a source; None if it is not Python."""
    try:
        return parse(source) if not (_ESCAPES_WARN and "\\" in source) else _parsed_silently(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parsed_silently(source: str) -> ast.Module:
    """Python has told the program of its escapes already. Where it would not, the program's warnings are left alone:
    a change of the filters lets a warning that is shown once be shown again.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse(source)


def of_piece(source: str) -> tuple[Span, ...]:
    """As :func:`secrets`, of a function or a statement as it stands in its file; nothing of what is not Python."""
    return secrets(whole(source)) or ()


def parse_ahead(reading: SourceReading) -> None:
    """Finds now, in this thread, what cleaning this reading will ask for: then no other thread parses it."""
    for function in reading.functions:
        of_piece(function.source)
        for statement in function.statements:
            of_piece(statement.source)


def whole(source: str) -> str:
    """A piece of a source as one that can be parsed: what is indented stands below :data:`ABOVE`."""
    return ABOVE + source if source[:1] in (" ", "\t") else source


class _Secrets:
    def __init__(self, nodes: flows.Nodes) -> None:
        self._renamed = flows.renamed(nodes)
        self._assigned = flows.assigned(nodes)
        self._parameters = flows.secret_parameters(nodes)
        self._followed: set[str] = set()  # variables whose values are being looked for

    def of(self, node: ast.AST) -> Iterator[Span]:
        """The literals that this node, and not what is below it, makes secret."""
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if node.value is not None and any(
                self._names(each) or _is_key(name_of(each), node.value) for each in targets
            ):
                yield from self._values(node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from self._defaults(node.args)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                name = text_of(key) if key is not None else None
                if key is not None and (self._names(key) or _is_key(name, value) or (name or "").lower() in _HEADERS):
                    yield from self._values(value)
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(self._speaks, sides)):
                yield from (span for side in sides if not self._names(side) for span in self._values(side))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            if _ASSIGNS.search(_last_text(node.left)) and is_secret(_last_text(node.left)):
                yield from self._values(node.right)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and is_secret(text_of(node.left) or ""):
            yield from self._values(node.right)
        elif isinstance(node, ast.JoinedStr):
            yield from self._formatted(node)
        elif isinstance(node, ast.Call):
            yield from self._call(node)

    def _defaults(self, arguments: ast.arguments) -> Iterator[Span]:
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
        pairs += [
            (name, value) for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value
        ]
        for name, value in pairs:
            if is_secret(name.arg):
                yield from self._values(value)

    def _call(self, call: ast.Call) -> Iterator[Span]:
        name, arguments = called(call), [keyword.value for keyword in call.keywords]
        for keyword in call.keywords:
            if keyword.arg and (is_secret(keyword.arg) or _is_key(keyword.arg, keyword.value)):
                yield from self._values(keyword.value)
        for at in self._parameters.get(name, ()):
            if at < len(call.args):
                yield from self._values(call.args[at])
        if name == "format" and isinstance(call.func, ast.Attribute) and is_secret(text_of(call.func.value) or ""):
            yield from (span for argument in [*call.args, *arguments] for span in self._values(argument))
        if name == "createDataFrame":
            yield from self._rows(call)
        module = name_of(call.func.value) if isinstance(call.func, ast.Attribute) else None  # hmac.new(...)
        if not rules().key_functions.isdisjoint((name.lower(), (module or "").lower())):
            yield from self._lits([*call.args, *arguments])
        if name in _ALIASES and call.args and self._names(call.args[0]) and isinstance(call.func, ast.Attribute):
            yield from self._lits([call.func.value])
        named = [at for at, argument in enumerate([*call.args, *arguments]) if self._names(argument)]
        if named and name not in _OF_NAMES | _ALIASES:
            # Of a name and its value the value may be a variable; who follows a secret is not one by that alone.
            pair = text_of([*call.args, *arguments][named[0]]) is not None
            for at, argument in enumerate([*call.args, *arguments][named[0] + 1 :]):
                yield from self._values(argument, follow=pair and at == 0)
        if name in ("add_argument", "add_option") and named:
            yield from (
                span for key in call.keywords if key.arg in ("default", "const") for span in self._values(key.value)
            )
        if name in ("isin", "eqNullSafe", "like", "startswith", "contains", "endswith") and self._speaks(call.func):
            yield from (span for argument in call.args for span in self._values(argument))

    def _rows(self, call: ast.Call) -> Iterator[Span]:
        """The values of secret columns in rows that stand in the call, as tuples or lists."""
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        first, second, *_ = [*call.args[:2], None, None]
        rows, names = first or named.get("data"), _column_names(second or named.get("schema"))
        secret = [at for at, name in enumerate(names) if is_secret(name)]
        for row in rows.elts if isinstance(rows, (ast.List, ast.Tuple)) else ():
            if isinstance(row, (ast.List, ast.Tuple)):
                yield from (span for at in secret if at < len(row.elts) for span in self._values(row.elts[at]))

    def _names(self, node: ast.AST) -> bool:
        """Whether a node is a secret's name: a variable, an attribute, a key, a short text."""
        if isinstance(node, ast.Subscript):
            return self._names(node.slice)
        if isinstance(node, ast.Call):
            return called(node) in ("col", "column") and any(map(self._names, node.args))
        if isinstance(node, (ast.Tuple, ast.List)):
            return any(isinstance(each, (ast.Name, ast.Attribute)) and self._names(each) for each in node.elts)
        name = name_of(node)
        return name is not None and (
            name in self._renamed or (is_secret(name) and name.isprintable() and " " not in name)
        )

    def _speaks(self, node: ast.AST) -> bool:
        """Whether a secret's name stands somewhere in an expression."""
        return any(self._names(each) for each in ast.walk(node))

    def _values(self, node: ast.AST, follow: bool = True) -> Iterator[Span]:
        """The literals that an expression gives, alone or as a part of what it gives; ``follow``: through variables."""
        if isinstance(node, ast.Name):
            if follow:
                yield from self._of_variable(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and node.value:
            if not (isinstance(node.value, str) and _is_variable(node.value)):
                yield _span(node, node.value if isinstance(node.value, str) else node.value.decode("utf-8", "replace"))
        elif isinstance(node, ast.JoinedStr):
            if any(isinstance(part, ast.Constant) for part in node.values):
                yield _span(node, None)
            # Places within an f-string are known since Python 3.12 only.
            parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
            yield from (span for part in parts if isinstance(part, ast.Name) for span in self._values(part, follow))
        elif isinstance(node, ast.Call):
            name = called(node)
            if name == "cast" and isinstance(node.func, ast.Attribute):
                yield from self._values(node.func.value, follow)
            elif name in _PASSING or name in _LOOKUPS:
                parts = [*node.args, *(keyword.value for keyword in node.keywords)][name in _LOOKUPS :]
                if isinstance(node.func, ast.Attribute) and name in _PASSING:
                    parts.append(node.func.value)
                yield from (span for part in parts for span in self._values(part, follow))
        elif isinstance(node, (ast.BinOp, ast.BoolOp, ast.IfExp, ast.Tuple, ast.List, ast.Set, ast.Starred, ast.Dict)):
            yield from (span for part in ast.iter_child_nodes(node) for span in self._values(part, follow))

    def _of_variable(self, name: str) -> Iterator[Span]:
        """The literals that a variable of whatever name is set to."""
        if name not in self._followed:
            self._followed.add(name)
            try:
                yield from (span for value in self._assigned.get(name, ()) for span in self._values(value))
            finally:
                self._followed.discard(name)

    def _formatted(self, node: ast.JoinedStr) -> Iterator[Span]:
        """``f"password={x}"``: what is set to ``x``."""
        for before, part in itertools.pairwise(node.values):
            name = text_of(before) or ""
            variable = part.value if isinstance(part, ast.FormattedValue) else None
            if isinstance(variable, ast.Name) and _ASSIGNS.search(name) and is_secret(name):
                yield from self._of_variable(variable.id)

    def _lits(self, nodes: list[ast.expr]) -> Iterator[Span]:
        """The literals in ``lit(...)`` within these expressions, and those that are given as bytes."""
        for node in (inner for each in nodes for inner in ast.walk(each)):
            if isinstance(node, ast.Call) and called(node) == "lit":
                yield from (span for argument in node.args for span in self._values(argument))
            elif isinstance(node, ast.Constant) and isinstance(node.value, bytes):
                yield from self._values(node)


def _is_key(name: str | None, value: ast.AST) -> bool:
    """Bytes that are called a key; a text of that name may be anything."""
    is_bytes = isinstance(value, ast.Constant) and isinstance(value.value, bytes)
    return is_bytes and name is not None and name.lower().rpartition("_")[2] in ("key", "iv", "salt")


def _column_names(schema: ast.AST | None) -> list[str]:
    """The columns of a schema that is written as a text in SQL or as a list of names; of any other none."""
    if isinstance(schema, (ast.List, ast.Tuple)):
        return [text_of(each) or "" for each in schema.elts]
    text = text_of(schema) if schema is not None else None
    return [column.strip().partition(" ")[0].partition(":")[0] for column in text.split(",")] if text else []


def _last_text(node: ast.expr) -> str:
    """The text that a sum of texts ends with."""
    return _last_text(node.right) if isinstance(node, ast.BinOp) else text_of(node) or ""


def _is_variable(value: str) -> bool:
    """The name of an environment variable, which is no secret: ``DB_PASSWORD``."""
    return value.isupper() and value.isidentifier() and is_secret(value)


def _span(node: ast.expr, value: str | None) -> Span:
    return Span((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0), value)


def without(source: str, spans: tuple[Span, ...]) -> str:
    """The source with a mark in the place of each of these literals; it can be parsed as before."""
    lines = [line.encode("utf-8", "surrogatepass") for line in source.split("\n")]
    mark = repr(rules().mark).encode()
    for span in reversed(spans):
        (first, begin), (last, end) = span.begin, span.end
        lines[first - 1 : last] = [lines[first - 1][:begin] + mark + lines[last - 1][end:]]
    return b"\n".join(lines).decode("utf-8", "surrogatepass")
