"""Switching on from inside the program: ``start``, ``stop`` and the helper for a session builder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from spark_lineage.activation import autostart, notebook
from spark_lineage.activation.doors import OwnDoor, stop_with_interpreter
from spark_lineage.activation.hook import SparkHook, names_listener, settings_of_interest
from spark_lineage.activation.jars import JarError, jar_or_gap
from spark_lineage.activation.program import running_program
from spark_lineage.config import Config, ConfigError, resolve
from spark_lineage.guard import Guard
from spark_lineage.model import Outcome
from spark_lineage.own_imports import Apart

if TYPE_CHECKING:
    from spark_lineage.agent import Agent

Builder = TypeVar("Builder")
RUNS_WITHOUT = (
    "this SparkSession runs without the listener of spark-lineage: steps, edges and code are recorded; rows, columns "
    "and executions are not. Load the extension before the session is made, or make the session with the listener."
)
_hook: SparkHook | None = None
_FAULTS = Guard()  # tells the agent, once there is one


def start(**options: Any) -> Agent | None:
    """Observes this process from here on, until :func:`stop` or the end of the process.

    ``options`` are those of :class:`spark_lineage.Config`, by field name: ``start(mode="exact", sample_rows=0)``.
    To be called before the SparkSession is made. A second call while one observes changes nothing. Gives the
    agent; None if ``enabled`` is false.

    Raises ConfigError: a setting that cannot be used, no jar for this Spark, a store that cannot be written, or
    a SparkSession that runs without our listener. With any other fault of ours the program goes on unobserved: None.
    """
    try:
        with Apart():
            return _start(options)
    except ConfigError:
        raise
    except BaseException as fault:
        _FAULTS.caught("activation", fault)
        return None


def start_in_notebook() -> str | None:
    """As :func:`start`, also where a session runs already without our listener: then a sentence says what is not seen.

    Raises ConfigError.
    """
    told: list[str] = []
    try:
        with Apart():
            _start({}, told.append)
    except ConfigError:
        raise
    except BaseException as fault:
        _FAULTS.caught("activation", fault)
    return told[0] if told else None


def _start(options: Mapping[str, Any], tell: Callable[[str], None] | None = None) -> Agent | None:
    """``tell``: takes what is not seen of a session that runs already without our listener, which is refused else."""
    global _hook
    from spark_lineage import agent

    running = agent.current()
    if running is not None:
        return running
    program = running_program()
    spark_context = _active_context()
    conf = settings_of_interest(spark_context._conf._jconf, spark_context._jvm) if spark_context is not None else {}
    config = resolve(options, spark_conf=conf, folders=program.folders)
    if not config.enabled:
        return None
    listens = spark_context is None or names_listener(conf)
    if not listens and tell is None:
        raise ConfigError(
            "A SparkSession already runs without lineage: call start before it is made, or stop it first."
        )
    door, unseen = _door(config)
    begun = _begin(config)
    _FAULTS.report, _FAULTS.strict = begun.gap, config.strict
    autostart.step_aside()
    if unseen is not None:
        begun.gap("jvm", unseen)
    _hook = SparkHook(door, begun.guard).install() if door is not None else None
    if spark_context is not None and listens:
        begun.attach(spark_context, ran_before=True)
    elif not listens and tell is not None:
        begun.gap("jvm", RUNS_WITHOUT)
        tell(RUNS_WITHOUT)
    stop_with_interpreter(begun)
    notebook.watch(begun)
    return begun


def stop() -> Agent | None:
    """Ends the observation and writes the record; gives the agent that ended, None if none observed."""
    return _FAULTS("record", _stop)


def _stop() -> Agent | None:
    global _hook
    from spark_lineage import agent

    notebook.unwatch()
    hook, _hook = _hook, None
    if hook is not None:
        _FAULTS("hook", hook.remove)
    with Apart():
        return agent.stop(Outcome.COMPLETE)


def configure_spark_with_lineage(spark_session_builder: Builder, **options: Any) -> Builder:
    """Makes the session that the builder will make an observed one; gives the same builder.

        spark = configure_spark_with_lineage(SparkSession.builder.appName("daily"), mode="flow").getOrCreate()

    Works together with delta's ``configure_spark_with_delta_pip``, in any order. ``options`` and errors are those
    of :func:`start`; TypeError for anything but a builder.
    """
    from pyspark.sql import SparkSession

    if not isinstance(spark_session_builder, SparkSession.Builder):
        raise TypeError(
            "configure_spark_with_lineage takes a SparkSession builder (SparkSession.builder...), "
            f"not {type(spark_session_builder).__name__}"
        )
    start(**options)
    return spark_session_builder


def _door(config: Config) -> tuple[OwnDoor | None, str | None]:
    """None where no Spark is there to run, and what is not seen because of that."""
    from spark_lineage import agent

    try:
        jar, unseen = jar_or_gap(config.jar, remote="SPARK_REMOTE" in os.environ)
    except JarError as error:
        raise ConfigError(str(error)) from None
    return OwnDoor(config, jar, agent.current) if jar is not None else None, unseen


def _begin(config: Config) -> Agent:
    from spark_lineage import agent

    try:
        return agent.start(config, running_program().observed)
    except OSError as error:
        raise ConfigError(f"The store {config.store} cannot be written: {error.strerror or error}.") from None


def _active_context() -> Any:
    from spark_lineage.activation.hook import CONTEXT_MODULES

    for name in CONTEXT_MODULES:
        module = sys.modules.get(name)
        if module is not None:
            return module.__dict__["SparkContext"]._active_spark_context
    return None
