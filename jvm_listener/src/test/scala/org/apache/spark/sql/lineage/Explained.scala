package org.apache.spark.sql.lineage

import org.apache.spark.sql.api.python.PythonSQLUtils

/** What `DataFrame.explain` of pyspark prints. */
object Explained {
  def apply(data: SparkLine.Data, mode: String): String = PythonSQLUtils.explainString(data.queryExecution, mode)
}
