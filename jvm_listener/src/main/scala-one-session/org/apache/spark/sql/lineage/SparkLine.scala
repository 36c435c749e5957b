package org.apache.spark.sql.lineage

import org.apache.spark.sql.{Dataset, SparkSession}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.CacheManager

/** Which class a session and a Dataset are: in Spark 3 there is one of each. */
object SparkLine {
  type Data = Dataset[_]
  type Session = SparkSession

  def dataset(handle: Any): Data = handle.asInstanceOf[Data]

  def session(handle: Any): Session = handle.asInstanceOf[Session]

  /** The analyzed plan that everything derived from the Dataset carries along. */
  def logicalPlan(dataset: Data): LogicalPlan = dataset.logicalPlan

  def useCachedData(cache: CacheManager, plan: LogicalPlan): LogicalPlan = cache.useCachedData(plan)
}
