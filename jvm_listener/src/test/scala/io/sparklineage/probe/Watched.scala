// Dataset.ofRows is private to Spark's own packages.
package org.apache.spark.sql.lineage.probetest

import io.sparklineage.probe._
import org.apache.spark.{MapOutputTrackerMaster, ShuffleDependency, SparkEnv}
import org.apache.spark.rdd.RDD
import org.apache.spark.scheduler.SparkListenerEvent
import org.apache.spark.shuffle.IndexShuffleBlockResolver
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, UnaryNode}
import org.apache.spark.sql.classic
import org.apache.spark.sql.execution.{SparkPlan, SparkStrategy}

/** The shortest way from a DataFrame to a probe, for tests: an explicit node. */
case class Watched(spec: ProbeSpec, columns: Seq[Attribute], everyColumn: Boolean, child: LogicalPlan)
    extends UnaryNode {
  override def output: Seq[Attribute] = child.output
  override lazy val references: AttributeSet =
    if (everyColumn) child.outputSet else AttributeSet.empty
  override protected def withNewChildInternal(newChild: LogicalPlan): LogicalPlan = copy(child = newChild)
}

object WatchedStrategy extends SparkStrategy {
  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case Watched(spec, columns, _, child) =>
      val named = columns.map(a => ProbeColumn(a.name, a.dataType.catalogString, a.exprId))
      ProbeExec(spec.copy(columns = if (spec.columns == null) Nil else named), planLater(child)) :: Nil
    case _ => Nil
  }
}

object Watched {
  def install(spark: SparkSession): Unit =
    spark.asInstanceOf[classic.SparkSession].experimental.extraStrategies = Seq(WatchedStrategy)

  def watch(
      df: DataFrame,
      id: String,
      everyColumn: Boolean = true,
      key: Seq[String] = Nil,
      sampleRows: Int = 20,
      limited: Boolean = false,
      pushed: Seq[String] = Nil,
      rowsOnly: Boolean = false,
      toTheEnd: Boolean = false
  ): DataFrame = {
    val plan = df.asInstanceOf[classic.Dataset[_]].logicalPlan
    val spec = ProbeSpec(Seq(id), if (rowsOnly) null else Nil, pushed, limited, key, sampleRows, toTheEnd = toTheEnd)
    val watched = Watched(spec, plan.output, everyColumn, plan)
    classic.Dataset.ofRows(df.sparkSession.asInstanceOf[classic.SparkSession], watched)
  }

  def waitForEnds(spark: SparkSession): Unit = spark.sparkContext.listenerBus.waitUntilEmpty()
}

object Shuffles {

  /** Forgets the shuffle files that this RDD reads, as a lost executor would. */
  def lose(rdd: RDD[_]): Unit = {
    def shuffles(of: RDD[_]): Seq[Int] = of.dependencies.flatMap {
      case shuffle: ShuffleDependency[_, _, _] => Seq(shuffle.shuffleId)
      case other => shuffles(other.rdd)
    }
    val tracker = SparkEnv.get.mapOutputTracker.asInstanceOf[MapOutputTrackerMaster]
    shuffles(rdd).foreach { id =>
      // The files go, but the driver still thinks that they are there: the reader meets a fetch failure.
      tracker.shuffleStatuses(id).mapStatuses.filter(_ != null).foreach { status =>
        val resolver = SparkEnv.get.shuffleManager.shuffleBlockResolver.asInstanceOf[IndexShuffleBlockResolver]
        resolver.removeDataByMap(id, status.mapId)
      }
    }
  }
}

object Bus {

  /** Lets Spark tell an event to all listeners, as it does with its own. */
  def post(spark: SparkSession, event: SparkListenerEvent): Unit = spark.sparkContext.listenerBus.post(event)
}
