package io.sparklineage.probe

import java.nio.file.{Files, Paths}

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import io.sparklineage.Slow
import org.scalatest.funsuite.AnyFunSuite

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions.{col, expr}
import org.apache.spark.sql.lineage.probetest.Watched

/** Every type, and the vectors that the Python half is tested with too. */
class TypesSuite extends AnyFunSuite with ProbeFixture {
  override def conf: Map[String, String] = Map(
    "spark.sql.timeType.enabled" -> "true",
    "spark.sql.session.timeZone" -> "UTC"
  )

  private lazy val vectors: JsonNode = {
    val places = Seq("tests/contract/fingerprint_vectors.json", "../tests/contract/fingerprint_vectors.json")
    new ObjectMapper().readTree(Files.readString(places.map(Paths.get(_)).find(Files.exists(_)).get))
  }

  private def byType: Seq[(String, Seq[String])] = {
    val all = vectors.get("vectors").asScala.toSeq.map(v => v.get("type").asText -> v.get("sql").asText)
    all.map(_._1).distinct.map(name => name -> all.filter(_._1 == name).map(_._2))
  }

  /** For each type all its values, one of them twice, and a NULL, with what plain Spark says of them. */
  private lazy val columns: Seq[(String, DataFrame, () => Truth)] = byType.map { case (name, texts) =>
    val df = spark.sql(selects(texts ++ Seq(s"cast(null as $name)", texts.head))).repartition(2)
    (name, df, () => truths.getOrElseUpdate(name, truth(df)))
  }
  private val truths = scala.collection.mutable.HashMap.empty[String, Truth]

  private def selects(texts: Seq[String]): String = texts.map(text => s"select $text as v").mkString(" union all ")

  private val ways = Seq("codegen" -> Nil, "interpreted" -> Seq("spark.sql.codegen.wholeStage" -> "false"))

  // Each type compiles code of its own. In `make test` generated code sees two of three, interpreted code the third.
  private def always(way: String, number: Int): Boolean = (number % 3 == 2) == (way == "interpreted")

  for ((way, conf) <- ways; (some, tags) <- Seq(true -> Nil, false -> Seq(Slow)))
    test(
      s"columns of ${if (some) "a share of" else "the other"} types have the fingerprints of the vectors, $way",
      tags: _*
    ) {
      withConf(conf: _*) {
        val expected = vectors.get("columns").asScala.map(c => c.get("type").asText -> c).toMap
        columns.zipWithIndex.collect { case (column, n) if always(way, n) == some => column }.foreach {
          case (name, df, want) =>
            withClue(s"$name: ") {
              val got = probe(df)(write)
              assertTrue(got, want())
              assert(got.columns.head.fingerprint.contains(expected(name).get("fingerprint").asText))
              assert(got.columns.head.nulls.contains(1L))
            }
        }
      }
    }

  for ((way, conf) <- ways) test(s"row fingerprint, sketches and sample of the tables in the vectors, $way") {
    withConf(conf: _*) {
      vectors.get("tables").asScala.foreach { table =>
        val id = freshId()
        val df = Watched.watch(spark.sql(table.get("sql").asText()).repartition(3), id, sampleRows = 8)
        val got = measured(write(df)).find(_.dataset == id).get
        assert(got.fingerprint.contains(table.get("fingerprint").asText()))
        table.get("sketches").properties().asScala.foreach { entry =>
          val sketch = got.columns.find(_.name == entry.getKey).flatMap(_.sketch).get
          Seq(sketch.sum, sketch.sumSquares, sketch.signedSum.get).zip(entry.getValue.asScala).foreach {
            case (mine, theirs) =>
              assert(math.abs(mine - theirs.asDouble()) <= 1e-9 * (1 + math.abs(mine)))
          }
        }
        val sample = table.get("sample")
        assert(got.sample.get.key == sample.get("key").asScala.map(_.asText()).toSeq)
        assert(got.sample.get.counts == sample.get("counts").asScala.map(_.asLong()).toSeq)
        val rows =
          sample.get("rows").asScala.map(_.asScala.map(v => if (v.isNull) None else Some(v.asText())).toSeq).toSeq
        assert(got.sample.get.rows == rows)
      }
    }
  }

  test("maps and variants have nulls, but no fingerprint; then the row has none") {
    val df = spark.range(10).select(
      col("id"),
      expr("if(id = 3, null, map('a', id))").as("m"),
      expr("array(map(1, 2))").as("am"),
      expr("if(id > 7, null, parse_json('{\"a\":1}'))").as("v")
    )
    ways.foreach { case (_, conf) =>
      withConf(conf: _*) {
        val got = probe(df)(write)
        assert(got.complete && got.rows.contains(10L) && got.fingerprint.isEmpty)
        assert(got.columns.map(_.fingerprint.isDefined) == Seq(true, false, false, false))
        assert(got.columns.map(_.nulls.get) == Seq(0L, 1L, 0L, 2L))
        assert(got.sample.get.rows.forall(_.size == 4))
      }
    }
  }

  test("intervals of months, days and microseconds") {
    val df = spark.range(5).select(expr("make_interval(1, id, 0, id)").as("i")).repartition(2)
    // Spark's interpreted xxhash64 of an interval is another one.
    assertTrue(probe(df)(_.collect()), truth(df, Generated))
  }

  test("float sketch: sums of finite values, signs from the other columns") {
    val df = spark.range(100).select(
      col("id"),
      expr("case when id = 5 then double('NaN') when id = 6 then null else id * 0.25D end").as("x"),
      expr("cast(id as float)").as("y")
    )
    val finite = (0 until 100).filterNot(Set(5, 6)).map(_ * 0.25)
    val signs = spark.range(100).select(expr("xxhash64(id)")).collect().map(r => Mixing.fold(Mixing.Seed, r.getLong(0)))
    ways.foreach { case (_, conf) =>
      withConf(conf: _*) {
        val got = probe(df.repartition(3))(write).columns
        val x = got(1).sketch.get
        assert(math.abs(x.sum - finite.sum) < 1e-9)
        assert(math.abs(x.sumSquares - finite.map(v => v * v).sum) < 1e-6)
        val signed = (0 until 100).map(i => if (signs(i) < 0) -i.toDouble else i.toDouble).sum
        assert(math.abs(got(2).sketch.get.signedSum.get - signed) < 1e-9)
        assert(got.head.sketch.isEmpty)
      }
    }
  }

  test("nested fields in the hundreds") {
    val df = spark.range(50).select(expr(
      s"named_struct(${(0 until 300).map(i => s"'f$i', if(id % 3 = 0, null, id + $i)").mkString(", ")})"
    ).as("s"))
    assertTrue(probe(df)(write), truth(df))
  }
}
