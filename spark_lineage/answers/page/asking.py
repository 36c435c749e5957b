"""Reads what a page is made of from the stores."""

from __future__ import annotations

import time
from collections.abc import Sequence

from spark_lineage.answers import find
from spark_lineage.answers.diff import compare_runs
from spark_lineage.answers.diff.chosen import two_summaries
from spark_lineage.answers.freshness import looked_at
from spark_lineage.answers.page.content import Page, PageOfTwo, of_run
from spark_lineage.answers.page.document import SAMPLES, SOURCE
from spark_lineage.store import Store


def one(store: Store, name: str, samples: bool, source: bool) -> Page:
    """Raises AnswerError and StoreError."""
    run = find.run(store, name)
    graph = looked_at(store.open(run).graph, run.folder)
    return Page(of_run(store, run, graph), time.time(), _left_out(samples, source))


def two(
    store: Store, store_b: Store | None, names: Sequence[str], baseline: str | None, force: bool, samples: bool,
    source: bool,
) -> PageOfTwo:  # fmt: skip
    """Raises AnswerError and StoreError; for runs that cannot be compared, too."""
    runs = two_summaries(store, store_b, names, baseline)
    places = (store, store_b if store_b is not None else store)
    graphs = [looked_at(place.open(run).graph, run.folder) for place, run in zip(places, runs, strict=True)]
    comparison = compare_runs(graphs[0], graphs[1], force)
    a, b = (of_run(place, run, graph) for place, run, graph in zip(places, runs, graphs, strict=True))
    return PageOfTwo(a, b, comparison, time.time(), _left_out(samples, source))


def _left_out(samples: bool, source: bool) -> tuple[str, ...]:
    return (*(() if samples else (SAMPLES,)), *(() if source else (SOURCE,)))
