"""Contracts of the metrics of ``tests/programs/contracted.py``: what each of them must mean, written by hand."""

from __future__ import annotations

CONTRACTS = {
    "retail": {
        "column": "revenue",
        "definition": "sum(orders.quantity * orders.price * (1 - orders.discount / 100))",
        "population": "row_number() over (partition by order_id order by updated_at desc) = 1"
        " and quantity >= 1 and status not in ('cancelled', 'test')",
        "joins": ["left join shops on orders.shop = shops.shop"],
        "grain": ["coalesce(shops.region, 'unknown')", "date_trunc('week', orders.sold_at)"],
    },
    "claims_as_meant": {
        "column": "paid",
        "definition": "sum(billed - coalesce(copay, 0))",
        "population": "claims.status in ('paid', 'approved') and one_row_per(claim_id, line)"
        " and service_date between insured_from and insured_until and claims.member_id = members.member_id",
        "grain": ["region", "trunc(service_date, 'month')"],
    },
    "telecom": {
        "column": "seconds",
        "definition": "sum(seconds)",
        "population": "one_row_per(call_id, attempt) and attempt = 1 and seconds > 0",
        "joins": ["left anti join blocked on east.caller = blocked.caller"],
        "grain": ["east.caller"],
    },
    "pricing": {
        "column": "price",
        "definition": "sum(l_extendedprice * (1 - l_discount))",
        "population": "l_shipdate <= date '1998-09-02'",
        "grain": ["l_returnflag", "l_linestatus"],
    },
    "shipping": {
        "column": "revenue",
        "definition": "sum(l_extendedprice * (1 - l_discount))",
        "population": "c_mktsegment = 'BUILDING' and o_orderdate < '1995-03-15' and l_shipdate > '1995-03-15'",
        "joins": ["join orders on l_orderkey = o_orderkey", "join customer on c_custkey = o_custkey"],
        "grain": ["l_orderkey", "o_orderdate", "o_shippriority"],
    },
    "forecast": {
        "column": "revenue",
        "definition": "sum(l_extendedprice * l_discount)",
        "population": "l_shipdate >= '1994-01-01' and l_shipdate < '1995-01-01'"
        " and l_discount between 0.05 and 0.07 and l_quantity < 24",
        "grain": [],
    },
    "modes": {
        "column": "high",
        "definition": "sum(case when o_orderpriority in ('1-URGENT', '2-HIGH') then 1 else 0 end)",
        "population": "l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate and l_shipdate < l_commitdate"
        " and l_receiptdate >= '1994-01-01' and l_receiptdate < '1995-01-01'",
        "joins": ["inner join orders on o_orderkey = l_orderkey"],
        "grain": ["l_shipmode"],
    },
    "promotion": {
        "column": "promo",
        "definition": "sum(case when part.p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end)",
        "population": "l_shipdate between '1995-09-01' and '1995-09-30' and lineitem.l_partkey = part.p_partkey",
        "grain": ["part.p_brand"],
    },
    "statuses": {
        "column": "n",
        "definition": "count(copay)",
        "population": "billed > 100 and status is not null",
        "grain": ["status"],
    },
}
KINDS = {"d": "definition", "p": "population", "g": "grain"}
