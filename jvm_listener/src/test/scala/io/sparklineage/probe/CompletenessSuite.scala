package io.sparklineage.probe

import java.util.concurrent.CountDownLatch

import org.scalatest.funsuite.AnyFunSuite

import org.apache.spark.TaskContext
import org.apache.spark.sql.Row
import org.apache.spark.sql.functions._
import org.apache.spark.sql.lineage.probetest.{Shuffles, Watched}

/** Exact, or said not to be: limits, failures, retries, jobs that read their input twice. */
class CompletenessSuite extends AnyFunSuite with ProbeFixture {
  override def conf: Map[String, String] = Map("spark.master" -> "local[2, 4]")

  test("take and limit do not claim what they did not see") {
    val want = truth(people)
    Seq[org.apache.spark.sql.DataFrame => Unit](
      _.take(3),
      _.limit(3).collect(),
      _.head(),
      _.filter("k > 1").limit(2).count()
    ).foreach { action =>
      probes(people)(action).foreach { got =>
        if (got.complete) assertTrue(got, want)
        else {
          assert(got.reason.contains("limit"))
          assert(got.rows.exists(_ < 1000))
          assert(got.detail.exists(_.contains("of 4 partitions")))
        }
      }
    }
    assert(!probe(people)(_.take(3)).complete)
  }

  test("a limit that lets all rows pass is no limit") {
    assertTrue(probe(people)(_.limit(5000).collect()), truth(people))
  }

  test("a blocking operator reads all of its input whatever stands above it") {
    assertTrue(probe(people)(_.orderBy("x").limit(3).collect()), truth(people))
    assertTrue(probe(people)(_.groupBy("k").count().limit(1).collect()), truth(people))
  }

  test("rows have a fingerprint of the columns that flow where every row is promised, and it names them") {
    def fingerprint(toTheEnd: Boolean, columns: String*): Option[String] = {
      val id = freshId()
      val watched = Watched.watch(people, id, everyColumn = false, toTheEnd = toTheEnd)
      measured(watched.select(columns.map(col): _*).collect()).filter(_.dataset == id).head.fingerprint
    }
    def want(columns: String*): String = truth(people.select(columns.map(col): _*)).row.stripPrefix("row1:")

    for (code <- Seq(Generated, Interpreted)) withConf(code: _*) {
      assert(fingerprint(toTheEnd = true, "name", "id", "x").contains(s"row1[1,3-4]:${want("id", "name", "x")}"))
      assert(fingerprint(toTheEnd = true, "day", "k").contains(s"row1[2,5]:${want("k", "day")}"))
      assert(fingerprint(toTheEnd = true, "name").isEmpty)
      assert(fingerprint(toTheEnd = false, "name", "id", "x").isEmpty)
      assert(fingerprint(toTheEnd = true, people.columns.toSeq: _*).contains(truth(people).row))
    }
  }

  test("what a join leaves unread is read where every row is promised, and nowhere else") {
    val left = spark.range(0, 20, 1, 2).toDF("i")
    val right = spark.range(0, 40000, 1, 3).selectExpr("id AS j", "id % 7 AS v")
      .repartition(4, col("j")).sortWithinPartitions("j")
    val want = truth(right)
    val settings = Seq(
      "spark.sql.autoBroadcastJoinThreshold" -> "-1",
      "spark.sql.shuffle.partitions" -> "4",
      "spark.sql.adaptive.coalescePartitions.enabled" -> "false"
    )
    for (code <- Seq(Generated, Interpreted); adaptive <- Seq("true", "false"); above <- Seq(false, true))
      withConf(settings ++ code :+ "spark.sql.adaptive.enabled" -> adaptive: _*) {
        Seq(true, false).foreach { toTheEnd =>
          val id = freshId()
          val watched = Watched.watch(right, id, toTheEnd = toTheEnd)
          val side = if (above) watched.select(col("j"), (col("v") + 1).as("w")) else watched
          var rows = 0L
          val got = measured { rows = left.join(side, col("i") === col("j")).collect().length.toLong }
          val told = got.filter(_.dataset == id)
          assert(rows == 20 && told.size == 1, s"$code $adaptive $above")
          if (toTheEnd) assertTrue(told.head, want)
          else assert(!told.head.complete && told.head.reason.contains("limit") && told.head.rows.forall(_ < 40000))
        }
      }
  }

  test("each of the partitions that one task reads is read to its end") {
    val left = spark.range(0, 20, 1, 2).toDF("i")
    val right = spark.range(0, 40000, 1, 3).toDF("j").repartition(4, col("j")).sortWithinPartitions("j")
    val want = truth(right)
    withConf("spark.sql.autoBroadcastJoinThreshold" -> "-1", "spark.sql.shuffle.partitions" -> "4") {
      Seq("true", "false").foreach { code =>
        withConf("spark.sql.codegen.wholeStage" -> code) {
          val id = freshId()
          val got = measured {
            val joined = left.join(Watched.watch(right, id, toTheEnd = true), col("i") === col("j"))
            assert(joined.coalesce(1).collect().length == 20)
          }.filter(_.dataset == id)
          assert(got.size == 1, code)
          assertTrue(got.head, want)
        }
      }
    }
  }

