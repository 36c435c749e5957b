/** Two texts line by line beside each other. */

import { diffLines } from "diff";

export interface Pair {
  a: [line: number, text: string] | null;
  b: [line: number, text: string] | null;
}

export function pairsOf(a: string, b: string, firstA: number, firstB: number): Pair[] {
  const pairs: Pair[] = [];
  let [lineA, lineB] = [firstA, firstB];
  const lines = (text: string) => text.replace(/\n$/, "").split("\n");
  const changes = diffLines(`${a.replace(/\n$/, "")}\n`, `${b.replace(/\n$/, "")}\n`);
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i];
    if (!change) continue;
    const next = changes[i + 1];
    if (change.removed) {
      const removed = lines(change.value);
      const added = next?.added ? lines(next.value) : [];
      if (next?.added) i++;
      for (let j = 0; j < Math.max(removed.length, added.length); j++) {
        const [old, now] = [removed[j], added[j]];
        pairs.push({ a: old !== undefined ? [lineA++, old] : null, b: now !== undefined ? [lineB++, now] : null });
      }
    } else {
      for (const text of lines(change.value)) {
        pairs.push({ a: change.added ? null : [lineA++, text], b: [lineB++, text] });
      }
    }
  }
  return pairs;
}
