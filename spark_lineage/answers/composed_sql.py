"""The definition of a column as one SQL expression: the expressions of all steps on its way written into each other."""

from __future__ import annotations

from collections.abc import Mapping

from spark_lineage.answers.find import short
from spark_lineage.graph.composition import Composition, Derivation
from spark_lineage.graph.expressions import Reference, enclosed, quoted, substituted
from spark_lineage.model import ColumnDefinition, ColumnInput, Dataset, LineageGraph

LONGEST = 4_000  # characters of an expression that is written into another one; a longer one stays a name

Key = tuple[str, str]  # dataset id, column
Texts = dict[Key, str]


class ComposedSql:
    """Writes definitions of one graph's columns; what two of them have in common is written once."""

    def __init__(self, graph: LineageGraph, composition: Composition) -> None:
        self._composition = composition
        self._datasets: Mapping[str, Dataset] = {dataset.id: dataset for dataset in graph.datasets}
        # Columns of sources are written with the source's name where a definition has several sources.
        self._texts: dict[bool, Texts] = {False: {}, True: {}}

    def definition(self, dataset: str, column: str) -> str:
        """The column over columns of sources, as SQL."""
        sources = {use.dataset for use in self._composition.ends(dataset, column)}
        qualified = len(sources) > 1
        texts = self._texts[qualified]
        # From the sources up, so that a long chain needs no deep stack.
        for derivation in self._composition.upwards(dataset, column, texts):
            texts[derivation.dataset.id, derivation.column] = self._written(derivation, qualified)
        return self._text((dataset, column), qualified)

    def _text(self, key: Key, qualified: bool) -> str:
        texts = self._texts[qualified]
        return texts[key] if key in texts else self._end(key, qualified)

    def _written(self, derivation: Derivation, qualified: bool) -> str:
        own, inputs = expression(derivation), derivation.inputs
        if own == quoted(derivation.column) and len(inputs) == 1:
            return self._text((inputs[0].dataset, inputs[0].column), qualified)
        owners: dict[str, list[str]] = {}
        for column_input in inputs:
            if column_input.dataset not in owners.setdefault(column_input.column, []):
                owners[column_input.column].append(column_input.dataset)
        qualifiers: dict[str, str] = {column_input.dataset: column_input.dataset for column_input in inputs}
        for column_input in inputs:
            if column_input.dataset in self._datasets:
                qualifiers.setdefault(short(self._datasets[column_input.dataset]), column_input.dataset)

        def write(reference: Reference) -> str | None:
            candidates = owners[reference.column]
            named = qualifiers.get(reference.qualifier or "")
            if named in candidates:
                return self._inside((named, reference.column), qualified)
            if len(candidates) == 1:
                return self._inside((candidates[0], reference.column), qualified)
            return None  # which of several is meant cannot be told: the step's own text stays

        return substituted(own, owners, qualifiers, write)

    def _inside(self, key: Key, qualified: bool) -> str:
        text = self._text(key, qualified)
        return enclosed(text) if len(text) <= LONGEST else f"⟨{quoted(key[0])}.{quoted(key[1])}⟩"

    def _end(self, key: Key, qualified: bool) -> str:
        dataset = self._datasets.get(key[0])
        if not qualified or dataset is None:
            return quoted(key[1])
        return f"{quoted(short(dataset))}.{quoted(key[1])}"


def expression(derivation: Derivation) -> str:
    """What one step did to the column, over the columns of its inputs.

    ``one_of(a, b)`` where the column is ``a`` in some rows and ``b`` in others, as in expressions of unions.
    """
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
