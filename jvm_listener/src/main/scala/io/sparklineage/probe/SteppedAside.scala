package io.sparklineage.probe

import io.sparklineage.{Guard, Latest}
import io.sparklineage.emit.Observations
import io.sparklineage.model.Probed

/** Boundaries that were not measured, or not by a probe, and why. Each of the latest is told once. */
object SteppedAside {

  /** What was told before so many others is told again when it happens again. */
  private val Most = 10000
  private val told = new Latest[(String, String), Unit](Most, _ => ())
  private val silentHere = new ThreadLocal[java.lang.Boolean]

  /** Runs `body` and tells nothing meanwhile: this thread plans a query that will not run. */
  private[sparklineage] def silently[A](body: => A): A = {
    silentHere.set(java.lang.Boolean.TRUE)
    try body
    finally silentHere.remove()
  }

  /** Whether this thread is within [[silently]]. */
  private[sparklineage] def silent: Boolean = silentHere.get() != null

  /** Another application begins, whose DataFrames may have the same ids: everything is told again. */
  private[sparklineage] def forget(): Unit = told.clear()

  private[sparklineage] def held: Int = told.size

  /** A probe would have cost the query something; `why` says what. */
  def report(ids: Seq[String], why: String): Unit = tell(ids, "stepped_aside", why)

  /** What a boundary says that is not measured because of a fault of ours. */
  private[sparklineage] val Fault = "a fault of ours: see the gaps"

  /** Takes the place of a probe after a fault of ours; never throws. */
  def afterFault(ids: Seq[String]): Unit = Guard.run("step aside")(report(ids, Fault))

  /** The plan of the DataFrame was fixed by an execution before the mark. */
  def fixedPlan(id: String): Unit =
    tell(Seq(id), "fixed_plan", "the DataFrame had been executed before it became a boundary")

  /** A query that ran had its plan fixed without probes, because the program had looked at that plan. */
  def shown(ids: Seq[String]): Unit = tell(ids, "fixed_plan", "the program had looked at the plan before it ran")

  /** A result that stands on the DataFrame was cached before the mark: its own rows do not pass. */
  def servedFromCache(ids: Seq[String]): Unit =
    tell(ids, "served_from_cache", "a DataFrame made from it had been cached before it became a boundary")

  /** The rows are in the plan itself, so that Spark runs nothing. */
  def local(ids: Seq[String], rows: Long): Unit = ids.foreach { id =>
    if (!silent && isFirst(id, "local"))
      offer(id, s"local-$id", Some(rows), None, "rows of a local relation")
  }

  /** Whether local rows with these columns have not been looked at for these DataFrames; a trial looks at nothing. */
  def isNews(ids: Seq[String], columns: Seq[String]): Boolean =
    !silent && isFirst(ids.mkString(","), columns.mkString("local ", ",", ""))

  private def isFirst(of: String, what: String): Boolean = told.put((of, what), ()).isEmpty

  private def tell(ids: Seq[String], reason: String, why: String): Unit = ids.foreach { id =>
    if (!silent && isFirst(id, reason + why)) offer(id, s"$reason-$id", None, Some(reason), why)
  }

  private def offer(id: String, instance: String, rows: Option[Long], reason: Option[String], detail: String): Unit = {
    Observations.offer(Probed(
      dataset = id,
      instance = instance,
      execution = None,
      rows = rows,
      complete = reason.isEmpty,
      reason = reason,
      detail = Some(detail),
      pushed = Nil,
      columns = Nil,
      fingerprint = None,
      sample = None,
      planHash = None
    ))
    ()
  }
}
