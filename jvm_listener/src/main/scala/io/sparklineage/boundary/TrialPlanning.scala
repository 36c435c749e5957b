package io.sparklineage.boundary

import io.sparklineage.probe.SteppedAside

import org.apache.spark.sql.catalyst.plans.logical.{Command, LogicalPlan}
import org.apache.spark.sql.lineage.{TrialOptimizer, SparkInternals, SparkLine}

/**
 * Keeps the promise of flow mode: a boundary that would cost the query something is left out, and says so.
 *
 * The rules of this package let the optimizer do with boundaries what it does without them. Whether they succeed is
 * tried out before a query runs: it is optimized with and without boundaries, and the results are compared in what
 * matters to the promise ([[PlanFeatures]]). A trial reads plans only: no file, no catalog, no Spark job.
 */
object TrialPlanning {

  /** A query with more operators than this would take too long to try out: its boundaries step aside. */
  private val MostNodes = 1500

  /** At most so many runs of the optimizer per query look for boundaries that cost nothing. */
  private val MostTries = 12

  /** Whether this thread plans a trial, which will not run. */
  private def underway: Boolean = SteppedAside.silent

  /** `marked`, without those boundaries in flow mode that would cost the query something. */
  def allowed(session: SparkLine.Session, marked: LogicalPlan): LogicalPlan = {
    val flowing = boundaries(marked).filter(_.spec.mode == Mode.Flow)
    if (underway || flowing.isEmpty || NeedsNoTrial(marked)) marked
    else if (marked.collectWithSubqueries { case _ => 1 }.size > MostNodes)
      without(marked, flowing, "the plan is too large")
    else new Trial(session, marked, flowing).result
  }

  private def boundaries(plan: LogicalPlan): Seq[BoundaryNode] =
    plan.collectWithSubqueries { case boundary: BoundaryNode => boundary }

  private def without(plan: LogicalPlan, dropped: Seq[BoundaryNode], why: String): LogicalPlan = {
    dropped.foreach(boundary => SteppedAside.report(boundary.spec.ids, why))
    strip(plan, dropped.map(_.spec.place).toSet)
  }

  private def strip(plan: LogicalPlan, places: Set[Int]): LogicalPlan = plan.transformUpWithSubqueries {
    case boundary: BoundaryNode if places(boundary.spec.place) => boundary.child
  }

  /** The trial of one query. */
  final private class Trial(session: SparkLine.Session, marked: LogicalPlan, flowing: Seq[BoundaryNode]) {
    private lazy val optimizer = new TrialOptimizer(session)
    private val all = flowing.map(_.spec.place).toSet
    private lazy val expected = features(all)
    private var tries = 0
    private var cost = ""

    def result: LogicalPlan = {
      val shape = TrialMemory.shape(session, SparkInternals.beforeOptimizer(session, marked))
      val found = TrialMemory.found(shape) {
        val kept = harmless(flowing.map(_.spec.place).distinct)
        TrialMemory.Found(kept.toSet, cost)
      }
      without(
        marked,
        flowing.filterNot(boundary => found.kept(boundary.spec.place)),
        s"with a probe the query would ${found.cost}"
      )
    }

    /** The places, or a part of them, found by halving, that together cost nothing. */
    private def harmless(places: Seq[Int]): Seq[Int] =
      if (places.isEmpty || costsNothing(places)) places
      else if (places.size == 1 || tries >= MostTries) Nil
      else {
        val (left, right) = places.splitAt(places.size / 2)
        val (keptLeft, keptRight) = (harmless(left), harmless(right))
        val both = keptLeft ++ keptRight
        if (keptLeft.isEmpty || keptRight.isEmpty || costsNothing(both)) both
        else if (keptLeft.size >= keptRight.size) keptLeft
        else keptRight
      }

    private def costsNothing(places: Seq[Int]): Boolean = {
      tries += 1
      val found = features(all -- places)
      val same = found == expected
      if (!same) cost = difference(expected, found)
      same
    }

    private def difference(plain: Seq[String], probed: Seq[String]): String = {
      val (lost, added) = (plain.diff(probed), probed.diff(plain))
      Seq("lose" -> lost, "get" -> added).collect {
        case (verb, lines) if lines.nonEmpty => s"$verb ${counted(lines).mkString("; ")}"
      }.mkString(" and ")
    }

    private def counted(lines: Seq[String]): Seq[String] =
      lines.distinct.take(2).map { line =>
        val times = lines.count(_ == line)
        if (times > 1) s"$line ($times times)" else line
      }

    private def features(dropped: Set[Int]): Seq[String] = whileUnderway {
      val plan = SparkInternals.beforeOptimizer(session, strip(marked, dropped))
      val queries = plan match {
        case command: Command => command.children
        case query => Seq(query)
      }
      queries.flatMap(query => PlanFeatures.of(optimizer.execute(optimizer.readable(query))))
    }

    private def whileUnderway[A](body: => A): A = SteppedAside.silently(SparkInternals.withActive(session)(body))
  }
}
