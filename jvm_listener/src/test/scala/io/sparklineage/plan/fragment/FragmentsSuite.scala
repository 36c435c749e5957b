package io.sparklineage.plan.fragment

import io.sparklineage.plan.PlanSuite
import io.sparklineage.plan.columns.Column

import org.apache.spark.sql.functions._

class FragmentsSuite extends PlanSuite {

  private def orders(id: String = "d1"): Frame = {
    import spark.implicits._
    marked(Seq((1L, 10L, 2.5, "open")).toDF("id", "customer", "price", "status"), id)
  }

  test("the root's own mark and marks of other steps' insides do not end the fragment") {
    val inner = marked(orders().filter("price > 1"), "d2")
    val got = fragment(marked(inner.select("id"), "out"), "d1")
    assert(got.inputs === Seq("d1"))
    assert(got.operators.exists(_.startsWith("Filter")))
  }

  test("a DataFrame that a step hands back as it came is the identity") {
    val df = orders()
    val got = fragment(marked(df, "out"), "d1")
    assert(got.inputs === Seq("d1"))
    assert(got.definitions.forall(_.inputs.map(_.subtype.name) == Seq("IDENTITY")))
  }

  test("without inputs the leaves are opaque or sources") {
    val rdd = spark.createDataFrame(spark.sparkContext.parallelize(Seq((1, "a"))))
    val got = fragment(orders().select("id").crossJoin(spark.range(3).withColumnRenamed("id", "r")).crossJoin(rdd))
    assert(got.opaque === Seq("local", "range", "rdd"))
    assert(got.definitions.head.inputs.isEmpty)
  }

  test("columns: types in full, nullability") {
    val got = fragment(orders(), "d1")
    assert(got.columns.map(c => (c.name, c.dataType, c.nullable)).take(1) === Seq(("id", "bigint", false)))
    val wide = spark.sql(s"select named_struct(${(1 to 60).map(i => s"'a$i', $i").mkString(",")}) as s")
    assert(fragment(wide).columns.head.dataType.contains("a60:int"))
  }

  test("a chain of 100 withColumns that doubles stays small and fast") {
    val wide = (1 to 100).foldLeft(orders())((df, i) =>
      df.withColumn(s"c$i", if (i == 1) col("id") + 1 else col(s"c${i - 1}") + col(s"c${i - 1}"))
    )
    analyzed(wide)
    val before = System.nanoTime()
    val got = fragment(wide, "d1")
    val ms = (System.nanoTime() - before) / 1000000
    assert(got.definitions.last.inputs.map(_.column) === Seq("id"))
    assert(got.definitions.map(_.expression.length).max <= Column.TextLimit)
    assert(got.planText.length <= 20000)
    info(s"described in $ms ms")
    assert(ms < 10000)
  }

  test("sample key: passed through; else grouping keys; else what is no float") {
    assert(fragment(orders().withColumn("price", col("price") * 2), "d1").sampleKey === Seq("id", "customer", "status"))
    assert(fragment(
      orders().groupBy(upper(col("status")).as("s")).agg(sum("price").as("t")),
      "d1"
    ).sampleKey === Seq("s"))
    assert(fragment(orders().select((col("id") + 1).as("a"), (col("price") + 1).as("b")), "d1").sampleKey === Seq("a"))
    assert(fragment(orders().groupBy("customer").agg(sum("price").as("t")), "d1").sampleKey === Seq("customer"))
    assert(fragment(orders().select((col("price") + 1).as("b")), "d1").sampleKey === Seq("b"))
  }

