"""The 22 queries of TPC-H by the DataFrame API, each as two to five functions. No import of ours.

``tpch22_job.py FOLDER TIMES [QUERY ...]``: FOLDER holds the Parquet files of tpchgen-cli. For each query one line is
appended to the file TIMES: its name, its rows, the seconds of processor time that this process and those below it
took for it, and the seconds of the clock.
"""

import os
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

FOLDER, TIMES = sys.argv[1:3]
spark = SparkSession.builder.appName("tpch22").getOrCreate()


def table(name):
    return spark.read.parquet(f"{FOLDER}/{name}.parquet")


def between(column, first, end):
    return (F.col(column) >= F.lit(first).cast("date")) & (F.col(column) < F.lit(end).cast("date"))


def with_revenue(items):
    return items.withColumn("revenue", F.col("l_extendedprice") * (1 - F.col("l_discount")))


def items_of(orders):
    return table("lineitem").join(orders, F.col("l_orderkey") == F.col("o_orderkey"))


def nations_in(region):
    chosen = table("region").filter(F.col("r_name") == region)
    return table("nation").join(chosen, F.col("n_regionkey") == F.col("r_regionkey")).select("n_nationkey", "n_name")


def suppliers_in(nations):
    return table("supplier").join(nations, F.col("s_nationkey") == F.col("n_nationkey"))


def customers_in(nations):
    return table("customer").join(nations, F.col("c_nationkey") == F.col("n_nationkey"))


def nation(name):
    return table("nation").filter(F.col("n_name") == name)


def best(frame, *order, rows):
    return frame.orderBy(*order).limit(rows)


# ---- the queries


def shipped_before(date):
    return with_revenue(table("lineitem").filter(F.col("l_shipdate") <= F.lit(date).cast("date")))


def price_summary(items):
    charge = F.col("revenue") * (1 + F.col("l_tax"))
    return items.groupBy("l_returnflag", "l_linestatus").agg(
        F.sum("l_quantity"), F.sum("l_extendedprice"), F.sum("revenue"), F.sum(charge), F.avg("l_quantity"),
        F.avg("l_extendedprice"), F.avg("l_discount"), F.count("*"),
    ).orderBy("l_returnflag", "l_linestatus")  # fmt: skip


def q1():
    return price_summary(shipped_before("1998-09-02"))


def offers_of(suppliers):
    return table("partsupp").join(suppliers, F.col("ps_suppkey") == F.col("s_suppkey"))


def brass_parts():
    return table("part").filter((F.col("p_size") == 15) & F.col("p_type").endswith("BRASS"))


def cheapest(offers, parts):
    wanted = offers.join(parts, F.col("ps_partkey") == F.col("p_partkey"))
    least = wanted.groupBy("p_partkey").agg(F.min("ps_supplycost").alias("least"))
    return wanted.join(least, "p_partkey").filter(F.col("ps_supplycost") == F.col("least"))


def q2():
    offers = offers_of(suppliers_in(nations_in("EUROPE")))
    return best(cheapest(offers, brass_parts()), F.desc("s_acctbal"), "n_name", "s_name", "p_partkey", rows=100)


def orders_of_segment(segment, date):
    customers = table("customer").filter(F.col("c_mktsegment") == segment)
    early = table("orders").filter(F.col("o_orderdate") < F.lit(date).cast("date"))
    return early.join(customers, F.col("o_custkey") == F.col("c_custkey"))


def unshipped(items, date):
    return items.filter(F.col("l_shipdate") > F.lit(date).cast("date"))


def revenue_of_orders(items):
    return items.groupBy("l_orderkey", "o_orderdate", "o_shippriority").agg(F.sum("revenue").alias("revenue"))


def q3():
    items = unshipped(with_revenue(items_of(orders_of_segment("BUILDING", "1995-03-15"))), "1995-03-15")
    return best(revenue_of_orders(items), F.desc("revenue"), "o_orderdate", rows=10)


def orders_between(first, end):
    return table("orders").filter(between("o_orderdate", first, end))


def late_items():
    return table("lineitem").filter(F.col("l_commitdate") < F.col("l_receiptdate"))


def with_late_items(orders, late):
    return orders.join(late, F.col("o_orderkey") == F.col("l_orderkey"), "left_semi")


def q4():
    late = with_late_items(orders_between("1993-07-01", "1993-10-01"), late_items())
    return late.groupBy("o_orderpriority").count().orderBy("o_orderpriority")


def local_items(items, suppliers, customers):
    sold = items.join(customers, F.col("o_custkey") == F.col("c_custkey"))
    local = (F.col("l_suppkey") == F.col("s_suppkey")) & (F.col("c_nationkey") == F.col("s_nationkey"))
    return sold.drop("n_name", "n_nationkey").join(suppliers, local)


