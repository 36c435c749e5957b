"""``explain`` of a model for people: what it is set to, what it was fitted on, and the functions that made that."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from spark_lineage.answers.model_made import Made, ModelMade
from spark_lineage.faces.terminal.wording import reason
from spark_lineage.model import Dataset


def show(made: ModelMade, console: Console) -> None:
    for line in _lines(made):
        console.print(line if isinstance(line, Text) else Text(line), soft_wrap=True)


def _lines(made: ModelMade) -> Iterator[str | Text]:
    model = made.model
    yield Text(model.id, style="bold")
    yield ""
    yield f"  {made.how or 'a model that was loaded'}"
    if model.mlflow_run is not None:
        yield f"  MLflow run {model.mlflow_run}"
    yield ""
    yield Text("fitted on", style="bold")
    yield from (f"  {dataset.id}  {_rows(dataset)}" for dataset in made.trained_on)
    if not made.trained_on:
        yield "  no dataset that was seen"
    yield ""
    yield Text.assemble(("made by", "bold"), " (last step first)")
    yield from (f"  {line}" for each in made.way for line in _made(each))
    for gap in made.gaps:
        yield f"  not observed: {gap.dataset}: {gap.why}"


def _made(each: Made) -> Iterator[str]:
    dataset = each.dataset
    if each.step is None:
        yield f"{dataset.namespace}/{dataset.name}  source, {_rows(dataset)}"
        return
    known = f"  {_rows(dataset)}" if dataset.kind.value != "model" else ""
    taken = f" from {', '.join(each.inputs)}" if each.inputs else ""
    yield f"{each.step.step} → {dataset.id}{known}{taken}"
    yield f"  {each.step.file}:{each.step.line}"


def _rows(dataset: Dataset) -> str:
    if dataset.rows is None:
        return f"rows not known ({reason(dataset)})"
    return "1 row" if dataset.rows == 1 else f"{dataset.rows:,} rows"
