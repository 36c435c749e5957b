package io.sparklineage.program

import java.time.Instant
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

import io.sparklineage.plan.storages.WriteCommands
import io.sparklineage.{Executions, Latest, PlanDescriptions}

import org.apache.spark.SparkContext
import org.apache.spark.sql.catalyst.plans.logical.{Command, DeserializeToObject, LogicalPlan, View}
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.execution.command.CreateViewCommand
import org.apache.spark.sql.lineage.SparkLine

/**
 * The Datasets of a program that has no Python half: each one's plan is analyzed by the thread that makes it, while the
 * method of the program that makes it is on the stack.
 *
 * A Dataset that another unit of the program uses than the one that made it is marked before the query is planned, as
 * the Python half does. A unit is a method; of methods that call others which make Datasets, and of `main`, it is a line;
 * where there is no program, a SQL statement.
 */
private[sparklineage] object Creations {

  /** @param inputs the marked Datasets of other units that it was made from */
  final private case class Made(id: String, unit: String, inputs: Set[String])

  private val tag = TreeNodeTag[Made]("spark.lineage.made")
  private val ids = new AtomicLong
  private val ops = new AtomicLong
  private val MostViews = 10000
  private val MostMethods = 100000
  private val MostRunning = 10000
  private val views = new Latest[String, Made](MostViews, _ => ())
  private val callers = ConcurrentHashMap.newKeySet[String]()
  private val streams = new Latest[String, Double](MostRunning, _ => ())
  private val plannings = new Latest[String, Planned](MostRunning, _ => ())

  // The Thrift server prints the plan of a statement, and so plans it, before it begins to run it.
  private val early = new Latest[String, Planned](MostRunning, _ => ())

  /** Where an execution was asked for, and when. */
  final private case class Planned(site: CallSite, thread: String, at: Double)

  /** A program begins. */
  def begin(): Unit = {
    ids.set(0)
    ops.set(0)
    views.clear()
    callers.clear()
    plannings.clear()
    early.clear()
    streams.clear()
  }

  // ------------------------------------------------------------------------------------------------ making

  /** Hears of each plan that the session has analyzed. */
  def analyzed(session: SparkLine.Session, plan: LogicalPlan): Unit = ProgramRecord.get.foreach { record =>
    plan match {
      case command: CreateViewCommand => viewed(session, command, record)
      case _: Command | _: DeserializeToObject =>
      case _ if made(plan).isDefined =>
      case _ =>
        val site = CallSite.here(session.sparkContext, throughExecution = false)
        if (site.isOfProgram) created(session, plan, site, record)
    }
  }

  private def created(session: SparkLine.Session, plan: LogicalPlan, site: CallSite, record: ProgramRecord): Unit = {
    val unit = unitOf(site)
    val from = below(session, plan)
    from.foreach { case (node, parent) => if (parent.unit != unit) mark(session, node, parent, "boundary", record) }
    val here =
      Made(s"d${ids.incrementAndGet()}", unit, from.flatMap { case (_, parent) => fromOutside(parent, unit) }.toSet)
    plan.setTagValue(tag, here)
    asked(record, "transform", site, plan, from.map(_._2.id), Some(here.id), None)
  }

  private def fromOutside(parent: Made, unit: String): Set[String] =
    if (parent.unit == unit) parent.inputs else Set(parent.id)

  private def viewed(session: SparkLine.Session, command: CreateViewCommand, record: ProgramRecord): Unit = {
    val site = CallSite.here(session.sparkContext, throughExecution = false)
    if (site.isOfProgram) {
      val name = command.name.table
      val view = made(command.plan) match {
        case Some(known) =>
          asked(record, "view", site, command, Seq(known.id), None, Some(name))
          known
        case None =>
          val unit = unitOf(site)
          val from = below(session, command.plan)
          from.foreach { case (node, parent) =>
            if (parent.unit != unit) mark(session, node, parent, "boundary", record)
          }
          val inputs = from.flatMap { case (_, parent) => fromOutside(parent, unit) }.toSet
          val here = Made(s"d${ids.incrementAndGet()}", unit, inputs)
          asked(record, "view", site, command, from.map(_._2.id), Some(here.id), Some(name))
          here
      }
      views.put(key(session, name), view)
      ()
    }
  }

  private def key(session: SparkLine.Session, view: String): String =
    s"${System.identityHashCode(session.sessionState.catalog)}.${view.toLowerCase(java.util.Locale.ROOT)}"

  // ------------------------------------------------------------------------------------------------ using

  /** Hears of each query that is about to be planned, on the thread that asked for it. */
  def planned(session: SparkLine.Session, plan: LogicalPlan): Unit = ProgramRecord.get.foreach { record =>
    val site = CallSite.here(session.sparkContext, throughExecution = true)
    if (site.isOfProgram) {
      val here = Planned(site, Thread.currentThread.getName, now)
      execution(session.sparkContext) match {
        case Some(id) => if (plannings.get(id).isEmpty) plannings.put(id, here)
        case None => site.statement.foreach { case (_, text) => early.put(text, here) }
      }
      if (!plan.isStreaming) {
        val unit = unitOf(site)
        val keeps = cached(site.api)
        val queries = plan match {
          case command: Command => WriteCommands.of(command).flatMap(_._2.query) :+ command
          case query => Seq(query)
        }
        queries.flatMap(topmost(session, _)).distinct.foreach { case (node, made) =>
          if (keeps || made.unit != unit) mark(session, node, made, if (keeps) "cache" else "boundary", record)
        }
      }
    }
  }

  private def cached(api: String): Boolean =
    Seq("persist", "cache", "checkpoint", "localCheckpoint").exists(method => api.endsWith("." + method))

  private def mark(session: SparkLine.Session, node: LogicalPlan, of: Made, why: String, record: ProgramRecord): Unit =
    if (!PlanDescriptions.idsOf(node).contains(of.id)) {
      // Said first: what is measured of a DataFrame comes after that it is marked.
      record.add(ProgramLines.marked(of.id, why, of.inputs))
      PlanDescriptions.begin(session, node, node, of.id, of.inputs - of.id, None, Nil)
      ()
    }

  // ------------------------------------------------------------------------------------------------ running

  /**
   * The operation of the execution that this thread works on, where no Python half has named one. All batches of a
   * streaming query are executions of one.
   */
  def op(context: SparkContext): Option[String] =
    if (!ProgramRecord.isOn) None
    else Option(context.getLocalProperty(QueryKey)).map(ofStream).orElse(execution(context).map("x" + _))

  /** That of an execution, by its number and by what Spark says that it is. */
  def op(execution: Long, description: String): Option[String] =
    if (!ProgramRecord.isOn) None
    else Batch.findFirstMatchIn(description).map(found => ofStream(found.group(1))).orElse(Some(s"x$execution"))

  private val QueryKey = "sql.streaming.queryId"
  private val Batch = """(?s)\bid = ([0-9a-f-]{36}).*runId = .*batch = (?:\d+|init)\s*$""".r

  private def ofStream(query: String): String = s"s$query"

  /** That of a spark_job outside of an execution. */
  def opOfJob(job: Int): Option[String] = if (ProgramRecord.isOn) Some(s"j$job") else None

  /** The Datasets that a query stands on. */
  def usedBy(analyzed: LogicalPlan): Seq[String] = {
    val queries = WriteCommands.of(analyzed).flatMap(_._2.query)
    (if (queries.isEmpty) Seq(analyzed) else queries).flatMap(tops(_, made)).map(_._2.id).distinct
  }

  private def execution(context: SparkContext): Option[String] =
    Option(context.getLocalProperty(RootKey)).orElse(Option(context.getLocalProperty(Executions.ExecutionKey)))

  private val RootKey = "spark.sql.execution.root.id"

  /**
   * An execution of an operation has ended.
   *
   * @param description the text of the statement, where it is one
   * @param stack what Spark says of where it was asked for; known better where it was planned
   * @param used  the Datasets that its query stands on
   */
  def ran(
      op: String,
      description: String,
      stack: String,
      used: Seq[String],
      started: Double,
      ended: Double,
      error: Option[String]
  ): Unit = ProgramRecord.get.foreach { record =>
    val known = plannings.get(op.drop(1)).orElse(early.get(description))
      .getOrElse(Planned(CallSite.parsed(stack), "", started))
    val (site, at) = (known.site, known.at)
    if (!op.startsWith("s") || streams.put(op, started).isEmpty) record.asked(
      ProgramOperation(
        op,
        "action",
        site,
        site.statement.map(_._2),
        used,
        None,
        None,
        known.thread,
        at,
        math.max(at, ended),
        error
      )
    )
  }

  // ------------------------------------------------------------------------------------------------ plans and units

  private def made(node: LogicalPlan): Option[Made] = node.getTagValue(tag)

  private def below(session: SparkLine.Session, plan: LogicalPlan): Seq[(LogicalPlan, Made)] =
    inside(plan).flatMap(topmost(session, _)).distinct

  private def topmost(session: SparkLine.Session, plan: LogicalPlan): Seq[(LogicalPlan, Made)] =
    tops(plan, node => made(node).orElse(ofView(session, node)))

  /** A view that a SQL text has defined is analyzed wherever it is named: it is known by its name. */
  private def ofView(session: SparkLine.Session, node: LogicalPlan): Option[Made] = node match {
    case view: View if made(view.child).isEmpty =>
      val known = views.get(key(session, view.desc.identifier.table))
      known.foreach(view.setTagValue(tag, _))
      known
    case _ => None
  }

  private def tops(plan: LogicalPlan, of: LogicalPlan => Option[Made]): Seq[(LogicalPlan, Made)] =
    of(plan).fold(inside(plan).flatMap(tops(_, of)))(made => Seq(plan -> made))

  private def inside(plan: LogicalPlan): Seq[LogicalPlan] = plan.children ++ plan.subqueries

  /** Notes which methods call others, and says which unit of the program this is. */
  private def unitOf(site: CallSite): String = {
    val methods = site.frames.map(frame => Methods.of(frame))
    if (callers.size < MostMethods) methods.sliding(2).foreach {
      case Seq(caller, callee) if caller != callee => callers.add(caller)
      case _ =>
    }
    methods.headOption.foreach(callers.add)
    (methods.lastOption, site.statement) match {
      case (Some(method), _) if callers.contains(method) => s"$method:${site.frames.last.line}"
      case (Some(method), _) => method
      case (None, Some((number, _))) => s"#$number"
      case _ => ""
    }
  }

  private def asked(
      record: ProgramRecord,
      kind: String,
      site: CallSite,
      plan: LogicalPlan,
      inputs: Seq[String],
      output: Option[String],
      view: Option[String]
  ): Unit = {
    val at = now
    val op = s"o${ops.incrementAndGet()}"
    val sql = site.statement.map(_._2).orElse(if (site.api.endsWith(".sql")) textOf(plan) else None)
    record.asked(
      ProgramOperation(op, kind, site, sql, inputs.distinct, output, view, Thread.currentThread.getName, at, at)
    )
  }

  /** The SQL text that a plan was parsed from. */
  private def textOf(plan: LogicalPlan): Option[String] = plan.collectFirst {
    case node if node.origin.sqlText.isDefined => node.origin.sqlText.get
  }

  /** Finer than milliseconds: what is asked is put in order by it. */
  private def now: Double = {
    val at = Instant.now
    at.getEpochSecond + at.getNano / 1e9
  }
}

/** Methods as people wrote them: a lambda belongs to the method that it stands in. */
private[program] object Methods {
  private val Anonymous = """\$anonfun\$(.+?)\$\d+(?:\$adapted)?""".r
  private val Lambda = """lambda\$(.+?)\$\d+""".r
  private val Delayed = """delayedEndpoint\$.*""".r

  def of(frame: CodeFrame): String = s"${classOf(frame.className)}.${named(frame.method)}"

  /** That of the file, without what is within; what a shell has made of a line that was typed begins with `$line`. */
  private def classOf(name: String): String =
    if (name.startsWith("$line")) name.split('$').take(3).mkString("$").stripSuffix("$")
    else name.takeWhile(_ != '$')

  def named(method: String): String = method match {
    case Anonymous(inside) => inside
    case Lambda(inside) => inside
    case Delayed() | "<init>" | "<clinit>" => "main"
    case other => other
  }
}
