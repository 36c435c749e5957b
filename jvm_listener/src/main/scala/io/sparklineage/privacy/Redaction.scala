package io.sparklineage.privacy

import java.util.regex.Matcher

import scala.collection.mutable
import scala.util.Try
import scala.util.matching.Regex

import org.apache.spark.sql.internal.SQLConf

/**
 * Takes secrets out of text before it leaves the JVM, by the rules of `rules.json`; `spark_lineage.privacy.redaction`
 * does the same there.
 */
object Redaction {
  val Mark: String = Rules.mark
  private val LongestCall = 20000 // characters of a call that are looked at for its end

  /** A plan, an expression, SQL, a URL. */
  def text(text: String): String = redacted(text, prose = false)

  /** An error or a description, which people are to read. */
  def prose(text: String): String = redacted(text, prose = true)

  /** A text that belongs to `name`, such as the expression of a column: all of a secret's literals are secrets. */
  def named(name: String, value: String): String = if (secret(name)) literals(text(value)) else text(value)

  /** Options as text, without the values that Spark's own rules or ours call secret. */
  def options(options: Map[String, String]): Map[String, String] = {
    val conf = Try(SQLConf.get.redactOptions(options)).getOrElse(options)
    conf.map { case (key, value) => key -> (if (secret(key)) Mark else text(value)) }
  }

  def secret(name: String): Boolean = Rules.secretName.matcher(name).find()

  /** The text without any of its quoted literals. */
  private def literals(text: String): String =
    Rules.quoted.matcher(text).replaceAll(Matcher.quoteReplacement(Mark))

  /** Also by the session's `spark.sql.redaction.string.regex`. */
  private def redacted(text: String, prose: Boolean): String = {
    val ours =
      try byRules(text, prose)
      catch { case _: StackOverflowError => Mark } // java.util.regex recurses over what is long and deep
    sessionPattern.fold(ours)(_.replaceAllIn(ours, Regex.quoteReplacement(Mark)))
  }

  private[privacy] def byRules(text: String, prose: Boolean): String =
    if (!Rules.mayHaveSecret(text)) text
    else
      Rules.texts.filter(prose || !_.prose).foldLeft(withoutKeys(text)) { (t, rule) =>
        rule.find.matcher(t).replaceAll(rule.by)
      }

  /** Takes out the literals within calls such as `aes_encrypt(...)`, and within `f(...) AS password`. */
  private def withoutKeys(text: String): String =
    joined(calls(text)).reverse.foldLeft(text) { case (t, (begin, end)) =>
      t.substring(0, begin) + literals(t.substring(begin, end)) + t.substring(end)
    }

  private def calls(text: String): Seq[(Int, Int)] = {
    val found = mutable.ArrayBuffer.empty[(Int, Int)]
    val keys = Rules.keyCall.matcher(text)
    while (keys.find()) found += keys.end -> closing(text, keys.end)
    val named = Rules.namedCall.matcher(text)
    while (named.find()) found += opening(text, named.start) -> named.start
    found.filter { case (begin, end) => begin < end }.toSeq
  }

  /** Where the parenthesis closes that was opened right before `begin`; the end if it does not. */
  private def closing(text: String, begin: Int): Int = {
    var depth = 1
    (begin until math.min(text.length, begin + LongestCall)).find { at =>
      depth += step(text.charAt(at))
      depth == 0
    }.getOrElse(text.length)
  }

  /** Where the parenthesis opens that closes at `end`; the beginning if it does not. */
  private def opening(text: String, end: Int): Int = {
    var depth = 0
    (end until math.max(-1, end - LongestCall) by -1).find { at =>
      depth -= step(text.charAt(at))
      depth == 0
    }.getOrElse(0)
  }

  private def step(character: Char): Int = if (character == '(') 1 else if (character == ')') -1 else 0

  /** Spans in order, those that overlap as one. */
  private def joined(spans: Seq[(Int, Int)]): Seq[(Int, Int)] =
    spans.sorted.foldLeft(Vector.empty[(Int, Int)]) {
      case (before :+ last, (begin, end)) if begin < last._2 => before :+ (last._1 -> math.max(last._2, end))
      case (before, span) => before :+ span
    }

  private def sessionPattern: Option[Regex] = Try(SQLConf.get.stringRedactionPattern).toOption.flatten
}
