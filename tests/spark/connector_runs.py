"""Runs the programs of ``connector_key`` on a line of Spark, plain (for the truth) and observed, and compares.

Each statement is a function of one program, with a table of its own. What the tables hold at the end the program prints
itself, plain and observed, so that equal output means equal tables.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from command_runs import Recorded, uses, write_sources
from connector_key import Statement
from program_runs import Ran, environment, finish, start

from spark_lineage.model import Dataset
from tests.compat.lines import HOME, Line

SECONDS = 900
SNAPSHOT = "select cast(snapshot_id as string) from ice.db.{}.snapshots order by committed_at"
PROGRAM = """
import json
import os

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

W = os.getcwd()
DB_URL = os.environ.get("DB_URL", "")
LOGIN = {"user": "ada", "password": "Kaffee7", "driver": "org.postgresql.Driver"}
DB = {"url": DB_URL, **LOGIN}
spark = SparkSession.builder.appName("connectors").getOrCreate()


def snapshots(table):
    return [row[0] for row in spark.sql(SNAPSHOT.format(table)).collect()]


def view():
    return spark.read.parquet(f"{W}/a").where("id >= 5")


def prepare(*statements):
    for statement in statements:
        spark.sql(statement)


def ending(function):
    try:
        function()
    except Exception as error:
        print(function.__name__, [each.__name__ for each in type(error).__mro__[:3]])


def content(relation):
    frame = spark.table(relation)
    names = sorted(frame.columns)
    return frame.select(F.count("*"), F.sum(F.hash(*names).cast("long"))).first()


v = view()
v.createOrReplaceTempView("v")
"""
TRUTH = """
TOLD = {}


def counted(relation):
    try:
        return spark.table(relation).count()
    except Exception:
        return 0


def measured(name, function, relation):
    before = counted(relation)
    ending(function)
    TOLD[name] = {"before": before, "after": counted(relation), "columns": spark.table(relation).dtypes}


def read(name, frame):
    TOLD[name] = {"rows": len(frame.collect()), "columns": frame.dtypes}
    print(name, TOLD[name]["rows"])
"""


@dataclass(frozen=True)
class Connector:
    name: str
    statements: Sequence[Statement]
    conf: Mapping[str, str]  # {folder}: where the program runs
    jars: Sequence[Path]
    env: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "file"
    empty: Callable[[], None] = lambda: None  # before a run: what is kept elsewhere goes
    kept_elsewhere: bool = False  # of two runs the second one begins when the first one has ended


def write_program(file: Path, statements: Sequence[Statement], truth: bool = False) -> Path:
    parts = [PROGRAM.replace("SNAPSHOT", repr(SNAPSHOT)), TRUTH if truth else ""]
    for each in statements:
        before = ", ".join(f'f"""{sql}"""'.replace("{t}", each.name) for sql in each.before)
        parts.append(f"\n\ndef {each.name}():\n    {each.body().replace('{t}', each.name)}\n\n\nprepare({before})\n")
        if each.reads:
            told = f'read("{each.name}", {each.name}())'
            parts.append(f"{told}\n" if truth else f'print("{each.name}", len({each.name}().collect()))\n')
        else:
            told = f'measured("{each.name}", {each.name}, "{each.relation}")'
            parts.append(f"{told}\n" if truth else f"ending({each.name})\n")
    relations = [each.relation for each in statements if not each.reads]
    parts.append(f"\nfor relation in {relations}:\n    print(relation, content(relation))\n")
    if truth:
        parts.append('\nwith open("told.json", "w") as file:\n    json.dump(TOLD, file)\n')
    file.write_text("".join(parts))
    return file


@dataclass(frozen=True)
class Both:
    """A connector's program on a line, as it ran plain and observed."""

    line: Line
    connector: Connector
    plain: Ran
    recorded: Recorded
    truth: Mapping[str, Any]


def both(
    line: Line, connector: Connector, folder: Path, mode: str = "flow", for_plain: Connector | None = None
) -> Both:
    """At once, unless both would write what is kept elsewhere; ``for_plain``: another such place, for the plain run."""
    chosen = {"plain": (for_plain or connector, None), "observed": (connector, mode)}
    began = ((name, _started(line, of, folder / name, how)) for name, (of, how) in chosen.items())
    if not connector.kept_elsewhere or for_plain is not None:
        began = iter([*began])  # else the second one begins when the first one has ended
    ran = {name: finish(process, folder / name, SECONDS) for name, process in began}
    plain, observed = ran["plain"], ran["observed"]
    told = json.loads((folder / "plain" / "told.json").read_text())
    return Both(line, connector, plain.succeeded(), Recorded(observed.succeeded()), told)


