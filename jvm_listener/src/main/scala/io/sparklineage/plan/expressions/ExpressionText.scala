package io.sparklineage.plan.expressions

import io.sparklineage.plan.{BoundedText, SqlNames}
import io.sparklineage.plan.columns.Column

import scala.util.control.NonFatal

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.lineage.SparkInternals
import org.apache.spark.sql.types._

/**
 * Expressions as SQL for people.
 *
 * Spark's own `Expression.sql` writes each operator; this writes what stands inside: input columns by what
 * `attribute` says, functions of the user by their names, casts only where the user wrote them.
 *
 * @param attribute what to write for an attribute
 * @param subquery  what to write for the plan of a subquery
 * @param part      what to write for what an expression takes out of a struct or an array, where its parts are known
 */
final class ExpressionText(
    attribute: Attribute => String,
    subquery: LogicalPlan => String,
    part: Expression => Option[String]
) {

  def apply(expression: Expression): String = BoundedText.bounded(sql(expression), Column.TextLimit)

  // Expressions that programs build in loops can be deeper than the stack.
  private def sql(expression: Expression): String =
    if (depth >= ExpressionText.MostDepth) "…"
    else {
      depth += 1
      try special(expression)
      finally depth -= 1
    }
  private var depth = 0

  private def special(expression: Expression): String = expression match {
    case a: Attribute => attribute(a)
    case o: OuterReference => sql(o.e)
    case a: Alias => sql(a.child)
    case l: Literal => ExpressionText.literal(l)
    case e if ExpressionText.transparent(e) => sql(e.children.head)
    case c: Cast if c.getTagValue(Cast.USER_SPECIFIED_CAST).isEmpty => sql(c.child)
    case v: NamedLambdaVariable => ExpressionText.lambdaName(v.name)
    case f: LambdaFunction => s"${f.arguments.map(sql).mkString("(", ", ", ")")} -> ${sql(f.function)}"
    case s: SortOrder => s"${sql(s.child)} ${s.direction.sql}"
    case g: GetStructField => part(g).getOrElse(s"${sql(g.child)}.${SqlNames.quoted(g.extractFieldName)}")
    case g: GetArrayStructFields => s"${sql(g.child)}.${SqlNames.quoted(g.field.name)}"
    case g: GetArrayItem if part(g).isDefined => part(g).get
    case u: UpdateFields => updated(u)
    case CommonExpressions.With(definitions, child) => common(definitions)(sql(child))
    case CommonExpressions.Ref(id) => defined.getOrElse(id, "…")
    case s: ScalarSubquery => s"(${subquery(s.plan)})"
    case e: Exists => s"EXISTS (${subquery(e.plan)})"
    case q: ListQuery => subquery(q.plan)
    case i: InSubquery => s"(${i.values.map(sql).mkString(", ")} IN (${sql(i.query)}))"
    case p: PlanExpression[_] =>
      s"${p.prettyName}(${p.plan match { case l: LogicalPlan => subquery(l); case _ => "" }})"
    case other => function(other)
  }

  private def function(expression: Expression): String = expression match {
    case p: PythonFuncExpression => call(SqlNames.quoted(p.name), p.asInstanceOf[Expression].children)
    case s: ScalaUDF => call(s.udfName.getOrElse("udf"), s.children)
    case u: UserDefinedExpression => call(u.name, u.asInstanceOf[Expression].children)
    case a: AggregateExpression => a.filter.fold(aggregate(a))(f => s"${aggregate(a)} FILTER (WHERE ${sql(f)})")
    case w: WindowExpression => s"${sql(w.windowFunction)} OVER (${window(w.windowFunction, w.windowSpec)})"
    case r: RankLike => s"${r.prettyName}()"
    case other => operator(other)
  }

  private def aggregate(a: AggregateExpression): String = {
    val function = a.aggregateFunction
    val arguments = shown(function).map(sql).mkString(if (a.isDistinct) "DISTINCT " else "", ", ", "")
    if (ExpressionText.countsAll(function)) "count(*)" else s"${nameOf(function)}($arguments)"
  }

  private def operator(expression: Expression): String = expression match {
    case r: InheritAnalysisRules => r.makeSQLString(r.parameters.map(sql))
    case b: BinaryOperator => s"(${sql(b.left)} ${b.sqlOperator} ${sql(b.right)})"
    // Spark 3.5 and 4 write it in two ways.
    case minus: UnaryMinus => s"(- ${sql(minus.child)})"
    case n: CreateNamedStruct =>
      n.names.zip(n.valExprs).map { case (k, v) => s"${sql(v)} AS ${MadeUpNames.steady(s"$k")}" }.mkString(
        "struct(",
        ", ",
        ")"
      )
    // Spark leaves out how many: `dropna(how=...)` and `dropna(thresh=...)` differ in nothing else.
    case a: AtLeastNNonNulls => s"${a.prettyName}(${a.n}, ${BoundedText.listed(a.children)(sql)})"
    case leaf if leaf.children.isEmpty => leaf.sql
    case other => bySpark(other)
  }

  private def updated(u: UpdateFields): String = {
    val changes = u.fieldOps.map {
      case WithField(name, value) => s"${SqlNames.quoted(name)} = ${sql(value)}"
      case DropField(name) => s"drop ${SqlNames.quoted(name)}"
      case other => other.toString
    }
    s"update_fields(${(sql(u.structExpr) +: changes).mkString(", ")})"
  }

  private def common(definitions: Seq[(Any, Expression)])(child: => String): String = {
    val before = defined
    definitions.foreach { case (id, e) => defined = defined.updated(id, sql(e)) }
    try child
    finally defined = before
  }
  private var defined = Map.empty[Any, String]

  // Spark writes the operator around children that write themselves.
  private def bySpark(e: Expression): String =
    try e.withNewChildren(e.children.map(written)).sql
    catch { case NonFatal(_) => call(e.prettyName, e.children) }

  private def written(child: Expression): Expression =
    if (child.resolved) PrettyAttribute(sql(child), child.dataType) else PrettyAttribute(sql(child), NullType)

  private def call(name: String, arguments: Seq[Expression]): String =
    s"$name(${BoundedText.listed(arguments)(sql)})"

  private def shown(function: Expression): Seq[Expression] = function match {
    case r: InheritAnalysisRules => r.parameters
    case f => f.children.filterNot(c => c.isInstanceOf[Literal] && ExpressionText.hiddenArgument(f, c))
  }

  private def nameOf(function: Expression): String = function match {
    case p: PythonFuncExpression => SqlNames.quoted(p.name)
    case u: UserDefinedExpression => u.name
    case f => f.prettyName
  }

  private def window(function: Expression, spec: WindowSpecDefinition): String = {
    val partition = if (spec.partitionSpec.isEmpty) None else Some(s"PARTITION BY ${listed(spec.partitionSpec)}")
    val order = if (spec.orderSpec.isEmpty) None else Some(s"ORDER BY ${listed(spec.orderSpec)}")
    (partition ++ order ++ frame(function, spec)).mkString(" ")
  }

  private def listed(items: Seq[Expression]): String = BoundedText.listed(items)(sql)

  // Only a frame that the user chose.
  private def frame(function: Expression, spec: WindowSpecDefinition): Option[String] = spec.frameSpecification match {
    case f: SpecifiedWindowFrame if !ExpressionText.isDefault(f, function, spec) =>
      Some(s"${f.frameType.sql} BETWEEN ${bound(f.lower)} AND ${bound(f.upper)}")
    case _ => None
  }

  private def bound(e: Expression): String = e match {
    case Literal(n: Int, _) => bound(n.toLong)
    case Literal(n: Long, _) => bound(n)
    case special: SpecialFrameBoundary => special.sql
    case UnaryMinus(child, _) => s"${sql(child)} PRECEDING"
    case other => s"${sql(other)} FOLLOWING"
  }

  private def bound(offset: Long): String = if (offset < 0) s"${-offset} PRECEDING" else s"$offset FOLLOWING"
}

