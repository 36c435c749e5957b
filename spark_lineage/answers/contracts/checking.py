"""The contracts of a run as results of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from spark_lineage.answers import find
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.answers.contracts import libraries
from spark_lineage.answers.contracts.reading import Contract, ContractError
from spark_lineage.answers.errors import AnswerError
from spark_lineage.graph.composition import column_names
from spark_lineage.model import Dataset, LineageGraph

PARTS = ("definition", "population", "joins", "grain")


def results(graph: LineageGraph, contracts: Sequence[Contract]) -> tuple[Result, ...]:
    """One result for each part of each contract.

    Raises :class:`ContractError` for what cannot be compared with this run, AnswerError without the libraries.
    """
    if not contracts:
        return ()
    libraries.require()
    return tuple(result for contract in contracts for result in _of_one(graph, contract))


def _of_one(graph: LineageGraph, contract: Contract) -> Iterator[Result]:
    try:
        dataset, column = find.column(graph, contract.name)
    except AnswerError as error:
        raise ContractError(f"{contract.at('')}: {error}.") from None
    yield from _Metric(graph, contract, dataset, column).results()


class _Metric:
    def __init__(self, graph: LineageGraph, contract: Contract, dataset: Dataset, column: str) -> None:
        from spark_lineage.answers.contracts.comparing import Comparing
        from spark_lineage.answers.contracts.recorded_rows import recorded
        from spark_lineage.answers.contracts.sources import Sources
        from spark_lineage.graph.row_conditions import walked

        self._contract, self._dataset, self._column = contract, dataset, column
        self._sources = Sources(graph)
        self._root = self._sources.rows.of(dataset.id)
        ends = [decider.dataset for decider in walked(self._root) if decider.op == "source"]
        ends += [use.dataset for use in self._sources.composition.ends(dataset.id, column)]
        self._among = list(dict.fromkeys(map(self._sources.alias, ends)))
        self._found = recorded(self._root, self._sources)
        self._comparing = Comparing(self._sources, _sampled(graph, self._sources, self._among))

    def results(self) -> Iterator[Result]:
        said: dict[str, Callable[[], tuple[Any, str, str]]] = {
            "definition": self._definition, "population": self._population, "joins": self._joins, "grain": self._grain,
        }  # fmt: skip
        for part in PARTS:
            if getattr(self._contract, part) is not None:
                yield self._result(part, *self._refusing(part, said[part]))

    def _refusing(self, part: str, compare: Callable[[], Any]) -> tuple[Any, str, str]:
        """What cannot be used of a contract is one sentence with its place."""
        from spark_lineage.answers.contracts.sources import NotNamed
        from spark_lineage.answers.contracts.texts import NotReadable

        where, name = self._contract.at(part), self._contract.name
        try:
            compared, expected, actual = compare()
            return compared, expected, actual
        except NotReadable as error:
            raise ContractError(f"{where}: {part} of {name} cannot be read: {error}.") from None
        except NotNamed as error:
            raise ContractError(f"{where}: {part} of {name}: {error}.") from None

    def _result(self, part: str, compared: Any, expected: str, program: str) -> Result:
        from spark_lineage.answers.contracts.verdicts import Verdict

        status = {Verdict.EQUAL: Status.PASSED, Verdict.DIFFERENT: Status.FAILED, Verdict.UNKNOWN: Status.UNKNOWN}
        rows = "; ".join(", ".join(f"{key} = {_shown(value)}" for key, value in row.items()) for row in compared.rows)
        words = [f"the program: {program}", *([compared.why] if compared.why else []), *([rows] if rows else [])]
        details = {"contract": expected, "program": program, "why": compared.why,
                   "rows": [{key: _shown(value) for key, value in row.items()} for row in compared.rows]}  # fmt: skip
        return Result(
            f"metric_{part}", self._dataset.step or "", self._dataset.id, status[compared.verdict], expected,
            "; ".join(words), self._column, self._dataset.call, True, self._contract.at(part), details,
        )  # fmt: skip

    # -- the parts

    def _definition(self) -> tuple[Any, str, str]:
        from spark_lineage.answers.contracts.sources import NotFollowed
        from spark_lineage.answers.contracts.verdicts import Compared, Verdict
        from spark_lineage.answers.explain import explained, not_followed

        text = self._contract.definition or ""
        said = self._sources.contracted(text, self._among)
        explanation = explained(self._sources.graph, self._dataset, self._column)
        partial = not_followed(explanation.path)
        if partial:
            return Compared(Verdict.UNKNOWN, "; ".join(partial)), text, explanation.definition
        try:
            found = self._sources.recorded(self._sources.written.column((self._dataset.id, self._column)))
        except NotFollowed as error:
            return Compared(Verdict.UNKNOWN, str(error)), text, explanation.definition
        return self._comparing.definitions(said, found, self._found), text, explanation.definition

    def _said(self) -> Any:
        from spark_lineage.answers.contracts.contracted_rows import contracted

        joins, level = self._contract.joins or (), self._found.groups
        return contracted(self._contract.population, joins, self._among, self._sources, level)

    def _population(self) -> tuple[Any, str, str]:
        said, found = self._said(), self._found
        compared = [
            self._comparing.populations(said, found),
            self._comparing.having(said, found),
            self._comparing.rules(said, found),
        ]
        if self._contract.joins is None:
            compared.append(self._comparing.joins(said, found))
        return _worst(compared), self._contract.population or "", self._rows_text()

    def _joins(self) -> tuple[Any, str, str]:
        """Joins of all kinds: conditions that are about several sources, and joins that are no inner joins."""
        from spark_lineage.answers.contracts.texts import columns_of

        def between(population: Any) -> Any:
            several = {t: e for t, e in population.clauses.items() if len({alias for alias, _ in columns_of(e)}) > 1}
            return replace(population, clauses=several)

        said, found = self._said(), self._found
        compared = [
            self._comparing.joins(said, found),
            self._comparing.populations(between(said), between(found)),
        ]
        return _worst(compared), "; ".join(self._contract.joins or ()), self._rows_text()

    def _rows_text(self) -> str:
        found = self._found
        words = [self._sources.shown(each) for each in (*found.clauses.values(), *found.having.values())]
        words += [self._comparing.rule_words(rule) for rule in found.rules]
        if found.unknown:
            return f"{' AND '.join(words) or 'rows'} (not all that decides is known)"
        return " AND ".join(words) or "all rows"

    def _grain(self) -> tuple[Any, str, str]:
        from spark_lineage.answers.contracts.sources import NotFollowed
        from spark_lineage.answers.contracts.verdicts import Compared, Verdict
        from spark_lineage.graph.row_conditions import grain

        said = [self._key(item) for item in self._contract.grain or ()]
        text = ", ".join(self._contract.grain or ()) or "one row"
        found = grain(self._root)
        if found is None:
            return Compared(Verdict.UNKNOWN, "which of its rows are one is not said"), text, "no grouping"
        shown = ", ".join(name for name, _ in found.keys) or "one row"
        if found.why is not None:
            return Compared(Verdict.UNKNOWN, found.why), text, shown
        try:
            keys = [self._sources.recorded(key) for _, key in found.keys]
        except NotFollowed as error:
            return Compared(Verdict.UNKNOWN, str(error)), text, shown
        shown = ", ".join(self._sources.shown(key) for key in keys) or "one row"
        return self._comparing.grains(said, keys, self._found), text, shown

    def _key(self, item: str) -> Any:
        """A column of the dataset itself, or an expression over the sources."""
        from spark_lineage.answers.contracts.sources import NotFollowed, NotNamed

        for name in column_names(self._dataset):
            if name.lower() == item.lower():
                try:
                    return self._sources.recorded(self._sources.written.column((self._dataset.id, name)))
                except NotFollowed as error:
                    raise NotNamed(f"what {item} is made from is not known: {error}") from None
        return self._sources.contracted(item, self._among)


def _worst(compared: Sequence[Any]) -> Any:
    """What is different, else what could not be told, else equal."""
    from spark_lineage.answers.contracts.verdicts import Verdict

    for verdict in (Verdict.DIFFERENT, Verdict.UNKNOWN):
        found = [each for each in compared if each.verdict is verdict]
        if found:
            return replace(found[0], why="; ".join(each.why for each in found), rows=found[0].rows)
    return compared[0]


def _shown(value: Any) -> str:
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


def _sampled(graph: LineageGraph, sources: Any, among: Sequence[str]) -> Mapping[tuple[str, str], Sequence[Any]]:
    """Sampled values of the sources, taken where they were read."""
    found: dict[tuple[str, str], Sequence[Any]] = {}
    for alias in among:
        source = sources.dataset(alias)
        readers = [
            each for each in graph.datasets if each.fragment is not None and each.fragment.inputs == (source.id,)
        ]
        for dataset in [source, *readers]:
            if dataset.sample is None:
                continue
            for at, column in enumerate(dataset.sample.columns):
                values = [row[at] for row in dataset.sample.rows if row[at] is not None]
                found.setdefault((alias, column.lower()), list(dict.fromkeys(values)))
            break
    return found
