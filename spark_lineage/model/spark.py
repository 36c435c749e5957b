"""Observations of the JVM half that are neither plans nor measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spark_lineage.model.choices import Outcome
from spark_lineage.model.plans import Storage


@dataclass(frozen=True)
class Execution:
    """One SQL execution, or a spark_job outside one."""

    execution: int | None
    op: str | None  # the operation whose action ran it
    description: str
    started: float
    ended: float | None
    outcome: Outcome
    error: str | None
    spark_jobs: tuple[int, ...]
    metrics: Mapping[str, int]  # task_ms, cpu_ms, rows_read, bytes_read, rows_written, ... see wire.schema.json
    sources: tuple[Storage, ...]
    sinks: tuple[tuple[Storage, str, str | None], ...]  # storage, save mode, marked DataFrame written


@dataclass(frozen=True)
class SparkStarted:
    app_id: str
    app_name: str
    spark_version: str
    scala_version: str
    java_version: str
    master: str
    at: float


@dataclass(frozen=True)
class JvmGap:
    what: str
    why: str
    dataset: str | None = None
