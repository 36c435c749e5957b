package io.sparklineage.probe

/**
 * What is known, while a query runs, of the rows that one scan has given. Lives on the driver: plans take it along to the
 * executors, where it is empty.
 */
final class ScanRead extends Serializable {
  @transient @volatile private var measured: Option[Measurement] = None

  private[probe] def begun(measurement: Measurement): Unit = measured = Some(measurement)

  /** None until all of its partitions were read to their end. */
  private[probe] def rows: Option[Long] = measured.flatMap(_.wholeRows)
}

/**
 * What a probe counts that does nothing else.
 *
 * @param scan   the scan that the rows come from
 * @param atScan the probe stands right above it
 */
final case class Counting(scan: ScanRead, atScan: Boolean) {
  private[probe] def begun(measurement: Measurement): Unit = if (atScan) scan.begun(measurement)

  /** None where there is nothing to tell: the number at the scan is told with the others. */
  private[probe] def read: Option[Long] = if (atScan) None else scan.rows
}
