"""What the source says about running code: its function, its statement, the names at an instruction.

A file is read when its first frame is seen, and once. Where it cannot be read everything answers None.
"""

from __future__ import annotations

import ast
import bisect
import contextlib
import itertools
import linecache
import threading
import tokenize
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import attrgetter
from types import CodeType, FrameType
from typing import Any

from spark_lineage import compat
from spark_lineage.capture.code.typed_lines import SHELL, TypedLines
from spark_lineage.compat import parse
from spark_lineage.model import FunctionReading, SourceReading, Statement, typed_number

ReadSource = Callable[[str, str], SourceReading]


class SourceFile:
    """One file of the user's: its text and its static reading."""

    def __init__(self, text: str, reading: SourceReading) -> None:
        self.text = text
        self.reading = reading
        self.functions = {
            (function.line, function.qualname.rpartition(".")[2]): function for function in reading.functions
        }
        self._calls: dict[tuple[int, int], ast.Call] | None = None
        self._calls_by_name: dict[str, _Calls] = {}

    def call_ending_at(self, line: int, column: int) -> ast.Call | None:
        """The call expression that ends there (line, UTF-8 column)."""
        return self._by_end().get((line, column))

    def only_call_at(self, line: int, method: str) -> ast.Call | None:
        """The call of ``method`` that stands on a line, if there is just one (3.10 has no columns)."""
        found = [
            node
            for node in self._called(method).nodes
            if node.lineno <= line <= (node.end_lineno or 0) and isinstance(node.func, ast.Attribute)
        ]
        return found[0] if len(found) == 1 else None

    def calls_of(self, function: str, statement: Statement) -> list[ast.Call]:
        """The calls of a function in the lines of a statement."""
        return self._called(function).between(statement.line, statement.end_line)

    def _called(self, name: str) -> _Calls:
        if not self._calls_by_name:
            by_name: dict[str, list[ast.Call]] = {}
            for node in self._by_end().values():
                if (called := _called(node.func)) is not None:
                    by_name.setdefault(called, []).append(node)
            self._calls_by_name = {called: _Calls(nodes) for called, nodes in by_name.items()}
        return self._calls_by_name.get(name) or _Calls([])

    def _by_end(self) -> dict[tuple[int, int], ast.Call]:
        if self._calls is None:
            self._calls = {
                (node.end_lineno or 0, node.end_col_offset or 0): node
                for node in ast.walk(parse(self.text))
                if isinstance(node, ast.Call)
            }
        return self._calls


class _Calls:
    """Calls of one name. ``nodes``: in the order in which ``ast.walk`` comes to them."""

    def __init__(self, nodes: list[ast.Call]) -> None:
        self.nodes = nodes
        by_line = sorted(range(len(nodes)), key=lambda at: nodes[at].lineno)
        self._order, self._lines = by_line, [nodes[at].lineno for at in by_line]

    def between(self, first: int, last: int) -> list[ast.Call]:
        """Those that begin on one of these lines."""
        found = self._order[bisect.bisect_left(self._lines, first) : bisect.bisect_right(self._lines, last)]
        return [self.nodes[at] for at in sorted(found)]


