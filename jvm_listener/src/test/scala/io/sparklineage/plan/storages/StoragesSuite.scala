package io.sparklineage.plan.storages

import java.nio.file.{Files, Path, Paths}
import java.util.{Map => JMap, Set => JSet}

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.ObjectMapper
import io.sparklineage.model.Storage
import io.sparklineage.plan.{PlanSuite, WatchedExecutions}
import io.sparklineage.privacy.Redaction
import org.apache.hadoop.fs.{Path => HadoopPath}

import org.apache.spark.sql.connector.catalog.{Table, TableCapability}
import org.apache.spark.sql.sources.{BaseRelation, RelationProvider}
import org.apache.spark.sql.types.{LongType, StructType}
import org.apache.spark.sql.util.CaseInsensitiveStringMap
import org.apache.spark.sql.{SQLContext, SaveMode}

class StoragesSuite extends PlanSuite {
  private lazy val folder: Path = Files.createTempDirectory("lineage").toRealPath()

  private def path(name: String): String = folder.resolve(name).toString

  private def sources(df: Frame): Seq[Storage] = fragment(df).sources

  private def bare(s: Storage): Storage = s.copy(columns = Nil, files = None)

  // ---------------------------------------------------------------------------------------------------- names

  test("paths are named by the OpenLineage rules, as the Python half names them") {
    val places = Seq("tests/contract/locations.json", "../tests/contract/locations.json").map(Paths.get(_))
    val known = new ObjectMapper().readTree(Files.readString(places.find(Files.exists(_)).get)).asScala.toSeq
    assert(known.length > 20)
    known.foreach { each =>
      val found = Locations.storage(each.get("path").asText, None)
      val part = Option(each.get("part")).filterNot(_.isNull).map(_.asText)
      assert(
        (found.namespace, found.name, found.part) ===
          (each.get("namespace").asText, each.get("name").asText, part),
        each.get("path").asText
      )
    }
    val relative = Locations.storage("rel/x", None)
    assert((relative.namespace, relative.name) === ("file", Paths.get("rel/x").toAbsolutePath.toString))
  }

  test("partitions of one read are one dataset") {
    assert(Locations.storages(Seq("/a/day=1", "/a/day=2").map(new HadoopPath(_)), None).map(_.name) === Seq("/a"))
  }

  test("what is read of a dataset is told from the whole") {
    def read(paths: String*) = Locations.storages(paths.map(new HadoopPath(_)), None).map(s => s.name -> s.part)
    assert(read("/a") === Seq("/a" -> None))
    assert(read("/a/day=1/hour=3") === Seq("/a" -> Some("day=1/hour=3")))
    assert(read("/a/day=1", "/a/day=2") === Seq("/a" -> Some("day=1, day=2")))
    assert(read("/a", "/a") === Seq("/a" -> Some("the whole, the whole")))
    assert(read("/a/part-00000-5d2f.c000.snappy.parquet") === Seq("/a" -> Some("part-00000-5d2f.c000.snappy.parquet")))
    assert(read("/a/day=1/part-00001.csv") === Seq("/a" -> Some("day=1/part-00001.csv")))
    assert(read("/a/people.csv") === Seq("/a/people.csv" -> None))
    assert(Locations.below(new HadoopPath("/a"), Seq(new HadoopPath("/a/day=1")), None).map(s => s.name -> s.part) ===
      Seq("/a" -> Some("day=1")))
    assert(Locations.below(new HadoopPath("/a"), Seq(new HadoopPath("/a")), None).map(_.part) === Seq(None))
  }

  test("many paths of one read are the folder that they share") {
    val few = (1 to 3).map(i => new HadoopPath(s"/a/f$i.csv"))
    val many = (1 to 30).map(i => new HadoopPath(s"/a/b/f$i.csv"))
    assert(Locations.storages(few, None).map(_.name) === Seq("/a/f1.csv", "/a/f2.csv", "/a/f3.csv"))
    assert(Locations.storages(many, None).map(_.name) === Seq("/a/b"))
  }

