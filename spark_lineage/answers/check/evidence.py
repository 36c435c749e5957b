"""What the record of a run says that checks ask for: rows, columns, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from spark_lineage.answers.check.results import Result, Status
from spark_lineage.model import Column, ColumnNote, Dataset, DatasetKind, Fragment, LineageGraph, RowOperator, Step

REDUCING = frozenset({"filter", "limit", "sample", "deduplicate"})  # give some of the rows they get


class Evidence:
    """What was recorded of one run. What was not measured, or only in part, is None; rows may be known all the same."""

    def __init__(self, graph: LineageGraph) -> None:
        self.graph = graph
        self.datasets = {dataset.id: dataset for dataset in graph.datasets}

    def made(self) -> Iterator[tuple[Dataset, Fragment]]:
        """Datasets that a step made, with their plans."""
        for dataset in self.graph.datasets:
            if dataset.fragment is not None and dataset.kind is not DatasetKind.SOURCE:
                yield dataset, dataset.fragment

    def rows(self, dataset: str) -> int | None:
        found = self.datasets.get(dataset)
        return found.rows if found is not None else None

    def column(self, dataset: str, name: str) -> Column | None:
        """The column of that name; None if there is none, or if several have the name."""
        found = self.datasets.get(dataset)
        named = [column for column in found.columns if column.name == name] if found is not None else []
        return named[0] if len(named) == 1 else None

    def nulls(self, dataset: str, name: str) -> int | None:
        """How many NULLs a column holds if all rows were measured; 0 where the plan says that it cannot be NULL."""
        column, found = self.column(dataset, name), self.datasets.get(dataset)
        if column is None or found is None:
            return None
        if found.complete and column.nulls is not None:
            return column.nulls
        return 0 if not column.nullable else None

    @cached_property
    def makers(self) -> dict[str, Step]:
        return {name: step for step in self.graph.steps for name in step.outputs}

    @cached_property
    def users(self) -> dict[str, set[tuple[str, int]]]:
        """Dataset -> the steps that read it."""
        found: dict[str, set[tuple[str, int]]] = {}
        for step in self.graph.steps:
            for name in step.inputs:
                found.setdefault(name, set()).add((step.step, step.call))
        return found

    # -- what a plan says of numbers of rows

    def most(self, fragment: Fragment, at: int | None = None) -> int | None:
        """The most rows that an operator (the root, if not given) gives as long as no join multiplies any."""
        return _Bounds(self.rows, fragment.row_operators).most(at if at is not None else root(fragment))

    def most_of(self, fragment: Fragment, pushed: frozenset[str]) -> int | None:
        """As :meth:`most`, but of the rows that pass these filters, which is all that flowed of some inputs."""

        def rows(dataset: str) -> int | None:
            found = self.datasets.get(dataset)
            partial = (
                [measurement.rows for measurement in found.partial if frozenset(measurement.pushed) == pushed]
                if found
                else []
            )
            return max(partial) if partial else self.rows(dataset)

        return _Bounds(rows, fragment.row_operators).most(root(fragment))

    def exactly(self, fragment: Fragment, at: int) -> int | None:
        """How many rows an operator gives that only passes on what it reads; None for any other operator."""
        return _Bounds(self.rows, fragment.row_operators).exactly(at)

    def selects(self, dataset: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether rows were chosen on the way to it: then a join with it may be meant to choose, too."""
        fragment = self.datasets[dataset].fragment if dataset in self.datasets else None
        if fragment is None or dataset in seen:
            return False
        return self.chooses(fragment, root(fragment), seen | {dataset})

    def chooses(self, fragment: Fragment, at: int, seen: frozenset[str] = frozenset()) -> bool:
        if at < 0:
            return False
        for position in below(fragment, at):
            operator = fragment.row_operators[position]
            if operator.op in ("filter", "limit", "sample", "set"):
                return True
            if operator.op == "join" and operator.kind not in ("left outer", "right outer", "full outer"):
                return True
            if operator.op == "input" and any(self.selects(name, seen) for name in operator.datasets):
                return True
        return False

    # -- making results

    def result(
        self, check: str, dataset: Dataset, status: Status, expected: str, actual: str, column: str | None = None,
        **details: object,
    ) -> Result:  # fmt: skip
        maker = self.makers.get(dataset.id)
        where = f"{maker.file}:{maker.line}" if maker is not None else None
        step = dataset.step if dataset.step is not None else self.graph.run.app
        return Result(check, step, dataset.id, status, expected, actual, column, dataset.call, False, where, details)

    def why_unmeasured(self, datasets: Sequence[str]) -> str:
        """Which rows are missing, as a reason."""
        missing = [name for name in dict.fromkeys(datasets) if self.rows(name) is None]
        if not missing:
            return "the plan does not tell which rows it takes"
        found = self.datasets.get(missing[0])
        reason = (found.reason if found is not None else None) or "not measured"
        return f"rows of {missing[0]} are not known ({reason.replace('_', ' ')})"


