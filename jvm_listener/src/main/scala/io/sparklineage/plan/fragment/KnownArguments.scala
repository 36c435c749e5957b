package io.sparklineage.plan.fragment

import org.apache.spark.sql.catalyst.trees.TreeNode

/**
 * The arguments of a node's constructor that say what the program asked for.
 *
 * Others hold settings of the session (ANSI mode, the time zone), what Spark counts for itself, and what a later Spark
 * has added: with them the same program would have another hash on another Spark. So an argument counts if its name is
 * known here, or if it is an expression, which a program has written.
 */
private[fragment] object KnownArguments {

  /** The values, in the order of the constructor. */
  def of(node: TreeNode[_]): Iterator[Any] = {
    val known = byClass.get(node.getClass)
    val values = node.asInstanceOf[Product].productIterator
    if (known.isEmpty) values
    else values.zip(known.iterator).collect { case (value, isKnown) if isKnown || holdsTree(value) => value }
  }

  private def holdsTree(value: Any): Boolean = value match {
    case _: TreeNode[_] => true
    case Some(item) => holdsTree(item)
    case items: Seq[_] => items.exists(holdsTree)
    case _ => false
  }

  /** Whether each argument is known; empty where the names are not in the class file. */
  private val byClass = new ClassValue[Array[Boolean]] {
    override protected def computeValue(node: Class[_]): Array[Boolean] =
      node.getDeclaredConstructors.map(_.getParameters).filter(_.forall(_.isNamePresent)) match {
        case Array() => Array.empty
        case all => all.maxBy(_.length).map(parameter => Names(parameter.getName))
      }
  }

  private val Names: Set[String] =
    """
    alpha byName allowMissingCol collationName columns condition dataType ddof direction elementSchema escapeChar
    evalType field format frameType fromType funcName functionName global groupingSetIndexes ifExists ifNotExists
    ifPartitionNotExists ignoreNA ignoreNulls isAll isByName isDistinct isLocal isOverwrite joinType k key
    leftGroupingLen lgConfigK lowerBound mode n name names newName nullOrdering num numBits numFields numResults opCls
    ordinal orCreate outer outputMode overwrite partition patterns pivotColumnValues position precision prettyName purge
    relativeSD replace reverse reverseOpt rightGroupingLen scale schema script size slideDuration startTime targetType timeMode timeout
    toType udfName unit upperBound value valueColumnNames values variableColumnName windowDuration withReplacement
  """.split("\\s+").toSet
}
