"""What was not compared itself, but is shown by what was made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from spark_lineage.answers.diff.contents import Content
from spark_lineage.answers.diff.pairs import Pair
from spark_lineage.graph.expressions import quoted
from spark_lineage.model import ColumnDefinition, ColumnInput, Dataset

#: By dataset what is made from it: ids of A and B.
Readers = Mapping[str, Sequence[tuple[str, str]]]


def covered(pairs: Mapping[str, Pair], readers: Readers, order: Sequence[str]) -> set[str]:
    """Pairs of which everything that is made was measured to be the same, or is such a pair itself.

    ``order``: each pair after those that it is made from.
    """
    found: set[str] = set()
    for name in reversed(order):
        below = [y for _, y in readers.get(name, ())]
        if below and all(_is_measured_same(pairs[y]) or y in found for y in below):
            found.add(name)
    return found


def hides(pair: Pair, pairs: Mapping[str, Pair], readers: Readers, below: set[str]) -> bool:
    """Whether a command sets a column of its table that nothing measured was made from: the table keeps it.

    ``below``: the pairs that are covered.
    """
    return not (_set(pair.a) | _set(pair.b)) <= _shown(pair.b.id, pairs, readers, below)


def _shown(name: str, pairs: Mapping[str, Pair], readers: Readers, covered_pairs: set[str]) -> set[str]:
    """Columns of a dataset that are in what was measured below it, or decide its rows."""
    # Commands that change one table stand in a row, which can be longer than the stack is deep.
    row, met = [name], {name}
    for each in row:
        more = [y for _, y in readers.get(each, ()) if y in covered_pairs and y not in met]
        met.update(more)
        row.extend(more)
    shown: dict[str, set[str]] = {}
    for each in reversed(row):
        shown[each] = set()
        for _, y in readers.get(each, ()):
            known = None if _is_measured_same(pairs[y]) else shown.get(y, set())
            shown[each].update(use.column for use in _uses(pairs[y].b, known) if use.dataset == each)
    return shown[name]


def _uses(dataset: Dataset, columns: set[str] | None) -> Iterable[ColumnInput]:
    """What these columns of a dataset are made from, None: all of them, and what decides its rows."""
    if dataset.fragment is None:
        return
    yield from dataset.fragment.indirect
    for definition in dataset.fragment.definitions:
        if columns is None or definition.column in columns:
            yield from definition.inputs


def _set(dataset: Dataset) -> set[str]:
    """The columns that a command gives other values."""
    definitions = dataset.fragment.definitions if dataset.fragment is not None else ()
    return {definition.column for definition in definitions if not _is_kept(definition)}


def _is_kept(definition: ColumnDefinition) -> bool:
    """Not where some rows get a literal: that is in the expression only."""
    inputs, name = definition.inputs, quoted(definition.column)
    itself = definition.expression == name or definition.expression.endswith(f".{name}")
    return itself and len(inputs) == 1 and inputs[0].subtype == "IDENTITY" and inputs[0].column == definition.column


def _is_measured_same(pair: Pair) -> bool:
    return pair.state.content is Content.SAME and pair.state.evidence == "measured"
