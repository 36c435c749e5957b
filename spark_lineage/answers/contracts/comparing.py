"""A contract and what was recorded, compared part by part: equal, different, or it could not be told.

Equal is only what has one normal form. Different is only what two rows or groups show, or what no rows are needed for.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec

from sqlglot import exp

from spark_lineage.answers.contracts.normal import normal
from spark_lineage.answers.contracts.population import Population, Rule
from spark_lineage.answers.contracts.sources import Sources
from spark_lineage.answers.contracts.texts import Expression, columns_of, has, is_aggregated, parsed, text_of
from spark_lineage.answers.contracts.trying import Key, NotTried, Row, Trial, apart, differ, not_evaluated

Sampled = Mapping[Key, Sequence[Any]]
GROUPS = 240  # groups of one to three rows on which aggregates are tried


class Verdict(Enum):
    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "could not tell"


@dataclass(frozen=True)
class Compared:
    """``why``: what is different, or why it could not be told. ``rows``: the rows that show it, by column."""

    verdict: Verdict
    why: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()


EQUAL = Compared(Verdict.EQUAL)


P = ParamSpec("P")


def _tried(compare: Callable[P, Compared]) -> Callable[P, Compared]:
    """What cannot be evaluated, or is too deep to be read, cannot be told."""

    @wraps(compare)
    def compared(*args: P.args, **kwargs: P.kwargs) -> Compared:
        try:
            return compare(*args, **kwargs)
        except NotTried as error:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and DuckDB cannot evaluate them: {error}")
        except RecursionError:
            return Compared(Verdict.UNKNOWN, "they are too deep to be compared")

    return compared


class Comparing:
    """Compares expressions over the same sources."""

    def __init__(self, sources: Sources, sampled: Sampled) -> None:
        self._sources = sources
        self._types = sources.types
        self._sampled = sampled
        self._random = random.Random(11)

    # -- definitions

    @_tried
    def definitions(self, said: Expression, found: Expression, population: Population) -> Compared:
        """``said`` in the contract, ``found`` in the record; tried on rows of the recorded population."""
        said, found = normal(said, self._types), normal(found, self._types)
        if text_of(said) == text_of(found):
            return EQUAL
        why = not_evaluated([said, found], self._types, self._sources.shown)
        if why is None and (has(said, exp.Window) or has(found, exp.Window)):
            why = "values over windows are not tried on rows"
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and {why}")
        grouped = is_aggregated(said), is_aggregated(found)
        if grouped[0] != grouped[1]:
            which = "a value of groups" if grouped[0] else "a value of single rows"
            return Compared(Verdict.DIFFERENT, f"the contract means {which}, the program makes another")
        conditions = self._conditions(population, [said, found])
        sure = apart([said, found], grouped=True) if grouped[0] else []
        with Trial([said, found, *conditions], self._types, self._sampled) as trial:
            rows = trial.fulfilling([*conditions, *apart([said, found])])
            groups = self._groups(rows) if grouped[0] else [[row] for row in rows]
            asked = [said, found, *sure]
            values = trial.of_groups(asked, groups) if grouped[0] else trial.values(asked, rows)
        for group, (a, b, *certain) in zip(groups, values, strict=True):
            if differ(a, b) and all(certain):
                return self._shown(f"of these rows the contract makes {a}, the program {b}", group)
        return Compared(Verdict.UNKNOWN, f"they are written differently, and {len(groups)} trials show no difference")

    def _conditions(self, population: Population, trees: Sequence[Expression]) -> list[Expression]:
        """What is true of the rows on which expressions are tried.

        Raises NotTried where a condition cannot be evaluated that is about the same columns: a row that it leaves out
        would show nothing.
        """
        columns = {key for tree in trees for key in columns_of(tree)}
        found = []
        for each in [*population.clauses.values(), *_of_outer(population, columns)]:
            why = not_evaluated([each], self._types, self._sources.shown)
            if why is None:
                found.append(each)
            elif columns & columns_of(each):
                raise NotTried(f"{self._sources.shown(each)} decides on their rows, and {why}")
        return found

    def _groups(self, rows: Sequence[Row]) -> list[list[Row]]:
        singles = [[row] for row in rows[:60]]
        more = [self._random.choices(rows, k=self._random.choice((2, 2, 3))) for _ in range(GROUPS)] if rows else []
        return [*singles, *more]

    # -- rows

    @_tried
    def populations(self, said: Population, found: Population) -> Compared:
        beside = [group for group in found.apart if not group & said.beside]
        if not found.unknown and said.clauses.keys() == found.clauses.keys() and len(beside) <= 1:
            return EQUAL
        silent = self._silent(said, found)
        mine = [each for text, each in found.clauses.items() if text not in silent]
        theirs = list(said.clauses.values())
        reasons = [*found.unknown, *(f"nothing is said of {self._sources.shown(each)}" for each in silent.values())]
        if len(beside) > 1:
            names = ", ".join(sorted(self._sources.name(alias) for group in beside[1:] for alias in group))
            reasons.append(f"nothing is said of the cross join with {names}, which multiplies rows")
        texts = ({text_of(each) for each in mine}, set(said.clauses))
        if texts[0] != texts[1]:
            differing = [each for each in (*mine, *theirs) if text_of(each) in texts[0] ^ texts[1]]
            shown = self._differing_row(mine, theirs, differing, found, list(silent.values()))
            if isinstance(shown, Compared):
                return shown
            reasons.insert(0, shown)
        return Compared(Verdict.UNKNOWN, "; ".join(reasons))

    def _silent(self, said: Population, found: Population) -> dict[str, Expression]:
        """Conditions of inner joins between sources of whose joins the contract says nothing."""
        rules = [each for rule in said.rules for each in rule.condition]
        spoken = [_tables(each) for each in (*said.clauses.values(), *rules) if len(_tables(each)) > 1]
        spoken += [frozenset((*rule.of, *(a for each in rule.condition for a in _tables(each)))) for rule in said.rules]
        between = {text: each for text, each in found.clauses.items() if len(_tables(each)) > 1}
        return {text: each for text, each in between.items() if not any(_tables(each) <= pair for pair in spoken)}

    def _differing_row(
        self, mine: list[Expression], theirs: list[Expression], differing: list[Expression], found: Population,
        given: list[Expression],
    ) -> Compared | str:  # fmt: skip
        """A row that shows it; else why there is none."""
        why = not_evaluated(differing, self._types, self._sources.shown)
        if why is not None:
            return f"they are written differently, and {why}"
        # What cannot be tried and is the same on both sides holds of any row.
        mine, theirs = ([each for each in side if not not_evaluated([each], self._types)] for side in (mine, theirs))
        given = [each for each in (*given, *_of_outer(found, set())) if not not_evaluated([each], self._types)]
        with Trial([*mine, *theirs, *given], self._types, self._sampled) as trial:
            row = trial.search(mine, theirs, given)
            if row is None:
                return "they are written differently, and no row was found that shows a difference"
            (truths,) = trial.values([_all(mine)], [row])
        reaches = truths[0] is True
        if reaches and (found.unknown or not found.needed):
            return "they are written differently, but not all that decides is known"
        if not found.needed:
            return "they are written differently, but not all that decides is known"
        says = "passes in the program, and not by the contract" if reaches else "does not pass in the program"
        return self._shown(f"a row that {says}", [row])

    @_tried
    def having(self, said: Population, found: Population) -> Compared:
        if said.having.keys() == found.having.keys():
            return EQUAL
        a, b = _all(list(said.having.values())), _all(list(found.having.values()))
        if not (said.having and found.having):
            which = "the contract" if said.having else "the program"
            text = self._sources.shown(a if said.having else b)
            return (
                Compared(Verdict.DIFFERENT, f"only {which} leaves out groups: {text}")
                if self._may_fail(a if said.having else b, found)
                else Compared(Verdict.UNKNOWN, f"only {which} asks for {text}")
            )
        return self.definitions(a, b, found)

    def _may_fail(self, condition: Expression, found: Population) -> bool:
        """Whether there is a group for which the condition is not true."""
        if not_evaluated([condition], self._types):
            return False
        conditions = self._conditions(found, [condition])
        with Trial([condition, *conditions], self._types, self._sampled) as trial:
            groups = self._groups(trial.fulfilling(conditions))
            return any(truth is not True for (truth,) in trial.of_groups([condition], groups))

    # -- joins

    @_tried
    def joins(self, said: Population, found: Population) -> Compared:
        """Joins that are no inner joins."""
        theirs = {rule.of: rule for rule in said.rules if rule.is_join}
        mine = {rule.of: rule for rule in found.rules if rule.is_join}
        reasons = []
        for of, rule in theirs.items():
            compared = self._join(rule, mine.get(of), found)
            if compared.verdict is Verdict.DIFFERENT:
                return compared
            if compared.verdict is Verdict.UNKNOWN:
                reasons.append(compared.why)
        for of, rule in mine.items():
            if of not in theirs:
                compared = self._not_said(rule, said, found)
                if compared.verdict is Verdict.DIFFERENT:
                    return compared
                if compared.verdict is Verdict.UNKNOWN:
                    reasons.append(compared.why)
        return Compared(Verdict.UNKNOWN, "; ".join(reasons)) if reasons else EQUAL

    def _join(self, said: Rule, found: Rule | None, population: Population) -> Compared:
        what = self._join_text(said)
        if found is None:
            # A row without a partner tells an inner join from it; other joins may be written over several sources.
            inner = said.of <= set(population.sources) and not any(rule.of & said.of for rule in population.rules)
            if population.unknown or not inner:
                return Compared(Verdict.UNKNOWN, f"whether there is a {what} is not known")
            return Compared(Verdict.DIFFERENT, f"the contract says {what}, and the program has no such join")
        if said.kind != found.kind:
            return Compared(Verdict.DIFFERENT, f"the contract says {what}, the program {self._join_text(found)}")
        texts = [{text_of(each): each for each in rule.condition} for rule in (said, found)]
        if texts[0].keys() == texts[1].keys():
            return EQUAL
        why = not_evaluated([*said.condition, *found.condition], self._types, self._sources.shown)
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"the conditions of the {what} are written differently, and {why}")
        with Trial([*said.condition, *found.condition], self._types, self._sampled) as trial:
            row = trial.search(list(found.condition), list(said.condition), [])
        if row is None:
            return Compared(Verdict.UNKNOWN, f"the conditions of the {what} are written differently")
        return self._shown(f"rows that only the contract's or only the program's {said.kind} join puts together", [row])

    def _not_said(self, rule: Rule, said: Population, found: Population) -> Compared:
        """A join of the program that the contract does not have as such."""
        inner = {text: each for text, each in said.clauses.items() if _tables(each) & rule.of}
        used = any(_tables(each) & rule.of for each in found.clauses.values())
        on = {text_of(each) for each in rule.condition}
        if rule.kind == "left" and inner and not used and on & inner.keys():
            return Compared(
                Verdict.DIFFERENT,
                f"the program keeps rows without a partner ({self._join_text(rule)}), the contract does not",
            )
        more = ", which may multiply rows" if rule.kind == "left" and not inner else ""
        return Compared(Verdict.UNKNOWN, f"nothing is said of the program's {self._join_text(rule)}{more}")

    def _join_text(self, rule: Rule) -> str:
        names = " and ".join(sorted(self._sources.dataset(alias).id.rpartition("/")[2] for alias in rule.of))
        on = " and ".join(self._sources.shown(each) for each in rule.condition)
        return f"{rule.kind} join {names} on {on}"

    # -- one row per key, limits, samples

    @_tried
    def rules(self, said: Population, found: Population) -> Compared:
        theirs = [rule for rule in said.rules if not rule.is_join]
        mine = [rule for rule in found.rules if not rule.is_join]
        if [rule.text for rule in theirs] == [rule.text for rule in mine]:
            return EQUAL
        if not theirs:
            listed = ", ".join(self.rule_text(rule) for rule in mine)
            return Compared(Verdict.UNKNOWN, f"nothing is said of what the program does: {listed}")
        if len(theirs) == 1 and len(mine) <= 1 and not found.unknown:
            return self._rule(theirs[0], mine[0] if mine else None, found)
        return Compared(Verdict.UNKNOWN, "several of them are written differently")

    def _rule(self, said: Rule, found: Rule | None, population: Population) -> Compared:
        if found is None and population.grouped_by == said.keys and said.keys:
            return Compared(
                Verdict.UNKNOWN, f"the program groups by {self.rule_text(said)}, and takes one value of each"
            )
        if found is None:
            return Compared(Verdict.DIFFERENT, f"the program does not do it: {self.rule_text(said)}")
        same = said.keys == found.keys and list(map(text_of, said.condition)) == list(map(text_of, found.condition))
        if said.kind == found.kind and same:
            why = f"{self.rule_text(said)}: in the program other conditions stand before it than in the contract"
            return Compared(Verdict.UNKNOWN, why)
        if said.kind == found.kind == "limit" and said.level == found.level:
            return Compared(Verdict.DIFFERENT, f"the program says {found.keys[0]}")
        if said.kind == found.kind == "one row per" and said.of == found.of:
            return self.grains(list(map(parsed, said.keys)), list(map(parsed, found.keys)), population)
        if said.kind == found.kind == "rank" and len(found.condition) == len(said.condition) == 1:
            return self._ranks(said.condition[0], found.condition[0], population)
        return Compared(Verdict.UNKNOWN, f"the program does another thing: {self.rule_text(found)}")

    def _ranks(self, said: Expression, found: Expression, population: Population) -> Compared:
        why = not_evaluated([said, found], self._types, self._sources.shown)
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and {why}")
        conditions = self._conditions(population, [said, found])
        with Trial([said, found, *conditions], self._types, self._sampled) as trial:
            rows = trial.fulfilling(conditions)
            # Rows that are alike in what they are ordered by may be kept in either order; NULL has its own place.
            keys = columns_of(said) | columns_of(found)
            pairs = [
                [a, b]
                for a, b in itertools.islice(itertools.combinations(rows, 2), 4_000)
                if all(a[key] is not None and b[key] is not None for key in keys)
                and all(a[key] != b[key] for key in _ordered_by(said) | _ordered_by(found))
            ]
            for pair, a, b in zip(pairs, trial.kept(said, pairs), trial.kept(found, pairs), strict=True):
                if a != b:
                    return self._shown(f"of these rows the contract keeps {len(a)}, the program others", pair)
        return Compared(Verdict.UNKNOWN, "they are written differently, and no rows were found that show a difference")

    def rule_words(self, rule: Rule) -> str:
        return self._join_text(rule) if rule.is_join else self.rule_text(rule)

    def rule_text(self, rule: Rule) -> str:
        words = [*(self._sources.shown(each) for each in rule.condition)]
        words += [key if rule.kind == "limit" else self._sources.shown(parsed(key)) for key in rule.keys]
        return " ".join([rule.kind if rule.kind != "rank" else "", ", ".join(words)]).strip()

    # -- grain

    @_tried
    def grains(self, said: Sequence[Expression], found: Sequence[Expression], population: Population) -> Compared:
        """What rows are grouped by: the same if each groups the same rows together."""
        a, b = ([normal(each, self._types) for each in keys] for keys in (said, found))
        if {text_of(each) for each in a} == {text_of(each) for each in b}:
            return EQUAL
        why = not_evaluated([*a, *b], self._types, self._sources.shown)
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and {why}")
        conditions = [*self._conditions(population, [*a, *b]), *apart([*a, *b])]
        with Trial([*a, *b, *conditions], self._types, self._sampled) as trial:
            rows = trial.fulfilling(conditions, 600)
            values = [(each[: len(a)], each[len(a) :]) for each in trial.values([*a, *b], rows)] if a or b else []
        for one, other, words in (
            (0, 1, "one row by the contract, and several in the program"),
            (1, 0, "one row in the program, and several by the contract"),
        ):
            first: dict[Any, int] = {}
            for at, value in enumerate(values):
                before = first.setdefault(value[one], at)
                if values[before][other] != value[other]:
                    return self._shown(words, [rows[before], rows[at]])
        return Compared(Verdict.UNKNOWN, "they are written differently, and no rows were found that show a difference")

    def _shown(self, why: str, rows: Sequence[Row]) -> Compared:
        several = len({alias for row in rows for alias, _ in row}) > 1
        named = tuple(
            {
                (f"{self._sources.name(alias)}." if several else "") + column: value
                for (alias, column), value in row.items()
            }
            for row in rows
        )
        return Compared(Verdict.DIFFERENT, why, named)


def _tables(tree: Expression) -> frozenset[str]:
    return frozenset(alias for alias, _ in columns_of(tree))


def _of_outer(found: Population, asked: set[Key]) -> list[Expression]:
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
                exp.Or(this=exp.Paren(this=_all(list(rule.condition))), expression=exp.Paren(this=_all(nulls)))
            )
    return given


def _all(parts: Sequence[Expression]) -> Expression:
    made: Expression = exp.Boolean(this=True)
    for number, part in enumerate(parts):
        enclosed = exp.Paren(this=part.copy())
        made = exp.And(this=made, expression=enclosed) if number else enclosed
    return made


def _ordered_by(tree: Expression) -> set[Key]:
    return {key for order in tree.find_all(exp.Order) for key in columns_of(order)}
