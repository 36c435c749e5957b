package io.sparklineage.plan.storages

import io.sparklineage.model.{SinkDataset, Storage}
import io.sparklineage.plan.{End, StepPlan, TypeNames}

import org.apache.spark.sql.catalyst.plans.logical._

/** What a query reads from storage and writes to it. */
final case class StorageAccess(sources: Seq[Storage], sinks: Seq[SinkDataset]) {

  /** Both; `other` is of a command around this. A sink that both know is one. */
  def and(other: StorageAccess): StorageAccess =
    StorageAccess(
      (sources ++ other.sources).distinct,
      (other.sinks ++ sinks).foldLeft(Seq.empty[SinkDataset])(StorageAccess.joined)
    )
}

object StorageAccess {
  val None: StorageAccess = StorageAccess(Nil, Nil)

  /**
   * Reads an analyzed plan.
   *
   * @param idsOf the marks on exactly that node
   * @param made  which version of what it writes a command has made
   */
  def of(
      analyzed: LogicalPlan,
      idsOf: LogicalPlan => Seq[String],
      made: LogicalPlan => Option[String] = _ => scala.None
  ): StorageAccess = {
    val written = WriteCommands.of(analyzed)
    val queries = if (written.isEmpty) Seq(analyzed) else written.flatMap(_._2.query)
    val sinks = for ((command, w) <- written; storage <- w.storages) yield {
      val columns = if (storage.columns.nonEmpty) storage.columns else w.query.toSeq.flatMap(columnsOf)
      val dataset = if (w.inPlace) idsOf(command).lastOption else w.query.flatMap(marked(_, idsOf))
      SinkDataset(storage.copy(columns = columns, version = made(command)), w.mode, dataset)
    }
    StorageAccess(queries.flatMap(read).distinct, sinks.filterNot(s => isLog(s.storage)))
  }

  private def read(query: LogicalPlan): Seq[Storage] = {
    val scope = new StepPlan(Set.empty, _ => Nil)
    scope.ends(query).collect { case (_, End.Stored(storages)) => storages }.flatten.filterNot(isLog)
  }

  // Delta reads its own log by Spark queries.
  private def isLog(storage: Storage): Boolean = storage.name.contains("/_delta_log")

  private def columnsOf(query: LogicalPlan): Seq[(String, String)] =
    if (query.resolved) query.output.map(a => a.name -> TypeNames.of(a.dataType)) else Nil

  /** The marked DataFrame whose rows these are: a writer may cast, rename and order, but keeps the rows. */
  def marked(query: LogicalPlan, idsOf: LogicalPlan => Seq[String]): Option[String] =
    markedNode(query, idsOf).flatMap(idsOf(_).lastOption)

  /** The node that carries that mark. */
  def markedNode(query: LogicalPlan, idsOf: LogicalPlan => Seq[String]): Option[LogicalPlan] =
    if (idsOf(query).nonEmpty) Some(query)
    else
      query match {
        case _: Project | _: SubqueryAlias | _: View | _: Sort | _: RepartitionOperation | _: ResolvedHint =>
          markedNode(query.children.head, idsOf)
        case w: WithCTE => markedNode(w.plan, idsOf)
        case _ => scala.None
      }

  // The command comes before the writes within it.
  private def joined(sinks: Seq[SinkDataset], one: SinkDataset): Seq[SinkDataset] =
    sinks.indexWhere(same(_, one)) match {
      case -1 => sinks :+ one
      case i => sinks.updated(i, both(sinks(i), one))
    }

  // A table that was just made is known by its name to the command, and by where it lies to the write within it.
  private def same(a: SinkDataset, b: SinkDataset): Boolean =
    (a.storage.namespace, a.storage.name) == (b.storage.namespace, b.storage.name) ||
      a.storage.table.exists(b.storage.table.contains) || standsFor(a.storage, b.storage) || standsFor(
        b.storage,
        a.storage
      )

  private def standsFor(named: Storage, placed: Storage): Boolean =
    !Locations.isPlace(named) && Locations.isPlace(placed) && placed.table.isEmpty &&
      named.table.exists(t => placed.name.split('/').last.equalsIgnoreCase(t.split('.').last))

  // The command's mode and the place.
  private def both(command: SinkDataset, inner: SinkDataset): SinkDataset = {
    val placed = Seq(command, inner).find(s => Locations.isPlace(s.storage)).getOrElse(command).storage
    val table = command.storage.table.orElse(inner.storage.table)
    val version = command.storage.version.orElse(inner.storage.version)
    SinkDataset(placed.copy(table = table, version = version), command.mode, command.dataset.orElse(inner.dataset))
  }
}
