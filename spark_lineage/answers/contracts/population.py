"""Which rows reach a dataset, in normal form: recorded by the operators of the steps, or written in a contract.

Rows are those of the sources that are joined by inner joins: a row of each. ``clauses`` must all be true of it. What is
no condition on single rows stands in ``rules``: joins of other kinds, one row per key, limits, samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from spark_lineage.answers.contracts.implied import rejects_null, without_implied
from spark_lineage.answers.contracts.texts import Expression, columns_of, has, is_aggregated, text_of

OUTER = {"left outer": "left", "left": "left", "right outer": "right", "right": "right"}
HALF = {"left semi": "semi", "semi": "semi", "left anti": "anti", "anti": "anti"}


@dataclass(frozen=True)
class Rule:
    """What decides on rows, and is no condition on single rows.

    ``kind``: left, full, semi, anti (joins with ``of``, on ``condition``), one row per ``keys``, limit, sample, rank.
    ``keys`` are texts in normal form. ``after``: the conditions on its rows that hold before it, as texts; left out are
    those that may stand on either side of it, because they only use the columns ``through``. ``level``: how often rows
    are grouped before it.
    """

    kind: str
    of: frozenset[str] = frozenset()
    condition: tuple[Expression, ...] = ()
    keys: tuple[str, ...] = ()
    through: frozenset[tuple[str, str]] = frozenset()
    after: tuple[str, ...] = ()
    level: int = 0

    @property
    def text(self) -> str:
        of = sorted(self.of) if self.kind not in ("limit", "sample") else []
        place = [str(self.level), "after", *self.after] if not self.is_join else []
        return " ".join([self.kind, *of, *(text_of(each) for each in self.condition), *self.keys, *place])

    @property
    def is_join(self) -> bool:
        return self.kind in ("left", "full", "semi", "anti")


@dataclass(frozen=True)
class Population:
    """Which rows reach a dataset. ``unknown``: why it is not wholly known.

    ``having``: conditions on groups. ``groups``: how often rows are grouped, ``grouped_by``: last, as sorted texts.
    ``needed``: the clauses are true of every row that reaches, also where more is asked of it that is not known.
    """

    sources: tuple[str, ...] = ()
    clauses: Mapping[str, Expression] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    having: Mapping[str, Expression] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    groups: int = 0
    needed: bool = True
    grouped_by: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()  # sources whose rows a contract puts beside each row: a cross join

    def but(self, *reasons: str, needed: bool = True) -> Population:
        unknown = tuple(dict.fromkeys((*self.unknown, *reasons)))
        return replace(self, unknown=unknown, needed=self.needed and (needed or not reasons))

    @property
    def apart(self) -> list[frozenset[str]]:
        """The sources in groups that no condition connects: each row of one stands beside each row of the others."""
        groups = [frozenset([alias]) for alias in dict.fromkeys(self.sources)]
        links = [frozenset(tables_of(each)) for each in self.clauses.values()]
        links += [rule.of | frozenset(self.sources[:1]) for rule in self.rules if rule.is_join]
        for link in links:
            linked = [group for group in groups if group & link]
            groups = [group for group in groups if group not in linked]
            groups += [frozenset().union(*linked)] if linked else []
        return groups

    @property
    def plain(self) -> bool:
        """Only conditions on single rows."""
        return not (self.rules or self.having or self.unknown or self.groups)


def filtered(below: Population, conditions: Iterable[Expression], where: str) -> Population:
    """Rows that conditions leave."""
    made = below
    for each in conditions:
        if has(each, exp.Window):
            made = ruled(made, ranked(each))
        elif is_aggregated(each):
            made = replace(made, having={**made.having, text_of(each): each})
        else:
            rows = {**made.clauses, text_of(each): each}
            rules = tuple(rule for rule in made.rules if not _undone(rule, each, rows))
            full = [f"{where} filters after a full outer join" for rule in rules if rule.kind == "full"]
            made = replace(made, clauses=rows, rules=rules).but(*full)
    return made


def ranked(condition: Expression, of: frozenset[str] = frozenset()) -> Rule:
    partitions = [set(map(text_of, window.args.get("partition_by") or [])) for window in condition.find_all(exp.Window)]
    shared = set.intersection(*partitions) if partitions else set()
    through = frozenset((c.table, c.name) for c in condition.find_all(exp.Column) if text_of(c) in shared)
    return Rule("rank", of, (condition,), (), through)


def _undone(rule: Rule, condition: Expression, rows: dict[str, Expression]) -> bool:
    """A left join whose rows without partner are dropped is an inner join."""
    if rule.kind != "left":
        return False
    columns = {text_of(column) for column in condition.find_all(exp.Column) if column.table in rule.of}
    if not columns or not rejects_null(condition, columns):
        return False
    rows.update((text_of(each), each) for each in rule.condition)
    return True


def ruled(below: Population, rule: Rule) -> Population:
    of = rule.of or frozenset(below.sources)
    kept = without_implied(dict(below.clauses))
    after = [text_of(each) for each in kept if tables_of(each) <= of and not columns_of(each) <= rule.through]
    return replace(below, rules=(*below.rules, replace(rule, of=of, after=tuple(after), level=below.groups)))


def tables_of(tree: Expression) -> frozenset[str]:
    return frozenset(alias for alias, _ in columns_of(tree))


def with_join(
    left: Population, right: Population, kind: str, conditions: Iterable[Expression], where: str
) -> Population:  # fmt: skip
    """The rows of a join."""
    if kind in OUTER and OUTER[kind] == "right":
        left, right, kind = right, left, "left outer"
    if kind in HALF or kind in OUTER or kind == "full outer":
        name = HALF.get(kind) or OUTER.get(kind) or "full"
        side = () if right.plain else (f"the {name} join in {where} is with rows that are not those of a source",)
        if name == "full" and left.clauses:
            side = (*side, f"{where} filters before a full outer join")
        on = {text_of(each): each for each in (*conditions, *right.clauses.values())}
        rule = Rule(name, frozenset(right.sources), tuple(on[text] for text in sorted(on)))
        if left.groups and (name in ("left", "full") or any(map(is_aggregated, conditions))):
            side = (*side, f"{where} joins groups with rows")
        twice = _twice(left.sources, right.sources, where)
        kept = left.sources if name in ("semi", "anti") else (*left.sources, *right.sources)
        return replace(left, sources=kept, rules=(*left.rules, rule)).but(
            *right.unknown, *side, *twice, needed=not twice and name != "full"
        )
    both = both_of((left, right)).but(*_twice(left.sources, right.sources, where), needed=False)
    if left.groups or right.groups:
        both = both.but(f"{where} joins rows with groups")
    return filtered(both, conditions, where)


def _twice(left: Sequence[str], right: Sequence[str], where: str) -> tuple[str, ...]:
    again = sorted(set(left) & set(right))
    return (f"{where} joins a source with itself: which of both a column is of is not recorded",) if again else ()


def both_of(parts: Sequence[Population]) -> Population:
    merged = Population()
    for part in parts:
        merged = Population(
            (*merged.sources, *part.sources),
            {**merged.clauses, **part.clauses},
            (*merged.rules, *part.rules),
            {**merged.having, **part.having},
            tuple(dict.fromkeys((*merged.unknown, *part.unknown))),
            max(merged.groups, part.groups),
            merged.needed and part.needed,
            merged.grouped_by or part.grouped_by,
        )
    return merged


def settled(found: Population) -> Population:
    kept = without_implied(dict(found.clauses))
    return replace(found, clauses={text_of(each): each for each in kept})
