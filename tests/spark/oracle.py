"""The truth about a program's DataFrames, by plain Spark: ``oracle.py TARGET PROGRAM [ARGS]``.

Runs the program as ``__main__`` without any of our code, statement by statement at module level, and with a
profile function that looks at what functions of the program return. For each DataFrame that a function made
(the innermost one that returned it) or that a top-level statement assigned, its rows, nulls and
``sum(xxhash64(column))`` modulo 2^64 are computed at once by a query of its own. The sum is taken in decimals,
so it does not depend on ANSI mode.
"""

from __future__ import annotations

import ast
import json
import sys
import threading
import types
from collections import Counter
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T


def hashable(kind: T.DataType) -> bool:
    if isinstance(kind, (T.MapType, T.VariantType)):
        return False
    if isinstance(kind, T.ArrayType):
        return hashable(kind.elementType)
    if isinstance(kind, T.StructType):
        return all(hashable(field.dataType) for field in kind.fields)
    return True


def facts(frame: DataFrame) -> tuple[int, list[list[Any]]]:
    """Rows, and per column its name, nulls and fingerprint (null for types that Spark does not hash)."""
    names = frame.columns
    unique = frame.toDF(*[f"c{index}" for index in range(len(names))]) if names else frame
    wanted = [F.count(F.lit(1)).alias("rows")]
    for index, field in enumerate(unique.schema.fields):
        column = F.col(f"c{index}")
        wanted.append(F.count(F.when(column.isNull(), 1)).alias(f"n{index}"))
        if hashable(field.dataType):
            wanted.append(F.sum(F.xxhash64(column).cast("decimal(20,0)")).alias(f"h{index}"))
    row = unique.agg(*wanted).first().asDict()
    prints = [f"xxh64:{int(row[f'h{i}'] or 0) % 2**64:016x}" if f"h{i}" in row else None for i in range(len(names))]
    return row["rows"], [[name, row[f"n{i}"], prints[i]] for i, name in enumerate(names)]


class Oracle:
    def __init__(self, program: str) -> None:
        self.program = program
        self.found: list[dict[str, Any]] = []
        self._kept: list[DataFrame] = []  # so that no identity is used twice
        self._known: set[int] = set()
        self._calls: Counter[str] = Counter()
        self._busy = threading.local()

    def profile(self, frame: types.FrameType, event: str, value: Any) -> None:
        if event != "return" or frame.f_code.co_filename != self.program or frame.f_code.co_name.startswith("<"):
            return
        if getattr(self._busy, "now", False):
            return
        for part in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(part, DataFrame):
                self.record(part, getattr(frame.f_code, "co_qualname", frame.f_code.co_name), None)

    def record(self, frame: DataFrame, function: str | None, variable: str | None) -> None:
        if id(frame) in self._known:
            return
        self._kept.append(frame)
        self._known.add(id(frame))
        label = function or f"={variable}"
        self._calls[label] += 1
        call = self._calls[label]
        self._busy.now = True
        try:
            rows, columns = facts(frame)
            self.found.append(
                {"function": function, "variable": variable, "call": call, "rows": rows, "columns": columns}
            )
        except Exception as error:  # a DataFrame that cannot be computed has no truth
            print(f"no truth for {label}: {error}"[:300], file=sys.stderr)
        finally:
            self._busy.now = False

    def run(self) -> None:
        module = types.ModuleType("__main__")
        module.__file__ = self.program
        sys.modules["__main__"] = module
        with open(self.program) as source:
            tree = ast.parse(source.read(), self.program)
        sys.setprofile(self.profile)
        threading.setprofile(self.profile)
        try:
            for statement in tree.body:
                code = compile(ast.Module([statement], []), self.program, "exec", dont_inherit=True)
                exec(code, module.__dict__)
                for name in assigned(statement):
                    value = module.__dict__.get(name)
                    if isinstance(value, DataFrame):
                        self.record(value, None, name)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]


def assigned(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def main() -> None:
    target, program = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    oracle = Oracle(program)
    try:
        oracle.run()
    finally:
        with open(target, "w") as file:
            json.dump(oracle.found, file)


if __name__ == "__main__":
    main()
