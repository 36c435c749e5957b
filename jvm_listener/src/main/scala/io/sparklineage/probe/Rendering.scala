package io.sparklineage.probe

import scala.util.Try

import org.apache.spark.sql.catalyst.expressions.{BoundReference, Expression, GenericInternalRow, ToPrettyString}

/** Values as text, as `Dataset.show` writes them, each at most `Rendering.MaxLength` characters long. */
final private[probe] class Rendering(layout: Layout) {
  private val expressions: Array[Expression] = layout.columns.zipWithIndex.map { case (column, i) =>
    ToPrettyString(BoundReference(i, column.dataType, nullable = true), Some(layout.timeZone))
  }

  def apply(row: Array[Any]): Array[String] = {
    val input = new GenericInternalRow(row)
    expressions.indices.map { i =>
      if (row(i) == null) null
      else Rendering.bounded(Try(expressions(i).eval(input).toString).getOrElse(String.valueOf(row(i))))
    }.toArray
  }
}

private[probe] object Rendering {
  val MaxLength = 256

  /** Cut between characters, never inside a surrogate pair. */
  def bounded(text: String): String =
    if (text.codePointCount(0, text.length) <= MaxLength) text
    else text.substring(0, text.offsetByCodePoints(0, MaxLength - 1)) + "\u2026"
}
