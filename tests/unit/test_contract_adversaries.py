"""Programs that look like what a contract means and do something else are never called equal; nor the others different.

Each was written to break the comparison: NULL and NaN, types and casts, duplicates, outer joins, groups of groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from small_plans import filtered, grouped, made, op, reading, source
from test_contracts import condition, told, value
from test_explain import graph

from spark_lineage.answers.check.results import Status
from spark_lineage.answers.contracts.texts import NotReadable, parsed
from spark_lineage.model import Dataset, LineageGraph

ORDERS = source(
    "orders", id="int", customer="int", amount="double", price="decimal(12,2)", status="string", day="date",
    at="timestamp", paid="boolean", quantity="int",
)  # fmt: skip
CUSTOMERS = source("customers", key="int", segment="string", vip="boolean")
RATES = source("rates", rate="double")

# ---- expressions

CONDITIONS = [
    ("s.b is not true", "s.b is not null"),
    ("s.b is not true", "not s.b"),
    ("s.b is not true and s.b is not null", "s.b is not true"),
    ("s.b is true", "s.b is not null"),
    ("(s.a > 1) is not false", "s.a > 1"),
    ("s.t in ('01', 1)", "s.t = '01' or s.t = 1"),
    ("s.t not in ('01', 1)", "s.t <> '01' and s.t <> 1"),
    ("s.t = 1", "s.t = '1'"),
    ("s.a = '1'", "s.a = 1"),
    ("try_cast(s.t as int) > 3", "cast(s.t as int) > 3"),
    ("try_cast(s.a as tinyint) = 1", "cast(s.a as tinyint) = 1"),
    ("cast(s.l as int) = 1", "s.l = 1"),
    ("s.a not in (1, null)", "s.a <> 1"),
    ("s.a <=> null", "s.a = null"),
    ("s.a is not distinct from s.l", "s.a = s.l"),
    ("isnan(s.x)", "s.x <> s.x"),
    ("coalesce(s.a, 0) = 0", "s.a = 0"),
    ("not (s.a = 1 and s.b)", "s.a <> 1 and not s.b"),
    ("s.a = 1 or s.a is null", "s.a = 1"),
    ("s.a not in (1) or s.a not in (2)", "s.a not in (1, 2)"),
    ("s.d < '2024-02-01 12:00:00'", "s.d <= '2024-01-31'"),
    ("s.d < date '2024-02-01' + interval '36' hour", "s.d < '2024-02-02'"),
    ("s.at <= '2024-01-31'", "s.at < '2024-02-01'"),
    ("s.m < 6", "s.m <= 5"),
    ("s.l < 6.5", "s.l <= 5.5"),
    ("s.t = 'a '", "s.t = 'a'"),
    ("s.t = ''", "s.t is null"),
    ("s.t ilike 'promo%'", "s.t like 'PROMO%'"),
    ("s.t like 'a!%' escape '!'", "startswith(s.t, 'a!')"),
    ("s.t like any ('a%', 'b%')", "s.t like 'a%'"),
]
VALUES = [
    ("count(1, s.a)", "count(*)"),
    ("count(s.a, s.t)", "count(s.a)"),
    ("count(distinct s.a, s.t)", "count(distinct s.a)"),
    ("sum(distinct s.x)", "sum(s.x)"),
    ("avg(s.x)", "sum(s.x) / count(*)"),
    ("count(s.x) filter (where s.b)", "count_if(s.b)"),
    ("s.a div 2", "s.a / 2"),
    ("s.a % 2", "s.a / 2"),
    ("s.x / s.x", "1"),
    ("s.x * 0", "0"),
    ("s.a - s.a", "0"),
    ("try_divide(s.x, s.m)", "s.x / s.m"),
    ("cast(s.m as decimal(12,0))", "s.m"),
    ("sum(cast(s.x as decimal(10,2)))", "cast(sum(s.x) as decimal(10,2))"),
    ("sum(round(s.x, 2))", "round(sum(s.x), 2)"),
    ("sum(cast(s.x as float))", "sum(s.x)"),
    ("to_date(s.t)", "try_cast(s.t as date)"),
    ("cast(s.t as timestamp_ntz)", "cast(s.t as timestamp)"),
    ("nanvl(s.x, 0)", "coalesce(s.x, 0)"),
    ("nullif(s.x, 0)", "s.x"),
    ("decode(s.t, null, 1, 2)", "case s.t when null then 1 else 2 end"),
    ("if(s.b, 1, 0)", "if(not s.b, 0, 1)"),
    ("lag(s.x) ignore nulls over (order by s.d)", "lag(s.x) over (order by s.d)"),
    ("row_number() over (order by s.d nulls last)", "row_number() over (order by s.d)"),
    ("datediff(s.d, s.at)", "datediff(s.at, s.d)"),
    ("date_format(s.d, 'yyyy-MM')", "date_format(s.d, 'yyyy-mm')"),
    ("concat(s.t, 'x')", "concat('x', s.t)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), CONDITIONS)
def test_conditions_that_only_look_alike(one: str, other: str) -> None:
    assert condition(one) != condition(other)


@pytest.mark.parametrize(("one", "other"), VALUES)
def test_values_that_only_look_alike(one: str, other: str) -> None:
    assert value(one) != value(other)


def test_a_truth_value_as_spark_records_it() -> None:
    assert condition("s.b is not true") == condition("not (s.b <=> true)")
    assert condition("s.b is true") == condition("s.b <=> true")


@pytest.mark.parametrize(
    "text", ["rand() < 0.5", "amount > randn(3)", "uuid() = status", "monotonically_increasing_id() < 9"]
)
def test_values_that_are_others_each_time_are_never_equal(text: str) -> None:
    of = graph(ORDERS, filtered("some", ORDERS, f"({text})"))
    assert told(of, "some.amount", population="amount > 0")["population"].status is not Status.PASSED
    with pytest.raises(NotReadable, match="another each time"):
        parsed(text)


def test_years_of_weeks_are_not_read_as_years() -> None:
    with pytest.raises(NotReadable, match="YYYY"):
        parsed("date_format(s.d, 'YYYY-MM-dd')")
    assert value("date_trunc('YYYY', s.at)") == value("date_trunc('yyyy', s.at)")


# ---- populations

Said = Mapping[str, Any]
PAID = filtered("paid", ORDERS, "(status = 'paid')")
ON = "(customer = key)"
JOIN = "customers on orders.customer = customers.key"


def joined(kind: str, left: Dataset, right: Dataset, on: str = ON, then: str | None = None) -> list[Dataset]:
    both = [left, right]
    plan = [*reading(*both), op("join", 0, 1, of=both, kind=kind, condition=on)]
    if then is not None:
        plan.append(op("filter", 2, of=both, condition=then))
    kept = {c.name: c.name for each in both for c in each.columns}
    if kind in ("left semi", "left anti"):
        kept = {c.name: c.name for c in left.columns}
    return [left, right, made("joined", both, plan, kept)]


def plain(name: str, of: Dataset, *operators: Any, columns: Mapping[str, str] | None = None) -> Dataset:
    return made(name, [of], [*reading(of), *operators], columns)


def total(*datasets: Dataset, by: Mapping[str, str] | None = None, what: str = "sum(amount)") -> LineageGraph:
    """The run with one more step: what the last of these is grouped to."""
    sources = [each for each in (ORDERS, CUSTOMERS) if each not in datasets]
    return graph(*sources, *datasets, grouped("total", datasets[-1], by or {}, {"v": what}))


ALL = {column.name: column.name for column in ORDERS.columns}
UNIQUE = op("deduplicate", 0, of=[ORDERS], kind="rows", keys={"id": "id"})
RANKED = "(row_number() OVER (PARTITION BY customer ORDER BY day {}) = 1)"
ADVERSARIES: dict[str, tuple[LineageGraph, Said]] = {
    "a cross join multiplies rows": (
        total(*joined("cross", ORDERS, RATES, "true")),
        {"population": "true", "definition": "sum(amount)"},
    ),
    "an inner join on nothing multiplies rows": (
        total(*joined("inner", ORDERS, RATES, "true")),
        {"population": "true"},
    ),
    "a left join multiplies rows": (total(*joined("left outer", ORDERS, CUSTOMERS)), {"population": "true"}),
    "a right join keeps rows without partner": (
        total(*joined("right outer", ORDERS, CUSTOMERS)),
        {"population": "true", "joins": (f"left join {JOIN}",)},
    ),
    "a full join": (
        total(*joined("full outer", ORDERS, CUSTOMERS)),
        {"population": "true", "joins": (f"left join {JOIN}",)},
    ),
    "a semi join counts a row once": (
        total(*joined("left semi", ORDERS, CUSTOMERS)),
        {"joins": (f"join {JOIN}",), "population": "true"},
    ),
    "an inner join counts a row once for each partner": (
        total(*joined("inner", ORDERS, CUSTOMERS)),
        {"joins": (f"left semi join {JOIN}",), "population": "true"},
    ),
    "a condition that is true for NULL undoes no outer join": (
        total(*joined("left outer", ORDERS, CUSTOMERS, then="(NOT (vip <=> true))")),
        {"population": "vip is not true and orders.customer = customers.key"},
    ),
    "is not true is not is not null": (
        total(*joined("left outer", ORDERS, CUSTOMERS, then="(NOT vip IS TRUE)")),
        {"population": "vip is not true and orders.customer = customers.key"},
    ),
    "coalesce undoes no outer join": (
        total(*joined("left outer", ORDERS, CUSTOMERS, then="(coalesce(vip, true) = true)")),
        {"population": "coalesce(vip, true) = true and orders.customer = customers.key"},
    ),
    "a condition of the join is none of the rows": (
        total(*joined("left outer", ORDERS, CUSTOMERS, "((customer = key) AND (segment = 'B'))")),
        {"population": "segment = 'B'", "joins": (f"left join {JOIN}",)},
    ),
    "a condition of the rows is none of the join": (
        total(*joined("left outer", ORDERS, CUSTOMERS, then="((segment = 'B') OR (segment IS NULL))")),
        {"population": "true", "joins": (f"left join {JOIN} and customers.segment = 'B'",)},
    ),
    "rows without partner": (
        total(*joined("left outer", ORDERS, CUSTOMERS, then="(key IS NULL)")),
        {"population": "true", "joins": (f"join {JOIN}",)},
    ),
    "an anti join with less": (
        total(*joined("left anti", ORDERS, CUSTOMERS, "((customer = key) AND (segment = 'B'))")),
        {"population": "true", "joins": (f"left anti join {JOIN}",)},
    ),
    "groups that are joined with several": (
        graph(
            *joined("left outer", grouped("sums", ORDERS, {"customer": "customer"}, {"v": "sum(amount)"}), CUSTOMERS),
            ORDERS,
        ),
        {"name": "joined.v", "population": "true", "joins": (f"left join {JOIN}",), "definition": "sum(amount)"},
    ),
    "a joined source without duplicates": (
        total(
            *joined(
                "inner",
                ORDERS,
                plain("unique", CUSTOMERS, op("deduplicate", 0, of=[CUSTOMERS], kind="rows", keys={"key": "key"})),
            ),
        ),
        {"population": "true", "joins": (f"join {JOIN}",)},
    ),
    "a joined source with duplicates": (
        total(*joined("inner", ORDERS, CUSTOMERS)),
        {"population": "one_row_per(customers.key)", "joins": (f"join {JOIN}",)},
    ),
    "the deduplication stands before the filter": (
        total(plain("chosen", ORDERS, UNIQUE, op("filter", 1, of=[ORDERS], condition="(status = 'paid')"))),
        {"population": "status = 'paid' and one_row_per(id)"},
    ),
    "a limit stands before the filter": (
        total(
            plain(
                "few",
                ORDERS,
                op("limit", 0, of=[ORDERS], condition="10"),
                op("filter", 1, of=[ORDERS], condition="(status = 'paid')"),
            )
        ),
        {"population": "status = 'paid' and at_most(10)"},
    ),
    "a limit of rows is none of groups": (
        total(plain("few", ORDERS, op("limit", 0, of=[ORDERS], condition="10")), by={"day": "day"}),
        {"population": "at_most(10)"},
    ),
    "a sample": (total(plain("some", ORDERS, op("sample", 0))), {"population": "true"}),
    "distinct rows": (
        total(plain("chosen", ORDERS, op("deduplicate", 0, of=[ORDERS], kind="rows", keys=ALL))),
        {"population": "one_row_per(id)"},
    ),
    "the first by rank is the last": (
        total(
            plain(
                "chosen",
                ORDERS,
                op(
                    "deduplicate",
                    0,
                    of=[ORDERS],
                    kind="row_number",
                    condition=RANKED.format("ASC"),
                    keys={"customer": "customer"},
                ),
            )
        ),
        {"population": "row_number() over (partition by customer order by day desc) = 1"},
    ),
    "ties are kept": (
        total(
            plain(
                "chosen",
                ORDERS,
                op(
                    "deduplicate",
                    0,
                    of=[ORDERS],
                    kind="rank",
                    condition=RANKED.format("ASC").replace("row_number", "rank"),
                    keys={"customer": "customer"},
                ),
            )
        ),
        {"population": "row_number() over (partition by customer order by day) = 1"},
    ),
    "rows come twice": (
        total(made("twice", [ORDERS, PAID], [*reading(ORDERS, PAID), op("union", 0, 1)], {"amount": "orders.amount"})),
        {"population": "true"},
    ),
    "rows are exploded": (
        total(plain("many", ORDERS, op("generate", 0, of=[ORDERS], condition="explode(sequence(1, quantity))"))),
        {"population": "true"},
    ),
    "groups of groups": (
        total(ORDERS, grouped("days", ORDERS, {"day": "day"}, {"amount": "max(amount)"})),
        {"definition": "sum(amount)"},
    ),
    "a condition on groups is none on rows": (
        graph(
            ORDERS,
            sums := grouped("sums", ORDERS, {"day": "day"}, {"v": "sum(amount)"}),
            plain("big", sums, op("filter", 0, of=[sums], condition="(v > 100.0)")),
        ),
        {"name": "big.v", "population": "amount > 100"},
    ),
    "NULL is a group of its own": (
        total(ORDERS, by={"status": "coalesce(status, 'none')"}),
        {"grain": ("orders.status",)},
    ),
    "days are no months": (total(ORDERS, by={"m": "trunc(day, 'month')"}), {"grain": ("orders.day",)}),
    "texts in small letters": (total(ORDERS, by={"s": "lower(status)"}), {"grain": ("orders.status",)}),
    "one key more": (total(ORDERS, by={"day": "day", "status": "status"}), {"grain": ("day",)}),
    "no key": (total(ORDERS), {"grain": ("orders.day",)}),
    "a constant key": (total(ORDERS, by={"k": "1"}), {"grain": ("orders.day",)}),
}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_programs_that_only_look_alike(name: str) -> None:
    of, said = ADVERSARIES[name]
    found = told(of, said.get("name", "total.v"), **{part: text for part, text in said.items() if part != "name"})
    assert {each.status for each in found.values()} != {Status.PASSED}, found


# ---- what is the same, and does not look so: it may not be told, and is never called different

PARTNER = joined("left outer", ORDERS, CUSTOMERS)
HARMLESS: dict[str, tuple[LineageGraph, Said]] = {
    "nothing is divided by zero": (
        total(ORDERS, what="sum((amount / quantity))"),
        {"definition": "sum(case when quantity = 0 then null else amount / quantity end)"},
    ),
    "a mean": (total(ORDERS, what="avg(amount)"), {"definition": "sum(amount) / count(amount)"}),
    "characters are counted from 1": (
        total(filtered("some", ORDERS, "(substring(status, 0, 2) = 'pa')")),
        {"population": "substring(status, 1, 2) = 'pa'"},
    ),
    "a condition that is not evaluated decides": (
        total(filtered("some", ORDERS, "(status RLIKE '^open')"), what="count(CASE WHEN (status = 'paid') THEN 1 END)"),
        {"definition": "count(case when status = 'void' then 1 end)"},
    ),
    "a row without partner has no key": (
        total(*PARTNER, what="sum(CASE WHEN (key = customer) THEN amount ELSE 0.0 END)"),
        {"definition": "sum(case when customers.key is null then 0 else amount end)"},
    ),
    "years and days": (total(filtered("some", ORDERS, "(year(day) >= 2024)")), {"population": "day >= '2024-01-01'"}),
    "months and moments": (
        total(filtered("some", ORDERS, "(date_trunc('month', at) = TIMESTAMP '2024-01-01 00:00:00')")),
        {"population": "at >= '2024-01-01' and at < '2024-02-01'"},
    ),
    "halves": (total(filtered("some", ORDERS, "((quantity / 2) > 1)")), {"population": "quantity > 2"}),
    "small and large letters": (
        total(filtered("some", ORDERS, "(upper(status) = 'PAID')")),
        {"population": "lower(status) = 'paid'"},
    ),
    "an empty text": (total(filtered("some", ORDERS, "(length(status) = 0)")), {"population": "status = ''"}),
    "a list with NULL": (total(filtered("some", ORDERS, "(quantity IN (1, NULL))")), {"population": "quantity = 1"}),
    "no row is left by either": (
        total(filtered("some", ORDERS, "(quantity NOT IN (1, NULL))")),
        {"population": "quantity = 1 and quantity = 2"},
    ),
    "a key and what it is made from": (
        total(ORDERS, by={"day": "day", "m": "trunc(day, 'month')"}),
        {"grain": ("orders.day",)},
    ),
    "a constant is no key": (total(ORDERS, by={"k": "1", "day": "day"}), {"grain": ("orders.day",)}),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_the_same_is_never_different(name: str) -> None:
    of, said = HARMLESS[name]
    found = told(of, "total.v", **said)
    assert Status.FAILED not in {each.status for each in found.values()}, found
