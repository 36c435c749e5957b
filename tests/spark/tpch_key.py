"""The source columns of each output column of TPC-H's 22 queries, written by reading their SQL.

What counts: behind ``<-`` the DIRECT sources, whose values the output value is computed from (also the columns inside
of aggregates); behind ``;`` the columns that only choose between values (conditions of CASE). What decides about rows
(WHERE, JOIN, GROUP BY, HAVING, ORDER BY, EXISTS and IN with their subqueries) does not count, and ``count(*)`` has no
source. Columns of TPC-H have the prefix of their table: l_ is lineitem, ps_ is partsupp.
"""

from __future__ import annotations

TABLES = {
    "l": "lineitem", "o": "orders", "c": "customer", "p": "part", "ps": "partsupp", "s": "supplier", "n": "nation",
    "r": "region",
}  # fmt: skip

KEY = """
q1.l_returnflag <- l_returnflag
q1.l_linestatus <- l_linestatus
q1.sum_qty <- l_quantity
q1.sum_base_price <- l_extendedprice
q1.sum_disc_price <- l_extendedprice l_discount
q1.sum_charge <- l_extendedprice l_discount l_tax
q1.avg_qty <- l_quantity
q1.avg_price <- l_extendedprice
q1.avg_disc <- l_discount
q1.count_order <-
q2.s_acctbal <- s_acctbal
q2.s_name <- s_name
q2.n_name <- n_name
q2.p_partkey <- p_partkey
q2.p_mfgr <- p_mfgr
q2.s_address <- s_address
q2.s_phone <- s_phone
q2.s_comment <- s_comment
q3.l_orderkey <- l_orderkey
q3.revenue <- l_extendedprice l_discount
q3.o_orderdate <- o_orderdate
q3.o_shippriority <- o_shippriority
q4.o_orderpriority <- o_orderpriority
q4.order_count <-
q5.n_name <- n_name
q5.revenue <- l_extendedprice l_discount
q6.revenue <- l_extendedprice l_discount
q7.supp_nation <- n_name
q7.cust_nation <- n_name
q7.l_year <- l_shipdate
q7.revenue <- l_extendedprice l_discount
q8.o_year <- o_orderdate
q8.mkt_share <- l_extendedprice l_discount ; n_name
q9.nation <- n_name
q9.o_year <- o_orderdate
q9.sum_profit <- l_extendedprice l_discount ps_supplycost l_quantity
q10.c_custkey <- c_custkey
q10.c_name <- c_name
q10.revenue <- l_extendedprice l_discount
q10.c_acctbal <- c_acctbal
q10.n_name <- n_name
q10.c_address <- c_address
q10.c_phone <- c_phone
q10.c_comment <- c_comment
q11.ps_partkey <- ps_partkey
q11.value <- ps_supplycost ps_availqty
q12.l_shipmode <- l_shipmode
q12.high_line_count <- ; o_orderpriority
q12.low_line_count <- ; o_orderpriority
q13.c_count <- o_orderkey
q13.custdist <-
q14.promo_revenue <- l_extendedprice l_discount ; p_type
q15.s_suppkey <- s_suppkey
q15.s_name <- s_name
q15.s_address <- s_address
q15.s_phone <- s_phone
q15.total_revenue <- l_extendedprice l_discount
q16.p_brand <- p_brand
q16.p_type <- p_type
q16.p_size <- p_size
q16.supplier_cnt <- ps_suppkey
q17.avg_yearly <- l_extendedprice
q18.c_name <- c_name
q18.c_custkey <- c_custkey
q18.o_orderkey <- o_orderkey
q18.o_orderdate <- o_orderdate
q18.o_totalprice <- o_totalprice
q18.quantity <- l_quantity
q19.revenue <- l_extendedprice l_discount
q20.s_name <- s_name
q20.s_address <- s_address
q21.s_name <- s_name
q21.numwait <-
q22.cntrycode <- c_phone
q22.numcust <-
q22.totacctbal <- c_acctbal
"""

Sources = set[tuple[str, str, str]]  # table, column, DIRECT or INDIRECT


def sources() -> dict[str, Sources]:
    """``q1.sum_qty`` -> its sources."""
    found = {}
    for line in KEY.strip().splitlines():
        column, _, inputs = line.partition(" <-")
        direct, _, choosing = inputs.partition(";")
        found[column] = {_source(each, "DIRECT") for each in direct.split()} | {
            _source(each, "INDIRECT") for each in choosing.split()
        }
    return found


def _source(column: str, kind: str) -> tuple[str, str, str]:
    return TABLES[column.partition("_")[0]], column, kind
