package io.sparklineage.plan.changes

import io.sparklineage.plan.Reflected

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._

/** The commands by which Delta changes rows of a table. Its classes are known by the names of their members. */
object DeltaChanges {

  /** What the table holds after the command; None for another command, or one with members of another kind. */
  def result(command: LogicalPlan): Option[LogicalPlan] = command.getClass.getSimpleName match {
    case "MergeIntoCommand" | "DeltaMergeInto" => merge(command).map(RowChanges.merge)
    case "UpdateCommand" =>
      for (target <- plan(command, "target"); values <- expressions(command, "updateExpressions"))
        yield RowChanges.update(target, values, condition(command))
    case "DeleteCommand" => plan(command, "target").map(RowChanges.delete(_, condition(command)))
    case _ => None
  }

  private def merge(command: LogicalPlan): Option[Merge] = for {
    target <- plan(command, "target")
    source <- plan(command, "source")
    on <- Reflected.value(command, "condition").collect { case e: Expression => e }
    matched <- clauses(command, "matchedClauses", "When matched")
    notMatched <- clauses(command, "notMatchedClauses", "When not matched")
    bySource <- clauses(command, "notMatchedBySourceClauses", "When not matched by source")
  } yield Merge(target, source, on, matched, notMatched, bySource)

  private def clauses(command: LogicalPlan, member: String, when: String): Option[Seq[MergeClause]] =
    Reflected.value(command, member).collect { case items: Seq[_] => items.map(clause(_, when)) }

  private def clause(of: Any, when: String): MergeClause = {
    val kind = of.getClass.getSimpleName
    val values = Reflected.value(of, "resolvedActions").collect { case items: Seq[_] => items.flatMap(action) }
    if (kind.contains("Delete")) MergeClause(s"$when then delete", condition(of), None)
    else MergeClause(s"$when then ${if (kind.contains("Insert")) "insert" else "update"}", condition(of), values)
  }

  private def action(of: Any): Option[(String, Expression)] = for {
    name <- Reflected.value(of, "targetColNameParts").collect { case parts: Seq[_] => parts.mkString(".") }
    value <- Reflected.value(of, "expr").collect { case e: Expression => e }
  } yield name -> value

  private def condition(of: Any): Option[Expression] =
    Reflected.path(of, "condition").collect { case e: Expression => e }

  private def plan(command: LogicalPlan, member: String): Option[LogicalPlan] =
    Reflected.value(command, member).collect { case p: LogicalPlan => p }

  private def expressions(command: LogicalPlan, member: String): Option[Seq[Expression]] =
    Reflected.value(command, member).collect { case items: Seq[_] => items.collect { case e: Expression => e } }
}
