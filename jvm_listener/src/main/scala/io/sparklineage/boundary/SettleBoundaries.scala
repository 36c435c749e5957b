package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.{And, Expression, PredicateHelper}
import org.apache.spark.sql.catalyst.optimizer._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreePattern.{COMMAND, EXTRACT_VALUE, FILTER, LIMIT, LOCAL_RELATION}

import org.apache.spark.sql.internal.SQLConf

import io.sparklineage.{Guard, Numbers}
import io.sparklineage.probe.{DriverRows, SteppedAside}

/**
 * Keeps boundaries out of the optimizer's way. It runs as one of the optimizer's rules, as often as they run: what
 * Spark would move past the child of a boundary is moved past the boundary, and the boundary notes it.
 */
object SettleBoundaries extends Rule[LogicalPlan] {

  override def apply(plan: LogicalPlan): LogicalPlan =
    Guard.value("settle boundaries", WithoutBoundaries(plan)) {
      if (plan.exists(_.isInstanceOf[BoundaryNode])) settled(plan) else plan
    }

  private def settled(plan: LogicalPlan): LogicalPlan = {
    val filtered = filters(BelowRowMovers(LocalRowsEvaluated(Forms(plan))))
    val limited = if (filtered.containsPattern(LIMIT)) LimitsThrough(filtered) else filtered
    if (limited.containsPattern(EXTRACT_VALUE)) NestedFieldsThrough(limited) else limited
  }

  /**
   * All the way down at once: otherwise a filter would take one round of Spark's whole rule set for each boundary on
   * its way.
   */
  @annotation.tailrec
  private def filters(plan: LogicalPlan): LogicalPlan =
    if (!plan.containsPattern(FILTER)) plan
    else {
      val through = FiltersThrough(plan)
      if (through eq plan) plan else filters(PushDownPredicates(through))
    }
}

/** One form and one node per place: streams and subqueries reach the optimizer with earlier forms. */
private object Forms {
  def apply(plan: LogicalPlan): LogicalPlan = plan.transformUp {
    case node: MarkedBoundary => Boundary(node.child, node.spec, node.columns)
    case node: LookupBoundary => Boundary(node.child, node.spec, node.columns)
    case outer @ Boundary(inner: Boundary, _, _) if sameRows(outer, inner) =>
      inner.withSpec(inner.spec.and(outer.spec))
  }

  private def sameRows(outer: Boundary, inner: Boundary): Boolean =
    outer.spec.mode == inner.spec.mode && outer.spec.limited == inner.spec.limited &&
      outer.spec.names == inner.spec.names && outer.exprIds == inner.exprIds
}

/** Rows that are in the plan itself are evaluated while planning; a probe on them would cost a spark_job. */
private object LocalRowsEvaluated {
  def apply(plan: LogicalPlan): LogicalPlan =
    if (!plan.containsAnyPattern(LOCAL_RELATION, COMMAND) && !plan.exists(_.isInstanceOf[CommandResult])) plan
    else plan.transformUp { case boundary: Boundary => evaluated(boundary).getOrElse(boundary) }

  private def evaluated(boundary: Boundary): Option[LogicalPlan] = boundary.child match {
    case rows: CommandResult => aside(boundary, rows.rows.size.toLong); Some(rows)
    case child if child.containsPattern(LOCAL_RELATION) =>
      PropagateEmptyRelation(ConvertToLocalRelation(child)) match {
        case rows: LocalRelation => looked(boundary, rows); Some(rows)
        case _ => None
      }
    case _ => None
  }

  private def looked(boundary: Boundary, rows: LocalRelation): Unit =
    if (!boundary.spec.whole || !measured(boundary, rows)) aside(boundary, rows.data.size.toLong)

  // Once for the same columns, however often a query is planned.
  private def measured(boundary: Boundary, rows: LocalRelation): Boolean = Guard.value("local rows", false) {
    val sampleRows = Numbers.int(SQLConf.get.getConfString("spark.lineage.sample.rows", "20")).getOrElse(20)
    val spec = PlanProbes.spec(boundary, sampleRows)
    !SteppedAside.isNews(boundary.spec.ids, rows.output.map(_.name)) || DriverRows.measure(spec, rows)
  }

  private def aside(boundary: Boundary, rows: Long): Unit =
    if (boundary.spec.whole) SteppedAside.local(boundary.spec.ids, rows)
    else SteppedAside.report(boundary.spec.ids, "filters were evaluated while planning")
}

/** Boundaries go below operators that only move rows. */
private object BelowRowMovers {
  def apply(plan: LogicalPlan): LogicalPlan = plan.transformDown { case boundary: Boundary => boundary.sunk }
}

