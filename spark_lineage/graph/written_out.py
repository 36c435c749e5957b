"""Expressions of steps written into each other, down to the columns where the way of each column ends.

``graph.composition`` says which columns a column is made from; here the texts follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from spark_lineage.graph.composition import Composition, Derivation
from spark_lineage.graph.expressions import Reference, enclosed, quoted, substituted
from spark_lineage.model import ColumnDefinition, ColumnInput

LONGEST = 4_000  # characters of an expression that is written into another one; a longer one stays a name

Key = tuple[str, str]  # dataset id, column


class WrittenOut:
    """Texts of columns and expressions over the columns where they end; what has been written is kept.

    ``end`` gives what is written for a column that ends there, ``shorts`` other names of datasets (by id) that texts of
    steps may use for them.
    """

    def __init__(self, composition: Composition, end: Callable[[Key], str], shorts: Mapping[str, str]) -> None:
        self._composition = composition
        self._end = end
        self._shorts = shorts
        self._texts: dict[Key, str] = {}

    def column(self, key: Key) -> str:
        """What the column is made from."""
        # From the ends up, so that a long chain needs no deep stack.
        for derivation in self._composition.upwards(*key, self._texts):
            self._texts[derivation.dataset.id, derivation.column] = self._written(derivation)
        return self._text(key)

    def expression(self, definition: ColumnDefinition) -> str:
        """An expression of a step, with its columns written out."""
        for use in definition.inputs:
            self.column((use.dataset, use.column))
        return self._over(definition.expression, definition.inputs)

    def _text(self, key: Key) -> str:
        return self._texts[key] if key in self._texts else self._end(key)

    def _written(self, derivation: Derivation) -> str:
        text, inputs = expression_of(derivation), derivation.inputs
        if text == quoted(derivation.column) and len(inputs) == 1:
            return self._text((inputs[0].dataset, inputs[0].column))
        return self._over(text, inputs)

    def _over(self, text: str, inputs: Iterable[ColumnInput]) -> str:
        owners: dict[str, list[str]] = {}
        qualifiers: dict[str, str] = {use.dataset: use.dataset for use in inputs}
        for use in inputs:
            if use.dataset not in owners.setdefault(use.column, []):
                owners[use.column].append(use.dataset)
            if use.dataset in self._shorts:
                qualifiers.setdefault(self._shorts[use.dataset], use.dataset)

        def write(reference: Reference) -> str | None:
            candidates = owners[reference.column]
            named = qualifiers.get(reference.qualifier or "")
            if named in candidates:
                return self._inside((named, reference.column))
            if len(candidates) == 1:
                return self._inside((candidates[0], reference.column))
            return None  # which of several is meant cannot be told: the step's own text stays

        return substituted(text, owners, qualifiers, write)

    def _inside(self, key: Key) -> str:
        text = self._text(key)
        return enclosed(text) if len(text) <= LONGEST else f"⟨{quoted(key[0])}.{quoted(key[1])}⟩"


def expression_of(derivation: Derivation) -> str:
    """``one_of(a, b)`` where the column is ``a`` in some rows and ``b`` in others, as in expressions of unions."""
    definitions, passed_on = derivation.definitions, derivation.passed_on
    if not definitions:
        return quoted(derivation.column)
    if len(definitions) == 1 and passed_on is None:
        return definitions[0].expression
    texts = [*map(_qualified, definitions), *([_name(passed_on)] if passed_on is not None else [])]
    return f"one_of({', '.join(dict.fromkeys(texts))})"


def _qualified(definition: ColumnDefinition) -> str:
    """The expression with each column's dataset written out, where one dataset has it."""
    owners: dict[str, set[str]] = {}
    for use in definition.inputs:
        owners.setdefault(use.column, set()).add(use.dataset)

    def write(reference: Reference) -> str | None:
        if reference.qualifier is not None or len(owners[reference.column]) > 1:
            return None
        return f"{quoted(next(iter(owners[reference.column])))}.{quoted(reference.column)}"

    return substituted(definition.expression, owners, {use.dataset for use in definition.inputs}, write)


def _name(use: ColumnInput) -> str:
    return f"{quoted(use.dataset)}.{quoted(use.column)}"
