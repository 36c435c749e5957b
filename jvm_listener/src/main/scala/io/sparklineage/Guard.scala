package io.sparklineage

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

import scala.util.control.NonFatal

import org.slf4j.LoggerFactory

import io.sparklineage.emit.Observations

/**
 * The one place of the JVM half that swallows: a fault of ours never reaches the user's program.
 *
 * Each piece of our code that Spark or the Python half calls is a part with a name, and runs inside [[run]] or
 * [[value]]. A fault is counted and reported as a gap that names the part. After [[Limit]] faults of one part that part
 * is off, and a gap with the slug `spark-lineage.off.<part>` says so. Nothing goes to the log above `debug`: Spark's
 * default log level would put a warning on the program's standard error. In strict mode, which our own test suites
 * use, faults are thrown.
 *
 * Code that looks at rows runs once per row, where a closure would cost too much: `probe.Gauge` has a `try` of its own
 * there, which asks [[isFault]] what to keep.
 */
object Guard {

  /** Number of faults of one part after which that part is off. */
  val Limit = 3

  /** System property, and Spark conf of the same name: faults are thrown instead of swallowed. */
  val StrictKey = "spark.lineage.strict"

  private val log = LoggerFactory.getLogger("io.sparklineage")
  private val faults = new ConcurrentHashMap[String, AtomicInteger]()

  @volatile private var strict: Boolean = java.lang.Boolean.getBoolean(StrictKey)

  /** Set by the fault test only: it is called with the name of each part that is entered, and may throw. */
  @volatile private[sparklineage] var atEntry: String => Unit = _

  /** Throws faults (true) or keeps them (false). */
  def setStrict(on: Boolean): Unit = strict = on

  def isStrict: Boolean = strict

  /** Runs `body` for its effect. */
  def run(what: String)(body: => Unit): Unit = value(what, ())(body)

  /**
   * `body`, or `default` if it failed or the part called `what` is off.
   *
   * @param default is evaluated outside of the guard: a constant, or something that is at hand
   */
  def value[A](what: String, default: => A)(body: => A): A =
    if (!allows(what)) default
    else
      try {
        enter(what)
        body
      } catch {
        case fault if isFault(fault) =>
          if (strict) throw fault
          report(what, describe(fault), lasts = fault.isInstanceOf[LinkageError])
          log.debug(s"fault in $what", fault)
          default
      }

  /**
   * Whether a throwable is a fault of ours that the program must not see: every exception, and every error but those by
   * which the JVM says that it cannot go on (OutOfMemoryError) and those by which others steer a thread
   * (InterruptedException, ControlThrowable).
   *
   * `LinkageError` is one: Spark's `ListenerBus` catches only what Scala calls non-fatal, so a `NoSuchMethodError` of
   * ours would stop the user's SparkContext. `StackOverflowError` is one: a plan deeper than the stack can cause it.
   */
  def isFault(error: Throwable): Boolean = error match {
    case _: LinkageError | _: StackOverflowError => true
    case other => NonFatal(other)
  }

  /** What a fault is for people: one sentence with the class of the throwable and its message, if it has one. */
  def describe(fault: Throwable): String = {
    val said = Option(fault.getMessage).filter(_.trim.nonEmpty).fold("")(": " + _)
    val what = fault match {
      case _: java.util.concurrent.TimeoutException => "took too long"
      case _: LinkageError => "does not fit this Spark"
      case _ => "failed"
    }
    s"this part of spark-lineage $what (${fault.getClass.getSimpleName}$said)"
  }

  /** One sentence for who looks at Spark's log: nothing is recorded at all, so that no gap can say it. */
  private[sparklineage] def tell(sentence: String): Unit = log.warn(s"Lineage is not recorded: $sentence")

  /** Says that the part called `what` is entered, by its own `try`. */
  def enter(what: String): Unit = {
    val test = atEntry
    if (test != null) test(what)
  }

  /** Whether the fault test wants to hear of entries: generated code calls [[enter]] only then. */
  def isWatched: Boolean = atEntry != null

  /** False once the part called `what` has been switched off. */
  def allows(what: String): Boolean = count(what) < Limit

  /** How many faults the part called `what` has had. */
  private[sparklineage] def count(what: String): Int = {
    val faults = this.faults.get(what)
    if (faults == null) 0 else faults.get
  }

  /** The parts that are off. */
  def off: Seq[String] = {
    val names = Seq.newBuilder[String]
    faults.forEach((what, count) => if (count.get >= Limit) names += what)
    names.result().sorted
  }

  /** For tests: every part is on again. */
  private[sparklineage] def reset(): Unit = faults.clear()

  /**
   * Counts a fault of the part called `what`, and tells it as a gap; also one that an executor has met.
   *
   * @param lasts it would be there each time: Spark lacks a method that this part calls, as vendors change them
   */
  private[sparklineage] def report(what: String, why: String, lasts: Boolean = false): Unit = {
    val counted = faults.computeIfAbsent(what, _ => new AtomicInteger())
    val count = counted.updateAndGet(before => if (lasts) math.max(before + 1, Limit) else before + 1)
    try {
      if (count <= Limit) Observations.gap(what, why, None)
      val times = if (lasts) "cannot work here" else s"failed $count times"
      if (count == Limit) Observations.gap(s"spark-lineage.off.$what", s"$times and is switched off", None)
    } catch {
      case fault if isFault(fault) => log.debug(s"the fault in $what could not be reported")
    }
  }
}
