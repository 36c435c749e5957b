package io.sparklineage.boundary

import scala.util.control.NonFatal

import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute
import org.apache.spark.sql.catalyst.expressions.{Left => _, Right => _, _}
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenFallback
import org.apache.spark.sql.catalyst.plans.logical.{LocalRelation, LogicalPlan, Project}
import org.apache.spark.sql.lineage.SparkLine
import org.apache.spark.sql.types._

import io.sparklineage.probe.{AnalyzedQuestion, Question}
import io.sparklineage.plan.{BoundedText, TypeNames}

/**
 * Questions of rules become expressions over the columns of a boundary.
 *
 * @param columns of the boundary, in order, with the attribute of each that flows
 */
final class QuestionAnalysis(session: SparkLine.Session, columns: Seq[(String, Option[Attribute])]) {

  def pose(question: Question): AnalyzedQuestion = AnalyzedQuestion(
    question,
    try question.kind match {
        case Question.Violations => condition(question.arguments.head)
        case Question.Unique => keys(question.arguments)
        case other => Left(s"there is no question $other")
      }
    catch { case NonFatal(error) => Left(BoundedText.bounded(firstLine(error), 300)) }
  )

  private def firstLine(error: Throwable): String =
    Option(error.getMessage).fold(error.getClass.getSimpleName)(_.linesIterator.take(1).mkString)

  // --- violations

  private def condition(sql: String): Either[String, Seq[Expression]] = {
    val parsed = session.sessionState.sqlParser.parseExpression(sql)
    unflowing(parsed).headOption.map(pruned).toLeft(()).flatMap(_ => analyzed(parsed)).flatMap(usable)
  }

  /** Columns of the boundary that the condition names and that do not flow. */
  private def unflowing(parsed: Expression): Seq[String] = parsed.collect {
    case u: UnresolvedAttribute => u.nameParts.head
  }.filter(name => columns.exists(c => same(c._1, name) && c._2.isEmpty))

  private def same(a: String, b: String): Boolean = session.sessionState.conf.resolver(a, b)

  private def pruned(name: String): String = s"column $name does not flow: nothing reads it"

  private def analyzed(parsed: Expression): Either[String, Expression] = {
    val attributes = columns.collect { case (name, Some(a)) =>
      AttributeReference(name, a.dataType, a.nullable)(a.exprId)
    }
    val analyzer = session.sessionState.analyzer
    val plan: LogicalPlan = analyzer.execute(Project(Seq(Alias(parsed, "asked")()), LocalRelation(attributes)))
    analyzer.checkAnalysis(plan)
    plan match {
      case Project(Seq(Alias(e, _)), _: LocalRelation) => Right(e)
      case _ => Left("it cannot be evaluated row by row")
    }
  }

  private def usable(condition: Expression): Either[String, Seq[Expression]] = {
    val plain = condition.transformUp { case r: RuntimeReplaceable => r.replacement }
    if (plain.dataType != BooleanType) Left(s"it is no condition but a ${TypeNames.of(plain.dataType)}")
    else if (!plain.deterministic || plain.exists(unusable)) Left("it cannot be evaluated row by row")
    else Right(Seq(plain))
  }

  private def unusable(e: Expression): Boolean = e match {
    case _: AttributeReference => false
    case _: PlanExpression[_] | _: AggregateExpression | _: WindowExpression | _: Generator | _: CodegenFallback |
        _: Unevaluable => true
    case _ => false
  }

  // --- unique

  private def keys(names: Seq[String]): Either[String, Seq[Expression]] = {
    val found = names.map(name => name -> columns.filter(c => same(c._1, name)))
    found.collectFirst {
      case (name, Seq()) => s"there is no column $name"
      case (name, several) if several.length > 1 => s"several columns are called $name"
      case (name, Seq((_, None))) => pruned(name)
      case (name, Seq((_, Some(a)))) if !simple(a.dataType) =>
        s"$name is a ${a.dataType.simpleString}: its values have no exact hash"
    }.toLeft {
      val attributes = found.flatMap(_._2.flatMap(_._2))
      val present = attributes.map(a => (IsNotNull(a): Expression)).reduce((a, b) => And(a, b))
      Seq(present, XxHash64(attributes, 42L), XxHash64(attributes, 0x9e3779b97f4a7c15L))
    }
  }

  // In nested values NULLs leave no trace in Spark's hash.
  private def simple(dataType: DataType): Boolean = dataType match {
    case _: NumericType | _: StringType | BinaryType | BooleanType | DateType | TimestampType | TimestampNTZType => true
    case _ => false
  }
}
