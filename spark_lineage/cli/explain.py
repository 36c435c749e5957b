"""``spark-lineage explain``: where a column comes from, by which expressions, through which functions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from spark_lineage.cli.collecting import without_collections
from spark_lineage.faces.json import print_json

if TYPE_CHECKING:
    from spark_lineage.answers.explain import Explanation, Hop, Source
    from spark_lineage.model import Dataset


UNFOLDED = 1_000_000  # characters
_FROM_PYTHON = frozenset(["pandas", "rdd", "local"])  # leaves of plans


@click.command()
@click.argument("column", metavar="DATASET.COLUMN")
@click.argument("run", default="last")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")
@click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
@without_collections()
def explain(column: str, run: str, as_json: bool, store: str | None) -> None:
    """Show the full definition of a column, from the columns of its sources.

    DATASET is a dataset's id or name as `show` has it, a variable, a table, or the end of a path. RUN is a run id or
    the beginning of one, `last`, `last~1`, or a label.

    \b
    spark-lineage explain report.avg_delay
    spark-lineage explain out/report.avg_delay last~1 --json
    """
    from spark_lineage.answers.explain import document
    from spark_lineage.answers.explain import explain as explained
    from spark_lineage.answers.find import ExplainError
    from spark_lineage.config import ConfigError, resolve
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
    names = Names(found)
    click.echo(f"{_bold(f'{names(found.dataset)}.{found.column}')}\n\n  {found.definition}\n")
    if found.sources:
        click.echo(_bold("from"))
        width = max(len(f"{names(each.dataset)}.{each.column}") for each in found.sources)
        for each in found.sources:
            click.echo(f"  {f'{names(each.dataset)}.{each.column}'.ljust(width)}{_remarks(each)}".rstrip())
    elif any(each.fragment is not None and _FROM_PYTHON & set(each.fragment.opaque) for each in _ends(found)):
        click.echo("It came through Python or pandas, where columns are not followed; `show` has the steps.")
    elif not found.path:
        click.echo("It is a column of a source: it comes from outside the run.")
    else:
        click.echo("It is made from no column of any source.")
    _show_path(found, names)
    _show_deciding(found, names)
    _show_places(names)


def _ends(found: Explanation) -> list[Dataset]:
    """The datasets where the definition ends."""
    return [hop.dataset for hop in found.path if not hop.inputs] or ([] if found.path else [found.dataset])


def _show_path(found: Explanation, names: Names) -> None:
    if found.path:
        click.echo(f"\n{_bold('through')} (last step first)")
        _show_hops(found.path, names)


def _show_deciding(found: Explanation, names: Names) -> None:
    by_subtype: dict[str, list[str]] = {}
    for each, subtype in found.deciding:
        by_subtype.setdefault(subtype.lower().replace("_", " "), []).append(f"{names(each.dataset)}.{each.column}")
    if by_subtype:
        click.echo(f"\n{_bold('rows decided by')}")
    width = max(map(len, by_subtype), default=0)
    for subtype, columns in by_subtype.items():
        click.echo(f"  {subtype.ljust(width)}  {', '.join(columns)}")


def _show_places(names: Names) -> None:
    """Where the datasets lie that were called by the end of their path."""
    if names.places:
        click.echo(f"\n{_bold('where')}")
    width = max(map(len, names.places), default=0)
    for short, place in names.places.items():
        click.echo(f"  {short.ljust(width)}  {place}")


class Names:
    """What datasets are called here: storage by the last part of its path, where that is clear."""

    def __init__(self, found: Explanation) -> None:
        every = [found.dataset, *(hop.dataset for hop in found.path), *(each.dataset for each in found.sources)]
        every += [each.dataset for each, _ in found.deciding]
        stored = {each.id: _last_part(each) for each in every if each.storage is not None}
        taken = [*stored.values(), *{each.id for each in every}]
        self._short = {id_: name for id_, name in stored.items() if taken.count(name) == 1}
        self.places = {self._short[each.id]: each.id for each in every if each.id in self._short}

    def __call__(self, dataset: Dataset) -> str:
        return self._short.get(dataset.id, dataset.id)


def _last_part(dataset: Dataset) -> str:
    return dataset.id.rstrip("/").rpartition("/")[2] or dataset.id


def _show_hops(path: Sequence[Hop], names: Names) -> None:
    """Folded to the width of a terminal; whole lines into a pipe."""
    from rich.console import Console

    from spark_lineage.faces.terminal import table as layout
    from spark_lineage.faces.terminal.table import Column, plain

    rows = []
    for hops in _stretches(path):
        first = hops[0]
        if len(hops) == 1:
            rows.append((_step(first), f"{names(first.dataset)}.{first.column} = {first.expression}"))
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


def _remarks(each: Source) -> str:
    how = "" if each.direct else "  (only decides between values)"
    end = "" if each.known else "  (how this was made was not observed)"
    return f"{how}{end}"


def _bold(text: str) -> str:
    return click.style(text, bold=True)  # plain where the output is no terminal