class SourceFiles:
    """The user's files, each read once.

    ``read(text, file)`` gives the static reading. ``seen`` is told of each reading, ``failed(file, why)`` of each file
    that could not be read.
    """

    def __init__(
        self, read: ReadSource | None, seen: Callable[[SourceReading], None], failed: Callable[[str, str], None]
    ) -> None:
        self._read = read
        self._seen = seen
        self._failed = failed
        self._sources: dict[str, SourceFile | None] = {}
        self._loading = threading.Lock()
        self._typed = TypedLines()
        self._untold = False  # that typed lines have no text
        self._versions: dict[str, str] = {}  # name of a cell -> what it is called here, once its text was another one
        self._version_texts: dict[str, str] = {}
        self._lines: dict[int, tuple[FunctionReading, list[int], list[int]]] = {}
        self._bound: dict[int, tuple[FunctionReading, dict[str, list[Statement]]]] = {}

    def of(
        self, file: str, module_globals: dict[str, Any] | None = None, code: CodeType | None = None
    ) -> SourceFile | None:
        with contextlib.suppress(KeyError):
            return self._sources[file]
        with self._loading:  # another thread may be at it: what it finds decides what a step is
            if file not in self._sources:
                self._sources[file] = self._load(file, module_globals, code)
            return self._sources[file]

    def file_of(self, code: CodeType) -> str:
        """The name of its file; what was typed at a prompt has one for each statement."""
        return self._versions.get(code.co_filename) or self._typed.file_of(code)

    def cell_runs(self, file: str) -> None:
        """A cell of this name begins to run: some notebooks give a cell that was edited, or all cells, one name."""
        text = "".join(linecache.getlines(file))
        before = self._sources.get(self._versions.get(file, file))
        if text and before is not None and before.text != text:
            version = self._versions[file] = f"{file}~{len(self._version_texts) + 2}"
            self._version_texts[version] = text

    def read_before(self, file: str) -> SourceReading | None:
        """The reading of a file that was read already."""
        source = self._sources.get(file)
        return source.reading if source is not None else None

    def _load(self, file: str, module_globals: dict[str, Any] | None, code: CodeType | None) -> SourceFile | None:
        if self._read is None:
            return None
        typed = typed_number(file) is not None
        text = self._version_texts.get(file) or (self._typed.text_of(file, code) if typed else "")
        text = text or _text_of(file, module_globals)
        if not text and typed:
            if not self._untold:
                self._untold = True
                self._failed(SHELL, "the shell keeps no text of what is typed: lines are steps without names or source")
            return None
        if not text:
            self._failed(file, "its source could not be read")
            return None
        try:
            reading = self._read(text, file)
        except Exception as error:
            self._failed(file, f"{type(error).__name__}: {error}")
            return None
        self._seen(reading)
        return SourceFile(text, reading)

    def keep(self, files: Collection[str]) -> None:
        """Forgets the other files: they are read again if their code should run again."""
        with self._loading:
            self._sources = {file: source for file, source in self._sources.items() if file in files}
            readings = {
                id(f) for source in self._sources.values() if source is not None for f in source.reading.functions
            }
            self._lines = {key: lines for key, lines in self._lines.items() if key in readings}
            self._bound = {key: bound for key, bound in self._bound.items() if key in readings}

    def function(self, code: CodeType, module_globals: dict[str, Any], module_body: bool) -> FunctionReading | None:
        source = self.of(self.file_of(code), module_globals, code)
        if source is None:
            return None
        if module_body:
            return source.reading.functions[0]
        return source.functions.get((code.co_firstlineno, code.co_name))

    # -- statements

    def place(self, reading: FunctionReading | None, frame: FrameType) -> tuple[int | None, int]:
        """(index of the running statement, its line now)."""
        line = frame.f_lineno or frame.f_code.co_firstlineno
        if reading is None:
            return None, line
        _, starts, order = self._index(reading)
        last = bisect.bisect_right(starts, line)
        candidates = [
            statement
            for statement in (reading.statements[order[at]] for at in range(max(0, last - 12), last))
            if statement.line <= line <= statement.end_line
        ]
        if not candidates:
            return None, line
        if len(candidates) > 1:
            return self._by_column(candidates, frame, line), line
        return candidates[0].index, line

    def _index(self, reading: FunctionReading) -> tuple[FunctionReading, list[int], list[int]]:
        known = self._lines.get(id(reading))
        if known is None:
            order = sorted(range(len(reading.statements)), key=lambda at: (reading.statements[at].line, at))
            known = (reading, [reading.statements[at].line for at in order], order)
            self._lines[id(reading)] = known
        return known

    def binding(self, reading: FunctionReading, name: str) -> list[Statement]:
        """The statements of a function, in order, that bind a name, wholly or in part."""
        known = self._bound.get(id(reading))
        if known is None:  # a script may have a thousand statements, and this is asked of each of them
            by_name: dict[str, list[Statement]] = {}
            for statement in reading.statements:
                for bound in dict.fromkeys(each.removeprefix("+") for each in statement.binds):
                    by_name.setdefault(bound, []).append(statement)
            known = self._bound[id(reading)] = (reading, by_name)
        return known[1].get(name, [])

    def bound_before(self, reading: FunctionReading, name: str, at: int) -> Iterator[Statement]:
        """Those before statement ``at``, the last one first."""
        binding = self.binding(reading, name)
        first_after = bisect.bisect_left(binding, at, key=attrgetter("index"))
        return (binding[number] for number in range(first_after - 1, -1, -1))

    def _by_column(self, candidates: list[Any], frame: FrameType, line: int) -> int:
        """Several statements on one line: the last that begins at or before the instruction."""
        position = _instruction(frame.f_code, frame.f_lasti)
        if position is not None and position[0] is not None and position[2] is not None:
            before = [s for s in candidates if (s.line, s.column) <= (position[0], position[2])]
            candidates = before or candidates
        return max(candidates, key=lambda statement: (statement.line, statement.column)).index  # type: ignore[no-any-return]

    # -- errors

    def may_catch(self, frame: FrameType) -> bool:
        """Whether the body that runs in ``frame`` may catch an error raised where it stands."""
        source = self._sources.get(self.file_of(frame.f_code))
        if source is None:
            return True  # not known
        line = frame.f_lineno or 0
        name = frame.f_code.co_name
        reading = source.functions.get((frame.f_code.co_firstlineno, name))
        if reading is None and name == "<module>":
            reading = source.reading.functions[0]
        if reading is None:
            return False  # a lambda or a comprehension cannot
        return any(first <= line <= last for first, last in reading.guarded)

    # -- names

    def names(self, frame: FrameType, method: str) -> CallNames:
        """The names that the running call of ``method`` is written with."""
        source = self._sources.get(self.file_of(frame.f_code))
        node = _running_call(source, frame, method) if source is not None else None
        if node is None:
            return CallNames(None, (), {})
        receiver = _name(node.func.value) if isinstance(node.func, ast.Attribute) else None
        keywords = {keyword.arg: name for keyword in node.keywords if keyword.arg and (name := _name(keyword.value))}
        return CallNames(receiver, tuple(_name(arg) for arg in node.args), keywords)

    def read_by(self, frame: FrameType, method: str) -> tuple[str, ...]:
        """The names in the first argument, or ``data=``, of the running call of ``method``."""
        source = self._sources.get(self.file_of(frame.f_code))
        node = _running_call(source, frame, method) if source is not None else None
        if node is None:
            return ()
        data = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "data")]
        return tuple(dict.fromkeys(name for part in data for name in _loaded(part)))

    def given(self, place: Any, code: CodeType, parameters: Sequence[str]) -> tuple[str, ...]:
        """The names in what the statement at ``place`` gives to these parameters of ``code``, which it calls."""
        source = self._sources.get(place.call.code.file)
        statement = place.call.code.reading.statements[place.statement] if place.statement is not None else None
        if source is None or statement is None:
            return ()
        found = [name for node in source.calls_of(code.co_name, statement) for name in _given(node, code, parameters)]
        return tuple(dict.fromkeys(found)) or statement.reads  # called by another name, or not seen calling


