package io.sparklineage.boundary

import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions._

import io.sparklineage.PythonApi
import io.sparklineage.model.Probed
import io.sparklineage.probe.{ProbeFixture, RowProbe}

/** Boundaries between which only projections lie share a probe, and each still says the truth. */
class BoundaryStackSuite extends AnyFunSuite with ProbeFixture with BeforeAndAfterAll {
  // Other suites ask for what was told last: a call gives no more than some of what waits.
  override def afterAll(): Unit = {
    assert(PythonApi.settle(20000))
    while (PythonApi.drain().nonEmpty) {}
    super.afterAll()
  }

  private type Step = DataFrame => DataFrame

  private val steps: Seq[(String, Step)] = Seq(
    "column" -> (df => df.withColumn(s"n${df.columns.length}", col("id") * 3 + df.columns.length)),
    "of the last column" -> (df => df.withColumn(s"l${df.columns.length}", hash(col(df.columns.last)))),
    "float column" -> (df => df.withColumn(s"f${df.columns.length}", col("id") / 7)),
    "nullable column" -> (df =>
      df.withColumn(s"s${df.columns.length}", expr("if(id % 4 = 1, null, cast(id as string))"))
    ),
    "struct" -> (df => df.withColumn(s"t${df.columns.length}", struct(col("id"), col("name")))),
    "replaced" -> (df => df.withColumn("k", col("k") + 1)),
    "dropped" -> (df => df.drop(df.columns.filterNot(Set("id", "k", "name")).headOption.toSeq: _*)),
    "reordered" -> (df => df.select(df.columns.toSeq.reverse.map(col): _*)),
    "renamed" -> (df =>
      df.withColumnRenamed(df.columns.filterNot(Set("id", "k", "name")).lastOption.getOrElse("z"), "r")
    ),
    "constant" -> (df => df.withColumn(s"u${df.columns.length}", lit(df.columns.length)))
  )

  private def marked(df: DataFrame, id: String, mode: String): DataFrame = {
    PythonApi.mark(df, id, "", mode, "boundary")
    df
  }

  /** Where one DataFrame follows from the one before, all marked: the plain ones, the marked ones, and the ids. */
  private def chained(mode: String, chain: Seq[Step]): Seq[(DataFrame, DataFrame, String)] = {
    val plain = chain.scanLeft(people)((df, step) => step(df))
    val ids = plain.map(_ => freshId())
    val first = marked(people, ids.head, mode)
    val watched = chain.zip(ids.tail).scanLeft(first) { case (df, (step, id)) => marked(step(df), id, mode) }
    plain.zip(watched).zip(ids).map { case ((df, seen), id) => (df, seen, id) }
  }

  private def probes(df: DataFrame): Int = PhysicalPlans.probes(PhysicalPlans.of(df)).size

  /** What was seen of each column that flowed is what plain Spark says of it. */
  private def assertTold(got: Probed, plain: DataFrame): Unit = {
    val want = truth(plain)
    val columns = plain.columns.toSeq.zip(want.nulls.zip(want.hashes)).toMap
    assert(got.complete && got.rows.contains(want.rows))
    assert(got.columns.map(_.name).toSet.subsetOf(plain.columns.toSet))
    got.columns.foreach(each => assert((each.nulls.get, each.fingerprint.get) == columns(each.name), each.name))
    if (got.columns.size == plain.columns.length) assert(got.fingerprint.contains(want.row))
  }

  private def check(mode: String, chain: Seq[(String, Step)]): Unit = {
    val made = chained(mode, chain.map(_._2))
    var rows: Seq[String] = Nil
    val got = measured { rows = made.last._2.collect().map(_.toString).toSeq.sorted }.groupBy(_.dataset)
    withClue(s"$mode ${chain.map(_._1)}: ") {
      assert(rows == made.last._1.collect().map(_.toString).toSeq.sorted)
      made.foreach { case (plain, _, id) =>
        withClue(s"$id of ${made.map(_._3)}: ") {
          assert(got(id).size == 1)
          assertTold(got(id).head, plain)
          if (mode == "exact") assertTrue(got(id).head, truth(plain))
        }
      }
    }
  }