def revenue_of_nations(items):
    return items.groupBy("n_name").agg(F.sum("revenue").alias("revenue")).orderBy(F.desc("revenue"))


def q5():
    asia = nations_in("ASIA")
    items = with_revenue(items_of(orders_between("1994-01-01", "1995-01-01")))
    return revenue_of_nations(local_items(items, suppliers_in(asia), customers_in(asia)))


def small_discounts(items):
    return items.filter(F.col("l_discount").between(0.05, 0.07) & (F.col("l_quantity") < 24))


def shipped_between(first, end):
    return table("lineitem").filter(between("l_shipdate", first, end))


def q6():
    items = small_discounts(shipped_between("1994-01-01", "1995-01-01"))
    return items.agg(F.sum(F.col("l_extendedprice") * F.col("l_discount")).alias("revenue"))


def trade(items, one, other):
    both = nation(one).union(nation(other)).select("n_nationkey", "n_name")
    suppliers = suppliers_in(both).select("s_suppkey", F.col("n_name").alias("supplier_nation"))
    customers = customers_in(both).select("c_custkey", F.col("n_name").alias("customer_nation"))
    sold = items.join(suppliers, F.col("l_suppkey") == F.col("s_suppkey"))
    return sold.join(customers, F.col("o_custkey") == F.col("c_custkey"))


def abroad(items):
    return items.filter(F.col("supplier_nation") != F.col("customer_nation"))


def volume_of_years(items):
    year = F.year("l_shipdate").alias("year")
    return items.groupBy("supplier_nation", "customer_nation", year).agg(F.sum("revenue").alias("revenue"))


def q7():
    items = with_revenue(shipped_between("1995-01-01", "1997-01-01"))
    sold = items.join(table("orders"), F.col("l_orderkey") == F.col("o_orderkey"))
    return volume_of_years(abroad(trade(sold, "FRANCE", "GERMANY"))).orderBy("supplier_nation", "year")


def parts_of_type(kind):
    return table("part").filter(F.col("p_type") == kind).select("p_partkey")


def of_parts(items, parts):
    return items.join(parts, F.col("l_partkey") == F.col("p_partkey"))


def with_supplier_nation(items):
    return items.join(suppliers_in(table("nation")), F.col("l_suppkey") == F.col("s_suppkey"))


def market_share(items, name):
    ours = F.when(F.col("n_name") == name, F.col("revenue")).otherwise(0)
    year = F.year("o_orderdate").alias("year")
    return items.groupBy(year).agg((F.sum(ours) / F.sum("revenue")).alias("share")).orderBy("year")


def q8():
    customers = customers_in(nations_in("AMERICA")).select("c_custkey")
    orders = orders_between("1995-01-01", "1997-01-01").join(customers, F.col("o_custkey") == F.col("c_custkey"))
    items = of_parts(with_revenue(items_of(orders)), parts_of_type("ECONOMY ANODIZED STEEL"))
    return market_share(with_supplier_nation(items), "BRAZIL")


def green_parts():
    return table("part").filter(F.col("p_name").contains("green")).select("p_partkey")


def with_cost(items):
    offer = (F.col("ps_suppkey") == F.col("l_suppkey")) & (F.col("ps_partkey") == F.col("l_partkey"))
    return items.join(table("partsupp"), offer)


def profit_of_years(items):
    profit = F.col("revenue") - F.col("ps_supplycost") * F.col("l_quantity")
    year = F.year("o_orderdate").alias("year")
    return items.groupBy("n_name", year).agg(F.sum(profit).alias("profit")).orderBy("n_name", F.desc("year"))


def q9():
    items = with_supplier_nation(with_cost(of_parts(with_revenue(table("lineitem")), green_parts())))
    return profit_of_years(items.join(table("orders"), F.col("l_orderkey") == F.col("o_orderkey")))


def returned(items):
    return items.filter(F.col("l_returnflag") == "R")


def revenue_of_customers(items):
    customers = customers_in(table("nation"))
    sold = items.join(customers, F.col("o_custkey") == F.col("c_custkey"))
    keys = ["c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment"]
    return sold.groupBy(*keys).agg(F.sum("revenue").alias("revenue"))


def q10():
    items = with_revenue(returned(items_of(orders_between("1993-10-01", "1994-01-01"))))
    return best(revenue_of_customers(items), F.desc("revenue"), rows=20)


def stock_value(offers):
    value = F.sum(F.col("ps_supplycost") * F.col("ps_availqty")).alias("value")
    return offers.groupBy("ps_partkey").agg(value)


def above_share(values, share):
    total = values.agg((F.sum("value") * share).alias("least"))
    return values.crossJoin(total).filter(F.col("value") > F.col("least")).orderBy(F.desc("value"))


def q11():
    return above_share(stock_value(offers_of(suppliers_in(nation("GERMANY")))), 0.0001)


