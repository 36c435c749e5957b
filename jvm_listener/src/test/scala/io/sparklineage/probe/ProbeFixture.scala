package io.sparklineage.probe

import java.util.concurrent.atomic.AtomicInteger

import org.scalatest.Suite

import io.sparklineage.SharedSession
import io.sparklineage.model.Probed
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.functions.{col, expr}
import org.apache.spark.sql.lineage.probetest.Watched

/** What plain Spark says of a DataFrame. */
final case class Truth(rows: Long, nulls: Seq[Long], hashes: Seq[String], row: String)

trait ProbeFixture { this: Suite =>
  private val ids = new AtomicInteger
  def conf: Map[String, String] = Map.empty

  lazy val spark: SparkSession = {
    val session = SharedSession.of(SharedSession.Listening ++ conf)
    Watched.install(session)
    session
  }

  def freshId(): String = s"d${ids.incrementAndGet()}"

  def withConf[A](settings: (String, String)*)(body: => A): A = {
    val before = settings.map { case (k, _) => k -> spark.conf.getOption(k) }
    settings.foreach { case (k, v) => spark.conf.set(k, v) }
    try body
    finally before.foreach { case (k, v) => v.fold(spark.conf.unset(k))(spark.conf.set(k, _)) }
  }

  /** Everything measured while `body` runs, the latest of each instance. */
  def measured(body: => Unit): Seq[Probed] = {
    Watched.waitForEnds(spark)
    Probes.snapshot()
    body
    Watched.waitForEnds(spark)
    val seen = Probes.snapshot()
    seen.groupBy(_.instance).values.map(_.last).toSeq.sortBy(_.instance)
  }

  /** All measurements of `id` while `action` runs on the watched form of `df`: one for each place in the plan. */
  def probes(df: DataFrame, everyColumn: Boolean = true)(action: DataFrame => Unit): Seq[Probed] = {
    val id = freshId()
    measured(action(Watched.watch(df, id, everyColumn))).filter(_.dataset == id)
  }

  /** The only measurement of `id` while `action` runs on the watched form of `df`. */
  def probe(df: DataFrame, everyColumn: Boolean = true, key: Seq[String] = Nil, limited: Boolean = false)(
      action: DataFrame => Unit
  ): Probed = {
    val id = freshId()
    val all = measured(action(Watched.watch(df, id, everyColumn, key, limited = limited))).filter(_.dataset == id)
    assert(all.size == 1, s"measurements: $all")
    all.head
  }

  val write: DataFrame => Unit = _.write.format("noop").mode("overwrite").save()

  protected val Generated: Seq[(String, String)] = Seq("spark.sql.ansi.enabled" -> "false")

  /** Without generated code: it is the other way to the same numbers, and for so few rows the faster one. */
  protected val Interpreted: Seq[(String, String)] = Generated ++ Seq(
    "spark.sql.codegen.wholeStage" -> "false",
    "spark.sql.codegen.factoryMode" -> "NO_CODEGEN"
  )

  def truth(df: DataFrame, settings: Seq[(String, String)] = Interpreted): Truth = withConf(settings: _*) {
    val names = df.columns.indices.map(i => s"c$i")
    val renamed = df.toDF(names: _*)
    val counts = names.map(n => expr(s"count_if($n is null)"))
    val facts = renamed.agg(expr("count(1)"), counts: _*).head()
    val hashed = names.map(n => expr(s"xxhash64($n)").as(n))
    val sums = renamed.select(hashed: _*).agg(expr("count(1)"), names.map(n => expr(s"sum($n)")): _*).head()
    val floating = df.schema.fields.map(f => Set("float", "double")(f.dataType.catalogString))
    val (last, first) = names.indices.partition(floating(_))
    var a, b = 0L
    renamed.select(hashed: _*).collect().foreach { row =>
      val hash = (first ++ last).foldLeft(42L)((h, i) => Mixing.fold(h, row.getLong(i)))
      a += Mixing.mixA(hash)
      b += Mixing.mixB(hash)
    }
    Truth(
      facts.getLong(0),
      names.indices.map(i => facts.getLong(i + 1)),
      names.indices.map(i => f"xxh64:${if (sums.isNullAt(i + 1)) 0L else sums.getLong(i + 1)}%016x"),
      f"row1:$a%016x$b%016x"
    )
  }

  def assertTrue(got: Probed, want: Truth): Unit = {
    assert(got.complete, s"not complete: ${got.reason} ${got.detail}")
    assert(got.reason.isEmpty)
    assert(got.rows.contains(want.rows))
    assert(got.columns.map(_.nulls.get) == want.nulls)
    assert(got.columns.map(_.fingerprint.get) == want.hashes)
    assert(got.fingerprint.contains(want.row))
  }

  def people: DataFrame = spark.range(0, 1000, 1, 4).select(
    col("id"),
    expr("cast(id % 7 as int)").as("k"),
    expr("if(id % 5 = 0, null, concat('name ', id % 50))").as("name"),
    expr("id * 0.1D").as("x"),
    expr("date_add(date'2024-01-01', cast(id % 300 as int))").as("day")
  )
}
