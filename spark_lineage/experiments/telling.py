"""Tells MLflow's runs by MLflow's own client. It alone imports MLflow."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from spark_lineage.answers.page.asking import one
from spark_lineage.experiments import datasets
from spark_lineage.faces import reports
from spark_lineage.model import LineageGraph
from spark_lineage.sinks.mlflow_beside import one_line
from spark_lineage.store import Store
from spark_lineage.store.runs import open_folder

TAG = "spark_lineage.run_id"
CONTEXT = "mlflow.data.context"
FOLDER, REPORT = "spark_lineage", "report.html"


def client() -> Any:
    from mlflow import MlflowClient

    return MlflowClient()


def tell(folder: Path, mlflow: Any, sample_rows: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the MLflow runs that were told, and one sentence for each thing that could not be."""
    graph = open_folder(folder, samples=False).graph
    told: list[str] = []
    wrong: list[str] = []
    for run in [link.id for link in graph.run.links if link.system == "mlflow"]:
        steps = (
            ("the tag", lambda run=run: mlflow.set_tag(run, TAG, graph.run.id)),
            ("the training datasets", lambda run=run: _log_inputs(mlflow, run, graph)),
            ("the report", lambda run=run: _log_report(mlflow, run, folder, sample_rows)),
        )
        failed = [sentence for what, step in steps if (sentence := _tried(what, run, step)) is not None]
        wrong += failed
        told += [run] if not failed else []
    return tuple(told), tuple(wrong)


def _tried(what: str, run: str, step: Any) -> str | None:
    try:
        step()
    except Exception as error:  # MLflow raises whatever its store does
        return f"MLflow run {run} does not have {what}: {one_line(error)}"
    return None


def _log_inputs(mlflow: Any, run: str, graph: LineageGraph) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    found = datasets.trained_on(graph, run)
    if found:
        logged = [
            DatasetInput(
                Dataset(
                    name=dataset.name[: datasets.LONGEST_NAME], digest=datasets.digest(dataset, graph.run.id),
                    source_type="code", source=datasets.source(graph, dataset), schema=datasets.schema(dataset),
                    profile=datasets.profile(dataset),
                ),
                [InputTag(CONTEXT, "training"), InputTag("spark_lineage.dataset", dataset.id)],
            )
            for dataset in found
        ]  # fmt: skip
        mlflow.log_inputs(run, logged)


def _log_report(mlflow: Any, run: str, folder: Path, sample_rows: bool) -> None:
    """Sampled rows stay in the store unless they are published."""
    page = one(Store(folder.parent.parent), folder.name, sample_rows, True)
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / REPORT
        report.write_text(reports.text(page, "html"), encoding="utf-8")
        mlflow.log_artifact(run, str(report), FOLDER)
