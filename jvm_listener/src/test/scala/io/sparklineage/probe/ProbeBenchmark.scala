package io.sparklineage.probe

import java.lang.management.ManagementFactory

import com.sun.management.OperatingSystemMXBean
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.functions._
import org.apache.spark.sql.lineage.probetest.Watched

/**
 * CPU of queries with probes, as a ratio to plain: `listener/Test/runMain io.sparklineage.probe.ProbeBenchmark DIR [ROUNDS [PROGRAM [VARIANTS]]]`
 * with TPC-H `lineitem.parquet` in DIR. A script that prints a table: nothing is asserted.
 */
object ProbeBenchmark {
  private val system = ManagementFactory.getOperatingSystemMXBean.asInstanceOf[OperatingSystemMXBean]

  private type Wrap = (DataFrame, Int) => DataFrame

  private val variants: Seq[(String, Wrap)] = Seq(
    "plain" -> ((df, _) => df),
    "rows" -> ((df, i) => Watched.watch(df, s"d$i", everyColumn = false, rowsOnly = true)),
    "flow, no sample" -> ((df, i) => Watched.watch(df, s"d$i", everyColumn = false, sampleRows = 0)),
    "flow" -> ((df, i) => Watched.watch(df, s"d$i", everyColumn = false)),
    "exact" -> ((df, i) => Watched.watch(df, s"d$i"))
  )

  private def programs(lineitem: DataFrame): Seq[(String, Wrap => DataFrame)] = Seq(
    "narrow aggregate" -> { wrap =>
      wrap(lineitem.select("l_returnflag", "l_quantity", "l_extendedprice", "l_discount"), 1)
        .groupBy("l_returnflag").agg(sum("l_quantity"), sum("l_extendedprice"), avg("l_discount"))
    },
    "narrow aggregate, doubles" -> { wrap =>
      wrap(
        lineitem.select(
          col("l_suppkey"),
          col("l_quantity").cast("double").as("q"),
          col("l_extendedprice").cast("double").as("p")
        ),
        1
      )
        .groupBy(col("l_suppkey") % 10).agg(sum("q"), sum("p"))
    },
    "six boundaries" -> { wrap =>
      val a =
        wrap(lineitem.select("l_orderkey", "l_partkey", "l_quantity", "l_extendedprice", "l_discount", "l_shipdate"), 1)
      val b = wrap(a.filter(year(col("l_shipdate")) > 1992), 2)
      val c = wrap(b.withColumn("net", col("l_extendedprice") * (lit(1) - col("l_discount"))), 3)
      val d = wrap(c.withColumn("month", month(col("l_shipdate"))), 4)
      val e = wrap(d.filter("l_quantity > 2"), 5)
      wrap(e.groupBy("month").agg(sum("net"), count("l_orderkey"), max("l_partkey")), 6)
    },
    "all 16 columns" -> { wrap => wrap(lineitem, 1).filter("l_quantity > 10") },
    "60 columns" -> { wrap =>
      val wide = lineitem.limit(1000000).select(
        (0 until 60).map(i =>
          if (i % 3 == 0) col("l_orderkey").as(s"c$i")
          else if (i % 3 == 1) (col("l_partkey") + i).as(s"c$i") else col("l_comment").as(s"c$i")
        ): _*
      )
      wrap(wide, 1)
    }
  )

  def main(args: Array[String]): Unit = {
    val rounds = args.lift(1).map(_.toInt).getOrElse(5)
    val only = args.lift(2)
    val wanted = args.lift(3).map(_.split(';').toSet)
    val variants = this.variants.filter { case (name, _) => wanted.forall(_(name)) }
    val spark = SparkSession.builder().master("local[1]").config("spark.ui.enabled", "false")
      .config("spark.sql.shuffle.partitions", "2").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    Watched.install(spark)
    val lineitem = spark.read.parquet(s"${args(0)}/lineitem.parquet")
    for ((name, program) <- programs(lineitem) if only.forall(name.contains)) {
      val times = variants.map(v => v._1 -> scala.collection.mutable.ArrayBuffer.empty[Double]).toMap
      for (round <- 0 to rounds; (variant, wrap) <- variants) {
        System.gc()
        val before = system.getProcessCpuTime
        program(wrap).write.format("noop").mode("overwrite").save()
        if (round > 0) times(variant) += (system.getProcessCpuTime - before) / 1e9
        Probes.snapshot()
      }
      def median(xs: Iterable[Double]): Double = xs.toSeq.sorted.apply(xs.size / 2)
      val plain = median(times("plain"))
      val least = times("plain").min
      println(f"$name%-28s" + variants.map { case (v, _) =>
        f"$v median ${median(times(v))}%.2fs ${median(times(v)) / plain}%.2fx least ${times(v).min / least}%.2fx"
      }.mkString(" | "))
    }
    spark.stop()
  }
}
