package io.sparklineage.plan

import java.util.IdentityHashMap

import scala.collection.immutable.HashMap
import scala.collection.mutable

import io.sparklineage.model.Subtype

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._

/**
 * The columns at one node of a plan, and what decides which rows there are.
 *
 * `columns` may hold more than the node's output: what lies below and was not passed on.
 */
final case class Flow(columns: Column.Env, rows: Column.Inputs) {
  def and(other: Flow): Flow = Flow(columns ++ other.columns, Column.merged(rows, other.rows))
}

/**
 * Column lineage of the plan of one step: each node from those below, each object once.
 *
 * @param leafName how an input column is written in expressions
 * @param refs     the datasets that an end stands for
 */
final class Lineage(scope: Scope, refs: LogicalPlan => Seq[String], leafName: (LogicalPlan, String) => String) {
  private val done = new IdentityHashMap[LogicalPlan, Flow]()
  private val definitions = mutable.Map.empty[Long, (Seq[Attribute], Flow)] // CTEs and loops by their ids

  /** The columns of a plan that refers to nothing outside itself. */
  def of(plan: LogicalPlan): Flow = {
    scope.upwards(plan).foreach(flow(_, Map.empty))
    flow(plan, Map.empty)
  }

  private def flow(plan: LogicalPlan, outer: Column.Env): Flow = {
    val before = done.get(plan)
    if (before != null) before
    else {
      val flow = if (scope.end(plan).isDefined) atEnd(plan) else new Node(plan, outer).flow
      done.put(plan, flow)
      flow
    }
  }

  private def atEnd(plan: LogicalPlan): Flow = {
    val datasets = refs(plan)
    val columns = plan.output.map { a =>
      val inputs: Column.Inputs = datasets.map(d => Ref(d, a.name) -> Set(Column.Whole)).toMap
      a.exprId -> Column(a.name, leafName(plan, a.name), inputs)
    }
    Flow(HashMap.from(columns), Column.NoInputs)
  }

  /** One operator of the plan; `outer` are the columns of the query around a correlated subquery. */
  final private class Node(plan: LogicalPlan, outer: Column.Env) {

    private lazy val below: Flow =
      plan.children.map(Lineage.this.flow(_, outer)).reduceOption(_ and _).getOrElse(Lineage.Nothing)

    private lazy val parts = new Parts(column, definition("", _))
    private lazy val uses = new Uses(a => column(a).inputs, subqueryInputs, parts.of(_).map(_.inputs))
    private lazy val readable = new Readable(a => column(a).inline, subqueryText, parts.of(_).map(_.inline))

    def flow: Flow = operators.applyOrElse(plan, (_: LogicalPlan) => unknownOperator)

    private def operators: PartialFunction[LogicalPlan, Flow] = {
      case p: Project => defining(p.projectList)
      case a: Aggregate => defining(a.aggregateExpressions).decidedBy(rows(a.groupingExpressions, Subtype.GroupBy))
      case f: Filter => below.decidedBy(rows(Seq(f.condition), Subtype.Filter))
      case j: Join => below.decidedBy(rows(j.condition.toSeq, Subtype.Join))
      case j: LateralJoin => lateral(j)
      case w: Window => defining(w.windowExpressions)
      case g: Generate => generated(g)
      case e: Expand => expanded(e)
      case u: Union => union(u, u.children.map(Lineage.this.flow(_, outer)))
      case s: SetOperation => setOperation(s)
      case d: Distinct => below.decidedBy(rows(d.child.output, Subtype.GroupBy))
      case d: Deduplicate => below.decidedBy(rows(d.keys, Subtype.GroupBy))
      case d: DeduplicateWithinWatermark => below.decidedBy(rows(d.keys, Subtype.GroupBy))
      case s: Sort => below.decidedBy(rows(s.order, Subtype.Sort))
      case w: WithCTE => withCTE(w)
      case d: CTERelationDef => define(d.id, d.child)
      case r: CTERelationRef => reference(r.cteId, r.output)
      case loop if loop.nodeName == "UnionLoop" => unionLoop(loop)
      case ref if ref.nodeName == "UnionLoopRef" => reference(Lineage.longOf(ref), ref.output)
      case _: SubqueryAlias | _: View | _: Subquery | _: GlobalLimit | _: LocalLimit | _: Offset | _: Tail | _: Sample |
          _: RepartitionOperation | _: ResolvedHint | _: ReturnAnswer | _: RebalancePartitions =>
        renumbered
      case f: TypedFilter => below.decidedBy(rows(Seq(f.deserializer), Subtype.Filter))
    }

    private def column(a: Attribute): Column =
      below.columns.get(a.exprId).orElse(outer.get(a.exprId)).getOrElse(Column(
        a.name,
        Names.quoted(a.name),
        Column.NoInputs
      ))