class CallNames:
    """``a.join(b, on=key)``: receiver ``a``, arguments ``("b",)``, keywords ``{"on": "key"}``."""

    __slots__ = ("arguments", "keywords", "receiver")

    def __init__(self, receiver: str | None, arguments: tuple[str | None, ...], keywords: dict[str, str]) -> None:
        self.receiver = receiver
        self.arguments = arguments
        self.keywords = keywords


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return node.attr
    return None


def _called(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def _given(node: ast.Call, code: CodeType, parameters: Sequence[str]) -> Iterator[str]:
    positional = code.co_varnames[: code.co_argcount]
    if positional[:1] in (("self",), ("cls",)):
        if positional[0] in parameters and isinstance(node.func, ast.Attribute):
            yield from _loaded(node.func.value)
        positional = positional[1:]
    for name, argument in zip(positional, node.args, strict=False):
        if name in parameters:
            yield from _loaded(argument)
    for keyword in node.keywords:
        if keyword.arg in parameters:
            yield from _loaded(keyword.value)


def _loaded(node: ast.AST) -> Iterator[str]:
    """As ``Statement.reads`` has them."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id in ("self", "cls"):
            yield f"self.{inner.attr}"
        elif isinstance(inner, ast.Name):
            yield inner.id


def _running_call(source: SourceFile, frame: FrameType, method: str) -> ast.Call | None:
    if compat.HAS_POSITIONS:
        position = _instruction(frame.f_code, frame.f_lasti)
        if position is None or position[1] is None or position[3] is None:
            return None
        return source.call_ending_at(position[1], position[3])
    return source.only_call_at(frame.f_lineno or 0, method)


def _instruction(code: CodeType, at: int) -> tuple[int | None, int | None, int | None, int | None] | None:
    """(line, end line, column, end column) of the instruction at ``f_lasti``."""
    if not compat.HAS_POSITIONS or at < 0:
        return None
    found = next(itertools.islice(code.co_positions(), at // 2, None), None)  # type: ignore[attr-defined]
    return (found[0], found[1], found[2], found[3]) if found is not None else None


def _text_of(file: str, module_globals: dict[str, Any] | None) -> str:
    try:
        with tokenize.open(file) as source:
            return source.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return "".join(linecache.getlines(file, module_globals))
