"""Which functions of the user are kept: those that steps and UDFs name, and those that these name."""

from __future__ import annotations

import re
from dataclasses import replace

from observing import shop

from spark_lineage.graph import assemble
from spark_lineage.model import FunctionReading, SourceRead, SourceReading

FILE = "/home/ada/tools.py"


def reading(name: str, line: int, body: str) -> FunctionReading:
    return FunctionReading(name, line, line + 1, False, f"src1:{name}", None, (), f"def {name}():\n    return {body}")


def test_what_a_step_names_and_what_that_names_is_kept() -> None:
    seen = shop()
    sources = " ".join(each.source or "" for each in assemble(seen).steps)
    named = next(word for word in re.findall(r"[^\W\d]\w*", sources) if len(word) > 3)
    functions = (
        reading(named, 3, "inner(password='hunter2')"), reading("Tools.inner", 9, "1"),
        reading("unused", 12, "inner()"), replace(reading("<module>", 1, ""), source=named),
    )  # fmt: skip
    found = assemble([SourceRead(SourceReading(FILE, "src1:x", functions)), *seen]).run.functions
    assert [(each.name, each.file, each.line) for each in found] == [(named, FILE, 3), ("Tools.inner", FILE, 9)]
    assert "hunter2" not in found[0].source


def test_steps_are_not_kept_twice() -> None:
    assert assemble(shop()).run.functions == ()
