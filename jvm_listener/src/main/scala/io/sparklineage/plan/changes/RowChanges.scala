package io.sparklineage.plan.changes

import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.{Inner, LeftAnti}
import org.apache.spark.sql.catalyst.plans.logical._

/**
 * A part of a command, with the words that stand for it where a plan is printed. Its rows are those of its child.
 *
 * A plan that holds one is only read, and never runs.
 */
final case class CommandPart(text: String, child: LogicalPlan) extends UnaryNode {
  override def output: Seq[Attribute] = child.output
  override protected def withNewChildInternal(newChild: LogicalPlan): CommandPart = copy(child = newChild)
}

/**
 * A clause of a MERGE.
 *
 * @param when      the words before its condition
 * @param condition of its own, beside that of the MERGE
 * @param values    what it gives to each column of the table; None if it deletes
 */
final case class MergeClause(when: String, condition: Option[Expression], values: Option[Seq[(String, Expression)]])

/** A MERGE; each sequence of clauses in the order in which they are tried. */
final case class Merge(
    target: LogicalPlan,
    source: LogicalPlan,
    condition: Expression,
    matched: Seq[MergeClause],
    notMatched: Seq[MergeClause],
    notMatchedBySource: Seq[MergeClause]
)

/**
 * What a table holds after a command has changed rows of it, as a plan over what it held before.
 *
 * Columns, conditions and the hash of the command are read from this plan like those of any query.
 */
object RowChanges {

  /** The clauses as branches of a union over the joins; first the rows that no clause is about. */
  def merge(m: Merge): LogicalPlan = {
    val clauses = m.matched ++ m.notMatched ++ m.notMatchedBySource
    val columns = columnsOf(m.target, clauses)
    val both = Join(m.target, m.source, Inner, Some(m.condition), JoinHint.NONE)
    val onlySource = Join(m.source, m.target, LeftAnti, Some(m.condition), JoinHint.NONE)
    val onlyTarget = Join(m.target, m.source, LeftAnti, Some(m.condition), JoinHint.NONE)
    val kept = CommandPart("Rows that no clause changes", Project(columns.map(_.kept), m.target))
    val branches = m.matched.map(clause(_, both, columns)) ++ m.notMatched.map(clause(_, onlySource, columns)) ++
      m.notMatchedBySource.map(clause(_, onlyTarget, columns))
    CommandPart("Merge", Union(kept +: branches, byName = true, allowMissingCol = false))
  }

  /** @param values one for each column of the table: itself where the command does not set it */
  def update(target: LogicalPlan, values: Seq[Expression], condition: Option[Expression]): LogicalPlan = {
    val set = target.output.zip(values).map { case (column, value) =>
      if (isColumn(value, column)) column
      else Alias(condition.fold(value)(c => If(c, value, column)), column.name)()
    }
    CommandPart("Update", Project(set, target))
  }

  /** A row whose condition is NULL stays. */
  def delete(target: LogicalPlan, condition: Option[Expression]): LogicalPlan = {
    val deleted = condition.fold[Expression](Literal.TrueLiteral)(c => Coalesce(Seq(c, Literal.FalseLiteral)))
    CommandPart("Delete", Filter(Not(deleted), target))
  }

  /** A column of the table after the command, with what it is in rows that stay as they are. */
  final private case class TargetColumn(name: String, kept: NamedExpression)

  // A clause may add columns that the table does not have.
  private def columnsOf(target: LogicalPlan, clauses: Seq[MergeClause]): Seq[TargetColumn] = {
    val there = target.output.map(a => TargetColumn(a.name, a))
    val set = clauses.flatMap(_.values.toSeq.flatten)
    val names = there.map(_.name.toLowerCase).toSet
    val more = set.filterNot { case (name, _) => names(name.toLowerCase) }.groupBy(_._1.toLowerCase)
    val met = mutable.Set.empty[String]
    val fresh = set.map(_._1).filter(name => more.contains(name.toLowerCase) && met.add(name.toLowerCase))
    val added = fresh.map { name =>
      TargetColumn(name, Alias(Literal(null, more(name.toLowerCase).head._2.dataType), name)())
    }
    there ++ added
  }

  private def clause(c: MergeClause, rows: LogicalPlan, columns: Seq[TargetColumn]): LogicalPlan = {
    val chosen = c.condition.fold(rows)(Filter(_, rows))
    c.values match {
      case Some(values) =>
        val byName = values.map { case (name, value) => name.toLowerCase -> value }.toMap
        val list = columns.map { column =>
          byName.get(column.name.toLowerCase).fold[NamedExpression](nothing(column, rows)) {
            case same: Attribute if same.name == column.name => same
            case value => Alias(value, column.name)()
          }
        }
        CommandPart(c.when, Project(list, chosen))
      case None => CommandPart(c.when, Project(columns.map(_.kept), GlobalLimit(Literal(0), chosen)))
    }
  }

  // An update keeps what it does not set, an insert has NULL there.
  private def nothing(column: TargetColumn, rows: LogicalPlan): NamedExpression =
    if (column.kept.references.nonEmpty && column.kept.references.subsetOf(rows.outputSet)) column.kept
    else Alias(Literal(null, column.kept.dataType), column.name)()

  private def isColumn(value: Expression, column: Attribute): Boolean = value match {
    case a: Attribute => a.exprId == column.exprId
    case a: Alias => isColumn(a.child, column)
    case _ => false
  }
}
