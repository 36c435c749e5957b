"""``spark-lineage explain``: where a column comes from, by which expressions, through which functions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from spark_lineage.cli.printing import print_json

if TYPE_CHECKING:
    from spark_lineage.report.explain import Explanation, Hop, Source


UNFOLDED = 1_000_000  # characters


@click.command()
@click.argument("column", metavar="DATASET.COLUMN")
@click.argument("run", default="last")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")
@click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
def explain(column: str, run: str, as_json: bool, store: str | None) -> None:
    """Show the full definition of a column, from the columns of its sources.

    DATASET is a dataset's id or name as `show` has it, a variable, a table, or the end of a path. RUN is a run id or
    the beginning of one, `last`, `last~1`, or a label.

    \b
    spark-lineage explain report.avg_delay
    spark-lineage explain out/report.avg_delay last~1 --json
    """
    from spark_lineage.config import ConfigError, resolve
    from spark_lineage.report.explain import ExplainError, document
    from spark_lineage.report.explain import explain as explained
    from spark_lineage.store import Store, StoreError

    try:
        graph = Store(store if store is not None else resolve().store).open(run).graph
        found = explained(graph, column)
    except (ConfigError, StoreError, ExplainError) as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        print_json(document(found))
        return
    _show(found)


def _show(found: Explanation) -> None:
    click.echo(f"{_bold(f'{found.dataset.id}.{found.column}')}\n\n  {found.definition}\n")
    if found.sources:
        click.echo(_bold("from"))
        for each in found.sources:
            click.echo(f"  {_source(each)}")
    elif not found.path:
        click.echo("It is a column of a source: it comes from outside the run.")
    if found.path:
        click.echo(f"\n{_bold('through')} (last step first)")
        _show_path(found.path)
    if found.deciding:
        click.echo(f"\n{_bold('rows decided by')}")
        for each, subtype in found.deciding:
            click.echo(f"  {subtype.lower().replace('_', ' '):<11} {each.dataset.id}.{each.column}")


def _show_path(path: Sequence[Hop]) -> None:
    """Folded to the width of a terminal; whole lines into a pipe."""
    from rich.console import Console

    from spark_lineage.report import layout
    from spark_lineage.report.layout import Column, plain

    rows = []
    for hops in _stretches(path):
        first = hops[0]
        if len(hops) == 1:
            rows.append((_step(first), f"{first.dataset.id}.{first.column} = {first.expression}"))
        else:
            steps = ", ".join(_step(hop).rpartition(".")[2] for hop in hops)
            rows.append(("", f"{first.column} passes unchanged through {steps}"))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else UNFOLDED)
    columns = [Column("", share=2), Column("", share=5)]
    layout.show(console, columns, [[plain(f"  {step}"), plain(text)] for step, text in rows])


def _stretches(path: Sequence[Hop]) -> Iterator[list[Hop]]:
    """The path, with steps in a row that only pass the column on taken together."""
    row: list[Hop] = []
    for hop in path:
        if row and not (_passes(hop) and _passes(row[-1]) and row[-1].inputs[0].dataset == hop.dataset.id):
            yield row
            row = []
        row.append(hop)
    if row:
        yield row


def _passes(hop: Hop) -> bool:
    return len(hop.inputs) == 1 and hop.inputs[0].column == hop.column and hop.inputs[0].subtype == "IDENTITY"


def _step(hop: Hop) -> str:
    return hop.step.step if hop.step else hop.dataset.step or ""


def _source(each: Source) -> str:
    how = "" if each.direct else "  (only decides between values)"
    end = "" if each.known else "  (how this was made was not observed)"
    return f"{each.dataset.id}.{each.column}{how}{end}"


def _bold(text: str) -> str:
    return click.style(text, bold=True)  # plain where the output is no terminal
