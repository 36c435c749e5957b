"""Which rows reach a dataset, as a contract writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from spark_lineage.answers.contracts.normal import clauses, normal
from spark_lineage.answers.contracts.population import Population, Rule, filtered, ranked, ruled, settled, tables_of
from spark_lineage.answers.contracts.sources import NotNamed, Sources
from spark_lineage.answers.contracts.texts import Expression, NotReadable, columns_of, has, text_of

ONE_ROW_PER, AT_MOST = "one_row_per", "at_most"  # how a contract writes deduplications and limits
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
            made = ruled(made, rule) if rule.kind != "limit" else _limited(made, rule)
            continue
        for each in clauses(part, sources.types):
            by_rank = ranked(each, frozenset(tables_of(each))) if has(each, exp.Window) else None
            made = ruled(made, by_rank) if by_rank is not None else filtered(made, [each], "the contract")
    return settled(made)


def _limited(made: Population, rule: Rule) -> Population:
    """A limit is on the rows of the dataset itself, which may be groups."""
    limited = ruled(made, rule)
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
