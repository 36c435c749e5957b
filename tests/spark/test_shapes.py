"""Column lineage of query shapes, as a program observed through the command line records it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapes_key
from program_runs import PROGRAMS, Ran, WarmJvms, environment, observed

from spark_lineage.answers.explain import document, explain
from spark_lineage.model import LineageGraph
from spark_lineage.store import Store

KEY = shapes_key.shapes()


def write_tables(folder: Path) -> None:
    orders = {
        "order_id": pa.array([1, 2, 3, 4], pa.int64()), "customer_id": pa.array([1, 2, 2, None], pa.int64()),
        "status": ["new", "paid", None, "paid"], "amount": [1.5, 20.0, None, 8.0],
        "quantity": pa.array([1, 5, 2, 4], pa.int64()), "note": ["a", None, "b", "b"],
    }  # fmt: skip
    pq.write_table(pa.table(orders), folder / "orders.parquet")
    pq.write_table(pa.table(orders).slice(1, 2), folder / "archive.parquet")
    people = pa.table({
        "id": pa.array([1, 2], pa.int64()),
        "person": [{"name": n, "age": 30, "address": {"city": "x", "zip": "1"}} for n in "ab"],
        "tags": [["t", "u"], None], "items": [[{"sku": 7, "price": 1.5}], [{"sku": 8, "price": 0.5}]],
    })  # fmt: skip
    pq.write_table(people, folder / "people.parquet")
    customers = [{"customer_id": 1, "name": "Ann", "country": "DE"}, {"customer_id": 2, "name": "Bo", "country": "FR"}]
    (folder / "customers.json").write_text("".join(json.dumps(each) + "\n" for each in customers))


@dataclass(frozen=True)
class Recorded:
    ran: Ran
    facets: dict[str, dict[str, Any]]  # output dataset's name -> its columnLineage facet
    graph: LineageGraph


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> Recorded:
    folder = tmp_path_factory.mktemp("shapes")
    write_tables(folder)
    conf = {"spark.sql.shuffle.partitions": "1", "spark.sql.optimizer.maxIterations": "1000"}
    ran = observed(PROGRAMS / "shapes.py", folder, str(folder), conf=conf, jvm=warm_jvms.observing).succeeded()
    (journal,) = ran.store.glob("runs/*/events.jsonl")
    facets = {}
    for event in map(json.loads, journal.read_text().splitlines()):
        for output in event.get("outputs", []):
            facets[output["name"]] = output["facets"].get("columnLineage")
    return Recorded(ran, facets, Store(str(ran.store)).open("last").graph)


def uses(fields: list[dict[str, Any]]) -> shapes_key.Uses:
    return frozenset(
        (each["name"], each["field"], one["type"], one["subtype"], one["masking"])
        for each in fields
        for one in each["transformations"]
    )


def test_every_shape_is_in_the_key(recorded: Recorded) -> None:
    made = [line.split()[0] for line in recorded.ran.stdout.splitlines()]
    assert made == list(KEY)
    assert len(made) >= 40


@pytest.mark.parametrize("name", list(KEY))
def test_columns_of_the_event(recorded: Recorded, name: str) -> None:
    facet = recorded.facets[name]
    assert {column: uses(each["inputFields"]) for column, each in facet["fields"].items()} == KEY[name].columns
    assert uses(facet.get("dataset", [])) == KEY[name].rows


@pytest.mark.parametrize("name", list(KEY))
def test_columns_as_explained(recorded: Recorded, name: str) -> None:
    for column, inputs in KEY[name].columns.items():
        told = document(explain(recorded.graph, f"{name}.{column}"))
        first = told["path"][0]
        assert (first["step"], first["column"]) == (f"shapes.{name}", column)
        got = {(i["dataset"], i["column"], i["kind"], i["subtype"], i["masking"]) for i in first["inputs"]}
        assert got == inputs | KEY[name].rows
        if column in KEY[name].expressions:
            assert first["expression"] == KEY[name].expressions[column]
        sources = {(Path(each["dataset"]).stem, each["column"]) for each in told["sources"]}
        assert sources == {(each[0], each[1]) for each in inputs}


def test_the_command_says_the_same(recorded: Recorded) -> None:
    command = [sys.executable, "-m", "spark_lineage", "explain", "grouped.total", "--json"]
    done = subprocess.run(
        command, cwd=recorded.ran.folder, env=environment(recorded.ran.folder, {}, ours=True),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == document(explain(recorded.graph, "grouped.total"))
