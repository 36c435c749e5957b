"""The definition of a column as one SQL expression: the expressions of all steps on its way written into each other."""

from __future__ import annotations

from collections.abc import Mapping

from spark_lineage.answers.find import short
from spark_lineage.graph.composition import Composition
from spark_lineage.graph.expressions import quoted
from spark_lineage.graph.written_out import Key, WrittenOut
from spark_lineage.graph.written_out import expression_of as expression
from spark_lineage.model import Dataset, LineageGraph

__all__ = ["ComposedSql", "expression"]


class ComposedSql:
    """Writes definitions of one graph's columns; what two of them have in common is written once."""

    def __init__(self, graph: LineageGraph, composition: Composition) -> None:
        self._composition = composition
        self._datasets: Mapping[str, Dataset] = {dataset.id: dataset for dataset in graph.datasets}
        shorts = {name: short(dataset) for name, dataset in self._datasets.items()}
        # Columns of sources are written with the source's name where a definition has several sources.
        self._plain = WrittenOut(composition, lambda key: quoted(key[1]), shorts)
        self._qualified = WrittenOut(composition, self._end, shorts)

    def definition(self, dataset: str, column: str) -> str:
        """The column over columns of sources, as SQL."""
        sources = {use.dataset for use in self._composition.ends(dataset, column)}
        return (self._qualified if len(sources) > 1 else self._plain).column((dataset, column))

    def written(self, dataset: str) -> WrittenOut:
        """How what decides on the rows of the dataset is written."""
        ends = [name for name in self._composition.upstream(dataset) if not self._composition.made_from(name)]
        return self._qualified if len(ends) > 1 else self._plain

    def _end(self, key: Key) -> str:
        dataset = self._datasets.get(key[0])
        return f"{quoted(short(dataset))}.{quoted(key[1])}" if dataset is not None else quoted(key[1])
