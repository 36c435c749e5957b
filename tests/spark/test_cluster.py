"""Executors in processes of their own, without our Python package; tasks that fail or lose their shuffle files.

Speculation is not here: Spark runs a speculative task only on another host, and local-cluster has one.
"""

from __future__ import annotations

import json
import sys
import sysconfig
from pathlib import Path

import program_runs
import pytest
from program_runs import PROGRAMS, Ran, compare, environment, finish, private_command, start

CLUSTER = {
    "spark.master": "local-cluster[2,1,1024]",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50",
}
# An editable installation is a line in a .pth file, which Python obeys in its own site-packages only: an executor of
# the base interpreter finds what is in the environment's folder, and our package not.
BARE_EXECUTORS = {"PYSPARK_PYTHON": sys._base_executable, "PYTHONPATH": sysconfig.get_path("purelib")}  # type: ignore[attr-defined]
CONF = {
    "calm": {},
    "retry": {},
    "lost": {"spark.stage.maxConsecutiveAttempts": "6", "spark.files.fetchFailure.unRegisterOutputOnHost": "false"},
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


@pytest.mark.parametrize("trouble", CONF)
def test_facts_are_exact(trouble: str, tmp_path: Path, data_folder: Path, expected: list[program_runs.Truth]) -> None:
    env = environment(tmp_path, CLUSTER | CONF[trouble]) | BARE_EXECUTORS
    command = private_command(PROGRAMS / "cluster.py", str(data_folder), trouble, mode="flow")
    ran = finish(start(command, tmp_path, env), tmp_path).succeeded()
    assert "ours on executors: {False}" in ran.stdout
    assert happened(ran, trouble)
    comparison = compare(program_runs.show(ran), expected)
    assert comparison.wrong == []
    assert comparison.missing == []
    assert {"in_trouble#1", "counted#1", "numbered#1"} <= comparison.complete
