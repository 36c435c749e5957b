package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.ExprId
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.{SparkPlan, SparkStrategy}
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.lineage.SparkLine

import io.sparklineage.Guard
import io.sparklineage.probe.{AnalyzedQuestion, ProbeColumn, ProbeExec, ProbeSpec, Probes, SteppedAside}

/**
 * A boundary becomes a probe, together with those below it that see the same rows.
 *
 * @param session    the session whose queries these are
 * @param sampleRows how many rows a sample holds at most
 * @param mostKeys   how many keys are compared at most to tell whether they are unique
 */
final class PlanProbes(session: SparkLine.Session, sampleRows: () => Int, mostKeys: () => Int) extends SparkStrategy {

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case boundary: BoundaryNode =>
      val stack = Guard.value("stack boundaries", BoundaryStack.alone(boundary)) {
        if (mayProbe) BoundaryStack.of(boundary) else BoundaryStack.alone(boundary)
      }
      Seq(planned(stack, stack.projected(below(stack.lowest))))
    case _ => Nil
  }

  private def below(boundary: BoundaryNode): SparkPlan =
    if (boundary.spec.counted.isEmpty || !mayProbe) planLater(boundary.child)
    else Guard.value("row counts", planLater(boundary.child)) {
      // Spark's own planner plans a child right here, too, only later.
      RowCounts.between(session.sessionState.planner.plan(boundary.child).next(), boundary.spec.counted)
    }

  private def mayProbe: Boolean = Probes.areOn && SQLConf.get.codegenFallback

  private def planned(stack: BoundaryStack, below: SparkPlan): SparkPlan =
    Guard.value("plan probe", unprobed(stack, below)) {
      if (!Probes.areOn) unprobed(stack, below)
      else if (!SQLConf.get.codegenFallback) withoutFallback(stack, below)
      else ProbeExec(stack.levels.map(spec), below, stack.columns)
    }

  private def unprobed(stack: BoundaryStack, below: SparkPlan): SparkPlan = {
    SteppedAside.afterFault(stack.ids)
    stack.narrowed(below)
  }

  /** Code of ours that Java's compiler refuses would fail the query: there Spark does not run the plan without it. */
  private def withoutFallback(stack: BoundaryStack, below: SparkPlan): SparkPlan = {
    SteppedAside.report(stack.ids, s"${SQLConf.CODEGEN_FALLBACK.key} is off")
    stack.narrowed(below)
  }

  private def spec(level: BoundaryStack.Level): ProbeSpec = PlanProbes.spec(level.boundary, sampleRows()).copy(
    questions = Guard.value[Seq[AnalyzedQuestion]]("questions", Nil)(posed(level.boundary)),
    mostKeys = mostKeys(),
    above = level.above
  )

  private def posed(boundary: BoundaryNode): Seq[AnalyzedQuestion] =
    boundary.spec.marked.flatMap(_.mark.questions).distinct match {
      case Nil => Nil
      case questions =>
        val output = boundary.child.output
        val columns = boundary.spec.names.zip(boundary.exprIds).map { case (name, id) =>
          name -> id.flatMap(id => output.find(_.exprId == id))
        }
        questions.map(new QuestionAnalysis(session, columns).pose)
    }
}

object PlanProbes {

  /** What the probe of a boundary is to measure, without what the user's rules ask. */
  def spec(boundary: BoundaryNode, sampleRows: Int): ProbeSpec = {
    val spec = boundary.spec
    ProbeSpec(
      ids = spec.ids,
      columns = spec.names.zip(spec.types).zip(boundary.exprIds).map {
        case ((name, dataType), exprId) => ProbeColumn(name, dataType, exprId.getOrElse(ExprId(-1L)))
      },
      pushed = spec.marked.flatMap(_.pushed.map(_.sql)).distinct,
      limited = spec.limited,
      sampleKey = Guard.value[Seq[String]]("sample key", Nil)(sampleKey(spec)),
      sampleRows = sampleRows,
      pushedOf = spec.marked.map(rows => rows.id -> rows.pushed.map(_.sql).distinct).toMap,
      needless = PushedFilters.needless(spec.marked.flatMap(_.pushed)),
      toTheEnd = spec.mode == Mode.Used || spec.mode == Mode.Exact
    )
  }

  /** Of the first of the DataFrames that has one; empty where none has. */
  private def sampleKey(spec: BoundarySpec): Seq[String] =
    spec.marked.iterator.map(_.mark.sampleKey.columns).find(_.nonEmpty).getOrElse(Nil)
}
