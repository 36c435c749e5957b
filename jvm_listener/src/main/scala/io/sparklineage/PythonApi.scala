package io.sparklineage

import org.apache.spark.SparkConf
import org.apache.spark.sql.lineage.{SparkInternals, SparkLine}

import io.sparklineage.boundary.{DatasetMark, Marks, Mode, Questions, SampleKeyOf}
import io.sparklineage.emit.Observations
import io.sparklineage.model.Observation
import io.sparklineage.probe.{Probes, SteppedAside}
import io.sparklineage.plan.fragment.PythonCode
import io.sparklineage.plan.storages.Locations
import io.sparklineage.program.ProgramRecord

/**
 * All that the Python half calls, by py4j. Every method may be called from any thread at any time.
 *
 * Nothing here throws. A fault of ours, which includes an argument of another type than is said here, is told as a gap
 * with the next [[drain]], and the method does nothing or returns what it says for that case. Only [[settle]] waits.
 */
object PythonApi {

  /** Version of the observations' JSON, `spark_lineage/jvm/wire.schema.json`. */
  private val WireVersion = 1

  /** Measurements that one call of `drain` looks at. */
  private val MeasurementsAtOnce = 100

  /** The version of the JSON that [[drain]] gives. The Python half takes this JVM half only if it is its own. */
  def wire(): Int = WireVersion

  /**
   * Marks the plan of a DataFrame, so that a probe looks at its rows whenever a query runs them.
   *
   * Its plan fragment is described by a thread of ours and told as one observation of kind `fragment`; each measurement
   * is told as one of kind `probe`. A DataFrame that is marked again under the same id gets the new mode and no second
   * fragment.
   *
   * @param df     the JVM's `Dataset` of a classic DataFrame (`df._jdf`)
   * @param id     the Python half's id for it, unique within the application (`d5`)
   * @param inputs ids of the marked DataFrames of other steps that it was made from, separated by commas; "" for none
   * @param mode   `plan`, `flow` or `exact`; "" for the mode of the session (`spark.lineage.mode`)
   * @param why    `boundary` or `cache`: the DataFrame will be used; `write`: it is being written by the query that runs
   *               now, so that a plan that has been optimized already is no news
   */
  def mark(df: Object, id: String, inputs: String, mode: String, why: String): Unit = Guard.run("mark") {
    val dataset = SparkLine.dataset(df)
    val plan = SparkLine.logicalPlan(dataset)
    val made = inputs.split(',').map(_.trim).filter(_.nonEmpty).toSet
    val isNew = PlanDescriptions.begin(dataset.sparkSession, plan, plan, id, made, Mode.named(mode), Questions.take(id))
    if (isNew && why != "write" && SparkInternals.planned(dataset)) SteppedAside.fixedPlan(id)
  }

  /**
   * Says that a DataFrame has the rows of one that is marked already, and that its own plan does not show it:
   * a checkpoint's result stands on the rows that were written. Nothing is described.
   *
   * @param id of the marked DataFrame whose rows these are
   */
  def same(df: Object, id: String): Unit = Guard.run("same") {
    val plan = SparkLine.logicalPlan(SparkLine.dataset(df))
    Marks.add(plan, DatasetMark(id, Some(Mode.Plan), SampleKeyOf.Unknown, Nil))
    ()
  }

  /**
   * Where a path lies that no plan shows, as that of `saveAsTextFile`: namespace, name and part of the storage, each ended
   * by a line feed; "" after a fault.
   */
  def place(path: String): String = Guard.value("place", "") {
    val storage = Locations.storage(path, None)
    Seq(storage.namespace, storage.name, storage.part.getOrElse("")).map(_.replace('\n', ' ') + "\n").mkString
  }

  /**
   * Describes the plan of a DataFrame that a reader has just given, as [[mark]] does, and marks nothing: so it is known
   * what was to be read also where no query ever does.
   */
  def read(df: Object, id: String): Unit = Guard.run("read") {
    val dataset = SparkLine.dataset(df)
    PlanDescriptions.only(dataset.sparkSession, SparkLine.logicalPlan(dataset), id)
  }

