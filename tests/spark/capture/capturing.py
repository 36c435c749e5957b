"""Runs a small program under capture with a recording end in place of the JVM half, and tells its lineage.

One line per marked DataFrame: ``step <- steps it was made from``. A step is the path of its calls; where the
innermost body is divided, the statement's variable comes last (``~2`` for the second), or its line.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spark_lineage import capture
from spark_lineage.config import Config
from spark_lineage.fingerprint import pandas_objects
from spark_lineage.guard import Guard
from spark_lineage.model import (
    CallSeen,
    FunctionReading,
    Marked,
    Observation,
    Operation,
    PythonGap,
    SourceRead,
    Unit,
    VariableSeen,
    unit,
)
from spark_lineage.static import SourceReader

PROGRAMS = Path(__file__).parents[2] / "programs" / "capture"


class RecordingPort:
    """The JVM half's end: remembers what was asked of it, and that the DataFrame was alive."""

    def __init__(self) -> None:
        self.marks: list[tuple[str, tuple[str, ...], str]] = []
        self.ops: list[str | None] = []

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None:
        assert df._jdf is not None
        self.marks.append((df_id, tuple(inputs), why))

    def read(self, df: Any, df_id: str) -> None:
        assert df._jdf is not None

    def same(self, df: Any, df_id: str) -> None:
        assert df._jdf is not None

    def place(self, path: str) -> tuple[str, str, str] | None:
        return ("file", path, "")

    def set_op(self, op_id: str | None) -> None:
        self.ops.append(op_id)

    def function(self, udf: Any, code: str) -> None:
        assert code


class Captured:
    """What was observed, with questions that tests ask."""

    def __init__(self, port: RecordingPort) -> None:
        self.port = port
        self.seen: list[Observation] = []
        self.stdout = ""
        self.error: BaseException | None = None

    def take(self, deferred: capture.Deferred) -> None:
        self.seen.append(capture.observation(deferred))

    def of(self, kind: type) -> list[Any]:
        return [observation for observation in self.seen if isinstance(observation, kind)]

    @property
    def gaps(self) -> list[str]:
        return [f"{gap.what}: {gap.why}" for gap in self.of(PythonGap)]

    def operation(self, name: str) -> Operation:
        return next(operation for operation in self.of(Operation) if operation.name.endswith(name))

    def operations(self) -> list[str]:
        return [operation.name for operation in self.of(Operation)]

    # -- the lineage as text

    def lineage(self) -> list[str]:
        steps = self._steps()
        lines = []
        for mark in self.of(Marked):
            sources = ", ".join(sorted({steps.get(parent, "?") for parent in mark.inputs}))
            lines.append(f"{steps.get(mark.df, '?')} <- {sources or '-'}")
        return sorted(set(lines))

    def _steps(self) -> dict[str, str]:
        calls = {call.call: call for call in self.of(CallSeen)}
        steps: dict[str, str] = {}
        for operation in self.of(Operation):
            if operation.output is not None:
                steps.setdefault(operation.output, self._label(operation, calls))
        return steps

    def _label(self, operation: Operation, calls: dict[str, CallSeen]) -> str:
        place = operation.path[-1]
        names = [calls[at.call].function.replace("<locals>.", "") for at in operation.path]
        names = [name for name in names if name != "<module>"]
        where: Unit | None = unit(operation.path, lambda call: calls[call].composite)
        if where is not None and calls[where[0]].composite:
            names.append(self._statement(calls[where[0]], place.statement, place.line))
        return " / ".join(names)

    def _statement(self, call: CallSeen, index: int | None, line: int) -> str:
        reading = next(
            function
            for read in self.of(SourceRead)
            if read.reading.file == call.file
            for function in read.reading.functions
            if (function.line, function.qualname) == (call.line, call.function)
            or (function.qualname == "<module>" and call.function == "<module>")
        )
        assert isinstance(reading, FunctionReading)
        assert index is not None, f"no statement at line {line}"
        statement = reading.statements[index]
        if statement.variable is None:
            return f"line {statement.line}"
        return statement.variable if statement.ordinal == 1 else f"{statement.variable}~{statement.ordinal}"

    def variables(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for seen in self.of(VariableSeen):
            found.setdefault(seen.df, []).append(seen.variable)
        return found


@contextlib.contextmanager
def captured_lineage(*folders: str, strict: bool = True, calls: int = 1000) -> Iterator[Captured]:
    """Everything that pyspark does inside the block is captured."""
    port = RecordingPort()
    got = Captured(port)
    guard = Guard(lambda what, why: got.seen.append(PythonGap(what, why)), strict=strict)
    config = Config(limits_calls=calls)
    recorder = capture.Recorder(
        got.take, port, config, guard, roots=folders, read=SourceReader(folders).read, contents=pandas_objects
    )
    installation = capture.install(recorder)
    try:
        yield got
    finally:
        installation.uninstall()


def run_plain(path: Path, module: str = "__main__", **names: Any) -> tuple[str, BaseException | None, dict[str, Any]]:
    """Runs a program in this process; gives what it printed, the error that ended it, and its namespace."""
    space: dict[str, Any] = {"__name__": module, "__file__": str(path), **names}
    out = io.StringIO()
    sys.path.insert(0, str(path.parent))
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(path.read_text(), str(path), "exec"), space)
    except Exception as error:
        return out.getvalue(), error, space
    finally:
        sys.path.remove(str(path.parent))
    return out.getvalue(), None, space


def run_captured(path: Path, module: str = "__main__", calls: int = 1000, **names: Any) -> Captured:
    with captured_lineage(str(path.parent), calls=calls) as got:
        got.stdout, got.error, space = run_plain(path, module, **names)
        space.clear()
    return got


def expected(path: Path) -> list[str]:
    """The lineage written at the end of a program, after ``# lineage:``."""
    lines = path.read_text().splitlines()
    if "# lineage:" not in lines:
        return []
    return sorted(line[2:].strip() for line in lines[lines.index("# lineage:") + 1 :] if line.startswith("# "))
