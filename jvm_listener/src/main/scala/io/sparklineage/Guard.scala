package io.sparklineage

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

import scala.util.control.NonFatal

import org.slf4j.LoggerFactory

import io.sparklineage.emit.Observations

/**
 * The one place of the JVM half that swallows: a fault of ours never reaches the user's program.
 *
 * A fault is counted and reported as a gap; after [[Guard.Limit]] faults of one kind that part is off and a
 * gap with the slug `spark-lineage.off.<part>` says so. Nothing goes to the log above `info`: Spark's default log
 * level would put a warning on the program's stderr, and a guest does not. `LinkageError` counts as a fault too: Spark's `ListenerBus` catches only
 * `NonFatal`, so a `NoSuchMethodError` of ours would stop the user's SparkContext; and so does a `StackOverflowError`,
 * which a plan deeper than the stack could cause. In strict mode (our own test
 * suites) faults are thrown.
 */
object Guard {

  /** Faults of one kind after which that part is off. */
  val Limit = 3

  /** System property, and Spark conf of the same name: faults are thrown instead of swallowed. */
  val StrictKey = "spark.lineage.strict"

  private val log = LoggerFactory.getLogger("io.sparklineage")
  private val faults = new ConcurrentHashMap[String, AtomicInteger]()

  @volatile private var strict: Boolean = java.lang.Boolean.getBoolean(StrictKey)

  /** Throws faults (true) or keeps them (false). */
  def setStrict(on: Boolean): Unit = strict = on

  /** Runs `body` for its effect. */
  def run(what: String)(body: => Unit): Unit = value(what, ())(body)

  /** `body`, or `default` if it failed or the part called `what` is off. */
  def value[A](what: String, default: => A)(body: => A): A =
    if (!allows(what)) default
    else
      try body
      catch {
        case fault @ (NonFatal(_) | _: LinkageError | _: StackOverflowError) =>
          if (strict) throw fault
          trip(what, fault)
          default
      }

  /** False once the part called `what` has been switched off. */
  def allows(what: String): Boolean = {
    val count = faults.get(what)
    count == null || count.get < Limit
  }

  /** The parts that are off. */
  def off: Seq[String] = {
    val names = Seq.newBuilder[String]
    faults.forEach((what, count) => if (count.get >= Limit) names += what)
    names.result().sorted
  }

  /** For tests: every part is on again. */
  private[sparklineage] def reset(): Unit = faults.clear()

  private def trip(what: String, fault: Throwable): Unit = {
    val count = faults.computeIfAbsent(what, _ => new AtomicInteger()).incrementAndGet()
    val why = s"${fault.getClass.getSimpleName}: ${fault.getMessage}"
    log.debug(s"fault in $what", fault)
    try {
      Observations.gap(what, why, None)
      if (count == Limit) Observations.gap(s"spark-lineage.off.$what", s"failed $count times and is switched off", None)
    } catch {
      case (NonFatal(_) | _: LinkageError | _: StackOverflowError) =>
        log.debug(s"the fault in $what could not be reported")
    }
  }
}
