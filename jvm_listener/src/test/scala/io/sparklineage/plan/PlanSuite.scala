package io.sparklineage.plan

import io.sparklineage.SharedSession
import io.sparklineage.model._
import io.sparklineage.plan.fragment.Fragments
import org.scalatest.funsuite.AnyFunSuite

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.trees.TreeNodeTag

/** Plans of a real local session, with marks of our own. */
abstract class PlanSuite extends AnyFunSuite {

  /** With the settings of most suites, so that they share one session. */
  protected def settings: Map[String, String] = SharedSession.Listening

  protected lazy val spark: SparkSession = SharedSession.of(settings)

  protected var gaps: Seq[String] = Nil

  protected val tag: TreeNodeTag[Seq[String]] = TreeNodeTag[Seq[String]]("test.marks")

  protected def idsOf(plan: LogicalPlan): Seq[String] = plan.getTagValue(tag).getOrElse(Nil)

  protected type Frame = org.apache.spark.sql.DataFrame

  protected def analyzed(df: Frame): LogicalPlan = PlanSuite.analyzed(df)

  /** Marks a DataFrame as d<something>. */
  protected def marked(df: Frame, id: String): Frame = {
    val plan = analyzed(df)
    plan.setTagValue(tag, idsOf(plan) :+ id)
    df
  }

  protected def fragment(df: Frame, inputs: String*): Fragment = {
    gaps = Nil
    Fragments.describe("out", inputs.toSet, analyzed(df), idsOf, (what, why) => gaps :+= s"$what: $why")
  }
}

object PlanSuite {
  def analyzed(df: org.apache.spark.sql.DataFrame): LogicalPlan = df.queryExecution.analyzed

  /** `d1.price IDENTITY`, `d1.flag CONDITIONAL*` (masked). */
  def uses(inputs: Seq[ColumnInput]): Set[String] =
    inputs.map(i => s"${i.dataset}.${i.column} ${i.subtype.name}${if (i.masking) "*" else ""}").toSet
}
