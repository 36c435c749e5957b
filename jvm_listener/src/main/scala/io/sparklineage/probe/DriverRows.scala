package io.sparklineage.probe

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation
import org.apache.spark.sql.internal.SQLConf

/** Rows that are in the plan itself are looked at where they stand, on the driver: no spark_job ever sees them. */
object DriverRows {

  /** More values than these would make planning wait. */
  private val MostValues = 200000L

  /** Measures all rows of a relation; false if they are too many, or no session is active. */
  def measure(spec: ProbeSpec, rows: LocalRelation): Boolean = {
    val values = rows.data.size.toLong * math.max(rows.output.size, 1)
    val context = SparkSession.getActiveSession.map(_.sparkContext)
    if (values > MostValues || context.isEmpty) false
    else {
      val layout = Layout(spec, rows.output, SQLConf.get.sessionLocalTimeZone)
      val measurement = new Measurement(spec, layout, context.get)
      val gauge = InterpretedRowProbe.all(measurement.handle, rows.data.iterator)
      gauge.exhausted()
      measurement.here(gauge.measures(0))
      true
    }
  }
}