    private def rows(expressions: Seq[Expression], subtype: Subtype): Column.Inputs =
      uses.indirect(expressions, subtype)

    private def definition(name: String, e: Expression): Column = bare(e) match {
      case a: Attribute => column(a)
      case taken if parts.of(taken).isDefined => parts.of(taken).get
      case _ => Column(name, readable(e), uses(e)).copy(parts = parts.within(e))
    }

    private def bare(e: Expression): Expression = e match {
      case a: Alias => a.child
      case other => other
    }

    // An attribute that only passes keeps its column: nothing to add.
    private def defining(list: Seq[NamedExpression]): Flow = {
      val made = list.collect { case e if !e.isInstanceOf[AttributeReference] => e.exprId -> definition(e.name, e) }
      Flow(below.columns ++ made, below.rows)
    }

    private def lateral(j: LateralJoin): Flow = {
      val left = Lineage.this.flow(j.left, outer)
      val right = Lineage.this.flow(j.right.plan, outer ++ left.columns)
      val both = left.and(right)
      val uses = new Uses(a => both.columns.get(a.exprId).fold(Column.NoInputs)(_.inputs), subqueryInputs, _ => None)
      both.decidedBy(uses.indirect(j.condition.toSeq, Subtype.Join))
    }

    private def generated(g: Generate): Flow = g.generator match {
      case s: Stack => stacked(g, s)
      case _ => exploded(g)
    }

    // As many rows of each as the program says: nothing decides.
    private def stacked(g: Generate, s: Stack): Flow = {
      val width = g.generatorOutput.length
      val rows = s.children.tail.grouped(width).map(_.map(definition("", _))).toSeq
      positions(g.generatorOutput, rows, below.rows)
    }

    private def exploded(g: Generate): Flow = {
      val written = readable(g.generator)
      val call = if (g.outer) Lineage.outer(written) else written
      val inputs = Column.through(uses(g.generator), Use(Subtype.Transformation))
      val single = g.generatorOutput.length == 1
      val made = g.generatorOutput.map { a =>
        a.exprId -> Column(a.name, if (single) call else s"$call.${Names.quoted(a.name)}", inputs)
      }
      // A generator makes several rows of one, or none.
      Flow(below.columns ++ made, Column.merged(below.rows, Column.through(inputs, Use(Subtype.Filter))))
    }

    private def expanded(e: Expand): Flow = {
      val flow = positions(e.output, e.projections.map(_.map(definition("", _))), below.rows)
      val ids = e.output.filter(_.name == VirtualColumn.groupingIdName)
      Flow(
        flow.columns ++ ids.map(a => a.exprId -> Column(a.name, "grouping_id()", Lineage.at(flow, a).inputs)),
        flow.rows
      )
    }

    /** Each output column is one of several by position: of the branches of a union, of the rows of an expand. */
    private def positions(output: Seq[Attribute], branches: Seq[Seq[Column]], rows: Column.Inputs): Flow = {
      val made = output.zipWithIndex.map { case (a, i) =>
        a.exprId -> Lineage.oneOf(a.name, branches.flatMap(_.lift(i)))
      }
      Flow(below.columns ++ made, rows)
    }

    private def union(u: LogicalPlan, branches: Seq[Flow]): Flow = {
      val columns = u.children.zip(branches).map { case (child, flow) => child.output.map(a => Lineage.at(flow, a)) }
      positions(u.output, columns, Column.merged(branches.map(_.rows)))
    }

    private def setOperation(s: SetOperation): Flow = {
      val (left, right) = (Lineage.this.flow(s.left, outer), Lineage.this.flow(s.right, outer))
      val compared = s.left.output.map(Lineage.at(left, _)) ++ s.right.output.map(Lineage.at(right, _))
      val deciding = Column.through(Column.merged(compared.map(_.inputs)), Use(Subtype.Filter))
      Flow(left.columns, Column.merged(Seq(left.rows, right.rows, deciding)))
    }

    private def withCTE(w: WithCTE): Flow = {
      w.cteDefs.foreach(Lineage.this.flow(_, outer))
      Lineage.this.flow(w.plan, outer)
    }

    private def define(id: Long, child: LogicalPlan): Flow = {
      val flow = Lineage.this.flow(child, outer)
      definitions(id) = (child.output, flow)
      flow
    }

    private def reference(id: Long, output: Seq[Attribute]): Flow = definitions.get(id) match {
      case Some((from, flow)) =>
        Flow(HashMap.from(output.zip(from).map { case (a, b) => a.exprId -> Lineage.at(flow, b) }), flow.rows)
      case None => Lineage.Nothing
    }

