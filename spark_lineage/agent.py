"""Composition root: the only module that wires capture, JVM, graph, events and sinks together.

One :class:`Agent` observes one program, from :func:`start` to :func:`stop`. While the program runs, a daemon
thread takes observations off the queue once a second and appends them to the write-ahead file, so that a killed
driver loses at most the last second. At the end the graph is assembled and becomes events, journal and tables.

``activation`` decides when: it calls :func:`start` and :func:`stop`, and for every SparkContext of the program
``agent.attach(context)`` once it is up, ``agent.detach(context)`` right before its ``stop`` and
``agent.detached(context)`` right after.
"""

from __future__ import annotations

import _thread
import contextlib
import dataclasses
import gc
import itertools
import logging
import os
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from spark_lineage import capture
from spark_lineage.answers.check.rules import Rules, load
from spark_lineage.capture.code.ownership import UserCode, program_folders
from spark_lineage.compat import PARSES_DISTURB_EACH_OTHER
from spark_lineage.config import Config
from spark_lineage.guard import Guard, logger
from spark_lineage.jvm.bridge import Bridge, JvmHalfMissing
from spark_lineage.model import (
    LinkSeen,
    Mode,
    Observation,
    Outcome,
    ParentSeen,
    ProgramEnded,
    ProgramStarted,
    PythonGap,
    RepositorySeen,
    SourceReading,
    SparkStarted,
)
from spark_lineage.own_imports import Apart
from spark_lineage.privacy import keys, source
from spark_lineage.privacy.logs import PrivateLog
from spark_lineage.privacy.observing import Privacy
from spark_lineage.privacy.texts import Choices
from spark_lineage.static import SourceReader
from spark_lineage.store.recording import Recording
from spark_lineage.surroundings import parent_run, place, repository, work_tree, written_files
from spark_lineage.surroundings.spark_named import SparkNamed
from spark_lineage.surroundings.trace import links

if TYPE_CHECKING:
    from spark_lineage.answers.check.results import Report
    from spark_lineage.model import LineageGraph
    from spark_lineage.sinks.sender import Sender

POLL_SECONDS = 1.0
SPARK_STARTS = 60.0  # seconds for which receivers are not told of a program that names Spark and has not begun it
WITHOUT_SPARK = 2.0  # seconds after which receivers are told of a program that does not name Spark
AT_ONCE = 10_000  # observations that are written together
SETTLE_SECONDS = 2.0  # at most, for what ran before an observation began
HISTORY_BYTES = 8_000_000  # of journals of earlier runs that the end of a program reads for its checks


@dataclass(frozen=True)
class Program:
    """What is observed."""

    name: str  # names the jobs: the stem of the script, the last part of the module
    path: str  # script or module as the user gave it
    argv: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()  # folders that hold user code; empty: the folder of the script


