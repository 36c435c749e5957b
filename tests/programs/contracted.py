"""Metrics of programs of the localisation suite and of TPC-H: as they should be, with one mistake each, and rewritten.

``contracted.py TPCH DATA``: folders with the tables of TPC-H, and with the input of ``retail``, ``claims`` and ``telecom``.
The variable says which it is: ``retail`` as it should be, ``retail_d`` another definition, ``retail_p`` another population,
``retail_g`` another grain or join, ``retail_1`` to ``retail_3`` rewritten without another meaning.
"""

import sys

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

TPCH, DATA = sys.argv[1:3]
spark = SparkSession.builder.appName("contracted").getOrCreate()

# ---- retail: weekly revenue of regions

ORDERS = """order_id INT, shop STRING, product STRING, quantity INT, price DOUBLE, discount INT,
            sold_at TIMESTAMP, status STRING, updated_at TIMESTAMP"""
orders = spark.read.csv(f"{DATA}/retail/orders.csv", header=True, schema=ORDERS)
shops = spark.read.csv(f"{DATA}/retail/shops.csv", header=True, schema="shop STRING, region STRING, opened INT")
amount = F.col("quantity") * F.col("price") * (1 - F.col("discount") / 100)


def last_version(df, order=F.col("updated_at").desc()):
    latest = Window.partitionBy("order_id").orderBy(order)
    return df.withColumn("version", F.row_number().over(latest)).filter(F.col("version") == 1).drop("version")


def sold(df, what=(F.col("quantity") >= 1) & ~F.col("status").isin("cancelled", "test")):
    return df.filter(what)


def weekly(df, value=amount, per="week", how="left"):
    df = df.withColumn("amount", value).join(shops, "shop", how)
    df = df.withColumn("week", F.date_trunc(per, "sold_at")).fillna({"region": "unknown"})
    return df.groupBy("region", "week").agg(F.sum("amount").alias("revenue"))


retail = weekly(sold(last_version(orders)))
retail_d = weekly(sold(last_version(orders)), F.col("quantity") * F.col("price") * (1 - F.col("discount") / 1000))
retail_p = weekly(sold(last_version(orders), (F.col("quantity") > 1) & ~F.col("status").isin("cancelled", "test")))
retail_g = weekly(sold(last_version(orders)), how="inner")
retail_1 = weekly(sold(sold(last_version(orders), ~F.col("status").isin("test", "cancelled")), "quantity > 0"))
retail_2 = weekly(
    sold(last_version(orders), "not (status = 'test' or quantity < 1 or status = 'cancelled')"),
    (1 - F.col("discount") / F.lit(100)) * F.col("price") * F.col("quantity"),
)
orders.createOrReplaceTempView("orders_of_shops")
shops.createOrReplaceTempView("shops")
retail_3 = spark.sql("""
    with versions as (
      select *, row_number() over (partition by order_id order by updated_at desc) as n from orders_of_shops),
    valid as (select v.* from versions v where v.n = 1 and v.status <> 'cancelled' and 1 <= v.quantity and v.status <> 'test')
    select case when s.region is null then 'unknown' else s.region end as region, date_trunc('WEEK', v.sold_at) as week,
      sum(cast(v.quantity as int) * v.price * (1 - v.discount / 100)) as revenue
    from valid v left join shops s on s.shop = v.shop group by 1, 2""")

# ---- claims: monthly cost of insured members

CLAIMS = """claim_id INT, member_id INT, provider_id INT, service_date DATE, billed DOUBLE, copay DOUBLE,
            status STRING, line INT"""
claims = spark.read.schema(CLAIMS).option("header", True).csv(f"{DATA}/claims/claims.csv")
members = spark.read.parquet(f"{DATA}/claims/members.parquet")


def valid_claims(df, keys=("claim_id", "line"), payable=("paid", "approved")):
    return df.filter(F.col("status").isin(*payable)).dropDuplicates(list(keys))


def covered(df, when=F.col("service_date").between(F.col("insured_from"), F.col("insured_until"))):
    return df.join(members, "member_id").filter(when)


def monthly(df, paid=F.col("billed") - F.coalesce(F.col("copay"), F.lit(0.0))):
    month = F.trunc("service_date", "month").alias("month")
    return df.groupBy("region", month).agg(F.sum(paid).alias("paid"))


claims_as_meant = monthly(covered(valid_claims(claims)))
claims_d = monthly(covered(valid_claims(claims)), F.col("billed") - F.col("copay"))
claims_p = monthly(covered(valid_claims(claims, payable=("paid", "approved", "pending"))))
claims_g = monthly(covered(valid_claims(claims, keys=("claim_id",))))
claims_1 = monthly(
    covered(
        valid_claims(claims, payable=("approved", "paid")),
        (F.col("insured_until") >= F.col("service_date")) & (F.col("service_date") >= F.col("insured_from")),
    ),
    F.col("billed") - F.when(F.col("copay").isNull(), 0.0).otherwise(F.col("copay")),
)
claims_2 = monthly(covered(valid_claims(claims.filter("status = 'paid' or status = 'approved'"), ("line", "claim_id"))))
claims.createOrReplaceTempView("claims")
members.createOrReplaceTempView("members")
payable = spark.sql("select * from claims where not (status <> 'paid' and status <> 'approved')")
payable.dropDuplicates(["claim_id", "line"]).createOrReplaceTempView("payable")
claims_3 = spark.sql("""
    select m.region, trunc(p.service_date, 'MONTH') as month, sum(p.billed - nvl(p.copay, 0)) as paid
    from members m join payable p on m.member_id = p.member_id
    where p.service_date >= m.insured_from and not p.service_date > m.insured_until group by 1, 2""")

