/** The comparison of two runs in words. */

import type { DiffPage } from "../document.ts";
import { count } from "./text.ts";

export interface Verdict {
  kind: "same" | "differs" | "uncertain";
  head: string;
  more: string;
}

export function verdictOf(page: DiffPage): Verdict {
  const { diff } = page;
  const { measured, derived } = diff.evidence;
  const known = `${count(measured, "dataset")} measured to be equal${derived ? `, ${derived} derived` : ""}`;
  if (diff.same) return { kind: "same", head: "Both runs hold the same.", more: known };
  if (diff.same === null) {
    const why = diff.uncertain[0]?.why;
    const head = `Nothing is known to differ, but ${count(diff.uncertain.length, "dataset is", "datasets are")} uncertain.`;
    return { kind: "uncertain", head, more: why ? `${why}; ${known}` : known };
  }
  const [first, ...others] = diff.first_divergences;
  const after = diff.diverged.length;
  const then = [after ? `${count(after, "dataset")} differ because of it` : "", known].filter(Boolean).join("; ");
  if (!first) {
    const sources = diff.sources.length ? "The sources hold something else." : "The runs differ.";
    return { kind: "differs", head: sources, more: then };
  }
  const head = `Differs first at ${first.step}${others.length ? ` and ${count(others.length, "other place")}` : ""}: ${first.why}`;
  return { kind: "differs", head, more: then };
}
