package io.sparklineage.plan.columns

import java.util.IdentityHashMap

import scala.collection.immutable.HashMap
import scala.collection.mutable

import io.sparklineage.model.Subtype
import io.sparklineage.plan.{BoundedText, RowByRow, SqlNames, StepPlan}
import io.sparklineage.plan.changes.CommandPart
import io.sparklineage.plan.expressions.ExpressionText

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._

/**
 * The columns at one node of a plan, and what decides which rows there are.
 *
 * `columns` may hold more than the node's output: what lies below and was not passed on.
 */
final case class NodeColumns(columns: Column.Env, rows: Column.Inputs) {
  def and(other: NodeColumns): NodeColumns = NodeColumns(columns ++ other.columns, Column.merged(rows, other.rows))
}

/**
 * Column lineage of the plan of one step: each node from those below, each object once.
 *
 * @param leafName how an input column is written in expressions
 * @param refs     the datasets that an end stands for
 */
final class ColumnLineage(
    scope: StepPlan,
    refs: LogicalPlan => Seq[String],
    leafName: (LogicalPlan, String) => String
) {
  private val done = new IdentityHashMap[LogicalPlan, NodeColumns]()
  private val definitions = mutable.Map.empty[Long, (Seq[Attribute], NodeColumns)] // CTEs and loops by their ids

  /** The columns of a plan that refers to nothing outside itself. */
  def of(plan: LogicalPlan): NodeColumns = {
    scope.upwards(plan).foreach(flow(_, Map.empty))
    flow(plan, Map.empty)
  }

  /** What an expression of an operator is over the columns where the step's plan ends; `of` has been asked before. */
  def expression(plan: LogicalPlan, name: String, e: Expression): Column = new Node(plan, Map.empty).definition(name, e)

  private def flow(plan: LogicalPlan, outer: Column.Env): NodeColumns = {
    val before = done.get(plan)
    if (before != null) before
    else {
      val flow = if (scope.end(plan).isDefined) atEnd(plan) else new Node(plan, outer).flow
      done.put(plan, flow)
      flow
    }
  }

  private def atEnd(plan: LogicalPlan): NodeColumns = {
    val datasets = refs(plan)
    NodeColumns(HashMap(plan.output.map(a => a.exprId -> leaf(plan, datasets, a.name)): _*), Column.NoInputs)
  }

  private def leaf(plan: LogicalPlan, datasets: Seq[String], name: String): Column =
    Column(name, leafName(plan, name), datasets.map(d => EndColumn(d, name) -> Set(Column.Whole)).toMap)

  /** One operator of the plan; `outer` are the columns of the query around a correlated subquery. */
  final private class Node(plan: LogicalPlan, outer: Column.Env) {

    private lazy val below: NodeColumns =
      plan.children.map(ColumnLineage.this.flow(_, outer)).reduceOption(_ and _).getOrElse(ColumnLineage.Nothing)

    private lazy val parts = new NestedColumns(column, definition("", _))
    private lazy val uses = new ExpressionInputs(a => column(a).inputs, subqueryInputs, parts.of(_).map(_.inputs))
    private lazy val readable = new ExpressionText(a => column(a).inline, subqueryText, parts.of(_).map(_.inline))

    def flow: NodeColumns = operators.applyOrElse(plan, (_: LogicalPlan) => unknownOperator)

    private def operators: PartialFunction[LogicalPlan, NodeColumns] = {
      case Project(list, local: LocalRelation) if ColumnLineage.names(list, local) => named(list, local)
      case p: Project => defining(p.projectList)
      case a: Aggregate => defining(a.aggregateExpressions).decidedBy(rows(a.groupingExpressions, Subtype.GroupBy))
      case f: Filter => below.decidedBy(rows(Seq(f.condition), Subtype.Filter))
      case j: Join => below.decidedBy(rows(j.condition.toSeq, Subtype.Join))
      case j: LateralJoin => lateral(j)
      case w: Window => defining(w.windowExpressions)
      case g: Generate => generated(g)
      case e: Expand => expanded(e)
      case u: Union => union(u, u.children.map(ColumnLineage.this.flow(_, outer)))
      case s: SetOperation => setOperation(s)
      case d: Distinct => below.decidedBy(rows(d.child.output, Subtype.GroupBy))
      case d: Deduplicate => below.decidedBy(rows(d.keys, Subtype.GroupBy))
      case d: DeduplicateWithinWatermark => below.decidedBy(rows(d.keys, Subtype.GroupBy))
      case s: Sort => below.decidedBy(rows(s.order, Subtype.Sort))
      case w: WithCTE => withCTE(w)
      case d: CTERelationDef => define(d.id, d.child)
      case r: CTERelationRef => reference(r.cteId, r.output)
      case loop if loop.nodeName == "UnionLoop" => unionLoop(loop)
      case ref if ref.nodeName == "UnionLoopRef" => reference(ColumnLineage.longOf(ref), ref.output)
      case _: SubqueryAlias | _: View | _: Subquery | _: GlobalLimit | _: LocalLimit | _: Offset | _: Tail | _: Sample |
          _: RepartitionOperation | _: ResolvedHint | _: ReturnAnswer | _: RebalancePartitions | _: CommandPart =>
        renumbered
      case f: TypedFilter => below.decidedBy(rows(Seq(f.deserializer), Subtype.Filter))
    }

    private def column(a: Attribute): Column =
      below.columns.get(a.exprId).orElse(outer.get(a.exprId)).getOrElse(Column(
        a.name,
        SqlNames.quoted(a.name),
        Column.NoInputs
      ))

    private def rows(expressions: Seq[Expression], subtype: Subtype): Column.Inputs =
      uses.indirect(expressions, subtype)

    def definition(name: String, e: Expression): Column = bare(e) match {
      case a: Attribute => column(a)
      case taken if parts.of(taken).isDefined => parts.of(taken).get
      case _ => Column(name, readable(e), uses(e)).copy(parts = parts.within(e))
    }

    private def bare(e: Expression): Expression = e match {
      case a: Alias => bare(a.child)
      case same if ExpressionText.transparent(same) => bare(same.children.head)
      case other => other
    }

    // An attribute that only passes keeps its column: nothing to add.
    private def defining(list: Seq[NamedExpression]): NodeColumns = {
      val made = list.collect { case e if !e.isInstanceOf[AttributeReference] => e.exprId -> definition(e.name, e) }
      NodeColumns(below.columns ++ made, below.rows)
    }

    private def named(list: Seq[NamedExpression], local: LogicalPlan): NodeColumns = {
      val datasets = refs(local)
      NodeColumns(HashMap(list.map(e => e.exprId -> leaf(local, datasets, e.name)): _*), Column.NoInputs)
    }

    private def lateral(j: LateralJoin): NodeColumns = {
      val left = ColumnLineage.this.flow(j.left, outer)
      val right = ColumnLineage.this.flow(j.right.plan, outer ++ left.columns)
      val both = left.and(right)
      val uses =
        new ExpressionInputs(a => both.columns.get(a.exprId).fold(Column.NoInputs)(_.inputs), subqueryInputs, _ => None)
      both.decidedBy(uses.indirect(j.condition.toSeq, Subtype.Join))
    }

    private def generated(g: Generate): NodeColumns = g.generator match {
      case s: Stack => stacked(g, s)
      case _ => exploded(g)
    }

    // As many rows of each as the program says: nothing decides.
    private def stacked(g: Generate, s: Stack): NodeColumns = {
      val width = g.generatorOutput.length
      val rows = s.children.tail.grouped(width).map(_.map(definition("", _))).toVector
      positions(g.generatorOutput, rows, below.rows)
    }

    private def exploded(g: Generate): NodeColumns = {
      val written = readable(g.generator)
      val call = if (g.outer) ColumnLineage.outer(written) else written
      val inputs = Column.through(uses(g.generator), Use(Subtype.Transformation))
      val single = g.generatorOutput.length == 1
      val made = g.generatorOutput.map { a =>
        a.exprId -> Column(a.name, if (single) call else s"$call.${SqlNames.quoted(a.name)}", inputs)
      }
      // A generator makes several rows of one, or none.
      NodeColumns(below.columns ++ made, Column.merged(below.rows, Column.through(inputs, Use(Subtype.Filter))))
    }

    private def expanded(e: Expand): NodeColumns = {
      val flow = positions(e.output, e.projections.map(_.map(definition("", _))), below.rows)
      val ids = e.output.filter(_.name == VirtualColumn.groupingIdName)
      NodeColumns(
        flow.columns ++ ids.map(a => a.exprId -> Column(a.name, "grouping_id()", ColumnLineage.at(flow, a).inputs)),
        flow.rows
      )
    }

    /** Each output column is one of several by position: of the branches of a union, of the rows of an expand. */
    private def positions(output: Seq[Attribute], branches: Seq[Seq[Column]], rows: Column.Inputs): NodeColumns = {
      val made = output.zipWithIndex.map { case (a, i) =>
        a.exprId -> ColumnLineage.oneOf(a.name, branches.flatMap(_.lift(i)))
      }
      NodeColumns(below.columns ++ made, rows)
    }

    private def union(u: LogicalPlan, branches: Seq[NodeColumns]): NodeColumns = {
      val columns = u.children.zip(branches).map { case (child, flow) =>
        child.output.map(a => ColumnLineage.at(flow, a))
      }
      positions(u.output, columns, Column.merged(branches.map(_.rows)))
    }

    private def setOperation(s: SetOperation): NodeColumns = {
      val (left, right) = (ColumnLineage.this.flow(s.left, outer), ColumnLineage.this.flow(s.right, outer))
      val compared = s.left.output.map(ColumnLineage.at(left, _)) ++ s.right.output.map(ColumnLineage.at(right, _))
      val deciding = Column.through(Column.merged(compared.map(_.inputs)), Use(Subtype.Filter))
      NodeColumns(left.columns, Column.merged(Seq(left.rows, right.rows, deciding)))
    }

    private def withCTE(w: WithCTE): NodeColumns = {
      w.cteDefs.foreach(ColumnLineage.this.flow(_, outer))
      ColumnLineage.this.flow(w.plan, outer)
    }

    private def define(id: Long, child: LogicalPlan): NodeColumns = {
      val flow = ColumnLineage.this.flow(child, outer)
      definitions(id) = (child.output, flow)
      flow
    }

    private def reference(id: Long, output: Seq[Attribute]): NodeColumns = definitions.get(id) match {
      case Some((from, flow)) =>
        NodeColumns(
          HashMap(output.zip(from).map { case (a, b) => a.exprId -> ColumnLineage.at(flow, b) }: _*),
          flow.rows
        )
      case None => ColumnLineage.Nothing
    }

    // The recursion refers to the loop itself: what it finds there comes from the anchor.
    private def unionLoop(loop: LogicalPlan): NodeColumns = {
      val anchor = define(ColumnLineage.longOf(loop), loop.children.head)
      union(loop, anchor +: loop.children.tail.map(ColumnLineage.this.flow(_, outer)))
    }

    /** Operators whose output is their child's; some give new ids to it. */
    private def renumbered: NodeColumns = {
      val child = plan.children.head
      val fresh = plan.output.zip(child.output).filter { case (a, b) => a.exprId != b.exprId }
      if (fresh.isEmpty) below
      else NodeColumns(below.columns ++ fresh.map { case (a, b) => a.exprId -> ColumnLineage.at(below, b) }, below.rows)
    }

    /** New columns come from whatever the operator refers to; the others pass. */
    private def unknownOperator: NodeColumns = {
      val fresh = plan.output.filterNot(a => below.columns.contains(a.exprId))
      val available = plan.children.flatMap(_.output)
      val referred = available.filter(plan.references.contains)
      val from = if (referred.nonEmpty) referred else available
      val direct = Column.through(Column.merged(from.map(a => column(a).inputs)), Use(Subtype.Transformation))
      val call = called(from.map(column(_).inline).distinct)
      val made = fresh.map(a => a.exprId -> Column(a.name, call, direct))
      NodeColumns(below.columns ++ made, Column.merged(below.rows, deciding(from)))
    }

    // Rows are made objects of the JVM, handed to code of Scala, and made rows again: one call of that code.
    private def called(texts: Seq[String]): String = plan.nodeName match {
      case "DeserializeToObject" | "SerializeFromObject" if texts.lengthCompare(1) == 0 => texts.head
      case "DeserializeToObject" | "SerializeFromObject" => s"row(${BoundedText.listed(texts, 10)(identity)})"
      case _ => s"$functionName(${texts match {
            case Seq(ColumnLineage.AsRow(fields)) => fields
            case several => BoundedText.listed(several, 10)(identity)
          }})"
    }

    private def functionName: String =
      plan.expressions.collectFirst { case p: PythonFuncExpression => SqlNames.quoted(p.name) }.getOrElse {
        if (ColumnLineage.ofTheJvm(plan)) "scala_code" else plan.nodeName
      }

    // User code over whole partitions or groups decides by itself which rows it gives.
    private def deciding(from: Seq[Attribute]): Column.Inputs =
      if (RowByRow(plan)) Column.NoInputs
      else Column.merged(rows(groupingOf, Subtype.GroupBy), rows(from, Subtype.Filter))

    private def groupingOf: Seq[Attribute] =
      if (plan.nodeName.contains("CoGroup")) cogroupingOf
      else
        plan.productIterator.collectFirst { case s: Seq[_] if s.nonEmpty && s.forall(_.isInstanceOf[Attribute]) => s }
          .filter(_ => plan.nodeName.contains("Group"))
          .fold(Seq.empty[Attribute])(_.collect { case a: Attribute => a })

    // The first so many columns of either side.
    private def cogroupingOf: Seq[Attribute] = {
      val lengths = plan.productIterator.collect { case n: Int => n }.toVector
      plan.children.zip(lengths).flatMap { case (child, n) => child.output.take(n) }
    }

    private def visible: Column.Env = if (outer.isEmpty) below.columns else outer ++ below.columns

    private def subqueryInputs(sub: LogicalPlan): Column.Inputs = {
      val flow = ColumnLineage.this.flow(sub, visible)
      Column.merged(sub.output.headOption.fold(Column.NoInputs)(ColumnLineage.at(flow, _).inputs), flow.rows)
    }

    private def subqueryText(sub: LogicalPlan): String = {
      val flow = ColumnLineage.this.flow(sub, visible)
      s"SELECT ${sub.output.headOption.fold("1")(ColumnLineage.at(flow, _).inline)}"
    }
  }

  implicit private class Deciding(flow: NodeColumns) {
    def decidedBy(rows: Column.Inputs): NodeColumns = NodeColumns(flow.columns, Column.merged(flow.rows, rows))
  }
}

