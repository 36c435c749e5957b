package io.sparklineage.privacy

import java.util.regex.Pattern

import scala.util.Try
import scala.util.matching.Regex

import org.apache.spark.sql.internal.SQLConf

/** Takes secrets out of text that leaves the JVM: plans, options, URLs, errors. */
object Redaction {
  val Mark = "*********(redacted)"

  private val secretWord =
    "password|passwd|pwd|secret|token|credential|access[._-]?key|account[._-]?key|api[._-]?key|sasl\\.jaas\\.config"

  // user:password@host in a URL; key=value of URLs and options; key = 'value' of SQL; cloud key ids.
  private val rules: Seq[(Pattern, String)] = Seq(
    Pattern.compile("(?i)([a-z][a-z0-9+.-]*://)[^/@\\s'\"]*:[^/@\\s'\"]*@") -> s"$$1$Mark@",
    Pattern.compile(s"(?i)\\b([\\w.-]*(?:$secretWord)[\\w.-]*\\s*(?:=|:|->)\\s*)(\"[^\"]*\"|'[^']*')") -> s"$$1$Mark",
    Pattern.compile(s"(?i)\\b([\\w.-]*(?:$secretWord)[\\w.-]*[=:])([^\\s'\",;&)\\]}]+)") -> s"$$1$Mark",
    Pattern.compile("(?i)([?&;]sig=)([^&\\s'\"]+)") -> s"$$1$Mark",
    Pattern.compile("\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b") -> Mark
  )

  // Most texts hold nothing that any rule looks for, and one look is enough to know.
  private val suspicious = Pattern.compile(s"(?i)$secretWord|://|sig=|AKIA|ASIA")

  /** The text without secrets, by our rules and by the session's `spark.sql.redaction.string.regex`. */
  def text(text: String): String = {
    val ours =
      if (!suspicious.matcher(text).find()) text
      else rules.foldLeft(text) { case (t, (pattern, by)) => pattern.matcher(t).replaceAll(by) }
    sessionPattern.fold(ours)(_.replaceAllIn(ours, Regex.quoteReplacement(Mark)))
  }

  /** Options as text, without the values that Spark's own rules or ours call secret. */
  def options(options: Map[String, String]): Map[String, String] = {
    val conf = Try(SQLConf.get.redactOptions(options)).getOrElse(options)
    conf.map { case (key, value) => key -> (if (secret(key)) Mark else text(value)) }
  }

  def secret(key: String): Boolean = secretKey.matcher(key).find()

  private val secretKey = Pattern.compile(s"(?i)$secretWord")

  private def sessionPattern: Option[Regex] = Try(SQLConf.get.stringRedactionPattern).toOption.flatten
}
