package io.sparklineage.emit

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path, Paths}

import io.sparklineage.model._
import org.scalatest.funsuite.AnyFunSuite

/** The Scala side of the wire contract; `tests/contract/test_wire.py` is the Python side of the same files.
  *
  * The environment variable SPARK_LINEAGE_GOLDEN=write writes the files anew.
  */
class WireSuite extends AnyFunSuite {
  private val orders = Storage(
    "s3://shop",
    "raw/orders",
    Some("delta"),
    Some("12"),
    Some("spark_catalog.sales.orders"),
    Seq("id" -> "bigint", "price" -> "decimal(10,2)")
  )
  private val folder = Storage("file", "/data/out")

  private val golden: Seq[(String, Observation)] = Seq(
    "application" -> Application("local-1", "job.py", "4.2.0", "2.13.17", "17.0.9", "local[2]", 1700000000.25),
    "gap" -> Gap("probe", "the plan was fixed before the mark", Some("d7")),
    "gap-no-dataset" -> Gap("queue", "3 observations were dropped"),
    "gap-odd-text" -> Gap("text", "nul \u0000, lone \ud83d, pair \ud83d\ude00, line\nbreak, \"quote\", \u2028, é"),
    "fragment" -> Fragment(
      "d5",
      Seq(
        FragmentColumn("id", "bigint", nullable = false),
        FragmentColumn("total", "struct<a:double>", nullable = true)
      ),
      "plan1:0123456789abcdef0123456789abcdef",
      Seq("Aggregate [id]", "Filter (price > 0)"),
      "Aggregate [id]\n+- Filter (price > 0)",
      deterministic = false,
      Seq("rand()"),
      Seq("d2"),
      Seq(orders),
      Seq("rdd"),
      Seq(
        ColumnDefinition("id", "id", Seq(ColumnInput("d2", "id", Subtype.Identity))),
        ColumnDefinition(
          "total",
          "sum(sha2(orders.price, 256))",
          Seq(
            ColumnInput("source:0", "price", Subtype.Aggregation, masking = true),
            ColumnInput("d2", "flag", Subtype.Conditional)
          )
        )
      ),
      Seq(
        ColumnInput("d2", "id", Subtype.GroupBy),
        ColumnInput("d2", "price", Subtype.Filter),
        ColumnInput("d2", "id", Subtype.Join),
        ColumnInput("d2", "id", Subtype.Sort),
        ColumnInput("d2", "id", Subtype.Window),
        ColumnInput("d2", "x", Subtype.Transformation)
      ),
      Seq("id"),
      Seq("fee@0123456789abcdef", "local@?"),
      Seq(
        RowOperator("input", datasets = Seq("d2")),
        RowOperator("input", datasets = Seq("source:0")),
        RowOperator("join", Seq(0, 1), Some("left outer"), Some("(id = id)"), equi = true, supplied = Seq(1)),
        RowOperator(
          "filter",
          Seq(2),
          text = Some("(price > 0)"),
          undone = Seq(Undone(2, "(price > 0)")),
          drops = Seq(Drop("(price > 0)", Seq("source:0" -> "price")))
        ),
        RowOperator("union", Seq(3, 0), clashes = Seq(Clash(1, "total", "double", "id", "bigint"))),
        RowOperator(
          "aggregate",
          Seq(4),
          keys = Seq("id"),
          deciding =
            Seq(ColumnDefinition(
              "id",
              "(d2.id + 1)",
              Seq(ColumnInput("d2", "id", Subtype.Transformation)),
              opaque = true
            ))
        )
      ),
      Seq(
        ColumnNote("literal", "id", "1", None),
        ColumnNote("average_of_filled", "total", "coalesce(price, 0)", Some("source:0" -> "price"))
      )
    ),
    "fragment-empty" -> Fragment(
      "d1",
      Nil,
      "plan1:0",
      Nil,
      "",
      deterministic = true,
      Nil,
      Nil,
      Nil,
      Nil,
      Nil,
      Nil,
      Nil
    ),
    "probe" -> Probed(
      "d5",
      "d5/3",
      Some(3L),
      Some(2L),
      complete = true,
      None,
      None,
      Nil,
      Seq(
        ProbedColumn("id", "bigint", Some(0L), Some("xxh64:00000000deadbeef")),
        ProbedColumn(
          "x",
          "double",
          Some(1L),
          Some("xxh64:ffffffffffffffff"),
          Some(Sketch(Double.NaN, 1e300, Some(-0.0)))
        )
      ),
      Some("row1:0123456789abcdef0123456789abcdef"),
      Some(Sample(Seq("id"), Seq("id", "x"), Seq(Seq(Some("1"), None), Seq(Some("2"), Some("2.5"))), Seq(1L, 1L))),
      Some("0123456789abcdef"),
      Seq(
        Answer("violations", Seq("x >= 0"), Some(3), None),
        Answer("unique", Seq("id", "x"), None, Some("column x does not flow: nothing reads it"))
      )
    ),
    "probe-incomplete" -> Probed(
      "d5",
      "d5/4",
      None,
      None,
      complete = false,
      Some("limit"),
      Some("limit 20"),
      Seq("(price > 0)"),
      Nil,
      None,
      None,
      None,
      read = Some(40L),
      needless = Seq(NeedlessFilter("(price IS NOT NULL)", "file", "/data/orders", "files1:1:a:b", "price"))
    ),
    "execution" -> ExecutionSeen(
      Some(4L),
      Some("o9"),
      "parquet at job.py:12",
      1700000000.5,
      Some(1700000001.75),
      Outcome.Complete,
      None,
      Seq(2, 3),
      Seq("tasks" -> 4L, "failed_tasks" -> 0L, "task_ms" -> 120L, "rows_written" -> 5000000000L),
      Seq(orders),
      Seq(SinkDataset(folder, "overwrite", Some("d5")), SinkDataset(orders, "append", None)),
      Some(ChangedRows(inserted = Some(3L), updated = Some(0L), deleted = None, copied = Some(7L)))
    ),
    "execution-failed" -> ExecutionSeen(
      None,
      None,
      "collect",
      1700000000.0,
      None,
      Outcome.Fail,
      Some("SparkException: boom"),
      Seq(0),
      Nil,
      Nil,
      Nil
    )
  )

