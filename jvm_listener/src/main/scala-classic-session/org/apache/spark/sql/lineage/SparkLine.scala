package org.apache.spark.sql.lineage

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.classic.{Dataset, SparkSession}
import org.apache.spark.sql.execution.CacheManager

/** Which class a session and a Dataset are: from Spark 4 on those of the JVM are `classic`. */
object SparkLine {
  type Data = Dataset[_]
  type Session = SparkSession

  def dataset(handle: Any): Data = handle.asInstanceOf[Data]

  def session(handle: Any): Session = handle.asInstanceOf[Session]

  /** The analyzed plan that everything derived from the Dataset carries along. */
  def logicalPlan(dataset: Data): LogicalPlan = dataset.logicalPlan

  /** Its parameters changed within Spark 4. */
  def useCachedData(cache: CacheManager, plan: LogicalPlan): LogicalPlan =
    try cache.useCachedData(plan)
    catch {
      case _: NoSuchMethodError =>
        classOf[CacheManager].getMethod(
          "useCachedData",
          classOf[LogicalPlan]
        ).invoke(cache, plan).asInstanceOf[LogicalPlan]
    }
}
