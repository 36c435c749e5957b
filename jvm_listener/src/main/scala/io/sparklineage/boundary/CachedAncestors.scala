package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.execution.adaptive.{AdaptiveSparkPlanExec, QueryStageExec}
import org.apache.spark.sql.execution.columnar.{InMemoryRelation, InMemoryTableScanExec}
import org.apache.spark.sql.lineage.{SparkInternals, SparkLine}

import io.sparklineage.probe.{ProbeExec, SteppedAside}

/** Boundaries whose rows are not computed by the query, because a result that stands on them was cached before. */
object CachedAncestors {

  /** Reports the boundaries of `marked` that lie below cached data and that were not there when the cache was filled. */
  def report(session: SparkLine.Session, marked: LogicalPlan): Unit =
    if (!session.sharedState.cacheManager.isEmpty) {
      val asked = ids(marked)
      if (asked.nonEmpty) {
        val plan = SparkInternals.beforeOptimizer(session, marked)
        val swallowed = asked -- ids(plan) -- measured(plan)
        SteppedAside.servedFromCache(swallowed.toSeq.sorted)
      }
    }

  private def ids(plan: LogicalPlan): Set[String] =
    plan.collectWithSubqueries { case boundary: BoundaryNode => boundary.spec.ids }.flatten.toSet

  /** The boundaries that were there when the cached parts of the plan were filled. */
  private def measured(plan: LogicalPlan): Set[String] =
    plan.collectWithSubqueries { case cached: InMemoryRelation => probed(cached.cacheBuilder.cachedPlan) }.flatten.toSet

  private def probed(plan: SparkPlan): Set[String] = plan match {
    case adaptive: AdaptiveSparkPlanExec => probed(adaptive.inputPlan)
    case stage: QueryStageExec => probed(stage.plan)
    case scan: InMemoryTableScanExec => probed(scan.relation.cacheBuilder.cachedPlan)
    case probe: ProbeExec => probe.specs.flatMap(_.ids).toSet ++ probed(probe.child)
    case other => (other.children ++ other.subqueries).flatMap(probed).toSet
  }
}
