"""Executors in processes of their own, without our Python package; tasks that fail or lose their shuffle files.

Speculation is not here: Spark runs a speculative task only on another host, and local-cluster has one.

Where shuffle files are lost, a part of our code is broken on the executors, too, and nowhere else: where a rule asks
for unique keys, they find a class of ours on their own classpath, without those that it needs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import program_runs
import pyarrow.parquet as pq
import pytest
from program_runs import PROGRAMS, Ran, compare, environment, finish, private_command, start

pytestmark = pytest.mark.wide

CLUSTER = {
    "spark.master": "local-cluster[2,1,1024]",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50",
}
# An editable installation is a line in a .pth file, which Python obeys in its own site-packages only: an executor of
# the base interpreter finds what is in the environment's folder, and our package not.
BARE_EXECUTORS = {"PYSPARK_PYTHON": sys._base_executable, "PYTHONPATH": sysconfig.get_path("purelib")}  # type: ignore[attr-defined]
RULES = """\
[checks]
rules = ["keyed: unique(order_id)"]
"""
HALF = "half.jar"  # in the folder of the run
CONF = {
    "calm": {},
    "retry": {},
    "lost": {
        "spark.executor.extraClassPath": HALF,
        "spark.stage.maxConsecutiveAttempts": "6", "spark.files.fetchFailure.unRegisterOutputOnHost": "false",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def expected(
    tmp_path_factory: pytest.TempPathFactory, data_folder: Path, warm_jvms: program_runs.WarmJvms
) -> list[program_runs.Truth]:
    folder = tmp_path_factory.mktemp("truth")
    return program_runs.truth(PROGRAMS / "cluster.py", folder, str(data_folder), "none", jvm=warm_jvms.plain)


def events(ran: Ran) -> list[dict[str, object]]:
    return [
        json.loads(line) for path in (ran.folder / "spark-events").glob("*") for line in path.read_text().splitlines()
    ]


def happened(ran: Ran, trouble: str) -> bool:
    """Whether the run really had the trouble that it is about."""
    if trouble == "lost":
        return any(
            e["Event"] == "SparkListenerStageSubmitted" and e["Stage Info"]["Stage Attempt ID"] > 0 for e in events(ran)
        )  # type: ignore[index]
    ends = [e for e in events(ran) if e["Event"] == "SparkListenerTaskEnd"]
    return trouble != "retry" or any(e["Task Info"]["Failed"] for e in ends)  # type: ignore[index]


def write_half_a_jar(folder: Path) -> None:
    """A class of ours without its companion, which it needs when a task makes one: `NoClassDefFoundError`."""
    with zipfile.ZipFile(built_jar()) as ours, zipfile.ZipFile(folder / HALF, "w") as half:
        for name in ("Keys", "KeysSeen"):
            half.writestr(f"io/sparklineage/probe/{name}.class", ours.read(f"io/sparklineage/probe/{name}.class"))


def built_jar() -> str:
    return subprocess.check_output([sys.executable, "-m", "spark_lineage", "jar"], text=True).strip()


# That a task which fails is tried again and counts once, a suite of the JVM half shows too: `CompletenessSuite`.
@pytest.mark.parametrize(
    "trouble", [pytest.param("calm", marks=pytest.mark.slow), pytest.param("retry", marks=pytest.mark.slow), "lost"]
)
def test_facts_are_exact(trouble: str, tmp_path: Path, data_folder: Path, expected: list[program_runs.Truth]) -> None:
    write_half_a_jar(tmp_path)
    (tmp_path / "spark-lineage.toml").write_text(RULES)
    conf = {name: value.replace(HALF, str(tmp_path / HALF)) for name, value in CONF[trouble].items()}
    env = environment(tmp_path, CLUSTER | conf) | BARE_EXECUTORS
    command = private_command(PROGRAMS / "cluster.py", str(data_folder), trouble, mode="flow")
    ran = finish(start(command, tmp_path, env), tmp_path).succeeded()
    assert "ours on executors: {False}" in ran.stdout
    assert happened(ran, trouble)
    shown = program_runs.show(ran)
    comparison = compare(shown, expected)
    assert comparison.wrong == []
    assert comparison.missing == []
    assert {"in_trouble#1", "counted#1", "numbered#1"} <= comparison.complete
    keys = len(pq.read_table(data_folder / "orders", columns=["order_id"]))
    assert f"keys: {keys}\n" in ran.stdout
    broken = [gap for gap in shown.gaps if "probe open" in gap["what"]]
    if HALF in str(CONF[trouble]):
        assert comparison.incomplete["keyed#1"] == "stepped_aside"
        assert any(gap["what"] == "probe open" and "NoClassDefFoundError" in gap["why"] for gap in broken)
    else:
        assert broken == []
