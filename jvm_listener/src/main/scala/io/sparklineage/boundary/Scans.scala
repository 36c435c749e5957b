package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.catalog.HiveTableRelation
import org.apache.spark.sql.catalyst.expressions.{Expression, PythonUDF}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.columnar.InMemoryRelation
import org.apache.spark.sql.execution.datasources.{FileIndex, HadoopFsRelation, LogicalRelation}
import org.apache.spark.sql.execution.datasources.v2.{DataSourceV2Relation, DataSourceV2ScanRelation}

/** What the leaves of a plan do with filters. */
object Scans {

  /** The scan of this leaf takes filters. */
  def filters(leaf: LogicalPlan): Boolean = leaf match {
    case _: LogicalRelation | _: HiveTableRelation | _: InMemoryRelation => true
    case _: DataSourceV2Relation | _: DataSourceV2ScanRelation => true
    case _ => false
  }

  /** The leaf has partitions that a join may prune while the query runs. */
  def partitioned(leaf: LogicalPlan): Boolean = leaf match {
    case relation: LogicalRelation => relation.relation match {
        case files: HadoopFsRelation => files.partitionSchema.nonEmpty
        case _ => false
      }
    case table: HiveTableRelation => table.partitionCols.nonEmpty
    case _: DataSourceV2ScanRelation => true
    case _ => false
  }

  /** A connector of the second data source interface. */
  def connector(leaf: LogicalPlan): Boolean = leaf match {
    case _: DataSourceV2Relation | _: DataSourceV2ScanRelation => true
    case _ => false
  }

  /** Files whose listing is not Spark's own. By package: Delta's classes are in Spark's namespace too. */
  def foreign(leaf: LogicalPlan): Boolean = leaf match {
    case relation: LogicalRelation => relation.relation match {
        case files: HadoopFsRelation =>
          !files.location.getClass.getName.startsWith(classOf[FileIndex].getPackage.getName + ".")
        case _ => false
      }
    case _ => false
  }

  /** Equal for scans of the same data. */
  def name(leaf: LogicalPlan): String = leaf match {
    case relation: LogicalRelation => relation.relation match {
        case files: HadoopFsRelation => s"files ${files.location.rootPaths.mkString(",")}"
        case other => s"relation ${other.hashCode}"
      }
    case table: HiveTableRelation => s"table ${table.tableMeta.identifier.unquotedString}"
    case cached: InMemoryRelation => s"cached ${System.identityHashCode(cached.cacheBuilder)}"
    case other => s"${other.nodeName} ${other.canonicalized.hashCode}"
  }

  /** Evaluated by a Python worker: never handed to a scan. */
  def inPython(condition: Expression): Boolean = condition.exists(_.isInstanceOf[PythonUDF])
}
