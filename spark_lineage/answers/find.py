"""Which column of a run ``DATASET.COLUMN`` means."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from spark_lineage.graph.expressions import unquoted
from spark_lineage.model import Dataset, LineageGraph

MOST_NAMED = 5  # candidates that an error lists


class ExplainError(ValueError):
    """The column cannot be explained; its text is one sentence for the user."""


def find(graph: LineageGraph, words: str) -> tuple[Dataset, str]:
    """The dataset by its id, name, table, variable or the end of its path; names and columns may have dots.

    Raises :class:`ExplainError` if there is none, or if the words fit several.
    """
    if "." not in words:
        raise ExplainError(f"{words} names no column: write DATASET.COLUMN, for example {_example(graph)}")
    missing: list[tuple[Dataset, str]] = []
    for position in [at for at, letter in enumerate(words) if letter == "."][::-1]:
        name, column = unquoted(words[:position]), unquoted(words[position + 1 :])
        for level in _levels(graph, name):
            having = [each for each in level if column in columns(each)]
            if having:
                return _only(having, words, column), column
            missing += [(each, column) for each in level]
    if missing:
        raise ExplainError(_no_column(*missing[0]))
    raise ExplainError(_no_dataset(graph, words))


def columns(dataset: Dataset) -> list[str]:
    if dataset.columns:
        return [each.name for each in dataset.columns]
    return [each.column for each in dataset.fragment.definitions] if dataset.fragment else []


def short(dataset: Dataset) -> str:
    """``flights`` for ``/data/flights.csv``; a table's own name; an interim dataset's id."""
    if dataset.storage is None:
        return dataset.id
    if dataset.storage.table:
        return dataset.storage.table.rpartition(".")[2]
    last = dataset.name.rstrip("/").rpartition("/")[2]
    return last.partition(".")[0] or last


def _levels(graph: LineageGraph, name: str) -> list[list[Dataset]]:
    """Datasets that the name may mean, the best kind of match first; of each kind the last made first."""
    datasets = list(graph.datasets)[::-1]
    tests = (
        lambda each: each.id == name,
        lambda each: each.name == name,
        lambda each: each.storage is not None and each.storage.table == name,
        lambda each: each.variable == name,
        lambda each: short(each) == name,
        lambda each: each.name.endswith("/" + name.lstrip("/")),
    )
    return [[each for each in datasets if test(each)] for test in tests]


def _only(found: Sequence[Dataset], words: str, column: str) -> Dataset:
    """Versions of one place are one dataset: its last."""
    places = {(each.namespace, each.name): each for each in reversed(found)}
    if len(places) == 1:
        return found[0]
    listed = ", ".join(f"{each.id}.{column}" for each in list(places.values())[:MOST_NAMED])
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    raise ExplainError(f"{words} may mean {len(places)} columns: write {listed}{more}")


def _no_column(dataset: Dataset, column: str) -> str:
    known = _nearest(column, columns(dataset))
    return f"{dataset.id} has no column {column}{known or ': its columns were not observed'}"


def _no_dataset(graph: LineageGraph, words: str) -> str:
    name = words.rpartition(".")[0]
    known = [text for each in graph.datasets for text in (each.id, short(each), each.variable) if text]
    return f"the run has no dataset {name}{_nearest(name, known) or ': it has no datasets at all'}"


def _nearest(name: str, known: Sequence[str]) -> str:
    """A hint; empty if nothing is known."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, 3, cutoff=0.6) or difflib.get_close_matches(name, names, 1, cutoff=0)
    near = near or names[:1]
    if len(near) > 1:
        return f"; the nearest ones are {', '.join(near)}"
    return f"; the nearest one is {near[0]}" if near else ""


def _example(graph: LineageGraph) -> str:
    made = next((each for each in reversed(graph.datasets) if columns(each)), None)
    return f"{made.id}.{columns(made)[0]}" if made else "report.amount"
