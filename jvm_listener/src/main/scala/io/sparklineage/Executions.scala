package io.sparklineage

import scala.collection.mutable

import io.sparklineage.boundary.PlanOnShow
import io.sparklineage.connect.ConnectTags
import io.sparklineage.model._
import io.sparklineage.plan.BoundedText
import io.sparklineage.plan.changes.{DeltaCounts, RewrittenCounts, TableVersions}
import io.sparklineage.plan.storages.StorageAccess
import io.sparklineage.privacy.Redaction
import io.sparklineage.program.Creations
import io.sparklineage.probe.SteppedAside

import org.apache.spark.executor.TaskMetrics
import org.apache.spark.scheduler._
import org.apache.spark.sql.catalyst.plans.logical.{CommandResult, LogicalPlan}
import org.apache.spark.sql.execution.QueryExecution
import org.apache.spark.sql.execution.ui.{SparkListenerSQLExecutionEnd, SparkListenerSQLExecutionStart}
import org.apache.spark.sql.lineage.ExecutionEvents
import org.apache.spark.{SPARK_VERSION, SparkConf, SparkContext, Success, TaskKilled}

/**
 * What ran: each SQL execution, or spark_job outside one, when it has ended, with the operation that asked for it.
 *
 * All callbacks come on the one thread of Spark's listener bus; they read what the events carry and never wait.
 * Executions within an execution are counted to the outermost. What has ended is forgotten.
 *
 * @param idsOf the marks on exactly that node of a plan
 */
