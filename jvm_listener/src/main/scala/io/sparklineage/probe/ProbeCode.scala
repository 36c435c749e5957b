package io.sparklineage.probe

import io.sparklineage.Guard
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
 * @param below
 *   a probe of the same stage that has looked at the row before
 * @param asked
 *   what a probe above needs of this one
 */
final private[probe] class ProbeCode(
    ctx: CodegenContext,
    layout: Layout,
    handle: String,
    below: Option[ProbeCode.Below] = None,
    asked: KeptHashes = Sharing.Nothing
) {
  import ProbeCode._

  private val floats = layout.exact < layout.columns.length

  private def state(javaType: String, name: String, init: String => String = _ => ""): String =
    ctx.addMutableState(javaType, s"probe_$name", init, forceInline = true)

  private val gauge = state(classOf[Gauge].getName, "gauge", v => s"$v = $handle.open();")
  private val longs = state("long[]", "longs", v => s"$v = $gauge.longs();")
  private val doubles = if (floats) state("double[]", "doubles", v => s"$v = $gauge.doubles();") else ""
  private val sampler =
    if (layout.sampling) state(classOf[Sampler].getName, "sampler", v => s"$v = $gauge.sampler();") else ""
  private val started = state("boolean", "started")

  /** Set once a fault of ours has ended the look at the partition. */
  private val off = state("boolean", "off", v => s"$v = $gauge.isOff();")
  private val key = if (layout.keyed) state("long", "key") else ""

  /** The running hash before the first float column: its sign signs the sketches. */
  private val prefix = if (floats) state("long", "prefix") else ""

  private var looked = false

  /** The probe below, whose code stands before that of this one. */
  private def lower: ProbeCode = below.get.code().get

  /** False where this probe would use hashes of a probe below that makes none: that one has stepped aside. */
  def canLook: Boolean = below.forall(_.code().exists(_.looked))

  /** Before this column the running hash is that of the probe below. */
  private val start: Int = below.map(_.sharing.prefix).getOrElse(0)

  /** Fields that keep column hashes for the probe above; what a still lower one keeps is not kept again. */
  private lazy val hashes: Map[Int, String] =
    asked.hashes.map(i => i -> lowerHash(i).getOrElse(state("long", "share"))).toMap

  private def lowerHash(column: Int): Option[String] =
    below.flatMap(_.sharing.columns.get(column)).flatMap(j => lower.hashes.get(j))

  /** Running hash before a column, for the probe above: a field, or the seed. */
  private lazy val folds: Map[Int, String] = asked.folds.map { at =>
    at -> (if (at == 0) s"${Mixing.Seed}L" else if (at <= start) lower.folds(at) else state("long", "fold"))
  }.toMap

  private def summed(column: Int): Boolean = below.exists(_.sharing.summed(column))

  def gaugeName: String = gauge

  /** To stand where the partition begins to be read, any number of times. */
  def begin(partitionIndex: String): String = {
    val link = below.filter(_.sharing.sameRows).map { found =>
      val slots = ctx.addReferenceObj("probe_slots", new SharedSlots(found.sharing.slots))
      s"$gauge.link(${lower.gauge}, $slots);"
    }
    s"if (!$started) { $started = true; ${link.getOrElse("")} $gauge.start($partitionIndex); }"
  }

  /** To stand where the input has come to its end. */
  def exhausted: String = s"$gauge.exhausted();"

  /** Looks at one row. All variables of the input must have been evaluated before. */
  def look(input: Input): String = {
    val touched = layout.columns.indices.filter { i =>
      val column = layout.columns(i)
      (column.hashable || column.nullable) && below.forall(_.sharing.needed(i))
    }
    val hash = ctx.freshName("probe_hash")
    val calls = chunked(touched).map { chunk =>
      val bound = input.bind(ctx, chunk.map(need))
      val previous = touched.takeWhile(_ < chunk.head).lastOption.getOrElse(-1)
      val name = define("look", "long", s"long hash${bound.parameters}", body(previous, chunk, bound))
      s"$hash = $name($hash${bound.arguments});"
    }
    val first = if (start > 0) lower.folds(start) else s"${Mixing.Seed}L"
    looked = true
    guarded(s"""
       |${if (below.exists(_.sharing.sameRows)) "" else s"$longs[${Layout.Rows}]++;"}
       |long $hash = $first;
       |${if (layout.keyed) s"$key = ${Mixing.Seed}L;" else ""}
       |${calls.mkString("\n")}
       |${marks(touched.lastOption.getOrElse(-1), layout.columns.length, hash)}
       |${whole(hash)}
       |${sample(hash, input)}
       |${layout.asked.indices.map(ask(_, input)).mkString("\n")}
     """.stripMargin)
  }

  /** A fault of ours ends the look at the partition, and the row passes on. Where nothing is thrown, `try` is free. */
  private def guarded(look: String): String = {
    val enter = if (Guard.isWatched) s"""${Guard.getClass.getName.stripSuffix("$")}.enter("probe look");""" else ""
    val afterLower =
      below.map(_ => s"if (${lower.off}) { $off = $gauge.failBelow(${lower.gauge}); } else").getOrElse("")
    s"""
       |if (!$off) {
       |  $afterLower try {
       |    $enter
       |    $look
       |  } catch (Throwable fault) { $off = $gauge.fail("probe look", fault); }
       |}
     """.stripMargin
  }

  /** Looks at the row for a question; where that fails the question has no answer, and the row passes on. */
  private def ask(question: Int, input: Input): String = {
    val asking = layout.asked(question)
    val bound = input.bind(ctx, asking.columns.toSeq.map(i => Need(layout.columns(i), value = true, isNull = true)))
    val values = bound.variables.map(_.code.toString).mkString("\n")
    ctx.currentVars = bound.variables.map(v => ExprCode(v.isNull, v.value))
    ctx.INPUT_ROW = null
    val code = asking.expressions.map(_.genCode(ctx))
    val faults = s"$longs[${layout.faults(question)}]"
    val counted = s"$longs[${layout.counted(question)}]"
    val look =
      if (asking.unique) {
        val (has, first, second) = (code(0), code(1), code(2))
        s"""
           |${has.code}
           |if (${has.value}) {
           |  ${first.code}
           |  ${second.code}
           |  $gauge.keysOf($question).add(${first.value}, ${second.value});
           |}
         """.stripMargin
      } else s"${code.head.code}\nif (!${code.head.isNull} && !${code.head.value}) $counted++;"
    val body = s"if ($faults == 0L) {\n try {\n$values\n$look\n} catch (RuntimeException fault) { $faults++; }\n}"
    val name = define("ask", "void", bound.parameters.stripPrefix(", "), body)
    s"$name(${bound.arguments.stripPrefix(", ")});"
  }

  private def define(name: String, result: String, parameters: String, body: String): String = {
    val fresh = ctx.freshName(s"probe_$name")
    ctx.addNewFunction(fresh, s"private $result $fresh($parameters) {\n$body\n}")
  }

  /** Keeps the running hash for whoever needs it before one of the columns after `previous` up to `next`. */
  private def marks(previous: Int, next: Int, hash: String): String = {
    val own = folds.toSeq.filter(_._1 > start) ++ (if (floats) Seq(layout.exact -> prefix) else Nil)
    own.collect { case (at, field) if at > previous && at <= next => s"$field = $hash;" }.mkString("\n")
  }

  private def body(previous: Int, chunk: Seq[Int], bound: Bound): String = {
    val columns = chunk.indices.map { n =>
      val before = if (n == 0) previous else chunk(n - 1)
      s"${marks(before, chunk(n), "hash")}\n${column(chunk(n), bound.variables(n))}"
    }
    s"${columns.mkString("\n")}\nreturn hash;"
  }

  /** What the code of a column reads of it. */
  private def need(i: Int): Need = {
    val known = lowerHash(i).isDefined
    val floating = layout.columns(i).floating
    Need(layout.columns(i), value = !known || floating, isNull = !known || floating || !summed(i))
  }

  private def column(i: Int, variable: ExprCode): String = {
    val measured = layout.columns(i)
    val nullable = variable.isNull != FalseLiteral
    val missing = if (nullable && !summed(i)) s"$longs[${layout.nulls(i)}]++;" else ""
    if (!measured.hashable) s"${variable.code}\n${if (nullable) s"if (${variable.isNull}) $missing" else ""}"
    else {
      val hash = ctx.freshName("probe_column")
      val sketch = if (measured.floating) sketched(i, variable.value.code) else ""
      val known = lowerHash(i)
      val present = known.map(_ => sketch).getOrElse(s"${hashed(measured, variable, hash)}\n$sketch")
      val absent = if (known.isDefined) missing else s"$hash = ${Mixing.Seed}L; $missing"
      val choice =
        if (!nullable) present
        else if (present.isEmpty && absent.isEmpty) ""
        else s"if (${variable.isNull}) { $absent } else {\n$present\n}"
      s"""
         |${variable.code}
         |long $hash${known.map(field => s" = $field").getOrElse("")};
         |$choice
         |${if (known.isEmpty) hashes.get(i).map(field => s"$field = $hash;").getOrElse("") else ""}
         |${if (summed(i)) "" else s"$longs[${layout.sums(i)}] += $hash;"}
         |${if (layout.keyed && layout.key.contains(i)) s"$key = $key * ${Mixing.Factor}L + $hash;" else ""}
         |${if (i >= start) s"hash = hash * ${Mixing.Factor}L + $hash;" else ""}
       """.stripMargin
    }
  }

  private def hashed(measured: MeasuredColumn, variable: ExprCode, result: String): String = {
    ctx.currentVars = Seq(ExprCode(FalseLiteral, variable.value))
    val code = XxHash64(Seq(BoundReference(0, measured.dataType, nullable = false)), Mixing.Seed).genCode(ctx)
    s"${code.code}\n$result = ${code.value};"
  }

  /** Values that are not finite have no place in the sketch: they would leave nothing of it. */
  private def sketched(i: Int, value: String): String = {
    val at = layout.sketch(i)
    val number = ctx.freshName("probe_number")
    s"""
       |double $number = $value;
       |if ($number != $number) { $longs[${layout.nans(i)}]++; }
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

  private def sample(hash: String, input: Input): String =
    if (!layout.sampling) ""
    else {
      val by = if (layout.keyed) key else if (floats) prefix else hash
      val puts = chunked(layout.columns.indices).map { chunk =>
        val bound = input.bind(ctx, chunk.map(i => Need(layout.columns(i), value = true, isNull = true)))
        val body = chunk.zip(bound.variables).map { case (i, variable) =>
          val put = s"$sampler.put($i, ${variable.value});"
          s"${variable.code}\n${if (variable.isNull == FalseLiteral) put else s"if (!${variable.isNull}) $put"}"
        }
        val name = define("keep", "void", bound.parameters.stripPrefix(", "), body.mkString("\n"))
        s"$name(${bound.arguments.stripPrefix(", ")});"
      }
      s"""
         |if ($by <= $sampler.threshold() && $sampler.admit($by, $hash)) {
         |  ${puts.mkString("\n")}
         |}
       """.stripMargin
    }

  /** Columns in groups of one function each. */
  private def chunked(columns: Seq[Int]): Seq[Seq[Int]] = {
    val chunks = Seq.newBuilder[Seq[Int]]
    var chunk = Vector.empty[Int]
    var weight = 0
    columns.foreach { i =>
      chunk :+= i
      weight += weigh(layout.columns(i).dataType)
      if (weight >= ChunkWeight) { chunks += chunk; chunk = Vector.empty; weight = 0 }
    }
    if (chunk.nonEmpty) chunks += chunk
    chunks.result()
  }
}

private[probe] object ProbeCode {

  /** Columns in one function, about: a string or a number weighs one. */
  private val ChunkWeight = 8

  final case class Below(sharing: Sharing, code: () => Option[ProbeCode])

  /** What a function reads of a column. */
  final case class Need(column: MeasuredColumn, value: Boolean, isNull: Boolean)

  /** How the values of a few columns get into a function. */
  final case class Bound(parameters: String, arguments: String, variables: Seq[ExprCode])

  sealed trait Input {
    def bind(ctx: CodegenContext, needs: Seq[Need]): Bound
  }

  /** The row stands in Java variables, by ordinal. */
  final case class Variables(values: Seq[ExprCode]) extends Input {
    override def bind(ctx: CodegenContext, needs: Seq[Need]): Bound = {
      val bound = needs.map { need =>
        val outer = values(need.column.ordinal)
        val javaType = CodeGenerator.javaType(need.column.dataType)
        val value = ctx.freshName("value")
        val isNull = ctx.freshName("isNull")
        val nullable = need.column.nullable && outer.isNull != FalseLiteral
        val passed = (if (need.value) Seq(s"$javaType $value" -> outer.value.code) else Nil) ++
          (if (need.isNull && nullable) Seq(s"boolean $isNull" -> outer.isNull.code) else Nil)
        val nullCode = if (nullable) JavaCode.isNullVariable(isNull) else FalseLiteral
        (passed, ExprCode(nullCode, JavaCode.variable(value, need.column.dataType)))
      }
      val all = bound.flatMap(_._1)
      Bound(all.map(", " + _._1).mkString, all.map(", " + _._2).mkString, bound.map(_._2))
    }
  }

  /** The row stands in an `InternalRow`; each function reads its columns itself. */
  final case class Row(name: String) extends Input {
    override def bind(ctx: CodegenContext, needs: Seq[Need]): Bound = {
      ctx.currentVars = null
      ctx.INPUT_ROW = "row"
      val variables = needs.map { case Need(column, _, _) =>
        BoundReference(column.ordinal, column.dataType, column.nullable).genCode(ctx)
      }
      Bound(", org.apache.spark.sql.catalyst.InternalRow row", s", $name", variables)
    }
  }

  private def weigh(dataType: DataType): Int = dataType match {
    case struct: StructType => struct.fields.map(field => weigh(field.dataType)).sum + 1
    case array: ArrayType => weigh(array.elementType) + 2
    case _ => 1
  }
}
