"""Which line of an error's text says what happened."""

from __future__ import annotations

import pytest

from spark_lineage.answers.headlines import LONGEST, headline

WORKER = """PythonException: [PYTHON_EXCEPTION] An exception was thrown from the Python worker: \
Traceback (most recent call last):
  File "/app/job.py", line 34, in broken
    raise ZeroDivisionError(f"cannot take {value}")
ZeroDivisionError: cannot take 1992
 SQLSTATE: 38000"""
OF_AN_RDD = """Py4JJavaError: An error occurred while calling z:org.apache.spark.api.python.PythonRDD.collectAndServe.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 1 times, most recent \
failure: Lost task 0.0 in stage 0.0 (TID 0) (vm executor driver): org.apache.spark.api.python.PythonException: \
Traceback (most recent call last):
  File "/app/job.py", line 3, in <lambda>
KeyError: 'amount'

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:1)"""
CHAINED = """PythonException: An exception was thrown from the Python worker:
Traceback (most recent call last):
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/job.py", line 9, in f
ValueError: no x in the row"""
OF_THE_JVM = """Py4JJavaError: An error occurred while calling o36.csv.
: org.apache.spark.SparkException: Job aborted.
\tat org.apache.spark.sql.X.y(X.scala:1)
Caused by: java.nio.file.AccessDeniedException: /out
\tat java.base/z"""
SAID = {
    "of a worker": (WORKER, "PythonException: ZeroDivisionError: cannot take 1992"),
    "of an RDD": (OF_AN_RDD, "Py4JJavaError: KeyError: 'amount'"),
    "chained": (CHAINED, "PythonException: ValueError: no x in the row"),
    "of the JVM": (OF_THE_JVM, "Py4JJavaError: AccessDeniedException: /out"),
    "of the JVM, without a cause": (
        "Py4JJavaError: An error occurred while calling o1.x.\n: java.lang.NoSuchMethodError: boo\n\tat z",
        "Py4JJavaError: NoSuchMethodError: boo",
    ),
    "plain": ("ValueError: no\nat line 3", "ValueError: no"),
    "a state": ("AnalysisException: [X] no column. SQLSTATE: 42703\n'Project", "AnalysisException: [X] no column."),
    "no type": ("something went wrong: it broke", "something went wrong: it broke"),
    "nothing": ("", ""),
    "only a type": ("KeyboardInterrupt", "KeyboardInterrupt"),
}  # fmt: skip


@pytest.mark.parametrize(("error", "said"), SAID.values(), ids=SAID.keys())
def test_the_headline_is_the_cause(error: str, said: str) -> None:
    assert headline(error) == said


def test_a_traceback_that_was_cut_leaves_the_first_line() -> None:
    assert headline("\n".join(WORKER.splitlines()[:2])).startswith("PythonException: [PYTHON_EXCEPTION]")


def test_a_headline_is_one_short_line() -> None:
    assert len(headline("ValueError: " + "x" * 1000)) == LONGEST
    assert headline("ValueError: a\tb\x0bc\nmore").count("\n") == 0
