"""Which interim datasets of one name may be versions of one dataset, and which must have names of their own.

Calls of one function in a run are versions of one dataset to those who receive events: same name, other run. That is
right where they have the same columns and go their own ways. Where they differ in columns (a ``read_csv`` that reads
three tables), or meet in one step (both sides of a join), one name would mix up their columns; where one is made from
the other (``df = add(df)`` twice), it would be made from itself. Then each is called by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from spark_lineage.model import Dataset, DatasetKind, Step

Name = tuple[str, str]  # namespace, name


def told_apart(datasets: Sequence[Dataset], steps: Iterable[Step]) -> tuple[Dataset, ...]:
    """The datasets, renamed where two that must not share a name have the same; ids stay as they are."""
    groups: dict[Name, list[Dataset]] = {}
    for dataset in datasets:
        if dataset.kind is DatasetKind.INTERIM:
            groups.setdefault((dataset.namespace, dataset.name), []).append(dataset)
    several = {name: group for name, group in groups.items() if len(group) > 1}
    steps = tuple(steps)
    of_several = {dataset.id: name for name, group in several.items() for dataset in group}
    all_names = {dataset.id: (dataset.namespace, dataset.name) for dataset in datasets}
    meeting = (_meeting(of_several, steps) | _circling(all_names, steps) & set(several)) if several else set()
    names = {
        dataset.id: dataset.id if name in meeting else first.id if first is not group[0] else dataset.name
        for name, group in several.items()
        for dataset in group
        for first in [_first_like(dataset, group)]
    }
    named = (replace(dataset, name=names.get(dataset.id, dataset.name)) for dataset in datasets)
    return tuple(map(_sayable, named))


def _sayable(dataset: Dataset) -> Dataset:
    """The dataset with a name and a namespace that are not empty: an empty one breaks the listings of receivers."""
    if dataset.name.strip() and dataset.namespace.strip():
        return dataset
    return replace(
        dataset,
        name=dataset.name if dataset.name.strip() else "unnamed",
        namespace=dataset.namespace if dataset.namespace.strip() else "unknown",
    )


def _meeting(names: dict[str, Name], steps: Iterable[Step]) -> set[Name]:
    """Names that two inputs of one step have, or two of its outputs."""
    found: set[Name] = set()
    for step in steps:
        for side in (step.inputs, step.outputs):
            met = [names[dataset] for dataset in dict.fromkeys(side) if dataset in names]
            found.update(name for name in met if met.count(name) > 1)
    return found


def _circling(names: dict[str, Name], steps: Iterable[Step]) -> set[Name]:
    """Names of datasets that are, over several steps, made from a dataset of the same name."""
    after: dict[Name, set[Name]] = {}
    before: dict[Name, int] = {}
    for step in steps:
        for source in {names[dataset] for dataset in step.inputs if dataset in names}:
            after.setdefault(source, set()).update(names[dataset] for dataset in step.outputs if dataset in names)
    for made in after.values():
        for name in made:
            before[name] = before.get(name, 0) + 1
    # What nothing is left to be made from is on no circle, nor is what is left without anything made from it.
    left = _without_ends(after, before)
    turned: dict[Name, set[Name]] = {}
    for source, made in after.items():
        for name in made & left if source in left else ():
            turned.setdefault(name, set()).add(source)
    return _without_ends(turned, {name: len(after.get(name, set()) & left) for name in left}) & left


def _without_ends(after: dict[Name, set[Name]], before: dict[Name, int]) -> set[Name]:
    """The names that are left when names with nothing before them are taken away again and again."""
    waiting = dict(before)
    ends = [name for name in after if not waiting.get(name)]
    gone = set(ends)
    while ends:
        for name in after.get(ends.pop(), ()):
            waiting[name] -= 1
            if waiting[name] == 0:
                gone.add(name)
                ends.append(name)
    return (set(after) | set(before)) - gone


def _first_like(dataset: Dataset, group: Sequence[Dataset]) -> Dataset:
    """The first of the group with the same columns; columns that were not seen are taken to be the same."""
    columns = _columns(dataset) or _columns(group[0])
    return next(dataset for dataset in group if (_columns(dataset) or _columns(group[0])) == columns)


def _columns(dataset: Dataset) -> tuple[str, ...]:
    return tuple(column.name for column in dataset.columns)