/** A filter that Spark would move further down than the boundary goes below it, down to the scan. */
private object FiltersThrough extends PredicateHelper {
  def apply(plan: LogicalPlan): LogicalPlan = plan.transformDown {
    case filter @ Filter(condition, boundary: Boundary)
        if boundary.spec.mode == Mode.Flow && condition.deterministic =>
      val (down, stay) = splitConjunctivePredicates(condition).partition(goesBelow(_, boundary.child))
      if (down.isEmpty) filter
      else {
        val pushed = boundary.copy(
          child = Filter(down.reduce(And), boundary.child),
          spec = boundary.spec.push(down.map(PushedFilters.of(_, boundary.child)), boundary.child)
        )
        stay.reduceOption(And).map(Filter(_, pushed)).getOrElse(pushed)
      }
  }

  private def goesBelow(condition: Expression, plan: LogicalPlan): Boolean =
    !plan.constraints.contains(condition) && Pushdown.sinks(condition, plan)
}

/** A limit stays above; the limits that Spark would add below the boundary for it are added there. */
private object LimitsThrough {
  def apply(plan: LogicalPlan): LogicalPlan = plan.transformDown {
    case LocalLimit(limit, boundary: Boundary) if boundary.spec.mode == Mode.Flow =>
      Pushdown.limited(limit, boundary.child) match {
        case Some(child) => LocalLimit(limit, boundary.copy(child, boundary.spec.copy(limited = true)))
        case None => LocalLimit(limit, boundary)
      }
  }
}

/** Where only fields of a struct are used above, only those fields flow through the boundary. */
private object NestedFieldsThrough {
  def apply(plan: LogicalPlan): LogicalPlan = plan.transformDown {
    case project @ Project(_, boundary: Boundary) if boundary.spec.mode == Mode.Flow =>
      narrowed(project, boundary)(project.withNewChildren(Seq(standIn(boundary))))
    case project @ Project(_, filter @ Filter(_, boundary: Boundary)) if boundary.spec.mode == Mode.Flow =>
      narrowed(project, boundary)(
        project.withNewChildren(Seq(filter.withNewChildren(Seq(standIn(boundary)))))
      )
  }

  /** Spark pushes fields through an operator from a closed list only; one of them stands in for the boundary. */
  private def standIn(boundary: Boundary): LogicalPlan = Sort(Nil, global = false, boundary.child)

  private def narrowed(original: LogicalPlan, boundary: Boundary)(plan: LogicalPlan): LogicalPlan = plan match {
    case NestedColumnAliasing(rewritten) => rewritten.transformDown {
        case sort: Sort if sort.order.isEmpty && !sort.global => boundary.copy(child = sort.child)
      }
    case _ => original
  }
}

/** Asks Spark's own rules where they would move things. */
private object Pushdown extends PredicateHelper {
  private val move = PushPredicateThroughNonJoin.applyLocally.orElse(PushPredicateThroughJoin.applyLocally)

  /** Would Spark, with no boundary there, move the filter below the root of `plan` or hand it to a scan? */
  def sinks(condition: Expression, plan: LogicalPlan): Boolean = plan match {
    case boundary: BoundaryNode => sinks(condition, boundary.child)
    case Filter(_, child) => sinks(condition, child)
    case project: Project => moved(condition, project) match {
        case Project(_, Filter(below, child)) => sinks(below, child)
        case _ => false
      }
    case union: Union => moved(condition, union) match {
        case Union(children, _, _) => children.exists {
            case Filter(below, child) => sinks(below, child)
            case _ => false
          }
        case _ => false
      }
    case _: LeafNode => Scans.filters(plan) && !Scans.inPython(condition)
    case _ => changes(condition, plan)
  }

  private def moved(condition: Expression, plan: LogicalPlan): LogicalPlan = {
    val filter = Filter(condition, plan)
    move.applyOrElse(filter, identity[LogicalPlan])
  }

  private def changes(condition: Expression, plan: LogicalPlan): Boolean = {
    val filter = Filter(condition, plan)
    !move.applyOrElse(filter, identity[LogicalPlan]).fastEquals(filter) || specialises(filter)
  }

  /** An outer join that becomes a narrower one, a window that keeps only its first rows. */
  private def specialises(filter: Filter): Boolean = filter.child match {
    case join: Join => EliminateOuterJoin(filter) match {
        case Filter(_, changed: Join) => changed.joinType != join.joinType
        case _ => true
      }
    case window: Window => InferWindowGroupLimit(filter.copy(child = window)) match {
        case Filter(_, same: Window) => !same.child.fastEquals(window.child)
        case _ => true
      }
    case _ => false
  }

  /** `plan` with the limits below its root that Spark would add for `limit` above it. */
  def limited(limit: Expression, plan: LogicalPlan): Option[LogicalPlan] = plan match {
    case _: Union | _: Join | Project(_, _: Join) => LimitPushDown(LocalLimit(limit, plan)) match {
        case LocalLimit(_, child) if !child.fastEquals(plan) => Some(child)
        case _ => None
      }
    case _ => None
  }
}
