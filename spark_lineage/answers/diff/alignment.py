"""Which step of one run is which step of the other, and which dataset which.

Down the call tree: the applications are each other's counterpart, then their children, and so on. Names count, but
what a step does counts more: a function may be renamed or moved, a statement has another number after an edit above
it, and a variable may be called otherwise. What is left over is looked for in the whole run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from spark_lineage.answers.diff.sequences import align
from spark_lineage.answers.diff.sides import Side, StepKey, Traits, content, last_part, plan_hash
from spark_lineage.model import Dataset, DatasetKind, Step, StepKind

MOST_FEATURES = 200  # of one call


@dataclass(frozen=True)
class Alignment:
    """The counterpart in B of each step and dataset of A. What has none is not in it."""

    steps: dict[StepKey, StepKey]
    datasets: dict[str, str]


# --------------------------------------------------------------------------- steps

Key = Callable[[Traits], "Hashable | None"]

# These pair steps even where the order changed: they say what a step does, not only what it is called.
STRONG: Sequence[Key] = (
    lambda t: (t.step.kind, t.label, t.step.source_hash, t.plans, t.prints) if t.plans else None,
    lambda t: (t.step.kind, t.plans, t.prints) if t.plans and t.prints else None,
    lambda t: (t.step.kind, t.label, t.step.source_hash, t.plans) if t.plans else None,
)
# These pair steps only between neighbours that are aligned already.
WEAK: Sequence[Key] = (
    lambda t: (t.step.kind, t.label, t.step.source_hash),
    lambda t: (t.step.kind, t.plans) if t.plans else None,
    lambda t: (t.step.kind, t.step.source_hash) if t.step.source_hash else None,
    lambda t: (t.step.kind, t.label, t.step.call) if t.label and t.step.kind is not StepKind.STATEMENT else None,
)
# These pair steps anywhere in the run: the function was moved, or became a part of its caller.
ANYWHERE: Sequence[Key] = (
    lambda t: (t.plans, t.prints) if t.plans and t.prints and t.outputs else None,
    lambda t: (t.label, t.step.source_hash) if t.step.source_hash and t.outputs else None,
    lambda t: (t.step.source_hash, t.plans) if t.plans else None,
    lambda t: (t.step.kind, t.label) if t.label and t.step.kind is StepKind.FUNCTION else None,
    lambda t: t.outputs[0].variable if len(t.outputs) == 1 else None,
)


def similarity(a: Traits, b: Traits) -> float:
    """How much two steps are alike; 0 where nothing says that they are the same one."""
    same_plan = bool(a.plans) and a.plans == b.plans
    same_source = a.step.source_hash is not None and a.step.source_hash == b.step.source_hash
    if a.step.kind is not b.step.kind and not same_plan:
        return 0.0
    if bool(a.outputs) != bool(b.outputs) and not same_source:
        return 0.0
    same_label = a.label == b.label and a.label is not None
    score = 3.0 * same_source + 3.0 * same_plan + 2.0 * same_label
    score += 2.0 * (bool(a.prints) and a.prints == b.prints)
    score += 1.5 * _overlap(a.operators, b.operators) + _overlap(a.tokens, b.tokens)
    return score if score >= 0.5 else 0.0


def features(traits: Traits) -> Iterable[Hashable]:
    """What may tell calls of one function apart, whatever their order: threads may have made another one.

    What they and the steps below them read, by what plan they make what, and what was measured of it.
    """
    if traits.step.kind is not StepKind.FUNCTION or traits.siblings < 2:
        return ()
    found: set[Hashable] = set()
    todo = [traits]
    while todo and len(found) < MOST_FEATURES:
        current = todo.pop()
        todo.extend(current.children)
        found.update(("read", name) for name in current.reads)
        found.update(
            ("takes", _seen(dataset), current.label) for dataset in current.takes if _seen(dataset) is not None
        )
        for output in current.outputs:
            if output.fragment is not None:
                found.add(("plan", output.fragment.plan_hash, current.label))
            if _seen(output) is not None:
                found.add(("content", _seen(output), current.label))
    return ((traits.label, feature) for feature in found)


def _seen(dataset: Dataset) -> Hashable | None:
    """What was measured of a dataset, even if only a part of its rows flowed."""
    return content(dataset) if dataset.complete else dataset.partial or None


def _overlap(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def align_runs(a: Side, b: Side) -> Alignment:
    """The counterparts of A's steps and datasets."""
    steps: dict[StepKey, StepKey] = {}
    _descend(a.roots, b.roots, steps)
    for key in ANYWHERE:
        _look_everywhere(a, b, key, steps)
    return Alignment(steps, _datasets(a, b, steps))


def _descend(a: list[Traits], b: list[Traits], steps: dict[StepKey, StepKey]) -> None:
    todo = [(a, b)]
    while todo:
        left, right = todo.pop()
        if not left or not right:
            continue
        taken = set(steps.values())
        left = [traits for traits in left if traits.key not in steps]
        right = [traits for traits in right if traits.key not in taken]
        for x, y in align(left, right, STRONG, WEAK, similarity, features).items():
            steps[left[x].key] = right[y].key
            todo.append((left[x].children, right[y].children))