def _started(line: Line, connector: Connector, folder: Path, mode: str | None) -> subprocess.Popen[str]:
    """``mode`` None: plain, with the truth."""
    connector.empty()
    write_sources(folder)
    program = write_program(folder / "connectors.py", connector.statements, truth=mode is None)
    conf = {name: value.replace("{folder}", str(folder)) for name, value in connector.conf.items()}
    conf |= {
        "spark.jars": ",".join(map(str, connector.jars)), "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1", "spark.eventLog.enabled": "false",
    }  # fmt: skip
    python = str(line.python) if line != HOME else os.sys.executable
    env = {**environment(folder, conf, ours=True), **connector.env}
    env |= {"PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python}
    observing = ["-m", "spark_lineage", "run", "--mode", mode] if mode else []
    return start([python, *observing, str(program)], folder, env)


# ------------------------------------------------------------------------------------------------ what is wrong


def wrong(ran: Both) -> dict[str, list[str]]:
    """By statement."""
    found = {each.name: list(faults(each, ran)) for each in ran.connector.statements}
    if ran.plain.stdout != ran.recorded.ran.stdout:
        found["output"] = [ran.plain.stdout, ran.recorded.ran.stdout]
    return {name: those for name, those in found.items() if those}


def faults(statement: Statement, ran: Both) -> Iterator[str]:
    recorded, told = ran.recorded, ran.truth[statement.name]
    step = recorded.steps[statement.name]
    inputs = {bare(recorded, name) for name in step.inputs}
    expected = {named(statement, name) for name in statement.inputs}
    if inputs != expected:
        yield f"inputs {sorted(inputs)}"
    outputs = [recorded.datasets[name] for name in step.outputs]
    if statement.fails:
        if told["before"] != told["after"] or step.outcome.value != "fail":
            yield f"it failed: {step.outcome}, {told}"
        return
    made = [each for each in outputs if statement.reads or recorded.short(each.name) == statement.place]
    if len(made) != 1:
        yield f"outputs {[(each.namespace, recorded.short(each.name)) for each in outputs]}"
        return
    (dataset,) = made
    yield from column_faults(statement, recorded, dataset)
    if statement.reads:
        yield from read_faults(statement, recorded, dataset, told, ran)
    else:
        yield from write_faults(statement, dataset, told, ran)


def column_faults(statement: Statement, recorded: Recorded, dataset: Dataset) -> Iterator[str]:
    if dataset.fragment is None:
        yield "it has no plan"
        return
    defined = {each.column: uses(recorded, each.inputs) for each in dataset.fragment.definitions}
    expected = {
        column: {named(statement, use) for use in text.split()} for column, text in statement.columns.items()
    }  # fmt: skip
    for column in sorted(defined.keys() | expected.keys()):
        if defined.get(column) != expected.get(column):
            yield f"{column} is made from {sorted(defined.get(column) or ['nothing'])}"
    deciding = uses(recorded, dataset.fragment.indirect)
    if deciding != {named(statement, use) for use in statement.rows}:
        yield f"rows are decided by {sorted(deciding)}"


def read_faults(
    statement: Statement, recorded: Recorded, dataset: Dataset, told: Mapping[str, Any], ran: Both
) -> Iterator[str]:
    if dataset.rows != told["rows"]:
        yield f"rows {dataset.rows} ({dataset.reason}), not {told['rows']}"
    if types(dataset) != [tuple(column) for column in told["columns"]]:
        yield f"columns {types(dataset)}, not {told['columns']}"
    assert dataset.fragment is not None
    (source,) = dataset.fragment.sources
    if source.namespace != ran.connector.namespace:
        yield f"namespace {source.namespace}"
    version = snapshots(ran, statement.inputs[0])[statement.snapshot] if statement.snapshot is not None else None
    if source.version != version:
        yield f"version {source.version}, not {version}"
    if (source.part is not None) != statement.part:
        yield f"part {source.part}"


def write_faults(statement: Statement, sink: Dataset, told: Mapping[str, Any], ran: Both) -> Iterator[str]:
    storage = sink.storage
    assert storage is not None
    if storage.namespace != ran.connector.namespace:
        yield f"namespace {storage.namespace}"
    version = snapshots(ran, statement.place)[-1] if statement.place.startswith("ice/") else None
    if storage.version != version:
        yield f"version {storage.version}, not {version}"
    if types(sink) != [tuple(column) for column in told["columns"]]:
        yield f"columns {types(sink)}, not {told['columns']}"
    if statement.in_place:
        for kind, rows in statement.changed_rows.items():
            # Until Spark 4.1 no one counts what a MERGE or an UPDATE changes.
            said = getattr(sink.changed, kind, None)
            if said != rows and not (said is None and ran.line.spark < "4.1"):
                yield f"{kind} {said}, not {rows}"
        if sink.rows is not None:
            yield f"rows {sink.rows}"
        return
    rows = statement.wrote
    if rows is None:
        rows = told["after"] - told["before"] if statement.adds else told["after"]
    if sink.rows != rows:
        yield f"rows {sink.rows} ({sink.reason}), not {rows}"


def snapshots(ran: Both, table: str) -> list[str]:
    """Those of a table of the observed program, oldest first, as its own metadata says."""
    files = (ran.recorded.ran.folder / table / "metadata").glob("v*.metadata.json")
    last = max(files, key=lambda path: int(re.sub(r"\D", "", path.name)))
    found = json.loads(last.read_text())["snapshots"]
    return [str(each["snapshot-id"]) for each in sorted(found, key=lambda each: each["timestamp-ms"])]


def types(dataset: Dataset) -> list[tuple[str, str | None]]:
    return [(column.name, column.type) for column in dataset.columns]


def bare(recorded: Recorded, name: str) -> str:
    return re.sub(r"~\d+$", "", recorded.short(name))


def named(statement: Statement, use: str) -> str:
    """The name of a dataset, alone or before a column and what becomes of it."""
    dataset, _, rest = use.partition(".") if not use.startswith(("ice/", "shop.")) else (use, "", "")
    if dataset == "T":
        dataset = statement.place
    digest = hashlib.sha256(b'select "id", "d" from pg_source where "id" < 5').digest()[:4].hex()
    return (f"{dataset}.{rest}" if rest else dataset).replace("query_QUERY", f"query_{digest}")
