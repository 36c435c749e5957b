package io.sparklineage.plan.rows

import java.util.IdentityHashMap

import scala.collection.mutable

import io.sparklineage.model.{Clash, ColumnDefinition, ColumnNote, Drop, RowOperator, Undone}
import io.sparklineage.plan.{End, RowByRow, StepPlan, TypeNames}
import io.sparklineage.plan.changes.CommandPart
import io.sparklineage.plan.expressions.{ExpressionText, NullRejection}
import io.sparklineage.privacy.Redaction

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.types._

/** What decides on the rows of a fragment, operator by operator, and what is special of its columns. */
final case class RowShape(operators: Seq[RowOperator], notes: Seq[ColumnNote])

object RowShape {
  val Unknown: RowShape = RowShape(Nil, Nil)

  /** A fragment with more operators is not described: nobody could say which of them it was. */
  val MostOperators = 300

  /** More keys than these are told by their names only. */
  val MostKeys = 100
}

/**
 * Reads the shape of a fragment.
 *
 * @param datasets the datasets that an end stands for
 * @param deciding an expression of an operator over the columns of the inputs, under a name
 */
final class RowShapeBuilder(
    scope: StepPlan,
    datasets: LogicalPlan => Seq[String],
    deciding: (LogicalPlan, String, Expression) => ColumnDefinition
) {
  private val number = new IdentityHashMap[LogicalPlan, Int]()
  private val made = mutable.ArrayBuffer.empty[RowOperator]
  private val withs = mutable.Map.empty[Long, Int]
  private val ranks = mutable.Map.empty[ExprId, (String, Seq[ColumnDefinition])]
  private val supplied = mutable.Map.empty[Int, AttributeSet] // by position of the outer join

  def of(root: LogicalPlan): RowShape = {
    val nodes = scope.upwards(root)
    val origins = new AttributeOrigins(nodes, scope.end, datasets)
    nodes.foreach(plan => if (made.length <= RowShape.MostOperators) number.put(plan, at(plan, origins)))
    if (made.length > RowShape.MostOperators) RowShape.Unknown
    else RowShape(withSupplied(root, origins), new ColumnNotes(origins, nodes.filter(scope.end(_).isEmpty)).of(root))
  }

  private def add(operator: RowOperator): Int = { made += operator; made.length - 1 }

  private def below(plan: LogicalPlan): Seq[Int] =
    plan.children.map(child => Option(number.get(child)).fold(opaque)(identity))

  private def opaque: Int = add(RowOperator("opaque"))

  private def at(plan: LogicalPlan, origins: AttributeOrigins): Int = scope.end(plan) match {
    case Some(End.Opaque(_)) => opaque
    case Some(_) => add(RowOperator("input", datasets = datasets(plan)))
    case None => new Node(plan, origins).position
  }

  final private class Node(plan: LogicalPlan, origins: AttributeOrigins) {

    def position: Int = plan match {
      case j: Join => join(j)
      case f: Filter => add(filter(f))
      case u: Union => add(RowOperator("union", below(u), clashes = if (u.byName) Nil else Clashes.of(u)))
      case a: Aggregate => add(keyed("aggregate", None, a.groupingExpressions))
      case d: Deduplicate => add(keyed("deduplicate", Some("rows"), d.keys))
      case d: Distinct => add(keyed("deduplicate", Some("rows"), d.child.output))
      case l: GlobalLimit => add(RowOperator("limit", below(plan), deciding = condition(l.limitExpr)))
      case o: Offset => add(RowOperator("limit", below(plan), Some("offset"), deciding = condition(o.offsetExpr)))
      case t: Tail => add(RowOperator("limit", below(plan), Some("tail"), deciding = condition(t.limitExpr)))
      case _: LocalLimit => below(plan).head
      case s: Sample => add(RowOperator(if (s.withReplacement) "other" else "sample", below(s)))
      case g: Generate =>
        val outer = if (g.outer) Some("outer") else None
        add(RowOperator("generate", below(g), outer, deciding = condition(g.generator)))
      case s: SetOperation => add(RowOperator("set", below(s), Some(s.nodeName.toLowerCase)))
      case w: Window => ranked(w); below(w).head
      case w: WithCTE => Option(number.get(w.plan)).fold(opaque)(identity)
      case d: CTERelationDef => withs(d.id) = below(d).head; below(d).head
      case r: CTERelationRef => withs.getOrElse(r.cteId, opaque)
      case _: Project | _: Sort | _: SubqueryAlias | _: View | _: Subquery | _: ResolvedHint | _: ReturnAnswer |
          _: RepartitionOperation | _: RebalancePartitions if plan.children.length == 1 => below(plan).head
      case c: CommandPart => below(c).head
      case other if RowByRow(other) => below(other).head
      case other => add(RowOperator("other", below(other)))
    }

    private def condition(e: Expression): Seq[ColumnDefinition] = Seq(deciding(plan, "", e))

    private def keyed(op: String, kind: Option[String], keys: Seq[Expression]): RowOperator = {
      val over = if (keys.length > RowShape.MostKeys) Nil else keys.map(k => deciding(plan, named(k), k))
      RowOperator(op, below(plan), kind, keys = keys.map(named), deciding = over)
    }

    private def named(e: Expression): String = e match {
      case n: NamedExpression => n.name
      case other => Redaction.text(ExpressionText.byName(other))
    }

    private def join(j: Join): Int = {
      val at = add(RowOperator(
        "join",
        below(j),
        kind = Some(j.joinType.sql.toLowerCase),
        text = j.condition.map(c => Redaction.text(ExpressionText.byName(c))),
        equi = j.condition.exists(equal(_, j)),
        deciding = j.condition.toSeq.flatMap(condition)
      ))
      j.joinType match {
        case LeftOuter => supplied(at) = j.right.outputSet
        case RightOuter => supplied(at) = j.left.outputSet
        case FullOuter => supplied(at) = AttributeSet.empty
        case _ =>
      }
      at
    }

    private def equal(condition: Expression, j: Join): Boolean = NullRejection.parts(condition).exists {
      case EqualTo(a, b) => across(a, b, j)
      case EqualNullSafe(a, b) => across(a, b, j)
      case _ => false
    }

    private def across(a: Expression, b: Expression, j: Join): Boolean = {
      def within(e: Expression, side: LogicalPlan) = e.references.nonEmpty && e.references.subsetOf(side.outputSet)
      within(a, j.left) && within(b, j.right) || within(a, j.right) && within(b, j.left)
    }

    private def ranked(w: Window): Unit = w.windowExpressions.foreach {
      case a @ Alias(WindowExpression(f, spec), _) if Set("row_number", "rank", "dense_rank")(f.prettyName) =>
        ranks(a.exprId) = (f.prettyName, spec.partitionSpec.map(k => deciding(plan, named(k), k)))
      case _ => ()
    }

    private def filter(f: Filter): RowOperator = {
      val parts = NullRejection.parts(f.condition)
      val first = parts.collectFirst(Function.unlift(firstOf))
      val below = RowShapeBuilder.this.below(f)
      RowOperator(
        if (first.isDefined) "deduplicate" else "filter",
        below,
        kind = first.map(_._1),
        text = Some(Redaction.text(ExpressionText.byName(f.condition))),
        keys = first.toSeq.flatMap(_._2).map(_.column),
        undone = parts.flatMap(undone(_, reached(below))),
        drops = parts.flatMap(drop),
        deciding = condition(f.condition) ++ first.toSeq.flatMap(_._2)
      )
    }

    private def firstOf(condition: Expression): Option[(String, Seq[ColumnDefinition])] = condition match {
      case EqualTo(a: Attribute, Literal(1, _)) => ranks.get(origins.of(a).exprId)
      case EqualTo(Literal(1, _), a: Attribute) => ranks.get(origins.of(a).exprId)
      case _ => None
    }

    /** The outer joins below, through which no aggregate or union has passed. */
    private def reached(from: Seq[Int]): Seq[Int] = from.flatMap { i =>
      made(i).op match {
        case "join" => i +: reached(made(i).children)
        case "filter" | "limit" | "sample" | "deduplicate" | "generate" => reached(made(i).children)
        case _ => Nil
      }
    }.distinct

    private def undone(condition: Expression, joins: Seq[Int]): Seq[Undone] = {
      lazy val whole = origins.expanded(condition)
      joins.filter(supplied.contains).collect {
        case join
            if NullRejection.rejects(
              whole,
              a => supplied(join).contains(origins.of(a)) || supplied(join).contains(a)
            ) =>
          Undone(join, Redaction.text(ExpressionText.byName(condition)))
      }
    }

    private def drop(condition: Expression): Option[Drop] = {
      val whole = origins.expanded(condition)
      val columns = whole.references.toSeq.flatMap(a => origins.input(a).map(a -> _))
      val ofOne = columns.groupBy(_._2._1).values.find { some =>
        val set = AttributeSet(some.map(_._1))
        NullRejection.rejects(whole, set.contains)
      }
      ofOne.map(some => Drop(Redaction.text(ExpressionText.byName(condition)), some.map(_._2).distinct.sorted))
    }
  }

  /** Which columns of the output an outer join fills with NULL where it finds nothing. */
  private def withSupplied(root: LogicalPlan, origins: AttributeOrigins): Seq[RowOperator] = {
    val output = root.output.map(origins.of).zipWithIndex
    made.zipWithIndex.map { case (operator, i) =>
      supplied.get(i).fold(operator)(set =>
        operator.copy(supplied = output.collect { case (a, at) if set.contains(a) => at })
      )
    }.toSeq
  }
}

