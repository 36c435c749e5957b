"""Plans of metrics of the localisation suite and of TPC-H: as meant, with one mistake each, and rewritten harmlessly.

Each is the plan that Spark records for the statement of that name in ``tests/programs/contracted.py``, step by step,
with conditions as the plans have them: over the columns of the step's inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from small_plans import made, op, reading, source
from test_explain import graph

from spark_lineage.model import Dataset, LineageGraph

SOURCES = {
    "orders.csv": source(
        "orders", order_id="int", shop="string", product="string", quantity="int", price="double", discount="int",
        sold_at="timestamp", status="string", updated_at="timestamp",
    ),
    "shops": source("shops", shop="string", region="string"),
    "claims": source(
        "claims", claim_id="int", member_id="int", service_date="date", billed="double", copay="double", status="string",
        line="int",
    ),
    "members": source("members", member_id="int", region="string", insured_from="date", insured_until="date"),
    "east": source("east", call_id="bigint", caller="string", attempt="int", seconds="int"),
    "blocked": source("blocked", caller="string", reason="string"),
    "lineitem": source(
        "lineitem", l_orderkey="bigint", l_partkey="bigint", l_linenumber="int", l_quantity="decimal(15,2)",
        l_extendedprice="decimal(15,2)", l_discount="decimal(15,2)", l_returnflag="string", l_linestatus="string",
        l_shipdate="date", l_commitdate="date", l_receiptdate="date", l_shipmode="string",
    ),
    "orders": source(
        "orders", o_orderkey="bigint", o_custkey="bigint", o_orderdate="date", o_shippriority="int", o_orderpriority="string",
    ),
    "customer": source("customer", c_custkey="bigint", c_mktsegment="string"),
    "part": source("part", p_partkey="bigint", p_type="string", p_brand="string", p_container="string"),
}  # fmt: skip
Parts = Mapping[str, Any]

#: What each program does: steps in order, then the keys and the value of the grouping.
PROGRAMS: dict[str, Parts] = {
    "retail": {
        "of": "orders.csv",
        "steps": [
            ("rank", "(row_number() OVER (PARTITION BY order_id ORDER BY updated_at DESC) = 1)", {"order_id": "order_id"}),
            ("filter", "((quantity >= 1) AND (NOT (status IN ('cancelled', 'test'))))"),
            ("left outer", "shops", "(orders.shop = shops.shop)"),
        ],
        "keys": {"region": "coalesce(region, 'unknown')", "week": "date_trunc('week', sold_at)"},
        "value": "sum(((quantity * price) * (1 - (discount / 100))))",
    },
    "claims_as_meant": {
        "of": "claims",
        "steps": [
            ("filter", "(status IN ('paid', 'approved'))"),
            ("rows", {"claim_id": "claim_id", "line": "line"}),
            ("inner", "members", "(claims.member_id = members.member_id)"),
            ("filter", "((service_date >= insured_from) AND (service_date <= insured_until))"),
        ],
        "keys": {"region": "region", "month": "trunc(service_date, 'month')"},
        "value": "sum((billed - coalesce(copay, 0.0)))",
    },
    "telecom": {
        "of": "east",
        "steps": [
            ("rows", {"call_id": "call_id", "attempt": "attempt"}),
            ("filter", "(attempt = 1)"),
            ("filter", "(seconds > 0)"),
            ("left anti", "blocked", "(east.caller = blocked.caller)"),
        ],
        "keys": {"caller": "caller"},
        "value": "sum(seconds)",
    },
    "pricing": {
        "of": "lineitem",
        "steps": [("filter", "(l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY)")],
        "keys": {"l_returnflag": "l_returnflag", "l_linestatus": "l_linestatus"},
        "value": "sum((l_extendedprice * (1 - l_discount)))",
    },
    "shipping": {
        "of": "lineitem",
        "steps": [
            ("inner", "orders", "(l_orderkey = o_orderkey)"),
            ("inner", "customer", "(c_custkey = o_custkey)"),
            ("filter", "(((c_mktsegment = 'BUILDING') AND (o_orderdate < DATE '1995-03-15')) "
                       "AND (l_shipdate > DATE '1995-03-15'))"),
        ],
        "keys": {"l_orderkey": "l_orderkey", "o_orderdate": "o_orderdate", "o_shippriority": "o_shippriority"},
        "value": "sum((l_extendedprice * (1 - l_discount)))",
    },
    "forecast": {
        "of": "lineitem",
        "steps": [
            ("filter", "((l_shipdate >= DATE '1994-01-01') AND (l_shipdate < DATE '1994-01-01' + INTERVAL '1' YEAR))"),
            ("filter", "(((l_discount >= (0.06 - 0.01)) AND (l_discount <= (0.06 + 0.01))) AND (l_quantity < 24))"),
        ],
        "keys": {},
        "value": "sum((l_extendedprice * l_discount))",
    },
    "modes": {
        "of": "lineitem",
        "steps": [
            ("inner", "orders", "(o_orderkey = l_orderkey)"),
            ("filter", "((l_shipmode IN ('MAIL', 'SHIP')) AND (l_commitdate < l_receiptdate))"),
            ("filter", "(l_shipdate < l_commitdate)"),
            ("filter", "((l_receiptdate >= DATE '1994-01-01') AND (l_receiptdate < DATE '1995-01-01'))"),
        ],
        "keys": {"l_shipmode": "l_shipmode"},
        "value": "sum(CASE WHEN ((o_orderpriority = '1-URGENT') OR (o_orderpriority = '2-HIGH')) THEN 1 ELSE 0 END)",
    },
    "promotion": {
        "of": "lineitem",
        "steps": [
            ("inner", "part", "(l_partkey = p_partkey)"),
            ("filter", "((l_shipdate >= DATE '1995-09-01') AND (l_shipdate < DATE '1995-09-01' + INTERVAL '1' MONTH))"),
        ],
        "keys": {"p_brand": "p_brand"},
        "value": "sum(CASE WHEN (p_type LIKE 'PROMO%') THEN (l_extendedprice * (1 - l_discount)) ELSE 0 END)",
    },
    "statuses": {
        "of": "claims",
        "steps": [("filter", "((billed > 100.0) AND (status IS NOT NULL))")],
        "keys": {"status": "status"},
        "value": "count(copay)",
    },
}  # fmt: skip


def steps(name: str, **changed: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The steps of a program with some replaced, by their number: ``_1``."""
    return [changed.get(f"_{number}", step) for number, step in enumerate(PROGRAMS[name]["steps"])]


