"""The sources of one metric: short names for them in expressions, their types, and what a contract calls them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from spark_lineage.answers import find
from spark_lineage.answers.contracts.texts import Expression, NotReadable, parsed, text_of
from spark_lineage.answers.find import short
from spark_lineage.config import did_you_mean
from spark_lineage.graph.composition import Composition, column_names
from spark_lineage.graph.expressions import quoted
from spark_lineage.graph.row_conditions import RowConditions
from spark_lineage.graph.written_out import WrittenOut
from spark_lineage.model import Dataset, LineageGraph
from spark_lineage.privacy.personal import MASKED
from spark_lineage.privacy.rules import rules

Key = tuple[str, str]


class NotNamed(ValueError):
    """A name in a contract that is no column of the run, or of several; the text is the end of a sentence."""


class NotFollowed(ValueError):
    """A recorded expression that cannot be used; the text says why."""


class Sources:
    """Datasets under aliases ``s0``, ``s1``, …: those where columns end, in the order in which they are come to."""

    def __init__(self, graph: LineageGraph) -> None:
        self.graph = graph
        self.composition = Composition(graph)
        self._datasets = {dataset.id: dataset for dataset in graph.datasets}
        self._aliases: dict[str, str] = {}
        shorts = {dataset.id: short(dataset) for dataset in graph.datasets}
        self.written = WrittenOut(self.composition, self._end, shorts)
        self.rows = RowConditions(graph, self.composition, self.written)
        self.types: dict[Key, str] = {}

    def alias(self, dataset: str) -> str:
        if dataset not in self._aliases:
            self._aliases[dataset] = f"s{len(self._aliases)}"
            made = self._datasets[dataset]
            for column in made.columns:
                self.types[self._aliases[dataset], column.name.lower()] = _spark_type(column.type)
        return self._aliases[dataset]

    def dataset(self, alias: str) -> Dataset:
        return next(self._datasets[name] for name, given in self._aliases.items() if given == alias)

    def name(self, alias: str) -> str:
        return short(self.dataset(alias))

    def shown(self, tree: Expression) -> str:
        """The expression for people: sources by their names."""
        several = len({column.table for column in tree.find_all(exp.Column)}) > 1

        def named(node: Expression) -> Expression:
            if isinstance(node, exp.Column) and node.table in self._aliases.values():
                table = short(self.dataset(node.table)) if several or len(self._aliases) > 1 else None
                return exp.column(exp.to_identifier(node.name), table=exp.to_identifier(table) if table else None)
            return node

        return text_of(tree.copy().transform(named))

    def _end(self, key: Key) -> str:
        if key[0] not in self._datasets:
            return quoted(key[1])
        return f"{self.alias(key[0])}.{quoted(key[1].lower())}"

    # -- what was recorded

    def recorded(self, text: str) -> Expression:
        """A recorded expression, written out over sources. Raises :class:`NotFollowed`."""
        try:
            tree = parsed(text)
        except NotReadable as error:
            raise NotFollowed(f"{text} cannot be compared: {error}") from None
        if tree.find(exp.Query) is not None:
            raise NotFollowed("a subquery, whose conditions are not recorded")
        if any(mark in each.name for each in tree.find_all(exp.Literal) for mark in (MASKED, rules().mark)):
            raise NotFollowed("a value in it is masked")
        for column in list(tree.find_all(exp.Column)):
            parts = [part.name for part in column.parts]
            if parts[0] not in self._aliases.values():
                if column.find_ancestor(exp.Lambda) is None:
                    raise NotFollowed(f"{'.'.join(parts)} could not be followed to a source")
                continue
            tree = _replaced(tree, column, _column(parts[0], parts[1:]))
        return tree

    # -- what a contract says

    def contracted(self, text: str, among: Sequence[str]) -> Expression:
        """An expression of a contract; ``among``: aliases of the sources that plain names may mean.

        Raises NotReadable and :class:`NotNamed`.
        """
        tree = parsed(text)
        if tree.find(exp.Query) is not None:
            raise NotReadable("subqueries cannot be compared")
        for column in list(tree.find_all(exp.Column)):
            if column.find_ancestor(exp.Lambda) is None:
                tree = _replaced(tree, column, self._meant([part.name for part in column.parts], among))
        return tree

    def named(self, name: str, among: Iterable[str]) -> list[str]:
        """Aliases of the sources that a contract may mean by a name."""
        return [alias for alias in among if name.lower() in _names(self.dataset(alias))]

    def _meant(self, parts: list[str], among: Sequence[str]) -> Expression:
        for at in range(len(parts) - 1, 0, -1):
            qualifier, column, fields = ".".join(parts[:at]), parts[at], parts[at + 1 :]
            having = [alias for alias in self.named(qualifier, among) if self._has(alias, column)]
            if len(having) > 1:
                raise NotNamed(f"{qualifier} may mean {self._listed(having)}: write its whole name in backticks")
            if having:
                return _column(having[0], [column, *fields])
            made = [each for each in find.datasets(self.graph, qualifier) if _in(column, column_names(each))]
            if made and not fields:
                name = next(each for each in column_names(made[0]) if each.lower() == column.lower())
                return exp.Paren(this=self.recorded(self.written.column((made[0].id, name))))
        having = [alias for alias in among if self._has(alias, parts[0])]
        if len(having) > 1:
            raise NotNamed(f"{parts[0]} is a column of {self._listed(having)}: write which one is meant")
        if having:
            return _column(having[0], parts)
        known = [f"{short(self.dataset(a))}.{name}" for a in among for name in column_names(self.dataset(a))]
        raise NotNamed(
            f"there is no column {'.'.join(parts)} in what it is made from{did_you_mean('.'.join(parts), known)}"
        )

    def _has(self, alias: str, column: str) -> bool:
        return _in(column, column_names(self.dataset(alias)))

    def _listed(self, aliases: Iterable[str]) -> str:
        return " and ".join(self.dataset(alias).id for alias in aliases)


def _names(dataset: Dataset) -> set[str]:
    last = dataset.name.rstrip("/").rpartition("/")[2]
    table = dataset.storage.table if dataset.storage is not None else None
    return {name.lower() for name in (dataset.id, dataset.name, short(dataset), dataset.variable, last, table) if name}


def _in(name: str, names: Iterable[str]) -> bool:
    return name.lower() in (each.lower() for each in names)


def _column(alias: str, parts: Sequence[str]) -> Expression:
    """``parts``: its name, and those of fields in it. A name with a dot is not that of a field."""
    first, *fields = (part.lower() for part in parts)
    name = ".".join([f"`{first}`" if "." in first else first, *fields])
    return exp.Column(this=exp.to_identifier(name), table=exp.to_identifier(alias))


def _replaced(tree: Expression, old: Expression, new: Expression) -> Expression:
    if old is tree:
        return new
    old.replace(new)
    return tree


def _spark_type(name: str) -> str:
    """Names of types as Spark's DDL has them."""
    return {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint", "real": "float"}.get(name, name)
