package org.apache.spark.sql.lineage

import org.apache.spark.sql.catalyst.trees.{TreeNode, UnaryLike}

/** A node that no printed plan has: what is printed in its place is its child. */
trait Unexplained[Plan <: TreeNode[Plan]] extends TreeNode[Plan] with UnaryLike[Plan] { self: Plan =>
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
