package io.sparklineage.boundary

import com.fasterxml.jackson.databind.ObjectMapper

import io.sparklineage.JavaCollections._
import io.sparklineage.Latest
import io.sparklineage.emit.Observations
import io.sparklineage.probe.Question

/** What rules of the user want to know, by the id of a DataFrame that is about to be marked. */
object Questions {
  private val Most = 1000
  private val asked = new Latest[String, Seq[Question]](
    Most,
    id => Observations.gap("questions", s"what rules ask was dropped: $Most other DataFrames were not marked", Some(id))
  )

  /** As `PythonApi.ask` has it. */
  def put(id: String, json: String): Unit = {
    val questions = new ObjectMapper().readTree(json).elements.asScala.map { question =>
      Question(question.get("kind").asText, question.get("arguments").elements.asScala.map(_.asText).toVector)
    }
    asked.put(id, questions.toVector)
    ()
  }

  private[sparklineage] def held: Int = asked.size

  /** Those of a DataFrame, for its mark. */
  def take(id: String): Seq[Question] = asked.take(id).getOrElse(Nil)
}
