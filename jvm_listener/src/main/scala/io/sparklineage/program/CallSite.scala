package io.sparklineage.program

import java.util.function.{Function => JavaFunction}
import java.util.stream.{Stream => JavaStream}

import scala.collection.mutable

import org.apache.spark.SparkContext

/** One method of the program on a stack, as the JVM calls it. */
final case class CodeFrame(className: String, method: String, file: String, line: Int)

/**
 * Where in the program something was asked of Spark.
 *
 * @param frames    the program's own, outermost first; empty where none are on the stack, as in `spark-sql`
 * @param api       the method of Spark that the innermost of them called: `Dataset.filter`
 * @param statement the SQL statement that runs where nothing of the program is on the stack, and its number
 */
final case class CallSite(frames: Seq[CodeFrame], api: String, statement: Option[(Long, String)]) {
  def isOfProgram: Boolean = frames.nonEmpty || statement.isDefined
}

object CallSite {
  val Nowhere: CallSite = CallSite(Nil, "", None)

  /** Frames of a stack that are looked at, and of the program that are kept. */
  private val Deepest = 1000
  private val Most = 64

  private val libraries = Seq(
    "org.apache.spark.",
    "org.apache.hadoop.",
    "org.apache.hive.",
    "org.apache.thrift.",
    "org.apache.iceberg.",
    "org.apache.hudi.",
    "org.apache.zeppelin.",
    "io.delta.",
    "io.sparklineage.",
    "scala.",
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun."
  )
  private val examples = "org.apache.spark.examples."
  private val sqlServers = "org.apache.spark.sql.hive.thriftserver."
  private val running = "org.apache.spark.sql.execution.SQLExecution$"

  private val walker = StackWalker.getInstance()
  private val statements = new Statements

  /**
   * That of this thread.
   *
   * @param throughExecution whether the program's frames count that have begun the execution which this thread works
   *                         on; what Spark itself does within one is nothing that the program asked for
   */
  def here(context: SparkContext, throughExecution: Boolean): CallSite = {
    val found = mutable.ArrayBuffer.empty[CodeFrame]
    var api = ""
    var within = false
    var servesSql = false
    // It gives an object, though nobody needs one: to Scala 2.12 what Java's generics hold is one.
    val look: JavaFunction[JavaStream[StackWalker.StackFrame], AnyRef] = stack => {
      stack.limit(Deepest.toLong).forEach { frame =>
        val name = frame.getClassName
        if (isOfProgram(name)) {
          if (!within && found.size < Most)
            found += CodeFrame(name, frame.getMethodName, frame.getFileName, frame.getLineNumber)
        } else if (found.isEmpty) {
          if (name.startsWith(running) && !throughExecution) within = true
          if (name.startsWith(sqlServers)) servesSql = true
          if (name.startsWith("org.apache.spark.") || name.startsWith("io.delta."))
            api = called(name, frame.getMethodName)
        }
      }
      found
    }
    walker.walk[AnyRef](look)
    if (found.nonEmpty) CallSite(found.reverse.toVector, api, None)
    else if (!servesSql) Nowhere
    else CallSite(Nil, api, statements.current(context))
  }

  def isOfProgram(className: String): Boolean =
    className.startsWith(examples) || !libraries.exists(className.startsWith)

  private def called(className: String, method: String): String =
    s"${className.substring(className.lastIndexOf('.') + 1).takeWhile(_ != '$')}.$method"

  private val Written = """^\s*(?:at )?([^\s()]+)\.([^.()]+)\(([^():]+):(\d+)\)\s*$""".r

  /** From Spark's text of a stack, innermost first, as it stands in the events of executions and jobs. */
  def parsed(stack: String): CallSite = {
    val frames = stack.linesIterator.collect {
      case Written(name, method, file, line) if isOfProgram(name) => CodeFrame(name, method, file, line.toInt)
    }.take(Most).toVector
    val asked = stack.linesIterator.take(1).mkString.trim.takeWhile(_ != '(').split('.')
    CallSite(frames.reverse, asked.takeRight(2).mkString("."), None)
  }
}

/** SQL statements that run without a program: `spark-sql` and the Thrift server say which as the description of jobs. */
final private class Statements {
  private val Description = "spark.job.description"
  private val last = new ThreadLocal[(Long, String)]
  private val numbers = new java.util.concurrent.atomic.AtomicLong

  /** Spark sets the text anew for each statement: so two equal statements in a row are two. */
  def current(context: SparkContext): Option[(Long, String)] =
    Option(context.getLocalProperty(Description)).filter(_.trim.nonEmpty).map { text =>
      val before = last.get
      if (before != null && (before._2 eq text)) before
      else {
        val now = (numbers.incrementAndGet(), text)
        last.set(now)
        now
      }
    }
}
