package io.sparklineage.probe

import org.apache.spark.sql.catalyst.expressions.{Attribute, BoundReference, Expression}

/**
 * What a rule of the user wants to know of every row.
 *
 * @param kind      `violations` (arguments: a condition in SQL), `unique` (arguments: names of columns)
 * @param arguments as the user wrote them
 */
final case class Question(kind: String, arguments: Seq[String])

object Question {
  val Violations = "violations"
  val Unique = "unique"
}

/**
 * A question about the columns of one boundary.
 *
 * @param expressions over its attributes. Of `violations`: the condition. Of `unique`: whether the row has a key, two
 *                    hashes of the key. Left: why it cannot be asked here
 */
final case class AnalyzedQuestion(question: Question, expressions: Either[String, Seq[Expression]])

/**
 * A question about the rows that pass by.
 *
 * @param columns     those it needs, as indices into `Layout.columns`
 * @param expressions over these: `BoundReference(n)` is `columns(n)`
 */
final private[probe] case class BoundQuestion(question: Question, columns: Array[Int], expressions: Seq[Expression]) {
  def unique: Boolean = question.kind == Question.Unique
}

private[probe] object BoundQuestion {

  /** None where a column does not flow. */
  def of(posed: AnalyzedQuestion, layout: Seq[MeasuredColumn]): Option[BoundQuestion] =
    posed.expressions.toOption.flatMap { expressions =>
      val attributes = expressions.flatMap(_.references).distinct
      val columns = attributes.map(a => layout.indexWhere(_.exprId == a.exprId))
      if (columns.contains(-1)) None
      else {
        def bound(e: Expression) = e.transform { case a: Attribute =>
          val n = attributes.indexWhere(_.exprId == a.exprId)
          val column = layout(columns(n))
          BoundReference(n, column.dataType, column.nullable)
        }
        Some(BoundQuestion(posed.question, columns.toArray, expressions.map(bound)))
      }
    }
}
