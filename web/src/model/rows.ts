/** How a step changes how many rows there are. */

import type { Dataset, Step } from "./model.ts";

export interface JoinChange {
  /** The largest of what was joined. */
  input: Dataset;
  output: Dataset;
  /** Rows of the output less those of the input. */
  by: number;
  multiplies: boolean;
}

/** Kinds of conditions by which a step may well have fewer rows than it took in, join or not. */
const REDUCING = new Set(["filter", "group", "deduplicate", "limit", "sample", "set", "pushed", "other"]);

/**
 * Where a join has more rows than the largest of what it joins, or, if nothing else in the step takes rows away, fewer.
 * Null where not all of these numbers were seen.
 */
export function joinChange(step: Step): JoinChange | null {
  for (const output of step.outputs) {
    const kinds = output.detail.conditions.map(({ kind }) => kind);
    const rows = output.document.rows;
    if (!kinds.includes("join") || rows === null || !output.document.complete) continue;
    const inputs = step.inputs.filter(({ document }) => output.document.inputs.includes(document.id));
    let largest: Dataset | null = null;
    let known = inputs.length > 1;
    for (const input of inputs) {
      if (input.document.rows === null || !input.document.complete) known = false;
      else if (!largest || input.document.rows > (largest.document.rows ?? 0)) largest = input;
    }
    const before = largest?.document.rows;
    if (!known || !largest || before === null || before === undefined) continue;
    const multiplies = rows > before;
    if (multiplies || (rows < before && !kinds.some((kind) => REDUCING.has(kind)))) {
      return { input: largest, output, by: rows - before, multiplies };
    }
  }
  return null;
}
