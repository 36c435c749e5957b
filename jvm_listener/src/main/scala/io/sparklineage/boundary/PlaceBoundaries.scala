package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.optimizer.EliminateSorts
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.catalyst.trees.TreeNodeTag

import io.sparklineage.Guard
import io.sparklineage.probe.SteppedAside

/** The last look before the rules that work on scans: once per query, when operators have their final places. */
object PlaceBoundaries extends Rule[LogicalPlan] {

  override def apply(plan: LogicalPlan): LogicalPlan =
    Guard.value("place boundaries", WithoutBoundaries(plan)) {
      if (!plan.exists(_.isInstanceOf[BoundaryNode])) plan
      else letPruningPass(RowCounts.place(shedSorts(stepOffRootLimits(plan))))
    }

  /** `limit` under a `collect` reads as few partitions as it can; with a node above it, it would read them all. */
  private def stepOffRootLimits(plan: LogicalPlan): LogicalPlan = plan match {
    case boundary @ Boundary(child, spec, _) if takesFirstRows(child) =>
      SteppedAside.report(spec.ids, "a limit that reads only the partitions it needs")
      stepOffRootLimits(boundary.child)
    case Project(fields, child) => Project(fields, stepOffRootLimits(child))
    case other => other
  }

  private def takesFirstRows(plan: LogicalPlan): Boolean = plan match {
    case Boundary(child, _, _) => takesFirstRows(child)
    case Project(_, child) => takesFirstRows(child)
    case Limit(_, GlobalSort(_)) | Limit(_, Project(_, GlobalSort(_))) => false
    case _: GlobalLimit | _: Offset | _: Tail => true
    case _ => false
  }

  /** Spark drops a sort whose order nobody sees, looking through projections: for that, a boundary is one. */
  private def shedSorts(plan: LogicalPlan): LogicalPlan =
    if (!plan.exists(_.isInstanceOf[Sort])) plan
    else EliminateSorts(plan.transformUp { case boundary: Boundary => StandIn(boundary) }).transformUp {
      case StandIn(boundary) => boundary
    }

  private object StandIn {
    private val tag = TreeNodeTag[Boundary]("spark.lineage.stand-in")

    def apply(boundary: Boundary): LogicalPlan = {
      val project = Project(boundary.child.output, boundary.child)
      project.setTagValue(tag, boundary)
      project
    }

    def unapply(plan: LogicalPlan): Option[Boundary] = plan match {
      case project: Project => project.getTagValue(tag).map(_.withChild(project.child))
      case _ => None
    }
  }

  /** Partition pruning comes later and has to go down to the scan; a filter that stays above keeps its place. */
  private def letPruningPass(plan: LogicalPlan): LogicalPlan = plan match {
    case filter @ Filter(_, _: Boundary) => filter.withNewChildren(filter.child.children.map(child =>
        filter.child.withNewChildren(Seq(letPruningPass(child)))
      ))
    case boundary: Boundary if boundary.spec.mode == Mode.Flow && boundary.exists(Scans.partitioned) =>
      new PassingBoundary(letPruningPass(boundary.child), boundary.spec, boundary.columns)
    case other => other.mapChildren(letPruningPass)
  }
}
