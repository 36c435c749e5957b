package io.sparklineage.plan

import scala.collection.mutable

import io.sparklineage.Executions
import io.sparklineage.model.{ExecutionSeen, Observation}
import io.sparklineage.plan.storages.StorageAccess

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.lineage.SparkInternals

/** The executions of a session from now on. */
final class WatchedExecutions(spark: SparkSession, idsOf: LogicalPlan => Seq[String]) {
  private val seen = mutable.ArrayBuffer.empty[Observation]
  private val listener = new Executions(spark.sparkContext.getConf, o => seen.synchronized { seen += o; () }, idsOf)
  SparkInternals.settle(20000)
  spark.sparkContext.addSparkListener(listener)

  /** What was seen since, once Spark has told everything. Ends the watch. */
  def observations(): Seq[Observation] = {
    SparkInternals.settle(20000)
    // A failed spark_job wakes the program before it tells that it ended.
    val patience = System.nanoTime() + 5000000000L
    while (listener.open > 0 && System.nanoTime() < patience) Thread.sleep(20)
    spark.sparkContext.removeSparkListener(listener)
    seen.synchronized(seen.toSeq)
  }

  /** How much the listener still remembers. */
  def open: Int = listener.open

  def executions(): Seq[ExecutionSeen] = observations().collect { case e: ExecutionSeen => e }

  def traffic(): StorageAccess =
    executions().map(e => StorageAccess(e.sources, e.sinks)).foldLeft(StorageAccess.None)(_ and _)
}
