"""Facts belong to what was read; what no plan shows is in the record or in the gap ledger."""

from __future__ import annotations

from typing import Any

import pytest
from program_runs import Runs, Shown

MODES = ["flow", "exact"]
NEEDS = [(mode, "reads") for mode in MODES]


@pytest.fixture(params=MODES)
def shown(runs: Runs, request: pytest.FixtureRequest) -> Shown:
    runs.observed("reads", mode=request.param).succeeded()
    return runs.shown("reads", mode=request.param)


def at(shown: Shown, end: str, *kinds: str) -> list[dict[str, Any]]:
    """The sources and sinks whose name ends so."""
    return [
        each for each in shown.datasets if each["name"].endswith(end) and each["kind"] in (kinds or ("source", "sink"))
    ]


def made(shown: Shown, function: str, run: int = 0) -> dict[str, Any]:
    return shown.outputs_of(function)[run]


def step(shown: Shown, function: str, run: int = 0) -> dict[str, Any]:
    return [each for each in shown.steps if each["step"] == f"reads.{function}"][run]


def test_the_program_ran(shown: Shown) -> None:
    assert shown.run["outcome"] == "complete"
    known = ("rows", "column_lineage")
    assert [gap for gap in shown.document["gaps"] if gap["what"] not in known] == []


def test_parts_and_patterns(shown: Shown) -> None:
    (days,) = at(shown, "/given/days")
    assert (days["kind"], days["rows"], days["format"]) == ("source", None, "csv")
    assert made(shown, "hour")["rows"] == 1 and made(shown, "day")["rows"] == 3
    assert [len(at(shown, end)) for end in ("/given/logs", "/given/more", ".json", ".csv")] == [1, 1, 0, 2]
    (own,) = at(shown, "/out/own")
    assert own["rows"] == 12 and made(shown, "own_files")["rows"] == 4 and made(shown, "own_whole")["rows"] == 12
    assert step(shown, "own_files")["inputs"] == step(shown, "own_whole")["inputs"] == [own["id"]]


def test_a_read_that_never_ran_is_no_read_of_its_header(shown: Shown) -> None:
    (never,) = at(shown, "/given/never.csv")
    assert (never["kind"], never["format"], never["reason"]) == ("source", "csv", "never_executed")


def test_nothing_is_left_is_a_fact(shown: Shown) -> None:
    for function in ("gone", "joined", "ranked", "best"):
        dataset = made(shown, function)
        assert (dataset["rows"], dataset["complete"]) == (0, True), dataset


def test_nan_is_no_null(shown: Shown) -> None:
    (x,) = [column for column in made(shown, "numbers")["columns"] if column["name"] == "x"]
    assert (x["nulls"], x["nans"]) == (3, 2)


def test_rdds_and_pandas_read_and_write(shown: Shown) -> None:
    (words,), (text,) = at(shown, "/given/words.txt", "source"), at(shown, "/out/text", "sink")
    assert step(shown, "words")["inputs"] == [words["id"]] and step(shown, "save_text")["outputs"] == [text["id"]]
    assert (text["rows"], text["complete"], text["format"]) == (None, False, "text")
    (people,) = at(shown, "/given/people.csv", "source")
    assert step(shown, "people")["inputs"] == [people["id"]]


def test_columns_that_are_not_followed_are_not_made_of_nothing(shown: Shown) -> None:
    for function, followed in (
        ("words", False),
        ("hopped", False),
        ("people", False),
        ("literal", True),
        ("doubled", True),
    ):
        dataset = made(shown, function)
        assert {column["followed"] for column in dataset["columns"]} == {followed}, dataset
        gaps = [gap["what"] for gap in shown.document["gaps"] if gap["dataset"] == dataset["id"]]
        assert ("column_lineage" in gaps) is not followed
    assert made(shown, "doubled")["inputs"] == [made(shown, "numbers")["id"]]


def test_models_are_datasets(shown: Shown) -> None:
    model, best = made(shown, "fitted"), made(shown, "chosen")
    assert (model["kind"], best["kind"]) == ("model", "model")
    assert model["inputs"] == [made(shown, "training")["id"]]
    (place,) = at(shown, "/out/model", "sink")
    assert place["inputs"] == [model["id"]] and step(shown, "saved")["outputs"] == [place["id"]]
    again = made(shown, "loaded")
    assert again["kind"] == "model" and again["inputs"] == [place["id"]]
    for run, used in enumerate((model, again, best)):
        assert used["id"] in made(shown, "scored", run)["inputs"], run
    assert not [each for each in shown.datasets if "/out/model/" in each["name"]]