class Relay:
    """What capture calls on the JVM half; holds the bridge of the context that is alive, if one is."""

    def __init__(self) -> None:
        self.bridge: Bridge | None = None

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None:
        if self.bridge is not None:
            self.bridge.mark(df, df_id, inputs, why)

    def read(self, df: Any, df_id: str) -> None:
        if self.bridge is not None:
            self.bridge.read(df, df_id)

    def ask(self, df_id: str, questions: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        if self.bridge is not None:
            self.bridge.ask(df_id, questions)

    def same(self, df: Any, df_id: str) -> None:
        if self.bridge is not None:
            self.bridge.same(df, df_id)

    def place(self, path: str) -> tuple[str, str, str] | None:
        return self.bridge.place(path) if self.bridge is not None else None

    def set_op(self, op_id: str | None) -> None:
        if self.bridge is not None:
            self.bridge.set_op(op_id)

    def function(self, udf: Any, code: str) -> None:
        if self.bridge is not None:
            self.bridge.function(udf, code)


class _PandasContents:
    """:mod:`spark_lineage.fingerprint.pandas_objects`, imported once a program has pandas objects: it needs pyarrow."""

    def __getattr__(self, name: str) -> Any:
        with Apart():
            from spark_lineage.fingerprint import pandas_objects

        return getattr(pandas_objects, name)


class Agent:
    """Observes one program. Made by :func:`start`."""

    def __init__(
        self, config: Config, program: Program, rules: Rules | None = None, with_functions: bool = False
    ) -> None:
        self.config = config
        self.program = program
        self.rules = rules
        self.report: Report | None = None  # of the checks, once the run has ended
        self._with_functions = with_functions
        self.run = run_id()
        self.store = Path(config.store).absolute()
        self.folder = self.store / "runs" / self.run
        self.guard = Guard(self._fault, strict=config.strict)
        self._queue = capture.DeferredQueue()
        self._recording = Recording(self.folder)
        choices = Choices(config.mask_columns, config.mask_personal, config.mask_literals)
        self._privacy = Privacy(choices, self._mask_key, self.guard)
        self._links: set[LinkSeen] = set()
        self._compared: threading.Event | None = None  # set once git has said whether files differ
        self._log = _log_file(self.folder, config.log_level, self._privacy.texts.prose)
        self._reader = SourceReader(program.roots)
        self._relay = Relay()
        self._flushing = threading.Lock()
        self._draining = threading.Lock()  # another one: a JVM that hangs must not hold up what needs no JVM
        self._ended = threading.Event()
        self._pid = os.getpid()
        self._installation: capture.Installation | None = None
        self._recorder: capture.Recorder | None = None
        self._told_while_it_runs = False
        self._known_parents: set[parent_run.Found] = set()
        self._live_tried = False
        user_code = UserCode(program.roots or program_folders())
        self._spark_named = SparkNamed(lambda file: user_code.ownership(file).owned)
        self._attached = False  # the program has had a SparkContext
        self._our_own = False  # what the JVM half sees just now is our own doing

    # -- while the program runs

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
                place=self.guard("place", self._place) or "",
            )
        )
        self.guard("repository", self._repository)
        self.guard("links", self._link)
        self.guard("parents", self._parents_of_environment)
        if self.rules is None:
            self.rules = self.guard("rules", self._load_rules) or Rules()
        self.guard("capture", self._capture, self.rules)
        self.guard("first flush", self.flush)
        # Not threading.Thread: a program that counts or lists its threads must not find one of ours.
        _thread.start_new_thread(self.guard, ("poll", self._poll))

    def _capture(self, rules: Rules) -> None:
        config, program = self.config, self.program
        recorder = capture.Recorder(
            self._queue.put, self._relay, config, self.guard, roots=program.roots,
            read=self._read, questions=rules.questions(), contents=_PandasContents(),
        )  # fmt: skip
        self._recorder = recorder
        self._installation = capture.install(recorder)

    def _tell_while_it_runs(self) -> None:
        """Has receivers told of this run from now on, by a process beside this one, if there are any.

        Not before Spark is there, or has not come for a while: its conf may name the parent, and that the job.
        """
        from spark_lineage.sinks.configuration import configured

        if not configured():
            return
        from spark_lineage.sinks import beside

        self._told_while_it_runs = beside.begin(
            self.folder, self.program.roots, self.config.namespace, self.config.sample_publish
        )

    def _read(self, text: str, file: str) -> SourceReading:
        """Runs in the thread of the program that comes to a file first. Raises what the reader does."""
        reading = self._reader.read(text, file)
        if PARSES_DISTURB_EACH_OTHER:  # cleaning would parse in our thread, beside a program that may parse, too
            self.guard("privacy", source.parse_ahead, reading)
        return reading

    def _learn_secrets(self) -> None:
        """What is secret is known before the first line is written."""
        self._privacy.texts.learn(os.environ)
        if os.path.isfile(self.program.path):
            with open(self.program.path, "rb") as file:
                self._privacy.texts.learn_program(file.read().decode("utf-8", "replace"), self.program.argv)

    def _load_rules(self) -> Rules:
        return load(list(map(Path, (os.getcwd(), *self.program.roots))), also=self.config.checks_file)

    def _place(self) -> str:
        if self.config.app or not self.program.roots:
            return ""
        return place.of(self.program.path, self.program.roots[0], self._seen_repository())

    def _seen_repository(self) -> RepositorySeen | None:
        """That of the script, or of the folder in which a module was found."""
        if os.path.exists(self.program.path):
            return repository.read(self.program.path)
        return repository.read(os.path.join(self.program.roots[0], "module")) if self.program.roots else None

    def _repository(self) -> None:
        seen = repository.read(self.program.path) if os.path.exists(self.program.path) else None
        if seen is not None:
            self._queue.put(seen)
            try:
                question = work_tree.ask(seen.root)
            except work_tree.NotKnown as reason:
                self._queue.put(work_tree.unknown(reason))
                return
            self._compared = threading.Event()
            _thread.start_new_thread(self.guard, ("work tree", self._compare_work_tree, seen, question, self._compared))

    def _compare_work_tree(self, seen: RepositorySeen, question: work_tree.Question, compared: threading.Event) -> None:
        """Runs in a thread of its own: git takes its time, and observations are written ahead every second."""
        try:
            found = self.guard("repository", work_tree.compared, seen, question)
            if found is not None:
                self._queue.put(found)
        finally:
            compared.set()

    def _link(self) -> None:
        for link in links(os.environ):
            if link not in self._links:
                self._links.add(link)
                self._queue.put(link)

    def _parents_of_environment(self) -> None:
        self._parents(parent_run.of_environment(os.environ))

    def _parents(self, found: Iterable[parent_run.Found]) -> None:
        for parent in [each for each in found if each not in self._known_parents]:
            self._known_parents.add(parent)
            if self._told_while_it_runs and isinstance(
                parent, ParentSeen
            ):  # a job has its name from its parent, and receivers know it already
                self._fault("parent", f"{parent.name} was named as the parent after receivers had been told of the run")
            else:
                self._queue.put(parent)

    def _mask_key(self) -> bytes:
        return self.config.mask_key.encode("utf-8") if self.config.mask_key else keys.of_store(self.store)

    def attach(self, spark_context: Any, ran_before: bool = False) -> None:
        """The program has a SparkContext now; ``ran_before``: it had it before this observation began."""
        self.guard("links", self._link)
        self.guard("parents", lambda: self._parents(parent_run.of_conf(spark_context._conf.get)))
        self._attached = True
        self.guard("attach", self._attach, spark_context, ran_before)
        if self._recorder is not None:
            self.guard("modules", self._recorder.look_for_modules)

    def _attach(self, spark_context: Any, ran_before: bool) -> None:
        try:
            bridge = Bridge(spark_context)
        except JvmHalfMissing as missing:
            self._fault("jvm", str(missing))
            return
        if ran_before:
            self._pass_over(bridge)
        self._relay.bridge = bridge

    def _pass_over(self, bridge: Bridge) -> None:
        """What the JVM half saw before this observation began is not ours, but for what Spark it is."""
        global _spark
        bridge.settle(min(self.config.exit_wait, SETTLE_SECONDS))
        for observation in itertools.chain.from_iterable(bridge.drain()):
            _spark = observation if isinstance(observation, SparkStarted) else _spark
        if _spark is not None:
            self._queue.put(_spark)

    def detach(self, spark_context: Any) -> None:
        """The program is about to stop its SparkContext: take what the JVM half still holds."""
        self.guard("links", self._link)
        self.guard("detach", self._settle)
        if self.config.audit_catalog:
            self.guard("catalog", self._unobserved, self._to_catalog, spark_context, True)

    def detached(self, spark_context: Any) -> None:
        """The SparkContext has been stopped."""
        bridge, self._relay.bridge = self._relay.bridge, None
        if bridge is not None:
            self.guard("drain", self._drain, bridge)

    def flush(self) -> None:
        """Takes what both halves have seen since the last time and writes it ahead."""
        if (bridge := self._relay.bridge) is not None and bridge.alive():
            self.guard("drain", self._drain, bridge)
        with self._flushing:
            self._write_deferred()
            if self._ended.is_set():
                self._recording.add(self._privacy.rest())

    def _write_deferred(self) -> None:
        """Writes ahead what the Python half has seen. With ``_flushing`` held."""
        while deferred := self._queue.take(AT_ONCE):
            made = map(self._made, deferred)
            self._write_ahead([observation for observation in made if observation is not None])
        if dropped := self._queue.take_dropped():
            why = f"{dropped} of the Python half were dropped: more came at once than it could take"
            self._write_ahead([PythonGap("observations", why)])

    def _made(self, deferred: capture.Deferred) -> Observation | None:
        return self.guard("observations", capture.observation, deferred) if callable(deferred) else deferred

    def _write_ahead(self, observations: Sequence[Observation]) -> None:
        """Before anything is written: what is hidden was never on the disk. With ``_flushing`` held."""
        self._recording.add(self._privacy.of(observations))

    def _poll(self) -> None:
        bridge, begun = None, time.monotonic()
        while not self._ended.wait(POLL_SECONDS):
            bridge = self._relay.bridge or bridge
            # Asked before the flush: whoever tells receivers finds the parents written ahead.
            may_tell = not self._live_tried and self._may_tell(time.monotonic() - begun)
            self.guard("flush", self.flush)
            if may_tell:
                self._live_tried = True
                self.guard("live", self._tell_while_it_runs)
        if bridge is not None:
            bridge.hang_up()

    def _may_tell(self, seconds: float) -> bool:
        if self._attached or seconds > SPARK_STARTS:
            return True
        return seconds > WITHOUT_SPARK and not self.guard("Spark's name", self._spark_named.look)

    def _last_look(self) -> None:
        """``_settle`` in a thread of its own: the program ends whether or not the JVM still answers."""
        bridge, looked = self._relay.bridge, threading.Event()
        if bridge is None:
            return

        def look() -> None:
            try:
                self._settle()
            finally:
                looked.set()
                bridge.hang_up()

        _thread.start_new_thread(self.guard, ("settle", look))
        if not looked.wait(self.config.exit_wait + SETTLE_SECONDS):
            self._relay.bridge = None
            self._fault("settle", "the JVM did not answer any more: facts may be missing")

    def _settle(self) -> None:
        bridge = self._relay.bridge
        if bridge is not None and bridge.alive():
            seconds = self.config.exit_wait
            if not bridge.settle(seconds):
                self._fault("settle", f"Spark's listener bus was not empty after {seconds:g} s: facts may be missing")
            self.flush()

    def _drain(self, bridge: Bridge) -> None:
        global _spark
        with self._draining:  # until all are written: the end must not come in between
            for observations in bridge.drain():
                started = (observation for observation in observations if isinstance(observation, SparkStarted))
                _spark = next(started, _spark)
                if not self._our_own:
                    with self._flushing:
                        self._write_deferred()  # that a DataFrame is marked comes before what was measured of it
                        self._write_ahead(observations)

    def gap(self, what: str, why: str) -> None:
        """Something about the program as a whole was not observed."""
        self._queue.put(PythonGap(what, why))

    def calls_at(self, frame: FrameType) -> tuple[str, ...]:
        """Ids of the calls around ``frame``, outermost first."""
        return self.guard("calls", capture.calls_around, frame) or ()

    def _fault(self, what: str, why: str) -> None:
        self._queue.put(PythonGap(what, why))

    # -- at the end

    def end(
        self, outcome: Outcome, error: str | None, traceback: TracebackType | None, left: Sequence[str] = ()
    ) -> None:
        if os.getpid() != self._pid or self._ended.is_set():
            return  # a forked child of the program, or ended before
        self._ended.set()
        failed = self.guard("traceback", capture.calls_on, traceback) if traceback is not None else tuple(left)
        self.guard("settle", self._last_look)
        if self._installation is not None:
            self.guard("uninstall", self._installation.uninstall)
        ended = time.time()
        if self._compared is not None:
            self._compared.wait(min(self.config.exit_wait, work_tree.SECONDS))
        self._queue.put_always(ProgramEnded(ended, outcome, error, failed or ()))
        self.guard("last flush", self.flush)  # under a name of its own: what failed three times before is tried again
        if not self.guard("emit", self._emit):
            self.guard("last flush", self.flush)  # what made it fail
            logger.warning("the journal could not be written; what was observed is in %s", self._recording.path)
        if self._log is not None:
            logger.removeHandler(self._log)
            self._log.close()

    def _emit(self) -> bool:
        # Here and not above: start-up must stay cheap, and these bring in the OpenLineage client and Arrow.
        from spark_lineage.events import build, samples
        from spark_lineage.sinks.delta import DeltaAudit
        from spark_lineage.sinks.journal import Journal
        from spark_lineage.sinks.sender import begin

        until = time.monotonic() + self.config.exit_wait
        with _no_collections():
            graph = self._graph()
            self.report = self.guard("checks", self._check, graph)
            if self.report is not None:
                graph = dataclasses.replace(graph, checks=self.report.results)
            else:
                self.flush()  # the gap that says why
                graph = self._graph()
            moved = self.guard("written files", lambda: tuple(written_files.moved(graph))) or ()
            graph = dataclasses.replace(graph, gaps=(*graph.gaps, *moved))
            if self._told_while_it_runs:
                self.guard("live", self._tell_no_more)
            events = build(graph, self.config.namespace, self.config.sample_publish)
            Journal(self.folder).write(events, samples(graph))
        self._recording.remove()
        # An event whose answer the process beside us still waits for is not sent again.
        others = self.config.exit_wait if self._told_while_it_runs else 0.0
        sender = self.guard("send", begin, self.store, self.folder, until, others)  # None: no transport is configured
        # From the journal and not from the graph: the tables are a function of the events.
        self.guard("delta", DeltaAudit(self.store / "audit").append, self.folder)
        if self.config.audit_catalog and (bridge := self._relay.bridge) is not None and bridge.alive():
            self.guard("catalog", self._to_catalog, bridge.context, False)
        if sender is not None:
            self.guard("send", self._deliver, sender, until)
        return True

    def _tell_no_more(self) -> None:
        from spark_lineage.sinks import beside

        if not beside.end(self.folder, self.config.exit_wait + SETTLE_SECONDS):
            raise TimeoutError("what tells receivers of the run did not end in time")

    def _graph(self) -> LineageGraph:
        from spark_lineage.graph import assemble

        with self._flushing:  # nothing may be written ahead while it is read
            return assemble(self._recording.observations())

    def _unobserved(self, body: Callable[..., None], *args: Any) -> None:
        """Runs what uses the program's session itself; nothing of it is recorded."""
        if self._installation is None or self._recorder is None:
            return
        self._installation.uninstall()
        self._our_own = True
        try:
            body(*args)
        finally:
            self.guard("settle", self._settle)
            self._our_own = False
            self._installation = capture.install(self._recorder)

    def _to_catalog(self, spark_context: Any, still_runs: bool) -> None:
        from spark_lineage.sinks.catalog import CatalogAudit
        from spark_lineage.store.runs import RunRecord, Store

        session = sys.modules["pyspark.sql"].SparkSession._instantiatedSession
        if session is None or session._sc is not spark_context:
            return
        try:
            audit = CatalogAudit(session, str(self.config.audit_catalog))
            audit.catch_up(Store(self.store))
            if still_runs:
                audit.put(RunRecord(self._graph(), (), self.folder, True))
        except Exception as error:
            logger.warning("spark-lineage.catalog: %s was not written", self.config.audit_catalog, exc_info=error)
            raise

    def _check(self, graph: LineageGraph) -> Report:
        from spark_lineage.answers.check.checking import check
        from spark_lineage.answers.check.earlier import earlier
        from spark_lineage.store import Store

        run = graph.run
        before = earlier(Store(self.store), run.app, run.started, run.id, HISTORY_BYTES)
        return check(graph, before, None, self.rules, self._with_functions)

    def _deliver(self, sender: Sender, until: float) -> None:
        begun = time.monotonic()
        remaining = sender.drain(max(0.0, until - begun))
        logger.info("spark-lineage.waited: %.2f s for receivers", time.monotonic() - begun)
        for sentence in remaining.sentences():
            logger.warning("spark-lineage.left: %s", sentence)
            # The program has ended. Not sys.stderr: what the program has put there is its own.
            if sys.__stderr__ is not None and not sys.__stderr__.closed:
                print(f"spark-lineage: {sentence}", file=sys.__stderr__, flush=True)


