"""Breaks, one at a time, every function by which the program's calls, the agent or the runner come into ours.

To be run as a process: ``python -m tests.fault.breaking RESULT.json all|once [PROGRAM]...``. In one warm JVM it runs
small programs up to the interpreter's end with its exit functions: first to see what they enter, then again for each
function, which raises each time it is entered, until it has raised each kind: an ordinary error, a panic that is no
Exception, an ImportError. With ``once`` that is one run for each function, and the kinds take turns in being its first.
What came of it is written to RESULT.json; ``test_every_hook.py`` judges it.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.fault.breakable import KINDS, POINT, make_breakable

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "programs" / "faults"
# By ``spark-lineage run``, with a session of their own where they have one; by their conf; from inside, in one session
# that is there before. The cheapest first: a function is broken in the first that enters it.
SUBMITTED = ["submitted"]
INSIDE = ["inside", "steps", "threads", "functions", "panda", "learning", "streaming", "stored"]
NAMES = ["bare", "lasting", *INSIDE, *SUBMITTED, "whole"]
CONF = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
}


# Where Spark's own log goes, as a file: what happens before a run has a store is told there.
SPARK_LOG = Path(tempfile.gettempdir()) / f"faults-spark-{os.getpid()}.log"
LOG4J = f"""\
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {SPARK_LOG}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %p %c: %m%n
"""


@dataclasses.dataclass
class Ended:
    """How a program ended, seen from outside; ``told`` is what the store, our logs and Spark's log say."""

    stdout: str
    stderr: str
    code: object
    files: dict[str, str]
    told: str = ""
    seconds: float = 0.0

    def as_seen(self) -> tuple[object, ...]:
        return self.stdout, self.stderr, self.code, self.files


# --------------------------------------------------------------------------- one program, as if it had a process


def plain(program: Path) -> Ended:
    with _environment(SPARK_LINEAGE__ENABLED="false"):
        return _as_a_process(lambda: _as_main(program), program)


def observed(program: Path, broken: str | None, first: int = 0) -> Ended:
    """As one that is run, submitted, or observed from inside; ``broken`` raises the kind ``first``, then the next."""
    import spark_lineage
    from spark_lineage import cli
    from spark_lineage.activation import autostart

    def run() -> None:
        POINT.begin(broken, first)
        if program.stem in SUBMITTED:
            with _environment(PYSPARK_SUBMIT_ARGS="--jars io.sparklineage.jar"):
                autostart.install()
                _as_main(program)
        elif program.stem in INSIDE:
            _as_main(program, lambda: spark_lineage.start(store="lineage", exit_wait=3.0))
        else:
            cli.main(["run", "--store", "lineage", "--exit-wait", "3", str(program)])

    return _as_a_process(run, program)


