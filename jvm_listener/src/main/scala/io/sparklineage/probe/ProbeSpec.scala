package io.sparklineage.probe

import io.sparklineage.model.NeedlessFilter

import org.apache.spark.sql.catalyst.expressions.ExprId

/**
 * One column of the boundary, in the order in which the user sees it.
 *
 * @param name
 *   as in the schema of the DataFrame; names may repeat
 * @param typeName
 *   as `TypeNames` has it
 * @param exprId
 *   of the attribute in the plan that is about to run; a column whose attribute is not in the output of the
 *   probe's child was pruned away and is not measured
 */
final case class ProbeColumn(name: String, typeName: String, exprId: ExprId)

/**
 * What one probe is to measure.
 *
 * @param ids
 *   the marked DataFrames whose rows these are (`d7`); one measurement is reported under each
 * @param columns
 *   the full output of the boundary, also those columns that do not flow; empty: count rows only
 * @param pushed
 *   SQL of the filters that now lie below the probe though they belong above it; not empty: rows were lost
 * @param limited
 *   a limit was pushed below, so that rows may be missing even if every partition was read to its end
 * @param sampleKey
 *   names of the columns whose hash chooses the sampled rows; empty: all columns that are not float or double
 * @param sampleRows
 *   how many rows to sample at most; 0: none
 * @param pushedOf
 *   as `pushed`, where it differs between the DataFrames that share this probe
 * @param questions
 *   what rules of the user want to know; most probes are asked nothing
 * @param mostKeys
 *   how many keys are compared at most to tell whether they are unique
 * @param needless
 *   of the pushed filters those that may have dropped no row
 * @param toTheEnd
 *   the mode promises every row: also those that a join above leaves unread are looked at, and where not all columns flow the
 *   rows have a fingerprint of those that do
 * @param counting
 *   this probe counts rows for a scan and does nothing else
 * @param above
 *   where several boundaries share a probe: so many of the projections below it belong above this one
 */
final case class ProbeSpec(
    ids: Seq[String],
    columns: Seq[ProbeColumn],
    pushed: Seq[String],
    limited: Boolean,
    sampleKey: Seq[String],
    sampleRows: Int,
    pushedOf: Map[String, Seq[String]] = Map.empty,
    questions: Seq[AnalyzedQuestion] = Nil,
    mostKeys: Int = 0,
    needless: Seq[NeedlessFilter] = Nil,
    toTheEnd: Boolean = false,
    counting: Option[Counting] = None,
    above: Int = 0
) {

  /** The filters pushed below that do not belong to this DataFrame; it may share the probe with its ancestor. */
  def pushedFor(id: String): Seq[String] = pushedOf.getOrElse(id, pushed)
}
