"""Enumerations: the values that kinds, modes and outcomes have. Each is also a text, as it stands in files."""

from __future__ import annotations

import enum


class Mode(str, enum.Enum):
    """How much the probe may cost the program. See ``docs/how-it-works.md``."""

    PLAN = "plan"  # no probe at all: Spark runs the plan of the plain program
    FLOW = "flow"  # probes that cost no pruning, no pushdown and no cache hit
    USED = "used"  # every row of each interim dataset is looked at, with the columns that the program uses later
    EXACT = "exact"  # every row and every column of each interim dataset is looked at


class ValueUse(str, enum.Enum):
    """What a step does with a value."""

    TAKES = "takes"  # an argument, or what its code reads
    GIVES = "gives"


class Outcome(str, enum.Enum):
    """How a run, a step or an execution ended."""

    COMPLETE = "complete"
    FAIL = "fail"  # an exception left it
    ABORT = "abort"  # it was killed, or was given up
    RUNNING = "running"  # its end has not been seen


class StepKind(str, enum.Enum):
    """What code a step is. The application is the step at the top; the others stand below it."""

    APPLICATION = "application"
    FUNCTION = "function"  # a call of a user function
    STATEMENT = "statement"  # a statement of a body that itself calls steps
    CELL = "cell"  # a cell of a notebook


class DatasetKind(str, enum.Enum):
    """Where the content of a dataset is."""

    INTERIM = "interim"  # in a DataFrame that one step made and another one uses
    SOURCE = "source"  # in storage, from before the run or from outside of it
    SINK = "sink"  # in storage, written by a step of the run
    MODEL = "model"


class OperationKind(str, enum.Enum):
    """What a public method of pyspark does with DataFrames."""

    TRANSFORM = "transform"  # makes a DataFrame from others
    ACTION = "action"  # runs a query
    READ = "read"  # makes a DataFrame from storage
    WRITE = "write"  # runs a query and writes its result to storage
    VIEW = "view"  # registers a DataFrame under a name
    CACHE = "cache"  # cache, persist, checkpoint, unpersist
    CREATE = "create"  # createDataFrame, range, sql without a table


class CheckStatus(str, enum.Enum):
    """What a check says of a dataset."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "could not tell"  # a fact is missing: there is evidence neither for nor against
