package io.sparklineage.emit

import java.io.StringWriter

import com.fasterxml.jackson.core.{JsonFactory, JsonGenerator}
import io.sparklineage.model._

/** Observations as one line of JSON each, described by `spark_lineage/jvm/wire.schema.json`.
  *
  * Written with Jackson's streaming generator: it is on every Spark's class path and its interface has not
  * changed between the versions that Spark 3.5 to 4.3 ship.
  */
object Wire {
  private val factory = new JsonFactory()

  /** The observation as one JSON document without line breaks. */
  def line(observation: Observation): String = {
    val text = new StringWriter(512)
    val json = factory.createGenerator(text)
    // ASCII only: readers that split lines the Unicode way (U+2028, U+0085) find one line too.
    json.setHighestNonEscapedChar(126)
    new Writer(json).observation(observation)
    json.close()
    text.toString
  }

  /** The text without what JSON readers, Delta and databases choke on: NUL and lone surrogates become U+FFFD. */
  def sanitised(text: String): String =
    if (text == null) ""
    else if (isClean(text)) text
    else
      Iterator
        .iterate(0)(i => i + Character.charCount(text.codePointAt(i)))
        .takeWhile(_ < text.length)
        .map(text.codePointAt)
        .foldLeft(new java.lang.StringBuilder(text.length))((out, c) => out.appendCodePoint(if (bad(c)) 0xfffd else c))
        .toString

  private def isClean(text: String): Boolean = {
    var i = 0
    while (i < text.length) {
      val c = text.charAt(i)
      if (c == 0 || Character.isSurrogate(c)) return false
      i += 1
    }
    true
  }

  private def bad(codePoint: Int): Boolean =
    codePoint == 0 || (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE)

  final private class Writer(json: JsonGenerator) {
    def observation(observation: Observation): Unit = observation match {
      case a: Application => document("application")(application(a))
      case f: Fragment => document("fragment")(fragment(f))
      case p: Probed => document("probe")(probed(p))
      case e: ExecutionSeen => document("execution")(execution(e))
      case g: Gap => document("gap")(gap(g))
    }

    private def application(a: Application): Unit = {
      text("app_id", a.appId)
      text("app_name", a.appName)
      text("spark_version", a.sparkVersion)
      text("scala_version", a.scalaVersion)
      text("java_version", a.javaVersion)
      text("master", a.master)
      json.writeNumberField("at", a.at)
    }

    private def gap(g: Gap): Unit = {
      text("what", g.what)
      text("why", g.why)
      maybe("dataset", g.dataset)
    }

    private def fragment(f: Fragment): Unit = {
      text("dataset", f.dataset)
      array("columns", f.columns) { c =>
        json.writeStartArray()
        text(c.name)
        text(c.dataType)
        json.writeBoolean(c.nullable)
        json.writeEndArray()
      }
      text("plan_hash", f.planHash)
      texts("operators", f.operators)
      text("plan_text", f.planText)
      json.writeBooleanField("deterministic", f.deterministic)
      texts("nondeterminism", f.nondeterminism)
      texts("inputs", f.inputs)
      array("sources", f.sources)(storage)
      texts("opaque", f.opaque)
      array("definitions", f.definitions)(definition)
      array("indirect", f.indirect)(input)
      texts("sample_key", f.sampleKey)
      texts("covers", f.covers)
      array("row_operators", f.rowOperators)(rowOperator)
      array("notes", f.notes) { n =>
        block {
          text("kind", n.kind)
          text("column", n.column)
          text("text", n.text)
          json.writeFieldName("input")
          n.input.fold(json.writeNull())(pair)
        }
      }
    }

    private def definition(d: ColumnDefinition): Unit = block {
      text("column", d.column)
      text("expression", d.expression)
      array("inputs", d.inputs)(input)
      if (d.opaque) json.writeBooleanField("opaque", true)
    }

    private def pair(of: (String, String)): Unit = row(Seq(of._1, of._2))(text)

    // Most properties are empty in most operators: those are left out.
    private def rowOperator(o: RowOperator): Unit = block {
      text("op", o.op)
      array("children", o.children)(json.writeNumber(_: Int))
      o.kind.foreach(text("kind", _))
      o.text.foreach(text("text", _))
      if (o.equi) json.writeBooleanField("equi", true)
      if (o.datasets.nonEmpty) texts("datasets", o.datasets)
      if (o.keys.nonEmpty) texts("keys", o.keys)
      if (o.supplied.nonEmpty) array("supplied", o.supplied)(json.writeNumber(_: Int))
      if (o.undone.nonEmpty) array("undone", o.undone) { u =>
        block { json.writeNumberField("join", u.join); text("text", u.text) }
      }
      if (o.drops.nonEmpty) array("drops", o.drops) { d =>
        block { text("text", d.text); array("columns", d.columns)(pair) }
      }
      if (o.clashes.nonEmpty) array("clashes", o.clashes)(clash)
      if (o.deciding.nonEmpty) array("deciding", o.deciding)(definition)
    }

