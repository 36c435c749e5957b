package io.sparklineage.model

/** One fact seen on the JVM. What each one means, and its JSON, is in `spark_lineage/jvm/wire.schema.json`. */
sealed trait Observation

/** The Spark application started. `at` is in seconds since the epoch, as every time on the wire. */
final case class Application(
    appId: String,
    appName: String,
    sparkVersion: String,
    scalaVersion: String,
    javaVersion: String,
    master: String,
    at: Double
) extends Observation

/** Something that was not observed. `what` names the part of ours or of the program, `why` the reason. */
final case class Gap(what: String, why: String, dataset: Option[String] = None) extends Observation

/**
 * The plan between a marked DataFrame and the inputs of its step.
 *
 * @param covers what the hash covers beside the plan: `name@hash` of Python functions, `local@hash` of rows in the
 *               plan; `?` where it is not known; and `session time zone@zone`, which it does not cover, where it matters
 */
final case class Fragment(
    dataset: String,
    columns: Seq[FragmentColumn],
    planHash: String,
    operators: Seq[String],
    planText: String,
    deterministic: Boolean,
    nondeterminism: Seq[String],
    inputs: Seq[String],
    sources: Seq[Storage],
    opaque: Seq[String],
    definitions: Seq[ColumnDefinition],
    indirect: Seq[ColumnInput],
    sampleKey: Seq[String],
    covers: Seq[String] = Nil,
    rowOperators: Seq[RowOperator] = Nil,
    notes: Seq[ColumnNote] = Nil
) extends Observation

/** @param dataType the type as DDL, in lower case and not truncated (`TypeNames`) */
final case class FragmentColumn(name: String, dataType: String, nullable: Boolean)

/**
 * One operator of a fragment that decides which rows there are; what passes its rows on is left out.
 *
 * @param op       input, opaque, filter, join, union, aggregate, deduplicate, limit, sample, generate, set, other
 * @param children positions in `Fragment.rowOperators`; an operator stands after those it reads
 * @param kind     of joins, set operations and deduplications: which
 * @param text     readable condition
 * @param equi     a join that compares for equality
 * @param datasets what an input is: DataFrame ids, `source:<index>`
 * @param keys     names: grouping, deduplication keys
 * @param supplied output columns of the fragment (positions) that hold NULL where this outer join found nothing
 * @param undone   of filters: outer joins (positions) whose rows without a partner it drops, and by which condition
 * @param drops    of filters: input columns; a row where all of them are NULL is dropped, by which condition
 * @param clashes  of unions by position: what does not fit together
 * @param deciding what decides, over the columns of the inputs: one condition without a name, keys by their names, how many
 *                 rows a limit lets through; empty where it was not read
 */
final case class RowOperator(
    op: String,
    children: Seq[Int] = Nil,
    kind: Option[String] = None,
    text: Option[String] = None,
    equi: Boolean = false,
    datasets: Seq[String] = Nil,
    keys: Seq[String] = Nil,
    supplied: Seq[Int] = Nil,
    undone: Seq[Undone] = Nil,
    drops: Seq[Drop] = Nil,
    clashes: Seq[Clash] = Nil,
    deciding: Seq[ColumnDefinition] = Nil
)

final case class Undone(join: Int, text: String)

final case class Drop(text: String, columns: Seq[(String, String)])

/** At one position (from 0) of a union: name and type in the first branch and in another. */
final case class Clash(position: Int, name: String, dataType: String, otherName: String, otherType: String)

/**
 * A property of a column that its expression does not show reliably as text.
 *
 * @param kind   literal; cast (it may make NULL of a value); filled (0 in place of NULL); average (of an input
 *               column); average_of_filled
 * @param column of the output; of averages the name that the aggregate gives
 * @param text   readable
 * @param input  (dataset, column) that it is made from, where that is a column of an input
 */
final case class ColumnNote(kind: String, column: String, text: String, input: Option[(String, String)])

/**
 * How one output column comes from the input columns, as SQL for people.
 *
 * @param opaque it is made from rows that no plan tells the origin of, as those of an RDD; so it may have other inputs
 */
final case class ColumnDefinition(
    column: String,
    expression: String,
    inputs: Seq[ColumnInput],
    opaque: Boolean = false
)

/** An input column. `dataset` is the id of a marked DataFrame, or `source:<index into Fragment.sources>`. */
final case class ColumnInput(dataset: String, column: String, subtype: Subtype, masking: Boolean = false) {
  def kind: String = if (subtype.direct) "DIRECT" else "INDIRECT"
}

