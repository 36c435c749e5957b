package io.sparklineage.probe

import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.{Slow, Wide}

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions._
import org.apache.spark.sql.lineage.probetest.Watched

/** Probes above probes in one codegen stage share what they computed, and still say the truth. */
@Wide
class StackedSuite extends AnyFunSuite with ProbeFixture {
  private type Step = DataFrame => DataFrame

  private val steps: Seq[(String, Step)] = Seq(
    "column" -> (df => df.withColumn(s"n${df.columns.length}", col("id") * 3 + df.columns.length)),
    "float column" -> (df => df.withColumn(s"f${df.columns.length}", col("id") / 7)),
    "nullable column" -> (df =>
      df.withColumn(s"s${df.columns.length}", expr("if(id % 4 = 1, null, cast(id as string))"))
    ),
    "replaced" -> (df => df.withColumn("k", col("k") + 1)),
    "dropped" -> (df => df.drop("day")),
    "reordered" -> (df => df.select(df.columns.toSeq.reverse.map(col): _*)),
    "filter" -> (df => df.filter("id % 3 <> 1")),
    "not null" -> (df => df.filter("name is not null")),
    "explode" -> (df => df.withColumn(s"e${df.columns.length}", explode(array(col("k"), lit(7))))),
    "join" -> (df =>
      df.join(
        broadcast(spark.range(0, 7).select(
          col("id").cast("int").as(s"j${df.columns.length}"),
          lit("g").as(s"g${df.columns.length}")
        )),
        expr(s"k = j${df.columns.length}"),
        "left"
      )
    ),
    "same" -> (df => df.select(df.columns.toSeq.map(col): _*))
  )

  private def check(chain: Seq[(String, Step)]): Unit = {
    val plain = chain.scanLeft(people)((df, step) => step._2(df))
    val ids = plain.map(_ => freshId())
    val watched = chain.zip(ids.tail).foldLeft(Watched.watch(people, ids.head)) { case (df, ((_, step), id)) =>
      Watched.watch(step(df), id)
    }
    val got = measured(write(watched)).groupBy(_.dataset)
    plain.zip(ids).foreach { case (df, id) =>
      withClue(s"${chain.map(_._1)} at ${ids.indexOf(id)}: ") {
        assert(got(id).size == 1)
        assertTrue(got(id).head, truth(df))
      }
    }
  }

  for (step <- steps) test(s"${step._1} twice")(check(Seq(step, step)))

  private def chains(seed: Int, number: Int): Unit = {
    val random = new scala.util.Random(seed)
    (1 to number).foreach(_ => check(random.shuffle(steps).take(4)))
  }

  test("chains of steps in orders that a generator chose")(chains(seed = 7, number = 3))
  test("many chains of steps in orders that a generator chose", Slow)(chains(seed = 8, number = 12))

  // What was told is not told again, so rows that were counted twice would be something new.
  test("a second action on the same chain has nothing new to tell") {
    val id = freshId()
    val df = Watched.watch(people.withColumn("a", col("id") + 1), id).filter("a > 10")
    val first = measured(df.collect()).filter(_.dataset == id)
    val second = measured(df.collect()).filter(_.dataset == id)
    assert(first.map(_.rows) == Seq(Some(1000L)))
    assertTrue(first.head, truth(people.withColumn("a", col("id") + 1)))
    assert(second == Nil)
  }
}