  test("an error in a row that a join would not have read fails nothing") {
    val left = spark.range(0, 20, 1, 2).toDF("i")
    val bad = udf((j: Long) => if (j > 30000) throw new IllegalStateException("nobody asked for this row") else j)
    val right = spark.range(0, 40000, 1, 3).toDF("j").repartition(4, col("j")).sortWithinPartitions("j")
      .withColumn("w", bad(col("j")))
    withConf("spark.sql.autoBroadcastJoinThreshold" -> "-1", "spark.sql.shuffle.partitions" -> "4") {
      val id = freshId()
      val got = measured {
        assert(left.join(Watched.watch(right, id, toTheEnd = true), col("i") === col("j")).collect().length == 20)
      }.filter(_.dataset == id)
      assert(got.nonEmpty && got.forall(told => !told.complete && told.reason.contains("limit")))
    }
  }

  test("pushed filters and limits below are told") {
    val id = freshId()
    val got = measured(write(Watched.watch(people, id, pushed = Seq("k = 1")))).find(_.dataset == id).get
    assert(
      !got.complete && got.reason.contains("filter_pushed") && got.pushed == Seq("k = 1") && got.rows.contains(1000L)
    )
    assert(probe(people, limited = true)(write).reason.contains("limit"))
  }

  test("pruned columns are absent; count() gives rows only") {
    val flow = probe(people, everyColumn = false)(_.select("id", "name").collect())
    assert(flow.complete && flow.columns.map(_.name) == Seq("id", "name") && flow.fingerprint.isEmpty)
    assert(flow.columns.map(_.fingerprint.get) == Seq(0, 2).map(truth(people).hashes))
    val count = probe(people, everyColumn = false)(_.count())
    assert(count.complete && count.rows.contains(1000L) && count.columns.isEmpty && count.sample.isEmpty)
  }

  test("code that is generated in the middle of a partition goes on with what was seen") {
    val want = truth(people)
    try Seq(1, 300, 700, Int.MaxValue).foreach { values =>
        RowProbe.valuesBeforeCode = values
        withConf("spark.sql.codegen.maxFields" -> "0")(assertTrue(probe(people)(write), want))
      }
    finally RowProbe.valuesBeforeCode = 0
  }

  test("rows only") {
    val id = freshId()
    val got = measured(write(Watched.watch(people, id, rowsOnly = true))).find(_.dataset == id).get
    assert(got.complete && got.rows.contains(1000L) && got.columns.isEmpty && got.fingerprint.isEmpty)
  }

  test("a task that fails and is tried again counts once") {
    val once = udf { (i: Long) =>
      if (i % 250 == 249 && TaskContext.get().attemptNumber() == 0) throw new IllegalStateException("first attempt")
      i
    }
    val df = people.withColumn("y", once(col("id")))
    assertTrue(probe(people)(w => write(w.withColumn("y", once(col("id"))))), truth(people))
    assertTrue(probe(df)(_.collect()), truth(df))
  }

  test("a failed action says so") {
    val bad = udf((i: Long) => if (i == 999) throw new IllegalStateException("always") else i)
    val id = freshId()
    val got = measured(intercept[Exception](write(Watched.watch(people, id).withColumn("y", bad(col("id"))))))
      .filter(_.dataset == id)
    assert(got.map(_.reason) == Seq(Some("failed")))
  }

  test("lost shuffle output: the stage runs again, nothing is counted twice") {
    val id = freshId()
    val below = Watched.watch(people, id)
    val got = measured {
      withConf("spark.sql.adaptive.enabled" -> "false") {
        val rdd = below.repartition(3, col("k")).queryExecution.toRdd
        assert(rdd.count() == 1000)
        Shuffles.lose(rdd)
        assert(rdd.count() == 1000)
      }
    }.filter(_.dataset == id)
    assert(got.size == 1)
    assertTrue(got.head, truth(people))
  }

  test("df.rdd, toLocalIterator, several actions on one DataFrame") {
    val want = truth(people)
    assertTrue(probe(people)(w => w.rdd.count()), want)
    assertTrue(
      probe(people) { w =>
        val rdd = w.rdd
        rdd.take(2)
        rdd.count()
        rdd.take(1)
      },
      want
    )
    assertTrue(
      probe(people) { w =>
        val rows = w.toLocalIterator(); while (rows.hasNext) rows.next()
      },
      want
    )
    assert(!probe(people)(w => w.toLocalIterator().next()).complete)
    assertTrue(
      probe(people) { w => w.take(1); () }.copy(
        complete = true,
        reason = None,
        rows = Some(1000L),
        columns = probe(people)(write).columns,
        fingerprint = Some(want.row)
      ),
      want
    )
  }