  test("nondeterminism has its reasons") {
    def reasons(df: Frame) = fragment(df, "d1").nondeterminism
    assert(reasons(orders().withColumn("r", rand())) === Seq("rand()"))
    assert(reasons(orders().withColumn("r", expr("uuid()"))) === Seq("uuid()"))
    assert(reasons(orders().withColumn("r", current_timestamp())) === Seq("current_timestamp()"))
    assert(reasons(orders().withColumn("r", expr("now()"))) === Seq("now()"))
    assert(reasons(orders().withColumn("r", current_date())) === Seq("current_date()"))
    assert(reasons(orders().withColumn("r", monotonically_increasing_id())) === Seq("monotonically_increasing_id()"))
    assert(reasons(orders().groupBy("customer").agg(first("id"))) === Seq("first() without order"))
    assert(reasons(orders().groupBy("customer").agg(collect_list("id"))) === Seq("collect_list() without order"))
    assert(reasons(orders().limit(3)) === Seq("limit without order"))
    assert(reasons(orders().orderBy("id").limit(3)).isEmpty)
    assert(reasons(orders().orderBy("id").select("id").limit(3)).isEmpty)
    assert(reasons(orders().dropDuplicates("customer")).nonEmpty)
    assert(reasons(orders().dropDuplicates()).isEmpty)
    assert(reasons(orders().sample(0.5)) === Seq("sample()"))
    val noisy = udf((s: String) => s).withName("noise").asNondeterministic()
    assert(reasons(orders().select(noisy(col("status")))) === Seq("UDF noise is marked nondeterministic"))
    val plain = fragment(orders().filter("price > 1").groupBy("customer").agg(sum("price")), "d1")
    assert(plain.deterministic && plain.nondeterminism.isEmpty)
  }

  // ---------------------------------------------------------------------------------------------------- plan hash

  private def hash(build: Frame => Frame, id: String = "d1"): String = fragment(build(orders(id)), id).planHash

  test("plan hash: the same when built again, from other ids") {
    val build = (df: Frame) =>
      df.filter("price > 1").withColumn(
        "x",
        col("price") * 2
      ).groupBy("customer").agg(sum("x").as("t"), count("*").as("n"))
    assert(hash(build, "d1") === hash(build, "d77"))
    assert(hash(build).startsWith("plan2:"))
  }

  test("plan hash: the order of operands does not matter where Spark says so") {
    def same(a: String, b: String) = assert(hash(_.filter(a)) === hash(_.filter(b)))
    same("price > 1 and id = 2", "id = 2 and price > 1")
    same("id + customer + 1 = 3", "3 = customer + 1 + id")
    same("id < customer", "customer > id")
    same("id in (1, 2)", "id in (2, 1)")
    assert(hash(_.filter("id - customer = 1")) !== hash(_.filter("customer - id = 1")))
  }

  test("plan hash: what a step does matters") {
    val hashes = Seq[Frame => Frame](
      _.filter("price > 1"),
      _.filter("price > 2"),
      _.filter("price >= 1"),
      _.select("id"),
      _.select("customer"),
      _.select(col("id").as("x")),
      _.limit(3),
      _.limit(4),
      _.orderBy("id"),
      _.orderBy(col("id").desc),
      _.distinct(),
      _.dropDuplicates("id"),
      _.dropDuplicates("customer"),
      _.groupBy("id").count(),
      _.groupBy("customer").count(),
      _.withColumn("a", col("id") + 1),
      _.withColumn("a", col("id") + 2),
      _.withColumn("b", col("id") + 1),
      _.withColumn("a", col("id").cast("string")),
      _.withColumn("a", col("id").cast("int")),
      df => df.union(df),
      df => df.unionAll(df).union(df),
      _.sample(0.1),
      _.sample(0.2),
      _.repartition(3),
      _.withColumn("a", explode(split(col("status"), ","))),
      _.withColumn("a", explode_outer(split(col("status"), ","))),
      df => df.as("a").join(df.as("b"), col("a.id") === col("b.customer")).select("a.price"),
      df => df.as("a").join(df.as("b"), col("a.id") === col("b.customer")).select("b.price"),
      df => df.as("a").join(df.as("b"), col("a.id") === col("b.customer"), "left").select("a.price")
    ).map(hash(_))
    assert(hashes.distinct.length === hashes.length)
  }

