package io.sparklineage.boundary

import org.apache.spark.sql.{DataFrame, functions => F}
import org.apache.spark.sql.lineage.{Explained, SparkLine}
import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.PythonApi

/** What a program sees of a plan: in flow mode that of the plain program, in exact mode nothing that names us. */
class ShownPlanSuite extends AnyFunSuite with Sessions {
  private val modes = Seq("simple", "extended", "formatted", "cost", "codegen")

  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(0, 100).selectExpr("id", "id % 5 as k", "cast(id as string) as t").write.parquet(folder + "/rows")
  }

  private def program(mark: (DataFrame, String) => DataFrame): DataFrame = {
    val rows = mark(spark.read.parquet(folder + "/rows").withColumn("x", F.expr("id % 3")), "s1")
    val clean = mark(rows.filter("x > 0").withColumn("y", F.expr("x * 2")), "s2")
    mark(clean.groupBy("y").agg(F.sum("id").as("s")).join(clean, "y"), "s3").filter("s > 3").orderBy("s")
  }

  private def marked(mode: String)(data: DataFrame, id: String): DataFrame = {
    PythonApi.mark(data, id, "", mode, "boundary")
    data
  }

  private val plain: (DataFrame, String) => DataFrame = (data, _) => data

  private def explained(data: DataFrame, mode: String): String =
    Explained(SparkLine.dataset(data), mode)

  /** Without numbers that grow from one query to the next; those of what is printed are in the order of their use. */
  private def anonymous(text: String): String = {
    val names = scala.collection.mutable.LinkedHashMap.empty[String, String]
    "#\\d+L?|plan_id=\\d+".r.replaceAllIn(text, found => names.getOrElseUpdate(found.matched, s"@${names.size}"))
  }

  private def probes: Seq[String] = {
    assert(PythonApi.settle(20000))
    PythonApi.drain().linesIterator.filter(_.contains("\"kind\":\"probe\"")).toSeq
  }

  private def reasons: Set[String] =
    probes.flatMap("\"reason\":\"([a-z_]+)".r.findFirstMatchIn(_).map(_.group(1))).toSet

  /** Whose rows were counted, all of them. */
  private def counted: Set[String] =
    probes.filter(
      _.contains("\"complete\":true")
    ).flatMap("\"dataset\":\"(\\w+)".r.findFirstMatchIn(_).map(_.group(1))).toSet

  for (mode <- modes) test(s"explain in flow mode, $mode") {
    assert(anonymous(explained(program(marked("flow")), mode)) == anonymous(explained(program(plain), mode)))
  }

  test("a plan that was shown runs as it was shown, and the record says why its rows are not known") {
    val data = program(marked("flow"))
    explained(data, "simple")
    assert(!reasons("fixed_plan"), "nothing has run")
    data.collect()
    assert(reasons == Set("fixed_plan"))
    assert(data.count() == data.collect().length)
    assert(!reasons("fixed_plan"), "told once")
  }

  test("what is made from a DataFrame that was shown has its facts") {
    val actions = Seq[(String, DataFrame => Any)](
      "a" -> (_.count()),
      "b" -> (_.withColumn("more", F.lit(1)).collect()),
      "c" -> (_.write.mode("overwrite").parquet(folder + "/shown"))
    )
    actions.foreach { case (name, action) =>
      val data = spark.read.parquet(folder + "/rows").withColumn("x", F.expr("id % 3"))
      marked("flow")(data, name)
      explained(data, "simple")
      data.collect()
      assert(!counted(name), "it runs as it was shown")
      action(data)
      assert(counted(name), "planned anew")
    }
  }

  test("SQL's EXPLAIN") {
    def text(mark: (DataFrame, String) => DataFrame): String = {
      program(mark).createOrReplaceTempView("shown")
      anonymous(spark.sql("explain extended select * from shown").collect().mkString)
    }
    assert(text(marked("flow")) == text(plain))
  }

  test("no line of a printed plan names us, after it ran and in exact mode") {
    for (mode <- Seq("flow", "exact"); how <- modes.filterNot(_ == "codegen")) {
      val data = program(marked(mode))
      data.collect()
      val texts = explained(data, how) + SparkLine.dataset(data).queryExecution.toString
      assert("(?i)boundary|lineage|probe".r.findAllIn(texts).toSet == Set.empty, texts)
    }
  }

  test("RDDs are called as without us") {
    for (mode <- Seq("flow", "exact")) {
      def names(data: DataFrame) = data.rdd.toDebugString.replaceAll("\\d+", "N").linesIterator.toSet
      assert(names(program(marked(mode))) == names(program(plain)))
    }
  }
}
