"""Nothing of ours is evaluated outside of a guard where the program's own calls run into our code."""

from __future__ import annotations

import ast
import functools
import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sklearn.base  # noqa: F401  its classes are looked at

from spark_lineage import capture
from spark_lineage.activation import exits, runner
from spark_lineage.activation.hook import SparkHook
from spark_lineage.capture.patching import models
from spark_lineage.config import Config
from spark_lineage.guard import Guard
from spark_lineage.patches import Patches
from tests.unit import guarded
from tests.unit.guarded import Hook

# What a hook may evaluate besides, each with its reason.
ALLOWED = {
    ("guard.py", "emit"): "only our own code logs there, which itself is guarded",
    ("guard.py", "close"): "only our own code closes it, which itself is guarded",
    ("experiments/__init__.py", "_last"): "a thread in a process of ours, which no program runs",
    ("jvm/bridge.py", "of_the_program"): "it compares two numbers",
    ("activation/vendored.py", "find_distributions"): "an iterator over what its guard gives",
    ("capture/patching/table_attributes.py", "_mgr"): (
        "it stands for an attribute and not for a function: reading and setting it is what was there before"
    ),
    (
        "after_import.py",
        "find_spec",
    ): "it asks the other finders as Python does; its guard, and what that calls, are set when it is made",
    (
        "activation/runner.py",
        "excepthook",
    ): "its guard is a module's constant: the hook is made before there is an agent",
}
# What is handed over that is no function of ours: the standard library's, or what was there before.
NOT_OURS = {
    "NullHandler()",
    "interrupt_main",
    "SIG_DFL",
    "hook",
    "open",  # webbrowser's, in faces/web/serving.py: the page's own process runs it, never the observed program
}
# In agent/observing.py a PrivateLog, whose methods are looked at; in sinks/otel/export.py, which no program's process
# imports, one of Python's own.
OUR_HANDLER = "handler"


@pytest.fixture(scope="module")
def hooks() -> list[Hook]:
    """Everything is installed once, in this process, and taken out again: no JVM is needed for that."""
    for name in (
        "pyspark.ml.util",
        "pyspark.sql.connect.session",
        "delta.tables",
        "pandas",
        "pyarrow.compute",
        "pyspark.sql.udtf",
        "concurrent.futures.thread",
    ):
        importlib.import_module(name)
    tracking = types.ModuleType("tracking")  # what MLflow is for us: the real one takes seconds, and is the programs'
    exec("def start_run(run=None, *, nested=False): ...", vars(tracking))
    sys.modules[tracking.__name__] = tracking
    before = guarded.attributes()
    undo = list(_install_everything(tracking))
    try:
        found = guarded.installed(before)
    finally:
        for call in undo:
            call()
        del sys.modules[tracking.__name__]
    return [*found, *guarded.handed_over()]


def _install_everything(tracking: types.ModuleType) -> Iterator[Any]:
    config = Config(limits_calls=1000)
    recorder = capture.Recorder(
        lambda deferred: None,
        SimpleNamespace(place=lambda path: None),
        config,
        Guard(strict=True),
        [str(Path(__file__).parent)],  # that of pytest would be where the libraries are
        contents=SimpleNamespace(),
    )
    installation = capture.install(recorder)
    recorder.look_for_modules()
    recorder.results.pandas_seen()
    yield installation.uninstall
    assert recorder.models is not None
    estimators = models.EstimatorPatches(recorder.models, Guard(strict=True))
    estimators.install()
    yield estimators.uninstall
    runs = Patches(models.mlflow_patches(recorder.mlflow, Guard(strict=True), tracking))
    runs.install()
    yield runs.uninstall
    yield SparkHook(SimpleNamespace(started=None, stopping=None, stopped=None), Guard(strict=True)).install().remove
    main = exits.MainProgram()
    main.watch_exits()
    yield main.forget_exits
    hook = sys.excepthook
    runner._print_without_us(types.ModuleType("__main__"))
    yield functools.partial(setattr, sys, "excepthook", hook)


def test_every_way_of_installing_is_seen(hooks: list[Hook]) -> None:
    """A way that a new hook takes has to be known to ``guarded.py``: functions over an original are all found."""
    files = {hook.file for hook in hooks}
    assert {
        "capture/patching/wrappers.py",
        "capture/patching/threads.py",
        "capture/patching/arrow_functions.py",
        "capture/patching/table_attributes.py",
        "capture/patching/models.py",
    } <= files
    assert {"activation/hook.py", "activation/exits.py", "activation/runner.py", "jvm/bridge.py"} <= files
    over_an_original = [
        (file, inner.lineno)
        for file, tree in guarded.trees().items()
        for outer in guarded.functions(tree)
        if "original" in {argument.arg for argument in outer.args.args}
        for inner in guarded.functions(outer)
        if inner is not outer and "original" in {node.id for node in ast.walk(inner) if isinstance(node, ast.Name)}
    ]
    assert len(over_an_original) >= 12
    assert set(over_an_original) <= {(hook.file, hook.node.lineno) for hook in hooks}


def test_what_is_handed_over_is_known() -> None:
    assert {what for _, what in guarded.unknown()} <= {*NOT_OURS, OUR_HANDLER}


def test_attributes_of_others_are_set_in_few_places() -> None:
    """Where they are is known to the fixture above."""
    found = {
        file
        for file, tree in guarded.trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr")
    }
    own = {"static/normalised.py"}  # sets parts of trees of its own
    assert found - own <= {"patches.py"}


def test_nothing_is_evaluated_outside_of_a_guard(hooks: list[Hook]) -> None:
    allowed = [hook for hook in hooks if (hook.file, hook.name) in ALLOWED]
    found = {str(hook): wrong for hook in hooks if hook not in allowed and (wrong := guarded.unguarded(hook))}
    assert found == {}
    assert {(hook.file, hook.name) for hook in allowed} == set(ALLOWED), "a reason for what is not there any more"


def test_the_programs_own_is_called_once(hooks: list[Hook]) -> None:
    called = {str(hook): guarded.others_called(hook) for hook in hooks if "." in hook.how}
    of_patches = {hook: names for hook, names in called.items() if "original" in names}
    assert len(of_patches) >= 10
    assert {hook: names for hook, names in of_patches.items() if names != ["original"]} == {}


def test_what_is_called_guard_is_one(hooks: list[Hook]) -> None:
    assert {file: wrong for file in {hook.file for hook in hooks} if (wrong := guarded.unbound_guards(file))} == {}


BAD = {
    "an argument": "def hook(self):\n guard('x', f, sys._getframe(1))\n return original(self)",
    "an attribute": "def hook(self):\n guard('x', f, self.a)\n return original(self)",
    "a statement": "def hook(self):\n self.b = 1\n return original(self)",
    "a test": "def hook(self):\n if self.a: guard('x', f)\n return original(self)",
    "a narrow try": "def hook(self):\n try: f(self)\n except Exception as e: caught('x', e)\n return original(self)",
    "a call of an argument": "def hook(self, f):\n f(self)\n return original(self)",
    "a handler": "def hook(self):\n try: f()\n except BaseException as e: self.log(e)\n return original()",
}


@pytest.mark.parametrize("source", BAD.values(), ids=BAD)
def test_the_rule_finds(source: str) -> None:
    (node,) = guarded.functions(ast.parse(source))
    assert guarded.unguarded(Hook("", "hook", "", node))
