package io.sparklineage.plan.storages

import io.sparklineage.model.Storage
import io.sparklineage.plan.Reflected
import io.sparklineage.plan.changes.{DeltaChanges, RewrittenChanges, RowChanges}
import io.sparklineage.privacy.Redaction
import org.apache.hadoop.fs.Path

import org.apache.spark.sql.SaveMode
import org.apache.spark.sql.catalyst.analysis.{NamedRelation, ResolvedIdentifier}
import org.apache.spark.sql.catalyst.catalog.{CatalogStorageFormat, CatalogTable}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.execution.command.CreateDataSourceTableAsSelectCommand
import org.apache.spark.sql.execution.datasources._
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation
import org.apache.spark.sql.sources.DataSourceRegister

/**
 * What a command writes.
 *
 * @param storages where
 * @param mode     how
 * @param query    the plan of the rows; of a change in place a plan that says what is read
 * @param inPlace  it changes rows of a table
 * @param result   of a change in place: all that the table holds afterwards. It is read by us and runs nowhere; None
 *                 where the command is not known that well
 */
final case class CommandWrite(
    storages: Seq[Storage],
    mode: String,
    query: Option[LogicalPlan],
    inPlace: Boolean = false,
    result: Option[LogicalPlan] = None
)

/** Which commands write what. Commands of Delta and Hive are known by the names of their classes and members. */
object WriteCommands {

  /** What the commands of an analyzed plan write. */
  def of(plan: LogicalPlan): Seq[(LogicalPlan, CommandWrite)] =
    plan.collect {
      case node if (node.isInstanceOf[Command] || StreamWrites.is(node)) && write.isDefinedAt(node) =>
        node -> write(node)
    }

  private def write: PartialFunction[LogicalPlan, CommandWrite] =
    streams.orElse(files).orElse(sources).orElse(v2).orElse(changes).orElse(hive).orElse(delta)

  private val streams: PartialFunction[LogicalPlan, CommandWrite] = {
    case w if StreamWrites.is(w) => CommandWrite(StreamWrites.sinks(w), StreamWrites.mode(w), query(w))
  }

  private val files: PartialFunction[LogicalPlan, CommandWrite] = {
    case i: InsertIntoHadoopFsRelationCommand =>
      val place = Locations.storage(i.outputPath, Some(Storages.formatOf(i.fileFormat)))
      CommandWrite(
        Seq(named(place.copy(part = place.part.orElse(partitions(i.staticPartitions, dynamic(i)))), i.catalogTable)),
        mode(i.mode),
        Some(i.query)
      )
    case c: CreateDataSourceTableAsSelectCommand =>
      CommandWrite(Seq(Storages.ofTable(c.table)), mode(c.mode), Some(c.query))
    case i if simpleName(i) == "InsertIntoDataSourceDirCommand" =>
      val place = member(i, "storage") { case s: CatalogStorageFormat => s.locationUri }.flatten
      CommandWrite(
        place.toSeq.map(uri => Locations.storage(new Path(uri), text(i, "provider"))),
        overwrite(i),
        query(i)
      )
  }

  private val sources: PartialFunction[LogicalPlan, CommandWrite] = {
    case s: SaveIntoDataSourceCommand =>
      val format = s.dataSource match {
        case r: DataSourceRegister => r.shortName()
        case other => other.getClass.getSimpleName.stripSuffix("$")
      }
      CommandWrite(Storages.ofOptions(format.toLowerCase, s.options), mode(s.mode), Some(s.query))
    case i: InsertIntoDataSourceCommand =>
      CommandWrite(Storages.read(i.logicalRelation), if (i.overwrite) "overwrite" else "append", Some(i.query))
  }

  private val v2: PartialFunction[LogicalPlan, CommandWrite] = {
    case w: RowLevelWrite =>
      val result = RewrittenChanges.result(w)
      val read = result.orElse(Some(w.query))
      CommandWrite(ofRelation(w.table), w.operation.command.toString.toLowerCase, read, inPlace = true, result = result)
    case w: V2WriteCommand => CommandWrite(ofRelation(w.table), v2Mode(w), Some(w.query))
    case c: CreateTableAsSelect => CommandWrite(ofName(c.name, c.tableSpec), "create", Some(c.query))
    case r: ReplaceTableAsSelect => CommandWrite(ofName(r.name, r.tableSpec), "overwrite", Some(r.query))
  }

  private val changes: PartialFunction[LogicalPlan, CommandWrite] = {
    case m: MergeIntoTable => CommandWrite(ofTarget(m.targetTable), "merge", Some(m.sourceTable), inPlace = true)
    case d: DeleteFromTable =>
      val result = Some(RowChanges.delete(d.table, Some(d.condition)))
      CommandWrite(ofTarget(d.table), "delete", result, inPlace = true, result = result)
    case u: UpdateTable => CommandWrite(ofTarget(u.table), "update", None, inPlace = true)
  }

  private val hive: PartialFunction[LogicalPlan, CommandWrite] = {
    case i if hiveTables(simpleName(i)) =>
      val table = Seq("table", "tableDesc").flatMap(member(i, _) { case t: CatalogTable => Storages.ofTable(t) })
      CommandWrite(table.map(t => t.copy(part = t.part.orElse(hivePartitions(i)))), overwrite(i), query(i))
    case i if simpleName(i) == "InsertIntoHiveDirCommand" =>
      val place = member(i, "storage") { case s: CatalogStorageFormat => s.locationUri }.flatten
      CommandWrite(place.toSeq.map(uri => Locations.storage(new Path(uri), Some("hive"))), overwrite(i), query(i))
  }

