package io.sparklineage.probe

import org.apache.spark.sql.execution.UnaryExecNode

/** A physical operator that `explain` does not show: a program that prints a plan prints that of the plain run. */
private[probe] trait Unexplained extends UnaryExecNode {
  override def generateTreeString(
      depth: Int,
      lastChildren: java.util.ArrayList[Boolean],
      append: String => Unit,
      verbose: Boolean,
      prefix: String,
      addSuffix: Boolean,
      maxFields: Int,
      printNodeId: Boolean,
      indent: Int
  ): Unit =
    child.generateTreeString(depth, lastChildren, append, verbose, prefix, addSuffix, maxFields, printNodeId, indent)
}