def received_late():
    in_time = (F.col("l_commitdate") < F.col("l_receiptdate")) & (F.col("l_shipdate") < F.col("l_commitdate"))
    return table("lineitem").filter(between("l_receiptdate", "1994-01-01", "1995-01-01") & in_time)


def by_modes(items, *modes):
    return items.filter(F.col("l_shipmode").isin(*modes))


def priorities(items):
    urgent = F.col("o_orderpriority").isin("1-URGENT", "2-HIGH")
    counted = [F.sum(F.when(which, 1).otherwise(0)) for which in (urgent, ~urgent)]
    return items.groupBy("l_shipmode").agg(*counted).orderBy("l_shipmode")


def q12():
    items = by_modes(received_late(), "MAIL", "SHIP")
    return priorities(items.join(table("orders"), F.col("l_orderkey") == F.col("o_orderkey")))


def usual_orders():
    return table("orders").filter(~F.col("o_comment").rlike("special.*requests"))


def orders_of_customers(orders):
    each = table("customer").join(orders, F.col("c_custkey") == F.col("o_custkey"), "left")
    return each.groupBy("c_custkey").agg(F.count("o_orderkey").alias("orders"))


def q13():
    counts = orders_of_customers(usual_orders())
    return counts.groupBy("orders").count().orderBy(F.desc("count"), F.desc("orders"))


def promotion_effect(items):
    promoted = F.when(F.col("p_type").startswith("PROMO"), F.col("revenue")).otherwise(0)
    return items.agg((100 * F.sum(promoted) / F.sum("revenue")).alias("promotion"))


def q14():
    return promotion_effect(of_parts(with_revenue(shipped_between("1995-09-01", "1995-10-01")), table("part")))


def revenue_of_suppliers(items):
    return items.groupBy("l_suppkey").agg(F.sum("revenue").alias("total"))


def top_suppliers(revenues):
    most = revenues.agg(F.max("total").alias("most"))
    top = revenues.crossJoin(most).filter(F.col("total") == F.col("most"))
    return top.join(table("supplier"), F.col("l_suppkey") == F.col("s_suppkey")).orderBy("s_suppkey")


def q15():
    return top_suppliers(revenue_of_suppliers(with_revenue(shipped_between("1996-01-01", "1996-04-01"))))


def wanted_parts():
    sizes = F.col("p_size").isin(49, 14, 23, 45, 19, 3, 36, 9)
    return table("part").filter(
        (F.col("p_brand") != "Brand#45") & ~F.col("p_type").startswith("MEDIUM POLISHED") & sizes
    )


def without_complaints(offers):
    bad = table("supplier").filter(F.col("s_comment").rlike("Customer.*Complaints"))
    return offers.join(bad, F.col("ps_suppkey") == F.col("s_suppkey"), "left_anti")


def suppliers_of_parts(offers, parts):
    joined = offers.join(parts, F.col("ps_partkey") == F.col("p_partkey"))
    return joined.groupBy("p_brand", "p_type", "p_size").agg(F.countDistinct("ps_suppkey").alias("suppliers"))


def q16():
    counts = suppliers_of_parts(without_complaints(table("partsupp")), wanted_parts())
    return counts.orderBy(F.desc("suppliers"), "p_brand", "p_type", "p_size")


def boxes():
    return table("part").filter((F.col("p_brand") == "Brand#23") & (F.col("p_container") == "MED BOX"))


def small_orders(items):
    usual = items.groupBy("l_partkey").agg((0.2 * F.avg("l_quantity")).alias("usual"))
    both = items.join(usual.withColumnRenamed("l_partkey", "part"), F.col("l_partkey") == F.col("part"))
    return both.filter(F.col("l_quantity") < F.col("usual"))


def q17():
    return small_orders(of_parts(table("lineitem"), boxes())).agg((F.sum("l_extendedprice") / 7).alias("yearly"))


def large_orders(least):
    sums = table("lineitem").groupBy("l_orderkey").agg(F.sum("l_quantity").alias("quantity"))
    return sums.filter(F.col("quantity") > least)


def with_buyers(orders):
    full = orders.join(table("orders"), F.col("l_orderkey") == F.col("o_orderkey"))
    return full.join(table("customer"), F.col("o_custkey") == F.col("c_custkey"))


def q18():
    buyers = with_buyers(large_orders(300))
    columns = buyers.select("c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice", "quantity")
    return best(columns, F.desc("o_totalprice"), "o_orderdate", rows=100)


def delivered_by_air(items):
    return items.filter(F.col("l_shipmode").isin("AIR", "AIR REG") & (F.col("l_shipinstruct") == "DELIVER IN PERSON"))


