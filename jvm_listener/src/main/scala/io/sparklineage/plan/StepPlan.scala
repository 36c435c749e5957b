package io.sparklineage.plan

import java.util.IdentityHashMap

import scala.collection.mutable

import io.sparklineage.model.Storage
import io.sparklineage.plan.storages.Storages

import org.apache.spark.sql.catalyst.plans.logical._

/** Where the plan of one step ends. What lies below such a node belongs to another step, or to no program. */
sealed trait End

object End {

  /** A marked DataFrame of another step. */
  final case class Input(id: String) extends End

  /** Data in storage; several paths of one read are several storages. */
  final case class Stored(storages: Seq[Storage]) extends End

  /** Rows that come from neither: "rdd", "local", "range", or `unrecognised:<name of the node>`. */
  final case class Opaque(name: String) extends End
}

/** Which part of an analyzed plan belongs to one step. The answer for each node is kept. */
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
   * The nodes of the step, each after its children. The nodes of subqueries and of recursion are left out: they can
   * only be read together with the query around them. Plans can have thousands of nodes, and a reader that goes through
   * them in this order needs no deep stack.
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

  /** The nodes directly below a node within the step: its children, then the plans of its subqueries. */
  def below(plan: LogicalPlan): Seq[LogicalPlan] =
    if (end(plan).isDefined) Nil else plan.children ++ plan.subqueries.collect { case p: LogicalPlan => p }

  // The last mark on a node is the one that was set nearest to the use.
  private def decide(plan: LogicalPlan): Option[End] =
    idsOf(plan).filter(inputs).lastOption.map(End.Input(_)).orElse(leaf.lift(plan))

  /** The ends of the step with their nodes, in the order of [[nodes]]. */
  def ends(root: LogicalPlan): Seq[(LogicalPlan, End)] =
    nodes(root).flatMap(plan => end(plan).map(plan -> _))
}

object StepPlan {

  /** Prefix of the name of a leaf whose class is not known here. */
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
