package io.sparklineage.boundary

import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions.SubqueryExpression
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreePattern.PLAN_EXPRESSION
import org.apache.spark.sql.execution.command.DataWritingCommand
import org.apache.spark.sql.lineage.SparkLine

import io.sparklineage.Guard
import io.sparklineage.connect.ConnectMarks
import io.sparklineage.plan.TypeNames
import io.sparklineage.probe.SteppedAside
import io.sparklineage.program.Creations

/**
 * Marks become nodes: the last moment at which tags are still where the user's DataFrames put them is plan
 * normalization, between analysis and cache lookup.
 *
 * @param session the session whose queries these are
 * @param mode    the session's mode, for marks without one of their own
 */
final class InsertBoundaries(session: SparkLine.Session, mode: () => Mode) extends Rule[LogicalPlan] {

  override def apply(plan: LogicalPlan): LogicalPlan =
    Guard.value("boundaries", unmarked(plan)) {
      Guard.run("connect marks")(ConnectMarks.place(session, plan))
      Guard.run("used by a query")(Creations.planned(session, plan))
      Guard.run("written query")(WrittenQueries.mark(session, plan))
      if (!Marks.any || !isPlanned) plan
      else if (plan.isStreaming) asideForStream(plan)
      else if (PlanOnShow.underway) shown(plan)
      else withBoundaries(plan)
    }

  /** A boundary that nothing plans would fail the query: the strategy for it may not have been built. */
  private def isPlanned: Boolean = session.sessionState.planner.strategies.exists(_.isInstanceOf[PlanProbes])

  private def withBoundaries(plan: LogicalPlan): LogicalPlan = {
    val marked = new Insertion(mode())(plan)
    Guard.run("cached ancestors")(CachedAncestors.report(session, marked))
    val allowed = TrialPlanning.allowed(session, marked)
    if (allowed eq plan) plan else PlanOnShow.without(allowed, Nil)
  }

  private def shown(plan: LogicalPlan): LogicalPlan = {
    val insertion = new Insertion(mode(), shown = true)
    val marked = insertion(plan)
    PlanOnShow.without(marked, insertion.left.toSeq)
  }

  private def unmarked(plan: LogicalPlan): LogicalPlan = {
    Guard.run("unmarked plan")(plan.foreach(node => SteppedAside.afterFault(Marks.of(node).map(_.id))))
    plan
  }

  private def asideForStream(plan: LogicalPlan): LogicalPlan = {
    plan.foreach(node => Marks.of(node).foreach(mark => SteppedAside.report(Seq(mark.id), "a streaming query")))
    plan
  }
}

/**
 * One query's marks become nodes.
 *
 * @param session the session's mode
 * @param shown   the program looks at the plan: there are no boundaries of flow mode
 */
final private class Insertion(session: Mode, shown: Boolean = false) {
  private val places = Iterator.from(0)

  /** The DataFrames that have no boundary because the plan is shown. */
  val left: mutable.LinkedHashSet[String] = mutable.LinkedHashSet.empty

  def apply(plan: LogicalPlan): LogicalPlan = plan match {
    case command: Command if !writesChild(command) => command
    case _ => wrap(inSubqueries(plan.mapChildren(apply)), Marks.of(plan))
  }

  /** Other commands match their children by shape, or run them as queries of their own, which come here again. */
  private def writesChild(command: Command): Boolean = command match {
    case _: DataWritingCommand | _: V2WriteCommand => true
    case _: LookupBoundary => true
    case _ => false
  }

  /** Spark does not clone the plans of subqueries on their way to the cache lookup, so they start one form later. */
  private def inSubqueries(plan: LogicalPlan): LogicalPlan =
    plan.transformExpressionsWithPruning(_.containsPattern(PLAN_EXPRESSION)) {
      case subquery: SubqueryExpression => subquery.withNewPlan(apply(subquery.plan).transform {
          case marked: MarkedBoundary => LookupBoundary(marked.child, marked.spec, marked.columns)
        })
    }

  private def wrap(plan: LogicalPlan, marks: Seq[DatasetMark]): LogicalPlan = {
    val (hidden, modes) = marks.map(mark => mark -> mark.mode.getOrElse(session)).filter(_._2 != Mode.Plan)
      .partition(shown && _._2 == Mode.Flow)
    left ++= hidden.map(_._1.id)
    if (modes.isEmpty || !mayHoldBoundary(plan)) plan
    else {
      val spec = BoundarySpec(
        places.next(),
        modes.map { case (mark, _) => MarkedRows(mark) },
        Mode.strictest(modes.map(_._2)),
        plan.output.map(_.name),
        plan.output.map(each => TypeNames.of(each.dataType))
      )
      plan match {
        case below: BoundaryNode =>
          below.withSpec(below.spec.and(spec).copy(mode = Mode.strictest(Seq(spec.mode, below.spec.mode))))
        case _ => MarkedBoundary(plan, spec, plan.output)
      }
    }
  }

  private def mayHoldBoundary(plan: LogicalPlan): Boolean = plan match {
    case _: BoundaryNode => true
    case _: Command | _: CTERelationDef | _: Subquery | _: ReturnAnswer => false
    case _ => plan.resolved
  }
}
