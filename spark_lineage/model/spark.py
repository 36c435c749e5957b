"""Observations of the JVM half that are neither plans nor measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spark_lineage.model.choices import Outcome
from spark_lineage.model.plans import ChangedRows, Storage


@dataclass(frozen=True, slots=True)
class Execution:
    """One SQL execution, or a Spark job outside of one."""

    execution: int | None  # id of the SQL execution; None for a Spark job outside of one
    op: str | None  # id of the operation whose action ran it; None where no user code did
    description: str  # as in Spark's UI, without secrets
    started: float  # seconds since the epoch
    ended: float | None  # seconds since the epoch; None while it runs
    outcome: Outcome
    error: str | None
    spark_jobs: tuple[int, ...]  # ids of Spark jobs
    metrics: Mapping[str, int]  # task_ms, cpu_ms, rows_read, bytes_read, rows_written, ...: see wire.schema.json
    sources: tuple[Storage, ...]  # what it read
    sinks: tuple[tuple[Storage, str, str | None], ...]  # what it wrote: storage, save mode, id of the marked DataFrame
    batches: int = 1  # how many micro-batches of a streaming query this stands for, with sums of their metrics
    changed: ChangedRows | None = None  # rows of its one sink that a MERGE, UPDATE or DELETE has changed


@dataclass(frozen=True, slots=True)
class SparkStarted:
    """The Spark application that the program started, or joined."""

    app_id: str  # as Spark names it: local-1700000000000
    app_name: str
    spark_version: str
    scala_version: str
    java_version: str
    master: str  # ``local[2]``, ``yarn``, ...
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class JvmGap:
    """Something that the JVM half did not observe."""

    what: str  # what kind of thing: rows, plan, listener, ...
    why: str  # one sentence for people
    dataset: str | None = None  # DataFrame id, if it is about one