/** What does not fit together in a union by position. */
private object Clashes {
  def of(u: Union): Seq[Clash] = u.children.tail.flatMap(other => between(u.children.head, other)).distinct

  private def between(first: LogicalPlan, other: LogicalPlan): Seq[Clash] = {
    val (a, b) = (first.output, other.output)
    val (names, otherNames) = (a.map(_.name.toLowerCase), b.map(_.name.toLowerCase))
    a.indices.filter(b.isDefinedAt).flatMap { i =>
      val misplaced = names(i) != otherNames(i) && (names.contains(otherNames(i)) || otherNames.contains(names(i)))
      val (of, ofOther) = (written(first, i), written(other, i))
      if (misplaced || mixed(of, ofOther))
        Some(Clash(i, a(i).name, TypeNames.of(of), b(i).name, TypeNames.of(ofOther)))
      else None
    }
  }

  // Before the casts with which Spark makes the types of the branches one.
  private def written(plan: LogicalPlan, i: Int): DataType = plan match {
    case Project(list, _) => list(i) match {
        case Alias(c: Cast, _) if c.getTagValue(Cast.USER_SPECIFIED_CAST).isEmpty => c.child.dataType
        case other => other.dataType
      }
    case other => other.output(i).dataType
  }

  private def mixed(a: DataType, b: DataType): Boolean = {
    val (one, two) = (family(a), family(b))
    one.nonEmpty && two.nonEmpty && one != two
  }

  private def family(of: DataType): String = of match {
    case _: NumericType => "number"
    case _: StringType => "text"
    case DateType | TimestampType | TimestampNTZType => "time"
    case BooleanType => "boolean"
    case _ => ""
  }
}
