package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.trees.TreeNodeTag

import io.sparklineage.probe.Question

/** How much a boundary may cost. */
sealed abstract class Mode(val name: String)

object Mode {

  /** No probe: the optimized and the physical plan are those of the plain program. */
  case object Plan extends Mode("plan")

  /** A probe that never costs pruning, pushdown or a cache hit; where it would, it steps aside. */
  case object Flow extends Mode("flow")

  /** A barrier for rows: every row reaches the probe, with those columns that the program itself uses later. */
  case object Used extends Mode("used")

  /** A barrier: every column and every row of the dataset reaches the probe. */
  case object Exact extends Mode("exact")

  /** From the one that costs least to the one that shows most. */
  val all: Seq[Mode] = Seq(Plan, Flow, Used, Exact)

  /** The mode of a boundary that stands for DataFrames of several modes. */
  def strictest(modes: Seq[Mode]): Mode = modes.maxBy(all.indexOf(_))

  /** None for a name that is not a mode's, and for "". */
  def named(name: String): Option[Mode] = all.find(_.name.equalsIgnoreCase(name))
}

/**
 * One DataFrame id on one plan. What is known of the DataFrame lies here, and goes when its plan does.
 *
 * @param mode      None where the session's mode holds
 * @param sampleKey the columns that choose its sample
 * @param questions what rules of the user want to know of its rows
 */
final case class DatasetMark(
    id: String,
    mode: Option[Mode],
    sampleKey: SampleKeyOf = SampleKeyOf.Unknown,
    questions: Seq[Question] = Nil
)

/** Boundaries are tags on analyzed plans; everything that derives from the DataFrame carries them along. */
object Marks {
  private val tag = TreeNodeTag[Seq[DatasetMark]]("spark.lineage.marks")

  @volatile private var used = false

  /** Something was marked in this JVM. */
  def any: Boolean = used

  /** The marks of exactly this node. */
  def of(plan: LogicalPlan): Seq[DatasetMark] = plan.getTagValue(tag).getOrElse(Nil)

  /** Adds a mark. False if the plan has that id already; then the mark is replaced. */
  def add(plan: LogicalPlan, mark: DatasetMark): Boolean = plan.synchronized {
    val (same, others) = of(plan).partition(_.id == mark.id)
    plan.setTagValue(tag, others :+ mark)
    used = true
    same.isEmpty
  }
}
