package io.sparklineage.probe

import io.sparklineage.{Slow, Wide}
import org.scalatest.Tag
import org.scalatest.funsuite.AnyFunSuite

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.expressions.Window
import org.apache.spark.sql.functions._
import org.apache.spark.storage.StorageLevel

/** Rows, nulls and fingerprints against plain Spark, over plans of all kinds. */
@Wide
class PlanMatrixSuite extends AnyFunSuite with ProbeFixture {

  private def wide(width: Int): DataFrame =
    spark.range(0, 200, 1, 3).select((0 until width).map { i =>
      i % 4 match {
        case 0 => (col("id") * (i + 1)).as(s"c$i")
        case 1 => expr(s"if(id % 3 = 0, null, concat('v', id + $i))").as(s"c$i")
        case 2 => expr(s"id * 0.5D + $i").as(s"c$i")
        case _ => expr(s"if(id % 7 = $i % 7, null, cast(id + $i as int))").as(s"c$i")
      }
    }: _*)

  private def other: DataFrame =
    spark.range(0, 7).select(col("id").cast("int").as("k2"), concat(lit("g"), col("id")).as("group"))

  private val plans: Seq[(String, () => DataFrame)] = Seq(
    "project" -> (() => people.select(col("id"), col("x") + 1)),
    "filter" -> (() => people.filter("k > 2")),
    "nothing left" -> (() => people.filter("id < 0")),
    "no rows at all" -> (() => spark.emptyDataFrame.select(lit(1).as("a"))),
    "local" -> (() => spark.sql("select * from values (1, 'a'), (2, null), (null, 'c') t(n, s)")),
    "sort merge join" -> (() => people.join(other.hint("merge"), expr("k = k2"))),
    "left join" -> (() => people.join(other.filter("k2 > 3").hint("merge"), expr("k = k2"), "left")),
    "full join" -> (() => people.filter("k > 1").join(other.filter("k2 < 5"), expr("k = k2"), "full")),
    "broadcast join" -> (() => people.join(broadcast(other), expr("k = k2"))),
    "shuffled hash join" -> (() => people.join(other.hint("shuffle_hash"), expr("k = k2"))),
    "cartesian" -> (() => people.filter("id < 30").join(other.hint("shuffle_replicate_nl"))),
    "nested loop" -> (() => people.filter("id < 30").join(broadcast(other), expr("k > k2"))),
    "group by" -> (() => people.groupBy("k").agg(sum("x").as("x"), max("name").as("n"))),
    "sort aggregate" -> (() =>
      people.groupBy("k").agg(max("name"), collect_set("day").as("d")).select("k", "d")
        .select(col("k"), size(col("d")))
    ),
    "distinct" -> (() => people.select("name", "k").distinct()),
    "window" -> (() => people.select(col("k"), row_number().over(Window.partitionBy("k").orderBy("id")).as("r"))),
    "union" -> (() => people.union(people.filter("k = 1"))),
    "self join" -> (() => people.as("a").join(people.as("b"), expr("a.id = b.id + 1")).select("a.id", "b.name")),
    "explode" -> (() => people.select(col("id"), explode(array(col("k"), lit(null), lit(3))).as("e"))),
    "udf" -> (() => { val twice = udf((i: Int) => i * 2); people.select(col("id"), twice(col("k")).as("t")) }),
    "order by" -> (() => people.orderBy(col("x").desc, col("name"))),
    "coalesce" -> (() => people.coalesce(2)),
    "repartition" -> (() => people.repartition(3, col("k"))),
    "range" -> (() => spark.range(1000).toDF()),
    "duplicate names" -> (() => people.select(col("id"), col("id"), col("k").as("id"))),
    "literals" -> (() => people.select(lit(1), lit("a"), lit(null), lit(null).cast("double"), col("id"))),
    "1 column" -> (() => wide(1)),
    "60 columns" -> (() => wide(60)),
    "300 columns" -> (() => wide(300))
  )

  private val settings: Seq[(String, Seq[(String, String)])] = Seq(
    "adaptive" -> Nil,
    "not adaptive" -> Seq("spark.sql.adaptive.enabled" -> "false"),
    "iterators" -> Seq("spark.sql.codegen.maxFields" -> "0"),
    "interpreted" -> Seq("spark.sql.codegen.wholeStage" -> "false"),
    // Spark refuses what was generated, as it does code that does not compile, and runs the plan below it.
    "code refused" -> Seq("spark.sql.codegen.hugeMethodLimit" -> "1"),
    "wide stages" -> Seq("spark.sql.codegen.maxFields" -> "1000", "spark.sql.adaptive.enabled" -> "false")
  )

  private val truths = scala.collection.mutable.HashMap.empty[String, Truth]
  private def wanted(name: String, df: DataFrame): Truth = truths.getOrElseUpdate(name, truth(df))

  // The wide ones take long to compile: what they are for is asked where the code differs.
  private def worthwhile(setting: String, name: String): Boolean =
    !(name == "300 columns" && Set(
      "interpreted",
      "code refused"
    )(setting)) && (setting != "not adaptive" || name.contains("join"))

  // Each kind of operator in each setting that runs other code of ours, and more in the usual one; the whole of the
  // matrix takes minutes.
  private val kinds =
    Set("nothing left", "sort merge join", "group by", "explode", "60 columns")
  private val always: Map[String, Set[String]] = Map(
    "adaptive" -> (kinds ++ Set(
      "filter",
      "sort aggregate",
      "window",
      "full join",
      "shuffled hash join",
      "broadcast join",
      "union",
      "udf",
      "duplicate names"
    )),
    "not adaptive" -> Set("sort merge join", "full join", "self join")
  ).withDefaultValue(kinds)
  private def tags(setting: String, name: String): Seq[Tag] =
    if (always(setting)(name)) Nil else Seq(Slow)

  for ((setting, conf) <- settings; (name, plan) <- plans if worthwhile(setting, name))
    test(s"$name, $setting", tags(setting, name): _*) {
      withConf(conf: _*) {
        val df = plan()
        val want = wanted(name, df)
        assertTrue(probe(df)(write), want)
        assertTrue(probe(df)(_.collect()), want)
      }
    }

  for ((name, plan) <- plans) test(s"$name, in the middle of a plan", tags("middle", name): _*) {
    val df = plan()
    val want = wanted(name, df)
    val columns = df.columns.indices.map(i => s"c$i")
    assertTrue(probe(df)(w => write(w.toDF(columns: _*).repartition(3).withColumn("more", lit(1)))), want)
    assertTrue(probe(df)(w => w.toDF(columns: _*).orderBy(columns.head).collect()), want)
    val both = probes(df)(w => write(w.union(w)))
    assert(both.nonEmpty)
    both.foreach(assertTrue(_, want))
  }

  test("cached: one measurement for two actions") {
    val df = people.filter("k = 3")
    val want = truth(df)
    val got = probe(df) { w =>
      val cached = w.persist(StorageLevel.MEMORY_ONLY)
      cached.count()
      cached.select("name").collect()
      cached.unpersist(blocking = true)
    }
    assertTrue(got, want)
  }
}