def _look_everywhere(a: Side, b: Side, key: Key, steps: dict[StepKey, StepKey]) -> None:
    taken = set(steps.values())
    of_a = _single(key, (traits for traits in a.traits.values() if traits.key not in steps))
    of_b = _single(key, (traits for traits in b.traits.values() if traits.key not in taken))
    for value, traits in of_a.items():
        other = of_b.get(value)
        if traits is not None and other is not None:
            steps[traits.key] = other.key
            _descend(traits.children, other.children, steps)


def _single(key: Key, all_: Iterable[Traits]) -> dict[Hashable, Traits | None]:
    found: dict[Hashable, Traits | None] = {}
    for traits in all_:
        value = key(traits)
        if value is not None:
            found[value] = None if value in found else traits
    return found


# --------------------------------------------------------------------------- datasets


def _datasets(a: Side, b: Side, steps: dict[StepKey, StepKey]) -> dict[str, str]:
    found = _Found()
    for key, other in steps.items():
        made = a.traits[key].outputs, b.traits[other].outputs
        if _in_one_order(*made):
            found.pair_by_position(*made)
        found.pair(*made, OUTPUTS)
    found.pair(_sources(a), _sources(b), NAMED)
    for key, other in steps.items():
        left, right = _read(a, a.traits[key].step), _read(b, b.traits[other].step)
        found.pair(left, right, READ)
    found.pair(_sources(a), _sources(b), READ)
    found.pair(list(a.datasets.values()), list(b.datasets.values()), LEFT_OVER)
    return found.of_a


DatasetKey = Callable[[Dataset], "Hashable | None"]

OUTPUTS: Sequence[DatasetKey] = (
    lambda d: (d.kind, d.namespace, d.name) if d.kind is not DatasetKind.INTERIM else None,
    lambda d: (d.kind, last_part(d), plan_hash(d)) if d.kind is not DatasetKind.INTERIM else None,
    lambda d: (d.kind, last_part(d)) if d.kind is not DatasetKind.INTERIM else None,
    lambda d: (d.kind, plan_hash(d), d.variable) if plan_hash(d) else None,
    lambda d: (d.kind, plan_hash(d)) if plan_hash(d) else None,
    lambda d: (d.kind, d.variable) if d.variable else None,
    lambda d: d.kind,
)
NAMED: Sequence[DatasetKey] = (lambda d: (d.namespace, d.name),)
READ: Sequence[DatasetKey] = (
    lambda d: (d.storage.format if d.storage else None, last_part(d)),
    lambda d: (
        (d.storage.format if d.storage else None, tuple(column.name for column in d.columns)) if d.columns else None
    ),
    lambda d: last_part(d),
    lambda d: d.kind,
)
LEFT_OVER: Sequence[DatasetKey] = (
    lambda d: (d.kind, plan_hash(d), content(d)) if d.complete and plan_hash(d) else None,
    lambda d: (d.kind, d.namespace, d.name) if d.kind is DatasetKind.SINK else None,
    lambda d: (d.kind, last_part(d)) if d.kind is DatasetKind.SINK else None,
)


def _in_one_order(a: Sequence[Dataset], b: Sequence[Dataset]) -> bool:
    """Whether two calls gave as many DataFrames, under the same names: then the n-th is the n-th, whatever its plan.

    The yields of a generator are so. If the plans are the same in another order, they say which is which.
    """
    if len(a) != len(b) or len(a) < 2 or any(each.kind is not DatasetKind.INTERIM for each in (*a, *b)):
        return False
    return [each.variable for each in a] == [each.variable for each in b] and Counter(map(plan_hash, a)) != Counter(
        map(plan_hash, b)
    )


class _Found:
    """The counterparts of A's datasets, by id, and the datasets of B that are taken by that."""

    def __init__(self) -> None:
        self.of_a: dict[str, str] = {}
        self._taken: set[str] = set()

    def pair_by_position(self, a: Sequence[Dataset], b: Sequence[Dataset]) -> None:
        for x, y in zip(a, b, strict=True):
            if x.id not in self.of_a and y.id not in self._taken:
                self.of_a[x.id] = y.id
                self._taken.add(y.id)

    def pair(self, a: Sequence[Dataset], b: Sequence[Dataset], keys: Sequence[DatasetKey]) -> None:
        left = [dataset for dataset in a if dataset.id not in self.of_a]
        right = [dataset for dataset in b if dataset.id not in self._taken]
        if not left or not right:
            return
        for x, y in align(left, right, keys, (), lambda one, other: 0.0).items():
            self.of_a[left[x].id] = right[y].id
            self._taken.add(right[y].id)


def _sources(side: Side) -> list[Dataset]:
    return [dataset for dataset in side.graph.datasets if dataset.kind is DatasetKind.SOURCE]


def _read(side: Side, step: Step) -> list[Dataset]:
    found = [side.datasets[name] for name in step.inputs if name in side.datasets]
    return [dataset for dataset in found if dataset.kind is DatasetKind.SOURCE]
