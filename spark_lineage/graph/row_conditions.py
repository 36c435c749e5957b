"""Under which conditions a row of each source reaches a dataset, composed over all steps down to the sources.

A fragment has the operators of one step that decide on rows. Here those of all steps stand on top of each other, with
their conditions written out over the columns of the sources. What is not known is an operator ``unknown`` with the
reason: rows that came through Python, a plan that was not seen, a record from before conditions were recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from spark_lineage.graph.composition import Composition
from spark_lineage.graph.written_out import WrittenOut
from spark_lineage.model import Dataset, DatasetKind, Fragment, LineageGraph, RowOperator

MADE_HERE = frozenset({"local", "range"})  # leaves of plans whose rows come from nowhere else
CUT = re.compile("[…⟨⟩]")  # marks of texts that are not written out
NO_FUNCTIONS = ("local@", "session time zone@")  # what a hash covers beside functions


@dataclass(frozen=True, eq=False)
class Decider:
    """One operator that decides on rows, with those that it reads.

    ``op`` is source, unknown, or one of :class:`RowOperator`. ``dataset``: of a source its id, else that of the dataset
    in whose making the operator stands. ``deciding``: (name, SQL over the columns of sources), as in RowOperator.
    ``reason``: why what it does is not wholly known; None if it is.
    """

    op: str
    dataset: str
    reads: tuple[Decider, ...] = ()
    kind: str | None = None
    deciding: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()  # names of what rows are grouped or deduplicated by
    reason: str | None = None

    @property
    def condition(self) -> str | None:
        """Of filters, joins, deduplications by rank, generators; of limits the number of rows."""
        return next((text for name, text in self.deciding if name == ""), None)

    @property
    def key_texts(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, text) for name, text in self.deciding if name)


@dataclass(frozen=True)
class Grain:
    """What one row stands for: one for each value of the keys (name, SQL over the columns of sources).

    ``why`` it is not sure that the keys are unique among the rows; None if it is.
    """

    keys: tuple[tuple[str, str], ...]
    why: str | None = None


class RowConditions:
    """Answers for one graph which operators decide on the rows of a dataset; what has been worked out is kept."""

    def __init__(self, graph: LineageGraph, composition: Composition, written: WrittenOut) -> None:
        self._datasets: Mapping[str, Dataset] = {dataset.id: dataset for dataset in graph.datasets}
        self._composition = composition
        self._written = written
        self._done: dict[str, Decider] = {}

    def of(self, dataset: str) -> Decider:
        """The operator that decides last on the rows of the dataset."""
        for name in self._composition.upstream(dataset):  # sources first, so that a long chain needs no deep stack
            if name not in self._done:
                self._done[name] = self._whole(self._datasets[name])
        return self._done[dataset]

    def _whole(self, dataset: Dataset) -> Decider:
        before = self._composition.earlier(dataset.id)
        if before is None:
            return self._made(dataset)
        earlier = self._done.get(before.id) or _unknown(dataset, f"{before.id} is made from itself")
        if dataset.kind is DatasetKind.SOURCE:
            return earlier
        return Decider("union", dataset.id, (earlier, self._made(dataset)))

    def _made(self, dataset: Dataset) -> Decider:
        """What the step of the dataset does, over what it reads."""
        fragment = dataset.fragment
        if dataset.kind is DatasetKind.SOURCE:
            return Decider("source", dataset.id)
        if fragment is None:
            return _unknown(dataset, f"how {dataset.id} was made was not observed")
        if not fragment.row_operators:
            return _unknown(dataset, f"the operators that made {dataset.id} are not recorded")
        made: list[Decider] = []
        for operator in fragment.row_operators:
            reads = tuple(made[at] for at in operator.children if at < len(made))
            made.append(self._operator(dataset, fragment, operator, reads))
        return made[-1]

    def _operator(
        self, dataset: Dataset, fragment: Fragment, operator: RowOperator, reads: tuple[Decider, ...]
    ) -> Decider:
        if operator.op == "input":
            return self._input(dataset, operator)
        if operator.op == "opaque":
            return self._opaque(dataset, fragment)
        deciding = tuple((each.column, self._written.expression(each)) for each in operator.deciding)
        reason = _reason(dataset, fragment, operator, deciding)
        if not deciding and operator.text is not None:
            deciding = (("", operator.text),)
        return Decider(operator.op, dataset.id, reads, operator.kind, deciding, operator.keys, reason)

    def _input(self, dataset: Dataset, operator: RowOperator) -> Decider:
        found = [self._done.get(name) for name in operator.datasets]
        known = tuple(each for each in found if each is not None)
        if not known or len(known) < len(found):
            return _unknown(dataset, f"what {dataset.id} reads was not observed")
        return known[0] if len(known) == 1 else Decider("union", dataset.id, known)

    def _opaque(self, dataset: Dataset, fragment: Fragment) -> Decider:
        if fragment.opaque and set(fragment.opaque) <= MADE_HERE and not self._composition.used(dataset.id):
            return Decider("source", dataset.id)
        through = ", ".join(fragment.opaque) or "what was not observed"
        return _unknown(dataset, f"rows of {dataset.id} came through {through}, where conditions are not followed")


def _unknown(dataset: Dataset, reason: str) -> Decider:
    return Decider("unknown", dataset.id, reason=reason)


def _reason(
    dataset: Dataset, fragment: Fragment, operator: RowOperator, deciding: Sequence[tuple[str, str]]
) -> str | None:
    if operator.op == "other":
        return f"in {dataset.id} stands an operator whose rows are not known"
    says = operator.text is not None or operator.keys or operator.op == "limit"
    if not deciding and says:
        return f"the condition of a {operator.op} in {dataset.id} is not recorded over its inputs"
    if any(CUT.search(text) for _, text in deciding):
        return f"a condition in {dataset.id} is too long to be written out"
    called = [name for name in functions(fragment) if any(calls(text, name) for _, text in deciding)]
    return f"a function of the program decides in {dataset.id}: {', '.join(called)}" if called else None


def functions(fragment: Fragment) -> list[str]:
    """Names of the functions of the program that the plan calls."""
    return [word.partition("@")[0] for word in fragment.covers if not word.startswith(NO_FUNCTIONS)]


def calls(text: str, name: str) -> bool:
    """Whether the text of an expression calls the function."""
    return re.search(rf"(?<!\w)`?{re.escape(name)}`?\(", text) is not None


def walked(root: Decider) -> Iterator[Decider]:
    """The operator and all that it stands on, each once, those that are read first."""
    seen: set[int] = set()
    waiting: list[tuple[Decider, bool]] = [(root, False)]
    while waiting:
        decider, reads_done = waiting.pop()
        if reads_done:
            yield decider
        elif id(decider) not in seen:
            seen.add(id(decider))
            waiting.append((decider, True))
            waiting.extend((below, False) for below in reversed(decider.reads))


def grain(root: Decider) -> Grain | None:
    """What one row stands for, as far as grouping and deduplication say; None where rows are those of the sources."""
    why: str | None = None
    at = root
    while True:
        if at.op == "aggregate" or at.op == "deduplicate":
            known = len(at.key_texts) == len(at.keys)
            if not known:
                why = why or at.reason or "the keys are not recorded"
            elif at.kind not in (None, "rows", "row_number"):
                why = why or f"rows of the same {at.kind} are kept together"
            return Grain(at.key_texts if known else tuple((name, name) for name in at.keys), why)
        if at.op == "join" and at.kind not in ("left semi", "left anti"):
            why = why or f"a join in {at.dataset} comes after the grouping"
        elif at.op in ("union", "set", "generate", "other", "unknown"):
            why = why or at.reason or f"a {at.op} in {at.dataset} comes after the grouping"
        if not at.reads:
            return None
        at = at.reads[0]