  /**
   * What rules of the user want to know of the rows of a DataFrame; to be said before it is marked. A second call for
   * the same id replaces the first. The answers are part of each measurement of the DataFrame.
   *
   * @param id        the Python half's id for it
   * @param questions a JSON list of `{"kind": "violations" | "unique", "arguments": [text, ...]}`: of `violations` one
   *                  condition in SQL, which is answered by the number of rows where it is false; of `unique` names of
   *                  columns, answered by 1 if no two rows have equal values in all of them, else 0
   */
  def ask(id: String, questions: String): Unit = Guard.run("ask")(Questions.put(id, questions))

  /**
   * Tells what a Python function does, so that plans that call it have another hash when its code is another. It must
   * be told before a DataFrame that uses the function is marked.
   *
   * @param udf  the JVM's object for a UDF or a table function, which has a member `func`; others are ignored
   * @param hash of its code, as the Python half makes it: any text without spaces
   */
  def function(udf: Object, hash: String): Unit = Guard.run("function")(PythonCode.learn(udf, hash))

  /**
   * The next observations, oldest first: at most about a megabyte of them. Whoever wants all calls it until it gives "".
   *
   * @return one JSON document per line, each ended by a line feed, as `spark_lineage/jvm/wire.schema.json` has it; ""
   *         if there is nothing
   */
  def drain(): String = Guard.value("drain", "") {
    if (!heard) {
      heard = true
      ProgramRecord.handOver()
    }
    val waiting = Observations.drain()
    if (Observations.size > 0) waiting
    else {
      Probes.snapshot(MeasurementsAtOnce).foreach(Observations.offer)
      waiting + Observations.drain()
    }
  }

  @volatile private var heard = false

  /** A Python half takes what is seen here. */
  private[sparklineage] def isHeard: Boolean = heard

  /** The next observations as they are, for where no Python half hears this JVM; empty if there are none. */
  private[sparklineage] def next(): Seq[Observation] = {
    val waiting = Observations.take(MeasurementsAtOnce)
    if (waiting.nonEmpty) waiting else Probes.snapshot(MeasurementsAtOnce)
  }

  /**
   * Waits until Spark's listener bus is empty and all marked plans are described.
   *
   * @param timeoutMs how long to wait at most, in milliseconds
   * @return false if that took longer, or failed
   */
  def settle(timeoutMs: Long): Boolean = Guard.value("settle", false) {
    val until = System.nanoTime() + timeoutMs * 1000000
    SparkInternals.settle(timeoutMs) & FragmentThread.settle(math.max(1, (until - System.nanoTime()) / 1000000))
  }

  /**
   * The settings of a SparkConf whose names begin with `prefix`.
   *
   * @return names and values in turn, separated by NUL; "" for none
   */
  def settings(conf: Object, prefix: String): String = Guard.value("settings", "") {
    conf.asInstanceOf[SparkConf].getAll.filter(_._1.startsWith(prefix))
      .flatMap { case (name, value) => Seq(name, value) }.mkString("\u0000")
  }

  /**
   * Changes settings of a SparkConf.
   *
   * @param settings names and values in turn, separated by NUL; a value is `+` and what is to be set, or `-` where the
   *                 setting is to be removed
   * @return as `settings`, what undoes the change
   */
  def change(conf: Object, settings: String): String = Guard.value("change settings", "") {
    val changed = conf.asInstanceOf[SparkConf]
    settings.split('\u0000').grouped(2).collect { case Array(name, value) =>
      val before = changed.getOption(name)
      if (value.startsWith("+")) changed.set(name, value.drop(1)) else changed.remove(name)
      Seq(name, before.fold("-")("+" + _))
    }.toSeq.flatten.mkString("\u0000")
  }

  /** How many entries are held by the id of an operation, an execution or a DataFrame. */
  private def held: Int = Observations.size + Probes.held + Questions.held + SteppedAside.held + PlannedOps.held

  /**
   * What this JVM half is and does, for `spark-lineage doctor`.
   *
   * @return a JSON object of `wire` (integer), `spark`, `scala` and `java` (versions), `extension` (whether a session
   *         was built with ours) and `off` (names of the parts that faults have switched off); `{}` after a fault
   */
  def status(): String = Guard.value("status", "{}") {
    val off = Guard.off.map(part => "\"" + part + "\"").mkString("[", ",", "]")
    s"""{"wire":$WireVersion,"spark":"${org.apache.spark.SPARK_VERSION}",""" +
      s""""scala":"${scala.util.Properties.versionNumberString}","java":"${System.getProperty("java.version")}",""" +
      s""""extension":${LineageExtensions.injected},"off":$off,"held":$held}"""
  }
}
