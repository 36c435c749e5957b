"""Which two runs are compared."""

from __future__ import annotations

from collections.abc import Sequence

from spark_lineage.answers import find
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.freshness import looked_at
from spark_lineage.model import LineageGraph
from spark_lineage.store import Store, Summary

LAST_TWO = ("last~1", "last")
LAST_OF_EACH = ("last", "last")  # where A and B are in stores of their own


def two_runs(
    store: Store, store_b: Store | None, names: Sequence[str], baseline: str | None
) -> tuple[LineageGraph, LineageGraph]:
    """A and B, read from where :func:`two_summaries` finds them."""
    a, b = two_summaries(store, store_b, names, baseline)
    graph_b = (store_b if store_b is not None else store).open(b).graph
    graph_a = graph_b if a.folder == b.folder else store.open(a).graph
    return graph_a, looked_at(graph_b, b.folder)


def two_summaries(
    store: Store, store_b: Store | None, names: Sequence[str], baseline: str | None
) -> tuple[Summary, Summary]:
    """A and B. ``names`` are those of A and B, or of B alone where the label ``baseline`` says which run is A.

    Raises :class:`AnswerError` for too many names, StoreError for a run that is not there.
    """
    if len(names) > (1 if baseline is not None else 2):
        hint = "with --baseline give B alone" if baseline is not None else "give A and B"
        raise AnswerError(f"{' '.join(names)} are too many runs: {hint}")
    other = store_b if store_b is not None else store
    if baseline is not None:
        b = find.run(other, names[0] if names else "last")
        return store.labelled(baseline, b.folder), b
    default = LAST_TWO if store_b is None else LAST_OF_EACH
    a_name, b_name = (*names, *default[len(names) :])
    return find.run(store, a_name), find.run(other, b_name)