# ---- telecom: seconds of callers that are not blocked

calls = spark.read.parquet(f"{DATA}/telecom/east.parquet")
blocked = spark.read.csv(f"{DATA}/telecom/blocked.csv", header=True, schema="caller STRING, reason STRING")


def unique(df, keys=("call_id", "attempt")):
    return df.dropDuplicates(list(keys)).filter(F.col("attempt") == 1)


def connected(df, least=F.col("seconds") > 0):
    return df.where(least)


def without_blocked(df, how="left_anti"):
    return df.join(blocked, "caller", how)


def traffic(df, value=None):
    return df.groupBy("caller").agg((F.sum("seconds") if value is None else value).alias("seconds"))


telecom = traffic(without_blocked(connected(unique(calls))))
telecom_d = traffic(without_blocked(connected(unique(calls))), F.max("seconds"))
telecom_p = traffic(without_blocked(connected(unique(calls), F.col("seconds") > 1)))
telecom_g = traffic(without_blocked(connected(unique(calls)), "left_semi"))
telecom_1 = traffic(without_blocked(unique(connected(calls, F.col("seconds") >= 1), ("attempt", "call_id"))))
telecom_2 = traffic(connected(without_blocked(unique(calls)), ~(F.col("seconds") <= 0)), F.sum(F.col("seconds").cast("long")))
calls.createOrReplaceTempView("calls")
blocked.createOrReplaceTempView("blocked")
unique(calls).createOrReplaceTempView("first_attempts")
telecom_3 = spark.sql("""
    with real as (select * from first_attempts f where 0 < f.seconds)
    select r.caller, sum(r.seconds) as seconds from real r left anti join blocked b on b.caller = r.caller group by r.caller""")

# ---- TPC-H

for table in ["lineitem", "orders", "customer", "part"]:
    spark.read.parquet(f"{TPCH}/{table}.parquet").createOrReplaceTempView(table)


def q1(value="l_extendedprice * (1 - l_discount)", until="l_shipdate <= date '1998-12-01' - interval '90' day",
       keys="l_returnflag, l_linestatus"):
    return spark.sql(f"select {keys}, sum({value}) as price from lineitem where {until} group by {keys}")


pricing = q1()
pricing_d = q1("l_extendedprice * (1 + l_discount)")
pricing_p = q1(until="l_shipdate < date '1998-12-01' - interval '90' day")
pricing_g = q1(keys="l_returnflag")
pricing_1 = q1("(1 - l_discount) * l_extendedprice", "not l_shipdate > date '1998-09-02'", "l_linestatus, l_returnflag")
pricing_2 = q1("-(l_discount - 1) * l_extendedprice", "date'1998-09-03' > l_shipdate")
pricing_3 = spark.sql("""
    with shipped as (select l_returnflag as flag, l_linestatus as status, l_discount as d, l_extendedprice as p
      from lineitem where cast(l_shipdate as date) <= '1998-09-02')
    select flag, status, sum(p * (1 - d)) as price from shipped group by status, flag""")


def q3(value="sum(l_extendedprice * (1 - l_discount))", segment="c_mktsegment = 'BUILDING'",
       on="l_orderkey = o_orderkey and c_custkey = o_custkey", when="o_orderdate < date '1995-03-15'"):
    return spark.sql(f"""
        select l_orderkey, o_orderdate, o_shippriority, {value} as revenue from customer, orders, lineitem
        where {segment} and {on} and {when} and l_shipdate > date '1995-03-15'
        group by l_orderkey, o_orderdate, o_shippriority""")


shipping = q3()
shipping_d = q3("sum(l_extendedprice)")
shipping_p = q3(when="o_orderdate <= date '1995-03-15'")
shipping_g = q3(on="l_orderkey = o_orderkey and c_custkey = o_orderkey")
shipping_1 = q3(segment="c_mktsegment in ('BUILDING')", on="o_custkey = c_custkey and o_orderkey = l_orderkey")
shipping_2 = spark.sql("""
    with building as (select * from customer where c_mktsegment = 'BUILDING'),
    early as (select * from orders where o_orderdate <= date '1995-03-14')
    select l.l_orderkey, o.o_orderdate, o.o_shippriority, sum((1 - l.l_discount) * l.l_extendedprice) as revenue
    from lineitem l join early o on o.o_orderkey = l.l_orderkey join building c on c.c_custkey = o.o_custkey
    where l.l_shipdate >= date '1995-03-16' group by o.o_shippriority, o.o_orderdate, l.l_orderkey""")
