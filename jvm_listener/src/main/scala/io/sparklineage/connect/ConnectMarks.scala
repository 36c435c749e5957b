package io.sparklineage.connect

import io.sparklineage.PlanDescriptions
import io.sparklineage.plan.fragment.PythonCode

import org.apache.spark.sql.catalyst.plans.logical.{
  CTERelationDef,
  CTERelationRef,
  Join,
  LogicalPlan,
  Project,
  WithCTE
}
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.lineage.SparkLine

/**
 * Marks the plans of sessions of Spark Connect: their DataFrames live at the client, which numbers each of its plans.
 * Spark keeps that number as a tag on the node that it makes of a plan, until the query is normalized.
 */
private[sparklineage] object ConnectMarks {

  // Tags are equal by their names; Spark's own (`LogicalPlan.PLAN_ID_TAG`) is not public.
  private val planId = TreeNodeTag[Long]("plan_id")

  /** @param plan of the query that is about to run on this thread */
  def place(session: SparkLine.Session, plan: LogicalPlan): Unit = ConnectTags.of(session.sparkContext).foreach { tag =>
    tag.code.foreach { case (digest, hash) => PythonCode.learnBytes(digest, hash) }
    tag.run.foreach(ConnectJournal.open(session.sparkContext, _))
    if (tag.marks.nonEmpty) {
      // Those below first: the description of a plan ends where marks are.
      val defined = definitions(plan)
      numbered(plan).reverse.foreach { case (node, number) =>
        tag.marks.get(number).foreach(mark(session, node, whole(node, defined), _, tag))
      }
    }
  }

  /**
   * The nodes that are DataFrames of the client, with its numbers. Spark 3.5 leaves the number of a join by names of
   * columns with the join, and not with the projection that it puts above it, which has the columns of the DataFrame.
   */
  private def numbered(plan: LogicalPlan): Seq[(LogicalPlan, Long)] = {
    val projected = plan.collectWithSubqueries {
      case project @ Project(_, join: Join)
          if project.getTagValue(Project.hiddenOutputTag).isDefined && project.getTagValue(planId).isEmpty =>
        join.getTagValue(planId).map(number => (join, (project, number)))
    }.flatten
    plan.collectWithSubqueries { case node =>
      projected.collectFirst { case (join, ofProject) if join eq node => ofProject }
        .orElse(node.getTagValue(planId).map(number => (node, number)))
    }.flatten
  }

  private def mark(
      session: SparkLine.Session,
      node: LogicalPlan,
      plan: LogicalPlan,
      mark: PlanMark,
      tag: ConnectTag
  ): Unit =
    if (mark.why == "read") PlanDescriptions.only(session, plan, mark.id)
    else {
      PlanDescriptions.begin(session, node, plan, mark.id, mark.inputs, tag.mode, mark.questions)
      ()
    }

  private def definitions(plan: LogicalPlan): Seq[CTERelationDef] =
    plan.collectWithSubqueries { case defined: CTERelationDef => defined }

  /**
   * A client's SQL is part of the whole query, at whose top Spark puts what stands after WITH: the plan of one DataFrame
   * is its node under those definitions that it refers to.
   */
  private[connect] def whole(node: LogicalPlan, defined: Seq[CTERelationDef]): LogicalPlan =
    if (defined.isEmpty) node
    else {
      val needed = used(Seq(node), defined, Set.empty) -- definitions(node).map(_.id)
      if (needed.isEmpty) node else WithCTE(node, defined.filter(each => needed(each.id)))
    }

  private def used(plans: Seq[LogicalPlan], defined: Seq[CTERelationDef], known: Set[Long]): Set[Long] = {
    val found = plans.flatMap(_.collectWithSubqueries { case ref: CTERelationRef => ref.cteId }).toSet -- known
    if (found.isEmpty) known else used(defined.filter(each => found(each.id)), defined, known ++ found)
  }
}
