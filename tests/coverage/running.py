"""Runs the calls observed and says of each what was seen of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.orc
import pyarrow.parquet

from spark_lineage.model import Dataset, LineageGraph, Step
from spark_lineage.store import Store
from tests.coverage.program import BEGIN, BEGIN_FRAMES, Call, text
from tests.warm_jvm import DELTA

ROOT = Path(__file__).resolve().parents[2]
ENDINGS = "csv feather html json orc parquet pkl dta avro stream ndjson delta xlsx h5 xml".split()
CONF = {
    "spark.jars": ",".join(map(str, DELTA)),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.checkpoint.dir": "checkpoints",  # which clients of Spark Connect cannot set
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "1g",
}


@dataclass(frozen=True)
class Seen:
    """What the record says of one call. ``failed``: the call itself did."""

    lineage: str  # kept, none to keep, gap, lost
    facts: str  # exact, a reason, or empty where nothing was made
    why: str = ""  # of a gap
    failed: str = ""


def run_spark(folder: Path, these: Sequence[Call], remote: bool) -> dict[str, Seen]:
    """By the name of the call. ``remote``: over Spark Connect, with our jar on the server that the program starts."""
    _files(folder)
    (folder / "conf.json").write_text(json.dumps(CONF))
    environ = {"SPARK_REMOTE": "local[2]", "SPARK_TESTING": "1"} if remote else {}
    graph = observed(folder, text(BEGIN, these), environ, "--mode", "exact")
    return seen(folder, these, graph)


def run_frames(folder: Path, these: Sequence[Call]) -> dict[str, Seen]:
    _frame_files(folder)
    return seen(folder, these, observed(folder, text(BEGIN_FRAMES, these), {}))


def observed(folder: Path, program: str, environ: dict[str, str], *options: str) -> LineageGraph:
    (folder / "calls.py").write_text(program)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    done = subprocess.run(
        [sys.executable, "-m", "spark_lineage", "run", *options, "--store", str(folder / "lineage"), "calls.py"],
        cwd=folder, capture_output=True, text=True, timeout=1500,
        env={**kept, "PYTHONPATH": str(ROOT), "SPARK_LINEAGE__STRICT": "true", **environ},
    )  # fmt: skip
    (folder / "stdout").write_text(done.stdout)
    (folder / "stderr").write_text(done.stderr)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    (run,) = [each for each in (folder / "lineage" / "runs").iterdir() if (each / "events.jsonl").exists()]
    return Store(folder / "lineage").open(run.name).graph


def seen(folder: Path, these: Sequence[Call], graph: LineageGraph) -> dict[str, Seen]:
    told: dict[str, Any] = dict(map(json.loads, (folder / "told.jsonl").read_text().splitlines()))
    return {call.name: _seen(call, graph, told.get(call.name)) for call in these if call.mark != "not called"}


def _seen(call: Call, graph: LineageGraph, told: Any) -> Seen:
    if isinstance(told, str) and told not in ("value", "stream"):
        return Seen("", "", failed=told)
    steps = [step for step in graph.steps if step.function == call.name]
    by_id = {dataset.id: dataset for dataset in graph.datasets}
    made = [by_id[name] for step in steps for name in step.outputs]
    about = {step.step for step in steps}, {each.id for each in made}
    gaps = [gap for gap in graph.gaps if gap.what != "rows" and (gap.step in about[0] or gap.dataset in about[1])]
    why = "; ".join(dict.fromkeys(f"{gap.what}: {_plain(gap.why)}" for gap in gaps))
    complete = _is_whole(call, graph, steps, made, told, by_id)
    if complete:
        lineage = "kept" if call.mark not in ("nothing", "new") else "none to keep"
        return Seen(lineage, _facts(made, told), why)
    return Seen("gap" if gaps else "lost", "", why)


def _is_whole(
    call: Call, graph: LineageGraph, steps: list[Step], made: list[Dataset], told: Any, by_id: dict[str, Dataset]
) -> bool:
    """Whether the record has all that the call does with rows."""
    if call.mark == "nothing":
        return True
    inputs = [name for step in steps for name in step.inputs]
    if call.mark != "new" and not inputs:
        return False
    if call.mark == "same":
        return True
    if call.mark == "read" and not any(by_id[name].storage is not None for name in inputs):
        return False
    if call.mark == "written":
        return any(each.storage is not None for each in made)
    if told == "value":
        return True  # an action: its step has the input
    if told == "stream":
        return True
    used = {name for step in graph.steps if step.function == "looked" for name in step.inputs}
    return any(each.id in used for each in made)


def _facts(made: list[Dataset], told: Any) -> str:
    found = []
    for each in made:
        if not each.complete:
            found.append(str(each.reason))
        elif isinstance(told, int) and each.storage is None and each.rows != told:
            found.append(f"wrong: {each.rows} for {told}")
        else:
            found.append("exact")
    return ", ".join(dict.fromkeys(found))


def _plain(why: str) -> str:
    """Without what differs from run to run."""
    why = re.sub(r"/\S*/(\w+)", r"…/\1", why)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|#\d+|\b0x[0-9a-f]+\b", "…", why)


def _files(folder: Path) -> None:
    made = folder / "in"
    rows = pa.table({"k": [1, 2, 3], "v": [1.5, 2.5, 3.5], "s": ["a", "b", "a"]})
    for name in ("csv", "json", "orc", "parquet", "text", "xml"):
        (made / name).mkdir(parents=True)
    pyarrow.csv.write_csv(rows.select(["k"]), made / "csv" / "a.csv")
    pyarrow.parquet.write_table(rows, made / "parquet" / "a.parquet")
    pyarrow.orc.write_table(rows.select(["k"]), made / "orc" / "a.orc")
    (made / "json" / "a.json").write_text('{"k": 1}\n{"k": 2}\n')
    (made / "text" / "a.txt").write_text("a\nb\n")
    (made / "xml" / "a.xml").write_text("<rows><row><k>1</k></row></rows>\n")


def _frame_files(folder: Path) -> None:
    """What is read by pandas and polars; who has no library for a format has no file of it."""
    rows = {"k": [1, 2, 3], "v": [1.5, 2.5, 3.5], "s": ["a", "b", "a"]}
    frame, other = pd.DataFrame(rows), pl.DataFrame(rows)
    at = {ending: folder / f"in.{ending}" for ending in ENDINGS}
    frame.to_csv(at["csv"], index=False)
    frame.to_feather(at["feather"])
    frame.to_html(at["html"])
    frame.to_json(at["json"], orient="records")
    frame.to_orc(at["orc"])
    frame.to_parquet(at["parquet"])
    frame.to_pickle(at["pkl"])
    frame.to_stata(at["dta"])
    other.write_avro(at["avro"])
    other.write_ipc_stream(at["stream"])
    other.write_ndjson(at["ndjson"])
    other.write_delta(at["delta"])
    with contextlib.closing(sqlite3.connect(folder / "base.db")) as con:
        frame.to_sql("t", con, index=False)
    for write in (
        lambda: frame.to_excel(at["xlsx"]),
        lambda: frame.to_hdf(at["h5"], key="t"),
        lambda: frame.to_xml(at["xml"]),
    ):
        with contextlib.suppress(ImportError):
            write()
