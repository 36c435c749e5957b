package io.sparklineage.plan.rows

import io.sparklineage.model.RowOperator
import io.sparklineage.plan.PlanSuite

import org.apache.spark.sql.expressions.Window
import org.apache.spark.sql.functions._

class RowShapeSuite extends PlanSuite {

  private def orders(id: String = "d1"): Frame = {
    import spark.implicits._
    marked(Seq((1L, 10L, "2.5", Option(1.5))).toDF("id", "customer", "price", "weight"), id)
  }

  private def customers(id: String = "d2"): Frame = {
    import spark.implicits._
    marked(Seq((10L, "Ann")).toDF("customer", "name"), id)
  }

  private def operators(df: Frame): Seq[RowOperator] = fragment(df, "d1", "d2").rowOperators

  private def notes(df: Frame): Seq[String] =
    fragment(df, "d1", "d2").notes.map(n => s"${n.kind} ${n.column}${n.input.fold("")(i => s" of ${i._1}.${i._2}")}")

  test("what only passes rows on is left out; operators stand after those they read") {
    val got = operators(orders().select("id", "customer").orderBy("id").repartition(3).filter("id > 0").as("x"))
    assert(got.map(_.op) === Seq("input", "filter"))
    assert(got.head.datasets === Seq("d1") && got.last.children === Seq(0))
  }

  test("joins: kind, condition, equality, columns that may be filled") {
    val got = operators(orders().join(customers(), Seq("customer"), "left"))
    assert(got.map(_.op) === Seq("input", "input", "join"))
    assert(got.last.kind.contains("left outer") && got.last.equi && got.last.text.exists(_.contains("customer")))
    assert(got.last.supplied === Seq(4), "the name")
    assert(!operators(orders().crossJoin(customers("d2").toDF("c", "n"))).last.equi)
    assert(!operators(orders().join(customers().toDF("c", "n"), expr("id < c"))).last.equi)
  }

  test("a filter undoes an outer join where the other side would have to be there") {
    def undone(condition: String): Int =
      operators(orders().join(customers(), Seq("customer"), "left").filter(condition)).last.undone.length
    Seq(
      "name = 'Ann'",
      "name <> 'Ann'",
      "name in ('a', 'b')",
      "upper(name) > id",
      "length(name) > 2 and id > 0",
      "name like 'A%'",
      "not name = 'Bob'",
      "name <=> 'Ann'",
      "name > 'a' or name < 'A'"
    ).foreach(c => assert(undone(c) === 1, c))
    Seq(
      "name is not null",
      "name is null or name = 'Ann'",
      "id > 0",
      "name = 'Ann' or id > 0",
      "coalesce(name, 'x') = 'x'"
    )
      .foreach(c => assert(undone(c) === 0, c))
    val renamed = orders().join(customers(), Seq("customer"), "left").withColumn("n", concat(col("name"), lit("!")))
    assert(operators(renamed.filter("n > 'a'")).last.undone.length === 1)
    val before = orders().join(customers().filter("name > 'a'"), Seq("customer"), "left")
    assert(operators(before).flatMap(_.undone).isEmpty)
    val grouped = orders().join(customers(), Seq("customer"), "left").groupBy("name").count().filter("name > 'a'")
    assert(operators(grouped).flatMap(_.undone).isEmpty)
  }

  test("which input columns a filter drops NULL of") {
    val got = operators(orders().filter("weight > 1 and id is not null")).last
    assert(got.drops.map(_.columns) === Seq(Seq("d1" -> "weight")))
  }

  test("unions by position") {
    val a = orders()
    def clashes(other: Frame) = operators(a.union(other)).last.clashes.map(_.position)
    assert(clashes(a.select("customer", "id", "price", "weight")) === Seq(0, 1))
    assert(clashes(a.select("id", "customer", "weight", "price")) === Seq(2, 3))
    assert(clashes(a.toDF("w", "x", "y", "z")) === Nil, "other names")
    assert(clashes(a.select(col("id").cast("int").as("id"), col("customer"), col("price"), col("weight"))) === Nil)
    assert(clashes(a.withColumn("price", lit(1))) === Seq(2), "a number for a text")
    assert(clashes(a.withColumn("price", lit(null))) === Nil)
    assert(operators(a.unionByName(a.select("customer", "id", "price", "weight"))).last.clashes === Nil)
  }

