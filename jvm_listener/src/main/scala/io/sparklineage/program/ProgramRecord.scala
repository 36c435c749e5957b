package io.sparklineage.program

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path, Paths, StandardOpenOption}
import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.atomic.AtomicLong

import scala.util.Try

import io.sparklineage.boundary.Mode
import io.sparklineage.emit.{Observations, Wire}
import io.sparklineage.model.{Application, Gap, Observation, Probed}
import io.sparklineage.privacy.Personal
import io.sparklineage.{FragmentThread, Guard, PythonApi}

import org.apache.spark.SparkConf

/**
 * What is masked before it is written.
 *
 * @param key of the store, or as the user has named it
 */
final private[program] class Masks(val personal: Boolean, val key: () => Array[Byte])

/**
 * The journal of a program that has no Python half: one file of JSON lines in the folder of its run, which the readers
 * of the store take for what a Python half would have written ahead.
 *
 * A thread of ours writes it, once a second. No sampled rows are in it: what is to be masked only the Python half knows.
 */
final private[sparklineage] class ProgramRecord(folder: Path, begun: ProgramBegun, sql: Option[SqlFile], masks: Masks) {
  import ProgramRecord._

  private val file = folder.resolve(FileName)
  private val waiting = new ArrayBlockingQueue[String](Most)
  private val dropped = new AtomicLong
  @volatile private var failure: Option[String] = None
  @volatile private var over = false
  @volatile private var application: Option[Application] = None

  /** As the program's environment has it, where its Spark conf has none. */
  def mode: Option[Mode] = Mode.named(begun.mode)

  /** Makes the folder and its first line. Throws what the file system does. */
  private def open(): Unit = {
    PrivateFiles.folder(folder)
    PrivateFiles.write(folder.resolve("process.json"), ThisProcess.document(Format))
    PrivateFiles.write(file, cleaned(ProgramLines.begun(begun)) + "\n")
    val writer = new Thread(() => while (!over) { Thread.sleep(EveryMs); Guard.run("program record")(write()) })
    writer.setName("spark-lineage-record")
    writer.setDaemon(true)
    writer.start()
  }

  def add(line: String): Unit = if (!waiting.offer(line)) { dropped.incrementAndGet(); () }

  /** Says that the program asked for something. */
  def asked(operation: ProgramOperation): Unit = {
    failure = if (operation.error.isDefined) operation.error else if (operation.kind == "action") None else failure
    add(ProgramLines.operation(operation, statement => sql.flatMap(_.lineOf(statement))))
  }

  /** What has been seen by now is in the file once this has returned. */
  private def write(): Unit = synchronized {
    if (!over) {
      val asked = Iterator.continually(waiting.poll()).takeWhile(_ != null).toVector
      val seen = Iterator.continually(PythonApi.next()).takeWhile(_.nonEmpty).flatten.map(noted).map(Wire.line)
      val lost = dropped.getAndSet(0)
      val gap =
        if (lost > 0) Seq(Wire.line(Gap("observations", s"$lost were dropped: more than $Most waited"))) else Nil
      val text = new java.lang.StringBuilder
      (asked.iterator ++ seen ++ gap).foreach { line =>
        text.append(cleaned(line)).append('\n')
        if (text.length > AtOnce) { append(text.toString); text.setLength(0) }
      }
      if (text.length > 0) append(text.toString)
    }
  }

  private def noted(seen: Observation): Observation = seen match {
    case spark: Application =>
      application = Some(spark)
      spark
    case probed: Probed => probed.copy(sample = None)
    case other => other
  }

  /** No form of what looks personal has a character that JSON writes otherwise. */
  private def cleaned(line: String): String = if (masks.personal) Personal.masked(line, masks.key()) else line

  private def append(text: String): Unit = {
    Files.write(file, text.getBytes(UTF_8), StandardOpenOption.APPEND)
    ()
  }

  /** Ends without a trace. What Spark it is the Python half has to know, too. */
  private def handOver(): Unit = synchronized {
    if (!over) {
      over = true
      Seq(file, folder.resolve("process.json"), folder).foreach(Files.deleteIfExists(_))
      application.foreach(Observations.offer)
    }
  }

  private def end(at: Double): Unit = {
    FragmentThread.settle(SettleMs)
    write()
    synchronized {
      if (!over) append(cleaned(ProgramLines.ended(at, if (failure.isDefined) "fail" else "complete", failure)) + "\n")
      over = true
    }
  }
}