  test("JDBC URLs lose their credentials and keep their table") {
    def named(url: String, table: String = "public.t") = { val s = Jdbc.storage(url, table); (s.namespace, s.name) }
    assert(named("jdbc:postgresql://h:5432/db?user=u&password=p") === ("postgres://h:5432", "db.public.t"))
    assert(named("jdbc:postgresql://u:p@h/db") === ("postgres://h:5432", "db.public.t"))
    assert(named("jdbc:postgresql://u:p:q@h1:1,h2:2/db", "t") === ("postgres://h1:1", "db.public.t"))
    assert(named("jdbc:postgresql://h/db?currentSchema=shop,public", "T") === ("postgres://h:5432", "db.shop.t"))
    assert(named("jdbc:postgresql://h/db", "Shop.\"Odd.Name\"") === ("postgres://h:5432", "db.shop.Odd.Name"))
    assert(named("jdbc:mysql:loadbalance://h1,h2/db", "`db2`.`t`") === ("mysql://h1:3306", "db.db2.t"))
    assert(named("jdbc:mysql://h:3306/db", "t") === ("mysql://h:3306", "db.t"))
    assert(named("jdbc:sqlserver://h:1433;databaseName=db;user=u;password=p", "dbo.t") === (
      "mssql://h:1433",
      "db.dbo.t"
    ))
    assert(named("jdbc:sqlserver://h\\i;password=p;database=db", "t") === ("mssql://h/i:1433", "db.t"))
    assert(named("jdbc:db2://h/db:user=u;password=p;", "t") === ("db2://h:50000", "db.t"))
    assert(named("jdbc:teradata://h/USER=u,PASSWORD=p,DATABASE=db", "t") === ("teradata://h:1025", "db.t"))
    assert(named("jdbc:snowflake://a.snowflakecomputing.com/?user=u&password=p&db=d", "t") ===
      ("snowflake://a.snowflakecomputing.com", "d.t"))
    assert(named("jdbc:oracle:thin:scott/tiger@h:1521/svc", "t") === ("oracle://h:1521", "svc.t"))
    assert(named("jdbc:oracle:thin:@//h/svc", "HR.T") === ("oracle://h:1521", "svc.HR.T"))
    assert(named("jdbc:oracle:thin:@h:1522:sid", "t") === ("oracle://h:1522", "sid.t"))
    assert(named(
      "jdbc:oracle:thin:s/t@(DESCRIPTION=(ADDRESS=(HOST=h)(PORT=1))(CONNECT_DATA=(SERVICE_NAME=svc)))",
      "t"
    ) === ("oracle://h:1", "svc.t"))
    assert(named("jdbc:h2:mem:shop;USER=u;PASSWORD=p", "T") === ("h2://mem/shop", "T"))
    assert(named("jdbc:h2:tcp://h:9092/~/shop", "T") === ("h2://h:9092", "~.shop.T"))
    assert(named("jdbc:sqlite:/data/shop.db", "t") === ("sqlite:///data/shop.db", "t"))
    assert(named("jdbc:postgresql://h/db", "(select * from x where password = 'p') q") ===
      named("jdbc:postgresql://h/db", s"(select * from x where password = ${Redaction.Mark}) q"))
  }

  test("what JDBC asks by a query has one short name, however the query is given") {
    val asked = Seq(
      "(select a::int  from t) SPARK_GEN_SUBQ_7",
      "(select a::int from t) SPARK_GEN_SUBQ_12",
      "(select a::int from t) as q",
      "(select a::int\nfrom t;) \"Q\"",
      "select a::int from t"
    )
    val names = asked.map(Jdbc.storage("jdbc:derby:memory:shop", _)).distinct
    assert(names.map(_.name.matches("query_[0-9a-f]{8}")) === Seq(true))
    assert(Jdbc.storage("jdbc:derby:memory:shop", "select b from t").name !== names.head.name)
  }