final class Executions(conf: SparkConf, offer: Observation => Unit, idsOf: LogicalPlan => Seq[String])
    extends SparkListener {
  import Executions._

  private val executions = mutable.LinkedHashMap.empty[Long, OpenExecution] // by the id of the outermost
  private val outermost = mutable.HashMap.empty[Long, Long]
  private val jobs = mutable.HashMap.empty[Int, OpenExecution]
  private val stages = mutable.HashMap.empty[Int, OpenExecution]

  /** How many have not ended: what this listener remembers. */
  private[sparklineage] def open: Int = executions.size + outermost.size + jobs.size + stages.size

  override def onApplicationStart(event: SparkListenerApplicationStart): Unit = Guard.run("application start") {
    offer(
      Application(
        appId = event.appId.getOrElse(""),
        appName = event.appName,
        sparkVersion = SPARK_VERSION,
        scalaVersion = scala.util.Properties.versionNumberString,
        javaVersion = System.getProperty("java.version"),
        master = conf.get("spark.master", ""),
        at = seconds(event.time)
      )
    )
  }

  override def onApplicationEnd(event: SparkListenerApplicationEnd): Unit = Guard.run("application end") {
    (executions.values ++ jobs.values).toSeq.distinct.foreach { running =>
      if (running.ended.isEmpty) running.finish(event.time, Outcome.Abort, Some("the application ended before it"))
      emit(running)
    }
  }

  override def onOtherEvent(event: SparkListenerEvent): Unit = Guard.run("execution") {
    event match {
      case start: SparkListenerSQLExecutionStart => started(start)
      case end: SparkListenerSQLExecutionEnd => ended(end)
      case _ =>
    }
  }

  override def onJobStart(event: SparkListenerJobStart): Unit = Guard.run("spark_job start") {
    val running = property(
      event,
      ExecutionKey
    ).flatMap(Numbers.long).flatMap(runningIn).getOrElse(outside(event))
    running.jobs += event.jobId
    running.openJobs += event.jobId
    running.op =
      running.op.orElse(property(event, OpKey)).orElse(ConnectTags.op(event.properties)).orElse(running.ownOp)
    jobs(event.jobId) = running
    event.stageIds.foreach(stages(_) = running)
    running.stages ++= event.stageIds
  }

  private def outside(event: SparkListenerJobStart): OpenExecution = {
    val running = new OpenExecution(None, describe(event), event.time)
    running.ownOp = Creations.opOfJob(event.jobId)
    running.stack = event.stageInfos.lastOption.fold("")(_.details)
    running
  }

  override def onJobEnd(event: SparkListenerJobEnd): Unit = Guard.run("spark_job end") {
    jobs.remove(event.jobId).foreach { running =>
      running.openJobs -= event.jobId
      if (running.id.isEmpty) event.jobResult match {
        case JobSucceeded => running.finish(event.time, Outcome.Complete, None)
        case failed => running.finish(event.time, outcomeOf(message(failed)), Some(message(failed)))
      }
      if (running.isOver) emit(running)
    }
  }

  override def onTaskEnd(event: SparkListenerTaskEnd): Unit = Guard.run("task end") {
    stages.get(event.stageId).foreach(_.metrics.add(event))
  }

  // --------------------------------------------------------------------------------------------- SQL executions

  private def started(event: SparkListenerSQLExecutionStart): Unit = {
    val root = event.rootExecutionId.filter(executions.contains).getOrElse(event.executionId)
    outermost(event.executionId) = root
    if (root == event.executionId) {
      val running = new OpenExecution(Some(root), event.description, event.time)
      // The start of an execution around this one may be told later: `spark-sql` runs a command while it plans one.
      running.ownOp = Creations.op(event.rootExecutionId.getOrElse(root), event.description)
      running.stack = event.details
      executions(root) = running
      forgetOldest()
    }
    executions(root).nested += event.executionId
  }

  private def ended(event: SparkListenerSQLExecutionEnd): Unit = runningIn(event.executionId).foreach { running =>
    Guard.run("reads and writes")(traffic(event, running))
    Guard.run("shown plans")(tellShown(event))
    if (running.id.contains(event.executionId)) {
      running.op = running.op.orElse(running.nested.flatMap(PlannedOps.take).headOption).orElse(running.ownOp)
      if (running.ownOp.isDefined) Guard.run("used by an execution") {
        running.used = ExecutionEvents.query(event).filter(_.tracker.phases.contains("analysis"))
          .filterNot(handsOnResult).toSeq.flatMap(query => Creations.usedBy(query.analyzed))
      }
      val error = errorOf(event)
      running.finish(event.time, error.fold[Outcome](Outcome.Complete)(outcomeOf), error)
      // A failed execution ends before its spark_job does.
      if (running.isOver) emit(running)
    }
  }

  private def runningIn(execution: Long): Option[OpenExecution] = outermost.get(execution).flatMap(executions.get)

  // The analyzed plan is there already; where analysis failed, asking for it could start it again.
  private def traffic(event: SparkListenerSQLExecutionEnd, running: OpenExecution): Unit =
    ExecutionEvents.query(event).filter(_.tracker.phases.contains("analysis")).filterNot(handsOnResult).foreach {
      query =>
        val isDone = errorOf(event).isEmpty
        val made = (command: LogicalPlan) => if (isDone) TableVersions.made(command) else None
        running.traffic = running.traffic.and(StorageAccess.of(query.analyzed, idsOf, made))
        // It was planned: it has run to its end.
        if (isDone) running.changed =
          running.changed.orElse(DeltaCounts.of(query.executedPlan)).orElse(RewrittenCounts.of(query))
    }

  // The command itself was an execution of its own; this one hands on the rows that it has given.
  private def handsOnResult(query: QueryExecution): Boolean =
    query.tracker.phases.contains("optimization") && query.commandExecuted.isInstanceOf[CommandResult]

  private def tellShown(event: SparkListenerSQLExecutionEnd): Unit =
    ExecutionEvents.query(event).filter(_.tracker.phases.contains("optimization")).foreach { query =>
      SteppedAside.shown(PlanOnShow.unmeasured(query.normalized))
    }

  private def emit(running: OpenExecution): Unit = {
    running.id.foreach(executions.remove)
    outermost --= running.nested
    jobs --= running.jobs
    stages --= running.stages
    running.nested.foreach(PlannedOps.take)
    Guard.run("operation of an execution")(running.tellOperation())
    offer(running.seen)
  }

  // Executions whose end never came.
  private def forgetOldest(): Unit = if (executions.size > MostOpen) {
    val (id, oldest) = executions.head
    emit(oldest)
    offer(Gap("execution", s"execution $id did not end while $MostOpen others started"))
  }
}

object Executions {

  /** The local property by which the Python half says which operation runs. */
  val OpKey = "spark.lineage.op"

  /** The operation that this thread works for, of a classic session or of a client of Spark Connect. */
  def op(context: SparkContext): Option[String] =
    Option(context.getLocalProperty(OpKey)).filter(_.nonEmpty).orElse(ConnectTags.op(context))
      .orElse(Creations.op(context))

  private[sparklineage] val ExecutionKey = "spark.sql.execution.id"
  private val MostOpen = 1000
  private val ErrorLimit = 500

  private def seconds(ms: Long): Double = ms / 1000.0

  private def property(event: SparkListenerJobStart, name: String): Option[String] =
    Option(event.properties).flatMap(p => Option(p.getProperty(name))).filter(_.nonEmpty)

  private def describe(event: SparkListenerJobStart): String =
    property(event, "spark.job.description").orElse(property(event, "callSite.short"))
      .orElse(event.stageInfos.lastOption.map(_.name)).getOrElse("")

  private def message(result: JobResult): String = result match {
    case failed: Product =>
      failed.productIterator.collectFirst { case e: Throwable => textOf(e) }.getOrElse(failed.toString)
    case other => other.toString
  }

