package io.sparklineage.plan.fragment

import scala.util.Try

import org.apache.spark.sql.catalyst.expressions.{BoundReference, XxHash64}
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation

/** A hash of the rows that a plan itself holds, so that two programs with other literals have other hashes. */
object LocalRowsHash {

  /** More rows than these are not looked at. */
  private val MostRows = 10000

  /** None for more rows, or for types that Spark's hash does not take (maps). */
  def word(relation: LocalRelation): Option[String] =
    if (relation.data.lengthCompare(MostRows) > 0) None
    else Try {
      val columns = relation.output.zipWithIndex.map { case (a, i) => BoundReference(i, a.dataType, a.nullable) }
      val hash = XxHash64(columns, 42L)
      require(hash.checkInputDataTypes().isSuccess)
      val sum = relation.data.map(row => hash.eval(row).asInstanceOf[Long]).sum
      f"${relation.data.length}:$sum%016x"
    }.toOption
}
