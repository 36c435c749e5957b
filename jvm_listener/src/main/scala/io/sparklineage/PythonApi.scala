package io.sparklineage

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.lineage.{SparkInternals, SparkLine}

import io.sparklineage.boundary.{DatasetMark, Marks, Mode, Questions, SampleKeyOf, SteppedAside}
import io.sparklineage.emit.Observations
import io.sparklineage.probe.Probes
import io.sparklineage.plan.fragment.{Fragments, PythonCode, SampleKey}

/** All that the Python half calls, by py4j. Nothing here throws, and only `settle` waits. */
object PythonApi {

  /** Version of the observations' JSON, `spark_lineage/jvm/wire.schema.json`. */
  private val WireVersion = 1

  /** Measurements that one call of `drain` looks at. */
  private val MeasurementsAtOnce = 100

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
    val made = inputs.split(',').map(_.trim).filter(_.nonEmpty).toSet
    val sampleKey = new SampleKeyOf(() => SampleKey.find(plan, made - id, idsOf))
    if (Marks.add(plan, DatasetMark(id, Mode.named(mode), sampleKey, Questions.take(id)))) {
      if (why != "write" && SparkInternals.planned(dataset)) SteppedAside.fixedPlan(id)
      FragmentThread.submit(describe(plan, id, made, sampleKey))
      ()
    }
  }

  /**
   * What rules of the user want to know of the rows of a DataFrame; to be said before it is marked.
   *
   * @param id        the Python half's id for it
   * @param questions a JSON list of `{"kind": "violations" | "unique", "arguments": [text, ...]}`
   */
  def ask(id: String, questions: String): Unit = Guard.run("ask")(Questions.put(id, questions))

  /** Tells the plan fragment. */
  private def describe(plan: LogicalPlan, id: String, inputs: Set[String], sampleKey: SampleKeyOf): Unit =
    Guard.run("fragment") {
      val fragment = Fragments.describe(id, inputs, plan, idsOf)
      sampleKey.found(fragment.sampleKey)
      Observations.offer(fragment)
      ()
    }

  private def idsOf(node: LogicalPlan): Seq[String] = Marks.of(node).map(_.id)

  /**
   * Tells what a Python function does, so that plans that call it have another hash when its code is another.
   *
   * @param udf  the JVM's object for a UDF or a table function
   * @param hash of its code, as the Python half makes it
   */
  def function(udf: Object, hash: String): Unit = Guard.run("function")(PythonCode.learn(udf, hash))

  /** The next observations, one JSON document per line, at most about a megabyte of them; empty once that was all. */
  def drain(): String = Guard.value("drain", "") {
    val waiting = Observations.drain()
    if (Observations.size > 0) waiting
    else {
      Probes.snapshot(MeasurementsAtOnce).foreach(Observations.offer)
      waiting + Observations.drain()
    }
  }

  /** Waits until Spark's listener bus is empty and all marked plans are described; false if that took longer. */
  def settle(timeoutMs: Long): Boolean = Guard.value("settle", false) {
    val until = System.nanoTime() + timeoutMs * 1000000
    SparkInternals.settle(timeoutMs) & FragmentThread.settle(math.max(1, (until - System.nanoTime()) / 1000000))
  }

  /** How many entries are held by the id of an operation, an execution or a DataFrame. */
  private def held: Int = Observations.size + Probes.held + Questions.held + SteppedAside.held + PlannedOps.held

  /** What this JVM half is and does, as JSON, for `spark-lineage doctor`. */
  def status(): String = Guard.value("status", "{}") {
    val off = Guard.off.map(part => "\"" + part + "\"").mkString("[", ",", "]")
    s"""{"wire":$WireVersion,"spark":"${org.apache.spark.SPARK_VERSION}",""" +
      s""""scala":"${scala.util.Properties.versionNumberString}","java":"${System.getProperty("java.version")}",""" +
      s""""extension":${LineageExtensions.injected},"off":$off,"held":$held}"""
  }
}
