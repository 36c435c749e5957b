package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.{
  And,
  Expression,
  ExpressionSet,
  IsNotNull,
  PredicateHelper,
  SubqueryExpression
}
import org.apache.spark.sql.catalyst.plans.logical.{Filter, LogicalPlan, Project}
import org.apache.spark.sql.execution.{FileSourceScanExec, FilterExec, ProjectExec, SparkPlan}
import org.apache.spark.sql.execution.datasources.LogicalRelation
import org.apache.spark.sql.lineage.{LastFilterExec, PartFilterExec}

import io.sparklineage.probe.{Counting, ProbeExec, ProbeSpec, ScanRead}

/**
 * How many rows DataFrames have below whose boundaries filters of later steps were pushed, down to one scan of files.
 *
 * Spark evaluates all filters above a scan as one. Where that one begins with the filters of a DataFrame, the rows that
 * have passed these are its rows: so the filter is taken apart, and what passes between its parts is counted. What
 * the scan reads, and which filters it is handed, stays as it is. A scan that skips rows for the sake of later filters has
 * given fewer than its files hold: so how many it has given is counted, too, and whoever knows how many there are can
 * tell.
 */
object RowCounts extends PredicateHelper {

  /** Hands to the lowest boundary above a filtered scan what is to be counted there; without filters it is all rows. */
  def place(plan: LogicalPlan): LogicalPlan = place(plan, Nil)

  private def place(plan: LogicalPlan, above: Seq[MarkedRows]): LogicalPlan = plan match {
    case boundary: Boundary =>
      val counted = above ++ boundary.spec.marked.filter(_.own.exists(_.conjuncts.nonEmpty))
      if (counted.nonEmpty && filtersFiles(boundary.child)) boundary.withSpec(boundary.spec.copy(counted = counted))
      else boundary.mapChildren(place(_, counted))
    case project: Project => project.mapChildren(place(_, above))
    case other => other.mapChildren(place(_, Nil))
  }

  private def filtersFiles(plan: LogicalPlan): Boolean = plan match {
    case Project(_, child) => filtersFiles(child)
    case Filter(_, child) => isFiles(child)
    case _ => false
  }

  private def isFiles(plan: LogicalPlan): Boolean = plan match {
    case Filter(_, child) => isFiles(child)
    case _ => plan.isInstanceOf[LogicalRelation]
  }

  /** The physical plan of a filtered scan, with the counts of these DataFrames; as it is where none can be had. */
  def between(plan: SparkPlan, counted: Seq[MarkedRows]): SparkPlan = plan match {
    case project: ProjectExec => project.withNewChildren(Seq(between(project.child, counted)))
    case filter @ FilterExec(condition, scan: FileSourceScanExec)
        if scan.partitionFilters.isEmpty && !SubqueryExpression.hasSubquery(condition) =>
      val parted = new Filtered(condition, counted).over(scan)
      // Adaptive execution wants to know of each operator which logical one it comes from.
      for (plan <- parted; logical <- filter.logicalLink) plan.setLogicalLink(logical)
      parted.getOrElse(filter)
    case other => other
  }

  /** One filter above a scan. */
  final private class Filtered(whole: Expression, counted: Seq[MarkedRows]) {
    private val parts = splitConjunctivePredicates(whole)
    private val wanted = counted.flatMap(rows => rows.own.map(own => (rows.id, ExpressionSet(own.conjuncts))))
    private val anyOwn = ExpressionSet(wanted.flatMap(_._2))

    // Checks for NULL that Spark has added follow from the others, and drop no more rows wherever they stand.
    private val (added, ordered) = parts.partition(part => part.isInstanceOf[IsNotNull] && !anyOwn.contains(part))

    /** After how many of the parts, in their order, the rows of a DataFrame have passed. */
    private def after(own: ExpressionSet): Option[Int] = {
      val first = ordered.takeWhile(own.contains).length
      if (own.forall(ExpressionSet(ordered.take(first)).contains)) Some(first) else None
    }

    def over(scan: FileSourceScanExec): Option[SparkPlan] = {
      val places = wanted.flatMap { case (id, own) => after(own).map(_ -> id) }.groupBy(_._1).toSeq.sortBy(_._1)
      val left = added ++ ordered.drop(places.lastOption.fold(0)(_._1))
      if (places.isEmpty || left.isEmpty) None
      else {
        val read = new ScanRead
        val start: SparkPlan = ProbeExec(count(Nil, Counting(read, atScan = true)), scan)
        val (_, last) = places.foldLeft((0, start)) { case ((from, below), (to, ids)) =>
          val filtered = ordered.slice(from, to).reduceOption(And).fold(below)(new PartFilterExec(_, below))
          (to, ProbeExec(count(ids.map(_._2).distinct, Counting(read, atScan = false)), filtered))
        }
        Some(new LastFilterExec(left.reduce(And), last, whole))
      }
    }

    private def count(ids: Seq[String], counting: Counting): ProbeSpec =
      ProbeSpec(ids, Nil, Nil, limited = false, Nil, sampleRows = 0, counting = Some(counting))
  }
}
