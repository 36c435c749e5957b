"""Compared: other joins than inner ones, one row per key, limits; they decide on rows and are no conditions on them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from spark_lineage.answers.contracts.evaluable import not_evaluated
from spark_lineage.answers.contracts.made_up import Key
from spark_lineage.answers.contracts.normal import normal
from spark_lineage.answers.contracts.population import Population, Rule, tables_of
from spark_lineage.answers.contracts.rounding import apart
from spark_lineage.answers.contracts.texts import Expression, columns_of, parsed, text_of
from spark_lineage.answers.contracts.trials import Trials
from spark_lineage.answers.contracts.trying import Trial
from spark_lineage.answers.contracts.verdicts import EQUAL, Compared, Verdict, tried


class RowRules(Trials):
    """Compares the rules of a contract with those of the record."""

    @tried
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
        why = not_evaluated([*said.condition, *found.condition], self.types, self.sources.shown)
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"the conditions of the {what} are written differently, and {why}")
        with Trial([*said.condition, *found.condition], self.types, self.sampled) as trial:
            row = trial.search(list(found.condition), list(said.condition), [])
        if row is None:
            return Compared(Verdict.UNKNOWN, f"the conditions of the {what} are written differently")
        return self.shown(f"rows that only the contract's or only the program's {said.kind} join puts together", [row])

    def _not_said(self, rule: Rule, said: Population, found: Population) -> Compared:
        """A join of the program that the contract does not have as such."""
        inner = {text: each for text, each in said.clauses.items() if tables_of(each) & rule.of}
        used = any(tables_of(each) & rule.of for each in found.clauses.values())
        on = {text_of(each) for each in rule.condition}
        if rule.kind == "left" and inner and not used and on & inner.keys():
            return Compared(
                Verdict.DIFFERENT,
                f"the program keeps rows without a partner ({self._join_text(rule)}), the contract does not",
            )
        more = ", which may multiply rows" if rule.kind == "left" and not inner else ""
        return Compared(Verdict.UNKNOWN, f"nothing is said of the program's {self._join_text(rule)}{more}")

    def _join_text(self, rule: Rule) -> str:
        names = " and ".join(sorted(self.sources.dataset(alias).id.rpartition("/")[2] for alias in rule.of))
        on = " and ".join(self.sources.shown(each) for each in rule.condition)
        return f"{rule.kind} join {names} on {on}"

    @tried
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
        why = not_evaluated([said, found], self.types, self.sources.shown)
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and {why}")
        conditions = self.conditions(population, [said, found])
        with Trial([said, found, *conditions], self.types, self.sampled) as trial:
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
                    return self.shown(f"of these rows the contract keeps {len(a)}, the program others", pair)
        return Compared(Verdict.UNKNOWN, "they are written differently, and no rows were found that show a difference")

    def rule_words(self, rule: Rule) -> str:
        return self._join_text(rule) if rule.is_join else self.rule_text(rule)

    def rule_text(self, rule: Rule) -> str:
        words = [*(self.sources.shown(each) for each in rule.condition)]
        words += [key if rule.kind == "limit" else self.sources.shown(parsed(key)) for key in rule.keys]
        return " ".join([rule.kind if rule.kind != "rank" else "", ", ".join(words)]).strip()

    @tried
    def grains(self, said: Sequence[Expression], found: Sequence[Expression], population: Population) -> Compared:
        """What rows are grouped by: the same if each groups the same rows together."""
        a, b = ([normal(each, self.types) for each in keys] for keys in (said, found))
        if {text_of(each) for each in a} == {text_of(each) for each in b}:
            return EQUAL
        why = not_evaluated([*a, *b], self.types, self.sources.shown)
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and {why}")
        conditions = [*self.conditions(population, [*a, *b]), *apart([*a, *b])]
        with Trial([*a, *b, *conditions], self.types, self.sampled) as trial:
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
                    return self.shown(words, [rows[before], rows[at]])
        return Compared(Verdict.UNKNOWN, "they are written differently, and no rows were found that show a difference")


def _ordered_by(tree: Expression) -> set[Key]:
    return {key for order in tree.find_all(exp.Order) for key in columns_of(order)}
