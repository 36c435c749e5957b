package io.sparklineage.privacy

import java.util.Locale
import java.util.regex.Pattern

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}

import io.sparklineage.JavaCollections._

/** What `find` matches is replaced by `by`; `prose` rules are for texts that people write or read. */
final case class Rule(find: Pattern, by: String, prose: Boolean)

/** The rules of `rules.json`, which both halves read: `spark_lineage.privacy.rules` is the other reader. */
object Rules {
  private val document: JsonNode = {
    val file = getClass.getResourceAsStream("rules.json")
    try new ObjectMapper().readTree(file)
    finally file.close()
  }

  val mark: String = document.get("mark").asText
  private val names = listed("secret_names").mkString("|")
  private val functions = listed("key_functions")

  /** Found in the names of secrets. */
  val secretName: Pattern = pattern("(?i)<NAMES>")

  /** A quoted literal of Python or SQL. */
  val quoted: Pattern = pattern("<QUOTED>")

  // A text that has none of them, in lower case, has no secret.
  private val hints = (listed("hints") ++ functions).toArray

  /** A quick look, which most texts do not pass. */
  def mayHaveSecret(text: String): Boolean = {
    val lower = text.toLowerCase(Locale.ROOT)
    hints.exists(lower.contains(_))
  }

  /** The beginning of a call whose literals are keys: `aes_encrypt(`. */
  val keyCall: Pattern = pattern(s"(?i)(?<!\\w)(?:${functions.mkString("|")})\\s{0,4}\\(")

  /** The end of a call that a secret name is given to: `) AS password`. */
  val namedCall: Pattern = pattern(document.get("named_call").asText)

  /** Values that look personal, by their form; each is a named group. */
  val personal: Pattern = Pattern.compile(
    document.get("personal").fieldNames.asScala.toVector
      .map(form => s"(?<$form>${document.get("personal").get(form).asText})").mkString("|")
  )

  val texts: Seq[Rule] = document.get("texts").elements.asScala.map { rule =>
    val only = Option(rule.get("only")).map(_.asText)
    Rule(pattern(rule.get("find").asText), rule.get("by").asText.replace("<MARK>", mark), only.contains("prose"))
  }.toVector

  private def listed(name: String): Seq[String] = document.get(name).elements.asScala.map(_.asText).toVector

  private def pattern(text: String): Pattern = Pattern.compile(
    text.replace("<NAMES>", names).replace("<QUOTED>", document.get("quoted").asText)
  )
}
