"""The record of a run that has ended: graph, checks, journal, audit tables, and what goes to receivers."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.agent.ahead import Ahead
from spark_lineage.agent.telling import Telling
from spark_lineage.answers.check.rules import Rules
from spark_lineage.answers.collecting import without_collections
from spark_lineage.config import Config
from spark_lineage.config.addresses import is_elsewhere
from spark_lineage.guard import Guard, logger
from spark_lineage.model import Gap
from spark_lineage.refusals import Refusal
from spark_lineage.surroundings import written_files

if TYPE_CHECKING:
    from spark_lineage.answers.check.results import Report
    from spark_lineage.model import LineageGraph, Run
    from spark_lineage.sinks.sender import Sender
    from spark_lineage.sinks.signing import Signer

LETS_GO = 2.0  # seconds beside ``exit.wait`` in which the process that tells receivers lets go of the journal
NOT_COMPARED = "the run was not compared with earlier ones: reading them needs the package msgspec, which is not here"
HISTORY_BYTES = 8_000_000  # of journals of earlier runs that the end of a program reads for its checks


class Ending:
    """Makes the record from what was written ahead. ``report``: of the checks, once they were made."""

    def __init__(
        self, config: Config, store: Path, folder: Path, ahead: Ahead, telling: Telling, guard: Guard,
        roots: Sequence[str], with_functions: bool,
    ) -> None:  # fmt: skip
        self.report: Report | None = None
        self._config, self._store, self._folder = config, store, folder
        self._ahead, self._telling, self._guard = ahead, telling, guard
        self._roots, self._with_functions = roots, with_functions
        self._exports = False  # a process beside exports the spans that are left
        self._has_history = True  # earlier runs could be read, or there are none

    def write(self, rules: Rules | None) -> float:
        """Writes the journal. Gives the moment, on the monotonic clock, until which the program waits for receivers."""
        # Here and not above: start-up must stay cheap, and these bring in the OpenLineage client and Arrow.
        from spark_lineage.events import build, samples
        from spark_lineage.sinks.journal import Journal
        from spark_lineage.sinks.sealing import Sealing

        until = time.monotonic() + self._config.exit_wait
        if self._config.otel:  # it starts beside us while we write
            self._exports = bool(self._guard("spans", self._telling.export_rest))
        with without_collections():
            signer, problems = self._guard("signing", self._signer) or (None, ())
            graph = self._graph(rules)
            graph = dataclasses.replace(graph, gaps=(*graph.gaps, *problems))
            self._guard("live", self._telling.end, self._config.exit_wait + LETS_GO)
            events = build(graph, self._config.namespace, self._config.sample_publish)
            proof = Sealing(self._store, self._folder.name, signer, tuple(problem.why for problem in problems))
            Journal(self._folder).write(events, samples(graph), proof)
        return until

    def _signer(self) -> tuple[Signer | None, tuple[Gap, ...]]:
        """What signs the run, or why nothing does although it was asked for."""
        if self._config.sign_key is None:
            return None, ()
        refused: list[str] = []
        signer = self._guard("signature", self._load, self._config.sign_key, refused)
        if signer is not None:
            return signer, ()
        why = refused[0] if refused else "its key could not be used"
        logger.warning("spark-lineage.signature: the run is not signed: %s", why)
        return None, (Gap(None, None, "signature", f"the run is not signed: {why}"),)

    def _load(self, key: str, refused: list[str]) -> Signer | None:
        from spark_lineage.sinks import signing

        try:
            return signing.load(key)
        except Refusal as refusal:
            refused.append(str(refusal))
            return None

    def _graph(self, rules: Rules | None) -> LineageGraph:
        graph = self._ahead.graph()
        self.report = self._guard("checks", self._check, graph, rules)
        if self.report is not None:
            graph = dataclasses.replace(graph, checks=self.report.results)
        else:
            self._ahead.flush()  # the gap that says why
            graph = self._ahead.graph()
        moved = self._guard("written files", lambda: tuple(written_files.moved(graph))) or ()
        alone = () if self._has_history else (Gap(None, None, "checks", NOT_COMPARED),)
        return dataclasses.replace(graph, gaps=(*graph.gaps, *moved, *alone))

    def _check(self, graph: LineageGraph, rules: Rules | None) -> Report:
        from spark_lineage.answers.check.checking import check

        return check(graph, self._earlier(graph.run), None, rules, self._with_functions)

    def _earlier(self, run: Run) -> list[LineageGraph]:
        from spark_lineage.answers.check.earlier import earlier
        from spark_lineage.store import Store

        store = Store(self._store)
        if importlib.util.find_spec("msgspec") is None:  # what travels with --py-files has no compiled parts
            self._has_history = all(folder == self._folder for folder in store.folders())
            return []
        return earlier(store, run.app, run.started, run.id, HISTORY_BYTES)

    def hand_on(self, until: float) -> Sender | None:
        """To the audit tables, and to the receivers: None if there are none."""
        from spark_lineage.sinks.sender import begin

        # An event whose answer the process beside us still waits for is not sent again.
        others = self._config.exit_wait if self._telling.begun else 0.0
        sender = self._guard("send", begin, self._store, self._folder, until, others)
        if not is_elsewhere(self._config.store):  # there they are written by the process that brings the run
            self._to_tables()
        return sender

    def _to_tables(self) -> None:
        from spark_lineage.sinks import tables_beside

        when = self._config.audit_tables
        if when == "never":
            return
        if when == "after" and self._guard("delta", tables_beside.begin, self._folder, self._roots):
            return
        from spark_lineage.sinks.delta import DeltaAudit

        # From the journal and not from the graph: the tables are a function of the events.
        with without_collections():
            self._guard("delta", DeltaAudit(self._store / "audit").append, self._folder)

    def wait(self, sender: Sender, until: float) -> None:
        """For receivers; says what is left."""
        begun = time.monotonic()
        remaining = sender.drain(max(0.0, until - begun))
        logger.info("spark-lineage.waited: %.2f s for receivers", time.monotonic() - begun)
        for sentence in remaining.sentences():
            tell(sentence)

    def wait_for_spans(self, until: float) -> None:
        """For the collector, if there is one; says what is left."""
        begun = time.monotonic()
        if self._exports and (sentence := self._telling.wait_for_spans(until)) is not None:
            tell(sentence)
        if self._exports:
            logger.info("spark-lineage.waited: %.2f s for the collector", time.monotonic() - begun)

    def wait_for_mlflow(self, until: float) -> None:
        """For the runs of MLflow, if there are any; the log says what they were not told."""
        begun = time.monotonic()
        if not self._telling.mlflow_begun:
            return
        for sentence in self._telling.wait_for_mlflow(until):
            logger.warning("spark-lineage.mlflow: %s", sentence)
        logger.info("spark-lineage.waited: %.2f s for MLflow", time.monotonic() - begun)


def tell(sentence: str) -> None:
    logger.warning("spark-lineage.left: %s", sentence)
    # The program has ended. Not sys.stderr: what the program has put there is its own.
    if sys.__stderr__ is not None and not sys.__stderr__.closed:
        print(f"spark-lineage: {sentence}", file=sys.__stderr__, flush=True)
