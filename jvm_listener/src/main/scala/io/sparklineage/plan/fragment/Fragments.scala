package io.sparklineage.plan.fragment

import java.util.IdentityHashMap

import scala.collection.mutable

import io.sparklineage.Guard
import io.sparklineage.emit.Observations
import io.sparklineage.model._
import io.sparklineage.plan.{End, Reflected, SqlNames, StepPlan, TypeNames}
import io.sparklineage.plan.columns.{Column, ColumnLineage, EndColumn}
import io.sparklineage.plan.expressions.ExpressionWalk
import io.sparklineage.plan.rows.{RowShape, RowShapeBuilder}
import io.sparklineage.privacy.Redaction

import org.apache.spark.sql.catalyst.expressions.{
  Cast,
  Expression,
  Literal,
  PythonFuncExpression,
  TimeZoneAwareExpression
}
import org.apache.spark.sql.catalyst.plans.logical.{LocalRelation, LogicalPlan}
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.TimestampType

/** The plan of one step: what lies between a marked DataFrame and the marked DataFrames that it was made from. */
object Fragments {

  /** Beyond this many (output column, input column) pairs the column lineage of a fragment is cut, with a gap. */
  val MostInputs = 50000

  /**
   * The fragment of a marked DataFrame. Reads the plan and nothing else: no Spark job, no file, no catalog.
   *
   * @param id       the DataFrame's id
   * @param inputs   ids of the DataFrames of other steps that it was made from
   * @param analyzed its analyzed plan
   * @param idsOf    the marks on exactly that node
   * @param gap      told (what, why) of each thing that could not be read
   */
  def describe(
      id: String,
      inputs: Set[String],
      analyzed: LogicalPlan,
      idsOf: LogicalPlan => Seq[String],
      gap: (String, String) => Unit
  ): Fragment = new Description(id, analyzed, new StepPlan(inputs - id, idsOf), gap).fragment

  private val ZoneCover = "session time zone@"
  private val OfText = Set("csv", "json", "xml")

  /** As above; gaps go to the observations of this JVM. */
  def describe(id: String, inputs: Set[String], analyzed: LogicalPlan, idsOf: LogicalPlan => Seq[String]): Fragment =
    describe(id, inputs, analyzed, idsOf, (what, why) => Observations.gap(what, why, Some(id)))

  final private class Description(id: String, root: LogicalPlan, scope: StepPlan, gap: (String, String) => Unit) {
    private val nodes = scope.nodes(root)
    private val ends = nodes.flatMap(plan => scope.end(plan).map(plan -> _))
    private val sources = ends.collect { case (_, End.Stored(storages)) => storages }.flatten.distinct
    private val opaque = ends.collect { case (_, End.Opaque(name)) => name }
    private val leaves = new Leaves(ends, sources)
    private val lineage = new ColumnLineage(scope, leaves.origins, leaves.columnName)
    private val flow = lineage.of(root)
    private val reasons = Nondeterminism.reasons(nodes.filter(scope.end(_).isEmpty))
    private val operators = new OperatorText(scope)
    private lazy val shape =
      Guard.value("shape", RowShape.Unknown)(new RowShapeBuilder(scope, leaves.datasets, deciding).of(root))

    def fragment: Fragment = {
      opaque.filter(_.startsWith(StepPlan.Unrecognised)).distinct.foreach { name =>
        gap("plan", s"the plan reads from ${name.stripPrefix(StepPlan.Unrecognised)}, which is not known")
      }
      Fragment(
        dataset = id,
        columns = root.output.map(a => FragmentColumn(a.name, TypeNames.of(a.dataType), a.nullable)),
        planHash = new PlanHash(scope, leaves.position).of(root),
        operators = operators.lines(root),
        planText = operators.tree(root),
        deterministic = reasons.isEmpty,
        nondeterminism = reasons,
        inputs = ends.collect { case (_, End.Input(input)) => input }.distinct,
        sources = sources,
        opaque = opaque.map(_.replace(StepPlan.Unrecognised, "unrecognised ")).distinct,
        definitions = definitions,
        indirect = listed(told(flow.rows)._1),
        sampleKey = sampleKey,
        covers = covers,
        rowOperators = shape.operators,
        notes = shape.notes
      )
    }

    private def sampleKey: Seq[String] =
      if (SampleKey.isTooLarge(scope, root)) {
        gap("sample", SampleKey.TooLarge)
        SampleKey.withoutPassed(root)
      } else SampleKey.of(root, flow)

    // What the hash covers beside the plan: functions by their code, rows by their content.
    private def covers: Seq[String] = {
      val inner = nodes.filter(scope.end(_).isEmpty)
      val functions = inner.flatMap(_.expressions).flatMap(ExpressionWalk.nodes).collect {
        case p: PythonFuncExpression => PythonCode.named(p)
        case u if u.nodeName == "PythonUDTF" => udtf(u)
      }
      val rows = ends.collect { case (l: LocalRelation, _) => s"local@${LocalRowsHash.word(l).getOrElse("?")}" }
      val zones = inner.flatMap(_.expressions).flatMap(ExpressionWalk.nodes).flatMap(zone) ++ zonesOfReaders
      (functions ++ rows ++ zones).distinct
    }