def _as_main(program: Path, first: Callable[[], object] = lambda: None) -> None:
    main = types.ModuleType("__main__")
    main.__dict__["__file__"] = str(program)
    sys.modules["__main__"] = main
    first()
    exec(compile(program.read_bytes(), str(program), "exec", dont_inherit=True), main.__dict__)


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _as_a_process(run: Callable[[], None], program: Path) -> Ended:
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    logged = len(_spark_log())
    out, err, begun = io.StringIO(), io.StringIO(), time.monotonic()
    with _restored(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        with _exit_functions() as at_exit:
            code = _code(run, program)
            for function, args, kwargs in reversed(at_exit):
                try:
                    function(*args, **kwargs)
                except BaseException:
                    print("Exception ignored in atexit callback", file=sys.stderr)
                    traceback.print_exc()
    written = [path for path in (folder / "lineage").glob("**/*") if path.suffix in (".jsonl", ".log")]
    told = "".join(path.read_text("utf-8", "replace") for path in written) + _spark_log()[logged:]
    ended = Ended(out.getvalue(), err.getvalue(), code, _files(folder), told, time.monotonic() - begun)
    shutil.rmtree(folder, ignore_errors=True)
    return ended


def _spark_log() -> str:
    return SPARK_LOG.read_text("utf-8", "replace") if SPARK_LOG.exists() else ""


def _code(run: Callable[[], None], program: Path) -> object:
    try:
        run()
    except SystemExit as left:
        return left.code
    except BaseException as error:  # the interpreter would print it: from the program's own frames on
        inner = error.__traceback__
        while inner is not None and inner.tb_frame.f_code.co_filename != str(program):
            inner = inner.tb_next
        sys.excepthook(type(error), error.with_traceback(inner or error.__traceback__), inner)
        return 1
    return 0


@contextlib.contextmanager
def _exit_functions() -> Iterator[list[Any]]:
    registered: list[Any] = []
    register = atexit.register
    setattr(atexit, "register", lambda function, *args, **kwargs: registered.append((function, args, kwargs)))
    try:
        yield registered
    finally:
        setattr(atexit, "register", register)


@contextlib.contextmanager
def _restored(folder: Path) -> Iterator[None]:
    """The interpreter is afterwards as it was: what a broken end has left behind is taken out here."""
    from spark_lineage import agent, own_imports
    from spark_lineage.activation import autostart, doors, exits, hook, runner, session

    hooks: list[hook.SparkHook] = []
    agents: list[agent.Agent] = []
    make_hook, make_agent = hook.SparkHook.__init__, agent.Agent.__init__
    main, excepthook, here = sys.modules["__main__"], sys.excepthook, os.getcwd()
    path, argv = list(sys.path), list(sys.argv)
    setattr(
        hook.SparkHook,
        "__init__",
        lambda self, *args, **named: (hooks.append(self), make_hook(self, *args, **named))[1],
    )
    setattr(
        agent.Agent, "__init__", lambda self, *args, **named: (agents.append(self), make_agent(self, *args, **named))[1]
    )
    os.chdir(folder)
    try:
        yield
    finally:
        POINT.end()
        while own_imports.Apart._depth:  # at the end of a program it is entered for good
            own_imports.Apart().__exit__(None, None, None)
        own_imports.faults.clear()
        setattr(hook.SparkHook, "__init__", make_hook)
        setattr(agent.Agent, "__init__", make_agent)
        for observer in agents:
            with contextlib.suppress(AttributeError):  # it was broken before it had one
                observer._ended.set()
                observer._installation.uninstall()
                for part in observer._installation._parts.values():
                    part.uninstall()
        for placed in hooks:
            placed.remove()
        agent._current = session._hook = autostart._hook = runner._Ended.by = None
        autostart._installed = False
        autostart._early.clear()
        for guard in (runner._FAULTS, session._FAULTS, exits.MAIN.guard, doors._AT_EXIT):
            guard.off.clear()
            guard._faults.clear()
        exits.MAIN.forget_exits()
        sys.modules["__main__"], sys.excepthook = main, excepthook
        sys.path[:], sys.argv[:] = path, argv
        os.chdir(here)


def _files(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(("lineage/", "checkpoint/")) and path.suffix != ".crc":
            name = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", name)
            found[name] = "" if path.suffix == ".parquet" else path.read_text("utf-8", "replace")
    return found


# --------------------------------------------------------------------------- all of them


def main(result: str, how: str, *names: str) -> None:
    make_breakable()
    configured = SPARK_LOG.with_suffix(".properties")
    configured.write_text(LOG4J)
    logging = {"spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={configured}"}
    conf = " ".join(f"--conf '{key}={value}'" for key, value in {**CONF, **logging}.items())
    os.environ.update(PYSPARK_SUBMIT_ARGS=f"{conf} pyspark-shell", PYSPARK_PYTHON=sys.executable)
    events = {"type": "file", "log_file_path": "lineage/delivered", "append": True}
    os.environ["OPENLINEAGE__TRANSPORT"] = json.dumps(events)
    everything = Everything(names or tuple(NAMES), once=how == "once")
    everything.look_at(["whole", "bare", "lasting", *SUBMITTED])  # the first starts the JVM, with our jar
    everything.break_in(["bare", "lasting"])
    if set(INSIDE) & set(everything.names):
        with _session():
            everything.look_at(INSIDE)
            everything.break_in(INSIDE)
    everything.break_in([*SUBMITTED, "whole"])
    found = {site: sorted(POINT.doors[site]) for site in everything.entered_in}
    document = {"found": found, "cases": everything.cases, "guarded": sorted(POINT.guarded)}
    Path(result).write_text(json.dumps(document))
    for file in (SPARK_LOG, configured):
        file.unlink(missing_ok=True)
    os._exit(0)


def _forget_jvm() -> None:
    """The next session starts another one."""
    from pyspark import SparkContext

    SparkContext._gateway = SparkContext._jvm = None


@contextlib.contextmanager
def _session() -> Iterator[None]:
    """One that is there before the program is observed."""
    from pyspark.sql import SparkSession

    listener = "io.sparklineage.LineageListener"
    session = SparkSession.builder.config("spark.extraListeners", listener).getOrCreate()
    yield
    session.stop()


class Everything:
    """What these programs enter, and what came of breaking it."""

    def __init__(self, names: tuple[str, ...], once: bool) -> None:
        self.names, self._once = names, once
        self.entered_in: dict[str, str] = {}  # function -> the cheapest program that enters it
        self.cases: list[dict[str, Any]] = []
        self._truths: dict[str, Ended] = {}
        self._begun = time.monotonic()

    def look_at(self, names: list[str]) -> None:
        for name in filter(self.names.__contains__, names):
            whole = observed(PROGRAMS / f"{name}.py", None)
            self._truths[name] = plain(PROGRAMS / f"{name}.py")
            self._add(_case(name, "", whole, self._truths[name]))
            for site in POINT.seen:
                self.entered_in[site] = min(self.entered_in.get(site, name), name, key=NAMES.index)

    def break_in(self, names: list[str]) -> None:
        for number, (site, name) in enumerate(self.entered_in.items()):
            if name in names:
                # One that is entered once meets one kind of error in a run: it is broken again by the others.
                kind, left = (number % len(KINDS), 1) if self._once else (0, len(KINDS))
                while left > 0:
                    if POINT.doors[site] & {"guard launch", "guard launched"}:
                        _forget_jvm()
                    ended = observed(PROGRAMS / f"{name}.py", site, kind)
                    entered = [(door, count) for (_, door), count in POINT.entered.items()]
                    kinds = min(left, sum(count for _, count in entered))
                    case = {"entered": entered, "kinds": [fault.__name__ for fault in KINDS[kind : kind + kinds]]}
                    self._add({**_case(name, site, ended, self._truths[name]), **case})
                    kind, left = kind + max(kinds, 1), left - max(kinds, 1)

    def _add(self, case: dict[str, Any]) -> None:
        self.cases.append(case)
        seconds, done = time.monotonic() - self._begun, len(self.cases)
        seen = "as plain" if case["same"] else "NOT AS PLAIN"
        print(f"{seconds:6.1f} s  {done}  {case['program']}  {case['site']}  {seen}", file=sys.stderr, flush=True)


def _case(program: str, site: str, ended: Ended, truth: Ended) -> dict[str, Any]:
    same = ended.as_seen() == truth.as_seen()
    return {
        "program": program,
        "site": site,
        "same": same,
        "plain": None if same else dataclasses.asdict(truth),
        "ended": {**dataclasses.asdict(ended), "told": ended.told[-3000:]},
        "told": (f"a fault of ours in {site}" if site else "spark-lineage.fault") in ended.told,
        "seconds": ended.seconds,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
