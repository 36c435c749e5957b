package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.trees.TreeNodeTag

/**
 * Queries that are planned because the program wants to look at their plan: `explain`, SQL's EXPLAIN, and whatever of a
 * `QueryExecution` a Python program asks for by py4j.
 *
 * Such a plan gets no boundaries of flow mode: between them Spark cannot merge projections, so that it would be
 * printed as another than that of the plain program.
 */
object PlanOnShow {

  /** The DataFrames that have no boundary in this query because its plan was shown before it ran. */
  private val tag = TreeNodeTag[Seq[String]]("spark.lineage.shown")

  private val frames = StackWalker.getInstance()

  /** Whether this thread plans a query so that the program can look at the plan. */
  def underway: Boolean = frames.walk { found =>
    found.map[Option[Boolean]](asks(_)).filter(_.isDefined).findFirst().orElse(None).getOrElse(false)
  }

  /** Who asks for the plan; None for frames on the way from there to here. */
  private def asks(frame: StackWalker.StackFrame): Option[Boolean] = {
    val (name, method) = (frame.getClassName, frame.getMethodName)
    if (showing.exists(name.startsWith)) Some(true)
    else if (datasets.exists(name.startsWith)) Some(method.contains("explain"))
    else if (running.exists(name.startsWith) || method.contains("toRdd")) Some(false)
    else None
  }

  private val showing =
    Seq(
      "org.apache.spark.sql.api.python.PythonSQLUtils",
      "org.apache.spark.sql.execution.command.ExplainCommand",
      "py4j."
    )

  private val datasets = Seq("org.apache.spark.sql.Dataset", "org.apache.spark.sql.classic.Dataset")

  private val running =
    Seq("org.apache.spark.sql.execution.SQLExecution", "org.apache.spark.sql.execution.CacheManager")

  /** Says that these DataFrames have no boundary in the query. */
  private[boundary] def without(plan: LogicalPlan, ids: Seq[String]): LogicalPlan = plan.synchronized {
    plan.setTagValue(tag, ids)
    plan
  }

  /** The DataFrames whose rows a query does not tell, given its normalized plan. */
  def unmeasured(normalized: LogicalPlan): Seq[String] = normalized.getTagValue(tag).getOrElse(Nil)
}
