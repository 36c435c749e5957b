package io.sparklineage.probe

import org.apache.spark.sql.catalyst.expressions.{BoundReference, XxHash64}
import org.apache.spark.sql.catalyst.expressions.codegen._
import org.apache.spark.sql.types._

/**
 * The Java code of a probe, for a whole codegen stage or for a class of its own (`RowProbe`).
 *
 * Columns are looked at in functions of a few columns each: small enough for the JIT compiler to inline them
 * where rows are hot, and a wide row leaves no method near the 8,000 bytes above which nothing is compiled.
 *
 * @param handle
 *   name of the `ProbeHandle` in the generated class
 */
private[probe] final class ProbeCode(ctx: CodegenContext, layout: Layout, handle: String) {
  import ProbeCode._

  private def state(javaType: String, name: String, init: String => String): String =
    ctx.addMutableState(javaType, s"probe_$name", init, forceInline = true)

  private val gauge = state(classOf[Gauge].getName, "gauge", v => s"$v = $handle.open();")
  private val longs = state("long[]", "longs", v => s"$v = $gauge.longs();")
  private val doubles = if (layout.exact < layout.columns.length) state("double[]", "doubles", v => s"$v = $gauge.doubles();") else ""
  private val sampler = if (layout.sampling) state(classOf[Sampler].getName, "sampler", v => s"$v = $gauge.sampler();") else ""
  private val started = state("boolean", "started", _ => "")
  private val keyed = layout.sampling && !layout.keyIsPrefix
  private val key = if (keyed) state("long", "key", _ => "") else ""
  private val prefix = if (layout.exact < layout.columns.length) state("long", "prefix", _ => "") else ""

  def gaugeName: String = gauge

  /** To stand where the partition begins to be read, any number of times. */
  def start(partitionIndex: String): String =
    s"if (!$started) { $started = true; $gauge.start($partitionIndex); }"

  /** To stand where the input has come to its end. */
  def exhausted: String = s"$gauge.exhausted();"

  /** Looks at one row. All variables of the input must have been evaluated before. */
  def look(input: Input): String = {
    val count = s"$longs[${Layout.Rows}]++;"
    if (layout.columns.isEmpty || !layout.columns.exists(c => c.hashable || c.nullable)) count
    else {
      val hash = ctx.freshName("probe_hash")
      val chunks = chunked(layout.columns.toSeq)
      val calls = chunks.map { chunk =>
        val bound = input.bind(ctx, chunk.map(i => layout.columns(i)))
        val name = define("look", "long", s"long hash${bound.parameters}", body(chunk, bound))
        s"$hash = $name($hash${bound.arguments});"
      }
      s"""
         |$count
         |long $hash = ${Mixing.Seed}L;
         |${if (keyed) s"$key = ${Mixing.Seed}L;" else ""}
         |${calls.mkString("\n")}
         |${whole(hash)}
         |${sample(hash, chunks, input)}
       """.stripMargin
    }
  }

  private def define(name: String, result: String, parameters: String, body: String): String = {
    val fresh = ctx.freshName(s"probe_$name")
    ctx.addNewFunction(fresh, s"private $result $fresh($parameters) {\n$body\n}")
  }

  private def body(chunk: Seq[Int], bound: Bound): String = {
    val columns = chunk.zip(bound.variables).map { case (i, variable) =>
      val mark = if (prefix.nonEmpty && i == layout.exact) s"$prefix = hash;\n" else ""
      mark + column(i, variable)
    }
    // The last of the exact columns may end a chunk: then the next one marks it; with no float there is none.
    s"${bound.preparation}\n${columns.mkString("\n")}\nreturn hash;"
  }

  private def column(i: Int, variable: ExprCode): String = {
    val measured = layout.columns(i)
    val nullable = variable.isNull != FalseLiteral
    val sums = s"$longs[${layout.sums(i)}]"
    val nulls = s"$longs[${layout.nulls(i)}]++;"
    if (!measured.hashable) {
      s"${variable.code}\n${if (nullable) s"if (${variable.isNull}) $nulls" else ""}"
    } else {
      val hash = ctx.freshName("probe_column")
      ctx.currentVars = Seq(ExprCode(FalseLiteral, variable.value))
      val expression = XxHash64(Seq(BoundReference(0, measured.dataType, nullable = false)), Mixing.Seed).genCode(ctx)
      val sketch = if (measured.floating) sketched(i, variable.value.code) else ""
      val present = s"${expression.code}\n$hash = ${expression.value};\n$sketch"
      val choice =
        if (nullable) s"if (${variable.isNull}) { $hash = ${Mixing.Seed}L; $nulls } else {\n$present\n}" else present
      s"""
         |${variable.code}
         |long $hash;
         |$choice
         |$sums += $hash;
         |${if (keyed && layout.key.contains(i)) s"$key = $key * ${Mixing.Factor}L + $hash;" else ""}
         |hash = hash * ${Mixing.Factor}L + $hash;
       """.stripMargin
    }
  }

  /** Values that are not finite have no place in the sketch: they would leave nothing of it. */
  private def sketched(i: Int, value: String): String = {
    val at = layout.sketch(i)
    val number = ctx.freshName("probe_number")
    s"""
       |double $number = $value;
       |if (Math.abs($number) <= Double.MAX_VALUE) {
       |  $doubles[$at] += $number;
       |  $doubles[${at + 1}] += $number * $number;
       |  $doubles[${at + 2}] += $prefix < 0 ? -$number : $number;
       |}
     """.stripMargin
  }

  private def whole(hash: String): String =
    if (!layout.wholeRows) ""
    else {
      val mixing = Mixing.getClass.getName.stripSuffix("$")
      s"""
         |$longs[${Layout.RowA}] += $mixing.mixA($hash);
         |$longs[${Layout.RowB}] += $mixing.mixB($hash);
       """.stripMargin
    }

  private def sample(hash: String, chunks: Seq[Seq[Int]], input: Input): String =
    if (!layout.sampling) ""
    else {
      val by = if (keyed) key else if (prefix.nonEmpty) prefix else hash
      val puts = chunks.map { chunk =>
        val bound = input.bind(ctx, chunk.map(i => layout.columns(i)))
        val body = chunk.zip(bound.variables).map { case (i, variable) =>
          val put = s"$sampler.put($i, ${variable.value});"
          s"${variable.code}\n${if (variable.isNull == FalseLiteral) put else s"if (!${variable.isNull}) $put"}"
        }
        val name = define("keep", "void", bound.parameters.stripPrefix(", "), s"${bound.preparation}\n${body.mkString("\n")}")
        s"$name(${bound.arguments.stripPrefix(", ")});"
      }
      s"""
         |if ($by <= $sampler.threshold() && $sampler.admit($by, $hash)) {
         |  ${puts.mkString("\n")}
         |}
       """.stripMargin
    }
}

