package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.ExprId
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.{SparkPlan, SparkStrategy}

import io.sparklineage.Guard
import io.sparklineage.probe.{ProbeColumn, ProbeExec, ProbeSpec, Mode => ProbeMode}

/**
 * A boundary becomes a probe.
 *
 * @param sampleRows how many rows a sample holds at most
 */
final class PlanProbes(sampleRows: () => Int) extends SparkStrategy {

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case boundary: BoundaryNode => Seq(Guard.value("plan probe", planLater(boundary.child)) {
        ProbeExec(spec(boundary), planLater(boundary.child))
      })
    case _ => Nil
  }

  private def spec(boundary: BoundaryNode): ProbeSpec = {
    val facts = boundary.facts
    ProbeSpec(
      ids = facts.ids,
      mode = if (facts.mode == Mode.Exact) ProbeMode.Exact else ProbeMode.Flow,
      columns = facts.names.zip(facts.types).zip(boundary.exprIds).map {
        case ((name, dataType), exprId) => ProbeColumn(name, dataType, exprId.getOrElse(ExprId(-1L)))
      },
      pushed = facts.marked.flatMap(_.pushed).distinct,
      limited = facts.limited,
      sampleKey = Guard.value[Seq[String]]("sample key", Nil)(SampleKeys.of(facts.ids)),
      sampleRows = sampleRows(),
      pushedOf = facts.marked.map(rows => rows.id -> rows.pushed).toMap)
  }
}
