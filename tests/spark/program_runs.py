"""Runs one program plain, observed, or under the oracle, each in its own Python process as a user would.

``plain`` and ``observed`` start the same file with the same arguments, Spark conf and folder; what the program
does is in :class:`Ran`. ``truth`` runs it in plain Spark too, and computes what each DataFrame that a function
returned (or a top-level statement assigned) held. Nothing here looks into the package: only the command line
and the JSON that it prints. The JVM is the program's own too, or a warm one that is lent to it (``warm_jvm``).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.warm_jvm import WarmJvm

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "programs"
SHARED = Path(os.environ.get("SPARK_LINEAGE_SHARED", ROOT.parent / "shared"))

CONF = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.warehouse.dir": "warehouse",  # in the folder of the run
    "spark.eventLog.enabled": "true",
    "spark.eventLog.rolling.enabled": "false",
    "spark.eventLog.compress": "false",
    "spark.sql.maxMetadataStringLength": "10000",  # plans are compared: nothing may be cut
    "spark.sql.debug.maxToStringFields": "10000",
    # A plain Python UDF straight over a Parquet scan hangs in Spark 4.2.0 otherwise.
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
}


@dataclass(frozen=True)
class Ran:
    """One finished process of a program, and the folder that it ran in."""

    code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "lineage"

    @property
    def written(self) -> dict[str, tuple[str, ...]]:
        """Files that the program wrote under ``out``: name without Spark's random part -> hashes of the content."""
        found: dict[str, list[str]] = {}
        for path in sorted((self.folder / "out").rglob("*")):
            if path.is_file() and not path.name.endswith(".crc"):
                name = re.sub(r"-[0-9a-f]{8}-[0-9a-f-]{27}", "-UUID", str(path.relative_to(self.folder)))
                found.setdefault(name, []).append(content_hash(path))
        return {name: tuple(sorted(hashes)) for name, hashes in found.items()}

    @cached_property
    def executions(self) -> list[PlannedExecution]:
        return list(read_event_log(self.folder / "spark-events"))

    def succeeded(self) -> Ran:
        log = self.folder / "jvm.log"  # of a warm JVM
        logged = log.read_text(errors="replace") if log.exists() else ""
        assert self.code == 0, (
            f"exit code {self.code}\n--- stdout\n{self.stdout[-3000:]}\n--- stderr\n{(logged + self.stderr)[-6000:]}"
        )
        return self


def content_hash(path: Path) -> str:
    """Of the rows of a Parquet file, in their order: two plain runs differ in the order of its footer."""
    content = repr(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else path.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16]


def spark_conf(folder: Path, conf: dict[str, str]) -> dict[str, str]:
    """What every session in ``folder`` has, plain or observed."""
    return {**CONF, "spark.eventLog.dir": (folder / "spark-events").as_uri(), **conf}


def conf_folder(folder: Path, conf: dict[str, str]) -> Path:
    target = folder / "conf"
    (folder / "spark-events").mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True)
    lines = [f"{key} {value}\n" for key, value in spark_conf(folder, conf).items()]
    (target / "spark-defaults.conf").write_text("".join(lines))
    return target


def environment(folder: Path, conf: dict[str, str], ours: bool = False) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "OPENLINEAGE_", "PYTEST"))}
    paths = [str(ROOT), *filter(None, [kept.get("PYTHONPATH")])] if ours else []
    kept.pop("PYTHONPATH", None)
    return {
        **kept,
        **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {}),
        "SPARK_CONF_DIR": str(conf_folder(folder, conf)),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONHASHSEED": "0",
    }


def start(command: Sequence[str], folder: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(part) for part in command], cwd=folder, env=env, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str], folder: Path, timeout: float = 300) -> Ran:
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        raise AssertionError(
            f"did not end in {timeout} s\n--- stdout\n{stdout[-3000:]}\n--- stderr\n{stderr[-6000:]}"
        ) from None
    return Ran(process.returncode, stdout, stderr, folder)


