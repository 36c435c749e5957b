package io.sparklineage.boundary

import java.util.{LinkedHashMap, Map => JavaMap}

import scala.util.hashing.MurmurHash3

import org.apache.spark.sql.catalyst.expressions.{Attribute, Expression, Literal}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.execution.datasources.{HadoopFsRelation, LogicalRelation, PartitioningAwareFileIndex}
import org.apache.spark.sql.lineage.SparkLine

/**
 * What trials have found: a program that runs one query again and again, over other numbers, has it tried once.
 *
 * Two queries have one shape if their plans, with the boundaries where they are, differ in ids and in whole numbers
 * only; of these, equal ones stay equal, greater ones greater, and each as many bits long as before, since whether it
 * fits a narrower type decides about casts. All that plans look at beside their operators is in the shape, too:
 * settings, the size of files, and the rules that a program has added.
 */
object TrialMemory {

  /** Shapes that are remembered; those that were not asked for longest are forgotten. */
  private val MostShapes = 1000

  /**
   * What a trial has found.
   *
   * @param kept the places whose boundaries cost nothing
   * @param cost what the others would cost the query, in words
   */
  final case class Found(kept: Set[Int], cost: String)

  /** A hash of the plan, that of its text and how long that is, and one of what is beside it. */
  final private[boundary] case class Shape(plan: Int, text: Int, length: Int, beside: Int)

  private val remembered = new LinkedHashMap[Shape, Found](16, 0.75f, true) {
    override def removeEldestEntry(eldest: JavaMap.Entry[Shape, Found]): Boolean = size > MostShapes
  }

  /** How many trials were found here, for tests. */
  @volatile private[sparklineage] var hits = 0L

  def found(shape: Shape)(trial: => Found): Found = {
    val known = remembered.synchronized(remembered.get(shape))
    if (known != null) { hits += 1; known }
    else {
      val made = trial
      remembered.synchronized(remembered.put(shape, made))
      made
    }
  }

  /** @param plan as the optimizer gets it, with its boundaries: what is cached has been put in its place */
  def shape(session: SparkLine.Session, plan: LogicalPlan): Shape = {
    val placed = plan.transformUpWithSubqueries { case boundary: BoundaryNode =>
      PlacedBoundary(boundary.spec.place, boundary.spec.mode.toString, boundary.child)
    }
    val whole = withoutNumbers(placed).canonicalized
    val text = whole.treeString(verbose = true, addSuffix = false, maxFields = Int.MaxValue)
    Shape(whole.hashCode, MurmurHash3.stringHash(text), text.length, beside(session, plan))
  }

  private def beside(session: SparkLine.Session, plan: LogicalPlan): Int = {
    val sizes = plan.collectWithSubqueries { case LogicalRelationOf(files) => files.sizeInBytes }
    val rules = session.sessionState.experimentalMethods.extraOptimizations
    (session.sessionState.conf.getAllConfs, sizes, rules).hashCode
  }

  private object LogicalRelationOf {
    def unapply(plan: LogicalPlan): Option[PartitioningAwareFileIndex] = plan match {
      case leaf: LogicalRelation => leaf.relation match {
          case HadoopFsRelation(files: PartitioningAwareFileIndex, _, _, _, _, _) => Some(files)
          case _ => None
        }
      case _ => None
    }
  }

  private def withoutNumbers(plan: LogicalPlan): LogicalPlan = {
    val numbers = plan.collectWithSubqueries { case node if !counts(node) => node.expressions }.flatten
      .flatMap(_.collect { case Number(value) => value }).distinct.sorted
    val standIns = numbers.groupBy(bits).values.flatMap(_.zipWithIndex).map { case (value, rank) =>
      value -> standIn(value, rank)
    }.toMap
    if (standIns.isEmpty) plan
    else plan.transformUpWithSubqueries {
      case node if !counts(node) =>
        node.transformExpressions { case literal @ Number(value) => of(literal, standIns(value)) }
    }
  }

  /** Limits and their like are compared with numbers of rows that are no literals. */
  private def counts(plan: LogicalPlan): Boolean = plan match {
    case _: GlobalLimit | _: LocalLimit | _: Offset | _: Tail | _: Sample => true
    case _ => false
  }

  private object Number {
    def unapply(expression: Expression): Option[Long] = expression match {
      case Literal(value: Int, _) => Some(value.toLong)
      case Literal(value: Long, _) => Some(value)
      case _ => None
    }
  }

  private def of(literal: Expression, value: Long): Literal = literal match {
    case Literal(_: Int, dataType) => Literal(value.toInt, dataType)
    case other => Literal(value, other.dataType)
  }

  /** How long a number is; of negative ones less than zero. */
  private def bits(value: Long): Int =
    if (value < 0) -(64 - java.lang.Long.numberOfLeadingZeros(~value)) - 1
    else 64 - java.lang.Long.numberOfLeadingZeros(value)

  /** The number of this rank among those that are as long. */
  private def standIn(value: Long, rank: Int): Long = {
    val length = bits(value)
    if (length > 1) (1L << (length - 1)) + rank
    else if (length < -2) (-1L << (-length - 1)) + rank
    else value
  }
}

/** A boundary of the shape of a query: where it stands and in which mode, and nothing of whose it is. */
final private[boundary] case class PlacedBoundary(place: Int, mode: String, child: LogicalPlan) extends UnaryNode {
  override def output: Seq[Attribute] = child.output
  override protected def withNewChildInternal(newChild: LogicalPlan): LogicalPlan = copy(child = newChild)
}