    private def clash(c: Clash): Unit = block {
      json.writeNumberField("position", c.position)
      text("name", c.name)
      text("type", c.dataType)
      text("other_name", c.otherName)
      text("other_type", c.otherType)
    }

    private def input(i: ColumnInput): Unit = block {
      text("dataset", i.dataset)
      text("column", i.column)
      text("kind", i.kind)
      text("subtype", i.subtype.name)
      json.writeBooleanField("masking", i.masking)
    }

    private def storage(s: Storage): Unit = block {
      text("namespace", s.namespace)
      text("name", s.name)
      maybe("format", s.format)
      maybe("version", s.version)
      maybe("table", s.table)
      array("columns", s.columns) { case (name, dataType) => row(Seq(name, dataType))(text) }
      s.files.foreach(text("files", _))
      s.part.foreach(text("part", _))
      s.rows.foreach(json.writeNumberField("rows", _))
      if (s.withoutNulls.nonEmpty) texts("without_nulls", s.withoutNulls)
    }

    private def probed(p: Probed): Unit = {
      text("dataset", p.dataset)
      text("instance", p.instance)
      number("execution", p.execution)
      number("rows", p.rows)
      json.writeBooleanField("complete", p.complete)
      maybe("reason", p.reason)
      maybe("detail", p.detail)
      texts("pushed", p.pushed)
      array("columns", p.columns)(column)
      maybe("fingerprint", p.fingerprint)
      json.writeFieldName("sample")
      p.sample.fold(json.writeNull())(sample)
      maybe("plan_hash", p.planHash)
      number("read", p.read)
      array("needless", p.needless) { each =>
        row(Seq(each.filter, each.namespace, each.name, each.files, each.column))(text)
      }
      array("answers", p.answers) { a =>
        block {
          text("kind", a.kind)
          texts("arguments", a.arguments)
          number("value", a.value)
          maybe("reason", a.reason)
        }
      }
    }

    private def column(c: ProbedColumn): Unit = block {
      text("name", c.name)
      text("type", c.dataType)
      number("nulls", c.nulls)
      maybe("fingerprint", c.fingerprint)
      c.nans.foreach(json.writeNumberField("nans", _))
      c.sketch.foreach { s =>
        text("sum", s.sum.toString)
        text("sum_squares", s.sumSquares.toString)
        s.signedSum.foreach(signed => text("signed_sum", signed.toString))
      }
    }

    private def sample(s: Sample): Unit = block {
      texts("key", s.key)
      texts("columns", s.columns)
      array("rows", s.rows)(r => row(r)(_.fold(json.writeNull())(text)))
      array("counts", s.counts)(json.writeNumber(_: Long))
    }

    private def execution(e: ExecutionSeen): Unit = {
      number("execution", e.execution)
      maybe("op", e.op)
      text("description", e.description)
      json.writeNumberField("started", e.started)
      json.writeFieldName("ended")
      e.ended.fold(json.writeNull())(json.writeNumber(_: Double))
      text("outcome", e.outcome.name)
      maybe("error", e.error)
      array("spark_jobs", e.sparkJobs)(json.writeNumber(_: Int))
      json.writeFieldName("metrics")
      block(e.metrics.foreach { case (name, value) => json.writeNumberField(name, value) })
      array("sources", e.sources)(storage)
      array("sinks", e.sinks) { s =>
        block {
          json.writeFieldName("storage")
          storage(s.storage)
          text("mode", s.mode)
          maybe("dataset", s.dataset)
        }
      }
      json.writeFieldName("changed")
      e.changed.fold(json.writeNull()) { c =>
        block {
          number("inserted", c.inserted)
          number("updated", c.updated)
          number("deleted", c.deleted)
          number("copied", c.copied)
        }
      }
    }

    private def document(kind: String)(body: => Unit): Unit = block { text("kind", kind); body }

    private def block(body: => Unit): Unit = { json.writeStartObject(); body; json.writeEndObject() }

    private def array[A](name: String, items: Seq[A])(each: A => Unit): Unit = {
      json.writeFieldName(name)
      row(items)(each)
    }

    private def row[A](items: Seq[A])(each: A => Unit): Unit = {
      json.writeStartArray()
      items.foreach(each)
      json.writeEndArray()
    }

    private def texts(name: String, items: Seq[String]): Unit = array(name, items)(text)

    private def text(value: String): Unit = json.writeString(sanitised(value))

    private def text(name: String, value: String): Unit = json.writeStringField(name, sanitised(value))

    private def maybe(name: String, value: Option[String]): Unit =
      value.fold(json.writeNullField(name))(text(name, _))

    private def number(name: String, value: Option[Long]): Unit =
      value.fold(json.writeNullField(name))(json.writeNumberField(name, _))
  }
}