private[sparklineage] object ProgramRecord {
  private val FileName = "observations.jsonl"

  /** As `spark_lineage.model.formats.FORMAT` has it. */
  private[program] val Format = 2
  private[sparklineage] val EveryMs = 1000L
  private val SettleMs = 10000L
  private val Most = 10000
  private val AtOnce = 1000000

  @volatile private var current: Option[ProgramRecord] = None

  /** The record of the program that runs in this JVM; None where a Python half is there, or nothing is to be recorded. */
  def get: Option[ProgramRecord] = current

  def isOn: Boolean = current.isDefined

  /** Called by the thread that makes the SparkContext. */
  def begin(conf: SparkConf): Unit = {
    val settings = new ProgramSettings(conf)
    val isOther = Thread.currentThread.getStackTrace.exists { frame =>
      others.exists(frame.getClassName.startsWith)
    }
    current = if (isOther || !settings.enabled) None else Some(started(conf, settings)).flatten
  }

  private def started(conf: SparkConf, settings: ProgramSettings): Option[ProgramRecord] =
    if (settings.store.contains("://")) {
      Guard.tell(
        "Lineage of a program without a Python half is recorded in folders only: spark.lineage.store names none."
      )
      None
    } else {
      Creations.begin()
      val at = System.currentTimeMillis
      val line = CommandLine()
      val program = line.sql.getOrElse(line.main)
      val name = conf.get("spark.app.name", "application")
      val called = line.sql.map(file => Paths.get(file).getFileName.toString.replaceAll("\\.[^.]*$", ""))
        .orElse(Some(line.main.split('.').last).filter(simple => simple.nonEmpty && CallSite.isOfProgram(line.main)))
        .getOrElse(name)
      val begun = ProgramBegun(
        run = RunId.made(at),
        app = settings.app.getOrElse(called),
        program = if (program.nonEmpty) program else name,
        argv = line.argv,
        mode = settings.mode,
        labels = settings.labels,
        place = if (settings.app.isDefined) "" else placeOf(line),
        at = at / 1000.0,
        masksPersonal = settings.masksPersonal,
        masksLiterals = settings.masksLiterals
      )
      val record = new ProgramRecord(
        Paths.get(settings.store, "runs", begun.run),
        begun,
        line.sql.flatMap(SqlFile.read),
        masks(settings)
      )
      record.open()
      Some(record)
    }

  private def masks(settings: ProgramSettings): Masks = {
    lazy val key = settings.maskKey.map(_.getBytes(UTF_8)).getOrElse(StoreKey.of(Paths.get(settings.store)))
    new Masks(settings.masksPersonal, () => key)
  }

  /** What tells it from other programs of its name. */
  private def placeOf(line: CommandLine): String = line.sql match {
    case Some(file) => Try(Paths.get(file).toAbsolutePath.normalize.getParent.toString).getOrElse("")
    case None => line.main.split('.').dropRight(1).mkString(".")
  }

  /** Drivers whose program is not on the stack: a Python half is there or is not, and servers of Spark Connect. */
  private val others = Seq("py4j.", "org.apache.spark.api.r.", "org.apache.spark.sql.connect.")

  /** A Python half takes from here on what is seen: the program is its. */
  def handOver(): Unit = {
    current.foreach(_.handOver())
    current = None
  }

  def end(at: Double): Unit = {
    current.foreach(_.end(at))
    current = None
  }
}
