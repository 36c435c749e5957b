"""One observation of one program, from its begin to its end."""

from __future__ import annotations

import _thread
import importlib
import logging
import os
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from spark_lineage import capture, own_imports
from spark_lineage.agent import catalog, from_servers
from spark_lineage.agent.ahead import Ahead
from spark_lineage.agent.belonging import Code, Links, Parents
from spark_lineage.agent.cells import SETTLE_SECONDS, Cells
from spark_lineage.agent.elsewhere import Elsewhere, store_folder
from spark_lineage.agent.ending import Ending, tell
from spark_lineage.agent.jvm_half import JvmHalf
from spark_lineage.agent.program import Program
from spark_lineage.agent.telling import Telling
from spark_lineage.answers.check.rules import Rules, load
from spark_lineage.capture.code.ownership import UserCode, program_folders
from spark_lineage.compat import PARSES_DISTURB_EACH_OTHER
from spark_lineage.config import Config
from spark_lineage.guard import Guard, logger
from spark_lineage.model import Mode, Outcome, ProgramEnded, ProgramStarted, PythonGap, SourceReading
from spark_lineage.own_imports import Apart
from spark_lineage.privacy import source
from spark_lineage.privacy.logs import PrivateLog
from spark_lineage.privacy.observing import Privacy
from spark_lineage.privacy.texts import Choices
from spark_lineage.static import SourceReader
from spark_lineage.store import places, register
from spark_lineage.store.recording import Recording
from spark_lineage.surroundings.spark_named import SparkNamed

if TYPE_CHECKING:
    from spark_lineage.answers.check.results import Report

POLL_SECONDS = 1.0


_LOOKS_INTO = {
    "polars": "polars_objects", "pyarrow": "arrow_objects", "duckdb": "duckdb_objects", "_duckdb": "duckdb_objects"
}  # fmt: skip


class _FrameContents:
    """What looks into objects that hold tables, imported once a program has some: it needs pyarrow."""

    def __getattr__(self, name: str) -> Any:
        return partial(self._asked, name)

    def _asked(self, name: str, obj: Any, *rest: Any) -> Any:
        with Apart():
            room = _LOOKS_INTO.get(type(obj).__module__.partition(".")[0], "pandas_objects")
            objects = importlib.import_module(f"spark_lineage.fingerprint.{room}")
        return getattr(objects, name)(obj, *rest)


