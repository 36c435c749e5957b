/** The comparison of two runs in words: those of `diff`. */

import type { DiffPage } from "../document.ts";
import { count } from "./text.ts";

export interface Verdict {
  kind: "same" | "differs" | "uncertain";
  head: string;
  more: string;
}

const KINDS = { same: "same", different: "differs", uncertain: "uncertain" } as const;

export function verdictOf({ diff, verdict }: DiffPage): Verdict {
  const { measured, derived } = diff.evidence;
  const after = diff.diverged.length;
  const more = [`${count(measured, "dataset")} measured to be equal`];
  if (derived) more.push(`${derived} derived`);
  if (after) more.push(`${after} ${after === 1 ? "differs" : "differ"} because of what is before`);
  if (diff.uncertain.length) more.push(`${diff.uncertain.length} uncertain`);
  return { kind: KINDS[verdict.word], head: `${verdict.word}: ${verdict.where}${verdict.said}`, more: more.join(", ") };
}