@contextlib.contextmanager
def _no_collections() -> Iterator[None]:
    """The record of a long session is a million objects, none of them garbage: looking for some takes half the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


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


_current: Agent | None = None
_spark: SparkStarted | None = None  # the JVM half says it once; a later observation of the same session needs it too


def current() -> Agent | None:
    """The agent that observes this process, if one does."""
    return _current


def start(config: Config, program: Program, rules: Rules | None = None, with_functions: bool = False) -> Agent:
    """Begins to observe this process. A second start while one observes gives the first agent.

    ``rules`` for checks: those beside the program if not given. ``with_functions``: those of ``checks.py`` are called
    at the end, too.

    Raises OSError if the store cannot be written.
    """
    global _current
    if _current is None:
        agent = Agent(config, program, rules, with_functions)
        agent.begin()
        _current = agent
    return _current


def stop(
    outcome: Outcome = Outcome.COMPLETE, error: str | None = None, traceback: TracebackType | None = None,
    left: Sequence[str] = (),
) -> Agent | None:  # fmt: skip
    """Ends the observation and writes the record; gives the agent that ended, None if none observed.

    ``error`` left the calls on ``traceback``, or those named in ``left``.
    """
    global _current
    agent, _current = _current, None
    if agent is not None:
        agent.end(outcome, error, traceback, left)
    return agent
