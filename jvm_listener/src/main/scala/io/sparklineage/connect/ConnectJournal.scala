package io.sparklineage.connect

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path, Paths, StandardCopyOption, StandardOpenOption}

import scala.collection.mutable

import io.sparklineage.emit.Wire
import io.sparklineage.model._
import io.sparklineage.{Guard, PythonApi}

import org.apache.spark.SparkContext

/**
 * Brings what this server has seen to clients of Spark Connect that do not hear its JVM: one file of JSON lines for
 * each run, in a folder that both can reach. The client puts it into its record when its program ends.
 *
 * It begins with the first request of such a client, if the server's conf names the store (`spark.lineage.store`): no
 * client can have a server write anywhere. Sampled rows are not written: what is to be masked the client knows.
 */
private[sparklineage] object ConnectJournal {
  val StoreKey = "spark.lineage.store"

  /** Beside the runs of the store. */
  private val Folder = "connect"
  private val EveryMs = 300L
  private val SettleMs = 5000L
  private val MostRuns = 1000

  private val runs = mutable.LinkedHashMap.empty[String, Path]
  private var thread: Option[Thread] = None
  private var application: Option[Application] = None

  /** Notes what all runs begin with. */
  def started(seen: Application): Unit = synchronized { application = Some(seen) }

  def open(context: SparkContext, run: String): Unit =
    storeOf(context).foreach { store =>
      synchronized {
        if (!runs.contains(run)) {
          val folder = Files.createDirectories(Paths.get(store, Folder))
          val file = folder.resolve(s"$run.jsonl")
          runs(run) = file
          if (runs.size > MostRuns) runs -= runs.head._1
          append(file, application.toSeq)
        }
        if (thread.isEmpty) thread = Some(begin())
      }
    }

  private def storeOf(context: SparkContext): Option[String] =
    if (PythonApi.isHeard) None else context.getConf.getOption(StoreKey).filterNot(_.contains("://"))

  private def begin(): Thread = {
    val writer = new Thread(() => while (true) { Thread.sleep(EveryMs); Guard.run("drain")(if (isOpen) write()) })
    writer.setName("spark-lineage-connect")
    writer.setDaemon(true)
    writer.start()
    writer
  }

  private def isOpen: Boolean = synchronized(runs.nonEmpty)

  /** What has been seen by now is in the files once this has returned; each says up to which moment. */
  private def write(): Unit = {
    val from = System.currentTimeMillis
    val settled = PythonApi.settle(SettleMs)
    val seen = Iterator.continually(PythonApi.next()).takeWhile(_.nonEmpty).toVector.flatten
    val open = synchronized(runs.toMap)
    val mine = seen.flatMap(of => addressed(of)).groupBy(_._1)
    val all = seen.collect { case gap: Gap if gap.dataset.isEmpty => gap }
    val (there, taken) = open.partition { case (_, file) => Files.exists(file) }
    if (taken.nonEmpty) synchronized(runs --= taken.keys)
    there.foreach { case (run, file) =>
      val theirs = mine.getOrElse(run, Nil).map(_._2) ++ all
      if (theirs.nonEmpty) append(file, theirs)
      if (settled) {
        val at = file.resolveSibling(s"$run.at")
        val beside = file.resolveSibling(s"$run.at.new")
        Files.write(beside, from.toString.getBytes(UTF_8))
        Files.move(beside, at, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE)
      }
    }
  }

  /** The run that an observation is of. */
  private def addressed(seen: Observation): Option[(String, Observation)] = {
    val id = seen match {
      case fragment: Fragment => Some(fragment.dataset)
      case probed: Probed => Some(probed.dataset)
      case execution: ExecutionSeen => execution.op
      case gap: Gap => gap.dataset
      case _ => None
    }
    id.flatMap(ConnectTags.split).map { case (run, _) => (run, withoutRows(seen)) }
  }

  private def withoutRows(seen: Observation): Observation = seen match {
    case probed: Probed => probed.copy(sample = None)
    case other => other
  }

  private def append(file: Path, seen: Seq[Observation]): Unit = {
    Files.write(
      file,
      seen.map(Wire.line(_) + "\n").mkString.getBytes(UTF_8),
      StandardOpenOption.CREATE,
      StandardOpenOption.APPEND
    )
    ()
  }
}