  golden.foreach { case (name, observation) =>
    test(s"golden document $name") {
      val file = WireSuite.folder.resolve(s"$name.json")
      val line = Wire.line(observation)
      assert(!line.contains('\n'))
      if (sys.env.get("SPARK_LINEAGE_GOLDEN").contains("write")) Files.write(file, (line + "\n").getBytes(UTF_8))
      assert(line === new String(Files.readAllBytes(file), UTF_8).trim)
    }
  }

  test("every golden file has its observation here") {
    val files = WireSuite.folder.toFile.list().filter(_.endsWith(".json")).map(_.stripSuffix(".json")).toSet
    assert(files === golden.map(_._1).toSet)
  }

  test("the queue never waits: what does not fit is counted and said") {
    val queue = new Observations(capacity = 2)
    (1 to 5).foreach(i => queue.gap("g", i.toString))
    val lines = queue.drain().split('\n')
    assert(lines.length === 3)
    assert(lines.last.contains("3 were dropped"))
    assert(queue.drain() === "")
  }

  test("the queue is bounded by the values in it too, and what it holds is handed over piece by piece") {
    val wide = golden.collectFirst { case (_, probed: Probed) if probed.sample.isDefined => probed }.get
    val values = 1 + wide.columns.size + wide.sample.get.rows.size * wide.sample.get.columns.size
    val queue = new Observations(values = 10L * values)
    assert((1 to 12).map(_ => queue.offer(wide)) === Seq.fill(10)(true) ++ Seq(false, false))
    assert(queue.drain(limit = 3).split('\n').length === 4) // and the gap
    assert(queue.drain(characters = 1).split('\n').length === 1)
    assert(queue.offer(wide))
    assert(queue.drain().split('\n').length === 7)
    assert(queue.size === 0)
  }
}

object WireSuite {
  val folder: Path =
    Seq("tests/contract/wire", "../tests/contract/wire").map(Paths.get(_)).find(Files.isDirectory(_)).get
}
