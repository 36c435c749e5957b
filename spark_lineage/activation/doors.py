"""What each way of activation does when the program's SparkContext comes and goes."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from spark_lineage.activation.exits import MAIN, UNKNOWN_STATUS
from spark_lineage.activation.hook import add_to_driver, appended, names_listener, settings_of_interest, with_jar
from spark_lineage.activation.jars import LISTENER
from spark_lineage.config import Config
from spark_lineage.guard import Guard, logger, silently
from spark_lineage.jvm.fit import has_listener
from spark_lineage.model import Outcome
from spark_lineage.own_imports import Apart

if TYPE_CHECKING:
    from spark_lineage.agent import Agent


class OwnDoor:
    """Runner and session helper: the listener is added to whatever Spark the program starts."""

    def __init__(self, config: Config, jar: Path, agent: Callable[[], Agent | None]) -> None:
        self._config = config
        self._jar = jar
        self._agent = agent

    def launch_conf(self, conf: Mapping[str, str]) -> Mapping[str, str]:
        return {"spark.jars": with_jar(conf.get("spark.jars"), self._jar)}

    def context_conf(
        self, conf: Callable[[], Mapping[str, str]], jvm: Any, has_listener: Callable[[], bool]
    ) -> Mapping[str, str]:
        if not has_listener():  # a JVM that was started without us
            add_to_driver(jvm, self._jar)
            if not has_listener():
                logger.warning("the running JVM does not take %s onto its classpath", self._jar)
                return {}
        given = conf()
        return {
            **self._config.spark_conf(given),
            "spark.jars": with_jar(given.get("spark.jars"), self._jar),
            "spark.extraListeners": appended(given.get("spark.extraListeners"), LISTENER),
        }

    def listeners_that_are_there(self, jconf: Any, jvm: Any) -> str | None:
        return None  # ours is added only where it is there

    def started(self, spark_context: Any) -> None:
        if (agent := self._agent()) is not None:
            agent.attach(spark_context)

    def stopping(self, spark_context: Any) -> None:
        if (agent := self._agent()) is not None:
            agent.detach(spark_context)

    def stopped(self, spark_context: Any) -> None:
        if (agent := self._agent()) is not None:
            agent.detached(spark_context)


class ConfDoor:
    """Start-up hook: the agent starts with the first context whose conf names our listener."""

    def __init__(self, begin: Callable[[Mapping[str, str], Any], Agent | None]) -> None:
        self._begin = begin
        self._agent: Agent | None = None
        self._was_named = False  # the conf named our listener, which is not on the classpath

    def launch_conf(self, conf: Mapping[str, str]) -> Mapping[str, str]:
        return {}

    def context_conf(
        self, conf: Callable[[], Mapping[str, str]], jvm: Any, has_listener: Callable[[], bool]
    ) -> Mapping[str, str]:
        return {}

    def listeners_that_are_there(self, jconf: Any, jvm: Any) -> str | None:
        if not names_listener(jconf) or has_listener(jvm):
            return None
        self._was_named = True
        named = [name.strip() for name in str(jconf.get("spark.extraListeners")).split(",")]
        return ",".join(name for name in named if name != LISTENER)

    def started(self, spark_context: Any) -> None:
        jconf = spark_context._conf._jconf  # pyspark holds the conf that the context really has
        if not (names_listener(jconf) or self._was_named):
            if self._agent is None:
                MAIN.forget_exits()
            return
        if self._agent is None:
            self._agent = self._begin(settings_of_interest(jconf, spark_context._jvm), spark_context)
        if self._agent is not None:
            self._agent.attach(spark_context)

    def stopping(self, spark_context: Any) -> None:
        if self._agent is not None:
            self._agent.detach(spark_context)

    def stopped(self, spark_context: Any) -> None:
        if self._agent is not None:
            self._agent.detached(spark_context)


# --------------------------------------------------------------------------- how the program ended


def end_of(error: BaseException | None) -> tuple[Outcome, str | None, TracebackType | None]:
    """Outcome of a program whose main code was left by ``error`` (None: it ran to its end)."""
    if error is None:
        return Outcome.COMPLETE, None, None
    if isinstance(error, SystemExit):
        if error.code is None or error.code == 0:
            return Outcome.COMPLETE, None, None
        return Outcome.FAIL, f"SystemExit: {error.code}", error.__traceback__
    outcome = Outcome.ABORT if isinstance(error, KeyboardInterrupt) else Outcome.FAIL
    text = str(error)
    return outcome, f"{type(error).__name__}: {text}" if text else type(error).__name__, error.__traceback__


def stop_at_exit(
    ended_by: Callable[[], BaseException | None], then: Callable[[Agent | None, Outcome], None] | None = None
) -> None:
    """Writes the record when the interpreter ends: after the program's threads and its own exit functions.

    ``then`` is told of the agent that ended, and how the program did.
    """

    def end() -> tuple[BaseException | None, tuple[str, ...]]:
        return ended_by(), ()

    atexit.register(silently, _at_exit, end, then)


def stop_with_interpreter(begun: Agent) -> None:
    """As :func:`stop_at_exit`, for a program that the interpreter itself runs: ``begun`` began inside of it."""
    MAIN.observed_by(begun.calls_at, begun.gap)

    def end() -> tuple[BaseException | None, tuple[str, ...]]:
        error, calls, known = MAIN.ended_by()
        if not known:
            begun.gap("exit", UNKNOWN_STATUS)
        return error, calls

    atexit.register(silently, _at_exit, end, None)


def _at_exit(
    end: Callable[[], tuple[BaseException | None, tuple[str, ...]]],
    then: Callable[[Agent | None, Outcome], None] | None,
) -> None:
    """The exit function, silently: a Ctrl-C that comes now is too late for the program, and would be printed."""
    from spark_lineage import agent

    error, calls = _AT_EXIT("end of the program", end) or (None, ())
    outcome, text, traceback = _AT_EXIT("end of the program", end_of, error) or (
        Outcome.FAIL,
        type(error).__name__,
        None,
    )
    _AT_EXIT("imports", Apart().__enter__)  # for good: nothing of the program's comes after this
    ended = _AT_EXIT("record", agent.stop, outcome, text, traceback, calls)
    if then is not None:
        then(ended, outcome)


_AT_EXIT = Guard(lambda what, why: logger.warning("spark-lineage.exit: the record is not whole (%s)", why))
