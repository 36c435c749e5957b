"""Programs of ``tests/programs/capture`` print the same with capture on, and have the lineage at their end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from capturing import PROGRAMS, captured_lineage, expected, run_captured, run_plain
from pyspark.sql import SparkSession

from spark_lineage.model import CallSeen

# The end of a program is raised on purpose.
RAISING = {"errors"}
WITH_LINEAGE = sorted(
    str(path.relative_to(PROGRAMS).with_suffix("")) for path in PROGRAMS.rglob("*.py") if expected(path)
)


@pytest.mark.parametrize("name", WITH_LINEAGE)
def test_lineage_of_program(spark: SparkSession, name: str) -> None:
    path = PROGRAMS / f"{name}.py"
    plain_stdout, plain_error, _ = run_plain(path)
    got = run_captured(path)
    assert got.stdout == plain_stdout
    assert type(got.error) is type(plain_error)
    assert (got.error is not None) == (name in RAISING), got.error
    assert got.lineage() == expected(path)
    assert not got.gaps


def test_tasks_are_numbered_as_the_program_gives_them(spark: SparkSession) -> None:
    """A pool's tasks and threads of its own; the last is the first that makes a DataFrame."""
    turns = [threading.Event() for _ in range(5)]
    turns[4].set()

    def process(number: int) -> None:
        assert turns[number].wait(20)
        spark.range(number + 1).filter("id > 1")
        if number:
            turns[number - 1].set()

    with captured_lineage(str(Path(__file__).parent)) as got:
        threads = [threading.Thread(target=process, args=(number,)) for number in (3, 4)]
        with ThreadPoolExecutor(3) as pool:
            given = [pool.submit(process, number) for number in range(3)]
            for thread in threads:
                thread.start()
            for task in given:
                task.result()
    calls = [call for call in got.of(CallSeen) if call.function.endswith("process")]
    # The pool's own threads are numbered too.
    assert sorted(calls, key=lambda call: call.task or 0) == sorted(calls, key=lambda call: call.at, reverse=True)
    assert len({call.task for call in calls}) == 5
    assert len({(call.site.call, call.site.statement) for call in calls if call.site is not None}) == 2
