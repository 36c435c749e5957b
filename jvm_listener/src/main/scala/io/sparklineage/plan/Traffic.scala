package io.sparklineage.plan

import org.apache.spark.sql.catalyst.plans.logical._

import io.sparklineage.model.{Sink, Storage}

/** What a query reads from storage and writes to it. */
final case class Traffic(sources: Seq[Storage], sinks: Seq[Sink]) {

  /** Both; a sink that both know is one. */
  def and(other: Traffic): Traffic =
    Traffic((sources ++ other.sources).distinct, (sinks ++ other.sinks).groupBy(Traffic.target).values.map(Traffic.best).toSeq.sortBy(s => (s.storage.namespace, s.storage.name)))
}

object Traffic {
  val None: Traffic = Traffic(Nil, Nil)

  /** Reads an analyzed plan. @param idsOf the marks on exactly that node */
  def of(analyzed: LogicalPlan, idsOf: LogicalPlan => Seq[String]): Traffic = {
    val written = Sinks.of(analyzed)
    val queries = if (written.isEmpty) Seq(analyzed) else written.flatMap(_.query)
    val sinks = for (w <- written; storage <- w.storages) yield {
      val columns = if (storage.columns.nonEmpty) storage.columns else w.query.toSeq.flatMap(columnsOf)
      Sink(storage.copy(columns = columns), w.mode, w.query.flatMap(marked(_, idsOf)))
    }
    Traffic(queries.flatMap(read).distinct, sinks.filterNot(s => isLog(s.storage)))
  }

  private def read(query: LogicalPlan): Seq[Storage] = {
    val scope = new Scope(Set.empty, _ => Nil)
    scope.ends(query).collect { case (_, End.Stored(storages)) => storages }.flatten.filterNot(isLog)
  }

  // Delta reads its own log by Spark queries.
  private def isLog(storage: Storage): Boolean = storage.name.contains("/_delta_log")

  private def columnsOf(query: LogicalPlan): Seq[(String, String)] =
    if (query.resolved) query.output.map(a => a.name -> a.dataType.catalogString) else Nil

  /** The marked DataFrame whose rows these are: a writer may cast, rename and order, but keeps the rows. */
  def marked(query: LogicalPlan, idsOf: LogicalPlan => Seq[String]): Option[String] =
    idsOf(query).lastOption.orElse(query match {
      case _: Project | _: SubqueryAlias | _: View | _: Sort | _: RepartitionOperation | _: ResolvedHint =>
        marked(query.children.head, idsOf)
      case w: WithCTE => marked(w.plan, idsOf)
      case _ => scala.None
    })

  private def target(sink: Sink): Any = sink.storage.table.getOrElse((sink.storage.namespace, sink.storage.name))

  // A table that was just made is known by its name first, then by where it lies.
  private def best(same: Seq[Sink]): Sink = {
    val placed = same.find(s => Locations.isPlace(s.storage)).getOrElse(same.head)
    Sink(placed.storage, same.head.mode, same.flatMap(_.dataset).headOption)
  }
}
