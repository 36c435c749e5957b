package io.sparklineage.plan.storages

import java.util.concurrent.{Callable, Executors, Future, TimeUnit, TimeoutException}

import scala.collection.mutable
import scala.util.Try

import io.sparklineage.{Guard, Numbers}
import io.sparklineage.JavaCollections._
import io.sparklineage.boundary.Mode
import io.sparklineage.model.Storage

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.FileStatus
import org.apache.orc.OrcFile
import org.apache.parquet.column.statistics.Statistics
import org.apache.parquet.hadoop.ParquetFileReader
import org.apache.parquet.hadoop.metadata.BlockMetaData
import org.apache.parquet.hadoop.util.HadoopInputFile

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.datasources.orc.OrcFileFormat
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat
import org.apache.spark.sql.execution.datasources.{
  FileFormat,
  FileIndex,
  HadoopFsRelation,
  InMemoryFileIndex,
  LogicalRelation
}
import org.apache.spark.sql.internal.SQLConf

/**
 * How many rows the files of a source hold, and which columns have no NULL, as their footers state it. A probe above a filter that Spark pushes down, or
 * above a scan that skips row groups, sees fewer; so a source, and what only projects it, has its exact number of rows.
 *
 * Only files that Spark has listed, few of them, on disks of this machine or in HDFS: elsewhere each footer is a request
 * that somebody pays for. A thread of its own reads them, and what it has not read in time stays unknown.
 */
object StatedRows {

  /** How many files of one source are opened at most. */
  val MostFilesKey = "spark.lineage.limits.footers"
  private val MostFiles = 64
  private val Near = Set("file", "hdfs")
  private val PatienceMs = 10000L
  private val MostKept = 10000

  private val worker = Executors.newSingleThreadExecutor { (work: Runnable) =>
    val thread = new Thread(work, "spark-lineage-footers")
    thread.setDaemon(true)
    thread
  }

  /** A place that has once let us wait is not asked again: the thread may still stand in that read. */
  @volatile private var isSlow = false

  /** What the footer of one file states. */
  final private case class Footer(rows: Long, withoutNulls: Set[String])

  private val known = new java.util.LinkedHashMap[(String, Long, Long), Footer](16, 0.75f, true) {
    override def removeEldestEntry(eldest: java.util.Map.Entry[(String, Long, Long), Footer]): Boolean =
      size > MostKept
  }

  /**
   * The sources of a plan, with the rows of those whose files state them. Called by a thread of ours, which has the
   * session's settings.
   *
   * @param hadoop the session's settings of file systems
   */
  def told(plan: LogicalPlan, sources: Seq[Storage], hadoop: => Configuration): Seq[Storage] =
    Guard.value("stated rows", sources) {
      val inPlanMode = Mode.named(SQLConf.get.getConfString("spark.lineage.mode", "")).contains(Mode.Plan)
      if (isSlow || inPlanMode || most <= 0 || !sources.exists(_.files.isDefined)) sources
      else {
        val found = mutable.HashMap.empty[Storage, Footer]
        plan.foreach { leaf =>
          for (source <- whole(leaf) if sources.contains(source) && !found.contains(source))
            footers(leaf, most, hadoop).foreach(found(source) = _)
        }
        sources.map(source =>
          found.get(source).fold(source)(stated =>
            source.copy(rows = Some(stated.rows), withoutNulls = stated.withoutNulls.toSeq.sorted)
          )
        )
      }
    }

  /** Whether the rows of the leaf's files can be had, if they are asked for. */
  def mayTell(leaf: LogicalRelation): Boolean = Guard.value("stated rows", false) {
    leaf.relation match {
      case files: HadoopFsRelation => !isSlow && statable(files, most).isDefined
      case _ => false
    }
  }

  private def most: Int =
    Numbers.int(SQLConf.get.getConfString(MostFilesKey, MostFiles.toString)).getOrElse(MostFiles)

  /** The storage that a leaf reads all of. */
  private def whole(leaf: LogicalPlan): Option[Storage] = leaf match {
    case relation: LogicalRelation => Storages.read.lift(relation).collect {
        case Seq(only) if only.files.isDefined && only.part.isEmpty => only
      }
    case _ => None
  }

  private def footers(leaf: LogicalPlan, most: Int, hadoop: => Configuration): Option[Footer] = leaf match {
    case relation: LogicalRelation => relation.relation match {
        case files: HadoopFsRelation => footers(files, most, hadoop)
        case _ => None
      }
    case _ => None
  }

