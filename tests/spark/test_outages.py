"""A real Spark program whose receivers are in trouble, each in its own way, and all at once.

One run has a composite transport of them: each transport is caught up by itself, so it shows what as many runs would.
How much longer the program takes is measured by ``benchmarks/outages.py``; here counts what the agent waited.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from program_runs import Ran, WarmJvms, environment, run

from spark_lineage.cli.commands import main
from spark_lineage.sinks.delta import read_tables
from spark_lineage.store import Store, journal
from tests import orchestrator
from tests.receiver import BlackHole, DieAfter, Failing, Healthy, Receiver, Slow

pytestmark = pytest.mark.wide

WAIT = 6.0  # seconds; the option exit.wait
TROUBLE = {
    "down": None,
    "black-hole": BlackHole(),
    "failing": Failing(500),
    "slow": Slow(2.0),
    "dying": DieAfter(3),
    "healthy": Healthy(),
}
PROGRAM = """
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def numbers(spark):
    return spark.range(100).withColumn("half", (F.col("id") / 2).cast("int"))


def per_half(numbers):
    return numbers.groupBy("half").agg(F.count("*").alias("n"))


spark = SparkSession.builder.appName("outages").config("spark.sql.shuffle.partitions", 2).getOrCreate()
halves = per_half(numbers(spark))
halves.write.mode("overwrite").parquet("out/halves")
print(spark.read.parquet("out/halves").count())
spark.stop()
"""


@dataclass(frozen=True)
class Outage:
    """The program run once, with all receivers in trouble."""

    observed: Ran
    receivers: dict[str, Receiver]

    @property
    def run(self) -> Path:
        (run,) = Store(self.observed.store).runs()
        return run.folder

    @property
    def keys(self) -> list[tuple[str, str]]:
        """(run id, event type) of each event of the journal, which is whole."""
        assert journal.verify(self.run).intact
        return [(each["run"]["runId"], each["eventType"]) for each in journal.read_events(self.run)]


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> Iterator[Outage]:
    folder = tmp_path_factory.mktemp("outages")
    foreign = frozenset({orchestrator.DAG, orchestrator.TASK})
    receivers = {name: Receiver(behaviour or Healthy(), foreign=foreign) for name, behaviour in TROUBLE.items()}
    with ExitStack() as listening:
        for name, behaviour in TROUBLE.items():
            if behaviour is not None:
                listening.enter_context(receivers[name])
        (folder / "openlineage.yml").write_text(_transports(receivers))
        (folder / "job.py").write_text(PROGRAM)
        options = ["--exit-wait", str(WAIT), "--log-level", "info"]
        command = [sys.executable, "-m", "spark_lineage", "run", *options, "job.py"]
        env = environment(folder, orchestrator.CONF, ours=True)
        ran = run(command, folder, env, orchestrator.CONF, warm_jvms.observing)
        yield Outage(ran.succeeded(), receivers)


def _transports(receivers: dict[str, Receiver]) -> str:
    listed = [f'    {name}: {{type: http, url: "{each.url}"}}' for name, each in receivers.items()]
    return "\n".join(["transport:", "  type: composite", "  transports:", *listed]) + "\n"


def test_the_program_does_what_it_does_without(outage: Outage) -> None:
    assert outage.observed.stdout == "50\n"
    assert pq.read_table(outage.observed.folder / "out" / "halves").num_rows == 50


def test_the_end_waits_no_longer_than_it_may(outage: Outage) -> None:
    (waited,) = re.findall(r"spark-lineage\.waited: ([\d.]+) s", (outage.run / "agent.log").read_text())
    assert float(waited) <= WAIT + 0.25


def test_what_is_left_is_said_in_one_line_for_each_receiver(outage: Outage) -> None:
    told = re.findall(r"^spark-lineage: (\d+) events are still to be sent to (\S+) ", outage.observed.stderr, re.M)
    left = {name.split()[0]: int(events) for events, name in told}
    everything = len(outage.keys)
    assert everything >= 10
    assert [left[name] for name in ("down", "black-hole", "failing")] == [everything] * 3
    assert left["dying"] == everything - 3
    # Nothing was cut off: what is not left has arrived.
    assert 0 < left["slow"] == everything - len(outage.receivers["slow"].events)
    assert "healthy" not in left


def test_send_brings_the_rest_and_nothing_twice(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = outage.keys
    assert outage.receivers["healthy"].keys == keys
    for key in [key for key in os.environ if key.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(key)
    monkeypatch.chdir(outage.observed.folder)
    with ExitStack() as listening:
        for receiver in outage.receivers.values():
            receiver.behave()
            listening.enter_context(receiver)
        assert main(["send", "--store", "lineage"]) == 0
    for name, receiver in outage.receivers.items():
        assert (name, receiver.keys) == (name, keys)
        receiver.check()
    assert outage.keys == keys
    rows = read_tables(outage.observed.store / "audit", ["events"])["events"].to_pylist()
    stored = [json.loads(row["event"]) for row in sorted(rows, key=lambda row: row["seq"])]
    assert stored == list(journal.read_events(outage.run))


def test_the_run_joins_that_of_the_orchestrator(outage: Outage) -> None:
    facets = [each["run"]["facets"]["parent"] for each in journal.read_events(outage.run)]
    assert {facet["root"]["run"]["runId"] for facet in facets} == {orchestrator.DAG}
    assert facets[0]["run"]["runId"] == facets[-1]["run"]["runId"] == orchestrator.TASK
    assert [facet["job"]["name"] for facet in facets].count("daily.load") == 2