VARIANTS: dict[str, Parts] = {
    "retail_d": {"value": "sum(((quantity * price) * (1 - (discount / 1000))))"},
    "retail_p": {"steps": steps("retail", _1=("filter", "((quantity > 1) AND (NOT (status IN ('cancelled', 'test'))))"))},
    "retail_g": {"steps": steps("retail", _2=("inner", "shops", "(orders.shop = shops.shop)"))},
    "retail_1": {"steps": [
        PROGRAMS["retail"]["steps"][0], ("filter", "(NOT (status IN ('test', 'cancelled')))"), ("filter", "(quantity > 0)"),
        PROGRAMS["retail"]["steps"][2],
    ]},
    "retail_2": {
        "steps": steps("retail", _1=("filter", "(NOT (((status = 'test') OR (quantity < 1)) OR (status = 'cancelled')))")),
        "value": "sum((((1 - (discount / 100)) * price) * quantity))",
    },
    "retail_3": {
        "steps": steps("retail", _1=("filter", "((status <> 'cancelled') AND (1 <= quantity) AND (status <> 'test'))"),
                       _2=("left outer", "shops", "(shops.shop = orders.shop)")),
        "keys": {"region": "CASE WHEN (region IS NULL) THEN 'unknown' ELSE region END",
                 "week": "date_trunc('WEEK', sold_at)"},
        "value": "sum(((CAST(quantity AS INT) * price) * (1 - (discount / 100))))",
    },
    "claims_d": {"value": "sum((billed - copay))"},
    "claims_p": {"steps": steps("claims_as_meant", _0=("filter", "(status IN ('paid', 'approved', 'pending'))"))},
    "claims_g": {"steps": steps("claims_as_meant", _1=("rows", {"claim_id": "claim_id"}))},
    "claims_1": {
        "steps": steps("claims_as_meant", _0=("filter", "(status IN ('approved', 'paid'))"),
                       _3=("filter", "((insured_until >= service_date) AND (service_date >= insured_from))")),
        "value": "sum((billed - CASE WHEN (copay IS NULL) THEN 0.0 ELSE copay END))",
    },
    "claims_2": {"steps": steps("claims_as_meant", _0=("filter", "((status = 'paid') OR (status = 'approved'))"),
                                _1=("rows", {"line": "line", "claim_id": "claim_id"}))},
    "claims_3": {
        "steps": steps("claims_as_meant", _0=("filter", "(NOT ((status <> 'paid') AND (status <> 'approved')))"),
                       _3=("filter", "((service_date >= insured_from) AND (NOT (service_date > insured_until)))")),
        "value": "sum((billed - nvl(copay, 0)))",
    },
    "telecom_d": {"value": "max(seconds)"},
    "telecom_p": {"steps": steps("telecom", _2=("filter", "(seconds > 1)"))},
    "telecom_g": {"steps": steps("telecom", _3=("left semi", "blocked", "(east.caller = blocked.caller)"))},
    "telecom_1": {"steps": [
        ("rows", {"attempt": "attempt", "call_id": "call_id"}), ("filter", "((attempt = 1) AND (seconds >= 1))"),
        PROGRAMS["telecom"]["steps"][3],
    ]},
    "telecom_2": {
        "steps": [*PROGRAMS["telecom"]["steps"][:2], PROGRAMS["telecom"]["steps"][3], ("filter", "(NOT (seconds <= 0))")],
        "value": "sum(CAST(seconds AS BIGINT))",
    },
    "telecom_3": {"steps": steps("telecom", _2=("filter", "(0 < seconds)"),
                                 _3=("left anti", "blocked", "(blocked.caller = east.caller)"))},
    "pricing_d": {"value": "sum((l_extendedprice * (1 + l_discount)))"},
    "pricing_p": {"steps": [("filter", "(l_shipdate < DATE '1998-12-01' - INTERVAL '90' DAY)")]},
    "pricing_g": {"keys": {"l_returnflag": "l_returnflag"}},
    "pricing_1": {
        "steps": [("filter", "(NOT (l_shipdate > DATE '1998-09-02'))")], "value": "sum(((1 - l_discount) * l_extendedprice))",
        "keys": {"l_linestatus": "l_linestatus", "l_returnflag": "l_returnflag"},
    },
    "pricing_2": {"steps": [("filter", "(DATE '1998-09-03' > l_shipdate)")]},
    "pricing_3": {"steps": [("filter", "(CAST(l_shipdate AS DATE) <= '1998-09-02')")]},
    "shipping_d": {"value": "sum(l_extendedprice)"},
    "shipping_p": {"steps": steps("shipping", _2=(
        "filter", "((c_mktsegment = 'BUILDING') AND (o_orderdate <= DATE '1995-03-15') AND (l_shipdate > DATE '1995-03-15'))",
    ))},
    "shipping_g": {"steps": steps("shipping", _1=("inner", "customer", "(c_custkey = o_orderkey)"))},
    "shipping_1": {"steps": [
        ("inner", "orders", "(o_orderkey = l_orderkey)"), ("filter", "(o_orderdate < '1995-03-15')"),
        ("inner", "customer", "(o_custkey = c_custkey)"),
        ("filter", "((c_mktsegment IN ('BUILDING')) AND (l_shipdate > DATE '1995-03-15'))"),
    ]},
    "shipping_2": {"steps": [
        ("filter", "(l_shipdate >= DATE '1995-03-16')"), ("inner", "orders", "(l_orderkey = o_orderkey)"),
        ("inner", "customer", "(c_custkey = o_custkey)"),
        ("filter", "((o_orderdate <= DATE '1995-03-14') AND (c_mktsegment = 'BUILDING'))"),
    ], "value": "sum(((1 - l_discount) * l_extendedprice))"},
    "shipping_3": {"value": "sum((l_extendedprice - (l_extendedprice * l_discount)))"},
    "forecast_d": {"value": "avg((l_extendedprice * l_discount))"},
    "forecast_p": {"steps": steps("forecast", _1=("filter", "((l_discount BETWEEN 0.05 AND 0.06) AND (l_quantity < 24))"))},
    "forecast_g": {"keys": {"l_linenumber": "l_linenumber"}},
    "forecast_1": {"steps": [
        ("filter", "((l_discount >= 0.05) AND (l_discount <= 0.07) AND (l_quantity < 24))"),
        ("filter", "((l_shipdate >= '1994-01-01') AND (l_shipdate <= '1994-12-31'))"),
    ]},
    "forecast_2": {
        "steps": steps("forecast", _1=("filter", "((NOT ((l_discount < 0.05) OR (l_discount > 0.07))) AND (l_quantity < 24))")),
        "value": "sum((l_discount * l_extendedprice))",
    },
    "forecast_3": {"value": "sum((l_extendedprice * CAST(l_discount AS DECIMAL(15,2))))"},
    "modes_d": {"value": "sum(CASE WHEN (o_orderpriority = '1-URGENT') THEN 1 ELSE 0 END)"},
    "modes_p": {"steps": [step for at, step in enumerate(PROGRAMS["modes"]["steps"]) if at != 2]},
    "modes_g": {"steps": steps("modes", _0=("left outer", "orders", "(o_orderkey = l_orderkey)"))},
    "modes_1": {
        "steps": steps("modes", _1=("filter", "(((l_shipmode = 'SHIP') OR (l_shipmode = 'MAIL')) AND (l_commitdate < l_receiptdate))")),
        "value": "sum(if((o_orderpriority IN ('2-HIGH', '1-URGENT')), 1, 0))",
    },
    "modes_2": {"steps": [
        PROGRAMS["modes"]["steps"][3], ("filter", "(NOT ((l_shipdate >= l_commitdate) OR (l_commitdate >= l_receiptdate)))"),
        ("filter", "(l_shipmode IN ('SHIP', 'MAIL'))"), PROGRAMS["modes"]["steps"][0],
    ]},
    "modes_3": {"steps": [
        ("filter", "((l_receiptdate > l_commitdate) AND (l_receiptdate BETWEEN DATE '1994-01-01' AND DATE '1994-12-31'))"),
        PROGRAMS["modes"]["steps"][0], ("filter", "((l_shipmode IN ('MAIL', 'SHIP')) AND (l_commitdate > l_shipdate))"),
    ]},
    "promotion_d": {"value": PROGRAMS["promotion"]["value"].replace("'PROMO%'", "'%PROMO%'")},
    "promotion_p": {"steps": steps("promotion", _1=(
        "filter", "((l_shipdate >= DATE '1995-09-01') AND (l_shipdate < DATE '1995-09-01' + INTERVAL '1' YEAR))",
    ))},
    "promotion_g": {"keys": {"p_brand": "p_brand", "p_container": "p_container"}},
    "promotion_1": {"value": "sum(if(startswith(p_type, 'PROMO'), ((1 - l_discount) * l_extendedprice), 0))"},
    "promotion_2": {"steps": [
        ("filter", "((l_shipdate >= DATE '1995-09-01') AND (l_shipdate <= DATE '1995-09-30'))"),
        ("inner", "part", "(p_partkey = l_partkey)"),
    ]},
    "promotion_3": {"steps": [
        ("filter", "((l_shipdate < '1995-10-01') AND (l_shipdate >= '1995-09-01'))"), ("inner", "part", "(l_partkey = p_partkey)"),
    ]},
    "statuses_d": {"value": "count(DISTINCT copay)"},
    "statuses_p": {"steps": [("filter", "((billed > 100.0) OR (status IS NOT NULL))")]},
    "statuses_g": {"keys": {"status": "status", "line": "line"}},
    "statuses_1": {"steps": [("filter", "(billed > 100)"), ("filter", "atleastnnonnulls(1, status)")]},
    "statuses_2": {"steps": [("filter", "((NOT (billed <= 100)) AND (status IS NOT NULL))")]},
    "statuses_3": {"steps": [("filter", "(status IS NOT NULL)"), ("filter", "(100.0 < billed)")]},
}  # fmt: skip


