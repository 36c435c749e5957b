"""A contract and what was recorded, compared part by part: equal, different, or it could not be told.

Equal is only what has one normal form. Different is only what two rows or groups show, or what no rows are needed for.
"""

from __future__ import annotations

from sqlglot import exp

from spark_lineage.answers.contracts.evaluable import not_evaluated
from spark_lineage.answers.contracts.normal import normal
from spark_lineage.answers.contracts.population import Population, tables_of
from spark_lineage.answers.contracts.rounding import apart, differ
from spark_lineage.answers.contracts.row_rules import RowRules
from spark_lineage.answers.contracts.texts import Expression, has, is_aggregated, text_of
from spark_lineage.answers.contracts.trials import all_of, of_outer
from spark_lineage.answers.contracts.trying import Trial
from spark_lineage.answers.contracts.verdicts import EQUAL, Compared, Verdict, tried


class Comparing(RowRules):
    """Compares expressions over the same sources."""

    # -- definitions

    @tried
    def definitions(self, said: Expression, found: Expression, population: Population) -> Compared:
        """``said`` in the contract, ``found`` in the record; tried on rows of the recorded population."""
        said, found = normal(said, self.types), normal(found, self.types)
        if text_of(said) == text_of(found):
            return EQUAL
        why = not_evaluated([said, found], self.types, self.sources.shown)
        if why is None and (has(said, exp.Window) or has(found, exp.Window)):
            why = "values over windows are not tried on rows"
        if why is not None:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and {why}")
        grouped = is_aggregated(said), is_aggregated(found)
        if grouped[0] != grouped[1]:
            which = "a value of groups" if grouped[0] else "a value of single rows"
            return Compared(Verdict.DIFFERENT, f"the contract means {which}, the program makes another")
        conditions = self.conditions(population, [said, found])
        sure = apart([said, found], grouped=True) if grouped[0] else []
        with Trial([said, found, *conditions], self.types, self.sampled) as trial:
            rows = trial.fulfilling([*conditions, *apart([said, found])])
            groups = self.groups(rows) if grouped[0] else [[row] for row in rows]
            asked = [said, found, *sure]
            values = trial.of_groups(asked, groups) if grouped[0] else trial.values(asked, rows)
        for group, (a, b, *certain) in zip(groups, values, strict=True):
            if differ(a, b) and all(certain):
                return self.shown(f"of these rows the contract makes {a}, the program {b}", group)
        return Compared(Verdict.UNKNOWN, f"they are written differently, and {len(groups)} trials show no difference")

    # -- rows

    @tried
    def populations(self, said: Population, found: Population) -> Compared:
        beside = [group for group in found.apart if not group & said.beside]
        if not found.unknown and said.clauses.keys() == found.clauses.keys() and len(beside) <= 1:
            return EQUAL
        silent = self._silent(said, found)
        mine = [each for text, each in found.clauses.items() if text not in silent]
        theirs = list(said.clauses.values())
        reasons = [*found.unknown, *(f"nothing is said of {self.sources.shown(each)}" for each in silent.values())]
        if len(beside) > 1:
            names = ", ".join(sorted(self.sources.name(alias) for group in beside[1:] for alias in group))
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
        spoken = [tables_of(each) for each in (*said.clauses.values(), *rules) if len(tables_of(each)) > 1]
        spoken += [
            frozenset((*rule.of, *(a for each in rule.condition for a in tables_of(each)))) for rule in said.rules
        ]
        between = {text: each for text, each in found.clauses.items() if len(tables_of(each)) > 1}
        return {text: each for text, each in between.items() if not any(tables_of(each) <= pair for pair in spoken)}

    def _differing_row(
        self, mine: list[Expression], theirs: list[Expression], differing: list[Expression], found: Population,
        given: list[Expression],
    ) -> Compared | str:  # fmt: skip
        """A row that shows it; else why there is none."""
        why = not_evaluated(differing, self.types, self.sources.shown)
        if why is not None:
            return f"they are written differently, and {why}"
        # What cannot be tried and is the same on both sides holds of any row.
        mine, theirs = ([each for each in side if not not_evaluated([each], self.types)] for side in (mine, theirs))
        given = [each for each in (*given, *of_outer(found, set())) if not not_evaluated([each], self.types)]
        with Trial([*mine, *theirs, *given], self.types, self.sampled) as trial:
            row = trial.search(mine, theirs, given)
            if row is None:
                return "they are written differently, and no row was found that shows a difference"
            (truths,) = trial.values([all_of(mine)], [row])
        reaches = truths[0] is True
        if reaches and (found.unknown or not found.needed):
            return "they are written differently, but not all that decides is known"
        if not found.needed:
            return "they are written differently, but not all that decides is known"
        says = "passes in the program, and not by the contract" if reaches else "does not pass in the program"
        return self.shown(f"a row that {says}", [row])

    @tried
    def having(self, said: Population, found: Population) -> Compared:
        if said.having.keys() == found.having.keys():
            return EQUAL
        a, b = all_of(list(said.having.values())), all_of(list(found.having.values()))
        if not (said.having and found.having):
            which = "the contract" if said.having else "the program"
            text = self.sources.shown(a if said.having else b)
            return (
                Compared(Verdict.DIFFERENT, f"only {which} leaves out groups: {text}")
                if self._may_fail(a if said.having else b, found)
                else Compared(Verdict.UNKNOWN, f"only {which} asks for {text}")
            )
        return self.definitions(a, b, found)

    def _may_fail(self, condition: Expression, found: Population) -> bool:
        """Whether there is a group for which the condition is not true."""
        if not_evaluated([condition], self.types):
            return False
        conditions = self.conditions(found, [condition])
        with Trial([condition, *conditions], self.types, self.sampled) as trial:
            groups = self.groups(trial.fulfilling(conditions))
            return any(truth is not True for (truth,) in trial.of_groups([condition], groups))
