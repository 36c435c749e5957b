package io.sparklineage.plan.columns

import io.sparklineage.plan.PlanSuite

import org.apache.spark.sql.expressions.Window
import org.apache.spark.sql.functions._

/** Query shapes and the column lineage that they must give. */
class ColumnLineageSuite extends PlanSuite {
  import PlanSuite.uses

  private lazy val orders: Frame = {
    import spark.implicits._
    marked(Seq((1L, 10L, 2.5, "open", Seq("a"))).toDF("id", "customer", "price", "status", "tags"), "d1")
  }

  private lazy val customers: Frame = {
    import spark.implicits._
    marked(Seq((10L, "Ann", "EU")).toDF("id", "name", "region"), "d2")
  }

  private def views(): Unit = {
    orders.createOrReplaceTempView("orders")
    customers.createOrReplaceTempView("customers")
  }

  /** What one output column must be. */
  private case class Expected(column: String, expression: String, inputs: String*)

  /** @param rows what decides which rows there are */
  private case class Shape(name: String, query: () => Frame, rows: Set[String], columns: Expected*)

  private def shape(name: String, rows: String*)(query: => Frame)(columns: Expected*): Shape =
    Shape(name, () => query, rows.toSet, columns: _*)

  private def sql(name: String, text: String, rows: String*)(columns: Expected*): Shape =
    Shape(name, () => { views(); spark.sql(text) }, rows.toSet, columns: _*)