  private val ways: Seq[(String, Seq[(String, String)])] = Seq(
    "generated code" -> Generated,
    "no whole stages" -> (Generated :+ "spark.sql.codegen.wholeStage" -> "false"),
    "code refused" -> (Generated :+ "spark.sql.codegen.hugeMethodLimit" -> "1"),
    "wide rows" -> (Generated :+ "spark.sql.codegen.maxFields" -> "4")
  )

  for ((way, settings) <- ways; (mode, seed) <- Seq("flow" -> 1, "used" -> 2, "exact" -> 3))
    test(s"each boundary of a chain says the truth: $way, $mode") {
      val random = new scala.util.Random(seed)
      withConf(settings: _*)((1 to 4).foreach(_ => check(mode, random.shuffle(steps).take(5))))
    }

  test("each boundary of a chain says the truth before code is generated for rows, and after it") {
    try Seq(10000000, 2000).foreach { values =>
        RowProbe.valuesBeforeCode = values
        val random = new scala.util.Random(5)
        withConf(Generated :+ "spark.sql.codegen.maxFields" -> "4": _*) {
          (1 to 3).foreach(_ => check("exact", random.shuffle(steps).take(5)))
        }
      }
    finally RowProbe.valuesBeforeCode = 0
  }

  test("a chain of columns has one probe, and one projection above the first boundary") {
    val made = chained("flow", Seq.tabulate(8)(n => (df: DataFrame) => df.withColumn(s"c$n", col("id") + n)))
    made.last._2.collect()
    val plan = PhysicalPlans.of(made.last._2)
    assert(probes(made.last._2) == 1)
    assert(PhysicalPlans.text(plan).linesIterator.count(_.contains("Project [")) == 2)
  }

  test("a chain that is wider than a codegen stage has few probes, and each boundary its facts") {
    val made = chained("flow", Seq.tabulate(130)(n => (df: DataFrame) => df.withColumn(s"c$n", col("id") + n)))
    val got = measured { made.last._2.collect(); () }.groupBy(_.dataset)
    assert(probes(made.last._2) < 20)
    Seq(0, 1, 50, 95, 96, 100, 129, 130).map(made(_)).foreach { case (plain, _, id) =>
      assert(got(id).size == 1)
      assertTold(got(id).head, plain)
    }
  }

  test("what lies above and below finds what it finds without boundaries") {
    def summed(df: DataFrame) = df.groupBy("k").agg(sum("b").as("s"))
    def steps(mark: DataFrame => DataFrame): DataFrame = {
      val one = mark(people.repartition(3, col("k")).select("id", "k", "x"))
      val two = mark(one.withColumn("a", col("id") + 1))
      val three = mark(two.select(col("k"), (col("a") * 2).as("b")))
      val both = summed(three).join(summed(three).withColumnRenamed("s", "t"), "k")
      both.union(summed(three).selectExpr("k", "s", "s as t"))
    }
    val plain = steps(identity)
    val watched = steps(marked(_, freshId(), "flow"))
    val wanted = plain.collect().map(_.toString).sorted.toSeq
    assert(watched.collect().map(_.toString).sorted.toSeq == wanted)
    assert(PhysicalPlans.features(PhysicalPlans.of(watched)) == PhysicalPlans.features(PhysicalPlans.of(plain)))
    assert(PhysicalPlans.features(PhysicalPlans.of(plain)).exists(_.startsWith("reused")))
  }

  test("a boundary has one plan hash, alone and with others above it") {
    val id = freshId()
    val one = marked(people.withColumn("a", col("id") + 1).select("id", "a", "name"), id, "exact")
    val alone = measured { one.collect(); () }.filter(_.dataset == id)
    val two = marked(one.select((col("a") * 2).as("b")), freshId(), "exact")
    val below = measured { two.collect(); () }.filter(_.dataset == id)
    assert(probes(two) == 1 && alone.size == 1 && below.size == 1)
    assert(alone.head.planHash.isDefined && below.head.planHash == alone.head.planHash)
    assert(below.head.fingerprint == alone.head.fingerprint)
  }

  test("each row of a projection that draws numbers is drawn as without boundaries") {
    val made = chained("exact", Seq(_.withColumn("u", rand(7)), _.withColumn("v", col("u") + 1)))
    val got = measured { made.last._2.collect(); () }.groupBy(_.dataset)
    made.foreach { case (plain, _, id) => assertTrue(got(id).head, truth(plain)) }
  }
}
