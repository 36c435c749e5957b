package io.sparklineage

import scala.util.Try

/** Numbers that others have written down; Scala 2.12 has no method for it. */
object Numbers {
  def int(text: String): Option[Int] = Try(text.toInt).toOption

  def long(text: String): Option[Long] = Try(text.toLong).toOption
}
