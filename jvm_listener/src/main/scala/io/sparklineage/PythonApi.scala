package io.sparklineage

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.lineage.{SparkInternals, SparkLine}

import io.sparklineage.boundary.{DatasetMark, Marks, Mode, Questions, SampleKeys, SteppedAside}
import io.sparklineage.emit.Observations
import io.sparklineage.probe.Probes
import io.sparklineage.plan.fragment.{Fragments, PythonCode}

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
    val plan = SparkLine.logicalPlan(dataset)
    if (Marks.add(plan, DatasetMark(id, Mode.named(mode)))) {
      if (why != "write" && SparkInternals.planned(dataset)) SteppedAside.fixedPlan(id)
      SampleKeys.promise(id, FragmentThread.submit(describe(plan, id, inputs)))
    }
  }

  /**
   * What rules of the user want to know of the rows of a DataFrame; to be said before it is marked.
   *
   * @param id        the Python half's id for it
   * @param questions a JSON list of `{"kind": "violations" | "unique", "arguments": [text, ...]}`
   */
  def ask(id: String, questions: String): Unit = Guard.run("ask")(Questions.put(id, questions))

  /** Tells the plan fragment; gives the columns that choose its sample. */
  private def describe(plan: LogicalPlan, id: String, inputs: String): Seq[String] =
    Guard.value[Seq[String]]("fragment", Nil) {
      val ids = inputs.split(',').map(_.trim).filter(_.nonEmpty).toSet
      val fragment = Fragments.describe(id, ids, plan, node => Marks.of(node).map(_.id))
      Observations.offer(fragment)
      fragment.sampleKey
    }

  /**
   * Tells what a Python function does, so that plans that call it have another hash when its code is another.
   *
   * @param udf  the JVM's object for a UDF or a table function
   * @param hash of its code, as the Python half makes it
   */
  def function(udf: Object, hash: String): Unit = Guard.run("function")(PythonCode.learn(udf, hash))

  /** The observations since the last call, one JSON document per line. */
  def drain(): String = Guard.value("drain", "") {
    Probes.snapshot().foreach(Observations.offer)
    Observations.drain()
  }

  /** Waits until Spark's listener bus is empty and all marked plans are described; false if that took longer. */
  def settle(timeoutMs: Long): Boolean = Guard.value("settle", false) {
    val until = System.nanoTime() + timeoutMs * 1000000
    SparkInternals.settle(timeoutMs) & FragmentThread.settle(math.max(1, (until - System.nanoTime()) / 1000000))
  }

  /** What this JVM half is and does, as JSON, for `spark-lineage doctor`. */
  def status(): String = Guard.value("status", "{}") {
    val off = Guard.off.map(part => "\"" + part + "\"").mkString("[", ",", "]")
    s"""{"wire":$WireVersion,"spark":"${org.apache.spark.SPARK_VERSION}",""" +
      s""""scala":"${scala.util.Properties.versionNumberString}","java":"${System.getProperty("java.version")}",""" +
      s""""extension":${LineageExtensions.injected},"off":$off}"""
  }
}
