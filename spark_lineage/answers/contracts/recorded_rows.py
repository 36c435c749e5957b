"""Which rows reach a dataset, as the operators of the steps were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from spark_lineage.answers.contracts.normal import clauses, normal
from spark_lineage.answers.contracts.population import Population, Rule, both_of, filtered, ruled, settled, with_join
from spark_lineage.answers.contracts.sources import NotFollowed, Sources
from spark_lineage.answers.contracts.texts import Expression, columns_of, has, text_of
from spark_lineage.graph.row_conditions import Decider, walked


def recorded(root: Decider, sources: Sources) -> Population:
    found: dict[int, Population] = {}
    for decider in walked(root):
        found[id(decider)] = _Recorded(sources, decider, [found[id(below)] for below in decider.reads]).population()
    return settled(found[id(root)])


class _Recorded:
    def __init__(self, sources: Sources, decider: Decider, reads: Sequence[Population]) -> None:
        self._sources = sources
        self._decider = decider
        self._reads = reads

    def population(self) -> Population:
        decider = self._decider
        if decider.op == "source":
            return Population((self._sources.alias(decider.dataset),))
        if not self._reads:
            return Population(unknown=(decider.reason or f"rows of {decider.dataset} are not known",))
        below = self._reads[0] if len(self._reads) == 1 else None
        try:
            made = self._of_one(below) if below is not None else self._of_several()
        except (NotFollowed, RecursionError) as error:
            whole = below or both_of(self._reads)
            why = error if isinstance(error, NotFollowed) else "its condition is too deep to be read"
            return whole.but(decider.reason or f"{decider.op} in {decider.dataset}: {why}")
        return made.but(decider.reason) if decider.reason is not None else made

    def _of_one(self, below: Population) -> Population:
        decider, op = self._decider, self._decider.op
        if op == "filter":
            return filtered(below, self._condition(), decider.dataset) if decider.condition is not None else below
        if op == "deduplicate":
            return self._deduplicated(below)
        if op == "aggregate":
            again = (f"{decider.dataset} groups rows that are groups already",) if below.groups else ()
            keys = [normal(self._sources.recorded(text), self._sources.types) for _, text in decider.key_texts]
            by = tuple(sorted(map(text_of, keys)))
            return replace(below, groups=below.groups + 1, grouped_by=by).but(*again)
        if op == "limit":
            return ruled(below, Rule(decider.kind or "limit", keys=(decider.condition or "?",)))
        if op == "sample":
            return ruled(below, Rule("sample"))
        if op == "generate":
            return below.but(f"{decider.dataset} makes several rows of one: {decider.condition or 'by a generator'}")
        return below.but(f"what a {op} in {decider.dataset} does to rows is not known", needed=False)

    def _condition(self) -> list[Expression]:
        return clauses(self._sources.recorded(self._decider.condition or "true"), self._sources.types)

    def _deduplicated(self, below: Population) -> Population:
        decider = self._decider
        keys = [normal(self._sources.recorded(text), self._sources.types) for _, text in decider.key_texts]
        through = frozenset(column for key in keys if isinstance(key, exp.Column) for column in columns_of(key))
        if decider.kind != "rows":  # those of the same rank are chosen: what else is asked is asked of them
            conditions = sorted(self._condition(), key=lambda each: not has(each, exp.Window))
            return filtered(below, conditions, decider.dataset)
        if len(keys) < len(decider.keys):
            return below.but(decider.reason or f"the keys of a deduplication in {decider.dataset} are not recorded")
        return ruled(below, Rule("one row per", keys=tuple(sorted(map(text_of, keys))), through=through))

    def _of_several(self) -> Population:
        decider, kind = self._decider, self._decider.kind or "inner"
        if decider.op != "join":
            return both_of(self._reads).but(f"a {decider.op} in {decider.dataset} puts rows together", needed=False)
        left, right = self._reads[0], self._reads[1]
        conditions = self._condition() if decider.condition is not None else []
        return with_join(left, right, kind, conditions, decider.dataset)