class Agent:
    """Observes one program. Made by :func:`spark_lineage.agent.start`."""

    def __init__(
        self, config: Config, program: Program, rules: Rules | None = None, with_functions: bool = False
    ) -> None:
        self.config = config
        self.program = program
        self.rules = rules
        self.run = run_id()
        self.store = store_folder(config)
        self.folder = self.store / "runs" / self.run
        self._elsewhere = Elsewhere(config, self.folder)
        self.guard = Guard(self.gap, strict=config.strict)
        self._queue = capture.DeferredQueue()
        self._recording = Recording(self.folder)
        choices = Choices(config.mask_columns, config.mask_personal, config.mask_literals)
        self._privacy = Privacy(choices, self._mask_key, self.guard)
        self._log = _log_file(self.folder, config.log_level, self._privacy.texts.prose)
        self._reader = SourceReader(program.roots)
        self._ahead = Ahead(self._queue, self._recording, self._privacy, self.guard)
        self._jvm = JvmHalf(self._ahead, self.guard, self.gap, config.exit_wait)
        user_code = UserCode(program.roots or program_folders())
        spark_named = SparkNamed(lambda file: user_code.ownership(file).owned)
        self._telling = Telling(self.folder, config, program.roots, spark_named)
        self._ending = Ending(
            config, self.store, self.folder, self._ahead, self._telling, self.guard, program.roots, with_functions,
        )  # fmt: skip
        self._code = Code(program, self._queue.put, self.guard)
        self._links = Links(self._queue.put)
        self._parents = Parents(self._queue.put, lambda: self._telling.begun)
        self._ended = threading.Event()
        self._pid = os.getpid()
        self._installation: capture.Installation | None = None
        self._recorder: capture.Recorder | None = None
        self._attached = False  # the program has had a SparkContext
        self._cells = Cells(lambda: self._recorder, self._queue, self._jvm, self.flush, self.guard)

    @property
    def report(self) -> Report | None:
        """Of the checks, once the run has ended."""
        return self._ending.report

    # -- the begin

    def begin(self) -> None:
        config, program = self.config, self.program
        self.guard("privacy", self._learn_secrets)
        self._queue.put_always(
            ProgramStarted(
                app=config.app or program.name,
                program=program.path,
                argv=program.argv,
                python=".".join(map(str, sys.version_info[:3])),
                at=time.time(),
                mode=Mode(config.mode),
                labels=dict(config.labels),
                run=self.run,
                place="" if config.app else self.guard("place", self._code.place) or "",
            )
        )
        self.guard("repository", self._code.look)
        self.guard("links", self._links.look)
        self.guard("parents", self._parents.of_environment)
        if self.rules is None:
            self.rules = self.guard("rules", self._load_rules) or Rules()
        self.guard("capture", self._capture, self.rules)
        self.guard("first flush", self.flush)
        self.guard("register", register.began, self.store, self.run)
        self.guard("store", self._begin_elsewhere)
        # Not threading.Thread: a program that counts or lists its threads must not find one of ours.
        _thread.start_new_thread(self.guard, ("poll", self._poll))

    def _begin_elsewhere(self) -> None:
        why = self._elsewhere.begin(self.program.roots, self.config.app or self.program.name)
        if why is not None:
            self.gap("store", f"the run is recorded on this machine only: {why}")

    def _learn_secrets(self) -> None:
        """What is secret is known before the first line is written."""
        self._privacy.texts.learn(os.environ)
        if os.path.isfile(self.program.path):
            with open(self.program.path, "rb") as file:
                self._privacy.texts.learn_program(file.read().decode("utf-8", "replace"), self.program.argv)

    def _mask_key(self) -> bytes:
        return self.config.mask_key.encode("utf-8") if self.config.mask_key else self._elsewhere.mask_key(self.store)

    def _load_rules(self) -> Rules:
        return load(list(map(Path, (os.getcwd(), *self.program.roots))), also=self.config.checks_file)

    def _capture(self, rules: Rules) -> None:
        recorder = capture.Recorder(
            self._queue.put, self._jvm.relay, self.config, self.guard, roots=self.program.roots,
            read=self._read, questions=rules.questions(), contents=_FrameContents(),
            mlflow_found=self._links.mlflow, heard=self._jvm.relay.hears_connect, run=self.run,
        )  # fmt: skip
        self._recorder = recorder
        self._installation = capture.install(recorder)

    def _read(self, text: str, file: str) -> SourceReading:
        """Runs in the thread of the program that comes to a file first. Raises what the reader does."""
        reading = self._reader.read(text, file)
        if PARSES_DISTURB_EACH_OTHER:  # cleaning would parse in our thread, beside a program that may parse, too
            self.guard("privacy", source.parse_ahead, reading)
        return reading

    # -- while the program runs

    def attach(self, spark_context: Any, ran_before: bool = False) -> None:
        """The program has a SparkContext now; ``ran_before``: it had it before this observation began."""
        self.guard("links", self._links.look)
        self.guard("parents", lambda: self._parents.of_conf(spark_context._conf.get))
        self._attached = True
        self.guard("attach", self._jvm.attach, spark_context, ran_before, self._queue.put)
        if self._recorder is not None:
            self.guard("modules", self._recorder.look_for_modules)

    def detach(self, spark_context: Any) -> None:
        """The program is about to stop its SparkContext: take what the JVM half still holds."""
        self.guard("links", self._links.look)
        self.guard("detach", self._jvm.settle)
        if self.config.audit_catalog:
            self.guard("catalog", self._to_catalog_meanwhile, spark_context)

    def detached(self, spark_context: Any) -> None:
        """The SparkContext has been stopped."""
        self._jvm.detached()

    def follow_pandas(self) -> None:
        """Follows pandas objects from here on, whether or not they meet Spark. pandas must be imported."""
        if self._installation is not None:
            self.guard("pandas", self._installation.follow_pandas)

    def look_at_pandas(self) -> None:
        """Makes datasets of what the pandas objects of the program hold now."""
        if self._recorder is not None and self._recorder.pandas is not None:
            self.guard("pandas", self._recorder.look_at_tables)

    def flush(self) -> None:
        """Takes what both halves have seen since the last time and writes it ahead."""
        self._jvm.take()
        while own_imports.faults:
            self.guard.caught("imports", own_imports.faults.pop(0))
        self._ahead.flush()

    def _poll(self) -> None:
        bridge, begun = None, time.monotonic()
        while not self._ended.wait(POLL_SECONDS):
            bridge = self._jvm.relay.bridge or bridge
            # Asked before the flush: whoever tells receivers finds the parents written ahead.
            due = self._telling.is_due(time.monotonic() - begun, self._attached, self.guard)
            self.guard("flush", self.flush)
            self.guard("mlflow", self._telling.begin_mlflow, self._links.tracked_at)
            if due:
                if self.config.otel:
                    self.guard("links", self._links.begin_own, self.run)
                self.guard("live", self._telling.begin)
        if bridge is not None:
            bridge.hang_up()

    def look(self) -> None:
        """Writes what was seen up to now, for whoever reads the record of a program that goes on."""
        self.guard("settle", self._jvm.settle, SETTLE_SECONDS)
        self.guard("flush", self.flush)

    @property
    def cells(self) -> Cells:
        """What the notebook tells of its cells."""
        return self._cells

    def gap(self, what: str, why: str) -> None:
        """Something was not observed."""
        self._queue.put(PythonGap(what, why))

    def calls_at(self, frame: FrameType) -> tuple[str, ...]:
        """Ids of the calls around ``frame``, outermost first."""
        return self.guard("calls", capture.calls_around, frame) or ()

    # -- the end

    def end(
        self, outcome: Outcome, error: str | None, traceback: TracebackType | None, left: Sequence[str] = ()
    ) -> None:
        if os.getpid() != self._pid or self._ended.is_set():
            return  # a forked child of the program, or ended before
        self._ended.set()
        if outcome is Outcome.COMPLETE and self._cells.failed is not None:
            outcome, error = Outcome.FAIL, self._cells.failed
        self._ahead.ends = True
        failed = self.guard("traceback", capture.calls_on, traceback) if traceback is not None else tuple(left)
        self.guard("links", self._links.look)
        self.guard("mlflow", self._telling.begin_mlflow, self._links.tracked_at)
        self.guard("settle", self._jvm.last_look)
        self.guard("connect", self._bring_from_servers)
        if self._installation is not None:
            self.guard("uninstall", self._installation.uninstall)
        ended = time.time()
        if self.config.otel:
            self.guard("links", self._links.begin_own, self.run)
        self._code.wait(self.config.exit_wait)
        self._queue.put_always(ProgramEnded(ended, outcome, error, failed or ()))
        self.guard("last flush", self.flush)  # under a name of its own: what failed three times before is tried again
        if not self.guard("emit", self._emit):
            self.guard("last flush", self.flush)  # what made it fail
            logger.warning("the journal could not be written; what was observed is in %s", self._recording.path)
        if self._log is not None:
            logger.removeHandler(self._log)
            self._log.close()

    def _bring_from_servers(self) -> None:
        """What servers of Spark Connect have seen that this program did not start."""
        if self._recorder is None or not self._recorder.sessions.unheard:
            return
        seen = from_servers.observations(self.store, self.run, time.time(), self.config.exit_wait)
        if seen is None:
            self.gap("connect", from_servers.NOT_HEARD)
            if self._recorder.sessions.guessed:
                self.gap("storage", from_servers.FILES)
            return
        self._ahead.write(seen)

    def _emit(self) -> bool:
        with places.offline():
            return self._write_record()

    def _write_record(self) -> bool:
        until = self._ending.write(self.rules)
        self._recording.remove()
        sender = self._ending.hand_on(until)
        if self.config.audit_catalog and (bridge := self._jvm.relay.bridge) is not None and bridge.alive():
            self.guard("catalog", self._to_catalog, bridge.context, False)
        if sender is not None:
            self.guard("send", self._ending.wait, sender, until)
        self.guard("spans", self._ending.wait_for_spans, until)
        self.guard("store", self._wait_elsewhere, until)
        self.guard("mlflow", self._ending.wait_for_mlflow, until)
        return True

    def _wait_elsewhere(self, until: float) -> None:
        begun = time.monotonic()
        if (sentence := self._elsewhere.wait(until)) is not None:
            tell(sentence)
        if self._elsewhere.on:
            logger.info("spark-lineage.waited: %.2f s for the store", time.monotonic() - begun)

    # -- the audit tables of a catalog

    def _to_catalog_meanwhile(self, spark_context: Any) -> None:
        """Uses the program's session while it is observed; nothing of it is recorded."""
        if self._installation is None or self._recorder is None:
            return
        self._installation.uninstall()
        self._jvm.ours = True
        try:
            self._to_catalog(spark_context, True)
        finally:
            self.guard("settle", self._jvm.settle)
            self._jvm.ours = False
            self._installation = capture.install(self._recorder)

    def _to_catalog(self, spark_context: Any, still_runs: bool) -> None:
        running = (self._ahead, self.folder) if still_runs else None
        with places.offline():
            catalog.write(spark_context, str(self.config.audit_catalog), self.store, running)


def run_id() -> str:
    """UUID version 7 (RFC 9562): sorts by time, as the OpenLineage clients make their run ids."""
    milliseconds = time.time_ns() // 1_000_000
    value = (
        (milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76
        | secrets.randbits(12) << 64
        | 0b10 << 62
        | secrets.randbits(62)
    )
    return str(uuid.UUID(int=value))


def _log_file(folder: Path, level: str, clean: Callable[[str], str]) -> logging.Handler:
    handler = PrivateLog(folder / "agent.log", clean)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.setLevel(level.upper())
    logger.setLevel(min(logging.WARNING, handler.level))
    logger.addHandler(handler)
    return handler