def base(variant: str) -> str:
    """The program that a variant is one of."""
    stem = variant.rpartition("_")[0] if variant in VARIANTS else variant
    return "claims_as_meant" if stem == "claims" else stem


def recorded(variant: str, column: str) -> LineageGraph:
    """The run of a program that makes ``metric.<column>``; each of its steps is a function."""
    parts = {**PROGRAMS[base(variant)], **VARIANTS.get(variant, {})}
    datasets = [SOURCES[parts["of"]]]
    now = datasets[0]
    for number, (kind, *said) in enumerate(parts["steps"]):
        other = SOURCES[said[0]] if kind in ("inner", "left outer", "left semi", "left anti") else None
        if other is not None and other not in datasets:
            datasets.append(other)
        now = _step(f"step{number}", now, kind, said, other)
        datasets.append(now)
    keys = parts["keys"]
    grouping = op("aggregate", 0, of=[now], keys=keys)
    datasets.append(made("metric", [now], [*reading(now), grouping], {**keys, column: parts["value"]}))
    return graph(*datasets)


def _step(name: str, now: Dataset, kind: str, said: list[Any], other: Dataset | None) -> Dataset:
    if other is None:
        if kind == "filter":
            chosen = op("filter", 0, of=[now], condition=said[0])
        elif kind == "rows":
            chosen = op("deduplicate", 0, of=[now], kind="rows", keys=said[0])
        else:
            chosen = op("deduplicate", 0, of=[now], kind="row_number", condition=said[0], keys=said[1])
        return made(name, [now], [*reading(now), chosen])
    # In the first step of a name the source has its own; behind it its columns are those of the step.
    own = {c.name for c in now.columns} & {c.name for c in other.columns}
    condition = said[1].replace(f"{_short(now)}.", f"{now.id}.")
    for source_name in ("orders", "claims", "east"):
        if source_name != said[0]:
            condition = condition.replace(f"({source_name}.", f"({now.id}.").replace(f" {source_name}.", f" {now.id}.")
    joined = op("join", 0, 1, of=[now, other], kind=kind, condition=condition)
    columns = {c.name: f"{now.id}.{c.name}" if c.name in own else c.name for c in now.columns}
    if kind not in ("left semi", "left anti"):
        columns |= {c.name: c.name for c in other.columns if c.name not in own}
    return made(name, [now, other], [*reading(now, other), joined], columns)


def _short(dataset: Dataset) -> str:
    return dataset.id.rpartition("/")[2].partition(".")[0]
