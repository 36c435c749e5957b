package io.sparklineage.plan.storages

import java.util.{Collections, Locale, WeakHashMap}

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

  /** The namespace of what keeps nothing of what is written there. */
  val Nowhere = "nowhere"

  // By what the sink was, until the program lets go of it: its queries read that very object.
  private val memory = Collections.synchronizedMap(new WeakHashMap[AnyRef, String])

  /** Nothing where a function of the program writes each batch (`foreachBatch`): what it does is an execution within. */
  def sinks(write: LogicalPlan): Seq[Storage] = {
    val inCatalog = Reflected.path(write, "catalogTable").collect { case t: CatalogTable => t }
    val relation = Reflected.path(write, "relation").collect { case r: DataSourceV2Relation => r }
    val table = relation.map(_.table).orElse(Reflected.value(write, "table"))
    table.flatMap(ofSparks(_, write)).orElse(relation.map(Storages.read(_)))
      .orElse(inCatalog.map(t => Seq(Storages.ofTable(t)))).orElse(Reflected.value(write, "sink").map(ofV1(_)))
      .orElse(table.map(other => Seq(Storages.unknown(named(other))))).getOrElse(Nil)
  }

  /** The memory sink that a query reads, by the name of the streaming query that has written it. */
  def ofMemory(plan: LogicalPlan): Option[Storage] =
    Reflected.value(plan, "sink").collect { case sink: AnyRef => memory.get(sink) }.flatMap(Option(_)).map(inMemory)

  private def inMemory(query: String): Storage = Storage("memory", query, Some("memory"))

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
    case "ForeachBatchSink" => Nil
    case other => Seq(Storages.unknown(other))
  }

  private def ofSparks(table: Any, write: LogicalPlan): Option[Seq[Storage]] = named(table) match {
    case "MemorySink" =>
      val query = options(write).collectFirst { case (key, value) if key.equalsIgnoreCase("queryName") => value }
      val name = query.getOrElse("memory")
      memory.put(table.asInstanceOf[AnyRef], name)
      Some(Seq(inMemory(name)))
    case "KafkaTable" => Some(Storages.ofOptions("kafka", options(write)))
    case other => nowhere.get(other).map(name => Seq(Storage(Nowhere, name)))
  }

  private val nowhere = Map("ForeachWriterTable" -> "foreach", "ConsoleTable" -> "console", "NoopTable" -> "noop")

  private def named(of: Any): String = of.getClass.getSimpleName.stripSuffix("$")

  private def options(write: LogicalPlan): Map[String, String] =
    Reflected.value(write, "writeOptions").collect { case all: Map[_, _] =>
      all.collect { case (key: String, value: String) => key -> value }
    }.getOrElse(Map.empty)
}
