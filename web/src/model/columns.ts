/** The path of a column to its sources and to what it goes into: a walk over the hops that `explain` prints. */

import type { Hop, HopInput } from "../document.ts";
import type { Dataset, Model } from "./model.ts";

export interface PathHop {
  dataset: Dataset;
  column: string;
  /** Null where the path ends: a source, or what was not observed. */
  hop: Hop | null;
  /** Hops from the column that was asked for. */
  distance: number;
  /** True if only what decides rows leads here. */
  deciding: boolean;
}

export interface ColumnPath {
  /** From the column to its sources; the column itself first. */
  back: PathHop[];
  /** What it goes into, nearest first; without the column itself. */
  forth: PathHop[];
}

type Uses = Map<string, { dataset: Dataset; hop: Hop; input: HopInput }[]>;
const USES = new WeakMap<Model, Uses>();

export function pathOf(model: Model, dataset: Dataset, column: string): ColumnPath {
  return { back: back(model, dataset, column), forth: forth(model, dataset, column) };
}

function back(model: Model, from: Dataset, column: string): PathHop[] {
  const found = new Map<string, PathHop>();
  const queue: PathHop[] = [];
  const see = (dataset: Dataset | undefined, name: string, distance: number, deciding: boolean): void => {
    if (!dataset) return;
    const key = columnKey(dataset.document.id, name);
    const before = found.get(key);
    if (before && (!before.deciding || deciding)) return;
    const next = { dataset, column: name, hop: hopOf(dataset, name), distance, deciding };
    found.set(key, next);
    queue.push(next);
  };
  see(from, column, 0, false);
  for (let at = queue.shift(); at; at = queue.shift()) {
    const side = at.dataset.b ? "b" : "a";
    for (const input of at.hop?.inputs ?? []) {
      const indirect = at.deciding || input.kind === "INDIRECT";
      see(model.datasetOf(side, input.dataset), input.column, at.distance + 1, indirect);
    }
    if (at.hop?.decided) {
      for (const input of at.dataset.detail.deciding) {
        see(model.datasetOf(side, input.dataset), input.column, at.distance + 1, true);
      }
    }
  }
  return [...found.values()].sort((x, y) => Number(x.deciding) - Number(y.deciding) || x.distance - y.distance);
}

function forth(model: Model, from: Dataset, column: string): PathHop[] {
  const uses = usesOf(model);
  const found = new Map<string, PathHop>();
  const queue: { dataset: Dataset; column: string; distance: number; deciding: boolean }[] = [
    { dataset: from, column, distance: 0, deciding: false },
  ];
  for (let at = queue.shift(); at; at = queue.shift()) {
    for (const { dataset, hop, input } of uses.get(columnKey(at.dataset.document.id, at.column)) ?? []) {
      const deciding = at.deciding || input.kind === "INDIRECT";
      const key = columnKey(dataset.document.id, hop.column);
      const before = found.get(key);
      if ((before && (!before.deciding || deciding)) || (dataset === from && hop.column === column)) continue;
      const next = { dataset, column: hop.column, hop, distance: at.distance + 1, deciding };
      found.set(key, next);
      queue.push(next);
    }
  }
  return [...found.values()].sort((x, y) => Number(x.deciding) - Number(y.deciding) || x.distance - y.distance);
}

function usesOf(model: Model): Uses {
  const known = USES.get(model);
  if (known) return known;
  const uses: Uses = new Map();
  for (const dataset of model.datasets) {
    const side = dataset.b ? "b" : "a";
    for (const hop of dataset.detail.hops) {
      for (const input of hop.inputs) {
        const from = model.datasetOf(side, input.dataset);
        if (!from) continue;
        const key = columnKey(from.document.id, input.column);
        const list = uses.get(key);
        if (list) list.push({ dataset, hop, input });
        else uses.set(key, [{ dataset, hop, input }]);
      }
    }
  }
  USES.set(model, uses);
  return uses;
}

const HOPS = new WeakMap<Dataset, Map<string, Hop>>();

export function hopOf(dataset: Dataset, column: string): Hop | null {
  let hops = HOPS.get(dataset);
  if (!hops) {
    hops = new Map(dataset.detail.hops.map((hop) => [hop.column, hop]));
    HOPS.set(dataset, hops);
  }
  return hops.get(column) ?? null;
}

function columnKey(dataset: string, column: string): string {
  return `${dataset}\u0000${column}`;
}
