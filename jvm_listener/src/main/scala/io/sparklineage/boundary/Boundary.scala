package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.{
  Attribute,
  AttributeReference,
  AttributeSet,
  ExprId,
  Expression,
  ExpressionSet,
  SortOrder
}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.lineage.Unexplained

import io.sparklineage.Guard
import io.sparklineage.probe.SteppedAside

/**
 * One marked DataFrame at a boundary.
 *
 * @param pushed the filters that now lie below the boundary though they are no part of the DataFrame
 * @param own    once filters were pushed: those that are part of the DataFrame, where it filters files and no more
 */
final case class MarkedRows(mark: DatasetMark, pushed: Seq[PushedFilter] = Nil, own: Option[OwnFilters] = None) {
  def id: String = mark.id

  /** Filters went below the boundary, whose rows are those of `plan`. */
  private[boundary] def push(filters: Seq[PushedFilter], plan: LogicalPlan): MarkedRows =
    copy(pushed = (pushed ++ filters).distinct, own = if (pushed.isEmpty) OwnFilters.of(plan) else own)
}

/**
 * What is known of one boundary when a query is about to run.
 *
 * @param place   number of the boundary in its query
 * @param marked  the DataFrames whose rows these are
 * @param mode    flow, used or exact; a boundary in plan mode has no node
 * @param names   of the columns as the user sees them, in order; names may repeat
 * @param types   of each, as `TypeNames` has it
 * @param limited a limit that belongs above now lies below
 * @param counted DataFrames whose rows are to be counted between the filters of the scan below
 */
final case class BoundarySpec(
    place: Int,
    marked: Seq[MarkedRows],
    mode: Mode,
    names: Seq[String],
    types: Seq[String],
    limited: Boolean = false,
    counted: Seq[MarkedRows] = Nil
) {

  def ids: Seq[String] = marked.map(_.id)

  /** Every row reaches the probe, for each of the DataFrames. */
  def whole: Boolean = !limited && marked.forall(_.pushed.isEmpty)

  /** Filters went below the boundary, whose rows are those of `plan`. */
  def push(filters: Seq[PushedFilter], plan: LogicalPlan): BoundarySpec =
    copy(marked = marked.map(_.push(filters, plan)))

  /** The same rows under more ids. */
  def and(other: BoundarySpec): BoundarySpec =
    copy(marked = marked ++ other.marked.filterNot(rows => ids.contains(rows.id)))
}

/**
 * A node that stands for a boundary while a query is on its way from the analyzer to the planner. It passes rows
 * through unchanged, and everything that Spark asks of it is its child's answer: the optimizer prunes columns through it
 * in all modes but the exact one, and it is the same as its child to the cache manager and to exchange reuse.
 */
sealed trait BoundaryNode extends UnaryNode with Unexplained[LogicalPlan] {
  def spec: BoundarySpec

  /**
   * The attribute of each column in `spec.names`. They are expressions of the node so that rules that rename
   * attributes keep them right; a column whose attribute the child no longer has was pruned away.
   */
  def columns: Seq[Expression]

  def withSpec(spec: BoundarySpec): BoundaryNode

  def withChild(child: LogicalPlan): BoundaryNode

  /** None for a column that is no attribute any more. */
  final def exprIds: Seq[Option[ExprId]] = columns.zip(spec.names).map {
    case (attribute: AttributeReference, name) => Some(renewed(attribute, name).getOrElse(attribute).exprId)
    case _ => None
  }

  /**
   * Rules that give an operator new attributes (`dropDuplicates` becomes an aggregate) rename them above only in nodes
   * whose `references` hold them, and ours are empty but in exact mode. Then name and type say which one it is, unless two
   * columns share the name.
   */
  private def renewed(column: AttributeReference, name: String): Option[Attribute] =
    if (child.outputSet.contains(column) || spec.names.count(_ == name) != 1) None
    else child.output.filter(other => other.name == name && !columns.exists(_.semanticEquals(other))) match {
      case Seq(only) if only.dataType == column.dataType => Some(only)
      case _ => None
    }

  /** Every column in exact mode; none in the others, so that pruning passes through. */
  final protected def required: AttributeSet =
    if (spec.mode == Mode.Exact) child.outputSet else AttributeSet.empty

  /** Takes the place of this node after a fault of ours: `below` is what it would have stood on. */
  final protected def unbound(below: LogicalPlan): LogicalPlan = {
    SteppedAside.afterFault(spec.ids)
    below
  }

  override def output: Seq[Attribute] = child.output
  override def producedAttributes: AttributeSet = AttributeSet.empty
  override def stats: Statistics = child.stats
  override def maxRows: Option[Long] = child.maxRows
  override def maxRowsPerPartition: Option[Long] = child.maxRowsPerPartition
  override def outputOrdering: Seq[SortOrder] = child.outputOrdering
  override lazy val distinctKeys: Set[ExpressionSet] = child.distinctKeys
  override protected def doCanonicalize(): LogicalPlan = child.canonicalized
  override def simpleString(maxFields: Int): String = s"$nodeName ${spec.ids.mkString(",")}"
}