    // The recursion refers to the loop itself: what it finds there comes from the anchor.
    private def unionLoop(loop: LogicalPlan): Flow = {
      val anchor = define(Lineage.longOf(loop), loop.children.head)
      union(loop, anchor +: loop.children.tail.map(Lineage.this.flow(_, outer)))
    }

    /** Operators whose output is their child's; some give new ids to it. */
    private def renumbered: Flow = {
      val child = plan.children.head
      val fresh = plan.output.zip(child.output).filter { case (a, b) => a.exprId != b.exprId }
      if (fresh.isEmpty) below
      else Flow(below.columns ++ fresh.map { case (a, b) => a.exprId -> Lineage.at(below, b) }, below.rows)
    }

    /** New columns come from whatever the operator refers to; the others pass. */
    private def unknownOperator: Flow = {
      val fresh = plan.output.filterNot(a => below.columns.contains(a.exprId))
      val available = plan.children.flatMap(_.output)
      val referred = available.filter(plan.references.contains)
      val from = if (referred.nonEmpty) referred else available
      val direct = Column.through(Column.merged(from.map(a => column(a).inputs)), Use(Subtype.Transformation))
      val call = s"${functionName}(${Text.listed(from.map(column(_).inline).distinct, 10)(identity)})"
      val made = fresh.map(a => a.exprId -> Column(a.name, call, direct))
      Flow(below.columns ++ made, Column.merged(below.rows, deciding(from)))
    }

    private def functionName: String =
      plan.expressions.collectFirst { case p: PythonFuncExpression => Names.quoted(p.name) }.getOrElse(plan.nodeName)

    // User code over whole partitions or groups decides by itself which rows it gives.
    private def deciding(from: Seq[Attribute]): Column.Inputs =
      if (Lineage.keepsRows(plan)) Column.NoInputs
      else Column.merged(rows(groupingOf, Subtype.GroupBy), rows(from, Subtype.Filter))

    private def groupingOf: Seq[Attribute] =
      if (plan.nodeName.contains("CoGroup")) cogroupingOf
      else
        plan.productIterator.collectFirst { case s: Seq[_] if s.nonEmpty && s.forall(_.isInstanceOf[Attribute]) => s }
          .filter(_ => plan.nodeName.contains("Group"))
          .fold(Seq.empty[Attribute])(_.collect { case a: Attribute => a })

    // The first so many columns of either side.
    private def cogroupingOf: Seq[Attribute] = {
      val lengths = plan.productIterator.collect { case n: Int => n }.toSeq
      plan.children.zip(lengths).flatMap { case (child, n) => child.output.take(n) }
    }

    private def visible: Column.Env = if (outer.isEmpty) below.columns else outer ++ below.columns

    private def subqueryInputs(sub: LogicalPlan): Column.Inputs = {
      val flow = Lineage.this.flow(sub, visible)
      Column.merged(sub.output.headOption.fold(Column.NoInputs)(Lineage.at(flow, _).inputs), flow.rows)
    }

    private def subqueryText(sub: LogicalPlan): String = {
      val flow = Lineage.this.flow(sub, visible)
      s"SELECT ${sub.output.headOption.fold("1")(Lineage.at(flow, _).inline)}"
    }
  }

  implicit private class Deciding(flow: Flow) {
    def decidedBy(rows: Column.Inputs): Flow = Flow(flow.columns, Column.merged(flow.rows, rows))
  }
}

object Lineage {
  private[plan] val Nothing = Flow(HashMap.empty, Column.NoInputs)

  /** The column that an attribute is at a node; an attribute from nowhere is itself. */
  def at(flow: Flow, a: Attribute): Column =
    flow.columns.getOrElse(a.exprId, Column(a.name, Names.quoted(a.name), Column.NoInputs))

  private def oneOf(name: String, columns: Seq[Column]): Column = {
    val texts = columns.map(_.inline).distinct
    val text = if (texts.lengthCompare(1) == 0) columns.head.text else s"one_of(${Text.listed(texts, 10)(identity)})"
    Column(name, text, Column.merged(columns.map(_.inputs)))
  }

  // LATERAL VIEW OUTER and explode_outer are one operator.
  private def outer(call: String): String = call.replaceFirst("^(explode|posexplode|inline)\\(", "$1_outer(")

  private def longOf(plan: LogicalPlan): Long =
    plan.productIterator.collectFirst { case id: Long => id }.getOrElse(-1L)

  private val rowByRow = Set(
    "BatchEvalPython",
    "ArrowEvalPython",
    "SerializeFromObject",
    "DeserializeToObject",
    "MapElements",
    "AppendColumns",
    "AppendColumnsWithObject",
    "AttachDistributedSequence",
    "EventTimeWatermark",
    "UpdateEventTimeWatermarkColumn",
    "CollectMetrics"
  )

  private def keepsRows(plan: LogicalPlan): Boolean = rowByRow(plan.nodeName)
}
