package io.sparklineage.boundary

import java.util.concurrent.ConcurrentHashMap

import scala.jdk.CollectionConverters._

import com.fasterxml.jackson.databind.ObjectMapper

import io.sparklineage.probe.Question

/** What rules of the user want to know, by the id of the DataFrame. */
object Questions {
  private val asked = new ConcurrentHashMap[String, Seq[Question]]()

  /** As `PythonApi.ask` has it. */
  def put(id: String, json: String): Unit = {
    val questions = new ObjectMapper().readTree(json).elements.asScala.map { each =>
      Question(each.get("kind").asText, each.get("arguments").elements.asScala.map(_.asText).toSeq)
    }
    asked.put(id, questions.toSeq)
    ()
  }

  def of(ids: Seq[String]): Seq[Question] =
    if (asked.isEmpty) Nil else ids.flatMap(id => Option(asked.get(id)).getOrElse(Nil)).distinct
}
