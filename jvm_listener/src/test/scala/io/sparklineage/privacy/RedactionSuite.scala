package io.sparklineage.privacy

import java.nio.file.{Files, Paths}

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.scalatest.funsuite.AnyFunSuite

/** Both halves take the same secrets out of the same texts; `tests/contract/test_redaction.py` is the Python side. */
class RedactionSuite extends AnyFunSuite {
  private val places = Seq("tests/contract/redaction.json", "../tests/contract/redaction.json")
  private val file = places.map(Paths.get(_)).find(Files.exists(_)).get
  private val cases = new ObjectMapper().readTree(file.toFile).elements.asScala.toVector

  private def redacted(one: JsonNode): String = Option(one.get("text")) match {
    case Some(text) => Redaction.text(text.asText)
    case None => Redaction.prose(one.get("prose").asText)
  }

  test("each case of the table") {
    assert(cases.length > 100)
    cases.foreach(one => assert(redacted(one) === one.get("redacted").asText))
  }

  test("the expression of a column with a secret name loses its literals") {
    assert(Redaction.named("api_key", "concat('a', id)") === s"concat(${Redaction.Mark}, id)")
    assert(Redaction.named("status", "concat('a', id)") === "concat('a', id)")
  }

  test("texts of some hundred thousand characters") {
    val key = "-----BEGIN PRIVATE KEY-----" + "planted\n" * 40000
    val literal = "password = '" + "planted" * 40000 + "'"
    Seq(key, literal).foreach(text => assert(!Redaction.text(text).contains("planted")))
  }

  test("what looks personal is masked as the Python half masks it") {
    val text =
      "mail ada@example.org iban DE89370400440532013000 card 4111 1111 1111 1111 not 4111 1111 1111 1112 ssn 123-45-6789 call +49 30 1234567 at 1.796021426415E9"
    val masked =
      "mail masked:12784320c824801a iban masked:4f831ddb5c1072cf card masked:c98d3a05a7f7e507 not 4111 1111 1111 1112 ssn masked:d0c5f629479eb86a call masked:0ac0054ce41e5807 at 1.796021426415E9"
    assert(Personal.masked(text, "0123".getBytes("UTF-8")) == masked)
    assert(Personal.masked("paid", throw new IllegalStateException) == "paid")
  }
}
