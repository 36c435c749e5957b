package io.sparklineage.plan

import java.util.IdentityHashMap

import scala.collection.mutable

import io.sparklineage.model.Storage
import io.sparklineage.plan.storages.Storages

import org.apache.spark.sql.catalyst.plans.logical._

/** What a plan of one step ends at: it is not looked into any further. */
sealed trait End

object End {

  /** A marked DataFrame of another step. */
  final case class Input(id: String) extends End

  /** Data in storage; several paths of one read are several storages. */
  final case class Stored(storages: Seq[Storage]) extends End

  /** Rows that come from neither: "rdd", "local", "range", or an honest name for what is not known. */
  final case class Opaque(name: String) extends End
}

/** Which part of an analyzed plan belongs to one step. Each node is asked once and remembered. */
final class StepPlan(
    inputs: Set[String],
    idsOf: LogicalPlan => Seq[String],
    leaf: PartialFunction[LogicalPlan, End] = StepPlan.leaf
) {
  private val known = new IdentityHashMap[LogicalPlan, Option[End]]()

  /** The end that this node is; None for a node within the step. */
  def end(plan: LogicalPlan): Option[End] = {
    if (!known.containsKey(plan)) known.put(plan, decide(plan))
    known.get(plan)
  }

  /** The nodes of the step, root first, subqueries after children; its ends included, each object once. */
  def nodes(root: LogicalPlan): Seq[LogicalPlan] = {
    val seen = java.util.Collections.newSetFromMap(new IdentityHashMap[LogicalPlan, java.lang.Boolean]())
    val found = Seq.newBuilder[LogicalPlan]
    val open = mutable.Stack(root)
    while (open.nonEmpty) {
      val plan = open.pop()
      if (seen.add(plan)) {
        found += plan
        open.pushAll(below(plan).reverse)
      }
    }
    found.result()
  }

  /**
   * The nodes from below, each after its children; without those of subqueries and of recursion, which need what is
   * around them. Who looks at plans in this order needs no deep stack: plans can have thousands of nodes.
   */
  def upwards(root: LogicalPlan): Seq[LogicalPlan] = {
    val seen = java.util.Collections.newSetFromMap(new IdentityHashMap[LogicalPlan, java.lang.Boolean]())
    val found = mutable.ArrayBuffer.empty[LogicalPlan]
    val open = mutable.Stack(root -> false)
    while (open.nonEmpty) {
      val (plan, childrenDone) = open.pop()
      if (childrenDone) found += plan
      else if (seen.add(plan)) {
        open.push(plan -> true)
        if (end(plan).isEmpty && plan.nodeName != "UnionLoop") open.pushAll(plan.children.reverse.map(_ -> false))
      }
    }
    found.toSeq
  }

  /** What lies below a node within the step: children, then the plans of its subqueries. */
  def below(plan: LogicalPlan): Seq[LogicalPlan] =
    if (end(plan).isDefined) Nil else plan.children ++ plan.subqueries.collect { case p: LogicalPlan => p }

  // The latest mark wins: it is the nearest to the use.
  private def decide(plan: LogicalPlan): Option[End] =
    idsOf(plan).filter(inputs).lastOption.map(End.Input(_)).orElse(leaf.lift(plan))

  /** Ends met so far in the order of the walk. */
  def ends(root: LogicalPlan): Seq[(LogicalPlan, End)] =
    nodes(root).flatMap(plan => end(plan).map(plan -> _))
}

object StepPlan {

  /** Prefix of the name of a leaf that nobody knows. */
  val Unrecognised = "unrecognised:"

  private val opaque: PartialFunction[LogicalPlan, End] = {
    case _: LocalRelation => End.Opaque("local")
    case _: Range => End.Opaque("range")
    case _: OneRowRelation => End.Opaque("one_row")
    case plan if byName.contains(plan.getClass.getSimpleName) => End.Opaque(byName(plan.getClass.getSimpleName))
  }

  // Some of these classes are new in some Spark line, or moved.
  private lazy val byName: Map[String, String] = Map(
    "LogicalRDD" -> "rdd",
    "ExternalRDD" -> "rdd",
    "CommandResult" -> "command",
    "InMemoryRelation" -> "cached",
    "EmptyRelation" -> "empty",
    "PythonWorkerLogs" -> "python_worker_logs"
  )

  private val unknown: PartialFunction[LogicalPlan, End] = {
    case plan if plan.children.isEmpty && !isReference(plan) => End.Opaque(Unrecognised + plan.nodeName)
  }

  // Leaves that stand for another part of the same plan.
  private def isReference(plan: LogicalPlan): Boolean =
    plan.isInstanceOf[CTERelationRef] || plan.nodeName == "UnionLoopRef"

  private def stored: PartialFunction[LogicalPlan, End] =
    Storages.read.andThen(storages => End.Stored(storages))

  private val unread: PartialFunction[LogicalPlan, End] = {
    case plan if Storages.read.isDefinedAt(plan) => End.Stored(Nil)
  }

  private[plan] val leaf: PartialFunction[LogicalPlan, End] = opaque.orElse(stored).orElse(unknown)

  /** Tells data in storage from other leaves without looking which data that is, which may take long. */
  private[plan] val unreadLeaf: PartialFunction[LogicalPlan, End] = opaque.orElse(unread).orElse(unknown)
}
