package io.sparklineage.probe

import org.scalatest.funsuite.AnyFunSuite

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions._
import org.apache.spark.sql.lineage.probetest.Watched

class SampleSuite extends AnyFunSuite with ProbeFixture {
  private def sample(df: DataFrame, key: Seq[String] = Nil, rows: Int = 20) = {
    val id = freshId()
    measured(write(Watched.watch(df, id, key = key, sampleRows = rows))).find(_.dataset == id).get.sample
  }

  /** The keys that the definition chooses. */
  private def chosen(df: DataFrame, key: Seq[String], rows: Int): Map[Seq[String], Long] = {
    val hashed =
      df.select(key.map(k => col(k).cast("string").as(k)) ++ key.map(k => expr(s"xxhash64(`$k`)").as(s"h_$k")): _*)
    hashed.collect().toSeq
      .map(r =>
        key.indices.foldLeft(Mixing.Seed)((h, i) => Mixing.fold(h, r.getLong(key.size + i))) -> key.indices.map(
          r.getString(_): String
        )
      )
      .groupBy(_._1).toSeq.sortBy(_._1).take(rows).map { case (_, all) => all.head._2.toSeq -> all.size.toLong }.toMap
  }

  test("the rows with the smallest keys, whatever the partitions, the order and the way of execution") {
    val first = sample(people).get
    assert(first.rows.size == 20 && first.columns == people.columns.toSeq && first.key == Seq("id", "k", "name", "day"))
    assert(sample(people.repartition(7)).contains(first))
    assert(sample(people.orderBy(rand(3)).coalesce(1)).contains(first))
    withConf("spark.sql.codegen.wholeStage" -> "false")(assert(sample(people.repartition(3)).contains(first)))
    withConf("spark.sql.codegen.maxFields" -> "0")(assert(sample(people.repartition(3)).contains(first)))
    val keys = chosen(people, first.key, 20)
    assert(first.rows.map(r => Seq(0, 1, 2, 4).map(r(_).orNull)).toSet == keys.keySet)
  }

  test("few distinct keys: one row each, and how many rows have the key") {
    val got = sample(people, Seq("k"), 5).get
    assert(got.key == Seq("k"))
    assert(got.rows.map(r => Seq(r(1).orNull)).zip(got.counts).toMap == chosen(people, Seq("k"), 5))
    assert(sample(people.repartition(5), Seq("k"), 5).contains(got))
    assert(sample(people.union(people), Seq("k"), 5).get.counts == got.counts.map(_ * 2))
  }

  test("a key that does not flow, no rows wanted, nulls and long values") {
    assert(sample(people.select("name", "x"), Seq("gone")).get.key == Seq("name"))
    assert(sample(people, rows = 0).isEmpty)
    val long =
      sample(spark.range(3).select(expr("if(id = 1, null, repeat('äö😀', 200))").as("s"), expr("x'00ff'").as("b"))).get
    assert(long.rows.map(_.head.map(t => t.codePointCount(0, t.length))).toSet == Set(None, Some(256)))
    assert(long.rows.flatMap(_.head).forall(_.endsWith("\u2026")))
    assert(long.rows.map(_(1)).toSet == Set(Some("[00 FF]")))
  }

  test("floats only") {
    assert(sample(people.select("x"), rows = 3).get.rows.size == 3)
  }
}
