"""Models of scikit-learn on pandas as datasets: which calls make one, which use one, and that the program is let be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spark_lineage.answers import ask
from spark_lineage.answers.model_made import document
from spark_lineage.model import DatasetKind, LineageGraph

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tests" / "programs" / "estimators.py"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("estimators")
    words = ["-m", "spark_lineage", "run", "--strict=true", "--mlflow=false", "--store", "store"]
    outputs = []
    for ours in (words, []):
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, *ours, str(PROGRAM)], cwd=made, env=env, capture_output=True, text=True, timeout=500
        )
        outputs.append((done.returncode, done.stdout, done.stderr))
    assert outputs[0] == outputs[1]
    assert outputs[0][0] == 0, outputs[0][2]
    return made


@pytest.fixture(scope="module")
def graph(folder: Path) -> LineageGraph:
    return ask.show("last", folder / "store")


def ends(graph: LineageGraph, step: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(each.inputs, each.outputs) for each in graph.steps if each.step == f"estimators.main.{step}"]


def test_each_fit_makes_one_model(graph: LineageGraph) -> None:
    models = {dataset.id: dataset for dataset in graph.datasets if dataset.kind is DatasetKind.MODEL}
    assert {dataset.step for dataset in models.values()} == {
        "estimators.main.search", "estimators.main.scaled", "estimators.main.again",
        "estimators.main.fitted_scaler", "estimators.main.of_ones_own.Mean.fit",
    }  # fmt: skip
    assert ends(graph, "search") == [(("load",), ("search",))]
    assert ends(graph, "rated") == [(("load",), ())]
    assert ends(graph, "scaled") == [(("load",), ("scaled.1", "scaled.2"))]
    ((taken, _),) = ends(graph, "shifted")
    assert set(taken) == {"load", "fitted_scaler"}
    assert ends(graph, "in_vain") == [(("load",), ())]
    assert models["search"].fragment is not None
    (how,) = models["search"].fragment.operators
    assert how.startswith("GridSearchCV(")
    assert "estimator=Ridge(alpha=1.0" in how


def test_what_is_within_a_model_is_that_model(graph: LineageGraph) -> None:
    ((inputs, _),) = ends(graph, "best_of")
    assert set(inputs) == {"load", "search"}


def test_what_is_fitted_again_is_another_model(graph: LineageGraph) -> None:
    (first, made), (second, made_again) = ends(graph, "again")
    assert first == ("load",)
    assert made != made_again
    assert len(second) >= 1
    assert "load" not in second


def test_explain_says_which_rows_and_functions_made_a_model(folder: Path, graph: LineageGraph) -> None:
    made = ask.model("search", graph)
    assert made is not None
    said = document(made)
    assert said["trained_on"] == ["load"]
    assert [(each["dataset"], each["function"], each["rows"]) for each in said["path"]] == [
        ("search", "search", None), ("load", "load", 30),
    ]  # fmt: skip
    assert ask.model("load", graph) is None
    words = [sys.executable, "-m", "spark_lineage", "explain", "search", "--store", "store"]
    shown = subprocess.run(
        words, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    ).stdout
    assert "estimators.main.load → load  30 rows" in shown
    assert "estimators.main.search → search from load" in shown
