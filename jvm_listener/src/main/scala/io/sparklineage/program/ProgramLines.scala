package io.sparklineage.program

import java.io.StringWriter

import com.fasterxml.jackson.core.{JsonFactory, JsonGenerator}

import io.sparklineage.emit.Wire
import io.sparklineage.plan.BoundedText
import io.sparklineage.privacy.Redaction

/** What the program is, as it began. */
final case class ProgramBegun(
    run: String,
    app: String,
    program: String,
    argv: Seq[String],
    mode: String,
    labels: Map[String, String],
    place: String,
    at: Double,
    masksPersonal: Boolean = true,
    masksLiterals: Boolean = false
)

/**
 * Something that the program asked of Spark.
 *
 * @param op     its own id
 * @param kind   as the Python half has them: transform, action, view, cache
 * @param sql    the statement that it is, or is a part of
 * @param view   the name of the temporary view that it registers
 * @param inputs ids of the DataFrames that it used
 * @param output id of the DataFrame that it made
 */
final case class ProgramOperation(
    op: String,
    kind: String,
    site: CallSite,
    sql: Option[String],
    inputs: Seq[String],
    output: Option[String],
    view: Option[String],
    thread: String,
    started: Double,
    ended: Double,
    error: Option[String] = None
)

/**
 * The lines of a program's journal that are not of the wire, which `spark_lineage/jvm/programs.py` reads: how the
 * program began and ended, and what it asked of Spark.
 */
private[sparklineage] object ProgramLines {
  private val factory = new JsonFactory()
  private val LongestSql = 20000

  def begun(b: ProgramBegun): String = line("program") { json =>
    text(json, "run", b.run)
    text(json, "app", b.app)
    text(json, "program", b.program)
    texts(json, "argv", b.argv)
    text(json, "mode", b.mode)
    json.writeObjectFieldStart("labels")
    b.labels.foreach { case (name, value) => text(json, name, value) }
    json.writeEndObject()
    text(json, "place", b.place)
    json.writeNumberField("at", b.at)
    json.writeBooleanField("masks_personal", b.masksPersonal)
    json.writeBooleanField("masks_literals", b.masksLiterals)
  }

  /** @param lineOf the line of the program's SQL file where a statement begins */
  def operation(o: ProgramOperation, lineOf: ((Long, String)) => Option[Int]): String = line("operation") { json =>
    text(json, "op", o.op)
    text(json, "does", o.kind)
    text(json, "name", o.site.api)
    json.writeArrayFieldStart("frames")
    o.site.frames.foreach { frame =>
      json.writeStartArray()
      json.writeString(clean(frame.className))
      json.writeString(clean(frame.method))
      json.writeString(clean(frame.file))
      json.writeNumber(frame.line)
      json.writeEndArray()
    }
    json.writeEndArray()
    json.writeFieldName("statement")
    o.site.statement.fold(json.writeNull())(of => json.writeNumber(of._1))
    o.site.statement.flatMap(lineOf).foreach(json.writeNumberField("line", _))
    maybe(json, "sql", o.sql.map(text => BoundedText.bounded(Redaction.text(text), LongestSql)))
    maybe(json, "view", o.view)
    texts(json, "inputs", o.inputs)
    maybe(json, "output", o.output)
    text(json, "thread", o.thread)
    json.writeNumberField("started", o.started)
    json.writeNumberField("ended", o.ended)
    maybe(json, "error", o.error)
  }

  /** A DataFrame is measured from now on. */
  def marked(id: String, why: String, inputs: Iterable[String]): String = line("marked") { json =>
    text(json, "dataset", id)
    text(json, "why", why)
    texts(json, "inputs", inputs.toSeq)
  }

  /** @param outcome as far as it can be told; `error` is the last query's, where that failed */
  def ended(at: Double, outcome: String, error: Option[String]): String = line("end") { json =>
    json.writeNumberField("at", at)
    text(json, "outcome", outcome)
    maybe(json, "error", error)
  }

  private def line(kind: String)(body: JsonGenerator => Unit): String = {
    val written = new StringWriter(256)
    val json = factory.createGenerator(written)
    json.setHighestNonEscapedChar(126)
    json.writeStartObject()
    text(json, "kind", kind)
    body(json)
    json.writeEndObject()
    json.close()
    written.toString
  }

  private def clean(value: String): String = Wire.sanitised(value)

  private def text(json: JsonGenerator, name: String, value: String): Unit = json.writeStringField(name, clean(value))

  private def maybe(json: JsonGenerator, name: String, value: Option[String]): Unit =
    value.fold(json.writeNullField(name))(text(json, name, _))

  private def texts(json: JsonGenerator, name: String, values: Seq[String]): Unit = {
    json.writeArrayFieldStart(name)
    values.foreach(value => json.writeString(clean(value)))
    json.writeEndArray()
  }
}
