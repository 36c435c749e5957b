"""The example: an ordinary program, and what the record says of it against the tables themselves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests import browsing
from tests.browser.read import same_as_the_commands
from tests.page_says import check_run
from tests.receiver import Picture, Receiver

ROOT = Path(__file__).resolve().parents[2]
FLIGHTS = ROOT / "examples" / "flights"
pytestmark = pytest.mark.skipif(
    not (FLIGHTS / "data" / "flights.parquet").is_file() or not list((FLIGHTS / "jars").glob("*.jar")),
    reason="make demo (or make test) prepares the data and Delta Lake's jars",
)


def test_it_is_an_ordinary_program():
    text = (FLIGHTS / "job.py").read_text()
    assert "lineage" not in text
    assert text.count("\ndef ") >= 8


MODES = ["exact", pytest.param("flow", marks=pytest.mark.slow)]


@dataclass(frozen=True)
class Example:
    """The example, run once with a receiver that listens; ``send`` has sent what its end had no time for."""

    folder: Path
    stdout: str
    receiver: Receiver
    ours: Callable[..., str]  # a command of ours on its store -> what it printed

    @cached_property
    def record(self) -> dict[str, Any]:
        return self.read("show", "last")

    @cached_property
    def picture(self) -> Picture:
        return Picture(self.receiver.events)

    def read(self, *words: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.ours(*words, "--json"))
        return document


def run_example(folder: Path, receiver: Receiver, mode: str) -> Example:
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "OPENLINEAGE_URL": receiver.url,
    }

    def ours(command: str, *words: str, timeout: float = 120) -> str:
        line = [sys.executable, "-m", "spark_lineage", command, "--store", str(folder / "store"), *words]
        done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    program = [str(FLIGHTS / "job.py"), str(FLIGHTS / "data"), str(folder / "out")]
    stdout = ours("run", "--mode", mode, *program, timeout=290)
    ours("send")
    return Example(folder, stdout, receiver, ours)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Example]]:
    """By mode; each is run once, when it is first asked for."""
    with ExitStack() as listening:

        @cache
        def made(mode: str) -> Example:
            folder = tmp_path_factory.mktemp(f"example-{mode}")
            return run_example(folder, listening.enter_context(Receiver()), mode)

        yield made


@pytest.fixture(params=MODES)
def example(request: pytest.FixtureRequest, examples: Callable[[str], Example]) -> Example:
    return examples(request.param)


@pytest.fixture
def exact(examples: Callable[[str], Example]) -> Example:
    return examples("exact")


def test_the_page_says_what_the_commands_say(example: Example) -> None:
    page = check_run(example.folder / "store")
    sinks = [each["id"] for each in page["run"]["show"]["datasets"] if each["kind"] == "sink"]
    assert {name.rpartition("/")[2] for name in sinks} == {"airline_gain", "late_by_hour", "routes"}


def test_the_record_agrees_with_the_tables(exact: Example) -> None:
    assert exact.stdout.startswith("Minutes of delay made up per hour in the air")
    record = exact.record
    rows = {each["name"]: each["rows"] for each in record["datasets"] if each["kind"] == "interim" and each["complete"]}

    flights = pq.read_table(FLIGHTS / "data" / "flights.parquet")
    cancelled = pc.or_(
        pc.is_null(flights["dep_delay"]), pc.or_(pc.is_null(flights["arr_delay"]), pc.is_null(flights["air_time"]))
    )
    assert rows["flights"] == flights.num_rows
    assert rows["drop_cancelled"] == rows["join_airlines"] == flights.num_rows - pc.sum(cancelled).as_py()
    assert rows["gain_by_airline"] == len(pq.read_table(exact.folder / "out" / "airline_gain"))
    functions = {step["function"] for step in record["steps"] if step["kind"] == "function"}
    assert len(functions) >= 8
    assert {step["kind"] for step in record["steps"]} >= {"application", "function", "statement"}
    assert record["run"]["outcome"] == "complete"


def test_checks_have_nothing_against_it(exact: Example) -> None:
    results = exact.read("check", "last")["results"]
    assert [each for each in results if not each["passed"]] == []
    assert {"join_fan_out", "join_row_loss", "outer_join_undone"} <= {each["check"] for each in results}


def test_the_page_says_the_same(example: Example) -> None:
    """Of each dataset and step what stands in the report, read in a real browser, is what the commands print."""
    path = example.folder / "report.html"
    example.ours("report", "-o", str(path))
    with browsing.browser() as running, browsing.shown(running, path.as_uri()) as seen:
        same_as_the_commands(seen, example.record, example.read("check", "last"))


# --- the same in a receiver: what Marquez would draw of it

FUNCTIONS = set(re.findall(r"^def (\w+)\(.*DataFrame", (FLIGHTS / "job.py").read_text(), re.M)) - {"start_spark"}
SOURCES = {"flights.parquet", "weather.parquet", "planes.csv", "airports.csv", "airlines.csv"}
SINKS = {"airline_gain", "late_by_hour", "routes"}


def last_part(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def test_every_event_was_taken_once_in_order(example: Example) -> None:
    example.receiver.check()
    (journal,) = (example.folder / "store" / "runs").glob("*/events.jsonl")
    assert example.receiver.events == [json.loads(line) for line in journal.read_text("utf-8").splitlines()]


def test_one_connected_graph_from_the_sources_through_every_function_to_the_sinks(example: Example) -> None:
    picture = example.picture
    assert {last_part(name) for _, name in picture.sources} == SOURCES
    assert {last_part(name) for _, name in picture.sinks} == SINKS
    (everything,) = picture.parts()
    drawn = {name.split(".")[-1].split("~")[0] for kind, _, name in everything if kind == "job"}
    assert len(FUNCTIONS) >= 9
    assert drawn >= FUNCTIONS
    assert picture.cycle() == []


def test_from_each_source_there_is_a_way_to_a_sink(example: Example) -> None:
    picture = example.picture
    sinks = {("dataset", *each) for each in picture.sinks}
    assert all(picture.reached(("dataset", *each)) & sinks for each in picture.sources)


def test_each_interim_dataset_has_one_producer(example: Example) -> None:
    interim = {each: made for each, made in example.picture.producers.items() if each[0].startswith("inmemory://")}
    assert len(interim) >= 15
    assert {each: made for each, made in interim.items() if len(made) != 1} == {}


def test_labels_are_readable_in_16_characters(example: Example) -> None:
    """Of jobs and interim datasets: their names are ours to choose, those of files follow the naming rules."""
    labels = {
        node: label
        for node, label in example.picture.labels().items()
        if node[0] == "job" or node[1].startswith("inmemory://")
    }
    for kind in ("job", "dataset"):
        shown = Counter(label for node, label in labels.items() if node[0] == kind)
        assert {label: times for label, times in shown.items() if times > 1} == {}
    # Nothing stands before the function's or variable's own name but the application.
    short = {node: label.removeprefix("job.") for node, label in labels.items()}
    assert all(len(label) >= 3 and node[2].removeprefix("job.").startswith(label) for node, label in short.items())


def test_column_lineage_of_every_sink_column_reaches_its_sources(example: Example) -> None:
    picture = example.picture
    origins = {
        (last_part(sink[1]), column): {(last_part(name), field) for (_, name), field in picture.origins(sink, column)}
        for sink in picture.sinks
        for column in picture.columns(sink)
    }
    assert len(origins) == 5 + 2 + 7
    assert all(found for (_, column), found in origins.items() if column not in ("late_flights", "flights"))
    assert origins[("airline_gain", "gain_per_hour")] == {
        ("flights.parquet", each) for each in ("dep_delay", "arr_delay", "air_time")
    }
    assert origins[("airline_gain", "airline")] == {("airlines.csv", "name")}
    assert origins[("late_by_hour", "late_share")] == {("flights.parquet", "dep_delay")}
    assert ("planes.csv", "year") in origins[("routes", "plane_age")]


# --- what its headline metric is

HEADLINE = "gain_by_airline.gain_per_hour"
DEFINITION = "round((sum((dep_delay - arr_delay)) / (sum(air_time) / 60)), 2)"
BEFORE_MEASURING = ["join_airlines", "join_airports", "join_weather", "join_planes", "drop_cancelled"]  # last one first


def test_explain_prints_the_headline_metric_from_source_columns(example: Example) -> None:
    text = example.ours("explain", HEADLINE)
    shown = [" ".join(line.split()) for line in text.splitlines()]
    assert shown[0] == HEADLINE
    assert DEFINITION in shown
    assert shown[shown.index("from") + 1 :][:3] == [
        f"flights.parquet.{column}" for column in ("air_time", "arr_delay", "dep_delay")
    ]
    assert f"job.gain_by_airline {HEADLINE} = round((sum(gain) / (sum(air_time) / 60)), 2)" in shown
    assert "job.measure_delay measure_delay.gain = (dep_delay - arr_delay)" in shown
    through = f"through {', '.join([*BEFORE_MEASURING, 'flights'])}"
    assert f"dep_delay passes unchanged {through}" in shown
    assert "filter flights.parquet.dep_delay, flights.parquet.air_time, flights.parquet.arr_delay" in shown
    assert f"flights.parquet {FLIGHTS / 'data' / 'flights.parquet'}" in shown


def test_explain_as_json_has_every_function_on_the_way(example: Example) -> None:
    document = example.read("explain", HEADLINE)
    assert document["definition"] == DEFINITION
    assert {(last_part(each["name"]), each["column"], each["kind"]) for each in document["sources"]} == {
        ("flights.parquet", column, "DIRECT") for column in ("dep_delay", "arr_delay", "air_time")
    }
    functions = list(dict.fromkeys(hop["function"] for hop in document["path"]))
    assert functions == ["gain_by_airline", "measure_delay", *BEFORE_MEASURING, "<module>"]
    first, *others = document["path"]
    assert (first["step"], first["dataset"], first["column"]) == ("job.gain_by_airline", *HEADLINE.split("."))
    used = {(each["dataset"], each["column"], each["subtype"]) for each in first["inputs"] if each["kind"] == "DIRECT"}
    assert used == {("measure_delay", "gain", "AGGREGATION"), ("measure_delay", "air_time", "AGGREGATION")}
    made = {(hop["dataset"], hop["column"]) for hop in document["path"]} | {
        (each["dataset"], each["column"]) for each in document["sources"]
    }
    # No loose end: what a function uses, one before it has made, or it is a column of a source.
    direct = [each for hop in others for each in hop["inputs"] if each["kind"] == "DIRECT"]
    assert {(each["dataset"], each["column"]) for each in direct} <= made
    decided = {(last_part(each["dataset"]), each["column"], each["subtype"]) for each in document["decided_by"]}
    assert {("airlines.csv", "name", "GROUP_BY"), ("flights.parquet", "dep_delay", "FILTER")} <= decided
