package io.sparklineage.boundary

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.classic.{Dataset => ClassicDataset}
import org.apache.spark.sql.execution._
import org.apache.spark.sql.execution.adaptive.{AdaptiveSparkPlanExec, QueryStageExec}
import org.apache.spark.sql.execution.columnar.InMemoryTableScanExec
import org.apache.spark.sql.execution.datasources.v2.BatchScanExec
import org.apache.spark.sql.execution.exchange.{Exchange, ReusedExchangeExec}

import io.sparklineage.probe.ProbeExec

/** What the promise of flow mode is about, read from a physical plan as sorted lines of text. */
object PhysicalPlans {

  def of(data: DataFrame): SparkPlan = data.asInstanceOf[ClassicDataset[_]].queryExecution.executedPlan

  /** The whole plan without the numbers that differ from run to run. */
  def text(plan: SparkPlan): String = anonymous(plan.treeString(verbose = true, maxFields = 1000))

  def probes(plan: SparkPlan): Seq[ProbeExec] =
    nodes(plan).collect { case probe: ProbeExec if probe.specs.head.counting.isEmpty => probe }

  /** Scans with everything pushed into them, exchanges, reuse, joins, aggregates, sorts, limits: not the projections. */
  def features(plan: SparkPlan): Seq[String] = nodes(plan).flatMap {
    case scan: FileSourceScanExec => Seq(
        s"scan ${scan.relation.location.rootPaths.map(_.getName).mkString(",")} read ${scan.requiredSchema.simpleString}" +
          s" partitions ${texts(scan.partitionFilters)} data ${texts(scan.dataFilters)}" +
          s" pushed ${scan.metadata.getOrElse("PushedFilters", "")}"
      )
    case scan: BatchScanExec => Seq(s"batch scan ${anonymous(scan.scan.description())} ${texts(scan.runtimeFilters)}")
    case scan: InMemoryTableScanExec => Seq(
        s"cached ${scan.output.map(_.name).mkString(",")} where ${texts(scan.predicates)}"
      )
    case reused: ReusedExchangeExec => Seq(s"reused ${reused.child.nodeName}")
    case exchange: Exchange => Seq(s"${exchange.nodeName} ${anonymous(exchange.outputPartitioning.toString)}")
    case _: ProbeExec | _: ProjectExec | _: WholeStageCodegenExec | _: InputAdapter | _: ColumnarToRowExec => Nil
    case _: AdaptiveSparkPlanExec | _: QueryStageExec => Nil
    case _: FilterExec => Nil
    case _: UnionExec => Nil
    case other => Seq(other.nodeName)
  }.sorted

  private def nodes(plan: SparkPlan): Seq[SparkPlan] = {
    val below = plan match {
      case adaptive: AdaptiveSparkPlanExec => Seq(adaptive.executedPlan)
      case stage: QueryStageExec => Seq(stage.plan)
      case _: ReusedExchangeExec => Nil
      case _: InMemoryTableScanExec => Nil
      case other => other.children
    }
    (plan +: below.flatMap(nodes)) ++ plan.subqueries.flatMap(nodes)
  }

  private def texts(expressions: Seq[Expression]): String =
    expressions.map(e => anonymous(e.toString)).sorted.mkString("[", "; ", "]")

  private def anonymous(text: String): String =
    text.replaceAll(
      "#\\d+L?",
      ""
    ).replaceAll("plan_id=\\d+", "").replaceAll("id=#?\\d+", "").replaceAll("(subquery|dynamicpruning)\\d*", "$1")
}