  test("scalar subqueries, broadcasts, written files") {
    val want = truth(people)
    assertTrue(
      probe(people) { w =>
        w.createOrReplaceTempView("watched_people")
        spark.sql("select id from range(3) where id < (select max(k) from watched_people)").collect()
      },
      want
    )
    assertTrue(probe(people)(w => spark.range(10).join(broadcast(w), "id").collect()), want)
    val folder = java.nio.file.Files.createTempDirectory("probe").resolve("out").toString
    assertTrue(probe(people)(_.write.parquet(folder)), want)
    assert(spark.read.parquet(folder).count() == 1000)
  }

  test("the plan says nothing of the probe") {
    val below = spark.range(10).repartition(2)
    val plain = below.groupBy("id").count()
    val watched = Watched.watch(below.toDF(), freshId()).groupBy("id").count()
    def shown(df: org.apache.spark.sql.DataFrame) =
      df.queryExecution.executedPlan.toString.replaceAll("#\\d+L?", "").replaceAll("plan_id=\\d+", "")
    assert(shown(watched) == shown(plain))
  }

  test("local rows are collected without a spark_job") {
    val jobs = new java.util.concurrent.atomic.AtomicInteger
    spark.sparkContext.addSparkListener(new org.apache.spark.scheduler.SparkListener {
      override def onJobStart(event: org.apache.spark.scheduler.SparkListenerJobStart): Unit = jobs.incrementAndGet()
    })
    val df = spark.sql("select * from values (1, 'a'), (2, null), (null, 'c') t(n, s)")
    val want = truth(df)
    Watched.waitForEnds(spark)
    val before = jobs.get
    val got = probe(df)(_.collect())
    assert(jobs.get == before)
    assertTrue(got, want)
  }

  test("equal probes below a reused exchange: what ran has the same plan hash") {
    val ids = Seq(freshId(), freshId())
    val sides = ids.map(id => Watched.watch(people.groupBy("k").agg(sum("x").as("x")), id))
    val got = measured(write(sides.head.as("a").join(sides.last.as("b"), expr("a.k = b.k")))).filter(p =>
      ids.contains(p.dataset)
    )
    assert(got.nonEmpty && got.forall(_.complete))
    assert(got.flatMap(_.planHash).toSet.size == 1)
  }

  test("while it runs only the number of rows is told, once for each change; the rest comes with the last word") {
    val id = freshId()
    val data = Watched.watch(people.coalesce(2), id)
    Watched.waitForEnds(spark)
    Probes.snapshot()
    CompletenessSuite.open = new CountDownLatch(1)
    val action = new Thread(() => data.foreachPartition(CompletenessSuite.slowly _))
    action.start()
    val first = Iterator.continually { Thread.sleep(50); Probes.snapshot() }.find(_.nonEmpty).get
    assert(first.size == 1)
    val running = first.head
    assert(running.rows.exists(rows => rows > 0 && rows < 1000))
    assert((running.complete, running.reason) == ((false, Some("partial"))))
    assert(running.detail.contains("1 of 2 partitions read to their end"))
    assert(running.columns.isEmpty && running.fingerprint.isEmpty && running.sample.isEmpty)
    assert(Probes.snapshot().isEmpty)
    CompletenessSuite.open.countDown()
    action.join()
    Watched.waitForEnds(spark)
    val told = Probes.snapshot()
    assert(told.size == 1)
    val last = told.head
    assert(last.instance == running.instance)
    assert(last.sample.exists(_.rows.size == 20))
    assertTrue(last, truth(people))
  }

  test("what is known already is not told again") {
    val data = Watched.watch(people, freshId())
    assert(measured { data.collect(); () }.map(_.complete) == Seq(true))
    assert(measured { data.collect(); () }.isEmpty)
  }

  test("measurements that nobody asks for are bounded in number, and the oldest are said to be dropped") {
    Probes.snapshot()
    io.sparklineage.emit.Observations.drain()
    val layout = Layout(ProbeSpec(Seq("d"), Nil, Nil, limited = false, Nil, 0), Nil, "UTC")
    (1 to Probes.MaxNews + 7).foreach { _ =>
      Probes.changed(new Measurement(
        ProbeSpec(Seq("d"), Nil, Nil, limited = false, Nil, 0),
        layout,
        spark.sparkContext
      ))
    }
    assert(Probes.held >= Probes.MaxNews && Probes.held < Probes.MaxNews + 7)
    assert(Probes.snapshot().isEmpty)
    val told = Iterator.continually(io.sparklineage.emit.Observations.drain()).takeWhile(_.nonEmpty).mkString
    assert(told.contains("7 were dropped"))
  }
}

object CompletenessSuite {
  @volatile var open: CountDownLatch = _

  /** Partition 1 waits before its last row. */
  def slowly(rows: Iterator[Row]): Unit = rows.foreach { _ =>
    if (TaskContext.getPartitionId() == 1 && !rows.hasNext) open.await()
  }
}
