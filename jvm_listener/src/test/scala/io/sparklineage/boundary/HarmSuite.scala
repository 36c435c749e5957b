package io.sparklineage.boundary

import org.apache.spark.sql.DataFrame
import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.{PythonApi, Slow}
import io.sparklineage.probe.SteppedAside

/** Runs programs plain and with marks: the physical plan and the number of spark_jobs must be the same. */
abstract class HarmSuite extends AnyFunSuite with Sessions {
  type Marking = (DataFrame, String) => DataFrame
  type Program = Marking => DataFrame

  private val unmarked: Marking = (data, _) => data
  private def marked(mode: String): Marking = (data, id) => { PythonApi.mark(data, id, "", mode, "boundary"); data }

  /** Runs the program plain and with marks and compares. */
  def same(name: String, probes: Int = -1, slow: Boolean = false)(program: Program): Unit =
    test(name, Option.when(slow)(Slow).toSeq: _*) {
      def observe(marking: Marking) = {
        val data = program(marking)
        val text = PhysicalPlans.text(PhysicalPlans.of(data))
        val before = PhysicalPlans.features(PhysicalPlans.of(data))
        var rows: Seq[String] = Nil
        val jobs = sparkJobs { rows = data.collect().map(_.toString).toSeq.sorted }
        (
          before,
          PhysicalPlans.features(PhysicalPlans.of(data)),
          jobs,
          rows,
          PhysicalPlans.probes(PhysicalPlans.of(data)).map(_.specs.size).sum,
          text
        )
      }
      val plain = observe(unmarked)
      PythonApi.drain()
      val flow = observe(marked("flow"))
      val asides = PythonApi.drain().linesIterator.filter(_.contains("stepped_aside")).mkString("\n")
      if (asides.nonEmpty) info("aside: " + asides.replaceAll(".*\"detail\":\"([^\"]*)\".*", "$1"))
      SteppedAside.forget()
      assert(flow._4 == plain._4)
      assert(flow._1.mkString("\n") == plain._1.mkString("\n"))
      assert(flow._2.mkString("\n") == plain._2.mkString("\n"))
      assert(flow._3 == plain._3, "spark_jobs")
      if (probes >= 0) assert(flow._5 == probes, asides + " probes in " + flow._6)
      val planOnly = program(marked("plan"))
      assert(PhysicalPlans.text(PhysicalPlans.of(planOnly)) == plain._6)
      assert(PhysicalPlans.probes(PhysicalPlans.of(planOnly)).isEmpty)
    }
}
