package io.sparklineage.fault

import java.nio.file.{Files, Path}

import org.apache.spark.SparkConf
import org.apache.spark.scheduler._
import org.apache.spark.sql.functions._
import org.apache.spark.sql.lineage.SparkInternals
import org.apache.spark.sql.lineage.probetest.{Bus, Watched}
import org.apache.spark.sql.{DataFrame, SparkSession, SparkSessionExtensions}

import io.sparklineage.program.ProgramRecord
import io.sparklineage.{Guard, LineageExtensions, LineageListener, PythonApi}

/** Small programs that between them enter every part of the JVM half. Each gives its result as text. */
final class FaultPrograms(spark: SparkSession, folder: String) {

  /** Makes a boundary of a DataFrame, or in the plain run nothing. */
  type Marking = (DataFrame, String) => DataFrame
  type Program = Marking => Seq[String]

  /** The journal of the last program without a Python half. */
  var recorded: Seq[String] = Nil

  private def rows: DataFrame = spark.read.parquet(folder + "/rows")

  private def result(data: DataFrame): Seq[String] = data.collect().map(_.toString).toSeq.sorted

  private def withConf(settings: (String, String)*)(body: => Seq[String]): Seq[String] = {
    settings.foreach { case (key, value) => spark.conf.set(key, value) }
    try body
    finally settings.foreach { case (key, _) => spark.conf.unset(key) }
  }

  val all: Seq[(String, Program)] = Seq(
    "questions" -> { mark =>
      val unique = """{"kind": "unique", "arguments": ["id"]}"""
      PythonApi.ask("q1", s"""[{"kind": "violations", "arguments": ["id >= 0"]}, $unique]""")
      result(mark(rows, "q1").groupBy("k").count())
    },
    "aggregate" -> { mark =>
      val stacked = mark(mark(rows, "a1").withColumn("twice", col("id") * 2), "a2")
      result(mark(stacked.groupBy("k").agg(sum("twice").as("s"), count("t").as("n")), "a3"))
    },
    "filters of two steps" -> { mark =>
      result(mark(mark(rows.filter("k > 1"), "f1").filter("id < 90"), "f2").filter("k < 4"))
    },
    "partition pruning" -> { mark =>
      val days = spark.read.parquet(folder + "/days").filter("name = 'd1'")
      result(mark(spark.read.parquet(folder + "/parts"), "p1").join(broadcast(days), "day"))
    },
    "without generated stages" -> { mark =>
      withConf("spark.sql.codegen.maxFields" -> "0")(result(mark(rows, "c1").groupBy("k").count()))
    },
    "interpreted" -> { mark =>
      withConf("spark.sql.codegen.wholeStage" -> "false")(result(mark(rows, "i1").groupBy("k").count()))
    },
    "rows that a join leaves" -> { mark =>
      withConf(
        "spark.lineage.mode" -> "used",
        "spark.sql.autoBroadcastJoinThreshold" -> "-1",
        "spark.sql.shuffle.partitions" -> "2"
      ) {
        val sorted = rows.repartition(2, col("id")).sortWithinPartitions("id").withColumn("n", col("k") + 1)
        result(mark(sorted, "j1").join(spark.range(0, 3, 1, 1).toDF("i"), col("id") === col("i")))
      }
    },
    "local rows" -> { mark =>
      import spark.implicits._
      result(mark(Seq((1, "a"), (2, "b")).toDF("n", "t"), "l1").filter("n > 1"))
    },
    "rows on the driver" -> { mark =>
      val shown = spark.sql("show functions like 'abs'")
      result(if (mark eq plain) shown else Watched.watch(shown, "d1", everyColumn = false))
    },
    "write" -> { mark =>
      mark(rows.filter("k = 1"), "w1").write.mode("overwrite").parquet(folder + "/written")
      result(spark.read.parquet(folder + "/written"))
    },
    "a Python function" -> { _ => PythonApi.function(new Object, "hash"); Nil },
    "settings" -> { _ =>
      val conf = new SparkConf(false)
      PythonApi.change(conf, PythonApi.change(conf, "spark.lineage.app\u0000+x"))
      PythonApi.settings(conf, "spark.lineage")
      Nil
    },
    "status" -> { _ => PythonApi.status(); Nil },
    "place of a path" -> { _ => PythonApi.place(folder + "/rows"); Nil },
    "read" -> { mark =>
      val read = rows
      PythonApi.read(read, "r1")
      result(mark(read, "r1").filter("k = 2"))
    },
    "same" -> { mark =>
      PythonApi.same(mark(rows, "m1").localCheckpoint(), "m1")
      result(rows.groupBy("k").count())
    },
    "session" -> { mark =>
      result(mark(spark.newSession().read.parquet(folder + "/rows"), "s1").groupBy("k").count())
    },
    "extension" -> { _ => new LineageExtensions().apply(new SparkSessionExtensions); Nil },
    "listener" -> { _ =>
      val listener = new LineageListener(spark.sparkContext.getConf.set(Guard.StrictKey, "false"))
      spark.sparkContext.addSparkListener(listener)
      val seen = result(spark.range(3).toDF())
      spark.sparkContext.removeSparkListener(listener)
      seen
    },
    "without a Python half" -> { mark =>
      val store = Files.createTempDirectory("record")
      val conf =
        spark.sparkContext.getConf.set("spark.lineage.enabled", "true").set("spark.lineage.store", store.toString)
          .set(Guard.StrictKey, "false")
      val listener =
        new LineageListener(if (mark eq plain) new SparkConf(false).set("spark.lineage.enabled", "false") else conf)
      Guard.setStrict(false)
      spark.sparkContext.addSparkListener(listener)
      val kept = rows.filter("k = 3")
      LineageExtensions.creations(spark)(kept.queryExecution.analyzed)
      val seen = result(kept.groupBy("t").count())
      SparkInternals.settle(20000)
      Thread.sleep(ProgramRecord.EveryMs + 500) // the thread of the record has looked
      listener.onApplicationEnd(SparkListenerApplicationEnd(2L))
      ProgramRecord.end(2.0) // where the listener's end is broken, its thread would take what other programs tell
      spark.sparkContext.removeSparkListener(listener)
      recorded = Files.walk(store).filter(Files.isRegularFile(_)).toArray.toSeq.map(_.asInstanceOf[Path])
        .flatMap(file => Files.readAllLines(file).toArray.toSeq.map(_.toString))
      seen
    },
    "application" -> { _ =>
      Bus.post(spark, SparkListenerApplicationStart("again", Some("app"), 1L, "me", None))
      Bus.post(spark, SparkListenerApplicationEnd(2L))
      result(spark.range(4).toDF())
    }
  )

  /** Marks nothing. */
  val plain: Marking = (data, _) => data

  /** Marks as the Python half does. */
  val marked: Marking = (data, id) => {
    PythonApi.mark(data, id, "", "", "boundary")
    data
  }
}
