package io.sparklineage.boundary

import java.util.concurrent.atomic.AtomicLong

import io.sparklineage.{Executions, PlanDescriptions}
import io.sparklineage.plan.changes.TableVersions
import io.sparklineage.plan.storages.{CommandWrite, StorageAccess, WriteCommands}

import org.apache.spark.sql.catalyst.plans.logical.{Command, LogicalPlan, Union}
import org.apache.spark.sql.lineage.SparkLine

/**
 * Marks what a command writes: its query, or, where it changes rows of a table in place, the command itself.
 *
 * A query that the Python half has marked already, as that of `df.write`, needs no other mark. The others, which SQL
 * texts hold, get one under the id of the operation that runs the command: `o12.q3`.
 */
object WrittenQueries {
  private val numbers = new AtomicLong

  /** @param plan of the query that is about to run on this thread */
  def mark(session: SparkLine.Session, plan: LogicalPlan): Unit = {
    val commands = commandsOf(plan)
    if (commands.nonEmpty) Executions.op(session.sparkContext).foreach { op =>
      commands.foreach { command =>
        val writes = WriteCommands.of(command)
        if (writes.isEmpty) UnknownCommands.tell(op, command)
        writes.foreach { case (command, write) => mark(session, op, command, write) }
      }
    }
  }

  // FROM x INSERT ... INSERT ... is a union of commands.
  private def commandsOf(plan: LogicalPlan): Seq[LogicalPlan] = plan match {
    case command: Command => Seq(command)
    case union: Union if union.children.nonEmpty && union.children.forall(_.isInstanceOf[Command]) => union.children
    case _ => Nil
  }

  private def mark(session: SparkLine.Session, op: String, command: LogicalPlan, write: CommandWrite): Unit = {
    TableVersions.begin(command)
    val (node, described) =
      if (write.inPlace) (command, write.result) else (write.query.getOrElse(command), write.query)
    if (described.isEmpty && write.inPlace) UnknownCommands.tellChange(op, write.mode)
    described.filterNot(_ => isMarked(op, node, write)).foreach { plan =>
      val id = s"$op.q${numbers.incrementAndGet()}"
      PlanDescriptions.begin(session, node, plan, id, idsIn(plan), None, Nil)
    }
  }

  private def isMarked(op: String, node: LogicalPlan, write: CommandWrite): Boolean =
    if (write.inPlace) PlanDescriptions.idsOf(node).exists(_.startsWith(s"$op.q"))
    else StorageAccess.markedNode(node, PlanDescriptions.idsOf).exists { below =>
      PlanDescriptions.idsOf(below).exists(_.startsWith(s"$op.q")) ||
      below.output.map(_.name) == node.output.map(_.name)
    }

  private def idsIn(query: LogicalPlan): Set[String] =
    query.collectWithSubqueries { case node => PlanDescriptions.idsOf(node) }.flatten.toSet
}
