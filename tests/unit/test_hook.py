"""What the hook adds to the conf of a Spark that is about to start, and that it undoes only what is ours."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from spark_lineage.activation import autostart, hook
from spark_lineage.activation.doors import OwnDoor, end_of
from spark_lineage.activation.exits import MAIN
from spark_lineage.activation.hook import SparkHook, SubmitArguments, appended, names_listener, with_jar
from spark_lineage.activation.jars import LISTENER
from spark_lineage.activation.tracebacks import without_our_frames
from spark_lineage.config import resolve
from spark_lineage.guard import Guard
from spark_lineage.model import Outcome

JAR = Path("/opt/ours.jar")


def test_appended_keeps_what_is_there_and_adds_once():
    assert appended(None, "x") == "x"
    assert appended("a, b", "x") == "a,b,x"
    assert appended("a,x", "x") == "a,x"


@pytest.mark.parametrize("there", ["/opt/ours.jar", "file:/opt/ours.jar", "a.jar,file:///opt/ours.jar"])
def test_our_jar_is_known_in_every_spelling(there):
    assert with_jar(there, JAR) == there


def test_listener_among_others():
    assert names_listener({"spark.extraListeners": f"x.Y, {LISTENER}"})
    assert not names_listener({"spark.extraListeners": "x.Y"})
    assert not names_listener({})


def test_submit_arguments():
    arguments = SubmitArguments(
        "--jars a.jar --conf spark.x=1 -c 'spark.jars=b c.jar' --properties-file p pyspark-shell"
    )
    assert arguments.conf() == {"spark.jars": "b c.jar", "spark.x": "1"}
    assert arguments.option("--properties-file") == "p"
    assert arguments.replaced({"spark.other": "1"}) is None
    replaced = arguments.replaced({"spark.jars": "a.jar,o.jar"})
    assert replaced == "--jars a.jar,o.jar --conf spark.x=1 -c spark.jars=a.jar,o.jar --properties-file p pyspark-shell"


def test_defaults_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    (tmp_path / "spark-defaults.conf").write_text("# note\nspark.jars  /a.jar\nspark.extraListeners=x.Y\n\nodd\n")
    assert hook._spark_defaults(SubmitArguments("")) == {"spark.jars": "/a.jar", "spark.extraListeners": "x.Y"}


def door(**settings) -> OwnDoor:
    return OwnDoor(resolve(settings, environ={}, folders=[]), JAR, lambda: None)


def test_launch_adds_the_jar_to_the_programs_own():
    assert door().launch_conf({"spark.jars": "delta.jar"}) == {"spark.jars": "delta.jar,/opt/ours.jar"}


def test_context_gets_listener_jar_and_settings():
    added = door(mode="exact").context_conf(
        lambda: {"spark.extraListeners": "x.Y", "spark.jars": "a.jar"}, None, lambda: True
    )
    assert added["spark.extraListeners"] == f"x.Y,{LISTENER}"
    assert added["spark.jars"] == "a.jar,/opt/ours.jar"
    assert added["spark.lineage.mode"] == "exact"


def test_settings_of_the_program_stay_unless_an_argument_says_otherwise():
    conf = {"spark.lineage.mode": "plan", "spark.lineage.sample.rows": "3"}
    added = door(mode="exact").context_conf(lambda: conf, None, lambda: True)
    assert added["spark.lineage.mode"] == "exact"
    assert "spark.lineage.sample.rows" not in added


def test_a_driver_that_cannot_load_the_listener_is_left_alone(monkeypatch):
    monkeypatch.setattr("spark_lineage.activation.doors.add_to_driver", lambda jvm, jar: None)
    assert door().context_conf(dict, None, lambda: False) == {}


# --------------------------------------------------------------------------- patches


class Loud:
    """A door that notes what it is told, and fails if asked to."""

    def __init__(self, fails: bool = False) -> None:
        self.heard: list[str] = []
        self.fails = fails

    def _hear(self, what: str) -> None:
        self.heard.append(what)
        if self.fails:
            raise ValueError(what)

    def launch_conf(self, conf):
        self._hear("launch")
        return {}

    def context_conf(self, conf, jvm, has_listener):
        self._hear("conf")
        return {}

    def listeners_that_are_there(self, jconf, jvm):
        return None

    def started(self, spark_context):
        self._hear("started")

    def stopping(self, spark_context):
        self._hear("stopping")

    def stopped(self, spark_context):
        self._hear("stopped")


@pytest.fixture()
def pyspark_like(monkeypatch):
    """A module of pyspark's name with a class of SparkContext's shape."""
    name = "pyspark.core.context"
    module = types.ModuleType(name)
    text = """
calls = []
def launch_gateway(conf=None): calls.append("launch")
class JConf:
    def contains(self, key): return False
    def getAllWithPrefix(self, prefix): return []
class SparkContext:
    _active_spark_context = None
    _jvm = None
    def __init__(self):
        launch_gateway(None)
        self._do_init(None)
    def _do_init(self, master):
        self._jsc = self._initialize_context(JConf())
    def _initialize_context(self, jconf):
        calls.append("init")
        return "jsc"
    def stop(self):
        calls.append("stop")
        self._jsc = None
