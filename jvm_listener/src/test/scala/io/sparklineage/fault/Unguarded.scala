package io.sparklineage.fault

/** Methods that Spark calls, or could, and that run outside of a guard: why a fault of ours cannot come out of them. */
object Unguarded {
  private def because(why: String)(names: String*): Map[String, String] = names.map(_ -> why).toMap

  val reasons: Map[String, String] =
    because("It gives a constant or what the node below gives.")(
      "Boundary.output",
      "Boundary.producedAttributes",
      "Boundary.stats",
      "Boundary.maxRows",
      "Boundary.maxRowsPerPartition",
      "Boundary.outputOrdering",
      "Boundary.distinctKeys",
      "Boundary.doCanonicalize",
      "Boundary.simpleString",
      "Boundary.references",
      "ProbeExec.nodeName",
      "UnseenExec.verboseStringWithOperatorId",
      "ProbeExec.output",
      "ProbeExec.outputPartitioning",
      "ProbeExec.outputOrdering",
      "ProbeExec.doCanonicalize",
      "ProbeExec.supportCodegen",
      "ProbeExec.usedInputs",
      "SharedProjectExec.nodeName",
      "SharedProjectExec.doCanonicalize",
      "SharedProjectExec.simpleString",
      "SharedProjectExec.otherCopyArgs",
      "FilterParts.nodeName",
      "FilterParts.doCanonicalize",
      "FilterParts.simpleString",
      "FilterParts.verboseString",
      "FilterParts.verboseStringWithOperatorId",
      "FilterParts.otherCopyArgs",
      "LineageExtensions.apply"
    ) ++ because("It makes the same node over what Spark hands it.")(
      "Boundary.withSpec",
      "Boundary.withChild",
      "Boundary.withNewChildInternal",
      "ProbeExec.withNewChildInternal",
      "SharedProjectExec.withNewChildInternal",
      "FilterParts.withNewChildInternal"
    ) ++ because("Whoever has begun it waits for it, inside of a guard.")(
      "StatedRows.call",
      "StatedRows.removeEldestEntry"
    ) ++ because("It compares or lists three fields.")(
      "Boundary.productArity",
      "Boundary.productElement",
      "Boundary.productPrefix",
      "Boundary.canEqual",
      "Boundary.equals",
      "Boundary.hashCode",
      "Fragments.equals",
      "Fragments.hashCode"
    ) ++ because("It runs what belongs to Spark outside of a guard, once, and what is ours inside.")(
      "Boundary.clone",
      "PlanProbes.apply",
      "PlannedOps.apply",
      "UnseenExec.inputRDDs",
      "ProbeExec.doProduce",
      "ProbeExec.doConsume",
      "UnseenExec.doExecute",
      "ProbeExec.look",
      "ProbeExec.executeCollect",
      "ProbeExec.executeTake",
      "ProbeExec.executeTail"
    ) ++ because("It has a try of its own, or calls a gauge, which throws no fault.")(
      "ProbeExec.cleanupResources",
      "RowProbe.gauges",
      "RowProbe.open",
      "RowProbe.look",
      "RowProbe.hasNext",
      "RowProbe.next"
    ) ++ because("It reads or fills a map of this object.")(
      "ProbeAccumulator.isZero",
      "ProbeAccumulator.copy",
      "ProbeAccumulator.copyAndReset",
      "ProbeAccumulator.reset",
      "ProbeAccumulator.add",
      "ProbeAccumulator.value"
    ) ++ because("Only code of ours calls it, within a guard.")(
      "FragmentThread.call",
      "KnownArguments.computeValue",
      "ProbeCode.bind",
      "RowChanges.output",
      "RowChanges.withNewChildInternal",
      "TrialMemory.removeEldestEntry",
      "TrialMemory.output",
      "TrialMemory.withNewChildInternal",
      "TrialOptimizer.extendedOperatorOptimizationRules",
      "TrialOptimizer.preCBORules",
      "TrialOptimizer.earlyScanPushDownRules",
      "TrialOptimizer.nonExcludableRules",
      "TrialOptimizer.rootPaths",
      "TrialOptimizer.partitionSchema",
      "TrialOptimizer.listFiles",
      "TrialOptimizer.inputFiles",
      "TrialOptimizer.refresh",
      "TrialOptimizer.sizeInBytes"
    )
}
