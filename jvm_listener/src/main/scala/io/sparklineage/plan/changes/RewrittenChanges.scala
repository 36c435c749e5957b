package io.sparklineage.plan.changes

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.connector.write.RowLevelOperation.Command

/**
 * MERGE, UPDATE and DELETE as Spark rewrites them for tables that leave these to Spark (Iceberg): a query that gives the
 * rows to be written, with a column that says what is to be done with each.
 */
object RewrittenChanges {

  /** What the table holds after the command; None where the query has another form than Spark gives it. */
  def result(write: RowLevelWrite): Option[LogicalPlan] = target(write).flatMap { target =>
    write.operation.command match {
      case Command.DELETE => Some(RowChanges.delete(target, Some(write.condition)))
      case Command.UPDATE => update(write, target)
      case Command.MERGE => merge(write, target).map(RowChanges.merge)
    }
  }

  private def target(write: RowLevelWrite): Option[LogicalPlan] =
    Option(write.originalTable: Any).collect { case plan: LogicalPlan => plan }

  // ---------------------------------------------------------------------------------------------------- UPDATE

  // One row for each that changes, or that row twice: deleted, and inserted again as it is to be.
  private def update(write: RowLevelWrite, target: LogicalPlan): Option[LogicalPlan] = {
    val rows = write.query.collectFirst {
      case p: Project => p.output.map(_.name).zip(p.projectList.map(made(_, p.child)))
      case e: Expand => e.output.map(_.name).zip(e.projections.last.map(made(_, e.child)))
    }
    rows.map { named =>
      val values = target.output.map(column => valueOf(named, column.name).fold[Expression](column)(assigned))
      RowChanges.update(target, values, Some(write.condition).filter(_ != Literal.TrueLiteral))
    }
  }

  // Where files are written anew, a row that does not change keeps its value.
  private def assigned(value: Expression): Expression = value match {
    case If(_, changed, _: Attribute) => changed
    case other => other
  }

  // What makes a value, through the projections that only pass it on.
  private def made(value: Expression, below: LogicalPlan): Expression = (value, below) match {
    case (named: Alias, _) => made(named.child, below)
    case (column: Attribute, p: Project) =>
      p.projectList.find(_.exprId == column.exprId).fold[Expression](column)(made(_, p.child))
    case (column: Attribute, f: Filter) => made(column, f.child)
    case _ => value
  }

  // ----------------------------------------------------------------------------------------------------- MERGE

  private def merge(write: RowLevelWrite, target: LogicalPlan): Option[Merge] =
    write.query.collectFirst { case rows: MergeRows => rows }.flatMap { rows =>
      rows.child match {
        case Join(_, source: Project, _, Some(on), _) =>
          val replaces = write.isInstanceOf[ReplaceData]
          val condition = if (replaces) on else write.condition
          def clauses(of: Seq[MergeRows.Instruction], when: String, kind: String): Seq[MergeClause] =
            of.map(clause(_, rows, target, when, kind)).filterNot(keeps(_, target))
          Some(Merge(
            target,
            source.child,
            condition,
            clauses(rows.matchedInstructions, "When matched", "update"),
            clauses(rows.notMatchedInstructions, "When not matched", "insert"),
            clauses(rows.notMatchedBySourceInstructions, "When not matched by source", "update")
          ))
        case _ => None
      }
    }

  private def clause(
      instruction: MergeRows.Instruction,
      rows: MergeRows,
      target: LogicalPlan,
      when: String,
      kind: String
  ): MergeClause = {
    val condition = Some(instruction.condition).filter(_ != Literal.TrueLiteral)
    instruction.outputs.lastOption match {
      case Some(values) if !isDelete(rows.output.head, values.head) =>
        val named = rows.output.map(_.name).zip(values)
        val set = target.output.flatMap(column => valueOf(named, column.name).map(column.name -> _))
        MergeClause(s"$when then $kind", condition, Some(set))
      case _ => MergeClause(s"$when then delete", condition, None)
    }
  }

  // Where files are written anew, the last instruction keeps the rows that no clause is about.
  private def keeps(clause: MergeClause, target: LogicalPlan): Boolean =
    clause.condition.isEmpty && clause.values.exists(set =>
      set.nonEmpty && set.forall { case (name, value) =>
        target.output.exists(column => column.name == name && column.semanticEquals(value))
      }
    )

  private def valueOf(named: Seq[(String, Expression)], column: String): Option[Expression] =
    named.collectFirst { case (name, value) if name == column => value }

  // As Spark's RowDeltaUtils has it.
  private def isOperation(column: Attribute): Boolean = column.name == "__row_operation"

  private def isDelete(column: Attribute, value: Expression): Boolean = value match {
    case Literal(1, _) => isOperation(column)
    case _ => false
  }
}