  private def footers(relation: HadoopFsRelation, most: Int, hadoop: => Configuration): Option[Footer] =
    for {
      (stated, files) <- statable(relation, most)
      all <- inTime(files.map(file => read(file, stated, hadoop)))
    } yield Footer(
      all.map(_.rows).sum,
      all.filter(_.rows > 0).map(_.withoutNulls).reduceOption(_ & _).getOrElse(Set.empty)
    )

  /** How the footer of one file is read, and the files; none where they are too many, too far or of another format. */
  private def statable(
      relation: HadoopFsRelation,
      most: Int
  ): Option[((FileStatus, Configuration) => Footer, Seq[FileStatus])] =
    for {
      stated <- footer(relation.fileFormat) if !mayLeaveOut(relation.options)
      files <- listed(relation.location) if files.length <= most && files.forall(isNear)
    } yield (stated, files)

  private def listed(location: FileIndex): Option[Seq[FileStatus]] = location match {
    case index: InMemoryFileIndex => Try(index.allFiles()).toOption
    case _ => None
  }

  // Files that cannot be read or are gone give no rows then, and no error.
  private def mayLeaveOut(options: Map[String, String]): Boolean =
    SQLConf.get.ignoreCorruptFiles || SQLConf.get.ignoreMissingFiles ||
      options.keys.exists(key =>
        key.equalsIgnoreCase("ignoreCorruptFiles") || key.equalsIgnoreCase("ignoreMissingFiles")
      )

  private def isNear(file: FileStatus): Boolean =
    Option(file.getPath.toUri.getScheme).forall(scheme => Near(scheme.toLowerCase))

  private def inTime[A](read: => A): Option[A] = {
    val begun: Future[A] = worker.submit(new Callable[A] { override def call(): A = read })
    try Some(begun.get(PatienceMs, TimeUnit.MILLISECONDS))
    catch {
      case _: TimeoutException => isSlow = true; begun.cancel(false); None
      case _: java.util.concurrent.ExecutionException => None // another format, encrypted, changed, not ours to read
    }
  }

  private def read(
      file: FileStatus,
      stated: (FileStatus, Configuration) => Footer,
      hadoop: => Configuration
  ): Footer = {
    val key = (file.getPath.toString, file.getLen, file.getModificationTime)
    Option(known.get(key)).getOrElse {
      val conf = hadoop
      val now = file.getPath.getFileSystem(conf).getFileStatus(file.getPath)
      if (now.getLen != file.getLen || now.getModificationTime != file.getModificationTime)
        throw new IllegalStateException("it is not the file that was listed")
      val footer = stated(now, conf)
      known.put(key, footer)
      footer
    }
  }

  // Exactly Spark's own formats: those of others may hide rows that a footer counts.
  private def footer(format: FileFormat): Option[(FileStatus, Configuration) => Footer] = format.getClass match {
    case parquet if parquet == classOf[ParquetFileFormat] => Some(parquetFooter)
    case orc if orc == classOf[OrcFileFormat] => Some(orcFooter)
    case _ => None
  }

  private def parquetFooter(file: FileStatus, hadoop: Configuration): Footer = {
    val reader = ParquetFileReader.open(HadoopInputFile.fromStatus(file, hadoop))
    try Footer(reader.getRecordCount, withoutNulls(reader.getFooter.getBlocks.asScala.toSeq))
    finally reader.close()
  }

  /** Columns of all row groups that state to have no NULL; what lies in structs and lists has levels of its own. */
  private def withoutNulls(groups: Seq[BlockMetaData]): Set[String] =
    groups.map { group =>
      group.getColumns.asScala.filter(chunk => chunk.getPath.size == 1 && haveNoNull(chunk.getStatistics))
        .map(_.getPath.toDotString).toSet
    }.reduceOption(_ & _).getOrElse(Set.empty)

  private def haveNoNull(statistics: Statistics[_]): Boolean =
    statistics != null && statistics.isNumNullsSet && statistics.getNumNulls == 0

  // Of its columns nothing is said: Spark may read them as other types than they were written as, and give NULL.
  private def orcFooter(file: FileStatus, hadoop: Configuration): Footer = {
    val reader = OrcFile.createReader(file.getPath, OrcFile.readerOptions(hadoop))
    try Footer(reader.getNumberOfRows, Set.empty)
    finally reader.close()
  }
}
