"""``show RUN STEP`` for people: the rows of the table that are the step's, then each of its outputs by itself."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from spark_lineage.answers.show import definitions
from spark_lineage.faces.terminal import show as whole
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, plain
from spark_lineage.faces.terminal.wording import reason
from spark_lineage.model import Dataset, LineageGraph, Step

MOST_OPERATORS = 20
MOST_ROWS = 5
INDENT = 2
COLUMNS = [Column("column", share=2), Column("type", share=1), Column("nulls", right=True), Column("made by", share=4)]
NARROW = 14  # characters that a column of sampled rows needs to be read


def show(graph: LineageGraph, console: Console) -> None:
    """Prints the step. ``console.width`` decides how much fits."""
    whole.show(graph, console)
    datasets = {dataset.id: dataset for dataset in graph.datasets}
    for step in graph.steps:
        for dataset in (datasets[name] for name in step.outputs if name in datasets):
            _show_output(step, dataset, console)


def _show_output(step: Step, dataset: Dataset, console: Console) -> None:
    call = f" #{step.call}" if step.call > 1 else ""
    rows = f"{dataset.rows:,} rows" if dataset.rows is not None else f"rows not known ({reason(dataset)})"
    console.print()
    console.print(Text.assemble((dataset.id, "bold"), f": {rows}; made by {step.step}{call}, {step.file}:{step.line}"))
    if dataset.columns:
        made_by = definitions(dataset)
        table.show(console, COLUMNS, [_column(column, made_by) for column in dataset.columns], indent=INDENT)
    operators = dataset.fragment.operators if dataset.fragment is not None else ()
    for line in operators[:MOST_OPERATORS]:
        console.print(Padding(Text(line, style="dim"), (0, 0, 0, INDENT), expand=False))
    if len(operators) > MOST_OPERATORS:
        console.print(Text(f"  … {len(operators) - MOST_OPERATORS} more operators (--json has all)", style="dim"))
    _show_sample(dataset, console)


def _column(column: object, made_by: dict[str, str]) -> list[Cell]:
    name, type_, nulls = (getattr(column, field) for field in ("name", "type", "nulls"))
    known = plain(f"{nulls:,}") if nulls is not None else plain("?", "yellow")
    return [plain(name), plain(type_, "dim"), known, plain(made_by.get(name, ""))]


def _show_sample(dataset: Dataset, console: Console) -> None:
    sample = dataset.sample
    if sample is None or not sample.rows:
        return
    shown = max(console.width // NARROW, 2)
    more = f", {len(sample.columns) - shown} more columns by --json" if len(sample.columns) > shown else ""
    console.print(Text(f"  sampled rows{more}", style="bold"))
    rows = [[plain("NULL" if value is None else value) for value in row[:shown]] for row in sample.rows[:MOST_ROWS]]
    table.show(console, [Column(name, share=1) for name in sample.columns[:shown]], rows, indent=INDENT)
