package org.apache.spark.sql.lineage

import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.execution.{CodegenSupport, SparkPlan, UnaryExecNode}

/**
 * A physical operator that a program sees nowhere, but for the node itself.
 *
 * Spark names RDDs after the first frame that is none of its own, and tells its own by their package. So the calls by
 * which RDDs of other operators are made come from this class: no frame of ours is below them.
 */
abstract class UnseenExec extends SparkPlan with UnaryExecNode with Unexplained[SparkPlan] with CodegenSupport {

  /** What looks at the rows of one partition, given its index; None: the rows pass as they are. */
  type Look = (Int, Iterator[InternalRow]) => Iterator[InternalRow]

  /** The rows are about to be read from `rdd`, by generated code. Throws nothing. */
  protected def begin(rdd: Option[RDD[InternalRow]]): Unit

  /** How the rows of `rdd` are looked at where no code is generated. Throws nothing. */
  protected def look(rdd: RDD[InternalRow]): Option[Look]

  override def inputRDDs(): Seq[RDD[InternalRow]] = {
    val rdds = child.asInstanceOf[CodegenSupport].inputRDDs()
    begin(rdds.headOption)
    rdds
  }

  override protected def doExecute(): RDD[InternalRow] = {
    val rdd = child.execute()
    look(rdd) match {
      case Some(looking) => rdd.mapPartitionsWithIndex(looking)
      case None => rdd
    }
  }

  /** The paragraph of the formatted plan. */
  override def verboseStringWithOperatorId(): String = ""
}
