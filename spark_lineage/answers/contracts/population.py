"""Which rows reach a dataset, in normal form: recorded by the operators of the steps, or written in a contract.

Rows are those of the sources that are joined by inner joins: a row of each. ``clauses`` must all be true of it. What is
no condition on single rows stands in ``rules``: joins of other kinds, one row per key, limits, samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from spark_lineage.answers.contracts.normal import clauses, normal, rejects_null, without_implied
from spark_lineage.answers.contracts.sources import NotFollowed, NotNamed, Sources
from spark_lineage.answers.contracts.texts import Expression, NotReadable, columns_of, has, is_aggregated, text_of
from spark_lineage.graph.row_conditions import Decider, walked

ONE_ROW_PER, AT_MOST = "one_row_per", "at_most"  # how a contract writes deduplications and limits
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
        links = [frozenset(_tables(each)) for each in self.clauses.values()]
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


# --------------------------------------------------------------------------- what was recorded


def recorded(root: Decider, sources: Sources) -> Population:
    found: dict[int, Population] = {}
    for decider in walked(root):
        found[id(decider)] = _Recorded(sources, decider, [found[id(below)] for below in decider.reads]).population()
    return _settled(found[id(root)])


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
            whole = below or _both(self._reads)
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
            return _ruled(below, Rule(decider.kind or "limit", keys=(decider.condition or "?",)))
        if op == "sample":
            return _ruled(below, Rule("sample"))
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
        return _ruled(below, Rule("one row per", keys=tuple(sorted(map(text_of, keys))), through=through))

    def _of_several(self) -> Population:
        decider, kind = self._decider, self._decider.kind or "inner"
        if decider.op != "join":
            return _both(self._reads).but(f"a {decider.op} in {decider.dataset} puts rows together", needed=False)
        left, right = self._reads[0], self._reads[1]
        conditions = self._condition() if decider.condition is not None else []
        return with_join(left, right, kind, conditions, decider.dataset)


def filtered(below: Population, conditions: Iterable[Expression], where: str) -> Population:
    """Rows that conditions leave."""
    made = below
    for each in conditions:
        if has(each, exp.Window):
            made = _ruled(made, _ranked(each))
        elif is_aggregated(each):
            made = replace(made, having={**made.having, text_of(each): each})
        else:
            rows = {**made.clauses, text_of(each): each}
            rules = tuple(rule for rule in made.rules if not _undone(rule, each, rows))
            full = [f"{where} filters after a full outer join" for rule in rules if rule.kind == "full"]
            made = replace(made, clauses=rows, rules=rules).but(*full)
    return made


def _ranked(condition: Expression, of: frozenset[str] = frozenset()) -> Rule:
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


def _ruled(below: Population, rule: Rule) -> Population:
    of = rule.of or frozenset(below.sources)
    kept = without_implied(dict(below.clauses))
    after = [text_of(each) for each in kept if _tables(each) <= of and not columns_of(each) <= rule.through]
    return replace(below, rules=(*below.rules, replace(rule, of=of, after=tuple(after), level=below.groups)))


def _tables(tree: Expression) -> set[str]:
    return {alias for alias, _ in columns_of(tree)}


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
    both = _both((left, right)).but(*_twice(left.sources, right.sources, where), needed=False)
    if left.groups or right.groups:
        both = both.but(f"{where} joins rows with groups")
    return filtered(both, conditions, where)


def _twice(left: Sequence[str], right: Sequence[str], where: str) -> tuple[str, ...]:
    again = sorted(set(left) & set(right))
    return (f"{where} joins a source with itself: which of both a column is of is not recorded",) if again else ()


def _both(parts: Sequence[Population]) -> Population:
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


def _settled(found: Population) -> Population:
    kept = without_implied(dict(found.clauses))
    return replace(found, clauses={text_of(each): each for each in kept})


# --------------------------------------------------------------------------- what a contract says

JOIN = re.compile(r"\s*((left|right|full|inner|cross)(\s+(outer|semi|anti))?\s+)?join\s", re.IGNORECASE)


def contracted(
    text: str | None, joins: Sequence[str], among: Sequence[str], sources: Sources, level: int = 0
) -> Population:
    """The rows that a contract means; ``among``: aliases of the sources that its names may mean.

    Conditions are read in their order: those before ``one_row_per`` hold of the rows among which it chooses. ``level``:
    how often the rows of the dataset are grouped. Raises NotReadable and :class:`NotNamed`.
    """
    made = Population(tuple(among))
    rules: list[Rule] = []
    for join in joins:
        kind, of, conditions = _join(join, among, sources)
        if kind == "inner" and not conditions:
            made = replace(made, beside=made.beside | {of})
        elif kind == "inner":
            made = filtered(made, conditions, "the contract")
        else:
            rules.append(Rule(kind, frozenset([of]), tuple(conditions)))
    made = replace(made, rules=tuple(rules))
    tree = sources.contracted(text, among) if text is not None else exp.Boolean(this=True)
    for part in tree.flatten() if isinstance(tree, exp.And) else [tree]:  # in the order in which they are written
        rule = _rule(part, level, sources)
        if rule is not None:
            made = _ruled(made, rule) if rule.kind != "limit" else _limited(made, rule)
            continue
        for each in clauses(part, sources.types):
            ranked = _ranked(each, frozenset(_tables(each))) if has(each, exp.Window) else None
            made = _ruled(made, ranked) if ranked is not None else filtered(made, [each], "the contract")
    return _settled(made)


def _limited(made: Population, rule: Rule) -> Population:
    """A limit is on the rows of the dataset itself, which may be groups."""
    limited = _ruled(made, rule)
    return replace(limited, rules=(*limited.rules[:-1], replace(limited.rules[-1], level=rule.level)))


def _rule(part: Expression, level: int, sources: Sources) -> Rule | None:
    bare = part.unnest()
    if not isinstance(bare, exp.Anonymous):
        return None
    if bare.name.lower() == ONE_ROW_PER:
        keys = [normal(each, sources.types) for each in bare.expressions]
        of = frozenset(alias for key in keys for alias, _ in columns_of(key))
        through = frozenset(column for key in keys if isinstance(key, exp.Column) for column in columns_of(key))
        return Rule("one row per", of, (), tuple(sorted(map(text_of, keys))), through)
    if bare.name.lower() == AT_MOST:
        return Rule("limit", keys=tuple(text_of(each) for each in bare.expressions), level=level)
    return None


def _join(text: str, among: Sequence[str], sources: Sources) -> tuple[str, str, list[Expression]]:
    """(kind, alias of what is joined, condition) of ``left join customers on …``."""
    if not JOIN.match(text):
        raise NotReadable("write a join as in: left join customers on orders.customer_id = customers.id")
    try:
        tree = parse_one(f"SELECT 1 FROM x {text}", dialect="spark")
    except SqlglotError as error:
        raise NotReadable(str(error).split(". Line")[0]) from None
    found = tree.args.get("joins") or []
    if len(found) != 1 or not isinstance(found[0].this, exp.Table):
        raise NotReadable("write one join as in: left join customers on orders.customer_id = customers.id")
    join = found[0]
    name = ".".join(part.name for part in join.this.parts)
    meant = sources.named(name, among)
    if len(meant) != 1:
        raise NotNamed(f"{name} is no source that the metric is made from, or several")
    on = join.args.get("on")
    if join.args.get("using"):
        raise NotReadable("write the condition of a join with on, not with using")
    conditions = clauses(sources.contracted(text_of(on), among), sources.types) if on is not None else []
    words = " ".join(filter(None, [join.side, join.kind])).lower()
    kind = {"left": "left", "left outer": "left", "full": "full", "full outer": "full", "left semi": "semi",
            "semi": "semi", "left anti": "anti", "anti": "anti", "": "inner", "inner": "inner",
            "cross": "inner"}.get(words)  # fmt: skip
    if kind is None:
        raise NotReadable(f"a {words} join cannot be written here: turn it into a left join")
    return kind, meant[0], conditions
