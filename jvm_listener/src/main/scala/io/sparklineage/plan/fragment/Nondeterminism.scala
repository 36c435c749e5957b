package io.sparklineage.plan.fragment

import io.sparklineage.plan.expressions.ExpressionWalk

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression
import org.apache.spark.sql.catalyst.plans.logical._

/** Why the same plan over the same input may give other rows: each reason once, in the order of the plan. */
object Nondeterminism {

  def reasons(nodes: Seq[LogicalPlan]): Seq[String] =
    nodes.flatMap(node => ofNode(node) ++ node.expressions.flatMap(ofExpression)).distinct

  private def ofNode(plan: LogicalPlan): Option[String] = plan match {
    case _: Sample => Some("sample()")
    case _: GlobalLimit | _: LocalLimit | _: Tail | _: Offset if !ordered(plan.children.head) =>
      Some("limit without order")
    case d: Deduplicate if d.keys.length < d.child.output.length => Some("dropDuplicates on some columns keeps any row")
    case _ => None
  }

  private def ordered(plan: LogicalPlan): Boolean = plan match {
    case s: Sort => s.global
    case _: Project | _: Filter | _: SubqueryAlias | _: ResolvedHint => ordered(plan.children.head)
    case _: GlobalLimit | _: LocalLimit | _: Offset | _: Tail => ordered(plan.children.head)
    case _ => false
  }

  private def ofExpression(e: Expression): Seq[String] = {
    val nodes = ExpressionWalk.nodes(e)
    // The functions of an ordered window look at ordered rows.
    val ordered = nodes.collect { case w: WindowExpression if w.windowSpec.orderSpec.nonEmpty => w.windowFunction }
    nodes.filterNot(n => ordered.exists(_ eq n)).flatMap(one)
  }

  private def one(e: Expression): Option[String] = e match {
    case p: PythonFuncExpression => if (p.udfDeterministic) None else Some(s"UDF ${p.name} is marked nondeterministic")
    case s: ScalaUDF =>
      if (s.udfDeterministic) None else Some(s"UDF ${s.udfName.getOrElse("udf")} is marked nondeterministic")
    case r: ExpressionWithRandomSeed => Some(s"${r.prettyName}()")
    case a: AggregateExpression if takesAny(a.aggregateFunction.prettyName) =>
      Some(s"${a.aggregateFunction.prettyName}() without order")
    case n if clock(n.getClass.getSimpleName) => Some(s"${n.prettyName}()")
    case n: Nondeterministic => Some(s"${n.prettyName}()")
    case leaf if leaf.children.isEmpty && !leaf.deterministic && !leaf.isInstanceOf[PlanExpression[_]] =>
      Some(s"${leaf.prettyName}()")
    case _ => None
  }

  private val takesAny =
    Set("first", "first_value", "last", "last_value", "any_value", "collect_list", "array_agg", "collect_set")

  private val clock = Set(
    "CurrentTimestamp",
    "Now",
    "CurrentDate",
    "CurrentTime",
    "LocalTimestamp",
    "UnixTimestampNow",
    "CurDateExpressionBuilder"
  )
}
