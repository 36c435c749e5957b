package io.sparklineage.boundary

import org.apache.spark.sql.{DataFrame, functions => F}
import org.apache.spark.sql.expressions.Window

/** In flow mode the physical plan and the number of spark_jobs are those of the plain program.
  *
  * What is `slow` waits for `make test-slow`: another form of its kind is always tried.
  */
class FlowHarmSuite extends HarmSuite {
  private lazy val orders = folder + "/orders"
  private lazy val items = folder + "/items"
  private lazy val days = folder + "/days"
  private lazy val nested = folder + "/nested"

  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(0, 2000).selectExpr(
      "id",
      "id % 50 as customer",
      "id % 7 as day",
      "cast(id * 1.5 as double) as amount",
      "cast(id as string) as note",
      "if(id % 11 = 0, null, id % 13) as kind"
    ).write.parquet(orders)
    spark.range(0, 500).selectExpr("id % 100 as order_id", "id as item", "id % 5 as quantity").write.parquet(items)
    spark.range(0, 700).selectExpr("id", "id * 2 as value", "id % 7 as day").write.partitionBy("day").parquet(days)
    spark.range(0, 100).selectExpr(
      "id",
      "named_struct('a', id, 'b', named_struct('c', id * 2, 'd', 'x')) as s",
      "array(named_struct('x', id, 'y', 1)) as xs"
    ).write.parquet(nested)
    spark.range(
      0,
      50
    ).selectExpr("id as customer", "concat('c', id) as name", "id % 3 as region").write.parquet(folder + "/customers")
  }

  private def customers: DataFrame = read(folder + "/customers")

  same("boundary at the root", 1)(m => m(read(orders), "d1"))
  same("filter over a scan", 1)(m => m(read(orders), "d1").filter("amount > 10"))
  same("filter over a projection", 1, slow = true)(m =>
    m(read(orders).withColumn("twice", F.expr("amount * 2")), "d1").filter("twice > 10 and day = 3")
  )
  same("filters of two steps over a scan", 1)(m =>
    m(m(read(orders).filter("amount > 10"), "d1").filter("kind < 9"), "d2").filter("day = 3")
  )
  same("one of two equal sides has a boundary", 1) { m =>
    def side(marking: Marking) =
      marking(read(orders).filter("amount > 10"), "d1").filter("day < 3").groupBy("customer").count()
    side(m).union(side((data, _) => data)).groupBy("customer").agg(F.sum("count"))
  }
  same("column pruning", 1)(m => m(read(orders), "d1").select("id"))
  same("join of two boundaries", 2)(m => m(read(orders), "d1").join(m(customers, "d2"), "customer"))
  same("filter over a join", 1)(m =>
    m(read(orders).join(customers, "customer"), "d1").filter("region = 1 and amount > 5")
  )
  same("outer join becomes inner", 1, slow = true)(m =>
    m(read(orders).join(customers, Seq("customer"), "left"), "d1").filter("region = 1")
  )
  same("aggregate", 2)(m => m(m(read(orders), "d1").groupBy("customer").agg(F.sum("amount").as("total")), "d2"))
  same("filter over an aggregate", 1)(m =>
    m(read(orders).groupBy("customer").agg(F.sum("amount").as("total")), "d1").filter("total > 100")
  )
  same("filter on the grouping key", 1, slow = true)(m =>
    m(read(orders).groupBy("customer").agg(F.sum("amount").as("total")), "d1").filter("customer > 10")
  )
  same("six steps", 5) { m =>
    val a = m(read(orders), "d1")
    val b = m(a.filter("amount > 3"), "d2")
    val c = m(b.withColumn("twice", F.col("amount") * 2), "d3")
    val d = m(c.join(m(customers, "d4"), "customer"), "d5")
    m(d.groupBy("region").agg(F.sum("twice").as("total")), "d6").orderBy("region")
  }
  same("window", 1)(m =>
    m(
      read(orders).withColumn("n", F.row_number().over(Window.partitionBy("customer").orderBy("id"))),
      "d1"
    ).select("id", "n")
  )
  same("window group limit", 1)(m =>
    m(
      read(orders).withColumn("n", F.row_number().over(Window.partitionBy("customer").orderBy("id"))),
      "d1"
    ).filter("n <= 3")
  )
  same("filter on the window's partition", 1, slow = true)(m =>
    m(
      read(orders).withColumn("n", F.row_number().over(Window.partitionBy("customer").orderBy("id"))),
      "d1"
    ).filter("customer = 3")
  )
  same("union", 3)(m => m(m(read(orders), "d1").select("id").union(m(customers, "d2").select(F.col("customer"))), "d3"))
  same("filter over a union", 1, slow = true)(m =>
    m(read(orders).select("id").union(customers.select("customer")), "d1").filter("id > 3")
  )
  same("union of a union", slow = true)(m =>
    m(read(orders).select("id").union(customers.select("customer")), "d1").union(read(items).select("item"))
  )
  same("sort below a join", 1)(m => m(read(orders).orderBy("amount"), "d1").join(customers, "customer"))
  same("sort below an aggregate", 1)(m => m(read(orders).orderBy("amount"), "d1").groupBy("customer").count())
  same("sort and limit", 1, slow = true)(m => m(read(orders).orderBy("amount"), "d1").limit(5))
  same("sort, project and limit")(m => m(read(orders).orderBy("amount").select("id", "customer"), "d1").limit(5))
  same("limit", 1)(m => m(read(orders), "d1").limit(5))
  same("limit as the boundary", slow = true)(m => m(read(orders).limit(5), "d1"))
  same("limit as the boundary, used")(m => m(read(orders).limit(5), "d1").join(customers, "customer"))
  same("top n as the boundary", slow = true)(m => m(read(orders).orderBy("amount").limit(5), "d1"))
  same("top n as the boundary, used")(m => m(read(orders).orderBy("amount").limit(5), "d1").select("id"))
  same("limit over a union", 1, slow = true)(m =>
    m(read(orders).select("id").union(read(items).select("item")), "d1").limit(7)
  )
  same("limit over an outer join", 1)(m => m(read(orders).join(customers, Seq("customer"), "left"), "d1").limit(7))
  same("nested fields of a scan", 1)(m => m(read(nested), "d1").select("s.b.c"))
  same("nested fields with a filter", 1, slow = true)(m => m(read(nested), "d1").filter("s.a > 3").select("s.b.c"))
  same("nested fields through a join", 1)(m =>
    m(read(nested).join(read(items), F.col("id") === F.col("item")), "d1").select("s.b.c", "quantity")
  )
  same("nested fields of arrays", 1)(m => m(read(nested), "d1").select("xs.x"))
  same("nested fields in an aggregate", 1, slow = true)(m => m(read(nested), "d1").groupBy("s.a").agg(F.sum("s.b.c")))
  same("static partition filter", 1)(m => m(read(days), "d1").filter("day = 3 and value > 10"))
  same("dynamic partition pruning", 1)(m =>
    m(read(days), "d1").join(F.broadcast(spark.range(7).withColumnRenamed("id", "day").filter("day < 2")), "day")
  )
  same("dynamic partition pruning, projected", 1, slow = true)(m =>
    m(read(days).withColumn("v", F.expr("value + 1")).filter("value > 2"), "d1")
      .join(customers.filter("name = 'c3'").select(F.col("customer").as("day")), "day")
  )
  same("dynamic partition pruning of an aggregate")(m =>
    m(read(days).groupBy("day").agg(F.sum("value").as("v")), "d1")
      .join(customers.filter("name = 'c3'").select(F.col("customer").as("day")), "day")
  )
  same("dynamic partition pruning, both sides marked", slow = true)(m =>
    m(read(days), "d1")
      .join(m(customers.filter("name = 'c3'").select(F.col("customer").as("day")), "d2"), "day")
  )
  same("self join", 2) { m =>
    val a = m(read(orders), "d1");
    a.as("x").join(a.as("y"), F.col("x.id") === F.col("y.customer")).select("x.id", "y.note")
  }
  same("exchange reuse") { m =>
    val a = m(read(orders).groupBy("customer").count(), "d1");
    a.as("x").join(a.as("y"), F.col("x.customer") === F.col("y.customer"))
  }
  same("exchange reuse, one side marked", slow = true) { m =>
    val a = read(orders).groupBy("customer").count()
    val b = m(read(orders).groupBy("customer").count(), "d1")
    a.as("x").join(b.as("y"), F.col("x.customer") === F.col("y.customer"))
  }
  same("scalar subquery", slow = true) { m =>
    m(read(orders), "d1").createOrReplaceTempView("o"); m(customers, "d2").createOrReplaceTempView("c")
    spark.sql("select id from o where customer > (select avg(customer) from c)")
  }
  same("in subquery") { m =>
    m(read(orders), "d1").createOrReplaceTempView("o"); m(customers, "d2").createOrReplaceTempView("c")
    spark.sql("select id from o where customer in (select customer from c where region = 1)")
  }
  same("exists subquery", slow = true) { m =>
    m(read(orders), "d1").createOrReplaceTempView("o"); m(customers, "d2").createOrReplaceTempView("c")
    spark.sql("select id from o where exists (select 1 from c where c.customer = o.customer and region = 1)")
  }
  same("correlated scalar subquery") { m =>
    m(read(orders), "d1").createOrReplaceTempView("o"); m(read(items), "d2").createOrReplaceTempView("i")
    spark.sql("select id, (select sum(quantity) from i where order_id = o.id) from o")
  }
  same("two scalar subqueries that Spark merges") { m =>
    m(read(orders), "d1").createOrReplaceTempView("o")
    spark.sql("select (select sum(amount) from o), (select max(id) from o), id from range(3)")
  }
  same("with") { m =>
    m(read(orders), "d1").createOrReplaceTempView("o")
    m(
      spark.sql(
        "with t as (select customer, sum(amount) s from o group by customer) select a.customer, b.s from t a join t b on a.customer = b.customer"
      ),
      "d2"
    )
  }
  same("semi join")(m =>
    m(
      read(orders).withColumn("x", F.expr("amount + 1")),
      "d1"
    ).join(m(customers.filter("region = 1"), "d2"), Seq("customer"), "left_semi")
  )
  same("anti join", slow = true)(m =>
    m(read(orders), "d1").join(m(customers.filter("region = 1"), "d2"), Seq("customer"), "left_anti")
  )
  same("semi join of an aggregate", slow = true)(m =>
    m(read(orders).groupBy("customer").count(), "d1").join(customers.filter("region = 1"), Seq("customer"), "left_semi")
  )
  same("distinct", 1)(m => m(read(orders).select("customer").distinct(), "d1"))
  same("distinct of distinct", slow = true)(m => m(read(orders).select("customer").distinct(), "d1").distinct())
  same("aggregate of an aggregate", slow = true)(m =>
    m(read(orders).groupBy("customer", "day").agg(F.sum("amount").as("a")), "d1").groupBy("customer").agg(F.sum("a"))
  )
  same("drop duplicates", 1)(m => m(read(orders).dropDuplicates("customer"), "d1").select("customer"))
  same("repartition twice")(m => m(read(orders).repartition(3), "d1").repartition(5))
  same("repartition by column and join")(m =>
    m(read(orders).repartition(4, F.col("customer")), "d1").join(customers.hint("merge"), "customer")
  )
  same("broadcast hint below the boundary")(m =>
    read(orders).join(m(F.broadcast(read(items)), "d1"), F.col("id") === F.col("item"))
  )
  same("merge hint")(m => m(read(orders), "d1").hint("merge").join(m(customers, "d2"), "customer"))
  same("explode", 1)(m => m(read(nested).withColumn("x", F.explode(F.col("xs"))), "d1").select("id", "x.y"))
  same("filter over explode", slow = true)(m =>
    m(read(nested).withColumn("x", F.explode(F.col("xs"))), "d1").filter("id > 3").select("id", "x.y")
  )
  same("local relation") { m =>
    val session = spark; import session.implicits._
    m(Seq((1, "a"), (2, "b")).toDF("n", "s"), "d1").filter("n > 1")
  }
  same("local relation joined", slow = true) { m =>
    val session = spark; import session.implicits._
    m(Seq((1L, "a"), (2L, "b")).toDF("customer", "s"), "d1").join(read(orders), "customer")
  }
  same("empty relation")(m => m(read(orders).filter("1 = 0"), "d1").join(customers, "customer"))
  same("empty while running") { m =>
    m(
      read(orders).filter("note = 'nothing'"),
      "d1"
    ).groupBy("customer").count().join(customers.hint("merge"), "customer")
  }
  same("three joins") { m =>
    val a = m(read(orders).join(customers, "customer"), "d1")
    val b = m(a.join(read(items), F.col("id") === F.col("order_id")), "d2")
    m(
      b.join(read(days).select(F.col("id").as("i2"), F.col("value")), F.col("item") === F.col("i2")),
      "d3"
    ).groupBy("region").agg(F.sum("value"))
  }
  same("cross join then condition") { m =>
    m(read(orders).crossJoin(customers.withColumnRenamed("customer", "c2")), "d1").filter("customer = c2")
  }
  same("pivot")(m => m(read(orders), "d1").groupBy("customer").pivot("day", Seq(1, 2)).sum("amount"))
  same("rollup", slow = true)(m => m(read(orders), "d1").rollup("customer", "day").sum("amount"))
  same("count distinct")(m => m(read(orders), "d1").groupBy("day").agg(F.countDistinct("customer"), F.sum("amount")))
  same("except", slow = true)(m =>
    m(read(orders).select("customer"), "d1").except(m(customers.select("customer"), "d2"))
  )
  same("intersect")(m => m(read(orders).select("customer"), "d1").intersect(m(customers.select("customer"), "d2")))
  same("sample")(m => m(read(orders).sample(0.5, 7), "d1").filter("id > 10"))
  same("null safe and is not null", slow = true)(m =>
    m(m(read(orders), "d1").filter("kind is not null"), "d2").groupBy("kind").count()
  )
  same("literal column filter")(m =>
    m(read(orders).withColumn("src", F.lit("web")), "d1").filter("src = 'web' and id > 3")
  )
  same("case when and coalesce")(m =>
    m(read(orders).withColumn("k", F.coalesce(F.col("kind"), F.lit(0))), "d1").filter("k = 0")
  )
  same("offset")(m => m(read(orders).orderBy("id"), "d1").offset(5).limit(3))
}