  test("plan hash: seeds, lambda numbers and more input columns do not matter") {
    assert(hash(_.withColumn("r", rand())) === hash(_.withColumn("r", rand())))
    assert(hash(_.select(rand())) === hash(_.select(rand())))
    assert(hash(_.sample(0.5)) === hash(_.sample(0.5)))
    val lambda = (df: Frame) => df.select(transform(array("id"), x => x + 1))
    assert(hash(lambda) === hash(lambda))
    val step = (df: Frame) => df.filter("price > 1").withColumn("x", col("price") * 2)
    val wider =
      marked(orders("other").withColumn("more", lit(1)).select("more", "id", "customer", "price", "status"), "d9")
    assert(hash(step) === fragment(step(wider), "d9").planHash)
  }

  test("the random id in the names of VectorAssembler's parts is no part of hash and definition, other names are") {
    def assembled(name: String) =
      (df: Frame) => df.select(struct(col("id").cast("double").as(name), col("price")).as("v"))
    def definition(name: String) = fragment(assembled(name)(orders("d1")), "d1").definitions.map(_.expression)
    val (one, other) = ("id_double_VectorAssembler_0123456789ab", "id_double_VectorAssembler_cdef01234567")
    assert(hash(assembled(one)) === hash(assembled(other)))
    assert(definition(one) === definition(other) && definition(one).head.contains("AS id_double_VectorAssembler,"))
    assert(hash(assembled(one)) !== hash(assembled("price_double_VectorAssembler_0123456789ab")))
    assert(hash(assembled("x_0123456789ab")) !== hash(assembled("x_cdef01234567")))
  }

  test("plan hash: two inputs are told apart by position") {
    val join = (a: Frame, b: Frame) => a.as("a").join(b.as("b"), col("a.id") === col("b.id")).select("a.price")
    val (x, y) = (orders("d1"), orders("d2"))
    assert(fragment(join(x, y), "d1", "d2").planHash === fragment(join(y, x), "d1", "d2").planHash)
    val right = x.as("a").join(y.as("b"), col("a.id") === col("b.id")).select("b.price")
    assert(fragment(join(x, y), "d1", "d2").planHash !== fragment(right, "d1", "d2").planHash)
  }

  test("plan hash: what is told not to fail is another thing than what fails, and the session's mode is no part") {
    def in(ansi: Boolean)(expression: String) = {
      spark.conf.set("spark.sql.ansi.enabled", ansi)
      try hash(_.selectExpr(s"$expression AS made"))
      finally spark.conf.unset("spark.sql.ansi.enabled")
    }
    val pairs = Seq(
      "to_timestamp(status)",
      "to_timestamp(status, 'yyyy')",
      "to_date(status)",
      "cast(status AS int)",
      "sum(id)",
      "id / customer",
      "variant_get(parse_json(status), '$.a', 'int')",
      "parse_json(status)"
    )
    val strict = pairs.map(in(ansi = true))
    assert(strict === pairs.map(in(ansi = false)))
    val lenient = pairs.map(p => if (p.contains("/ ")) "try_divide(id, customer)" else "try_" + p).map(in(ansi = true))
    assert(strict.zip(lenient).forall { case (one, other) => one != other })
    assert((strict ++ lenient).distinct.length === pairs.length * 2)
  }

  test("dropna says how many columns must hold a value") {
    def kept(n: Int) = fragment(orders().na.drop(n, Seq("id", "customer")), "d1").operators.head
    assert(kept(1) === "Filter atleastnnonnulls(1, id, customer)")
    assert(kept(2) === "Filter atleastnnonnulls(2, id, customer)")
  }