"""
    exec(text, module.__dict__)
    for each in hook.CONTEXT_MODULES:
        monkeypatch.delitem(sys.modules, each, raising=False)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    return module


@pytest.mark.parametrize("fails", [False, True])
def test_the_programs_calls_run_once_whatever_we_do(pyspark_like, fails):
    door = Loud(fails)
    installed = SparkHook(door, Guard()).install()
    context = pyspark_like.SparkContext()
    context.stop()
    context.stop()
    assert pyspark_like.calls == ["launch", "init", "stop", "stop"]
    assert door.heard == ["conf", "started", "stopping", "stopped"]
    installed.remove()


def test_install_twice_wraps_once_and_remove_undoes(pyspark_like):
    before = dict(pyspark_like.SparkContext.__dict__)
    first, second = SparkHook(Loud()).install(), SparkHook(Loud()).install()
    second.remove()
    assert pyspark_like.SparkContext.__dict__["stop"] is not before["stop"]
    first.remove()
    assert dict(pyspark_like.SparkContext.__dict__) == before


def test_remove_undoes_where_both_names_stand_for_one_module(pyspark_like, monkeypatch):
    """As in Spark 4, whose old module name is an alias: the second name must not make us forget our patches."""
    monkeypatch.setitem(sys.modules, "pyspark.context", pyspark_like)
    before = dict(pyspark_like.SparkContext.__dict__)
    SparkHook(Loud()).install().remove()
    assert dict(pyspark_like.SparkContext.__dict__) == before


def test_the_start_up_hook_steps_aside_for_one_that_brings_the_listener(pyspark_like, monkeypatch):
    """A JVM that was there first (spark-submit, a notebook server) has the start-up hook in place already."""
    monkeypatch.setattr(autostart, "_installed", False)
    before = dict(pyspark_like.SparkContext.__dict__)
    try:
        autostart.install()
        assert pyspark_like.SparkContext.__dict__["stop"] is not before["stop"]
        autostart.step_aside()
    finally:
        MAIN.forget_exits()
    door = Loud()
    installed = SparkHook(door, Guard()).install()
    pyspark_like.SparkContext().stop()
    assert door.heard == ["conf", "started", "stopping", "stopped"]
    installed.remove()
    assert dict(pyspark_like.SparkContext.__dict__) == before


def test_remove_leaves_what_somebody_else_has_put_over_ours(pyspark_like):
    installed = SparkHook(Loud()).install()
    ours = pyspark_like.SparkContext.stop

    def theirs(self):
        return ours(self)

    pyspark_like.SparkContext.stop = theirs
    installed.remove()
    assert pyspark_like.SparkContext.stop is theirs


def test_module_imported_later_is_hooked(tmp_path, monkeypatch):
    package = tmp_path / "pyspark"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "context.py").write_text(
        "def launch_gateway(conf=None): pass\nclass SparkContext:\n    def _do_init(self): pass\n"
        "    def _initialize_context(self, jconf): pass\n    def stop(self): pass\n"
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    finders = list(sys.meta_path)
    installed = SparkHook(Loud()).install()
    from pyspark.context import SparkContext

    assert hook.MARK in SparkContext.stop.__dict__
    assert sys.meta_path == finders, "the finder leaves when it is done"
    assert "exec_module" not in vars(sys.modules["pyspark.context"].__loader__)
    installed.remove()
    for name in ("pyspark", "pyspark.context"):
        del sys.modules[name]  # not by monkeypatch, which would put it back


# --------------------------------------------------------------------------- the end of a program


@pytest.mark.parametrize(
    ("error", "outcome", "text"),
    [
        (None, Outcome.COMPLETE, None),
        (SystemExit(), Outcome.COMPLETE, None),
        (SystemExit(0), Outcome.COMPLETE, None),
        (SystemExit(3), Outcome.FAIL, "SystemExit: 3"),
        (SystemExit("no"), Outcome.FAIL, "SystemExit: no"),
        (ValueError("x"), Outcome.FAIL, "ValueError: x"),
        (ValueError(), Outcome.FAIL, "ValueError"),
        (KeyboardInterrupt(), Outcome.ABORT, "KeyboardInterrupt"),
    ],
)
def test_outcome(error, outcome, text):
    assert end_of(error)[:2] == (outcome, text)


def test_our_frames_leave_the_traceback_of_every_error_of_the_chain():
    ours: dict = {"__name__": "spark_lineage.capture.patching"}
    exec("def through(call):\n    return call()", ours)

    def fails():
        raise ValueError("inner")

    def chains():
        try:
            ours["through"](fails)
        except ValueError as error:
            raise KeyError("outer") from error

    try:
        ours["through"](chains)
    except KeyError as error:
        without_our_frames(error)
        assert names_of(error) == ["test_our_frames_leave_the_traceback_of_every_error_of_the_chain", "chains"]
        assert names_of(error.__cause__) == ["chains", "fails"]


def names_of(error):
    names, entry = [], error.__traceback__
    while entry is not None:
        names.append(entry.tb_frame.f_code.co_name)
        entry = entry.tb_next
    return names
