"""What a dataset stands on, as far as the other run has it too.

Between a dataset and the nearest datasets above it that have a counterpart may lie steps of one run only: inserted,
removed, inlined or drawn out. They are the dataset's *region*: whatever they do shows in that dataset.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from spark_lineage.answers.diff.sides import Side, content
from spark_lineage.model import Dataset

# Operators that leave every row and every value as it is.
KEEPING = ("Repartition", "RebalancePartitions", "Coalesce", "Sort", "Alias", "View", "Input", "Write")


@dataclass(frozen=True)
class Region:
    """What a dataset is made from, down to the first datasets that the other run has, too.

    ``ends`` are the ids of those and of sources; ``own`` are the ids of the datasets between, which only one run has.
    """

    ends: tuple[str, ...]
    own: tuple[str, ...]


def region(side: Side, dataset: Dataset, aligned: Collection[str]) -> Region:
    ends: dict[str, None] = {}
    own: dict[str, None] = {}
    todo = list(reversed(side.inputs_of(dataset)))
    seen = {dataset.id}
    while todo:
        name = todo.pop()
        if name in seen or name not in side.datasets:
            continue
        seen.add(name)
        dataset_above = side.datasets[name]
        above = side.inputs_of(dataset_above)
        if name in aligned or not above:
            ends[name] = None
            continue
        if not changes_nothing(side, dataset_above, above):
            own[name] = None
        todo.extend(reversed(above))
    return Region(tuple(ends), tuple(own))


def changes_nothing(side: Side, dataset: Dataset, above: tuple[str, ...]) -> bool:
    """Whether a dataset is known to hold just what its one input holds."""
    if len(above) != 1:
        return False
    fragment = dataset.fragment
    if fragment is not None and all(operator.split(" ", 1)[0] in KEEPING for operator in fragment.operators):
        return True
    input_ = side.datasets.get(above[0])
    if input_ is None or not (input_.complete and dataset.complete):
        return False
    measured = any(column.fingerprint is not None for column in dataset.columns)
    same_columns = [column.name for column in dataset.columns] == [column.name for column in input_.columns]
    return measured and same_columns and content(input_) == content(dataset)
