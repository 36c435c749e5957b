"""A script of many statements is read, cleaned and followed in work that grows as it does.

Work is counted in calls of functions, Python's and C's: they are the same on every machine.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from spark_lineage.capture.code.source_files import SourceFile, SourceFiles
from spark_lineage.capture.following.python_data import _binding
from spark_lineage.model import Statement
from spark_lineage.static import SourceReader

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "spark_lineage" / "capture").rglob("*.py"))


def script(steps: int) -> str:
    """One variable that every statement reads and binds anew, by a function of its own or by a pipeline."""
    functions = [f"def step_{n}(frame):\n    return frame.filter(f'x > {n}').select('x')\n" for n in range(steps)]
    pipeline = "class Pipeline:\n    def __call__(self, frame):\n        return frame.distinct()\n"
    begin = "frame = spark.table('t')\npipeline = Pipeline()\n"
    body = [f"frame = step_{n}(frame)\npipeline(frame.cache())\n" for n in range(steps)]
    return "".join([pipeline, *functions, begin, *body])


def calls(work: Callable[[], object]) -> int:
    """How many functions ``work`` calls."""
    counted = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def read(text: str) -> SourceFile:
    return SourceFile(text, SourceReader().read(text, "/home/ada/job.py"))


def test_reading(tmp_path: Path) -> None:
    short, long = (calls(lambda n=n: read(script(n))) for n in (100, 400))  # type: ignore[misc]
    assert long < 4.4 * short, (short, long)


def test_following() -> None:
    def follow(source: SourceFile) -> None:
        files = SourceFiles(None, lambda _: None, lambda file, why: None)
        body = source.reading.functions[0]
        for statement in body.statements:
            source.calls_of(f"step_{statement.index}", statement)
            _binding(files, body, "frame", statement.index)

    short, long = (calls(lambda source=read(script(n)): follow(source)) for n in (100, 400))  # type: ignore[misc]
    assert long < 4.4 * short, (short, long)


def test_statements_that_bind_a_name() -> None:
    files = SourceFiles(None, lambda _: None, lambda file, why: None)
    looked = 0
    for file in FILES:
        for function in read(file.read_text("utf-8")).reading.functions:
            for name in {each.removeprefix("+") for statement in function.statements for each in statement.binds}:
                for at in range(len(function.statements)):
                    found = _binding(files, function, name, at)
                    assert found == expected(function.statements, name, at), (file, function.qualname, name, at)
                    looked += len(found)
    assert looked > 10_000


def expected(statements: tuple[Statement, ...], name: str, at: int) -> list[Statement]:
    """By a look at all statements."""
    binding = [each for each in statements if name in each.binds or f"+{name}" in each.binds]
    before = [each for each in binding if each.index < at]
    if not before:
        return [each for each in binding if each.index != at]
    found: list[Statement] = []
    while before and not (found and name in found[-1].binds and found[-1].column == statements[0].column):
        found.append(before.pop())
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_calls_in_the_lines_of_a_statement(file: Path) -> None:
    text = file.read_text("utf-8")
    source = read(text)
    # Of two calls that end at one place the last one counts, as where the instruction of a call is looked up.
    every = {(node.end_lineno, node.end_col_offset): node for node in ast.walk(ast.parse(text)) if called(node)}
    for function in source.reading.functions:
        for statement in function.statements:
            within = [node for node in every.values() if statement.line <= node.lineno <= statement.end_line]
            for name in {called(node) for node in within}:
                found = source.calls_of(str(name), statement)
                assert [ast.dump(node) for node in found] == [ast.dump(node) for node in within if called(node) == name]


def called(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    return getattr(node.func, "id", None) or getattr(node.func, "attr", None)