def interrupt_when(
    process: subprocess.Popen[str], folder: Path, line: str, what: signal.Signals, after: float = 2.0
) -> Ran:
    """Sends a signal as a terminal would (to the whole group), ``after`` seconds after ``line`` was printed."""
    read: list[str] = []
    errors: list[str] = []
    assert process.stdout is not None and process.stderr is not None
    listening = threading.Thread(target=lambda: errors.extend(process.stderr or []), daemon=True)
    listening.start()
    watchdog = threading.Timer(180, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        for text in process.stdout:
            read.append(text)
            if text.strip() == line:
                time.sleep(after)
                os.killpg(process.pid, what)
        process.wait(60)
        listening.join(10)
    finally:
        watchdog.cancel()
    return Ran(process.returncode, "".join(read), "".join(errors), folder)


def plain_command(program: Path, *args: str) -> list[str]:
    return [sys.executable, str(program), *args]


def observed_command(program: Path, *args: str, mode: str = "flow") -> list[str]:
    return [sys.executable, "-m", "spark_lineage", "run", "--mode", mode, str(program), *args]


def private_command(program: Path, *args: str, mode: str = "flow") -> list[str]:
    """Like ``observed_command``, but only the driver's own process can import the package (no PYTHONPATH)."""
    door = "runpy.run_module('spark_lineage', run_name='__main__', alter_sys=True)"
    return [
        sys.executable,
        "-c",
        f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); {door}",
        "run",
        "--mode",
        mode,
        str(program),
        *args,
    ]


def run(
    command: Sequence[str], folder: Path, env: dict[str, str], conf: dict[str, str] | None = None,
    jvm: WarmJvm | None = None, timeout: float = 300,
) -> Ran:  # fmt: skip
    """``conf`` is what ``env`` leads to; a warm JVM has to be told."""
    if jvm is None:
        return finish(start(command, folder, env), folder, timeout)
    with jvm.lent(spark_conf(folder, conf or {}), folder) as warm:
        path = os.pathsep.join(each["PYTHONPATH"] for each in (warm, env) if "PYTHONPATH" in each)
        return finish(start(command, folder, {**env, **warm, "PYTHONPATH": path}), folder, timeout)


def plain(
    program: Path, folder: Path, *args: str, conf: dict[str, str] | None = None, jvm: WarmJvm | None = None,
    timeout: float = 300,
) -> Ran:  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    return run(plain_command(program, *args), folder, environment(folder, conf or {}), conf, jvm, timeout)


def observed(
    program: Path, folder: Path, *args: str, mode: str = "flow", conf: dict[str, str] | None = None,
    env: dict[str, str] | None = None, jvm: WarmJvm | None = None, timeout: float = 300,
) -> Ran:  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    variables = {**environment(folder, conf or {}, ours=True), **(env or {})}
    return run(observed_command(program, *args, mode=mode), folder, variables, conf, jvm, timeout)


# --------------------------------------------------------------------------- what the run recorded


@dataclass(frozen=True)
class Shown:
    """``show RUN --json``, checked against the contract."""

    document: dict[str, Any]

    @property
    def run(self) -> dict[str, Any]:
        return self.document["run"]

    @property
    def steps(self) -> list[dict[str, Any]]:
        return self.document["steps"]

    @property
    def datasets(self) -> list[dict[str, Any]]:
        return self.document["datasets"]

    @property
    def gaps(self) -> list[dict[str, Any]]:
        return self.document["gaps"]

    def step(self, name: str, call: int = 1) -> dict[str, Any]:
        found = [step for step in self.steps if step["step"] == name and step["call"] == call]
        assert len(found) == 1, f"{len(found)} steps {name} call {call}; there are {[s['step'] for s in self.steps]}"
        return found[0]

    def dataset(self, id: str) -> dict[str, Any]:
        found = [dataset for dataset in self.datasets if dataset["id"] == id]
        assert len(found) == 1, f"{len(found)} datasets {id}; there are {[d['id'] for d in self.datasets]}"
        return found[0]

    def outputs_of(self, function: str) -> list[dict[str, Any]]:
        """Interim datasets made by calls of a function, in order of the calls."""
        ids = [id for step in self.steps if step["function"] == function for id in step["outputs"]]
        return [self.dataset(id) for id in ids]

    def made_as(self, variable: str) -> list[dict[str, Any]]:
        return [d for d in self.datasets if d["kind"] == "interim" and d["variable"] == variable]


