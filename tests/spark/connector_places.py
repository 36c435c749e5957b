"""Which connector there is for which line of Spark, and how its programs run there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from command_faults import faults
from command_runs import CONF, Recorded, write_program, write_sources
from commands_key import COMMANDS, Command
from connector_key import iceberg, postgres
from connector_runs import SECONDS, Connector, both, wrong
from program_runs import environment, finish, start

from tests import postgres as database
from tests.compat.lines import ROOT, Line

JARS = ROOT / ".tools" / "connectors"
DRIVER = "org.postgresql:postgresql:42.7.14"
# Iceberg has no runtime for Spark 4.2 yet: that for 4.1 does not link there.
RUNTIMES = {
    "3.5_2.12": "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.12.0",
    "3.5_2.13": "org.apache.iceberg:iceberg-spark-runtime-3.5_2.13:1.11.0",
    "4.0_2.13": "org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.11.0",
    "4.1_2.13": "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0",
}
# Versions of Delta that are published for the line, the newest first; today's Python half is that of our environment.
DELTA = {
    "3.5_2.12": ("io.delta:delta-spark_2.12:3.3.2", "io.delta:delta-spark_2.12:3.2.1"),
    "3.5_2.13": ("io.delta:delta-spark_2.13:3.3.2", "io.delta:delta-spark_2.13:3.2.1"),
    "4.0_2.13": ("io.delta:delta-spark_4.0_2.13:4.4.0", "io.delta:delta-spark_2.13:4.0.1"),
    "4.1_2.13": ("io.delta:delta-spark_4.1_2.13:4.4.0",),
    "4.2_2.13": ("io.delta:delta-spark_4.2_2.13:4.4.0",),
}
OF_DELTA = (
    "ctas_delta", "replaced", "created_", "delta_", "merge_", "update_", "delete_", "api_", "save_as_delta",
    "save_delta", "insert_into_delta", "write_to_",
)  # fmt: skip
# Spark 3.5 has no mergeInto, and Delta refuses there to replace a table by a query ("does not support truncate").
SINCE_4 = (
    "api_merge_into", "replaced", "created_or_replaced", "created_by_replace", "write_to_replace",
    "write_to_create_or_replace",
)  # fmt: skip
# One of each kind, for the runs of all lines one after the other.
SHARE_OF_DELTA = (
    "ctas_delta", "delta_insert_view", "delta_insert_overwrite", "delta_replace_where", "delta_version",
    "delta_evolved", "delta_partitions", "delta_fails", "merge_all_clauses", "update_two", "delete_where", "api_merge",
    "save_delta_merged", "save_delta", "write_to_append",
)  # fmt: skip


def version(module: str) -> str:
    return module.rpartition(":")[2]


def jar(module: str) -> Path:
    """From Maven Central, once for a clone."""
    sys.path.insert(0, str(ROOT / "project"))
    import jar as building

    return building.fetch(JARS, [module])[0]


def on_postgres(server: database.Postgres) -> Connector:
    conf = {
        "spark.sql.catalog.pg": "org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog",
        "spark.sql.catalog.pg.url": server.url, "spark.sql.catalog.pg.user": database.USER,
        "spark.sql.catalog.pg.password": database.PASSWORD, "spark.sql.catalog.pg.driver": "org.postgresql.Driver",
    }  # fmt: skip
    return Connector(
        "postgres",
        [*postgres()],
        conf,
        [jar(DRIVER)],
        {"DB_URL": server.url},
        server.namespace,
        server.empty,
        kept_elsewhere=True,
    )


def on_iceberg(line: Line) -> Connector:
    conf = {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.ice.type": "hadoop",
        "spark.sql.catalog.ice.warehouse": "{folder}/ice",
    }
    return Connector("iceberg", [*iceberg()], conf, [jar(RUNTIMES[line.name])])


@dataclass(frozen=True)
class OnDelta:
    recorded: Recorded
    truth: Mapping[str, Any]


def delta_commands(line: Line, share: bool = True) -> list[Command]:
    """All by which Delta's tables are written, or one of each kind; on Spark 4.2 ``test_commands`` has all."""
    named = [each for each in COMMANDS if each.name.startswith(OF_DELTA)]
    chosen = [each for each in named if not share or each.name in SHARE_OF_DELTA]
    return [each for each in chosen if line.spark >= "4" or each.name not in SINCE_4]


def on_delta(line: Line, module: str, commands: Sequence[Command], folder: Path) -> OnDelta:
    jars = [jar(module), jar(f"io.delta:delta-storage:{version(module)}")]
    half = () if version(module) == installed("delta-spark") else (str(_python_half(version(module))),)
    began = {}
    for name, observing in (("plain", []), ("observed", ["-m", "spark_lineage", "run"])):
        write_sources(folder / name)
        program = write_program(folder / name / "commands.py", commands, truth=not observing)
        env = environment(folder / name, {**CONF, "spark.jars": ",".join(map(str, jars))}, ours=True)
        env |= {"PYSPARK_PYTHON": str(line.python), "PYTHONPATH": os.pathsep.join((*half, env["PYTHONPATH"]))}
        command = [str(line.python), *observing, str(program)]
        began[name] = start(command, folder / name, env)
    ran = {name: finish(process, folder / name, SECONDS).succeeded() for name, process in began.items()}
    return OnDelta(Recorded(ran["observed"]), json.loads((folder / "plain" / "told.json").read_text()))


def _python_half(wanted: str) -> Path:
    """A folder with the Python half of that Delta: that of today imports what pyspark has since 4.0."""
    folder = ROOT / ".tools" / "connectors" / f"delta-{wanted}"
    if not folder.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", str(folder), f"delta-spark=={wanted}"], check=True)
    return folder


# What is wrong, by statement: nothing where all is as it must be.


def wrong_on_postgres(
    line: Line, server: database.Postgres, folder: Path, for_plain: database.Postgres | None = None
) -> dict[str, list[str]]:
    plain = on_postgres(for_plain) if for_plain is not None else None
    return wrong(both(line, on_postgres(server), folder, for_plain=plain))


def wrong_on_iceberg(line: Line, folder: Path) -> dict[str, list[str]]:
    return wrong(both(line, on_iceberg(line), folder))


def wrong_on_delta(line: Line, module: str, folder: Path, share: bool = True) -> dict[str, list[str]]:
    commands = delta_commands(line, share)
    found = on_delta(line, module, commands, folder)
    told = {each.name: list(faults(each, found)) for each in commands}
    return {name: those for name, those in told.items() if those}
