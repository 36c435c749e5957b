"""The journal of a program without a Python half (Scala, Java, SQL), as the observations that a Python half would make.

The JVM half writes it (``io.sparklineage.program``): lines of the wire, and beside them how the program began and
ended, which DataFrames were marked, and what it asked of Spark, with the methods of the program that were on the stack.

A method of the program is a function here, and a line of it a statement. An activation of a method goes on as long as
what is asked next comes from the same method, called at the same line. Where there is no program, as in ``spark-sql``,
each SQL statement is a statement.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from spark_lineage.jvm.records import UnknownRecord, decode
from spark_lineage.jvm.sql_names import deed, variable
from spark_lineage.model import (
    CallEnded,
    CallSeen,
    FunctionReading,
    Marked,
    Mode,
    Observation,
    Operation,
    OperationKind,
    Outcome,
    Place,
    ProgramEnded,
    ProgramStarted,
    SourceRead,
    SourceReading,
    Statement,
)

Document = Mapping[str, Any]
Lines = Callable[[], Iterable[bytes]]

BEGIN, END = b'{"kind":"program"', b'{"kind":"end"'
MODULE = "<module>"
MAIN = "c1"
_LAMBDA = re.compile(r"\$anonfun\$(.+?)\$\d+(?:\$adapted)?|lambda\$(.+?)\$\d+")
_TYPED = re.compile(r"\$line(\d+)\.")
SHELL = "shell"
_BODIES = ("<init>", "<clinit>")  # of objects that are programs: ``object Job extends App``
_READERS = ("DataFrameReader.", "SparkSession.table", "SparkSession.read")
_MAKERS = (
    "SparkSession.range",
    "SparkSession.createDataFrame",
    "SparkSession.createDataset",
    "SparkSession.emptyDataFrame",
)
_TELLING = ("write_", "view_")
_KEEPERS = ("persist", "cache", "checkpoint", "localCheckpoint")


def is_journal(first_line: bytes) -> bool:
    """Whether a file that begins so is the journal of a program without a Python half."""
    return first_line.startswith(BEGIN)


def masks(first_line: bytes) -> dict[str, bool]:
    """What the program's options want to have masked: ``personal``, ``literals``."""
    begun = _document(first_line) or {}
    return {name: bool(begun[f"masks_{name}"]) for name in ("personal", "literals") if f"masks_{name}" in begun}


def ended(line: bytes) -> ProgramEnded | None:
    """The end of the program, if this line says it."""
    if not line.startswith(END):
        return None
    document = json.loads(line)
    return ProgramEnded(document["at"], Outcome(document["outcome"]), document["error"])


def observations(lines: Lines) -> Iterator[Observation | None]:
    """All of a journal; None for a whole line that cannot be read. ``lines`` gives all of them each time."""
    begun: Document = {}
    for line in lines():
        begun = _document(line) or {}
        break
    started = _started(begun)
    yield started
    asked = _Asked(lines, started)
    yield from map(SourceRead, asked.readings)
    yield from asked.calls_and_operations()
    for line in lines():
        if line.startswith((BEGIN, b'{"kind":"operation"')):
            continue
        yield from _observation(line)


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _started(begun: Document) -> ProgramStarted:
    return ProgramStarted(
        app=begun["app"], program=begun["program"], argv=tuple(begun["argv"]), python="", at=begun["at"],
        mode=_mode(begun["mode"]), labels=begun["labels"], run=begun["run"], place=begun["place"],
    )  # fmt: skip


def _mode(name: str) -> Mode:
    try:
        return Mode(name.lower())
    except ValueError:
        return Mode.FLOW


def _observation(line: bytes) -> Iterator[Observation | None]:
    try:
        if line.startswith(b'{"kind":"marked"'):
            document = json.loads(line)
            yield Marked(document["dataset"], document["why"], tuple(document["inputs"]))
        elif (end := ended(line)) is not None:
            yield end
        else:
            yield decode(line.decode("utf-8"))
    except (UnknownRecord, ValueError, KeyError, TypeError):
        if line.endswith(b"\n"):
            yield None


# ------------------------------------------------------------------------------------------------ what was asked


@dataclass(frozen=True)
class _Frame:
    """A method of the program on the stack, and the line in it; of lambdas the method that they stand in."""

    method: str  # with its class: ``com.acme.Orders.clean``
    file: str
    line: int


@dataclass
class _Open:
    """An activation of a method that may go on."""

    frame: _Frame
    call: str
    site: int  # the line in the caller
    last: float  # when it last asked for something


@dataclass
class _Line:
    """A line of a method, or a SQL statement: what is known of it as a statement."""

    line: int
    source: str = ""
    variable: str | None = None
    deeds: list[str] = field(default_factory=list)


