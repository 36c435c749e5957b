package io.sparklineage.connect

import java.nio.charset.StandardCharsets.UTF_8
import java.util.Base64

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}

import io.sparklineage.JavaCollections._
import io.sparklineage.Latest
import io.sparklineage.boundary.Mode
import io.sparklineage.probe.Question

import org.apache.spark.SparkContext

/**
 * What the Python half at a client of Spark Connect says with a request: one tag, which Spark hands on as a local
 * property of the threads that work on it.
 *
 * @param op    the operation of the program that sends the request; none where no user code did
 * @param mode  the mode of the client
 * @param run   the client's run, where it does not hear this JVM: then all ids begin with it
 * @param marks which of the client's plans are marked, by the client's numbers of them
 * @param code  hashes of the code of Python functions, by the digest of the bytes that the client sends for them
 */
final private[sparklineage] case class ConnectTag(
    op: Option[String],
    mode: Option[Mode],
    run: Option[String],
    marks: Map[Long, PlanMark],
    code: Map[String, String]
)

final private[sparklineage] case class PlanMark(id: String, inputs: Set[String], why: String, questions: Seq[Question])

private[sparklineage] object ConnectTags {

  /** As SparkContext has it; its name there is not public. */
  private val Property = "spark.job.tags"
  private val Prefix = "spark-lineage."
  private val Between = "~" // the run and an id
  private val Uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}".r
  private val Most = 1000
  private val read = new Latest[String, Option[ConnectTag]](Most, _ => ())

  /** That of the request which this thread works on. */
  def of(context: SparkContext): Option[ConnectTag] = in(context.getLocalProperty(Property))

  /** The operation that the properties of a spark_job name. */
  def op(properties: java.util.Properties): Option[String] =
    Option(properties).flatMap(p => in(p.getProperty(Property))).flatMap(_.op)

  /** The operation of the request which this thread works on. */
  def op(context: SparkContext): Option[String] = of(context).flatMap(_.op)

  private def in(tags: String): Option[ConnectTag] =
    if (tags == null || !tags.contains(Prefix)) None
    else tags.split(',').map(tag => tag.substring(math.max(0, tag.lastIndexOf(Prefix))))
      .filter(_.startsWith(Prefix)).lastOption.flatMap(tag => known(tag.drop(Prefix.length)))

  private def known(encoded: String): Option[ConnectTag] = {
    val before = read.take(encoded)
    val tag = before.getOrElse(decoded(encoded))
    read.put(encoded, tag)
    tag
  }

  // The tag of somebody else may begin as ours does.
  private def decoded(encoded: String): Option[ConnectTag] =
    scala.util.Try(parsed(new ObjectMapper().readTree(new String(
      Base64.getUrlDecoder.decode(encoded),
      UTF_8
    )))).toOption

  private[connect] def parsed(document: JsonNode): ConnectTag = {
    val run = text(document, "run").filter(Uuid.pattern.matcher(_).matches)
    val own = (id: String) => run.fold(id)(_ + Between + id)
    ConnectTag(
      op = text(document, "op").map(own),
      mode = text(document, "mode").flatMap(Mode.named),
      run = run,
      marks = document.path("marks").elements.asScala.map { mark =>
        mark.get("plan").asLong -> PlanMark(
          own(mark.get("id").asText),
          mark.get("inputs").asText.split(',').filter(_.nonEmpty).map(own).toSet,
          mark.get("why").asText,
          mark.path("ask").elements.asScala.map { question =>
            Question(question.get("kind").asText, question.get("arguments").elements.asScala.map(_.asText).toVector)
          }.toVector
        )
      }.toMap,
      code = document.path("code").fieldNames.asScala.map(name => name -> document.get("code").get(name).asText).toMap
    )
  }

  private def text(document: JsonNode, name: String): Option[String] =
    Option(document.get(name)).map(_.asText).filter(_.nonEmpty)

  /** The run that an id of ours begins with, and the id as the client knows it. */
  def split(id: String): Option[(String, String)] = id.split(Between, 2) match {
    case Array(run, own) if Uuid.pattern.matcher(run).matches => Some((run, own))
    case _ => None
  }
}