  private val hiveTables =
    Set("InsertIntoHiveTable", "CreateHiveTableAsSelectCommand", "OptimizedCreateHiveTableAsSelectCommand")

  private val delta: PartialFunction[LogicalPlan, CommandWrite] = {
    case c if simpleName(c) == "CreateDeltaTableCommand" && query(c).isDefined =>
      CommandWrite(member(c, "table") { case t: CatalogTable => ofDelta(t) }.toSeq, saveMode(c), query(c))
    case w if simpleName(w) == "WriteIntoDelta" => CommandWrite(ofLog(w, "deltaLog").toSeq, saveMode(w), None)
    case c if deltaChanges.contains(simpleName(c)) =>
      val result = DeltaChanges.result(c)
      val target = member(c, "target") { case p: LogicalPlan => ofTarget(p) }.getOrElse(Nil)
      val read = result.orElse(member(c, "source") { case p: LogicalPlan => p })
      CommandWrite(target, deltaChanges(simpleName(c)), read, inPlace = true, result = result)
  }

  private val deltaChanges = Map(
    "MergeIntoCommand" -> "merge",
    "DeltaMergeInto" -> "merge",
    "DeleteCommand" -> "delete",
    "UpdateCommand" -> "update"
  )

  // ----------------------------------------------------------------------------------------------------- parts

  /** The partitions that an overwrite replaces, where it leaves others as they are. */
  private def partitions(fixed: Map[String, String], dynamic: Boolean): Option[String] =
    if (fixed.nonEmpty) Some(fixed.map { case (column, value) => s"$column=$value" }.mkString("/"))
    else if (dynamic) Some("the partitions that it has rows of")
    else None

  private def dynamic(i: InsertIntoHadoopFsRelationCommand): Boolean =
    Reflected.value(i, "dynamicPartitionOverwrite").contains(true)

  // A table of Hive's is always overwritten partition by partition: those that are named, or those that have rows.
  private def hivePartitions(insert: LogicalPlan): Option[String] =
    Reflected.value(insert, "partition").collect { case all: Map[_, _] => all.toSeq }.flatMap { all =>
      val fixed = all.collect { case (column: String, Some(value: String)) => column -> value }
      partitions(fixed.toMap, dynamic = all.nonEmpty)
    }

  private def ofRelation(relation: NamedRelation): Seq[Storage] = relation match {
    case d: DataSourceV2Relation => Storages.read(d)
    case other => Seq(Storage("spark", Redaction.text(other.name)))
  }

  // The target of a merge, below the names that the program gave it.
  private def ofTarget(plan: LogicalPlan): Seq[Storage] = plan match {
    case leaf if Storages.read.isDefinedAt(leaf) => Storages.read(leaf)
    case other if other.children.nonEmpty => ofTarget(other.children.head)
    case other => Seq(Storages.unknown(other.nodeName))
  }

  // The table does not exist yet: where it will lie is known only if the program says so.
  private def ofName(name: LogicalPlan, spec: TableSpecBase): Seq[Storage] = name match {
    case r: ResolvedIdentifier =>
      val table = Storages.catalogName(Some(r.catalog), Some(r.identifier))
      val provider = Reflected.path(spec, "provider").map(_.toString)
      val place = Reflected.path(spec, "location").map(l => Locations.storage(l.toString, provider))
      val usual =
        if (r.catalog.name == "spark_catalog") Storages.inWarehouse(Storages.dotted(r.identifier), provider) else None
      Seq(place.orElse(usual).getOrElse(Storage(r.catalog.name, Storages.dotted(r.identifier), provider)).copy(table =
        table
      ))
    case other => Seq(Storages.unknown(other.nodeName))
  }

  private def ofDelta(table: CatalogTable): Storage = {
    val named = Storages.ofTable(table)
    // A path that stands in the place of a table name: delta.`/data/x`.
    if (table.identifier.table.contains("/")) named.copy(table = None, format = Some("delta"))
    else named.copy(format = Some("delta"))
  }

  private def ofLog(command: LogicalPlan, log: String): Option[Storage] =
    Reflected.path(command, log, "dataPath").collect { case p: Path => Storages.delta(p, None) }

  private def named(storage: Storage, table: Option[CatalogTable]): Storage =
    table.fold(storage)(t => storage.copy(table = Some(Storages.name(t.identifier))))

  private def simpleName(plan: LogicalPlan): String = plan.getClass.getSimpleName

  private def member[A](plan: LogicalPlan, name: String)(as: PartialFunction[Any, A]): Option[A] =
    Reflected.value(plan, name).collect(as)

  private def query(plan: LogicalPlan): Option[LogicalPlan] =
    Reflected.path(plan, "query").collect { case p: LogicalPlan => p }

  private def text(plan: LogicalPlan, name: String): Option[String] =
    Reflected.value(plan, name).map(_.toString.toLowerCase)

  private def overwrite(plan: LogicalPlan): String =
    if (Reflected.value(plan, "overwrite").contains(true)) "overwrite"
    else Reflected.value(plan, "mode").fold("append")(m => mode(m))

  private def saveMode(plan: LogicalPlan): String = Reflected.value(plan, "mode").fold("unknown")(m => mode(m))

  private def mode(mode: Any): String = mode match {
    case SaveMode.ErrorIfExists => "create"
    case SaveMode.Overwrite => "overwrite"
    case SaveMode.Append => "append"
    case SaveMode.Ignore => "ignore"
    case other => other.toString.toLowerCase
  }

  private def v2Mode(command: V2WriteCommand): String = command match {
    case _: AppendData => "append"
    case _: OverwriteByExpression | _: OverwritePartitionsDynamic => "overwrite"
    case other => other.nodeName
  }
}
