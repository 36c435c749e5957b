package io.sparklineage.plan.storages

import java.nio.file.{Files, Path, StandardCopyOption}

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.functions.lit
import org.apache.spark.sql.internal.SQLConf

import io.sparklineage.plan.PlanSuite

class StatedRowsSuite extends PlanSuite {

  private lazy val folder = Files.createTempDirectory("stated")

  /** Three files of 100 rows together. */
  private def written(name: String, format: String): String = {
    val path = folder.resolve(name).toString
    spark.range(100).repartition(3).write.format(format).save(path)
    path
  }

  private def told(plan: LogicalPlan, settings: (String, String)*): Seq[Option[Long]] = {
    val conf = SQLConf.get.clone()
    settings.foreach { case (key, value) => conf.setConfString(key, value) }
    SQLConf.withExistingConf(conf) {
      val sources = plan.collect { case leaf if Storages.read.isDefinedAt(leaf) => Storages.read(leaf) }.flatten
      StatedRows.told(plan, sources, spark.sparkContext.hadoopConfiguration).map(_.rows)
    }
  }

  test("files of Parquet and ORC state their rows, whatever is done with them") {
    Seq("parquet", "orc").foreach { format =>
      val path = written(s"all-$format", format)
      val read = spark.read.format(format).load(path)
      assert(told(analyzed(read)) === Seq(Some(100L)))
      assert(told(analyzed(read.filter("id > 97").union(read))) === Seq(Some(100L), Some(100L)))
    }
    assert(told(analyzed(spark.read.csv(written("all-csv", "csv")))) === Seq(None))
  }

  test("columns that have no NULL in any file of Parquet") {
    val path = folder.resolve("nulls").toString
    val rows =
      spark.range(90).selectExpr("id", "if(id < 30, null, id) as some", "struct(id as x) as s", "array(id) as l")
    rows.repartition(3).write.parquet(path)
    rows.selectExpr("id", "id as late").write.mode("append").parquet(path)
    val sources = (read: org.apache.spark.sql.DataFrame) => {
      val plan = analyzed(read)
      val all = plan.collect { case leaf if Storages.read.isDefinedAt(leaf) => Storages.read(leaf) }.flatten
      StatedRows.told(plan, all, spark.sparkContext.hadoopConfiguration).map(_.withoutNulls)
    }
    assert(sources(spark.read.parquet(path)) === Seq(Seq("id")))
    assert(sources(spark.read.orc(written("nulls-orc", "orc"))) === Seq(Nil))
  }

  test("a part of a source, and files that a reader may leave out, state nothing") {
    val path = folder.resolve("parts").toString
    spark.range(10).withColumn("p", lit(1)).write.partitionBy("p").parquet(path)
    assert(told(analyzed(spark.read.parquet(path))) === Seq(Some(10L)))
    assert(told(analyzed(spark.read.option("basePath", path).parquet(s"$path/p=1"))) === Seq(None))
    assert(told(analyzed(spark.read.option("pathGlobFilter", "*.parquet").parquet(path))) === Seq(None))
    assert(told(analyzed(spark.read.option("ignoreCorruptFiles", "true").parquet(path))) === Seq(None))
    assert(told(analyzed(spark.read.parquet(path)), SQLConf.IGNORE_MISSING_FILES.key -> "true") === Seq(None))
  }

  test("more files than asked for, and plan mode, open none") {
    val read = analyzed(spark.read.parquet(written("three", "parquet")))
    assert(told(read, StatedRows.MostFilesKey -> "3") === Seq(Some(100L)))
    assert(told(read, StatedRows.MostFilesKey -> "2") === Seq(None))
    assert(told(read, StatedRows.MostFilesKey -> "0") === Seq(None))
    assert(told(read, "spark.lineage.mode" -> "plan") === Seq(None))
  }

  test("files that are others than those that Spark has listed state nothing") {
    val (listed, other) = (written("listed", "parquet"), folder.resolve("other").toString)
    spark.range(5000).coalesce(1).write.parquet(other)
    val plan = analyzed(spark.read.parquet(listed))
    Files.copy(dataFile(other), dataFile(listed), StandardCopyOption.REPLACE_EXISTING)
    assert(told(plan) === Seq(None))
  }

  private def dataFile(path: String): Path = {
    val files = java.nio.file.Paths.get(path).toFile.listFiles.filter(_.getName.endsWith(".parquet"))
    files.minBy(_.getName).toPath
  }
}
