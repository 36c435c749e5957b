package io.sparklineage.plan.expressions

import scala.util.Try

import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions._

/** Which conditions drop rows because columns are NULL. */
object NullRejection extends PredicateHelper {

  /** The parts of a condition joined by AND. */
  def parts(condition: Expression): Seq[Expression] = splitConjunctivePredicates(condition)

  /**
   * Whether the condition is never true where all of these attributes are NULL, whatever else the row holds.
   *
   * A condition that asks for NULL by name (`x IS NOT NULL`, `dropna`) is left out: who writes it knows of them.
   */
  def rejects(condition: Expression, isNull: Attribute => Boolean): Boolean = condition match {
    case _: IsNotNull | _: IsNull | Not(_: IsNull) | _: AtLeastNNonNulls => false
    case And(left, right) => rejects(left, isNull) || rejects(right, isNull)
    case Or(left, right) => rejects(left, isNull) && rejects(right, isNull)
    case c if c.references.exists(isNull) =>
      if (c.references.forall(isNull)) value(c).exists(v => v == null || v == false)
      else compared(c).exists(side =>
        side.references.nonEmpty && side.references.forall(isNull) && value(side).contains(null)
      )
    case _ => false
  }

  // These are NULL where one side is.
  private def compared(e: Expression): Seq[Expression] = e match {
    case _: EqualNullSafe => Nil
    case b: BinaryComparison => Seq(b.left, b.right)
    case Not(b: BinaryComparison) => compared(b)
    case In(v, _) => Seq(v)
    case _ => Nil
  }

  /** Over a row of NULLs; None where it cannot be computed here. As Spark's EliminateOuterJoin asks. */
  private def value(e: Expression): Option[Any] =
    if (!e.deterministic || e.exists(x => x.isInstanceOf[PlanExpression[_]] || x.isInstanceOf[PythonFuncExpression]))
      None
    else Try {
      val plain = e.transform { case r: RuntimeReplaceable => r.replacement }
      val attributes = plain.references.toSeq
      val bound = BindReferences.bindReference(plain, AttributeSeq(attributes))
      if (bound.exists(_.isInstanceOf[Unevaluable])) None
      else Some(bound.eval(InternalRow.fromSeq(attributes.map(_ => null))))
    }.toOption.flatten
}
