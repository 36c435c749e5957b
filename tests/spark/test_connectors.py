"""What sources and sinks are called, through every connector that runs without a server; and that no secret stays."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from program_runs import PROGRAMS, ROOT, Ran, observed

from spark_lineage.model import Dataset, LineageGraph
from spark_lineage.store import Store
from tests import postgres

SECRET = "Kaffee7"  # in connectors.py
DELTA = sorted((ROOT / "examples" / "flights" / "jars").glob("*.jar"))
CONNECTORS = sorted((ROOT / "tests" / "jars").glob("*.jar"))
HAS_DRIVER = any(jar.name.startswith("postgresql") for jar in CONNECTORS)
NO_POSTGRES = postgres.missing() or (None if HAS_DRIVER else "`make test` fetches the driver of PostgreSQL")
pytestmark = [
    pytest.mark.wide,
    pytest.mark.skipif(not (DELTA and CONNECTORS), reason="make test prepares the jars of the connectors"),
]

# A file system for every scheme that is never asked for anything: only its paths are made.
SCHEMES = ("s3a", "abfss", "gs")
NOWHERE = {f"spark.hadoop.fs.{each}.impl": "org.apache.hadoop.fs.http.HttpFileSystem" for each in SCHEMES}
CONF = {
    **NOWHERE,
    "spark.jars": ",".join(map(str, [*DELTA, *CONNECTORS])),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.shuffle.partitions": "1",
}


@dataclass(frozen=True)
class Recorded:
    ran: Ran
    graph: LineageGraph
    postgres: postgres.Postgres | None

    def short(self, name: str) -> str:
        return name.replace(f"{self.ran.folder}/", "")

    def edges(self, function: str) -> list[tuple[list[str], list[str]]]:
        return [
            ([self.short(each) for each in step.inputs], [self.short(each) for each in step.outputs])
            for step in self.graph.steps
            if step.function == function
        ]

    def stored(self) -> dict[str, Dataset]:
        return {self.short(each.id): each for each in self.graph.datasets if each.storage is not None}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("connectors").resolve()
    with contextlib.ExitStack() as running:
        server = running.enter_context(postgres.server()) if NO_POSTGRES is None else None
        env = {"DB_URL": server.url} if server is not None else {}
        words = (str(folder / "out"), "kafka")
        ran = observed(PROGRAMS / "connectors.py", folder, *words, conf=CONF, env=env).succeeded()
    return Recorded(ran, Store(str(ran.store)).open("last").graph, server)


FILES = ["parquet", "csv", "json", "orc", "avro"]

# id: kind, namespace, format, name in the catalog
STORED = {
    **{f"out/{each}": ("sink", "file", each, None) for each in [*FILES, "text"]},
    "out/by_item": ("sink", "file", "parquet", None),
    "out/delta": ("sink", "file", "delta", None),
    "out/delta~2": ("sink", "file", "delta", None),  # the append, by another step
    "out/amended": ("sink", "file", "delta", None),
    **{f"out/amended~{number}": ("sink", "file", "delta", None) for number in (2, 3, 4, 5)},
    "warehouse/delta_sales": ("sink", "file", "delta", "default.delta_sales"),
    "warehouse/plain_sales": ("sink", "file", "parquet", "default.plain_sales"),
    "APP.SALES": ("sink", "derby://memory/shop", "jdbc", None),
    # The first four bytes of the SHA-256 of the query that connectors.py asks.
    "query_cd4abfba": ("source", "derby://memory/shop", "jdbc", None),
    "sales": ("source", "kafka://broker1.example:9092", "kafka", None),
    "returns": ("source", "kafka://broker1.example:9092", "kafka", None),
    "/data/sales": ("source", "hdfs://namenode.example:8020", "parquet", "default.on_hdfs"),
    "s3://bucket/data/sales": ("source", "s3://bucket", "parquet", "default.on_s3"),
    "abfss://box@account.dfs.core.windows.net/data/sales": (
        "source", "abfss://box@account.dfs.core.windows.net", "parquet", "default.on_adls",
    ),
    "gs://bucket/data/sales": ("source", "gs://bucket", "parquet", "default.on_gcs"),
    "counter": ("source", "unknown", None, None),
    "counter~2": ("sink", "unknown", None, None),
}  # fmt: skip


def test_sources_and_sinks(recorded: Recorded) -> None:
    got = {
        name: (each.kind.value, each.namespace, each.storage.format, each.storage.table)
        for name, each in recorded.stored().items()
        if each.storage is not None
    }
    assert {name: those for name, those in got.items() if not name.startswith("shop.")} == STORED


@pytest.mark.skipif(NO_POSTGRES is not None, reason=NO_POSTGRES or "")
def test_tables_of_postgres_have_one_name_however_they_are_written(recorded: Recorded) -> None:
    assert recorded.postgres is not None
    stored = recorded.stored()
    written = [stored[name] for name in ("shop.public.sales", "shop.public.sales~2")]
    assert [(each.namespace, each.rows) for each in written] == [(recorded.postgres.namespace, 2)] * 2
    assert recorded.edges("from_postgres")[0][0] == ["shop.public.sales~2", "shop.public.sales"]
    assert "postgres 4" in recorded.ran.stdout


def test_what_is_written_is_what_is_read(recorded: Recorded) -> None:
    formats = [*FILES, "text"]
    assert recorded.edges("to_files") == [(["sold"], [f"out/{each}"]) for each in FILES]
    assert [inputs for inputs, _ in recorded.edges("from_files")] == [[f"out/{each}"] for each in formats]
    reads = {
        "one_partition": ["out/by_item"],
        "latest_delta": ["out/delta~2", "out/delta"],  # the append and what it was appended to
        "delta_table": ["warehouse/delta_sales"],
        "from_table": ["warehouse/plain_sales"],
        "from_database": ["APP.SALES"],
        "from_kafka": ["sales", "returns"],
        "from_unknown": ["counter"],
    }
    assert {function: recorded.edges(function)[0][0] for function in reads} == reads
    assert recorded.edges("to_unknown")[0][1] == ["counter~2"]


def test_a_table_that_is_changed_in_place(recorded: Recorded) -> None:
    steps = {
        "start_amended": (["sold"], ["out/amended"]),
        "upsert": (["changed_prices", "out/amended"], ["out/amended~2"]),
        "forget": (["out/amended~2"], ["out/amended~3"]),
        "correct": (["out/amended~3"], ["out/amended~4"]),
        "total": (["out/amended~4"], ["total"]),
        "sums_by_sql": (["sold"], ["out/amended~5"]),
    }
    assert {function: recorded.edges(function)[0] for function in steps} == steps
    inserted = recorded.stored()["out/amended~5"]
    assert inserted.rows == 2  # not those of the view that the INSERT reads
    stored = recorded.stored()
    changed = {number: stored[f"out/amended~{number}"].changed for number in (2, 3, 4)}
    assert {number: (each.inserted, each.updated, each.deleted) for number, each in changed.items() if each} == {
        2: (0, 1, 0),
        3: (None, None, 1),
        4: (None, 1, None),
    }
    versions = {name: each.storage.version for name, each in stored.items() if each.storage is not None}
    assert versions["out/amended~5"] == "4"
    # Where the next command commits before the listener looks, nobody can tell which version was whose.
    assert all(versions[f"out/amended~{number}"] in (None, str(number - 1)) for number in (2, 3, 4))


def test_unknown_connectors_are_gaps(recorded: Recorded) -> None:
    gaps = [each.dataset for each in recorded.graph.gaps if each.what == "connector"]
    assert sorted(gaps, key=str) == ["counter", "counter~2"]


def test_no_secret_stays(recorded: Recorded) -> None:
    files = [each for each in recorded.ran.store.rglob("*") if each.is_file()]
    assert any(each.name == "events.jsonl" for each in files)
    leaks = [str(each) for each in files if SECRET.encode() in _content(each)]
    assert leaks == []
    assert "ada" not in {each.namespace for each in recorded.graph.datasets}


def _content(file: Path) -> bytes:
    """Parquet as its text: its pages are compressed."""
    if file.suffix != ".parquet":
        return file.read_bytes()
    import pyarrow.parquet as pq

    return repr(pq.read_table(file).to_pylist()).encode()
