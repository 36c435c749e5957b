package io.sparklineage.plan.storages

import java.util.Locale

import io.sparklineage.model.Storage
import io.sparklineage.plan.Reflected
import org.apache.hadoop.fs.Path

import org.apache.spark.sql.catalyst.catalog.CatalogTable
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.datasources.FileFormat
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation

/**
 * Where the batches of a streaming query go. The nodes, and most sinks, are known by the names of their classes and members:
 * Spark 4.1 moved them, and Delta is not there when this is compiled.
 */
private[storages] object StreamWrites {
  private val nodes = Set("WriteToMicroBatchDataSourceV1", "WriteToMicroBatchDataSource")

  def is(plan: LogicalPlan): Boolean = nodes.contains(plan.getClass.getSimpleName)

  /** Nothing for what writes nowhere (the console), or where a function of the program does (`foreachBatch`). */
  def sinks(write: LogicalPlan): Seq[Storage] = {
    val table = Reflected.path(write, "catalogTable").collect { case t: CatalogTable => t }
    val relation = Reflected.path(write, "relation").collect { case r: DataSourceV2Relation => r }
    relation.map(Storages.read(_)).orElse(table.map(t => Seq(Storages.ofTable(t)))).getOrElse {
      Reflected.value(
        write,
        "sink"
      ).map(ofV1(_)).orElse(Reflected.value(write, "table").map(ofV2(_, write))).getOrElse(Nil)
    }
  }

  def mode(write: LogicalPlan): String =
    Reflected.value(write, "outputMode").fold("append")(_.toString.toLowerCase(Locale.ROOT) match {
      case "complete" => "overwrite"
      case other => other
    })

  private def ofV1(sink: Any): Seq[Storage] = named(sink) match {
    case "FileStreamSink" =>
      val format = Reflected.field(sink, "fileFormat").collect { case f: FileFormat => Storages.formatOf(f) }
      Reflected.field(sink, "path").toSeq.map(path => Locations.storage(path.toString, format))
    case "DeltaSink" =>
      Reflected.value(sink, "path").toSeq.map(path => Storages.delta(new Path(path.toString), None))
    case without if nowhere(without) => Nil
    case other => Seq(Storages.unknown(other))
  }

  private def ofV2(table: Any, write: LogicalPlan): Seq[Storage] = named(table) match {
    case "MemorySink" => Seq(Storage(
        "memory",
        options(write).collectFirst {
          case (key, name) if key.equalsIgnoreCase("queryName") => name
        }.getOrElse("memory"),
        Some("memory")
      ))
    case "KafkaTable" => Storages.ofOptions("kafka", options(write))
    case without if nowhere(without) => Nil
    case other => Seq(Storages.unknown(other))
  }

  private val nowhere =
    Set("ForeachBatchSink", "ForeachWriterTable", "ConsoleTable", "NoopTable", "PythonForeachWriter")

  private def named(of: Any): String = of.getClass.getSimpleName.stripSuffix("$")

  private def options(write: LogicalPlan): Map[String, String] =
    Reflected.value(write, "writeOptions").collect { case all: Map[_, _] =>
      all.collect { case (key: String, value: String) => key -> value }
    }.getOrElse(Map.empty)
}