object ColumnLineage {
  private[plan] val Nothing = NodeColumns(HashMap.empty, Column.NoInputs)

  /** The column that an attribute is at a node; an attribute from nowhere is itself. */
  def at(flow: NodeColumns, a: Attribute): Column =
    flow.columns.getOrElse(a.exprId, Column(a.name, SqlNames.quoted(a.name), Column.NoInputs))

  // A union of unions is one: Spark makes one of them where it is a classic session's, and not always else.
  private def oneOf(name: String, columns: Seq[Column]): Column = {
    val each = columns.flatMap(column => if (column.oneOf.isEmpty) Seq(column) else column.oneOf)
    val flat = if (each.lengthCompare(MostOf) > 0) columns else each
    val texts = flat.map(_.inline).distinct
    val inputs = Column.merged(columns.map(_.inputs))
    if (texts.lengthCompare(1) == 0) Column(name, columns.head.text, inputs)
    else Column(name, s"one_of(${BoundedText.listed(texts, 10)(identity)})", inputs).copy(oneOf = flat)
  }

  /** Whether a list does nothing but name the columns of local data: a client of Spark Connect numbers them (`_0`). */
  private def names(list: Seq[NamedExpression], local: LocalRelation): Boolean =
    list.lengthCompare(local.output.length) == 0 && list.zip(local.output).zipWithIndex.forall {
      case ((Alias(a: Attribute, _), of), n) => a.exprId == of.exprId && a.name == s"_$n"
      case _ => false
    }

  private val MostOf = 100

  // LATERAL VIEW OUTER and explode_outer are one operator.
  private def outer(call: String): String = call.replaceFirst("^(explode|posexplode|inline)\\(", "$1_outer(")

  private def longOf(plan: LogicalPlan): Long =
    plan.productIterator.collectFirst { case id: Long => id }.getOrElse(-1L)

  private val AsRow = "row\\((.*)\\)".r

  private val calls = Set("MapPartitions", "MapElements", "MapGroups", "FlatMapGroups", "CoGroup", "AppendColumns")

  private def ofTheJvm(plan: LogicalPlan): Boolean = calls(plan.nodeName.stripSuffix("WithObject"))
}