  test("Kafka topics, with the first of its servers") {
    val kafka = Map("kafka.bootstrap.servers" -> "a:9092,b:9092")
    assert(Storages.ofOptions("kafka", kafka + ("subscribe" -> "x, y")) ===
      Seq(Storage("kafka://a:9092", "x", Some("kafka")), Storage("kafka://a:9092", "y", Some("kafka"))))
    assert(Storages.ofOptions("kafka", kafka + ("topic" -> "z")).map(_.name) === Seq("z"))
  }

  // ------------------------------------------------------------------------------------------- reads and writes

  private def written(write: => Unit): StorageAccess = {
    val seen = new WatchedExecutions(spark, idsOf)
    try write
    catch { case e: Throwable => seen.observations(); throw e }
    seen.traffic()
  }

  for (format <- Seq("parquet", "csv", "json", "orc"))
    test(s"$format: what is written has the name of what is read") {
      val out = path(s"$format-out")
      val rows = marked(spark.range(3).selectExpr("id", "id % 2 as part"), "d1")
      val sinks = written(rows.write.format(format).mode("overwrite").partitionBy("part").save(out)).sinks
      assert(sinks.map(s => (bare(s.storage), s.mode, s.dataset)) === Seq((
        Storage("file", out, Some(format)),
        "overwrite",
        Some("d1")
      )))
      assert(sinks.head.storage.columns === Seq("id" -> "bigint", "part" -> "bigint"))
      val read = spark.read.format(format).load(out)
      assert(sources(read).map(bare) === Seq(bare(sinks.head.storage)))
      assert(sources(spark.read.format(format).load(s"$out/part=1")).map(bare) ===
        Seq(bare(sinks.head.storage).copy(part = Some("part=1"))))
      assert(sources(read).head.columns.map(_._1).toSet === read.columns.toSet)
      assert(fragment(read).definitions.head.inputs.map(_.dataset) === Seq("source:0"))
    }

  test("V2 file source") {
    val out = path("v2")
    spark.range(3).write.parquet(out)
    spark.conf.set("spark.sql.sources.useV1SourceList", "")
    try assert(sources(spark.read.parquet(out)).map(bare) === Seq(Storage("file", out, Some("parquet"))))
    finally spark.conf.unset("spark.sql.sources.useV1SourceList")
  }

  test("two reads of one path are one source; two paths are two") {
    val (a, b) = (path("a"), path("b"))
    Seq(a, b).foreach(spark.range(3).write.mode("overwrite").parquet(_))
    assert(sources(spark.read.parquet(a).union(spark.read.parquet(a))).map(_.name) === Seq(a))
    val both = fragment(spark.read.parquet(a, b))
    assert(both.sources.map(_.name) === Seq(a, b))
    assert(both.definitions.head.inputs.map(_.dataset) === Seq("source:0", "source:1"))
  }

  test("catalog table: saveAsTable, table, insertInto, CTAS have one identity and the table's name") {
    spark.sql("drop table if exists t_orders")
    val rows = marked(spark.range(3).toDF("id"), "d1")
    val created = written(rows.write.saveAsTable("t_orders")).sinks
    val read = sources(spark.table("t_orders"))
    assert(read.map(s => (s.namespace, s.table, s.format)) === Seq(("file", Some("default.t_orders"), Some("parquet"))))
    assert(created.map(s => (bare(s.storage), s.mode, s.dataset)) === Seq((bare(read.head), "create", Some("d1"))))
    val more = written(rows.write.insertInto("t_orders")).sinks
    assert(more.map(s => (bare(s.storage), s.mode, s.dataset)) === Seq((bare(read.head), "append", Some("d1"))))
    val sql = written { spark.sql("insert overwrite t_orders select id from range(3)"); () }
    assert(sql.sinks.map(s => (bare(s.storage), s.mode)) === Seq((bare(read.head), "overwrite")))
    spark.sql("drop table if exists t_copy")
    val ctas = written { spark.sql("create table t_copy using parquet as select id from t_orders"); () }
    assert(ctas.sinks.map(s => bare(s.storage)) === sources(spark.table("t_copy")).map(bare))
    assert(ctas.sinks.map(_.mode) === Seq("create"))
    assert(ctas.sources.map(bare) === Seq(bare(read.head)))
    spark.sql("drop table t_orders")
    spark.sql("drop table t_copy")
  }