object ExpressionText {
  private val MostDepth = 100

  /** Over the names of the attributes themselves: for one operator of a plan. */
  val byName: ExpressionText = new ExpressionText(a => SqlNames.quoted(a.name), _ => "subquery", _ => None)

  // They say something about the value to the optimizer, and leave it as it is; or cast it to the type that it has, as
  // Spark does with each column of a view.
  private[plan] def transparent(e: Expression): Boolean = e.children.length == 1 && (e match {
    case _: KnownNullable | _: KnownNotNull | _: KnownFloatingPointNormalized => true
    case c: Cast => c.child.resolved && SparkInternals.sameType(c.child.dataType, c.dataType)
    case _ => false
  })

  private[plan] def literal(l: Literal): String = (l.value, l.dataType) match {
    case (null, _) => "NULL"
    case (v, _: StringType) => BoundedText.bounded("'" + v.toString.replace("'", "\\'") + "'", 200)
    case (v, ByteType | ShortType | IntegerType | LongType | FloatType | DoubleType | BooleanType) => v.toString
    case (v, _: DecimalType) => v.toString
    case _ => BoundedText.bounded(l.sql, 200)
  }

  // pyspark and Scala number the variables of their lambdas from one counter for the whole program.
  private[plan] def lambdaName(name: String): String = name.replaceFirst("_\\d+$", "")

  private def countsAll(e: Expression): Boolean =
    e.prettyName == "count" && e.children.nonEmpty && e.children.forall {
      case l: Literal => l.value != null
      case _ => false
    }

  // first(x, false), collect_list(x, 0, 0) and their like: defaults that nobody wrote.
  private def hiddenArgument(function: Expression, argument: Expression): Boolean =
    Set("first", "last", "any_value").contains(function.prettyName) && argument == Literal(false)

  private def isDefault(frame: SpecifiedWindowFrame, function: Expression, spec: WindowSpecDefinition): Boolean =
    function match {
      case _: NthValue => frame == usualFrame(spec)
      case _: FrameLessOffsetWindowFunction | _: AggregateWindowFunction => true
      case _ => frame == usualFrame(spec)
    }

  private def usualFrame(spec: WindowSpecDefinition): SpecifiedWindowFrame =
    if (spec.orderSpec.isEmpty) SpecifiedWindowFrame(RowFrame, UnboundedPreceding, UnboundedFollowing)
    else SpecifiedWindowFrame(RangeFrame, UnboundedPreceding, CurrentRow)
}
