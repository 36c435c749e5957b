import type { RunPart } from "../document.ts";

export interface Measured {
  datasets: number;
  exact: number;
  partial: number;
  /** Neither rows nor a part of them were seen. */
  not: number;
  /** Reasons of those that are not exact, the most frequent first. */
  reasons: [reason: string, datasets: number][];
}

export function measuredOf(part: RunPart): Measured {
  const reasons = new Map<string, number>();
  const measured: Measured = { datasets: part.show.datasets.length, exact: 0, partial: 0, not: 0, reasons: [] };
  for (const { complete, rows, rows_at_least, reason } of part.show.datasets) {
    if (complete) {
      measured.exact++;
      continue;
    }
    if (rows === null && rows_at_least === null) measured.not++;
    else measured.partial++;
    const why = reason ?? "not measured";
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  measured.reasons = [...reasons].sort((x, y) => y[1] - x[1]);
  return measured;
}
