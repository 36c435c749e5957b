"""``spark-lineage diff``: which step is the first whose output differs though its inputs do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spark_lineage.cli.collecting import without_collections

if TYPE_CHECKING:
    from spark_lineage.model import LineageGraph

SAME, DIFFERENT, UNDECIDED = 0, 1, 2


@click.command()
@click.argument("runs", nargs=-1, metavar="[A] [B]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")
@click.option(
    "--baseline",
    metavar="LABEL",
    help="A is the latest run with this label, apart from B; B is the last run unless given.",
)
@click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
@click.option("--store-b", metavar="PATH", help="The store of B, if it is another one.")
@click.option("--force", is_flag=True, help="Compare runs that look like those of different programs, too.")
@without_collections()
def diff(
    runs: tuple[str, ...], as_json: bool, baseline: str | None, store: str | None, store_b: str | None, force: bool
) -> int:
    """Compare run B with run A: name the first steps whose output differs though their inputs do not.

    A and B are run ids or beginnings of them, `last`, `last~1`, labels, or folders of runs. Without B it is the last
    run; without both, the last is compared with the one before.

    Exit status 0: the same, with evidence. 1: different. 2: could not be compared, or not all of it could and no
    difference was found.

    \b
    spark-lineage diff last~1 last
    spark-lineage diff --baseline main --json
    spark-lineage diff last last --store before/lineage --store-b after/lineage
    """
    from spark_lineage.answers.diff import CompareError, compare_runs
    from spark_lineage.config import ConfigError
    from spark_lineage.store import StoreError

    try:
        a, b = _graphs(runs, baseline, store, store_b)
        found = compare_runs(a, b, force)
    except (ConfigError, StoreError, CompareError) as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        from spark_lineage.answers.diff.document import document
        from spark_lineage.faces.json import print_json

        print_json(document(found))
    else:
        from rich.console import Console

        from spark_lineage.faces.terminal import diff as comparison

        comparison.show(found, Console(highlight=False, soft_wrap=False))
    return SAME if found.same else DIFFERENT if found.different else UNDECIDED


def _graphs(
    runs: tuple[str, ...], baseline: str | None, store: str | None, store_b: str | None
) -> tuple[LineageGraph, LineageGraph]:
    """The runs that are meant. Raises StoreError, ConfigError, UsageError."""
    from spark_lineage.config import resolve
    from spark_lineage.store import Store

    if len(runs) > (1 if baseline is not None else 2):
        hint = "with --baseline give B alone" if baseline is not None else "give A and B"
        raise click.UsageError(f"{' '.join(runs)} are too many runs: {hint}")
    first = Store(store if store is not None else resolve().store)
    second = Store(store_b) if store_b is not None else first
    if baseline is not None:
        b = second.find(runs[0] if runs else "last")
        return first.open(first.labelled(baseline, b.folder)).graph, second.open(b).graph
    default = ("last~1", "last") if store_b is None else ("last", "last")
    a, b = (where.find(name) for where, name in zip((first, second), (*runs, *default[len(runs) :]), strict=True))
    return first.open(a).graph, second.open(b).graph
