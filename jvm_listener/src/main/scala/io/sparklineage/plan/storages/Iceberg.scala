package io.sparklineage.plan.storages

import io.sparklineage.JavaCollections._
import io.sparklineage.Numbers
import io.sparklineage.plan.Reflected

import org.apache.spark.sql.connector.catalog.Table
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/**
 * Tables of Iceberg, known by the names of their classes and members. Only what lies in memory is asked: a table that
 * has to be loaded again would be read from its catalog.
 */
object Iceberg {

  /** A snapshot, with the one that it was made from, and how many rows there are and were written, as it says. */
  final case class Snapshot(id: Long, parent: Option[Long], rows: Option[Long], added: Option[Long])

  /** Iceberg's own table behind one of Spark's, also while rows of it are rewritten. */
  def table(table: Table): Option[Any] = inner(table).flatMap(Reflected.value(_, "table"))

  /** Where the table lies, as its metadata says. */
  def location(iceberg: Any): Option[String] =
    Reflected.value(iceberg, "location").map(_.toString).filter(_.contains("/"))

  /**
   * The snapshot that a read of the table sees.
   *
   * @param options of the read
   */
  def read(table: Table, options: CaseInsensitiveStringMap): Option[String] =
    if (moments.exists(options.containsKey)) None
    else Option(options.get("snapshot-id")).orElse(inner(table).flatMap(pinned)).map(_.toString)

  /** The last snapshot of a table that is written, of the branch that is written. */
  def last(table: Table): Option[Snapshot] = inner(table).flatMap { t =>
    branch(t).fold(Reflected.path(t, "table", "currentSnapshot"))(name =>
      Reflected.value(t, "table").flatMap(Reflected.of(_, "snapshot", name))
    )
  }.flatMap(snapshot)

  /** `snapshots`, `files`, ...: what of the table a metadata table of it shows. */
  def metadata(iceberg: Any): Option[String] = {
    val above = Iterator.iterate[Class[_]](iceberg.getClass)(_.getSuperclass).takeWhile(_ != null)
    if (above.exists(_.getSimpleName == "BaseMetadataTable"))
      Reflected.value(iceberg, "name").map(_.toString.split('.').last)
    else None
  }

  // Which snapshot lies at a moment, or what changed between two, is found out when the scan is built.
  private val moments = Seq("as-of-timestamp", "start-snapshot-id", "end-snapshot-id", "branch", "tag")

  // Spark 4.1 has tables tell their version; before, one that no snapshot was named for shows the current one.
  private def pinned(t: Table): Option[Any] =
    Reflected.value(t, "snapshotId").orElse(branch(t) match {
      case None => Reflected.value(t, "version").orElse(
          Option(t.properties()).flatMap(_.asScala.get("current-snapshot-id")).filter(_ != "none")
        )
      case Some(name) =>
        Reflected.value(t, "table").flatMap(Reflected.of(_, "snapshot", name)).flatMap(snapshot).map(_.id)
    })

  private def branch(t: Table): Option[String] = Reflected.value(t, "branch").map(_.toString).filter(_ != "main")

  private def snapshot(of: Any): Option[Snapshot] =
    Reflected.value(of, "snapshotId").collect { case id: Long =>
      val summary = Reflected.value(of, "summary").collect { case m: java.util.Map[_, _] => m }
      def total(name: String): Option[Long] =
        summary.flatMap(m => Option(m.get(name))).flatMap(n => Numbers.long(n.toString))
      // Rows that are gone may be named in files of their own; those of which only a value is named are not counted.
      val gone = if (total("total-equality-deletes").exists(_ > 0)) None else total("total-position-deletes")
      val rows = for (all <- total("total-records"); less <- gone) yield all - less
      val parent = Reflected.value(of, "parentId").collect { case parent: Long => parent }
      Snapshot(id, parent, rows, Some(total("added-records").getOrElse(0L)))
    }

  // The table of a MERGE, UPDATE or DELETE stands in one that Spark makes for it.
  private def inner(table: Table): Option[Table] =
    if (table.getClass.getName.startsWith("org.apache.iceberg.spark")) Some(table)
    else if (table.getClass.getSimpleName == "RowLevelOperationTable")
      Reflected.value(table, "table").collect { case t: Table => t }.flatMap(inner)
    else None
}