shipping_3 = q3(when="not (o_orderdate >= date '1995-03-15')", value="sum(l_extendedprice - l_extendedprice * l_discount)")


def q6(value="sum(l_extendedprice * l_discount)", discount="l_discount between 0.06 - 0.01 and 0.06 + 0.01",
       when="l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval '1' year", group=""):
    return spark.sql(f"select {value} as revenue from lineitem where {when} and {discount} and l_quantity < 24 {group}")


forecast = q6()
forecast_d = q6("avg(l_extendedprice * l_discount)")
forecast_p = q6(discount="l_discount between 0.05 and 0.06")
forecast_g = q6(group="group by l_linenumber")
forecast_1 = q6(discount="l_discount >= 0.05 and l_discount <= 0.07", when="l_shipdate between '1994-01-01' and '1994-12-31'")
forecast_2 = q6("sum(l_discount * l_extendedprice)", discount="not (l_discount < 0.05 or l_discount > 0.07)")
forecast_3 = spark.sql("""
    with year94 as (select * from lineitem where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01')
    select sum(x.price * x.rate) as revenue from (
      select l_extendedprice as price, cast(l_discount as decimal(15,2)) as rate, l_quantity as q from year94) x
    where x.q < 24 and x.rate between 0.05 and 0.07""")


def q12(urgent="o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH'", modes="l_shipmode in ('MAIL', 'SHIP')",
        late="l_commitdate < l_receiptdate and l_shipdate < l_commitdate", join="join"):
    return spark.sql(f"""
        select l_shipmode, sum(case when {urgent} then 1 else 0 end) as high
        from lineitem {join} orders on o_orderkey = l_orderkey
        where {modes} and {late} and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1995-01-01'
        group by l_shipmode""")


modes = q12()
modes_d = q12("o_orderpriority = '1-URGENT'")
modes_p = q12(late="l_commitdate < l_receiptdate")
modes_g = q12(join="left join")
modes_1 = q12("o_orderpriority in ('2-HIGH', '1-URGENT')", "(l_shipmode = 'SHIP' or l_shipmode = 'MAIL')")
modes_2 = q12(late="not (l_shipdate >= l_commitdate or l_commitdate >= l_receiptdate)")
modes_3 = spark.sql("""
    with late as (select * from lineitem where l_shipmode in ('SHIP', 'MAIL') and l_receiptdate > l_commitdate
      and l_receiptdate between date '1994-01-01' and date '1994-12-31')
    select l_shipmode, sum(if(o_orderpriority in ('1-URGENT', '2-HIGH'), 1, 0)) as high
    from orders join late on l_orderkey = o_orderkey where l_commitdate > l_shipdate group by l_shipmode""")


def q14(value="case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end",
        when="l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-09-01' + interval '1' month",
        on="l_partkey = p_partkey", by="p_brand"):
    return spark.sql(f"select {by}, sum({value}) as promo from lineitem, part where {on} and {when} group by {by}")


promotion = q14()
promotion_d = q14("case when p_type like '%PROMO%' then l_extendedprice * (1 - l_discount) else 0 end")
promotion_p = q14(when="l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-09-01' + interval '1' year")
promotion_g = q14(by="p_brand, p_container")
promotion_1 = q14("if(startswith(p_type, 'PROMO'), (1 - l_discount) * l_extendedprice, 0)")
promotion_2 = q14(when="l_shipdate between date '1995-09-01' and date '1995-09-30'", on="p_partkey = l_partkey")
promotion_3 = spark.sql("""
    with september as (select l_partkey as part, l_extendedprice * (1 - l_discount) as price from lineitem
      where l_shipdate < '1995-10-01' and l_shipdate >= '1995-09-01')
    select p.p_brand, sum(case when p.p_type like 'PROMO%' then s.price else 0 end) as promo
    from part p join september s on s.part = p.p_partkey group by p.p_brand""")

# ---- claims by their status: counts

statuses = claims.filter("billed > 100 and status is not null").groupBy("status").agg(F.count("copay").alias("n"))
statuses_d = claims.filter("billed > 100 and status is not null").groupBy("status").agg(F.countDistinct("copay").alias("n"))
statuses_p = claims.filter("billed > 100 or status is not null").groupBy("status").agg(F.count("copay").alias("n"))
statuses_g = claims.filter("billed > 100 and status is not null").groupBy("status", "line").agg(F.count("copay").alias("n"))
statuses_1 = claims.filter("billed > 100").dropna(subset=["status"]).groupBy("status").agg(F.count(F.col("copay")).alias("n"))
statuses_2 = claims.filter(~(F.col("billed") <= 100) & F.col("status").isNotNull()).groupBy(F.col("status").alias("s")).agg(
    F.count("copay").alias("n"))
statuses_3 = spark.sql("""
    select status, count(copay) as n from (select * from claims where status is not null) c where 100.0 < c.billed group by 1""")

# Without a variable of the loop for the frame: the record names a dataset by the variable that held it last.
for name in [each for each in globals() if isinstance(globals()[each], DataFrame)]:
    globals()[name].createOrReplaceTempView(f"result_of_{name}")
spark.stop()
