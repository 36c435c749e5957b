package io.sparklineage.plan.changes

import java.lang.ref.WeakReference

import io.sparklineage.Latest
import io.sparklineage.plan.Reflected
import io.sparklineage.plan.storages.Iceberg

import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.connector.catalog.Table
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation

/**
 * Which version of a table a command has made: of Delta's log, or a snapshot of Iceberg's. No plan says it; what these
 * hold in memory of the table does, and nothing is loaded for it that the command's own plan has not loaded.
 */
object TableVersions {

  /** Where a table stands; None where it holds nothing yet, and where it is not said how many rows it has. */
  final private case class State(
      place: String,
      version: Option[Long],
      parent: Option[Long],
      rows: Option[Long] = None,
      added: Option[Long] = None
  )

  /** Rows that came to a table by a command, and how many it has less than before; None where nobody says. */
  final case class Rows(added: Option[Long], gone: Option[Long])

  /** Where it stood before a command, and, where another command began on it since, what that one found. */
  final private class Commits(val before: State) { @volatile var after: Option[State] = None }

  private val tag = TreeNodeTag[Commits]("spark.lineage.version.before")
  private val latest = new Latest[String, WeakReference[Commits]](1000, _ => ())

  /** Notes where the table stands. To be called on the thread that is about to run the command. */
  def begin(command: LogicalPlan): Unit = if (command.getTagValue(tag).isEmpty) state(command).foreach { now =>
    val commits = new Commits(now)
    command.setTagValue(tag, commits)
    latest.put(now.place, new WeakReference(commits)).flatMap(earlier => Option(earlier.get)).foreach { earlier =>
      if (earlier.after.isEmpty && earlier.before.version != now.version) earlier.after = Some(now)
    }
  }

  /**
   * The version that a command has made which ended without an error. None where the table has not moved by exactly one
   * since the command began: whose of several commits is this one's, nobody says.
   */
  def made(command: LogicalPlan): Option[String] = states(command).flatMap(_._2.version).map(_.toString)

  /** What such a command has done to the number of rows. */
  def rows(command: LogicalPlan): Option[Rows] = states(command).map { case (before, after) =>
    Rows(after.added, for (from <- before.rows; to <- after.rows if from >= to) yield from - to)
  }

  private def states(command: LogicalPlan): Option[(State, State)] =
    for {
      commits <- command.getTagValue(tag)
      now <- commits.after.orElse(state(command))
      if now.version != commits.before.version && now.parent == commits.before.version
    } yield (commits.before, now)

  private def state(command: LogicalPlan): Option[State] = command match {
    case w: V2WriteCommand => w.table match {
        case d: DataSourceV2Relation => ofTable(d.table)
        case _ => None
      }
    case d: DeleteFromTable => d.table.collectFirst { case r: DataSourceV2Relation => r.table }.flatMap(ofTable)
    case other => other.getClass.getSimpleName match {
        case "MergeIntoCommand" => Reflected.path(other, "targetFileIndex", "deltaLog").flatMap(ofLog)
        case "UpdateCommand" => Reflected.path(other, "tahoeFileIndex", "deltaLog").flatMap(ofLog)
        case "DeleteCommand" => Reflected.value(other, "deltaLog").flatMap(ofLog)
        case _ => None
      }
  }

  private def ofTable(table: Table): Option[State] =
    if (table.getClass.getSimpleName == "DeltaTableV2") Reflected.value(table, "deltaLog").flatMap(ofLog)
    else Iceberg.table(table).flatMap(Iceberg.location).map { place =>
      val last = Iceberg.last(table)
      State(place, last.map(_.id), last.flatMap(_.parent), last.flatMap(_.rows), last.flatMap(_.added))
    }

  private def ofLog(log: Any): Option[State] =
    Reflected.path(log, "unsafeVolatileSnapshot", "version").collect { case version: Long =>
      State(Reflected.value(log, "dataPath").fold("")(_.toString), Some(version), Some(version - 1))
    }
}
