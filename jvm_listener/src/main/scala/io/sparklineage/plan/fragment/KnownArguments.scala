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
    val names = namesByClass.get(node.getClass)
    val values = node.asInstanceOf[Product].productIterator
    if (names.isEmpty) values
    else values.zip(names.iterator).collect {
      case (value, name) if (Names(name) && !isAsBefore(node, name, value)) || holdsTree(value) => value
    }
  }

  /** The value of the argument of that name; None where there is none. */
  def named(node: TreeNode[_], name: String): Option[Any] = {
    val at = namesByClass.get(node.getClass).indexOf(name)
    if (at < 0) None else Some(node.asInstanceOf[Product].productElement(at))
  }

  /** The name of an expression's class, as the newest Spark has it. */
  def className(node: TreeNode[_]): String = {
    val name = node.getClass.getSimpleName
    Renamed.getOrElse(name, name)
  }

  /** The name of an operator, as the newest Spark has it. */
  def nodeName(node: TreeNode[_]): String = Renamed.getOrElse(node.nodeName, node.nodeName)

  // Spark 3.5 and 4.0 -> 4.1
  private val Renamed = Map("PythonMapInArrow" -> "MapInArrow", "TimeAdd" -> "TimestampAddInterval")

  // What a later Spark can be asked for, and what it does where it is not asked.
  private val Later = Map(("CollectList", "ignoreNulls") -> true, ("CollectSet", "ignoreNulls") -> true)

  private def isAsBefore(node: TreeNode[_], name: String, value: Any): Boolean =
    Later.get((node.getClass.getSimpleName, name)).contains(value)

  private def holdsTree(value: Any): Boolean = value match {
    case _: TreeNode[_] => true
    case Some(item) => holdsTree(item)
    case items: Seq[_] => items.exists(holdsTree)
    case _ => false
  }

  /** The names of the arguments; empty where they are not in the class file. */
  private val namesByClass = new ClassValue[Array[String]] {
    override protected def computeValue(node: Class[_]): Array[String] = {
      val members = node.getMethods.map(_.getName).toSet
      val all =
        node.getDeclaredConstructors.map(_.getParameters).filter(_.forall(_.isNamePresent)).map(_.map(_.getName))
      // There may be others of as many: the values are those of the one whose parameters are members.
      val own = all.filter(_.forall(members))
      (if (own.nonEmpty) own else all).sortBy(-_.length).headOption.getOrElse(Array.empty)
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
