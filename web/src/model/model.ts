/**
 * The one graph that the page draws: of a run, or the union of two.
 *
 * A node knows its side `b` (the run, or the later one of two) and its side `a` (the earlier one), of which at least one
 * is there.
 */

import type {
  DatasetDetail,
  DatasetDocument,
  DiffPage,
  PairedDataset,
  PairedStep,
  RunPart,
  State,
  StepDetail,
  StepDocument,
} from "../document.ts";

export interface Side<Document, Detail> {
  part: RunPart;
  document: Document;
  detail: Detail;
}
export type StepSide = Side<StepDocument, StepDetail>;
export type DatasetSide = Side<DatasetDocument, DatasetDetail>;

export interface Step {
  type: "step";
  /** Unique in the graph. */
  key: string;
  /** Place in the order of the record. */
  index: number;
  a: StepSide | null;
  b: StepSide | null;
  /** Of the side that is shown: the later one where there are both. */
  document: StepDocument;
  detail: StepDetail;
  parent: Step | null;
  children: Step[];
  inputs: Dataset[];
  outputs: Dataset[];
  paired: PairedStep | null;
}

export interface Dataset {
  type: "dataset";
  key: string;
  index: number;
  a: DatasetSide | null;
  b: DatasetSide | null;
  document: DatasetDocument;
  detail: DatasetDetail;
  /** Steps that have it among their outputs. */
  producers: Step[];
  /** Steps that have it among their inputs. */
  consumers: Step[];
  paired: PairedDataset | null;
}

export type Node = Step | Dataset;

export interface Model {
  a: RunPart | null;
  b: RunPart;
  steps: Step[];
  datasets: Dataset[];
  roots: Step[];
  step(name: string, call: number): Step | undefined;
  dataset(id: string): Dataset | undefined;
  /** The dataset that has this id on this side. */
  datasetOf(side: "a" | "b", id: string): Dataset | undefined;
}

export function stepKey(name: string, call: number): string {
  return `step\u0000${name}\u0000${call}`;
}

export function stateOf(node: Node): State | null {
  return node.paired?.state ?? null;
}

export function modelOfRun(part: RunPart): Model {
  const steps = part.show.steps.map((step): PairedStep => {
    return { a: null, b: [step.step, step.call], state: "same", first: null };
  });
  const datasets = part.show.datasets.map((dataset): PairedDataset => {
    return { a: null, b: dataset.id, state: "same", evidence: null, why: null, caused_by: [], first: null };
  });
  return modelOf(null, part, steps, datasets, false);
}

export function modelOfDiff(page: DiffPage): Model {
  return modelOf(page.a, page.b, page.steps, page.datasets, true);
}

function modelOf(
  a: RunPart | null,
  b: RunPart,
  pairedSteps: PairedStep[],
  pairedDatasets: PairedDataset[],
  paired: boolean,
): Model {
  const stepsA = sidesOfSteps(a);
  const stepsB = sidesOfSteps(b);
  const datasetsA = sidesOfDatasets(a);
  const datasetsB = sidesOfDatasets(b);
  const steps: Step[] = [];
  const datasets: Dataset[] = [];
  const stepAt = { a: new Map<string, Step>(), b: new Map<string, Step>() };
  const datasetAt = { a: new Map<string, Dataset>(), b: new Map<string, Dataset>() };

  for (const pair of pairedSteps) {
    const sideA = pair.a ? (stepsA.get(stepKey(...pair.a)) ?? null) : null;
    const sideB = pair.b ? (stepsB.get(stepKey(...pair.b)) ?? null) : null;
    const shown = sideB ?? sideA;
    if (!shown) continue;
    const step: Step = {
      type: "step",
      key: `${sideB ? "b" : "a"}${stepKey(shown.document.step, shown.document.call)}`,
      index: 0,
      a: sideA,
      b: sideB,
      document: shown.document,
      detail: shown.detail,
      parent: null,
      children: [],
      inputs: [],
      outputs: [],
      paired: paired ? pair : null,
    };
    steps.push(step);
    if (sideA && pair.a) stepAt.a.set(stepKey(...pair.a), step);
    if (sideB && pair.b) stepAt.b.set(stepKey(...pair.b), step);
  }

  for (const pair of pairedDatasets) {
    const sideA = pair.a !== null ? (datasetsA.get(pair.a) ?? null) : null;
    const sideB = pair.b !== null ? (datasetsB.get(pair.b) ?? null) : null;
    const shown = sideB ?? sideA;
    if (!shown) continue;
    const dataset: Dataset = {
      type: "dataset",
      key: `${sideB ? "b" : "a"}dataset\u0000${shown.document.id}`,
      index: 0,
      a: sideA,
      b: sideB,
      document: shown.document,
      detail: shown.detail,
      producers: [],
      consumers: [],
      paired: paired ? pair : null,
    };
    datasets.push(dataset);
    if (sideA && pair.a !== null) datasetAt.a.set(pair.a, dataset);
    if (sideB && pair.b !== null) datasetAt.b.set(pair.b, dataset);
  }

  order(steps, a, b);
  datasets.forEach((dataset, index) => {
    dataset.index = index;
  });
  for (const step of steps) {
    for (const name of ["b", "a"] as const) {
      const document = step[name]?.document;
      if (!document) continue;
      if (!step.parent && document.parent !== null) {
        step.parent = stepAt[name].get(stepKey(document.parent, document.parent_call ?? 1)) ?? null;
      }
      for (const id of document.inputs) link(datasetAt[name].get(id), step, "inputs");
      for (const id of document.outputs) link(datasetAt[name].get(id), step, "outputs");
    }
    if (step.parent === step) step.parent = null;
  }
  const roots: Step[] = [];
  for (const step of steps) (step.parent ? step.parent.children : roots).push(step);

  return {
    a,
    b,
    steps,
    datasets,
    roots,
    step: (name, call) => stepAt.b.get(stepKey(name, call)) ?? stepAt.a.get(stepKey(name, call)),
    dataset: (id) => datasetAt.b.get(id) ?? datasetAt.a.get(id),
    datasetOf: (side, id) => datasetAt[side].get(id),
  };
}