    // Moments in text files are read in the zone of the session.
    private def zonesOfReaders: Seq[String] = ends.collect {
      case (read, End.Stored(storages))
          if storages.exists(_.format.exists(OfText)) && read.output.exists(_.dataType == TimestampType) =>
        ZoneCover + SQLConf.get.sessionLocalTimeZone
    }

    // The hash leaves out in which zone the session reads moments: it is no part of the program.
    private def zone(e: Expression): Option[String] = e match {
      case c: Cast => if (Cast.needsTimeZone(c.child.dataType, c.dataType)) c.timeZoneId.map(ZoneCover + _) else None
      case t: TimeZoneAwareExpression => t.timeZoneId.map(ZoneCover + _)
      // A moment that the program wrote as a text is another one in another zone, and looks the same in both.
      case l: Literal if l.dataType == TimestampType => Some(ZoneCover + SQLConf.get.sessionLocalTimeZone)
      case _ => None
    }

    private def udtf(u: Expression): String =
      Reflected.value(u, "func").fold(s"${u.prettyName}@?")(PythonCode.named(u.prettyName, _))

    private def definitions: Seq[ColumnDefinition] = {
      var left = MostInputs
      val all = root.output.map { a =>
        val column = ColumnLineage.at(flow, a)
        val (from, unknown) = told(column.inputs)
        val inputs = listed(from)
        val taken = inputs.take(left)
        left -= taken.length
        if (taken.length < inputs.length) cut = true
        ColumnDefinition(a.name, Redaction.named(a.name, column.text), taken, unknown)
      }
      if (cut) gap("column_lineage", s"more than $MostInputs pairs of output and input columns: the rest is left out")
      all
    }
    private var cut = false

    private def deciding(plan: LogicalPlan, name: String, e: Expression): ColumnDefinition = {
      val column = lineage.expression(plan, name, e)
      val (from, unknown) = told(column.inputs)
      ColumnDefinition(name, Redaction.named(name, column.text), listed(from), unknown)
    }

    /** The columns of datasets, and whether there are others, of which nobody knows where they come from. */
    private def told(inputs: Column.Inputs): (Column.Inputs, Boolean) = {
      val from = inputs.filter { case (ref, _) => ref.dataset != EndColumn.Opaque }
      (from, from.size < inputs.size)
    }

    private def listed(inputs: Column.Inputs): Seq[ColumnInput] =
      inputs.toSeq
        .flatMap { case (ref, uses) => uses.map(use => ColumnInput(ref.dataset, ref.column, use.subtype, use.masking)) }
        .sortBy(i => (i.dataset, i.column, i.kind, i.subtype.name, i.masking))
  }

  /** What the ends of a plan are called: in inputs, in expressions, in the hash. */
  final private class Leaves(ends: Seq[(LogicalPlan, End)], sources: Seq[Storage]) {
    private val indexOf = sources.zipWithIndex.toMap
    private val endOf = new IdentityHashMap[LogicalPlan, End]()
    ends.foreach { case (plan, end) => endOf.put(plan, end) }

    private val positions = mutable.LinkedHashMap.empty[Any, Int]
    ends.foreach { case (plan, end) => positions.getOrElseUpdate(identity(plan, end), positions.size) }

    private val occurrences = ends.zipWithIndex.map { case ((plan, _), i) => new Identity(plan) -> i }.toMap

    // Names that several datasets have need to say which one is meant.
    private val ambiguous: Set[String] =
      ends.flatMap { case (plan, end) => plan.output.map(a => a.name -> positions(identity(plan, end))) }.distinct
        .groupBy(_._1).collect { case (name, in) if in.lengthCompare(1) > 0 => name }.toSet

    def datasets(plan: LogicalPlan): Seq[String] = endOf.get(plan) match {
      case End.Input(id) => Seq(id)
      case End.Stored(storages) => storages.map(s => s"source:${indexOf(s)}")
      case _ => Nil
    }

    /** As above, with what stands for rows that Python or an RDD has made, or a leaf that is not known. */
    def origins(plan: LogicalPlan): Seq[String] = endOf.get(plan) match {
      case End.Opaque(name) if Set("rdd", "local", "cached")(name) || name.startsWith(StepPlan.Unrecognised) =>
        Seq(EndColumn.Opaque)
      case _ => datasets(plan)
    }

    /** Which dataset it is and which of the leaves: both sides of a self-join are told apart. */
    def position(plan: LogicalPlan): String =
      s"${occurrences(new Identity(plan))}/${positions(identity(plan, endOf.get(plan)))}"

    def columnName(plan: LogicalPlan, column: String): String =
      if (ambiguous(column)) s"${qualifier(endOf.get(plan))}.${SqlNames.quoted(column)}" else SqlNames.quoted(column)

    private def qualifier(end: End): String = end match {
      case End.Input(id) => id
      case End.Stored(storages) => SqlNames.quoted(storages.head.table.getOrElse(storages.head.name).split("[./]").last)
      case End.Opaque(name) => SqlNames.quoted(name)
    }

    // Two leaves of opaque rows are two datasets; two reads of one table are one.
    private def identity(plan: LogicalPlan, end: End): Any = end match {
      case End.Opaque(_) => new Identity(plan)
      case other => other
    }
  }

  final private class Identity(private val of: AnyRef) {
    override def equals(other: Any): Boolean = other match { case i: Identity => i.of eq of; case _ => false }
    override def hashCode: Int = System.identityHashCode(of)
  }
}
