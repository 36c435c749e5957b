"""The hook into pyspark's SparkContext: brings our listener into the Spark that the program starts.

Nothing of pyspark is imported before the program does so. When ``SparkContext`` appears, four functions are
wrapped: the start of the JVM (our jar goes on its classpath), the making of the Java context (our listener and
settings go into its conf, on a copy), the end of ``_do_init`` (a context is up) and ``stop``.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from spark_lineage.activation.jars import LISTENER
from spark_lineage.after_import import Finder
from spark_lineage.config import CONF_PREFIX
from spark_lineage.guard import Guard, leave
from spark_lineage.jvm.fit import has_listener, why_not
from spark_lineage.patches import Function, Patch, Patches

# Spark 4 moved the class (SPARK-48413) and left a module of the old name that re-exports it.
MARK = "_spark_lineage"
CONTEXT_MODULES = ("pyspark.core.context", "pyspark.context")


class Door(Protocol):
    """What one way of activation does at the moments of a SparkContext's life."""

    def launch_conf(self, conf: Mapping[str, str]) -> Mapping[str, str]:
        """Settings to start the JVM with, given those of the program; the result is only what is added."""

    def context_conf(
        self, conf: Callable[[], Mapping[str, str]], jvm: Any, has_listener: Callable[[], bool]
    ) -> Mapping[str, str]:
        """Settings to add to the conf of the context that is about to be made; the result is only what is added.

        ``conf()`` gives those of interest that the program has set.
        ``has_listener()`` is true if the driver can load our listener: naming a class that is missing would stop
        the program's context.
        """

    def listeners_that_are_there(self, jconf: Any, jvm: Any) -> str | None:
        """``spark.extraListeners`` without ours, where that is named and missing: Spark would start no context.

        None: as it is.
        """

    def started(self, spark_context: Any) -> None: ...

    def stopping(self, spark_context: Any) -> None: ...

    def stopped(self, spark_context: Any) -> None: ...


