"""On which rows expressions are tried, and how rows are shown."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from spark_lineage.answers.contracts.evaluable import NotTried, not_evaluated
from spark_lineage.answers.contracts.made_up import Key
from spark_lineage.answers.contracts.population import Population
from spark_lineage.answers.contracts.sources import Sources
from spark_lineage.answers.contracts.texts import Expression, columns_of
from spark_lineage.answers.contracts.trying import Row
from spark_lineage.answers.contracts.verdicts import Compared, Verdict

Sampled = Mapping[Key, Sequence[Any]]
GROUPS = 240  # groups of one to three rows on which aggregates are tried


class Trials:
    """``sampled``: values of the sources that the record has."""

    def __init__(self, sources: Sources, sampled: Sampled) -> None:
        self.sources = sources
        self.types = sources.types
        self.sampled = sampled
        self.random = random.Random(11)

    def conditions(self, population: Population, trees: Sequence[Expression]) -> list[Expression]:
        """What is true of the rows on which expressions are tried.

        Raises NotTried where a condition cannot be evaluated that is about the same columns: a row that it leaves out
        would show nothing.
        """
        columns = {key for tree in trees for key in columns_of(tree)}
        found = []
        for each in [*population.clauses.values(), *of_outer(population, columns)]:
            why = not_evaluated([each], self.types, self.sources.shown)
            if why is None:
                found.append(each)
            elif columns & columns_of(each):
                raise NotTried(f"{self.sources.shown(each)} decides on their rows, and {why}")
        return found

    def groups(self, rows: Sequence[Row]) -> list[list[Row]]:
        singles = [[row] for row in rows[:60]]
        more = [self.random.choices(rows, k=self.random.choice((2, 2, 3))) for _ in range(GROUPS)] if rows else []
        return [*singles, *more]

    def shown(self, why: str, rows: Sequence[Row]) -> Compared:
        several = len({alias for row in rows for alias, _ in row}) > 1
        named = tuple(
            {
                (f"{self.sources.name(alias)}." if several else "") + column: value
                for (alias, column), value in row.items()
            }
            for row in rows
        )
        return Compared(Verdict.DIFFERENT, why, named)


def of_outer(found: Population, asked: set[Key]) -> list[Expression]:
    """What is true of the columns that left joins bring in: the condition held, or all of them are NULL.

    ``asked``: columns that are looked at, beside those of conditions.
    """
    given = []
    for rule in found.rules:
        if rule.kind == "left" and rule.condition:
            columns = {key for each in found.clauses.values() for key in columns_of(each) if key[0] in rule.of}
            columns |= {key for key in asked if key[0] in rule.of}
            columns |= {key for each in rule.condition for key in columns_of(each) if key[0] in rule.of}
            nulls = [
                exp.Is(this=exp.Column(this=exp.to_identifier(n), table=exp.to_identifier(a)), expression=exp.Null())
                for a, n in sorted(columns)
            ]
            given.append(
                exp.Or(this=exp.Paren(this=all_of(list(rule.condition))), expression=exp.Paren(this=all_of(nulls)))
            )
    return given


def all_of(parts: Sequence[Expression]) -> Expression:
    made: Expression = exp.Boolean(this=True)
    for number, part in enumerate(parts):
        enclosed = exp.Paren(this=part.copy())
        made = exp.And(this=made, expression=enclosed) if number else enclosed
    return made
