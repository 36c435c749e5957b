package io.sparklineage.probe

import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, FalseLiteral}

/**
 * The Java code of the boundaries of one probe, the lowest first.
 *
 * @param handles what gives the `ProbeHandles` in the generated class
 * @param counts  rows are counted and nothing else
 * @param asked   what a probe above needs of the top one
 * @param below   a probe below the lowest of these, given its layout and what these need of it
 */
final private[probe] class StackCode(
    ctx: CodegenContext,
    stack: Stacked,
    handles: String,
    counts: Boolean,
    asked: KeptHashes = Sharing.Nothing
)(below: (Layout, KeptHashes) => Option[ProbeCode.Below]) {

  /** The name of the `Gauges` in the generated class. */
  val gauges: String =
    ctx.addMutableState(classOf[Gauges].getName, "probe_gauges", v => s"$v = $handles.open();", forceInline = true)

  private val codes = new Array[ProbeCode](stack.layouts.length)

  codes.indices.foldLeft(asked) { (needed, i) =>
    val lower = stack.sharings.lift(i).fold(below(stack.layouts(i), needed)) { sharing =>
      Some(ProbeCode.Below(sharing, () => Some(codes(i + 1))))
    }
    codes(i) = new ProbeCode(ctx, stack.layouts(i), s"$gauges.of($i)", counts, lower, needed)
    lower.fold(Sharing.Nothing)(_.sharing.asks(needed))
  }

  /** That of the top boundary. */
  def top: ProbeCode = codes.head

  /** False where hashes of a probe below would be used that makes none: that one has stepped aside. */
  def canLook: Boolean = codes.last.canLook

  /** To stand where the partition begins to be read, any number of times. */
  def begin(partitionIndex: String): String = {
    val (lower, shared) = codes.last.sharedWith
    s"$gauges.begin($partitionIndex, $lower, $shared);"
  }

  /** To stand where the input has come to its end. */
  def exhausted: String = s"$gauges.exhausted();"

  /** Looks at one row. All variables of the input must have been evaluated before. */
  def look(input: ProbeCode.Input): String = {
    val wanted = ctx.freshName("probe_wanted")
    val looks = codes.reverse.map(_.look(input, wanted))
    s"""
       |boolean $wanted = false;
       |${looks.mkString("\n")}
       |${if (stack.sampling) keptIf(wanted, input) else ""}
     """.stripMargin
  }

  /** Values are boxed and copied for the few rows that a sample wants: once, whoever wants them. */
  private def keptIf(wanted: String, input: ProbeCode.Input): String = {
    val (kept, row) = (ctx.freshName("probe_kept"), classOf[KeptRow].getName)
    val fills = ProbeCode.chunked(stack.columns)(_.dataType).map { chunk =>
      val bound = input.bind(ctx, chunk.map(column => ProbeCode.Need(column, value = true, isNull = true)))
      val puts = chunk.zip(bound.variables).map { case (column, variable) =>
        val put = s"kept.put(${column.ordinal}, ${variable.value});"
        s"${variable.code}\n${if (variable.isNull == FalseLiteral) put else s"if (!${variable.isNull}) $put"}"
      }
      val fill = ctx.freshName("probe_keep")
      val defined =
        ctx.addNewFunction(fill, s"private void $fill($row kept${bound.parameters}) {\n${puts.mkString("\n")}\n}")
      s"$defined($kept${bound.arguments});"
    }
    s"""
       |if ($wanted) try {
       |  ${ProbeCode.enter}
       |  $row $kept = $gauges.newRow();
       |  ${fills.mkString("\n")}
       |  $gauges.keep($kept);
       |} catch (Throwable fault) { $gauges.fail("probe look", fault); }
     """.stripMargin
  }
}
