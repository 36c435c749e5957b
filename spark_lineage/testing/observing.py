"""Observes one test after the other, in the Spark session that they share."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spark_lineage import agent
from spark_lineage.activation.doors import OwnDoor, end_of
from spark_lineage.activation.hook import CONTEXT_MODULES, SparkHook, names_listener, settings_of_interest
from spark_lineage.activation.jars import JarError, find_spark, jar_for
from spark_lineage.after_import import Finder
from spark_lineage.agent import Agent, Program
from spark_lineage.answers.errors import AnswerError
from spark_lineage.config import ConfigError, resolve
from spark_lineage.guard import Guard
from spark_lineage.testing.facts import Lineage
from spark_lineage.testing.golden import Golden, name_of

ROWS = 200  # of each dataset are kept: of a small one all, so that it is known whether a column is unique
SENDS = "OPENLINEAGE_DISABLED"  # a test tells no receiver


class Observing:
    """Of one pytest process. Observations do not overlap: each test that asks is a run of its own."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._root = config.rootpath
        self._hook: SparkHook | None = None
        self._pandas = Finder(("pandas",), _pandas_is_there, Guard())
        self._refused: str | None = None  # why nothing can be observed
        self._without_spark: str | None = None  # why no Spark session can be observed; pandas can
        self._store = Path(config.option.lineage_store or _temporary(config)).absolute()
        try:
            options = {"mode": config.option.lineage_mode, "store": str(self._store), "sample_rows": ROWS}
            self._settings = replace(resolve(options, folders=[self._root]), audit_catalog=None, mlflow=False)
        except ConfigError as error:
            self._refused = str(error)
            return
        try:
            self._door = OwnDoor(self._settings, jar_for(find_spark(), self._settings.jar), agent.current)
        except JarError as error:
            self._without_spark = str(error)

    def install(self) -> Observing:
        """From now on a Spark session that is made is an observed one, and pandas is followed once it is imported."""
        if self._refused is None:
            sys.meta_path.insert(0, self._pandas)
            if self._without_spark is None:
                self._hook = SparkHook(self._door).install()
        return self

    def remove(self) -> None:
        if self._pandas in sys.meta_path:
            sys.meta_path.remove(self._pandas)
        if self._hook is not None:
            self._hook.remove()

    def begin(self, item: pytest.Item) -> Lineage:
        """Observes a test from here on. A test that cannot be observed fails, with the reason."""
        context = _active_context()
        refused = self._refused or self._why_not(context)
        if refused is not None:
            pytest.fail(f"lineage: {refused}", pytrace=False)
        program = Program(item.path.stem, str(item.path), (), (str(self._root),))
        labels = {**self._settings.labels, "test": item.nodeid}
        before, os.environ[SENDS] = os.environ.get(SENDS), "true"
        try:
            # An application of its own: other tests are no earlier runs of this one.
            app = f"{item.path.stem}.{name_of(item)}"
            begun = agent.start(replace(self._settings, app=app, labels=labels), program)
        except OSError as error:
            _restore(before)
            pytest.fail(f"lineage: the store {self._store} cannot be written: {error.strerror or error}", pytrace=False)
        if context is not None:
            begun.attach(context, ran_before=True)
        if "pandas" in sys.modules:
            begun.follow_pandas()
        record = bool(self._config.option.lineage_record)
        return Lineage(Observation(begun, before, self._without_spark), Golden.of(item, record))

    def _why_not(self, context: Any) -> str | None:
        if agent.current() is not None:
            return "this process is observed already: run pytest without `spark-lineage run`"
        if context is not None and self._without_spark is not None:
            return self._without_spark
        if context is not None and not names_listener(settings_of_interest(context._conf._jconf, context._jvm)):
            return "the Spark session was made before pytest had collected the tests: make it in a fixture"
        return None


class Observation:
    """Of one test."""

    def __init__(self, begun: Agent, before: str | None, without_spark: str | None) -> None:
        self._agent: Agent | None = begun
        self._before = before
        self._without_spark = without_spark
        self.run = begun.run
        self.store = begun.store

    @property
    def folder(self) -> Path:
        return self.store / "runs" / self.run

    def take(self) -> None:
        """Takes all that was seen so far, also what Spark has still to tell, and what pandas objects hold now."""
        if self._agent is not None:
            if (context := _active_context()) is not None:
                if self._without_spark is not None:
                    raise AnswerError(self._without_spark)
                self._agent.detach(context)
            self._agent.look_at_pandas()
            self._agent.flush()

    def end(self, error: BaseException | None) -> bool:
        """Writes the record; False if that was done before."""
        if self._agent is None:
            return False
        self._agent.look_at_pandas()
        self._agent = None
        outcome, text, traceback = end_of(error)
        agent.stop(outcome, text, traceback)
        _restore(self._before)
        return True


def _pandas_is_there(module: object) -> None:
    """The code of a test has imported pandas."""
    if (observed := agent.current()) is not None:
        observed.follow_pandas()


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(SENDS, None)
    else:
        os.environ[SENDS] = before


def _temporary(config: pytest.Config) -> Path:
    """Each process of xdist has a temporary folder of its own."""
    return Path(config._tmp_path_factory.mktemp("lineage"))  # type: ignore[attr-defined]


def _active_context() -> Any:
    for name in CONTEXT_MODULES:
        if (module := sys.modules.get(name)) is not None:
            return module.__dict__["SparkContext"]._active_spark_context
    return None
