"""Receivers are told of the run while it runs, by processes beside the program, if there are any: those of events
(``sinks.beside``), the collector of spans (``sinks.otel.beside``), and the program's own runs of MLflow
(``sinks.mlflow_beside``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spark_lineage.config import Config
from spark_lineage.guard import Guard
from spark_lineage.surroundings.spark_named import SparkNamed

SPARK_STARTS = 60.0  # seconds for which receivers are not told of a program that names Spark and has not begun it
WITHOUT_SPARK = 2.0  # seconds after which receivers are told of a program that does not name Spark


class Telling:
    """``begun``: receivers know of the run, and under which name. ``spans_begun``: a collector knows of its trace."""

    def __init__(self, folder: Path, config: Config, roots: Sequence[str], spark_named: SparkNamed) -> None:
        self.begun = self.spans_begun = self.mlflow_begun = False
        self._folder, self._config, self._roots, self._spark_named = folder, config, roots, spark_named
        self._tried = self._mlflow_tried = False

    def is_due(self, seconds: float, has_spark: bool, guard: Guard) -> bool:
        """Not before Spark is there, or has not come for a while: its conf may name the parent, and that the job.

        ``seconds`` since the observation began.
        """
        if self._tried:
            return False
        if has_spark or seconds > SPARK_STARTS:
            return True
        return seconds > WITHOUT_SPARK and not guard("Spark's name", self._spark_named.look)

    def begin(self) -> None:
        """Once, whatever comes of it."""
        self._tried = True
        self._begin_spans(live=True)
        from spark_lineage.sinks.configuration import configured

        if not configured():
            return
        from spark_lineage.sinks import beside

        config = self._config
        self.begun = beside.begin(self._folder, self._roots, config.namespace, config.sample_publish)

    def _begin_spans(self, live: bool) -> None:
        if self._config.otel:
            from spark_lineage.sinks.otel import beside

            self.spans_begun = beside.begin(self._folder, self._roots, live)

    def export_rest(self) -> bool:
        """What is left is exported once the journal is written. False if spans are not exported, or cannot be."""
        from spark_lineage.sinks.otel import beside

        if self._config.otel and not (self.spans_begun and beside.is_there(self._folder)):
            self._begin_spans(live=False)
        return self.spans_begun

    def wait_for_spans(self, until: float) -> str | None:
        """At most until a moment on the monotonic clock; one sentence if something is left."""
        from spark_lineage.sinks.otel import beside

        return beside.wait(self._folder, until)

    def begin_mlflow(self, tracked_at: str | None) -> None:
        """``tracked_at``: where MLflow keeps the runs of the program; None where it has none."""
        if tracked_at is not None and self._config.mlflow and not self._mlflow_tried:
            self._mlflow_tried = True
            from spark_lineage.sinks import mlflow_beside

            self.mlflow_begun = mlflow_beside.begin(self._folder, self._roots, tracked_at, self._config.sample_publish)

    def wait_for_mlflow(self, until: float) -> tuple[str, ...]:
        """At most until a moment on the monotonic clock; sentences about what could not be told."""
        from spark_lineage.sinks import mlflow_beside

        return mlflow_beside.wait(self._folder, until)

    def end(self, seconds: float) -> None:
        """The rest is told by the end of the run. Raises TimeoutError if the process does not let go in time."""
        from spark_lineage.sinks import beside

        if self.begun and not beside.end(self._folder, seconds):
            raise TimeoutError("what tells receivers of the run did not end in time")