  test("the time zone of the session is said where it matters, and no part of the hash") {
    def read(zone: String, expression: String) = {
      spark.conf.set("spark.sql.session.timeZone", zone)
      try fragment(orders().selectExpr(expression), "d1")
      finally spark.conf.unset("spark.sql.session.timeZone")
    }
    val zones = Seq("Europe/Berlin", "Asia/Tokyo")
    val days = zones.map(read(_, "to_date(timestamp_seconds(id)) AS day"))
    assert(days.map(_.covers) === zones.map(zone => Seq(s"session time zone@$zone")))
    assert(days.map(_.planHash).distinct.length === 1)
    assert(zones.map(read(_, "id + 1 AS next").covers).forall(_.isEmpty))
    assert(zones.map(read(_, "cast(price AS string) AS text").covers).forall(_.isEmpty))
    val moments = zones.map(read(_, "TIMESTAMP '2024-01-01 00:00:00' AS since"))
    assert(moments.map(_.covers) === days.map(_.covers))
    val folder = java.nio.file.Files.createTempDirectory("moments").toString
    spark.range(1).write.csv(s"$folder/x")
    def file(column: String) = fragment(spark.read.schema(column).csv(s"$folder/x")).covers
    assert(file("since timestamp").map(_.takeWhile(_ != '@')) === Seq("session time zone"))
    assert(file("since string").isEmpty)
  }

  test("code of Scala over whole rows is one call") {
    import spark.implicits._
    val made = orders().select("id", "price").as[(Long, Double)].mapPartitions(_.map(_._1 * 2)).toDF("twice")
    val got = fragment(made, "d1")
    assert(got.definitions.map(_.expression) === Seq("scala_code(id, price)"))
  }

  test("plan hash: where rows lie does not matter") {
    assert(hash(_.filter("price > 1").repartition(3)) === hash(_.coalesce(1).filter("price > 1")))
    assert(hash(_.repartition(3, col("id")).filter("price > 1")) === hash(_.filter("price > 1")))
  }

  test("plan hash: rows in the plan and options of readers matter, paths do not") {
    import spark.implicits._
    val (inText, others) = (fragment(spark.sql("values 1, 2")), fragment(spark.sql("values 1, 3")))
    assert(inText.planHash !== others.planHash)
    assert(inText.planHash === fragment(spark.sql("values 1, 2")).planHash)
    // What the program hands over lies in the plan or in an RDD, as Spark likes.
    val (a, b) = (fragment(Seq(1, 2).toDF("n")), fragment(Seq(1, 3).toDF("n")))
    assert(a.planHash === b.planHash)
    assert(a.covers !== b.covers)
    assert(a.covers.head.matches("local@2:[0-9a-f]{16}"))
    assert(fragment(Seq(Map(1 -> 2)).toDF("m")).covers === Seq("local@?"))
    val folder = java.nio.file.Files.createTempDirectory("read").toString
    Seq("a,b", "c,-").toDS().coalesce(1).write.text(s"$folder/x")
    Seq("a,b", "c,-").toDS().coalesce(1).write.text(s"$folder/y")
    def read(name: String, nulls: String) =
      fragment(spark.read.schema("a string, b string").option("nullValue", nulls).csv(s"$folder/$name"))
    assert(read("x", "-").planHash === read("y", "-").planHash)
    assert(read("x", "-").planHash !== read("x", "?").planHash)
    val listed = Seq("x", "x", "y").map(read(_, "-").sources.head.files.get)
    assert(listed.head.startsWith("files1:1:"))
    assert(listed.head === listed(1))
    assert(listed.head !== listed(2))
  }

  test("secrets do not leave in texts") {
    val df = orders().filter("status = 'jdbc:postgresql://u:hunter2@db/x?password=hunter2'").withColumn(
      "u",
      lit("https://a:hunter2@h/")
    )
    val got = fragment(df, "d1")
    assert(!(got.planText + got.operators + got.definitions).contains("hunter2"))
  }

  test("the plan's text is the same in each run: no ids") {
    val got = fragment(orders().filter("price > 1").groupBy("customer").agg(sum("price").as("t")), "d1")
    assert(got.planText === "Aggregate by [customer] [customer, sum(price) AS t]\n  Filter (price > 1)\n    Input d1")
    assert(got.operators === got.planText.split("\n").map(_.trim).toSeq)
  }
}
