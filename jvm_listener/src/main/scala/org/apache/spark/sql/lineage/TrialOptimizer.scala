package org.apache.spark.sql.lineage

import org.apache.hadoop.fs.Path
import org.apache.spark.sql.ExperimentalMethods
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.execution.SparkOptimizer
import org.apache.spark.sql.execution.datasources.{FileIndex, HadoopFsRelation, LogicalRelation, PartitionDirectory}
import org.apache.spark.sql.types.StructType

import io.sparklineage.boundary.{PlaceBoundaries, Scans, SettleBoundaries}

/**
 * Spark's own optimizer and our rules, without those that read files, ask catalogs or talk to data sources, and
 * without rules of other extensions (Delta's run Spark jobs): for plans that will never run.
 */
final class TrialOptimizer(session: SparkLine.Session)
    extends SparkOptimizer(session.sessionState.catalogManager, session.sessionState.catalog, new ExperimentalMethods) {

  private val outward = Set(
    "GroupBasedRowLevelOperationScanPlanning",
    "V1Writes",
    "V2ScanRelationPushDown",
    "V2ScanPartitioningAndOrdering",
    "V2Writes",
    "PruneFileSourcePartitions"
  )

  override def extendedOperatorOptimizationRules: Seq[Rule[LogicalPlan]] = Seq(SettleBoundaries)

  override def preCBORules: Seq[Rule[LogicalPlan]] = Seq(PlaceBoundaries)

  override def earlyScanPushDownRules: Seq[Rule[LogicalPlan]] =
    super.earlyScanPushDownRules.filterNot(rule => outward(rule.ruleName.split('.').last.stripSuffix("$")))

  override def nonExcludableRules: Seq[String] =
    super.nonExcludableRules.filterNot(rule => outward(rule.split('.').last.stripSuffix("$")))

  /** File listings that are not Spark's own (Delta's log) may cost a Spark job to ask: nobody asks them. */
  def readable(plan: LogicalPlan): LogicalPlan = plan.transformUpWithSubqueries {
    case leaf: LogicalRelation if Scans.foreign(leaf) =>
      leaf.relation match {
        case files: HadoopFsRelation =>
          leaf.copy(relation = files.copy(location = new UnreadIndex(files.location))(files.sparkSession))
        case _ => leaf
      }
  }
}

/** The place of a file listing, without the listing. */
final private class UnreadIndex(real: FileIndex) extends FileIndex {
  override val rootPaths: Seq[Path] = real.rootPaths
  override val partitionSchema: StructType = real.partitionSchema
  override def listFiles(partitions: Seq[Expression], data: Seq[Expression]): Seq[PartitionDirectory] = Nil
  override def inputFiles: Array[String] = Array.empty
  override def refresh(): Unit = ()
  override def sizeInBytes: Long = Int.MaxValue
}
