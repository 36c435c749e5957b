package io.sparklineage.probe

import scala.util.Try

import org.apache.spark.sql.catalyst.expressions.{Attribute, BoundReference, ExprId, XxHash64}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, ExprCode, FalseLiteral, JavaCode}
import org.apache.spark.sql.types._

/**
 * A column that flows through the probe.
 *
 * @param position
 *   in the boundary as the user sees it (`ProbeSpec.columns`)
 * @param ordinal
 *   in the rows that pass by
 * @param hashable
 *   whether Spark's `xxhash64` takes the type: maps and variants have no fingerprint
 */
final private[probe] case class MeasuredColumn(
    position: Int,
    ordinal: Int,
    name: String,
    typeName: String,
    dataType: DataType,
    nullable: Boolean,
    hashable: Boolean,
    exprId: ExprId
) {
  def floating: Boolean = dataType == FloatType || dataType == DoubleType
}

/**
 * What is measured and where it is kept: the same for all partitions of one probe.
 *
 * `columns` come in hashing order: those that are not float or double in the order of the boundary, then
 * those that are. So the running hash after the first group is the one that signs the float sketch.
 *
 * Slots in `Gauge.longs`: rows, row sum A, row sum B, then per column the sum of hashes and the number of
 * nulls, then per question what was counted and how often that failed, then per float column the number of NaN; in
 * `Gauge.doubles` per float column sum, sum of squares, signed sum.
 *
 * @param rowFingerprint
 *   its name: `row1`, or with the columns that it is over (`row1[1-3,7]`); None: there is none
 */
final private[probe] class Layout(
    val columns: Array[MeasuredColumn],
    val width: Int,
    val rowFingerprint: Option[String],
    val signed: Boolean,
    val key: Array[Int],
    val sampleRows: Int,
    val timeZone: String,
    val asked: Array[BoundQuestion] = Array.empty,
    val mostKeys: Int = 0
) extends Serializable {

  /** The columns before the first float or double one. */
  val exact: Int = columns.count(!_.floating)

  def sums(column: Int): Int = Layout.Columns + 2 * column
  def nulls(column: Int): Int = Layout.Columns + 2 * column + 1
  def sketch(column: Int): Int = 3 * (column - exact)
  def counted(question: Int): Int = Layout.Columns + 2 * columns.length + 2 * question
  def faults(question: Int): Int = counted(question) + 1
  def nans(column: Int): Int = counted(asked.length) + column - exact
  def newLongs(): Array[Long] = new Array[Long](nans(columns.length))
  def newDoubles(): Array[Double] = new Array[Double](3 * (columns.length - exact))
  def newSampler(): Sampler = new Sampler(sampleRows)

  /** Whether the sample key is the running hash of all columns that are not floats: then it costs nothing. */
  val keyIsPrefix: Boolean = key.sameElements(columns.indices.take(exact).filter(columns(_).hashable))

  /** Whether the sample key has to be hashed by itself. */
  def keyed: Boolean = sampling && !keyIsPrefix

  def sampling: Boolean = sampleRows > 0 && columns.exists(_.hashable)
}

private[probe] object Layout {
  val Rows = 0
  val RowA = 1
  val RowB = 2
  val Columns = 3

  def apply(spec: ProbeSpec, output: Seq[Attribute], timeZone: String): Layout = {
    val flowing = spec.columns.zipWithIndex.flatMap { case (column, position) =>
      val ordinal = output.indexWhere(_.exprId == column.exprId)
      if (ordinal < 0) None
      else {
        val attribute = output(ordinal)
        val dataType = attribute.dataType
        Some(
          MeasuredColumn(
            position,
            ordinal,
            column.name,
            column.typeName,
            dataType,
            attribute.nullable,
            hashable(dataType),
            column.exprId
          )
        )
      }
    }
    val (floats, others) = flowing.partition(_.floating)
    val columns = (others ++ floats).toArray
    val missing = spec.columns.indices.filterNot(flowing.map(_.position).toSet)
    // A pruned column of unknown hash would change the signs: then there is no signed sum.
    val signed = missing.forall(position => floatName(spec.columns(position).typeName))
    val asked = spec.questions.flatMap(BoundQuestion.of(_, columns.toSeq)).toArray
    new Layout(
      columns,
      spec.columns.length,
      rowFingerprintOf(spec, columns),
      signed,
      keyOf(spec, columns),
      spec.sampleRows,
      timeZone,
      asked,
      spec.mostKeys
    )
  }

  /**
   * Over all columns; where the mode promises every row, else over those that have a fingerprint, by their positions in the
   * boundary, from 1. A single one says nothing that its own fingerprint does not say.
   */
  private def rowFingerprintOf(spec: ProbeSpec, columns: Array[MeasuredColumn]): Option[String] = {
    val hashed = columns.filter(_.hashable).map(_.position + 1).sorted
    if (hashed.nonEmpty && hashed.length == spec.columns.length) Some("row1")
    else if (spec.toTheEnd && hashed.length > 1) Some(s"row1[${ranges(hashed.toSeq)}]")
    else None
  }

  /** `1-3,7` of ascending numbers. */
  private def ranges(numbers: Seq[Int]): String = {
    val known = numbers.toSet
    val starts = numbers.filterNot(number => known(number - 1))
    val ends = numbers.filterNot(number => known(number + 1))
    starts.zip(ends).map { case (first, last) => if (first == last) s"$first" else s"$first-$last" }.mkString(",")
  }

  /** Sample key as indices into `columns`; where none of the wanted columns flows, all that are not floats. */
  private def keyOf(spec: ProbeSpec, columns: Array[MeasuredColumn]): Array[Int] = {
    val hashed = columns.indices.filter(columns(_).hashable)
    val wanted = hashed.filter(i => spec.sampleKey.contains(columns(i).name))
    val exact = hashed.filterNot(columns(_).floating)
    Seq(wanted, exact, hashed).find(_.nonEmpty).getOrElse(Nil).toArray
  }

  private def floatName(typeName: String): Boolean = typeName == "float" || typeName == "double"

  /** Whether `xxhash64` takes a column of this type. Maps never: their order means nothing, their hash would. */
  def hashable(dataType: DataType): Boolean = ProbeCode.ByGauge.contains(dataType) || takes(dataType)

  /** Asks Spark's code generator, which takes longer than much else. */
  private def takes(dataType: DataType): Boolean =
    !holdsMap(dataType) && Try {
      val hash = XxHash64(Seq(BoundReference(0, dataType, nullable = false)), 42L)
      hash.checkInputDataTypes().isSuccess && {
        val ctx = new CodegenContext
        ctx.currentVars = Seq(ExprCode(FalseLiteral, JavaCode.variable("value", dataType)))
        hash.genCode(ctx).value != null
      }
    }.getOrElse(false)

  private def holdsMap(dataType: DataType): Boolean = dataType match {
    case _: MapType => true
    case array: ArrayType => holdsMap(array.elementType)
    case struct: StructType => struct.fields.exists(field => holdsMap(field.dataType))
    case other: UserDefinedType[_] => holdsMap(other.sqlType)
    case _ => false
  }
}
