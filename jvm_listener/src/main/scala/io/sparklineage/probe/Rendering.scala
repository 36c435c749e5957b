package io.sparklineage.probe

import scala.util.Try

import org.apache.spark.sql.catalyst.expressions.{BoundReference, Expression, GenericInternalRow, ToPrettyString}

/** Values as text, as `Dataset.show` writes them, each at most `Rendering.MaxLength` characters long. */
final private[probe] class Rendering(layout: Layout) {
  private val expressions: Array[Expression] = Array.tabulate(layout.columns.length) { i =>
    ToPrettyString(BoundReference(i, layout.columns(i).dataType, nullable = true), Some(layout.timeZone))
  }

  def apply(row: Array[Any]): Array[String] = {
    val input = new GenericInternalRow(row)
    val texts = new Array[String](row.length)
    var i = 0
    while (i < texts.length) {
      if (row(i) != null) texts(i) = Rendering.bounded(text(i, input))
      i += 1
    }
    texts
  }

  private def text(i: Int, row: GenericInternalRow): String =
    Try(expressions(i).eval(row).toString).getOrElse(String.valueOf(row.values(i)))
}

private[probe] object Rendering {
  val MaxLength = 256

  /** Cut between characters, never inside a surrogate pair. */
  def bounded(text: String): String =
    if (text.codePointCount(0, text.length) <= MaxLength) text
    else text.substring(0, text.offsetByCodePoints(0, MaxLength - 1)) + "\u2026"
}
