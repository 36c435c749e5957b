package io.sparklineage.boundary

import io.sparklineage.emit.Observations

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

/** Commands that may read or write rows, and of which nobody here knows what. */
object UnknownCommands {

  // Commands that change no rows: of the catalog, of the session, and those that lay files out in another way.
  private val harmless = ("^(Add|Alter|Analyze|Cache|Clear|Comment|Create|Declare|Desc|Drop|Execute|Explain|External|" +
    "Invalidate|List|Noop|Optimize|Recover|Refresh|Rename|Repair|Replace|Reset|SaveAsV1Table|Set|Show|StreamingExplain|Uncache|" +
    "Unset|Update.*Column|Use|Vacuum|DeltaReorg|ReorgTable|DeltaGenerate|GenerateDelta)").r

  /** Tells a gap: a command changes rows of a table that keeps its rows in a way that is not known. */
  def tellChange(op: String, mode: String): Unit =
    Observations.gap("lineage", s"which rows and columns ${mode.toUpperCase} changes was not followed", Some(op))

  /** Tells a gap, unless the command is one of those that change no rows. */
  def tell(op: String, command: LogicalPlan): Unit = {
    val name = command.getClass.getSimpleName.stripSuffix("$")
    if (harmless.findPrefixOf(name).isEmpty) {
      val words = name.stripSuffix("Command").replaceAll("([a-z])([A-Z])", "$1 $2")
      Observations.gap("command", s"what $words reads and writes was not seen", Some(op))
    }
  }
}
