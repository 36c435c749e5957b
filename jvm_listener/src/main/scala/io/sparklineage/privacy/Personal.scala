package io.sparklineage.privacy

import java.math.BigInteger
import java.nio.charset.StandardCharsets.UTF_8
import java.util.regex.{Matcher, Pattern}

import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

/**
 * Masks what looks personal in a text by a keyed hash, as `spark_lineage.privacy.personal` does: equal values stay equal,
 * and nobody can guess one without the key.
 */
object Personal {
  private val Masked = "masked:"
  private val Digits = 16
  private val may = Pattern.compile("@|\\d[\\d -]{2}")

  /** @param key asked for if there is something to mask */
  def masked(text: String, key: => Array[Byte]): String =
    if (!may.matcher(text).find()) text
    else {
      val found = Rules.personal.matcher(text)
      val cleaned = new StringBuffer(text.length)
      while (found.find()) {
        val by = if (isPersonal(found)) hashed(key, found.group) else found.group
        found.appendReplacement(cleaned, Matcher.quoteReplacement(by))
      }
      found.appendTail(cleaned).toString
    }

  /** Whether what was found holds against its check digits. */
  private def isPersonal(found: Matcher): Boolean = {
    val text = found.group.replaceAll("[ -]", "")
    if (found.group("iban") != null) isIban(text)
    else found.group("card") == null || luhn(text)
  }

  // ISO/IEC 7812-1 annex B.
  private def luhn(digits: String): Boolean =
    digits.reverse.zipWithIndex.map { case (digit, at) =>
      val doubled = digit.asDigit * (if (at % 2 == 1) 2 else 1)
      if (doubled > 9) doubled - 9 else doubled
    }.sum % 10 == 0

  // ISO 13616: modulo 97 of what is made of it is 1.
  private def isIban(text: String): Boolean = {
    val digits = (text.drop(4) + text.take(4)).map(character => Character.digit(character, 36).toString).mkString
    new BigInteger(digits).mod(BigInteger.valueOf(97)).intValue == 1
  }

  private def hashed(key: Array[Byte], value: String): String = {
    val mac = Mac.getInstance("HmacSHA256")
    mac.init(new SecretKeySpec(key, "HmacSHA256"))
    Masked + mac.doFinal(value.getBytes(UTF_8)).map(byte => f"$byte%02x").mkString.take(Digits)
  }
}
