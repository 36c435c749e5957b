"""Audit tables of real programs: of several at once in one store, and as tables of a catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from program_runs import PROGRAMS, ROOT, environment, finish, observed_command, plain_command, start

from spark_lineage.sinks.audit_rows import TABLES
from spark_lineage.sinks.delta import DeltaAudit, read_tables
from spark_lineage.store import Store, journal

PROGRAM = PROGRAMS / "cataloged.py"
JARS = sorted((ROOT / "examples" / "flights" / "jars").glob("*.jar"))


MAPS = {"labels", "metrics", "arguments"}  # their entries have no order


def rows(audit: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name, table in read_tables(audit, TABLES).items():
        plain = [{key: sorted(each) if key in MAPS else each for key, each in row.items()} for row in table.to_pylist()]
        found[name] = sorted(plain, key=repr)
    return found


@pytest.mark.wide
def test_two_drivers_at_once_in_one_store(tmp_path: Path) -> None:
    store = tmp_path / "store"
    env = {**environment(tmp_path, {}, ours=True), "SPARK_LINEAGE__STORE": str(store)}
    folders = [tmp_path / name for name in ("one", "two")]
    running = []
    for folder in folders:
        folder.mkdir()
        running.append(start(observed_command(PROGRAM, "stop"), folder, env))
    for process, folder in zip(running, folders, strict=True):
        assert finish(process, folder).succeeded().stdout == "3\n"
    runs = Store(store).runs()
    assert len(runs) == 2
    assert all(journal.verify(run.folder).intact for run in runs)
    found = rows(store / "audit")
    for name in ("runs", "steps", "datasets", "columns", "edges", "column_lineage", "events"):
        counts = [sum(row["run_id"] == run.id for row in found[name]) for run in runs]
        assert counts[0] == counts[1] > 0, (name, counts)
    assert DeltaAudit(store / "audit").rebuild(Store(store)) == 2
    assert rows(store / "audit") == found


# The program stops its session; then the record of its end is brought by another session, in the same JVM.
OBSERVED = """
import spark_lineage
spark_lineage.start()
{program}
spark_lineage.stop()

from pathlib import Path
from spark_lineage.sinks.catalog import CatalogAudit
from spark_lineage.sinks.delta import read_tables
from spark_lineage.store import Store

before = read_tables(Path("warehouse"), ["runs", "events"])
print([row["outcome"] for row in before["runs"].to_pylist()], before["events"].num_rows)
audit = CatalogAudit(SparkSession.builder.getOrCreate(), "default")
print(audit.catch_up(Store("lineage")), audit.catch_up(Store("lineage")))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not JARS, reason="make demo (or make test) fetches Delta Lake's jars")
def test_tables_of_a_catalog(tmp_path: Path) -> None:
    """Written when the program stops its session, and brought up to its end by another session."""
    conf = {
        "spark.jars": ",".join(map(str, JARS)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalogImplementation": "hive",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={tmp_path}/metastore;create=true",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(tmp_path / "warehouse"),
    }
    env = {**environment(tmp_path, conf, ours=True), "SPARK_LINEAGE__AUDIT__CATALOG": "default"}
    (tmp_path / "job.py").write_text(OBSERVED.format(program=PROGRAM.read_text()))
    ran = finish(start(plain_command(Path("job.py"), "stop"), tmp_path, env), tmp_path, timeout=800).succeeded()
    assert ran.stdout == "3\n['running'] 0\n1 0\n"
    own, theirs = rows(tmp_path / "lineage" / "audit"), rows(tmp_path / "warehouse")
    assert {name for name in TABLES if own[name] != theirs[name]} == set()
    # Nothing of their writing is in the record.
    assert {row["name"].rsplit("/", 1)[-1] for row in own["datasets"]} == {"numbers", "per_group", "counted"}
    assert {row["function"] for row in own["steps"]} == {"<module>", "numbers", "per_group"}
    assert not (tmp_path / "lineage" / "runs" / own["runs"][0]["run_id"] / "agent.log").exists()
