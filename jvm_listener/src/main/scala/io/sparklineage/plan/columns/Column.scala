package io.sparklineage.plan.columns

import io.sparklineage.model.Subtype
import io.sparklineage.plan.{BoundedText, SqlNames}

import org.apache.spark.sql.catalyst.expressions.ExprId

/**
 * A column where a step's plan ends. `dataset` is a DataFrame id or `source:<index>`, or [[EndColumn.Opaque]] for rows of
 * which no plan tells where they come from.
 */
final case class EndColumn(dataset: String, column: String)

object EndColumn {
  val Opaque = "opaque"
}

/** How an input column is used, as OpenLineage's column lineage facet has it. */
final case class Use(subtype: Subtype, masking: Boolean = false) {

  /** This use seen through one more operator. */
  def through(step: Use): Use =
    if (!step.subtype.direct) Use(step.subtype, masking || step.masking)
    else if (!subtype.direct) this
    else
      (subtype, step.subtype) match {
        case (Subtype.Aggregation, _) | (_, Subtype.Aggregation) => Use(Subtype.Aggregation, masking || step.masking)
        case (from, Subtype.Identity) => Use(from, masking || step.masking)
        case _ => Use(Subtype.Transformation, masking || step.masking)
      }
}

/**
 * What an attribute of the plan is in terms of the columns where the step's plan ends.
 *
 * @param text   SQL over those columns, bounded
 * @param inline what to write for it inside other expressions: the text, or its name where the text is long
 * @param parts  what a struct or an array was built of, by position: who takes a part of it uses that part only
 * @param oneOf  the columns of which it is one, row by row: those of the branches of a union
 */
final case class Column(
    text: String,
    inline: String,
    inputs: Column.Inputs,
    parts: PartialFunction[Int, Column] = PartialFunction.empty,
    oneOf: Seq[Column] = Nil
) {

  /** It is one input column as it came. */
  def isIdentity: Boolean = inputs.nonEmpty && inputs.forall { case (ref, uses) =>
    ref.dataset != EndColumn.Opaque && uses.forall(_ == Column.Whole)
  }
}

object Column {
  type Inputs = Map[EndColumn, Set[Use]]

  /** Columns by the id of their attribute, at one node of the plan. */
  type Env = Map[ExprId, Column]

  val Whole: Use = Use(Subtype.Identity)
  val NoInputs: Inputs = Map.empty

  /** Longer texts are cut. */
  val TextLimit = 4000

  /** Longer texts are not written into other expressions: a chain of steps stays linear. */
  val InlineLimit = 600

  def apply(name: String, text: String, inputs: Inputs): Column = {
    val inline = if (text.length <= InlineLimit) text else s"⟨${SqlNames.quoted(name)}⟩"
    new Column(BoundedText.bounded(text, TextLimit), inline, inputs)
  }

  def merged(parts: Iterable[Inputs]): Inputs = parts.foldLeft(NoInputs)(merged)

  def merged(a: Inputs, b: Inputs): Inputs =
    if (a.isEmpty) b
    else if (b.isEmpty || (a eq b)) a
    else b.foldLeft(a) { case (all, (ref, uses)) => all.updated(ref, all.getOrElse(ref, Set.empty[Use]) ++ uses) }

  /** The same inputs, used once more. */
  def through(inputs: Inputs, step: Use): Inputs = inputs.map { case (ref, uses) => ref -> uses.map(_.through(step)) }
}
