/** What a text finds: steps, datasets and columns by their names, the best first. */

import type { Dataset, Model, Step } from "./model.ts";
import { nameOfDataset, nameOfStep } from "./text.ts";

export type Found =
  | { kind: "step"; step: Step; text: string; where: string }
  | { kind: "dataset"; dataset: Dataset; text: string; where: string }
  | { kind: "column"; dataset: Dataset; column: string; text: string; where: string };

export interface Results {
  found: Found[];
  /** How many more there are. */
  more: number;
}

const MOST = 1000;

export function search(model: Model, asked: string): Results {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  const ranked: { rank: number; found: Found }[] = [];
  let more = 0;
  const add = (found: Found, alias: string, worse: number): void => {
    const rank = rankOf(found.text, alias, words);
    if (rank === null) return;
    if (ranked.length < MOST) ranked.push({ rank: rank + worse, found });
    else more++;
  };
  for (const step of model.steps) {
    const { document } = step;
    add({ kind: "step", step, text: nameOfStep(step), where: document.step }, aliasOf(step), 0);
  }
  for (const dataset of model.datasets) {
    const { document } = dataset;
    add(
      { kind: "dataset", dataset, text: nameOfDataset(dataset), where: document.kind },
      `${document.id} ${document.name}`,
      1,
    );
  }
  for (const dataset of model.datasets) {
    for (const { name } of dataset.document.columns) {
      add({ kind: "column", dataset, column: name, text: name, where: nameOfDataset(dataset) }, "", 2);
    }
  }
  ranked.sort((x, y) => x.rank - y.rank);
  return { found: ranked.map(({ found }) => found), more };
}

function aliasOf({ document }: Step): string {
  return `${document.step} ${document.function} ${document.variable ?? ""} ${document.file}:${document.line}`;
}

/** Less is better; null where not all words are in it. */
function rankOf(text: string, alias: string, words: string[]): number | null {
  const name = text.toLowerCase();
  const rest = alias.toLowerCase();
  let rank = 0;
  for (const word of words) {
    if (name === word) continue;
    if (name.startsWith(word)) rank += 10;
    else if (name.includes(word)) rank += 20;
    else if (rest.includes(word)) rank += 40;
    else return null;
  }
  return rank;
}