private[probe] object ProbeCode {

  /** Columns in one function, about: a string or a number weighs one. */
  private val ChunkWeight = 8

  /** How the values of a few columns get into a function. */
  final case class Bound(parameters: String, arguments: String, preparation: String, variables: Seq[ExprCode])

  sealed trait Input {
    def bind(ctx: CodegenContext, columns: Seq[Measured]): Bound
  }

  /** The row stands in Java variables, by ordinal. */
  final case class Variables(values: Seq[ExprCode]) extends Input {
    override def bind(ctx: CodegenContext, columns: Seq[Measured]): Bound = {
      val bound = columns.map { column =>
        val outer = values(column.ordinal)
        val value = ctx.freshName("value")
        val javaType = CodeGenerator.javaType(column.dataType)
        val variable = JavaCode.variable(value, column.dataType)
        if (!column.nullable || outer.isNull == FalseLiteral) {
          (s", $javaType $value", s", ${outer.value}", ExprCode(FalseLiteral, variable))
        } else {
          val isNull = ctx.freshName("isNull")
          val code = ExprCode(JavaCode.isNullVariable(isNull), variable)
          (s", $javaType $value, boolean $isNull", s", ${outer.value}, ${outer.isNull}", code)
        }
      }
      Bound(bound.map(_._1).mkString, bound.map(_._2).mkString, "", bound.map(_._3))
    }
  }

  /** The row stands in an `InternalRow`; each function reads its columns itself. */
  final case class Row(name: String) extends Input {
    override def bind(ctx: CodegenContext, columns: Seq[Measured]): Bound = {
      ctx.currentVars = null
      ctx.INPUT_ROW = "row"
      val variables = columns.map { column =>
        BoundReference(column.ordinal, column.dataType, column.nullable).genCode(ctx)
      }
      Bound(", org.apache.spark.sql.catalyst.InternalRow row", s", $name", "", variables)
    }
  }

  /** Indices into the layout's columns, in order. */
  private def chunked(columns: Seq[Measured]): Seq[Seq[Int]] = {
    val chunks = Seq.newBuilder[Seq[Int]]
    var chunk = Vector.empty[Int]
    var weight = 0
    columns.indices.foreach { i =>
      chunk :+= i
      weight += weigh(columns(i).dataType)
      if (weight >= ChunkWeight) { chunks += chunk; chunk = Vector.empty; weight = 0 }
    }
    if (chunk.nonEmpty) chunks += chunk
    chunks.result()
  }

  private def weigh(dataType: DataType): Int = dataType match {
    case struct: StructType => struct.fields.map(field => weigh(field.dataType)).sum + 1
    case array: ArrayType => weigh(array.elementType) + 2
    case _ => 1
  }
}