def fitting(items):
    def kind(brand, containers, least, most, size):
        return ((F.col("p_brand") == brand) & F.col("p_container").isin(*containers)
                & F.col("l_quantity").between(least, most) & F.col("p_size").between(1, size))  # fmt: skip

    small = kind("Brand#12", ["SM CASE", "SM BOX", "SM PACK", "SM PKG"], 1, 11, 5)
    medium = kind("Brand#23", ["MED BAG", "MED BOX", "MED PKG", "MED PACK"], 10, 20, 10)
    return items.filter(small | medium | kind("Brand#34", ["LG CASE", "LG BOX", "LG PACK", "LG PKG"], 20, 30, 15))


def q19():
    items = of_parts(delivered_by_air(table("lineitem")), table("part"))
    return with_revenue(fitting(items)).agg(F.sum("revenue").alias("revenue"))


def forest_parts():
    return table("part").filter(F.col("p_name").startswith("forest")).select("p_partkey")


def half_of_sold(items):
    keys = [F.col("l_partkey").alias("part"), F.col("l_suppkey").alias("supplier")]
    return items.groupBy(*keys).agg((0.5 * F.sum("l_quantity")).alias("half"))


def well_stocked(offers, sold):
    offer = (F.col("ps_partkey") == F.col("part")) & (F.col("ps_suppkey") == F.col("supplier"))
    return offers.join(sold, offer).filter(F.col("ps_availqty") > F.col("half")).select("ps_suppkey").distinct()


def q20():
    sold = half_of_sold(shipped_between("1994-01-01", "1995-01-01"))
    offers = table("partsupp").join(forest_parts(), F.col("ps_partkey") == F.col("p_partkey"), "left_semi")
    stocked = well_stocked(offers, sold)
    chosen = suppliers_in(nation("CANADA")).join(stocked, F.col("s_suppkey") == F.col("ps_suppkey"))
    return chosen.select("s_name", "s_address").orderBy("s_name")


def suppliers_of_orders(items):
    return items.groupBy(F.col("l_orderkey").alias("order")).agg(F.countDistinct("l_suppkey").alias("suppliers"))


def alone_late(late):
    several = suppliers_of_orders(table("lineitem")).filter("suppliers > 1").select("order")
    only = suppliers_of_orders(late).filter("suppliers = 1").select("order")
    both = late.join(several, F.col("l_orderkey") == F.col("order"), "left_semi")
    return both.join(only, F.col("l_orderkey") == F.col("order"), "left_semi")


def waiting(items, suppliers):
    finished = table("orders").filter(F.col("o_orderstatus") == "F")
    of_finished = items.join(finished, F.col("l_orderkey") == F.col("o_orderkey"))
    named = of_finished.join(suppliers, F.col("l_suppkey") == F.col("s_suppkey"))
    return named.groupBy("s_name").agg(F.count("*").alias("waits"))


def q21():
    waits = waiting(alone_late(late_items()), suppliers_in(nation("SAUDI ARABIA")))
    return best(waits, F.desc("waits"), "s_name", rows=100)


def customers_with_code(*codes):
    return table("customer").withColumn("code", F.substring("c_phone", 1, 2)).filter(F.col("code").isin(*codes))


def richer_than_most(customers):
    usual = customers.filter(F.col("c_acctbal") > 0).agg(F.avg("c_acctbal").alias("usual"))
    return customers.crossJoin(usual).filter(F.col("c_acctbal") > F.col("usual"))


def without_orders(customers):
    return customers.join(table("orders"), F.col("c_custkey") == F.col("o_custkey"), "left_anti")


def q22():
    idle = without_orders(richer_than_most(customers_with_code("13", "31", "23", "29", "30", "18", "17")))
    return (
        idle.groupBy("code").agg(F.count("*").alias("customers"), F.sum("c_acctbal").alias("balance")).orderBy("code")
    )


# ---- what each takes


def processor_time():
    """Seconds that this process, those below it and those of them that have ended took so far."""
    ticks, below = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        below.setdefault(int(fields[1]), []).append(int(pid))
        ticks[int(pid)] = sum(map(int, fields[11:15]))
    family = [os.getpid()]
    for pid in family:
        family += below.get(pid, [])
    return sum(ticks[pid] for pid in family if pid in ticks) / os.sysconf("SC_CLK_TCK")


QUERIES = [q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13, q14, q15, q16, q17, q18, q19, q20, q21, q22]


def main():
    for query in QUERIES:
        if len(sys.argv) == 3 or query.__name__ in sys.argv[3:]:
            cpu, clock = processor_time(), time.monotonic()
            rows = len(query().collect())
            cpu, clock = processor_time() - cpu, time.monotonic() - clock
            with open(TIMES, "a") as times:
                times.write(f"{query.__name__} {rows} {cpu:.2f} {clock:.2f}\n")
            print(query.__name__, rows)
    spark.stop()


main()