class _Bounds:
    def __init__(self, rows: Callable[[str], int | None], operators: Sequence[RowOperator]) -> None:
        self._rows = rows
        self._operators = operators

    def most(self, at: int) -> int | None:
        if at < 0:
            return None
        operator = self._operators[at]
        if operator.op == "input":
            return _total([self._rows(name) for name in operator.datasets])
        if operator.op == "aggregate" and not operator.keys:
            return 1
        below = [self.most(child) for child in operator.children]
        if operator.op in REDUCING or operator.op == "aggregate":
            return below[0]
        if operator.op == "union":
            return _total(below)
        if operator.op == "set":
            return below[0]
        return self._joined(operator, below) if operator.op == "join" else None

    def _joined(self, join: RowOperator, below: list[int | None]) -> int | None:
        left, right = below
        kind = join.kind or ""
        if kind in ("left semi", "left anti"):
            return left
        if not join.equi:  # ranges and conditions of other kinds are meant to match several rows
            return None
        if kind == "left outer":
            return left
        if kind == "right outer":
            return right
        if left is None or right is None:
            return None
        return max(left, right) if kind == "inner" else left + right if kind == "full outer" else None

    def exactly(self, at: int) -> int | None:
        operator = self._operators[at]
        if operator.op == "input":
            return _total([self._rows(name) for name in operator.datasets])
        if operator.op == "union":
            return _total([self.exactly(child) for child in operator.children])
        return None


def _total(rows: Sequence[int | None]) -> int | None:
    known = [count for count in rows if count is not None]
    return sum(known) if known and len(known) == len(rows) else None


def root(fragment: Fragment) -> int:
    """Position of the root; -1 where the operators are not known."""
    return len(fragment.row_operators) - 1


def below(fragment: Fragment, at: int) -> list[int]:
    """The operator and all below it."""
    found: dict[int, None] = {}
    todo = [at]
    while todo:
        position = todo.pop()
        if position not in found:
            found[position] = None
            todo.extend(fragment.row_operators[position].children)
    return list(found)


def inputs_below(fragment: Fragment, at: int) -> list[str]:
    operators = [fragment.row_operators[position] for position in below(fragment, at)]
    return list(dict.fromkeys(name for operator in operators for name in operator.datasets))


def notes(fragment: Fragment, *kinds: str) -> Iterator[ColumnNote]:
    return (note for note in fragment.notes if note.kind in kinds)


def named_join(join: RowOperator) -> str:
    kind = {"left outer": "left join", "right outer": "right join", "full outer": "full join", "inner": "inner join"}
    text = (join.text or "").removeprefix("(").removesuffix(")") if (join.text or "").count("(") == 1 else join.text
    return f"{kind.get(join.kind or '', f'{join.kind} join')}{f' on {text}' if text else ''}"