/** A plan whose boundaries could not be treated because of a fault of ours. */
private[boundary] object WithoutBoundaries {

  /** The plan without its boundaries: they step aside, and nothing of ours is in the optimizer's way. */
  def apply(plan: LogicalPlan): LogicalPlan = Guard.value("remove boundaries", plan) {
    plan.transformUpWithSubqueries { case boundary: BoundaryNode =>
      SteppedAside.afterFault(boundary.spec.ids)
      boundary.child
    }
  }
}

/** What the optimizer sees. */
final case class Boundary(child: LogicalPlan, spec: BoundarySpec, columns: Seq[Expression]) extends BoundaryNode {

  /** Below operators that only move rows: there are the same rows, and there the boundary is in nobody's way. */
  def sunk: LogicalPlan = child match {
    case mover @ (_: Sort | _: RepartitionOperation) =>
      val below = mover.children.head
      mover.withNewChildren(Seq(withChild(below).sunk))
    case _ => this
  }

  override lazy val references: AttributeSet = required
  override def withSpec(spec: BoundarySpec): Boundary = copy(spec = spec)
  override def withChild(child: LogicalPlan): Boundary = copy(child = child)
  override protected def withNewChildInternal(newChild: LogicalPlan): LogicalPlan = copy(child = newChild)
}

/**
 * What the normalized plan holds, and so the keys of the cache manager.
 *
 * Spark clones a plan twice on its way to the optimizer: before the cache lookup and after it. The first clone
 * gives [[LookupBoundary]], the second [[Boundary]].
 */
final case class MarkedBoundary(child: LogicalPlan, spec: BoundarySpec, columns: Seq[Expression])
    extends BoundaryNode {
  override lazy val references: AttributeSet = required
  override def withSpec(spec: BoundarySpec): MarkedBoundary = copy(spec = spec)
  override def withChild(child: LogicalPlan): MarkedBoundary = copy(child = child)
  override protected def withNewChildInternal(newChild: LogicalPlan): LogicalPlan = copy(child = newChild)

  override def clone(): LogicalPlan = {
    val copied = child.clone()
    Guard.value("clone marked boundary", unbound(copied))(LookupBoundary(copied, spec, columns))
  }
}

/**
 * What the cache lookup sees: it passes over commands, so a cached child is replaced below the boundary and the
 * boundary stays.
 */
final case class LookupBoundary(child: LogicalPlan, spec: BoundarySpec, columns: Seq[Expression])
    extends BoundaryNode with Command {
  override def output: Seq[Attribute] = child.output
  override def producedAttributes: AttributeSet = AttributeSet.empty
  override def stats: Statistics = child.stats
  override lazy val references: AttributeSet = required
  override def withSpec(spec: BoundarySpec): LookupBoundary = copy(spec = spec)
  override def withChild(child: LogicalPlan): LookupBoundary = copy(child = child)
  override protected def withNewChildInternal(newChild: LogicalPlan): LogicalPlan = copy(child = newChild)

  override def clone(): LogicalPlan = {
    val copied = child.clone()
    Guard.value("clone lookup boundary", unbound(copied))(Boundary(copied, spec, columns).sunk)
  }
}

/**
 * A boundary through which dynamic partition pruning passes. Spark's filter pushdown has a closed list of operators
 * that it goes through; this is one of them by inheritance. What is pushed through it is noted. It comes when column
 * pruning is over, so that it does not matter that its base class refers to every column.
 */
final class PassingBoundary(
    override val child: LogicalPlan,
    override val spec: BoundarySpec,
    override val columns: Seq[Expression]
) extends ScriptTransformation("", child.output, child, null) with BoundaryNode {

  override val output: Seq[Attribute] = child.output

  override def withSpec(spec: BoundarySpec): PassingBoundary = new PassingBoundary(child, spec, columns)

  override def withChild(child: LogicalPlan): PassingBoundary = new PassingBoundary(child, spec, columns)

  override protected def withNewChildInternal(newChild: LogicalPlan): ScriptTransformation = newChild match {
    case Filter(condition, below) if below.fastEquals(child) =>
      val filters = Guard.value(
        "filter through boundary",
        Seq(PushedFilter("a filter", None))
      )(Seq(PushedFilters.of(condition, below)))
      new PassingBoundary(newChild, spec.push(filters, below), columns)
    case _ => new PassingBoundary(newChild, spec, columns)
  }

  override def productArity: Int = 3
  override def productElement(n: Int): Any = n match {
    case 0 => child
    case 1 => spec
    case _ => columns
  }
  override def productPrefix: String = "PassingBoundary"
  override def canEqual(that: Any): Boolean = that.isInstanceOf[PassingBoundary]
  override def equals(that: Any): Boolean = that match {
    case other: PassingBoundary => child == other.child && spec == other.spec && columns == other.columns
    case _ => false
  }
  override def hashCode(): Int = (child, spec, columns).hashCode()
}
