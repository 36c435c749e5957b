package io.sparklineage.plan.changes

import io.sparklineage.plan.Reflected

import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation

/** Which version of a Delta table a command has made. No plan says it; the table's log in memory does. */
object DeltaVersions {
  private val before = TreeNodeTag[Long]("spark.lineage.version.before")

  /** Notes where the log stands. To be called on the thread that is about to run the command. */
  def begin(command: LogicalPlan): Unit = version(command).foreach(command.setTagValue(before, _))

  /**
   * The version that a command has made which ended without an error. None where the log has not moved by exactly one
   * since the command began: whose of several commits is this one's, nobody says.
   */
  def made(command: LogicalPlan): Option[String] =
    for (from <- command.getTagValue(before); to <- version(command) if to == from + 1) yield to.toString

  // Read from memory: nothing is loaded for it that the command's own plan has not loaded.
  private def version(command: LogicalPlan): Option[Long] =
    log(command).flatMap(Reflected.path(_, "unsafeVolatileSnapshot", "version")).collect { case v: Long => v }

  private def log(command: LogicalPlan): Option[Any] = command match {
    case w: V2WriteCommand => w.table match {
        case d: DataSourceV2Relation if d.table.getClass.getSimpleName == "DeltaTableV2" =>
          Reflected.value(d.table, "deltaLog")
        case _ => None
      }
    case other => other.getClass.getSimpleName match {
        case "MergeIntoCommand" => Reflected.path(other, "targetFileIndex", "deltaLog")
        case "UpdateCommand" => Reflected.path(other, "tahoeFileIndex", "deltaLog")
        case "DeleteCommand" => Reflected.value(other, "deltaLog")
        case _ => None
      }
  }
}
