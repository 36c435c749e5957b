package io.sparklineage

import org.apache.spark.sql.lineage.{SparkInternals, SparkLine}

import io.sparklineage.boundary.{DatasetMark, Marks, Mode}
import io.sparklineage.emit.Observations

/** All that the Python half calls, by py4j. Nothing here throws, and only `settle` waits. */
object PythonApi {

  /** Version of the observations' JSON, `spark_lineage/jvm/wire.schema.json`. */
  private val WireVersion = 1

  def wire(): Int = WireVersion

  /**
   * Marks the plan of a DataFrame, so that a probe looks at its rows whenever a query runs them.
   *
   * @param df     a JVM Dataset
   * @param id     the Python half's id for it (`d5`)
   * @param inputs ids of the marked DataFrames of other steps that it was made from, comma separated
   * @param mode   plan, flow, exact; "" for the session's
   * @param why    boundary, cache, write
   */
  def mark(df: Object, id: String, inputs: String, mode: String, why: String): Unit = Guard.run("mark") {
    val dataset = SparkLine.dataset(df)
    Marks.add(SparkLine.logicalPlan(dataset), DatasetMark(id, Mode.named(mode)))
  }

  /** The observations since the last call, one JSON document per line. */
  def drain(): String = Guard.value("drain", "")(Observations.drain())

  /** Waits until Spark's listener bus is empty; false if it took longer than that. */
  def settle(timeoutMs: Long): Boolean = Guard.value("settle", false)(SparkInternals.settle(timeoutMs))

  /** What this JVM half is and does, as JSON, for `spark-lineage doctor`. */
  def status(): String = Guard.value("status", "{}") {
    val off = Guard.off.map(part => "\"" + part + "\"").mkString("[", ",", "]")
    s"""{"wire":$WireVersion,"spark":"${org.apache.spark.SPARK_VERSION}",""" +
      s""""scala":"${scala.util.Properties.versionNumberString}","java":"${System.getProperty("java.version")}",""" +
      s""""extension":${LineageExtensions.injected},"off":$off}"""
  }
}