  private def errorOf(end: SparkListenerSQLExecutionEnd): Option[String] =
    ExecutionEvents.failure(end).map(textOf).orElse(end.errorMessage.filter(_.nonEmpty).map(firstLine))

  private def textOf(e: Throwable): String = firstLine(s"${e.getClass.getSimpleName}: ${e.getMessage}")

  private def firstLine(text: String): String =
    BoundedText.bounded(Redaction.prose(text.linesIterator.map(_.trim).find(_.nonEmpty).getOrElse("")), ErrorLimit)

  private def outcomeOf(error: String): Outcome =
    if (Cancelled.findFirstIn(error).isDefined) Outcome.Abort else Outcome.Fail

  private val Cancelled =
    "(?i)SPARK_JOB_CANCELLED|QUERY_CANCELLED|OPERATION_CANCELED|\\bjob \\d+ cancelled|InterruptedException".r

  /** An execution, or a spark_job outside one, that has not ended or whose last event has not come. */
  final private class OpenExecution(val id: Option[Long], description: String, started: Long) {
    val jobs = mutable.LinkedHashSet.empty[Int]
    val openJobs = mutable.HashSet.empty[Int]
    val stages = mutable.HashSet.empty[Int]
    val nested = mutable.LinkedHashSet.empty[Long] // itself included
    val metrics = new Tally
    var op: Option[String] = None
    var ownOp: Option[String] = None // where no Python half names operations
    var stack: String = ""
    var used: Seq[String] = Nil
    var traffic: StorageAccess = StorageAccess.None
    var changed: Option[ChangedRows] = None
    var ended: Option[Long] = None
    private var outcome: Outcome = Outcome.Running
    private var error: Option[String] = None

    def tellOperation(): Unit = ownOp.filter(op.contains).foreach { name =>
      Creations.ran(name, description, stack, used, seconds(started), seconds(ended.getOrElse(started)), error)
    }

    def isOver: Boolean = ended.isDefined && openJobs.isEmpty

    def finish(at: Long, how: Outcome, why: Option[String]): Unit = {
      ended = Some(at)
      outcome = how
      error = why
    }

    def seen: ExecutionSeen = ExecutionSeen(
      execution = id,
      op = op,
      description = BoundedText.bounded(Redaction.prose(description), ErrorLimit),
      started = seconds(started),
      ended = ended.map(seconds),
      outcome = outcome,
      error = error,
      sparkJobs = jobs.toSeq.sorted,
      metrics = metrics.values,
      sources = traffic.sources,
      sinks = traffic.sinks,
      changed = changed
    )
  }

  /** Sums over the tasks of an execution, retried and failed tasks included: the work that was done. */
  final private class Tally {
    private val sums = mutable.LinkedHashMap(MetricNames.map(_ -> 0L): _*)

    def values: Seq[(String, Long)] = sums.toSeq

    def add(event: SparkListenerTaskEnd): Unit = {
      sums("tasks") += 1
      event.reason match {
        case Success => ()
        case _: TaskKilled => ()
        case _ => sums("failed_tasks") += 1
      }
      Option(event.taskMetrics).foreach(add)
    }

    private def add(m: TaskMetrics): Unit = {
      sums("task_ms") += m.executorRunTime
      sums("cpu_ms") += m.executorCpuTime / 1000000
      sums("rows_read") += m.inputMetrics.recordsRead
      sums("bytes_read") += m.inputMetrics.bytesRead
      sums("rows_written") += m.outputMetrics.recordsWritten
      sums("bytes_written") += m.outputMetrics.bytesWritten
      sums("shuffle_read_bytes") += m.shuffleReadMetrics.totalBytesRead
      sums("shuffle_write_bytes") += m.shuffleWriteMetrics.bytesWritten
      sums("shuffle_read_rows") += m.shuffleReadMetrics.recordsRead
      sums("shuffle_write_rows") += m.shuffleWriteMetrics.recordsWritten
      sums("spill_memory_bytes") += m.memoryBytesSpilled
      sums("spill_disk_bytes") += m.diskBytesSpilled
      sums("peak_memory_bytes") = math.max(sums("peak_memory_bytes"), m.peakExecutionMemory)
    }
  }

  // As wire.schema.json lists them.
  private val MetricNames = Seq(
    "tasks",
    "failed_tasks",
    "task_ms",
    "cpu_ms",
    "rows_read",
    "bytes_read",
    "rows_written",
    "bytes_written",
    "shuffle_read_bytes",
    "shuffle_write_bytes",
    "shuffle_read_rows",
    "shuffle_write_rows",
    "spill_memory_bytes",
    "spill_disk_bytes",
    "peak_memory_bytes"
  )
}