function link(dataset: Dataset | undefined, step: Step, end: "inputs" | "outputs"): void {
  if (!dataset || step[end].includes(dataset)) return;
  step[end].push(dataset);
  (end === "inputs" ? dataset.consumers : dataset.producers).push(step);
}

/** Steps stand as in the later run; one that only the earlier run has stands behind the one that it followed there. */
function order(steps: Step[], a: RunPart | null, b: RunPart): void {
  const placeA = places(a);
  const placeB = places(b);
  const last = a ? new Array<number>(a.show.steps.length).fill(-1) : [];
  for (const step of steps) {
    if (step.a && step.b) {
      last[placeA.get(step.a.document) ?? 0] = placeB.get(step.b.document) ?? 0;
    }
  }
  for (let i = 1; i < last.length; i++) {
    if (last[i] === -1) last[i] = last[i - 1] ?? -1;
  }
  const place = (step: Step): [number, number] => {
    if (step.b) return [placeB.get(step.b.document) ?? 0, -1];
    const own = step.a ? (placeA.get(step.a.document) ?? 0) : 0;
    return [last[own] ?? -1, own];
  };
  const sorted = steps.map((step) => ({ step, place: place(step) }));
  sorted.sort((x, y) => x.place[0] - y.place[0] || x.place[1] - y.place[1]);
  sorted.forEach(({ step }, index) => {
    step.index = index;
    steps[index] = step;
  });
}

function places(part: RunPart | null): Map<StepDocument, number> {
  return new Map(part?.show.steps.map((step, index) => [step, index]));
}

function sidesOfSteps(part: RunPart | null): Map<string, StepSide> {
  const sides = new Map<string, StepSide>();
  part?.show.steps.forEach((document, index) => {
    const detail = part.steps[index] ?? { source: null, doc: null, arguments: [], thread: "" };
    sides.set(stepKey(document.step, document.call), { part, document, detail });
  });
  return sides;
}

function sidesOfDatasets(part: RunPart | null): Map<string, DatasetSide> {
  const sides = new Map<string, DatasetSide>();
  part?.show.datasets.forEach((document, index) => {
    const detail = part.datasets[index] ?? NO_DETAIL;
    sides.set(document.id, { part, document, detail });
  });
  return sides;
}

const NO_DETAIL: DatasetDetail = {
  hops: [],
  passed_on: [],
  deciding: [],
  made_from: [],
  definitions: {},
  conditions: [],
  failed_checks: 0,
};

/** Rows of both sides where they differ and both are known. */
export function changedRows(dataset: Dataset): { a: number; b: number } | null {
  const a = dataset.a?.document.rows ?? null;
  const b = dataset.b?.document.rows ?? null;
  return a !== null && b !== null && a !== b ? { a, b } : null;
}
