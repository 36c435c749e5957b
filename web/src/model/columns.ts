/** The path of a column to its sources and to what it goes into: a walk over the hops that `explain` prints. */

import type { DatasetDetail, Hop, HopInput } from "../document.ts";
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

interface Uses {
  /** Columns of a hop of their own, by the column that they are made of. */
  made: Map<string, { dataset: Dataset; column: string; input: HopInput }[]>;
  /** Datasets that a dataset passes columns on to. */
  passed: Map<string, { dataset: Dataset; columns: Set<string> }[]>;
}
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
  const queue: Omit<PathHop, "hop">[] = [{ dataset: from, column, distance: 0, deciding: false }];
  const see = (dataset: Dataset, name: string, distance: number, deciding: boolean): void => {
    const key = columnKey(dataset.document.id, name);
    const before = found.get(key);
    if ((before && (!before.deciding || deciding)) || (dataset === from && name === column)) return;
    const next = { dataset, column: name, hop: hopOf(dataset, name), distance, deciding };
    found.set(key, next);
    queue.push(next);
  };
  for (let at = queue.shift(); at; at = queue.shift()) {
    const { id } = at.dataset.document;
    for (const { dataset, columns } of uses.passed.get(id) ?? []) {
      if (columns.has(at.column)) see(dataset, at.column, at.distance + 1, at.deciding);
    }
    for (const { dataset, column: name, input } of uses.made.get(columnKey(id, at.column)) ?? []) {
      see(dataset, name, at.distance + 1, at.deciding || input.kind === "INDIRECT");
    }
  }
  return [...found.values()].sort((x, y) => Number(x.deciding) - Number(y.deciding) || x.distance - y.distance);
}

function usesOf(model: Model): Uses {
  const known = USES.get(model);
  if (known) return known;
  const uses: Uses = { made: new Map(), passed: new Map() };
  for (const dataset of model.datasets) {
    const side = dataset.b ? "b" : "a";
    for (const { column, inputs } of dataset.detail.hops) {
      for (const input of inputs) {
        const from = model.datasetOf(side, input.dataset);
        if (from) append(uses.made, columnKey(from.document.id, input.column), { dataset, column, input });
      }
    }
    for (const { dataset: id, columns } of dataset.detail.passed_on) {
      const from = model.datasetOf(side, id);
      if (from) append(uses.passed, from.document.id, { dataset, columns: new Set(columns) });
    }
  }
  USES.set(model, uses);
  return uses;
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

const HOPS = new WeakMap<DatasetDetail, Map<string, Hop>>();

export function hopOf(dataset: Dataset, column: string): Hop | null {
  return hopsOf(dataset.detail).get(column) ?? null;
}

/** All hops of a dataset, also those of columns that only pass through. */
export function hopsOf(detail: DatasetDetail): Map<string, Hop> {
  let hops = HOPS.get(detail);
  if (!hops) {
    hops = new Map(detail.hops.map((hop) => [hop.column, hop]));
    for (const { dataset, columns, decided } of detail.passed_on) {
      for (const column of columns) {
        const input: HopInput = { dataset, column, kind: "DIRECT", subtype: "IDENTITY", masking: false };
        hops.set(column, { column, expression: quoted(column), inputs: [input], decided });
      }
    }
    HOPS.set(detail, hops);
  }
  return hops;
}

/** The name of a column in SQL. */
export function quoted(column: string): string {
  return /^[A-Za-z_]\w*$/.test(column) ? column : `\`${column.replace(/`/g, "``")}\``;
}

function columnKey(dataset: string, column: string): string {
  return `${dataset}\u0000${column}`;
}
