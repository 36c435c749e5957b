"""Start-up hook of drivers that spark-submit starts: observes if the conf names our listener.

``install`` is called at the start of the interpreter by ``spark_lineage_startup.pth`` (``.start`` from Python
3.15 on, PEP 829) where the package is installed, and by the ``sitecustomize`` of the zip file that
``spark-lineage pyfiles`` makes where it is not. In any Python that spark-submit has not started it does nothing.
"""

from __future__ import annotations

import os
import sys

from spark_lineage.own_imports import Apart

TYPE_CHECKING = False  # typing is not imported: the program's folder may be the first that is searched
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from spark_lineage.activation.hook import SparkHook
    from spark_lineage.agent import Agent

_installed = False
_hook: SparkHook | None = None
_early: list[tuple[str, str]] = []  # faults before there is an agent that can be told


def install() -> None:
    """Puts the hook in place, once; never raises and prints nothing."""
    global _installed
    if _installed or not is_called_for(os.environ):
        return
    _installed = True
    try:
        with Apart(soon=_script_folder(sys.orig_argv)):
            _install()
    except KeyboardInterrupt:
        raise  # the program's
    except BaseException:
        return  # a guest at start-up: the program must start


def _script_folder(words: list[str]) -> list[str]:
    """The folder that the interpreter will search first, when it comes to the script of its command line."""
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word in ("-c", "-m", "-"):
            return [os.getcwd()]
        if word in ("-W", "-X") and rest:
            rest.pop(0)
    return [os.path.dirname(os.path.realpath(rest[0]))] if rest else []


def _install() -> None:
    global _hook
    from spark_lineage.activation.doors import ConfDoor
    from spark_lineage.activation.exits import MAIN
    from spark_lineage.activation.hook import SparkHook
    from spark_lineage.guard import Guard

    _hook = SparkHook(ConfDoor(_begin), Guard(_before_the_agent)).install()
    MAIN.watch_exits()


def step_aside() -> None:
    """For the runner and the session helper, which bring the listener themselves: one hook at a time."""
    global _hook
    if _hook is not None:
        _hook.remove()
        _hook = None


def is_called_for(environ: Mapping[str, str]) -> bool:
    """True in a driver whose JVM was started by spark-submit, or will be started with our listener."""
    return "PYSPARK_GATEWAY_PORT" in environ or "io.sparklineage" in environ.get("PYSPARK_SUBMIT_ARGS", "")


def _begin(conf: Mapping[str, str], spark_context: Any) -> Agent | None:
    with Apart():
        return _begin_apart(conf, spark_context)


def _begin_apart(conf: Mapping[str, str], spark_context: Any) -> Agent | None:
    from spark_lineage import agent
    from spark_lineage.activation import notebook
    from spark_lineage.activation.doors import stop_with_interpreter
    from spark_lineage.activation.program import running_program
    from spark_lineage.config import ConfigError, resolve

    running = agent.current()
    if running is not None:  # the runner or the session helper was first
        return running
    program = running_program()
    try:
        config = resolve(spark_conf=conf, folders=program.folders)
        if not config.enabled:
            return None
        begun = agent.start(config, program.observed)
    except ConfigError as error:
        _tell(spark_context, str(error))
    except OSError as error:
        _tell(spark_context, f"The store {config.store} cannot be written: {error.strerror or error}.")
    else:
        stop_with_interpreter(begun)
        _report_to(begun)
        notebook.watch(begun)
        return begun
    return None


def _before_the_agent(what: str, why: str) -> None:
    """A fault while there is no run that it could be a gap of: Spark's own log has it, where Spark's JVM is up."""
    _early.append((what, why))
    context_class = getattr(sys.modules.get("pyspark"), "SparkContext", None)
    if context_class is not None and context_class._jvm is not None:
        _tell(context_class, f"a fault of spark-lineage in '{what}' ({why}). The program runs as without it.")


def _report_to(begun: Agent) -> None:
    """Faults of the hook are gaps of this run from here on; those that came before are told now."""
    if _hook is not None:
        _hook.guard.report = begun.gap
    while _early:
        begun.gap(*_early.pop(0))


def _tell(spark_context: Any, sentence: str) -> None:
    """Into Spark's own log: the program's output is not ours to write to.

    ``spark_context`` is a SparkContext, or its class, which holds the JVM as well.
    """
    logger = spark_context._jvm.org.slf4j.LoggerFactory.getLogger("io.sparklineage")
    logger.warn(f"Lineage is not recorded: {sentence}")
