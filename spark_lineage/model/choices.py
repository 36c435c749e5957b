"""Enumerations: the values that kinds, modes and outcomes have."""

from __future__ import annotations

import enum


class Mode(str, enum.Enum):
    """How much the probe may cost. See ``docs/how-it-works.md``."""

    PLAN = "plan"
    FLOW = "flow"
    EXACT = "exact"


class Outcome(str, enum.Enum):
    COMPLETE = "complete"
    FAIL = "fail"
    ABORT = "abort"
    RUNNING = "running"


class StepKind(str, enum.Enum):
    APPLICATION = "application"
    FUNCTION = "function"
    STATEMENT = "statement"
    CELL = "cell"


class DatasetKind(str, enum.Enum):
    INTERIM = "interim"
    SOURCE = "source"
    SINK = "sink"
    MODEL = "model"


class OperationKind(str, enum.Enum):
    TRANSFORM = "transform"
    ACTION = "action"
    READ = "read"
    WRITE = "write"
    VIEW = "view"  # registers a DataFrame under a name
    CACHE = "cache"  # cache, persist, checkpoint, unpersist
    CREATE = "create"  # createDataFrame, range, sql without table


class CheckStatus(str, enum.Enum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "could not tell"  # a fact is missing: neither evidence for nor against
