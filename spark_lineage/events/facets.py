"""Our own facets, next to OpenLineage's. Each has a JSON schema in ``schemas/`` under the name of its class."""

from __future__ import annotations

from typing import Any

import attr
from openlineage.client import facet_v2

from spark_lineage.events.identity import SCHEMAS

# The generated client names its fields as the specification does, and so do these.


def _schema(name: str) -> str:
    return f"{SCHEMAS}/{name}.json"


@attr.define
class SparkLineageContextRunFacet(facet_v2.RunFacet):
    """The program and how it ran; on the application's run."""

    app: str
    program: str
    argv: list[str]
    python: str
    mode: str
    labels: dict[str, str]
    outcome: str
    started: str
    ended: str | None = None
    spark: dict[str, Any] | None = None
    repository: dict[str, Any] | None = None
    openTelemetry: dict[str, Any] | None = None
    mlflow: dict[str, Any] | None = None

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineageContextRunFacet")


@attr.define
class SparkLineageCallRunFacet(facet_v2.RunFacet):
    """The step and which call of it this run is; datasets by their ids in the run."""

    step: str
    call: int
    kind: str
    order: int
    function: str
    file: str
    line: int
    endLine: int
    outcome: str
    started: str
    inputs: list[str]
    outputs: list[str]
    ended: str | None = None
    siteLine: int | None = None
    parentStep: str | None = None
    parentCall: int | None = None
    variable: str | None = None
    sourceHash: str | None = None
    thread: str | None = None

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineageCallRunFacet")


@attr.define
class SparkLineagePlanRunFacet(facet_v2.RunFacet):
    """How each output of the step is made: operators, expressions, inputs column by column."""

    outputs: list[dict[str, Any]]

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineagePlanRunFacet")


@attr.define
class SparkLineageExecutionRunFacet(facet_v2.RunFacet):
    """What Spark executed for the step's actions."""

    executions: list[dict[str, Any]]

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineageExecutionRunFacet")


@attr.define
class SparkLineageGapsRunFacet(facet_v2.RunFacet):
    """What was not observed, and why."""

    gaps: list[dict[str, Any]]

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineageGapsRunFacet")


@attr.define
class SparkLineageDatasetDatasetFacet(facet_v2.DatasetFacet):
    """What the dataset is in its run, and whether all of it was seen."""

    id: str
    kind: str
    order: int
    call: int
    engine: str
    complete: bool
    measurements: int
    step: str | None = None
    variable: str | None = None
    reason: str | None = None
    detail: str | None = None
    pushed: list[str] | None = None
    notNull: list[int] | None = None
    format: str | None = None
    version: str | None = None
    table: str | None = None
    storedColumns: bool | None = None
    files: str | None = None
    partial: list[dict[str, Any]] | None = None
    mode: str | None = None
    answers: list[dict[str, Any]] | None = None
    checks: list[dict[str, Any]] | None = None

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineageDatasetDatasetFacet")


@attr.define
class SparkLineageFingerprintDatasetFacet(facet_v2.DatasetFacet):
    """Order-independent hashes: of all rows, and column by column in the order of the schema."""

    rowCount: int | None
    rows: str | None = None
    nulls: list[int] | None = None
    fingerprints: list[str] | None = None
    sketches: list[list[Any]] | None = None

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineageFingerprintDatasetFacet")


@attr.define
class SparkLineageSampleDatasetFacet(facet_v2.DatasetFacet):
    """The sample's key, size and hash; the rows themselves only if asked for."""

    key: list[str]
    columns: list[str]
    size: int
    hash: str
    rows: list[str] | None = None

    @staticmethod
    def _get_schema() -> str:
        return _schema("SparkLineageSampleDatasetFacet")