def show(ran: Ran, run: str = "last") -> Shown:
    command = [sys.executable, "-m", "spark_lineage", "show", run, "--json"]
    env = {**environment(ran.folder, {}, ours=True), "SPARK_LINEAGE__STORE": str(ran.store)}
    done = subprocess.run(command, cwd=ran.folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"show failed: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    shown = Shown(json.loads(done.stdout))
    check_shape(shown)
    return shown


def columns_of(fingerprint: str) -> set[int] | None:
    """The positions of the columns that a fingerprint of rows is over, from 1; None: all of them."""
    if (words := fingerprint.partition(":")[0].removeprefix("row1").strip("[]")) == "":
        return None
    ends = [[int(number) for number in word.split("-")] for word in words.split(",")]
    return {place for each in ends for place in range(each[0], each[-1] + 1)}


def check_shape(shown: Shown) -> None:
    """The contract's schema, and what it says only in words."""
    schema = SHARED / "contracts" / "show.schema.json"
    if schema.exists():
        import jsonschema

        jsonschema.validate(shown.document, json.loads(schema.read_text()))
    ids = [dataset["id"] for dataset in shown.datasets]
    assert len(set(ids)) == len(ids), f"dataset ids repeat: {[i for i, n in Counter(ids).items() if n > 1]}"
    runs = {(step["step"], step["call"]) for step in shown.steps}
    assert len(runs) == len(shown.steps), "two steps of one name have the same call number"
    known = set(ids)
    for step in shown.steps:
        unknown = {*step["inputs"], *step["outputs"]} - known
        assert not unknown, f"{step['step']} names datasets that are not there: {unknown}"
        assert step["parent"] is None or any(step["parent"] == name for name, _ in runs), step
    for dataset in shown.datasets:
        assert dataset["complete"] == (dataset["reason"] is None), dataset
        if not dataset["complete"]:
            assert dataset["fingerprint"] is None, dataset
        if dataset["fingerprint"] is not None:
            known = {place for place, each in enumerate(dataset["columns"], 1) if each["fingerprint"] is not None}
            over = columns_of(dataset["fingerprint"])
            assert len(known) == len(dataset["columns"]) if over is None else over <= known, dataset


# --------------------------------------------------------------------------- truth


@dataclass(frozen=True)
class Truth:
    """What plain Spark says that one DataFrame held."""

    function: str | None  # qualname, for what a function returned
    variable: str | None  # for what a top-level statement assigned
    call: int
    rows: int
    columns: tuple[tuple[str, int, str | None], ...]  # name, nulls, fingerprint (None: not hashable)

    @property
    def label(self) -> str:
        return f"{self.function or self.variable}#{self.call}"


def truth(
    program: Path, folder: Path, *args: str, conf: dict[str, str] | None = None, jvm: WarmJvm | None = None
) -> list[Truth]:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "truth.json"
    oracle = Path(__file__).with_name("oracle.py")
    command = [sys.executable, str(oracle), str(target), str(program), *args]
    run(command, folder, environment(folder, conf or {}), conf, jvm, timeout=600).succeeded()
    return [
        Truth(entry["function"], entry["variable"], entry["call"], entry["rows"], tuple(map(tuple, entry["columns"])))
        for entry in json.loads(target.read_text())
    ]


@dataclass
class Comparison:
    """Every recorded dataset that the oracle knows, against the truth."""

    checked: dict[str, dict[str, Any]] = field(default_factory=dict)  # label -> dataset
    wrong: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def complete(self) -> set[str]:
        return {label for label, dataset in self.checked.items() if dataset["complete"]}

    @property
    def incomplete(self) -> dict[str, str]:
        return {label: dataset["reason"] for label, dataset in self.checked.items() if not dataset["complete"]}

    @property
    def full(self) -> set[str]:
        """Complete with facts in every column that can be hashed."""
        return {label for label, dataset in self.checked.items() if dataset["complete"]
                and all(column["nulls"] is not None for column in dataset["columns"])}  # fmt: skip


def compare(shown: Shown, truths: list[Truth]) -> Comparison:
    result = Comparison()
    by_function: dict[str, Iterator[dict[str, Any]]] = {}
    by_variable: dict[str, Iterator[dict[str, Any]]] = {}
    for expected in truths:
        if expected.function is not None:
            source = by_function.setdefault(expected.function, iter(shown.outputs_of(expected.function)))
        else:
            assert expected.variable is not None
            source = by_variable.setdefault(expected.variable, iter(shown.made_as(expected.variable)))
        dataset = next(source, None)
        if dataset is None:
            result.missing.append(expected.label)
        else:
            result.checked[expected.label] = dataset
            result.wrong.extend(
                f"{expected.label} ({dataset['id']}): {text}" for text in differences(dataset, expected)
            )
    return result


def differences(dataset: dict[str, Any], expected: Truth) -> Iterator[str]:
    """What is claimed and is not so. An incomplete dataset claims only that no more rows were seen than there are."""
    names = [column["name"] for column in dataset["columns"]]
    wanted = [name for name, _, _ in expected.columns]
    if names != wanted:
        yield f"columns {names} instead of {wanted}"
        return
    if not dataset["complete"]:
        return
    if dataset["rows"] != expected.rows:
        yield f"rows {dataset['rows']} instead of {expected.rows}"
    for column, (name, nulls, fingerprint) in zip(dataset["columns"], expected.columns, strict=True):
        if column["nulls"] is not None and column["nulls"] != nulls:
            yield f"{name}: nulls {column['nulls']} instead of {nulls}"
        if column["fingerprint"] is not None and fingerprint is not None and column["fingerprint"] != fingerprint:
            yield f"{name} ({column['type']}): {column['fingerprint']} instead of {fingerprint}"


# --------------------------------------------------------------------------- plans as Spark logged them


@dataclass(frozen=True)
class PlannedExecution:
    """One SQL execution of the event log: its last physical plan, and how many Spark jobs it ran."""

    description: str
    plan: str
    spark_jobs: int
    tasks: int

    @property
    def normal(self) -> str:
        return normal_plan(self.plan)

    def details(self, key: str) -> Counter[str]:
        """Values of one detail line, such as PushedFilters, over all nodes of the plan in force."""
        return Counter(re.findall(rf"^{key}: (.*)$", self.normal, re.MULTILINE))

    def nodes(self) -> Counter[str]:
        """Operator names of the plan in force, ours left out, without codegen wrappers."""
        names: list[str] = []
        for line in tree_lines(self.normal):
            name = re.sub(r"^[\s:+\-*|]*", "", line)
            name = re.sub(r"\s*\(#?\d*\).*$", "", name).strip()
            if name and "lineage" not in name.lower():
                names.append(name)
        return Counter(names)


def tree_lines(plan: str) -> Iterator[str]:
    """Lines of the operator trees (main and subqueries), without the initial plans that AQE replaced."""
    in_tree, initial_at = False, None
    for line in plan.splitlines():
        if line.startswith("== "):
            in_tree, initial_at = "Physical Plan" in line or "Subqueries" in line, None
            continue
        if re.match(r"^\(#\) ", line):
            in_tree = False
        if line.startswith("Subquery:"):
            in_tree, initial_at = True, None
            continue
        if not in_tree or not line.strip():
            continue
        marker = re.search(r"== (Initial|Final|Current) Plan ==", line)
        if marker:
            initial_at = len(line) - len(line.lstrip(" :|")) if marker[1] == "Initial" else None
            continue
        if initial_at is not None and len(line) - len(line.lstrip(" :|+-")) > initial_at:
            continue
        initial_at = None
        yield line


def normal_plan(plan: str) -> str:
    """Expression ids, node ids, file paths and addresses replaced."""
    ids: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        return ids.setdefault(match[0], f"#{len(ids)}")

    text = re.sub(r"#\d+L?", renamed, plan)
    text = re.sub(r"plan_id=\d+", "plan_id=N", text)
    text = re.sub(r"\((\d+)\)", "(#)", text)
    text = re.sub(r"file:[^\s,\]]*/", "file:/", text)
    text = re.sub(r"part-[0-9a-f-]+\S*", "part", text)
    text = re.sub(r"@[0-9a-f]{4,}", "@", text)
    return re.sub(r"\d+-byte|rdd_\d+|\bid=\d+", "N", text)


def read_event_log(folder: Path) -> Iterator[PlannedExecution]:
    """Executions of all applications of a run, nested ones (of commands) too, in order of their start."""
    for path in sorted(folder.glob("*")):
        plans: dict[int, str] = {}
        described: dict[int, str] = {}
        jobs: Counter[int] = Counter()
        stages: dict[int, int] = {}
        tasks: Counter[int] = Counter()
        for line in path.read_text(errors="replace").splitlines():
            try:
                event = json.loads(line)
            except json.JSONDecodeError:
                continue  # the last line of a killed driver
            kind = event["Event"].rsplit(".", 1)[-1]
            if kind == "SparkListenerSQLExecutionStart":
                plans[event["executionId"]] = event["physicalPlanDescription"]
                described[event["executionId"]] = event["description"]
            elif kind == "SparkListenerSQLAdaptiveExecutionUpdate":
                plans[event["executionId"]] = event["physicalPlanDescription"]
            elif kind == "SparkListenerJobStart":
                execution = int((event.get("Properties") or {}).get("spark.sql.execution.id", -1))
                jobs[execution] += 1
                stages.update(dict.fromkeys(event["Stage IDs"], execution))
            elif kind == "SparkListenerTaskEnd":
                tasks[stages.get(event["Stage ID"], -1)] += 1
        for execution in sorted(plans):
            yield PlannedExecution(described[execution], plans[execution], jobs[execution], tasks[execution])
        if jobs[-1]:
            yield PlannedExecution("outside SQL", "", jobs[-1], tasks[-1])


# --------------------------------------------------------------------------- what people see


def normal_lines(text: str) -> list[str]:
    """Lines of stderr without what differs from one plain run to the next."""
    rules: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
        (r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d", "TIME"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME"),
        (r"0x[0-9a-f]+|@[0-9a-f]{5,}", "ADDRESS"),
        (r"#\d+L?", "#N"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
        (r"(TID|task|stage|Stage|job|Job|pid|port|executor) \d+(\.\d+)?", r"\1 N"),
        (r"\b(job|task|attempt)_\d+\w*", r"\1_N"),
        (r"\bo\d+\.", "oN."),  # py4j's name of the Java object
        (r"line \d+, in run_driver|\(\S+/(\d+) executor driver\)", "HOST"),
        (r"\d+ ?ms", "N ms"),
        (r":\d{4,5}\b", ":PORT"),
        (r"Thread-\d+", "Thread-N"),
    ]
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    # Spark's structured log has a stack trace in one line: a difference is told frame by frame.
    return [line.rstrip() for line in text.replace("\\n", "\n").splitlines()]


def same_for_people(one: str, other: str, again: str | None = None) -> list[str]:
    """Lines that the observed run (``one``) shows and the plain run does not, or the other way round.

    ``again`` is a second plain run: lines in which the two plain runs differ already do not count.
    """
    a, b = Counter(normal_lines(one)), Counter(normal_lines(other))
    c = Counter(normal_lines(again)) if again is not None else b
    unsteady = (b - c) | (c - b)
    return [f"+ {line}" for line in (a - (b | c)) if line not in unsteady] + \
        [f"- {line}" for line in ((b & c) - a) if line not in unsteady]  # fmt: skip


# --------------------------------------------------------------------------- shared between tests


# How (plain, again, plan, flow, exact, truth; "flow.2" is a run of its own), program, arguments.
Need = tuple[str, ...]


# What these programs are for is how they end and what they print, Spark's log too: each has a JVM of its own.
COLD = {"ending"}


@dataclass(frozen=True)
class WarmJvms:
    """One without our jar for plain runs, so that nothing that ours has left behind can be in both, and one with it."""

    plain: WarmJvm
    observing: WarmJvm


class Runs:
    """Each need is run once; every test that asks again gets the same finished run."""

    def __init__(self, folder: Path, data: Path, jvms: WarmJvms) -> None:
        self._folder = folder
        self._data = str(data)
        self._jvms = jvms
        self._running: dict[Need, Future[object]] = {}
        self._shown: dict[Need, Shown] = {}
        # A warm JVM serves one program at a time, and much of a run is planning on one core: one at a time in each.
        self._pools = {ours: ThreadPoolExecutor(1) for ours in (False, True)}

    def begin(self, need: Need) -> Future[object]:
        """Starts a run that will be asked for, unless it was."""
        if need not in self._running:
            folder = self._folder / f"{len(self._running)}-{'-'.join(need)}"[:200]
            ours = need[0].split(".")[0] not in ("plain", "again", "truth")
            self._running[need] = self._pools[ours].submit(self._run, need, folder)
        return self._running[need]

    def _run(self, need: Need, folder: Path) -> object:
        how, name, *args = need
        how = how.split(".")[0]
        program = PROGRAMS / f"{name}.py"
        plain_jvm, ours = (None, None) if name in COLD else (self._jvms.plain, self._jvms.observing)
        if how == "truth":
            return truth(program, folder, self._data, *args, jvm=plain_jvm)
        if how in ("plain", "again"):
            return plain(program, folder, self._data, *args, jvm=plain_jvm)
        return observed(program, folder, self._data, *args, mode=how, jvm=ours)

    def plain(self, program: str, *args: str, again: bool = False, attempt: int = 1) -> Ran:
        ran = self.begin((_attempt("again" if again else "plain", attempt), program, *args)).result()
        assert isinstance(ran, Ran)
        return ran

    def observed(self, program: str, *args: str, mode: str = "flow", attempt: int = 1) -> Ran:
        ran = self.begin((_attempt(mode, attempt), program, *args)).result()
        assert isinstance(ran, Ran)
        return ran

    def shown(self, program: str, *args: str, mode: str = "flow") -> Shown:
        need = (mode, program, *args)
        if need not in self._shown:
            self._shown[need] = show(self.observed(program, *args, mode=mode))
        return self._shown[need]

    def truth(self, program: str, *args: str) -> list[Truth]:
        found = self.begin(("truth", program, *args)).result()
        assert isinstance(found, list)
        return found

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)


def _attempt(how: str, number: int) -> str:
    return how if number == 1 else f"{how}.{number}"
