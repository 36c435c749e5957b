package io.sparklineage.plan.fragment

import scala.collection.mutable

import io.sparklineage.model.Storage
import io.sparklineage.plan.{BoundedText, End, SqlNames, StepPlan}
import io.sparklineage.plan.changes.CommandPart
import io.sparklineage.plan.expressions.ExpressionText
import io.sparklineage.privacy.Redaction

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._

/** One line for people per operator of a plan, without ids: the same in each run. */
final class OperatorText(scope: StepPlan) {
  import OperatorText._

  /** The operators, root first; of very many only the first. */
  def lines(root: LogicalPlan): Seq[String] = {
    val nodes = scope.nodes(root).filterNot(silent)
    nodes.take(MostLines).map(line(_)) ++ (if (nodes.length > MostLines) Seq(s"… ${nodes.length - MostLines} more")
                                           else Nil)
  }

  /** The plan as an indented tree, bounded. */
  def tree(root: LogicalPlan): String = {
    val out = new StringBuilder
    val seen = new java.util.IdentityHashMap[LogicalPlan, Unit]()
    val open = mutable.Stack(root -> 0)
    while (open.nonEmpty && out.length < TreeLimit) {
      val (plan, depth) = open.pop()
      val again = seen.containsKey(plan)
      seen.put(plan, ())
      if (!silent(plan))
        out.append("  " * math.min(depth, MostIndent)).append(line(plan)).append(if (again) " (as above)\n" else "\n")
      if (!again) open.pushAll(scope.below(plan).reverse.map(_ -> (if (silent(plan)) depth else depth + 1)))
    }
    BoundedText.bounded(out.toString.replaceFirst("\\s+$", ""), TreeLimit)
  }

  private val written = new java.util.IdentityHashMap[LogicalPlan, String]()

  private def line(plan: LogicalPlan): String = {
    if (!written.containsKey(plan)) {
      val text = scope.end(plan).fold(operator(plan))(OperatorText.end)
      written.put(plan, BoundedText.bounded(Redaction.text(text), LineLimit))
    }
    written.get(plan)
  }

  private def silent(plan: LogicalPlan): Boolean =
    scope.end(
      plan
    ).isEmpty && (plan.isInstanceOf[ResolvedHint] || plan.isInstanceOf[Subquery] || plan.isInstanceOf[LocalLimit])
}

object OperatorText {
  private val MostLines = 200
  private val MostIndent = 40
  private val LineLimit = 400
  private val TreeLimit = 20000

  private def end(end: End): String = end match {
    case End.Input(id) => s"Input $id"
    case End.Stored(storages) => s"Read ${BoundedText.listed(storages, 5)(stored)}"
    case End.Opaque(name) => s"Rows from $name"
  }

  private def stored(s: Storage): String =
    s"${s.format.fold("")(_ + " ")}${s.table.getOrElse(s"${s.namespace}:${s.name}")}${s.version.fold("")("@v" + _)}"

  private def operator(plan: LogicalPlan): String = plan match {
    case p: Project => s"Project ${columns(p.projectList)}"
    case a: Aggregate => s"Aggregate by [${list(a.groupingExpressions)}] ${columns(a.aggregateExpressions)}"
    case f: Filter => s"Filter ${sql(f.condition)}"
    case j: Join => s"Join ${j.joinType.sql.toLowerCase}${j.condition.fold("")(c => s" on ${sql(c)}")}"
    case w: Window => s"Window ${columns(w.windowExpressions)}"
    case g: Generate =>
      val made = g.generatorOutput.map(_.name).mkString(", ")
      s"Generate ${if (g.outer) "outer " else ""}${sql(g.generator)} as [$made]"
    case s: Sort => s"Sort ${if (s.global) "" else "within partitions "}[${list(s.order)}]"
    case d: Deduplicate => s"Deduplicate [${list(d.keys)}]"
    case l: GlobalLimit => s"Limit ${sql(l.limitExpr)}"
    case s: Sample => s"Sample ${s.upperBound - s.lowerBound}${if (s.withReplacement) " with replacement" else ""}"
    case s: SubqueryAlias => s"Alias ${s.identifier.name}"
    case v: View => s"View ${v.desc.identifier.table}"
    case u: Union => s"Union of ${u.children.length}${if (u.byName) " by name" else ""}"
    case i: Intersect => s"Intersect${if (i.isAll) " all" else ""}"
    case e: Except => s"Except${if (e.isAll) " all" else ""}"
    case r: Repartition => s"${if (r.shuffle) "Repartition" else "Coalesce"} ${r.numPartitions}"
    case r: RepartitionByExpression => s"Repartition by [${list(r.partitionExpressions)}]"
    case c: CommandPart => c.text
    case _: CTERelationRef => "With reference"
    case _: CTERelationDef => "With definition"
    case _: WithCTE => "With"
    case other => unknown(other)
  }

  // Only what has a stable text: expressions by names.
  private def unknown(plan: LogicalPlan): String = {
    val made = plan.output.map(_.exprId).toSet
    val used = plan.expressions.filter { case a: Attribute => !made(a.exprId); case _ => true }
    s"${plan.nodeName} ${BoundedText.listed(used, 5)(sql)}".trim
  }

  private def columns(items: Seq[NamedExpression]): String = s"[${BoundedText.listed(items, 30)(column)}]"

  private def column(e: NamedExpression): String = e match {
    case a: Alias =>
      val text = Redaction.named(a.name, sql(a.child))
      if (text == SqlNames.quoted(a.name)) text else s"$text AS ${SqlNames.quoted(a.name)}"
    case other => sql(other)
  }

  private def list(items: Seq[Expression]): String = BoundedText.listed(items)(sql)

  private def sql(e: Expression): String = ExpressionText.byName(e)
}
