package org.apache.spark.sql.lineage

import org.apache.spark.sql.catalyst.expressions.NamedExpression
import org.apache.spark.sql.execution.{InputAdapter, ProjectExec, SparkPlan, WholeStageCodegenExec}

/**
 * Projections that have boundaries between them, as one that also hands on what the lower boundaries see. In comparisons
 * and in printed plans it is what it stands for.
 *
 * @param whole the projections as they are without boundaries, the upper first; of several of these nodes on each other the
 *              top one has them
 */
final class SharedProjectExec(
    override val projectList: Seq[NamedExpression],
    override val child: SparkPlan,
    val whole: Seq[Seq[NamedExpression]]
) extends ProjectExec(projectList, child) {

  /** The projections as they are without boundaries, but for the first `above`. */
  def below(above: Int): SparkPlan = plain(above)

  // One for each boundary; what lies below the next is not made again.
  @transient private lazy val plain: IndexedSeq[SparkPlan] = whole.scanRight(base)(ProjectExec(_, _)).toIndexedSeq

  private def base: SparkPlan = SharedProjectExec.in(child).fold(child)(_.base)

  private def printed: ProjectExec = ProjectExec(whole.headOption.getOrElse(projectList), child)

  override def nodeName: String = "Project"
  override protected def doCanonicalize(): SparkPlan =
    if (whole.isEmpty) ProjectExec(projectList, child).canonicalized else below(0).canonicalized
  override def simpleString(maxFields: Int): String = printed.simpleString(maxFields)
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(whole)
  override protected def withNewChildInternal(newChild: SparkPlan): ProjectExec =
    new SharedProjectExec(projectList, newChild, whole)
}

object SharedProjectExec {

  /** Codegen stages stand between an operator and what it reads, and do not count. */
  @annotation.tailrec
  def in(plan: SparkPlan): Option[SharedProjectExec] = plan match {
    case shared: SharedProjectExec => Some(shared)
    case WholeStageCodegenExec(child) => in(child)
    case InputAdapter(child) => in(child)
    case _ => None
  }
}