  test("deduplication, also by the first of a window") {
    val best = Window.partitionBy("customer").orderBy("price")
    val got = operators(orders().withColumn("n", rank().over(best)).filter("n = 1"))
    assert(got.last.op === "deduplicate" && got.last.kind.contains("rank") && got.last.keys === Seq("customer"))
    assert(operators(orders().dropDuplicates("id")).last.keys === Seq("id"))
    assert(operators(orders().groupBy("customer").count()).last.keys === Seq("customer"))
  }

  test("what decides, over the columns of the inputs") {
    def deciding(df: Frame): Seq[String] =
      operators(df).last.deciding.map(d =>
        s"${d.column}: ${d.expression} ${d.inputs.map(i => i.dataset + "." + i.column)}"
      )
    val doubled = orders().select(col("id"), (col("weight") * 2).as("double_weight"), col("customer").as("who"))
    assert(deciding(doubled.filter("double_weight > 3")) === Seq(": ((weight * 2) > 3) List(d1.weight)"))
    assert(deciding(doubled.groupBy("who").count()) === Seq("who: customer List(d1.customer)"))
    assert(deciding(doubled.dropDuplicates("who")) === Seq("who: customer List(d1.customer)"))
    assert(deciding(doubled.limit(7)) === Seq(": 7 List()"))
    assert(deciding(doubled.groupBy("who").count().filter("count > 1")) === Seq(": (count(*) > 1) List()"))
    val joined = operators(orders().join(customers(), Seq("customer"))).last.deciding.head
    assert(joined.expression === "(d1.customer = d2.customer)")
    assert(joined.inputs.map(i => i.dataset -> i.column).toSet === Set("d1" -> "customer", "d2" -> "customer"))
    val first = doubled.withColumn("n", row_number().over(Window.partitionBy("who").orderBy(desc("double_weight"))))
    assert(deciding(first.filter("n = 1")) === Seq(
      ": (row_number() OVER (PARTITION BY customer ORDER BY (weight * 2) DESC) = 1) List(d1.customer, d1.weight)",
      "who: customer List(d1.customer)"
    ))
    val wide = orders().select((0 to RowShape.MostKeys).map(i => lit(i).as(s"c$i")): _*).distinct()
    assert(deciding(wide) === Nil && operators(wide).last.keys.length === RowShape.MostKeys + 1)
  }

  test("notes: casts that may make NULL, zeros for NULL, averages, literals") {
    spark.conf.set("spark.sql.ansi.enabled", "false")
    assert(notes(orders().select(col("price").cast("double").as("p"))) === Seq("cast p of d1.price"))
    assert(notes(orders().select((trim(col("price")).cast("double") * 2).as("p"))) === Seq("cast p of d1.price"))
    assert(notes(orders().select(coalesce(col("price").cast("double"), lit(1.0)).as("p"))) === Nil)
    assert(notes(orders().select(col("id").cast("string").as("p"))) === Nil)
    assert(notes(orders().select(coalesce(col("price").cast("double"), lit(0)).as("p"))) === Seq("filled p"))
    spark.conf.set("spark.sql.ansi.enabled", "true")
    assert(notes(orders().select(col("price").cast("double").as("p"))) === Nil, "raises")
    assert(notes(orders().select(expr("try_cast(price as double)").as("p"))) === Seq("cast p of d1.price"))
    assert(notes(orders().select(expr("try_to_timestamp(price)").as("p"))) === Seq("cast p of d1.price"))
    assert(notes(orders().select(lit(3).as("p"))) === Seq("literal p"))
    assert(notes(orders().na.fill(0).select("weight")) === Seq("filled weight of d1.weight"))
    val mean = orders().na.fill(0, Seq("weight")).groupBy("customer").agg(avg("weight").as("m"))
    assert(notes(mean) === Seq("average_of_filled m of d1.weight"))
    assert(notes(orders().groupBy("customer").agg(avg("weight").as("m"))) === Seq("average m of d1.weight"))
  }

  test("a plan with very many operators has no shape") {
    // In pairs, as Spark analyzes the whole of a plan for each union.
    def union(parts: Seq[Frame]): Frame =
      if (parts.size == 1) parts.head else union(parts.grouped(2).map(_.reduce(_ union _)).toSeq)
    val many = union((1 to 160).map(_ => orders().filter("id > 0")))
    assert(operators(many) === Nil)
  }
}
