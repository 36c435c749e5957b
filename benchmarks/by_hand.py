"""Runs a PySpark program so that it finds the facts of its interim DataFrames by itself, as one would without an agent.

    by_hand.py observe|jobs PROGRAM [ARGUMENT ...]

Each function of the program hands every DataFrame that it returns to ``looked``: ``observe`` has its rows, and of each
column the nulls and ``sum(xxhash64(column))``, taken by ``Dataset.observe`` while the program's own job runs; ``jobs``
has them taken at once by a job of its own. They are those facts that this package has of a DataFrame in exact mode, but
for the sample and the fingerprint of whole rows.
"""

from __future__ import annotations

import ast
import functools
import itertools
import sys
from collections.abc import Callable
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

numbers = itertools.count()
kept: list[Observation] = []


def facts(names: list[str]) -> list[Column]:
    wanted = [F.count(F.lit(1)).alias("rows")]
    for name in names:
        wanted.append(F.count(F.when(F.col(name).isNull(), 1)).alias(f"nulls_{name}"))
        wanted.append(F.sum(F.xxhash64(name).cast("decimal(20,0)")).alias(f"hash_{name}"))
    return wanted


def observed(frame: DataFrame) -> DataFrame:
    # Names may repeat: the columns have names of their own for the observation.
    names = [f"c{number}" for number in range(len(frame.columns))]
    kept.append(Observation(f"facts {next(numbers)}"))
    return frame.toDF(*names).observe(kept[-1], *facts(names)).toDF(*frame.columns)


def counted(frame: DataFrame) -> DataFrame:
    names = [f"c{number}" for number in range(len(frame.columns))]
    frame.toDF(*names).agg(*facts(names)).collect()
    return frame


def looked(look: Callable[[DataFrame], DataFrame], function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        value = function(*args, **kwargs)
        return look(value) if isinstance(value, DataFrame) else value

    return call


def main() -> None:
    way, program = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    with open(program) as file:
        tree = ast.parse(file.read(), program)
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            statement.decorator_list.append(ast.copy_location(ast.Name("looked_at", ast.Load()), statement))
    look = functools.partial(looked, {"observe": observed, "jobs": counted}[way])
    exec(
        compile(ast.fix_missing_locations(tree), program, "exec", dont_inherit=True),
        {"__name__": "__main__", "__file__": program, "looked_at": look},
    )


if __name__ == "__main__":
    main()
