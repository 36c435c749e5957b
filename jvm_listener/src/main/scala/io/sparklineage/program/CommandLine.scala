package io.sparklineage.program

import io.sparklineage.privacy.Redaction

/**
 * What was started, as far as the JVM tells: the program that `spark-submit --class` or `spark-sql` runs.
 *
 * @param main the class that the program begins in; "" where that is not known
 * @param argv its arguments, without secrets
 * @param sql  the file of `spark-sql -f`
 */
final private[program] case class CommandLine(main: String, argv: Seq[String], sql: Option[String])

private[program] object CommandLine {
  private val Submit = "org.apache.spark.deploy.SparkSubmit"

  /** Options of spark-submit that are followed by no value. */
  private val switches = Set("--verbose", "-v", "--supervise", "--help", "-h", "--version", "--usage-error")

  def apply(): CommandLine = of(System.getProperty("sun.java.command", ""), begunIn)

  /** @param command as the JVM has it: words that are separated by blanks, whatever was in them */
  private[program] def of(command: String, begunIn: String): CommandLine = {
    val words = command.split(' ').toSeq.filter(_.nonEmpty)
    val main = words.headOption.getOrElse("")
    if (main == Submit) {
      val submitted = words.tail
      val of = submitted.indexOf("--class")
      val named = if (of >= 0 && of + 1 < submitted.size) submitted(of + 1) else begunIn
      val argv = afterOptions(submitted).drop(1)
      CommandLine(named, withoutSecrets(argv), following(argv, "-f"))
    } else CommandLine(if (begunIn.nonEmpty) begunIn else main, withoutSecrets(words.drop(1)), None)
  }

  private def afterOptions(words: Seq[String]): Seq[String] = words match {
    case Seq(option, rest @ _*) if switches(option) => afterOptions(rest)
    case Seq(option, rest @ _*) if option.startsWith("-") => afterOptions(rest.drop(1))
    case resource => resource
  }

  private def following(words: Seq[String], flag: String): Option[String] = {
    val at = words.indexOf(flag)
    if (at >= 0 && at + 1 < words.size) Some(words(at + 1)) else None
  }

  private def withoutSecrets(words: Seq[String]): Seq[String] =
    words.zip("" +: words).map { case (word, before) =>
      if (before.startsWith("-") && Redaction.secret(before)) Redaction.Mark else Redaction.text(word)
    }

  /** The outermost class of the program on this stack: that of its `main`, if the context is made there. */
  private def begunIn: String =
    Thread.currentThread.getStackTrace.toSeq.reverse.map(_.getClassName).find(CallSite.isOfProgram)
      .fold("")(_.takeWhile(_ != '$'))
}