/** How an input column matters to an output column: the words of OpenLineage's column lineage facet. */
sealed abstract class Subtype(val name: String, val direct: Boolean)

object Subtype {
  case object Identity extends Subtype("IDENTITY", direct = true)
  case object Transformation extends Subtype("TRANSFORMATION", direct = true)
  case object Aggregation extends Subtype("AGGREGATION", direct = true)
  case object Join extends Subtype("JOIN", direct = false)
  case object Filter extends Subtype("FILTER", direct = false)
  case object GroupBy extends Subtype("GROUP_BY", direct = false)
  case object Sort extends Subtype("SORT", direct = false)
  case object Window extends Subtype("WINDOW", direct = false)
  case object Conditional extends Subtype("CONDITIONAL", direct = false)
}

/**
 * A dataset in storage, named by the OpenLineage naming rules. `columns` are (name, type as DDL), `files` what was
 * listed of its files (`plan.FileListing`), `part` which part of it was read or written; None: the whole. `rows` is what
 * its files state that they hold (`plan.StatedRows`), `withoutNulls` the columns of which they state that they have no NULL.
 */
final case class Storage(
    namespace: String,
    name: String,
    format: Option[String] = None,
    version: Option[String] = None,
    table: Option[String] = None,
    columns: Seq[(String, String)] = Nil,
    files: Option[String] = None,
    part: Option[String] = None,
    rows: Option[Long] = None,
    withoutNulls: Seq[String] = Nil
)

/** One measurement of a marked DataFrame; a later one with the same `instance` replaces the earlier. */
final case class Probed(
    dataset: String,
    instance: String,
    execution: Option[Long],
    rows: Option[Long],
    complete: Boolean,
    reason: Option[String],
    detail: Option[String],
    pushed: Seq[String],
    columns: Seq[ProbedColumn],
    fingerprint: Option[String],
    sample: Option[Sample],
    planHash: Option[String],
    answers: Seq[Answer] = Nil,
    read: Option[Long] = None,
    needless: Seq[NeedlessFilter] = Nil
) extends Observation

/** A pushed filter that has dropped no row if this column of these files (`Storage.files`) has no NULL. */
final case class NeedlessFilter(filter: String, namespace: String, name: String, files: String, column: String)

/** What a rule of the user wanted to know (see `probe.Question`): a count, 1 or 0 for true or false; or why not. */
final case class Answer(kind: String, arguments: Seq[String], value: Option[Long], reason: Option[String])

/** Facts of a column that flowed; the sketch and the number of NaN are there for float and double columns only. */
final case class ProbedColumn(
    name: String,
    dataType: String,
    nulls: Option[Long],
    fingerprint: Option[String],
    sketch: Option[Sketch] = None,
    nans: Option[Long] = None
)

/**
 * Tolerant sketch of a float column: sum, sum of squares, and a sum with signs taken from the rest of the row, where
 * all of that flowed.
 */
final case class Sketch(sum: Double, sumSquares: Double, signedSum: Option[Double])

/** The rows with the smallest hashes of the key columns; `counts(i)` is how often row i occurs. */
final case class Sample(key: Seq[String], columns: Seq[String], rows: Seq[Seq[Option[String]]], counts: Seq[Long])

/** One SQL execution, or one spark_job outside any, when it has ended. */
final case class ExecutionSeen(
    execution: Option[Long],
    op: Option[String],
    description: String,
    started: Double,
    ended: Option[Double],
    outcome: Outcome,
    error: Option[String],
    sparkJobs: Seq[Int],
    metrics: Seq[(String, Long)],
    sources: Seq[Storage],
    sinks: Seq[SinkDataset],
    changed: Option[ChangedRows] = None
) extends Observation

/**
 * How many rows of a table a command has changed, as the table's format counts them; None where it does not say.
 *
 * @param copied rows that were written again as they were
 */
final case class ChangedRows(
    inserted: Option[Long],
    updated: Option[Long],
    deleted: Option[Long],
    copied: Option[Long]
)

/** @param dataset the marked DataFrame whose rows were written */
final case class SinkDataset(storage: Storage, mode: String, dataset: Option[String])

sealed abstract class Outcome(val name: String)

object Outcome {
  case object Complete extends Outcome("complete")
  case object Fail extends Outcome("fail")
  case object Abort extends Outcome("abort")
  case object Running extends Outcome("running")
}