class SparkHook:
    """Installed hook; :meth:`remove` undoes what is still ours."""

    def __init__(self, door: Door, guard: Guard | None = None, python: str | None = None) -> None:
        """``python``: the interpreter that Spark's workers are to use where the program has not named one."""
        self.door = door
        self._workers = WorkersPython(python)
        self.guard = guard or Guard()
        self._patches: Patches | None = None
        self._finder: Finder | None = None
        self._submit_arguments: str | None = None  # what the program had in PYSPARK_SUBMIT_ARGS, while ours are there

    def install(self) -> SparkHook:
        for name in CONTEXT_MODULES:
            module = sys.modules.get(name)
            if module is not None and self._patches is None:  # both names may stand for one module
                self.guard("hook", self._patch, module)
        if self._patches is None:
            self._finder = Finder(CONTEXT_MODULES, self._patch, self.guard)
            sys.meta_path.insert(0, self._finder)
        return self

    def remove(self) -> None:
        self._forget_finder()
        patches, self._patches = self._patches, None
        if patches is not None:
            patches.uninstall()

    def _forget_finder(self) -> None:
        if self._finder is not None and self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)

    def _patch(self, module: types.ModuleType) -> None:
        context_class = module.__dict__.get("SparkContext")
        if not isinstance(context_class, type) or context_class.__module__ != module.__name__:
            return  # the module that only re-exports
        self._forget_finder()
        patches = Patches(
            [
                Patch(module, "launch_gateway", _marked(self._launch)),
                Patch(context_class, "_initialize_context", _marked(self._initialize)),
                Patch(context_class, "_do_init", _marked(self._start)),
                Patch(context_class, "stop", _marked(self._stop)),
            ]
        )
        patches.install()
        self._patches = patches

    # -- the four wrappers; the program's call runs once, and nothing of ours runs outside the guard

    def _launch(self, original: Callable[..., Any]) -> Callable[..., Any]:
        guard, launch_with, launched = self.guard, self._launch_with, self._launched
        name_python, forget_python = self._workers.name, self._workers.forget
        hide_jar = _hide_jar

        def launch_gateway(conf: Any = None, *args: Any, **kwargs: Any) -> Any:
            named = guard("workers", name_python)
            with_ours = guard("launch", launch_with, conf)
            try:
                gateway = original(conf if with_ours is None else with_ours, *args, **kwargs)
                guard("launch", hide_jar, gateway, with_ours)
                return gateway
            except BaseException as error:
                leave(error)
                raise
            finally:
                guard("launched", launched)
                guard("workers", forget_python, named)

        return launch_gateway

    def _launch_with(self, conf: Any) -> Any:
        """The conf to start the JVM with; None: that of the program as it is."""
        if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit has started the JVM
            return None
        given = dict(conf.getAll()) if conf is not None else {}
        arguments = SubmitArguments(os.environ.get("PYSPARK_SUBMIT_ARGS", "pyspark-shell"))
        added = dict(self.door.launch_conf({**_spark_defaults(arguments), **given, **arguments.conf()}))
        if not added:
            return None
        from pyspark import SparkConf

        merged = SparkConf(loadDefaults=False)
        for key, value in {**given, **added}.items():
            merged.set(key, value)
        # Arguments come after the conf on the command line of spark-submit, so theirs win.
        replaced = arguments.replaced(added)
        if replaced is not None:
            self._submit_arguments = os.environ.get("PYSPARK_SUBMIT_ARGS")
            os.environ["PYSPARK_SUBMIT_ARGS"] = replaced
        return merged

    def _launched(self) -> None:
        before, self._submit_arguments = self._submit_arguments, None
        if before is not None:
            os.environ["PYSPARK_SUBMIT_ARGS"] = before

    def _initialize(self, original: Callable[..., Any]) -> Callable[..., Any]:
        guard, add, undo = self.guard, self._add_settings, self._undo_settings
        leave_out, name_again = self._leave_out_missing, self._name_again

        def _initialize_context(context: Any, jconf: Any) -> Any:
            before = guard("conf", add, context, jconf)
            named = guard("conf", leave_out, context, jconf)
            try:
                return original(context, jconf)
            except BaseException as error:
                leave(error)
                raise
            finally:
                guard("conf", undo, context, jconf, before)
                guard("conf", name_again, jconf, named)

        return _initialize_context

    def _add_settings(self, context: Any, jconf: Any) -> str | None:
        """Puts ours into the conf while the context takes its copy of it; gives what undoes that."""
        jvm = context._jvm
        added = self.door.context_conf(lambda: settings_of_interest(jconf, jvm), jvm, lambda: has_listener(jvm))
        if not added or why_not(jvm):  # a jar for another Spark comes before ours: nothing of it can be called
            return None
        words = [word for key, value in added.items() for word in (key, f"+{value}")]
        return str(jvm.io.sparklineage.PythonApi.change(jconf, "\0".join(words)))

    def _undo_settings(self, context: Any, jconf: Any, before: str | None) -> None:
        """The program may hold this conf, and print it."""
        if before:
            context._jvm.io.sparklineage.PythonApi.change(jconf, before)

    def _leave_out_missing(self, context: Any, jconf: Any) -> str | None:
        """A class that is missing must not stop the program; gives what the conf had."""
        there = self.door.listeners_that_are_there(jconf, context._jvm)
        if there is None:
            return None
        named = str(jconf.get("spark.extraListeners"))
        jconf.set("spark.extraListeners", there)
        return named

    def _name_again(self, jconf: Any, named: str | None) -> None:
        if named is not None:
            jconf.set("spark.extraListeners", named)

    def _start(self, original: Callable[..., Any]) -> Callable[..., Any]:
        guard, started = self.guard, self.door.started
        name_python, forget_python = self._workers.name, self._workers.forget

        def _do_init(context: Any, *args: Any, **kwargs: Any) -> Any:
            named = guard("workers", name_python)
            try:
                result = original(context, *args, **kwargs)
            except BaseException as error:
                leave(error)
                raise
            finally:
                guard("workers", forget_python, named)
            guard("started", started, context)
            return result

        return _do_init

    def _stop(self, original: Callable[..., Any]) -> Callable[..., Any]:
        guard, stopping, stopped = self.guard, self.door.stopping, self.door.stopped

        def stop(context: Any) -> Any:
            alive = guard("stop", _is_alive, context)
            if alive:
                guard("stopping", stopping, context)
            try:
                result = original(context)
            except BaseException as error:
                leave(error)
                raise
            if alive:
                guard("stopped", stopped, context)
            return result

        return stop