  test("view over files: the files") {
    val out = path("viewed")
    spark.range(3).write.parquet(out)
    spark.read.parquet(out).createOrReplaceTempView("viewed")
    assert(sources(spark.sql("select id + 1 as x from viewed")).map(_.name) === Seq(out))
  }

  test("overwrite, append, ignore, create") {
    val out = path("modes")
    def modeOf(mode: SaveMode) = written(spark.range(3).write.mode(mode).parquet(out)).sinks.map(_.mode)
    assert(modeOf(SaveMode.ErrorIfExists) === Seq("create"))
    assert(modeOf(SaveMode.Append) === Seq("append"))
    assert(modeOf(SaveMode.Overwrite) === Seq("overwrite"))
    assert(modeOf(SaveMode.Ignore) === Seq("ignore"))
  }

  test("a source that nobody knows has an honest name") {
    val df = spark.read.format(classOf[OddSource].getName).load()
    assert(sources(df).map(s => (s.namespace, s.name)) === Seq(("unknown", "OddRelation")))
  }

  private def v2(told: (String, String)*)(options: (String, String)*): Seq[Storage] = {
    val table = new Table {
      override def name: String = "odd"
      override def schema: StructType = new StructType().add("id", LongType)
      override def capabilities: JSet[TableCapability] = JSet.of()
      override def properties: JMap[String, String] = told.toMap.asJava
    }
    Storages.ofV2(table, None, None, new CaseInsensitiveStringMap(options.toMap.asJava))
  }

  test("tables that say where they lie, as Iceberg's do; tables that are read by a path; others") {
    val iceberg = v2(
      "provider" -> "iceberg",
      "format" -> "iceberg/parquet",
      "location" -> "s3://bucket/shop/sales",
      "current-snapshot-id" -> "7"
    )()
    assert(iceberg === Seq(Storage("s3://bucket", "shop/sales", Some("iceberg"), version = Some("7"))))
    assert(v2()("path" -> "/data/odd") === Seq(Storage("file", "/data/odd", Some("odd"))))
    assert(v2()() === Seq(Storage("unknown", "odd")))
  }

  test("the written DataFrame is found below the writer's casts and order") {
    val rows = marked(spark.range(3).toDF("id"), "d1")
    assert(StorageAccess.marked(
      analyzed(rows.selectExpr("cast(id as string)").sort("id").repartition(2)),
      idsOf
    ) === Some("d1"))
    assert(StorageAccess.marked(analyzed(rows.filter("id > 1")), idsOf) === None)
  }

  test("streams: path of a file stream") {
    val out = path("stream-in")
    spark.range(3).write.parquet(out)
    val stream = spark.readStream.schema("id long").parquet(out)
    assert(sources(stream).map(s => (s.namespace, s.name)) === Seq(("file", out)))
  }

  test("hash of a plan does not hold the paths") {
    val hashes = Seq("p1", "p2").map { name =>
      spark.range(3).write.parquet(path(name))
      fragment(spark.read.parquet(path(name)).filter("id > 1")).planHash
    }
    assert(hashes.distinct.length === 1)
  }
}

class OddSource extends RelationProvider {
  override def createRelation(context: SQLContext, parameters: Map[String, String]): BaseRelation =
    new OddRelation(context)
}

class OddRelation(val sqlContext: SQLContext) extends BaseRelation {
  override def schema: StructType = new StructType().add("id", LongType)
}
