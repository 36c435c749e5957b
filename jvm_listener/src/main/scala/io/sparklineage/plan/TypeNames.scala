package io.sparklineage.plan

import org.apache.spark.sql.types.DataType

/** Types as DDL, in lower case and not truncated: one name for one type, whoever has made it. */
object TypeNames {

  // A string that compares by its bytes is a string; where a client of Spark Connect names a type, Spark 4.2 says so.
  private val byBytes = " collate UTF8_BINARY(?![A-Za-z0-9_])".r

  def of(dataType: DataType): String = {
    val text = dataType.catalogString
    if (text.contains(" collate ")) byBytes.replaceAllIn(text, "") else text
  }
}