class WorkersPython:
    """Spark's workers take ``python3`` from the PATH, which is another one in a virtual environment that is not active.

    pyspark asks the environment for it when it starts the JVM and makes the context. The program finds nothing there.
    """

    def __init__(self, python: str | None) -> None:
        self._python = python

    def name(self) -> list[str]:
        """Puts it into the environment; gives the variables that were not there."""
        if self._python is None:
            return []
        added = [name for name in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON") if name not in os.environ]
        os.environ.update(dict.fromkeys(added, self._python))
        return added

    def forget(self, added: Sequence[str] | None) -> None:
        for name in added or ():
            os.environ.pop(name, None)


def _marked(make: Callable[[Function], Function]) -> Callable[[Any], Function | None]:
    """Wraps a function once: what another hook of ours has wrapped stays as it is."""

    def wrapped(original: Any) -> Function | None:
        if MARK in original.__dict__:
            return None
        ours = functools.wraps(original)(make(original))
        ours.__dict__[MARK] = True
        return ours

    return wrapped


def _hide_jar(gateway: Any, launched_with: Any) -> None:
    """Takes our jar out of what new confs of the JVM begin with; the conf of a context gets it again.

    It is on the classpath by now. pyspark goes through all settings of a conf, and py4j numbers each: with more of them
    all objects of the program would have other numbers.
    """
    if launched_with is None:
        return
    ours = os.path.basename(launched_with.get("spark.jars", "").rpartition(",")[2])
    system = gateway.jvm.java.lang.System
    for name in ("spark.jars", "spark.repl.local.jars"):
        there = (system.getProperty(name) or "").split(",")
        kept = [jar for jar in there if os.path.basename(jar) != ours]
        if ours and kept != there:
            _ = system.setProperty(name, ",".join(kept)) if kept else system.clearProperty(name)


def _is_alive(spark_context: Any) -> bool:
    return spark_context.__dict__.get("_jsc") is not None


# --------------------------------------------------------------------------- what the door adds


def appended(text: str | None, item: str) -> str:
    """A comma-separated setting with ``item`` at its end, once."""
    items = [part.strip() for part in (text or "").split(",") if part.strip()]
    return ",".join(items if item in items else [*items, item])


def with_jar(text: str | None, jar: Path) -> str:
    """``spark.jars`` with this jar at its end, once; spark-submit rewrites paths as ``file:`` addresses."""
    present = {re.sub(r"^file:/*", "/", part.strip()) for part in (text or "").split(",")}
    return text or "" if str(jar) in present else appended(text, str(jar))


def names_listener(conf: Mapping[str, str]) -> bool:
    return LISTENER in [part.strip() for part in conf.get("spark.extraListeners", "").split(",")]


def settings_of_interest(jconf: Any, jvm: Any) -> dict[str, str]:
    """What we need to know of a JVM SparkConf.

    py4j gives each object that it hands to Python a number, which error texts of the program show: so only texts are
    handed over here, but for a JVM that was started without our jar.
    """
    found = {key: jconf.get(key) for key in ("spark.jars", "spark.extraListeners") if jconf.contains(key)}
    if not why_not(jvm):
        words = str(jvm.io.sparklineage.PythonApi.settings(jconf, CONF_PREFIX)).split("\0")
        found.update(zip(words[::2], words[1::2], strict=False))
    else:
        for pair in jconf.getAllWithPrefix(CONF_PREFIX):
            found[CONF_PREFIX + pair._1()] = pair._2()
    return found


def add_to_driver(jvm: Any, jar: Path) -> None:
    """Puts the jar on the classpath of a driver that already runs (its class loader takes additions)."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    loader.addURL(jvm.java.io.File(str(jar)).toURI().toURL())


# --------------------------------------------------------------------------- what spark-submit will see


class SubmitArguments:
    """The text of ``PYSPARK_SUBMIT_ARGS``, as far as it sets a conf of interest."""

    _FLAGS: Mapping[str, str] = {"--jars": "spark.jars"}

    def __init__(self, text: str) -> None:
        self._words = shlex.split(text)

    def conf(self) -> dict[str, str]:
        return {key: value for _, key, value in self._settings()}

    def option(self, flag: str) -> str | None:
        for index, word in enumerate(self._words[:-1]):
            if word == flag:
                return self._words[index + 1]
        return None

    def replaced(self, added: Mapping[str, str]) -> str | None:
        """The text with these values in place of the ones it sets; None if it sets none of them."""
        words = list(self._words)
        changed = False
        for index, key, _ in self._settings():
            if key in added:
                words[index] = added[key] if self._words[index - 1] in self._FLAGS else f"{key}={added[key]}"
                changed = True
        return shlex.join(words) if changed else None

    def _settings(self) -> Iterator[tuple[int, str, str]]:
        """(index of the word that holds the value, key, value)"""
        for index, word in enumerate(self._words[:-1]):
            value = self._words[index + 1]
            if word in self._FLAGS:
                yield index + 1, self._FLAGS[word], value
            elif word in {"--conf", "-c"} and "=" in value:
                key, _, text = value.partition("=")
                yield index + 1, key, text


def _spark_defaults(arguments: SubmitArguments) -> dict[str, str]:
    """The defaults file that spark-submit will read: what we add must not hide a value that stands there."""
    chosen = arguments.option("--properties-file")
    if chosen is None:
        folder = os.environ.get("SPARK_CONF_DIR")
        if folder is None:
            from pyspark.find_spark_home import _find_spark_home

            folder = os.path.join(_find_spark_home(), "conf")
        chosen = os.path.join(folder, "spark-defaults.conf")
    try:
        lines = Path(chosen).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.strip().replace("=", " ", 1).split(None, 1) for line in lines if line.strip()[:1] not in {"", "#"})
    return {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2}
