package org.apache.spark.sql.lineage

import java.util.concurrent.TimeoutException

import org.apache.spark.SparkContext
import org.apache.spark.sql.catalyst.QueryPlanningTracker
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.DataType

/** What Spark keeps to itself and we need, as primitives. */
object SparkInternals {

  /** Waits until the listener bus is empty; false if it took longer than that. True without a SparkContext. */
  def settle(timeoutMs: Long): Boolean =
    try {
      SparkContext.getActive.filterNot(_.isStopped).foreach(_.listenerBus.waitUntilEmpty(timeoutMs))
      true
    } catch { case _: TimeoutException => false }

  /** What Spark hands to its optimizer for a normalized plan: cached parts replaced, cloned before and after. */
  def beforeOptimizer(session: SparkLine.Session, normalized: LogicalPlan): LogicalPlan = {
    val cache = session.sharedState.cacheManager
    val plan = normalized.clone()
    (if (cache.isEmpty) plan else SparkLine.useCachedData(cache, plan)).clone()
  }

  /** Runs `body` as this session would: it is the active one of the thread, and its conf is the one that is asked. */
  def withActive[A](session: SparkLine.Session)(body: => A): A = session.withActive(body)

  /** A copy of what the session is set to. */
  def settings(session: SparkLine.Session): SQLConf = session.sessionState.conf.clone()

  /** Values of the two types are the same, whether or not they may be null. */
  def sameType(one: DataType, other: DataType): Boolean = DataType.equalsIgnoreNullability(one, other)

  /** The Dataset's own plan has been optimized: it will run as it is now. */
  def planned(dataset: SparkLine.Data): Boolean =
    dataset.queryExecution.tracker.phases.contains(QueryPlanningTracker.OPTIMIZATION)
}