class _Asked:
    """What the program asked of Spark, in the order in which it did."""

    def __init__(self, lines: Lines, started: ProgramStarted) -> None:
        self._started = started
        self._sinks: dict[str, str] = {}  # operation -> the last part of the name of what it wrote
        self._operations = sorted(
            self._together(self._read(lines)), key=lambda each: (each["started"], each["does"] == "action")
        )
        self._methods: dict[str, dict[int, _Line]] = {MODULE: {}}
        self._files: dict[str, str] = {}
        self._callers: set[str] = set()
        self._main = self._find_main()
        for operation in self._operations:
            self._learn(operation)
        self._index = {
            (method, key): index for method, known in self._methods.items() for index, key in enumerate(sorted(known))
        }
        self.readings = [
            SourceReading(
                file, "", tuple(self._function(method) for method in self._methods if self._file(method) == file)
            )
            for file in dict.fromkeys(map(self._file, self._methods))
        ]

    def _read(self, lines: Lines) -> Iterator[dict[str, Any]]:
        for line in lines():
            if line.startswith(b'{"kind":"operation"') and (document := _document(line)) is not None:
                document["path"] = _path(document["frames"])
                yield document
            elif line.startswith(b'{"kind":"execution"') and (document := _document(line)) is not None:
                for sink in document.get("sinks", ())[:1]:
                    self._sinks[document.get("op") or ""] = PurePath(sink["storage"]["name"]).name.rpartition(".")[2]

    def _together(self, read: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """One operation for each of the executions of a query that the JVM half has told one by one."""
        found: dict[str, dict[str, Any]] = {}
        for operation in read:
            known = found.setdefault(operation["op"], operation)
            if known is not operation:
                known["inputs"] = list(dict.fromkeys([*known["inputs"], *operation["inputs"]]))
                known["started"] = min(known["started"], operation["started"])
                known["ended"] = max(known["ended"], operation["ended"])
                known["error"] = operation["error"] or known["error"]
        return list(found.values())

    def _find_main(self) -> str:
        """The method that the program begins in: the outermost one of the first thread that asked for something."""
        roots = [operation["path"][0].method for operation in self._operations if operation["path"]]
        named = f"{self._started.program}.main"
        return named if named in roots or not roots else roots[0]

    def _key(self, method: str) -> str:
        return MODULE if method == self._main else method

    def _file(self, method: str) -> str:
        return self._files.get(method, self._started.program)

    # -- statements

    def _learn(self, operation: Document) -> None:
        path: list[_Frame] = operation["path"]
        for frame in path:
            known = self._methods.setdefault(self._key(frame.method), {})
            known.setdefault(frame.line, _Line(frame.line))
            self._files.setdefault(self._key(frame.method), frame.file)
        for caller, callee in itertools.pairwise(path):
            if caller.method != callee.method:
                self._callers.add(self._key(caller.method))
        if path:
            self._methods[self._key(path[-1].method)][path[-1].line].deeds.append(self._deed(operation))
        elif operation["statement"] is not None:
            text = operation["sql"] or ""
            line = _Line(operation.get("line") or 0, text, variable(text))
            self._methods[MODULE].setdefault(operation["statement"], line).deeds.append(deed(text))

    def _deed(self, operation: Document) -> str:
        name = operation["name"].rpartition(".")[2]
        if operation["op"] in self._sinks:
            return f"write_{self._sinks[operation['op']]}"
        if operation["name"].startswith("DataFrameReader."):
            return f"read_{name}"
        if operation["view"]:
            return f"view_{operation['view']}"
        return deed(operation["sql"]) if name == "sql" and operation["sql"] else str(name)

    def _function(self, method: str) -> FunctionReading:
        known = self._methods[method]
        ordinals: dict[str, int] = {}
        statements = []
        for index, key in enumerate(sorted(known)):
            each, does = known[key], _does(known[key].deeds)
            name = each.variable or does or ""
            ordinals[name] = ordinals.get(name, 0) + 1
            line = each.line or key
            end_line = line + each.source.strip().count("\n")
            statement = Statement(index, line, end_line, each.variable, ordinals[name], "")
            named = replace(statement, source=each.source, source_hash=_hash(each.source))
            statements.append(named if each.variable else replace(named, deed=does))
        lines = [each.line or key for key, each in known.items()]
        return FunctionReading(
            _name(method), self._first(method), max(lines, default=1), method == MODULE or method in self._callers,
            "", None, tuple(statements),
        )  # fmt: skip

    def _first(self, method: str) -> int:
        """A line that stands for the method: where it begins is not known."""
        return 1 if method == MODULE else min(self._methods[method])

    # -- calls and operations

    def calls_and_operations(self) -> Iterator[Observation]:
        number = 1
        file = self._file(MODULE)
        main = self._started.program.rpartition(".")[2] if file != self._started.program else MODULE
        yield CallSeen(MAIN, None, MODULE, main, file, 1, None, "main", self._started.at, True)
        open_: dict[str, list[_Open]] = {}
        for operation in self._operations:
            stack = open_.setdefault(operation["thread"], [])
            path: list[_Frame] = operation["path"]
            at = operation["started"]
            kept = _continued(stack, path)
            for gone in reversed(stack[kept:]):
                if gone.call != MAIN:
                    yield CallEnded(gone.call, gone.last, None)
            del stack[kept:]
            for depth in range(kept, len(path)):
                frame, site = path[depth], path[depth - 1].line if depth else 0
                if self._key(frame.method) == MODULE:
                    stack.append(_Open(frame, MAIN, site, at))
                    continue
                number += 1
                stack.append(_Open(frame, f"c{number}", site, at))
                yield self._call(stack, depth, operation["thread"])
            for each, frame in zip(stack, path, strict=True):
                each.frame, each.last = frame, max(each.last, operation["ended"])
            yield self._operation(operation, stack)

    def _call(self, stack: list[_Open], depth: int, thread: str) -> CallSeen:
        here, parent = stack[depth], stack[depth - 1] if depth else None
        key = self._key(here.frame.method)
        site = self._place(parent) if parent is not None else None
        composite = key in self._callers
        return CallSeen(
            here.call, parent.call if parent is not None else MAIN, _name(key), key.rpartition(".")[0], here.frame.file,
            self._first(key), site, thread, here.last, composite,
        )  # fmt: skip

    def _place(self, of: _Open) -> Place:
        return Place(of.call, self._index.get((self._key(of.frame.method), of.frame.line)), of.frame.line)

    def _operation(self, operation: Document, stack: list[_Open]) -> Operation:
        places = tuple(map(self._place, stack))
        if not places and operation["statement"] is not None:
            statement = self._index[(MODULE, operation["statement"])]
            places = (Place(MAIN, statement, operation.get("line") or operation["statement"]),)
        detail = {"sql": operation["sql"]} if operation["sql"] else {}
        if operation["view"]:
            detail["view"] = operation["view"]
        return Operation(
            operation["op"], operation["name"] or "query", self._kind(operation), places, tuple(operation["inputs"]),
            operation["output"], operation["started"], operation["ended"], operation["error"], (), detail,
        )  # fmt: skip

    def _kind(self, operation: Document) -> OperationKind:
        name = operation["name"]
        if operation["does"] == "view":
            return OperationKind.VIEW
        if operation["does"] == "action":
            return OperationKind.WRITE if operation["op"] in self._sinks else OperationKind.ACTION
        if name.startswith(_READERS):
            return OperationKind.READ
        if name.startswith(_MAKERS):
            return OperationKind.CREATE
        return OperationKind.CACHE if name.rpartition(".")[2] in _KEEPERS else OperationKind.TRANSFORM


def _does(deeds: list[str]) -> str | None:
    """What a line does that asks for several things: the last one that tells most."""
    telling = [does for does in deeds if does.startswith(_TELLING)]
    return next(reversed(telling or deeds), None)


def _continued(stack: list[_Open], path: list[_Frame]) -> int:
    """How many of the open activations go on."""
    for depth, (open_, frame) in enumerate(zip(stack, path, strict=False)):
        if open_.frame.method != frame.method or (depth and open_.site != path[depth - 1].line):
            return depth
    return min(len(stack), len(path))


def _path(frames: Iterable[tuple[str, str, str, int]]) -> list[_Frame]:
    """Outermost first; what a method hands on as a lambda belongs to itself."""
    path: list[_Frame] = []
    for class_, method, file, line in frames:
        if line <= 0 or method.startswith("delayedInit"):
            continue
        typed = _TYPED.match(class_)
        if typed is not None:  # each line that is typed is compiled as a class of its own
            frame = _Frame(f"{SHELL}.{_method(method)}", file, int(typed[1]))
        else:
            frame = _Frame(f"{class_.partition('$')[0]}.{_method(method)}", file, line)
        if path and path[-1].method == frame.method and _method(method) != method:
            path.pop()
        path.append(frame)
    return path


def _method(name: str) -> str:
    found = _LAMBDA.fullmatch(name)
    if found is not None:
        return found[1] or found[2]
    return "main" if name in _BODIES or name.startswith(("delayedEndpoint$", "$print")) else name


def _name(method: str) -> str:
    return method.rpartition(".")[2]


def _hash(source: str) -> str:
    """Of the text of a statement, without comments and blanks that say nothing; empty where the source is not known."""
    text = " ".join(re.sub(r"--[^\n]*|/\*.*?\*/", " ", source, flags=re.DOTALL).split())
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] if text else ""