  private def shapes: Seq[Shape] = Seq(
    shape("select")(orders.select("id", "price"))(
      Expected("id", "id", "d1.id IDENTITY"),
      Expected("price", "price", "d1.price IDENTITY")
    ),
    shape("rename")(orders.withColumnRenamed("id", "order_id"))(
      Expected("order_id", "id", "d1.id IDENTITY"),
      Expected("customer", "customer", "d1.customer IDENTITY")
    ),
    shape("arithmetic")(orders.withColumn("gross", col("price") * 1.2))(
      Expected("gross", "(price * 1.2)", "d1.price TRANSFORMATION")
    ),
    shape("two steps compose")(orders.withColumn("a", col("price") + 1).withColumn("b", col("a") * col("id")))(
      Expected("b", "((price + 1) * id)", "d1.price TRANSFORMATION", "d1.id TRANSFORMATION")
    ),
    shape("cast that the user wrote")(orders.select(col("id").cast("string").as("s")))(
      Expected("s", "CAST(id AS STRING)", "d1.id TRANSFORMATION")
    ),
    shape("implicit cast is not shown")(orders.select((col("id") + col("price")).as("s")))(
      Expected("s", "(id + price)", "d1.id TRANSFORMATION", "d1.price TRANSFORMATION")
    ),
    shape("cast to the same type")(
      orders.select(
        col("id").cast("bigint").as("i"),
        (col("price").cast("double") + 1).as("p"),
        col("tags").cast("array<string>").as("t")
      )
    )(
      Expected("i", "id", "d1.id IDENTITY"),
      Expected("p", "(price + 1)", "d1.price TRANSFORMATION"),
      Expected("t", "tags", "d1.tags IDENTITY")
    ),
    // Spark casts each column of such a view to its own type.
    shape("view that SQL made", "d1.id FILTER") {
      views()
      spark.sql(
        "create or replace temporary view some as select id, price * 2 as p, struct(id, status) as s from orders where id > 3"
      )
      spark.table("some").select(col("id"), col("p"), col("s.status"), (col("p") + 1).as("q"))
    }(
      Expected("id", "id", "d1.id IDENTITY"),
      Expected("p", "(price * 2)", "d1.price TRANSFORMATION"),
      Expected("status", "status", "d1.status IDENTITY"),
      Expected("q", "((price * 2) + 1)", "d1.price TRANSFORMATION")
    ),
    shape("literal")(orders.select(lit("x").as("l"), lit(1L).as("n")))(
      Expected("l", "'x'"),
      Expected("n", "1")
    ),
    shape("overwrite a column")(orders.withColumn("status", upper(col("status"))))(
      Expected("status", "upper(status)", "d1.status TRANSFORMATION")
    ),
    shape("filter", "d1.price FILTER")(orders.filter(col("price") > 2))(
      Expected("id", "id", "d1.id IDENTITY")
    ),
    shape("filter over a computed column", "d1.price FILTER", "d1.id FILTER")(
      orders.withColumn("x", col("price") + col("id")).filter("x > 2").select("status")
    )(
      Expected("status", "status", "d1.status IDENTITY")
    ),
    shape("case when")(orders.select(when(col("status") === "open", col("price")).otherwise(0).as("c")))(
      Expected(
        "c",
        "CASE WHEN (status = 'open') THEN price ELSE 0 END",
        "d1.status CONDITIONAL",
        "d1.price TRANSFORMATION"
      )
    ),
    shape("coalesce")(orders.select(coalesce(col("status"), lit("none")).as("c")))(
      Expected("c", "coalesce(status, 'none')", "d1.status TRANSFORMATION", "d1.status CONDITIONAL")
    ),
    shape("nvl2 keeps its name")(orders.select(expr("nvl2(status, price, 0)").as("c")))(
      Expected("c", "nvl2(status, price, 0)", "d1.status CONDITIONAL", "d1.price TRANSFORMATION")
    ),
    shape("masking")(orders.select(sha2(col("status"), 256).as("h"), md5(col("status")).as("m")))(
      Expected("h", "sha2(status, 256)", "d1.status TRANSFORMATION*"),
      Expected("m", "md5(status)", "d1.status TRANSFORMATION*")
    ),
    shape("masking stays through more steps")(orders.withColumn(
      "h",
      xxhash64(col("id"))
    ).select((col("h") % 10).as("b")))(
      Expected("b", "(xxhash64(id) % 10)", "d1.id TRANSFORMATION*")
    ),
    shape("mask()")(orders.select(expr("mask(status)").as("m")))(
      Expected("m", "mask(status, 'X', 'x', 'n', NULL)", "d1.status TRANSFORMATION*")
    ),
    shape(
      "group by",
      "d1.customer GROUP_BY"
    )(orders.groupBy("customer").agg(sum("price").as("total"), count(lit(1)).as("n")))(
      Expected("customer", "customer", "d1.customer IDENTITY"),
      Expected("total", "sum(price)", "d1.price AGGREGATION"),
      Expected("n", "count(*)")
    ),
    shape(
      "group by an expression",
      "d1.status GROUP_BY"
    )(orders.groupBy(upper(col("status")).as("s")).agg(max("price").as("m")))(
      Expected("s", "upper(status)", "d1.status TRANSFORMATION"),
      Expected("m", "max(price)", "d1.price AGGREGATION")
    ),
    shape("count distinct", "d1.customer GROUP_BY")(orders.groupBy("customer").agg(countDistinct("status").as("n")))(
      Expected("n", "count(DISTINCT status)", "d1.status AGGREGATION*")
    ),
    shape("aggregate then arithmetic")(orders.agg((sum("price") / sum("id")).as("avg")))(
      Expected("avg", "(sum(price) / sum(id))", "d1.price AGGREGATION", "d1.id AGGREGATION")
    ),
    sql(
      "pipe syntax",
      "from orders |> where id > 3 |> aggregate sum(price) as s group by status",
      "d1.id FILTER",
      "d1.status GROUP_BY"
    )(
      Expected("status", "status", "d1.status IDENTITY"),
      Expected("s", "sum(price)", "d1.price AGGREGATION")
    ),
    sql("filtered aggregate", "select sum(price) filter (where status = 'open') as s from orders")(
      Expected("s", "sum(price) FILTER (WHERE (status = 'open'))", "d1.price AGGREGATION", "d1.status FILTER")
    ),
    shape("having", "d1.customer GROUP_BY", "d1.price FILTER")(
      orders.groupBy("customer").agg(sum("price").as("t")).filter("t > 3")
    )(
      Expected("t", "sum(price)", "d1.price AGGREGATION")
    ),
    shape("inner join", "d1.customer JOIN", "d2.id JOIN")(
      orders.as("o").join(customers.as("c"), col("o.customer") === col("c.id")).select("o.id", "c.name")
    )(
      Expected("id", "d1.id", "d1.id IDENTITY"),
      Expected("name", "name", "d2.name IDENTITY")
    ),
    shape("join using a column", "d1.id JOIN", "d2.id JOIN")(orders.join(customers, "id"))(
      Expected("id", "d1.id", "d1.id IDENTITY"),
      Expected("region", "region", "d2.region IDENTITY")
    ),
    shape("full outer join using a column", "d1.id JOIN", "d2.id JOIN")(orders.join(customers, Seq("id"), "full"))(
      Expected(
        "id",
        "coalesce(d1.id, d2.id)",
        "d1.id TRANSFORMATION",
        "d1.id CONDITIONAL",
        "d2.id TRANSFORMATION"
      )
    ),
    shape("left semi join", "d1.customer JOIN", "d2.id JOIN")(
      orders.join(customers, orders("customer") === customers("id"), "left_semi")
    )(
      Expected("id", "d1.id", "d1.id IDENTITY")
    ),
    shape("cross join")(orders.crossJoin(customers.select("name")))(
      Expected("name", "name", "d2.name IDENTITY")
    ),
    shape("self-join", "d1.customer JOIN", "d1.id JOIN")(
      orders.as("a").join(
        orders.as("b"),
        col("a.id") === col("b.customer")
      ).select(col("a.id").as("x"), col("b.price").as("y"))
    )(
      Expected("x", "id", "d1.id IDENTITY"),
      Expected("y", "price", "d1.price IDENTITY")
    ),
    shape("union")(orders.select(col("id")).union(customers.select(col("id"))))(
      Expected("id", "one_of(d1.id, d2.id)", "d1.id IDENTITY", "d2.id IDENTITY")
    ),
    shape("union of a union that is filtered", "d1.id FILTER", "d2.id FILTER")(
      orders.select("id").union(customers.select("id")).where("id > 1").union(customers.select(lit(5L)))
    )(
      Expected("id", "one_of(d1.id, d2.id, 5)", "d1.id IDENTITY", "d2.id IDENTITY")
    ),
    shape("union by name with a missing column")(
      orders.select("id", "price").unionByName(customers.select("id", "name"), allowMissingColumns = true)
    )(
      Expected("price", "one_of(price, NULL)", "d1.price IDENTITY"),
      Expected("name", "one_of(NULL, name)", "d2.name IDENTITY")
    ),
    shape("union with itself")(orders.union(orders))(Expected("id", "id", "d1.id IDENTITY")),
    shape("intersect", "d1.id FILTER", "d2.id FILTER")(orders.select("id").intersect(customers.select("id")))(
      Expected("id", "d1.id", "d1.id IDENTITY")
    ),
    shape("distinct", "d1.status GROUP_BY")(orders.select("status").distinct())(
      Expected("status", "status", "d1.status IDENTITY")
    ),
    shape("dropDuplicates", "d1.customer GROUP_BY")(orders.dropDuplicates("customer"))(
      Expected("id", "id", "d1.id IDENTITY")
    ),
    shape("sort and limit", "d1.price SORT")(orders.orderBy(col("price").desc).limit(3))(
      Expected("id", "id", "d1.id IDENTITY")
    ),
    shape("row_number")(
      orders.withColumn("rn", row_number().over(Window.partitionBy("customer").orderBy(col("price").desc)))
    )(
      Expected(
        "rn",
        "row_number() OVER (PARTITION BY customer ORDER BY price DESC)",
        "d1.customer WINDOW",
        "d1.price WINDOW"
      )
    ),
    shape("windowed sum")(orders.withColumn("s", sum("price").over(Window.partitionBy("customer"))))(
      Expected("s", "sum(price) OVER (PARTITION BY customer)", "d1.price AGGREGATION", "d1.customer WINDOW")
    ),
    shape("lag")(orders.withColumn("p", lag("price", 1).over(Window.orderBy("id"))))(
      Expected("p", "lag(price, 1, NULL) OVER (ORDER BY id ASC)", "d1.price TRANSFORMATION", "d1.id WINDOW")
    ),
    shape("window with a frame of the user's")(
      orders.withColumn("s", sum("price").over(Window.orderBy("id").rowsBetween(-2, 0)))
    )(
      Expected(
        "s",
        "sum(price) OVER (ORDER BY id ASC ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
        "d1.price AGGREGATION",
        "d1.id WINDOW"
      )
    ),
    shape("rank over a rank's filter", "d1.customer FILTER", "d1.price FILTER")(
      orders.withColumn("rk", rank().over(Window.partitionBy("customer").orderBy("price"))).filter("rk = 1").drop("rk")
    )(
      Expected("id", "id", "d1.id IDENTITY")
    ),
    shape("explode", "d1.tags FILTER")(orders.select(col("id"), explode(col("tags")).as("tag")))(
      Expected("tag", "explode(tags)", "d1.tags TRANSFORMATION"),
      Expected("id", "id", "d1.id IDENTITY")
    ),
    shape("posexplode", "d1.tags FILTER")(orders.select(posexplode(col("tags")).as(Seq("p", "t"))))(
      Expected("p", "posexplode(tags).p", "d1.tags TRANSFORMATION"),
      Expected("t", "posexplode(tags).t", "d1.tags TRANSFORMATION")
    ),
    shape("rollup", "d1.customer GROUP_BY", "d1.status GROUP_BY")(
      orders.rollup("customer", "status").agg(sum("price").as("t"))
    )(
      Expected("customer", "one_of(customer, NULL)", "d1.customer IDENTITY"),
      Expected("t", "sum(price)", "d1.price AGGREGATION")
    ),
    shape("pivot", "d1.customer GROUP_BY", "d1.status GROUP_BY")(
      orders.groupBy("customer").pivot("status", Seq("open", "done")).agg(sum("price"))
    )(
      Expected("customer", "customer", "d1.customer IDENTITY"),
      Expected(
        "open",
        "sum(price) FILTER (WHERE (status = 'open'))",
        "d1.price AGGREGATION",
        "d1.status CONDITIONAL"
      )
    ),
    sql("stack", "select stack(2, 'a', id, 'b', customer) as (what, n) from orders")(
      Expected("what", "one_of('a', 'b')"),
      Expected("n", "one_of(id, customer)", "d1.id IDENTITY", "d1.customer IDENTITY")
    ),
    shape("unpivot")(orders.unpivot(
      Array(col("id")),
      Array(col("customer").cast("double").as("customer"), col("price")),
      "what",
      "value"
    ))(
      Expected("id", "id", "d1.id IDENTITY"),
      Expected("value", "one_of(CAST(customer AS DOUBLE), price)", "d1.customer TRANSFORMATION", "d1.price IDENTITY")
    ),
    shape("struct and field")(orders.select(struct(col("id"), col("price")).as("s")).select(col("s.price").as("p")))(
      Expected("p", "price", "d1.price IDENTITY")
    ),
    shape("a struct that a loop changes")(
      (1 to 200).foldLeft(orders.select(struct(col("id"), col("price")).as("s"))) { (df, n) =>
        df.withColumn("s", col("s").withField("id", col("s.id") + n))
      }.select(col("s").as("s"))
    )(
      Expected("s", null, "d1.id TRANSFORMATION", "d1.price TRANSFORMATION")
    ),
    shape("field of a changed struct, element of an array")(
      orders.select(
        struct(col("id"), col("price")).withField("price", upper(col("status"))).as("s"),
        array(
          col("id"),
          col("customer")
        ).as("a")
      ).select(col("s.price").as("p"), col("s.id").as("i"), col("a")(1).as("e"))
    )(
      Expected("p", "upper(status)", "d1.status TRANSFORMATION"),
      Expected("i", "id", "d1.id IDENTITY"),
      Expected("e", "customer", "d1.customer IDENTITY")
    ),
    shape("nullif and between")(orders.select(
      expr("nullif(status, 'x')").as("n"),
      expr("price + 1 between id and 3").as("b")
    ))(
      Expected("n", "nullif(status, 'x')", "d1.status TRANSFORMATION", "d1.status CONDITIONAL"),
      Expected("b", null, "d1.price TRANSFORMATION", "d1.id TRANSFORMATION")
    ),
    shape("higher-order function")(orders.select(transform(col("tags"), t => concat(t, col("status"))).as("x")))(
      Expected("x", "transform(tags, (x) -> concat(x, status))", "d1.tags TRANSFORMATION", "d1.status TRANSFORMATION")
    ),
    sql(
      "view and cte",
      "with big as (select id, price from orders where price > 1) select id, price * 2 as p from big",
      "d1.price FILTER"
    )(
      Expected("id", "id", "d1.id IDENTITY"),
      Expected("p", "(price * 2)", "d1.price TRANSFORMATION")
    ),
    sql(
      "cte used twice",
      "with c as (select id, price from orders) select a.id, b.price from c a join c b on a.id = b.id",
      "d1.id JOIN"
    )(
      Expected("id", "id", "d1.id IDENTITY"),
      Expected("price", "price", "d1.price IDENTITY")
    ),
    sql("scalar subquery", "select id, (select max(region) from customers) as r from orders")(
      Expected("r", "(SELECT max(region))", "d2.region AGGREGATION")
    ),
    sql(
      "correlated scalar subquery",
      "select id, (select max(name) from customers c where c.id = o.customer) as r from orders o"
    )(
      Expected("r", "(SELECT max(name))", "d2.name AGGREGATION", "d2.id FILTER", "d1.customer FILTER")
    ),
    sql(
      "in subquery",
      "select price from orders where customer in (select id from customers)",
      "d1.customer FILTER",
      "d2.id FILTER"
    )(
      Expected("price", "price", "d1.price IDENTITY")
    ),
    sql(
      "exists",
      "select price from orders o where exists (select 1 from customers c where c.id = o.customer)",
      "d1.customer FILTER",
      "d2.id FILTER"
    )(Expected("price", "price", "d1.price IDENTITY")),
    sql(
      "lateral join",
      "select o.id, l.n from orders o, lateral (select name as n from customers c where c.id = o.customer) l",
      "d1.customer FILTER",
      "d2.id FILTER"
    )(Expected("n", "name", "d2.name IDENTITY"), Expected("id", "d1.id", "d1.id IDENTITY")),
    shape("scala udf")(orders.select(udf((s: String) => s).withName("tidy").apply(col("status")).as("t")))(
      Expected("t", "tidy(status)", "d1.status TRANSFORMATION")
    ),
    shape("typed map") {
      import spark.implicits._
      orders.select("id", "price").as[(Long, Double)].map(r => (r._1, r._2 * 2)).toDF("id", "twice")
    }(Expected("twice", null, "d1.id TRANSFORMATION", "d1.price TRANSFORMATION")),
    shape("repartition, coalesce, hint, alias")(orders.hint("broadcast").repartition(
      3,
      col("id")
    ).coalesce(1).as("x").select("x.id"))(
      Expected("id", "id", "d1.id IDENTITY")
    ),
    shape("sample")(orders.sample(0.5, 7))(Expected("id", "id", "d1.id IDENTITY")),
    shape("odd names")(orders.select(col("id").as("a b")).select((col("`a b`") + 1).as("c")))(
      Expected("c", "(id + 1)", "d1.id TRANSFORMATION")
    ),
    shape("drop")(orders.drop("status", "tags").select("*"))(Expected("price", "price", "d1.price IDENTITY"))
  )

  shapes.foreach { shape =>
    test(shape.name) {
      val got = fragment(shape.query(), "d1", "d2")
      shape.columns.foreach { expected =>
        val definition = got.definitions.find(_.column == expected.column).get
        if (expected.expression != null) assert(definition.expression === expected.expression)
        assert(uses(definition.inputs) === expected.inputs.toSet, s"inputs of ${expected.column}")
      }
      assert(uses(got.indirect) === shape.rows, "rows")
      assert(gaps.isEmpty)
      assert(got.opaque.isEmpty && got.sources.isEmpty, "the inputs are ends")
    }
  }
}
